// One host: a link, and every protocol machine of the stack composed over it. Still no I/O of its own: the link's rings
// are polled, time is an argument, and what the appliance must know waits in a queue of events.
//
//   poll(now):  frames in  ->  Ethernet -> ARP | IPv4 -> ICMP | UDP -> DHCP, DNS | TCP -> services, flows
//               timers due
//               segments out (an ACK rides on the answer that the same step has queued), one notification of the card

import type { Mac } from "../base/address.ts";
import { Budget } from "../base/budget.ts";
import { readU32 } from "../base/bytes.ts";
import { FRAMES_DAMAGED, FRAMES_IN, FRAMES_OF_OTHER_TYPES, FRAMES_TO_OTHERS } from "../base/counters.ts";
import { FrameReceiver, type Link, NO_PAYLOAD, RING_FULL_PAUSE } from "../base/link.ts";
import { PathTable } from "../base/path.ts";
import { type Instant, MILLISECOND } from "../base/result.ts";
import { SharedMemory } from "../base/shared.ts";
import { type Handle, NO_HANDLE, type Streams } from "../base/streams.ts";
import {
  decode as decodeEthernet,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  isGroup,
} from "../ethernet/wire.ts";
import { Icmp } from "../icmp/machine.ts";
import { IpInput } from "../ipv4/input.ts";
import { IpOutput } from "../ipv4/output.ts";
import { Tcp } from "../tcp/tcp.ts";
import { RECORD_ROOM } from "../tls/limits.ts";
import { Udp } from "../udp/machine.ts";
import {
  AT_ATTENDANT,
  AT_DHCP,
  AT_DNS,
  AT_FRAMES,
  AT_HTTP,
  AT_IP,
  AT_NTP,
  AT_REST,
  AT_SENDING,
  AT_TCP,
  AT_TLS,
  describeWork,
} from "./at-work.ts";
import { type Attendant, attend, NoAttendant, renew } from "./attendant.ts";
import { Delivery } from "./delivery.ts";
import { Errors, Unreachables } from "./diagnosis.ts";
import { EventQueue } from "./event-queue.ts";
import {
  EVENT_ADDRESS_LOST,
  EVENT_CONFIGURED,
  EVENT_NOTICE,
  EVENT_READABLE,
  EVENT_RESOLVED,
  EVENT_SENT,
  EVENT_TIME,
} from "./events.ts";
import { FLOW_LIMIT, Flows } from "./flows.ts";
import { Ipv6 } from "./ipv6.ts";
import { Lease } from "./lease.ts";
import { Names } from "./names.ts";
import { Random } from "./random.ts";
import { HTTP_PROTOCOLS, Secure } from "./secure.ts";
import type { Service } from "./service.ts";
import { OWN_PATHS, tcpLimits } from "./tcp-limits.ts";
import { Time } from "./time.ts";

export class Host extends FrameReceiver {
  readonly link: Link;
  readonly budget: Budget;
  /** Bodies and heads that are being sent, counted once with what is kept of them. */
  readonly shared = new SharedMemory();
  readonly events = new EventQueue();
  readonly paths: PathTable;
  readonly ip: IpOutput;
  readonly udp: Udp;
  readonly tcp: Tcp;
  readonly flows: Flows;
  /** Undefined until it is first asked for. */
  private secureStreams: Secure | undefined;
  /** TCP's user for connections of ours that speak TLS. */
  private secureUser = -1;
  private readonly seed: Uint8Array;
  readonly lease: Lease;
  readonly names: Names;
  readonly time: Time;
  readonly ipv6: Ipv6;
  // As text; "" for none.
  /** The IPv4 address that connections use. */
  address = "";
  prefixLength = 0;
  gateway = "";
  now: Instant = 0;
  private wallOffsetMs = 0;

  // What a fault is told with: see at-work.ts.
  private part = AT_REST;
  private frame: Uint8Array = NO_PAYLOAD;
  private frameOffset = 0;
  private frameLength = 0;

  /** What else the target wants done in each poll. */
  attendant: Attendant = new NoAttendant();

  private readonly input: IpInput;
  private readonly delivery: Delivery;
  private readonly unreachables: Unreachables;
  private readonly random: Random;
  private readonly ethernet = new EthernetHeader();
  private readonly flowUser: number;
  private readonly services: Service[] = [];

