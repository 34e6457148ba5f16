/// <reference path="../base/cryptography.d.ts" />
// Whom we believe: the authorities of the web, as a table that the build makes (tools/anchors.ts), and what the person who
// runs this machine names: authorities by their certificates, keys by their fingerprints. What is named adds to the table.

import { readU16, readU32, writeU16, writeU32 } from "../base/bytes.ts";
import { copyBytes } from "../base/native.ts";
import type { Result } from "../base/result.ts";
import { asciiLower } from "../base/text.ts";
import { KEY_UNSUPPORTED } from "./algorithms.ts";
import { Certificate } from "./certificate.ts";
import { decodeCertificate, readKeyInfo } from "./decode.ts";
import { DerReader } from "./der.ts";
import { same } from "./oids.ts";
import { decodeBase64, decodePem } from "./pem.ts";
import { fingerprint } from "./text.ts";

/** Certificates and fingerprints that one machine may be told to trust. */
export const TRUST_LIMIT = 32;

// The table: as of when (seconds since 1970, 4 bytes), how many (2), then each: the lengths of subject, key and
// constraints (2 each), validity (4 and 4), the path length (2, with 1 added; 0: no limit), and the three as DER.
const TABLE_HEAD = 6;
const ENTRY_HEAD = 16;

export type TrustError =
  | { readonly kind: "no fingerprint" }
  | { readonly kind: "PEM"; readonly code: number; readonly line: number }
  | { readonly kind: "no certificate"; readonly label: string }
  | { readonly kind: "malformed"; readonly block: number; readonly fault: number }
  | { readonly kind: "too many"; readonly limit: number };

export class Trust {
  /** Empty: no authority of the web is believed. */
  readonly table: Uint8Array;
  readonly authorities: Certificate[] = [];
  readonly pins: Uint8Array[] = [];

  constructor(table: Uint8Array) {
    this.table = table;
  }

  /** As of when the table is, seconds since 1970; 0: there is none. */
  get date(): number {
    return this.table.length < TABLE_HEAD ? 0 : readU32(this.table, 0);
  }

  /**
   * Takes "sha256:" with the fingerprint of a public key in hexadecimal or base64, or certificates in PEM. Returns how
   * many, or what is wrong; then none was taken.
   */
  add(text: string): Result<number, TrustError> {
    if (text.startsWith("sha256:")) return this.#addPin(text.substring(7));
    const decoded = decodePem(text);
    if (!decoded.ok) return { ok: false, error: { kind: "PEM", code: decoded.error.code, line: decoded.error.line } };
    const added: Certificate[] = [];
    for (let i = 0; i < decoded.value.length; i++) {
      const { label, bytes } = decoded.value[i]!;
      if (label !== "CERTIFICATE") return { ok: false, error: { kind: "no certificate", label } };
      const certificate = new Certificate();
      const fault = decodeCertificate(bytes, 0, bytes.length, certificate);
      if (fault !== 0) return { ok: false, error: { kind: "malformed", block: i, fault } };
      added.push(certificate);
    }
    if (this.#count + added.length > TRUST_LIMIT) return { ok: false, error: { kind: "too many", limit: TRUST_LIMIT } };
    for (const certificate of added) this.authorities.push(certificate);
    return { ok: true, value: added.length };
  }

  get #count(): number {
    return this.authorities.length + this.pins.length;
  }

  #addPin(text: string): Result<number, TrustError> {
    const pin = decodeFingerprint(text);
    if (pin.length !== 32) return { ok: false, error: { kind: "no fingerprint" } };
    if (this.#count === TRUST_LIMIT) return { ok: false, error: { kind: "too many", limit: TRUST_LIMIT } };
    this.pins.push(pin);
    return { ok: true, value: 1 };
  }

  /** Whether a certificate's key is one that was named. */
  isPinned(certificate: Certificate): boolean {
    if (this.pins.length === 0) return false;
    const seen = fingerprint(certificate);
    for (const pin of this.pins) if (same(pin, 0, 32, seen, 0, 32)) return true;
    return false;
  }

  /** Whether exactly this certificate was given. */
  isGiven(certificate: Certificate): boolean {
    const { bytes, begin, end } = certificate;
    for (const given of this.authorities) if (same(given.bytes, given.begin, given.end, bytes, begin, end)) return true;
    return false;
  }

