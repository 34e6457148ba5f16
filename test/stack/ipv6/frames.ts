// One host with IPv6 before a wire that is written by hand, frame by frame.

import type { Mac } from "../../../stack/base/address.ts";
import { formatIpv6, parseIpv6 } from "../../../stack/base/address6.ts";
import { fold } from "../../../stack/base/checksum.ts";
import { copyBytes, sumBytes } from "../../../stack/base/native.ts";
import { type Instant, SECOND } from "../../../stack/base/result.ts";
import { ETHERTYPE_IPV6, encode as encodeEthernet } from "../../../stack/ethernet/wire.ts";
import { WebHost } from "../../../stack/host/web.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { solicitation } from "../ndp/bed.ts";

export const HOST = "2001:db8::1";
export const PEER = "2001:db8::2";
const HOST_MAC = 0x020000000001 as Mac;
const PEER_MAC = 0x020000000002 as Mac;
const ETHERNET = 14;

export class Bed {
  readonly link = new FakeLink(HOST_MAC, 64);
  readonly host: WebHost;
  now: Instant = SECOND;

  constructor() {
    const secret = new Uint8Array(96);
    for (let i = 0; i < secret.length; i++) secret[i] = (i * 37) & 255;
    this.host = new WebHost(this.link, secret, 16 * 1024 * 1024);
    this.host.poll(this.now);
    this.host.ipv6.start(HOST, 64, "", this.now);
    for (let i = 0; i < 30; i++) this.pass(100_000);
    // The peer makes itself known.
    this.hear(58, finished(PEER, HOST, 58, 2, solicitation(HOST, PEER_MAC)), PEER, HOST, 255);
    this.heard();
  }

  pass(duration: Instant): void {
    this.now += duration;
    this.host.poll(this.now);
  }

  /** A packet arrives; `payload` is all that lies behind the IPv6 header. */
  hear(nextHeader: number, payload: Uint8Array, from = PEER, to = HOST, hopLimit = 64, ecn = 0): void {
    const frame = new Uint8Array(ETHERNET + 40 + payload.length);
    const group = to.slice(0, 2) === "ff";
    encodeEthernet(frame, 0, group ? (0x333300000001 as Mac) : HOST_MAC, PEER_MAC, ETHERTYPE_IPV6);
    frame[ETHERNET] = 0x60;
    frame[ETHERNET + 1] = ecn << 4;
    nativeStore16(frame, ETHERNET + 4, payload.length);
    frame[ETHERNET + 6] = nextHeader;
    frame[ETHERNET + 7] = hopLimit;
    if (!parseIpv6(from, frame, ETHERNET + 8) || !parseIpv6(to, frame, ETHERNET + 24)) throw new Error("no address");
    copyBytes(frame, ETHERNET + 40, payload, 0, payload.length);
    this.link.incoming.push(frame);
    this.host.poll(this.now);
  }

  /** What the host has sent since, without the Ethernet headers. */
  heard(): Uint8Array[] {
    return this.link.drain().map((frame) => frame.slice(ETHERNET));
  }
}

/** Who sent a packet to whom. */
export function ends(packet: Uint8Array): string {
  return `${formatIpv6(packet, 8)} ${formatIpv6(packet, 24)}`;
}

/** The bytes with the transport checksum at `field` put in. */
export function finished(from: string, to: string, protocol: number, field: number, bytes: Uint8Array): Uint8Array {
  nativeStore16(bytes, field, 0);
  nativeStore16(bytes, field, 0xffff - sumOf(from, to, protocol, bytes));
  return bytes;
}

/** True when the checksum of a whole packet without extension headers is right. */
export function sumHolds(packet: Uint8Array): boolean {
  const pseudo = fold(sumBytes(packet, 8, 32, 0) + packet[6]! + packet.length - 40);
  return sumBytes(packet, 40, packet.length - 40, pseudo) === 0xffff;
}

function sumOf(from: string, to: string, protocol: number, bytes: Uint8Array): number {
  const addresses = new Uint8Array(32);
  if (!parseIpv6(from, addresses, 0) || !parseIpv6(to, addresses, 16)) throw new Error("no address");
  const pseudo = fold(sumBytes(addresses, 0, 32, 0) + protocol + bytes.length);
  return sumBytes(bytes, 0, bytes.length, pseudo);
}

/** An echo request with this much data. */
export function echo(length: number): Uint8Array {
  const bytes = new Uint8Array(8 + length);
  bytes[0] = 128;
  for (let i = 8; i < bytes.length; i++) bytes[i] = i & 255;
  return finished(PEER, HOST, 58, 2, bytes);
}

/** A datagram to a port at which nobody listens. */
export function datagram(length: number): Uint8Array {
  const bytes = new Uint8Array(8 + length);
  nativeStore16(bytes, 0, 4000);
  nativeStore16(bytes, 2, 4001);
  nativeStore16(bytes, 4, bytes.length);
  return finished(PEER, HOST, 17, 6, bytes);
}

/** One header of `type` behind `before`: as option headers are, `units` times eight bytes and eight more of padding. */
export function extension(next: number, units: number): Uint8Array {
  const bytes = new Uint8Array(8 + units * 8);
  bytes[0] = next;
  bytes[1] = units;
  return bytes;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    copyBytes(all, at, part, 0, part.length);
    at += part.length;
  }
  return all;
}

/** The payload of a packet of `protocol` as fragments of `size` bytes each. */
export function fragments(protocol: number, payload: Uint8Array, size: number, identification = 7): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const head = new Uint8Array(8);
    head[0] = protocol;
    nativeStore16(head, 2, at + (at + size < payload.length ? 1 : 0));
    nativeStore32(head, 4, identification);
    all.push(joined(head, payload.slice(at, Math.min(payload.length, at + size))));
  }
  return all;
}
