// Packs made by hand, right and wrong ones.

export interface MadeEntry {
  /** 1 commit, 2 tree, 3 blob, 4 tag, 6 delta by offset, 7 delta by name. */
  readonly type: number;
  readonly data: Uint8Array;
  /** Type 6: index of the entry of the base. */
  readonly base?: number;
  /** Type 7: name of the base, 40 hexadecimal digits. */
  readonly name?: string;
  /** What the head says instead of the truth. */
  readonly size?: number;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The name of an object. */
export function nameOf(type: "commit" | "tree" | "blob", content: Uint8Array): string {
  const head = bytes(`${type} ${content.length}\0`);
  return Buffer.from(nativeSha1(Buffer.concat([head, content]))).toString("hex");
}

export function makePack(entries: readonly MadeEntry[], count = entries.length): Uint8Array {
  const head = Buffer.alloc(12);
  head.write("PACK");
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(count, 8);
  const parts: Uint8Array[] = [head];
  const offsets: number[] = [];
  let at = 12;
  for (const { type, data, base, name, size } of entries) {
    offsets.push(at);
    let left = size ?? data.length;
    const prefix = [(type << 4) | (left & 15)];
    for (left = Math.floor(left / 16); left > 0; left = Math.floor(left / 128)) {
      prefix[prefix.length - 1]! |= 0x80;
      prefix.push(left & 127);
    }
    if (base !== undefined) prefix.push(...distance(at - offsets[base]!));
    const part = [Uint8Array.from(prefix), Buffer.from(name ?? "", "hex"), nativeDeflate(data, 6)];
    for (const piece of part) at += piece.length;
    parts.push(...part);
  }
  return sealed(Buffer.concat(parts));
}

/** With a right checksum, whatever it holds. */
export function sealed(body: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([body, nativeSha1(body)]));
}

function distance(value: number): number[] {
  const out = [value & 127];
  for (let left = value >>> 7; left > 0; left >>>= 7) {
    left--;
    out.unshift(0x80 | (left & 127));
  }
  return out;
}

/** A delta that copies all of a base of this length and adds text. */
export function appendDelta(baseLength: number, text: string): Uint8Array {
  const copy =
    baseLength === 0 ? [] : [0x80 | 16 | 32 | 64, baseLength & 255, (baseLength >> 8) & 255, baseLength >> 16];
  const added = bytes(text);
  return Uint8Array.from([
    ...varint(baseLength),
    ...varint(baseLength + added.length),
    ...copy,
    added.length,
    ...added,
  ]);
}

function varint(value: number): number[] {
  const out: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) out.push(0x80 | (left & 127));
  out.push(left);
  return out;
}

/** Runs a task's steps without a task. */
export function finish<T>(steps: Generator<undefined, T, undefined>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
