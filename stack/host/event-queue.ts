// The queue of events for the edge: rings of numbers and texts in parallel, nothing allocated while it stays short.

import { EVENT_NONE } from "./events.ts";

/**
 * Events kept at most. What fills it is bounded already (connections, exchanges, queries), so only notices and access
 * lines can overflow it; those are dropped and counted.
 */
export const EVENT_LIMIT = 4096;

export class EventQueue {
  /** The current event: what `next` has made current. */
  kind = EVENT_NONE;
  handle = 0;
  number = 0;
  text = "";
  /** Events thrown away because the queue was full. */
  dropped = 0;

  private kinds: number[] = [];
  private handles: number[] = [];
  private numbers: number[] = [];
  private texts: string[] = [];
  private head = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(kind: number, handle: number, number: number, text: string): void {
    if (this.count === EVENT_LIMIT) {
      this.dropped++;
      return;
    }
    if (this.count === this.kinds.length) this.grow();
    const at = (this.head + this.count) % this.kinds.length;
    this.kinds[at] = kind;
    this.handles[at] = handle;
    this.numbers[at] = number;
    this.texts[at] = text;
    this.count++;
  }

  /** Makes the oldest event current; its kind, or EVENT_NONE. */
  next(): number {
    if (this.count === 0) {
      this.kind = EVENT_NONE;
      return EVENT_NONE;
    }
    const at = this.head;
    this.kind = this.kinds[at]!;
    this.handle = this.handles[at]!;
    this.number = this.numbers[at]!;
    this.text = this.texts[at]!;
    this.texts[at] = "";
    this.head = (at + 1) % this.kinds.length;
    this.count--;
    return this.kind;
  }

  /** Doubles the rings; the events move to the front. */
  private grow(): void {
    const size = Math.max(16, this.kinds.length * 2);
    const kinds: number[] = [];
    const handles: number[] = [];
    const numbers: number[] = [];
    const texts: string[] = [];
    for (let i = 0; i < size; i++) {
      const live = i < this.count;
      const at = live ? (this.head + i) % this.kinds.length : 0;
      kinds.push(live ? this.kinds[at]! : 0);
      handles.push(live ? this.handles[at]! : 0);
      numbers.push(live ? this.numbers[at]! : 0);
      texts.push(live ? this.texts[at]! : "");
    }
    this.kinds = kinds;
    this.handles = handles;
    this.numbers = numbers;
    this.texts = texts;
    this.head = 0;
  }
}
