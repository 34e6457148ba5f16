// What is sent again and when: decisions written down from the RFCs' own rules and examples. The peer has an MSS of 1,000,
// the round trip is 50 ms, and segments are named by the thousand: 0 is the first.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RECOVERIES, RECOVERIES_UNDONE, RETRANSMITS, TAIL_PROBES } from "../../../stack/base/counters.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { FIN, type Segment, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, type SegmentFields } from "./harness.ts";

const MSS = 1000;
const RTT = 50 * MILLISECOND;

class Sending extends Bench {
  base = 0;
  /** Our timestamp when they left. */
  stamp = 0;
  readonly stamped: boolean;

  /** `count` segments have left, once the round trip is known. */
  constructor(count: number, stamped = false, sack = true) {
    super();
    this.stamped = stamped;
    // Timestamps take twelve bytes of each segment.
    const mss = stamped ? MSS + 12 : MSS;
    const syn = this.stamps(0);
    syn.flags = SYN;
    syn.mss = mss;
    syn.sackPermitted = sack;
    const [synAck] = this.receive(syn);
    this.now += RTT;
    this.seq++;
    this.ack = synAck!.seq + 1;
    this.receive(this.stamps(synAck!.tsValue));
    this.handle = this.user.handle;
    this.base = this.ack;
    if (count === 0) return;
    this.send(count * MSS);
    this.stamp = this.sent()[0]!.tsValue;
  }

  stamps(echo: number): SegmentFields {
    const fields: SegmentFields = {};
    if (this.stamped) fields.timestamps = [2, echo];
    return fields;
  }

  /** An ACK up to segment `ack`, with these segments reported; what leaves for it. */
  acknowledge(
    ack: number,
    sacks: ReadonlyArray<readonly [number, number]> = [],
    { window = 65_535, echo = 0 }: { window?: number; echo?: number } = {},
  ): number[] {
    const blocks: Array<readonly [number, number]> = [];
    for (const block of sacks) blocks.push([this.base + block[0] * MSS, this.base + block[1] * MSS]);
    this.ack = this.base + ack * MSS;
    const fields = this.stamps(echo);
    fields.window = window;
    fields.sacks = blocks;
    return this.names(this.receive(fields));
  }

  names(segments: readonly Segment[]): number[] {
    return segments.map((s) => ((s.seq - this.base) | 0) / MSS);
  }

  wait(ms: number): number[] {
    return this.names(this.pass(ms * MILLISECOND));
  }
}

