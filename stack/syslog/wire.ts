// Syslog messages (RFC 5424), one to a UDP datagram (RFC 5426).

import { copyBytes } from "../base/native.ts";
import { formatRfc3339 } from "../base/time.ts";

export const SYSLOG_PORT = 514;
/** RFC 5424 6.1: receivers should take 2048 bytes; longer messages are cut at a character. */
export const LARGEST_MESSAGE = 2048;
/** RFC 5426 3.2: what any receiver takes over IPv4. */
export const SAFE_MESSAGE = 480;

// RFC 5424 6.2.1, table 2.
export const SEVERITY_EMERGENCY = 0;
export const SEVERITY_ALERT = 1;
export const SEVERITY_CRITICAL = 2;
export const SEVERITY_ERROR = 3;
export const SEVERITY_WARNING = 4;
export const SEVERITY_NOTICE = 5;
export const SEVERITY_INFORMATIONAL = 6;
export const SEVERITY_DEBUG = 7;

/** Facility: system daemons. */
export const FACILITY_DAEMON = 3;
export const FACILITY_LOCAL0 = 16;

// RFC 5424 6: longest header fields; longer ones are cut.
export const HOSTNAME_LIMIT = 255;
export const APP_NAME_LIMIT = 48;
export const PROCID_LIMIT = 128;
export const MSGID_LIMIT = 32;

export class SyslogHeader {
  facility = FACILITY_DAEMON;
  severity = SEVERITY_INFORMATIONAL;
  /** Milliseconds since 1970 UTC; 0 or less: no clock, written as "-". */
  wallClock = 0;
  // "" is written as "-"; what is not printable ASCII becomes "?".
  hostname = "";
  appName = "";
  procId = "";
  messageId = "";
}

/**
 * Writes a message at the start of `into`, whose length (up to LARGEST_MESSAGE) is the longest it may become; the text
 * is UTF-8, and control characters in it become spaces. Returns the length; 0 when not even the header fits.
 */
export function encode(
  into: Uint8Array,
  header: SyslogHeader,
  text: Uint8Array,
  textOffset: number,
  textLength: number,
): number {
  const limit = Math.min(into.length, LARGEST_MESSAGE);
  const priority = (header.facility & 31) * 8 + (header.severity & 7);
  const time = header.wallClock > 0 ? formatRfc3339(header.wallClock) : "-";
  const host = field(header.hostname, HOSTNAME_LIMIT);
  const app = field(header.appName, APP_NAME_LIMIT);
  const process = field(header.procId, PROCID_LIMIT);
  const id = field(header.messageId, MSGID_LIMIT);
  // VERSION 1, and no STRUCTURED-DATA.
  const head = `<${priority}>1 ${time} ${host} ${app} ${process} ${id} - `;
  if (head.length + BOM_LENGTH > limit) return 0;
  for (let i = 0; i < head.length; i++) into[i] = head.charCodeAt(i);
  let at = head.length;
  // RFC 5424 6.4: a UTF-8 message begins with the byte order mark.
  into[at] = 0xef;
  into[at + 1] = 0xbb;
  into[at + 2] = 0xbf;
  at += BOM_LENGTH;
  const length = textEnd(text, textOffset, textLength, limit - at);
  copyBytes(into, at, text, textOffset, length);
  for (let i = at; i < at + length; i++) {
    const c = into[i]!;
    if (c < 0x20 || c === 0x7f) into[i] = 0x20;
  }
  return at + length;
}

const BOM_LENGTH = 3;

/** PRINTUSASCII of at most `limit` characters, or the NILVALUE. */
function field(text: string, limit: number): string {
  if (text.length === 0) return "-";
  let clean = "";
  for (let i = 0; i < text.length && i < limit; i++) {
    const c = text.charCodeAt(i);
    clean += c > 0x20 && c < 0x7f ? text.charAt(i) : "?";
  }
  return clean;
}

/** The length that fits without cutting a UTF-8 sequence in two. */
function textEnd(text: Uint8Array, offset: number, length: number, room: number): number {
  if (length <= room) return length;
  let end = room;
  while (end > 0 && (text[offset + end]! & 0xc0) === 0x80) end--;
  return end;
}
