import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../../appliance/git/limits.ts";
import { BLOB, ObjectStore } from "../../../appliance/git/objects.ts";
import { applyDelta, decodeEntry, type PackEntry } from "../../../appliance/git/pack.ts";
import { nodePlatform } from "../../../image/platform-node.ts";
import { appendDelta, bytes, finish, type MadeEntry, makePack, nameOf, sealed } from "./pack-builder.ts";

const WHERE = "http://example.org/blog.git";
const platform = nodePlatform();

async function load(pack: Uint8Array, store = new ObjectStore(WHERE, platform, DEFAULT_LIMITS)): Promise<ObjectStore> {
  const result = finish(store.addPack(pack, () => {}));
  if (result.ok) store.keep();
  else store.abandon();
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return store;
}

async function fault(pack: Uint8Array, store = new ObjectStore(WHERE, platform, DEFAULT_LIMITS)): Promise<string> {
  const result = finish(store.addPack(pack, () => {}));
  if (result.ok) store.keep();
  else store.abandon();
  if (result.ok) throw new Error("it was taken");
  return "reason" in result.error ? result.error.reason : result.error.kind;
}

const content = (store: ObjectStore, name: string): string =>
  new TextDecoder().decode(store.read(store.findHex(name), false));

describe("a delta", () => {
  // gitformat-pack(5): copy is 1xxxxxxx with the bytes of offset and size that are not zero, insert is 0xxxxxxx.
  it("copies and inserts", () => {
    const base = bytes("the quick brown fox");
    const delta = Uint8Array.from([19, 12, 0x90, 4, 3, 0x61, 0x21, 0x62, 0x91, 10, 5]);
    expect(new TextDecoder().decode(applyDelta(base, delta))).toBe("the a!bbrown");
  });

  it("takes a size of zero for 65536", () => {
    const base = new Uint8Array(65_536).fill(7);
    expect(applyDelta(base, Uint8Array.from([0x80, 0x80, 4, 0x80, 0x80, 4, 0x80]))).toEqual(base);
  });

  it("is refused when it reaches beyond its base, its result or its end, or is for another base", () => {
    const base = bytes("0123456789");
    const refused = (...delta: number[]): void => expect(applyDelta(base, Uint8Array.from(delta))).toBeUndefined();
    refused(9, 1, 0x90, 1);
    refused(10, 11, 0x90, 11);
    refused(10, 4, 0x91, 8, 4);
    refused(10, 3, 0x90, 4);
    refused(10, 5, 0x90, 4);
    refused(10, 4, 4, 1, 2, 3);
    refused(10, 4, 0x9f, 0, 0);
    refused(10, 1, 0);
    refused(0x80);
    refused();
    // Terabytes, which no instruction makes: nothing is taken for them.
    refused(10, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x90, 4);
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (base, rest) => {
        applyDelta(base, rest);
        applyDelta(base, Uint8Array.from([base.length, 20, ...rest]));
      }),
    );
  });
});

describe("an entry's head", () => {
  it("never throws, and never ends beyond the end", () => {
    const entry: PackEntry = { type: 0, size: 0, data: 0, baseOffset: 0, baseName: 0 };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (pack, offset) => {
        if (decodeEntry(pack, offset, pack.length, entry)) expect(entry.data).toBeLessThan(pack.length);
      }),
    );
  });
});

