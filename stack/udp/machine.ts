// UDP: a table of bound ports (RFC 768, RFC 1122 4.1).

import { ANY_ADDRESS, type Ipv4, type Port } from "../base/address.ts";
import { pseudoHeaderSum, sumRanges } from "../base/checksum.ts";
import { HEAD_ROOM, type IpSink, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { copyBytes } from "../base/native.ts";
import type { Instant } from "../base/result.ts";
import type { Ipv4Header } from "../ipv4/wire.ts";
import { CHECKSUM_OFFSET, decode, encode, HEADER_LENGTH, LARGEST_PAYLOAD, UdpHeader } from "./wire.ts";

/** Ports bound at one time. */
export const BINDING_LIMIT = 64;

/** `input`: nobody has bound the port. Beside the errors of wire.ts. */
export const UDP_NO_USER = 16;
/** `input`: the port is bound for another peer. */
export const UDP_OTHER_PEER = 17;

export abstract class UdpUser {
  /** A datagram came; its bytes are valid during the call. */
  abstract datagram(
    localPort: Port,
    source: Ipv4,
    sourcePort: Port,
    bytes: Uint8Array,
    offset: number,
    length: number,
    now: Instant,
  ): void;
  /** A datagram sent from the port was refused: ICMP says that nobody listens there. */
  refused(_localPort: Port, _destination: Ipv4, _port: Port, _now: Instant): void {}
}

class Binding {
  readonly port: Port;
  readonly user: UdpUser;
  /** Only datagrams from here are taken; 0: from anywhere. */
  readonly peer: Ipv4;
  readonly peerPort: Port;

  constructor(port: Port, user: UdpUser, peer: Ipv4, peerPort: Port) {
    this.port = port;
    this.user = user;
    this.peer = peer;
    this.peerPort = peerPort;
  }
}

export class Udp {
  /** The source of what is sent; 0 while there is no address (DHCP). The host sets it. */
  address = ANY_ADDRESS;

  private readonly output: IpSink;
  private readonly bindings: Binding[] = [];
  private readonly header = new UdpHeader();

  constructor(output: IpSink) {
    this.output = output;
  }

  /** Takes datagrams to the port from anywhere. False: the port is taken, or BINDING_LIMIT ports are. */
  bind(port: Port, user: UdpUser): boolean {
    return this.bindTo(port, user, ANY_ADDRESS, 0 as Port);
  }

  /** Takes datagrams to the port from this peer only: an answer from anywhere else is a forgery (RFC 5452 9.1). */
  bindTo(port: Port, user: UdpUser, peer: Ipv4, peerPort: Port): boolean {
    if (port === 0 || this.bindings.length >= BINDING_LIMIT || this.find(port) >= 0) return false;
    this.bindings.push(new Binding(port, user, peer, peerPort));
    return true;
  }

  unbind(port: Port): void {
    const index = this.find(port);
    if (index >= 0) this.bindings.splice(index, 1);
  }

  isBound(port: Port): boolean {
    return this.find(port) >= 0;
  }

  /**
   * Takes a datagram: `ip` is its header, its bytes lie at `bytes[offset .. offset + length)`. Returns 0 when a user has
   * had it, UDP_NO_USER (a unicast one is then answered by Icmp.portUnreachable), or another error.
   */
  input(ip: Ipv4Header, bytes: Uint8Array, offset: number, length: number, verified: boolean, now: Instant): number {
    const { header } = this;
    const error = decode(bytes, offset, length, ip.source, ip.destination, verified, header);
    if (error !== 0) return error;
    const index = this.find(header.destinationPort);
    if (index < 0) return UDP_NO_USER;
    const binding = this.bindings[index]!;
    if (binding.peer !== 0 && (binding.peer !== ip.source || binding.peerPort !== header.sourcePort))
      return UDP_OTHER_PEER;
    const { payloadOffset, payloadLength } = header;
    const sourcePort = header.sourcePort as Port;
    binding.user.datagram(binding.port, ip.source, sourcePort, bytes, payloadOffset, payloadLength, now);
    return 0;
  }

  /** Passes on an ICMP port unreachable about a datagram sent from `localPort`. */
  icmpError(localPort: Port, destination: Ipv4, port: Port, now: Instant): void {
    const index = this.find(localPort);
    if (index >= 0) this.bindings[index]!.user.refused(localPort, destination, port, now);
  }

  /**
   * Sends a datagram, in fragments when it is larger than the MTU. The bytes are copied: they may change after the call.
   * False: too long, or no room now; nothing was sent.
   */
  send(sourcePort: Port, destination: Ipv4, port: Port, bytes: Uint8Array, offset: number, length: number): boolean {
    const { output } = this;
    if (length > LARGEST_PAYLOAD) return false;
    const at = output.reserve();
    if (at < 0) return false;
    const total = HEADER_LENGTH + length;
    const pseudo = pseudoHeaderSum(this.address, destination, PROTOCOL_UDP, total);
    // What goes in fragments is copied by the output, and no card completes its checksum.
    const whole = total <= HEAD_ROOM && 20 + total <= Math.min(output.mtu, 1500);
    const inSlot = whole ? length : 0;
    if (whole) copyBytes(output.bytes, at + HEADER_LENGTH, bytes, offset, length);
    if (whole && output.checksumOffload) {
      encode(output.bytes, at, sourcePort, port, total, pseudo);
      output.checksumOffset = CHECKSUM_OFFSET;
    } else {
      encode(output.bytes, at, sourcePort, port, total, 0);
      const sum = 0xffff ^ sumRanges(output.bytes, at, HEADER_LENGTH, bytes, offset, length, pseudo);
      // RFC 768: a sum of zero is sent as all ones, zero means none.
      encode(output.bytes, at, sourcePort, port, total, sum === 0 ? 0xffff : sum);
    }
    output.dontFragment = false;
    const head = HEADER_LENGTH + inSlot;
    output.send(at, this.address, destination, PROTOCOL_UDP, head, bytes, offset + inSlot, length - inSlot);
    return true;
  }

  private find(port: number): number {
    for (let i = 0; i < this.bindings.length; i++) if (this.bindings[i]!.port === port) return i;
    return -1;
  }
}
