// PEM (RFC 7468): text around base64, as files of keys and certificates are kept. What stands outside of the blocks is
// passed over, as openssl writes much there.

import type { Result } from "../base/result.ts";

/** Blocks of one text: a chain, its key, and what else lies there. */
export const BLOCK_LIMIT = 64;
/** Characters of one text. */
export const TEXT_LIMIT = 1024 * 1024;

export interface PemBlock {
  /** "CERTIFICATE", "PRIVATE KEY" ... */
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** No block at all. */
export const PEM_EMPTY = 1;
/** A block that does not end, or ends as another. */
export const PEM_UNENDED = 2;
/** A line that is not base64 (RFC 4648 4). */
export const PEM_DAMAGED = 3;
/** A key under a password. */
export const PEM_ENCRYPTED = 4;
/** More than TEXT_LIMIT or BLOCK_LIMIT. */
export const PEM_TOO_LONG = 5;

export interface PemError {
  readonly code: number;
  /** Where: counted from 1. */
  readonly line: number;
}

/** All blocks, in their order. */
export function decodePem(text: string): Result<readonly PemBlock[], PemError> {
  if (text.length > TEXT_LIMIT) return { ok: false, error: { code: PEM_TOO_LONG, line: 0 } };
  const blocks: PemBlock[] = [];
  const lines = text.split("\n");
  let label = "";
  let inside = false;
  let begun = 0;
  let encoded = "";
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!.trim();
    if (!inside) {
      label = between(line, "-----BEGIN ", "-----");
      inside = label !== "";
      begun = i + 1;
      encoded = "";
      // RFC 5958's, and OpenSSL's own of old (RFC 1421 4.6.1.1) below.
      if (label === "ENCRYPTED PRIVATE KEY") return { ok: false, error: { code: PEM_ENCRYPTED, line: i + 1 } };
    } else if (line.startsWith("-----")) {
      if (line !== `-----END ${label}-----`) return { ok: false, error: { code: PEM_UNENDED, line: begun } };
      const bytes = decodeBase64(encoded);
      if (bytes.length === 0) return { ok: false, error: { code: PEM_DAMAGED, line: begun } };
      if (blocks.length === BLOCK_LIMIT) return { ok: false, error: { code: PEM_TOO_LONG, line: begun } };
      blocks.push({ label, bytes });
      inside = false;
    } else if (line.startsWith("Proc-Type:")) return { ok: false, error: { code: PEM_ENCRYPTED, line: i + 1 } };
    else encoded += line;
  }
  if (inside) return { ok: false, error: { code: PEM_UNENDED, line: begun } };
  if (blocks.length === 0) return { ok: false, error: { code: PEM_EMPTY, line: 0 } };
  return { ok: true, value: blocks };
}

/** PEM of one block, lines of 64 characters. */
export function encodePem(label: string, bytes: Uint8Array): string {
  const encoded = encodeBase64(bytes);
  let text = `-----BEGIN ${label}-----\n`;
  for (let i = 0; i < encoded.length; i += 64) text += `${encoded.substring(i, i + 64)}\n`;
  return `${text}-----END ${label}-----\n`;
}

function between(line: string, before: string, after: string): string {
  return line.startsWith(before) && line.endsWith(after) && line.length > before.length + after.length
    ? line.substring(before.length, line.length - after.length)
    : "";
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes of base64 with its padding (RFC 4648 4) and without blanks; none when it is not. */
export function decodeBase64(text: string): Uint8Array {
  if (text.length === 0 || text.length % 4 !== 0) return new Uint8Array(0);
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    let group = 0;
    const digits = i + 4 === text.length ? 4 - padding : 4;
    for (let j = 0; j < 4; j++) {
      const value = j < digits ? digit(text.charCodeAt(i + j)) : 0;
      if (value < 0) return new Uint8Array(0);
      group = group * 64 + value;
    }
    // 3.5: bits beyond the last byte are 0.
    if (digits < 4 && (group & (digits === 3 ? 0xff : 0xffff)) !== 0) return new Uint8Array(0);
    for (let j = 0; j < digits - 1; j++) bytes[at++] = (group >> (16 - 8 * j)) & 255;
  }
  return bytes;
}

function digit(c: number): number {
  if (c >= 65 && c <= 90) return c - 65;
  if (c >= 97 && c <= 122) return c - 71;
  if (c >= 48 && c <= 57) return c + 4;
  return c === 43 ? 62 : c === 47 ? 63 : -1;
}

function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += (left > 1 ? ALPHABET.charAt((group >> 6) & 63) : "=") + (left > 2 ? ALPHABET.charAt(group & 63) : "=");
  }
  return text;
}
