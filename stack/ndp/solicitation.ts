// Asking for routers (RFC 4861 6.3.7), on and on while none answers (RFC 7559 2): a router may come later.

import type { Mac } from "../base/address.ts";
import { copy6, UNSPECIFIED } from "../base/address6.ts";
import { ControlMessage, type ControlSink } from "../base/control.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";
import type { Addresses } from "./addresses.ts";
import { RETRY_INTERVAL } from "./neighbours.ts";
import { encodeRouterSolicitation, groupMac } from "./wire.ts";

/** RFC 4861 10. */
export const SOLICITATION_INTERVAL = 4 * SECOND;
/** RFC 7559 2.1. */
export const MOST_SOLICITATION_INTERVAL = 3600 * SECOND;
/** Solicitations without an answer after which people are told. */
export const TOLD_AFTER = 3;

export class RouterSolicitation {
  /** Solicitations since the last answer. */
  unanswered = 0;
  private readonly mac: Mac;
  private readonly message = new ControlMessage();
  private interval = SOLICITATION_INTERVAL;
  private nextAt: Instant = NEVER;

  constructor(mac: Mac) {
    this.mac = mac;
    // ff02::2
    this.message.destination[0] = 0xff;
    this.message.destination[1] = 2;
    this.message.destination[15] = 2;
    this.message.destinationMac = groupMac(this.message.destination, 0);
  }

  /** Begins to ask, at once. */
  begin(now: Instant): void {
    this.interval = SOLICITATION_INTERVAL;
    this.unanswered = 0;
    this.nextAt = now;
  }

  /** Asks once more at once, if at all: we have an address to be answered at. */
  hurry(now: Instant): void {
    if (this.nextAt !== NEVER) this.nextAt = now;
  }

  /** A router has answered. */
  end(): void {
    this.nextAt = NEVER;
    this.unanswered = 0;
  }

  get asking(): boolean {
    return this.nextAt !== NEVER;
  }

  step(now: Instant, addresses: Addresses, sink: ControlSink): void {
    if (now < this.nextAt) return;
    const { message } = this;
    const own = addresses.linkLocal();
    if (own < 0) copy6(message.source, 0, UNSPECIFIED, 0);
    else copy6(message.source, 0, addresses.bytes, addresses.at(own));
    // RFC 4861 4.1: nothing about our card while the address is nobody's.
    message.length = encodeRouterSolicitation(message.bytes, own < 0 ? -1 : this.mac);
    if (!sink.transmit(message)) {
      this.nextAt = now + RETRY_INTERVAL;
      return;
    }
    this.unanswered++;
    // RFC 7559 2.1, RFC 3315 14: twice as long each time, a tenth more or less.
    const jitter = 0.9 + (sink.random() / 0x100000000) * 0.2;
    this.nextAt = now + Math.floor(this.interval * jitter);
    if (this.unanswered >= TOLD_AFTER) this.interval = Math.min(this.interval * 2, MOST_SOLICITATION_INTERVAL);
  }

  nextDeadline(): Instant {
    return this.nextAt;
  }
}
