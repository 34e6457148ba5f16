// What the replayed host serves from its ready table: pages of the usual sizes, made from a formula.

import { copyBytes } from "../../stack/base/native.ts";
import type { ReadyTable } from "../../stack/http/ready.ts";

/** 2026-01-02 03:04:05 UTC, in seconds since 1970. */
const LAST_MODIFIED = 1_767_323_045;
const HTML = "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-cache\r\n";

const HOME =
  '<!doctype html><html lang="en"><head><title>Trace</title><link rel="stylesheet" href="/style.css"></head>' +
  '<body><h1>Trace</h1><p>A page with a stylesheet and a picture.</p><img src="/picture" alt=""></body></html>\n';

export function publish(table: ReadyTable): void {
  const home = latin1Bytes(HOME);
  table.put("/", 200, HTML, '"home"', LAST_MODIFIED, "", home);
  table.put("/", 200, HTML, '"home-gzip"', LAST_MODIFIED, "gzip", storedGzip(home));
  table.put("/page", 200, HTML, '"page"', LAST_MODIFIED, "", PAGE);
  table.put("/style.css", 200, "Content-Type: text/css\r\n", '"style"', 0, "", latin1Bytes("body { color: #123 }\n"));
  table.put("/picture", 200, "Content-Type: image/png\r\n", '"picture"', LAST_MODIFIED, "", PICTURE);
  table.put("/big", 200, "Content-Type: application/octet-stream\r\n", '"big"', LAST_MODIFIED, "", BIG);
  table.put("/empty", 200, "Content-Type: text/plain\r\n", '"empty"', 0, "", new Uint8Array(0));
  table.put("/moved", 301, "Location: /page\r\n", "", 0, "", new Uint8Array(0));
}

/** Bytes that tell a shift: no two places look alike. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const PAGE: Uint8Array = pattern(8192, 1);
const PICTURE: Uint8Array = pattern(40_000, 2);
const BIG: Uint8Array = pattern(1_000_000, 3);

/** A gzip member (RFC 1952) of one stored block (RFC 1951 3.2.4), so that clients can really decode it. */
function storedGzip(bytes: Uint8Array): Uint8Array {
  const length = bytes.length;
  const member = new Uint8Array(length + 23);
  const head = [
    0x1f,
    0x8b,
    8,
    0,
    0,
    0,
    0,
    0,
    0,
    255,
    1,
    length & 255,
    length >>> 8,
    ~length & 255,
    (~length >>> 8) & 255,
  ];
  for (let i = 0; i < head.length; i++) member[i] = head[i]!;
  copyBytes(member, 15, bytes, 0, length);
  const crc = crc32(bytes);
  for (let i = 0; i < 4; i++) {
    member[15 + length + i] = crc >>> (8 * i);
    member[19 + length + i] = length >>> (8 * i);
  }
  return member;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc ^ bytes[i]!) >>> 0;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? ((crc >>> 1) ^ 0xedb88320) >>> 0 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
