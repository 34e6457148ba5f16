// appliance/platform.ts from the native functions: the one place where the appliance meets the machine. The `virtual`
// and `process` targets use it as it is; on Node image/native-node.ts provides the same functions.

import type { Platform } from "../appliance/platform.ts";
import { gzip } from "./gzip.ts";
import { HmacSha256 } from "./hmac.ts";
import { wallClock } from "./wall-clock.ts";

/**
 * `spare`: bytes that the host below the seam may still take of what it was promised at boot (Seam.spare). They count as
 * used: nothing that is made above, least of all by a task, may take them.
 */
export function makePlatform(spare: () => number): Platform {
  return {
    now: () => nativeNow(),
    wallClock: () => wallClock.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    timer(ms, callback) {
      const id = setTimeout(callback, ms);
      return () => clearTimeout(id);
    },
    random(length) {
      const bytes = new Uint8Array(length);
      return nativeRandom(bytes, 0, length) ? bytes : undefined;
    },
    sha1: (bytes) => nativeSha1(bytes),
    sha256: (bytes) => nativeSha256(bytes),
    hmacSha256: (key) => new HmacSha256(key),
    gzip,
    inflate(bytes, offset, limit) {
      const inflated = nativeInflate(bytes, offset, limit);
      return inflated === undefined ? undefined : { bytes: inflated, consumed: nativeInflateConsumed() };
    },
    crc32: (bytes) => nativeCrc32(bytes, 0),
    utf8Encode: (text) => nativeUtf8Encode(text),
    utf8Decode: (bytes, offset = 0, length = bytes.length - offset) => nativeUtf8Decode(bytes, offset, length),
    latin1Decode: (bytes, offset, length) => nativeLatin1Decode(bytes, offset, length),
    console: (text) => nativeConsole(text),
    powerOff: (status) => nativePowerOff(status),
    heapUsed: () => nativeHeapUsed() + spare(),
    heapLimit: () => nativeHeapLimit(),
    heapLargest: () => nativeHeapLargest(),
    attempt(work, keep, most) {
      const fault = nativeAttempt(work, keep + spare(), most);
      return fault === "memory" || fault === "work" ? fault : "";
    },
    worked: () => nativeWorked(),
    collect: () => nativeCollect(),
  };
}

/** For a program without a host below: tools, fuzzers, Node. */
export const platform: Platform = makePlatform(() => 0);
