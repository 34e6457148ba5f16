// HTTP in the clear on a port where HTTPS is spoken: a plain answer that says so, and the end.

import type { Instant } from "../base/result.ts";
import { type Handle, type Streams, StreamUser } from "../base/streams.ts";
import { latin1Bytes } from "../http/syntax.ts";

const TEXT = "This port speaks HTTPS: the address begins with https://\n";

export class WrongProtocol extends StreamUser {
  readonly #streams: Streams;
  readonly #answer: Uint8Array = latin1Bytes(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${TEXT.length}\r\nConnection: close\r\n\r\n${TEXT}`,
  );

  constructor(streams: Streams) {
    super();
    this.#streams = streams;
  }

  override accepted(handle: Handle, _port: number, _now: Instant): void {
    const streams = this.#streams;
    // What is thrown away unread would make a reset of the end, and that could overtake the answer.
    streams.consume(handle, streams.readLength(handle));
    streams.send(handle, this.#answer, 0, this.#answer.length);
    streams.shutdown(handle);
  }

  override readable(handle: Handle, _now: Instant): void {
    const streams = this.#streams;
    streams.consume(handle, streams.readLength(handle));
    if (streams.readEnded(handle)) streams.close(handle);
  }

  override sent(handle: Handle, _now: Instant): void {
    const streams = this.#streams;
    if (streams.queued(handle) === 0) streams.close(handle);
  }

  override connected(_handle: Handle, _now: Instant): void {}
  override closed(_handle: Handle, _reason: number, _now: Instant): void {}
}
