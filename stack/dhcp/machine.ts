// The DHCP client (RFC 2131 4.4, figure 5).
//
// Deviations, all for the sake of a machine that boots in milliseconds: no random delay before the first DISCOVER
// (4.4.1), retransmission begins at 1 s instead of 4 s (4.1), and the address is used while ARP finds out whether
// somebody else has it (4.4.1 would have us wait): the announcement of RFC 5227 provokes an owner to speak, and then
// `conflict` declines. Nothing is remembered across boots, so INIT-REBOOT is for a machine that was stopped and goes on,
// perhaps elsewhere (`verify`): the address stays in use meanwhile, and when nobody says no.

import { formatIpv4, type Ipv4, type Mac } from "../base/address.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";
import { fault, Lease } from "./lease.ts";
import { OPTION_LIMIT } from "./options.ts";
import { type DhcpSink, LOST_CONFLICT, LOST_EXPIRED, LOST_REFUSED, LOST_RELEASED } from "./sink.ts";
import {
  DHCP_OTHER_QUESTION,
  DhcpReply,
  DhcpRequest,
  decode,
  encode,
  LARGEST_REQUEST,
  MESSAGE_ACK,
  MESSAGE_DECLINE,
  MESSAGE_DISCOVER,
  MESSAGE_NAK,
  MESSAGE_OFFER,
  MESSAGE_RELEASE,
  MESSAGE_REQUEST,
  OPTION_PARAMETERS,
} from "./wire.ts";

/** Waits between transmissions: doubled from the first to the last, each with up to a quarter more or less. */
export const FIRST_RETRANSMISSION = SECOND;
export const LAST_RETRANSMISSION = 64 * SECOND;
/** Requests without an answer after which we look for another server (4.4.1 by way of 3.1.5: four, about a minute). */
export const REQUEST_ATTEMPTS = 4;
/** Requests in vain, about 7 s, after which it is said that nobody answers. */
export const UNANSWERED_ATTEMPTS = 3;
/** 4.4.5: renewing and rebinding do not retransmit more often. */
export const RENEWAL_RETRANSMISSION = 60 * SECOND;
/** 3.1.5: pause after a DECLINE. */
export const DECLINE_PAUSE = 10 * SECOND;
/** A conflict this long after binding is the other's fault: the address is kept and defended. */
export const CONFLICT_WINDOW = 10 * SECOND;
/** Shorter leases are stretched to this: a server must not keep us busy. */
export const SHORTEST_LEASE = 10;
const FOR_EVER = 0xffffffff;
const BROADCAST = "255.255.255.255";

export type DhcpState =
  | "stopped"
  | "init"
  | "selecting"
  | "requesting"
  | "rebooting"
  | "bound"
  | "renewing"
  | "rebinding";

export class DhcpClient {
  state: DhcpState = "stopped";
  readonly lease = new Lease();
  /** What the last NAK said. */
  refusal = "";
  /** Parameters of the machine are asked for as well (option 224); otherwise none is taken. */
  parametersWanted = false;

  private readonly mac: Mac;
  private readonly hostname: string;
  private readonly bytes = new Uint8Array(LARGEST_REQUEST);
  private readonly request = new DhcpRequest();
  private readonly reply = new DhcpReply();
  private offered = 0 as Ipv4;
  private server = 0 as Ipv4;
  private began: Instant = 0;
  private attempts = 0;
  /** It was said that nobody answers, or that what is offered cannot be used. */
  private toldUnanswered = false;
  private toldRefused = false;
  private deadline: Instant = NEVER;
  private boundAt: Instant = 0;
  private requestedAt: Instant = 0;
  private renewAt: Instant = NEVER;
  private rebindAt: Instant = NEVER;
  private expiresAt: Instant = NEVER;

  constructor(mac: Mac, hostname: string) {
    this.mac = mac;
    this.hostname = hostname;
  }

  /** Begins to look for a server with the next step. */
  start(now: Instant): void {
    this.restart(now);
  }

