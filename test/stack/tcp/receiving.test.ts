import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SEGMENTS_WITHOUT_MEMORY } from "../../../stack/base/counters.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import type { Handle } from "../../../stack/base/streams.ts";
import { MAX_DUPLICATE_ACKS, MAX_INTERVALS } from "../../../stack/tcp/limits.ts";
import { ACK, FIN, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, PATTERN } from "./harness.ts";

function piece(from: number, length: number): Uint8Array {
  return PATTERN.slice(from, from + length);
}

describe("segments in order", () => {
  test("are read where the link has put them, and take no memory when read at once", () => {
    const bench = new Bench();
    bench.accept();
    let inside = -1;
    bench.user.onReadable = () => {
      inside = bench.tcp.memoryInUse;
    };
    bench.receive({ data: piece(0, 1000) });
    expect(inside).toBe(0);
    expect(bench.user.received).toEqual([...piece(0, 1000)]);
    expect(bench.tcp.memoryInUse).toBe(0);
  });

  test("left unread are kept, and given back when read", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.reads = false;
    bench.user.onReadable = (handle) => bench.tcp.consume(handle, 100);
    bench.receive({ data: piece(0, 1000) });
    bench.seq += 1000;
    expect(bench.tcp.readLength(bench.handle)).toBe(900);
    expect(bench.tcp.memoryInUse).toBe(4096);
    bench.receive({ data: piece(1000, 1000) });
    bench.user.read(bench.handle);
    expect(bench.user.received).toEqual([...piece(200, 1800)]);
    expect(bench.tcp.memoryInUse).toBe(0);
  });

  test("are acknowledged after 40 ms, or with the second full segment", () => {
    const bench = new Bench();
    bench.accept();
    expect(bench.receive({ data: piece(0, 1460) })).toHaveLength(0);
    bench.seq += 1460;
    expect(bench.pass(39 * MILLISECOND)).toHaveLength(0);
    const [late] = bench.pass(2 * MILLISECOND);
    expect(late!.ack).toBe(bench.seq);
    expect(bench.receive({ data: piece(0, 1460) })).toHaveLength(0);
    bench.seq += 1460;
    const [second] = bench.receive({ data: piece(0, 1460) });
    expect(second!.ack).toBe(bench.seq + 1460);
  });

  test("that were received before are acknowledged at once and not read again", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ data: "abc" });
    const [ack] = bench.receive({ data: "abc" });
    expect(ack!.ack).toBe(bench.seq + 3);
    bench.receive({ data: "abcd" });
    expect(bench.user.received).toEqual([97, 98, 99, 100]);
  });
});

