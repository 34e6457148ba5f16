/// <reference path="../base/native.d.ts" />
// Neighbour discovery and the addresses that follow from it (RFC 4861, 4862, 4191, 8106; duplicates as RFC 7527 finds
// them). Its parts: neighbours.ts (who is where), routers.ts (who leads on), autoconfiguration.ts (who we are),
// solicitation.ts (asking for routers), name-servers.ts, translator.ts.
//
//   ndp.start(true, now);                 // a link-local address is tried, routers are asked
//   ndp.input(packet, now);               // a message has come
//   ndp.step(now); ndp.nextDeadline();
//   if (ndp.takeChanged()) ...            // addresses, name servers, MTU or hop limit are others
//
// What a router says is believed as far as RFC 4861 wants it, and within bounds: anybody on the link can say it. Redirects
// are not followed. What we do not have to be is not here: a router, a proxy, a host with several cards.

import type { Mac } from "../base/address.ts";
import { ADDRESS6_LENGTH, copy6, formatIpv6, isLinkLocal, isMulticast, isUnspecified } from "../base/address6.ts";
import { ControlMessage, type ControlSink } from "../base/control.ts";
import { type Counters, ND_REFUSED } from "../base/counters.ts";
import type { Packet } from "../base/packet.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../base/result.ts";
import { ASSIGNED, BY_HAND, TENTATIVE } from "./addresses.ts";
import { Autoconfiguration } from "./autoconfiguration.ts";
import { NameServers } from "./name-servers.ts";
import {
  AdvertisementFlags,
  LEAST_REACHABLE_TIME,
  LEAST_RETRANS_TIMER,
  MOST_REACHABLE_TIME,
  MOST_RETRANS_TIMER,
  NeighbourCache,
  type NeighbourSink,
} from "./neighbours.ts";
import { Routers } from "./routers.ts";
import { RouterSolicitation } from "./solicitation.ts";
import { Translator } from "./translator.ts";
import {
  decode,
  encodeAdvertisement,
  groupMac,
  NdMessage,
  nextOption,
  OPTION_DOMAINS,
  OPTION_MTU,
  OPTION_PREF64,
  OPTION_PREFIX,
  OPTION_SERVERS,
  TYPE_NEIGHBOUR_ADVERTISEMENT,
  TYPE_NEIGHBOUR_SOLICITATION,
  TYPE_ROUTER_ADVERTISEMENT,
} from "./wire.ts";

/** RFC 4861 6.1, 7.1: what has crossed a router has less. */
const HOP_LIMIT = 255;
/** Hops that we send with, at first; a router cannot take any away (a rogue one would cut us off). */
export const LEAST_HOP_LIMIT = 64;
const LEAST_MTU = 1280;
const FOR_EVER = 0xffffffff;
/** Conflicts over one of our addresses are told at most this often. */
const CONFLICT_INTERVAL = 60 * SECOND;
// Where fields lie in the IPv6 header.
const HOPS = 7;
const SOURCE = 8;
const DESTINATION = 24;

export class Ndp {
  readonly neighbours: NeighbourCache;
  readonly routers: Routers = new Routers();
  readonly configuration: Autoconfiguration;
  readonly nameServers: NameServers = new NameServers();
  readonly translator: Translator = new Translator();
  readonly solicitation: RouterSolicitation;
  /** Hops of what we send, and the largest packet that the link carries, as routers say. */
  hopLimit = LEAST_HOP_LIMIT;
  mtu: number;
  /** A router says that addresses, or other things, are told by DHCPv6 (RFC 4861 4.2). */
  managed = false;
  other = false;

  private readonly mac: Mac;
  private readonly linkMtu: number;
  private readonly control: ControlSink;
  private readonly sink: NeighbourSink;
  private readonly counters: Counters;
  private readonly message = new NdMessage();
  private readonly flags: AdvertisementFlags;
  private readonly out = new ControlMessage();
  /** Prefixes of routers make addresses, and their lifetimes routers. */
  private automatic = false;
  private fixedRouter = false;
  private started = false;
  private changed = false;
  private conflictToldAt: Instant = -CONFLICT_INTERVAL;

