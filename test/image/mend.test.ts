import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isomorphicGitMends, mend } from "../../image/build/mend.ts";

const source = readFileSync("node_modules/isomorphic-git/index.js", "utf8");

describe("the mends of isomorphic-git", () => {
  test("each matches the pinned version once", () => {
    const mended = mend(source, isomorphicGitMends);
    for (const { mended: replacement } of isomorphicGitMends) expect(mended.split(replacement).length).toBe(2);
  });

  test("a version without the defect is noticed", () => {
    expect(() => mend(mend(source, isomorphicGitMends), isomorphicGitMends)).toThrow("0 matches");
    expect(() => mend(source + source, isomorphicGitMends)).toThrow("2 matches");
  });

  test("the fan-out table is as before: how many hashes begin with at most each byte", () => {
    const hashes = ["00ff", "00aa", "7f00", "80aa", "ffff"];
    const table = (body: string): number[] => {
      const values: number[] = [];
      const run = new Function("fanoutBuffer", body) as (buffer: { writeUInt32BE(n: number): void }) => void;
      run.call({ hashes }, { writeUInt32BE: (n) => values.push(n) });
      return values;
    };
    const [fanout] = isomorphicGitMends;
    expect(table(fanout!.mended)).toEqual(table(fanout!.old));
  });
});
