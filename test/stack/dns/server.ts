// DNS responses for tests, written record by record.

import { readU16, writeU16, writeU32 } from "../../../stack/base/bytes.ts";

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
  writeU16(bytes, 0, response.id);
  writeU16(bytes, 2, 0x8180 | (response.truncated === true ? 0x0200 : 0) | (response.rcode ?? 0));
  writeU16(bytes, 4, 1);
  writeU16(bytes, 6, answers.length);
  writeU16(bytes, 8, authorities.length);
  let at = 12;
  for (const byte of labels(response.name)) bytes[at++] = byte;
  writeU16(bytes, at, response.type);
  writeU16(bytes, at + 2, 1);
  at += 4;
  for (const record of [...answers, ...authorities]) {
    // The question's name is pointed at (RFC 1035 4.1.4).
    const owner = record.name === response.name ? [0xc0, 12] : labels(record.name);
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

/** Id, name and type of a query. */
export function readQuery(bytes: Uint8Array): { id: number; name: string; type: number } {
  const parts: string[] = [];
  let at = 12;
  while (bytes[at] !== 0) {
    parts.push(String.fromCharCode(...bytes.slice(at + 1, at + 1 + bytes[at]!)));
    at += bytes[at]! + 1;
  }
  return { id: readU16(bytes, 0), name: parts.join("."), type: readU16(bytes, at + 1) };
}