  /** `key`: 16 random bytes. `linkMtu`: at least 1,280. */
  constructor(
    mac: Mac,
    linkMtu: number,
    key: Uint8Array,
    control: ControlSink,
    sink: NeighbourSink,
    counters: Counters,
  ) {
    this.mac = mac;
    this.linkMtu = linkMtu;
    this.mtu = linkMtu;
    this.control = control;
    this.sink = sink;
    this.counters = counters;
    this.flags = new AdvertisementFlags(sink);
    this.neighbours = new NeighbourCache(key);
    this.configuration = new Autoconfiguration(mac);
    this.solicitation = new RouterSolicitation(mac);
  }

  /** Begins; `automatic`: routers are asked, and their prefixes make addresses. A second call changes nothing. */
  start(automatic: boolean, now: Instant): void {
    if (this.started) return;
    this.started = true;
    this.automatic = automatic;
    this.configuration.begin(now);
    this.solicitation.begin(now);
  }

  /** Takes an address by hand, in the network of its first `prefixLength` bits; it is tried like any other. */
  addFixed(address: Uint8Array, prefixLength: number, now: Instant): void {
    this.configuration.add(address, 0, BY_HAND, NEVER, NEVER, now);
    if (prefixLength < 128) this.routers.prefix(address, 0, prefixLength, NEVER, now);
  }

  /** The one router, whatever others say. */
  setRouter(address: Uint8Array, now: Instant): void {
    this.fixedRouter = true;
    this.routers.router(address, 0, 1, NEVER, now);
    // Where it is on no network of ours it is on the wire all the same.
    if (!isLinkLocal(address, 0)) this.routers.prefix(address, 0, 128, NEVER, now);
  }

  /** Takes a message of neighbour discovery; its checksum has been verified. False: it is not one to be believed. */
  input(packet: Packet, now: Instant): boolean {
    const taken = this.started && this.take(packet, now);
    if (!taken) this.counters.note(ND_REFUSED);
    return taken;
  }

  /** True once after something that the host follows has changed. */
  takeChanged(): boolean {
    const { configuration } = this;
    const changed = this.changed || configuration.changed;
    this.changed = false;
    configuration.changed = false;
    return changed;
  }

  step(now: Instant): void {
    const { configuration, solicitation } = this;
    configuration.step(now, this.control);
    if (configuration.changed) solicitation.hurry(now);
    solicitation.step(now, configuration.addresses, this.control);
    this.neighbours.step(now, this.sink);
    if (this.routers.step(now) && this.routers.count === 0) solicitation.begin(now);
    if (this.nameServers.step(now)) this.changed = true;
    this.translator.step(now);
  }

  nextDeadline(): Instant {
    const own = Math.min(this.configuration.nextDeadline(), this.solicitation.nextDeadline());
    const known = Math.min(this.neighbours.nextDeadline(), this.routers.nextDeadline());
    return Math.min(own, known, this.nameServers.nextDeadline(), this.translator.nextDeadline());
  }

  private take(packet: Packet, now: Instant): boolean {
    const { message } = this;
    const { bytes } = packet;
    const header = packet.offset - packet.headerLength;
    // RFC 6980 5: none of these comes in fragments.
    if (bytes[header + HOPS]! !== HOP_LIMIT || packet.fragmented) return false;
    if (decode(bytes, packet.offset, packet.length, message) !== 0) return false;
    const source = header + SOURCE;
    // Our own words, sent back by a network that reflects (RFC 7527 1), are no one else's.
    if (this.configuration.addresses.has(bytes, source)) return false;
    switch (message.type) {
      case TYPE_NEIGHBOUR_SOLICITATION:
        return this.solicited(bytes, source, header + DESTINATION, now);
      case TYPE_NEIGHBOUR_ADVERTISEMENT:
        return this.advertised(bytes, header + DESTINATION, now);
      case TYPE_ROUTER_ADVERTISEMENT:
        // RFC 4861 6.1.2.
        return isLinkLocal(bytes, source) && this.routerAdvertised(bytes, source, now);
      default:
        // Solicitations are for routers (6.2.6); redirects are not followed.
        return false;
    }
  }

