// Streams without TCP: a test plays the peer. Bytes that were queued are compared with what they were when they are
// acknowledged, so a user that changes them is found out.

import { copyBytes } from "../../stack/base/native.ts";
import type { Client, Path } from "../../stack/base/path.ts";
import type { Shared } from "../../stack/base/shared.ts";
import { type Handle, Streams, type StreamUser } from "../../stack/base/streams.ts";
import { latin1Bytes } from "../../stack/http/syntax.ts";

interface Range {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly copy: Uint8Array;
}

interface Stream {
  readonly handle: Handle;
  readonly user: StreamUser;
  buffer: Uint8Array;
  start: number;
  length: number;
  /** What the peer has sent and the stream could not take yet. */
  waiting: number[];
  peerEnded: boolean;
  ranges: Range[];
  /** Everything queued ever, as bytes. */
  output: number[];
  shutdown: boolean;
  /** The user owes the peer an answer. */
  held: boolean;
  /** How the user let go: "" not yet. */
  ending: "" | "close" | "abort";
}

export class FakeStreams extends Streams {
  readonly streams: Stream[] = [];
  /** The path to every peer that connects. */
  path = 7 as Path;
  client = 7 as Client;
  /** Ranges a queue may hold. */
  maxRanges = 64;
  limit: number;
  /** What peer and path let out at a time. */
  window = 1_000_000;
  /** There is memory for what only one stream holds. */
  room = true;
  constructor(limit = 16_384) {
    super();
    this.limit = limit;
  }

  // ---- The peer's side ----------------------------------------------------------------------------------------------

  /** A peer connects to the user. */
  connect(user: StreamUser, now: number, port = 80): Handle {
    // A handle that counts generations, as TCP's do.
    const handle = (this.streams.length * 1_048_576 + ((this.streams.length * 7) % 16)) as Handle;
    this.streams.push({
      handle,
      user,
      buffer: new Uint8Array(this.limit * 2),
      start: 5,
      length: 0,
      waiting: [],
      peerEnded: false,
      ranges: [],
      output: [],
      shutdown: false,
      held: false,
      ending: "",
    });
    user.accepted(handle, port, now);
    return handle;
  }

  /** The peer sends text (one byte a character) or bytes. */
  receive(handle: Handle, data: string | Uint8Array, now: number): void {
    const stream = this.of(handle);
    for (const byte of typeof data === "string" ? latin1Bytes(data) : data) stream.waiting.push(byte);
    this.#fill(stream);
    while (this.#alive(stream)) {
      const before = stream.waiting.length;
      stream.user.readable(handle, now);
      this.#fill(stream);
      if (stream.waiting.length === before || before === 0) break;
    }
  }

