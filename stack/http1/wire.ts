/// <reference path="../base/native.d.ts" />
// The head of a request, read in place. Read first: RFC 9112 2 to 6 (HTTP/1.1 messages), RFC 9110 5 to 7.
//
// One pass over the bytes, nothing allocated: the caller owns a RequestHead, and what it holds are offsets. The decoder
// is strict wherever RFC 9112 lets a recipient choose: a bare CR or LF, a folded line, whitespace before a colon, a
// second Content-Length or Host all mean 400, because what two readers understand differently is a way in.

import { equalBytes } from "../base/native.ts";
import type { HttpLimits } from "../http/limits.ts";
import { pathHash } from "../http/path.ts";
import {
  bitOf,
  CONTENT_LENGTH,
  HOST,
  METHOD_CONNECT,
  METHOD_DELETE,
  METHOD_GET,
  METHOD_HEAD,
  METHOD_OPTIONS,
  METHOD_PATCH,
  METHOD_POST,
  METHOD_PUT,
  METHOD_TRACE,
  METHOD_UNKNOWN,
  TRANSFER_ENCODING,
} from "../http/request.ts";
import {
  COLON,
  CR,
  HTAB,
  LF,
  latin1Bytes,
  matchesLower,
  PATH,
  QUERY,
  SLASH,
  SP,
  TOKEN,
  VALUE,
} from "../http/syntax.ts";
import { noteField, slotOf } from "./fields.ts";
import type { RequestHead } from "./request-head.ts";
import { authorityIsValid, pathIsPlain } from "./target.ts";

/** decodeRequestHead: the head is not complete yet. Every other answer but 0 is the status of an error response. */
export const INCOMPLETE = -1;

/**
 * Decodes the request head at `start`, which is to have no more than `maxHead` bytes. 0: complete; INCOMPLETE: valid so far; otherwise 400, 414, 431, 417, 501 or 505.
 * The answer depends only on the first bytes up to where the error lies, so it is the same however they arrived.
 */
