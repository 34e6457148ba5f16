// IPv4 on its way in: which packets are for us (RFC 1122 3.2.1.3, 3.3.6), fragments put together, and then one Packet for
// the transports, the same however it came.

import {
  DATAGRAMS_UNASSEMBLED,
  PACKETS_DAMAGED,
  PACKETS_FROM_BROADCAST,
  PACKETS_TO_OTHERS,
  PACKETS_WITHOUT_PATH,
} from "../base/counters.ts";
import { Packet, type PacketReceiver } from "../base/packet.ts";
import type { PathTable } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import type { IpOutput } from "./output.ts";
import { Reassembly } from "./reassembly.ts";
import { DESTINATION_OTHER, DESTINATION_OURS, type Subnet } from "./subnet.ts";
import { decode, Ipv4Header } from "./wire.ts";

export class IpInput {
  private readonly output: IpOutput;
  private readonly paths: PathTable;
  private readonly subnet: Subnet;
  private readonly receiver: PacketReceiver;
  private readonly header = new Ipv4Header();
  private readonly packet = new Packet();
  private readonly reassembly = new Reassembly();
  /** Of `reassembly.dropped`, what has been counted. */
  private unassembled = 0;

  constructor(output: IpOutput, receiver: PacketReceiver) {
    this.output = output;
    this.paths = output.paths;
    this.subnet = output.subnet;
    this.receiver = receiver;
  }

  /**
   * Takes what a frame of type IPv4 carries. `group`: the frame was sent to a group of cards. `checksumValid`: the card
   * vouches for what lies behind the IP header.
   */
  input(bytes: Uint8Array, offset: number, length: number, group: boolean, checksumValid: boolean, now: Instant): void {
    const { header, reassembly } = this;
    const { counters } = this.output;
    if (decode(bytes, offset, length, header) !== 0) {
      counters.note(PACKETS_DAMAGED);
      return;
    }
    const kind = this.subnet.kindOf(header.destination);
    if (kind === DESTINATION_OTHER) {
      counters.note(PACKETS_TO_OTHERS);
      return;
    }
    if (this.subnet.isBroadcast(header.source)) {
      counters.note(PACKETS_FROM_BROADCAST);
      return;
    }
    const unicast = kind === DESTINATION_OURS && !group;
    if (!header.isFragment()) this.deliver(bytes, unicast, checksumValid);
    else if (this.assemble(bytes, now)) {
      // From here on it is a datagram like any other: one header, and the bytes that it was read from.
      if (decode(reassembly.bytes, reassembly.offset, reassembly.length, header) !== 0) counters.note(PACKETS_DAMAGED);
      else this.deliver(reassembly.bytes, unicast, false);
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
    this.output.counters.add(DATAGRAMS_UNASSEMBLED, this.reassembly.dropped - this.unassembled);
    this.unassembled = this.reassembly.dropped;
  }

  /** Passes on a whole datagram: its header, decoded from `bytes`, is `this.header`. */
  private deliver(bytes: Uint8Array, unicast: boolean, checksumValid: boolean): void {
    const { header, packet } = this;
    const path = this.paths.open4(header.destination, header.source);
    if (path < 0) {
      this.output.counters.note(PACKETS_WITHOUT_PATH);
      return;
    }
    packet.path = path;
    packet.protocol = header.protocol;
    packet.bytes = bytes;
    packet.offset = header.payloadOffset;
    packet.length = header.payloadLength;
    packet.headerLength = header.headerLength;
    packet.unicast = unicast;
    packet.ecn = header.ecn;
    packet.checksumValid = checksumValid;
    this.receiver.packet(packet);
  }
}
