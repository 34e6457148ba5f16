/// <reference path="../base/native.d.ts" />
// IPv6 on its way in: which packets are for us (RFC 4291 2.8), extension headers passed over, fragments put together, and
// then one Packet for the transports, the same however it came.

import { isMulticast, isUnspecified } from "../base/address6.ts";
import {
  type Counters,
  DATAGRAMS_UNASSEMBLED,
  HEADERS_REFUSED,
  PACKETS_DAMAGED,
  PACKETS_TO_OTHERS,
  PACKETS_WITHOUT_PATH,
} from "../base/counters.ts";
import { PROTOCOL_ICMPV6 } from "../base/ip-sink.ts";
import { Packet, type PacketReceiver } from "../base/packet.ts";
import type { PathTable } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import type { Addresses } from "../ndp/addresses.ts";
import { Reassembly } from "./reassembly.ts";
import {
  DESTINATION,
  decode,
  IPV6_EXTENSION,
  IPV6_PROBLEM,
  Ipv6Header,
  PROBLEM_FIRST_FRAGMENT,
  SOURCE,
} from "./wire.ts";

/** Who takes packets, and is told of those whose headers are not understood. */
export abstract class HeaderProblems {
  /** The sender is to be told (RFC 4443 3.4): the code, and the byte that it is about. `ofGroup`: even of a group. */
  abstract problem(packet: Packet, code: number, pointer: number, ofGroup: boolean): void;
}

export class Ipv6Input {
  private readonly paths: PathTable;
  private readonly addresses: Addresses;
  private readonly counters: Counters;
  private readonly receiver: PacketReceiver;
  private readonly problems: HeaderProblems;
  private readonly header = new Ipv6Header();
  private readonly packet = new Packet();
  private readonly reassembly = new Reassembly();
  /** Of `reassembly.dropped`, what has been counted. */
  private unassembled = 0;

  constructor(
    paths: PathTable,
    addresses: Addresses,
    counters: Counters,
    receiver: PacketReceiver,
    problems: HeaderProblems,
  ) {
    this.paths = paths;
    this.addresses = addresses;
    this.counters = counters;
    this.receiver = receiver;
    this.problems = problems;
  }

  /**
   * Takes what a frame of type IPv6 carries. `group`: the frame was sent to a group of cards. `checksumValid`: the card
   * vouches for what lies behind the IP header.
   */
  input(bytes: Uint8Array, offset: number, length: number, group: boolean, checksumValid: boolean, now: Instant): void {
    const { header, reassembly } = this;
    const error = decode(bytes, offset, length, header);
    if (error !== 0) {
      this.refuse(bytes, offset, error, group);
      return;
    }
    const kind = this.kindOf(bytes, offset + DESTINATION);
    if (kind === FOR_OTHERS) {
      this.counters.note(PACKETS_TO_OTHERS);
      return;
    }
    const unicast = kind === FOR_US && !group;
    if (!header.isFragment()) this.deliver(bytes, unicast, checksumValid, header.fragmented);
    else if (this.assemble(bytes, now)) {
      // From here on it is a packet like any other.
      const whole = decode(reassembly.bytes, reassembly.offset, reassembly.length, header);
      if (whole === 0 && !header.fragmented) this.deliver(reassembly.bytes, unicast, false, true);
      else if (whole === 0) this.counters.note(PACKETS_DAMAGED);
      else this.refuse(reassembly.bytes, reassembly.offset, whole, group);
    }
  }

  step(now: Instant): void {
    if (now < this.reassembly.nextDeadline()) return;
    this.reassembly.step(now);
    this.noteDropped();
  }

  nextDeadline(): Instant {
    return this.reassembly.nextDeadline();
  }

  /** Takes the fragment that `this.header` is of. True: what it is a piece of is whole. */
  private assemble(bytes: Uint8Array, now: Instant): boolean {
    const whole = this.reassembly.input(this.header, bytes, now);
    this.noteDropped();
    return whole;
  }

  private noteDropped(): void {
    this.counters.add(DATAGRAMS_UNASSEMBLED, this.reassembly.dropped - this.unassembled);
    this.unassembled = this.reassembly.dropped;
  }

  /** Passes on a whole packet: its header, decoded from `bytes`, is `this.header`. */
  private deliver(bytes: Uint8Array, unicast: boolean, checksumValid: boolean, fragmented: boolean): void {
    const { header, packet } = this;
    // RFC 4291 2.5.2: only who asks for an address has none.
    if (header.protocol !== PROTOCOL_ICMPV6 && isUnspecified(bytes, header.offset + SOURCE)) {
      this.counters.note(PACKETS_DAMAGED);
      return;
    }
    if (!this.fill(bytes)) return;
    packet.unicast = unicast;
    packet.checksumValid = checksumValid;
    packet.fragmented = fragmented;
    this.receiver.packet(packet);
  }

  /** The packet as far as its header has been decoded; false: there is no path. */
  private fill(bytes: Uint8Array): boolean {
    const { header, packet } = this;
    const path = this.paths.open6(bytes, header.offset + SOURCE);
    if (path < 0) {
      this.counters.note(PACKETS_WITHOUT_PATH);
      return false;
    }
    packet.path = path;
    packet.protocol = header.protocol;
    packet.bytes = bytes;
    packet.offset = header.payloadOffset;
    packet.length = header.payloadLength;
    packet.headerLength = header.headerLength;
    packet.ecn = header.ecn;
    return true;
  }

  /** A header that is not understood. Its sender is told where RFC 8200 and 7112 have it so. */
  private refuse(bytes: Uint8Array, offset: number, error: number, group: boolean): void {
    const { header } = this;
    const cut = error === IPV6_EXTENSION && header.fragmented && header.fragmentOffset === 0;
    if (error !== IPV6_PROBLEM && !cut) {
      this.counters.note(PACKETS_DAMAGED);
      return;
    }
    const kind = this.kindOf(bytes, offset + DESTINATION);
    if (kind === FOR_OTHERS || isUnspecified(bytes, offset + SOURCE) || !this.fill(bytes)) {
      this.counters.note(PACKETS_DAMAGED);
      return;
    }
    this.counters.note(HEADERS_REFUSED);
    const { packet } = this;
    packet.unicast = kind === FOR_US && !group;
    packet.checksumValid = false;
    packet.fragmented = header.fragmented;
    if (cut) this.problems.problem(packet, PROBLEM_FIRST_FRAGMENT, 0, false);
    else this.problems.problem(packet, header.problemCode, header.problemPointer, header.problemOfGroup);
  }

  /** What a destination means to us. */
  private kindOf(bytes: Uint8Array, destination: number): number {
    if (!isMulticast(bytes, destination)) return this.addresses.has(bytes, destination) ? FOR_US : FOR_OTHERS;
    const first = nativeLoad32(bytes, destination);
    const middle = nativeLoad32(bytes, destination + 4) + nativeLoad32(bytes, destination + 8);
    const last = nativeLoad32(bytes, destination + 12);
    // RFC 4291 2.7.1: all nodes of interface and link; and who might have one of our addresses.
    if (middle === 0 && last === 1 && (first === 0xff010000 || first === 0xff020000)) return FOR_GROUP;
    if (first !== 0xff020000 || middle !== 1 || last >>> 24 !== 0xff) return FOR_OTHERS;
    return this.addresses.listens(bytes, destination) ? FOR_GROUP : FOR_OTHERS;
  }
}

const FOR_OTHERS = 0;
const FOR_US = 1;
const FOR_GROUP = 2;
