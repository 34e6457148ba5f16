import { DEFAULT_LIMITS } from "../../../appliance/git/limits.ts";
import { ObjectStore, TREE } from "../../../appliance/git/objects.ts";
import { type Difference, TreeReader } from "../../../appliance/git/tree.ts";
import { platform } from "../../../image/platform.ts";
import { finish, makePack } from "../../appliance/git/pack-builder.ts";
import { ascii, check, join, latin1, Script, same, type Target } from "../target.ts";

const LIMITS = { ...DEFAULT_LIMITS, files: 20 };
const MODES = ["100644", "100755", "40000", "120000", "160000", "100664"];

/**
 * Two trees: as bytes, parted at the place that the first two name, or (an odd first byte) made by a script. What they
 * do not agree about is found a second time entry by entry, whichever of them is known before.
 */
export const tree: Target = {
  name: "tree",
  limit: 600,
  work: 2_000_000,
  words: [
    ...MODES.map((mode) => `${mode} a\0`),
    "100644 ab\0",
    "40000 b\0",
    " ",
    "\0",
    "1".repeat(20),
    "\0".repeat(20),
  ],
  seeds: () => [
    join([0, 28], ascii(`100644 a\0${"1".repeat(20)}100644 a\0${"2".repeat(20)}`)),
    join([0, 28], ascii(`100644 a\0${"1".repeat(20)}40000 a\0${"1".repeat(20)}40000 b\0${"2".repeat(20)}`)),
    join([1, 0], ascii("1a0x2b1y3c0z|1a0x2b2y3c0z")),
    join([1, 1], ascii("1a0x2a2x3b0z|3b0z")),
    join([0, 5], ascii(`1 a\0${"1".repeat(20)}`)),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const kind = script.u8();
    const cut = script.u8();
    const rest = script.rest();
    const mark = rest.indexOf(0x7c);
    const [old, fresh] =
      kind % 2 === 0
        ? [rest.subarray(0, cut), rest.subarray(cut)]
        : [made(rest.subarray(0, mark < 0 ? rest.length : mark)), made(mark < 0 ? rest : rest.subarray(mark + 1))];
    const entries = [old, fresh].map(entriesOf);
    const expected = entries.includes(undefined) ? undefined : differing(entries[0]!, entries[1]!);
    for (const known of [-1, 0, 1]) {
      const reader = new TreeReader(storeOf(old, fresh), platform, 100_000);
      if (known >= 0) reader.view(known);
      const before = reader.fault;
      const found = reader.differences(0, 1);
      if (before !== undefined) continue;
      // A fault that lies in what both have alike may go unseen here: `view` sees it.
      if (expected === undefined || reader.fault !== undefined) continue;
      same(shownOf(found, latin1(old), latin1(fresh)), expected, `differences, ${known} known before`);
    }
    for (const [row, list] of entries.entries()) {
      const reader = new TreeReader(storeOf(old, fresh), platform, 100_000);
      const { starts } = reader.view(row);
      if (list === undefined) check(reader.fault !== undefined, "a damaged tree is taken");
      else if (list.length < LIMITS.files) same(starts.length - 1, list.length, "the number of entries");
      else
        check(
          list.length < LIMITS.files || reader.fault?.kind === "names" || starts.length - 1 === list.length,
          "too many names",
        );
    }
  },
};

/** Rows 0 and 1. The same object twice would be one of both. */
function storeOf(old: Uint8Array, fresh: Uint8Array): ObjectStore {
  const store = new ObjectStore("http://a/b", platform, LIMITS);
  const pack = makePack([old, fresh].map((data) => ({ type: TREE, data })));
  check(finish(store.addPack(pack, () => {})).ok, "a pack of two trees");
  check(store.typeOf(0) === TREE && store.typeOf(1) === TREE, "a row of another type");
  return store;
}

/** Entries of a mode, a name, the first and the last byte of an object's name, four bytes each. */
function made(bytes: Uint8Array): Uint8Array {
  const script = new Script(bytes);
  const items = new Map<string, Uint8Array>();
  while (!script.ended) {
    const mode = MODES[script.u8() % MODES.length]!;
    const name = String.fromCharCode(97 + (script.u8() % 26)).repeat(1 + (script.u8() % 3));
    const oid = new Uint8Array(20).fill(script.u8() % 4);
    items.set(mode === "40000" ? `${name}/` : name, join(ascii(`${mode} ${name}\0`), oid));
  }
  return join(...[...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item));
}

interface TreeEntry {
  readonly name: string;
  readonly mode: number;
  readonly oid: string;
}

/** Undefined: damaged. */
function entriesOf(bytes: Uint8Array): TreeEntry[] | undefined {
  const entries: TreeEntry[] = [];
  let rest = latin1(bytes);
  while (rest !== "") {
    const match = /^([^ ]{5,6}) ([^\0]+)\0([\s\S]{20})/.exec(rest);
    if (match === null) return undefined;
    const text = new TextDecoder().decode(ascii(match[2]!));
    let mode = 0;
    for (const c of match[1]!) mode = (mode << 3) | (c.charCodeAt(0) & 7);
    const type = mode & 0o170000;
    if (![0o40000, 0o120000, 0o160000].includes(type)) mode = mode & 0o100 ? 0o100755 : 0o100644;
    else mode = type;
    entries.push({ name: text.includes("\ufffd") ? match[2]! : text, mode, oid: match[3]! });
    rest = rest.slice(match[0].length);
  }
  return entries;
}

type Side = Readonly<{ leaf: string; tree: string }>;

function sides(entries: readonly TreeEntry[]): Map<string, Side> | undefined {
  const found = new Map<string, Side>();
  for (const { name, mode, oid } of entries) {
    const side = found.get(name) ?? { leaf: "", tree: "" };
    if (mode === 0o40000 ? side.tree !== "" : side.leaf !== "") return undefined;
    found.set(name, mode === 0o40000 ? { ...side, tree: oid } : { ...side, leaf: `${mode} ${oid}` });
  }
  return found;
}

/** Undefined when a name comes twice: which of them counts is not said. */
function differing(old: readonly TreeEntry[], fresh: readonly TreeEntry[]): string[] | undefined {
  const [before, after] = [sides(old), sides(fresh)];
  if (before === undefined || after === undefined) return undefined;
  const none = { leaf: "", tree: "" };
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => [name, before.get(name) ?? none, after.get(name) ?? none] as const)
    .filter(([, a, b]) => a.leaf !== b.leaf || a.tree !== b.tree)
    .map(([name, a, b]) => line(name, a, b))
    .sort();
}

/** Of a name that is a file and a directory, what the trees agree about may be left out. */
function line(name: string, a: Side, b: Side): string {
  const leaves = a.leaf === b.leaf ? "" : `${a.leaf}|${b.leaf}`;
  return `${name}: ${leaves}; ${a.tree === b.tree ? "" : `${a.tree}|${b.tree}`}`;
}

function shownOf(found: ReadonlyMap<string, Difference>, old: string, fresh: string): string[] {
  const at = (text: string, offset: number): string => (offset < 0 ? "" : text.slice(offset, offset + 20));
  const leaf = (text: string, offset: number, mode: number): string =>
    offset < 0 ? "" : `${mode} ${at(text, offset)}`;
  return [...found.values()]
    .map((d) =>
      line(
        d.name,
        { leaf: leaf(old, d.oldLeaf, d.oldMode), tree: at(old, d.oldTree) },
        { leaf: leaf(fresh, d.newLeaf, d.newMode), tree: at(fresh, d.newTree) },
      ),
    )
    .sort();
}
