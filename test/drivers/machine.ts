// A machine of drivers alone: it lists what is plugged in, takes the first network card and answers ARP and ping on
// 10.9.0.3, takes entropy, and sends one large segment to be cut when a ping of 77 bytes asks for it.
// test/e2e/drivers.test.ts boots it. Parameters, separated by blanks: names of options to switch off.

import { adviseOnNetwork } from "../../drivers/advice.ts";
import { type Card, EVENT_FAULT } from "../../drivers/card.ts";
import { NativeHal } from "../../drivers/hal.ts";
import {
  ALL_OFFLOADS,
  OFFLOAD_EVENT_INDEX,
  OFFLOAD_MERGEABLE,
  OFFLOAD_RECEIVE_CHECKSUM,
  OFFLOAD_SEGMENTATION,
  OFFLOAD_SEND_CHECKSUM,
} from "../../drivers/offload.ts";
import { describeDevice, findDevices, probeCards, probeEntropy } from "../../drivers/probe.ts";
import { formatMac, type Ipv4, type Mac } from "../../stack/base/address.ts";
import { readU16, readU48, writeU16, writeU32, writeU48 } from "../../stack/base/bytes.ts";
import { FrameReceiver, NO_PAYLOAD } from "../../stack/base/link.ts";
import { copyBytes, sumBytes } from "../../stack/base/native.ts";
import { pseudoHeaderSum } from "../support/ipv4.ts";

const ADDRESS = 0x0a090003 as Ipv4;
const PEER = 0x0a090001 as Ipv4;
const ASKS_FOR_SEGMENT = 14 + 20 + 8 + 77;
const SEGMENT_BYTES = 20_000;

const say = (text: string): void => nativeConsole(`${text}\n`);

class Echo extends FrameReceiver {
  net: Card | undefined;
  answered = 0;
  readonly body = new Uint8Array(SEGMENT_BYTES).map((_, i) => i & 255);

  override receive(bytes: Uint8Array, offset: number, length: number, _checksumValid: boolean): void {
    const net = this.net;
    if (net === undefined || length > 1514) return;
    const type = readU16(bytes, offset + 12);
    const arp = type === 0x0806 && readU16(bytes, offset + 20) === 1 && readU16(bytes, offset + 40) === 3;
    const ping = type === 0x0800 && bytes[offset + 23] === 1 && bytes[offset + 34] === 8;
    if (!arp && !ping) return;
    const at = net.reserve();
    if (at < 0) return;
    const out = net.slots;
    copyBytes(out, at, bytes, offset, length);
    writeU48(out, at, readU48(bytes, offset + 6));
    writeU48(out, at + 6, net.mac);
    if (arp) {
      writeU16(out, at + 20, 2);
      copyBytes(out, at + 32, bytes, offset + 22, 10);
      writeU48(out, at + 22, net.mac);
      writeU32(out, at + 28, ADDRESS);
    } else {
      copyBytes(out, at + 26, bytes, offset + 30, 4);
      copyBytes(out, at + 30, bytes, offset + 26, 4);
      out[at + 34] = 0;
      writeU16(out, at + 36, 0);
      writeU16(out, at + 36, 0xffff ^ sumBytes(out, at + 34, length - 34, 0));
      this.answered++;
    }
    net.send(at, length, NO_PAYLOAD, 0, 0);
    if (ping && length === ASKS_FOR_SEGMENT && net.segmentOffload) this.segment(net, readU48(bytes, offset + 6));
  }

  /** 20,000 bytes of TCP to the peer's port 7, in one call; the device cuts and sums. */
  segment(net: Card, peer: number): void {
    const at = net.reserve();
    if (at < 0) return;
    const out = net.slots;
    nativeZero(out, at, 54);
    writeU48(out, at, peer);
    writeU48(out, at + 6, net.mac);
    writeU16(out, at + 12, 0x0800);
    out[at + 14] = 0x45;
    writeU16(out, at + 16, 40 + SEGMENT_BYTES);
    out[at + 22] = 64;
    out[at + 23] = 6;
    writeU32(out, at + 26, ADDRESS);
    writeU32(out, at + 30, PEER);
    writeU16(out, at + 24, 0xffff ^ sumBytes(out, at + 14, 20, 0));
    writeU16(out, at + 34, 4242);
    writeU16(out, at + 36, 7);
    out[at + 46] = 0x50;
    out[at + 47] = 0x10;
    writeU16(out, at + 50, pseudoHeaderSum(ADDRESS, PEER, 6, 20 + SEGMENT_BYTES));
    net.checksumStart = 34;
    net.checksumOffset = 16;
    net.segmentSize = 1460;
    net.send(at, 54, this.body, 0, SEGMENT_BYTES);
  }
}

const hal = new NativeHal();
const OFFLOADS: readonly (readonly [name: string, offload: number])[] = [
  ["checksum", OFFLOAD_SEND_CHECKSUM],
  ["guest-checksum", OFFLOAD_RECEIVE_CHECKSUM],
  ["segmentation", OFFLOAD_SEGMENTATION],
  ["mergeable", OFFLOAD_MERGEABLE],
  ["event-index", OFFLOAD_EVENT_INDEX],
];
const off = nativeParameters().split(" ");
const offloads = OFFLOADS.reduce((set, [name, bit]) => (off.includes(name) ? set & ~bit : set), ALL_OFFLOADS);
const echo = new Echo();
const found = findDevices(hal, "");
for (const it of found.devices) say(describeDevice(it));
const { cards, leftAlone } = probeCards(hal, found, 0x020000000001, offloads, 1);
const net = cards[0];
echo.net = net;
if (net === undefined) say(adviseOnNetwork(leftAlone, found.devices, false));
else {
  const { mac, mtu, up } = net;
  say(`${net.describe()}, ${formatMac(mac as Mac)}, mtu ${mtu}, up ${up}, interrupts ${net.wakes()}`);
}
const entropy = probeEntropy(hal, found, () => nativeNow());
for (const { name, reason } of entropy.leftAlone) say(`${name}: ${reason}`);
const rng = entropy.sources[0];
let fed = rng?.fed ?? 0;
say("ready");
for (let reported = 0; net !== undefined || rng !== undefined; ) {
  const now = nativeNow();
  const more = net?.poll(echo, now) ?? false;
  net?.flush();
  fed += rng?.poll() ?? 0;
  if (fed > 0) say(`entropy ${fed}`);
  fed = 0;
  const events = net?.takeEvents() ?? 0;
  if (events !== 0) say(`events ${events}${(events & EVENT_FAULT) !== 0 ? ` ${net!.describeFault()}` : ""}`);
  if (net !== undefined && echo.answered >= reported + 500) {
    reported = echo.answered;
    say(`answered ${reported}`);
  }
  if (!more) nativeSleep(net?.nextDeadline() ?? Number.POSITIVE_INFINITY);
}
nativePowerOff(0);
