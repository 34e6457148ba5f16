/// <reference path="./native.d.ts" />
// Below the seam a throw ends the machine: nobody catches. Tests that a throw must not end, because it is what they wait
// for or because the next test shall run all the same, are entered through here.

import { latin1 } from "../../stack/base/native.ts";

/** The most bytes of a fault's text. */
const FAULT_BYTES = 4096;

/** True when `body` came to its end; false when it threw, or a trap of compiled code ended it. */
export function attempt(body: () => void): boolean {
  // As setjmp(): comes back a second time, with true, when something was thrown since.
  if (nativeGuard()) return false;
  body();
  nativeGuarded();
  return true;
}

/** What was thrown last, and where. */
export function lastFault(): string {
  const text = new Uint8Array(FAULT_BYTES);
  return latin1(text, 0, nativeFault(text));
}
