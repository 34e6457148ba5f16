// The limits of what is compared; that what is found is what Git finds is in history.test.ts.

import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../../appliance/git/limits.ts";
import { ObjectStore } from "../../../appliance/git/objects.ts";
import {
  type Leaf,
  MAX_COMPARED,
  MAX_COMPARED_BYTES,
  MAX_COMPARISONS,
  MAX_FILE_BYTES,
  PIECE,
  Renames,
} from "../../../appliance/git/renames.ts";
import { nodePlatform } from "../../../image/platform-node.ts";
import { bytes, finish, makePack, nameOf } from "./pack-builder.ts";

const platform = nodePlatform();

/** What came and went, by name and content, and the pairs that were found, by name. */
function pairs(
  came: readonly (readonly [string, string])[],
  went: readonly (readonly [string, string])[],
  renames?: { made?: Renames },
): readonly (readonly [string, string])[] {
  const contents = [...new Set([...came, ...went].map(([, content]) => content))];
  const store = new ObjectStore("http://example.org", platform, DEFAULT_LIMITS);
  const added = finish(
    store.addPack(makePack(contents.map((content) => ({ type: 3, data: bytes(content) }))), () => {}),
  );
  if (!added.ok) throw new Error(JSON.stringify(added.error));
  store.keep();
  const leaves = (list: readonly (readonly [string, string])[], first: number): readonly Leaf[] =>
    list.map(([name, content], i) => ({ path: first + i, name, row: store.findHex(nameOf("blob", bytes(content))) }));
  const [new_, old] = [leaves(came, 0), leaves(went, came.length)];
  const made = new Renames(store, platform);
  if (renames !== undefined) renames.made = made;
  finish(made.learn(1, new_, old));
  const found = made.of(1);
  const names = [...new_, ...old].map(({ name }) => name);
  return Array.from(
    { length: found.length / 2 },
    (_, i) => [names[found[2 * i]!]!, names[found[2 * i + 1]!]!] as const,
  );
}

/** Lines of their own, of which the last differs with the edition. */
const file = (n: number, edition: string, lines = 20): string =>
  `${Array.from({ length: lines }, (_, i) => `file ${n} line ${i}`).join("\n")}\n${edition}\n`;
const many = (count: number, name: (i: number) => string, edition: string) =>
  Array.from({ length: count }, (_, i) => [name(i), file(i, edition)] as const);

describe("renames", () => {
  it("are looked for among all that came and went, up to a number of paths", () => {
    const found = pairs(
      many(MAX_COMPARED, (i) => `new/${i}`, "b"),
      many(MAX_COMPARED, (i) => `old/x${i}`, "a"),
    );
    expect(found.length).toBe(MAX_COMPARED);
    expect(found.every(([to, from]) => to.slice(4) === from.slice(5))).toBe(true);
  });

  it("of more, among those of one name", () => {
    const more = MAX_COMPARED + 1;
    expect(
      pairs(
        many(more, (i) => `new/${i}`, "b"),
        many(more, (i) => `old/x${i}`, "a"),
      ),
    ).toEqual([]);
    expect(
      pairs(
        many(more, (i) => `new/${i}`, "b"),
        many(more, (i) => `old/${i}`, "a"),
      ).length,
    ).toBe(more);
    // One name in each of many directories: of those, too, only so many.
    const readmes = pairs(
      many(200, (i) => `new${i}/README`, "b"),
      many(200, (i) => `old${i}/README`, "a"),
    );
    expect(readmes.length).toBe(MAX_COMPARED);
    // The same bytes are the same file, however many there are.
    expect(
      pairs(
        many(more, (i) => `new/${i}`, "a"),
        many(more, (i) => `old/x${i}`, "a"),
      ).length,
    ).toBe(more);
  });

  it("are not looked for in a file that is too long, unless it is the same", () => {
    const long = "long line of text\n".repeat(MAX_FILE_BYTES / 16);
    expect(pairs([["new", `${long}b`]], [["old", `${long}a`]])).toEqual([]);
    expect(pairs([["new", long]], [["old", long]])).toEqual([["new", "old"]]);
  });

  it("end when there was enough to compare: of bytes", () => {
    // Fewer pieces than MAX_COMPARISONS allows, of more bytes than may be compared.
    const size = MAX_FILE_BYTES - 1000;
    const of = (n: number, edition: string): string =>
      `${`${n} `.padEnd(PIECE - 1, "x")}\n`.repeat(size / PIECE) + edition;
    const count = Math.ceil(MAX_COMPARED_BYTES / size / 2) + 8;
    const list = (name: string, edition: string) =>
      Array.from({ length: count }, (_, i) => [`${name}${i}`, of(i, edition)] as const);
    const found = pairs(list("new", "b"), list("old", "a"));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(count);
  });

  it("end when there was enough to compare: of pieces; and begin anew with the next update", () => {
    const lines = Math.ceil(MAX_COMPARISONS / MAX_COMPARED / MAX_COMPARED) + 100;
    const list = (name: string, edition: string) =>
      Array.from({ length: MAX_COMPARED }, (_, i) => [`${name}${i}`, file(i, edition, lines)] as const);
    const kept: { made?: Renames } = {};
    const found = pairs(list("new", "b"), list("old", "a"), kept);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(MAX_COMPARED);
    kept.made!.begin();
    kept.made!.forget(1);
    expect(kept.made!.of(1)).toEqual([]);
  });
});
