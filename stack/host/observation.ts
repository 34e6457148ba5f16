// What is kept of the host's frames for those above who show them or send them on. The link is wrapped once, at boot, and only
// when that is asked for.

import { type Link, NO_PAYLOAD } from "../base/link.ts";
import { PcapWriter } from "../links/pcap-writer.ts";
import { ObservedLink, SHOWN_LENGTH } from "../links/wrapped-link.ts";

// Purposes, as bits.
/** To be shown, a line each. */
export const OBSERVE_LINES = 1;
/** To become a pcap file. */
export const OBSERVE_PCAP = 2;

/** Bytes in which frames wait. They are taken from what the host may use for buffers. */
export const LINES_MEMORY = 64 * 1024;
export const PCAP_MEMORY = 256 * 1024;
/** What is kept of a frame for a file: all of one on Ethernet, and the beginning of a segment that the card cuts (TSO). */
export const SNAP_LENGTH = 1518;
/** Bytes of records that are taken at once. */
const MOST_TAKEN = 32 * 1024;

let lines: PcapWriter | undefined;
let pcap: PcapWriter | undefined;

/** The link as it is to be used for these purposes; for none it is itself. */
export function observe(link: Link, purposes: number): Link {
  let wrapped = link;
  if ((purposes & OBSERVE_LINES) !== 0) {
    const writer = new PcapWriter(LINES_MEMORY, SHOWN_LENGTH);
    lines = writer;
    wrapped = new ObservedLink(wrapped, writer);
  }
  if ((purposes & OBSERVE_PCAP) !== 0) {
    const writer = new PcapWriter(PCAP_MEMORY, SNAP_LENGTH);
    pcap = writer;
    wrapped = new ObservedLink(wrapped, writer);
  }
  return wrapped;
}

/** Bytes that it takes. */
export function observedMemory(purposes: number): number {
  return ((purposes & OBSERVE_LINES) !== 0 ? LINES_MEMORY : 0) + ((purposes & OBSERVE_PCAP) !== 0 ? PCAP_MEMORY : 0);
}

// What follows is part of the seam: ../edge/seam.ts says what each function does.

export function observed(purpose: number): Uint8Array {
  const writer = writerFor(purpose);
  return writer === undefined ? NO_PAYLOAD : writer.take(MOST_TAKEN);
}

export function unobserved(purpose: number): number {
  const writer = writerFor(purpose);
  if (writer === undefined) return 0;
  const { lost } = writer;
  writer.lost = 0;
  return lost;
}

export function leaveUnobserved(address: string, port: number): void {
  lines?.omitted.add(address, port);
  pcap?.omitted.add(address, port);
}

export function endObservation(purpose: number): void {
  writerFor(purpose)?.finish();
}

function writerFor(purpose: number): PcapWriter | undefined {
  return purpose === OBSERVE_PCAP ? pcap : lines;
}
