// A UDP datagram for people, as tcpdump writes it: what it carries is printed by its own protocol.

import { readU16 } from "../base/bytes.ts";
import { HEADER_LENGTH } from "./wire.ts";

/** What is wrong with the header at `offset`; "": nothing. `length`: what IP carries. */
export function udpFault(bytes: Uint8Array, offset: number, end: number, length: number): string {
  if (offset + HEADER_LENGTH > end || length < HEADER_LENGTH) return "[|udp]";
  const declared = readU16(bytes, offset + 4);
  return declared < HEADER_LENGTH || declared > length ? `UDP, bad length ${declared} of ${length}` : "";
}

/** Of a payload that nobody here reads. */
export function printUdp(payloadLength: number): string {
  return `UDP, length ${payloadLength}`;
}
