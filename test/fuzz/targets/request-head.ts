import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { pathHash } from "../../../stack/http/path.ts";
import { bitOf, HOST, KNOWN_FIELDS, METHOD_CONNECT, METHOD_UNKNOWN } from "../../../stack/http/request.ts";
import { RequestHead } from "../../../stack/http1/request-head.ts";
import { decodeRequestHead, INCOMPLETE } from "../../../stack/http1/wire.ts";
import { anywhere, ascii, check, latin1, same, type Target } from "../target.ts";

const LIMITS = { ...DEFAULT_LIMITS, head: 256, target: 60, headers: 6 };

/** A head of HTTP/1.x, as it grows: what is said of it once stays, and is the same wherever it lies. */
export const requestHead: Target = {
  name: "request-head",
  limit: 280,
  work: 2_000_000,
  words: [
    ...["GET / HTTP/1.1\r\n", "HEAD ", "POST ", "OPTIONS * ", "CONNECT a:1 ", "PUT ", "DELETE ", "PATCH ", "TRACE "],
    ...["HTTP/1.0\r\n", "HTTP/2.0\r\n", "http://a", "https://[::1]:80/", "?q", "/../", "/%2e", "%", "%c3%a4", "%ff"],
    ...[
      "Host: a\r\n",
      "Host: [::1]:8080\r\n",
      "Content-Length: 5\r\n",
      "Transfer-Encoding: chunked\r\n",
      "gzip, chunked",
    ],
    ...["Connection: close\r\n", "Connection: keep-alive, x\r\n", "Expect: 100-continue\r\n", 'If-None-Match: "a"\r\n'],
    ...["Range: bytes=0-1\r\n", "If-Range: ", "If-Match: *\r\n", "If-Modified-Since: ", "If-Unmodified-Since: "],
    ...[
      "Accept-Encoding: gzip\r\n",
      "User-Agent: x\r\n",
      "Referer: y\r\n",
      "\r\n",
      "\r",
      "\n",
      " ",
      "\t",
      ":",
      "\0",
      "\xe4",
    ],
  ],
  seeds: () =>
    [
      "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
      "\r\nGET /a/b%c3%a4?q=1 HTTP/1.1\r\nhost: [::1]:80\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n",
      "POST /push HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\nabc",
      "POST http://a.example/x?y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
      'GET https://a HTTP/1.0\r\nConnection: keep-alive\r\nIf-None-Match: "a"\r\nIf-None-Match: W/"b"\r\n\r\n',
      "CONNECT a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    ].map(ascii),
  run: (bytes) => {
    let before = INCOMPLETE;
    for (let length = 0; length <= bytes.length; length++) {
      const status = decoded(bytes, 0, length).status;
      check(before === INCOMPLETE || status === before, `${before} for the beginning, ${status} for ${length} bytes`);
      before = status;
    }
    if (bytes.length >= LIMITS.head) check(before !== INCOMPLETE, "waits for more than may come");
    const found = anywhere(bytes, (array, offset, length) => {
      const { status, head } = decoded(array, offset, length);
      return status === 0 ? fieldsOf(array, offset, head) : status;
    });
    if (typeof found !== "number") whole(bytes);
    else check([INCOMPLETE, 400, 414, 417, 431, 501, 505].includes(found), `answered with ${found}`);
  },
};

function decoded(array: Uint8Array, offset: number, length: number): { status: number; head: RequestHead } {
  const head = new RequestHead();
  const status = decodeRequestHead(array, offset, length, LIMITS.head, LIMITS, head);
  return { status, head };
}

function fieldsOf(array: Uint8Array, offset: number, head: RequestHead): unknown {
  const fields: string[] = [];
  for (let slot = 0; slot < KNOWN_FIELDS; slot++)
    if ((head.fields & bitOf(slot)) !== 0) fields.push(`${slot} ${latin1(head.joined(array, slot))}`);
  const { method, minor, headerCount, contentLength, chunked, close, keepAlive, expectContinue, asterisk } = head;
  const target = latin1(array.subarray(head.targetStart, head.targetEnd));
  const path = latin1(array.subarray(head.pathStart, head.pathEnd));
  const numbers = [method, minor, headerCount, contentLength, head.length, head.headersStart - offset, head.pathHash];
  return { numbers, target, path, chunked, close, keepAlive, expectContinue, asterisk, fields };
}

/** What holds for every head that is taken. */
function whole(bytes: Uint8Array): void {
  const { head } = decoded(bytes, 0, bytes.length);
  check(head.length <= Math.min(bytes.length, LIMITS.head), "a head longer than what came");
  const text = latin1(bytes.subarray(0, head.length));
  check(text.endsWith("\r\n\r\n") || /^(\r\n)*[^\r\n]+\r\n\r\n$/.test(text), "a head without an end");
  check(!/[^\r]\n|\r[^\n]|\0/.test(text), "a bare CR, LF or NUL");
  check(head.method !== METHOD_UNKNOWN && head.method !== METHOD_CONNECT, "a method that is not served");
  check(head.targetEnd - head.targetStart <= LIMITS.target && head.headerCount <= LIMITS.headers, "beyond a limit");
  check(head.minor === 0 || (head.fields & bitOf(HOST)) !== 0, "HTTP/1.1 without Host");
  check(!head.chunked || head.contentLength === 0, "two framings");
  check(head.pathStart >= head.targetStart && head.pathEnd <= head.targetEnd, "a path outside of its target");
  const path = head.pathEnd > head.pathStart ? bytes.subarray(head.pathStart, head.pathEnd) : ascii("/");
  same(head.pathHash, pathHash(path, 0, path.length), "the hash of the path");
  check(path[0] === 0x2f || head.asterisk, "a path that does not begin with a slash");
  check(!/\/\.{1,2}(\/|$)|%2f|%5c|%00|\\/i.test(latin1(path)), "a path that hides something");
}
