// Which segments are looked at, and how much of them (RFC 9293 3.10.7.4, "first, check sequence number", with RFC 5961 and
// RFC 7323 5).

import { describe, expect, test } from "vitest";
import { CHALLENGE_ACKS, SEGMENTS_UNACCEPTABLE } from "../../../stack/base/counters.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { CHALLENGE_INTERVAL } from "../../../stack/tcp/limits.ts";
import { ACK, FIN, RST, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, PATTERN, random } from "./harness.ts";

/** A connection that may hold 1000 unread bytes, and holds them: its window is shut. */
function shut(): Bench {
  const bench = new Bench();
  bench.tcp.listen(81, bench.userNumber, 1000);
  bench.localPort = 81;
  bench.accept();
  bench.user.reads = false;
  bench.receive({ data: PATTERN.subarray(0, 1000) });
  bench.seq += 1000;
  bench.sent();
  bench.user.take();
  return bench;
}

/** We have ended first, the peer as well: TIME-WAIT. */
function waiting(): Bench {
  const bench = new Bench();
  bench.accept();
  bench.tcp.shutdown(bench.handle);
  bench.sent();
  bench.ack++;
  bench.receive({ flags: FIN | ACK });
  bench.seq++;
  return bench;
}

describe("what a peer sends", () => {
  test("in any pieces, again, ahead, beyond the window, with its FIN at the end of any: the stream and its end", () => {
    const next = random(11);
    const below = (limit: number): number => Math.floor(next() * limit);
    for (let round = 0; round < 60; round++) {
      const bench = new Bench();
      bench.tcp.listen(81, bench.userNumber, 600);
      bench.localPort = 81;
      bench.accept();
      bench.user.reads = false;
      const total = 1500 + below(1000);
      const first = bench.seq;
      let taken = 0;
      for (let step = 0; step < 400 && !bench.tcp.readEnded(bench.handle); step++) {
        // Anywhere around what is missing, often at it.
        const from = Math.max(0, Math.min(total, taken + [0, 0, below(700), -below(700)][below(4)]!));
        const length = Math.min(total - from, 1 + below(500));
        const last = from + length === total;
        const data = PATTERN.subarray(from, from + length);
        for (const ack of bench.receive({ seq: first + from, data, flags: last ? FIN | ACK : ACK })) {
          const upTo = (ack.ack - first) >>> 0;
          expect(upTo).toBeGreaterThanOrEqual(taken);
          expect(upTo).toBeLessThanOrEqual(total + 1);
          // Nothing is acknowledged that is not there to be read or has been.
          expect(upTo - (upTo > total ? 1 : 0)).toBe(bench.user.received.length + bench.tcp.readLength(bench.handle));
          taken = Math.min(total, upTo);
        }
        if (below(3) === 0) bench.user.read(bench.handle);
        bench.pass(50 * MILLISECOND);
        expect(bench.tcp.readEnded(bench.handle) && bench.user.received.length < total).toBe(false);
      }
      bench.user.read(bench.handle);
      expect(bench.tcp.readEnded(bench.handle)).toBe(true);
      expect(bench.user.received).toEqual([...PATTERN.subarray(0, total)]);
    }
  });

  test("a FIN behind bytes that the window cuts is not the end: they are missing", () => {
    const bench = new Bench();
    bench.tcp.listen(81, bench.userNumber, 1000);
    bench.localPort = 81;
    bench.accept();
    const [ack] = bench.receive({ data: PATTERN.subarray(0, 1001), flags: FIN | ACK });
    expect(ack!.ack).toBe(bench.seq + 1000);
    expect(bench.user.received).toHaveLength(1000);
    expect([bench.tcp.peerEnded(bench.handle), bench.tcp.readEnded(bench.handle)]).toEqual([false, false]);
  });

  test("what fills the window to its last byte is taken with the FIN behind it", () => {
    const bench = new Bench();
    bench.tcp.listen(81, bench.userNumber, 1000);
    bench.localPort = 81;
    bench.accept();
    const [ack] = bench.receive({ data: PATTERN.subarray(0, 1000), flags: FIN | ACK });
    expect(ack!.ack).toBe(bench.seq + 1001);
    expect(bench.tcp.readEnded(bench.handle)).toBe(true);
  });

  test("begins before what was received and ends behind it: the rest is new", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ data: "abcd" });
    const [ack] = bench.receive({ data: "abcdef" });
    expect(ack!.ack).toBe(bench.seq + 6);
    expect(bench.user.received).toEqual([97, 98, 99, 100, 101, 102]);
  });

  test("an old FIN alone, behind data that came again, ends nothing", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ data: "abcd" });
    // Its FIN would lie at a byte that has been received.
    const [ack] = bench.receive({ data: "ab", flags: FIN | ACK });
    expect(ack!.ack).toBe(bench.seq + 4);
    expect(bench.tcp.peerEnded(bench.handle)).toBe(false);
  });

  test("at the right edge of the window lies outside; one before it is kept", () => {
    const bench = new Bench();
    bench.tcp.listen(81, bench.userNumber, 1000);
    bench.localPort = 81;
    bench.accept();
    bench.receive({ seq: bench.seq + 1000, data: "x" });
    expect(bench.tcp.memoryInUse).toBe(0);
    bench.receive({ seq: bench.seq + 999, data: "xy" });
    expect(bench.tcp.memoryInUse).toBeGreaterThan(0);
    bench.receive({ data: PATTERN.subarray(0, 999) });
    expect(bench.user.received).toHaveLength(1000);
  });
});

