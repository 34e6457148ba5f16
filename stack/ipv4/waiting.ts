// Packets whose neighbour is not known yet wait in their slots (RFC 1122 2.3.2.2), and ARP's packets go out: the sink of
// the cache.

import { ArpSink } from "../arp/machine.ts";
import { type ArpPacket, encode as encodeArp, PACKET_LENGTH } from "../arp/wire.ts";
import type { Ipv4, Mac } from "../base/address.ts";
import { writeU48 } from "../base/bytes.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { NO_PATH, type Path, type PathTable } from "../base/path.ts";
import type { Slots } from "../ethernet/slots.ts";
import { ETHERTYPE_ARP, encode as encodeEthernet, HEADER_LENGTH } from "../ethernet/wire.ts";

/** Packets that wait for one neighbour; one more drives out the oldest. */
export const WAITING_PER_NEIGHBOUR = 4;
/** Packets that wait in all: they hold slots of the link. */
export const WAITING_LIMIT = 16;
/** Failed paths remembered until the next step. */
export const FAILED_LIMIT = 16;

/** A frame that is complete but for its destination; whoever holds it fills in what is to be sent. */
export class WaitingPacket {
  /** -1: free. */
  slot = -1;
  neighbour = 0 as Ipv4;
  path: Path = NO_PATH;
  /** Order of arrival. */
  turn = 0;
  headLength = 0;
  payload: Uint8Array = NO_PAYLOAD;
  payloadOffset = 0;
  payloadLength = 0;
  checksumStart = 0;
  checksumOffset = 0;
  segmentSize = 0;
}

export class Waiting extends ArpSink {
  /** Packets thrown away: too many, or nobody answered. */
  dropped = 0;
  /** Paths of packets that were dropped because nobody answered, each held; the owner empties it by `takeFailed`. */
  readonly failed: Path[] = [];
  /** Who else claims our address, or -1; the owner sets it back. */
  conflictMac = -1;

  private readonly slots: Slots;
  private readonly paths: PathTable;
  private readonly packets: WaitingPacket[] = [];
  private turn = 0;

  constructor(slots: Slots, paths: PathTable) {
    super();
    this.slots = slots;
    this.paths = paths;
    for (let i = 0; i < WAITING_LIMIT; i++) this.packets.push(new WaitingPacket());
  }

  /** Where to put the frame that lies in `slot`, to be sent when the neighbour is known; takes the link's options of it. */
  hold(neighbour: Ipv4, path: Path, slot: number): WaitingPacket {
    const link = this.slots.link;
    const packet = this.packets[this.place(neighbour)]!;
    if (packet.slot >= 0) this.discard(packet);
    this.paths.hold(path);
    packet.slot = slot;
    packet.neighbour = neighbour;
    packet.path = path;
    packet.turn = this.turn++;
    packet.checksumStart = link.checksumStart;
    packet.checksumOffset = link.checksumOffset;
    packet.segmentSize = link.segmentSize;
    link.checksumStart = 0;
    link.checksumOffset = 0;
    link.segmentSize = 0;
    return packet;
  }

  /** One of the failed paths; there must be one. It is not held any more. */
  takeFailed(): Path {
    const path = this.failed.pop()!;
    this.paths.letGo(path);
    return path;
  }

  /** Packets of this path were dropped: its users are to be told. */
  fail(path: Path): void {
    if (this.failed.length >= FAILED_LIMIT) return;
    this.paths.hold(path);
    this.failed.push(path);
  }

  /** Number of packets that wait. */
  get length(): number {
    let count = 0;
    for (const packet of this.packets) if (packet.slot >= 0) count++;
    return count;
  }

  /** Drops everything, without a word. */
  clear(): void {
    for (const packet of this.packets) if (packet.slot >= 0) this.discard(packet);
    while (this.failed.length > 0) this.takeFailed();
  }

  override transmitArp(destination: Mac, packet: ArpPacket): boolean {
    const slot = this.slots.reserve();
    if (slot < 0) return false;
    const { link } = this.slots;
    encodeEthernet(link.slots, slot, destination, packet.senderMac, ETHERTYPE_ARP);
    encodeArp(link.slots, slot + HEADER_LENGTH, packet);
    link.send(slot, HEADER_LENGTH + PACKET_LENGTH, NO_PAYLOAD, 0, 0);
    return true;
  }

  override resolved(address: Ipv4, mac: Mac): void {
    for (let index = this.oldest(address); index >= 0; index = this.oldest(address)) {
      const packet = this.packets[index]!;
      const link = this.slots.link;
      writeU48(link.slots, packet.slot, mac);
      link.checksumStart = packet.checksumStart;
      link.checksumOffset = packet.checksumOffset;
      link.segmentSize = packet.segmentSize;
      link.send(packet.slot, packet.headLength, packet.payload, packet.payloadOffset, packet.payloadLength);
      this.free(packet);
    }
  }

  override unreachable(address: Ipv4): void {
    for (const packet of this.packets) {
      if (packet.slot < 0 || packet.neighbour !== address) continue;
      this.fail(packet.path);
      this.discard(packet);
    }
  }

  override conflict(_address: Ipv4, mac: Mac): void {
    this.conflictMac = mac;
  }

  /** Where a packet for this neighbour goes: beside the others, or in the place of the oldest. */
  private place(neighbour: Ipv4): number {
    let free = -1;
    let same = 0;
    let oldest = 0;
    let oldestTurn = Number.POSITIVE_INFINITY;
    for (let i = 0; i < WAITING_LIMIT; i++) {
      const packet = this.packets[i]!;
      if (packet.slot < 0) free = i;
      else {
        if (packet.neighbour === neighbour) same++;
        if (packet.turn < oldestTurn) {
          oldestTurn = packet.turn;
          oldest = i;
        }
      }
    }
    if (same >= WAITING_PER_NEIGHBOUR) return this.oldest(neighbour);
    return free >= 0 ? free : oldest;
  }

  private oldest(neighbour: Ipv4): number {
    let best = -1;
    for (let i = 0; i < WAITING_LIMIT; i++) {
      const packet = this.packets[i]!;
      if (packet.slot < 0 || packet.neighbour !== neighbour) continue;
      if (best < 0 || packet.turn < this.packets[best]!.turn) best = i;
    }
    return best;
  }

  private discard(packet: WaitingPacket): void {
    this.slots.release(packet.slot);
    this.free(packet);
    this.dropped++;
  }

  private free(packet: WaitingPacket): void {
    this.paths.letGo(packet.path);
    packet.slot = -1;
    packet.payload = NO_PAYLOAD;
  }
}
