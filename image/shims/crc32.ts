// The package crc-32, as far as isomorphic-git uses it.

export default { buf: (bytes: Uint8Array): number => nativeCrc32(bytes, 0) };
