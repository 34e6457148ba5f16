import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import {
  encodeRequest,
  FAILED,
  GOT_DATA,
  GOT_END,
  GOT_HEAD,
  HttpResponseReader,
  NEED_MORE,
} from "../../../stack/http1/client.ts";
import { RequestHead } from "../../../stack/http1/request-head.ts";
import { decodeRequestHead } from "../../../stack/http1/wire.ts";
import { ascii, check, inPieces, latin1, Script, same, type Target } from "../target.ts";

const LIMITS = { head: 200, interim: 2, body: 300 };

/** A response with its body, from HTTP/1.x: the same in whatever pieces it comes. The first byte: the request's method. */
export const responseHead: Target = {
  name: "response-head",
  limit: 600,
  words: [
    ...[
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.0 301 \r\n",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 204\r\n",
      "HTTP/1.1 101 ",
    ],
    ...[
      "Content-Length: 5\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Connection: close\r\n",
      "Connection: Keep-Alive\r\n",
    ],
    ...["\r\n", "\n", "\r", " ", "\t", ":", "5\r\nhello\r\n0\r\n\r\n", ";x", "304", "\0", "\xe4"],
  ],
  seeds: () =>
    [
      "gHTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhelloHTTP/1.1",
      "gHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n",
      "gHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nConnection: close\r\n\r\nuntil the end",
      "gHTTP/1.0 200 OK\nConnection: keep-alive\nContent-Length: 2\nContent-Length: 2\n folded\n\nok",
      "HHTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
      "gHTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    ].map(ascii),
  run: (bytes) => {
    const script = new Script(bytes);
    const method = script.u8() === 0x48 ? "HEAD" : "GET";
    const response = script.rest();
    const found = inPieces(response, (pieces) => read(method, pieces));
    check(found.body.length <= LIMITS.body * 2, "a body beyond its limit");
    if (found.ended !== "end") return;
    check(found.status >= 200 && found.status <= 599, "an end without a final status");
    check(method === "GET" || found.body === "", "an answer to HEAD with a body");
    same(found.names.length, found.values.length, "names and values");
    for (const name of found.names) check(/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name), `a field called ${name}`);
    for (const value of found.values) check(!/[\r\n\0]/.test(value), "a value that breaks its line");
    request(response);
  },
};

interface Read {
  readonly ended: string;
  readonly status: number;
  readonly reason: string;
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly keepAlive: boolean;
  readonly body: string;
  /** Bytes that are the response's. */
  readonly taken: number;
}

function read(method: string, pieces: readonly Uint8Array[]): Read {
  const reader = new HttpResponseReader(method, LIMITS);
  let [body, taken, ended] = ["", 0, ""];
  let heads = 0;
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && ended === "") {
      const verdict = reader.push(piece, at, piece.length - at);
      check(reader.consumed <= piece.length - at, "more is taken than there was");
      if (verdict === GOT_DATA) {
        const { dataStart, dataLength } = reader;
        check(dataStart >= at && dataLength > 0 && dataStart + dataLength <= piece.length, "data outside of the piece");
        body += latin1(piece.subarray(dataStart, dataStart + dataLength));
      }
      if (verdict === GOT_HEAD) heads++;
      if (verdict === GOT_END) ended = "end";
      if (verdict === FAILED) ended = reader.error;
      if (verdict === NEED_MORE)
        check(reader.consumed === piece.length - at, "more is asked for, but not all is taken");
      at += reader.consumed;
      taken += reader.consumed;
    }
  }
  if (ended === "") ended = reader.end() === GOT_END ? "end" : reader.error;
  check(ended !== "end" || heads === 1, `${heads} heads of one response`);
  // How far a response was read that fails differs with the pieces; whether, and why, does not.
  if (ended !== "end")
    return { ended, status: 0, reason: "", names: [], values: [], keepAlive: false, body: "", taken: 0 };
  const { status, reason, names, values, keepAlive } = reader;
  return { ended, status, reason, names, values, keepAlive, body, taken };
}

/** What is asked for is a request, whatever its parts hold. */
function request(bytes: Uint8Array): void {
  const script = new Script(bytes);
  const host = latin1(script.upTo(10)).slice(0, 40);
  const target = latin1(script.upTo(10)).slice(0, 200);
  const made = encodeRequest("GET", host, `/${target}`, `${latin1(script.upTo(10))}\r\n`, -1);
  if (!made.ok) return;
  const head = new RequestHead();
  const status = decodeRequestHead(made.value, 0, made.value.length, 8192, DEFAULT_LIMITS, head);
  check(
    status === 0 || status === 400 || status === 417 || status === 501,
    `our own request is answered with ${status}`,
  );
  if (status === 0) same(head.length, made.value.length, "the length of our own request");
}
