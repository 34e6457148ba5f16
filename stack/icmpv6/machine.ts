// ICMPv6 as a host does it (RFC 4443): answers echoes, reports errors to the transports, tells senders what is not
// understood here. What neighbours, routers and queriers say goes on to its machine.

import { isUnspecified } from "../base/address6.ts";
import { writeU16 } from "../base/bytes.ts";
import { fold } from "../base/checksum.ts";
import { ERRORS_SUPPRESSED, ICMP_DAMAGED, ICMP_IGNORED, PACKETS_UNSENT } from "../base/counters.ts";
import { HEAD_ROOM, type IpSink, PROTOCOL_ICMPV6 } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import type { Packet } from "../base/packet.ts";
import { ERROR_PORT_UNREACHABLE, ERROR_TOO_BIG, ERROR_UNREACHABLE, Quotation } from "../base/quotation.ts";
import { type Instant, SECOND } from "../base/result.ts";
import { decodeQuotation } from "../ipv6/quotation.ts";
import { LEAST_MTU, NEXT_HEADER, PROBLEM_NEXT_HEADER, SOURCE } from "../ipv6/wire.ts";
import {
  CODE_PORT_UNREACHABLE,
  decode,
  encode,
  HEADER_LENGTH,
  ICMPV6_QUOTATION,
  Icmpv6Message,
  KIND_ECHO,
  KIND_MLD_QUERY,
  KIND_ND,
  KIND_OTHER,
  KIND_PORT_UNREACHABLE,
  KIND_TOO_BIG,
  KIND_UNREACHABLE,
  TYPE_ECHO_REPLY,
  TYPE_PARAMETER_PROBLEM,
  TYPE_UNREACHABLE,
  writeChecksum,
} from "./wire.ts";

/** Errors sent: so many a second on average, and so many at once (RFC 4443 2.4 f). */
export const ERRORS_PER_SECOND = 10;
export const ERROR_BURST = 20;

const ERROR_INTERVAL = SECOND / ERRORS_PER_SECOND;
const IPV6_HEADER = 40;
/** RFC 4443 2.4 c: as much of the packet as fits the least MTU. */
const MOST_QUOTED = LEAST_MTU - IPV6_HEADER - HEADER_LENGTH;

export abstract class Icmpv6User {
  /** A packet of ours has met an error. The object is reused: read it during the call. */
  abstract networkError(quotation: Quotation, now: Instant): void;
  /** A message of neighbour discovery, its checksum right. */
  abstract neighbour(packet: Packet, now: Instant): void;
  /** A query of multicast listener discovery, its checksum right. */
  abstract query(packet: Packet, now: Instant): void;
}

export class Icmpv6 {
  private readonly output: IpSink;
  private readonly user: Icmpv6User;
  private readonly message = new Icmpv6Message();
  private readonly quotation = new Quotation();
  /** The instant up to which the allowance of errors is used up: at most now + ERROR_BURST intervals. */
  private spentUntil: Instant = 0;

  constructor(output: IpSink, user: Icmpv6User) {
    this.output = output;
    this.user = user;
  }

  /** Takes a message. Returns 0 or the error of wire.ts. */
  input(packet: Packet, now: Instant): number {
    const { message } = this;
    const { bytes, offset, length, path } = packet;
    const pseudo = this.output.paths.pseudoHeader(path, PROTOCOL_ICMPV6, length);
    const error = decode(bytes, offset, length, pseudo, message);
    const { counters } = this.output;
    if (error !== 0) {
      counters.note(ICMP_DAMAGED);
      return error;
    }
    switch (message.kind) {
      case KIND_ECHO:
        // RFC 4443 4.2 would have us answer what was sent to a group as well: to amplify what one host has sent.
        if (packet.unicast) this.reply(packet);
        else counters.note(ICMP_IGNORED);
        return 0;
      case KIND_ND:
        this.user.neighbour(packet, now);
        return 0;
      case KIND_MLD_QUERY:
        this.user.query(packet, now);
        return 0;
      case KIND_OTHER:
        counters.note(ICMP_IGNORED);
        return 0;
      default:
        return this.report(packet, now);
    }
  }

  /** Tells the sender of a datagram that nobody takes its UDP port. */
  portUnreachable(packet: Packet, now: Instant): void {
    if (packet.unicast) this.refuse(TYPE_UNREACHABLE, CODE_PORT_UNREACHABLE, 0, packet, now);
  }

  /** Tells the sender that what lies behind the headers is unknown here (RFC 4443 3.4). */
  protocolUnreachable(packet: Packet, now: Instant): void {
    if (!packet.unicast || packet.protocol === PROTOCOL_ICMPV6) return;
    this.refuse(TYPE_PARAMETER_PROBLEM, PROBLEM_NEXT_HEADER, lastNextHeader(packet), packet, now);
  }