  /** RFC 4861 7.2.3, RFC 4862 5.4.3. */
  private solicited(bytes: Uint8Array, source: number, destination: number, now: Instant): boolean {
    const { message, out, configuration } = this;
    const { addresses } = configuration;
    const probing = isUnspecified(bytes, source);
    // RFC 4861 7.1.1: who asks whether an address is free asks all who might have it, and has none to tell.
    if (probing && (message.linkAddress >= 0 || !isSolicitedNode(bytes, destination))) return false;
    const index = addresses.find(bytes, message.target);
    if (index < 0) return true;
    const entry = addresses.entries[index]!;
    if (entry.state === TENTATIVE) {
      if (!probing) return true;
      // RFC 7527 4.2: what we have sent ourselves.
      if (message.nonce === entry.nonce && entry.probes === 0) return true;
      configuration.duplicate(index, now);
      return true;
    }
    if (entry.state !== ASSIGNED) return true;
    if (!probing && message.linkAddress >= 0) this.neighbours.heard(bytes, source, message.linkAddress, now);
    const at = addresses.at(index);
    let mac = message.linkAddress;
    if (probing) {
      // RFC 4861 7.2.4: all nodes.
      nativeZero(out.destination, 0, ADDRESS6_LENGTH);
      nativeStore32(out.destination, 0, 0xff020000);
      out.destination[15] = 1;
      mac = groupMac(out.destination, 0);
    } else {
      copy6(out.destination, 0, bytes, source);
      if (mac < 0) mac = this.neighbours.lookup(bytes, source, now);
    }
    // Without an answer to where it is, it will ask again.
    if (mac < 0) return true;
    out.destinationMac = mac as Mac;
    copy6(out.source, 0, addresses.bytes, at);
    out.length = encodeAdvertisement(out.bytes, addresses.bytes, at, this.mac, !probing, true);
    this.control.transmit(out);
    return true;
  }

  /** RFC 4861 7.2.5, RFC 4862 5.4.4. */
  private advertised(bytes: Uint8Array, destination: number, now: Instant): boolean {
    const { message, flags, configuration } = this;
    const { addresses } = configuration;
    if (message.solicited && isMulticast(bytes, destination)) return false;
    const index = addresses.find(bytes, message.target);
    if (index >= 0) {
      const entry = addresses.entries[index]!;
      if (entry.state === TENTATIVE) configuration.duplicate(index, now);
      else if (entry.state === ASSIGNED) this.contested(index, now);
      return true;
    }
    flags.router = message.router;
    flags.solicited = message.solicited;
    flags.override = message.override;
    const believed = this.neighbours.advertised(bytes, message.target, message.linkAddress, flags, now);
    // 7.2.5: one that says that it is no router any more is none.
    if (believed && !message.router && !this.fixedRouter) this.routers.router(bytes, message.target, 0, now, now);
    return true;
  }

