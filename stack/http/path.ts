/// <reference path="../base/native.d.ts" />
// A path as a key: looked up by its bytes.

/** The hash of a path's bytes that the ready table is kept by: 24 bits. Four bytes at a time, modulo a prime. */
export function pathHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 5381;
  let i = start;
  for (; i + 4 <= end; i += 4) hash = (hash * 31 + nativeLoad32(bytes, i)) % 0xfffffd;
  for (; i < end; i++) hash = (hash * 31 + bytes[i]!) % 0xfffffd;
  return hash;
}
