// The first TLS record of a segment for people: its type, and of a handshake in the clear the message (RFC 8446 4, 5.1).

import { ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, CLIENT_HELLO, HANDSHAKE, SERVER_HELLO } from "./codes.ts";
import { MOST_SEALED, RECORD_HEADER } from "./limits.ts";

/** "TLS: client hello", "TLS: application data"; "": this does not begin a record. */
export function printTls(bytes: Uint8Array, offset: number, end: number): string {
  if (offset + RECORD_HEADER >= end) return "";
  // The version of the record layer is 3.1 or 3.3 (RFC 8446 5.1), and was 3.0 and 3.2.
  if (bytes[offset + 1]! !== 3 || bytes[offset + 2]! > 4) return "";
  const length = bytes[offset + 3]! * 256 + bytes[offset + 4]!;
  if (length === 0 || length > MOST_SEALED) return "";
  switch (bytes[offset]!) {
    case CHANGE_CIPHER_SPEC:
      return "TLS: change cipher spec";
    case ALERT:
      return "TLS: alert";
    case HANDSHAKE:
      return `TLS: ${handshakeName(bytes[offset + RECORD_HEADER]!)}`;
    case APPLICATION_DATA:
      return "TLS: application data";
    default:
      return "";
  }
}

function handshakeName(type: number): string {
  if (type === CLIENT_HELLO) return "client hello";
  return type === SERVER_HELLO ? "server hello" : "handshake";
}
