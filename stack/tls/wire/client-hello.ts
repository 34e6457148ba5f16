/// <reference path="../../base/cryptography.d.ts" />
// ClientHello (RFC 8446 4.1.2) as a server reads it. What is said of versions, groups and the like may be more than we
// know; what is malformed ends the connection here, what does not go together in ../negotiation.ts.

import { readU16 } from "../../base/bytes.ts";
import { DECODE_ERROR, FINE, ILLEGAL_PARAMETER } from "../alerts.ts";
import {
  ALPN,
  CERTIFICATE_AUTHORITIES,
  COOKIE,
  EARLY_DATA,
  KEY_SHARE,
  PADDING,
  PRE_SHARED_KEY,
  PSK_DHE_KE,
  PSK_KEY_EXCHANGE_MODES,
  RECORD_SIZE_LIMIT,
  SERVER_CERTIFICATE_TYPE,
  SERVER_NAME,
  SIGNATURE_ALGORITHMS,
  SUPPORTED_GROUPS,
  SUPPORTED_VERSIONS,
} from "../codes.ts";
import { MOST_IDENTITIES } from "../limits.ts";
import { checkAuthorities, Extensions } from "./extensions.ts";
import { Marks } from "./marks.ts";
import { Reader } from "./reader.ts";

const NONE: Uint8Array = new Uint8Array(0);
/** Groups of the hello that is being looked at, and those that it has shares of. */
const SUPPORTED = new Marks();
const SHARED = new Marks();

export class ClientHello {
  /** The message, its header included: `length` bytes at `offset`. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly extensions: Extensions;
  legacyVersion = 0;
  random: Uint8Array = NONE;
  sessionId: Uint8Array = NONE;
  suites: readonly number[] = [];
  /** The one compression method is "null" (4.1.2). */
  uncompressed = false;
  /** Where the list of extensions begins and ends; equal when there is none. */
  listStart = 0;
  listEnd = 0;

  // What the extensions say; empty or 0 for those that are not there.
  versions: readonly number[] = [];
  groups: readonly number[] = [];
  schemes: readonly number[] = [];
  /** In lower case; "" when there is none, or when it is no host's name. */
  serverName = "";
  protocols: readonly string[] = [];
  /** By share: group, where it lies, length. */
  shareGroups: readonly number[] = [];
  shareOffsets: readonly number[] = [];
  shareLengths: readonly number[] = [];
  /** psk_dhe_ke is offered. */
  pskDheKe = false;
  /** A certificate of X.509 will do; raw public keys and whatever else there is are not spoken. */
  takesX509 = true;
  cookie: Uint8Array = NONE;
  recordSizeLimit = 0;
  /** The first few tickets offered, and where their binders lie (a length byte, then the binder). */
  identities: readonly Uint8Array[] = [];
  binderOffsets: readonly number[] = [];
  /** Bytes of the message up to the list of binders, its length excluded (4.2.11.2); 0: there is none. */
  truncated = 0;

  constructor(bytes: Uint8Array, offset: number, length: number) {
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
    this.extensions = new Extensions(bytes);
  }

  has(extension: number): boolean {
    return this.extensions.has(extension);
  }

  /** An alert, or FINE. To be called once. */
  decode(): number {
    const body = new Reader(this.bytes, this.offset + 4, this.length - 4);
    this.legacyVersion = body.u16();
    this.random = body.take(32);
    const sessionId = body.vector(1, 0);
    if (sessionId.left > 32) return DECODE_ERROR;
    this.sessionId = sessionId.take(sessionId.left);
    this.suites = numbers(body.vector(2, 2), body);
    const compression = body.vector(1, 1);
    this.uncompressed = compression.left === 1 && compression.u8() === 0;
    this.listStart = body.at;
    this.listEnd = body.at;
    // Before TLS 1.3 a hello may end here.
    if (body.failed) return DECODE_ERROR;
    if (body.left === 0) return FINE;
    const list = body.vector(2, 0);
    if (!body.done) return DECODE_ERROR;
    this.listStart = list.at;
    this.listEnd = list.end;
    const alert = this.extensions.decode(list);
    if (alert !== FINE) return alert;
    return this.#decodeExtensions();
  }

