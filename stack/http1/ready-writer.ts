// How a ready answer goes out in HTTP/1.1: the bytes of its head. Read first: RFC 9112 4, RFC 9110 8, 14.4, 15.4.5.
//
// The head of a full response and of a 304 is kept with the representation and dated once a second (http/date.ts);
// those of 206, 412 and 416 are made for each.

import { Shared } from "../base/shared.ts";
import { formatImfDate } from "../base/time.ts";
import type { DateClock } from "../http/date.ts";
import {
  hasHeaderLine,
  hasNoContent,
  KEEP_FOR_NOT_MODIFIED,
  KEEP_FOR_READY,
  keepHeaders,
} from "../http/header-lines.ts";
import type { ReadyAnswer } from "../http/ready.ts";
import type { Representation } from "../http/ready-pages.ts";
import { latin1Bytes } from "../http/syntax.ts";
import { dateOffset, headStart } from "./head.ts";

/** Status line to the empty line, both included; the bytes never change. */
export function readyHead(answer: ReadyAnswer, clock: DateClock): Shared {
  const r = answer.representation;
  switch (answer.status) {
    case r.status:
      if (!r.head.made) r.head.make(latin1Bytes(fullHead(r)), dateOffset(r.status));
      return r.head.at(clock);
    case 304:
      if (!r.notModified.made) r.notModified.make(latin1Bytes(bareHead(r, 304, 0, "")), dateOffset(304));
      return r.notModified.at(clock);
    case 206:
      return new Shared(latin1Bytes(partialHead(r, answer.bodyOffset, answer.bodyLength, clock.second)));
    case 416:
      return new Shared(
        latin1Bytes(bareHead(r, 416, clock.second, `Content-Range: bytes */${r.body.length}\r\nContent-Length: 0\r\n`)),
      );
    default:
      return new Shared(latin1Bytes(bareHead(r, answer.status, clock.second, "Content-Length: 0\r\n")));
  }
}

function fullHead(r: Representation): string {
  const length = hasNoContent(r.status) ? "" : `Content-Length: ${r.body.length}\r\n`;
  const ranges = r.status === 200 ? "Accept-Ranges: bytes\r\n" : "";
  return `${headStart(r.status, 0)}${content(r)}${validators(r)}${ranges}${length}\r\n`;
}

function partialHead(r: Representation, first: number, length: number, second: number): string {
  const range = `Content-Range: bytes ${first}-${first + length - 1}/${r.body.length}\r\n`;
  return `${headStart(206, second)}${content(r)}${validators(r)}${range}Content-Length: ${length}\r\n\r\n`;
}

/** 304, 412 and 416: about the representation, without bringing it. */
function bareHead(r: Representation, status: number, second: number, extra: string): string {
  const kept = keepHeaders(r.headerText, KEEP_FOR_NOT_MODIFIED);
  return `${headStart(status, second)}${kept}${validators(r)}${extra}\r\n`;
}

function content(r: Representation): string {
  const coding = r.encoding === "" ? "" : `Content-Encoding: ${r.encoding}\r\n`;
  return `${keepHeaders(r.headerText, KEEP_FOR_READY)}${coding}`;
}

/** The fields that every answer about a representation carries. */
function validators(r: Representation): string {
  const etag = r.etag === "" ? "" : `ETag: ${r.etag}\r\n`;
  const modified = r.lastModified > 0 ? `Last-Modified: ${formatImfDate(r.lastModified)}\r\n` : "";
  // RFC 9110 12.5.5: a path with more than one representation was chosen by Accept-Encoding.
  const vary = r.varies && !hasHeaderLine(r.headerText, "vary: accept-encoding") ? "Vary: Accept-Encoding\r\n" : "";
  return `${etag}${modified}${vary}`;
}
