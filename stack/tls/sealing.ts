// What goes out: ranges of users are sealed into records late, when the stream below would let them go, into bytes of the
// connection's own. The users' bytes are shared and never change; that a copy is made of them is free, since the cipher
// writes every byte anyway.

import type { Instant } from "../base/result.ts";
import { APPLICATION_DATA } from "./codes.ts";
import type { TlsCore } from "./core.ts";
import {
  IDLE,
  KEY_RECORDS,
  MOST_AHEAD,
  MOST_CONTENT,
  SEALED_OVERHEAD,
  SMALL_RECORD,
  SMALL_RECORDS_BYTES,
} from "./limits.ts";
import { NO_CONNECTION, OPEN, ORPHAN, type Stream } from "./stream.ts";

/** Where the content of a record is gathered that lies in several ranges. */
const SCRATCH: Uint8Array = new Uint8Array(MOST_CONTENT);

/** Queues what the handshake, alerts and the like have written. False: the stream below takes nothing more. */
export function flushChannel(core: TlsCore, s: Stream): boolean {
  if (s.connection === NO_CONNECTION || !s.connection.channel.pending) return true;
  const bytes = s.connection.channel.take();
  return core.below.send(s.handle, bytes, 0, bytes.length);
}

/** All has been sealed that may leave now; what is under way brings us back. */
export const SEALED = 0;
/** There is no memory for what may leave, and nothing is under way that would bring us back. */
export const STARVED = 1;
/** The stream below takes nothing more. */
export const REFUSED = 2;

/** Seals and queues what may leave. One of the above. */
export function seal(core: TlsCore, s: Stream, now: Instant): number {
  if (s.state !== OPEN && s.state !== ORPHAN) return SEALED;
  const { below } = core;
  const { connection, ranges, handle } = s;
  const { channel } = connection;
  // An answer to a KeyUpdate waits until the one before has left, so that asking for many costs us nothing.
  if (connection.updateDue && (ranges.queued > 0 || below.queued(handle) === 0)) connection.answerUpdate();
  if (channel.writing.sequence >= KEY_RECORDS) connection.updateKeys(false);
  if (!flushChannel(core, s)) return REFUSED;
  if (now - s.sealedAt > IDLE) s.burst = 0;
  while (ranges.queued > 0) {
    const idle = below.queued(handle) === 0;
    const window = below.sendable(handle);
    if (!idle && window <= 0) return SEALED;
    const small = s.burst < SMALL_RECORDS_BYTES;
    const fragment = Math.min(channel.fragment, small ? SMALL_RECORD : MOST_CONTENT);
    // Whole records; at least one, so that there is always something under way that brings us back here.
    let length = Math.min(Math.max(window, fragment), small ? SMALL_RECORDS_BYTES : MOST_AHEAD);
    length = Math.min(ranges.queued, Math.ceil(length / fragment) * fragment);
    const sealed = length + Math.ceil(length / fragment) * SEALED_OVERHEAD;
    if (!below.admits(handle, sealed)) return idle ? STARVED : SEALED;
    const bytes = sealRun(core, s, fragment, length, sealed);
    s.sealedAt = now;
    s.burst += length;
    s.orphanBytes += length;
    if (!below.send(handle, bytes, 0, sealed)) return REFUSED;
  }
  return SEALED;
}

/** Seals the next `length` bytes of the queue, in records of `fragment` bytes of content each but for the last. */
function sealRun(core: TlsCore, s: Stream, fragment: number, length: number, sealed: number): Uint8Array {
  const { ranges } = s;
  const keys = s.connection.channel.writing;
  keys.fragment = fragment;
  const into = new Uint8Array(sealed);
  let at = 0;
  let left = length;
  while (left > 0) {
    const rest = Math.min(ranges.length, left);
    // Straight from where it lies, as many records as lie there whole; the end of the run may be a short one.
    const direct = rest === left ? left : rest - (rest % fragment);
    if (direct > 0) {
      at += keys.seal(APPLICATION_DATA, ranges.bytes, ranges.offset, direct, into, at);
      ranges.drop(direct, core.memory);
      left -= direct;
      continue;
    }
    const part = Math.min(fragment, left);
    ranges.gather(SCRATCH, part, core.memory);
    at += keys.seal(APPLICATION_DATA, SCRATCH, 0, part, into, at);
    left -= part;
  }
  return into;
}
