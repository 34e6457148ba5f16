// IPv6 on a host: its machines put together, and what the host follows.

import type { Mac } from "../base/address.ts";
import { parseIpv6 } from "../base/address6.ts";
import { type Counters, FRAMES_OF_OTHER_TYPES, MLD_REFUSED } from "../base/counters.ts";
import { PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { type Packet, PacketReceiver } from "../base/packet.ts";
import type { Quotation } from "../base/quotation.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { Icmpv6, Icmpv6User } from "../icmpv6/machine.ts";
import type { IpOutput } from "../ipv4/output.ts";
import { ControlOutput, NeighbourOutput, Randomness } from "../ipv6/control-output.ts";
import { HeaderProblems, Ipv6Input } from "../ipv6/input.ts";
import { Ipv6Output } from "../ipv6/output.ts";
import { LEAST_MTU } from "../ipv6/wire.ts";
import { Ndp } from "../ndp/machine.ts";
import { TOLD_AFTER } from "../ndp/solicitation.ts";
import type { Tcp } from "../tcp/tcp.ts";
import { UDP_NO_USER, type Udp } from "../udp/machine.ts";
import type { Errors } from "./diagnosis.ts";
import { Lease6 } from "./lease6.ts";
import type { Random } from "./random.ts";

class HostRandomness extends Randomness {
  private readonly random: Random;

  constructor(random: Random) {
    super();
    this.random = random;
  }

  override next(): number {
    return this.random.next();
  }
}

/** What ICMPv6 hands on. */
class Messages extends Icmpv6User {
  private readonly ndp: Ndp;
  private readonly control: ControlOutput;
  private readonly errors: Errors;
  private readonly counters: Counters;

  constructor(ndp: Ndp, control: ControlOutput, errors: Errors, counters: Counters) {
    super();
    this.counters = counters;
    this.ndp = ndp;
    this.control = control;
    this.errors = errors;
  }

  override networkError(quotation: Quotation, now: Instant): void {
    this.errors.networkError(quotation, now);
  }

  override neighbour(packet: Packet, now: Instant): void {
    this.ndp.input(packet, now);
  }

  override query(packet: Packet, now: Instant): void {
    const source = packet.offset - packet.headerLength + 8;
    const { mld } = this.ndp.configuration;
    if (mld.input(packet.bytes, packet.offset, packet.length, source, now, this.control) !== 0)
      this.counters.note(MLD_REFUSED);
  }
}

/** What IPv6 hands up goes to the machine of its protocol; what nobody takes is refused (RFC 8200 4, RFC 4443 3.1). */
class Delivery6 extends PacketReceiver {
  now: Instant = 0;
  private readonly icmp: Icmpv6;
  private readonly udp: Udp;
  private readonly tcp: Tcp;

  constructor(icmp: Icmpv6, udp: Udp, tcp: Tcp) {
    super();
    this.icmp = icmp;
    this.udp = udp;
    this.tcp = tcp;
  }

  override packet(packet: Packet): void {
    if (packet.protocol === PROTOCOL_TCP) this.tcp.input(packet, this.now);
    else if (packet.protocol === PROTOCOL_UDP) {
      if (this.udp.input(packet, this.now) === UDP_NO_USER) this.icmp.portUnreachable(packet, this.now);
    } else if (packet.protocol === PROTOCOL_ICMPV6) this.icmp.input(packet, this.now);
    else this.icmp.protocolUnreachable(packet, this.now);
  }
}

class Problems extends HeaderProblems {
  now: Instant = 0;
  private readonly icmp: Icmpv6;

  constructor(icmp: Icmpv6) {
    super();
    this.icmp = icmp;
  }

  override problem(packet: Packet, code: number, pointer: number, ofGroup: boolean): void {
    this.icmp.headerProblem(packet, code, pointer, ofGroup, this.now);
  }
}

export class Ipv6 {
  readonly ndp: Ndp;
  /** What servers of DHCPv6 lend and tell. */
  readonly lease: Lease6;
  /** The address that connections of others are told of, as text; "" while there is none. */
  address = "";

  private readonly ip: IpOutput;
  private readonly tcp: Tcp;
  private readonly output: Ipv6Output;
  private readonly input: Ipv6Input;
  private readonly delivery: Delivery6;
  private readonly problems: Problems;
  private readonly usable: boolean;
  private started = false;
  /** Addresses are those that routers, and servers, tell. */
  private automatic = false;
  private told = false;

  /** `ip` is the way out that transports know; packets of IPv6 go from it to here. `key`: 16 random bytes. */
  constructor(ip: IpOutput, udp: Udp, tcp: Tcp, errors: Errors, random: Random, key: Uint8Array) {
    const { paths, counters, waiting } = ip;
    const { link } = waiting.slots;
    const mac = link.mac as Mac;
    // RFC 8200 5: a link that carries less carries no IPv6.
    this.usable = link.mtu >= LEAST_MTU;
    this.ip = ip;
    this.tcp = tcp;
    const control = new ControlOutput(waiting, new HostRandomness(random));
    const neighbours = new NeighbourOutput(mac, waiting, control);
    this.ndp = new Ndp(mac, link.mtu, key, control, neighbours, counters);
    neighbours.addresses = this.ndp.configuration.addresses;
    this.output = new Ipv6Output(waiting, paths, counters, this.ndp, random.next());
    const icmp = new Icmpv6(ip, new Messages(this.ndp, control, errors, counters));
    this.delivery = new Delivery6(icmp, udp, tcp);
    this.problems = new Problems(icmp);
    this.lease = new Lease6(udp, paths, counters, mac, this.ndp.configuration, random);
    const { addresses } = this.ndp.configuration;
    this.input = new Ipv6Input(paths, addresses, counters, this.delivery, this.problems);
    paths.local6 = addresses;
    ip.other = this.output;
  }

  /**
   * Begins. Address "": of prefixes that routers tell; otherwise this one (text), in the network of its first bits, with
   * this gateway, "" for those that tell of themselves.
   */
  start(address: string, prefixLength: number, gateway: string, now: Instant): void {
    if (!this.usable) {
      this.ndp.configuration.notices.push("the card carries packets of less than 1280 bytes only: no IPv6");
      return;
    }
    this.started = true;
    const bytes = new Uint8Array(16);
    const fixed = parseIpv6(address, bytes, 0);
    this.automatic = !fixed;
    this.ndp.start(!fixed, now);
    if (fixed) this.ndp.addFixed(bytes, prefixLength, now);
    if (parseIpv6(gateway, bytes, 0)) this.ndp.setRouter(bytes, now);
  }

  /** Takes what a frame of type IPv6 carries. */
  receive(
    bytes: Uint8Array,
    offset: number,
    length: number,
    group: boolean,
    checksumValid: boolean,
    now: Instant,
  ): void {
    if (this.started) this.input.input(bytes, offset, length, group, checksumValid, now);
    else this.ip.counters.note(FRAMES_OF_OTHER_TYPES);
  }

  /** Before frames are taken. */
  setNow(now: Instant): void {
    this.output.now = now;
    this.delivery.now = now;
    this.problems.now = now;
    this.ndp.configuration.addresses.now = now;
  }

  /** Does what time demands. True: addresses, name servers or the MTU are others, and `follow` is to be called. */
  step(now: Instant): boolean {
    if (!this.started) return false;
    this.input.step(now);
    const { ndp, lease } = this;
    if (ndp.nextDeadline() <= now) ndp.step(now);
    if ((ndp.managed || ndp.other) && ndp.configuration.addresses.linkLocal() >= 0)
      lease.step(ndp.managed && this.automatic, now);
    const told = lease.state.changed;
    lease.state.changed = false;
    return ndp.takeChanged() || told;
  }

  /** Adapts to what has changed. Returns the address that is new, "" when there is no other. */
  follow(now: Instant): string {
    this.output.forget();
    this.ip.paths.linkMtu6 = this.ndp.mtu;
    this.tcp.addressLost(now);
    const text = this.ndp.configuration.addresses.text();
    if (text === this.address) return "";
    this.address = text;
    return text;
  }

  /** Name servers: those of DHCPv6 before those of routers (RFC 8106 5.3.1). */
  nameServers(): readonly string[] {
    return joined(this.lease.state.nameServers, this.ndp.nameServers.servers);
  }

  /** Domains in which names without a dot are looked for, in the same order. */
  searchDomains(): readonly string[] {
    return joined(this.lease.state.search, this.ndp.nameServers.domains);
  }

  /** Why there is no address any more. */
  whyEnded(): string {
    const { reason } = this.lease.state;
    return reason === "" ? "no router tells of its network any more" : reason;
  }

  /** The machine was away for so long, and may be elsewhere: routers and servers are asked. */
  verify(now: Instant, passed: Instant): void {
    if (!this.started) return;
    this.ndp.solicitation.begin(now);
    this.lease.verify(now, passed);
  }

  /** Something that people should know, "" for nothing. `alone`: there is no other way out of this machine. */
  takeNotice(alone: boolean): string {
    const { notices } = this.ndp.configuration;
    if (notices.length > 0) return notices.shift()!;
    if (this.told || !alone || this.ndp.solicitation.unanswered <= TOLD_AFTER) return "";
    this.told = true;
    return NOBODY_ANSWERS;
  }

  nextDeadline(): Instant {
    if (!this.started) return NEVER;
    const { managed, other, configuration } = this.ndp;
    const own = Math.min(this.ndp.nextDeadline(), this.input.nextDeadline());
    if (!(managed || other) || configuration.addresses.linkLocal() < 0) return own;
    return Math.min(own, this.lease.nextDeadline());
  }
}

function joined(first: readonly string[], second: readonly string[]): readonly string[] {
  const all: string[] = [];
  for (const text of first) all.push(text);
  for (const text of second) all.push(text);
  return all;
}

const NOBODY_ANSWERS =
  "no IPv6 router has answered either; a fixed address is given by --ipv6= and --ipv6-gateway=, --ipv6=off asks for none";
