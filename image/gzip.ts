// gzip (RFC 1952) from the native zlib (RFC 1950): both wrap the same deflated bytes.

/** Magic, deflate, no flags, no time, no hint, unknown system. */
const HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
const ZLIB_HEAD = 2;
const ZLIB_TAIL = 4;

/** One gzip member, with no name and no time, level 1 to 12. */
export function gzip(bytes: Uint8Array, level: number): Uint8Array {
  const zlib = nativeDeflate(bytes, level);
  const deflated = zlib.subarray(ZLIB_HEAD, zlib.length - ZLIB_TAIL);
  const member = new Uint8Array(HEAD.length + deflated.length + 8);
  member.set(HEAD);
  member.set(deflated, HEAD.length);
  nativeStoreLittle32(member, member.length - 8, nativeCrc32(bytes, 0));
  nativeStoreLittle32(member, member.length - 4, bytes.length);
  return member;
}