  /** RFC 4861 6.3.4. */
  private routerAdvertised(bytes: Uint8Array, source: number, now: Instant): boolean {
    const { message, neighbours, routers } = this;
    if (message.hopLimit > this.hopLimit) this.hopLimit = message.hopLimit;
    if (message.reachableTime > 0) {
      const told = message.reachableTime * MILLISECOND;
      const base = Math.max(LEAST_REACHABLE_TIME, Math.min(told, MOST_REACHABLE_TIME));
      // 6.3.2: half as much to half as much again.
      neighbours.reachableTime = Math.floor(base * (0.5 + this.control.random() / 0x100000000));
    }
    if (message.retransTimer > 0) {
      const told = message.retransTimer * MILLISECOND;
      neighbours.retransTimer = Math.max(LEAST_RETRANS_TIMER, Math.min(told, MOST_RETRANS_TIMER));
    }
    if (!this.fixedRouter) {
      const until = now + message.lifetime * SECOND;
      if (!routers.router(bytes, source, message.preference, until, now)) this.counters.note(ND_REFUSED);
    }
    if (message.linkAddress >= 0) neighbours.heard(bytes, source, message.linkAddress, now);
    this.managed = message.managed;
    this.other = message.other;
    // RFC 7559 2: one that is no default router does not end the search for one.
    if (message.lifetime > 0 || this.fixedRouter) this.solicitation.end();
    for (let at = message.options; at < message.end; at = nextOption(bytes, at)) this.option(bytes, at, now);
    return true;
  }

  private option(bytes: Uint8Array, at: number, now: Instant): void {
    switch (bytes[at]!) {
      case OPTION_PREFIX:
        if (bytes[at + 1]! === 4) this.prefix(bytes, at, now);
        break;
      case OPTION_MTU: {
        const mtu = nativeLoad32(bytes, at + 4);
        if (bytes[at + 1]! !== 1 || mtu < LEAST_MTU || mtu > this.linkMtu || mtu === this.mtu) break;
        this.mtu = mtu;
        this.changed = true;
        break;
      }
      case OPTION_SERVERS:
        if (this.nameServers.readServers(bytes, at, now)) this.changed = true;
        break;
      case OPTION_DOMAINS:
        if (this.nameServers.readDomains(bytes, at, now)) this.changed = true;
        break;
      case OPTION_PREF64:
        this.translator.read(bytes, at, now);
        break;
      default:
        // RFC 4861 6.1.2: unknown options are ignored.
        break;
    }
  }

  /** RFC 4861 6.3.4, RFC 4862 5.5.3. */
  private prefix(bytes: Uint8Array, at: number, now: Instant): void {
    const length = bytes[at + 2]!;
    const flags = bytes[at + 3]!;
    const prefix = at + 16;
    if (length > 128 || isLinkLocal(bytes, prefix) || isMulticast(bytes, prefix)) return;
    const valid = nativeLoad32(bytes, at + 4);
    const preferred = nativeLoad32(bytes, at + 8);
    const validUntil = untilOf(valid, now);
    let room = true;
    if ((flags & 0x80) !== 0) room = this.routers.prefix(bytes, prefix, length, validUntil, now);
    // RFC 4862 5.5.3 c: preferred longer than valid is nonsense; RFC 4291 2.5.1: identifiers have 64 bits.
    if ((flags & 0x40) !== 0 && this.automatic && preferred <= valid && length === 64)
      room = this.configuration.prefix(bytes, prefix, untilOf(preferred, now), validUntil, now) && room;
    if (!room) this.counters.note(ND_REFUSED);
  }

  /** Another card says that an address of ours is its own. We keep it (RFC 4862 5.4.4), and say so to people. */
  private contested(index: number, now: Instant): void {
    if (now - this.conflictToldAt < CONFLICT_INTERVAL) return;
    this.conflictToldAt = now;
    const { addresses, notices } = this.configuration;
    const text = formatIpv6(addresses.bytes, addresses.at(index));
    notices.push(`${text} is also used by another machine: give one of them another address`);
  }
}

function untilOf(seconds: number, now: Instant): Instant {
  return seconds === FOR_EVER ? NEVER : now + seconds * SECOND;
}

/** ff02::1:ff00:0/104 */
function isSolicitedNode(bytes: Uint8Array, offset: number): boolean {
  return (
    nativeLoad32(bytes, offset) === 0xff020000 &&
    nativeLoad32(bytes, offset + 4) === 0 &&
    nativeLoad32(bytes, offset + 8) === 1 &&
    bytes[offset + 12]! === 0xff
  );
}
