// DNS responses for tests, written record by record.

import { readU16, writeU16, writeU32 } from "../../../stack/base/bytes.ts";
import { asciiLower } from "../../../stack/base/text.ts";

export interface Record {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly data: readonly number[];
}

export interface Response {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly rcode?: number;
  readonly truncated?: boolean;
  readonly answers?: readonly Record[];
  readonly authorities?: readonly Record[];
  readonly additional?: readonly Record[];
}

/** The labels of a name, uncompressed. */
export function labels(name: string): number[] {
  const out: number[] = [];
  for (const label of name === "" ? [] : name.split(".")) {
    out.push(label.length);
    for (let i = 0; i < label.length; i++) out.push(label.charCodeAt(i));
  }
  out.push(0);
  return out;
}

export function a(name: string, address: number, ttl = 60): Record {
  return {
    name,
    type: 1,
    ttl,
    data: [(address >>> 24) & 255, (address >>> 16) & 255, (address >>> 8) & 255, address & 255],
  };
}

export function cname(name: string, target: string, ttl = 60): Record {
  return { name, type: 5, ttl, data: labels(target) };
}

export function aaaa(name: string, last: number, ttl = 60): Record {
  return { name, type: 28, ttl, data: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last] };
}

/** An OPT record with this option 10 (RFC 7873), without any when it is empty; `rcode`: the upper eight bits. */
export function opt(cookie: readonly number[] = [], rcode = 0): Record {
  const data = cookie.length === 0 ? [] : [0, 10, 0, cookie.length, ...cookie];
  return { name: "", type: 41, ttl: rcode * 0x1000000, data };
}

/** Only the last field of an SOA matters here: MINIMUM. */
export function soa(name: string, ttl: number, minimum: number): Record {
  const data = [...labels("ns.example"), ...labels("admin.example"), ...new Array<number>(16).fill(0)];
  data.push((minimum >>> 24) & 255, (minimum >>> 16) & 255, (minimum >>> 8) & 255, minimum & 255);
  return { name, type: 6, ttl, data };
}

export function respond(response: Response): Uint8Array {
  const bytes = new Uint8Array(4096);
  const answers = response.answers ?? [];
  const authorities = response.authorities ?? [];
  const additional = response.additional ?? [];
  writeU16(bytes, 0, response.id);
  writeU16(bytes, 2, 0x8180 | (response.truncated === true ? 0x0200 : 0) | (response.rcode ?? 0));
  writeU16(bytes, 4, 1);
  writeU16(bytes, 6, answers.length);
  writeU16(bytes, 8, authorities.length);
  writeU16(bytes, 10, additional.length);
  let at = 12;
  for (const byte of labels(response.name)) bytes[at++] = byte;
  writeU16(bytes, at, response.type);
  writeU16(bytes, at + 2, 1);
  at += 4;
  for (const record of [...answers, ...authorities, ...additional]) {
    // The question's name is pointed at (RFC 1035 4.1.4).
    const owner = asciiLower(record.name) === asciiLower(response.name) ? [0xc0, 12] : labels(record.name);
    for (const byte of owner) bytes[at++] = byte;
    writeU16(bytes, at, record.type);
    writeU16(bytes, at + 2, 1);
    writeU32(bytes, at + 4, record.ttl);
    writeU16(bytes, at + 8, record.data.length);
    at += 10;
    for (const byte of record.data) bytes[at++] = byte;
  }
  return bytes.slice(0, at);
}

export interface ReadQuery {
  readonly id: number;
  /** In lower case. */
  readonly name: string;
  /** As it is spelt. */
  readonly spelt: string;
  readonly type: number;
  /** Of its OPT record; undefined: it has none. */
  readonly cookie: readonly number[] | undefined;
}

export function readQuery(bytes: Uint8Array): ReadQuery {
  const parts: string[] = [];
  let at = 12;
  while (bytes[at] !== 0) {
    parts.push(String.fromCharCode(...bytes.slice(at + 1, at + 1 + bytes[at]!)));
    at += bytes[at]! + 1;
  }
  const spelt = parts.join(".");
  const type = readU16(bytes, at + 1);
  at += 5;
  let cookie: number[] | undefined;
  if (readU16(bytes, 10) === 1) {
    // Root, OPT, size, flags, length; one option.
    if (readU16(bytes, at + 1) !== 41 || readU16(bytes, at + 3) !== 1232) throw new Error("not the OPT record");
    cookie = [...bytes.slice(at + 15, at + 15 + readU16(bytes, at + 13))];
    at += 15 + cookie.length;
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the query`);
  return { id: readU16(bytes, 0), name: asciiLower(spelt), spelt, type, cookie };
}
