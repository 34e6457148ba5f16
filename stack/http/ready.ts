// The table of responses that can be served as they stand. Read first: RFC 9110 12 (negotiation), 13 (conditions), 14
// (ranges), 15.4.5 (304).
//
// Looked up by the bytes of the path: open addressing over the 24-bit hash that the head's decoder has computed in
// passing. Nothing is copied and nothing allocated for a full response or a 304 (one small head a second and page, see
// date.ts). The table is replaced in one step; streams that still send an old body hold it by reference.

import { NO_PAYLOAD } from "../base/link.ts";
import { formatImfDate } from "../base/time.ts";
import {
  ByteRange,
  dateAt,
  decodeRange,
  prefersGzip,
  RANGE_ONE,
  RANGE_UNSATISFIABLE,
  sameBytes,
  tagListHas,
} from "./conditional.ts";
import { type DateClock, StampedHead } from "./date.ts";
import {
  dateOffset,
  hasHeaderLine,
  hasNoContent,
  headStart,
  KEEP_FOR_NOT_MODIFIED,
  KEEP_FOR_READY,
  keepHeaders,
} from "./head.ts";
import {
  FIELD_ACCEPT_ENCODING,
  FIELD_IF_MATCH,
  FIELD_IF_MODIFIED_SINCE,
  FIELD_IF_NONE_MATCH,
  FIELD_IF_RANGE,
  FIELD_IF_UNMODIFIED_SINCE,
  FIELD_RANGE,
  METHOD_GET,
  METHOD_HEAD,
  type RequestHead,
} from "./request-head.ts";
import { latin1Bytes, SLASH } from "./syntax.ts";
import { pathHash } from "./wire.ts";

/** What the table answers: filled by `select`, owned by the caller. */
export class ReadyAnswer {
  status = 0;
  /** Status line to the empty line, both included. */
  head: Uint8Array = NO_PAYLOAD;
  body: Uint8Array = NO_PAYLOAD;
  bodyOffset = 0;
  bodyLength = 0;
}

export class ReadyTable {
  #current: PageIndex = new PageIndex();
  #next: PageIndex = new PageIndex();
  readonly #range: ByteRange = new ByteRange();

  /** Number of paths that are answered now. */
  get size(): number {
    return this.#current.size;
  }

  /** Begins a new table; the current one goes on answering. */
  begin(): void {
    this.#next = new PageIndex();
  }

  /**
   * Adds a representation to the table that was begun. `path` as it arrives, percent-encoded, without query;
   * `headerText` is "Name: value\r\n"...; `etag` strong with its quotes, or ""; `lastModifiedSeconds` 0 for none;
   * `encoding` "" or "gzip". `body` is sent from where it lies and must not change.
   */
  add(
    path: string,
    status: number,
    headerText: string,
    etag: string,
    lastModifiedSeconds: number,
    encoding: string,
    body: Uint8Array,
  ): void {
    this.#next.put(path, new Representation(status, headerText, etag, lastModifiedSeconds, encoding, body));
  }

  /** Makes the table that was begun the current one. */
  commit(): void {
    this.#current = this.#next;
    this.#next = new PageIndex();
  }

  /** Adds to, or replaces in, the current table. */
  put(
    path: string,
    status: number,
    headerText: string,
    etag: string,
    lastModifiedSeconds: number,
    encoding: string,
    body: Uint8Array,
  ): void {
    this.#current.put(path, new Representation(status, headerText, etag, lastModifiedSeconds, encoding, body));
  }