  /** Does what is due. `random` is any unsigned 32-bit number: transaction id and jitter come from it. */
  step(now: Instant, random: number, sink: DhcpSink): void {
    if (now < this.deadline) return;
    switch (this.state) {
      case "init":
        this.began = now;
        this.attempts = 0;
        this.request.transaction = random;
        this.state = "selecting";
        this.discover(now, random, sink);
        return;
      case "selecting":
        this.discover(now, random, sink);
        return;
      case "requesting":
        if (this.attempts < REQUEST_ATTEMPTS) this.select(now, random, sink);
        else {
          const offer = `offered ${formatIpv4(this.offered)} and does not answer the request for it`;
          this.refuse(`the DHCP server ${formatIpv4(this.server)} ${offer}`, now, sink);
          this.restart(now);
        }
        return;
      case "rebooting":
        if (this.attempts < REQUEST_ATTEMPTS) this.reboot(now, random, sink);
        else {
          // 3.2 (4): nobody says no, and the lease is not over yet.
          this.state = "bound";
          this.deadline = Math.max(now, this.renewAt);
        }
        return;
      case "bound":
        this.request.transaction = random;
        this.began = now;
        this.state = "renewing";
        this.keep(now, sink);
        return;
      case "renewing":
      case "rebinding":
        this.keep(now, sink);
        return;
      default:
        this.deadline = NEVER;
    }
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  /** Takes the payload of a datagram to port 68. Returns 0, an error of wire.ts, or DHCP_OTHER_QUESTION. */
  input(bytes: Uint8Array, offset: number, length: number, now: Instant, random: number, sink: DhcpSink): number {
    const { reply } = this;
    const error = decode(bytes, offset, length, reply);
    if (error !== 0) return error;
    if (reply.mac !== this.mac || reply.transaction !== this.request.transaction) return DHCP_OTHER_QUESTION;
    if (this.state === "selecting" && reply.type === MESSAGE_OFFER) this.takeOffer(now, random, sink);
    else if (this.state === "rebooting") {
      // Of another network's server a NAK is what is asked for here: whoever speaks is believed (4.3.2).
      if (reply.type === MESSAGE_ACK) this.takeAck(now, sink);
      else if (reply.type === MESSAGE_NAK) this.takeAway(now, sink);
    } else if (this.state === "requesting") {
      if (reply.serverIdentifier !== this.server) return DHCP_OTHER_QUESTION;
      if (reply.type === MESSAGE_ACK) this.takeAck(now, sink);
      else if (reply.type === MESSAGE_NAK) {
        this.refusal = reply.message;
        const word = reply.message === "" ? "" : `: ${reply.message}`;
        sink.refused(`the DHCP server ${formatIpv4(this.server)} takes its offer back${word}`, now);
        // 3.1.4: begin anew; after a second, so that a server that always says no is not asked without pause.
        this.restart(now + FIRST_RETRANSMISSION);
      }
    } else if (this.state === "renewing" || this.state === "rebinding") {
      if (reply.type === MESSAGE_ACK) this.takeAck(now, sink);
      else if (reply.type === MESSAGE_NAK) {
        // Anyone on the way could forge one; only the server that gave the lease is believed before rebinding.
        if (this.state === "renewing" && reply.serverIdentifier !== this.server) return DHCP_OTHER_QUESTION;
        this.takeAway(now, sink);
      }
    }
    return 0;
  }

  /**
   * Time has passed that this machine knows nothing of, and it may be on another network: asks whether its address is still
   * its own (INIT-REBOOT, 3.2). `passed`: for how long it was away.
   */
  verify(now: Instant, passed: Instant): void {
    if (this.state !== "bound" && this.state !== "renewing" && this.state !== "rebinding") return;
    this.renewAt -= passed;
    this.rebindAt -= passed;
    this.expiresAt -= passed;
    this.attempts = 0;
    this.began = now;
    this.state = "rebooting";
    this.deadline = now;
  }

  /** ARP has found that another card has our address. Soon after binding it is declined (4.4.1). */
  conflict(now: Instant, random: number, sink: DhcpSink): void {
    if (this.state !== "bound" || now - this.boundAt > CONFLICT_WINDOW) return;
    const { request } = this;
    this.prepare(MESSAGE_DECLINE, now);
    request.transaction = random;
    request.broadcast = false;
    request.clientAddress = 0 as Ipv4;
    request.requestedAddress = this.lease.address;
    request.serverIdentifier = this.server;
    this.restart(now + DECLINE_PAUSE);
    // Lost before declined: the message must leave from 0.0.0.0 (table 5).
    sink.lost(LOST_CONFLICT, now);
    sink.sendDhcp(BROADCAST, this.bytes, encode(this.bytes, request));
  }

  /** Gives the address back (4.4.6) and stops. */
  release(now: Instant, random: number, sink: DhcpSink): void {
    const { state } = this;
    const held = state === "bound" || state === "renewing" || state === "rebinding" || state === "rebooting";
    this.state = "stopped";
    this.deadline = NEVER;
    if (!held) return;
    const { request } = this;
    this.prepare(MESSAGE_RELEASE, now);
    request.transaction = random;
    request.broadcast = false;
    request.requestedAddress = 0 as Ipv4;
    request.clientAddress = this.lease.address;
    request.serverIdentifier = this.server;
    sink.sendDhcp(formatIpv4(this.server), this.bytes, encode(this.bytes, request));
    sink.lost(LOST_RELEASED, now);
  }

  private restart(at: Instant): void {
    this.state = "init";
    this.deadline = at;
  }

  private discover(now: Instant, random: number, sink: DhcpSink): void {
    const { request } = this;
    this.prepare(MESSAGE_DISCOVER, now);
    request.clientAddress = 0 as Ipv4;
    request.requestedAddress = 0 as Ipv4;
    request.serverIdentifier = 0 as Ipv4;
    this.broadcast(sink);
    if (this.attempts === UNANSWERED_ATTEMPTS && !this.toldUnanswered && !this.toldRefused) {
      this.toldUnanswered = true;
      sink.unanswered(now);
    }
    this.backOff(now, random);
  }

  private takeOffer(now: Instant, random: number, sink: DhcpSink): void {
    const { reply } = this;
    // The first offer that can be used: waiting for better ones costs more than it brings.
    // 4.3.1: an offer always says whose it is.
    const nobody = "a DHCP server makes offers without saying who it is (option 54)";
    const why = reply.serverIdentifier === 0 ? nobody : fault(reply, reply.serverIdentifier, "offers");
    if (why !== "") {
      this.refuse(why, now, sink);
      return;
    }
    this.offered = reply.yourAddress;
    this.server = reply.serverIdentifier;
    this.attempts = 0;
    this.state = "requesting";
    this.select(now, random, sink);
  }

  private refuse(why: string, now: Instant, sink: DhcpSink): void {
    if (!this.toldRefused) sink.refused(why, now);
    this.toldRefused = true;
  }

  private takeAway(now: Instant, sink: DhcpSink): void {
    this.refusal = this.reply.message;
    this.restart(now);
    sink.lost(LOST_REFUSED, now);
  }

  /** 4.3.2: no server named, the address as an option, no ciaddr. */
  private reboot(now: Instant, random: number, sink: DhcpSink): void {
    if (now >= this.expiresAt) {
      this.restart(now);
      sink.lost(LOST_EXPIRED, now);
      return;
    }
    const { request } = this;
    if (this.attempts === 0) request.transaction = random;
    this.prepare(MESSAGE_REQUEST, now);
    request.clientAddress = 0 as Ipv4;
    request.requestedAddress = this.lease.address;
    request.serverIdentifier = 0 as Ipv4;
    this.requestedAt = now;
    this.broadcast(sink);
    this.backOff(now, random);
  }

  private select(now: Instant, random: number, sink: DhcpSink): void {
    const { request } = this;
    this.prepare(MESSAGE_REQUEST, now);
    request.clientAddress = 0 as Ipv4;
    request.requestedAddress = this.offered;
    request.serverIdentifier = this.server;
    this.requestedAt = now;
    this.broadcast(sink);
    this.backOff(now, random);
  }

  private takeAck(now: Instant, sink: DhcpSink): void {
    const { reply, lease } = this;
    const why = fault(reply, this.server, "gives");
    if (why !== "") {
      this.refuse(why, now, sink);
      return;
    }
    // 4.3.1: an ACK always has a lease time; one that lacks it is taken for the shortest.
    const seconds = Math.max(SHORTEST_LEASE, reply.leaseTime);
    const renewed = this.state !== "requesting" && reply.yourAddress === lease.address;
    lease.take(reply);
    if (reply.serverIdentifier !== 0) this.server = reply.serverIdentifier;
    lease.server = this.server;
    lease.seconds = seconds;
    lease.parameters = this.parametersWanted ? reply.parameters : "";
    this.state = "bound";
    this.toldUnanswered = false;
    this.toldRefused = false;
    if (!renewed) this.boundAt = now;
    this.schedule(seconds, reply.renewalTime, reply.rebindingTime);
    if (this.parametersWanted && reply.parametersTooLong && !renewed) {
      const what = `gives more than ${OPTION_LIMIT} bytes of parameters (option ${OPTION_PARAMETERS}), of which none is taken`;
      sink.refused(`the DHCP server ${formatIpv4(this.server)} ${what}`, now);
    }
    sink.bound(lease, renewed, now);
  }

  /** 4.4.5: the lease counts from when it was asked for; T1 is half of it and T2 seven eighths unless told. */
  private schedule(seconds: number, renewal: number, rebinding: number): void {
    if (seconds === FOR_EVER) {
      this.renewAt = NEVER;
      this.rebindAt = NEVER;
      this.expiresAt = NEVER;
    } else {
      let t2 = rebinding > 0 && rebinding < seconds ? rebinding : Math.floor(seconds * 0.875);
      let t1 = renewal > 0 && renewal < seconds ? renewal : Math.floor(seconds * 0.5);
      if (t1 >= t2) {
        t1 = Math.floor(seconds * 0.5);
        t2 = Math.floor(seconds * 0.875);
      }
      this.renewAt = this.requestedAt + t1 * SECOND;
      this.rebindAt = this.requestedAt + t2 * SECOND;
      this.expiresAt = this.requestedAt + seconds * SECOND;
    }
    this.deadline = this.renewAt;
  }

  /** The lease's time is running out; it may have run out altogether, when the machine was paused. */
  private keep(now: Instant, sink: DhcpSink): void {
    if (now >= this.expiresAt) {
      this.restart(now);
      sink.lost(LOST_EXPIRED, now);
      return;
    }
    if (now >= this.rebindAt) this.state = "rebinding";
    this.prolong(now, sink);
  }

  /** A request to keep the address: to its server by unicast while renewing, to anyone while rebinding (table 5). */
  private prolong(now: Instant, sink: DhcpSink): void {
    const { request } = this;
    this.prepare(MESSAGE_REQUEST, now);
    request.clientAddress = this.lease.address;
    request.requestedAddress = 0 as Ipv4;
    request.serverIdentifier = 0 as Ipv4;
    request.broadcast = false;
    this.requestedAt = now;
    const renewing = this.state === "renewing";
    sink.sendDhcp(renewing ? formatIpv4(this.server) : BROADCAST, this.bytes, encode(this.bytes, request));
    // 4.4.5: half of what remains, a minute at least.
    const until = renewing ? this.rebindAt : this.expiresAt;
    this.deadline = Math.min(until, now + Math.max(RENEWAL_RETRANSMISSION, Math.floor((until - now) / 2)));
  }

  private prepare(type: number, now: Instant): void {
    const { request } = this;
    request.type = type;
    request.mac = this.mac;
    request.hostname = this.hostname;
    request.parametersWanted = this.parametersWanted;
    request.seconds = Math.floor((now - this.began) / SECOND);
  }

  /** Before we have an address: answers are asked for by broadcast, which bridges and every server can do (4.1). */
  private broadcast(sink: DhcpSink): void {
    this.request.broadcast = true;
    sink.sendDhcp(BROADCAST, this.bytes, encode(this.bytes, this.request));
  }

  private backOff(now: Instant, random: number): void {
    const wait = Math.min(FIRST_RETRANSMISSION * 2 ** this.attempts, LAST_RETRANSMISSION);
    this.attempts = Math.min(this.attempts + 1, 16);
    const jitter = Math.floor(((random % 1024) / 1024 - 0.5) * 0.5 * wait);
    this.deadline = now + wait + jitter;
  }
}