describe("RACK (RFC 8985)", () => {
  test("blocks that one ACK brings, the latest first (RFC 2018 4), are no reordering: the ACK between was lost", () => {
    const bench = new Sending(10);
    bench.now += RTT;
    expect(
      bench.acknowledge(0, [
        [5, 10],
        [1, 4],
      ]),
    ).toEqual([]);
    // Seven have overtaken both, so it is not the reordering window of 12.5 ms that is waited for.
    expect(bench.wait(3)).toEqual([0, 4]);
  });

  test("what three that left with it or later have overtaken is lost, at once or when they could have been one", () => {
    const bench = new Sending(10);
    bench.now += RTT;
    expect(bench.acknowledge(0, [[1, 2]])).toEqual([]);
    expect(bench.acknowledge(0, [[1, 3]])).toEqual([]);
    // Three say more than the reordering window; what left within a part of a round trip is not told apart for so long.
    expect(bench.acknowledge(0, [[1, 4]])).toEqual([]);
    expect(bench.wait(3)).toEqual([0]);
    expect(bench.tcp.counts(RETRANSMITS)).toBe(1);
  });

  test("one that overtakes alone is waited for: a quarter of the least round trip (6.2 step 4)", () => {
    const bench = new Sending(10);
    bench.now += RTT;
    expect(bench.acknowledge(0, [[1, 2]])).toEqual([]);
    expect(bench.wait(12)).toEqual([]);
    expect(bench.wait(2)).toEqual([0]);
  });

  test("what was only late ends the wait, and shows that this path reorders: then three are no loss either", () => {
    const bench = new Sending(10);
    bench.now += RTT;
    bench.acknowledge(0, [[1, 2]]);
    bench.now += 2 * MILLISECOND;
    expect(bench.acknowledge(2)).toEqual([]);
    expect(bench.wait(100)).not.toContain(0);
    const again = new Sending(10);
    again.now += RTT;
    again.acknowledge(0, [[1, 2]]);
    again.acknowledge(2);
    again.acknowledge(2, [[3, 6]]);
    expect(again.wait(11)).toEqual([]);
    expect(again.wait(3)).toEqual([2]);
  });

  test("several holes are mended in one round trip", () => {
    const bench = new Sending(10);
    bench.now += RTT;
    bench.acknowledge(0, [[1, 2]]);
    bench.acknowledge(0, [
      [3, 4],
      [1, 2],
    ]);
    bench.acknowledge(0, [
      [5, 10],
      [3, 4],
      [1, 2],
    ]);
    expect(bench.wait(3)).toEqual([0, 2, 4]);
  });

  test("a segment that is lost twice is found by those that left after it, without a timeout", () => {
    const bench = new Sending(10);
    bench.send(20 * MSS);
    bench.now += RTT;
    bench.acknowledge(0, [[1, 4]]);
    expect(bench.wait(3)[0]).toBe(0);
    bench.now += 10 * MILLISECOND;
    // New ones leave as others arrive, and arrive themselves a round trip later; 0 is still missing.
    const fresh = bench.acknowledge(0, [[1, 10]]);
    expect(fresh[0]!).toBeGreaterThan(9);
    bench.now += RTT + 2 * MILLISECOND;
    const next = [...bench.acknowledge(0, [[1, fresh[0]! + 1]]), ...bench.wait(3)];
    expect(next).toContain(0);
    expect(bench.tcp.counts(RETRANSMITS)).toBe(2);
  });

  test("blocks of what was never sent, backwards or of nothing are passed over", () => {
    const bench = new Sending(10);
    bench.now += RTT;
    bench.acknowledge(0, [
      [5, 5],
      [8, 6],
      [9, 40],
      [-4, 0],
    ]);
    bench.acknowledge(0, [[100, 200]]);
    expect(bench.wait(40)).toEqual([]);
    expect(bench.tcp.counts(RECOVERIES)).toBe(0);
  });

  test("duplicates without blocks are no loss for who has permitted SACK", () => {
    const bench = new Sending(10);
    bench.now += RTT;
    for (let i = 0; i < 5; i++) expect(bench.acknowledge(0)).toEqual([]);
    expect(bench.wait(10)).toEqual([]);
  });
});

describe("a timeout (RFC 8985 6.3, RFC 2018 8)", () => {
  test("sends the first again, and by slow start the others that are missing, not what was reported", () => {
    const bench = new Sending(10);
    // The tail probe comes before it.
    expect(bench.wait(240)).toEqual([9]);
    expect(bench.wait(2)).toEqual([]);
    expect(bench.wait(60)).toEqual([0]);
    expect(bench.acknowledge(1, [[4, 6]])).toEqual([1, 2]);
    expect(bench.acknowledge(3, [[4, 6]])).toEqual([3, 6, 7, 8]);
  });

  test("with the first reported: the peer has thrown it away, and all of it leaves again", () => {
    const bench = new Sending(4);
    bench.now += RTT;
    bench.acknowledge(0, [[0, 4]]);
    expect(bench.wait(400)[0]).toBe(0);
    expect(bench.acknowledge(1)).toEqual([1, 2]);
  });

  test("black holes: after three for a large segment smaller ones leave (RFC 4821 7.7)", () => {
    const bench = new Bench();
    bench.accept({ mss: 1460 });
    bench.send(1460);
    const lengths = [...bench.sent(), ...bench.pass(10 * SECOND)].map((s) => s.payloadLength);
    expect(lengths.slice(0, 4)).toEqual([1460, 1460, 1460, 1240]);
  });
});