export function decodeRequestHead(
  bytes: Uint8Array,
  start: number,
  length: number,
  maxHead: number,
  limits: HttpLimits,
  head: RequestHead,
): number {
  const tooLong = length >= maxHead;
  const end = start + Math.min(length, maxHead);
  head.targetEnd = 0;
  head.clearFields();
  head.headerCount = 0;
  head.contentLength = 0;
  head.chunked = false;
  head.close = false;
  head.keepAlive = false;
  head.expectContinue = false;
  let status = 0;
  let i = start;

  // RFC 9112 2.2: empty lines before the request line are ignored.
  while (i < end && bytes[i] === CR) {
    if (i + 1 >= end) return tooLong ? 414 : INCOMPLETE;
    if (bytes[i + 1] !== LF) return 400;
    i += 2;
  }
  head.methodStart = i;
  head.methodEnd = i;

  // RFC 9112 3: request-line = method SP request-target SP HTTP-version
  i += nativeSpan(bytes, i, end - i, TOKEN);
  if (i - head.methodStart > MAX_METHOD) return 501;
  if (i >= end) return tooLong ? 414 : INCOMPLETE;
  if (bytes[i] !== SP || i === head.methodStart) return 400;
  head.methodEnd = i;
  head.method = methodOf(bytes, head.methodStart, i - head.methodStart);
  i++;
  const targetStart = i;
  head.targetStart = i;

  if (i < end && bytes[i] === SLASH) {
    // The origin form, nearly always.
    i += nativeSpan(bytes, i, end - i, PATH);
    head.pathStart = targetStart;
    head.pathEnd = i;
    head.asterisk = false;
    if (i < end && bytes[i] === 63) {
      i++;
      i += nativeSpan(bytes, i, end - i, QUERY);
    }
    if (i - targetStart > limits.target) return 414;
    if (i >= end) return tooLong ? 414 : INCOMPLETE;
    if (bytes[i] !== SP) return 400;
    if (!pathIsPlain(bytes, targetStart, head.pathEnd)) return 400;
    head.pathHash = pathHash(bytes, targetStart, head.pathEnd);
  } else {
    i += nativeSpan(bytes, i, end - i, QUERY);
    if (i - targetStart > limits.target) return 414;
    if (i >= end) return tooLong ? 414 : INCOMPLETE;
    if (bytes[i] !== SP) return 400;
    status = otherForm(bytes, targetStart, i, head);
    if (status !== 0) return status;
  }
  const targetEnd = i;
  i++;

  // RFC 9112 2.3: HTTP-name "/" DIGIT "." DIGIT; nearly always 1.1, and then seen at a glance.
  if (end - i >= 10 && equalBytes(bytes, i, VERSION_LINE, 0, 10)) {
    head.minor = 1;
    i += 10;
  } else {
    for (let k = 0; k < 8; k++, i++) {
      if (i >= end) return tooLong ? 414 : INCOMPLETE;
      const c = bytes[i]!;
      if (k === 5 || k === 7 ? c < 48 || c > 57 : c !== VERSION_LINE[k]) return 400;
    }
    if (bytes[i - 3] !== 49) return 505;
    head.minor = bytes[i - 1]! - 48;
    if (i + 1 >= end) {
      if (i < end && bytes[i] !== CR) return 400;
      return tooLong ? 414 : INCOMPLETE;
    }
    if (bytes[i] !== CR || bytes[i + 1] !== LF) return 400;
    i += 2;
  }
  head.targetEnd = targetEnd;
  head.headersStart = i;

  // RFC 9112 5: field-name ":" OWS field-value OWS CRLF
  let count = 0;
  for (;;) {
    if (i >= end) return tooLong ? 431 : INCOMPLETE;
    const nameStart = i;
    i += nativeSpan(bytes, i, end - i, TOKEN);
    if (i >= end) return tooLong ? 431 : INCOMPLETE;
    const nameLength = i - nameStart;
    if (nameLength === 0) {
      // The empty line; a fold (RFC 9112 5.2), a bare LF, an empty name are errors.
      if (bytes[i] !== CR) return 400;
      if (i + 1 >= end) return tooLong ? 431 : INCOMPLETE;
      if (bytes[i + 1] !== LF) return 400;
      i += 2;
      break;
    }
    // RFC 9112 5.1: no whitespace between name and colon.
    if (bytes[i] !== COLON) return 400;
    i++;
    while (i < end && isBlank(bytes[i]!)) i++;
    const valueStart = i;
    i += nativeSpan(bytes, i, end - i, VALUE);
    if (i >= end) return tooLong ? 431 : INCOMPLETE;
    // RFC 9112 2.2 and RFC 9110 5.5: a bare CR, LF or NUL is refused.
    if (bytes[i] !== CR) return 400;
    if (i + 1 >= end) return tooLong ? 431 : INCOMPLETE;
    if (bytes[i + 1] !== LF) return 400;
    let valueEnd = i;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
    i += 2;
    count++;
    if (count > limits.headers) return 431;
    const slot = slotOf(bytes, nameStart, nameLength);
    if (slot >= 0) {
      status = noteField(bytes, slot, valueStart, valueEnd, head);
      if (status !== 0) return status;
    }
  }
  head.headerCount = count;
  head.length = i - start;
  return checkFraming(head);
}

/** RFC 9112 6.1, 6.3, 3.2 and RFC 9110 10.1.1: what only the whole head can tell. */
function checkFraming(head: RequestHead): number {
  if (head.minor === 0) {
    // RFC 9112 6.1: Transfer-Encoding in HTTP/1.0 is a framing error; RFC 9110 10.1.1: its Expect is ignored.
    if ((head.fields & bitOf(TRANSFER_ENCODING)) !== 0) return 400;
    head.expectContinue = false;
  } else if ((head.fields & bitOf(HOST)) === 0) return 400;
  if ((head.fields & BOTH_FRAMINGS) === BOTH_FRAMINGS) return 400;
  // RFC 9110 9.1: a method that is not recognised; 9.3.6: this is no proxy.
  if (head.method === METHOD_UNKNOWN || head.method === METHOD_CONNECT) return 501;
  if (head.asterisk && head.method !== METHOD_OPTIONS) return 400;
  return 0;
}

const BOTH_FRAMINGS = bitOf(TRANSFER_ENCODING) | bitOf(CONTENT_LENGTH);
const VERSION_LINE: Uint8Array = latin1Bytes("HTTP/1.1\r\n");
/** Longer than any method that is registered (UPDATEREDIRECTREF has 17). */
const MAX_METHOD = 24;

