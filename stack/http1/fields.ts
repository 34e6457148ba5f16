// The header fields that the machine itself looks at. Read first: RFC 9110 7.2, 8.6, 10.1.1, 12.5.3, 13, 14; RFC 9112 6.

import {
  FIELD_ACCEPT_ENCODING,
  FIELD_CONTENT_LENGTH,
  FIELD_HOST,
  FIELD_IF_MATCH,
  FIELD_IF_MODIFIED_SINCE,
  FIELD_IF_NONE_MATCH,
  FIELD_IF_RANGE,
  FIELD_IF_UNMODIFIED_SINCE,
  FIELD_RANGE,
  FIELD_REFERER,
  FIELD_TRANSFER_ENCODING,
  FIELD_USER_AGENT,
} from "../http/request.ts";
import { decimal, latin1Bytes, listHas, matchesLower } from "../http/syntax.ts";
import type { RequestHead } from "./request-head.ts";
import { authorityIsValid } from "./target.ts";

/** 1 at the lengths of the names that noteField knows. */
export const KNOWN_LENGTHS: Uint8Array = knownLengths();

function knownLengths(): Uint8Array {
  const table = new Uint8Array(20);
  table[4] = 1;
  table[5] = 1;
  table[6] = 1;
  table[7] = 1;
  table[8] = 1;
  table[10] = 1;
  table[13] = 1;
  table[14] = 1;
  table[15] = 1;
  table[17] = 1;
  table[19] = 1;
  return table;
}

/** Remembers a field that the machine looks at. 0, or the status of an error. */
export function noteField(
  bytes: Uint8Array,
  name: number,
  nameLength: number,
  start: number,
  end: number,
  head: RequestHead,
): number {
  const first = bytes[name]! | 32;
  switch (nameLength) {
    case 4:
      if (first !== 104 || !matchesLower(bytes, name, 4, HOST_TEXT)) return 0;
      // RFC 9112 3.2: more than one Host, or a bad one: 400. An empty one is allowed (RFC 9110 7.2).
      if ((head.fields & FIELD_HOST) !== 0) return 400;
      if (end > start && !authorityIsValid(bytes, start, end)) return 400;
      head.fields |= FIELD_HOST;
      return 0;
    case 5:
      if (first !== 114 || !matchesLower(bytes, name, 5, RANGE_TEXT)) return 0;
      mark(head, FIELD_RANGE);
      head.rangeStart = start;
      head.rangeEnd = end;
      return 0;
    case 6:
      if (first !== 101 || !matchesLower(bytes, name, 6, EXPECT_TEXT)) return 0;
      // RFC 9110 10.1.1: any other expectation is 417.
      if (!matchesLower(bytes, start, end - start, CONTINUE_TEXT)) return 417;
      head.expectContinue = true;
      return 0;
    case 7:
      if (first !== 114 || !matchesLower(bytes, name, 7, REFERER_TEXT)) return 0;
      mark(head, FIELD_REFERER);
      head.refererStart = start;
      head.refererEnd = end;
      return 0;
    case 8:
      if (first !== 105) return 0;
      if (matchesLower(bytes, name, 8, IF_MATCH_TEXT)) {
        mark(head, FIELD_IF_MATCH);
        head.ifMatchStart = start;
        head.ifMatchEnd = end;
      } else if (matchesLower(bytes, name, 8, IF_RANGE_TEXT)) {
        mark(head, FIELD_IF_RANGE);
        head.ifRangeStart = start;
        head.ifRangeEnd = end;
      }
      return 0;
    case 10:
      if (first === 99 && matchesLower(bytes, name, 10, CONNECTION_TEXT)) {
        if (listHas(bytes, start, end, CLOSE_TEXT)) head.close = true;
        else if (listHas(bytes, start, end, KEEP_ALIVE_TEXT)) head.keepAlive = true;
      } else if (first === 117 && matchesLower(bytes, name, 10, USER_AGENT_TEXT)) {
        mark(head, FIELD_USER_AGENT);
        head.userAgentStart = start;
        head.userAgentEnd = end;
      }
      return 0;
    case 13:
      if (first !== 105 || !matchesLower(bytes, name, 13, IF_NONE_MATCH_TEXT)) return 0;
      mark(head, FIELD_IF_NONE_MATCH);
      head.ifNoneMatchStart = start;
      head.ifNoneMatchEnd = end;
      return 0;
    case 14:
      if (first !== 99 || !matchesLower(bytes, name, 14, CONTENT_LENGTH_TEXT)) return 0;
      // RFC 9112 6.3: a second one, or a list, is refused even when the values agree.
      if ((head.fields & FIELD_CONTENT_LENGTH) !== 0) return 400;
      head.fields |= FIELD_CONTENT_LENGTH;
      head.contentLength = decimal(bytes, start, end);
      return head.contentLength < 0 ? 400 : 0;
    case 15:
      if (first !== 97 || !matchesLower(bytes, name, 15, ACCEPT_ENCODING_TEXT)) return 0;
      mark(head, FIELD_ACCEPT_ENCODING);
      head.acceptEncodingStart = start;
      head.acceptEncodingEnd = end;
      return 0;
    case 17:
      if (first === 105 && matchesLower(bytes, name, 17, IF_MODIFIED_SINCE_TEXT)) {
        mark(head, FIELD_IF_MODIFIED_SINCE);
        head.ifModifiedSinceStart = start;
        head.ifModifiedSinceEnd = end;
      } else if (first === 116 && matchesLower(bytes, name, 17, TRANSFER_ENCODING_TEXT)) {
        if ((head.fields & FIELD_TRANSFER_ENCODING) !== 0) return 400;
        head.fields |= FIELD_TRANSFER_ENCODING;
        if (matchesLower(bytes, start, end - start, CHUNKED_TEXT)) head.chunked = true;
        // RFC 9112 6.1: a coding that is not understood is 501; 6.3: chunked that is not the last one is 400.
        else return end - start > 7 && matchesLower(bytes, end - 7, 7, CHUNKED_TEXT) ? 501 : 400;
      }
      return 0;
    case 19:
      if (first !== 105 || !matchesLower(bytes, name, 19, IF_UNMODIFIED_SINCE_TEXT)) return 0;
      mark(head, FIELD_IF_UNMODIFIED_SINCE);
      head.ifUnmodifiedSinceStart = start;
      head.ifUnmodifiedSinceEnd = end;
      return 0;
    default:
      return 0;
  }
}

