import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Seq, seqAdd } from "../../../stack/base/seq.ts";
import { LOST, MAX_RUNS, MOST_RUNS, SACKED, Scoreboard, SENT_AGAIN } from "../../../stack/tcp/scoreboard.ts";

const UNA = 0xffff_ff00 as Seq;

/** What each run is: its length and its marks. */
function runsOf(board: Scoreboard, una: Seq): string[] {
  const out: string[] = [];
  for (let i = board.first; i < board.last; i++)
    out.push(`${(board.end(i) - board.start(i, una)) >>> 0}:${board.marks[i]!}@${board.times[i]!}`);
  return out;
}

describe("runs", () => {
  test("what leaves within the grain is one, what leaves later another", () => {
    const board = new Scoreboard();
    board.sent(seqAdd(UNA, 100), 1000, 10, 0, UNA);
    board.sent(seqAdd(UNA, 300), 1010, 10, 0, UNA);
    board.sent(seqAdd(UNA, 400), 1011, 10, 0, UNA);
    expect(runsOf(board, UNA)).toEqual(["300:0@1000", "100:0@1011"]);
  });

  test("what has left twice is one of its own", () => {
    const board = new Scoreboard();
    board.sent(seqAdd(UNA, 100), 1000, 10, SENT_AGAIN, UNA);
    board.sent(seqAdd(UNA, 200), 1000, 10, 0, UNA);
    expect(runsOf(board, UNA)).toEqual(["100:4@1000", "100:0@1000"]);
    expect(board.anySentAgain()).toBe(true);
  });

  test("are split, marked and joined, and what is marked is counted", () => {
    const board = new Scoreboard();
    board.sent(seqAdd(UNA, 900), 5, 0, 0, UNA);
    expect(board.split(0, seqAdd(UNA, 300), MAX_RUNS)).toBe(true);
    expect(board.split(1, seqAdd(UNA, 600), MAX_RUNS)).toBe(true);
    board.setMarks(1, SACKED, UNA);
    board.setMarks(0, LOST, UNA);
    expect([board.sacked, board.lost]).toEqual([300, 300]);
    expect(board.join(1, 0)).toBe(false);
    board.setMarks(2, SACKED, UNA);
    expect(board.join(2, 0)).toBe(true);
    expect(runsOf(board, UNA)).toEqual(["300:2@5", "600:1@5"]);
    expect([board.sacked, board.lost]).toEqual([600, 300]);
    board.setMarks(0, SENT_AGAIN, UNA);
    expect([board.sacked, board.lost]).toEqual([600, 0]);
    board.forgetSacked(UNA);
    board.markLost(UNA);
    expect([board.sacked, board.lost]).toEqual([0, 900]);
    board.unmarkLost(UNA);
    expect([board.sacked, board.lost]).toEqual([0, 0]);
  });

  test("of different times are joined only when that says nothing, or when there are too many", () => {
    const board = new Scoreboard();
    for (let i = 1; i <= MAX_RUNS; i++) board.sent(seqAdd(UNA, i * 10), i * 100, 0, 0, UNA);
    expect(board.runs).toBe(MAX_RUNS);
    expect(board.join(1, 99)).toBe(false);
    expect(board.join(1, 100)).toBe(true);
    board.split(0, seqAdd(UNA, 10), MOST_RUNS);
    board.split(0, seqAdd(UNA, 5), MOST_RUNS);
    expect(board.runs).toBe(MAX_RUNS + 1);
    expect(board.join(3, 0)).toBe(true);
  });

  test("are never more than there is room for: reports cut fewer, and the last takes in what leaves", () => {
    const board = new Scoreboard();
    for (let i = 1; i <= 3 * MOST_RUNS; i++) {
      board.sent(seqAdd(UNA, i * 10), i * 100, 0, 0, UNA);
      board.setMarks(board.last - 1, i % 2 === 0 ? SACKED : LOST, UNA);
    }
    expect(board.runs).toBe(MAX_RUNS);
    expect(board.sacked + board.lost).toBeLessThanOrEqual(30 * MOST_RUNS);
    expect(board.split(board.first, seqAdd(UNA, 5), MAX_RUNS)).toBe(false);
    for (let i = 0; i < 100; i++) board.split(board.first, seqAdd(UNA, 9), MOST_RUNS);
    expect(board.runs).toBe(MOST_RUNS);
    expect(board.ends.length).toBeLessThanOrEqual(2 * MOST_RUNS);
    board.clear();
    expect([board.runs, board.sacked, board.lost]).toEqual([0, 0, 0]);
    expect(board.ends.length).toBeLessThan(16);
  });
});

test("whatever happens to them, runs follow each other, and the counts are right", () => {
  const step = fc.record({
    what: fc.integer({ min: 0, max: 5 }),
    where: fc.nat(1000),
    length: fc.integer({ min: 1, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const board = new Scoreboard();
      let una = UNA;
      let nxt = UNA;
      let now = 0;
      for (const { what, where, length } of steps) {
        now += where % 7;
        const runs = board.runs;
        const i = runs === 0 ? 0 : board.first + (where % runs);
        if (what === 0) {
          nxt = seqAdd(nxt, length);
          board.sent(nxt, now, 3, 0, una);
        } else if (runs === 0) continue;
        else if (what === 1) {
          const from = board.start(i, una);
          const size = (board.end(i) - from) >>> 0;
          if (size > 1) board.split(i, seqAdd(from, 1 + (length % (size - 1))), where % 2 === 0 ? MAX_RUNS : MOST_RUNS);
        } else if (what === 2) board.setMarks(i, where % 2 === 0 ? SACKED : LOST, una);
        else if (what === 3) board.setMarks(i, SENT_AGAIN, una);
        else if (what === 4) board.join(i, 5);
        else {
          // Everything before run i is acknowledged, as takeAcknowledged does it.
          for (let k = board.first; k < i; k++) board.setMarks(k, 0, una);
          una = board.start(i, una);
          board.drop(i);
        }
        let at = una;
        let sacked = 0;
        let lost = 0;
        for (let k = board.first; k < board.last; k++) {
          const size = (board.end(k) - at) >>> 0;
          expect(size).toBeGreaterThan(0);
          expect(size).toBeLessThan(100_000);
          if ((board.marks[k]! & SACKED) !== 0) sacked += size;
          if ((board.marks[k]! & LOST) !== 0) lost += size;
          at = board.end(k);
        }
        expect(at).toBe(nxt);
        expect([board.sacked, board.lost]).toEqual([sacked, lost]);
        expect(board.runs).toBeLessThanOrEqual(MOST_RUNS);
      }
    }),
  );
});
