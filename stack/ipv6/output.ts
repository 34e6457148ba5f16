/// <reference path="../base/native.d.ts" />
// IPv6 towards the link, behind IpOutput (stack/ipv4), which has reserved the slot: Ethernet header (14), IPv6 header
// (40), then what the transport wrote. Routes (RFC 4861 5.2), writes both headers, resolves the neighbour, cuts what may be
// cut (RFC 8200 4.5): only the sender does.

import type { Mac } from "../base/address.ts";
import { isMulticast } from "../base/address6.ts";
import { writeU16 } from "../base/bytes.ts";
import { type Counters, PACKETS_UNSENT } from "../base/counters.ts";
import { mix } from "../base/index-table.ts";
import { FamilyOutput } from "../base/ip-sink.ts";
import { FRAGMENT_MTU, fragmentPayload, Joined } from "../base/joined.ts";
import { type Link, NO_PAYLOAD } from "../base/link.ts";
import type { Path, PathTable } from "../base/path.ts";
import { type Instant, SECOND } from "../base/result.ts";
import type { WaitingFrames } from "../ethernet/waiting.ts";
import { HEADER_LENGTH as ETHERNET_HEADER, ETHERTYPE_IPV6, encode as encodeEthernet } from "../ethernet/wire.ts";
import type { Ndp } from "../ndp/machine.ts";
import { UNRESOLVED } from "../ndp/neighbours.ts";
import { NO_ROUTER, ON_LINK } from "../ndp/routers.ts";
import { groupMac } from "../ndp/wire.ts";
import { waitingKey } from "./control-output.ts";
import { ECN_UNIT, encodeFragment, encodeStart, FRAGMENT, FRAGMENT_HEADER, HEADER_LENGTH, SOURCE } from "./wire.ts";

/** What lies before the transport header. */
export const HEADERS = ETHERNET_HEADER + HEADER_LENGTH;
/** How long the answer to the last lookup is used without asking the cache. */
export const LOOKUP_HOLD = SECOND;
/** What 16 bits of length can tell. */
const LARGEST_PAYLOAD = 65_535;

export class Ipv6Output extends FamilyOutput {
  /** Set by the host before anything that may send. */
  now: Instant = 0;

  private readonly link: Link;
  private readonly paths: PathTable;
  private readonly counters: Counters;
  private readonly waiting: WaitingFrames;
  private readonly ndp: Ndp;
  /** What flow labels and identifications are made with. */
  private readonly key: number;
  private identification: number;
  private readonly joined = new Joined();
  /** The destination of the packet at hand, and where the next hop's address lies. */
  private readonly destination = new Uint8Array(16);
  private next: Uint8Array = this.destination;
  private nextOffset = 0;
  /** Its Ethernet address, or UNRESOLVED. */
  private hop = 0;

  // As in IPv4: what the cache has answered lies with each path, and holds for one turn.
  private turn = 0;
  private turnUntil: Instant = 0;

  constructor(waiting: WaitingFrames, paths: PathTable, counters: Counters, ndp: Ndp, key: number) {
    super();
    this.link = waiting.slots.link;
    this.waiting = waiting;
    this.paths = paths;
    this.counters = counters;
    this.ndp = ndp;
    this.key = key;
    this.identification = mix(key, 1, 2, 3) >>> 0;
  }

  override send(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const { paths, link } = this;
    this.repeatable = false;
    this.hop = this.resolve(path);
    if (this.hop < UNRESOLVED) {
      this.drop(at);
      this.waiting.fail(path);
      return;
    }
    const length = headLength + payloadLength;
    const total = HEADER_LENGTH + length;
    if (!this.dontFragment && (total > FRAGMENT_MTU || total > paths.mtu(path, this.now))) {
      this.joined.setHead(link.slots, at, headLength);
      this.joined.setTail(payload, payloadOffset, payloadLength);
      this.sendFragments(at, path, length);
      return;
    }
    if (this.segmentSize === 0 ? total > paths.linkMtu6 : length > LARGEST_PAYLOAD) {
      this.drop(at);
      return;
    }
    this.writeHeaders(at, path, length, this.protocol);
    if (this.checksumOffset !== 0) {
      link.checksumStart = HEADERS;
      link.checksumOffset = this.checksumOffset;
      link.segmentSize = this.segmentSize;
    }
    this.repeatable = this.hop >= 0 && this.dontFragment;
    this.transmit(at, path, headLength, payload, payloadOffset, payloadLength);
  }

  override doubt(path: Path): void {
    if (this.nextHop(path) < 0) return;
    this.forget();
    this.ndp.routers.silent(this.next, this.nextOffset);
    this.ndp.neighbours.doubt(this.next, this.nextOffset, this.now);
  }

  /** What neighbour discovery knows may have changed. */
  forget(): void {
    this.turn++;
  }

