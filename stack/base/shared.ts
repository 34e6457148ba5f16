// Bytes that several streams may be sending at a time: the body of a page, a head. Streams hold them by reference, and
// what they come to is counted once, for as long as anybody holds them.

import { NO_PAYLOAD } from "./link.ts";

/** A head, a redirect, a page of error: up to this length bytes are counted apart, so that large ones never shut them out. */
export const SMALL_ANSWER = 16_384;

export class Shared {
  /** Must not change while anybody holds them. */
  readonly bytes: Uint8Array;
  /** Who holds them: ranges queued to be sent, and the table. */
  holders = 0;
  /** The table holds them: they stay, whatever streams let go of. */
  kept = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** No bytes. */
export const NOTHING_SHARED: Shared = new Shared(NO_PAYLOAD);

/** How many bytes are held: those of the table, and others that only streams hold. */
export class SharedMemory {
  /** All bytes that somebody holds. */
  held = 0;
  /** Of those, the table's. */
  kept = 0;
  /** What of both is small. */
  smallHeld = 0;
  smallKept = 0;

  /** One "name value" a line. */
  describe(): string {
    return `in-flight ${this.inFlight}\nin-flight-small ${this.smallInFlight}\nkept ${this.kept}`;
  }

  /** Bytes that are kept from being freed by streams alone: answers under way that are in no table (any more). */
  get inFlight(): number {
    return this.held - this.kept;
  }

  /** What of it is small. */
  get smallInFlight(): number {
    return this.smallHeld - this.smallKept;
  }

  hold(shared: Shared): void {
    if (shared.holders === 0) {
      const length = shared.bytes.length;
      this.held += length;
      if (length <= SMALL_ANSWER) this.smallHeld += length;
    }
    shared.holders++;
  }

  letGo(shared: Shared): void {
    shared.holders--;
    if (shared.holders > 0) return;
    const length = shared.bytes.length;
    this.held -= length;
    if (length <= SMALL_ANSWER) this.smallHeld -= length;
  }

  /** The table takes it in. A body is in the table once. */
  keep(shared: Shared): void {
    if (shared.kept) return;
    shared.kept = true;
    this.kept += shared.bytes.length;
    if (shared.bytes.length <= SMALL_ANSWER) this.smallKept += shared.bytes.length;
    this.hold(shared);
  }

  /** The table lets go of it. */
  drop(shared: Shared): void {
    if (!shared.kept) return;
    shared.kept = false;
    this.kept -= shared.bytes.length;
    if (shared.bytes.length <= SMALL_ANSWER) this.smallKept -= shared.bytes.length;
    this.letGo(shared);
  }
}
