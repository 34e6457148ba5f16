// The appliance's Platform on Node: the native functions as image/native-node.ts has them, and Node's timers.

import "./native-node.ts";
import type { Platform } from "../appliance/platform.ts";

/** A timer of Node takes at most this many milliseconds (2^31 - 1). */
const LONGEST = 2_147_483_647;

export function nodePlatform(): Platform {
  return {
    now: nativeNow,
    wallClock: nativeWallClock,
    sleep: (ms) => new Promise((resolve) => (ms <= 0 ? setImmediate(resolve) : setTimeout(resolve, ms))),
    timer(ms, callback) {
      const timer = setTimeout(callback, Math.min(ms, LONGEST));
      return () => clearTimeout(timer);
    },
    random(length) {
      const bytes = new Uint8Array(length);
      return nativeRandom(bytes, 0, length) ? bytes : undefined;
    },
    sha1: nativeSha1,
    sha256: nativeSha256,
    hmacSha256: nativeHmacSha256,
    gzip: nativeGzip,
    inflate(bytes, offset, limit) {
      const inflated = nativeInflate(bytes, offset, limit);
      return inflated === undefined ? undefined : { bytes: inflated, consumed: nativeInflateConsumed() };
    },
    crc32: (bytes) => nativeCrc32(bytes, 0),
    utf8Encode: nativeUtf8Encode,
    utf8Decode: (bytes) => nativeUtf8Decode(bytes, 0, bytes.length),
    console: nativeConsole,
    powerOff: nativePowerOff,
    heapUsed: nativeHeapUsed,
    heapLimit: nativeHeapLimit,
  };
}
