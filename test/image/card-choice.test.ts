import { describe, expect, it } from "vitest";
import { Card } from "../../drivers/card.ts";
import { fittest, OFFER_WAIT, offeredFirst } from "../../image/card-choice.ts";
import type { Ipv4 } from "../../stack/base/address.ts";
import { writeU16, writeU32, writeU48 } from "../../stack/base/bytes.ts";
import { type FrameReceiver, SLOT_SIZE } from "../../stack/base/link.ts";
import { sumBytes } from "../../stack/base/native.ts";
import { encode as encodeIpv4, Ipv4Header } from "../../stack/ipv4/wire.ts";

const DHCP = 14 + 20 + 8;
const TRANSACTION = 0x12345678;

/** A card on a network whose answers the test makes of what is sent. */
class FakeCard extends Card {
  readonly sent: Uint8Array[] = [];
  readonly incoming: Uint8Array[] = [];
  onSend: (frame: Uint8Array) => void = () => {};

  constructor(mac: number) {
    super();
    this.mac = mac;
    this.slots = new Uint8Array(SLOT_SIZE);
  }
  override reserve(): number {
    return 0;
  }
  override send(_slot: number, headLength: number): void {
    const frame = this.slots.slice(0, headLength);
    this.sent.push(frame);
    this.onSend(frame);
  }
  override poll(receiver: FrameReceiver): boolean {
    for (const frame of this.incoming.splice(0)) receiver.receive(frame, 0, frame.length, false);
    return false;
  }
  override describe(): string {
    return "fake";
  }
  override wakes(): boolean {
    return true;
  }
  override takeEvents(): number {
    return 0;
  }
  override describeFault(): string {
    return "";
  }
}

/** What a server makes of a DISCOVER. */
function offer(discover: Uint8Array): Uint8Array {
  const frame = discover.slice();
  const ip = new Ipv4Header();
  ip.source = 0x0a000001 as Ipv4;
  ip.destination = 0xffffffff as Ipv4;
  ip.protocol = 17;
  ip.timeToLive = 64;
  ip.totalLength = frame.length - 14;
  encodeIpv4(frame, 14, ip);
  writeU48(frame, 6, 0x020000000001);
  writeU16(frame, 34, 67);
  writeU16(frame, 36, 68);
  frame[DHCP] = 2;
  // Option 53 comes first.
  frame[DHCP + 242] = 2;
  return frame;
}

function clock(): { now: () => number; time: number } {
  const it0 = { time: 5_000_000, now: () => 0 };
  it0.now = () => {
    it0.time += 10_000;
    return it0.time;
  };
  return it0;
}

describe("of several cards", () => {
  it("the one that is offered an address first serves", () => {
    const cards = [new FakeCard(0x520000000001), new FakeCard(0x520000000002), new FakeCard(0x520000000003)];
    cards[1]!.onSend = (frame) => cards[1]!.incoming.push(offer(frame));
    cards[2]!.onSend = (frame) => cards[2]!.incoming.push(offer(frame));
    const time = clock();
    expect(offeredFirst(cards, TRANSACTION, time.now)).toBe(1);
    expect(cards.map((card) => card.sent.length)).toEqual([1, 1, 1]);
    const frame = cards[0]!.sent[0]!;
    expect([...frame.subarray(0, 14)]).toEqual([255, 255, 255, 255, 255, 255, 0x52, 0, 0, 0, 0, 1, 8, 0]);
    expect(sumBytes(frame, 14, 20, 0)).toBe(0xffff);
    expect(sumBytes(frame, 34, frame.length - 34, 17 + frame.length - 34)).toBe(0xffff);
  });

  it("each is asked again after 1, 2, 4 and 8 seconds, and none for ever", () => {
    const cards = [new FakeCard(0x520000000001), new FakeCard(0x520000000002)];
    const time = clock();
    expect(offeredFirst(cards, TRANSACTION, time.now)).toBe(-1);
    expect(cards.map((card) => card.sent.length)).toEqual([5, 5]);
    expect(time.time).toBeGreaterThan(OFFER_WAIT);
    expect(time.time).toBeLessThan(OFFER_WAIT + 5_100_000);
    // It tells how long it has asked already.
    expect(cards[0]!.sent.map((frame) => frame[DHCP + 9])).toEqual([0, 1, 3, 7, 15]);
  });

  it("an offer is not for it when it names another, answers another question, or is none", () => {
    const wrong: readonly ((frame: Uint8Array) => void)[] = [
      (frame) => writeU32(frame, DHCP + 4, TRANSACTION + 1),
      (frame) => writeU48(frame, DHCP + 28, 0x520000000009),
      (frame) => {
        frame[DHCP + 242] = 6;
      },
      (frame) => {
        frame[DHCP] = 1;
      },
      (frame) => writeU16(frame, 34, 68),
      (frame) => writeU16(frame, 36, 67),
      (frame) => writeU16(frame, 12, 0x86dd),
      (frame) => {
        frame[23] = 6;
      },
    ];
    for (const spoil of wrong) {
      const card = new FakeCard(0x520000000001);
      card.onSend = (frame) => {
        const answer = offer(frame);
        spoil(answer);
        card.incoming.push(answer, answer.slice(0, 60), new Uint8Array(0));
      };
      expect(offeredFirst([card], TRANSACTION, clock().now)).toBe(-1);
    }
  });

  it("the one with a carrier comes before those without, and --mac before all", () => {
    const cards = [new FakeCard(1), new FakeCard(2), new FakeCard(3)];
    cards[0]!.up = false;
    expect(fittest(cards, 0)).toBe(1);
    expect(fittest(cards, 1)).toBe(0);
    expect(fittest(cards, 3)).toBe(2);
    expect(fittest(cards, 4)).toBe(-1);
    for (const card of cards) card.up = false;
    expect(fittest(cards, 0)).toBe(0);
  });
});
