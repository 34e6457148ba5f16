// What the decoder of request heads (wire.ts) fills in: numbers and offsets, no text.

import { Request } from "../http/request.ts";

/** A decoded head of HTTP/1.x: the request, and how its message is framed. */
export class RequestHead extends Request {
  /** Bytes that the head takes, its empty line and empty lines before it included (RFC 9112 2.2). */
  length = 0;
  /** HTTP/1.x. */
  minor = 0;
  /** Offset of the first header line, and number of lines. */
  headersStart = 0;
  headerCount = 0;
  contentLength = 0;
  chunked = false;
  /** Connection: close, keep-alive. */
  close = false;
  keepAlive = false;
  /** Expect: 100-continue. */
  expectContinue = false;
}
