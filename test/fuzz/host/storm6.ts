// IPv6 around the host: neighbours and routers, honest and not, and what strangers send to it. As much of TCP as it takes
// to be served.

import { parseIpv6 } from "../../../stack/base/address6.ts";
import { readU16, readU32, writeU16, writeU32 } from "../../../stack/base/bytes.ts";
import { fold } from "../../../stack/base/checksum.ts";
import { copyBytes, equalBytes, sumBytes } from "../../../stack/base/native.ts";
import type { Random } from "../../support/random.ts";
import { HOST6, MAC } from "../../trace/appliance.ts";
import { latin1Bytes } from "../../trace/site.ts";

const ETHERNET = 14;
const PAYLOAD = ETHERNET + 40;
const SOURCE = ETHERNET + 8;
const DESTINATION = ETHERNET + 24;
const PEER_MAC = 0x0200;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const SOLICITATION = 135;
const NOTHING: Uint8Array = new Uint8Array(0);
const REQUEST = latin1Bytes("GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
/** An Ethernet frame's. */
const MOST = 1460;

function parsed(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  parseIpv6(text, bytes, 0);
  return bytes;
}

const OURS = parsed(HOST6);
const EVERYBODY = parsed("ff02::1");
const ASKED = parsed("ff02::1:ff00:1");
const ROUTER = parsed("fe80::99");
const NOBODY = parsed("::");

/** The host's neighbours have numbers from 2 on. */
function neighbour(number: number): Uint8Array {
  const address = OURS.slice();
  address[15] = number;
  return address;
}

/** Of another network, of which everybody may have any number of addresses. */
function stranger(random: Random): Uint8Array {
  const address = parsed("2001:db8:77::");
  for (let i = 8; i < 16; i++) address[i] = random.below(256);
  return address;
}

/** A frame from this source to this destination; `next` is the type of what the payload begins with. */
function frame(
  source: Uint8Array,
  destination: Uint8Array,
  next: number,
  payload: Uint8Array,
  hops: number,
): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD + payload.length);
  writeU16(bytes, 0, destination[0] === 255 ? 0x3333 : Math.floor(MAC / 0x100000000));
  writeU32(bytes, 2, destination[0] === 255 ? readU32(destination, 12) : MAC % 0x100000000);
  writeU16(bytes, 6, PEER_MAC);
  writeU32(bytes, 8, source[15]!);
  writeU16(bytes, 12, 0x86dd);
  bytes[ETHERNET] = 0x60;
  writeU16(bytes, ETHERNET + 4, payload.length);
  bytes[ETHERNET + 6] = next;
  bytes[ETHERNET + 7] = hops;
  copyBytes(bytes, SOURCE, source, 0, 16);
  copyBytes(bytes, DESTINATION, destination, 0, 16);
  copyBytes(bytes, PAYLOAD, payload, 0, payload.length);
  return bytes;
}

/** The sum of the addresses, the length and the type of what follows the header. */
export function pseudoSum6(bytes: Uint8Array, at: number, protocol: number, length: number): number {
  return fold(sumBytes(bytes, at + SOURCE, 32, 0) + protocol + length);
}

/** The same frame with the checksum of its payload at `field` right. */
function summed(bytes: Uint8Array, protocol: number, field: number): Uint8Array {
  const length = bytes.length - PAYLOAD;
  const sum = fold(sumBytes(bytes, PAYLOAD, length, pseudoSum6(bytes, 0, protocol, length)));
  writeU16(bytes, PAYLOAD + field, 0xffff - sum);
  return bytes;
}

function icmp(random: Random, source: Uint8Array, destination: Uint8Array, message: Uint8Array): Uint8Array {
  return summed(frame(source, destination, ICMPV6, message, random.below(20) === 0 ? 64 : 255), ICMPV6, 2);
}

/** Who is asked for, or said to be somewhere, with the Ethernet address of `number`. */
function neighbourMessage(type: number, flags: number, target: Uint8Array, number: number): Uint8Array {
  const message = new Uint8Array(32);
  message[0] = type;
  message[4] = flags;
  copyBytes(message, 8, target, 0, 16);
  message[24] = type === SOLICITATION ? 1 : 2;
  message[25] = 1;
  writeU16(message, 26, PEER_MAC);
  writeU32(message, 28, number);
  return message;
}

function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.below(256);
  return bytes;
}