function mark(head: RequestHead, field: number): void {
  if ((head.fields & field) !== 0) head.repeated |= field;
  head.fields |= field;
}

// The words that are compared with, as bytes: a string's characters cost ten times as much once compiled.
const HOST_TEXT: Uint8Array = latin1Bytes("host");
const RANGE_TEXT: Uint8Array = latin1Bytes("range");
const EXPECT_TEXT: Uint8Array = latin1Bytes("expect");
const CONTINUE_TEXT: Uint8Array = latin1Bytes("100-continue");
const REFERER_TEXT: Uint8Array = latin1Bytes("referer");
const IF_MATCH_TEXT: Uint8Array = latin1Bytes("if-match");
const IF_RANGE_TEXT: Uint8Array = latin1Bytes("if-range");
const CONNECTION_TEXT: Uint8Array = latin1Bytes("connection");
const CLOSE_TEXT: Uint8Array = latin1Bytes("close");
const KEEP_ALIVE_TEXT: Uint8Array = latin1Bytes("keep-alive");
const USER_AGENT_TEXT: Uint8Array = latin1Bytes("user-agent");
const IF_NONE_MATCH_TEXT: Uint8Array = latin1Bytes("if-none-match");
const CONTENT_LENGTH_TEXT: Uint8Array = latin1Bytes("content-length");
const ACCEPT_ENCODING_TEXT: Uint8Array = latin1Bytes("accept-encoding");
const IF_MODIFIED_SINCE_TEXT: Uint8Array = latin1Bytes("if-modified-since");
const TRANSFER_ENCODING_TEXT: Uint8Array = latin1Bytes("transfer-encoding");
const CHUNKED_TEXT: Uint8Array = latin1Bytes("chunked");
const IF_UNMODIFIED_SINCE_TEXT: Uint8Array = latin1Bytes("if-unmodified-since");
