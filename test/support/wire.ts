// A wire between fake links under a virtual clock, and ends for it that have the faults of a real one. Everything that
// happens follows from the seed.

import { writeU32 } from "../../stack/base/bytes.ts";
import type { Link } from "../../stack/base/link.ts";
import { type Instant, MILLISECOND, NEVER } from "../../stack/base/result.ts";
import { FaultInjector, FaultRates } from "../../stack/links/fault-injector.ts";
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

/** The end of a bad wire: what has come by it has met the faults but for the delay, which is the wire's. */
export function faulty(link: FakeLink, faults: Faults, seed: number): Link {
  const rates = new FaultRates();
  rates.drop = faults.loss;
  rates.duplicate = faults.repetition;
  rates.reorder = faults.reordering;
  rates.corrupt = faults.damage;
  const random = new Uint8Array(4);
  writeU32(random, 0, Math.imul(seed, 0x9e3779b1) ^ link.mac);
  return new FaultInjector(link, rates, random);
}

export class Wire {
  /** Every frame that was sent, with its instant: what pcapOf takes. */
  readonly log: { readonly at: Instant; readonly frame: Uint8Array }[] = [];

  private readonly links: readonly FakeLink[];
  private readonly delay: Instant;
  private readonly flights: Flight[] = [];

  /** Joins the links as a hub does: what one sends, all others hear, after so long. */
  constructor(links: readonly FakeLink[], delay: Instant) {
    this.links = links;
    this.delay = delay;
  }

  /** Takes what the links have sent, and puts what has arrived by `now` into their `incoming`. */
  step(now: Instant): void {
    this.links.forEach((link, from) => {
      for (const frame of link.drain()) {
        this.log.push({ at: now, frame });
        this.links.forEach((_, to) => {
          if (to !== from) this.flights.push({ arrives: now + this.delay, to, frame: frame.slice(0) });
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
