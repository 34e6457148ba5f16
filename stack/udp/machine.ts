// UDP: a table of bound ports (RFC 768, RFC 1122 4.1).

import type { Port } from "../base/address.ts";
import { sumBehind } from "../base/checksum.ts";
import {
  type Counters,
  DATAGRAMS_DAMAGED,
  DATAGRAMS_FROM_OTHERS,
  DATAGRAMS_TO_CLOSED_PORTS,
} from "../base/counters.ts";
import { HEAD_ROOM, type IpSink, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes, sumBytes } from "../base/native.ts";
import type { Packet } from "../base/packet.ts";
import { NO_PATH, type Path } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import { CHECKSUM_OFFSET, decode, encode, HEADER_LENGTH, LARGEST_PAYLOAD, UdpHeader } from "./wire.ts";

/** Ports bound at one time. */
export const BINDING_LIMIT = 64;

/** `input`: nobody has bound the port. Beside the errors of wire.ts. */
export const UDP_NO_USER = 16;
/** `input`: the port is bound for another peer. */
export const UDP_OTHER_PEER = 17;

/** A datagram that has come. One object is filled again and again: read it during the call. */
export class Datagram {
  path: Path = NO_PATH;
  localPort = 0 as Port;
  remotePort = 0 as Port;
  /** The payload is bytes[offset .. offset + length). */
  bytes: Uint8Array = NO_PAYLOAD;
  offset = 0;
  length = 0;
}

export abstract class UdpUser {
  /** A datagram came. */
  abstract datagram(datagram: Datagram, now: Instant): void;
  /** A datagram sent from the port was refused: ICMP says that nobody listens there. */
  refused(_localPort: Port, _path: Path, _port: Port, _now: Instant): void {}
}

class Binding {
  readonly port: Port;
  readonly user: UdpUser;
  /** Only datagrams from here are taken; NO_PATH: from anywhere. */
  readonly path: Path;
  readonly peerPort: Port;

  constructor(port: Port, user: UdpUser, path: Path, peerPort: Port) {
    this.port = port;
    this.user = user;
    this.path = path;
    this.peerPort = peerPort;
  }
}

export class Udp {
  private readonly output: IpSink;
  private readonly bindings: Binding[] = [];
  private readonly header = new UdpHeader();
  private readonly taken = new Datagram();

  constructor(output: IpSink) {
    this.output = output;
  }

  get counters(): Counters {
    return this.output.counters;
  }

  /** Takes datagrams to the port from anywhere. False: the port is taken, or BINDING_LIMIT ports are. */
  bind(port: Port, user: UdpUser): boolean {
    return this.bindTo(port, user, NO_PATH, 0 as Port);
  }

  /**
   * Takes datagrams to the port from the other end of this path only: an answer from anywhere else is a forgery (RFC 5452
   * 9.1). The path is held until the port is given back.
   */
  bindTo(port: Port, user: UdpUser, path: Path, peerPort: Port): boolean {
    if (port === 0 || this.bindings.length >= BINDING_LIMIT || this.find(port) >= 0) return false;
    if (path >= 0) this.output.paths.hold(path);
    this.bindings.push(new Binding(port, user, path, peerPort));
    return true;
  }

  unbind(port: Port): void {
    const index = this.find(port);
    if (index < 0) return;
    const { path } = this.bindings[index]!;
    if (path >= 0) this.output.paths.letGo(path);
    this.bindings.splice(index, 1);
  }

  isBound(port: Port): boolean {
    return this.find(port) >= 0;
  }

  /**
   * Takes a datagram. Returns 0 when a user has had it, UDP_NO_USER (a unicast one is then answered by
   * Icmp.portUnreachable), or another error.
   */
  input(packet: Packet, now: Instant): number {
    const { header, taken } = this;
    const error = decode(packet, this.output.paths, header);
    if (error !== 0) {
      this.output.counters.note(DATAGRAMS_DAMAGED);
      return error;
    }
    const index = this.find(header.destinationPort);
    if (index < 0) {
      this.output.counters.note(DATAGRAMS_TO_CLOSED_PORTS);
      return UDP_NO_USER;
    }
    const binding = this.bindings[index]!;
    if (binding.path >= 0 && (binding.path !== packet.path || binding.peerPort !== header.sourcePort)) {
      this.output.counters.note(DATAGRAMS_FROM_OTHERS);
      return UDP_OTHER_PEER;
    }
    taken.path = packet.path;
    taken.localPort = binding.port;
    taken.remotePort = header.sourcePort as Port;
    taken.bytes = packet.bytes;
    taken.offset = header.payloadOffset;
    taken.length = header.payloadLength;
    binding.user.datagram(taken, now);
    return 0;
  }

  /** Passes on an ICMP port unreachable about a datagram sent from `localPort`. */
  refused(path: Path, localPort: Port, port: Port, now: Instant): void {
    const index = this.find(localPort);
    if (index < 0) return;
    const binding = this.bindings[index]!;
    if (binding.path < 0 || binding.path === path) binding.user.refused(localPort, path, port, now);
  }

  /**
   * Sends a datagram, in fragments when it is larger than the MTU. The bytes are copied: they may change after the call.
   * False: too long, no path, or no room now; nothing was sent.
   */
  send(path: Path, sourcePort: Port, port: Port, bytes: Uint8Array, offset: number, length: number): boolean {
    const { output } = this;
    if (length > LARGEST_PAYLOAD || path < 0) return false;
    const at = output.reserve(path);
    if (at < 0) return false;
    const total = HEADER_LENGTH + length;
    const pseudo = output.paths.pseudoHeader(path, PROTOCOL_UDP, total);
    // What does not fit is copied by the output when it cuts the datagram into fragments.
    const inSlot = total <= HEAD_ROOM ? length : 0;
    if (inSlot > 0) copyBytes(output.bytes, at + HEADER_LENGTH, bytes, offset, inSlot);
    if (output.checksumOffload) {
      encode(output.bytes, at, sourcePort, port, total, pseudo);
      output.checksumOffset = CHECKSUM_OFFSET;
    } else {
      encode(output.bytes, at, sourcePort, port, total, 0);
      const head = sumBytes(output.bytes, at, HEADER_LENGTH, pseudo);
      const sum = 0xffff ^ sumBehind(bytes, offset, length, HEADER_LENGTH, head);
      // RFC 768: a sum of zero is sent as all ones, zero means none.
      encode(output.bytes, at, sourcePort, port, total, sum === 0 ? 0xffff : sum);
    }
    output.dontFragment = false;
    output.protocol = PROTOCOL_UDP;
    output.send(at, path, HEADER_LENGTH + inSlot, bytes, offset + inSlot, length - inSlot);
    return true;
  }

  private find(port: number): number {
    for (let i = 0; i < this.bindings.length; i++) if (this.bindings[i]!.port === port) return i;
    return -1;
  }
}
