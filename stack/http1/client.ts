// The client's side of HTTP/1.1: encodes a request's head, reads a response in pieces. Sans-IO.
// Read first: RFC 9112 6.3 (how long a message's body is), 8 (incomplete messages).
//
// A server may be older or sloppier than RFC 9112; what the specification lets a recipient forgive is forgiven here (a
// bare LF, a folded line, a missing reason phrase). What decides about a body's length is not.

import { copyBytes, latin1 } from "../base/native.ts";
import type { Result } from "../base/result.ts";
import { asciiLower } from "../base/text.ts";
import { decimal, HTAB, LF, latin1Bytes, listHas, QUERY, SP, TOKEN, VALUE } from "../http/syntax.ts";
import { CHUNK_DONE, CHUNK_MALFORMED, CHUNK_OK, CHUNK_TOO_LARGE, ChunkDecoder } from "./chunked.ts";
import { authorityIsValid } from "./target.ts";

export type RequestError = "bad-method" | "bad-host" | "bad-target" | "bad-header";

/**
 * The head of a request. `host` is host[:port]; `target` begins with "/"; `headerText` is "Name: value\r\n"... without
 * Host, Content-Length, Transfer-Encoding and Connection; `bodyLength` -1 means that there is no body.
 */
export function encodeRequest(
  method: string,
  host: string,
  target: string,
  headerText: string,
  bodyLength: number,
): Result<Uint8Array, RequestError> {
  const methodBytes = latin1Bytes(method);
  for (let i = 0; i < methodBytes.length; i++)
    if (TOKEN[methodBytes[i]!]! === 0) return { ok: false, error: "bad-method" };
  if (methodBytes.length === 0) return { ok: false, error: "bad-method" };
  const hostBytes = latin1Bytes(host);
  if (!authorityIsValid(hostBytes, 0, hostBytes.length)) return { ok: false, error: "bad-host" };
  const targetBytes = latin1Bytes(target);
  for (let i = 0; i < targetBytes.length; i++)
    if (QUERY[targetBytes[i]!]! !== 1 || target.charCodeAt(i) > 126) return { ok: false, error: "bad-target" };
  if (!target.startsWith("/")) return { ok: false, error: "bad-target" };
  if (!headersAreValid(headerText)) return { ok: false, error: "bad-header" };
  const length = bodyLength < 0 ? "" : `Content-Length: ${bodyLength}\r\n`;
  return {
    ok: true,
    value: latin1Bytes(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${headerText}${length}\r\n`),
  };
}

// What HttpResponseReader.push and .end answer.
/** All bytes are taken; more are needed. */
export const NEED_MORE = 0;
/** The final response's head is complete: status and headers can be read. Go on with what follows `consumed`. */
export const GOT_HEAD = 1;
/** A range of the body lies at dataStart, dataLength of the bytes pushed. Go on with what follows `consumed`. */
export const GOT_DATA = 2;
/** The response is complete; nothing beyond it was taken. */
export const GOT_END = 3;
/** `error` says why; nothing more can be read. */
export const FAILED = 4;

export type ResponseError =
  | "malformed"
  | "head-too-large"
  | "body-too-large"
  | "cut-short"
  /** A transfer coding that was not asked for (RFC 9112 6.1), or an unwanted switch of protocols. */
  | "unexpected";

export interface ResponseLimits {
  /** Bytes of a head, interim ones each. */
  readonly head: number;
  /** Interim (1xx) responses before the final one. */
  readonly interim: number;
  /** Bytes of body. */
  readonly body: number;
}

export const RESPONSE_LIMITS: ResponseLimits = { head: 65_536, interim: 16, body: 268_435_456 };

const HEAD = 0;
const BODY_NONE = 1;
const BODY_LENGTH = 2;
const BODY_CHUNKED = 3;
const BODY_UNTIL_CLOSE = 4;
const ENDED = 5;
const BROKEN = 6;

/** Reads one response. */
export class HttpResponseReader {
  /** After `push`. */
  consumed = 0;
  dataStart = 0;
  dataLength = 0;
  error: ResponseError = "malformed";
  /** From GOT_HEAD on. Names in lower case, in order of arrival. */
  status = 0;
  reason = "";
  names: string[] = [];
  values: string[] = [];
  /** Bytes of body that the head announces, or -1: unknown. */
  expected = -1;
  /** Bytes of body so far. */
  received = 0;
  /** True once a byte of a response has come. */
  begun = false;
  /** True when the connection may carry another request after this response (RFC 9112 9.3). */
  keepAlive = false;
  readonly #limits: ResponseLimits;
  /** True for HEAD: no body whatever the head says (RFC 9112 6.3). */
  readonly #bodiless: boolean;
  readonly #chunks: ChunkDecoder = new ChunkDecoder();
  #state = HEAD;
  #head: Uint8Array = new Uint8Array(1024);
  #headLength = 0;
  /** Bytes of the current line of the head, its CR not counted. */
  #lineLength = 0;
  #interim = 0;

  constructor(method: string, limits: ResponseLimits) {
    this.#bodiless = method === "HEAD";
    this.#limits = limits;
    this.#chunks.reset(limits.body);
  }

  /** Takes bytes up to the next thing to tell. */
  push(bytes: Uint8Array, offset: number, length: number): number {
    this.consumed = 0;
    this.dataStart = offset;
    this.dataLength = 0;
    if (length > 0) this.begun = true;
    switch (this.#state) {
      case HEAD:
        return this.#pushHead(bytes, offset, length);
      case BODY_NONE:
        return this.#finish();
      case BODY_LENGTH: {
        const rest = this.expected - this.received;
        return rest === 0 ? this.#finish() : this.#data(offset, Math.min(rest, length), 0);
      }
      case BODY_CHUNKED: {
        let at = 0;
        while (at < length) {
          const verdict = this.#chunks.push(bytes, offset + at, length - at);
          at += this.#chunks.consumed;
          this.consumed = at;
          if (verdict === CHUNK_DONE) return this.#finish();
          if (verdict === CHUNK_TOO_LARGE) return this.#fail("body-too-large");
          if (verdict !== CHUNK_OK) return this.#fail(verdict === CHUNK_MALFORMED ? "malformed" : "head-too-large");
          if (this.#chunks.dataLength > 0) return this.#data(this.#chunks.dataStart, this.#chunks.dataLength, at);
        }
        return NEED_MORE;
      }
      case BODY_UNTIL_CLOSE:
        return this.#data(offset, length, 0);
      case ENDED:
        return GOT_END;
      default:
        return FAILED;
    }
  }

  /** The stream has ended: GOT_END, or FAILED with "cut-short" (RFC 9112 8). */
  end(): number {
    if (this.#state === ENDED) return GOT_END;
    if (this.#state === BROKEN) return FAILED;
    const complete =
      this.#state === BODY_UNTIL_CLOSE ||
      this.#state === BODY_NONE ||
      (this.#state === BODY_LENGTH && this.received === this.expected);
    return complete ? this.#finish() : this.#fail("cut-short");
  }

  #data(start: number, length: number, consumed: number): number {
    if (length === 0) return NEED_MORE;
    this.received += length;
    if (this.received > this.#limits.body) return this.#fail("body-too-large");
    this.dataStart = start;
    this.dataLength = length;
    this.consumed = consumed > 0 ? consumed : length;
    return GOT_DATA;
  }

  #finish(): number {
    this.#state = ENDED;
    return GOT_END;
  }

  #fail(error: ResponseError): number {
    this.#state = BROKEN;
    this.error = error;
    this.keepAlive = false;
    return FAILED;
  }

  #pushHead(bytes: Uint8Array, offset: number, length: number): number {
    let i = 0;
    while (i < length) {
      const c = bytes[offset + i]!;
      i++;
      if (this.#headLength >= this.#limits.head) return this.#fail("head-too-large");
      if (this.#headLength === this.#head.length) this.#growHead();
      this.#head[this.#headLength] = c;
      this.#headLength++;
      if (c !== LF) {
        if (c !== 13) this.#lineLength++;
        continue;
      }
      const empty = this.#lineLength === 0;
      this.#lineLength = 0;
      if (!empty) continue;
      this.consumed = i;
      const verdict = this.#decodeHead();
      if (verdict !== NEED_MORE) return verdict;
    }
    this.consumed = i;
    return NEED_MORE;
  }

  #growHead(): void {
    const grown = new Uint8Array(this.#head.length * 2);
    copyBytes(grown, 0, this.#head, 0, this.#headLength);
    this.#head = grown;
  }

  /** A head is complete. NEED_MORE: it was an interim one. */
  #decodeHead(): number {
    const bytes = this.#head;
    const end = this.#headLength;
    // RFC 9112 4: HTTP-version SP status-code SP [ reason-phrase ]
    let at = lineEnd(bytes, 0, end);
    const line = latin1(bytes, 0, trimmedEnd(bytes, 0, at));
    if (!line.startsWith("HTTP/1.") || line.charCodeAt(8) !== SP) return this.#fail("malformed");
    const minor = line.charCodeAt(7) - 48;
    this.status = decimal(bytes, 9, 12);
    if (minor < 0 || minor > 9 || this.status < 100 || this.status > 599) return this.#fail("malformed");
    if (line.length > 12 && line.charCodeAt(12) !== SP) return this.#fail("malformed");
    this.reason = line.substring(13);
    this.names = [];
    this.values = [];
    at++;
    while (at < end) {
      const stop = lineEnd(bytes, at, end);
      if (trimmedEnd(bytes, at, stop) === at) break;
      if (!this.#field(bytes, at, stop)) return this.#fail("malformed");
      at = stop + 1;
    }
    this.#headLength = 0;
    if (this.status === 101) return this.#fail("unexpected");
    if (this.status < 200) {
      // RFC 9110 15.2: interim responses are read past.
      this.#interim++;
      return this.#interim > this.#limits.interim ? this.#fail("head-too-large") : NEED_MORE;
    }
    return this.#frame(minor);
  }

  /** One header line, or a fold of the one before it (RFC 9112 5.2). */
  #field(bytes: Uint8Array, start: number, stop: number): boolean {
    const end = trimmedEnd(bytes, start, stop);
    let at = start;
    const folded = bytes[at] === SP || bytes[at] === HTAB;
    if (!folded) {
      while (at < end && TOKEN[bytes[at]!]! !== 0) at++;
      if (at === start || at >= end || bytes[at] !== 58) return false;
    }
    const nameEnd = at;
    if (!folded) at++;
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    for (let i = at; i < end; i++) if (VALUE[bytes[i]!]! !== 1) return false;
    const value = latin1(bytes, at, end - at);
    if (folded) {
      const last = this.values.length - 1;
      if (last < 0) return false;
      this.values[last] = `${this.values[last]!} ${value}`;
      return true;
    }
    this.names.push(asciiLower(latin1(bytes, start, nameEnd - start)));
    this.values.push(value);
    return true;
  }

  /** RFC 9112 6.3: how the body ends; 9.3: what becomes of the connection. */
  #frame(minor: number): number {
    let coding = "";
    let length = -1;
    let close = false;
    let keep = false;
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i]!;
      const value = this.values[i]!;
      if (name === "transfer-encoding") coding = coding === "" ? asciiLower(value) : `${coding}, ${value}`;
      else if (name === "content-length") {
        const bytes = latin1Bytes(value);
        const n = decimal(bytes, 0, bytes.length);
        // Two that agree are forgiven (RFC 9110 8.6).
        if (n < 0 || (length >= 0 && length !== n)) return this.#fail("malformed");
        length = n;
      } else if (name === "connection") {
        const bytes = latin1Bytes(value);
        if (listHas(bytes, 0, bytes.length, CLOSE_TEXT)) close = true;
        if (listHas(bytes, 0, bytes.length, KEEP_ALIVE_TEXT)) keep = true;
      }
    }
    this.keepAlive = !close && (minor > 0 || keep);
    if (this.#bodiless || this.status === 204 || this.status === 304) this.#state = BODY_NONE;
    else if (coding !== "") {
      if (coding !== "chunked") return this.#fail("unexpected");
      // RFC 9112 6.1: both fields: the coding counts, and the connection is not to be trusted further.
      if (length >= 0 || minor === 0) this.keepAlive = false;
      this.#state = BODY_CHUNKED;
    } else if (length >= 0) {
      if (length > this.#limits.body) return this.#fail("body-too-large");
      this.expected = length;
      this.#state = BODY_LENGTH;
    } else {
      this.keepAlive = false;
      this.#state = BODY_UNTIL_CLOSE;
    }
    return GOT_HEAD;
  }
}

/** Offset of the line's LF. */
function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== LF) at++;
  return at;
}

/** Where a line's text ends: before its CR and the whitespace there. */
function trimmedEnd(bytes: Uint8Array, start: number, stop: number): number {
  let end = stop;
  if (end > start && bytes[end - 1] === 13) end--;
  while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
  return end;
}

function headersAreValid(text: string): boolean {
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return false;
    let i = at;
    while (i < end && text.charCodeAt(i) < 256 && TOKEN[text.charCodeAt(i)]! !== 0) i++;
    if (i === at || i >= end || text.charCodeAt(i) !== 58) return false;
    for (i++; i < end; i++) {
      const c = text.charCodeAt(i);
      if (c > 255 || VALUE[c]! !== 1) return false;
    }
    at = end + 2;
  }
  return true;
}

// The words that are compared with, as bytes: a string's characters cost ten times as much once compiled.
const CLOSE_TEXT: Uint8Array = latin1Bytes("close");
const KEEP_ALIVE_TEXT: Uint8Array = latin1Bytes("keep-alive");
