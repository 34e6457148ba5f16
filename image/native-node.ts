// native.d.ts on Node: what C does on the machine, done by node:zlib and node:crypto. Importing this file installs the
// functions as globals; the `node` target and every test on Node begin with it.

import { createHash, getRandomValues } from "node:crypto";
import { writeSync } from "node:fs";
import { constants, crc32, deflateSync, inflateSync } from "node:zlib";
import "./cryptography-node.ts";
import { checkRange as range } from "./range-node.ts";

let consumed = 0;
const started = process.hrtime.bigint();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Inflates one stream, telling what it took: node:zlib stops at the stream's end and reports bytesWritten. */
function inflate(bytes: Uint8Array, offset: number, limit: number): Uint8Array | undefined {
  range(bytes, offset, 0);
  consumed = 0;
  try {
    const result: unknown = inflateSync(bytes.subarray(offset), {
      maxOutputLength: Math.max(1, limit),
      finishFlush: constants.Z_FINISH,
      info: true,
    });
    const { buffer, engine } = result as { buffer: Uint8Array; engine: { bytesWritten: number } };
    if (buffer.length > limit) return undefined;
    consumed = engine.bytesWritten;
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  } catch {
    return undefined;
  }
}

/** The lower half of SipHash-2-4. */
function sipHash(key: Uint8Array, bytes: Uint8Array): number {
  const word = (from: Uint8Array, at: number): bigint => {
    let value = 0n;
    for (let i = Math.min(7, from.length - at - 1); i >= 0; i--) value = (value << 8n) | BigInt(from[at + i]!);
    return value;
  };
  const rotate = (x: bigint, n: bigint): bigint => BigInt.asUintN(64, (x << n) | (x >> (64n - n)));
  const [k0, k1] = [word(key, 0), word(key.subarray(0, 16), 8)];
  let [a, b] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn];
  let [c, d] = [k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      a = BigInt.asUintN(64, a + b);
      b = rotate(b, 13n) ^ a;
      a = rotate(a, 32n);
      c = BigInt.asUintN(64, c + d);
      d = rotate(d, 16n) ^ c;
      a = BigInt.asUintN(64, a + d);
      d = rotate(d, 21n) ^ a;
      c = BigInt.asUintN(64, c + b);
      b = rotate(b, 17n) ^ c;
      c = rotate(c, 32n);
    }
  };
  for (let at = 0; at <= bytes.length; at += 8) {
    const last = at + 8 > bytes.length;
    const m = word(bytes, at) | (last ? BigInt(bytes.length & 255) << 56n : 0n);
    d ^= m;
    rounds(2);
    a ^= m;
  }
  c ^= 0xffn;
  rounds(4);
  return Number(BigInt.asUintN(32, a ^ b ^ c ^ d));
}

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** Everything of native.d.ts that means something on Node; the rest is absent, and calling it is our bug. */
const nodeNatives = {
  nativeCopy(into: Uint8Array, intoOffset: number, from: Uint8Array, fromOffset: number, length: number): void {
    range(into, intoOffset, length);
    range(from, fromOffset, length);
    into.set(from.subarray(fromOffset, fromOffset + length), intoOffset);
  },
  nativeZero(bytes: Uint8Array, offset: number, length: number): void {
    range(bytes, offset, length);
    bytes.fill(0, offset, offset + length);
  },
  nativeChecksum(bytes: Uint8Array, offset: number, length: number, sum: number): number {
    range(bytes, offset, length);
    let s = sum;
    const even = offset + (length & ~1);
    for (let i = offset; i < even; i += 2) s += (bytes[i]! << 8) | bytes[i + 1]!;
    if (length & 1) s += bytes[even]! << 8;
    while (s > 0xffff) s = (s & 0xffff) + Math.floor(s / 0x10000);
    return s;
  },
  nativeEqual(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean {
    range(a, aOffset, length);
    range(b, bOffset, length);
    for (let i = 0; i < length; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
    return true;
  },
  nativeLoad16(bytes: Uint8Array, offset: number): number {
    range(bytes, offset, 2);
    return (bytes[offset]! << 8) | bytes[offset + 1]!;
  },
  nativeLoad32(bytes: Uint8Array, offset: number): number {
    range(bytes, offset, 4);
    return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
  },
  nativeStore16(bytes: Uint8Array, offset: number, value: number): void {
    range(bytes, offset, 2);
    bytes[offset] = value >>> 8;
    bytes[offset + 1] = value;
  },
  nativeStore32(bytes: Uint8Array, offset: number, value: number): void {
    range(bytes, offset, 4);
    bytes[offset] = value >>> 24;
    bytes[offset + 1] = value >>> 16;
    bytes[offset + 2] = value >>> 8;
    bytes[offset + 3] = value;
  },
  nativeLoadLittle32(bytes: Uint8Array, offset: number): number {
    range(bytes, offset, 4);
    return (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0;
  },
  nativeStoreLittle32(bytes: Uint8Array, offset: number, value: number): void {
    range(bytes, offset, 4);
    bytes[offset] = value;
    bytes[offset + 1] = value >>> 8;
    bytes[offset + 2] = value >>> 16;
    bytes[offset + 3] = value >>> 24;
  },
  nativeSpan(bytes: Uint8Array, offset: number, limit: number, table: Uint8Array): number {
    range(bytes, offset, limit);
    range(table, 0, 256);
    let count = 0;
    while (count < limit && table[bytes[offset + count]!] !== 0) count++;
    return count;
  },
  nativeSipHash(key: Uint8Array, bytes: Uint8Array, offset: number, length: number): number {
    range(key, 0, 16);
    range(bytes, offset, length);
    return sipHash(key, bytes.subarray(offset, offset + length));
  },
  nativeSha1: (bytes: Uint8Array): Uint8Array => plain(createHash("sha1").update(bytes).digest()),
  nativeSha256: (bytes: Uint8Array): Uint8Array => plain(createHash("sha256").update(bytes).digest()),
  nativeCrc32: (bytes: Uint8Array, crc: number): number => crc32(bytes, crc),
  nativeInflate: inflate,
  nativeInflateConsumed: (): number => consumed,
  nativeDeflate: (bytes: Uint8Array, level: number): Uint8Array =>
    plain(deflateSync(bytes, { level: Math.min(9, level) })),
  nativeUtf8Encode: (text: string): Uint8Array => new TextEncoder().encode(text),
  nativeUtf8Decode(bytes: Uint8Array, offset: number, length: number): string {
    range(bytes, offset, length);
    return decoder.decode(bytes.subarray(offset, offset + length));
  },
  nativeLatin1Decode(bytes: Uint8Array, offset: number, length: number): string {
    range(bytes, offset, length);
    return Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString("latin1");
  },
  nativeNow: (): number => Number((process.hrtime.bigint() - started) / 1000n),
  nativeWallClock: (): number => Date.now(),
  nativeRandom(bytes: Uint8Array, offset: number, length: number): boolean {
    range(bytes, offset, length);
    for (let at = 0; at < length; at += 65536)
      getRandomValues(bytes.subarray(offset + at, offset + Math.min(length, at + 65536)));
    return true;
  },
  nativeAddEntropy(): void {},
  nativeConsole(text: string): void {
    writeSync(1, text);
  },
  nativePowerOff(status: number): never {
    process.exit(status);
  },
  nativeParameters: (): string => process.argv.slice(2).join("\n"),
  nativeModule: (): string => "",
  nativeTarget: (): string => "node",
  nativeHypervisor: (): string => "node",
  nativeHeapUsed: (): number => process.memoryUsage().heapUsed + process.memoryUsage().external,
  nativeHeapLimit: (): number => 4 * 1024 ** 3,
  nativeHeapLargest: (): number => 4 * 1024 ** 3,
  nativeHeapPeak: (): number => process.memoryUsage().rss,
  nativeHeapAllocations: (): number => 0,
  nativeLongestWait: (): number => 0,
  nativeCollect(): void {},
  // Node keeps its own bounds.
  nativeAttempt(work: () => void): string {
    work();
    return "";
  },
  nativeWorked: (): number => 0,
  nativeHeapFree: (): number => 4 * 1024 ** 3,
  nativeFence(): void {},
};

Object.assign(globalThis, nodeNatives);