describe("segments out of order", () => {
  test("are acknowledged at once, kept, and read when the gap is filled", () => {
    const bench = new Bench();
    bench.accept();
    const start = bench.seq;
    const [dup] = bench.receive({ seq: start + 100, data: piece(100, 100) });
    expect(dup!.ack).toBe(start);
    expect(bench.user.received).toEqual([]);
    const [filled] = bench.receive({ seq: start, data: piece(0, 100) });
    expect(filled!.ack).toBe(start + 200);
    expect(bench.user.received).toEqual([...piece(0, 200)]);
    expect(bench.tcp.memoryInUse).toBe(0);
  });

  test("a FIN out of order waits for what is before it", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ seq: bench.seq + 3, flags: FIN | ACK, data: "def" });
    expect(bench.tcp.readEnded(bench.handle)).toBe(false);
    const [ack] = bench.receive({ data: "abc" });
    expect(ack!.ack).toBe(bench.seq + 7);
    expect(bench.user.received).toHaveLength(6);
    expect(bench.tcp.readEnded(bench.handle)).toBe(true);
  });

  test("in more than 32 intervals are not kept", () => {
    const bench = new Bench();
    bench.accept();
    const start = bench.seq;
    for (let i = 1; i <= MAX_INTERVALS + 1; i++) bench.receive({ seq: start + i * 200, data: piece(i * 200, 100) });
    for (let i = 0; i <= MAX_INTERVALS; i++) {
      bench.receive({ seq: start + i * 200, data: piece(i * 200, 200) });
    }
    expect(bench.user.received).toHaveLength((MAX_INTERVALS + 1) * 200);
  });

  test("in any order, overlapping in any way, they give the stream", () => {
    const cut = fc.record({ from: fc.integer({ min: 0, max: 5000 }), length: fc.integer({ min: 1, max: 1460 }) });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 60 }), fc.boolean(), (cuts, reads) => {
        const bench = new Bench();
        bench.accept();
        bench.user.reads = reads;
        const start = bench.seq;
        for (const { from, length } of cuts) bench.receive({ seq: start + from, data: piece(from, length) });
        for (let from = 0; from < 6460; from += 1000) {
          bench.receive({ seq: start + from, data: piece(from, Math.min(1000, 6460 - from)) });
        }
        bench.user.read(bench.handle);
        expect(bench.user.received).toEqual([...piece(0, 6460)]);
        expect(bench.tcp.memoryInUse).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

describe("our window", () => {
  test("shuts when nothing is read, is never left by the peer, and opens with an update of its own", () => {
    const bench = new Bench();
    bench.accept({ scale: 0 });
    bench.user.reads = false;
    let edge = 0;
    let window = 1;
    for (let i = 0; i < 60 && window > 0; i++) {
      bench.receive({ data: piece(i * 1460, Math.min(1460, window === 1 ? 1460 : window)) });
      bench.seq = bench.seq + Math.min(1460, window === 1 ? 1460 : window);
      bench.now += 50 * MILLISECOND;
      bench.tcp.step(bench.now);
      for (const s of bench.sent()) {
        window = s.window << 1;
        expect(s.ack + window).toBeGreaterThanOrEqual(edge);
        edge = s.ack + window;
      }
      const unread = bench.tcp.readLength(bench.handle);
      expect(unread).toBeLessThanOrEqual(65_536);
    }
    expect(bench.tcp.readLength(bench.handle)).toBeGreaterThan(60_000);
    expect(window).toBeLessThan(1460);
    bench.user.read(bench.handle);
    const [update] = bench.sent();
    expect(update!.window << 1).toBeGreaterThan(60_000);
  });

  test("of zero: a probe is answered, its octet not taken, its ACK is", () => {
    const bench = new Bench();
    bench.tcp.unlisten(80);
    bench.tcp.listen(80, bench.userNumber, 1000);
    bench.accept();
    bench.user.reads = false;
    bench.receive({ data: piece(0, 1000) });
    bench.seq += 1000;
    bench.pass(50 * MILLISECOND);
    bench.send(10);
    bench.sent();
    bench.ack += 10;
    bench.user.take();
    const [answer] = bench.receive({ data: "x" });
    expect([answer!.ack, answer!.window]).toEqual([bench.seq, 0]);
    expect(bench.user.take()).toEqual(["sent"]);
    expect(bench.tcp.readLength(bench.handle)).toBe(1000);
  });

  test("of a connection with little to give is small steps: no silly windows (RFC 9293 3.8.6.2.2)", () => {
    const bench = new Bench();
    bench.tcp.unlisten(80);
    bench.tcp.listen(80, bench.userNumber, 4000);
    bench.accept();
    bench.user.reads = false;
    bench.receive({ data: piece(0, 1460) });
    bench.seq += 1460;
    bench.receive({ data: piece(0, 1460) });
    bench.seq += 1460;
    bench.receive({ data: piece(0, 1080) });
    bench.seq += 1080;
    bench.pass(50 * MILLISECOND);
    bench.tcp.consume(bench.handle, 100);
    expect(bench.sent()).toEqual([]);
    bench.tcp.consume(bench.handle, 1900);
    const [update] = bench.sent();
    expect(update!.window).toBe(2000);
  });
});

describe("memory", () => {
  test("is bounded in all: what finds none is not acknowledged, and others go on", () => {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 40_000;
    });
    bench.user.reads = false;
    let kept = 0;
    let answer = 0;
    const handles: Handle[] = [];
    for (let i = 0; i < 20; i++) {
      bench.remotePort = 7000 + i;
      bench.seq = 7_000_000;
      bench.accept();
      handles.push(bench.handle);
      const segments = bench.receive({ data: piece(0, 1400) });
      if (segments.length > 0) answer = segments[0]!.ack;
      kept += bench.tcp.readLength(bench.handle);
      expect(bench.tcp.memoryInUse).toBeLessThanOrEqual(40_000);
    }
    expect(kept).toBe(9 * 1400);
    expect(bench.tcp.counts(SEGMENTS_WITHOUT_MEMORY)).toBe(11);
    // The last one's segment was not acknowledged; when there is memory again, it is taken.
    expect(answer).toBe(bench.seq);
    for (const handle of handles.slice(0, 5)) bench.tcp.abort(handle);
    bench.input({ data: piece(0, 1400) });
    expect(bench.tcp.readLength(bench.handle)).toBe(1400);
  });

  test("promised to one is at most half of what is free", () => {
    const bench = new Bench((limits) => {
      limits.memoryTotal = 32_768;
    });
    const synAck = bench.accept();
    expect(synAck.window).toBe(16_384);
  });
});

