// Node's sockets as Streams: what HTTP, TLS and connections of our own are carried by on the `node` target, so that all of
// them are the machine's.

import { connect as connectSocket, type Socket } from "node:net";
import { type Client, NO_CLIENT, NO_PATH, type Path } from "../stack/base/path.ts";
import type { Instant } from "../stack/base/result.ts";
import type { Shared } from "../stack/base/shared.ts";
import {
  CLOSED_BY_RESET,
  CLOSED_BY_TIMEOUT,
  CLOSED_IN_ORDER,
  CLOSED_REFUSED,
  CLOSED_UNREACHABLE,
  type Handle,
  Streams,
  type StreamUser,
} from "../stack/base/streams.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

interface Stream {
  readonly socket: Socket;
  user: StreamUser;
  /** Unread bytes that it shows at most. */
  readonly limit: number;
  /** Bytes that have come and were not consumed; the socket rests while they are more than the limit. */
  unread: Uint8Array;
  ended: boolean;
  queued: number;
}

export class NodeStreams extends Streams {
  readonly #now: () => Instant;
  readonly #moved: () => void;
  readonly #streams = new Map<Handle, Stream>();
  #next = 1;

  /** `now`: microseconds that never go back; `moved` is called after a user has been told something. */
  constructor(now: () => Instant, moved: () => void) {
    super();
    this.#now = now;
    this.#moved = moved;
  }

  /**
   * A peer has connected to the port: the user is told of it and of all that follows. The socket is half-open; so many bytes
   * of it lie unread at most.
   */
  add(socket: Socket, user: StreamUser, port: number, limit: number): void {
    const handle = this.#follow(socket, user, limit);
    user.accepted(handle, port, this.#now());
    this.#moved();
  }

  /** A connection of ours to the address: the user hears `connected` or `closed`. */
  connect(address: string, port: number, user: StreamUser, limit: number): Handle {
    const socket = connectSocket({ host: address, port, allowHalfOpen: true, noDelay: true });
    const handle = this.#follow(socket, user, limit);
    socket.once("connect", () => this.#tell(handle, (stream) => stream.user.connected(handle, this.#now())));
    return handle;
  }

  /** From now on this user hears of the connection. */
  assign(handle: Handle, user: StreamUser): void {
    const stream = this.#streams.get(handle);
    if (stream !== undefined) stream.user = user;
  }

  #follow(socket: Socket, user: StreamUser, limit: number): Handle {
    const handle = this.#next++ as Handle;
    const stream: Stream = { socket, user, limit, unread: NOTHING, ended: false, queued: 0 };
    this.#streams.set(handle, stream);
    socket.on("data", (chunk: Buffer) => {
      // Of one that was let go of.
      if (!this.#streams.has(handle)) return;
      stream.unread = joined(stream.unread, chunk);
      if (stream.unread.length >= limit) socket.pause();
      this.#tell(handle, () => stream.user.readable(handle, this.#now()));
    });
    socket.on("end", () => {
      stream.ended = true;
      this.#tell(handle, () => stream.user.readable(handle, this.#now()));
    });
    let reason = CLOSED_IN_ORDER;
    socket.on("error", (cause) => {
      reason = reasonOf("code" in cause ? String(cause.code) : "");
    });
    socket.on("close", () => {
      if (!this.#streams.delete(handle)) return;
      stream.user.closed(handle, reason, this.#now());
      this.#moved();
    });
    return handle;
  }

  /** Tells the user of a stream that is still there. */
  #tell(handle: Handle, what: (stream: Stream) => void): void {
    const stream = this.#streams.get(handle);
    if (stream === undefined) return;
    what(stream);
    this.#moved();
  }

  override readBuffer(handle: Handle): Uint8Array {
    return this.#streams.get(handle)?.unread ?? NOTHING;
  }
  override readStart(_handle: Handle): number {
    return 0;
  }
  override readLength(handle: Handle): number {
    const stream = this.#streams.get(handle);
    return stream === undefined ? 0 : Math.min(stream.limit, stream.unread.length);
  }
  override readLimit(handle: Handle): number {
    return this.#streams.get(handle)?.limit ?? 0;
  }
  override readEnded(handle: Handle): boolean {
    const stream = this.#streams.get(handle);
    return stream === undefined || (stream.ended && stream.unread.length === 0);
  }
  override peerEnded(handle: Handle): boolean {
    const stream = this.#streams.get(handle);
    return stream === undefined || (stream.ended && stream.unread.length <= stream.limit);
  }
  override consume(handle: Handle, length: number): void {
    const stream = this.#streams.get(handle);
    if (stream === undefined) return;
    stream.unread = stream.unread.subarray(length);
    if (stream.unread.length < stream.limit) stream.socket.resume();
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
      this.#tell(handle, () => stream.user.sent(handle, this.#now()));
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
  override peerClient(handle: Handle): Client {
    return (this.#streams.has(handle) ? handle : NO_CLIENT) as number as Client;
  }

  remoteText(path: Path): string {
    const text = this.#streams.get(path as number as Handle)?.socket.remoteAddress ?? "-";
    // An IPv4 address in IPv6's form (RFC 4291 2.5.5.2).
    return text.replace(/^::ffff:/, "");
  }
  override peerPort(handle: Handle): number {
    return this.#streams.get(handle)?.socket.remotePort ?? 0;
  }
}

function reasonOf(code: string): number {
  switch (code) {
    case "ETIMEDOUT":
      return CLOSED_BY_TIMEOUT;
    case "ECONNREFUSED":
      return CLOSED_REFUSED;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return CLOSED_UNREACHABLE;
    default:
      return CLOSED_BY_RESET;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
