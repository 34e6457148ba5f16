// Bytes that several streams may be sending at a time: the body of a page, a head. Streams hold them by reference, and
// what they come to is counted once, for as long as anybody holds them.

import { NO_PAYLOAD } from "./link.ts";

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

  /** Bytes that are kept from being freed by streams alone: answers under way that are in no table (any more). */
  get inFlight(): number {
    return this.held - this.kept;
  }

  hold(shared: Shared): void {
    if (shared.holders === 0) this.held += shared.bytes.length;
    shared.holders++;
  }

  letGo(shared: Shared): void {
    shared.holders--;
    if (shared.holders === 0) this.held -= shared.bytes.length;
  }

  /** The table takes it in. A body is in the table once. */
  keep(shared: Shared): void {
    if (shared.kept) return;
    shared.kept = true;
    this.kept += shared.bytes.length;
    this.hold(shared);
  }

  /** The table lets go of it. */
  drop(shared: Shared): void {
    if (!shared.kept) return;
    shared.kept = false;
    this.kept -= shared.bytes.length;
    this.letGo(shared);
  }
}
