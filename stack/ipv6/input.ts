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
import { NO_PATH, type Path, type PathTable } from "../base/path.ts";
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
  /** `addresses.changes` when the destination of the packet before was found to be ours, or NEVER_SEEN. */
  private seen = NEVER_SEEN;

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
    // Nearly always between the same two as the packet before.
    const again = this.seen === this.addresses.changes ? this.paths.again6(bytes, offset + SOURCE) : NO_PATH;
    const kind = again >= 0 ? FOR_US : this.kindOf(bytes, offset + DESTINATION);
    if (kind === FOR_OTHERS) {
      this.counters.note(PACKETS_TO_OTHERS);
      return;
    }
    const unicast = kind === FOR_US && !group;
    if (!header.isFragment()) this.deliver(bytes, again >= 0 ? again : this.open(bytes, kind), unicast, checksumValid);
    else if (this.assemble(bytes, now)) {
      // From here on it is a packet like any other.
      const whole = decode(reassembly.bytes, reassembly.offset, reassembly.length, header);
      if (whole === 0 && !header.fragmented) {
        header.fragmented = true;
        this.deliver(reassembly.bytes, this.open(reassembly.bytes, kind), unicast, false);
      } else if (whole === 0) this.counters.note(PACKETS_DAMAGED);
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

  /** The path of the packet whose header, decoded from `bytes`, is `this.header`; NO_PATH: there is none for it. */
  private open(bytes: Uint8Array, kind: number): Path {
    const path = this.paths.open6(bytes, this.header.offset + SOURCE);
    if (path < 0) this.counters.note(PACKETS_WITHOUT_PATH);
    else this.seen = kind === FOR_US ? this.addresses.changes : NEVER_SEEN;
    return path;
  }

  /** Passes on a whole packet on this path: its header, decoded from `bytes`, is `this.header`. */
  private deliver(bytes: Uint8Array, path: Path, unicast: boolean, checksumValid: boolean): void {
    const { header } = this;
    if (path < 0) return;
    // RFC 4291 2.5.2: only who asks for an address has none.
    if (header.sourceless && header.protocol !== PROTOCOL_ICMPV6) {
      this.counters.note(PACKETS_DAMAGED);
      return;
    }
    this.fill(bytes, path, unicast, checksumValid);
    this.receiver.packet(this.packet);
  }

  /** The packet as far as its header has been decoded. */
  private fill(bytes: Uint8Array, path: Path, unicast: boolean, checksumValid: boolean): void {
    const { header, packet } = this;
    packet.path = path;
    packet.protocol = header.protocol;
    packet.bytes = bytes;
    packet.offset = header.payloadOffset;
    packet.length = header.payloadLength;
    packet.headerLength = header.headerLength;
    packet.ecn = header.ecn;
    packet.fragmented = header.fragmented;
    packet.unicast = unicast;
    packet.checksumValid = checksumValid;
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
    const path = kind === FOR_OTHERS || isUnspecified(bytes, offset + SOURCE) ? NO_PATH : this.open(bytes, kind);
    if (path < 0) {
      this.counters.note(PACKETS_DAMAGED);
      return;
    }
    this.counters.note(HEADERS_REFUSED);
    const { packet } = this;
    this.fill(bytes, path, kind === FOR_US && !group, false);
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

const NEVER_SEEN = -1;

const FOR_OTHERS = 0;
const FOR_US = 1;
const FOR_GROUP = 2;