describe("acknowledgments of segments out of order", () => {
  test("have an acknowledgment each, also when they come in one poll (RFC 5681 4.2)", () => {
    const bench = new Bench();
    bench.accept();
    for (let i = 1; i < 40; i++) bench.input({ seq: bench.seq + 100 * i, data: piece(100 * i, 100) });
    const acks = bench.sent();
    expect(acks).toHaveLength(39);
    for (const ack of acks) {
      expect(ack.ack).toBe(bench.seq);
      expect(ack.window).toBe(acks[0]!.window);
    }
    expect(bench.receive({ data: piece(0, 100) }).map((s) => s.ack)).toEqual([bench.seq + 4000]);
  });

  test("are answered by no more than MAX_DUPLICATE_ACKS in one step", () => {
    const bench = new Bench();
    bench.accept();
    for (let i = 0; i < 500; i++) bench.input({ seq: bench.seq + 1 + (i % 8) * 10, data: "x" });
    expect(bench.sent()).toHaveLength(MAX_DUPLICATE_ACKS);
  });

  test("whose gap is filled in the same poll are acknowledged once: nothing is missing", () => {
    const bench = new Bench();
    bench.accept();
    for (const i of [1, 2, 3, 0]) bench.input({ seq: bench.seq + 100 * i, data: piece(100 * i, 100) });
    expect(bench.sent().map((s) => s.ack)).toEqual([bench.seq + 400]);
  });

  test("behind one in order: an acknowledgment of that, and duplicates of it", () => {
    const bench = new Bench();
    bench.accept();
    for (const i of [0, 2, 3, 4]) bench.input({ seq: bench.seq + 100 * i, data: piece(100 * i, 100) });
    expect(bench.sent().map((s) => s.ack)).toEqual([100, 100, 100, 100].map((n) => bench.seq + n));
  });

  test("are answered before data leaves, which would make no duplicate of the ACK", () => {
    const bench = new Bench();
    bench.accept();
    bench.input({ seq: bench.seq + 100, data: "x" });
    bench.input({ seq: bench.seq + 200, data: "x" });
    bench.send(50);
    expect(bench.sent().map((s) => s.payloadLength)).toEqual([0, 0, 50]);
  });
});

describe("a FIN behind bytes that do not fit into the window", () => {
  test("is cut off with them: the end of the stream comes when they have", () => {
    const bench = new Bench();
    bench.tcp.listen(81, bench.userNumber, 1000);
    bench.localPort = 81;
    bench.accept();
    bench.user.reads = false;
    bench.receive({ data: piece(0, 1200), flags: FIN | ACK });
    expect(bench.tcp.readLength(bench.handle)).toBe(1000);
    bench.user.read(bench.handle);
    expect(bench.tcp.readEnded(bench.handle)).toBe(false);
    bench.seq += 1000;
    bench.sent();
    bench.receive({ data: piece(1000, 200), flags: FIN | ACK });
    bench.user.read(bench.handle);
    expect(bench.tcp.readEnded(bench.handle)).toBe(true);
    expect(bench.user.received).toEqual([...piece(0, 1200)]);
  });
});

