// Which of several cards serves: the one that a DHCP server offers an address to first. They are asked while the machine
// starts, before there is a host; that host then takes its lease as on any card. Read: RFC 2131, 3.1 and 4.4.1.

import type { Card } from "../drivers/card.ts";
import { BROADCAST_ADDRESS, BROADCAST_MAC, type Mac } from "../stack/base/address.ts";
import { readU16 } from "../stack/base/bytes.ts";
import { FrameReceiver, NO_PAYLOAD } from "../stack/base/link.ts";
import { sumBytes } from "../stack/base/native.ts";
import { type Instant, SECOND } from "../stack/base/result.ts";
import {
  CLIENT_PORT,
  DhcpReply,
  DhcpRequest,
  decode as decodeDhcp,
  encode as encodeDhcp,
  MESSAGE_DISCOVER,
  MESSAGE_OFFER,
  SERVER_PORT,
} from "../stack/dhcp/wire.ts";
import {
  decode as decodeEthernet,
  HEADER_LENGTH as ETHERNET_LENGTH,
  ETHERTYPE_IPV4,
  EthernetHeader,
  encode as encodeEthernet,
} from "../stack/ethernet/wire.ts";
import {
  DEFAULT_TIME_TO_LIVE,
  decode as decodeIpv4,
  encode as encodeIpv4,
  HEADER_LENGTH as IPV4_LENGTH,
  Ipv4Header,
} from "../stack/ipv4/wire.ts";
import { encode as encodeUdp, HEADER_LENGTH as UDP_LENGTH } from "../stack/udp/wire.ts";

/** How long offers are waited for when there are several cards, and what is left out between two questions at first. */
export const OFFER_WAIT = 20 * SECOND;
const FIRST_PAUSE = SECOND;
const PROTOCOL_UDP = 17;

/** The place of the card that was offered an address first; -1 when none was in time. `transaction`: 32 random bits. */
export function offeredFirst(cards: readonly Card[], transaction: number, now: () => Instant): number {
  const ears: Ear[] = [];
  for (const card of cards) ears.push(new Ear(card.mac as Mac, transaction));
  const begin = now();
  let askAt = begin;
  let pause = FIRST_PAUSE;
  for (let at = begin; at < begin + OFFER_WAIT; at = now()) {
    for (let i = 0; i < cards.length; i++) {
      cards[i]!.poll(ears[i]!, at);
      if (ears[i]!.offered) return i;
    }
    if (at < askAt) continue;
    for (const card of cards) discover(card, transaction, Math.floor((at - begin) / SECOND));
    askAt = at + pause;
    pause *= 2;
  }
  return -1;
}

/** The place of the card with this address, 0: of the first that has a carrier; -1: none has it. */
export function fittest(cards: readonly Card[], mac: number): number {
  for (let i = 0; i < cards.length; i++) if (mac === 0 ? cards[i]!.up : cards[i]!.mac === mac) return i;
  return mac === 0 ? 0 : -1;
}

/** 4.4.1; the answer may be sent to all, for we have no address yet. */
function discover(card: Card, transaction: number, seconds: number): void {
  const at = card.reserve();
  if (at < 0) return;
  const { slots } = card;
  const request = new DhcpRequest();
  request.type = MESSAGE_DISCOVER;
  request.transaction = transaction;
  request.seconds = seconds;
  request.broadcast = true;
  request.mac = card.mac as Mac;
  const message = new Uint8Array(1024);
  const length = UDP_LENGTH + encodeDhcp(message, request);
  encodeEthernet(slots, at, BROADCAST_MAC, card.mac as Mac, ETHERTYPE_IPV4);
  const ip = new Ipv4Header();
  ip.destination = BROADCAST_ADDRESS;
  ip.protocol = PROTOCOL_UDP;
  ip.timeToLive = DEFAULT_TIME_TO_LIVE;
  ip.totalLength = IPV4_LENGTH + length;
  encodeIpv4(slots, at + ETHERNET_LENGTH, ip);
  const udp = at + ETHERNET_LENGTH + IPV4_LENGTH;
  slots.set(message.subarray(0, length - UDP_LENGTH), udp + UDP_LENGTH);
  encodeUdp(slots, udp, CLIENT_PORT, SERVER_PORT, length, 0);
  // RFC 768, with a pseudo-header whose addresses, 0.0.0.0 and 255.255.255.255, add nothing; a sum of 0 is sent as its other form.
  const sum = 0xffff ^ sumBytes(slots, udp, length, PROTOCOL_UDP + length);
  encodeUdp(slots, udp, CLIENT_PORT, SERVER_PORT, length, sum === 0 ? 0xffff : sum);
  card.send(at, ETHERNET_LENGTH + IPV4_LENGTH + length, NO_PAYLOAD, 0, 0);
  card.flush();
}

/** Listens on a card for the offer that is for it. */
class Ear extends FrameReceiver {
  offered = false;
  private readonly mac: Mac;
  private readonly transaction: number;
  private readonly ethernet = new EthernetHeader();
  private readonly ip = new Ipv4Header();
  private readonly reply = new DhcpReply();

  constructor(mac: Mac, transaction: number) {
    super();
    this.mac = mac;
    this.transaction = transaction;
  }

  override receive(bytes: Uint8Array, offset: number, length: number, _checksumValid: boolean): void {
    const { ethernet, ip, reply } = this;
    if (decodeEthernet(bytes, offset, length, ethernet) !== 0 || ethernet.etherType !== ETHERTYPE_IPV4) return;
    const at = ethernet.payloadOffset;
    if (decodeIpv4(bytes, at, length - (at - offset), ip) !== 0) return;
    if (ip.protocol !== PROTOCOL_UDP || ip.payloadLength < UDP_LENGTH) return;
    const udp = ip.payloadOffset;
    if (readU16(bytes, udp) !== SERVER_PORT || readU16(bytes, udp + 2) !== CLIENT_PORT) return;
    if (decodeDhcp(bytes, udp + UDP_LENGTH, ip.payloadLength - UDP_LENGTH, reply) !== 0) return;
    if (reply.type === MESSAGE_OFFER && reply.transaction === this.transaction && reply.mac === this.mac) {
      this.offered = true;
    }
  }
}
