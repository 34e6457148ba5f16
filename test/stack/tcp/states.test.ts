import { describe, expect, test } from "vitest";
import { SEGMENTS_DAMAGED } from "../../../stack/base/counters.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN } from "../../../stack/tcp/wire.ts";
import { packetOf } from "../../support/ipv4.ts";
import { Bench } from "./harness.ts";

const FIN_ACK = FIN | ACK;

describe("opening", () => {
  test("a SYN to a port listened on is answered, and its user hears of the connection with the last ACK", () => {
    const bench = new Bench();
    const [synAck] = bench.receive({ flags: SYN, mss: 1400 });
    expect(synAck!.flags).toBe(SYN | ACK);
    expect(synAck!.ack).toBe(bench.seq + 1);
    expect(synAck!.mss).toBe(1460);
    expect(bench.user.take()).toEqual([]);
    expect(bench.tcp.counters.halfOpen).toBe(1);
    bench.seq++;
    bench.ack = synAck!.seq + 1;
    expect(bench.receive({})).toEqual([]);
    expect(bench.user.take()).toEqual(["accepted 80"]);
    expect(bench.tcp.counters.halfOpen).toBe(0);
  });

  test("data that comes with the last ACK is read after the connection is announced", () => {
    const bench = new Bench();
    const [synAck] = bench.receive({ flags: SYN });
    bench.seq++;
    bench.ack = synAck!.seq + 1;
    bench.input({ data: "GET" });
    expect(bench.user.take()).toEqual(["accepted 80", "readable"]);
    expect(bench.user.received).toEqual([71, 69, 84]);
  });

  test("connect sends a SYN with all options and ends with an ACK", () => {
    const bench = new Bench();
    const syn = bench.connect();
    expect(syn.flags).toBe(SYN | ECE | CWR);
    expect([syn.mss, syn.scale, syn.hasTimestamps]).toEqual([1460, 1, true]);
    expect(syn.sourcePort).toBeGreaterThanOrEqual(49_152);
    expect(bench.user.take()).toEqual(["connected"]);
  });

  test("the ACK of a SYN-ACK leaves at once", () => {
    const bench = new Bench();
    bench.remotePort = 443;
    bench.handle = bench.tcp.connect(bench.path, 443, 0, 65_536, bench.now);
    const [syn] = bench.sent();
    bench.localPort = syn!.sourcePort;
    bench.ack = syn!.seq + 1;
    const [ack] = bench.receive({ flags: SYN | ACK });
    expect(ack!.flags).toBe(ACK);
    expect(ack!.ack).toBe(bench.seq + 1);
  });

  test("a simultaneous open ends in one connection", () => {
    const bench = new Bench();
    bench.remotePort = 443;
    bench.handle = bench.tcp.connect(bench.path, 443, 0, 65_536, bench.now);
    const [syn] = bench.sent();
    bench.localPort = syn!.sourcePort;
    const [synAck] = bench.receive({ flags: SYN });
    expect([synAck!.flags, synAck!.seq, synAck!.ack]).toEqual([SYN | ACK, syn!.seq, bench.seq + 1]);
    bench.ack = syn!.seq + 1;
    // The peer's SYN-ACK: its SYN is old, but it acknowledges ours.
    bench.receive({ flags: SYN | ACK });
    bench.seq++;
    bench.receive({});
    expect(bench.user.take()).toEqual(["connected"]);
    bench.receive({ data: "x" });
    expect(bench.user.received).toEqual([120]);
  });

  test("a refused connection says so", () => {
    const bench = new Bench();
    bench.remotePort = 443;
    bench.tcp.connect(bench.path, 443, 0, 65_536, bench.now);
    const [syn] = bench.sent();
    bench.localPort = syn!.sourcePort;
    bench.receive({ flags: RST | ACK, ack: syn!.seq });
    expect(bench.user.take()).toEqual([]);
    bench.receive({ flags: RST, ack: 0 });
    expect(bench.user.take()).toEqual([]);
    bench.receive({ flags: RST | ACK, ack: syn!.seq + 1 });
    expect(bench.user.take()).toEqual(["closed 3"]);
    expect(bench.tcp.counters.connections).toBe(0);
  });

  test("SYN-SENT answers an unacceptable ACK with a reset and waits on", () => {
    const bench = new Bench();
    bench.remotePort = 443;
    bench.tcp.connect(bench.path, 443, 0, 65_536, bench.now);
    const [syn] = bench.sent();
    bench.localPort = syn!.sourcePort;
    const [rst] = bench.receive({ flags: SYN | ACK, ack: syn!.seq + 2 });
    expect([rst!.flags, rst!.seq]).toEqual([RST, (syn!.seq + 2) >>> 0]);
    bench.receive({ flags: SYN | ACK, ack: syn!.seq + 1 });
    expect(bench.user.take()).toEqual(["connected"]);
  });

  test("SYNs are repeated at 1, 3, 7 s and so on, and given up after three minutes", () => {
    const bench = new Bench();
    bench.tcp.connect(bench.path, 443, 0, 65_536, bench.now);
    expect(bench.sent()).toHaveLength(1);
    expect(bench.pass(999_999)).toHaveLength(0);
    expect(bench.pass(1)).toHaveLength(1);
    expect(bench.pass(2 * SECOND)).toHaveLength(1);
    expect(bench.pass(4 * SECOND)).toHaveLength(1);
    bench.pass(172 * SECOND);
    expect(bench.user.take()).toEqual([]);
    bench.pass(2 * SECOND);
    expect(bench.user.take()).toEqual(["closed 2"]);
    expect(bench.tcp.counters.connections).toBe(0);
  });

  test("a half-open connection goes without a word after its SYN-ACKs were not answered", () => {
    const bench = new Bench();
    bench.receive({ flags: SYN });
    const again = bench.pass(120 * SECOND);
    expect(again).toHaveLength(bench.limits.synAckRetries);
    expect(again.every((s) => s.flags === (SYN | ACK))).toBe(true);
    expect(bench.tcp.counters.connections).toBe(0);
    expect(bench.user.take()).toEqual([]);
  });

  test("a SYN that comes again is answered again, with the same number", () => {
    const bench = new Bench();
    const [first] = bench.receive({ flags: SYN });
    bench.now += 300_000;
    const [second] = bench.receive({ flags: SYN });
    expect(second!.flags).toBe(SYN | ACK);
    expect(second!.seq).toBe(first!.seq);
  });

  test("a wrong ACK in SYN-RECEIVED is answered by a reset", () => {
    const bench = new Bench();
    const [synAck] = bench.receive({ flags: SYN });
    bench.seq++;
    const [rst] = bench.receive({ ack: synAck!.seq + 2 });
    expect([rst!.flags, rst!.seq]).toEqual([RST, (synAck!.seq + 2) >>> 0]);
  });
});