describe("a window that is shut", () => {
  test("takes the acknowledgment of a probe, not its octet nor its FIN", () => {
    const bench = shut();
    bench.send(10);
    bench.sent();
    bench.ack += 10;
    const [ack] = bench.receive({ data: "x", flags: FIN | ACK });
    expect([ack!.ack, ack!.window]).toEqual([bench.seq, 0]);
    expect(bench.tcp.queued(bench.handle)).toBe(0);
    expect(bench.tcp.peerEnded(bench.handle)).toBe(false);
    expect(bench.tcp.readLength(bench.handle)).toBe(1000);
  });

  test("takes nothing of a SYN", () => {
    const bench = shut();
    bench.send(10);
    bench.sent();
    bench.ack += 10;
    bench.receive({ flags: SYN | ACK });
    expect(bench.tcp.queued(bench.handle)).toBe(10);
  });

  test("takes nothing of what has no ACK", () => {
    const bench = shut();
    bench.send(10);
    bench.sent();
    bench.ack += 10;
    bench.receive({ data: "x", flags: 0 });
    expect(bench.tcp.queued(bench.handle)).toBe(10);
  });

  test("takes a FIN alone, which needs no room", () => {
    const bench = shut();
    const [ack] = bench.receive({ flags: FIN | ACK });
    expect(ack!.ack).toBe(bench.seq + 1);
    expect(bench.tcp.peerEnded(bench.handle)).toBe(true);
  });

  test("is reset by the exact number", () => {
    const bench = shut();
    bench.receive({ flags: RST });
    expect(bench.user.take()).toEqual(["closed 1"]);
  });
});

describe("a segment outside of the window", () => {
  test("is answered at once when it carries data or a FIN, and not more than ten times a second when it carries none", () => {
    const bench = new Bench();
    bench.accept();
    for (let i = 0; i < 5; i++) {
      expect(bench.receive({ seq: bench.seq - 100, data: "old" })).toHaveLength(1);
      expect(bench.receive({ seq: bench.seq - 100, flags: FIN | ACK })).toHaveLength(1);
    }
    expect(bench.tcp.counts(CHALLENGE_ACKS)).toBe(0);
    expect(bench.receive({ seq: bench.seq - 100 })).toHaveLength(1);
    for (let i = 0; i < 5; i++) expect(bench.receive({ seq: bench.seq - 100 })).toEqual([]);
    expect(bench.tcp.counts(CHALLENGE_ACKS)).toBe(1);
  });

  test("with RST is not answered at all", () => {
    const bench = new Bench();
    bench.accept();
    expect(bench.receive({ seq: bench.seq - 100, flags: RST })).toEqual([]);
    expect(bench.receive({ seq: bench.seq + 100_000, flags: RST | ACK })).toEqual([]);
    expect(bench.tcp.counters.connections).toBe(1);
    expect(bench.tcp.counts(SEGMENTS_UNACCEPTABLE)).toBe(2);
  });

  test("is counted, as is one without an ACK, and none that is taken", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ data: "new" });
    bench.seq += 3;
    expect(bench.tcp.counts(SEGMENTS_UNACCEPTABLE)).toBe(0);
    bench.receive({ seq: bench.seq - 100, data: "old" });
    expect(bench.tcp.counts(SEGMENTS_UNACCEPTABLE)).toBe(1);
    bench.receive({ flags: FIN });
    expect(bench.tcp.counts(SEGMENTS_UNACCEPTABLE)).toBe(2);
  });

  test("acknowledges nothing", () => {
    const bench = new Bench();
    bench.accept();
    bench.send(10);
    bench.sent();
    bench.receive({ seq: bench.seq - 100, ack: bench.ack + 10, data: "old" });
    expect(bench.tcp.queued(bench.handle)).toBe(10);
  });
});