  /** Tells the sender that a header is not understood. `ofGroup`: even what was sent to a group. */
  headerProblem(packet: Packet, code: number, pointer: number, ofGroup: boolean, now: Instant): void {
    if (packet.unicast || ofGroup) this.refuse(TYPE_PARAMETER_PROBLEM, code, pointer, packet, now);
  }

  private report(packet: Packet, now: Instant): number {
    const { message, quotation, output } = this;
    const from = packet.offset + HEADER_LENGTH;
    const length = packet.length - HEADER_LENGTH;
    if (!decodeQuotation(packet.bytes, from, length, output.paths, quotation)) {
      output.counters.note(ICMP_DAMAGED);
      return ICMPV6_QUOTATION;
    }
    quotation.error = meaning(message.kind);
    quotation.mtu = Math.min(message.mtu, 0xffff);
    // Only what we could have sent is believed.
    if (quotation.error !== 0 && quotation.path >= 0) this.user.networkError(quotation, now);
    else output.counters.note(ICMP_IGNORED);
    return 0;
  }

  private reply(packet: Packet): void {
    const { output } = this;
    if (isUnspecified(packet.bytes, packet.offset - packet.headerLength + SOURCE)) {
      output.counters.note(ICMP_IGNORED);
      return;
    }
    const at = output.reserve(packet.path);
    if (at < 0) {
      output.counters.note(PACKETS_UNSENT);
      return;
    }
    const inSlot = Math.min(packet.length, HEAD_ROOM);
    copyBytes(output.bytes, at, packet.bytes, packet.offset, inSlot);
    output.bytes[at] = TYPE_ECHO_REPLY;
    // RFC 1624 3: only the type has changed, 128 to 129, and both addresses change places.
    writeU16(output.bytes, at + 2, 0xffff ^ fold((0xffff ^ this.message.checksum) + 0x100));
    // The rest lies in a receive buffer, which the output copies when it cuts the packet into fragments.
    const rest = packet.length - inSlot;
    output.dontFragment = false;
    output.protocol = PROTOCOL_ICMPV6;
    if (rest > 0) output.send(at, packet.path, inSlot, packet.bytes, packet.offset + inSlot, rest);
    else output.send(at, packet.path, inSlot, NO_PAYLOAD, 0, 0);
  }

  /** RFC 4443 2.4 e: no errors about errors, nor to who has no address. */
  private refuse(type: number, code: number, rest: number, packet: Packet, now: Instant): void {
    const header = packet.offset - packet.headerLength;
    if (packet.protocol === PROTOCOL_ICMPV6 && (packet.length === 0 || packet.bytes[packet.offset]! < 128)) return;
    const { output } = this;
    // What was sent to a group is answered from an address of our own.
    const path = packet.unicast ? packet.path : output.paths.toward6(packet.bytes, header + SOURCE);
    if (path < 0 || isUnspecified(packet.bytes, header + SOURCE)) return;
    if (!this.allowed(now)) {
      output.counters.note(ERRORS_SUPPRESSED);
      return;
    }
    const at = output.reserve(path);
    if (at < 0) {
      output.counters.note(PACKETS_UNSENT);
      return;
    }
    const quoted = Math.min(MOST_QUOTED, packet.headerLength + packet.length);
    copyBytes(output.bytes, at + HEADER_LENGTH, packet.bytes, header, quoted);
    encode(output.bytes, at, type, code, rest);
    const length = HEADER_LENGTH + quoted;
    writeChecksum(output.bytes, at, length, output.paths.pseudoHeader(path, PROTOCOL_ICMPV6, length));
    output.dontFragment = false;
    output.protocol = PROTOCOL_ICMPV6;
    output.send(at, path, length, NO_PAYLOAD, 0, 0);
  }

  private allowed(now: Instant): boolean {
    const from = Math.max(this.spentUntil, now);
    if (from - now > (ERROR_BURST - 1) * ERROR_INTERVAL) return false;
    this.spentUntil = from + ERROR_INTERVAL;
    return true;
  }
}

/** Where the field lies that names what is behind the headers, from the start of the packet. */
function lastNextHeader(packet: Packet): number {
  const header = packet.offset - packet.headerLength;
  let named = header + NEXT_HEADER;
  let at = header + IPV6_HEADER;
  // The chain has been decoded: it ends where the payload begins.
  while (at < packet.offset) {
    const fragment = packet.bytes[named]! === FRAGMENT_HEADER;
    named = at;
    at += fragment ? 8 : (packet.bytes[at + 1]! + 1) * 8;
  }
  return named - header;
}

const FRAGMENT_HEADER = 44;

/** What a kind of message means to a transport; 0: nothing. */
function meaning(kind: number): number {
  switch (kind) {
    case KIND_PORT_UNREACHABLE:
      return ERROR_PORT_UNREACHABLE;
    case KIND_UNREACHABLE:
      return ERROR_UNREACHABLE;
    case KIND_TOO_BIG:
      return ERROR_TOO_BIG;
    default:
      return 0;
  }
}
