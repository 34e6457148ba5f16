import { describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { CONNECTIONS_EVICTED, COOKIES_SENT } from "../../../stack/base/counters.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { CLOSED_FOR_ROOM, type Handle } from "../../../stack/base/streams.ts";
import { LEAST_WINDOW } from "../../../stack/tcp/limits.ts";
import { ACK, FIN, RST, type Segment, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, THERE } from "./harness.ts";

const OTHER = 0x0a000003 as Ipv4;
const EVICTED = `closed ${CLOSED_FOR_ROOM}`;

/** A machine with room for `connections`, all in use by THERE; `each` says what the i-th does then. */
function full(connections: number, each: (bench: Bench, index: number) => void): Bench {
  const bench = new Bench((limits) => {
    limits.connections = connections;
    limits.memoryTotal = 1 << 20;
  });
  bench.user.reads = false;
  for (let i = 0; i < connections; i++) {
    connectFrom(bench, THERE, 6000 + i);
    each(bench, i);
  }
  bench.sent();
  bench.user.take();
  return bench;
}

function connectFrom(bench: Bench, remote: Ipv4, port: number): void {
  bench.sent();
  bench.remote = remote;
  bench.remotePort = port;
  bench.seq = 7_000_000;
  bench.accept();
  acks[port] = bench.ack;
}

/** What each port of the peers has acknowledged. */
const acks: Record<number, number> = {};

/** The peer on this port, all of whose connections have sent nothing yet, takes `acked` bytes and sends `data`. */
function goesOn(bench: Bench, port: number, acked: number, data = ""): void {
  bench.remote = THERE;
  bench.remotePort = port;
  bench.seq = 7_000_001;
  acks[port] = acks[port]! + acked;
  bench.ack = acks[port]!;
  bench.receive(data === "" ? {} : { data });
}

/** A newcomer asks: what the machine sends, and tells its user. */
function newcomer(bench: Bench, remote: Ipv4): { sent: Segment[]; told: string[] } {
  bench.user.take();
  bench.remote = remote;
  bench.remotePort = 9000;
  bench.seq = 7_000_000;
  const [synAck] = bench.receive({ flags: SYN, mss: 1460 });
  bench.seq++;
  bench.ack = synAck!.seq + 1;
  const sent = bench.receive({ data: "GET" });
  return { sent, told: bench.user.take() };
}

const GET_IN = ["accepted 80", "readable"];

describe("room for a newcomer", () => {
  test("is made by one that is idle, with a FIN", () => {
    const bench = full(4, () => {});
    bench.pass(2 * SECOND);
    const { sent, told } = newcomer(bench, THERE);
    expect(told).toEqual([EVICTED, ...GET_IN]);
    expect([sent[0]!.destinationPort, sent[0]!.flags]).toEqual([6000, FIN | ACK]);
    expect(bench.tcp.counters.connections).toBe(4);
    expect(bench.tcp.counts(CONNECTIONS_EVICTED)).toBe(1);
  });

  test("is made by one that reads too slowly, with a reset; those that keep up stay", () => {
    const bench = full(4, (b) => b.send(200_000));
    // All but the third take 6,000 bytes a second; the third 100.
    for (let second = 0; second < 14; second++) {
      bench.pass(SECOND);
      for (let i = 0; i < 4; i++) goesOn(bench, 6000 + i, i === 2 ? 100 : 6000);
    }
    const { sent, told } = newcomer(bench, THERE);
    expect(told).toEqual([EVICTED, ...GET_IN]);
    expect([sent[0]!.destinationPort, sent[0]!.flags]).toEqual([6002, RST | ACK]);
  });

  test("is made by an orphan that does not take its answer, with a reset", () => {
    const bench = full(4, (b, i) => {
      if (i !== 1) return;
      b.send(100_000);
      b.tcp.close(b.handle);
    });
    // The others were active just now.
    bench.pass(5 * SECOND);
    for (const port of [6000, 6002, 6003]) goesOn(bench, port, 0, "x");
    const { sent, told } = newcomer(bench, THERE);
    expect(told).toEqual(GET_IN);
    expect([sent[0]!.destinationPort, sent[0]!.flags]).toEqual([6001, RST | ACK]);
    expect(bench.tcp.counters.orphans).toBe(0);
  });

  test("is made by half a request that does not go on", () => {
    const bench = full(4, (b, i) => {
      if (i === 3) b.input({ data: "GET / HT" });
    });
    bench.pass(3 * SECOND);
    for (let i = 0; i < 3; i++) goesOn(bench, 6000 + i, 0, "x");
    const { sent } = newcomer(bench, THERE);
    expect([sent[0]!.destinationPort, sent[0]!.flags]).toEqual([6003, RST | ACK]);
  });

  test("is not made by anybody who is not stalled: the newcomer waits, and comes in when one is", () => {
    const bench = full(4, (b) => b.send(200_000));
    bench.pass(500 * MILLISECOND);
    expect(newcomer(bench, THERE).told).toEqual([]);
    expect(bench.tcp.counters.connections).toBe(4);
    bench.pass(800 * MILLISECOND);
    bench.remotePort = 9000;
    bench.input({ data: "GET" });
    expect(bench.user.take()).toEqual([EVICTED, ...GET_IN]);
  });

  test("is never made by one whose answer is being made", () => {
    const bench = full(4, (b) => b.tcp.hold(b.handle, true));
    bench.pass(100 * SECOND);
    expect(newcomer(bench, OTHER).told).toEqual([]);
    bench.tcp.hold(bench.user.handle, false);
    bench.pass(2 * SECOND);
    bench.remotePort = 9000;
    bench.input({ data: "GET" });
    expect(bench.user.take()).toEqual([EVICTED, ...GET_IN]);
  });

  test("is not made for a SYN, which may be forged: only for who answers the cookie", () => {
    const bench = full(4, () => {});
    bench.pass(60 * SECOND);
    for (let i = 0; i < 1000; i++) {
      bench.remotePort = 10_000 + i;
      bench.receive({ flags: SYN });
    }
    expect(bench.tcp.counts(CONNECTIONS_EVICTED)).toBe(0);
    expect(bench.tcp.counts(COOKIES_SENT)).toBe(1000);
  });

  test("who was fast once is not let off for it", () => {
    const bench = full(4, () => {});
    const handle = bench.handle;
    bench.user.handle = handle;
    // 1.4 MB at once, which at the least rate would be worth six minutes.
    for (let i = 0; i < 1000; i++) {
      bench.input({ data: new Uint8Array(1400) });
      bench.seq += 1400;
      bench.tcp.consume(handle, 1400);
    }
    expect(newcomer(bench, OTHER).told).toHaveLength(3);
    bench.pass(3 * SECOND);
    for (let i = 0; i < 4; i++) {
      bench.remotePort = 9001 + i;
      bench.seq = 7_000_000;
      bench.accept();
    }
    expect(bench.tcp.readLength(handle)).toBe(0);
    expect(bench.tcp.peerPort(handle)).toBe(0);
  });
});

describe("one address", () => {
  test("may hold all connections while it is alone", () => {
    const bench = full(8, (b) => b.send(200_000));
    expect(bench.tcp.counters.connections).toBe(8);
    expect(bench.tcp.counts(CONNECTIONS_EVICTED)).toBe(0);
  });

  test("gives way at once when another would be turned away, even if none of its own is stalled", () => {
    const bench = full(8, (b) => b.send(200_000));
    bench.pass(100 * MILLISECOND);
    expect(newcomer(bench, THERE).told).toEqual([]);
    bench.pass(60 * MILLISECOND);
    expect(newcomer(bench, OTHER).told).toEqual([EVICTED, ...GET_IN]);
  });

  test("gives way no further than to its part", () => {
    const bench = full(8, (b) => b.send(200_000));
    for (let i = 0; i < 12; i++) {
      bench.pass(60 * MILLISECOND);
      connectFrom(bench, (OTHER + (i % 6)) as Ipv4, 9000 + i);
      bench.send(1000);
    }
    let left = 0;
    for (let i = 0; i < 8; i++) {
      bench.remote = THERE;
      bench.remotePort = 6000 + i;
      const answer = bench.receive({ flags: SYN, seq: 5 });
      if (answer.length === 1 && answer[0]!.flags === ACK) left++;
    }
    expect(left).toBe(2);
  });
});

describe("one network of IPv6", () => {
  test("is one client, whichever of its addresses it speaks from: it gives way like one", () => {
    const bench = new Bench((limits) => {
      limits.connections = 8;
      limits.memoryTotal = 1 << 20;
    });
    const connect = (network: number, address: number, port: number): readonly string[] => {
      bench.sent();
      bench.user.take();
      bench.network = network;
      bench.remote6 = address;
      bench.remotePort = port;
      bench.seq = 7_000_000;
      const [synAck] = bench.receive({ flags: SYN, mss: 1460 });
      bench.seq++;
      bench.ack = synAck!.seq + 1;
      bench.receive({ data: "GET" });
      bench.handle = bench.user.handle;
      return bench.user.take();
    };
    for (let i = 0; i < 8; i++) {
      connect(5, 100 + i, 6000 + i);
      bench.send(200_000);
    }
    bench.pass(100 * MILLISECOND);
    // To one of its own nobody gives way; to another network it does.
    expect(connect(5, 200, 9000)).toEqual([]);
    bench.pass(60 * MILLISECOND);
    expect(connect(6, 1, 9000)).toEqual([EVICTED, ...GET_IN]);
  });

  test("has no more of the receive memory than one client", () => {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 8 * 4096;
    });
    bench.user.reads = false;
    const begin = (network: number, address: number, port: number): readonly string[] => {
      bench.sent();
      bench.network = network;
      bench.remote6 = address;
      bench.remotePort = port;
      bench.seq = 7_000_000;
      bench.accept();
      bench.user.take();
      bench.input({ data: "GET /" });
      return bench.user.take();
    };
    for (let i = 0; i < 8; i++) begin(5, 100 + i, 7000 + i);
    expect(bench.tcp.memoryInUse).toBe(8 * 4096);
    expect(begin(6, 1, 8000)).toEqual(["readable", EVICTED]);
  });
});

