import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCommit } from "../../../appliance/git/commit.ts";
import { DEFAULT_LIMITS } from "../../../appliance/git/limits.ts";
import { ObjectStore } from "../../../appliance/git/objects.ts";
import { leavesAgree, TreeReader } from "../../../appliance/git/tree.ts";
import { nodePlatform } from "../../../image/platform-node.ts";
import { bytes, finish, makePack, nameOf } from "./pack-builder.ts";

const platform = nodePlatform();
const nameAt = (bytes: Uint8Array, start: number, end: number): string =>
  new TreeReader(new ObjectStore("", platform, DEFAULT_LIMITS), platform, 1).nameAt(bytes, start, end);

interface Item {
  readonly name: string;
  readonly mode: string;
  /** First byte of the object's name; the others are zero, to be hard to align. */
  readonly oid: number;
}

/** A tree object; names in the order of the bytes, directories as if they ended in "/". */
function encodeTree(items: readonly Item[]): Uint8Array {
  const key = (item: Item): string => (item.mode === "40000" ? `${item.name}/` : item.name);
  const sorted = [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return Buffer.concat(
    sorted.map(({ name, mode, oid }) => {
      const oidBytes = new Uint8Array(20);
      oidBytes[0] = oid;
      return Buffer.concat([bytes(`${mode} ${name}\0`), oidBytes]);
    }),
  );
}

async function reader(...trees: Uint8Array[]): Promise<TreeReader> {
  const store = new ObjectStore("http://example.org", platform, DEFAULT_LIMITS);
  const added = finish(store.addPack(makePack(trees.map((data) => ({ type: 2, data }))), () => {}));
  if (!added.ok) throw new Error(added.error.kind);
  return new TreeReader(store, platform, 1_000_000);
}

const trees = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[ab0 ]{1,3}$/),
    mode: fc.constantFrom("100644", "100755", "120000", "40000", "160000"),
    // 0x31 is "1" and 0x20 a space: a name of an object may look like the beginning of an entry.
    oid: fc.constantFrom(0, 0x20, 0x31, 0x34, 255),
  }),
  { selector: ({ name }) => name, maxLength: 12 },
);

describe("the differences of two trees", () => {
  it("are the names that an entry-by-entry comparison finds, whichever tree is known before", async () => {
    await fc.assert(
      fc.asyncProperty(trees, trees, fc.nat(12), fc.boolean(), async (one, extra, kept, known) => {
        // Two trees with much in common, as commits have.
        const other = [...one.slice(0, kept), ...extra.filter(({ name }) => !one.some((item) => item.name === name))];
        const both = [encodeTree(one), encodeTree(other)] as const;
        const trees = await reader(...both);
        if (known) trees.view(1);
        const found = trees.differences(0, 1);
        const plain = (items: readonly Item[], name: string): string => {
          const item = items.find((candidate) => candidate.name === name);
          return item === undefined ? "" : `${item.mode} ${item.oid}`;
        };
        const names = [...new Set([...one, ...other].map(({ name }) => name))];
        const expected = names.filter((name) => plain(one, name) !== plain(other, name));
        expect([...found.keys()].sort()).toEqual(expected.sort());
        for (const d of found.values()) {
          const before = one.find(({ name }) => name === d.name);
          const after = other.find(({ name }) => name === d.name);
          expect(d.oldTree >= 0).toBe(before?.mode === "40000");
          expect(d.newLeaf >= 0).toBe(after !== undefined && after.mode !== "40000");
          const leaf = (item: Item | undefined): string =>
            item?.mode === "40000" ? "" : plain(item ? [item] : [], d.name);
          expect(leavesAgree(d, both[0], both[1])).toBe(leaf(before) === leaf(after));
        }
        // What was derived is what is decoded.
        const derived = trees.view(1).starts;
        expect([...derived]).toEqual([...(await reader(...both)).view(1).starts]);
      }),
      { numRuns: 200 },
    );
  });

  it("are all names against the empty tree", async () => {
    const items = [
      { name: "a", mode: "100644", oid: 1 },
      { name: "b", mode: "40000", oid: 2 },
    ];
    const trees = await reader(encodeTree(items));
    expect([...trees.differences(-1, 0).keys()]).toEqual(["a", "b"]);
    expect([...trees.differences(0, -1).keys()]).toEqual(["a", "b"]);
    expect(trees.differences(0, 0).size).toBe(0);
  });
});

describe("a tree", () => {
  it("that is damaged reads as empty, and is named", async () => {
    for (const text of [
      "100644 a",
      "100644 a\0short",
      `1 a\0${"x".repeat(20)}`,
      `100644 \0${"x".repeat(20)}`,
      "junk",
    ]) {
      const trees = await reader(bytes(text), encodeTree([{ name: "a", mode: "100644", oid: 1 }]));
      expect(trees.view(0).starts).toHaveLength(1);
      expect(trees.fault).toEqual({ kind: "damaged", row: 0 });
      trees.clearFault();
      trees.view(1);
      trees.differences(0, 1);
      expect(trees.fault).toEqual({ kind: "damaged", row: 0 });
    }
  });

  it("never makes the reader throw", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), trees, async (junk, items) => {
        const trees = await reader(junk, encodeTree(items));
        const { bytes, starts } = trees.view(0);
        for (let i = 0; i + 1 < starts.length; i++) nameAt(bytes, starts[i]!, starts[i + 1]!);
        trees.differences(0, 1);
        trees.differences(1, 0);
      }),
    );
  });

  it("has names in UTF-8, or in Latin-1 when they are not that", () => {
    const entry = Buffer.concat([bytes("100644 ä\0"), new Uint8Array(20)]);
    expect(nameAt(entry, 0, entry.length)).toBe("ä");
    const latin = Buffer.concat([Buffer.from("100644 \xe4\0", "latin1"), new Uint8Array(20)]);
    expect(nameAt(latin, 0, latin.length)).toBe("ä");
  });
});

describe("a commit", () => {
  const tree = nameOf("tree", new Uint8Array(0));

  it("has parents, people, times and a subject", () => {
    const commit = decodeCommit(
      bytes(
        `tree ${tree}\nparent ${"1".repeat(40)}\nparent ${"2".repeat(40)}\nauthor A <B> C <a@x> 12 -0130\ncommitter  <> -5 +0000\ngpgsig x\n y\n\n\nThe subject \nmore\n`,
      ),
      platform,
    );
    expect(commit).toEqual({
      tree: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
      parents: ["1".repeat(40), "2".repeat(40)],
      author: { person: { name: "A", email: "B> C <a@x" }, time: { seconds: 12, offsetMinutes: -90 } },
      committer: { person: { name: "", email: "" }, time: { seconds: -5, offsetMinutes: 0 } },
      subject: "The subject",
    });
  });

  it("without a message, a date or a name is one all the same", () => {
    const commit = decodeCommit(bytes(`tree ${tree}\nauthor x\ncommitter y <z> soon\n`), platform);
    expect(commit?.subject).toBe("");
    expect(commit?.author).toEqual({ person: { name: "x", email: "" }, time: { seconds: 0, offsetMinutes: 0 } });
  });

  it("never throws, and is undefined when Git would not read it", () => {
    expect(decodeCommit(bytes(""), platform)).toBeUndefined();
    expect(decodeCommit(bytes(`tree ${tree}\nparent short\nauthor x\ncommitter y\n`), platform)).toBeUndefined();
    expect(decodeCommit(bytes(`tree ${tree}\nauthor x`), platform)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        decodeCommit(bytes(`tree ${tree}\nauthor ${a}\ncommitter ${b}\n\n${a}`), platform);
      }),
    );
  });
});