describe("closing", () => {
  test("the peer first: CLOSE-WAIT, LAST-ACK, gone", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.take();
    const [ack] = bench.receive({ flags: FIN_ACK });
    bench.seq++;
    expect(ack!.ack).toBe(bench.seq);
    expect(bench.user.take()).toEqual(["readable"]);
    expect(bench.tcp.readEnded(bench.handle)).toBe(true);
    bench.tcp.shutdown(bench.handle);
    const [fin] = bench.sent();
    expect(fin!.flags).toBe(FIN_ACK);
    bench.ack++;
    bench.receive({});
    expect(bench.user.take()).toEqual(["closed 0"]);
    expect(bench.tcp.counters.connections).toBe(0);
  });

  test("the peer first, and a user that stays hears of the end when our FIN is acknowledged", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ flags: FIN_ACK });
    bench.seq++;
    bench.user.take();
    bench.tcp.shutdown(bench.handle);
    bench.sent();
    expect(bench.user.take()).toEqual([]);
    bench.ack++;
    bench.receive({});
    expect(bench.user.take()).toEqual(["closed 0"]);
    expect(bench.tcp.counters.connections).toBe(0);
  });

  test("we first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, and after 2 MSL nothing", () => {
    const bench = new Bench();
    bench.accept();
    bench.tcp.shutdown(bench.handle);
    const [fin] = bench.sent();
    expect(fin!.flags).toBe(FIN_ACK);
    bench.ack++;
    bench.receive({});
    bench.user.take();
    bench.receive({ data: "more" });
    bench.seq += 4;
    expect(bench.user.received).toHaveLength(4);
    const [ack] = bench.receive({ flags: FIN_ACK });
    bench.seq++;
    expect(ack!.ack).toBe(bench.seq);
    expect(bench.user.take()).toEqual(["readable", "readable", "closed 0"]);
    expect(bench.tcp.counters.timeWait).toBe(1);
    bench.pass(59 * SECOND);
    // The peer's FIN again: acknowledged, and 2 MSL from now.
    expect(bench.receive({ flags: FIN_ACK, seq: bench.seq - 1 })).toHaveLength(1);
    bench.pass(59 * SECOND);
    expect(bench.tcp.counters.timeWait).toBe(1);
    bench.pass(2 * SECOND);
    expect(bench.tcp.counters.connections).toBe(0);
  });

  test("both at once: CLOSING, TIME-WAIT", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.take();
    bench.tcp.shutdown(bench.handle);
    bench.sent();
    const [ack] = bench.receive({ flags: FIN_ACK });
    bench.seq++;
    expect([ack!.flags, ack!.ack]).toEqual([ACK, bench.seq]);
    expect(bench.tcp.counters.timeWait).toBe(0);
    bench.ack++;
    bench.receive({});
    expect(bench.tcp.counters.timeWait).toBe(1);
    expect(bench.user.take()).toEqual(["readable", "closed 0"]);
  });

  test("a FIN that acknowledges ours goes from FIN-WAIT-1 to TIME-WAIT at once", () => {
    const bench = new Bench();
    bench.accept();
    bench.tcp.shutdown(bench.handle);
    bench.sent();
    bench.ack++;
    bench.receive({ flags: FIN_ACK });
    expect(bench.tcp.counters.timeWait).toBe(1);
  });

  test("half-closed by the peer, we go on sending", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ flags: FIN_ACK });
    bench.seq++;
    bench.send(1000);
    const [data] = bench.sent();
    expect(data!.payloadLength).toBe(1000);
    bench.ack += 1000;
    bench.user.take();
    bench.receive({});
    expect(bench.user.take()).toEqual(["sent"]);
  });

  test("the FIN rides on the last data", () => {
    const bench = new Bench();
    bench.accept();
    bench.send(100);
    bench.tcp.close(bench.handle);
    const [last, ...rest] = bench.sent();
    expect(rest).toEqual([]);
    expect(last!.flags).toBe(FIN | ACK | PSH);
    expect(last!.payloadLength).toBe(100);
  });

  test("close with unread bytes resets", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.reads = false;
    bench.receive({ data: "unread" });
    bench.tcp.close(bench.handle);
    const [rst] = bench.sent();
    expect(rst!.flags & RST).toBe(RST);
    expect(bench.tcp.counters.connections).toBe(0);
    expect(bench.tcp.memoryInUse).toBe(0);
  });

  test("data for a connection that was closed is answered by a reset", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.take();
    bench.tcp.close(bench.handle);
    bench.sent();
    const [rst] = bench.receive({ data: "late" });
    expect(rst!.flags & RST).toBe(RST);
    expect(bench.tcp.counters.connections).toBe(0);
    expect(bench.tcp.counters.orphans).toBe(0);
    expect(bench.user.take()).toEqual([]);
  });

  test("abort resets with the number that the peer expects, and tells the user nothing", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.take();
    bench.tcp.abort(bench.handle);
    const [rst] = bench.sent();
    expect([rst!.flags, rst!.seq]).toEqual([RST | ACK, bench.ack]);
    expect(bench.user.take()).toEqual([]);
    expect(bench.tcp.send(bench.handle, new Uint8Array(1), 0, 1)).toBe(false);
    expect(bench.tcp.readEnded(bench.handle)).toBe(true);
  });

  test("bytes unread when the protocol ends stay readable, and `closed` follows them", () => {
    for (const first of ["peer", "we"]) {
      const bench = new Bench();
      bench.accept();
      bench.user.reads = false;
      bench.user.take();
      if (first === "we") {
        bench.tcp.shutdown(bench.handle);
        bench.sent();
        bench.ack++;
      }
      bench.receive({ flags: FIN_ACK, data: "abc" });
      bench.seq += 4;
      if (first === "peer") {
        bench.tcp.shutdown(bench.handle);
        bench.sent();
        bench.ack++;
        bench.receive({});
      }
      expect(bench.user.take()).toEqual(["readable"]);
      bench.pass(120 * SECOND);
      expect(bench.tcp.readLength(bench.handle)).toBe(3);
      bench.user.read(bench.handle);
      bench.sent();
      expect(bench.user.take()).toEqual(["closed 0"]);
      bench.pass(120 * SECOND);
      expect(bench.tcp.counters.connections).toBe(0);
      expect(bench.tcp.memoryInUse).toBe(0);
    }
  });

  test("a user that lets go after everything has ended leaves nothing behind", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.reads = false;
    bench.receive({ flags: FIN_ACK, data: "abc" });
    bench.seq += 4;
    bench.tcp.shutdown(bench.handle);
    bench.sent();
    bench.ack++;
    bench.receive({});
    bench.tcp.close(bench.handle);
    expect(bench.sent()).toEqual([]);
    expect(bench.tcp.counters.connections).toBe(0);
  });
});