describe("the tail loss probe (RFC 8985 7)", () => {
  test("comes after two round trips: the last segment again, once", () => {
    const bench = new Sending(3);
    expect(bench.wait(99)).toEqual([]);
    expect(bench.wait(2)).toEqual([2]);
    expect(bench.tcp.counts(TAIL_PROBES)).toBe(1);
    expect(bench.wait(100)).toEqual([]);
  });

  test("with something new that the congestion window has held back", () => {
    const bench = new Sending(0);
    bench.send(30 * MSS);
    const sent = bench.names(bench.sent());
    expect(sent).toHaveLength(10);
    expect(bench.wait(101)).toEqual([10]);
  });

  test("with a FIN, when that is the last", () => {
    const bench = new Sending(3);
    bench.tcp.shutdown(bench.handle);
    bench.sent();
    const segments = bench.pass(101 * MILLISECOND);
    expect(segments.map((s) => s.flags & FIN)).toEqual([FIN]);
  });

  test("shows by SACK what is missing before it, which then leaves without a timeout", () => {
    const bench = new Sending(6);
    bench.wait(101);
    bench.now += RTT;
    // 3, 4 and 5 were lost; the probe has brought 5.
    const next = [...bench.acknowledge(3, [[5, 6]]), ...bench.wait(20)];
    expect(next).toEqual([3, 4]);
  });

  test("for one segment alone waits for the ACK that the peer may hold back: here the timeout is sooner", () => {
    const bench = new Sending(1);
    expect(bench.wait(199)).toEqual([]);
    expect(bench.tcp.counts(TAIL_PROBES)).toBe(0);
  });

  test("that was needed makes the window smaller, one that was not does not", () => {
    const needed = new Sending(6);
    needed.wait(101);
    needed.now += RTT;
    needed.send(20 * MSS);
    needed.sent();
    const before = needed.tcp.counts(RECOVERIES);
    needed.acknowledge(7);
    expect(needed.tcp.counts(RECOVERIES)).toBe(before + 1);
    const idle = new Sending(6);
    idle.wait(101);
    idle.send(20 * MSS);
    idle.sent();
    idle.now += RTT;
    // RFC 2883: the last has come twice.
    idle.acknowledge(6, [[5, 6]]);
    idle.acknowledge(7);
    expect(idle.tcp.counts(RECOVERIES)).toBe(0);
  });

  test("is not for peers without SACK", () => {
    const bench = new Sending(3, false, false);
    bench.wait(190);
    expect(bench.tcp.counts(TAIL_PROBES)).toBe(0);
  });
});

describe("proportional rate reduction (RFC 6937)", () => {
  test("while there is a queue, seven segments leave for ten that arrive", () => {
    const bench = new Sending(0);
    bench.send(200 * MSS);
    bench.sent();
    // Round trips grow from 50 to 90 ms: a loss is congestion then.
    bench.now += RTT + 40 * MILLISECOND;
    expect(bench.acknowledge(10)).toHaveLength(18);
    bench.now += RTT + 40 * MILLISECOND;
    const first = [...bench.acknowledge(10, [[11, 15]]), ...bench.wait(4)];
    expect(first).toContain(10);
    let sent = first.length;
    for (let end = 16; end <= 28; end++) sent += bench.acknowledge(10, [[11, end]]).length;
    // 18 were under way, 17 have arrived: 0.7 of it, and the four that left before it was a loss (RFC 3042).
    expect(sent).toBeGreaterThanOrEqual(12);
    expect(sent).toBeLessThanOrEqual(16);
  });
});

describe("a loss without a queue", () => {
  test("leaves the window as it is: what arrives is replaced, and slow start goes on", () => {
    const bench = new Sending(0);
    bench.send(400 * MSS);
    bench.sent();
    bench.now += RTT;
    expect(bench.acknowledge(10)).toHaveLength(18);
    bench.now += RTT;
    bench.acknowledge(10, [[11, 19]]);
    bench.wait(3);
    const sent = bench.acknowledge(10, [[11, 28]]);
    expect(sent.length).toBeGreaterThan(10);
    expect(bench.tcp.counts(RECOVERIES)).toBe(1);
  });

  test("is congestion all the same when it is a tenth and more than a few", () => {
    const bench = new Sending(0);
    bench.send(400 * MSS);
    bench.sent();
    bench.now += RTT;
    bench.acknowledge(10);
    bench.now += RTT;
    // Every second one of them.
    let sent: number[] = [];
    for (let n = 11; n < 28; n += 2) {
      bench.acknowledge(10, [[n, n + 1]]);
      sent = bench.wait(3);
    }
    // What was tolerated at first has let others out; then there is no room.
    expect(sent.filter((n) => n > 27)).toEqual([]);
  });
});

describe("slow start (RFC 5681 3.1)", () => {
  test("doubles the window in a round trip, whether the ACKs come one by one or all at once", () => {
    for (const atOnce of [false, true]) {
      const bench = new Sending(10);
      bench.send(100 * MSS);
      bench.now += RTT;
      const left: number[] = [];
      for (let ack = 1; ack <= 10; ack++) {
        bench.ack = bench.base + ack * MSS;
        bench.input({});
        if (!atOnce || ack === 10) left.push(...bench.names(bench.sent()));
      }
      expect(left).toHaveLength(20);
    }
  });

  test("leaves a window alone of which less than half was used in the round", () => {
    const bench = new Sending(4);
    for (let page = 1; page <= 8; page++) {
      bench.acknowledge(page * 4);
      bench.send(4 * MSS);
      bench.sent();
    }
    bench.acknowledge(36);
    bench.send(30 * MSS);
    expect(bench.names(bench.sent())).toHaveLength(10);
  });
});

