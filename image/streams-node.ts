// Node's sockets as Streams: what HTTP is served over on the `node` target, by the same server as on the machine.

import type { Socket } from "node:net";
import { NO_PATH, type Path } from "../stack/base/path.ts";
import type { Instant } from "../stack/base/result.ts";
import type { Shared } from "../stack/base/shared.ts";
import {
  CLOSED_BY_RESET,
  CLOSED_BY_TIMEOUT,
  CLOSED_IN_ORDER,
  type Handle,
  Streams,
  type StreamUser,
} from "../stack/base/streams.ts";

/** Unread bytes of a connection, as on the machine (SERVER_RECEIVE_LIMIT). */
const READ_LIMIT = 16 * 1024;
const NOTHING: Uint8Array = new Uint8Array(0);

interface Stream {
  readonly socket: Socket;
  readonly user: StreamUser;
  /** Bytes that have come and were not consumed; the socket rests while they are more than the limit. */
  unread: Uint8Array;
  ended: boolean;
  queued: number;
}

export class NodeStreams extends Streams {
  readonly #now: () => Instant;
  readonly #streams = new Map<Handle, Stream>();
  #next = 1;

  /** `now`: microseconds that never go back. */
  constructor(now: () => Instant) {
    super();
    this.#now = now;
  }

  /** A peer has connected to the port: the user is told of it and of all that follows. The socket is half-open. */
  add(socket: Socket, user: StreamUser, port: number): void {
    const handle = this.#next++ as Handle;
    const stream: Stream = { socket, user, unread: NOTHING, ended: false, queued: 0 };
    this.#streams.set(handle, stream);
    socket.on("data", (chunk: Buffer) => {
      // Of one that was let go of.
      if (!this.#streams.has(handle)) return;
      stream.unread = joined(stream.unread, chunk);
      if (stream.unread.length >= READ_LIMIT) socket.pause();
      user.readable(handle, this.#now());
    });
    socket.on("end", () => {
      stream.ended = true;
      if (this.#streams.has(handle)) user.readable(handle, this.#now());
    });
    let reason = CLOSED_IN_ORDER;
    socket.on("error", (cause) => {
      reason = "code" in cause && cause.code === "ETIMEDOUT" ? CLOSED_BY_TIMEOUT : CLOSED_BY_RESET;
    });
    socket.on("close", () => {
      if (this.#streams.delete(handle)) user.closed(handle, reason, this.#now());
    });
    user.accepted(handle, port, this.#now());
  }

  override readBuffer(handle: Handle): Uint8Array {
    return this.#streams.get(handle)?.unread ?? NOTHING;
  }
  override readStart(_handle: Handle): number {
    return 0;
  }
  override readLength(handle: Handle): number {
    return Math.min(READ_LIMIT, this.#streams.get(handle)?.unread.length ?? 0);
  }
  override readLimit(_handle: Handle): number {
    return READ_LIMIT;
  }
  override readEnded(handle: Handle): boolean {
    const stream = this.#streams.get(handle);
    return stream === undefined || (stream.ended && stream.unread.length === 0);
  }
  override peerEnded(handle: Handle): boolean {
    const stream = this.#streams.get(handle);
    return stream === undefined || (stream.ended && stream.unread.length <= READ_LIMIT);
  }
  override consume(handle: Handle, length: number): void {
    const stream = this.#streams.get(handle);
    if (stream === undefined) return;
    stream.unread = stream.unread.subarray(length);
    if (stream.unread.length < READ_LIMIT) stream.socket.resume();
  }
  override send(handle: Handle, bytes: Uint8Array, offset: number, length: number): boolean {
    const stream = this.#streams.get(handle);
    if (stream === undefined || stream.socket.writableEnded || stream.socket.destroyed) return false;
    if (stream.queued === 0) {
      // What is queued in one turn leaves together.
      stream.socket.cork();
      process.nextTick(() => stream.socket.uncork());
    }
    stream.queued += length;
    stream.socket.write(bytes.subarray(offset, offset + length), () => {
      stream.queued -= length;
      if (this.#streams.has(handle)) stream.user.sent(handle, this.#now());
    });
    return true;
  }
  override sendShared(handle: Handle, shared: Shared, offset: number, length: number): boolean {
    return this.send(handle, shared.bytes, offset, length);
  }
  /** Node has room. */
  override hold(_handle: Handle, _held: boolean): void {}
  override queued(handle: Handle): number {
    return this.#streams.get(handle)?.queued ?? 0;
  }
  override admits(handle: Handle, _length: number): boolean {
    const stream = this.#streams.get(handle);
    return stream !== undefined && !stream.socket.writableEnded && !stream.socket.destroyed;
  }
  /** What Node keeps of a stream before it says that its buffer is full. */
  override sendable(handle: Handle): number {
    const stream = this.#streams.get(handle);
    return stream === undefined ? 0 : Math.max(0, stream.socket.writableHighWaterMark - stream.queued);
  }
  override shutdown(handle: Handle): void {
    this.#streams.get(handle)?.socket.end();
  }
  override close(handle: Handle): void {
    const stream = this.#streams.get(handle);
    if (stream === undefined) return;
    this.#streams.delete(handle);
    // Ends after what is queued; what comes meanwhile is read and dropped.
    stream.socket.resume();
    stream.socket.destroySoon();
  }
  override abort(handle: Handle): void {
    const stream = this.#streams.get(handle);
    if (stream === undefined) return;
    this.#streams.delete(handle);
    stream.socket.resetAndDestroy();
  }
  /** Node knows the way; here a path is no more than the stream that has it. */
  override peerPath(handle: Handle): Path {
    return (this.#streams.has(handle) ? handle : NO_PATH) as number as Path;
  }
  /** The peer's address as text, "-" when it has gone. */
  remoteText(path: Path): string {
    const text = this.#streams.get(path as number as Handle)?.socket.remoteAddress ?? "-";
    // An IPv4 address in IPv6's form (RFC 4291 2.5.5.2).
    return text.replace(/^::ffff:/, "");
  }
  override peerPort(handle: Handle): number {
    return this.#streams.get(handle)?.socket.remotePort ?? 0;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