describe("closing states end by themselves when the peer falls silent", () => {
  const cases: readonly [name: string, close: (bench: Bench) => void][] = [
    ["FIN-WAIT-1", () => {}],
    [
      "FIN-WAIT-2",
      (bench) => {
        bench.ack++;
        bench.receive({});
      },
    ],
    [
      "CLOSING",
      (bench) => {
        bench.receive({ flags: FIN_ACK });
      },
    ],
  ];
  for (const [name, silence] of cases) {
    test(name, () => {
      const bench = new Bench();
      bench.accept();
      bench.tcp.close(bench.handle);
      bench.sent();
      expect(bench.tcp.counters.orphans).toBe(1);
      silence(bench);
      bench.pass(180 * SECOND);
      expect(bench.tcp.counters.connections).toBe(0);
      expect(bench.tcp.counters.orphans).toBe(0);
      expect(bench.tcp.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    });
  }
  test("LAST-ACK", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ flags: FIN_ACK });
    bench.tcp.close(bench.handle);
    bench.sent();
    bench.pass(180 * SECOND);
    expect(bench.tcp.counters.connections).toBe(0);
    expect(bench.tcp.counters.orphans).toBe(0);
  });
  test("an orphan whose peer keeps its window shut", () => {
    const bench = new Bench();
    bench.accept({ window: 0 });
    bench.send(1000);
    bench.tcp.close(bench.handle);
    for (let i = 0; i < 400; i++) {
      for (const segment of bench.pass(SECOND)) if ((segment.flags & RST) === 0) bench.receive({ window: 0 });
    }
    expect(bench.tcp.counters.connections).toBe(0);
  });
  test("an orphan whose peer takes a byte now and then is not kept for it", () => {
    const bench = new Bench();
    bench.accept({ window: 100 });
    bench.send(100_000);
    bench.tcp.close(bench.handle);
    bench.sent();
    for (let i = 0; i < 90; i++) {
      bench.ack += 100;
      bench.receive({ window: 100 });
      bench.pass(SECOND);
    }
    expect(bench.tcp.counters.connections).toBe(0);
  });
  test("an orphan whose peer keeps up is kept as long as it takes", () => {
    const bench = new Bench();
    bench.accept({ window: 1400 });
    bench.send(300_000);
    bench.tcp.close(bench.handle);
    bench.sent();
    for (let i = 0; i < 200; i++) {
      bench.ack += 1400;
      bench.receive({ window: 1400 });
      bench.pass(SECOND);
    }
    expect(bench.tcp.counters.orphans).toBe(1);
  });
});

