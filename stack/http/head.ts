// Response heads: the bytes before a body. Read first: RFC 9112 4, RFC 9110 6.6.1 (Date), 8.6 (Content-Length), 15.

import { formatImfDate } from "../base/time.ts";
import { COLON, CR, LF, lowerCase, TOKEN, VALUE } from "./syntax.ts";

export const SERVER_NAME = "Epiphyte";

/** The phrase of a status code; "Status" for one that has none here. */
export function reasonPhrase(status: number): string {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

/** Status line, Date and Server; `second` is the wall clock in seconds since 1970. */
export function headStart(status: number, second: number): string {
  return `${statusLine(status)}Date: ${formatImfDate(second)}\r\nServer: ${SERVER_NAME}\r\n`;
}

/** Offset of the date in what headStart has written. */
export function dateOffset(status: number): number {
  return statusLine(status).length + 6;
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
}

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
  const lower = lowerCase(text);
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
  return lowerCase(text.substring(start, i));
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
