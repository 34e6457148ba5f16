/// <reference path="../base/native.d.ts" />
// How messages leave that need no path (stack/base/control.ts), and what neighbour discovery says to the packets that
// wait for it.

import type { Mac } from "../base/address.ts";
import { copy6 } from "../base/address6.ts";
import { fold } from "../base/checksum.ts";
import { ControlMessage, ControlSink } from "../base/control.ts";
import { PROTOCOL_ICMPV6 } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes, sumBytes } from "../base/native.ts";
import type { WaitingFrames } from "../ethernet/waiting.ts";
import { HEADER_LENGTH as ETHERNET_HEADER, ETHERTYPE_IPV6, encode as encodeEthernet } from "../ethernet/wire.ts";
import { Addresses } from "../ndp/addresses.ts";
import { NeighbourSink } from "../ndp/neighbours.ts";
import { encodeSolicitation, groupMac, solicitedNode } from "../ndp/wire.ts";
import { DESTINATION, encodeStart, HEADER_LENGTH, HOP_BY_HOP, SOURCE } from "./wire.ts";

/** A hop-by-hop header with a router alert (RFC 2711 2.1: value 0, MLD), padded to eight bytes. */
const ROUTER_ALERT_HIGH = 0x3a000502;
const ROUTER_ALERT_LOW = 0x00000100;
const ROUTER_ALERT_LENGTH = 8;
const CHECKSUM = 2;

/** Random numbers of the host. */
export abstract class Randomness {
  /** 32 bits, unsigned. */
  abstract next(): number;
}

export class ControlOutput extends ControlSink {
  private readonly waiting: WaitingFrames;
  private readonly randomness: Randomness;

  constructor(waiting: WaitingFrames, randomness: Randomness) {
    super();
    this.waiting = waiting;
    this.randomness = randomness;
  }

  override random(): number {
    return this.randomness.next();
  }

  override transmit(message: ControlMessage): boolean {
    const { slots } = this.waiting;
    const slot = slots.reserve();
    if (slot < 0) return false;
    const { link } = slots;
    const into = link.slots;
    encodeEthernet(into, slot, message.destinationMac, link.mac as Mac, ETHERTYPE_IPV6);
    const header = slot + ETHERNET_HEADER;
    const extension = message.routerAlert ? ROUTER_ALERT_LENGTH : 0;
    const next = message.routerAlert ? HOP_BY_HOP : PROTOCOL_ICMPV6;
    encodeStart(into, header, 0, extension + message.length, next, message.hopLimit);
    copy6(into, header + SOURCE, message.source, 0);
    copy6(into, header + DESTINATION, message.destination, 0);
    let at = header + HEADER_LENGTH;
    if (message.routerAlert) {
      nativeStore32(into, at, ROUTER_ALERT_HIGH);
      nativeStore32(into, at + 4, ROUTER_ALERT_LOW);
      at += ROUTER_ALERT_LENGTH;
    }
    copyBytes(into, at, message.bytes, 0, message.length);
    nativeStore16(into, at + CHECKSUM, 0);
    // RFC 8200 8.1: addresses, length, protocol; then the message.
    const pseudo = fold(sumBytes(into, header + SOURCE, 32, 0) + PROTOCOL_ICMPV6 + message.length);
    const sum = sumBytes(into, at, message.length, pseudo);
    nativeStore16(into, at + CHECKSUM, 0xffff - sum);
    link.send(slot, at - slot + message.length, NO_PAYLOAD, 0, 0);
    return true;
  }
}

/** By which the waiting packets of a neighbour are known: beyond every IPv4 address. */
export function waitingKey(neighbour: number): number {
  return 0x100000000 + neighbour;
}

export class NeighbourOutput extends NeighbourSink {
  private readonly mac: Mac;
  private readonly waiting: WaitingFrames;
  private readonly control: ControlSink;
  /** Ours, one of which asks; set before anything is asked. */
  addresses: Addresses = new Addresses();
  private readonly message = new ControlMessage();

  constructor(mac: Mac, waiting: WaitingFrames, control: ControlSink) {
    super();
    this.mac = mac;
    this.waiting = waiting;
    this.control = control;
  }

  override solicit(address: Uint8Array, offset: number, mac: number): boolean {
    const { message } = this;
    // Without an address of our own nobody could answer: time decides.
    if (!this.addresses.choose(address, offset, message.source, 0)) return true;
    if (mac < 0) {
      solicitedNode(address, offset, message.destination);
      message.destinationMac = groupMac(message.destination, 0);
    } else {
      copy6(message.destination, 0, address, offset);
      message.destinationMac = mac as Mac;
    }
    message.length = encodeSolicitation(message.bytes, address, offset, this.mac, 0);
    return this.control.transmit(message);
  }

  override resolved(neighbour: number, mac: Mac): void {
    this.waiting.send(waitingKey(neighbour), mac);
  }

  override unreachable(neighbour: number): void {
    this.waiting.giveUp(waitingKey(neighbour));
  }
}
