// The table of responses that can be served as they stand, and what of them a request is answered with. Read first:
// RFC 9110 12 (negotiation), 13 (conditions), 14 (ranges), 15.4.5 (304).
//
// The table says what is answered; a writer says how it goes out (http1/ready-writer.ts). Nothing is copied and nothing
// allocated. The table is replaced in one step; streams that still send an old body hold it by reference.

import { NO_PAYLOAD } from "../base/link.ts";
import { SharedMemory } from "../base/shared.ts";
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
import { hasNoContent } from "./header-lines.ts";
import { ABSENT, PageIndex, Representation } from "./ready-pages.ts";
import {
  ACCEPT_ENCODING,
  bitOf,
  IF_MATCH,
  IF_MODIFIED_SINCE,
  IF_NONE_MATCH,
  IF_RANGE,
  IF_UNMODIFIED_SINCE,
  METHOD_GET,
  METHOD_HEAD,
  RANGE,
  type Request,
} from "./request.ts";

/** What the table answers: filled by `select`, owned by the caller. */
export class ReadyAnswer {
  /** The representation's own, 206, 304, 412 or 416. */
  status = 0;
  representation: Representation = ABSENT;
  /** The content that goes out: bodyLength bytes of `body` at bodyOffset. HEAD and 304 send none. */
  body: Uint8Array = NO_PAYLOAD;
  bodyOffset = 0;
  bodyLength = 0;
}

export class ReadyTable {
  #current: PageIndex = new PageIndex();
  #next: PageIndex = new PageIndex();
  readonly #range: ByteRange = new ByteRange();
  readonly #memory: SharedMemory;

  /** `memory` counts the bodies, with what streams hold of them. */
  constructor(memory: SharedMemory = new SharedMemory()) {
    this.#memory = memory;
  }

  /** Number of paths that are answered now. */
  get size(): number {
    return this.#current.size;
  }

  /** Begins a new table; the current one goes on answering. */
  begin(): void {
    this.#next = new PageIndex();
  }

  /** Takes over what the current table has for the path into the one that was begun. */
  keep(path: string): void {
    this.#next.adopt(path, this.#current);
  }

  /** Makes the table that was begun the current one. */
  commit(): void {
    this.#current.hold(false, this.#memory);
    this.#next.hold(true, this.#memory);
    this.#current = this.#next;
    this.#next = new PageIndex();
  }

  /**
   * Adds a representation to the current table, or replaces one. `path` percent-encoded, in whatever spelling, no query;
   * `headerText` is "Name: value\r\n"...; `etag` strong with its quotes, or ""; `lastModifiedSeconds` 0 for none;
   * `encoding` "" or "gzip". `body` is sent from where it lies and must not change.
   */
  put(
    path: string,
    status: number,
    headerText: string,
    etag: string,
    lastModifiedSeconds: number,
    encoding: string,
    body: Uint8Array,
  ): void {
    const representation = new Representation(status, headerText, etag, lastModifiedSeconds, encoding, body);
    this.#current.put(path, representation, this.#memory);
  }

  /** Lets go of what the current table has for the path. */
  forget(path: string): void {
    this.#current.empty(path, this.#memory);
  }

  /**
   * Fills `answer`, or returns false: not in the table, or nothing acceptable there. `nowSeconds`: the wall clock in
   * seconds since 1970, by which dates of two digits are read.
   */
  select(bytes: Uint8Array, request: Request, nowSeconds: number, answer: ReadyAnswer): boolean {
    if (request.method !== METHOD_GET && request.method !== METHOD_HEAD) return false;
    const index = this.#current.find(bytes, request);
    if (index < 0) return false;
    const page = this.#current.page(index);
    let chosen = page.identity;
    if (page.gzip.status !== 0 && (request.fields & bitOf(ACCEPT_ENCODING)) !== 0 && acceptsGzip(bytes, request))
      chosen = page.gzip;
    if (chosen.status === 0) return false;
    answer.representation = chosen;
    // RFC 9110 13.2.1: conditions do not touch a response that would not be a success anyway.
    if ((request.fields & CONDITIONS) === 0 || chosen.status !== 200) full(chosen, request, answer);
    else this.#conditional(bytes, request, chosen, nowSeconds, answer);
    return true;
  }

