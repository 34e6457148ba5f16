// What virtio-net can do, and which of it we want. Read: VIRTIO 1.2, 5.1.3 (feature bits), 5.1.4 (configuration).

import {
  OFFLOAD_EVENT_INDEX,
  OFFLOAD_MERGEABLE,
  OFFLOAD_RECEIVE_CHECKSUM,
  OFFLOAD_SEGMENTATION,
  OFFLOAD_SEND_CHECKSUM,
} from "../offload.ts";
import { FEATURE_EVENT_IDX } from "./transport.ts";

// 5.1.3.
export const NET_CSUM = 1 << 0;
export const NET_GUEST_CSUM = 1 << 1;
export const NET_MTU = 1 << 3;
export const NET_MAC = 1 << 5;
export const NET_HOST_TSO4 = 1 << 11;
export const NET_HOST_TSO6 = 1 << 12;
export const NET_MRG_RXBUF = 1 << 15;
export const NET_STATUS = 1 << 16;

/** The features to ask for: what the card has to tell, and of the offloads those in the set (offload.ts). */
export function wantedFeatures(offloads: number): number {
  let wanted = NET_MAC | NET_MTU | NET_STATUS;
  if ((offloads & OFFLOAD_SEND_CHECKSUM) !== 0) {
    wanted |= NET_CSUM;
    // 5.1.3.1: HOST_TSO4 and HOST_TSO6 require CSUM.
    if ((offloads & OFFLOAD_SEGMENTATION) !== 0) wanted |= NET_HOST_TSO4 | NET_HOST_TSO6;
  }
  if ((offloads & OFFLOAD_RECEIVE_CHECKSUM) !== 0) wanted |= NET_GUEST_CSUM;
  if ((offloads & OFFLOAD_MERGEABLE) !== 0) wanted |= NET_MRG_RXBUF;
  if ((offloads & OFFLOAD_EVENT_INDEX) !== 0) wanted |= FEATURE_EVENT_IDX;
  return wanted;
}

/** The wanted bits that are offered, less those whose requirement is not. */
export function agreedFeatures(offered: number, wanted: number): number {
  const agreed = offered & wanted;
  return (agreed & NET_CSUM) === 0 ? agreed & ~(NET_HOST_TSO4 | NET_HOST_TSO6) : agreed;
}

/** "csum guest-csum tso4 …", for the console. */
export function formatNetFeatures(features: number): string {
  let text = "";
  if ((features & NET_CSUM) !== 0) text += " csum";
  if ((features & NET_GUEST_CSUM) !== 0) text += " guest-csum";
  if ((features & NET_HOST_TSO4) !== 0) text += " tso4";
  if ((features & NET_HOST_TSO6) !== 0) text += " tso6";
  if ((features & NET_MRG_RXBUF) !== 0) text += " mrg-rxbuf";
  if ((features & FEATURE_EVENT_IDX) !== 0) text += " event-idx";
  if ((features & NET_MTU) !== 0) text += " mtu";
  if ((features & NET_STATUS) !== 0) text += " status";
  return text === "" ? "" : text.slice(1);
}
