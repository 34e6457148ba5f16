// The globals that packages expect and the engine does not have. The bundler puts this module before every program;
// on Node nothing imports it, for Node has the originals.

import { console } from "./console.ts";
import { TextDecoder, TextEncoder } from "./text.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers.ts";
import { URL, URLSearchParams } from "./url.ts";
import { exactDecode, exactEncode } from "./utf8.ts";

Object.assign(globalThis, {
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearInterval,
  clearTimeout,
  console,
  nativeUtf8Decode: exactDecode(nativeUtf8Decode),
  nativeUtf8Encode: exactEncode(nativeUtf8Encode),
  performance: { now: (): number => nativeNow() / 1000 },
  process: {
    env: {},
    platform: "epiphyte",
    nextTick(callback: (...values: unknown[]) => void, ...values: unknown[]): void {
      queueMicrotask(() => callback(...values));
    },
    emitWarning: (warning: unknown): void => console.warn(warning),
  },
  setInterval,
  setTimeout,
});
