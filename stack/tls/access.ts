// The port Streams as users of TLS see it: what they read has been opened, what they queue will be sealed.

import { NO_PAYLOAD } from "../base/link.ts";
import type { Client, Path } from "../base/path.ts";
import { Shared } from "../base/shared.ts";
import { type Handle, Streams } from "../base/streams.ts";
import type { TlsCore } from "./core.ts";
import { plainLimit, receive } from "./receiving.ts";
import { CLEAR, GONE, NOBODY, OPEN, ORPHAN } from "./stream.ts";

export abstract class TlsAccess extends Streams {
  readonly core: TlsCore;

  constructor(core: TlsCore) {
    super();
    this.core = core;
  }

  override readBuffer(handle: Handle): Uint8Array {
    const s = this.core.of(handle);
    return s.state === CLEAR || s.plain > 0 ? this.core.below.readBuffer(handle) : NO_PAYLOAD;
  }

  override readStart(handle: Handle): number {
    const s = this.core.of(handle);
    return s.state === CLEAR || s.plain > 0 ? this.core.below.readStart(handle) : 0;
  }

  override readLength(handle: Handle): number {
    const s = this.core.of(handle);
    return s.state === CLEAR ? this.core.below.readLength(handle) : s.plain;
  }

  override readLimit(handle: Handle): number {
    const s = this.core.of(handle);
    if (s === GONE) return 0;
    return s.state === CLEAR ? this.core.below.readLimit(handle) : plainLimit(this.core, s);
  }

  override readEnded(handle: Handle): boolean {
    const s = this.core.of(handle);
    if (s.state === CLEAR) return this.core.below.readEnded(handle);
    return s === GONE || (s.peerEnded && s.plain === 0);
  }

  override peerEnded(handle: Handle): boolean {
    const s = this.core.of(handle);
    if (s.state === CLEAR) return this.core.below.peerEnded(handle);
    return s === GONE || s.peerEnded;
  }

  override consume(handle: Handle, length: number): void {
    const { core } = this;
    const s = core.of(handle);
    if (s.state === CLEAR) core.below.consume(handle, length);
    if (s.state !== OPEN || s.plain === 0) return;
    const read = Math.min(length, s.plain);
    s.plain -= read;
    // With the last of it goes what lay behind it.
    if (s.plain > 0) core.below.consume(handle, read);
    else {
      core.below.consume(handle, read + s.gap);
      s.gap = 0;
    }
    if (core.below.readLength(handle) === s.plain + s.gap && (s.peerEnded || !core.below.peerEnded(handle))) return;
    receive(core, s, core.now);
    if (s.readableDue || s.closedDue >= 0) core.list(s);
  }

  override send(handle: Handle, bytes: Uint8Array, offset: number, length: number): boolean {
    return length <= 0 || this.sendShared(handle, new Shared(bytes), offset, length);
  }

  override sendShared(handle: Handle, shared: Shared, offset: number, length: number): boolean {
    const { core } = this;
    const s = core.of(handle);
    if (s.state === CLEAR) return core.below.sendShared(handle, shared, offset, length);
    if (s.state !== OPEN || s.ending) return false;
    if (length <= 0) return true;
    if (s.ranges.count >= core.limits.sendRanges) return false;
    // What nobody else holds is in flight from here on.
    if (shared.holders === 0 && !core.below.admits(handle, length)) return false;
    s.ranges.push(shared, offset, length, core.memory);
    core.list(s);
    return true;
  }

  override queued(handle: Handle): number {
    const s = this.core.of(handle);
    return s === GONE ? 0 : s.ranges.queued + this.core.below.queued(handle);
  }

  override admits(handle: Handle, length: number): boolean {
    const { core } = this;
    const s = core.of(handle);
    if (s.state === CLEAR) return core.below.admits(handle, length);
    return (
      s.state === OPEN && !s.ending && s.ranges.count < core.limits.sendRanges && core.below.admits(handle, length)
    );
  }

  override sendable(handle: Handle): number {
    const s = this.core.of(handle);
    return s === GONE ? 0 : Math.max(0, this.core.below.sendable(handle) - s.ranges.queued);
  }

  override shutdown(handle: Handle): void {
    const { core } = this;
    const s = core.of(handle);
    if (s.state === CLEAR) core.below.shutdown(handle);
    if (s.state !== OPEN || s.ending) return;
    s.ending = true;
    core.list(s);
  }

  override close(handle: Handle): void {
    const { core } = this;
    const s = core.of(handle);
    if (s === GONE) return;
    if (s.state !== OPEN) {
      if (s.state === CLEAR) core.below.close(handle);
      else core.below.abort(handle);
      core.release(s);
      return;
    }
    // RFC 2525 2.17: bytes that nobody will read must not look delivered.
    if (s.plain > 0) {
      core.below.abort(handle);
      core.release(s);
      return;
    }
    s.user = NOBODY;
    s.ending = true;
    s.state = ORPHAN;
    core.orphans.enter(s.index, core.now);
    core.list(s);
  }

  override abort(handle: Handle): void {
    const s = this.core.of(handle);
    if (s === GONE) return;
    this.core.below.abort(handle);
    this.core.release(s);
  }

  override hold(handle: Handle, held: boolean): void {
    this.core.below.hold(handle, held);
  }

  override peerPath(handle: Handle): Path {
    return this.core.below.peerPath(handle);
  }

  override peerClient(handle: Handle): Client {
    return this.core.below.peerClient(handle);
  }

  override peerPort(handle: Handle): number {
    return this.core.below.peerPort(handle);
  }
}
