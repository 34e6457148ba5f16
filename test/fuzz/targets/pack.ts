import { DEFAULT_LIMITS } from "../../../appliance/git/limits.ts";
import { BLOB, COMMIT, ObjectStore, TREE } from "../../../appliance/git/objects.ts";
import { platform } from "../../../image/platform.ts";
import { finish, type MadeEntry, makePack, nameOf, sealed, bytes as text } from "../../appliance/git/pack-builder.ts";

import { check, join, latin1, Script, same, type Target } from "../target.ts";

const LIMITS = { ...DEFAULT_LIMITS, objects: 40, objectBytes: 4000, heldBytes: 20_000, cacheBytes: 2000 };
const FIRST: readonly MadeEntry[] = [
  { type: BLOB, data: text("one\n") },
  { type: BLOB, data: text("two\n".repeat(20)) },
];
const FIRST_NAME = nameOf("blob", text("one\n"));
const TYPE_NAMES = new Map([
  [COMMIT, "commit"],
  [TREE, "tree"],
  [BLOB, "blob"],
] as readonly (readonly [number, "commit" | "tree" | "blob"])[]);

/**
 * A pack that comes to a store with another in it: as bytes with a right checksum, or (an odd first byte) made of
 * objects and deltas by a script. It is taken whole, each object under its name, or leaves the store as it was.
 */
export const pack: Target = {
  name: "pack",
  limit: 500,
  work: 4_000_000,
  words: [
    "PACK\0\0\0\x02\0\0\0\x01",
    [0x78, 0x9c],
    [0x33, 0x78, 0x9c],
    [0x95, 10],
    [6, 0],
    [7, 0],
    [3, 4, 97, 98, 99, 100],
  ],
  seeds: () => [
    join([0], makePack([{ type: BLOB, data: text("hello") }]).subarray(0, -20)),
    join(
      [0],
      makePack([
        { type: BLOB, data: text("hello") },
        { type: 6, base: 0, data: Uint8Array.of(5, 6, 0x90, 5, 1, 33) },
      ]).subarray(0, -20),
    ),
    join([0], makePack([{ type: 7, name: FIRST_NAME, data: Uint8Array.of(4, 5, 0x90, 4, 1, 33) }]).subarray(0, -20)),
    join([0], makePack([{ type: BLOB, data: text("x"), size: 9 }]).subarray(0, -20)),
    join([1], [3, 5, 104, 101, 108, 108, 111], [6, 0, 3, 1, 2, 3], [7, 1, 2, 9, 9]),
    join([1], [7, 9, 1, 1], [6, 0, 1, 1], [2, 0], [1, 3, 1, 2, 3]),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const made = script.u8() % 2 === 0 ? sealed(script.rest()) : makePack(scripted(script));
    const store = new ObjectStore("http://a/b", platform, LIMITS);
    check(finish(store.addPack(makePack(FIRST), () => {})).ok, "the first pack");
    store.keep();
    const before = look(store);
    const added = finish(store.addPack(made, (objects, total) => check(objects <= total, "more objects than all")));
    if (added.ok) {
      store.keep();
      const after = look(store);
      same(after.slice(0, before.length), before, "what was there before");
      return;
    }
    store.abandon();
    same(look(store), before, "what was there before a pack that was refused");
    check(finish(store.addPack(makePack([{ type: BLOB, data: text("three") }]), () => {})).ok, "a good pack after it");
  },
};

/** Every object of the store by its name, which must be that of its content. */
function look(store: ObjectStore): string[] {
  const seen: string[] = [];
  check(store.count <= LIMITS.objects && store.packBytes <= LIMITS.heldBytes, "more is held than may be");
  for (let row = 0; row < store.count; row++) {
    const name = store.nameOf(row);
    const content = store.read(row, row % 2 === 0);
    check(content.length <= LIMITS.objectBytes, "an object that is larger than may be");
    const type = TYPE_NAMES.get(store.typeOf(row));
    if (type !== undefined) same(nameOf(type, content), name, "the name of an object");
    const found = store.findHex(name);
    check(found >= 0, "an object is not found by its name");
    same(store.read(found, false), content, "what is found by that name");
    seen.push(`${name} ${latin1(content)}`);
  }
  return seen;
}

function scripted(script: Script): MadeEntry[] {
  const entries: MadeEntry[] = [];
  const contents: Uint8Array[] = [];
  while (!script.ended && entries.length < 30) {
    const type = script.u8() % 8;
    if (type === 6 || type === 7) {
      const base = script.u8() % Math.max(1, entries.length);
      const added = script.take(script.u8() % 20);
      const under = contents[base] ?? new Uint8Array(0);
      const data = copyAndAdd(under.length, added);
      if (type === 6 && entries.length === 0) continue;
      // By the name of a blob: often a base that comes later or never.
      if (type === 6) entries.push({ type, base, data });
      else entries.push({ type, name: nameOf("blob", under), data });
      contents.push(join(under, added));
      continue;
    }
    const data = script.take(script.u8() % 60);
    entries.push({ type, data });
    contents.push(data);
  }
  return entries;
}

function copyAndAdd(length: number, added: Uint8Array): Uint8Array {
  const size = (value: number): number[] => (value < 128 ? [value] : [0x80 | (value & 127), value >> 7]);
  const copy = length === 0 ? [] : [0x80 | 16 | 32, length & 255, length >> 8];
  const add = added.length === 0 ? [] : [added.length, ...added];
  return join(size(length), size(length + added.length), copy, add);
}