describe("a pack", () => {
  const a = bytes("one\n");

  it("gives its objects by their names", async () => {
    const store = await load(
      makePack([
        { type: 3, data: a },
        { type: 3, data: bytes("") },
      ]),
    );
    expect(store.count).toBe(2);
    expect(content(store, nameOf("blob", a))).toBe("one\n");
    // The name of the empty blob is the same in every repository.
    expect(store.findHex("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")).toBe(1);
    expect(store.typeOf(1)).toBe(BLOB);
    expect(store.findHex(nameOf("blob", bytes("two")))).toBe(-1);
  });

  it("gives what deltas make, by offset and by name, before and behind their bases", async () => {
    const one = bytes("one\ntwo");
    const two = bytes("one\ntwothree");
    const three = bytes("one\ntwothreefour");
    const pack = makePack([
      { type: 7, name: nameOf("blob", two), data: appendDelta(two.length, "four") },
      { type: 6, base: 0, data: appendDelta(three.length, "five") },
      { type: 7, name: nameOf("blob", one), data: appendDelta(one.length, "three") },
      { type: 3, data: a },
      { type: 6, base: 3, data: appendDelta(a.length, "two") },
    ]);
    const store = await load(pack);
    for (const text of ["one\n", "one\ntwo", "one\ntwothree", "one\ntwothreefour", "one\ntwothreefourfive"])
      expect(content(store, nameOf("blob", bytes(text)))).toBe(text);
  });

  it("may build on an object of an earlier pack", async () => {
    const store = await load(makePack([{ type: 3, data: a }]));
    await load(makePack([{ type: 7, name: nameOf("blob", a), data: appendDelta(a.length, "more") }]), store);
    expect(content(store, nameOf("blob", bytes("one\nmore")))).toBe("one\nmore");
  });

  it("is refused, and the store stays as it was, when it lacks a base, circles, or is damaged", async () => {
    const store = await load(makePack([{ type: 3, data: a }]));
    const missing = "1".repeat(40);
    const right: MadeEntry = { type: 3, data: bytes("right") };
    const wrong: readonly (readonly [string, Uint8Array])[] = [
      ["object-missing", makePack([right, { type: 7, name: missing, data: appendDelta(4, "x") }])],
      ["a delta does not fit its base", makePack([right, { type: 6, base: 0, data: appendDelta(4, "x") }])],
      ["object 2 does not inflate", makePack([right, { type: 3, data: a, size: 3 }])],
      ["object 2 does not inflate", makePack([right, { type: 3, data: a, size: 5 }])],
      ["object 2 has a damaged head", makePack([right, { type: 5, data: a }])],
      ["object 2 has a damaged head", makePack([right], 2)],
      ["bytes follow its last object", makePack([right, right], 1)],
      ["it does not begin with PACK", sealed(bytes("JUNK and some more bytes to be long enough"))],
      ["it is shorter than its header", bytes("PACK")],
    ];
    for (const [reason, pack] of wrong) {
      expect(await fault(pack, store)).toBe(reason);
      expect(store.count).toBe(1);
      expect(store.packCount).toBe(1);
      expect(store.findHex(nameOf("blob", bytes("right")))).toBe(-1);
      expect(content(store, nameOf("blob", a))).toBe("one\n");
    }
    expect(await fault(makePack([right], 1_000_000))).toMatch(/^it promises 1000000 objects/);
    expect(await fault(makePack([right], 0xffffffff))).toBe("too-large");
  });

  it("is refused when any byte of it is flipped", async () => {
    const pack = makePack([
      { type: 3, data: a },
      { type: 6, base: 0, data: appendDelta(a.length, "two") },
    ]);
    for (let at = 0; at < pack.length; at++) {
      const damaged = Uint8Array.from(pack);
      damaged[at]! ^= 1;
      await fault(damaged);
    }
    for (let length = 0; length < pack.length; length++) await fault(pack.slice(0, length));
  });

  it("never makes the store throw, even with a right checksum", async () => {
    const made = makePack([
      { type: 3, data: a },
      { type: 7, name: nameOf("blob", a), data: appendDelta(4, "two") },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(made.length - 21), fc.nat(255), async (at, value) => {
        const body = made.slice(0, -20);
        body[at] = value;
        finish(new ObjectStore(WHERE, platform, DEFAULT_LIMITS).addPack(sealed(body), () => {}));
      }),
    );
  });

  it("may have chains of deltas as deep as Git makes them, and no deeper", async () => {
    const chain = (depth: number): Uint8Array =>
      makePack([
        { type: 3, data: bytes("") },
        ...Array.from({ length: depth }, (_, i) => ({ type: 6, base: i, data: appendDelta(i, "x") })),
      ]);
    const store = new ObjectStore(WHERE, platform, { ...DEFAULT_LIMITS, cacheBytes: 1 });
    expect(await fault(chain(4096))).toMatch(/deeper than 4095/);
    await load(chain(300), store);
    expect(content(store, nameOf("blob", bytes("x".repeat(300))))).toBe("x".repeat(300));
  });

  it("keeps its limits before memory is taken", async () => {
    const small = new ObjectStore(WHERE, platform, { ...DEFAULT_LIMITS, objectBytes: 100 });
    expect(await fault(makePack([{ type: 3, data: new Uint8Array(101) }]), small)).toBe("too-large");
    const bomb = [...appendDelta(100, "x")];
    const pack = makePack([
      { type: 3, data: new Uint8Array(100) },
      { type: 6, base: 0, data: Uint8Array.from(bomb) },
    ]);
    expect(await fault(pack, small)).toBe("too-large");
    expect(small.count).toBe(0);
  });
});
