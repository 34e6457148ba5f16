// Neighbour discovery of one host before a wire that is written by hand: what others say, what it says.

import type { Mac } from "../../../stack/base/address.ts";
import { formatIpv6, parseIpv6 } from "../../../stack/base/address6.ts";
import { writeU48 } from "../../../stack/base/bytes.ts";
import { type ControlMessage, ControlSink } from "../../../stack/base/control.ts";
import { Counters, ND_REFUSED } from "../../../stack/base/counters.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import { Packet } from "../../../stack/base/packet.ts";
import { type Instant, SECOND } from "../../../stack/base/result.ts";
import { ASSIGNED } from "../../../stack/ndp/addresses.ts";
import { Ndp } from "../../../stack/ndp/machine.ts";
import { NeighbourSink } from "../../../stack/ndp/neighbours.ts";

export const OURS = 0x020000000001 as Mac;
export const ROUTER = 0x020000000064;
export const ROUTER_ADDRESS = "fe80::64";
export const ALL_NODES = "ff02::1";

/** One message that was sent. */
export interface Said {
  readonly source: string;
  readonly destination: string;
  readonly mac: number;
  readonly hopLimit: number;
  readonly routerAlert: boolean;
  readonly bytes: Uint8Array;
}

class Recorder extends ControlSink {
  readonly said: Said[] = [];
  full = false;
  private draw = 0;

  override transmit(message: ControlMessage): boolean {
    if (this.full) return false;
    this.said.push({
      source: formatIpv6(message.source, 0),
      destination: formatIpv6(message.destination, 0),
      mac: message.destinationMac,
      hopLimit: message.hopLimit,
      routerAlert: message.routerAlert,
      bytes: message.bytes.slice(0, message.length),
    });
    return true;
  }

  override random(): number {
    this.draw = (Math.imul(this.draw, 1664525) + 1013904223) >>> 0;
    return this.draw;
  }
}

/** What resolution asks, as "address" or "address mac", and what it tells. */
class Asker extends NeighbourSink {
  readonly log: string[] = [];

  override solicit(address: Uint8Array, offset: number, mac: number): boolean {
    this.log.push(`ask ${formatIpv6(address, offset)}${mac < 0 ? "" : ` at ${mac}`}`);
    return true;
  }

  override resolved(_neighbour: number, mac: Mac): void {
    this.log.push(`is at ${mac}`);
  }

  override unreachable(_neighbour: number): void {
    this.log.push("nobody");
  }
}

export class Bed {
  readonly wire = new Recorder();
  readonly asker = new Asker();
  readonly counters = new Counters();
  readonly ndp: Ndp;
  now: Instant = SECOND;

  constructor(automatic = true, mac: Mac = OURS) {
    this.ndp = new Ndp(mac, 1500, new Uint8Array(16), this.wire, this.asker, this.counters);
    this.ndp.start(automatic, this.now);
  }

  /** Steps through the time. */
  run(duration: Instant): void {
    const end = this.now + duration;
    for (;;) {
      const next = this.ndp.nextDeadline();
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.ndp.step(this.now);
      // A deadline that stays is due again at once only when the link is full.
      if (this.ndp.nextDeadline() <= this.now) this.now += 1;
    }
    this.now = end;
    this.ndp.configuration.addresses.now = end;
  }

  /** What was said since the last call. */
  heard(): Said[] {
    return this.wire.said.splice(0, this.wire.said.length);
  }

  /** The same, of one type. */
  heardOf(type: number): Said[] {
    return this.heard().filter((one) => one.bytes[0] === type);
  }

  /** A message arrives; true when it is believed. */
  hear(message: Uint8Array, source: string, destination: string, hopLimit = 255, fragmented = false): boolean {
    const bytes = new Uint8Array(40 + message.length);
    bytes[0] = 0x60;
    bytes[7] = hopLimit;
    address(source, bytes, 8);
    address(destination, bytes, 24);
    copyBytes(bytes, 40, message, 0, message.length);
    const packet = new Packet();
    packet.bytes = bytes;
    packet.offset = 40;
    packet.length = message.length;
    packet.headerLength = 40;
    packet.fragmented = fragmented;
    return this.ndp.input(packet, this.now);
  }

  get refused(): number {
    return this.counters.value(ND_REFUSED);
  }

  /** Our addresses that are in use. */
  own(): string[] {
    const { addresses } = this.ndp.configuration;
    const texts: string[] = [];
    for (let i = 0; i < addresses.entries.length; i++)
      if (addresses.entries[i]!.state === ASSIGNED) texts.push(formatIpv6(addresses.bytes, addresses.at(i)));
    return texts;
  }

  /** Our link-local address once it is one, or what is being tried. */
  linkLocal(): string {
    const { addresses } = this.ndp.configuration;
    return formatIpv6(addresses.bytes, 0);
  }

  lookup(text: string): number {
    return this.ndp.neighbours.lookup(bytesOf(text), 0, this.now);
  }

  /** Where a packet goes: -1 on the link, -2 nowhere, or the router's number. */
  nextHop(text: string): number {
    return this.ndp.routers.nextHop(bytesOf(text), 0, this.ndp.neighbours);
  }
}

function address(text: string, into: Uint8Array, offset: number): void {
  if (!parseIpv6(text, into, offset)) throw new Error(`no address: ${text}`);
}

export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  address(text, bytes, 0);
  return bytes;
}

/** The group in which who has the address listens. */
export function solicitedGroup(text: string): string {
  const bytes = bytesOf(text);
  const group = bytesOf("ff02::1:ff00:0");
  copyBytes(group, 13, bytes, 13, 3);
  return formatIpv6(group, 0);
}

/** A neighbour solicitation; `mac` -1: without an address of the link. */
export function solicitation(target: string, mac: number, nonce = -1): Uint8Array {
  const bytes = new Uint8Array(24 + (mac < 0 && nonce < 0 ? 0 : 8));
  bytes[0] = 135;
  address(target, bytes, 8);
  if (bytes.length > 24) {
    bytes[24] = mac < 0 ? 14 : 1;
    bytes[25] = 1;
    writeU48(bytes, 26, mac < 0 ? nonce : mac);
  }
  return bytes;
}

export const R = 0x80;
export const S = 0x40;
export const O = 0x20;

/** A neighbour advertisement with these flags. */
export function advertisement(target: string, mac: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(mac < 0 ? 24 : 32);
  bytes[0] = 136;
  bytes[4] = flags;
  address(target, bytes, 8);
  if (mac >= 0) {
    bytes[24] = 2;
    bytes[25] = 1;
    writeU48(bytes, 26, mac);
  }
  return bytes;
}

export const ON_LINK = 0x80;
export const AUTONOMOUS = 0x40;

/** A prefix information option; lifetimes in seconds. */
export function prefix(text: string, length: number, flags: number, valid: number, preferred: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = 3;
  bytes[1] = 4;
  bytes[2] = length;
  bytes[3] = flags;
  nativeStore32(bytes, 4, valid);
  nativeStore32(bytes, 8, preferred);
  address(text, bytes, 16);
  return bytes;
}

/** A router advertisement with a lifetime in seconds, flags as in its sixth byte, and options. */
export function routerAdvertisement(lifetime: number, flags: number, options: readonly Uint8Array[]): Uint8Array {
  let length = 16;
  for (const option of options) length += option.length;
  const bytes = new Uint8Array(length);
  bytes[0] = 134;
  bytes[5] = flags;
  nativeStore16(bytes, 6, lifetime);
  let at = 16;
  for (const option of options) {
    copyBytes(bytes, at, option, 0, option.length);
    at += option.length;
  }
  return bytes;
}