describe("timestamps (RFC 7323)", () => {
  test("that a box on the way has stripped are not asked for: data without the option is taken", () => {
    const bench = new Bench();
    bench.accept({ timestamps: [1000, 0] });
    bench.receive({ data: "a" });
    expect(bench.user.received).toEqual([97]);
    bench.seq++;
    bench.send(10);
    expect(bench.sent()[0]!.hasTimestamps).toBe(true);
    bench.ack += 10;
    bench.receive({});
    expect(bench.tcp.queued(bench.handle)).toBe(0);
  });

  const stamped = (): Bench => {
    const bench = new Bench();
    bench.accept({ timestamps: [1000, 0] });
    return bench;
  };

  test("are echoed", () => {
    const bench = stamped();
    bench.receive({ data: "a", timestamps: [1010, 0] });
    bench.seq++;
    const [ack] = bench.receive({ seq: bench.seq + 5, data: "x", timestamps: [1020, 0] });
    expect([ack!.hasTimestamps, ack!.tsEcho]).toEqual([true, 1010]);
  });

  test("an older one is dropped and answered (PAWS), but not after 24 days", () => {
    const bench = stamped();
    bench.receive({ data: "a", timestamps: [1010, 0] });
    bench.seq++;
    const [ack] = bench.receive({ data: "b", timestamps: [1009, 0] });
    expect(ack!.ack).toBe(bench.seq);
    expect(bench.user.received).toEqual([97]);
    bench.pass(25 * 86_400 * SECOND);
    bench.receive({ data: "b", timestamps: [1009, 0] });
    expect(bench.user.received).toEqual([97, 98]);
  });

  test("a reset needs none", () => {
    const bench = stamped();
    bench.user.take();
    bench.receive({ flags: 4 });
    expect(bench.user.take()).toEqual(["closed 1"]);
  });

  test("tell the round-trip time of a segment that was sent twice", () => {
    const bench = stamped();
    bench.send(10);
    const [first] = bench.sent();
    expect(first!.hasTimestamps).toBe(true);
    const [second] = bench.pass(1100 * MILLISECOND);
    bench.now += 20 * MILLISECOND;
    bench.ack += 10;
    bench.receive({ timestamps: [1001, second!.tsValue] });
    bench.send(10);
    bench.sent();
    // Not backed off any more.
    expect(bench.pass(1100 * MILLISECOND).length).toBeGreaterThanOrEqual(1);
  });
});

describe("blind attacks (RFC 5961)", () => {
  test("a reset counts with the exact number only; in the window it is challenged, elsewhere ignored", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.take();
    const [challenge] = bench.receive({ flags: 4, seq: bench.seq + 1 });
    expect([challenge!.flags, challenge!.ack]).toEqual([ACK, bench.seq]);
    expect(bench.receive({ flags: 4, seq: bench.seq + 1_000_000 })).toEqual([]);
    expect(bench.receive({ flags: 4, seq: bench.seq - 1 })).toEqual([]);
    expect(bench.user.take()).toEqual([]);
    bench.receive({ flags: 4 });
    expect(bench.user.take()).toEqual(["closed 1"]);
  });

  test("a SYN is challenged whatever its number", () => {
    const bench = new Bench();
    bench.accept();
    for (const seq of [bench.seq, bench.seq + 10, bench.seq + 1_000_000, bench.seq - 1]) {
      bench.now += SECOND;
      const [challenge] = bench.receive({ flags: SYN, seq });
      expect([challenge!.flags, challenge!.ack]).toEqual([ACK, bench.seq]);
    }
  });

  test("an ACK of what was never sent, or of long ago, is challenged and its data dropped", () => {
    const bench = new Bench();
    bench.accept();
    for (const ack of [bench.ack + 1, bench.ack - 200_000]) {
      bench.now += SECOND;
      const [challenge] = bench.receive({ ack, data: "evil" });
      expect([challenge!.flags, challenge!.ack]).toEqual([ACK, bench.seq]);
    }
    expect(bench.user.received).toEqual([]);
  });

  test("challenges are limited to ten a second", () => {
    const bench = new Bench();
    bench.accept();
    let challenges = 0;
    for (let i = 0; i < 1000; i++) {
      bench.now += MILLISECOND;
      challenges += bench.receive({ flags: SYN }).length;
    }
    expect(challenges).toBeLessThanOrEqual(10);
    expect(challenges).toBeGreaterThanOrEqual(9);
  });

  test("a segment without ACK is dropped", () => {
    const bench = new Bench();
    bench.accept();
    expect(bench.receive({ flags: 0, data: "x" })).toEqual([]);
    expect(bench.user.received).toEqual([]);
  });
});