  #decodeExtensions(): number {
    const { extensions } = this;
    for (let i = 0; i < extensions.types.length; i++) {
      const type = extensions.types[i]!;
      const data = extensions.reader(type);
      const alert = this.#decodeExtension(type, data);
      if (alert !== FINE) return alert;
    }
    // 4.2.11: it must be the last.
    return this.has(PRE_SHARED_KEY) && extensions.last !== PRE_SHARED_KEY ? ILLEGAL_PARAMETER : FINE;
  }

  #decodeExtension(type: number, data: Reader): number {
    switch (type) {
      case SUPPORTED_VERSIONS:
        this.versions = numbers(data.vector(1, 2), data);
        break;
      case SUPPORTED_GROUPS:
        this.groups = numbers(data.vector(2, 2), data);
        break;
      case SIGNATURE_ALGORITHMS:
        this.schemes = numbers(data.vector(2, 2), data);
        break;
      case SERVER_NAME:
        return this.#decodeServerName(data);
      case ALPN:
        this.#decodeProtocols(data);
        break;
      case KEY_SHARE:
        return this.#decodeShares(data);
      case PSK_KEY_EXCHANGE_MODES:
        this.#decodeModes(data);
        break;
      case COOKIE: {
        const cookie = data.vector(2, 1);
        this.cookie = cookie.take(cookie.left);
        break;
      }
      case RECORD_SIZE_LIMIT:
        this.recordSizeLimit = data.u16();
        break;
      case PRE_SHARED_KEY:
        return this.#decodeIdentities(data);
      case CERTIFICATE_AUTHORITIES:
        return checkAuthorities(data);
      case SERVER_CERTIFICATE_TYPE:
        this.#decodeTypes(data);
        break;
      case EARLY_DATA:
        break;
      default:
        return FINE;
    }
    return data.done ? FINE : DECODE_ERROR;
  }

  /** RFC 6066 3: names by type, one of each; of types there is but one. */
  #decodeServerName(data: Reader): number {
    const list = data.vector(2, 1);
    if (!data.done) return DECODE_ERROR;
    let found = false;
    while (list.left > 0) {
      const type = list.u8();
      const name = list.vector(2, 1);
      if (list.failed) return DECODE_ERROR;
      if (type !== 0) continue;
      if (found) return ILLEGAL_PARAMETER;
      found = true;
      this.serverName = hostName(name);
    }
    return FINE;
  }

  /** RFC 7301 3.1. */
  #decodeProtocols(data: Reader): void {
    const list = data.vector(2, 2);
    const protocols: string[] = [];
    while (list.left > 0 && !list.failed) {
      const name = list.vector(1, 1);
      let text = "";
      while (name.left > 0) text += String.fromCharCode(name.u8());
      protocols.push(text);
    }
    if (list.failed) data.failed = true;
    this.protocols = protocols;
  }

  /** 4.2.8. That there is one share for each group, and for none that is not supported, is for `sharesFit`. */
  #decodeShares(data: Reader): number {
    const list = data.vector(2, 0);
    if (!data.done) return DECODE_ERROR;
    const groups: number[] = [];
    const offsets: number[] = [];
    const lengths: number[] = [];
    while (list.left > 0) {
      const group = list.u16();
      const share = list.vector(2, 0);
      if (list.failed) return DECODE_ERROR;
      // As any other that is no public key of its group (4.2.8.2).
      if (share.left === 0) return ILLEGAL_PARAMETER;
      groups.push(group);
      offsets.push(share.at);
      lengths.push(share.left);
    }
    this.shareGroups = groups;
    this.shareOffsets = offsets;
    this.shareLengths = lengths;
    return FINE;
  }

  /** Whether there is one share at most for each group, and for none that is not supported (4.2.8). */
  sharesFit(): boolean {
    let fit = true;
    for (let i = 0; i < this.groups.length; i++) SUPPORTED.mark(this.groups[i]!);
    for (let i = 0; i < this.shareGroups.length; i++) {
      const group = this.shareGroups[i]!;
      if (!SUPPORTED.has(group) || SHARED.mark(group)) fit = false;
    }
    for (let i = 0; i < this.groups.length; i++) SUPPORTED.unmark(this.groups[i]!);
    for (let i = 0; i < this.shareGroups.length; i++) SHARED.unmark(this.shareGroups[i]!);
    return fit;
  }

  #decodeModes(data: Reader): void {
    const modes = data.vector(1, 1);
    while (modes.left > 0) if (modes.u8() === PSK_DHE_KE) this.pskDheKe = true;
  }

  /** RFC 7250 4.1. */
  #decodeTypes(data: Reader): void {
    const types = data.vector(1, 1);
    this.takesX509 = false;
    while (types.left > 0) if (types.u8() === 0) this.takesX509 = true;
  }

  /** 4.2.11. */
  #decodeIdentities(data: Reader): number {
    const list = data.vector(2, 7);
    if (data.failed) return DECODE_ERROR;
    const identities: Uint8Array[] = [];
    let count = 0;
    while (list.left > 0) {
      const identity = list.vector(2, 1);
      list.u32();
      if (list.failed) return DECODE_ERROR;
      if (count < MOST_IDENTITIES) identities.push(identity.take(identity.left));
      count++;
    }
    this.truncated = data.at - this.offset;
    const binders = data.vector(2, 2);
    if (!data.done) return DECODE_ERROR;
    const offsets: number[] = [];
    let bound = 0;
    while (binders.left > 0) {
      const at = binders.at;
      // Whether it is as long as the hash is judged with what it holds.
      binders.vector(1, 1);
      if (binders.failed) return DECODE_ERROR;
      if (bound < MOST_IDENTITIES) offsets.push(at);
      bound++;
    }
    this.identities = identities;
    this.binderOffsets = offsets;
    return bound === count ? FINE : ILLEGAL_PARAMETER;
  }

  /**
   * Hashes what a second ClientHello must repeat (4.1.2) into `state`: all but cookie, early data, pre-shared keys,
   * padding and, when `share` is false, the shares.
   */
  hashUnchanging(algorithm: number, state: Uint8Array, share: boolean): void {
    let from = this.offset + 4;
    // Without the length of the list.
    const prefix = this.listEnd > this.listStart ? this.listStart - 2 : this.listStart;
    nativeHashUpdate(algorithm, state, this.bytes, from, prefix - from);
    from = this.listStart;
    let at = from;
    while (at < this.listEnd) {
      const type = readU16(this.bytes, at);
      const next = at + 4 + readU16(this.bytes, at + 2);
      if (mayChange(type) || (type === KEY_SHARE && !share)) {
        nativeHashUpdate(algorithm, state, this.bytes, from, at - from);
        from = next;
      }
      at = next;
    }
    nativeHashUpdate(algorithm, state, this.bytes, from, at - from);
  }
}

function mayChange(type: number): boolean {
  return type === COOKIE || type === EARLY_DATA || type === PRE_SHARED_KEY || type === PADDING;
}

/** A vector of 16-bit numbers; when it has half of one, `outer` has failed. */
function numbers(vector: Reader, outer: Reader): number[] {
  const values: number[] = [];
  while (vector.left > 0) values.push(vector.u16());
  if (vector.failed) outer.failed = true;
  return values;
}

/** A host's name in lower case, without a final dot; "" for anything else. */
function hostName(name: Reader): string {
  let text = "";
  if (name.left > 254) return text;
  while (name.left > 0) {
    let c = name.u8();
    if (c >= 65 && c <= 90) c += 32;
    if (!((c >= 97 && c <= 122) || (c >= 45 && c <= 58 && c !== 47) || c === 95)) return "";
    text += String.fromCharCode(c);
  }
  return text.endsWith(".") ? text.slice(0, text.length - 1) : text;
}
