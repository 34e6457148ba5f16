// NTP for people, as tcpdump writes it.

import { HEADER_LENGTH } from "./wire.ts";

/** By mode (RFC 5905 7.3, figure 10). */
const MODES: readonly string[] = [
  "Reserved",
  "Symmetric Active",
  "Symmetric Passive",
  "Client",
  "Server",
  "Broadcast",
  "Control",
  "Private",
];

export function printNtp(bytes: Uint8Array, offset: number, end: number, length: number): string {
  if (offset + 2 > end || length < HEADER_LENGTH) return "NTP, [|ntp]";
  const first = bytes[offset]!;
  const mode = first & 7;
  const stratum = mode === 4 ? `, stratum ${bytes[offset + 1]!}` : "";
  return `NTPv${(first >>> 3) & 7}, ${MODES[mode]!}${stratum}, length ${length}`;
}