  /** The peer ends its side. */
  end(handle: Handle, now: number): void {
    const stream = this.of(handle);
    stream.peerEnded = true;
    if (this.#alive(stream)) stream.user.readable(handle, now);
  }

  /** The peer acknowledges all that is queued. */
  acknowledge(handle: Handle, now: number): void {
    const stream = this.of(handle);
    for (const range of stream.ranges) {
      for (let i = 0; i < range.copy.length; i++)
        if (range.bytes[range.offset + i] !== range.copy[i]) throw new Error("queued bytes were changed");
    }
    stream.ranges = [];
    if (this.#alive(stream)) stream.user.sent(handle, now);
    // What was unread may be read now.
    if (this.#alive(stream) && (stream.waiting.length > 0 || stream.length > 0)) this.receive(handle, "", now);
  }

  /** The stream breaks. */
  break(handle: Handle, reason: number, now: number): void {
    const stream = this.of(handle);
    if (!this.#alive(stream)) return;
    stream.ending = "abort";
    stream.user.closed(handle, reason, now);
  }

  /** All that the user has sent, one character a byte. */
  output(handle: Handle): string {
    const out = this.of(handle).output;
    let text = "";
    for (let i = 0; i < out.length; i += 8192) text += String.fromCharCode(...out.slice(i, i + 8192));
    return text;
  }

  clearOutput(handle: Handle): void {
    this.of(handle).output = [];
  }

  of(handle: Handle): Stream {
    const stream = this.streams[Math.floor(handle / 1_048_576)];
    if (stream === undefined) throw new Error("no such stream");
    return stream;
  }

  // ---- Streams ------------------------------------------------------------------------------------------------------

  override readBuffer(handle: Handle): Uint8Array {
    return this.of(handle).buffer;
  }
  override readStart(handle: Handle): number {
    return this.of(handle).start;
  }
  override readLength(handle: Handle): number {
    const stream = this.of(handle);
    return this.#alive(stream) ? stream.length : 0;
  }
  override readLimit(_handle: Handle): number {
    return this.limit;
  }
  override readEnded(handle: Handle): boolean {
    const stream = this.of(handle);
    return !this.#alive(stream) || (stream.peerEnded && stream.length === 0 && stream.waiting.length === 0);
  }
  override peerEnded(handle: Handle): boolean {
    const stream = this.of(handle);
    return !this.#alive(stream) || (stream.peerEnded && stream.waiting.length === 0);
  }
  override consume(handle: Handle, length: number): void {
    const stream = this.of(handle);
    if (length < 0 || length > stream.length) throw new RangeError("consume");
    stream.start += length;
    stream.length -= length;
    this.#fill(stream);
  }
  override send(handle: Handle, bytes: Uint8Array, offset: number, length: number): boolean {
    const stream = this.of(handle);
    if (!this.#alive(stream) || stream.shutdown || stream.ranges.length >= this.maxRanges) return false;
    if (offset < 0 || length <= 0 || offset + length > bytes.length) throw new RangeError("send");
    const copy = bytes.slice(offset, offset + length);
    stream.ranges.push({ bytes, offset, copy });
    for (let i = 0; i < length; i++) stream.output.push(copy[i]!);
    return true;
  }
  override sendShared(handle: Handle, shared: Shared, offset: number, length: number): boolean {
    return this.send(handle, shared.bytes, offset, length);
  }
  override queued(handle: Handle): number {
    let sum = 0;
    for (const range of this.of(handle).ranges) sum += range.copy.length;
    return sum;
  }
  override admits(handle: Handle, _length: number): boolean {
    const stream = this.of(handle);
    return this.room && this.#alive(stream) && !stream.shutdown && stream.ranges.length < this.maxRanges;
  }
  override sendable(handle: Handle): number {
    return Math.max(0, this.window - this.queued(handle));
  }
  override shutdown(handle: Handle): void {
    this.of(handle).shutdown = true;
  }
  override close(handle: Handle): void {
    const stream = this.of(handle);
    if (stream.ending === "") stream.ending = "close";
  }
  override abort(handle: Handle): void {
    const stream = this.of(handle);
    if (stream.ending === "") stream.ending = "abort";
  }
  override hold(handle: Handle, held: boolean): void {
    this.of(handle).held = held;
  }
  override peerPath(_handle: Handle): Path {
    return this.path;
  }
  override peerClient(_handle: Handle): Client {
    return this.client;
  }
  override peerPort(handle: Handle): number {
    return 40_000 + Math.floor(handle / 1_048_576);
  }

  #alive(stream: Stream): boolean {
    return stream.ending === "";
  }

  /** Moves what waits into the buffer as far as the limit allows, at a new place, so that no one relies on the old. */
  #fill(stream: Stream): void {
    const take = Math.min(this.limit - stream.length, stream.waiting.length);
    if (take <= 0) return;
    const next = new Uint8Array(this.limit * 2);
    const start = (stream.start * 7 + 3) % this.limit;
    copyBytes(next, start, stream.buffer, stream.start, stream.length);
    for (let i = 0; i < take; i++) next[start + stream.length + i] = stream.waiting[i]!;
    stream.waiting = stream.waiting.slice(take);
    stream.buffer = next;
    stream.start = start;
    stream.length += take;
  }
}
