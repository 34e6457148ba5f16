// What the IP layer and ICMP report, passed on to the transport that it concerns.

import { formatIpv4, formatMac, type Ipv4, type Mac, type Port } from "../base/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { type Instant, SECOND } from "../base/result.ts";
import type { Seq } from "../base/seq.ts";
import { IcmpUser } from "../icmp/machine.ts";
import {
  type IcmpMessage,
  KIND_PORT_UNREACHABLE,
  KIND_PROTOCOL_UNREACHABLE,
  KIND_TOO_BIG,
  KIND_UNREACHABLE,
} from "../icmp/wire.ts";
import { OutputUser } from "../ipv4/output.ts";
import { ICMP_FRAGMENTATION_NEEDED, ICMP_UNREACHABLE, type Tcp } from "../tcp/tcp.ts";
import type { Udp } from "../udp/machine.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_NOTICE } from "./events.ts";
import type { Lease } from "./lease.ts";

/** A conflict over our address is told at most this often. */
const CONFLICT_INTERVAL = 60 * SECOND;

export class Unreachables extends OutputUser {
  private readonly udp: Udp;
  private readonly tcp: Tcp;
  private readonly lease: Lease;
  private readonly events: EventQueue;
  private conflictToldAt: Instant = -CONFLICT_INTERVAL;

  constructor(udp: Udp, tcp: Tcp, lease: Lease, events: EventQueue) {
    super();
    this.udp = udp;
    this.tcp = tcp;
    this.lease = lease;
    this.events = events;
  }

  override unreachable(destination: Ipv4, now: Instant): void {
    this.tcp.peerUnreachable(destination, now);
  }

  override conflict(mac: Mac, now: Instant): void {
    this.lease.conflict(now);
    if (now - this.conflictToldAt < CONFLICT_INTERVAL) return;
    this.conflictToldAt = now;
    const text = `${formatIpv4(this.udp.address)} is also used by the card ${formatMac(mac)}: give one of them another address`;
    this.events.push(EVENT_NOTICE, 0, 0, text);
  }
}

export class Errors extends IcmpUser {
  private readonly udp: Udp;
  private readonly tcp: Tcp;

  constructor(udp: Udp, tcp: Tcp) {
    super();
    this.udp = udp;
    this.tcp = tcp;
  }

  override icmpError(message: IcmpMessage, now: Instant): void {
    const { kind, source, destination, sourcePort, destinationPort } = message;
    // Only what we could have sent is believed.
    if (source !== this.udp.address || source === 0) return;
    if (message.protocol === PROTOCOL_UDP) {
      if (kind === KIND_PORT_UNREACHABLE)
        this.udp.icmpError(sourcePort as Port, destination, destinationPort as Port, now);
      return;
    }
    if (message.protocol !== PROTOCOL_TCP) return;
    let what = 0;
    if (kind === KIND_TOO_BIG) what = ICMP_FRAGMENTATION_NEEDED;
    else if (kind === KIND_UNREACHABLE || kind === KIND_PORT_UNREACHABLE || kind === KIND_PROTOCOL_UNREACHABLE)
      what = ICMP_UNREACHABLE;
    if (what === 0) return;
    const sequence = message.sequence as Seq;
    this.tcp.icmpError(source, sourcePort, destination, destinationPort, sequence, what, message.mtu, now);
  }
}