  /** The headers in front of what lies at `at`. */
  private writeHeaders(at: number, path: Path, length: number, nextHeader: number): void {
    const { slots } = this.link;
    const header = at - HEADER_LENGTH;
    encodeEthernet(slots, header - ETHERNET_HEADER, Math.max(this.hop, 0) as Mac, this.link.mac as Mac, ETHERTYPE_IPV6);
    // RFC 6437 3: one label for the packets of one flow, which nobody can foresee: of addresses and ports.
    const ports = nextHeader === FRAGMENT ? 0 : nativeLoad32(slots, at);
    const flow = mix(ports, this.paths.sums[path]!, nextHeader, this.key) & 0xfffff;
    // RFC 8200 3: the length of what the card will cut is that of the whole.
    encodeStart(slots, header, this.ecn * ECN_UNIT + flow, length, nextHeader, this.ndp.hopLimit);
    this.paths.copyAddresses6(path, slots, header + SOURCE);
  }

  /** Sends, or holds while the neighbour is unknown. */
  private transmit(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const slot = at - HEADERS;
    if (this.hop >= 0) {
      this.link.send(slot, HEADERS + headLength, payload, payloadOffset, payloadLength);
      return;
    }
    // What is unresolved is in the cache.
    const neighbour = this.ndp.neighbours.find(this.next, this.nextOffset);
    const frame = this.waiting.hold(waitingKey(neighbour), path, slot);
    frame.headLength = HEADERS + headLength;
    frame.payload = payload;
    frame.payloadOffset = payloadOffset;
    frame.payloadLength = payloadLength;
  }

  /** The Ethernet address of the next hop; UNRESOLVED, or less when there is no way. */
  private resolve(path: Path): number {
    const { paths } = this;
    if (this.now >= this.turnUntil) {
      this.forget();
      this.turnUntil = this.now + LOOKUP_HOLD;
    }
    if (paths.hopTurns[path]! === this.turn) return paths.hops[path]!;
    const mac = this.lookup(path);
    if (mac >= 0) {
      paths.hops[path] = mac;
      paths.hopTurns[path] = this.turn;
    }
    return mac;
  }

  private lookup(path: Path): number {
    const way = this.nextHop(path);
    if (way === TO_GROUP) return groupMac(this.destination, 0);
    // From an address that is not ours (any more) nothing is sent, nor to ourselves.
    if (way === NO_WAY || !this.paths.isOurs(path)) return NO_ROUTE;
    if (this.ndp.configuration.addresses.has(this.destination, 0)) return NO_ROUTE;
    return this.ndp.neighbours.lookup(this.next, this.nextOffset, this.now);
  }

  /** Finds the next hop: TO_NEIGHBOUR, with its address in `next`, TO_GROUP or NO_WAY. */
  private nextHop(path: Path): number {
    const { destination, ndp } = this;
    this.paths.copyRemote6(path, destination, 0);
    if (isMulticast(destination, 0)) return TO_GROUP;
    const router = ndp.routers.nextHop(destination, 0, ndp.neighbours);
    if (router === NO_ROUTER) return NO_WAY;
    this.next = router === ON_LINK ? destination : ndp.routers.addresses;
    this.nextOffset = router === ON_LINK ? 0 : router * 16;
    return TO_NEIGHBOUR;
  }

  /** Sends what `joined` names, `length` bytes, in pieces. */
  private sendFragments(at: number, path: Path, length: number): void {
    const { joined, protocol, checksumOffset, paths, waiting } = this;
    const { slots } = this.link;
    if (length > LARGEST_PAYLOAD) {
      this.drop(at);
      return;
    }
    if (checksumOffset !== 0) {
      // No card completes the checksum of a packet that is cut. The pseudo-header's sum is in the field already.
      const sum = joined.checksum();
      writeU16(slots, at + checksumOffset, sum === 0 ? 0xffff : sum);
    }
    const most = fragmentPayload(paths.mtu(path, this.now), HEADER_LENGTH + FRAGMENT_HEADER);
    // RFC 7739: not one that others can foresee.
    this.identification = mix(this.identification, this.key, this.turn, 44) >>> 0;
    for (let from = 0; from < length; from += most) {
      const piece = Math.min(most, length - from);
      const slot = waiting.slots.reserve();
      if (slot < 0) {
        this.counters.note(PACKETS_UNSENT);
        break;
      }
      const into = slot + HEADERS;
      encodeFragment(slots, into, protocol, from, from + piece < length, this.identification);
      joined.copy(slots, into + FRAGMENT_HEADER, from, piece);
      this.writeHeaders(into, path, FRAGMENT_HEADER + piece, FRAGMENT);
      this.transmit(into, path, FRAGMENT_HEADER + piece, NO_PAYLOAD, 0, 0);
    }
    joined.setTail(NO_PAYLOAD, 0, 0);
    waiting.slots.release(at - HEADERS);
  }

  private drop(at: number): void {
    this.counters.note(PACKETS_UNSENT);
    this.waiting.slots.release(at - HEADERS);
  }
}

/** `resolve`: no router, or not a place to send to. Below UNRESOLVED, beside NO_ROOM. */
const NO_ROUTE = -3;

const NO_WAY = -1;
const TO_GROUP = -2;
const TO_NEIGHBOUR = 0;
