// The clients of DHCPv6 on their UDP port, and what they are told as addresses and fields that the host follows.

import { formatMac, type Mac, type Port } from "../base/address.ts";
import { copy6, formatIpv6, isLinkLocal } from "../base/address6.ts";
import { type Counters, DHCPV6_REFUSED } from "../base/counters.ts";
import type { PathTable } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import { InformationClient } from "../dhcpv6/information.ts";
import type { Lease } from "../dhcpv6/lease.ts";
import { Dhcpv6Client } from "../dhcpv6/machine.ts";
import type { Settings } from "../dhcpv6/settings.ts";
import { Dhcpv6Sink, LOST_DUPLICATE, LOST_EXPIRED, LOST_MOVED } from "../dhcpv6/sink.ts";
import { ALL_SERVERS, CLIENT_PORT, SERVER_PORT } from "../dhcpv6/wire.ts";
import { BY_DHCP } from "../ndp/addresses.ts";
import type { Autoconfiguration } from "../ndp/autoconfiguration.ts";
import { type Datagram, type Udp, UdpUser } from "../udp/machine.ts";
import type { Random } from "./random.ts";

/** What the clients tell. */
export class Lease6State extends Dhcpv6Sink {
  /** Something else than an address has changed. */
  changed = false;
  nameServers: readonly string[] = [];
  search: readonly string[] = [];
  timeServers: readonly string[] = [];
  /** Why the last address was lost; "" while there is one. */
  reason = "";
  /** A server gives no address: what else it tells is asked for. */
  refusing = false;

  private readonly udp: Udp;
  private readonly paths: PathTable;
  private readonly mac: Mac;
  private readonly configuration: Autoconfiguration;
  private readonly address = new Uint8Array(16);

  constructor(udp: Udp, paths: PathTable, mac: Mac, configuration: Autoconfiguration) {
    super();
    this.udp = udp;
    this.paths = paths;
    this.mac = mac;
    this.configuration = configuration;
  }

  override sendDhcpv6(bytes: Uint8Array, length: number): void {
    const path = this.paths.toward(ALL_SERVERS);
    if (path >= 0) this.udp.send(path, CLIENT_PORT as Port, SERVER_PORT as Port, bytes, 0, length);
  }

  override bound(lease: Lease, renewed: boolean, now: Instant): void {
    const { configuration, address } = this;
    copy6(address, 0, lease.address, 0);
    const text = formatIpv6(address, 0);
    if (!renewed) {
      const time = lease.seconds === 0xffffffff ? "for ever" : `for ${lease.seconds} s`;
      configuration.notices.push(`DHCPv6 lease: ${text} ${time}`);
    }
    this.reason = "";
    const { preferredUntil, validUntil } = lease;
    if (!configuration.add(address, 0, BY_DHCP, preferredUntil, validUntil, now))
      configuration.notices.push(`${text} is not used: this machine has as many addresses as it may have`);
    this.informed(lease.settings, now);
  }

  override informed(settings: Settings, _now: Instant): void {
    this.changed = true;
    this.nameServers = settings.nameServers;
    this.search = settings.search;
    this.timeServers = settings.timeServers;
  }

  override unanswered(_now: Instant): void {
    const card = `no DHCPv6 server has answered the card ${formatMac(this.mac)} so far; it is still asked.`;
    this.configuration.notices.push(`${card} A router says that addresses are given out: does a server run there?`);
  }

  override refused(why: string, _now: Instant): void {
    this.refusing = true;
    this.configuration.notices.push(why);
  }

  override lost(reason: number, now: Instant): void {
    const { addresses } = this.configuration;
    this.reason = reasonText(reason);
    const index = addresses.find(this.address, 0);
    // One that another machine has stays known as such for a while.
    if (reason === LOST_DUPLICATE || index < 0 || addresses.entries[index]!.origin !== BY_DHCP) return;
    this.configuration.remove(index, now);
  }
}

export class Lease6 extends UdpUser {
  readonly state: Lease6State;
  private readonly udp: Udp;
  private readonly paths: PathTable;
  private readonly counters: Counters;
  private readonly random: Random;
  private readonly configuration: Autoconfiguration;
  private readonly client: Dhcpv6Client;
  private readonly information: InformationClient;
  private readonly remote = new Uint8Array(16);

  constructor(
    udp: Udp,
    paths: PathTable,
    counters: Counters,
    mac: Mac,
    configuration: Autoconfiguration,
    random: Random,
  ) {
    super();
    this.udp = udp;
    this.paths = paths;
    this.counters = counters;
    this.random = random;
    this.configuration = configuration;
    this.client = new Dhcpv6Client(mac);
    this.information = new InformationClient(mac);
    this.state = new Lease6State(udp, paths, mac, configuration);
  }

  /** Routers say that addresses, or else other things, are told by servers. Does what is due; there is a link-local address. */
  step(addresses: boolean, now: Instant): void {
    const { client, information, state, configuration } = this;
    if (addresses) client.start(now);
    if (!addresses || state.refusing) information.start(now);
    if (configuration.leasedDuplicate) {
      configuration.leasedDuplicate = false;
      this.listen();
      client.duplicate(now, this.random.next(), state);
    }
    if (now < this.nextDeadline()) return;
    this.listen();
    if (client.nextDeadline() <= now) client.step(now, this.random.next(), state);
    if (information.nextDeadline() <= now) information.step(now, this.random.next(), state);
  }

  nextDeadline(): Instant {
    return Math.min(this.client.nextDeadline(), this.information.nextDeadline());
  }

  /** The machine was away for so long, and may be elsewhere. */
  verify(now: Instant, passed: Instant): void {
    this.client.verify(now, passed);
    this.information.verify(now);
  }

  override datagram(datagram: Datagram, now: Instant): void {
    const { path, bytes, offset, length } = datagram;
    let taken = false;
    if (this.paths.families[path]! === 6) {
      this.paths.copyRemote6(path, this.remote, 0);
      // Servers and relay agents are on the link: from farther away nobody is heard.
      taken = isLinkLocal(this.remote, 0) && this.take(bytes, offset, length, now);
    }
    if (!taken) this.counters.note(DHCPV6_REFUSED);
  }

  private take(bytes: Uint8Array, offset: number, length: number, now: Instant): boolean {
    if (this.client.input(bytes, offset, length, now, this.random.next(), this.state)) return true;
    return this.information.input(bytes, offset, length, now, this.state);
  }

  private listen(): void {
    if (!this.udp.isBound(CLIENT_PORT as Port)) this.udp.bind(CLIENT_PORT as Port, this);
  }
}

function reasonText(reason: number): string {
  switch (reason) {
    case LOST_EXPIRED:
      return "its lease ran out and no DHCPv6 server answered";
    case LOST_MOVED:
      return "a DHCPv6 server says that it is of another network";
    case LOST_DUPLICATE:
      return "another machine has it";
    default:
      return "the DHCPv6 server took it back";
  }
}