describe("challenges (RFC 5961 7)", () => {
  test("are one in an interval, to the microsecond, and the first at once", () => {
    const bench = new Bench();
    bench.accept();
    expect(bench.receive({ flags: SYN })).toHaveLength(1);
    bench.now += CHALLENGE_INTERVAL - 1;
    expect(bench.receive({ flags: SYN })).toEqual([]);
    bench.now += 1;
    expect(bench.receive({ flags: SYN })).toHaveLength(1);
    expect(bench.tcp.counts(CHALLENGE_ACKS)).toBe(2);
  });

  test("of one connection leave those of another alone", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ flags: SYN });
    bench.remotePort = 5556;
    bench.accept();
    expect(bench.receive({ flags: SYN })).toHaveLength(1);
  });

  test("go out from the first moment of the clock on", () => {
    const bench = new Bench();
    bench.now = 1;
    bench.accept();
    expect(bench.receive({ flags: SYN })).toHaveLength(1);
  });
});

describe("in SYN-RECEIVED", () => {
  test("a SYN that comes again is answered not more than ten times a second", () => {
    const bench = new Bench();
    bench.receive({ flags: SYN });
    let answers = 0;
    for (let i = 0; i < 50; i++) {
      bench.now += 10 * MILLISECOND;
      answers += bench.receive({ flags: SYN }).length;
    }
    expect(answers).toBe(5);
  });

  test("a SYN with an older timestamp is dropped without a word", () => {
    const bench = new Bench();
    bench.receive({ flags: SYN, timestamps: [1000, 0] });
    bench.now += SECOND / 2;
    expect(bench.receive({ flags: SYN, timestamps: [999, 0] })).toEqual([]);
    expect(bench.receive({ flags: SYN, timestamps: [1000, 0] })).toHaveLength(1);
  });

  test("a reset ends what a peer began, without a word to a user that never heard of it", () => {
    const bench = new Bench();
    bench.receive({ flags: SYN });
    bench.seq++;
    bench.receive({ flags: RST });
    expect(bench.tcp.counters.connections).toBe(0);
    expect(bench.user.take()).toEqual([]);
  });

  test("a reset says that what we began, and the peer at the same time, is refused", () => {
    const bench = new Bench();
    bench.remotePort = 443;
    bench.handle = bench.tcp.connect(bench.path, 443, 0, 65_536, bench.now);
    bench.localPort = bench.sent()[0]!.sourcePort;
    bench.receive({ flags: SYN });
    bench.seq++;
    bench.receive({ flags: RST });
    expect(bench.user.take()).toEqual(["closed 3"]);
  });
});

describe("in TIME-WAIT", () => {
  test("only a FIN that comes again starts the wait again", () => {
    const cases: ReadonlyArray<readonly [name: string, flags: number, seq: number, data: string, restarts: boolean]> = [
      ["a FIN", FIN | ACK, -1, "", true],
      ["an ACK", ACK, -1, "", false],
      ["old data", ACK, -10, "old", false],
      ["a reset", RST, 0, "", false],
      ["an old SYN", SYN, -10, "", false],
    ];
    for (const [name, flags, seq, data, restarts] of cases) {
      const bench = waiting();
      bench.pass(40 * SECOND);
      bench.receive({ flags, data, seq: bench.seq + seq });
      bench.pass(40 * SECOND);
      expect([name, bench.tcp.counters.timeWait]).toEqual([name, restarts ? 1 : 0]);
    }
  });

  test("a FIN elsewhere starts no wait", () => {
    const bench = new Bench();
    bench.accept();
    bench.receive({ seq: bench.seq - 100, flags: FIN | ACK });
    expect(bench.tcp.counters.timeWait).toBe(0);
    bench.pass(70 * SECOND);
    expect(bench.tcp.counters.connections).toBe(1);
  });
});