function methodOf(bytes: Uint8Array, start: number, length: number): number {
  // RFC 9110 9.1: case-sensitive.
  const c = bytes[start]!;
  if (length === 3) {
    if (c === 71 && bytes[start + 1] === 69 && bytes[start + 2] === 84) return METHOD_GET;
    return literal(bytes, start, length, METHOD_PUT_NAME) ? METHOD_PUT : METHOD_UNKNOWN;
  }
  if (length === 4) {
    if (literal(bytes, start, length, METHOD_HEAD_NAME)) return METHOD_HEAD;
    return literal(bytes, start, length, METHOD_POST_NAME) ? METHOD_POST : METHOD_UNKNOWN;
  }
  if (literal(bytes, start, length, METHOD_DELETE_NAME)) return METHOD_DELETE;
  if (literal(bytes, start, length, METHOD_OPTIONS_NAME)) return METHOD_OPTIONS;
  if (literal(bytes, start, length, METHOD_PATCH_NAME)) return METHOD_PATCH;
  if (literal(bytes, start, length, METHOD_TRACE_NAME)) return METHOD_TRACE;
  return literal(bytes, start, length, METHOD_CONNECT_NAME) ? METHOD_CONNECT : METHOD_UNKNOWN;
}

function literal(bytes: Uint8Array, start: number, length: number, text: Uint8Array): boolean {
  return length === text.length && equalBytes(bytes, start, text, 0, length);
}

/** RFC 9110 5.6.3: what optional whitespace is made of. */
function isBlank(c: number): boolean {
  return c === SP || c === HTAB;
}

/** The absolute form (RFC 9112 3.2.2), "*" (3.2.4), and CONNECT's authority form (3.2.3), which ends as 501. */
function otherForm(bytes: Uint8Array, start: number, end: number, head: RequestHead): number {
  head.pathStart = end;
  head.pathEnd = end;
  head.pathHash = ROOT_HASH;
  head.asterisk = false;
  if (head.method === METHOD_CONNECT) return authorityIsValid(bytes, start, end) ? 0 : 400;
  if (end - start === 1 && bytes[start] === 42) {
    head.asterisk = true;
    return 0;
  }
  let i = start;
  if (end - start >= 7 && matchesLower(bytes, start, 7, HTTP_SCHEME)) i += 7;
  else if (end - start >= 8 && matchesLower(bytes, start, 8, HTTPS_SCHEME)) i += 8;
  else return 400;
  const authority = i;
  while (i < end && bytes[i] !== SLASH && bytes[i] !== 63) i++;
  if (!authorityIsValid(bytes, authority, i)) return 400;
  head.pathStart = i;
  i += nativeSpan(bytes, i, end - i, PATH);
  if (i < end && bytes[i] !== 63) return 400;
  head.pathEnd = i;
  if (i > head.pathStart) {
    head.pathHash = pathHash(bytes, head.pathStart, i);
    if (!pathIsPlain(bytes, head.pathStart, i)) return 400;
  }
  return 0;
}

const ROOT_HASH = pathHash(latin1Bytes("/"), 0, 1);

// The words that are compared with, as bytes: a string's characters cost ten times as much once compiled.
const METHOD_PUT_NAME: Uint8Array = latin1Bytes("PUT");
const METHOD_HEAD_NAME: Uint8Array = latin1Bytes("HEAD");
const METHOD_POST_NAME: Uint8Array = latin1Bytes("POST");
const METHOD_DELETE_NAME: Uint8Array = latin1Bytes("DELETE");
const METHOD_OPTIONS_NAME: Uint8Array = latin1Bytes("OPTIONS");
const METHOD_PATCH_NAME: Uint8Array = latin1Bytes("PATCH");
const METHOD_TRACE_NAME: Uint8Array = latin1Bytes("TRACE");
const METHOD_CONNECT_NAME: Uint8Array = latin1Bytes("CONNECT");
const HTTP_SCHEME: Uint8Array = latin1Bytes("http://");
const HTTPS_SCHEME: Uint8Array = latin1Bytes("https://");
