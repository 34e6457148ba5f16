// The client of DHCPv6 that has an address lent (RFC 8415 18.2): one card, one association (IA_NA), one address.
//
//   client.start(now);                              // a router says that addresses are given out (the M flag)
//   client.step(now, random, sink); client.nextDeadline();
//   client.input(bytes, offset, length, now, random, sink);
//   client.duplicate(now, random, sink);            // somebody else has the address
//
// States and what ends them, by their clauses:
//
//   soliciting  18.2.1   an Advertise that can be used -> requesting; a Reply with Rapid Commit -> bound
//   requesting  18.2.2   a Reply with an address -> bound; with none, or silence -> soliciting
//   bound                T1 -> renewing
//   renewing    18.2.4   a Reply -> bound; NoBinding -> requesting; T2 -> rebinding
//   rebinding   18.2.5   the same of any server; the end of the lifetime -> soliciting
//   confirming  18.2.3   a Reply -> bound, or soliciting when the network is another; silence -> bound
//   declining   18.2.8   a Reply, or silence -> soliciting after a pause
//
// Deviations, for the sake of a machine that boots in milliseconds: no delay at random before the first message (18.2.1,
// 18.2.3), and the first Advertise that can be used is taken, whatever preference others may have (18.2.9). There is no
// Release (18.2.7): a machine is ended without a word, and begins again with the same identifiers, which have the same
// address lent again. Messages go to all servers (18.2.10: no Server Unicast option), nobody may reconfigure us (18.2.11).

import type { Mac } from "../base/address.ts";
import { ADDRESS6_LENGTH, equal6, UNSPECIFIED } from "../base/address6.ts";
import { copyBytes, equalBytes } from "../base/native.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";
import { Exchange } from "./exchange.ts";
import { toldTimeout } from "./information.ts";
import { fault, Lease, refusal } from "./lease.ts";
import { type Dhcpv6Sink, LOST_DUPLICATE, LOST_EXPIRED, LOST_MOVED, LOST_WITHDRAWN } from "./sink.ts";
import {
  Dhcpv6Answer,
  Dhcpv6Request,
  decode,
  encode,
  LONGEST_REQUEST,
  MESSAGE_ADVERTISE,
  MESSAGE_CONFIRM,
  MESSAGE_DECLINE,
  MESSAGE_REBIND,
  MESSAGE_RENEW,
  MESSAGE_REQUEST,
  MESSAGE_SOLICIT,
  STATUS_NO_BINDING,
  STATUS_NOT_ON_LINK,
  STATUS_SUCCESS,
} from "./wire.ts";

// RFC 8415 7.6: the first wait of each message, the longest, and how many or how long.
export const SOLICIT_TIMEOUT = SECOND;
export const MOST_SOLICIT_TIMEOUT = 3600 * SECOND;
export const REQUEST_TIMEOUT = SECOND;
export const MOST_REQUEST_TIMEOUT = 30 * SECOND;
export const REQUEST_ATTEMPTS = 10;
export const CONFIRM_TIMEOUT = SECOND;
export const MOST_CONFIRM_TIMEOUT = 4 * SECOND;
export const CONFIRM_TIME = 10 * SECOND;
export const RENEW_TIMEOUT = 10 * SECOND;
export const MOST_RENEW_TIMEOUT = 600 * SECOND;
export const DECLINE_TIMEOUT = SECOND;
export const DECLINE_ATTEMPTS = 4;
/** Questions in vain, about 7 s, after which it is said that nobody answers. */
export const UNANSWERED_ATTEMPTS = 3;
/** Before servers are asked again that have given what cannot be used: one that always does must not keep us busy. */
export const PAUSE = 10 * SECOND;

export type Dhcpv6State =
  | "stopped"
  | "soliciting"
  | "requesting"
  | "bound"
  | "renewing"
  | "rebinding"
  | "confirming"
  | "declining";

export class Dhcpv6Client {
  state: Dhcpv6State = "stopped";
  readonly lease: Lease = new Lease();

  private readonly mac: Mac;
  private readonly exchange = new Exchange();
  private readonly request = new Dhcpv6Request();
  private readonly answer = new Dhcpv6Answer();
  private readonly bytes = new Uint8Array(LONGEST_REQUEST);
  /** Whose the lease is. */
  private readonly server = new Uint8Array(this.request.server.length);
  private serverLength = 0;
  private mostSolicit = MOST_SOLICIT_TIMEOUT;
  private toldUnanswered = false;
  private toldRefused = false;
  /** The address of the lease is ours: from a Reply on until it is lost. */
  private holds = false;
  private deadline: Instant = NEVER;
  /** The first message of the state's exchange has not been sent yet. */
  private fresh = false;

  constructor(mac: Mac) {
    this.mac = mac;
    this.request.mac = mac;
  }

  /** Begins to look for a server with the next step. A second call changes nothing. */
  start(now: Instant): void {
    if (this.state === "stopped") this.enter("soliciting", now);
  }

