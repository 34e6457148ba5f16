// What the host is about, kept for the last line of a machine that ends by a fault of ours: which frame it held, or whose
// timers ran. The frame is told by its own bytes, so that keeping it costs three stores.

import { latin1 } from "../base/native.ts";

// Parts of a step.
export const AT_REST = 0;
export const AT_FRAMES = 1;
export const AT_ATTENDANT = 2;
export const AT_IP = 3;
export const AT_DHCP = 4;
export const AT_DNS = 5;
export const AT_NTP = 6;
export const AT_TCP = 7;
export const AT_TLS = 8;
export const AT_HTTP = 9;
export const AT_SENDING = 10;

const PARTS: readonly string[] = [
  "",
  "taking frames from the card",
  "looking after the other devices",
  "in the timers of ARP and IP",
  "in the timers of DHCP",
  "in the timers of DNS",
  "in the timers of NTP",
  "in the timers of TCP",
  "in the handshakes of TLS",
  "in the timers of HTTP",
  "sending",
];

/** Of the frame: enough for all headers. */
const SHOWN = 96;
const DIGITS = "0123456789abcdef";

/** "" at rest; else a phrase that goes on a sentence: "in the timers of TCP", "holding a frame of 60 bytes (ARP): ff...". */
export function describeWork(part: number, frame: Uint8Array, offset: number, length: number): string {
  if (part !== AT_FRAMES || length === 0 || offset + length > frame.length) return PARTS[part]!;
  return `holding a frame of ${length} bytes (${protocolOf(frame, offset, length)}): ${hexadecimal(frame, offset, Math.min(length, SHOWN))}`;
}

function protocolOf(frame: Uint8Array, offset: number, length: number): string {
  if (length < 14) return "no Ethernet header";
  let at = offset + 12;
  // A tag of IEEE 802.1Q.
  if (frame[at]! === 0x81 && frame[at + 1]! === 0 && length >= 18) at += 4;
  const type = frame[at]! * 256 + frame[at + 1]!;
  if (type === 0x0806) return "ARP";
  if (type !== 0x0800 || at + 22 > offset + length) return `EtherType ${type}`;
  const fragment = ((frame[at + 8]! & 0x3f) | frame[at + 9]!) === 0 ? "" : ", a fragment";
  const protocol = frame[at + 11]!;
  const name = protocol === 1 ? "ICMP" : protocol === 6 ? "TCP" : protocol === 17 ? "UDP" : `protocol ${protocol}`;
  return `IPv4, ${name}${fragment}`;
}

function hexadecimal(bytes: Uint8Array, offset: number, length: number): string {
  const digits = new Uint8Array(length * 2);
  for (let i = 0; i < length; i++) {
    digits[i * 2] = DIGITS.charCodeAt(bytes[offset + i]! >> 4);
    digits[i * 2 + 1] = DIGITS.charCodeAt(bytes[offset + i]! & 15);
  }
  return latin1(digits, 0, digits.length);
}