  /**
   * `secret`: 96 random bytes, of which the last 32 are the seed of TLS, which is not spoken when they are not there;
   * `memory`: bytes that the host may use for buffers.
   */
  constructor(link: Link, secret: Uint8Array, memory: number) {
    super();
    this.link = link;
    this.seed = secret.slice(64);
    this.budget = new Budget(memory);
    this.random = new Random(secret.slice(32, 48));
    const limits = tcpLimits(this.budget);
    this.paths = new PathTable(limits.connections + OWN_PATHS, link.mtu, readU32(secret, 48));
    this.ip = new IpOutput(link, this.paths);
    this.ip.identification = this.random.below(65536);
    this.udp = new Udp(this.ip);
    this.tcp = new Tcp(this.ip, limits, secret.slice(0, 32), this.shared);
    this.flows = new Flows(this.events);
    this.flowUser = this.tcp.addUser(this.flows);
    this.names = new Names(this.udp, this.tcp, this.paths, this.events, this.random);
    this.time = new Time(this.udp, this.paths, this.events, this.random);
    this.lease = new Lease(this.udp, this.paths, link.mac as Mac, this.events, this.random);
    this.unreachables = new Unreachables(link.mac as Mac, this.tcp, this.lease, this.events);
    const errors = new Errors(this.udp, this.tcp);
    const icmp = new Icmp(this.ip, errors);
    this.delivery = new Delivery(icmp, this.udp, this.tcp, this.ip.counters);
    this.input = new IpInput(this.ip, this.delivery);
    this.ipv6 = new Ipv6(this.ip, this.udp, this.tcp, errors, this.random, secret.slice(48, 64));
  }

  /** Takes what has come, runs what is due, sends what is pending. Returns when to be called again at the latest. */
  poll(now: Instant): Instant {
    this.now = now;
    this.ip.now = now;
    this.delivery.now = now;
    this.ipv6.setNow(now);
    this.part = AT_ATTENDANT;
    renew(this.attendant, this.random, this.seed, this.secureStreams, this.events, now);
    this.part = AT_FRAMES;
    const more = this.link.poll(this, now);
    this.frameLength = 0;
    this.part = AT_ATTENDANT;
    attend(this.attendant, this.events, now);
    this.part = AT_IP;
    this.ip.step(now, this.unreachables);
    this.input.step(now);
    if (this.ipv6.step(now)) this.follow6();
    this.notice(this.ipv6.takeNotice(this.address === ""));
    this.part = AT_DHCP;
    this.lease.step(now);
    if (this.lease.state.changed) this.follow();
    this.part = AT_DNS;
    this.names.step(now);
    this.part = AT_NTP;
    this.time.step(now);
    this.part = AT_TCP;
    this.tcp.step(now);
    this.part = AT_TLS;
    this.secureStreams?.tls.step(now);
    this.part = AT_HTTP;
    for (let i = 0; i < this.services.length; i++) this.services[i]!.step(now);
    this.part = AT_SENDING;
    this.transmit(now);
    this.part = AT_REST;
    return more || this.events.length > 0 ? now : this.nextDeadline();
  }

  /** Sends what is pending. */
  transmit(now: Instant): void {
    this.secureStreams?.tls.transmit(now);
    this.tcp.transmit(now);
    this.link.flush();
  }

  nextDeadline(): Instant {
    let deadline = Math.min(this.link.nextDeadline(), this.attendant.nextDeadline());
    deadline = Math.min(deadline, this.ip.nextDeadline(), this.input.nextDeadline(), this.ipv6.nextDeadline());
    deadline = Math.min(deadline, this.lease.nextDeadline(), this.names.nextDeadline(), this.time.nextDeadline());
    if (this.secureStreams !== undefined) deadline = Math.min(deadline, this.secureStreams.tls.nextDeadline());
    if (this.tcp.transmitPending) deadline = Math.min(deadline, this.now + RING_FULL_PAUSE);
    for (let i = 0; i < this.services.length; i++) deadline = Math.min(deadline, this.services[i]!.nextDeadline());
    return Math.min(deadline, this.tcp.nextDeadline());
  }