  /** Does what is due. `random`: any 32 bits that nobody can foresee. */
  step(now: Instant, random: number, sink: Dhcpv6Sink): void {
    if (now < this.deadline) return;
    const { lease, exchange } = this;
    if (this.holds && now >= lease.validUntil) {
      this.lose(LOST_EXPIRED, now, now, sink);
    } else if (this.state === "bound") {
      this.enter(now >= lease.rebindAt ? "rebinding" : "renewing", now);
    } else if (this.state === "renewing" && now >= lease.rebindAt) {
      this.enter("rebinding", now);
    } else if (this.state === "requesting" && exchange.attempts >= REQUEST_ATTEMPTS) {
      this.refuse("a DHCPv6 server offers an address and does not answer the request for it", now, sink);
      this.lose(LOST_WITHDRAWN, now, now, sink);
    } else if (this.state === "confirming" && !this.fresh && now - exchange.began >= CONFIRM_TIME) {
      // 18.2.3: nobody says no, and the lifetimes are not over.
      this.rest(now);
      return;
    } else if (this.state === "declining" && exchange.attempts >= DECLINE_ATTEMPTS) {
      this.enter("soliciting", now + PAUSE);
      return;
    }
    this.transmit(now, random, sink);
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  /** Takes the payload of a datagram to port 546. False: it is not what this client waits for, or it is damaged. */
  input(bytes: Uint8Array, offset: number, length: number, now: Instant, random: number, sink: Dhcpv6Sink): boolean {
    const { answer, state } = this;
    if (state === "stopped" || state === "bound" || this.fresh) return false;
    const held = this.holds ? this.lease.address : UNSPECIFIED;
    if (decode(bytes, offset, length, this.mac, held, answer) !== 0) return false;
    if (answer.transaction !== this.exchange.transaction) return false;
    if (answer.type === MESSAGE_ADVERTISE ? state !== "soliciting" : state === "soliciting" && !answer.rapidCommit)
      return false;
    // What was asked of one server no other one answers.
    const ofOne = state === "requesting" || state === "renewing" || state === "declining";
    if (ofOne && !this.isServer(answer)) return false;
    this.mostSolicit = toldTimeout(answer.mostSolicit, this.mostSolicit);
    switch (state) {
      case "soliciting":
        if (answer.type === MESSAGE_ADVERTISE) this.takeAdvertise(now, random, sink);
        else this.takeReply(now, sink);
        break;
      case "requesting":
        this.takeReply(now, sink);
        break;
      case "renewing":
      case "rebinding":
        this.takeProlonged(now, random, sink);
        break;
      case "confirming":
        if (answer.status === STATUS_SUCCESS) this.rest(now);
        else if (answer.status === STATUS_NOT_ON_LINK) this.lose(LOST_MOVED, now, now, sink);
        break;
      default:
        // Declined: the server knows.
        this.enter("soliciting", now + PAUSE);
    }
    return true;
  }

  /**
   * Time has passed that this machine knows nothing of, and it may be on another network: asks whether its address is of
   * this one (18.2.3). `passed`: for how long it was away.
   */
  verify(now: Instant, passed: Instant): void {
    if (!this.holds) return;
    this.lease.age(passed);
    this.enter("confirming", now);
  }

  /** Somebody else has the address that was lent to us (18.2.8, RFC 4862 5.4.5). */
  duplicate(now: Instant, random: number, sink: Dhcpv6Sink): void {
    if (!this.holds) return;
    this.lose(LOST_DUPLICATE, now, now, sink);
    this.enter("declining", now);
    this.transmit(now, random, sink);
  }

  private isServer(answer: Dhcpv6Answer): boolean {
    const { serverLength } = this;
    return answer.serverLength === serverLength && equalBytes(answer.server, 0, this.server, 0, serverLength);
  }

  private adoptServer(): void {
    const { answer } = this;
    copyBytes(this.server, 0, answer.server, 0, answer.serverLength);
    this.serverLength = answer.serverLength;
  }

  /** Begins the state's exchange at an instant. */
  private enter(state: Dhcpv6State, at: Instant): void {
    this.state = state;
    this.fresh = true;
    this.deadline = at;
  }

  /** Waits for T1. */
  private rest(now: Instant): void {
    const { lease } = this;
    this.state = "bound";
    this.fresh = false;
    this.deadline = Math.max(now, Math.min(lease.renewAt, lease.rebindAt, lease.validUntil));
  }

  /** Sends the message of the state, and says when it is sent again. */
  private transmit(now: Instant, random: number, sink: Dhcpv6Sink): void {
    const { exchange, request, lease, state } = this;
    if (this.fresh) exchange.begin(now, random);
    this.fresh = false;
    request.transaction = exchange.transaction;
    request.elapsed = exchange.elapsed(now);
    request.type = typeOf(state);
    const anybody = state === "soliciting" || state === "rebinding" || state === "confirming";
    request.serverLength = anybody ? 0 : this.serverLength;
    copyBytes(request.server, 0, this.server, 0, request.serverLength);
    copyBytes(request.address, 0, state === "soliciting" ? UNSPECIFIED : lease.address, 0, ADDRESS6_LENGTH);
    sink.sendDhcpv6(this.bytes, encode(this.bytes, request));
    exchange.sent(now, firstWait(state), this.mostWait(), random);
    this.deadline = exchange.deadline;
    if (state === "renewing") this.deadline = Math.min(this.deadline, lease.rebindAt);
    if (state === "confirming") this.deadline = Math.min(this.deadline, exchange.began + CONFIRM_TIME);
    if (this.holds) this.deadline = Math.min(this.deadline, lease.validUntil);
    if (state !== "soliciting" || exchange.attempts <= UNANSWERED_ATTEMPTS) return;
    if (!this.toldUnanswered && !this.toldRefused) sink.unanswered(now);
    this.toldUnanswered = true;
  }

  private mostWait(): number {
    switch (this.state) {
      case "soliciting":
        return this.mostSolicit;
      case "requesting":
        return MOST_REQUEST_TIMEOUT;
      case "confirming":
        return MOST_CONFIRM_TIMEOUT;
      case "declining":
        return NEVER;
      default:
        return MOST_RENEW_TIMEOUT;
    }
  }

  /** 18.2.9. */
  private takeAdvertise(now: Instant, random: number, sink: Dhcpv6Sink): void {
    const { answer, lease } = this;
    const why = answer.status === STATUS_SUCCESS ? fault(answer) : refusal(answer);
    if (why !== "") {
      this.refuse(why, now, sink);
      return;
    }
    this.adoptServer();
    copyBytes(lease.address, 0, answer.address, 0, ADDRESS6_LENGTH);
    this.enter("requesting", now);
    this.transmit(now, random, sink);
  }

  /** 18.2.10.1, of a Reply that is to give an address. */
  private takeReply(now: Instant, sink: Dhcpv6Sink): void {
    const { answer } = this;
    const why = answer.status === STATUS_SUCCESS ? fault(answer) : refusal(answer);
    if (why === "") {
      this.bind(now, sink);
      return;
    }
    this.refuse(why, now, sink);
    this.lose(LOST_WITHDRAWN, now, now + PAUSE, sink);
  }

  /** 18.2.10.1, of a Reply to Renew or Rebind. Anything but what it names: the next message is waited for. */
  private takeProlonged(now: Instant, random: number, sink: Dhcpv6Sink): void {
    const { answer } = this;
    if (answer.status !== STATUS_SUCCESS || !answer.association) return;
    if (answer.associationStatus === STATUS_NO_BINDING) {
      // The server has forgotten us, and is asked for the same once more; it is used meanwhile.
      this.adoptServer();
      this.enter("requesting", now);
      this.transmit(now, random, sink);
    } else if (fault(answer) === "") this.bind(now, sink);
    else if (answer.withdrawn) this.lose(LOST_WITHDRAWN, now, now + PAUSE, sink);
  }

  private bind(now: Instant, sink: Dhcpv6Sink): void {
    const renewed = this.holds && equal6(this.answer.address, 0, this.lease.address, 0);
    if (this.holds && !renewed) sink.lost(LOST_WITHDRAWN, now);
    this.holds = true;
    this.adoptServer();
    this.lease.take(this.answer, now);
    this.toldUnanswered = false;
    this.toldRefused = false;
    this.rest(now);
    sink.bound(this.lease, renewed, now);
  }

  /** The address, if there is one, is ours no longer; another one is sought from `at` on. */
  private lose(reason: number, now: Instant, at: Instant, sink: Dhcpv6Sink): void {
    if (this.holds) sink.lost(reason, now);
    this.holds = false;
    this.enter("soliciting", at);
  }

  private refuse(why: string, now: Instant, sink: Dhcpv6Sink): void {
    if (!this.toldRefused) sink.refused(why, now);
    this.toldRefused = true;
  }
}

function typeOf(state: Dhcpv6State): number {
  switch (state) {
    case "requesting":
      return MESSAGE_REQUEST;
    case "renewing":
      return MESSAGE_RENEW;
    case "rebinding":
      return MESSAGE_REBIND;
    case "confirming":
      return MESSAGE_CONFIRM;
    case "declining":
      return MESSAGE_DECLINE;
    default:
      return MESSAGE_SOLICIT;
  }
}

function firstWait(state: Dhcpv6State): number {
  switch (state) {
    case "requesting":
      return REQUEST_TIMEOUT;
    case "confirming":
      return CONFIRM_TIMEOUT;
    case "declining":
      return DECLINE_TIMEOUT;
    case "renewing":
    case "rebinding":
      return RENEW_TIMEOUT;
    default:
      return SOLICIT_TIMEOUT;
  }
}