/** Options of a router's, some of them such as there are: prefix, MTU, name servers, search list, or noise. */
function routerOptions(random: Random): Uint8Array {
  const count = random.below(5);
  const bytes = new Uint8Array(count * 32);
  for (let i = 0; i < count; i++) {
    const at = i * 32;
    const kind = random.below(5);
    bytes[at] = kind === 0 ? 3 : kind === 1 ? 5 : kind === 2 ? 25 : kind === 3 ? 31 : random.below(256);
    bytes[at + 1] = random.below(16) === 0 ? random.below(8) : kind === 2 ? 3 : 4;
    bytes[at + 2] = random.below(4) === 0 ? random.below(256) : 64;
    bytes[at + 3] = 0xc0;
    writeU32(bytes, at + 4, random.below(3) === 0 ? random.below(10) : 600);
    writeU32(bytes, at + 8, random.below(1000));
    if (kind === 1) writeU32(bytes, at + 4, random.below(2000));
    copyBytes(bytes, at + 16, random.below(2) === 0 ? OURS : stranger(random), 0, 8);
  }
  return bytes;
}

function advertisement(random: Random): Uint8Array {
  const options = routerOptions(random);
  const message = new Uint8Array(16 + options.length);
  message[0] = 134;
  message[4] = random.below(256);
  message[5] = random.below(256);
  writeU16(message, 6, random.below(3) === 0 ? 0 : random.below(2000));
  writeU32(message, 8, random.below(2) === 0 ? 0 : random.below(0x100000000));
  copyBytes(message, 16, options, 0, options.length);
  return message;
}

/** A TCP segment of this peer. */
function segment(
  source: Uint8Array,
  port: number,
  seq: number,
  ack: number,
  flags: number,
  data: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(20 + data.length);
  writeU16(bytes, 0, port);
  writeU16(bytes, 2, 80);
  writeU32(bytes, 4, seq);
  writeU32(bytes, 8, ack);
  writeU16(bytes, 12, 0x5000 + flags);
  writeU16(bytes, 14, 0xffff);
  copyBytes(bytes, 20, data, 0, data.length);
  return summed(frame(source, OURS, TCP, bytes, 64), TCP, 16);
}

/** Headers that extend, as many as there are, before a datagram to nobody. */
function chain(random: Random, source: Uint8Array): Uint8Array {
  const count = random.below(random.below(3) === 0 ? 150 : 12);
  const bytes = new Uint8Array(Math.min(MOST, count * 8 + 16));
  const kind = random.below(4);
  const type = kind === 0 ? 0 : kind === 1 ? 43 : kind === 2 ? 60 : 44;
  for (let at = 0; at + 8 <= bytes.length - 8; at += 8) {
    bytes[at] = random.below(20) === 0 ? random.below(256) : random.below(3) === 0 ? 60 : type;
    bytes[at + 1] = random.below(12) === 0 ? random.below(256) : 0;
    bytes[at + 2] = random.below(3) === 0 ? random.below(256) : 1;
    bytes[at + 3] = random.below(4) === 0 ? random.below(256) : 4;
  }
  return frame(source, OURS, type, bytes, 64);
}

/** A fragment of an echo, perhaps one that overlaps others. */
function fragment(random: Random, source: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + 8 * (1 + random.below(150)));
  bytes[0] = random.below(8) === 0 ? random.below(256) : ICMPV6;
  writeU16(bytes, 2, 8 * random.below(random.below(3) === 0 ? 8000 : 20) + (random.below(3) === 0 ? 0 : 1));
  writeU32(bytes, 4, random.below(6));
  bytes[8] = 128;
  return frame(source, OURS, 44, bytes, 64);
}

/** What an error quotes: a frame of the host's, or something like it. */
function problem(random: Random, source: Uint8Array, sent: Uint8Array): Uint8Array {
  const quoted =
    sent.length > PAYLOAD && random.below(4) !== 0 ? sent.slice(ETHERNET, sent.length) : randomBytes(random, 60);
  const message = new Uint8Array(8 + Math.min(1200, quoted.length));
  message[0] = 1 + random.below(4);
  message[1] = random.below(8);
  writeU32(message, 4, random.below(2) === 0 ? 1280 + random.below(220) : random.below(0x100000000));
  copyBytes(message, 8, quoted, 0, message.length - 8);
  return icmp(random, source, OURS, message);
}

