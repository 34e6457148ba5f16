// One host: a link, and every protocol machine of the stack composed over it. Still no I/O of its own: the link's rings
// are polled, time is an argument, and what the appliance must know waits in a queue of events.
//
//   poll(now):  frames in  ->  Ethernet -> ARP | IPv4 -> ICMP | UDP -> DHCP, DNS | TCP -> HTTP, flows
//               timers due
//               segments out (an ACK rides on the answer that the same step has queued), one notification of the card

import { formatIpv4, type Ipv4, type Mac } from "../base/address.ts";
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { FrameReceiver, type Link } from "../base/link.ts";
import { type Instant, MILLISECOND } from "../base/result.ts";
import { type Handle, NO_HANDLE } from "../base/streams.ts";
import { decode as decodeEthernet, ETHERTYPE_ARP, ETHERTYPE_IPV4, EthernetHeader, isGroup } from "../ethernet/wire.ts";
import { DEFAULT_LIMITS } from "../http/limits.ts";
import { HttpServer } from "../http1/server.ts";
import { Icmp } from "../icmp/machine.ts";
import { DESTINATION_OTHER, DESTINATION_OURS, IpOutput } from "../ipv4/output.ts";
import { Reassembly } from "../ipv4/reassembly.ts";
import { decode as decodeIpv4, Ipv4Header } from "../ipv4/wire.ts";
import { TcpLimits } from "../tcp/limits.ts";
import { Tcp } from "../tcp/tcp.ts";
import { UDP_NO_USER, Udp } from "../udp/machine.ts";
import { Access } from "./access.ts";
import { type Attendant, NoAttendant } from "./attendant.ts";
import { Errors, Unreachables } from "./diagnosis.ts";
import { EventQueue } from "./event-queue.ts";
import {
  EVENT_ADDRESS_LOST,
  EVENT_CONFIGURED,
  EVENT_NOTICE,
  EVENT_READABLE,
  EVENT_RESOLVED,
  EVENT_SENT,
} from "./events.ts";
import { FLOW_LIMIT, Flows } from "./flows.ts";
import { Lease } from "./lease.ts";
import { Names } from "./names.ts";
import { Random } from "./random.ts";

/** Unread bytes of an accepted connection: a request head of the largest size, and room for a body to flow. */
export const SERVER_RECEIVE_LIMIT = 16 * 1024;
/** Of the memory the host is told it may use, the part for TCP's receive buffers is one in this many. */
const RECEIVE_SHARE = 8;
/** Connections that the machine opens itself: to the Git server, to name servers. */
const OWN_CONNECTIONS = 64;
const RING_FULL_PAUSE = MILLISECOND;

export class Host extends FrameReceiver {
  readonly link: Link;
  readonly events = new EventQueue();
  readonly ip: IpOutput;
  readonly udp: Udp;
  readonly tcp: Tcp;
  readonly flows: Flows;
  readonly http: HttpServer;
  readonly access: Access;
  readonly lease: Lease;
  readonly names: Names;
  framesIn = 0;
  /** Frames that no protocol here speaks, or that are damaged. */
  framesDropped = 0;
  prefixLength = 0;
  gateway = 0 as Ipv4;
  /** The address that connections use; 0 for none. */
  private taken = 0 as Ipv4;
  now: Instant = 0;

  /** What else the target wants done in each poll. */
  attendant: Attendant = new NoAttendant();

  private readonly icmp = new Icmp();
  private readonly reassembly = new Reassembly();
  private readonly unreachables: Unreachables;
  private readonly errors: Errors;
  private readonly random: Random;
  private readonly ethernet = new EthernetHeader();
  private readonly header = new Ipv4Header();
  private readonly flowUser: number;
  private readonly httpUser: number;