  override receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    const { counters } = this.ip;
    counters.note(FRAMES_IN);
    this.frame = bytes;
    this.frameOffset = offset;
    this.frameLength = length;
    const frame = this.ethernet;
    if (decodeEthernet(bytes, offset, length, frame) !== 0) {
      counters.note(FRAMES_DAMAGED);
      return;
    }
    const payloadLength = length - (frame.payloadOffset - offset);
    const group = frame.destination !== this.link.mac;
    if (group && !isGroup(frame.destination)) counters.note(FRAMES_TO_OTHERS);
    else if (frame.etherType === ETHERTYPE_IPV4)
      this.input.input(bytes, frame.payloadOffset, payloadLength, group, checksumValid, this.now);
    else if (frame.etherType === ETHERTYPE_IPV6)
      this.ipv6.receive(bytes, frame.payloadOffset, payloadLength, group, checksumValid, this.now);
    else if (frame.etherType === ETHERTYPE_ARP) {
      this.ip.receiveArp(bytes, frame.payloadOffset, payloadLength, this.now, this.unreachables);
    } else counters.note(FRAMES_OF_OTHER_TYPES);
  }

  /** Makes the oldest event current and returns its kind. */
  nextEvent(): number {
    const kind = this.events.next();
    if (kind === EVENT_RESOLVED) this.names.look(this.events.handle);
    if (kind === EVENT_TIME) this.time.look(this.events.handle);
    if (kind === EVENT_READABLE || kind === EVENT_SENT) this.flows.looked(this.events.handle, kind);
    return kind;
  }

  /** The wall clock now is `now` plus this many milliseconds. */
  setWallClock(offsetMs: number): void {
    const wallMs = this.now / MILLISECOND + offsetMs;
    this.wallOffsetMs = offsetMs;
    this.secureStreams?.setWallClock(wallMs, this.now);
    for (let i = 0; i < this.services.length; i++) this.services[i]!.setWallClock(wallMs, this.now);
  }

  /** Asks for a lease, and for parameters where they are wanted; the name goes along (RFC 2132 3.14). */
  configureDhcp(hostname: string, parametersWanted: boolean): void {
    this.lease.begin(hostname, parametersWanted, this.now);
  }

  /** Takes a fixed address; gateway "" for none. */
  configureStatic(address: string, prefixLength: number, gateway: string): void {
    this.configure(address, prefixLength, gateway);
    this.events.push(EVENT_CONFIGURED, 0, 0, address);
  }

  /**
   * A connection of the edge; NO_HANDLE when there is no room or no address. `secureName`: whom its certificate has to be
   * for; "": in the clear. `protocols`: what is offered to be spoken over TLS.
   */
  connect(
    address: string,
    port: number,
    receiveLimit: number,
    secureName: string,
    protocols: readonly string[] = HTTP_PROTOCOLS,
  ): Handle {
    if (this.flows.count >= FLOW_LIMIT) return NO_HANDLE;
    const path = this.paths.toward(address);
    const { now } = this;
    const secure = secureName === "" ? undefined : this.secure();
    const user = secure === undefined ? this.flowUser : this.secureUser;
    const room = secure === undefined ? 0 : RECORD_ROOM;
    const handle = this.tcp.connect(path, port, user, receiveLimit + room, now);
    if (handle < 0) return handle;
    if (secure !== undefined && !secure.start(handle, secureName, protocols, false, now)) {
      this.tcp.abort(handle);
      return NO_HANDLE;
    }
    this.flows.add(handle);
    return handle;
  }

  /**
   * Has a connection of the edge speak TLS from here on, with the server of this name: it is connected, and all that has
   * come is read. As after `connect` it is told what became of it. False: there is no room, or it speaks TLS already.
   */
  startTls(handle: Handle, name: string): boolean {
    if (!this.flows.has(handle) || this.secureStreams?.has(handle) === true) return false;
    const secure = this.secure();
    this.tcp.assign(handle, this.secureUser);
    return secure.start(handle, name, HTTP_PROTOCOLS, true, this.now);
  }

  /** From now on the service is stepped with the host. */
  add(service: Service): void {
    this.services.push(service);
  }

  /** What carries a connection of the edge: TCP, or TLS over it. */
  streamsOf(handle: Handle): Streams {
    return this.secureStreams?.has(handle) === true ? this.secureStreams.tls : this.tcp;
  }

  /** Its peer's side has ended without the close_notify of TLS. */
  cut(handle: Handle): boolean {
    return this.secureStreams?.has(handle) === true && this.secureStreams.tls.truncated(handle);
  }

  /** The edge lets go of a connection. */
  release(handle: Handle): void {
    this.flows.remove(handle);
    this.secureStreams?.forget(handle);
  }

  /** True: there was entropy for what TLS needs. */
  get canSecure(): boolean {
    return this.seed.length >= 32;
  }

  /** TLS on this host. Only when it can be. */
  secure(): Secure {
    if (this.secureStreams === undefined) {
      if (!this.canSecure) throw new Error("TLS without entropy");
      this.secureStreams = new Secure(this.tcp, this.shared, this.flows, this.seed, this.budget);
      this.secureUser = this.tcp.addUser(this.secureStreams.ours);
      this.secureStreams.setWallClock(this.now / MILLISECOND + this.wallOffsetMs, this.now);
    }
    return this.secureStreams;
  }

  /** Bytes that are left free for the host and its services, of the memory that it was given: nobody else may take them. */
  spare(): number {
    let bytes = this.tcp.spare;
    if (this.secureStreams !== undefined) bytes += this.secureStreams.spare();
    for (let i = 0; i < this.services.length; i++) bytes += this.services[i]!.spare();
    return Math.floor(bytes * this.budget.promised);
  }

  /** What a step that ended by a fault was about (at-work.ts); "" between steps. */
  atWork(): string {
    return describeWork(this.part, this.frame, this.frameOffset, this.frameLength);
  }

  /** Figures for people and tests, one "name value" a line. */
  describe(): string {
    const { tcp, ip } = this;
    let services = this.secureStreams === undefined ? "" : this.secureStreams.describe();
    for (let i = 0; i < this.services.length; i++) services += this.services[i]!.describe();
    return [
      `connections ${tcp.counters.connections}`,
      `connections-most ${this.budget.connections}`,
      `receive-memory ${tcp.memoryInUse}`,
      this.shared.describe(),
      `spare ${this.spare()}`,
      tcp.counters.describe(),
      `${services}flows ${this.flows.count}`,
      `events-dropped ${this.events.dropped}`,
      `frames-dropped ${ip.counters.dropped}`,
      `frames-lost-in ${this.link.lostIn()}\nframes-lost-out ${this.link.lostOut()}`,
      ip.counters.describe(),
    ].join("\n");
  }

  /** The lease has begun, changed or ended. */
  private follow(): void {
    const lease = this.lease.state;
    lease.changed = false;
    this.names.setLeaseServers(lease.nameServers, lease.search);
    this.time.setLeaseServers(lease.timeServers);
    this.ip.setMtu(lease.mtu > 0 ? lease.mtu : this.link.mtu);
    this.ip.setRoutes(lease.routes);
    const same = lease.prefixLength === this.prefixLength && lease.gateway === this.gateway;
    if (lease.address === this.address && same) return;
    this.configure(lease.address, lease.prefixLength, lease.gateway);
    if (lease.address === "") this.events.push(EVENT_ADDRESS_LOST, 0, 0, lease.reason);
    else this.events.push(EVENT_CONFIGURED, 0, 0, lease.address);
  }

  /** What we know of IPv6 has changed: an address of ours, what routers say. */
  private follow6(): void {
    const { ipv6 } = this;
    const before = ipv6.address;
    const address = ipv6.follow(this.now);
    this.lease.state.address6 = ipv6.address;
    this.names.setIpv6Servers(ipv6.nameServers(), ipv6.searchDomains());
    this.time.setIpv6Servers(ipv6.lease.state.timeServers);
    for (let i = 0; i < this.services.length; i++) this.services[i]!.addressChanged();
    if (address !== "") this.events.push(EVENT_CONFIGURED, 0, 0, address);
    else if (ipv6.address === "" && before !== "") this.notice(`the address ${before} has ended: ${ipv6.whyEnded()}`);
  }

  private notice(text: string): void {
    if (text !== "") this.events.push(EVENT_NOTICE, 0, 0, text);
  }

  /** Connections of the old address end. */
  private configure(address: string, prefixLength: number, gateway: string): void {
    this.prefixLength = prefixLength;
    this.gateway = gateway;
    const changed = this.address !== "" && this.address !== address;
    this.address = address;
    this.delivery.configured = address !== "";
    this.ip.configure(address, prefixLength, gateway, this.now);
    if (changed) this.tcp.addressLost(this.now);
    for (let i = 0; i < this.services.length; i++) this.services[i]!.addressChanged();
  }
}
