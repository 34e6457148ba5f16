// Header lines as text: which of those that a response was given go out with which answer. Read first: RFC 9110 6.4, 8,
// 15.4.5.

import { asciiLower } from "../base/text.ts";
import { COLON, CR, LF, TOKEN, VALUE } from "./syntax.ts";

/** RFC 9110 6.4.1, 15.3.5, 15.4.5: responses that never have content. */
export function hasNoContent(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

// Which of the caller's header lines are kept.
/** The machine writes Date, Server, Connection, Content-Length, Transfer-Encoding and the like. */
export const KEEP_FOR_RESPONSE = 0;
/** It also writes ETag, Last-Modified, Content-Encoding, Content-Range, Accept-Ranges. */
export const KEEP_FOR_READY = 1;
/** RFC 9110 15.4.5: a 304 carries no metadata of the representation besides what caches need. */
export const KEEP_FOR_NOT_MODIFIED = 2;

/**
 * The lines of "Name: value\r\n"... that may go out: malformed ones (no name, a control character, a CR or LF within)
 * and those that the machine writes itself are left out.
 */
export function keepHeaders(text: string, keep: number): string {
  let kept = "";
  let at = 0;
  while (at < text.length) {
    let end = text.indexOf("\r\n", at);
    if (end < 0) end = text.length;
    const name = headerName(text, at, end);
    if (name.length > 0 && !isReserved(name, keep)) kept += `${text.substring(at, end)}\r\n`;
    at = end + 2;
  }
  return kept;
}

/** True when a line is exactly this, without case. */
export function hasHeaderLine(text: string, lowerLine: string): boolean {
  const lower = asciiLower(text);
  return lower.startsWith(`${lowerLine}\r\n`) || lower.includes(`\r\n${lowerLine}\r\n`);
}

/** The lower-case name of a well-formed header line, or "". */
function headerName(text: string, start: number, end: number): string {
  let i = start;
  while (i < end && text.charCodeAt(i) < 256 && TOKEN[text.charCodeAt(i)]! !== 0) i++;
  if (i === start || i >= end || text.charCodeAt(i) !== COLON) return "";
  for (let k = i + 1; k < end; k++) {
    const c = text.charCodeAt(k);
    if (c === CR || c === LF || (c < 256 && VALUE[c]! !== 1)) return "";
  }
  return asciiLower(text.substring(start, i));
}

function isReserved(name: string, keep: number): boolean {
  switch (name) {
    case "date":
    case "server":
    case "connection":
    case "keep-alive":
    case "content-length":
    case "transfer-encoding":
    case "trailer":
    case "upgrade":
      return true;
    case "etag":
    case "last-modified":
    case "content-encoding":
    case "content-range":
    case "accept-ranges":
      return keep !== KEEP_FOR_RESPONSE;
    case "content-type":
    case "content-language":
    case "content-disposition":
      return keep === KEEP_FOR_NOT_MODIFIED;
    default:
      return false;
  }
}
