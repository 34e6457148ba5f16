// What the edge is to be told, in three kinds. What peers cannot make many of (our own connections, names, the address,
// notices) waits in a queue: rings of numbers and texts, nothing allocated while it stays short. Exchanges have a place
// each (request-queue.ts). Access lines come last, and are dropped when they are too many.

import { EVENT_ACCESS, EVENT_NONE } from "./events.ts";
import { RequestQueue } from "./request-queue.ts";

/**
 * Events kept at most. Each is of something that the edge itself has asked for (64 connections, its queries) or that comes
 * once in a while (a lease, a notice), and all are read in the edge's next turns: no peer can fill it.
 */
export const EVENT_LIMIT = 4096;
/** Access lines that wait, and characters of one. */
export const LINE_LIMIT = 512;
export const LINE_LENGTH = 512;

export class EventQueue {
  /** The current event: what `next` has made current. */
  kind = EVENT_NONE;
  handle = 0;
  number = 0;
  text = "";
  /** Lines (and events, if ever) thrown away because there were too many. */
  dropped = 0;

  /** Exchanges that the edge is to be told of. */
  readonly requests = new RequestQueue();

  private kinds: number[] = [];
  private handles: number[] = [];
  private numbers: number[] = [];
  private texts: string[] = [];
  private head = 0;
  private count = 0;
  private readonly lines: string[] = [];
  private firstLine = 0;
  private lineCount = 0;

  get length(): number {
    return this.count + this.requests.length + this.lineCount;
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

  /** An access line: EVENT_ACCESS. */
  tell(line: string): void {
    if (this.lineCount === LINE_LIMIT) {
      this.dropped++;
      return;
    }
    const at = (this.firstLine + this.lineCount) % LINE_LIMIT;
    const text = line.length > LINE_LENGTH ? line.slice(0, LINE_LENGTH) : line;
    if (at === this.lines.length) this.lines.push(text);
    else this.lines[at] = text;
    this.lineCount++;
  }

  /** Makes the next event current; its kind, or EVENT_NONE. */
  next(): number {
    if (this.count > 0) return this.nextQueued();
    this.number = 0;
    this.text = "";
    this.kind = this.requests.next();
    this.handle = this.requests.exchange;
    if (this.kind !== EVENT_NONE || this.lineCount === 0) return this.kind;
    this.text = this.lines[this.firstLine]!;
    this.lines[this.firstLine] = "";
    this.firstLine = (this.firstLine + 1) % LINE_LIMIT;
    this.lineCount--;
    this.kind = EVENT_ACCESS;
    return EVENT_ACCESS;
  }

  private nextQueued(): number {
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