  /** The trusted ones of this name: those that were given first. */
  find(bytes: Uint8Array, begin: number, end: number): readonly Certificate[] {
    const found: Certificate[] = [];
    for (const given of this.authorities)
      if (same(given.bytes, given.subjectBegin, given.subjectEnd, bytes, begin, end)) found.push(given);
    const { table } = this;
    if (table.length < TABLE_HEAD) return found;
    let at = TABLE_HEAD;
    for (let left = readU16(table, 4); left > 0; left--) {
      const subject = at + ENTRY_HEAD;
      const key = subject + readU16(table, at);
      if (same(table, subject, key, bytes, begin, end)) found.push(entry(table, at));
      at = key + readU16(table, at + 2) + readU16(table, at + 4);
    }
    return found;
  }
}

/** Of what is not kept the fields say "no limit". */
function entry(table: Uint8Array, at: number): Certificate {
  const anchor = new Certificate();
  anchor.bytes = table;
  anchor.version = 3;
  anchor.constrained = true;
  anchor.authority = true;
  anchor.subjectBegin = at + ENTRY_HEAD;
  anchor.subjectEnd = anchor.subjectBegin + readU16(table, at);
  const keyLength = readU16(table, at + 2);
  readKeyInfo(new DerReader(table, anchor.subjectEnd, keyLength), anchor);
  anchor.constraintsBegin = anchor.subjectEnd + keyLength;
  anchor.constraintsEnd = anchor.constraintsBegin + readU16(table, at + 4);
  anchor.notBefore = readU32(table, at + 6);
  anchor.notAfter = readU32(table, at + 10);
  anchor.pathLength = readU16(table, at + 14) - 1;
  return anchor;
}

/**
 * The table of these certificates, as of `date` (seconds since 1970). One whose key we do not know is left out, as is one
 * that limits itself by more than the table can say. Used by the build.
 */
export function anchorTable(certificates: readonly Certificate[], date: number): Uint8Array {
  const kept: Certificate[] = [];
  let length = TABLE_HEAD;
  for (const c of certificates) {
    if (c.keyFamily === KEY_UNSUPPORTED || c.extendedUsage !== 0 || c.criticalEnd > 0) continue;
    kept.push(c);
    length += ENTRY_HEAD + (c.subjectEnd - c.subjectBegin) + (c.keyInfoEnd - c.keyInfoBegin);
    length += c.constraintsEnd - c.constraintsBegin;
  }
  const table = new Uint8Array(length);
  writeU32(table, 0, date);
  writeU16(table, 4, kept.length);
  let at = TABLE_HEAD;
  for (const c of kept) {
    writeU16(table, at, c.subjectEnd - c.subjectBegin);
    writeU16(table, at + 2, c.keyInfoEnd - c.keyInfoBegin);
    writeU16(table, at + 4, c.constraintsEnd - c.constraintsBegin);
    writeU32(table, at + 6, Math.max(0, c.notBefore));
    writeU32(table, at + 10, Math.min(0xffffffff, c.notAfter));
    writeU16(table, at + 14, Math.min(c.pathLength, 255) + 1);
    at += ENTRY_HEAD;
    at = put(table, at, c.bytes, c.subjectBegin, c.subjectEnd);
    at = put(table, at, c.bytes, c.keyInfoBegin, c.keyInfoEnd);
    at = put(table, at, c.bytes, c.constraintsBegin, c.constraintsEnd);
  }
  return table;
}

function put(into: Uint8Array, at: number, bytes: Uint8Array, begin: number, end: number): number {
  copyBytes(into, at, bytes, begin, end - begin);
  return at + end - begin;
}

/** 32 bytes from 64 hexadecimal digits or 44 of base64; else none. */
function decodeFingerprint(text: string): Uint8Array {
  if (text.length !== 64) return text.length === 44 ? decodeBase64(text) : new Uint8Array(0);
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 64; i++) {
    const digit = "0123456789abcdef".indexOf(asciiLower(text.charAt(i)));
    if (digit < 0) return new Uint8Array(0);
    bytes[i >> 1] = bytes[i >> 1]! * 16 + digit;
  }
  return bytes;
}