/** A frame of IPv6 that nobody asked for. `sent`: a frame of the host's of this family, or an empty array. */
export function unasked6(random: Random, sent: Uint8Array): Uint8Array {
  const near = neighbour(random.below(20));
  const source = random.below(2) === 0 ? near : stranger(random);
  const number = random.below(40);
  switch (random.below(14)) {
    case 0:
      return icmp(random, near, random.below(2) === 0 ? ASKED : OURS, neighbourMessage(SOLICITATION, 0, OURS, number));
    case 1: // a probe for our address, or for another
      return icmp(
        random,
        NOBODY,
        ASKED,
        neighbourMessage(SOLICITATION, 0, random.below(8) === 0 ? OURS : near, number),
      );
    case 2:
      return icmp(
        random,
        near,
        random.below(2) === 0 ? OURS : EVERYBODY,
        neighbourMessage(136, random.below(256), random.below(20) === 0 ? OURS : neighbour(random.below(20)), number),
      );
    case 3:
      return icmp(random, random.below(8) === 0 ? near : ROUTER, EVERYBODY, advertisement(random));
    case 4: {
      const message = new Uint8Array(8 + random.below(1400));
      message[0] = 128;
      return icmp(random, source, random.below(4) === 0 ? EVERYBODY : OURS, message);
    }
    case 5: {
      const message = new Uint8Array(24 + random.below(40));
      message[0] = random.below(3) === 0 ? 130 + random.below(20) : 130;
      writeU16(message, 4, random.below(0x10000));
      return icmp(random, ROUTER, EVERYBODY, message);
    }
    case 6:
      return problem(random, source, sent);
    case 7:
      return chain(random, source);
    case 8:
      return fragment(random, source);
    case 9: {
      const message = new Uint8Array(8 + random.below(600));
      writeU16(message, 0, 4000);
      writeU16(message, 2, random.below(2) === 0 ? 53 : random.below(0x10000));
      writeU16(message, 4, message.length);
      return summed(frame(source, OURS, UDP, message, 64), UDP, 6);
    }
    case 10:
      return frame(source, OURS, random.below(256), randomBytes(random, random.below(200)), random.below(256));
    case 11:
      return segment(
        source,
        1024 + random.below(4),
        random.below(0x100000000),
        random.below(0x100000000),
        random.below(64),
        NOTHING,
      );
    default:
      return segment(source, 2000 + random.below(60_000), random.below(0x100000000), 0, 2, NOTHING);
  }
}

/**
 * The answer to a frame of IPv6 that the host has sent: where its neighbours are, and what visitors say to be served; an
 * empty array when there is none.
 */
export function answer6(random: Random, sent: Uint8Array): Uint8Array {
  if (sent.length < PAYLOAD + 8) return NOTHING;
  const protocol = sent[ETHERNET + 6]!;
  const source = sent.slice(SOURCE, SOURCE + 16);
  if (protocol === ICMPV6 && sent[PAYLOAD] === SOLICITATION && sent.length >= PAYLOAD + 24) {
    const target = sent.slice(PAYLOAD + 8, PAYLOAD + 24);
    // Its own address it asks for to learn that nobody has it.
    if (equalBytes(source, 0, NOBODY, 0, 16) || equalBytes(target, 0, OURS, 0, 8) === target[15]! < 2) return NOTHING;
    return icmp(random, target, source, neighbourMessage(136, 0x60, target, target[15]!));
  }
  if (protocol !== TCP || sent.length < PAYLOAD + 20 || readU16(sent, PAYLOAD) !== 80) return NOTHING;
  const flags = sent[PAYLOAD + 13]!;
  const header = (sent[PAYLOAD + 12]! >> 4) * 4;
  const peer = sent.slice(DESTINATION, DESTINATION + 16);
  const port = readU16(sent, PAYLOAD + 2);
  const seq = readU32(sent, PAYLOAD + 8);
  const next =
    (readU32(sent, PAYLOAD + 4) + (readU16(sent, ETHERNET + 4) - header) + ((flags & 3) !== 0 ? 1 : 0)) >>> 0;
  if ((flags & 4) !== 0) return NOTHING;
  if ((flags & 2) !== 0) return segment(peer, port, seq, next, 0x18, REQUEST);
  if ((flags & 1) !== 0) return segment(peer, port, seq, next, random.below(2) === 0 ? 0x11 : 0x14, NOTHING);
  return readU16(sent, ETHERNET + 4) === header ? NOTHING : segment(peer, port, seq, next, 0x10, NOTHING);
}
