// What comes in: records are opened where the stream below has put them. Data of several records is moved together, so that
// its user reads one range; what a record has besides its data stays behind it as a gap until the data is read.

import { copyBytes } from "../base/native.ts";
import type { Instant } from "../base/result.ts";
import { CLOSED_BY_RESET, CLOSED_INSECURE } from "../base/streams.ts";
import { CLOSE_NOTIFY, INTERNAL_ERROR, PROTOCOL_VERSION } from "./alerts.ts";
import { BROKEN, DATA, ENDED, TAKEN } from "./connection.ts";
import type { TlsCore } from "./core.ts";
import {
  ALERTS_RECEIVED,
  ALERTS_SENT,
  HANDSHAKES,
  IN_THE_CLEAR,
  KEY_USES,
  OLD_VERSIONS,
  RESUMED,
  RETRIES,
  TRUNCATED,
} from "./counters.ts";
import { LARGE_MESSAGE, RECORD_ROOM } from "./limits.ts";
import { looksLikeHttp, recordLength } from "./record.ts";
import { flushChannel } from "./sealing.ts";
import { CLEAR, DRAINING, NOBODY, OPEN, ORPHAN, SHAKING, type Stream } from "./stream.ts";

/** Data that may lie unread before no more is opened. */
export function plainLimit(core: TlsCore, s: Stream): number {
  return Math.max(1, core.below.readLimit(s.handle) - RECORD_ROOM);
}

/** Opens all records that are there and may be opened; what its user is to be told stands in the stream. */
export function receive(core: TlsCore, s: Stream, now: Instant): void {
  const { below } = core;
  const { handle } = s;
  if (s.state === SHAKING && s.port !== 0 && !s.handshake.started && inTheClear(core, s)) return;
  while (reading(s) && s.plain < plainLimit(core, s)) {
    const { handshake } = s;
    if (handshake.awaitsHello) {
      if (core.worked) {
        wait(core, s);
        return;
      }
      core.terms.loaded = core.loaded();
    }
    const from = s.plain + s.gap;
    const available = below.readLength(handle) - from;
    const bytes = below.readBuffer(handle);
    const start = below.readStart(handle) + from;
    const length = recordLength(bytes, start, available);
    if (length < 0) {
      s.connection.fail(-length);
      fail(core, s, now);
      return;
    }
    if (length === 0 || length > available) break;
    const uses = handshake.signatures;
    const { retried } = handshake;
    const outcome = s.connection.record(bytes, start, length, now);
    if (handshake.signatures > uses) {
      core.worked = true;
      core.counters.note(KEY_USES);
    }
    if (handshake.retried !== retried) core.counters.note(RETRIES);
    if (s.state === SHAKING && !handshake.awaitsHello) core.unproven.leave(s.index);
    if (outcome === DATA) place(core, s, bytes, start, length);
    else skip(core, s, length);
    const { buffered } = s.connection;
    if (buffered !== s.buffered) core.account(s, buffered);
    if (buffered > LARGE_MESSAGE && core.buffered > core.limits.handshakeMemory) {
      s.connection.fail(INTERNAL_ERROR);
      fail(core, s, now);
      return;
    }
    switch (outcome) {
      case TAKEN:
        if (s.state === SHAKING && handshake.complete) opened(core, s);
        break;
      case DATA:
        s.readableDue = true;
        break;
      case ENDED:
        s.peerEnded = true;
        s.readableDue = true;
        break;
      case BROKEN:
        core.counters.note(ALERTS_RECEIVED);
        flushChannel(core, s);
        broken(core, s, s.connection.alert, now);
        return;
      default:
        fail(core, s, now);
        return;
    }
  }
  flushChannel(core, s);
  // 4.6.3 wants it before our next data; who waits for it to go on gets it when there is none.
  if (s.connection.updateDue) core.list(s);
  if (reading(s) || s.peerEnded) settle(core, s, now);
}

function reading(s: Stream): boolean {
  return (s.state === SHAKING || s.state === OPEN || s.state === ORPHAN) && !s.peerEnded && s.closedDue < 0;
}

/** A private key was used in this step already: another's turn comes in the next. */
function wait(core: TlsCore, s: Stream): void {
  if (s.waiting) return;
  s.waiting = true;
  core.waiting.push(s.handle);
}

function opened(core: TlsCore, s: Stream): void {
  s.state = OPEN;
  s.openedDue = true;
  core.endHandshake(s);
  core.counters.note(HANDSHAKES);
  if (s.handshake.resumed) core.counters.note(RESUMED);
}

