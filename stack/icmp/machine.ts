// ICMP as a host does it (RFC 1122 3.2.2): answers echoes, reports errors to the transports, tells senders of closed
// ports.

import { writeU16 } from "../base/bytes.ts";
import { fold } from "../base/checksum.ts";
import { HEAD_ROOM, type IpSink, PROTOCOL_ICMP } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import { type Instant, SECOND } from "../base/result.ts";
import type { Ipv4Header } from "../ipv4/wire.ts";
import {
  CODE_PORT_UNREACHABLE,
  CODE_PROTOCOL_UNREACHABLE,
  decode,
  encode,
  HEADER_LENGTH,
  IcmpMessage,
  KIND_ECHO,
  KIND_UNREACHABLE,
  TYPE_DESTINATION_UNREACHABLE,
} from "./wire.ts";

/** Errors sent: so many a second on average, and so many at once (RFC 1812 4.3.2.8). */
export const ERRORS_PER_SECOND = 10;
export const ERROR_BURST = 20;
/** Bytes of the offending packet's payload that an error quotes (RFC 792). */
export const QUOTED_PAYLOAD = 8;

const ERROR_INTERVAL = SECOND / ERRORS_PER_SECOND;

export abstract class IcmpUser {
  /** An error message came: see IcmpMessage. The object is reused: read it during the call. */
  abstract icmpError(message: IcmpMessage, now: Instant): void;
}

export class Icmp {
  /** Errors not sent, for the rate limit. */
  suppressed = 0;

  private readonly message = new IcmpMessage();
  /** The instant up to which the allowance of errors is used up: at most now + ERROR_BURST intervals. */
  private spentUntil: Instant = 0;

  /**
   * Takes a message. `header` is that of the datagram, whole or reassembled; the message lies at `bytes[offset ..
   * offset + length)`. `unicast`: it was sent to our address alone. Returns 0 or the error of wire.ts.
   */
  input(
    header: Ipv4Header,
    bytes: Uint8Array,
    offset: number,
    length: number,
    unicast: boolean,
    now: Instant,
    output: IpSink,
    user: IcmpUser,
  ): number {
    const message = this.message;
    const error = decode(bytes, offset, length, message);
    if (error !== 0) return error;
    if (message.kind === KIND_ECHO) {
      // RFC 1122 3.2.2.6: an echo to a broadcast or multicast address may be discarded.
      if (unicast) this.reply(header, bytes, offset, length, output);
    } else if (message.kind >= KIND_UNREACHABLE) user.icmpError(message, now);
    return 0;
  }

  /** Tells the sender of a datagram to our own address that nobody takes its UDP port. `bytes` are those of `header`. */
  portUnreachable(header: Ipv4Header, bytes: Uint8Array, now: Instant, output: IpSink): void {
    this.refuse(CODE_PORT_UNREACHABLE, header, bytes, now, output);
  }

  /** Tells the sender of a datagram to our own address that its protocol is unknown here. */
  protocolUnreachable(header: Ipv4Header, bytes: Uint8Array, now: Instant, output: IpSink): void {
    this.refuse(CODE_PROTOCOL_UNREACHABLE, header, bytes, now, output);
  }

  private reply(header: Ipv4Header, bytes: Uint8Array, offset: number, length: number, output: IpSink): void {
    const at = output.reserve();
    if (at < 0) return;
    const inSlot = Math.min(length, HEAD_ROOM);
    copyBytes(output.bytes, at, bytes, offset, inSlot);
    output.bytes[at] = 0;
    // RFC 1624 3: only the type has changed, 8 to 0; the data need not be summed again.
    // The two zeros of ones' complement are the same to who verifies, unless all the rest is zero: then only 0xffff is.
    const checksum = 0xffff ^ fold((0xffff ^ this.message.checksum) + 0xf7ff);
    writeU16(output.bytes, at + 2, checksum === 0 ? 0xffff : checksum);
    // The rest lies in a receive buffer, which the output copies when it cuts the datagram into fragments.
    output.dontFragment = false;
    const { destination, source } = header;
    if (length > inSlot)
      output.send(at, destination, source, PROTOCOL_ICMP, inSlot, bytes, offset + inSlot, length - inSlot);
    else output.send(at, destination, source, PROTOCOL_ICMP, inSlot, NO_PAYLOAD, 0, 0);
  }

  /**
   * RFC 1122 3.2.2: no errors about ICMP, nor (the caller's to check) about broadcasts of either layer, nor about
   * fragments but the first; here about no fragment at all.
   */
  private refuse(code: number, header: Ipv4Header, bytes: Uint8Array, now: Instant, output: IpSink): void {
    if (header.isFragment() || header.protocol === PROTOCOL_ICMP) return;
    if (!this.allowed(now)) {
      this.suppressed++;
      return;
    }
    const at = output.reserve();
    if (at < 0) return;
    // RFC 792: the datagram's header and the first 8 bytes behind it.
    const quoted = header.headerLength + Math.min(QUOTED_PAYLOAD, header.payloadLength);
    copyBytes(output.bytes, at + HEADER_LENGTH, bytes, header.payloadOffset - header.headerLength, quoted);
    encode(output.bytes, at, TYPE_DESTINATION_UNREACHABLE, code, 0, HEADER_LENGTH + quoted);
    output.dontFragment = false;
    output.send(at, header.destination, header.source, PROTOCOL_ICMP, HEADER_LENGTH + quoted, NO_PAYLOAD, 0, 0);
  }

  private allowed(now: Instant): boolean {
    const from = Math.max(this.spentUntil, now);
    if (from - now > (ERROR_BURST - 1) * ERROR_INTERVAL) return false;
    this.spentUntil = from + ERROR_INTERVAL;
    return true;
  }
}
