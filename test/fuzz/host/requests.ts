// What clients send over their connections: requests as they should be, at the edges, and as they should not be.

import { copyBytes } from "../../../stack/base/native.ts";
import type { Random } from "../../support/random.ts";
import { latin1Bytes } from "../../trace/site.ts";

const TARGETS: readonly string[] = [
  "/",
  "/page",
  "/page?q=1",
  "/style.css",
  "/picture",
  "/big",
  "/empty",
  "/moved",
  "/late",
  "/late/2",
  "/nothing",
  "/%70age",
  "//page",
  "/page/..",
  "*",
  "http://10.77.0.2/page",
  "/%zz",
  "page",
  "",
];
const METHODS: readonly string[] = [
  "GET",
  "GET",
  "GET",
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "OPTIONS",
  "DELETE",
  "CONNECT",
  "get",
  "G(T",
];
const VERSIONS: readonly string[] = [
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/2.0",
  "HTTP/1.2",
  "http/1.1",
  "",
];
const LINES: readonly string[] = [
  "Connection: close",
  "Connection: keep-alive",
  "Connection: close, upgrade",
  "Accept-Encoding: gzip",
  "Accept-Encoding: gzip;q=0, identity",
  "Accept-Encoding: *;q=0.5",
  "If-None-Match: *",
  'If-None-Match: "page", W/"big"',
  'If-Match: "nothing"',
  "If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT",
  "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
  "Range: bytes=0-0",
  "Range: bytes=-1",
  "Range: bytes=8000-",
  "Range: bytes=9000000-",
  "Range: bytes=0-1,5-9",
  'If-Range: "page"',
  "Expect: 100-continue",
  "Expect: something",
  "Host: a",
  "Host:",
  "Content-Length: 5",
  "Content-Length: 1048577",
  "Content-Length: -1",
  "Content-Length: 5, 5",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip",
  "User-Agent: fuzz",
  "Referer: http://a/",
  "X: y",
  ": no name",
  "no colon",
  "X:\ty\x01z",
  " folded",
];

/** One request, or what was to be one. */
export function requestBytes(random: Random): Uint8Array {
  const kind = random.below(12);
  if (kind === 0) return randomText(random, random.below(200));
  if (kind === 1) return longHead(random);
  const method = METHODS[random.below(METHODS.length)]!;
  const target = TARGETS[random.below(random.below(2) === 0 ? 4 : TARGETS.length)]!;
  const version = VERSIONS[random.below(random.below(3) === 0 ? VERSIONS.length : 3)]!;
  let head = `${method} ${target} ${version}\r\n`;
  if (random.below(8) !== 0) head += "Host: a\r\n";
  const lines = random.below(random.below(4) === 0 ? 8 : 3);
  for (let i = 0; i < lines; i++) head += `${LINES[random.below(LINES.length)]!}\r\n`;
  let bytes = method === "POST" || method === "PUT" ? withBody(head, random) : latin1Bytes(`${head}\r\n`);
  if (random.below(10) === 0) bytes = mistyped(bytes, random);
  return bytes;
}

function withBody(head: string, random: Random): Uint8Array {
  const length = random.below(4) === 0 ? random.below(30_000) : random.below(200);
  if (random.below(2) === 0)
    return joined(latin1Bytes(`${head}Content-Length: ${length}\r\n\r\n`), new Uint8Array(length));
  let bytes = latin1Bytes(`${head}Transfer-Encoding: chunked\r\n\r\n`);
  let left = length;
  while (left > 0) {
    const size = Math.min(left, 1 + random.below(4000));
    const extension = random.below(6) === 0 ? ";a=b" : "";
    bytes = joined(bytes, latin1Bytes(`${hexadecimal(size)}${extension}\r\n`));
    bytes = joined(bytes, new Uint8Array(size));
    bytes = joined(bytes, latin1Bytes(random.below(30) === 0 ? "x\r\n" : "\r\n"));
    left -= size;
  }
  const end = random.below(4);
  if (end === 0) return joined(bytes, latin1Bytes("0\r\nTrailer: x\r\n\r\n"));
  if (end === 1) return joined(bytes, latin1Bytes("100000003\r\n"));
  return joined(bytes, latin1Bytes("0\r\n\r\n"));
}

/** A head at the limit of its size or of its lines, or beyond. */
function longHead(random: Random): Uint8Array {
  let head = `GET /${"p".repeat(random.below(2) === 0 ? 7990 + random.below(20) : random.below(100))} HTTP/1.1\r\nHost: a\r\n`;
  const lines = random.below(110);
  const value = "v".repeat(random.below(150));
  for (let i = 0; i < lines; i++) head += `X${i}: ${value}\r\n`;
  return latin1Bytes(`${head}\r\n`);
}

function mistyped(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice(0, bytes.length);
  const times = 1 + random.below(3);
  for (let i = 0; i < times; i++) copy[random.below(copy.length)] = random.below(256);
  return copy;
}

function randomText(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.below(6) === 0 ? 13 - 3 * random.below(2) : random.below(256);
  return bytes;
}

function hexadecimal(value: number): string {
  const digit = "0123456789abcdef".charAt(value % 16);
  return value < 16 ? digit : hexadecimal(Math.floor(value / 16)) + digit;
}

/** What a server answers the host's own requests. */
export function responseBytes(random: Random): Uint8Array {
  const body = new Uint8Array(random.below(random.below(4) === 0 ? 40_000 : 300));
  return joined(latin1Bytes(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body);
}

export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  copyBytes(all, 0, a, 0, a.length);
  copyBytes(all, a.length, b, 0, b.length);
  return all;
}
