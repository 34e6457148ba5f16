// IPv4 towards the link: where transports put their packets (stack/base/ip-sink.ts). Routes (RFC 1122 3.3.1), writes the
// Ethernet and IPv4 headers in front of what the transport wrote, resolves the neighbour, fragments what may be.
//
// In a slot of the link: Ethernet header (14), IPv4 header (20), then what the transport wrote at `reserve(path)`. Where
// the path is one of IPv6 there is room for that header (40), and the packet goes to `other`.

import { ArpCache, UNRESOLVED } from "../arp/machine.ts";
import { ArpPacket, decode as decodeArp } from "../arp/wire.ts";
import { BROADCAST_ADDRESS, BROADCAST_MAC, formatIpv4, type Ipv4, type Mac, parseIpv4 } from "../base/address.ts";
import { writeU16 } from "../base/bytes.ts";
import { ARP_REFUSED, PACKETS_UNSENT } from "../base/counters.ts";
import { type FamilyOutput, IpSink } from "../base/ip-sink.ts";
import { FRAGMENT_MTU, fragmentPayload, Joined } from "../base/joined.ts";
import { type Link, NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import { NOT_ECT } from "../base/packet.ts";
import type { Path, PathTable } from "../base/path.ts";
import { type Instant, SECOND } from "../base/result.ts";
import { Slots } from "../ethernet/slots.ts";
import { WaitingFrames } from "../ethernet/waiting.ts";
import { HEADER_LENGTH as ETHERNET_HEADER, ETHERTYPE_IPV4, encode as encodeEthernet } from "../ethernet/wire.ts";
import { ArpOutput } from "./arp-sink.ts";
import { Subnet } from "./subnet.ts";
import {
  changeTotalLength,
  DEFAULT_TIME_TO_LIVE,
  DONT_FRAGMENT,
  encode as encodeIpv4,
  HEADER_LENGTH as IPV4_HEADER,
  Ipv4Header,
  LARGEST_DATAGRAM,
  MORE_FRAGMENTS,
} from "./wire.ts";

/** What lies before the transport header, and what does when the packet is one of IPv6. */
export const HEADERS = ETHERNET_HEADER + IPV4_HEADER;
export const HEADERS6 = ETHERNET_HEADER + 40;
/** How long the answer to the last lookup is used without asking the cache. */
export const LOOKUP_HOLD = SECOND;

/** What the IP layer tells the host. */
export abstract class OutputUser {
  /** Packets of this path were dropped: no route, or its neighbour does not answer. */
  abstract unreachable(path: Path, now: Instant): void;
  /** Another card claims our address; it has been told that the address is ours (RFC 5227 2.4). */
  abstract conflict(address: string, mac: Mac, now: Instant): void;
}

export class IpOutput extends IpSink {
  /** Set by the host before anything that may send. */
  now: Instant = 0;
  /** Identification of the next datagram that may be fragmented; begin at random. */
  identification = 0;

  readonly arp: ArpCache;
  /** Packets that wait for a neighbour, of both families. */
  readonly waiting: WaitingFrames;
  /** Takes the packets of IPv6: the same slots, the same options. */
  other: FamilyOutput | undefined;
  private readonly link: Link;
  private readonly slots: Slots;
  private readonly arpOutput: ArpOutput;
  private readonly arpPacket = new ArpPacket();

  /** Our address, and who is how far. */
  readonly subnet = new Subnet();

  // What the ARP cache has answered lies with each path. It holds for one turn: until the cache may have changed, or
  // LOOKUP_HOLD is over.
  private turn = 0;
  private turnUntil: Instant = 0;
  /** The Ethernet address of the next hop of the packet at hand, or UNRESOLVED. */
  private hop = 0;
  private readonly header = new Ipv4Header();
  private readonly joined = new Joined();
  /** Where the packet sent last was written, while its slot still says so and `repeat` may copy it; or -1. */
  private repeatable = -1;
  /** What lies before its transport header. */
  private repeatHeaders = HEADERS;

  constructor(link: Link, paths: PathTable) {
    super(paths);
    this.header.timeToLive = DEFAULT_TIME_TO_LIVE;
    this.link = link;
    this.bytes = link.slots;
    this.mtu = link.mtu;
    this.checksumOffload = link.checksumOffload;
    this.segmentOffload = link.segmentOffload;
    this.segmentOffload6 = link.segmentOffload6;
    this.slots = new Slots(link);
    this.waiting = new WaitingFrames(this.slots, paths);
    this.arpOutput = new ArpOutput(this.waiting);
    this.arp = new ArpCache(link.mac as Mac);
  }

  /**
   * Takes an address ("": gives up any), a prefix length of 0 to 32 and a gateway ("": none), which need not lie within
   * the prefix. The address is announced with the next step.
   */
  configure(address: string, prefixLength: number, gateway: string, now: Instant): void {
    this.paths.setLocal(address);
    this.subnet.configure(this.paths.local4, prefixLength, parseIpv4(gateway));
    this.now = now;
    this.forget();
    this.waiting.clear(4);
    this.arp.configure(this.subnet.address, now);
  }

  /** Routes besides our own network and the gateway, instead of those before: see Subnet.setRoutes. */
  setRoutes(routes: readonly string[]): void {
    this.subnet.setRoutes(routes);
    this.forget();
  }

  /** The network carries no more than this, whatever the link could (RFC 2132 5.1). */
  setMtu(mtu: number): void {
    this.mtu = Math.min(mtu, this.link.mtu);
    this.paths.linkMtu = this.mtu;
  }

  /** Takes what a frame of type ARP carries. Returns 0 or the error of stack/arp/wire.ts. */
  receiveArp(bytes: Uint8Array, offset: number, length: number, now: Instant, user: OutputUser): number {
    const error = decodeArp(bytes, offset, length, this.arpPacket);
    if (error !== 0) {
      this.counters.note(ARP_REFUSED);
      return error;
    }
    this.now = now;
    this.forget();
    if (!this.arp.input(this.arpPacket, now, this.arpOutput)) this.counters.note(ARP_REFUSED);
    if (this.arpOutput.conflictMac >= 0) {
      const mac = this.arpOutput.conflictMac as Mac;
      this.arpOutput.conflictMac = -1;
      user.conflict(formatIpv4(this.subnet.address), mac, now);
    }
    return 0;
  }

  /** Sends due ARP requests, and reports destinations that cannot be reached. */
  step(now: Instant, user: OutputUser): void {
    this.now = now;
    if (this.arp.nextDeadline() <= now) {
      this.forget();
      this.arp.step(now, this.arpOutput);
    }
    while (this.waiting.failed.length > 0) user.unreachable(this.waiting.takeFailed(), now);
  }

  nextDeadline(): Instant {
    return this.waiting.failed.length > 0 ? this.now : this.arp.nextDeadline();
  }

  override reserve(path: Path): number {
    this.repeatable = -1;
    const slot = this.slots.reserve();
    if (slot < 0) return -1;
    return slot + (this.paths.families[path]! === 6 ? HEADERS6 : HEADERS);
  }

  override repeat(like: number, length: number): number {
    if (like !== this.repeatable) return -1;
    // That slot may be the one that comes back: a copy onto itself.
    const slot = this.slots.reserve();
    if (slot < 0) return -1;
    const headers = this.repeatHeaders;
    copyBytes(this.bytes, slot, this.bytes, like - headers, headers + length);
    return slot + headers;
  }

  override sendRepeat(
    at: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const headers = this.repeatHeaders;
    // RFC 8200 3: of IPv6 the length is that of the payload, and there is no checksum.
    if (headers === HEADERS) changeTotalLength(this.bytes, at - IPV4_HEADER, IPV4_HEADER + headLength + payloadLength);
    else writeU16(this.bytes, at - 36, headLength + payloadLength);
    if (this.checksumOffset !== 0) {
      this.link.checksumStart = headers;
      this.link.checksumOffset = this.checksumOffset;
      this.checksumOffset = 0;
    }
    this.link.send(at - headers, headers + headLength, payload, payloadOffset, payloadLength);
  }

  override release(at: number, path: Path): void {
    this.slots.release(at - (this.paths.families[path]! === 6 ? HEADERS6 : HEADERS));
    this.resetOptions();
  }

  override send(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    if (this.paths.families[path]! === 6) {
      this.sendOther(at, path, headLength, payload, payloadOffset, payloadLength);
      return;
    }
    const total = IPV4_HEADER + headLength + payloadLength;
    this.hop = this.resolve(path);
    if (this.hop < UNRESOLVED) {
      this.counters.note(PACKETS_UNSENT);
      this.release(at, path);
      this.waiting.fail(path);
      return;
    }
    let identification = 0;
    let flags = DONT_FRAGMENT;
    if (!this.dontFragment) {
      if (total > FRAGMENT_MTU || total > this.paths.mtu(path, this.now)) {
        this.joined.setHead(this.bytes, at, headLength);
        this.joined.setTail(payload, payloadOffset, payloadLength);
        this.sendFragments(at, path, headLength + payloadLength);
        return;
      }
      // RFC 6864 4.1: an identification means something only where fragments can arise.
      identification = this.nextIdentification();
      flags = 0;
    } else if (total > (this.segmentSize === 0 ? this.mtu : LARGEST_DATAGRAM)) {
      this.counters.note(PACKETS_UNSENT);
      this.release(at, path);
      return;
    }
    this.writeHeader(at, path, total, identification, flags);
    if (this.checksumOffset !== 0) {
      this.link.checksumStart = HEADERS;
      this.link.checksumOffset = this.checksumOffset;
      this.link.segmentSize = this.segmentSize;
    }
    this.resetOptions();
    this.transmit(at, path, headLength, payload, payloadOffset, payloadLength);
    // With an identification of its own a packet cannot be.
    if (this.hop >= 0 && flags === DONT_FRAGMENT) {
      this.repeatable = at;
      this.repeatHeaders = HEADERS;
    }
  }

  private sendOther(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const { other } = this;
    if (other === undefined) {
      this.counters.note(PACKETS_UNSENT);
      this.release(at, path);
      return;
    }
    other.protocol = this.protocol;
    other.checksumOffset = this.checksumOffset;
    other.segmentSize = this.segmentSize;
    other.dontFragment = this.dontFragment;
    other.ecn = this.ecn;
    this.resetOptions();
    other.send(at, path, headLength, payload, payloadOffset, payloadLength);
    if (!other.repeatable) return;
    this.repeatable = at;
    this.repeatHeaders = HEADERS6;
  }

  override doubt(path: Path): void {
    if (this.paths.families[path]! === 6) {
      this.other?.doubt(path);
      return;
    }
    if (this.subnet.address === 0) return;
    const next = this.subnet.nextHop(this.paths.remote4Of(path));
    if (next === 0) return;
    this.forget();
    this.arp.doubt(next, this.now);
  }

  /** The IPv4 header in front of what lies at `at`, from this path's local address to its remote one. */
  private writeHeader(at: number, path: Path, totalLength: number, identification: number, flags: number): void {
    const { header } = this;
    header.source = this.paths.local4Of(path);
    header.destination = this.paths.remote4Of(path);
    header.protocol = this.protocol;
    header.totalLength = totalLength;
    header.ecn = this.ecn;
    header.identification = identification;
    header.flags = flags;
    encodeIpv4(this.bytes, at - IPV4_HEADER, header);
  }

  /** Writes the Ethernet header and sends, or holds while the neighbour is unknown. */
  private transmit(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const slot = at - HEADERS;
    encodeEthernet(this.bytes, slot, Math.max(this.hop, 0) as Mac, this.link.mac as Mac, ETHERTYPE_IPV4);
    if (this.hop >= 0) {
      this.link.send(slot, HEADERS + headLength, payload, payloadOffset, payloadLength);
      return;
    }
    const waiting = this.waiting.hold(this.subnet.nextHop(this.paths.remote4Of(path)), path, slot);
    waiting.headLength = HEADERS + headLength;
    waiting.payload = payload;
    waiting.payloadOffset = payloadOffset;
    waiting.payloadLength = payloadLength;
  }

  /** The Ethernet address of the next hop; UNRESOLVED, or less when there is no way. */
  private resolve(path: Path): number {
    const { paths } = this;
    if (this.now >= this.turnUntil) {
      this.forget();
      this.turnUntil = this.now + LOOKUP_HOLD;
    }
    if (paths.hopTurns[path]! === this.turn) return paths.hops[path]!;
    const mac = this.lookup(paths.remote4Of(path));
    if (mac >= 0) {
      paths.hops[path] = mac;
      paths.hopTurns[path] = this.turn;
    }
    return mac;
  }

  private lookup(destination: Ipv4): number {
    const { subnet } = this;
    if (destination === BROADCAST_ADDRESS || destination === subnet.broadcast) return BROADCAST_MAC;
    // RFC 1112 6.4: the low 23 bits of the group.
    if (destination >>> 28 === 14) return 0x01005e000000 + (destination & 0x7fffff);
    if (subnet.address === 0 || destination === subnet.address || destination === 0) return NO_ROUTE;
    const next = subnet.nextHop(destination);
    return next === 0 ? NO_ROUTE : this.arp.lookup(next, this.now);
  }

  /** The ARP cache may have changed. */
  private forget(): void {
    this.turn++;
  }

  /** Sends what `joined` names, `length` bytes, in pieces. */
  private sendFragments(at: number, path: Path, length: number): void {
    const { joined } = this;
    if (length > LARGEST_DATAGRAM - IPV4_HEADER) {
      this.counters.note(PACKETS_UNSENT);
      this.release(at, path);
      return;
    }
    if (this.checksumOffset !== 0) {
      // No card completes the checksum of a datagram that is cut. The pseudo-header's sum is in the field already.
      const sum = joined.checksum();
      writeU16(this.bytes, at + this.checksumOffset, sum === 0 ? 0xffff : sum);
    }
    const most = fragmentPayload(this.paths.mtu(path, this.now), IPV4_HEADER);
    const id = this.nextIdentification();
    for (let from = 0; from < length; from += most) {
      const piece = Math.min(most, length - from);
      const into = this.reserve(path);
      if (into < 0) {
        this.counters.note(PACKETS_UNSENT);
        break;
      }
      joined.copy(this.bytes, into, from, piece);
      const flags = (from + piece < length ? MORE_FRAGMENTS : 0) | (from / 8);
      this.writeHeader(into, path, IPV4_HEADER + piece, id, flags);
      this.transmit(into, path, piece, NO_PAYLOAD, 0, 0);
    }
    joined.setTail(NO_PAYLOAD, 0, 0);
    this.release(at, path);
  }

  private nextIdentification(): number {
    this.identification = (this.identification + 1) & 0xffff;
    return this.identification;
  }

  private resetOptions(): void {
    this.checksumOffset = 0;
    this.segmentSize = 0;
    this.dontFragment = true;
    this.ecn = NOT_ECT;
  }
}

/** `resolve`: no gateway, or not a place to send to. Below UNRESOLVED, beside NO_ROOM. */
const NO_ROUTE = -3;