  /** `secret`: 64 random bytes; `memory`: bytes that the host may use for buffers. */
  constructor(link: Link, secret: Uint8Array, memory: number) {
    super();
    this.link = link;
    this.random = new Random(secret.slice(32, 48));
    this.ip = new IpOutput(link);
    this.ip.identification = this.random.below(65536);
    this.udp = new Udp(this.ip);
    const limits = new TcpLimits();
    // HTTP has its own bound and makes room for newcomers; for that they must get past TCP, and what lingers there must
    // not keep them out.
    limits.connections =
      DEFAULT_LIMITS.connections + limits.halfOpen + limits.timeWait + limits.orphans + OWN_CONNECTIONS;
    limits.memoryTotal = Math.max(1024 * 1024, Math.floor(memory / RECEIVE_SHARE));
    this.tcp = new Tcp(this.ip, limits, secret.slice(0, 32));
    this.flows = new Flows(this.events);
    this.access = new Access(this.udp, this.events);
    this.http = new HttpServer(this.tcp, this.access, DEFAULT_LIMITS);
    this.flowUser = this.tcp.addUser(this.flows);
    this.httpUser = this.tcp.addUser(this.http);
    this.names = new Names(this.udp, this.tcp, this.events, this.random);
    this.lease = new Lease(this.udp, link.mac as Mac, this.events, this.random);
    this.unreachables = new Unreachables(this.udp, this.tcp, this.lease, this.events);
    this.errors = new Errors(this.udp, this.tcp);
  }

  /** Takes what has come, runs what is due, sends what is pending. Returns when to be called again at the latest. */
  poll(now: Instant): Instant {
    this.now = now;
    this.ip.now = now;
    const more = this.link.poll(this, now);
    const word = this.attendant.attend(now);
    if (word !== "") this.events.push(EVENT_NOTICE, 0, 0, word);
    this.ip.step(now, this.unreachables);
    this.reassembly.step(now);
    this.lease.step(now);
    if (this.lease.state.changed) this.follow();
    this.names.step(now);
    this.tcp.step(now);
    this.http.step(now);
    this.tcp.transmit(now);
    this.link.flush();
    return more || this.events.length > 0 ? now : this.nextDeadline();
  }

  nextDeadline(): Instant {
    let deadline = Math.min(this.link.nextDeadline(), this.attendant.nextDeadline());
    deadline = Math.min(deadline, this.ip.nextDeadline(), this.reassembly.nextDeadline());
    deadline = Math.min(deadline, this.lease.nextDeadline(), this.names.nextDeadline());
    // The transmit ring was full: it frees itself without an interrupt.
    if (this.tcp.transmitPending) deadline = Math.min(deadline, this.now + RING_FULL_PAUSE);
    return Math.min(deadline, this.tcp.nextDeadline(), this.http.nextDeadline());
  }

