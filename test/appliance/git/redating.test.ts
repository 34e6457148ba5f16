import { describe, expect, it } from "vitest";
import { CHANGE, type Columns, walk } from "../../../appliance/git/dating.ts";
import { type Dated, dated, lineTo, MAX_CHANGED, MAX_LINE, redate } from "../../../appliance/git/redating.ts";

/** Each commit the parent of the next. */
function line(commits: number): readonly (readonly number[])[] {
  return Array.from({ length: commits }, (_, i) => (i === 0 ? [] : [i - 1]));
}

describe("a line of commits", () => {
  it("leads back to where it began, and to nothing that is not in it", () => {
    expect(lineTo(line(4), 3, 1)).toEqual([3, 2]);
    expect(lineTo(line(4), 3, 3)).toEqual([]);
    expect(lineTo(line(4), 1, 3)).toBeUndefined();
    expect(lineTo([[], [0], [0], [1, 2], [3]], 4, 0)).toBeUndefined();
  });

  it("is followed for so many commits", () => {
    expect(lineTo(line(MAX_LINE + 1), MAX_LINE, 0)).toHaveLength(MAX_LINE);
    expect(lineTo(line(MAX_LINE + 2), MAX_LINE + 1, 0)).toBeUndefined();
  });
});

describe("dates after a push", () => {
  /** Two commits, of which the second brings so many paths beside the first one's. */
  function pushed(count: number): Dated | undefined {
    const names = Array.from({ length: count + 1 }, (_, i) => `${i}`);
    const second = new Int32Array(count * CHANGE);
    for (let i = 0; i < count; i++) second.set([(i + 1) * 2 + 1, -1, i + 1], i * CHANGE);
    const columns: Columns = {
      parents: line(2),
      changes: [Int32Array.of(1, -1, 0), second],
      paths: new Map(names.map((name, i) => [name, i])),
      names,
      renames: () => [],
    };
    const before = dated(0, finish(walk({ ...columns, paths: new Map([["0", 0]]) }, [0], 0, ["0"])));
    return finish(redate(columns, [1], before, columns.paths));
  }

  it("are those of the paths that it changes; the others stay", () => {
    const after = pushed(3);
    expect([...after!.created]).toEqual([0, 1, 1, 1]);
    expect([...after!.updated]).toEqual([0, 1, 1, 1]);
    expect(after!.versions(0)).toEqual([{ commit: 0, row: 0, path: 0 }]);
    expect(after!.versions(2)).toEqual([{ commit: 1, row: 2, path: 2 }]);
  });

  it("are worked out anew when it changes too many", () => {
    expect(pushed(MAX_CHANGED)).toBeDefined();
    expect(pushed(MAX_CHANGED + 1)).toBeUndefined();
  });
});

function finish<T>(steps: Generator<undefined, T, undefined>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
