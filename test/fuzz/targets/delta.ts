import { applyDelta, decodeEntry, deltaResultLength, type PackEntry } from "../../../appliance/git/pack.ts";
import { anywhere, check, join, Script, same, type Target } from "../target.ts";

const BASE = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 255);
/** What the store asks before it applies one (GitLimits.objectBytes). */
const MOST = 65_536;

/** A delta over a base of 300 bytes; the head of an entry; and a delta made by a script, which must give what it says. */
export const delta: Target = {
  name: "delta",
  limit: 300,
  words: [[0xac, 2], [0x90, 10], [0x91, 5, 10], [0xb3, 0, 1, 40], [0x80], [0xff], [0], [0x95], [0xe0, 0x3c], [0x70]],
  seeds: () => [
    join([0xac, 2, 10, 0x90, 10]),
    join([0xac, 2, 8, 3, 1, 2, 3, 0x91, 100, 5]),
    join([0xac, 2, 0xac, 2, 0xb0, 44, 1]),
    join([0xac, 2, 5, 0x90, 6]),
    join([0xac, 2, 5, 0]),
    join([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]),
    join([0xe5, 0x80, 0x01, 0x78]),
  ],
  run: (bytes) => {
    const length = anywhere(bytes, (array, offset, size) => deltaResultLength(array.slice(offset, offset + size)));
    if (length <= MOST) {
      const made = applyDelta(BASE, bytes);
      if (made !== undefined) same(made.length, length, "the length that was announced");
    }
    entry(bytes);
    scripted(bytes);
  },
};

function entry(bytes: Uint8Array): void {
  const found = anywhere(bytes, (array, offset, length) => {
    const head: PackEntry = { type: 0, size: 0, data: 0, baseOffset: -1, baseName: -1 };
    if (!decodeEntry(array, offset, offset + length, head)) return undefined;
    const base = head.baseOffset < 0 ? -1 : offset - head.baseOffset;
    // How far back a base may lie depends on where the entry does.
    if (base > 0) return undefined;
    return { ...head, data: head.data - offset, baseName: head.baseName < 0 ? -1 : head.baseName - offset };
  });
  if (found === undefined) return;
  check(Number.isSafeInteger(found.size) && found.data < bytes.length, "an entry without data");
  check([1, 2, 3, 4, 6, 7].includes(found.type), `an entry of type ${found.type}`);
}

/** Copies and additions by a script. */
function scripted(bytes: Uint8Array): void {
  const script = new Script(bytes);
  const parts: number[] = [];
  const expected: number[] = [];
  while (!script.ended) {
    const from = script.u16() % BASE.length;
    const size = 1 + (script.u8() % Math.min(127, BASE.length - from));
    if (from % 2 === 0) {
      parts.push(0x80 | 1 | 2 | 16, from & 255, from >> 8, size);
      expected.push(...BASE.subarray(from, from + size));
    } else {
      const added = [...script.take(size)];
      if (added.length === 0) break;
      parts.push(added.length, ...added);
      expected.push(...added);
    }
  }
  const made = applyDelta(BASE, join(varint(BASE.length), varint(expected.length), parts));
  same(made, Uint8Array.from(expected), "what a good delta makes");
}

function varint(value: number): number[] {
  const out: number[] = [];
  let left = value;
  for (; left > 127; left >>= 7) out.push(0x80 | (left & 127));
  out.push(left);
  return out;
}