describe("no connection", () => {
  test("a segment to a closed port is answered by a reset (RFC 9293 3.10.7.1)", () => {
    const bench = new Bench();
    bench.localPort = 81;
    const [a] = bench.receive({ flags: SYN });
    expect([a!.flags, a!.seq, a!.ack]).toEqual([RST | ACK, 0, bench.seq + 1]);
    const [b] = bench.receive({ flags: ACK, ack: 1234, data: "abc" });
    expect([b!.flags, b!.seq]).toEqual([RST, 1234]);
    expect(bench.receive({ flags: RST })).toEqual([]);
  });

  test("a stray ACK to a port listened on is answered by a reset; a stray FIN is not answered", () => {
    const bench = new Bench();
    const [rst] = bench.receive({ flags: ACK, ack: 99 });
    expect([rst!.flags, rst!.seq]).toEqual([RST, 99]);
    expect(bench.receive({ flags: FIN })).toEqual([]);
    expect(bench.receive({ flags: SYN | FIN })).toEqual([]);
    expect(bench.receive({ flags: SYN | RST })).toEqual([]);
  });

  test("damaged segments are dropped", () => {
    const bench = new Bench();
    const bytes = new Uint8Array(20);
    bytes[12] = 0x50;
    bytes[13] = SYN;
    bench.tcp.input(packetOf(bench.path, 6, bytes), bench.now);
    bench.tcp.input(packetOf(bench.path, 6, bytes.subarray(0, 19)), bench.now);
    expect(bench.tcp.counts(SEGMENTS_DAMAGED)).toBe(2);
    expect(bench.sent()).toEqual([]);
  });

  test("nothing is accepted that was sent to a group (RFC 1122 4.2.3.10), or from port 0", () => {
    const bench = new Bench();
    const bytes = new Uint8Array(20);
    bytes[1] = 9;
    bytes[3] = 80;
    bytes[12] = 0x50;
    bytes[13] = SYN;
    const packet = packetOf(bench.path, 6, bytes);
    packet.checksumValid = true;
    packet.unicast = false;
    bench.tcp.input(packet, bench.now);
    bench.remotePort = 0;
    bench.input({ flags: SYN });
    expect(bench.sent()).toEqual([]);
    expect(bench.tcp.counters.connections).toBe(0);
  });
});

describe("the local address", () => {
  test("when it is lost every connection ends, and its user hears of it", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.take();
    bench.tcp.addressLost(bench.now);
    expect(bench.user.take()).toEqual(["closed 4"]);
    expect(bench.tcp.counters.connections).toBe(0);
  });
});