/** True: the peer speaks HTTP, and somebody is there to say that this is the wrong place. */
function inTheClear(core: TlsCore, s: Stream): boolean {
  const { below } = core;
  const { handle } = s;
  if (!looksLikeHttp(below.readBuffer(handle), below.readStart(handle), below.readLength(handle))) return false;
  core.counters.note(IN_THE_CLEAR);
  if (s.clearUser === NOBODY) return false;
  core.endHandshake(s);
  core.forget(s);
  s.state = CLEAR;
  s.user = s.clearUser;
  s.openedDue = true;
  s.readableDue = true;
  return true;
}

/** Data of the record at `start` joins what is unread. */
function place(core: TlsCore, s: Stream, bytes: Uint8Array, start: number, length: number): void {
  const { dataOffset, dataLength } = s.connection;
  if (s.plain === 0) {
    const before = dataOffset - start;
    core.below.consume(s.handle, s.gap + before);
    s.gap = length - before - dataLength;
  } else {
    copyBytes(bytes, start - s.gap, bytes, dataOffset, dataLength);
    s.gap += length - dataLength;
  }
  s.plain += dataLength;
}

/** A record without data is done with. */
function skip(core: TlsCore, s: Stream, length: number): void {
  s.gap += length;
  if (s.plain > 0) return;
  core.below.consume(s.handle, s.gap);
  s.gap = 0;
}

/** After all that could be opened: makes room for the next record, and sees whether there will be one. */
function settle(core: TlsCore, s: Stream, now: Instant): void {
  const { below } = core;
  const { handle } = s;
  if (s.plain > 0 && s.gap > 0 && below.readLimit(handle) - below.readLength(handle) < RECORD_ROOM) {
    const bytes = below.readBuffer(handle);
    const start = below.readStart(handle);
    copyBytes(bytes, start + s.gap, bytes, start, s.plain);
    below.consume(handle, s.gap);
    s.gap = 0;
  }
  if (s.peerEnded) {
    // Nothing may come behind a close_notify; what does is not looked at.
    const rest = below.readLength(handle) - s.plain - s.gap;
    if (rest > 0 && s.plain === 0) below.consume(handle, rest);
    return;
  }
  if (!below.peerEnded(handle) || s.plain >= plainLimit(core, s)) return;
  if (s.state === SHAKING) {
    broken(core, s, CLOSE_NOTIFY, now);
    return;
  }
  s.peerEnded = true;
  s.truncated = true;
  s.readableDue = true;
  core.counters.note(TRUNCATED);
}

/** The peer was wrong; an alert that says so is in the channel. It leaves, and we listen for a while. */
export function fail(core: TlsCore, s: Stream, now: Instant): void {
  const { below } = core;
  const { handle } = s;
  core.counters.note(ALERTS_SENT);
  if (s.connection.alert === PROTOCOL_VERSION) core.counters.note(OLD_VERSIONS);
  core.lastAlert = s.connection.alert;
  core.lastAlertOurs = true;
  flushChannel(core, s);
  below.hold(handle, false);
  s.closedDue = CLOSED_INSECURE;
  drain(core, s, now);
  core.list(s);
}

/** The peer has broken off. */
function broken(core: TlsCore, s: Stream, alert: number, now: Instant): void {
  core.lastAlert = alert;
  core.lastAlertOurs = false;
  s.closedDue = alert === CLOSE_NOTIFY ? CLOSED_BY_RESET : CLOSED_INSECURE;
  drain(core, s, now);
  core.list(s);
}

/** Ends our side of the stream below, and drops what comes until the peer has ended its own. */
export function drain(core: TlsCore, s: Stream, now: Instant): void {
  core.endHandshake(s);
  core.orphans.leave(s.index);
  core.forget(s);
  s.state = DRAINING;
  s.plain = 0;
  s.gap = 0;
  core.draining.enter(s.index, now);
  core.below.shutdown(s.handle);
  drop(core, s);
}

/** Drops what has come on a stream that is DRAINING. True: it is over. */
export function drop(core: TlsCore, s: Stream): boolean {
  const { below } = core;
  below.consume(s.handle, below.readLength(s.handle));
  if (!below.readEnded(s.handle) || s.closedDue >= 0) return false;
  below.close(s.handle);
  core.release(s);
  return true;
}
