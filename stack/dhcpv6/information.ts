// What servers tell beside addresses: stateless DHCPv6 (RFC 8415 6.1, 18.2.6), for networks whose routers say so (RFC 4861
// 4.2, the O flag).
//
// Deviation: no delay at random before the first message (18.2.6), as in machine.ts.

import type { Mac } from "../base/address.ts";
import { UNSPECIFIED } from "../base/address6.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";
import { Exchange } from "./exchange.ts";
import type { Dhcpv6Sink } from "./sink.ts";
import {
  Dhcpv6Answer,
  Dhcpv6Request,
  decode,
  encode,
  LONGEST_REQUEST,
  MESSAGE_INFORMATION_REQUEST,
  MESSAGE_REPLY,
  STATUS_SUCCESS,
} from "./wire.ts";

// RFC 8415 7.6: INF_TIMEOUT and INF_MAX_RT, which servers may set within limits (21.25).
export const INFORMATION_TIMEOUT = SECOND;
export const MOST_INFORMATION_TIMEOUT = 3600 * SECOND;
export const LEAST_TOLD_TIMEOUT = 60;
export const MOST_TOLD_TIMEOUT = 86_400;
/** 21.23: seconds until it is asked again: IRT_DEFAULT, IRT_MINIMUM. */
export const REFRESH_DEFAULT = 86_400;
export const REFRESH_LEAST = 600;
const FOR_EVER = 0xffffffff;

export class InformationClient {
  private readonly mac: Mac;
  private readonly exchange = new Exchange();
  private readonly request = new Dhcpv6Request();
  private readonly answer = new Dhcpv6Answer();
  private readonly bytes = new Uint8Array(LONGEST_REQUEST);
  /** A question is on its way; `asked`: one ever was. */
  private asking = false;
  private asked = false;
  private most = MOST_INFORMATION_TIMEOUT;
  private deadline: Instant = NEVER;

  constructor(mac: Mac) {
    this.mac = mac;
    this.request.mac = mac;
    this.request.type = MESSAGE_INFORMATION_REQUEST;
  }

  /** Asks with the next step, unless it was asked before. */
  start(now: Instant): void {
    if (!this.asked) this.again(now);
  }

  /** The machine may be on another network (18.2.12): asks anew, if it ever has. */
  verify(now: Instant): void {
    if (this.asked) this.again(now);
  }

  /** `random`: any 32 bits that nobody can foresee. */
  step(now: Instant, random: number, sink: Dhcpv6Sink): void {
    if (now < this.deadline) return;
    const { exchange, request } = this;
    if (!this.asking) {
      this.asking = true;
      exchange.begin(now, random);
    }
    request.transaction = exchange.transaction;
    request.elapsed = exchange.elapsed(now);
    sink.sendDhcpv6(this.bytes, encode(this.bytes, request));
    exchange.sent(now, INFORMATION_TIMEOUT, this.most, random);
    this.deadline = exchange.deadline;
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  /** Takes the payload of a datagram to port 546. False: it is not what this client waits for, or it is damaged. */
  input(bytes: Uint8Array, offset: number, length: number, now: Instant, sink: Dhcpv6Sink): boolean {
    const { answer } = this;
    if (!this.asking || decode(bytes, offset, length, this.mac, UNSPECIFIED, answer) !== 0) return false;
    if (answer.type !== MESSAGE_REPLY || answer.transaction !== this.exchange.transaction) return false;
    this.most = toldTimeout(answer.mostInformation, this.most);
    // 18.2.10.2: with an error it is as if nothing had come.
    if (answer.status !== STATUS_SUCCESS) return true;
    this.asking = false;
    const refresh = answer.refresh < 0 ? REFRESH_DEFAULT : Math.max(REFRESH_LEAST, answer.refresh);
    this.deadline = refresh === FOR_EVER ? NEVER : now + refresh * SECOND;
    sink.informed(answer.settings, now);
    return true;
  }

  private again(now: Instant): void {
    this.asked = true;
    this.asking = false;
    this.deadline = now;
  }
}

/** The longest wait between messages that a server sets (21.24, 21.25): `otherwise` where it sets none within the limits. */
export function toldTimeout(seconds: number, otherwise: number): number {
  return seconds < LEAST_TOLD_TIMEOUT || seconds > MOST_TOLD_TIMEOUT ? otherwise : seconds * SECOND;
}
