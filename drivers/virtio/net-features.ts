// What virtio-net can do, and which of it we want. Read: VIRTIO 1.2, 5.1.3 (feature bits), 5.1.4 (configuration).

import { FEATURE_EVENT_IDX } from "./transport-pci.ts";

// 5.1.3.
export const NET_CSUM = 1 << 0;
export const NET_GUEST_CSUM = 1 << 1;
export const NET_MTU = 1 << 3;
export const NET_MAC = 1 << 5;
export const NET_HOST_TSO4 = 1 << 11;
export const NET_MRG_RXBUF = 1 << 15;
export const NET_STATUS = 1 << 16;

/** Each feature may be switched off: boot parameters do, and the machine works without any of them, in software. */
export interface NetOptions {
  /** The address when the device has none: locally administered, from random numbers. */
  readonly mac: number;
  /** The device completes checksums of what we send (CSUM). */
  readonly checksum: boolean;
  /** The device vouches for checksums of what it received (GUEST_CSUM). */
  readonly guestChecksum: boolean;
  /** The device cuts large TCP segments (HOST_TSO4); needs `checksum`. */
  readonly segmentation: boolean;
  /** A frame may be spread over several receive buffers (MRG_RXBUF). */
  readonly mergeable: boolean;
  /** Notifications and interrupts by index, not by flag (EVENT_IDX). */
  readonly eventIndex: boolean;
}

/** Everything that the device offers. */
export function allNetOptions(mac: number): NetOptions {
  return { mac, checksum: true, guestChecksum: true, segmentation: true, mergeable: true, eventIndex: true };
}

export function wantedFeatures(options: NetOptions): number {
  let wanted = NET_MAC | NET_MTU | NET_STATUS;
  if (options.checksum) wanted |= NET_CSUM;
  if (options.guestChecksum) wanted |= NET_GUEST_CSUM;
  // 5.1.3.1: HOST_TSO4 requires CSUM.
  if (options.segmentation && options.checksum) wanted |= NET_HOST_TSO4;
  if (options.mergeable) wanted |= NET_MRG_RXBUF;
  if (options.eventIndex) wanted |= FEATURE_EVENT_IDX;
  return wanted;
}

/** The wanted bits that are offered, less those whose requirement is not. */
export function agreedFeatures(offered: number, wanted: number): number {
  const agreed = offered & wanted;
  return (agreed & NET_CSUM) === 0 ? agreed & ~NET_HOST_TSO4 : agreed;
}

/** "csum guest-csum tso4 …", for the console. */
export function formatNetFeatures(features: number): string {
  let text = "";
  if ((features & NET_CSUM) !== 0) text += " csum";
  if ((features & NET_GUEST_CSUM) !== 0) text += " guest-csum";
  if ((features & NET_HOST_TSO4) !== 0) text += " tso4";
  if ((features & NET_MRG_RXBUF) !== 0) text += " mrg-rxbuf";
  if ((features & FEATURE_EVENT_IDX) !== 0) text += " event-idx";
  if ((features & NET_MTU) !== 0) text += " mtu";
  if ((features & NET_STATUS) !== 0) text += " status";
  return text === "" ? "" : text.slice(1);
}
