// Why a network card of Xen cannot be driven. The other end may be wrong in any of these ways; none of them throws.

import { quoteStoreText } from "./store-wire.ts";

export type XenError =
  /** Something in xenstore is not there, or is nothing that it may be. */
  | { readonly kind: "bad-entry"; readonly path: string; readonly value: string }
  /** Xenstore does not answer, or refuses. */
  | { readonly kind: "store"; readonly why: string }
  /** The backend does not come up. */
  | { readonly kind: "not-ready"; readonly state: number }
  /** The backend cannot copy into our pages (feature-rx-copy). */
  | { readonly kind: "no-copy" }
  /** Xen gives no event channel, or the grant table is full. */
  | { readonly kind: "no-channel" }
  | { readonly kind: "no-grants" }
  /** A backend that is gone has our pages still. */
  | { readonly kind: "grants-in-use" }
  /** The card that has come in the place of the one before has another address, or can do less. */
  | { readonly kind: "another-card" };

export function formatXenError(error: XenError): string {
  switch (error.kind) {
    case "bad-entry":
      return `xenstore has ${error.value === "" ? "nothing" : quoteStoreText(error.value)} at ${error.path}`;
    case "store":
      return `xenstore: ${error.why}`;
    case "not-ready":
      return `its backend does not come up (state ${error.state}); is xen-netback loaded where it runs?`;
    case "no-copy":
      return "its backend does not offer feature-rx-copy";
    case "no-channel":
      return "Xen gives no event channel";
    case "no-grants":
      return "the grant table is full";
    case "grants-in-use":
      return "the backend before has our pages still";
    case "another-card":
      return "what has come in its place is another card";
    default:
      error satisfies never;
      throw new Error("no such error");
  }
}