describe("receive memory", () => {
  test("half requests that do not go on give way to one that would find none", () => {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 40_000;
    });
    bench.user.reads = false;
    const handles: Handle[] = [];
    for (let i = 0; i < 9; i++) {
      connectFrom(bench, THERE, 7000 + i);
      bench.input({ data: "GET /" });
      handles.push(bench.handle);
    }
    bench.pass(1100 * MILLISECOND);
    connectFrom(bench, THERE, 8000);
    bench.user.take();
    bench.input({ data: "GET /" });
    expect(bench.user.take()).toEqual(["readable", EVICTED]);
    expect(bench.tcp.readLength(bench.handle)).toBe(5);
    expect(bench.tcp.memoryInUse).toBeLessThanOrEqual(40_000);
    expect(bench.tcp.readLength(handles[0]!)).toBe(0);
  });

  test("a newcomer is let speak although there is none: what it says makes room", () => {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 9 * 4096;
    });
    bench.user.reads = false;
    for (let i = 0; i < 9; i++) {
      connectFrom(bench, THERE, 7000 + i);
      bench.input({ data: "GET /" });
    }
    expect(bench.tcp.memoryInUse).toBe(9 * 4096);
    bench.pass(1100 * MILLISECOND);
    bench.sent();
    bench.remotePort = 8000;
    bench.seq = 7_000_000;
    expect(bench.accept().window).toBe(LEAST_WINDOW);
    bench.user.take();
    bench.input({ data: "GET /" });
    expect(bench.user.take()).toEqual(["readable", EVICTED]);
    expect(bench.tcp.readLength(bench.handle)).toBe(5);
  });

  test("long ones leave a quarter for short ones", () => {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 128 * 1024;
    });
    bench.user.reads = false;
    for (let i = 0; i < 11; i++) {
      connectFrom(bench, THERE, 7000 + i);
      for (let k = 0; k < 9; k++) {
        bench.input({ data: new Uint8Array(1400) });
        bench.seq += 1400;
      }
    }
    connectFrom(bench, THERE, 8000);
    bench.input({ data: "GET /" });
    expect(bench.tcp.readLength(bench.handle)).toBe(5);
  });

  /** 32 KB in use, by requests of which the end has not come; nobody is behind. */
  function fullOfBeginnings(): Bench {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 8 * 4096;
    });
    bench.user.reads = false;
    for (let i = 0; i < 8; i++) {
      connectFrom(bench, THERE, 7000 + i);
      bench.input({ data: "GET /" });
    }
    connectFrom(bench, THERE, 8000);
    bench.user.take();
    expect(bench.tcp.memoryInUse).toBe(8 * 4096);
    return bench;
  }

  test("a whole request needs none", () => {
    const bench = fullOfBeginnings();
    bench.user.reads = true;
    bench.input({ data: "GET / HTTP/1.1" });
    expect(bench.user.take()).toEqual([]);
    bench.user.isWhole = true;
    bench.input({ data: "GET / HTTP/1.1" });
    expect(bench.user.take()).toEqual(["readable"]);
    expect(bench.user.received.length).toBe("GET / HTTP/1.1".length);
    expect(bench.tcp.memoryInUse).toBe(8 * 4096);
  });

  test("a user that leaves something of what it would read whole loses the connection", () => {
    const bench = fullOfBeginnings();
    bench.user.isWhole = true;
    expect(bench.receive({ data: "GET /" }).map(({ flags }) => flags & RST)).toEqual([RST]);
    expect(bench.user.take()).toEqual(["readable", EVICTED]);
    expect(bench.tcp.memoryInUse).toBe(8 * 4096);
  });

  test("those who wait for an answer leave a quarter to others", () => {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 8 * 4096;
    });
    bench.user.reads = false;
    const read: number[] = [];
    for (let i = 0; i < 8; i++) {
      connectFrom(bench, THERE, 7000 + i);
      bench.tcp.hold(bench.handle, true);
      bench.input({ data: "body" });
      read.push(bench.tcp.readLength(bench.handle));
    }
    expect(read).toEqual([4, 4, 4, 4, 4, 4, 0, 0]);
    connectFrom(bench, THERE, 8000);
    bench.input({ data: "GET /" });
    expect(bench.tcp.readLength(bench.handle)).toBe(5);
  });

  test("the address that holds most gives way to the beginning of another's, though nobody is behind", () => {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 8 * 4096;
    });
    bench.user.reads = false;
    for (let i = 0; i < 8; i++) {
      // Four addresses with two connections each: none has more than its part.
      connectFrom(bench, (THERE + 1 + (i >> 1)) as Ipv4, 7000 + i);
      bench.input({ data: "GET /" });
    }
    expect(bench.tcp.memoryInUse).toBe(8 * 4096);
    const next = (remote: number): string[] => {
      connectFrom(bench, remote as Ipv4, 8000);
      bench.user.take();
      bench.input({ data: "GET /" });
      return bench.user.take();
    };
    for (let i = 0; i < 4; i++) expect(next(THERE + 40 + i)).toEqual(["readable", EVICTED]);
    // Who holds no more than the newcomer would keeps what it has.
    expect(next(THERE + 44)).toEqual([]);
    bench.pass(150 * MILLISECOND);
    expect(next(THERE + 45)).toEqual([]);
    expect(bench.tcp.memoryInUse).toBe(8 * 4096);
  });
});
