// The header fields that the machine itself looks at. Read first: RFC 9110 7.2, 7.6.1, 8.6, 10.1.1; RFC 9112 6.

import { bitOf, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, KNOWN_FIELDS, TRANSFER_ENCODING } from "../http/request.ts";
import { decimal, latin1Bytes, listHas, matchesLower } from "../http/syntax.ts";
import type { RequestHead } from "./request-head.ts";
import { authorityIsValid } from "./target.ts";

/** Names by slot, in lower case. Each has four bytes or more (matchesLower). */
const NAMES: readonly Uint8Array[] = [
  latin1Bytes("host"),
  latin1Bytes("content-length"),
  latin1Bytes("transfer-encoding"),
  latin1Bytes("connection"),
  latin1Bytes("expect"),
  latin1Bytes("if-none-match"),
  latin1Bytes("if-modified-since"),
  latin1Bytes("if-match"),
  latin1Bytes("if-unmodified-since"),
  latin1Bytes("range"),
  latin1Bytes("if-range"),
  latin1Bytes("accept-encoding"),
  latin1Bytes("user-agent"),
  latin1Bytes("referer"),
];
const PLACES = 64;
/** Slot plus one by `placeOf`, 0 for none. No two names have one place. */
const SLOTS: Uint8Array = slotsByPlace();

function slotsByPlace(): Uint8Array {
  const table = new Uint8Array(PLACES);
  for (let slot = 0; slot < KNOWN_FIELDS; slot++) {
    const name = NAMES[slot]!;
    const place = placeOf(name, 0, name.length);
    if (table[place]! !== 0) throw new Error("two known fields in one place");
    table[place] = slot + 1;
  }
  return table;
}

/** By length, first and last letter, whatever their case: most unknown names are told apart without a comparison. */
function placeOf(bytes: Uint8Array, start: number, length: number): number {
  return (length + (bytes[start]! | 32) * 4 + (bytes[start + length - 1]! | 32)) & (PLACES - 1);
}

/** The slot of a field name of one byte or more, or -1. */
export function slotOf(bytes: Uint8Array, start: number, length: number): number {
  const slot = SLOTS[placeOf(bytes, start, length)]! - 1;
  return slot >= 0 && matchesLower(bytes, start, length, NAMES[slot]!) ? slot : -1;
}

/** Remembers a field, and acts on what says how the message is framed. 0, or the status of an error. */
export function noteField(bytes: Uint8Array, slot: number, start: number, end: number, head: RequestHead): number {
  const again = (head.fields & bitOf(slot)) !== 0;
  switch (slot) {
    case HOST:
      // RFC 9112 3.2: more than one Host, or a bad one: 400. An empty one is allowed (RFC 9110 7.2).
      if (again || (end > start && !authorityIsValid(bytes, start, end))) return 400;
      break;
    case CONTENT_LENGTH:
      // RFC 9112 6.3: a second one, or a list, is refused even when the values agree.
      if (again) return 400;
      head.contentLength = decimal(bytes, start, end);
      if (head.contentLength < 0) return 400;
      break;
    case TRANSFER_ENCODING:
      if (again) return 400;
      head.chunked = matchesLower(bytes, start, end - start, CHUNKED);
      // RFC 9112 6.1: a coding that is not understood is 501; 6.3: chunked that is not the last one is 400.
      if (!head.chunked) return end - start > 7 && matchesLower(bytes, end - 7, 7, CHUNKED) ? 501 : 400;
      break;
    case CONNECTION:
      if (listHas(bytes, start, end, CLOSE)) head.close = true;
      else if (listHas(bytes, start, end, KEEP_ALIVE)) head.keepAlive = true;
      return 0;
    case EXPECT:
      // RFC 9110 10.1.1: any other expectation is 417.
      if (!matchesLower(bytes, start, end - start, CONTINUE)) return 417;
      head.expectContinue = true;
      return 0;
    default:
      break;
  }
  return head.note(slot, start, end) ? 0 : 431;
}

// The words that are compared with, as bytes: a string's characters cost ten times as much once compiled.
const CONTINUE: Uint8Array = latin1Bytes("100-continue");
const CLOSE: Uint8Array = latin1Bytes("close");
const KEEP_ALIVE: Uint8Array = latin1Bytes("keep-alive");
const CHUNKED: Uint8Array = latin1Bytes("chunked");