  override receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    this.framesIn++;
    const frame = this.ethernet;
    if (decodeEthernet(bytes, offset, length, frame) !== 0) {
      this.framesDropped++;
      return;
    }
    const payloadLength = length - (frame.payloadOffset - offset);
    if (frame.destination !== this.link.mac && !isGroup(frame.destination)) this.framesDropped++;
    else if (frame.etherType === ETHERTYPE_IPV4)
      this.receiveIpv4(bytes, frame.payloadOffset, payloadLength, checksumValid);
    else if (frame.etherType === ETHERTYPE_ARP) {
      this.ip.receiveArp(bytes, frame.payloadOffset, payloadLength, this.now, this.unreachables);
    } else this.framesDropped++;
  }

  /** Makes the oldest event current and returns its kind. */
  nextEvent(): number {
    const kind = this.events.next();
    if (kind === EVENT_RESOLVED) this.names.look(this.events.handle);
    if (kind === EVENT_READABLE || kind === EVENT_SENT) this.flows.looked(this.events.handle, kind);
    return kind;
  }

  /** The wall clock now is `now` plus this many milliseconds. */
  setWallClock(offsetMs: number): void {
    this.http.setWallClock(this.now / MILLISECOND + offsetMs, this.now);
    this.access.setWallClock(offsetMs);
  }

  /** Asks for a lease; the name goes along (RFC 2132 3.14). */
  configureDhcp(hostname: string): void {
    this.lease.begin(hostname, this.now);
  }

  /** Takes a fixed address; gateway 0 for none. */
  configureStatic(address: Ipv4, prefixLength: number, gateway: Ipv4): void {
    this.configure(address, prefixLength, gateway);
    this.events.push(EVENT_CONFIGURED, 0, 0, formatIpv4(address));
  }

  /** A connection of the edge; NO_HANDLE when there is no room or no address. */
  connect(address: Ipv4, port: number, receiveLimit: number): Handle {
    if (this.flows.count >= FLOW_LIMIT) return NO_HANDLE;
    const handle = this.tcp.connect(this.udp.address, address, port, this.flowUser, receiveLimit, this.now);
    if (handle >= 0) this.flows.add(handle);
    return handle;
  }

  serve(port: number): boolean {
    return this.tcp.listen(port, this.httpUser, SERVER_RECEIVE_LIMIT);
  }

  /** Figures for people and tests, one "name value" a line. */
  describe(): string {
    const { tcp, http, access, ip } = this;
    const t = tcp.counters;
    return [
      `connections ${t.connections}`,
      `half-open ${t.halfOpen}`,
      `time-wait ${t.timeWait}`,
      `orphans ${t.orphans}`,
      `segments-in ${t.segmentsIn}`,
      `segments-out ${t.segmentsOut}`,
      `retransmits ${t.retransmits}`,
      `http-connections ${http.connections}`,
      `exchanges ${http.exchanges}`,
      `requests ${access.requests}`,
      `ready ${http.ready.size}`,
      `flows ${this.flows.count}`,
      `frames-in ${this.framesIn}`,
      `frames-dropped ${this.framesDropped}`,
      `packets-unsent ${ip.dropped}`,
      `events-dropped ${this.events.dropped}`,
    ].join("\n");
  }

  /** The lease has begun, changed or ended. */
  private follow(): void {
    const lease = this.lease.state;
    lease.changed = false;
    this.names.setLeaseServers(lease.nameServers, lease.domain);
    const same = lease.prefixLength === this.prefixLength && lease.gateway === this.gateway;
    if (lease.address === this.taken && same) return;
    this.configure(lease.address, lease.prefixLength, lease.gateway);
    if (lease.address === 0) this.events.push(EVENT_ADDRESS_LOST, 0, 0, lease.reason);
    else this.events.push(EVENT_CONFIGURED, 0, 0, formatIpv4(lease.address));
  }

  /** Connections of the old address end. */
  private configure(address: Ipv4, prefixLength: number, gateway: Ipv4): void {
    this.prefixLength = prefixLength;
    this.gateway = gateway;
    if (this.taken !== 0 && this.taken !== address) this.tcp.addressLost(this.now);
    this.taken = address;
    this.udp.address = address;
    this.ip.configure(address, prefixLength, gateway, this.now);
  }

  private receiveIpv4(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    const { header } = this;
    if (decodeIpv4(bytes, offset, length, header) !== 0) {
      this.framesDropped++;
      return;
    }
    const destination = this.ip.destinationKind(header.destination);
    if (destination === DESTINATION_OTHER) {
      this.framesDropped++;
      return;
    }
    if (!header.isFragment()) {
      this.deliver(bytes, destination === DESTINATION_OURS, checksumValid);
      return;
    }
    const { reassembly } = this;
    if (!reassembly.input(header, bytes, this.now)) return;
    // From here on it is a datagram like any other: one header, and the bytes that it was read from.
    if (decodeIpv4(reassembly.bytes, reassembly.offset, reassembly.length, header) !== 0) this.framesDropped++;
    else this.deliver(reassembly.bytes, destination === DESTINATION_OURS, false);
  }

  /** Passes on a whole datagram: its header, decoded from `bytes`, is `this.header`. */
  private deliver(bytes: Uint8Array, unicast: boolean, checksumValid: boolean): void {
    const { header, now } = this;
    const offset = header.payloadOffset;
    const length = header.payloadLength;
    const configured = this.udp.address !== 0;
    if (header.protocol === PROTOCOL_TCP) {
      if (!unicast || !configured) this.framesDropped++;
      else this.tcp.input(bytes, offset, length, header.source, header.destination, checksumValid, now);
    } else if (header.protocol === PROTOCOL_UDP) {
      const error = this.udp.input(header, bytes, offset, length, checksumValid, now);
      const refuse = error === UDP_NO_USER && unicast && configured && !isGroup(this.ethernet.destination);
      if (refuse) this.icmp.portUnreachable(header, bytes, now, this.ip);
    } else if (!configured) this.framesDropped++;
    else if (header.protocol === PROTOCOL_ICMP) {
      this.icmp.input(header, bytes, offset, length, unicast, now, this.ip, this.errors);
    } else if (unicast && !isGroup(this.ethernet.destination)) {
      this.icmp.protocolUnreachable(header, bytes, now, this.ip);
    }
  }
}
