// The appliance's Platform on Node: that of the machine over the native functions as image/native-node.ts has them, but
// for the timers, which know Node's bounds.

import "./native-node.ts";
import type { Platform } from "../appliance/platform.ts";
import { platform } from "./platform.ts";

/** A timer of Node takes at most this many milliseconds (2^31 - 1). */
const LONGEST = 2_147_483_647;

export function nodePlatform(): Platform {
  return {
    ...platform,
    sleep: (ms) => new Promise((resolve) => (ms <= 0 ? setImmediate(resolve) : setTimeout(resolve, ms))),
    timer(ms, callback) {
      const timer = setTimeout(callback, Math.min(ms, LONGEST));
      return () => clearTimeout(timer);
    },
  };
}
