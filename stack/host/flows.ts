// The streams that the edge has opened: each event of TCP becomes an event of the seam, READABLE and SENT at most once
// until the edge has looked.

import type { Instant } from "../base/result.ts";
import { type Handle, StreamUser } from "../base/streams.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_READABLE, EVENT_SENT } from "./events.ts";

/** Streams that the edge may have open at one time. */
export const FLOW_LIMIT = 64;

export class Flows extends StreamUser {
  private readonly events: EventQueue;
  private readonly handles: number[] = [];
  private readonly told: number[] = [];

  constructor(events: EventQueue) {
    super();
    this.events = events;
  }

  get count(): number {
    return this.handles.length;
  }

  add(handle: Handle): void {
    this.handles.push(handle);
    this.told.push(0);
  }

  has(handle: Handle): boolean {
    return this.find(handle) >= 0;
  }

  /** The edge has let go of it. */
  remove(handle: Handle): void {
    const index = this.find(handle);
    if (index < 0) return;
    const last = this.handles.length - 1;
    this.handles[index] = this.handles[last]!;
    this.told[index] = this.told[last]!;
    this.handles.pop();
    this.told.pop();
  }

  /** The edge has seen this event: the next of its kind is news. */
  looked(handle: number, kind: number): void {
    const index = this.find(handle);
    if (index >= 0) this.told[index] = this.told[index]! & ~bitOf(kind);
  }

  override accepted(_handle: Handle, _port: number, _now: Instant): void {}

  override connected(handle: Handle, _now: Instant): void {
    // Once for TCP, and once more for TLS that begins later.
    if (this.find(handle) >= 0) this.events.push(EVENT_CONNECTED, handle, 0, "");
  }

  override readable(handle: Handle, _now: Instant): void {
    this.tell(handle, EVENT_READABLE);
  }

  override sent(handle: Handle, _now: Instant): void {
    this.tell(handle, EVENT_SENT);
  }

  override closed(handle: Handle, reason: number, _now: Instant): void {
    this.ended(handle, reason, "");
  }

  /** `words`: what a person should know of the reason. */
  ended(handle: Handle, reason: number, words: string): void {
    this.remove(handle);
    this.events.push(EVENT_CLOSED, handle, reason, words);
  }

  private tell(handle: Handle, kind: number): void {
    const index = this.find(handle);
    if (index < 0) return;
    const bit = bitOf(kind);
    if ((this.told[index]! & bit) !== 0) return;
    this.told[index] = this.told[index]! | bit;
    this.events.push(kind, handle, 0, "");
  }

  private find(handle: number): number {
    for (let i = 0; i < this.handles.length; i++) if (this.handles[i] === handle) return i;
    return -1;
  }
}

function bitOf(kind: number): number {
  return 1 << kind;
}
