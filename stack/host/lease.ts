// The DHCP client on its UDP port, and what its lease means to the host: fields that Host.poll follows.

import { formatIpv4, type Ipv4, type Mac, type Port } from "../base/address.ts";
import { type Instant, NEVER } from "../base/result.ts";
import {
  DhcpClient,
  type Lease as DhcpLease,
  DhcpSink,
  LOST_CONFLICT,
  LOST_EXPIRED,
  LOST_REFUSED,
} from "../dhcp/machine.ts";
import { type Udp, UdpUser } from "../udp/machine.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_NOTICE } from "./events.ts";
import type { Random } from "./random.ts";

/** RFC 2131 4.1. */
const CLIENT_PORT = 68 as Port;
const SERVER_PORT = 67 as Port;

/** What the client tells; the host looks at `changed` after each step. */
export class LeaseState extends DhcpSink {
  changed = false;
  address = 0 as Ipv4;
  prefixLength = 0;
  gateway = 0 as Ipv4;
  nameServers: Ipv4[] = [];
  domain = "";
  /** Why the address was lost. */
  reason = "";

  private readonly udp: Udp;
  private readonly events: EventQueue;

  constructor(udp: Udp, events: EventQueue) {
    super();
    this.udp = udp;
    this.events = events;
  }

  override sendDhcp(destination: Ipv4, bytes: Uint8Array, length: number): void {
    this.udp.send(CLIENT_PORT, destination, SERVER_PORT, bytes, 0, length);
  }

  override bound(lease: DhcpLease, renewed: boolean, _now: Instant): void {
    const same = this.address === lease.address && this.prefixLength === lease.prefixLength;
    if (!renewed || !same || this.gateway !== lease.gateway) {
      const time = lease.seconds === 0xffffffff ? "for ever" : `for ${lease.seconds} s`;
      const way = lease.gateway === 0 ? "no gateway" : `gateway ${formatIpv4(lease.gateway)}`;
      const address = `${formatIpv4(lease.address)}/${lease.prefixLength}`;
      this.events.push(EVENT_NOTICE, 0, 0, `lease: ${address} ${time} from ${formatIpv4(lease.server)}, ${way}`);
    }
    this.changed = true;
    this.address = lease.address;
    this.prefixLength = lease.prefixLength;
    this.gateway = lease.gateway;
    this.nameServers = lease.dnsServers;
    this.domain = lease.domain;
  }

  override lost(reason: number, _now: Instant): void {
    this.changed = true;
    this.reason = reasonText(reason, this.address);
    // Not with the next step: a DECLINE that follows must leave from 0.0.0.0 (RFC 2131 table 5).
    this.udp.address = 0 as Ipv4;
    this.address = 0 as Ipv4;
    this.prefixLength = 0;
    this.gateway = 0 as Ipv4;
    this.nameServers = [];
  }
}

export class Lease extends UdpUser {
  readonly state: LeaseState;
  private readonly udp: Udp;
  private readonly mac: Mac;
  private readonly random: Random;
  private client: DhcpClient | undefined;

  constructor(udp: Udp, mac: Mac, events: EventQueue, random: Random) {
    super();
    this.udp = udp;
    this.mac = mac;
    this.random = random;
    this.state = new LeaseState(udp, events);
  }

  /** Begins to look for a server. A second call changes nothing. */
  begin(hostname: string, now: Instant): void {
    if (this.client !== undefined) return;
    const client = new DhcpClient(this.mac, hostname);
    client.start(now);
    this.client = client;
    this.udp.bind(CLIENT_PORT, this);
  }

  step(now: Instant): void {
    const { client } = this;
    if (client === undefined || now < client.nextDeadline()) return;
    client.step(now, this.random.next(), this.state);
  }

  nextDeadline(): Instant {
    return this.client === undefined ? NEVER : this.client.nextDeadline();
  }

  /** Another card has our address. */
  conflict(now: Instant): void {
    if (this.client !== undefined) this.client.conflict(now, this.random.next(), this.state);
  }

  override datagram(
    _localPort: Port,
    _source: Ipv4,
    sourcePort: Port,
    bytes: Uint8Array,
    offset: number,
    length: number,
    now: Instant,
  ): void {
    if (this.client === undefined || sourcePort !== SERVER_PORT) return;
    this.client.input(bytes, offset, length, now, this.random.next(), this.state);
  }
}

function reasonText(reason: number, address: Ipv4): string {
  switch (reason) {
    case LOST_EXPIRED:
      return `the lease of ${formatIpv4(address)} ran out and no DHCP server answered`;
    case LOST_REFUSED:
      return `the DHCP server took ${formatIpv4(address)} back`;
    case LOST_CONFLICT:
      return `${formatIpv4(address)} is in use by another machine`;
    default:
      return `the lease of ${formatIpv4(address)} has ended`;
  }
}
