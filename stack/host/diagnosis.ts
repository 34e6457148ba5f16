// What the IP layer and ICMP report, passed on to the transport that it concerns.

import { formatMac, type Mac, type Port } from "../base/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import type { Path } from "../base/path.ts";
import { ERROR_PORT_UNREACHABLE, type Quotation } from "../base/quotation.ts";
import { type Instant, SECOND } from "../base/result.ts";
import { IcmpUser } from "../icmp/machine.ts";
import { OutputUser } from "../ipv4/output.ts";
import type { Tcp } from "../tcp/tcp.ts";
import type { Udp } from "../udp/machine.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_NOTICE } from "./events.ts";
import type { Lease } from "./lease.ts";

/** A conflict over our address is told at most this often. */
const CONFLICT_INTERVAL = 60 * SECOND;

export class Unreachables extends OutputUser {
  private readonly mac: Mac;
  private readonly tcp: Tcp;
  private readonly lease: Lease;
  private readonly events: EventQueue;
  private conflictToldAt: Instant = -CONFLICT_INTERVAL;

  constructor(mac: Mac, tcp: Tcp, lease: Lease, events: EventQueue) {
    super();
    this.mac = mac;
    this.tcp = tcp;
    this.lease = lease;
    this.events = events;
  }

  override unreachable(path: Path, now: Instant): void {
    this.tcp.pathUnreachable(path, now);
  }

  override conflict(address: string, mac: Mac, now: Instant): void {
    // Who has our Ethernet address has our lease as well: to decline it would help neither.
    if (mac !== this.mac) this.lease.conflict(now);
    if (now - this.conflictToldAt < CONFLICT_INTERVAL) return;
    this.conflictToldAt = now;
    const text =
      mac === this.mac
        ? `another card has our Ethernet address ${formatMac(mac)}: give each machine its own (QEMU: -device ...,mac=)`
        : `${address} is also used by the card ${formatMac(mac)}: give one of them another address`;
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

  override networkError(quotation: Quotation, now: Instant): void {
    if (quotation.protocol === PROTOCOL_TCP) this.tcp.networkError(quotation, now);
    else if (quotation.protocol === PROTOCOL_UDP && quotation.error === ERROR_PORT_UNREACHABLE)
      this.udp.refused(quotation.path, quotation.localPort as Port, quotation.remotePort as Port, now);
  }
}
