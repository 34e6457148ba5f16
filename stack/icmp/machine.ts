// ICMP as a host does it (RFC 1122 3.2.2): answers echoes, reports errors to the transports, tells senders of closed
// ports.

import { writeU16 } from "../base/bytes.ts";
import { fold } from "../base/checksum.ts";
import { ERRORS_SUPPRESSED, ICMP_DAMAGED, ICMP_IGNORED, PACKETS_UNSENT } from "../base/counters.ts";
import { HEAD_ROOM, type IpSink, PROTOCOL_ICMP } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import type { Packet } from "../base/packet.ts";
import { ERROR_PORT_UNREACHABLE, ERROR_TOO_BIG, ERROR_UNREACHABLE, Quotation } from "../base/quotation.ts";
import { type Instant, SECOND } from "../base/result.ts";
import { decodeQuotation, QUOTED_PAYLOAD } from "../ipv4/quotation.ts";
import {
  CODE_PORT_UNREACHABLE,
  CODE_PROTOCOL_UNREACHABLE,
  decode,
  encode,
  HEADER_LENGTH,
  ICMP_QUOTATION,
  IcmpMessage,
  KIND_ECHO,
  KIND_PORT_UNREACHABLE,
  KIND_PROTOCOL_UNREACHABLE,
  KIND_TOO_BIG,
  KIND_UNREACHABLE,
  TYPE_DESTINATION_UNREACHABLE,
} from "./wire.ts";

/** Errors sent: so many a second on average, and so many at once (RFC 1812 4.3.2.8). */
export const ERRORS_PER_SECOND = 10;
export const ERROR_BURST = 20;

const ERROR_INTERVAL = SECOND / ERRORS_PER_SECOND;

export abstract class IcmpUser {
  /** A packet of ours has met an error. The object is reused: read it during the call. */
  abstract networkError(quotation: Quotation, now: Instant): void;
}

export class Icmp {
  private readonly output: IpSink;
  private readonly user: IcmpUser;
  private readonly message = new IcmpMessage();
  private readonly quotation = new Quotation();
  /** The instant up to which the allowance of errors is used up: at most now + ERROR_BURST intervals. */
  private spentUntil: Instant = 0;

  constructor(output: IpSink, user: IcmpUser) {
    this.output = output;
    this.user = user;
  }

  /** Takes a message. Returns 0 or the error of wire.ts. */
  input(packet: Packet, now: Instant): number {
    const { message } = this;
    const error = decode(packet.bytes, packet.offset, packet.length, message);
    const { counters } = this.output;
    if (error !== 0) {
      counters.note(ICMP_DAMAGED);
      return error;
    }
    // RFC 1122 3.2.2.6: an echo to a broadcast or multicast address may be discarded.
    if (message.kind === KIND_ECHO && packet.unicast) this.reply(packet);
    else if (message.kind >= KIND_UNREACHABLE) return this.report(packet, now);
    else counters.note(ICMP_IGNORED);
    return 0;
  }

  /** Tells the sender of a datagram that nobody takes its UDP port. */
  portUnreachable(packet: Packet, now: Instant): void {
    this.refuse(CODE_PORT_UNREACHABLE, packet, now);
  }

  /** Tells the sender of a datagram that its protocol is unknown here. */
  protocolUnreachable(packet: Packet, now: Instant): void {
    this.refuse(CODE_PROTOCOL_UNREACHABLE, packet, now);
  }

  private report(packet: Packet, now: Instant): number {
    const { message, quotation, output } = this;
    const from = packet.offset + HEADER_LENGTH;
    const length = packet.length - HEADER_LENGTH;
    if (!decodeQuotation(packet.bytes, from, length, output.paths, quotation)) {
      output.counters.note(ICMP_DAMAGED);
      return ICMP_QUOTATION;
    }
    quotation.error = meaning(message.kind);
    quotation.mtu = message.mtu;
    // Only what we could have sent is believed.
    if (quotation.error !== 0 && quotation.path >= 0) this.user.networkError(quotation, now);
    else output.counters.note(ICMP_IGNORED);
    return 0;
  }

  private reply(packet: Packet): void {
    const { output } = this;
    const at = output.reserve(packet.path);
    if (at < 0) {
      output.counters.note(PACKETS_UNSENT);
      return;
    }
    const inSlot = Math.min(packet.length, HEAD_ROOM);
    copyBytes(output.bytes, at, packet.bytes, packet.offset, inSlot);
    output.bytes[at] = 0;
    // RFC 1624 3: only the type has changed, 8 to 0; the data need not be summed again.
    // The two zeros of ones' complement are the same to who verifies, unless all the rest is zero: then only 0xffff is.
    const checksum = 0xffff ^ fold((0xffff ^ this.message.checksum) + 0xf7ff);
    writeU16(output.bytes, at + 2, checksum === 0 ? 0xffff : checksum);
    // The rest lies in a receive buffer, which the output copies when it cuts the datagram into fragments.
    const rest = packet.length - inSlot;
    output.dontFragment = false;
    output.protocol = PROTOCOL_ICMP;
    if (rest > 0) output.send(at, packet.path, inSlot, packet.bytes, packet.offset + inSlot, rest);
    else output.send(at, packet.path, inSlot, NO_PAYLOAD, 0, 0);
  }

  /** RFC 1122 3.2.2: no errors about ICMP, nor about broadcasts of either layer. */
  private refuse(code: number, packet: Packet, now: Instant): void {
    if (!packet.unicast || packet.protocol === PROTOCOL_ICMP) return;
    if (!this.allowed(now)) {
      this.output.counters.note(ERRORS_SUPPRESSED);
      return;
    }
    const { output } = this;
    const at = output.reserve(packet.path);
    if (at < 0) {
      output.counters.note(PACKETS_UNSENT);
      return;
    }
    // RFC 792: the datagram's header and the first 8 bytes behind it.
    const quoted = packet.headerLength + Math.min(QUOTED_PAYLOAD, packet.length);
    copyBytes(output.bytes, at + HEADER_LENGTH, packet.bytes, packet.offset - packet.headerLength, quoted);
    encode(output.bytes, at, TYPE_DESTINATION_UNREACHABLE, code, 0, HEADER_LENGTH + quoted);
    output.dontFragment = false;
    output.protocol = PROTOCOL_ICMP;
    output.send(at, packet.path, HEADER_LENGTH + quoted, NO_PAYLOAD, 0, 0);
  }

  private allowed(now: Instant): boolean {
    const from = Math.max(this.spentUntil, now);
    if (from - now > (ERROR_BURST - 1) * ERROR_INTERVAL) return false;
    this.spentUntil = from + ERROR_INTERVAL;
    return true;
  }
}

/** What a kind of message means to a transport; 0: nothing. */
function meaning(kind: number): number {
  switch (kind) {
    case KIND_PORT_UNREACHABLE:
      return ERROR_PORT_UNREACHABLE;
    case KIND_UNREACHABLE:
    case KIND_PROTOCOL_UNREACHABLE:
      return ERROR_UNREACHABLE;
    case KIND_TOO_BIG:
      return ERROR_TOO_BIG;
    default:
      return 0;
  }
}