describe("Eifel (RFC 3522, RFC 4015)", () => {
  test("a timeout that was for nothing is taken back by the timestamp: nothing more leaves twice", () => {
    const bench = new Sending(8, true);
    expect(bench.wait(330)).toEqual([7, 0]);
    // The answer to the first, which left before it.
    const next = bench.acknowledge(1, [], { echo: bench.stamp });
    expect(next).toEqual([]);
    expect(bench.tcp.counts(RECOVERIES_UNDONE)).toBe(1);
    bench.send(10 * MSS);
    expect(bench.names(bench.sent()).length).toBeGreaterThan(2);
  });

  test("one that was needed is not", () => {
    const bench = new Sending(8, true);
    expect(bench.wait(330)).toEqual([7, 0]);
    expect(bench.acknowledge(1, [], { echo: bench.stamp + 330 })).toEqual([1, 2]);
    expect(bench.tcp.counts(RECOVERIES_UNDONE)).toBe(0);
  });
});

describe("a window that is shut over what is in flight", () => {
  test("is asked for by probes, however long it takes", () => {
    const bench = new Sending(8);
    bench.now += RTT;
    bench.acknowledge(2, [], { window: 0 });
    let probes = 0;
    for (let i = 0; i < 20; i++) {
      const segments = bench.pass(60 * SECOND);
      probes += segments.length;
      for (const segment of segments) expect(segment.payloadLength).toBeLessThanOrEqual(1000);
      bench.acknowledge(2, [], { window: 0 });
    }
    expect(probes).toBeGreaterThan(15);
    expect(bench.user.take()).not.toContain("closed 2");
    expect(bench.acknowledge(2)[0]).toBe(2);
  });
});

test("whatever a peer reports, acknowledges and leaves out, an honest one gets the rest afterwards", () => {
  const step = fc.record({
    what: fc.integer({ min: 0, max: 9 }),
    a: fc.integer({ min: -3, max: 60 }),
    b: fc.integer({ min: 0, max: 2000 }),
    window: fc.constantFrom(0, 100, 3000, 65_535),
  });
  let finished = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), fc.boolean(), (steps, stamped, sack) => {
      const bench = new Sending(0, stamped, sack);
      bench.send(60 * MSS);
      bench.tcp.shutdown(bench.handle);
      const end = 60 * MSS;
      let acked = 0;
      let sentTo = 0;
      const take = (segments: readonly Segment[]): void => {
        for (const s of segments) {
          const to = ((s.seq - bench.base) | 0) + s.payloadLength;
          if (s.payloadLength > 0 && to > sentTo) sentTo = to;
        }
      };
      take(bench.sent());
      for (const { what, a, b, window } of steps) {
        const fields = bench.stamps(b);
        fields.window = window;
        if (what < 5) {
          if (what < 2) acked = Math.min(sentTo, acked + Math.max(0, a) * 100 + (b % 7));
          bench.ack = bench.base + acked;
          const blocks: Array<readonly [number, number]> = [];
          for (let i = 0; i < what; i++) {
            const from = bench.ack + a * 500 + i * b;
            blocks.push([from, from + b - 100]);
          }
          fields.sacks = blocks;
          take(bench.receive(fields));
        } else if (what < 8) take(bench.pass(b * 200));
        else bench.sink.slots = a < 0 ? 0 : 1_000_000;
      }
      bench.sink.slots = 1_000_000;
      // An ACK for each that comes; what was lost before is asked for by time.
      for (let i = 0; i < 400 && acked < end; i++) {
        take(bench.pass(70 * SECOND));
        acked = sentTo;
        bench.ack = bench.base + acked;
        const fields = bench.stamps(0);
        fields.window = 65_535;
        take(bench.receive(fields));
      }
      // It has given up on who was silent for too long, or sent everything.
      const gone = bench.user.take().some((event) => event.startsWith("closed"));
      if (gone) return;
      finished++;
      expect([acked, bench.tcp.queued(bench.handle)]).toEqual([end, 0]);
    }),
    { numRuns: 150 },
  );
  expect(finished).toBeGreaterThan(100);
});
