// The DHCP client on its UDP port, and what its lease means to the host: fields that Host.poll follows.

import { formatIpv4, formatMac, type Mac, type Port } from "../base/address.ts";
import { DHCP_REFUSED } from "../base/counters.ts";
import type { PathTable } from "../base/path.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { addressTexts, type Lease as DhcpLease } from "../dhcp/lease.ts";
import { DhcpClient } from "../dhcp/machine.ts";
import { DhcpSink, LOST_CONFLICT, LOST_EXPIRED, LOST_REFUSED } from "../dhcp/sink.ts";
import { type Datagram, type Udp, UdpUser } from "../udp/machine.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_NOTICE } from "./events.ts";
import type { Random } from "./random.ts";

/** RFC 2131 4.1. */
const CLIENT_PORT = 68 as Port;
const SERVER_PORT = 67 as Port;

/** What the client tells; the host looks at `changed` after each step. */
export class LeaseState extends DhcpSink {
  changed = false;
  // Addresses as text, "" for none.
  address = "";
  prefixLength = 0;
  gateway = "";
  /** As Subnet.setRoutes takes them. */
  routes: readonly string[] = [];
  nameServers: readonly string[] = [];
  timeServers: readonly string[] = [];
  /** 0: not told. */
  mtu = 0;
  /** Domains in which names without a dot are looked for. */
  search: readonly string[] = [];
  /** What the server says of the machine's parameters, "" for nothing. */
  parameters = "";
  /** Why the address was lost. */
  reason = "";
  /** Our IPv6 address, "" for none: then it is no fault that nobody answers. */
  address6 = "";

  private readonly udp: Udp;
  private readonly paths: PathTable;
  private readonly events: EventQueue;

  private readonly mac: Mac;

  constructor(udp: Udp, paths: PathTable, mac: Mac, events: EventQueue) {
    super();
    this.udp = udp;
    this.paths = paths;
    this.mac = mac;
    this.events = events;
  }

  override sendDhcp(destination: string, bytes: Uint8Array, length: number): void {
    this.udp.send(this.paths.toward(destination), CLIENT_PORT, SERVER_PORT, bytes, 0, length);
  }

  override bound(lease: DhcpLease, renewed: boolean, _now: Instant): void {
    const address = formatIpv4(lease.address);
    const gateway = lease.gateway === 0 ? "" : formatIpv4(lease.gateway);
    const same = this.address === address && this.prefixLength === lease.prefixLength;
    if (!renewed || !same || this.gateway !== gateway) {
      const time = lease.seconds === 0xffffffff ? "for ever" : `for ${lease.seconds} s`;
      const routes = lease.routes.length === 0 ? "" : `, ${lease.routes.length} more routes`;
      const way = (gateway === "" ? "no gateway" : `gateway ${gateway}`) + routes;
      const from = formatIpv4(lease.server);
      this.events.push(EVENT_NOTICE, 0, 0, `lease: ${address}/${lease.prefixLength} ${time} from ${from}, ${way}`);
    }
    this.changed = true;
    this.address = address;
    this.prefixLength = lease.prefixLength;
    this.gateway = gateway;
    this.routes = lease.routes;
    this.nameServers = addressTexts(lease.dnsServers);
    this.timeServers = addressTexts(lease.ntpServers);
    this.mtu = lease.mtu;
    this.search = lease.search;
    this.parameters = lease.parameters;
  }

  override unanswered(_now: Instant): void {
    if (this.address6 !== "") {
      const alone = `no DHCP server has answered so far: this network seems to speak IPv6 alone, and the machine has ${this.address6}`;
      this.events.push(EVENT_NOTICE, 0, 0, `${alone}. A server is looked for further on; IPv4 by hand: --ipv4=`);
      return;
    }
    const text =
      `no DHCP server has answered the card ${formatMac(this.mac)} so far; it is still asked. Is the card on the right network, ` +
      "does a DHCP server run there? A fixed address is given by --ipv4= and --ipv4-gateway=";
    this.events.push(EVENT_NOTICE, 0, 0, text);
  }

  override refused(why: string, _now: Instant): void {
    this.events.push(EVENT_NOTICE, 0, 0, why);
  }

  override lost(reason: number, _now: Instant): void {
    this.changed = true;
    this.reason = reasonText(reason, this.address);
    // Not with the next step: a DECLINE that follows must leave from 0.0.0.0 (RFC 2131 table 5).
    this.paths.setLocal("");
    this.address = "";
    this.prefixLength = 0;
    this.gateway = "";
    this.mtu = 0;
    this.routes = [];
    this.nameServers = [];
    this.timeServers = [];
    this.search = [];
    this.parameters = "";
  }
}

export class Lease extends UdpUser {
  readonly state: LeaseState;
  private readonly udp: Udp;
  private readonly mac: Mac;
  private readonly random: Random;
  private client: DhcpClient | undefined;

  constructor(udp: Udp, paths: PathTable, mac: Mac, events: EventQueue, random: Random) {
    super();
    this.udp = udp;
    this.mac = mac;
    this.random = random;
    this.state = new LeaseState(udp, paths, mac, events);
  }

  /** Begins to look for a server, that has parameters for us where those are wanted. A second call changes nothing. */
  begin(hostname: string, parametersWanted: boolean, now: Instant): void {
    if (this.client !== undefined) return;
    const client = new DhcpClient(this.mac, hostname);
    client.parametersWanted = parametersWanted;
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

  /** The machine was away for so long, and may be elsewhere. */
  verify(now: Instant, passed: Instant): void {
    if (this.client !== undefined) this.client.verify(now, passed);
  }

  /** Another card has our address. */
  conflict(now: Instant): void {
    if (this.client !== undefined) this.client.conflict(now, this.random.next(), this.state);
  }

  override datagram(datagram: Datagram, now: Instant): void {
    const { bytes, offset, length } = datagram;
    const told =
      this.client !== undefined &&
      datagram.remotePort === SERVER_PORT &&
      this.client.input(bytes, offset, length, now, this.random.next(), this.state) === 0;
    if (!told) this.udp.counters.note(DHCP_REFUSED);
  }
}

function reasonText(reason: number, address: string): string {
  switch (reason) {
    case LOST_EXPIRED:
      return `the lease of ${address} ran out and no DHCP server answered`;
    case LOST_REFUSED:
      return `the DHCP server took ${address} back`;
    case LOST_CONFLICT:
      return `${address} is in use by another machine`;
    default:
      return `the lease of ${address} has ended`;
  }
}
