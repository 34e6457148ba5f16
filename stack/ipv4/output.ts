// IPv4 towards the link: where transports put their packets (stack/base/ip-sink.ts). Routes (RFC 1122 3.3.1), writes the
// Ethernet and IPv4 headers in front of what the transport wrote, resolves the neighbour, fragments what may be.
//
// In a slot of the link: Ethernet header (14), IPv4 header (20), then what the transport wrote at `reserve()`.

import { ArpCache, UNRESOLVED } from "../arp/machine.ts";
import { ArpPacket, decode as decodeArp } from "../arp/wire.ts";
import { BROADCAST_ADDRESS, BROADCAST_MAC, type Ipv4, type Mac } from "../base/address.ts";
import { IpSink } from "../base/ip-sink.ts";
import { type Link, NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import { type Instant, SECOND } from "../base/result.ts";
import { Slots } from "../ethernet/slots.ts";
import { HEADER_LENGTH as ETHERNET_HEADER, ETHERTYPE_IPV4, encode as encodeEthernet } from "../ethernet/wire.ts";
import { copyJoined, FRAGMENT_MTU, fragmentPayload } from "./fragment.ts";
import { Waiting } from "./waiting.ts";
import {
  changeTotalLength,
  DEFAULT_TIME_TO_LIVE,
  DONT_FRAGMENT,
  encode as encodeIpv4,
  HEADER_LENGTH as IPV4_HEADER,
  LARGEST_DATAGRAM,
  MORE_FRAGMENTS,
} from "./wire.ts";

/** What lies before the transport header. */
export const HEADERS = ETHERNET_HEADER + IPV4_HEADER;
/** How long the answer to the last lookup is used without asking the cache. */
export const LOOKUP_HOLD = SECOND;

// What a destination address means to us (`destinationKind`).
export const DESTINATION_OTHER = 0;
export const DESTINATION_OURS = 1;
export const DESTINATION_BROADCAST = 2;
export const DESTINATION_MULTICAST = 3;

/** What the IP layer tells the host. */
export abstract class OutputUser {
  /** Packets to this address were dropped: no route, or its neighbour does not answer. */
  abstract unreachable(destination: Ipv4, now: Instant): void;
  /** Another card claims our address; it has been told that the address is ours (RFC 5227 2.4). */
  abstract conflict(mac: Mac, now: Instant): void;
}

export class IpOutput extends IpSink {
  /** Set by the host before anything that may send. */
  now: Instant = 0;
  /** Identification of the next datagram that may be fragmented; begin at random. */
  identification = 0;
  /** Packets that could not be sent: no route, too large, no slot for a fragment. */
  dropped = 0;

  readonly arp: ArpCache;
  private readonly link: Link;
  private readonly slots: Slots;
  private readonly waiting: Waiting;
  private readonly arpPacket = new ArpPacket();

  private address = 0 as Ipv4;
  private mask = 0;
  private subnetBroadcast: Ipv4 = BROADCAST_ADDRESS;
  private gateway = 0 as Ipv4;

  // The last answer of the cache: for a neighbour, and for a destination that lies behind it. -1: none.
  private lastDestination = -1;
  private lastNeighbour = -1;
  private lastMac = 0 as Mac;
  private lastUntil: Instant = 0;
  /** The neighbour that `resolve` asked for. */
  private neighbour = 0 as Ipv4;
  /** Where the packet sent last was written, while its slot still says so and `repeat` may copy it; or -1. */
  private repeatable = -1;

  constructor(link: Link) {
    super();
    this.link = link;
    this.bytes = link.slots;
    this.mtu = link.mtu;
    this.checksumOffload = link.checksumOffload;
    this.segmentOffload = link.segmentOffload;
    this.slots = new Slots(link);
    this.waiting = new Waiting(this.slots);
    this.arp = new ArpCache(link.mac as Mac);
  }

  /**
   * Takes an address (0: gives up any), a prefix length of 0 to 32 and a gateway (0: none), which need not lie within
   * the prefix. The address is announced with the next step.
   */
  configure(address: Ipv4, prefixLength: number, gateway: Ipv4, now: Instant): void {
    this.address = address;
    this.mask = prefixLength <= 0 ? 0 : (0xffffffff << (32 - Math.min(32, prefixLength))) >>> 0;
    // RFC 3021: prefixes of 31 and 32 have no broadcast address.
    const hosts = prefixLength < 31 ? ~this.mask >>> 0 : 0;
    this.subnetBroadcast = (hosts === 0 ? BROADCAST_ADDRESS : (address | hosts) >>> 0) as Ipv4;
    this.gateway = gateway;
    this.now = now;
    this.forget();
    this.waiting.clear();
    this.arp.configure(address, now);
  }

  /**
   * What a received packet's destination means. While there is no address every unicast address is ours, because DHCP
   * servers may answer to the address they are about to give (RFC 2131 4.1): take only UDP then.
   */
  destinationKind(destination: Ipv4): number {
    if (destination === this.address && destination !== 0) return DESTINATION_OURS;
    if (destination === BROADCAST_ADDRESS) return DESTINATION_BROADCAST;
    if (destination >>> 28 === 14) return DESTINATION_MULTICAST;
    if (this.address === 0) return DESTINATION_OURS;
    if (destination === this.subnetBroadcast) return DESTINATION_BROADCAST;
    return DESTINATION_OTHER;
  }

  /** Takes what a frame of type ARP carries. Returns 0 or the error of stack/arp/wire.ts. */
  receiveArp(bytes: Uint8Array, offset: number, length: number, now: Instant, user: OutputUser): number {
    const error = decodeArp(bytes, offset, length, this.arpPacket);
    if (error !== 0) return error;
    this.now = now;
    this.forget();
    this.arp.input(this.arpPacket, now, this.waiting);
    if (this.waiting.conflictMac >= 0) {
      const mac = this.waiting.conflictMac as Mac;
      this.waiting.conflictMac = -1;
      user.conflict(mac, now);
    }
    return 0;
  }

  /** Sends due ARP requests, and reports destinations that cannot be reached. */
  step(now: Instant, user: OutputUser): void {
    this.now = now;
    if (this.arp.nextDeadline() <= now) {
      this.forget();
      this.arp.step(now, this.waiting);
    }
    const { failed } = this.waiting;
    while (failed.length > 0) user.unreachable(failed.pop()!, now);
  }

  nextDeadline(): Instant {
    return this.waiting.failed.length > 0 ? this.now : this.arp.nextDeadline();
  }

  override reserve(): number {
    this.repeatable = -1;
    const slot = this.slots.reserve();
    return slot < 0 ? -1 : slot + HEADERS;
  }

  override repeat(like: number, length: number): number {
    if (like !== this.repeatable) return -1;
    // That slot may be the one that comes back: a copy onto itself.
    const slot = this.slots.reserve();
    if (slot < 0) return -1;
    copyBytes(this.bytes, slot, this.bytes, like - HEADERS, HEADERS + length);
    return slot + HEADERS;
  }

  override sendRepeat(
    at: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    changeTotalLength(this.bytes, at - IPV4_HEADER, IPV4_HEADER + headLength + payloadLength);
    if (this.checksumOffset !== 0) {
      this.link.checksumStart = HEADERS;
      this.link.checksumOffset = this.checksumOffset;
      this.checksumOffset = 0;
    }
    this.link.send(at - HEADERS, HEADERS + headLength, payload, payloadOffset, payloadLength);
  }

  override release(at: number): void {
    this.slots.release(at - HEADERS);
    this.resetOptions();
  }

  override send(
    at: number,
    source: Ipv4,
    destination: Ipv4,
    protocol: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const total = IPV4_HEADER + headLength + payloadLength;
    const mac = this.resolve(destination);
    if (mac < UNRESOLVED) {
      this.refuse(at, destination);
      return;
    }
    let identification = 0;
    let flags = DONT_FRAGMENT;
    if (!this.dontFragment) {
      if (total > FRAGMENT_MTU || total > this.mtu) {
        this.sendFragments(at, mac, source, destination, protocol, headLength, payload, payloadOffset, payloadLength);
        return;
      }
      // RFC 6864 4.1: an identification means something only where fragments can arise.
      identification = this.nextIdentification();
      flags = 0;
    } else if (total > (this.segmentSize === 0 ? this.mtu : LARGEST_DATAGRAM)) {
      this.dropped++;
      this.release(at);
      return;
    }
    encodeIpv4(
      this.bytes,
      at - IPV4_HEADER,
      source,
      destination,
      protocol,
      total,
      identification,
      flags,
      DEFAULT_TIME_TO_LIVE,
    );
    if (this.checksumOffset !== 0) {
      this.link.checksumStart = HEADERS;
      this.link.checksumOffset = this.checksumOffset;
      this.link.segmentSize = payloadLength > this.segmentSize ? this.segmentSize : 0;
    }
    this.resetOptions();
    this.transmit(at, mac, destination, headLength, payload, payloadOffset, payloadLength);
    // With an identification of its own a packet cannot be.
    if (mac >= 0 && flags === DONT_FRAGMENT) this.repeatable = at;
  }

  /** Writes the Ethernet header and sends, or holds while the neighbour is unknown. */
  private transmit(
    at: number,
    mac: number,
    destination: Ipv4,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const slot = at - HEADERS;
    encodeEthernet(this.bytes, slot, Math.max(mac, 0) as Mac, this.link.mac as Mac, ETHERTYPE_IPV4);
    if (mac >= 0) this.link.send(slot, HEADERS + headLength, payload, payloadOffset, payloadLength);
    else
      this.waiting.hold(this.neighbour, destination, slot, HEADERS + headLength, payload, payloadOffset, payloadLength);
  }

  /** The Ethernet address of the next hop; UNRESOLVED, or less when there is no way. */
  private resolve(destination: Ipv4): number {
    if (destination === this.lastDestination && this.now < this.lastUntil) return this.lastMac;
    let next = destination;
    if (destination === BROADCAST_ADDRESS || destination === this.subnetBroadcast) return BROADCAST_MAC;
    // RFC 1112 6.4: the low 23 bits of the group.
    if (destination >>> 28 === 14) return 0x01005e000000 + (destination & 0x7fffff);
    if (this.address === 0 || destination === this.address || destination === 0) return NO_ROUTE;
    // RFC 1122 3.3.1.1: same network, or by way of the gateway.
    if (((destination ^ this.address) & this.mask) !== 0) {
      if (this.gateway === 0) return NO_ROUTE;
      next = this.gateway;
    }
    this.neighbour = next;
    // Many peers lie behind one gateway.
    if (next === this.lastNeighbour && this.now < this.lastUntil) {
      this.lastDestination = destination;
      return this.lastMac;
    }
    const mac = this.arp.lookup(next, this.now);
    if (mac >= 0) {
      this.lastDestination = destination;
      this.lastNeighbour = next;
      this.lastMac = mac as Mac;
      this.lastUntil = this.now + LOOKUP_HOLD;
    }
    return mac;
  }

  /** The ARP cache may have changed. */
  private forget(): void {
    this.lastDestination = -1;
    this.lastNeighbour = -1;
  }

  private refuse(at: number, destination: Ipv4): void {
    this.dropped++;
    this.release(at);
    if (this.waiting.failed.length < FAILED_LIMIT) this.waiting.failed.push(destination);
  }

  private sendFragments(
    at: number,
    mac: number,
    source: Ipv4,
    destination: Ipv4,
    protocol: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const length = headLength + payloadLength;
    const most = fragmentPayload(this.mtu);
    if (length > LARGEST_DATAGRAM - IPV4_HEADER || this.checksumOffset !== 0) {
      this.dropped++;
      this.release(at);
      return;
    }
    const id = this.nextIdentification();
    for (let from = 0; from < length; from += most) {
      const piece = Math.min(most, length - from);
      const into = this.reserve();
      if (into < 0) {
        this.dropped++;
        break;
      }
      copyJoined(this.bytes, into, this.bytes, at, headLength, payload, payloadOffset, from, piece);
      const flags = (from + piece < length ? MORE_FRAGMENTS : 0) | (from / 8);
      const total = IPV4_HEADER + piece;
      encodeIpv4(this.bytes, into - IPV4_HEADER, source, destination, protocol, total, id, flags, DEFAULT_TIME_TO_LIVE);
      this.transmit(into, mac, destination, piece, NO_PAYLOAD, 0, 0);
    }
    this.release(at);
  }

  private nextIdentification(): number {
    this.identification = (this.identification + 1) & 0xffff;
    return this.identification;
  }

  private resetOptions(): void {
    this.checksumOffset = 0;
    this.segmentSize = 0;
    this.dontFragment = true;
  }
}

/** `resolve`: no gateway, or not a place to send to. Below UNRESOLVED, beside NO_ROOM. */
const NO_ROUTE = -3;
/** Failed destinations remembered until the next step. */
const FAILED_LIMIT = 16;
