// A wire between fake links under a virtual clock, with the faults of a real one: loss, repetition, reordering, damage.
// Everything that happens follows from the seed.

import { type Instant, MILLISECOND, NEVER } from "../../stack/base/result.ts";
import { encodeFileHeader, encodeRecordHeader, FILE_HEADER, RECORD_HEADER } from "../../stack/links/pcap.ts";
import type { FakeLink } from "./fake-link.ts";

export interface Faults {
  /** Chances, 0 to 1. */
  readonly loss: number;
  readonly repetition: number;
  readonly reordering: number;
  readonly damage: number;
  readonly delay: Instant;
}

export const NO_FAULTS: Faults = { loss: 0, repetition: 0, reordering: 0, damage: 0, delay: MILLISECOND };

interface Flight {
  readonly arrives: Instant;
  readonly to: number;
  readonly frame: Uint8Array;
}

export class Wire {
  /** Every frame that was sent, with its instant: what pcapOf takes. */
  readonly log: { readonly at: Instant; readonly frame: Uint8Array }[] = [];

  private readonly links: readonly FakeLink[];
  private readonly faults: Faults;
  private readonly flights: Flight[] = [];
  private seed: number;

  /** Joins the links as a hub does: what one sends, all others hear. */
  constructor(links: readonly FakeLink[], faults: Faults, seed: number) {
    this.links = links;
    this.faults = faults;
    this.seed = (seed ^ 0x9e3779b9) >>> 0;
  }

  /** Takes what the links have sent, and puts what has arrived by `now` into their `incoming`. */
  step(now: Instant): void {
    this.links.forEach((link, from) => {
      for (const frame of link.drain()) {
        this.log.push({ at: now, frame });
        this.links.forEach((_, to) => {
          if (to !== from) this.launch(frame, to, now);
        });
      }
    });
    const due = this.flights.filter((flight) => flight.arrives <= now).sort((a, b) => a.arrives - b.arrives);
    for (const flight of due) {
      this.flights.splice(this.flights.indexOf(flight), 1);
      this.links[flight.to]!.incoming.push(flight.frame);
    }
  }

  /** When the next frame arrives. */
  nextDeadline(): Instant {
    let deadline = NEVER;
    for (const flight of this.flights) deadline = Math.min(deadline, flight.arrives);
    return deadline;
  }

  private launch(frame: Uint8Array, to: number, now: Instant): void {
    const { loss, repetition, reordering, damage, delay } = this.faults;
    if (this.draw() < loss) return;
    for (let copies = this.draw() < repetition ? 2 : 1; copies > 0; copies--) {
      const late = this.draw() < reordering ? Math.ceil(delay * (1 + 4 * this.draw())) : 0;
      const copy = new Uint8Array(frame);
      if (this.draw() < damage) {
        const at = Math.floor(this.draw() * copy.length);
        copy[at] = copy[at]! ^ (1 << Math.floor(this.draw() * 8));
      }
      this.flights.push({ arrives: now + delay + late, to, frame: copy });
    }
  }

  /** 0 to 1 (xorshift32). */
  private draw(): number {
    let x = this.seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.seed = x >>> 0;
    return this.seed / 0x100000000;
  }
}

/** The frames as a pcap file (microseconds, Ethernet), to be looked at with the tools of the trade. */
export function pcapOf(log: ReadonlyArray<{ readonly at: Instant; readonly frame: Uint8Array }>): Uint8Array {
  let length = FILE_HEADER;
  for (const { frame } of log) length += RECORD_HEADER + frame.length;
  const bytes = new Uint8Array(length);
  encodeFileHeader(bytes, 65_535);
  let at = FILE_HEADER;
  for (const { at: instant, frame } of log) {
    encodeRecordHeader(bytes, at, instant, frame.length, frame.length);
    bytes.set(frame, at + RECORD_HEADER);
    at += RECORD_HEADER + frame.length;
  }
  return bytes;
}