  /** Fills `answer`, or returns false: not in the table, or nothing acceptable there. */
  select(bytes: Uint8Array, head: RequestHead, clock: DateClock, answer: ReadyAnswer): boolean {
    if (head.method !== METHOD_GET && head.method !== METHOD_HEAD) return false;
    const index = this.#current.find(bytes, head);
    if (index < 0) return false;
    const page = this.#current.page(index);
    // A field that comes twice where one is allowed says nothing clear: it is ignored, and the whole body is sent.
    const fields = head.fields & ~head.repeated;
    let chosen = page.identity;
    if (page.gzip.status !== 0) {
      const gzip =
        (fields & FIELD_ACCEPT_ENCODING) !== 0 && prefersGzip(bytes, head.acceptEncodingStart, head.acceptEncodingEnd);
      if (gzip) chosen = page.gzip;
    }
    if (chosen.status === 0) return false;
    const conditions = fields & CONDITIONS;
    // RFC 9110 13.2.1: conditions do not touch a response that would not be a success anyway.
    if (conditions === 0 || chosen.status !== 200) full(chosen, clock, head.method === METHOD_GET, answer);
    else this.#conditional(bytes, head, conditions, chosen, clock, answer);
    return true;
  }

  /** RFC 9110 13.2.2: the order of evaluation. */
  #conditional(
    bytes: Uint8Array,
    head: RequestHead,
    fields: number,
    chosen: Representation,
    clock: DateClock,
    answer: ReadyAnswer,
  ): void {
    if ((fields & FIELD_IF_MATCH) !== 0) {
      if (!tagListHas(bytes, head.ifMatchStart, head.ifMatchEnd, chosen.etagBytes, false)) {
        without(chosen, 412, "", clock, answer);
        return;
      }
    } else if ((fields & FIELD_IF_UNMODIFIED_SINCE) !== 0 && chosen.lastModified > 0) {
      const date = dateAt(bytes, head.ifUnmodifiedSinceStart, head.ifUnmodifiedSinceEnd, clock.second);
      if (date >= 0 && chosen.lastModified > date) {
        without(chosen, 412, "", clock, answer);
        return;
      }
    }
    if ((fields & FIELD_IF_NONE_MATCH) !== 0) {
      if (tagListHas(bytes, head.ifNoneMatchStart, head.ifNoneMatchEnd, chosen.etagBytes, true)) {
        notModified(chosen, clock, answer);
        return;
      }
    } else if ((fields & FIELD_IF_MODIFIED_SINCE) !== 0 && chosen.lastModified > 0) {
      const start = head.ifModifiedSinceStart;
      const end = head.ifModifiedSinceEnd;
      // Nearly every client sends back what it was given, so the comparison of bytes settles it.
      if (
        sameBytes(bytes, start, end - start, chosen.lastModifiedBytes) ||
        dateAt(bytes, start, end, clock.second) >= chosen.lastModified
      ) {
        notModified(chosen, clock, answer);
        return;
      }
    }
    // RFC 9110 14.2: Range is defined for GET alone.
    if ((fields & FIELD_RANGE) !== 0 && head.method === METHOD_GET && ifRangeHolds(bytes, head, fields, chosen)) {
      const size = chosen.body.length;
      const verdict = decodeRange(bytes, head.rangeStart, head.rangeEnd, size, this.#range);
      if (verdict === RANGE_UNSATISFIABLE) {
        without(chosen, 416, `Content-Range: bytes */${size}\r\n`, clock, answer);
        return;
      }
      if (verdict === RANGE_ONE) {
        partial(chosen, this.#range.first, this.#range.length, clock, answer);
        return;
      }
    }
    full(chosen, clock, head.method === METHOD_GET, answer);
  }
}

const CONDITIONS =
  FIELD_IF_MATCH | FIELD_IF_UNMODIFIED_SINCE | FIELD_IF_NONE_MATCH | FIELD_IF_MODIFIED_SINCE | FIELD_RANGE;

/** RFC 9110 13.1.5: a strong comparison with the tag, or exactly the Last-Modified date. */
function ifRangeHolds(bytes: Uint8Array, head: RequestHead, fields: number, chosen: Representation): boolean {
  if ((head.fields & FIELD_IF_RANGE) === 0) return true;
  if ((head.repeated & FIELD_IF_RANGE) !== 0 || fields === 0) return false;
  const length = head.ifRangeEnd - head.ifRangeStart;
  if (length === 0) return false;
  return (
    (chosen.etagBytes.length > 0 && sameBytes(bytes, head.ifRangeStart, length, chosen.etagBytes)) ||
    (chosen.lastModified > 0 && sameBytes(bytes, head.ifRangeStart, length, chosen.lastModifiedBytes))
  );
}

function full(chosen: Representation, clock: DateClock, withBody: boolean, answer: ReadyAnswer): void {
  if (!chosen.head.made) {
    const length = hasNoContent(chosen.status) ? "" : `Content-Length: ${chosen.body.length}\r\n`;
    const ranges = chosen.status === 200 ? "Accept-Ranges: bytes\r\n" : "";
    const kept = keepHeaders(chosen.headerText, KEEP_FOR_READY);
    const coding = chosen.encoding === "" ? "" : `Content-Encoding: ${chosen.encoding}\r\n`;
    chosen.head.make(
      latin1Bytes(`${headStart(chosen.status, 0)}${kept}${coding}${validators(chosen)}${ranges}${length}\r\n`),
      dateOffset(chosen.status),
    );
  }
  answer.status = chosen.status;
  answer.head = chosen.head.at(clock);
  answer.body = chosen.body;
  answer.bodyOffset = 0;
  answer.bodyLength = withBody && !hasNoContent(chosen.status) ? chosen.body.length : 0;
}

function notModified(chosen: Representation, clock: DateClock, answer: ReadyAnswer): void {
  if (!chosen.notModified.made) {
    const kept = keepHeaders(chosen.headerText, KEEP_FOR_NOT_MODIFIED);
    chosen.notModified.make(latin1Bytes(`${headStart(304, 0)}${kept}${validators(chosen)}\r\n`), dateOffset(304));
  }
  answer.status = 304;
  answer.head = chosen.notModified.at(clock);
  answer.body = NO_PAYLOAD;
  answer.bodyOffset = 0;
  answer.bodyLength = 0;
}

function partial(chosen: Representation, first: number, length: number, clock: DateClock, answer: ReadyAnswer): void {
  const kept = keepHeaders(chosen.headerText, KEEP_FOR_READY);
  const coding = chosen.encoding === "" ? "" : `Content-Encoding: ${chosen.encoding}\r\n`;
  const range = `Content-Range: bytes ${first}-${first + length - 1}/${chosen.body.length}\r\n`;
  answer.status = 206;
  answer.head = latin1Bytes(
    `${headStart(206, clock.second)}${kept}${coding}${validators(chosen)}${range}Content-Length: ${length}\r\n\r\n`,
  );
  answer.body = chosen.body;
  answer.bodyOffset = first;
  answer.bodyLength = length;
}

/** 412 and 416: an answer about the representation that does not bring it. */
function without(chosen: Representation, status: number, extra: string, clock: DateClock, answer: ReadyAnswer): void {
  const kept = keepHeaders(chosen.headerText, KEEP_FOR_NOT_MODIFIED);
  answer.status = status;
  answer.head = latin1Bytes(
    `${headStart(status, clock.second)}${kept}${validators(chosen)}${extra}Content-Length: 0\r\n\r\n`,
  );
  answer.body = NO_PAYLOAD;
  answer.bodyOffset = 0;
  answer.bodyLength = 0;
}

/** The fields that every answer about a representation carries. */
function validators(chosen: Representation): string {
  const etag = chosen.etag === "" ? "" : `ETag: ${chosen.etag}\r\n`;
  const modified = chosen.lastModified > 0 ? `Last-Modified: ${formatImfDate(chosen.lastModified)}\r\n` : "";
  // RFC 9110 12.5.5: a path with more than one representation was chosen by Accept-Encoding.
  const vary =
    chosen.varies && !hasHeaderLine(chosen.headerText, "vary: accept-encoding") ? "Vary: Accept-Encoding\r\n" : "";
  return `${etag}${modified}${vary}`;
}

class Representation {
  /** 0: there is none. */
  readonly status: number;
  readonly headerText: string;
  readonly etag: string;
  readonly etagBytes: Uint8Array;
  readonly lastModified: number;
  readonly lastModifiedBytes: Uint8Array;
  readonly encoding: string;
  readonly body: Uint8Array;
  varies = false;
  head: StampedHead = new StampedHead();
  notModified: StampedHead = new StampedHead();

  constructor(
    status: number,
    headerText: string,
    etag: string,
    lastModified: number,
    encoding: string,
    body: Uint8Array,
  ) {
    this.status = status;
    this.headerText = headerText;
    this.etag = etag;
    this.etagBytes = latin1Bytes(etag);
    this.lastModified = lastModified;
    this.lastModifiedBytes = lastModified > 0 ? latin1Bytes(formatImfDate(lastModified)) : NO_PAYLOAD;
    this.encoding = encoding;
    this.body = body;
  }
}

const ABSENT: Representation = new Representation(0, "", "", 0, "", NO_PAYLOAD);

/** A path and what there is for it. */
class Page {
  readonly path: Uint8Array;
  readonly hash: number;
  identity: Representation = ABSENT;
  gzip: Representation = ABSENT;

  constructor(path: Uint8Array, hash: number) {
    this.path = path;
    this.hash = hash;
  }

  put(representation: Representation): void {
    if (representation.encoding === "gzip") this.gzip = representation;
    else this.identity = representation;
    if (this.gzip.status === 0 || this.identity.status === 0) return;
    vary(this.gzip);
    vary(this.identity);
  }
}

/** Heads that were made before the second representation came are made anew. */
function vary(representation: Representation): void {
  if (representation.varies) return;
  representation.varies = true;
  representation.head = new StampedHead();
  representation.notModified = new StampedHead();
}

class PageIndex {
  #pages: Page[] = [];
  /** Open addressing: index in #pages plus one, 0 for a free place. At most half full; a power of two. */
  #places: Int32Array = new Int32Array(64);
  #mask = 63;

  get size(): number {
    return this.#pages.length;
  }

  page(index: number): Page {
    return this.#pages[index]!;
  }

  /** The index of the request's page, or -1. */
  find(bytes: Uint8Array, head: RequestHead): number {
    // RFC 9112 3.2.1: an absolute form without a path means "/".
    if (head.pathEnd === head.pathStart) return head.asterisk ? -1 : this.#search(ROOT, 0, 1, head.pathHash);
    return this.#search(bytes, head.pathStart, head.pathEnd - head.pathStart, head.pathHash);
  }

  put(path: string, representation: Representation): void {
    const bytes = latin1Bytes(path);
    const hash = pathHash(bytes, 0, bytes.length);
    let index = this.#search(bytes, 0, bytes.length, hash);
    if (index < 0) {
      index = this.#pages.length;
      this.#pages.push(new Page(bytes, hash));
      if (this.#pages.length * 2 > this.#places.length) this.#grow();
      else this.#place(index, hash);
    }
    this.#pages[index]!.put(representation);
  }

  #search(bytes: Uint8Array, start: number, length: number, hash: number): number {
    for (let at = hash & this.#mask; ; at = (at + 1) & this.#mask) {
      const index = this.#places[at]! - 1;
      if (index < 0) return -1;
      const page = this.#pages[index]!;
      if (page.hash === hash && sameBytes(bytes, start, length, page.path)) return index;
    }
  }

  #place(index: number, hash: number): void {
    let at = hash & this.#mask;
    while (this.#places[at]! !== 0) at = (at + 1) & this.#mask;
    this.#places[at] = index + 1;
  }

  #grow(): void {
    this.#places = new Int32Array(this.#places.length * 2);
    this.#mask = this.#places.length - 1;
    for (let i = 0; i < this.#pages.length; i++) this.#place(i, this.#pages[i]!.hash);
  }
}

const ROOT: Uint8Array = rootPath();

function rootPath(): Uint8Array {
  const bytes = new Uint8Array(1);
  bytes[0] = SLASH;
  return bytes;
}
