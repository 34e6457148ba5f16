// What ARP sends and says: packets into slots of the link, answers to the frames that wait for them.

import { ArpSink } from "../arp/machine.ts";
import { type ArpPacket, encode as encodeArp, PACKET_LENGTH } from "../arp/wire.ts";
import type { Ipv4, Mac } from "../base/address.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import type { WaitingFrames } from "../ethernet/waiting.ts";
import { ETHERTYPE_ARP, encode as encodeEthernet, HEADER_LENGTH } from "../ethernet/wire.ts";

export class ArpOutput extends ArpSink {
  /** Who else claims our address, or -1; the owner sets it back. */
  conflictMac = -1;

  private readonly waiting: WaitingFrames;

  constructor(waiting: WaitingFrames) {
    super();
    this.waiting = waiting;
  }

  override transmitArp(destination: Mac, packet: ArpPacket): boolean {
    const { slots } = this.waiting;
    const slot = slots.reserve();
    if (slot < 0) return false;
    const { link } = slots;
    encodeEthernet(link.slots, slot, destination, packet.senderMac, ETHERTYPE_ARP);
    encodeArp(link.slots, slot + HEADER_LENGTH, packet);
    link.send(slot, HEADER_LENGTH + PACKET_LENGTH, NO_PAYLOAD, 0, 0);
    return true;
  }

  override resolved(address: Ipv4, mac: Mac): void {
    this.waiting.send(address, mac);
  }

  override unreachable(address: Ipv4): void {
    this.waiting.giveUp(address);
  }

  override conflict(_address: Ipv4, mac: Mac): void {
    this.conflictMac = mac;
  }
}
