/// <reference path="../base/cryptography.d.ts" />
// Certificates as a person reads about them. What others wrote is ASCII afterwards, and short.

import { civil } from "../base/time.ts";
import type { Certificate } from "./certificate.ts";
import { DerReader, NOTHING, OBJECT_IDENTIFIER, SEQUENCE, SET } from "./der.ts";
import { NAME_DIRECTORY, NAME_DNS, NAME_EMAIL, NAME_IP, NAME_URI, takeGeneralName } from "./general-names.ts";
import { addressText } from "./names.ts";

/** Characters of one name, and names of one certificate, that are shown. */
export const SHOWN_LENGTH = 100;
export const SHOWN_NAMES = 8;

const HEX = "0123456789abcdef";

export function hexText(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += HEX.charAt(bytes[i]! >> 4) + HEX.charAt(bytes[i]! & 15);
  return text;
}

/** SHA-256 of SubjectPublicKeyInfo: what a pin names (as in RFC 7469 2.4). */
export function fingerprint(certificate: Certificate): Uint8Array {
  const { bytes, keyInfoBegin, keyInfoEnd } = certificate;
  const state = new Uint8Array(224);
  const digest = new Uint8Array(48);
  nativeHashInit(0, state);
  nativeHashUpdate(0, state, bytes, keyInfoBegin, keyInfoEnd - keyInfoBegin);
  nativeHashPeek(0, state, digest, 0);
  return digest.slice(0, 32);
}

/** "2026-01-31 08:00:00 UTC"; a year before 1970 is shown as 1970. */
export function dateText(seconds: number): string {
  const t = civil(seconds);
  const date = `${t.year < 1000 ? "0" : ""}${t.year}-${two(t.month)}-${two(t.day)}`;
  return `${date} ${two(t.hour)}:${two(t.minute)}:${two(t.second)} UTC`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** "CN=git.example.org, O=Example": the attributes of a Name that have a well-known letter, the most telling first. */
export function nameText(bytes: Uint8Array, begin: number, end: number): string {
  let text = "";
  // X.520: commonName 3, organizationName 10, organizationalUnitName 11, countryName 6.
  for (const type of [3, 10, 11, 6]) {
    const reader = new DerReader(bytes, begin, end - begin);
    reader.enter(SEQUENCE);
    while (reader.peek() !== NOTHING) {
      const set = reader.enter(SET);
      while (reader.peek() !== NOTHING) {
        const attribute = reader.enter(SEQUENCE);
        reader.next(OBJECT_IDENTIFIER);
        const { content, contentEnd } = reader;
        reader.skip();
        const wanted =
          contentEnd - content === 3 &&
          bytes[content] === 0x55 &&
          bytes[content + 1] === 4 &&
          bytes[content + 2] === type;
        if (wanted && !reader.failed)
          text += `${text === "" ? "" : ", "}${letters(type)}=${plain(bytes, reader.content, reader.contentEnd)}`;
        reader.leave(attribute);
      }
      reader.leave(set);
    }
  }
  return text === "" ? "(no name)" : text;
}

function letters(type: number): string {
  return type === 3 ? "CN" : type === 10 ? "O" : type === 11 ? "OU" : "C";
}

/** Whom a certificate is for: at most SHOWN_NAMES, then how many more. */
export function alternativeNamesText(certificate: Certificate): readonly string[] {
  const { bytes, namesBegin, namesEnd } = certificate;
  const names: string[] = [];
  const reader = new DerReader(bytes, namesBegin, namesEnd - namesBegin);
  let more = 0;
  while (reader.peek() !== NOTHING) {
    const form = takeGeneralName(reader);
    if (names.length === SHOWN_NAMES) more++;
    else names.push(generalNameText(form, bytes, reader.content, reader.contentEnd));
  }
  if (more > 0) names.push(`${more} more`);
  return names;
}

export function generalNameText(form: number, bytes: Uint8Array, begin: number, end: number): string {
  switch (form) {
    case NAME_DNS:
    case NAME_EMAIL:
    case NAME_URI:
      return plain(bytes, begin, end);
    case NAME_IP:
      return addressText(bytes, begin, end);
    case NAME_DIRECTORY:
      return nameText(bytes, begin, end);
    default:
      return "a name of another form";
  }
}

/** "1.3.6.1.5": an OID's content (X.690 8.19). */
export function identifierText(bytes: Uint8Array, begin: number, end: number): string {
  let text = "";
  let value = 0;
  for (let i = begin; i < end; i++) {
    value = value * 128 + (bytes[i]! & 127);
    if (bytes[i]! >= 128) continue;
    if (text === "") {
      const first = Math.min(2, Math.floor(value / 40));
      text = `${first}.${value - first * 40}`;
    } else text += `.${value}`;
    value = 0;
    if (text.length > SHOWN_LENGTH) return `${text}...`;
  }
  return text;
}

/** Printable ASCII as it is, other bytes as \xNN. */
function plain(bytes: Uint8Array, begin: number, end: number): string {
  let text = "";
  for (let i = begin; i < end; i++) {
    if (text.length >= SHOWN_LENGTH) return `${text}...`;
    const c = bytes[i]!;
    text += c >= 32 && c < 127 ? String.fromCharCode(c) : `\\x${HEX.charAt(c >> 4)}${HEX.charAt(c & 15)}`;
  }
  return text;
}
