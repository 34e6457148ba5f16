// A table of byte streams by handle: what TCP offers to what lies above it, and what TLS will offer in the same form.
// HTTP is written against this, so it does not know whether it speaks in the clear.

import { NO_PAYLOAD } from "./link.ts";
import { type Client, NO_CLIENT, NO_PATH, type Path } from "./path.ts";
import type { Instant } from "./result.ts";
import type { Shared } from "./shared.ts";

/**
 * A connection. Never reused while anybody may hold it: a number that also counts generations. A call with a handle
 * that is gone does nothing and answers as an ended stream would. What carries one stream over another (TLS over TCP)
 * keeps the handle of the one below, so a handle tells one connection from all others, whoever offers it.
 */
export type Handle = number & { readonly brand: "Handle" };
export const NO_HANDLE = -1 as Handle;

/** Why a stream ended, as `closed` tells its user. */
export const CLOSED_IN_ORDER = 0;
export const CLOSED_BY_RESET = 1;
export const CLOSED_BY_TIMEOUT = 2;
export const CLOSED_REFUSED = 3;
export const CLOSED_UNREACHABLE = 4;
/** Ended here because others needed its room. */
export const CLOSED_FOR_ROOM = 5;
/** TLS has ended it: an alert, ours or the peer's. */
export const CLOSED_INSECURE = 6;

/** What a stream tells the one who uses it. Called from within input and step; it may call Streams at once. */
export abstract class StreamUser {
  /** A peer has connected to a port that this user listens on; the handshake is complete. */
  abstract accepted(handle: Handle, port: number, now: Instant): void;
  /** A connect of this user has succeeded. */
  abstract connected(handle: Handle, now: Instant): void;
  /** More bytes to read, or the peer's end of stream has come (see `readEnded`). */
  abstract readable(handle: Handle, now: Instant): void;
  /**
   * Would the user read all of this, which has just come and is all that is unread? Asked while receive memory is short: what is
   * read at once needs none. Who cannot tell says no, and the peer sends it again.
   */
  readsWhole(_bytes: Uint8Array, _offset: number, _length: number): boolean {
    return false;
  }
  /** Bytes that were queued have been acknowledged: `queued` is less than it was. */
  abstract sent(handle: Handle, now: Instant): void;
  /** The stream is gone; the handle is dead. Called once, not for a handle that its user has closed or aborted. */
  abstract closed(handle: Handle, reason: number, now: Instant): void;
}

export abstract class Streams {
  /** The unread bytes are readBuffer[readStart .. readStart + readLength), contiguous. Valid until the next call or event. */
  abstract readBuffer(handle: Handle): Uint8Array;
  abstract readStart(handle: Handle): number;
  abstract readLength(handle: Handle): number;
  /** The most bytes that can lie unread: when readLength reaches it, nothing more comes before `consume`. */
  abstract readLimit(handle: Handle): number;
  /** The peer has ended its side and nothing is unread. */
  abstract readEnded(handle: Handle): boolean;
  /** The peer has ended its side: what is unread is all that there will ever be. */
  abstract peerEnded(handle: Handle): boolean;
  /** Drops the first `length` unread bytes. */
  abstract consume(handle: Handle, length: number): void;
  /**
   * Queues a range to send, by reference: the bytes must not change until they are acknowledged. False: the handle is
   * gone or was shut down, or its queue holds too many ranges. Sent when the host transmits, at the end of its step.
   */
  abstract send(handle: Handle, bytes: Uint8Array, offset: number, length: number): boolean;
  /** The same for bytes that other streams may be sending as well, which are counted once. */
  abstract sendShared(handle: Handle, shared: Shared, offset: number, length: number): boolean;
  /** Bytes queued and not acknowledged. */
  abstract queued(handle: Handle): number;
  /** Whether `send` would now take a range of so many bytes that nobody else holds. Others may give way for it. */
  abstract admits(handle: Handle, length: number): boolean;
  /** How many bytes, beyond those queued, peer and path would let out at once. */
  abstract sendable(handle: Handle): number;
  /** End of stream after what is queued; reading goes on. */
  abstract shutdown(handle: Handle): void;
  /** Lets go: end of stream after what is queued, RST if unread bytes are thrown away (RFC 2525 2.17). */
  abstract close(handle: Handle): void;
  /** RST at once; what is queued is dropped. */
  abstract abort(handle: Handle): void;
  /**
   * The user is making an answer that the peer waits for (true), or owes nothing any more: what is owed does not give
   * way to others when room is short.
   */
  abstract hold(handle: Handle, held: boolean): void;
  /** The path to the peer, which holds while the stream lives; NO_PATH: the handle is gone. */
  abstract peerPath(handle: Handle): Path;
  /** Whose share the stream counts to (PathTable.clientOf); NO_CLIENT: the handle is gone. */
  abstract peerClient(handle: Handle): Client;
  abstract peerPort(handle: Handle): number;
}

/** Streams of which every handle is gone. */
class NoStreams extends Streams {
  override readBuffer(_handle: Handle): Uint8Array {
    return NO_PAYLOAD;
  }
  override readStart(_handle: Handle): number {
    return 0;
  }
  override readLength(_handle: Handle): number {
    return 0;
  }
  override readLimit(_handle: Handle): number {
    return 0;
  }
  override readEnded(_handle: Handle): boolean {
    return true;
  }
  override peerEnded(_handle: Handle): boolean {
    return true;
  }
  override consume(_handle: Handle, _length: number): void {}
  override send(_handle: Handle, _bytes: Uint8Array, _offset: number, _length: number): boolean {
    return false;
  }
  override sendShared(_handle: Handle, _shared: Shared, _offset: number, _length: number): boolean {
    return false;
  }
  override hold(_handle: Handle, _held: boolean): void {}
  override queued(_handle: Handle): number {
    return 0;
  }
  override admits(_handle: Handle, _length: number): boolean {
    return false;
  }
  override sendable(_handle: Handle): number {
    return 0;
  }
  override shutdown(_handle: Handle): void {}
  override close(_handle: Handle): void {}
  override abort(_handle: Handle): void {}
  override peerPath(_handle: Handle): Path {
    return NO_PATH;
  }
  override peerClient(_handle: Handle): Client {
    return NO_CLIENT;
  }
  override peerPort(_handle: Handle): number {
    return 0;
  }
}

/** Stands where there is no stream. */
export const NO_STREAMS: Streams = new NoStreams();
