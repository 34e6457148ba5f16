// Why a virtio device cannot be driven. A device may be wrong in any of these ways; none of them throws.

import { hex } from "../pci/enumerate.ts";

export type VirtioError =
  /** A structure is not there, or lies outside its BAR, or the BAR has no address. */
  | { readonly kind: "no-structure"; readonly structure: string }
  /** The device did not report status 0 after a reset. */
  | { readonly kind: "reset-timed-out" }
  /** VIRTIO_F_VERSION_1 is not offered. */
  | { readonly kind: "not-version-1" }
  /** The device did not accept the features chosen out of its own offer. */
  | { readonly kind: "features-refused"; readonly low: number; readonly high: number }
  /** A queue that the device type requires is not there, or holds too few entries. */
  | { readonly kind: "queue-unusable"; readonly queue: number; readonly size: number }
  /** The status register says FAILED or DEVICE_NEEDS_RESET right after DRIVER_OK. */
  | { readonly kind: "broken-at-start"; readonly status: number };

export function formatVirtioError(error: VirtioError): string {
  switch (error.kind) {
    case "no-structure":
      return `the ${error.structure} structure is missing or lies outside its BAR`;
    case "reset-timed-out":
      return "the device does not finish its reset";
    case "not-version-1":
      return "the device does not offer VIRTIO_F_VERSION_1";
    case "features-refused":
      return `the device refuses the features ${hex(error.high, 8)}${hex(error.low, 8)} that it offered`;
    case "queue-unusable":
      return `queue ${error.queue} has ${error.size} entries`;
    case "broken-at-start":
      return `the device reports status ${hex(error.status, 2)} at start`;
    default:
      error satisfies never;
      throw new Error("no such error");
  }
}