  /** RFC 9110 13.2.2: the order of evaluation. */
  #conditional(
    bytes: Uint8Array,
    request: Request,
    chosen: Representation,
    nowSeconds: number,
    answer: ReadyAnswer,
  ): void {
    const { starts, ends } = request;
    // A field that comes twice where one is allowed says nothing clear: it is ignored, and the whole body is sent.
    const fields = request.fields & ~(request.repeated & SINGLE);
    if ((fields & bitOf(IF_MATCH)) !== 0) {
      if (!tagsHave(bytes, request, IF_MATCH, chosen.etagBytes, false)) {
        without(412, answer);
        return;
      }
    } else if ((fields & bitOf(IF_UNMODIFIED_SINCE)) !== 0 && chosen.lastModified > 0) {
      const date = dateAt(bytes, starts[IF_UNMODIFIED_SINCE]!, ends[IF_UNMODIFIED_SINCE]!, nowSeconds);
      if (date >= 0 && chosen.lastModified > date) {
        without(412, answer);
        return;
      }
    }
    if ((fields & bitOf(IF_NONE_MATCH)) !== 0) {
      if (tagsHave(bytes, request, IF_NONE_MATCH, chosen.etagBytes, true)) {
        without(304, answer);
        return;
      }
    } else if ((fields & bitOf(IF_MODIFIED_SINCE)) !== 0 && chosen.lastModified > 0) {
      const start = starts[IF_MODIFIED_SINCE]!;
      const end = ends[IF_MODIFIED_SINCE]!;
      // Nearly every client sends back what it was given, so the comparison of bytes settles it.
      if (
        sameBytes(bytes, start, end - start, chosen.lastModifiedBytes) ||
        dateAt(bytes, start, end, nowSeconds) >= chosen.lastModified
      ) {
        without(304, answer);
        return;
      }
    }
    // RFC 9110 14.2: Range is defined for GET alone.
    if ((fields & bitOf(RANGE)) !== 0 && request.method === METHOD_GET && ifRangeHolds(bytes, request, chosen)) {
      const verdict = decodeRange(bytes, starts[RANGE]!, ends[RANGE]!, chosen.body.length, this.#range);
      if (verdict === RANGE_UNSATISFIABLE) {
        without(416, answer);
        return;
      }
      if (verdict === RANGE_ONE) {
        answer.status = 206;
        answer.body = chosen.body;
        answer.bodyOffset = this.#range.first;
        answer.bodyLength = this.#range.length;
        return;
      }
    }
    full(chosen, request, answer);
  }
}

const CONDITIONS =
  bitOf(IF_MATCH) | bitOf(IF_UNMODIFIED_SINCE) | bitOf(IF_NONE_MATCH) | bitOf(IF_MODIFIED_SINCE) | bitOf(RANGE);
/** Of the fields that are looked at here, those that are no lists. */
const SINGLE = bitOf(IF_UNMODIFIED_SINCE) | bitOf(IF_MODIFIED_SINCE) | bitOf(RANGE) | bitOf(IF_RANGE);

function acceptsGzip(bytes: Uint8Array, request: Request): boolean {
  if ((request.repeated & bitOf(ACCEPT_ENCODING)) === 0)
    return prefersGzip(bytes, request.starts[ACCEPT_ENCODING]!, request.ends[ACCEPT_ENCODING]!);
  const list = request.joined(bytes, ACCEPT_ENCODING);
  return prefersGzip(list, 0, list.length);
}

function tagsHave(bytes: Uint8Array, request: Request, slot: number, tag: Uint8Array, weak: boolean): boolean {
  if ((request.repeated & bitOf(slot)) === 0)
    return tagListHas(bytes, request.starts[slot]!, request.ends[slot]!, tag, weak);
  const list = request.joined(bytes, slot);
  return tagListHas(list, 0, list.length, tag, weak);
}

/** RFC 9110 13.1.5: a strong comparison with the tag, or exactly the Last-Modified date. */
function ifRangeHolds(bytes: Uint8Array, request: Request, chosen: Representation): boolean {
  if ((request.fields & bitOf(IF_RANGE)) === 0) return true;
  if ((request.repeated & bitOf(IF_RANGE)) !== 0) return false;
  const start = request.starts[IF_RANGE]!;
  const length = request.ends[IF_RANGE]! - start;
  if (length === 0) return false;
  return (
    (chosen.etagBytes.length > 0 && sameBytes(bytes, start, length, chosen.etagBytes)) ||
    (chosen.lastModified > 0 && sameBytes(bytes, start, length, chosen.lastModifiedBytes))
  );
}

function full(chosen: Representation, request: Request, answer: ReadyAnswer): void {
  answer.status = chosen.status;
  answer.body = chosen.body;
  answer.bodyOffset = 0;
  answer.bodyLength = request.method === METHOD_GET && !hasNoContent(chosen.status) ? chosen.body.length : 0;
}

/** 304, 412 and 416: an answer about the representation that does not bring it. */
function without(status: number, answer: ReadyAnswer): void {
  answer.status = status;
  answer.body = NO_PAYLOAD;
  answer.bodyOffset = 0;
  answer.bodyLength = 0;
}
