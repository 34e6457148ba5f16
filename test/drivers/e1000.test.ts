import { describe, expect, it } from "vitest";
import { AcpiTables } from "../../drivers/acpi/tables.ts";
import { EVENT_FAULT, EVENT_LINK_DOWN, EVENT_LINK_UP, EVENT_RECOVERED, POLL_INTERVAL } from "../../drivers/card.ts";
import { CHECK_INTERVAL, type E1000, isE1000, openE1000, RECOVERY } from "../../drivers/e1000/e1000.ts";
import { RECEIVE_ENTRIES } from "../../drivers/e1000/receive.ts";
import { SLOTS } from "../../drivers/e1000/transmit.ts";
import { IoApicLines, NO_LINES } from "../../drivers/interrupt-lines.ts";
import { LINE_INTERVAL, MISSED_MOST } from "../../drivers/line-watch.ts";
import { ConfigSpace } from "../../drivers/pci/config.ts";
import { enumerate } from "../../drivers/pci/enumerate.ts";
import { NO_PAYLOAD } from "../../stack/base/link.ts";
import { FakeE1000 } from "../support/fake-e1000.ts";
import { FakeHal, FakePciFunction } from "../support/fake-hal.ts";
import { FakeIoApic } from "../support/fake-mmio.ts";
import { FrameRecorder } from "../support/frame-recorder.ts";

const FALLBACK = 0x02_00_00_00_00_07;

interface Bed {
  readonly hal: FakeHal;
  readonly device: FakeE1000;
  readonly card: E1000;
}

function bed(change: (device: FakeE1000) => void = () => {}, ioApic = true): Bed {
  const hal = new FakeHal();
  const device = new FakeE1000(hal);
  change(device);
  hal.plug(0, 5, 0, device);
  if (ioApic) hal.place(new FakeIoApic(0xfec00000, 24));
  const fn = enumerate(new ConfigSpace(hal))[0]!;
  const opened = openE1000(hal, fn, FALLBACK, new IoApicLines(hal, new AcpiTables(hal)));
  if (!opened.ok) throw new Error(opened.reason);
  return { hal, device, card: opened.value };
}

function frame(length: number, byte: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < length; i++) bytes.push((byte + i) & 255);
  return bytes;
}

function put(card: E1000, bytes: readonly number[], payload: Uint8Array): boolean {
  const at = card.reserve();
  if (at < 0) return false;
  for (let i = 0; i < bytes.length; i++) card.slots[at + i] = bytes[i]!;
  card.send(at, bytes.length, payload, 0, payload.length);
  return true;
}

describe("an e1000", () => {
  it("is known by its number", () => {
    const hal = new FakeHal();
    const ids = [0x1004, 0x100e, 0x100f, 0x10d3, 0x10c9];
    for (let slot = 0; slot < ids.length; slot++) hal.plug(0, slot, 0, new FakePciFunction(0x8086, ids[slot]!, 2, 0));
    hal.plug(0, 9, 0, new FakePciFunction(0x10ec, 0x100e, 2, 0));
    expect(enumerate(new ConfigSpace(hal)).map(isE1000)).toEqual([true, true, true, true, false, false]);
  });

  it("is reset, has its own address, or gets ours", () => {
    const { device, card } = bed();
    expect(device.resets).toBe(1);
    expect([card.mac, card.up, card.wakes(), card.describe()]).toEqual([device.own, true, true, "e1000 at 00:05.0"]);
    expect(device.interruptMask).toBe(0xd4);
    for (const own of [0, 0x01_00_00_00_00_01]) {
      const other = bed((it) => {
        it.own = own;
      });
      expect(other.card.mac).toBe(FALLBACK);
      expect([other.device.barRead(0, 0x5400, 4), other.device.barRead(0, 0x5404, 4)]).toEqual([2, 0x80000700]);
    }
  });

  it("takes frames, of any number, in any order of polls", () => {
    const { device, card } = bed();
    const got = new FrameRecorder();
    const wanted: number[][] = [];
    for (let n = 0; n < 2000; n++) {
      wanted.push(frame(60 + (n % 1455), n));
      device.receive(wanted[n]!);
      if (n % 7 === 0) while (card.poll(got, n)) {}
    }
    while (card.poll(got, 2000)) {}
    expect(device.dropped).toBe(0);
    expect(got.frames).toEqual(wanted);
  });

  it("drops what is too short, damaged, or longer than a buffer, and goes on", () => {
    const { device, card } = bed();
    const got = new FrameRecorder();
    device.receive(frame(13, 1));
    device.receive(frame(60, 2), 1);
    device.receive(frame(5000, 3));
    device.receive(frame(60, 4));
    card.poll(got, 0);
    expect(got.frames).toEqual([frame(60, 4)]);
    expect(card.takeEvents() & EVENT_FAULT).toBe(0);
  });

  it("loses what comes while every buffer is full, and no more", () => {
    const { device, card } = bed();
    for (let n = 0; n < RECEIVE_ENTRIES + 5; n++) device.receive(frame(60, n));
    expect(device.dropped).toBe(6);
    const got = new FrameRecorder();
    while (card.poll(got, 0)) {}
    expect(got.frames.length).toBe(RECEIVE_ENTRIES - 1);
    device.receive(frame(60, 9));
    card.poll(got, 1);
    expect(got.frames.length).toBe(RECEIVE_ENTRIES);
  });

  it("sends slots and payload from where it lies, with one write of the tail for all", () => {
    const { device, card } = bed();
    const payload = new Uint8Array(frame(1000, 7));
    const tails = device.tails;
    for (let n = 0; n < 20; n++) expect(put(card, frame(54, n), n % 2 === 0 ? payload : NO_PAYLOAD)).toBe(true);
    expect(device.sent.length).toBe(0);
    card.flush();
    expect(device.tails).toBe(tails + 1);
    expect(device.sent.map((f) => f.length)).toEqual(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? 1054 : 54)));
    expect(device.sent[0]).toEqual([...frame(54, 0), ...payload]);
    expect(device.sent[19]).toEqual(frame(54, 19));
  });

  it("has so many slots, which come back when they were sent", () => {
    const { device, card } = bed();
    device.stalled = true;
    let sent = 0;
    while (put(card, frame(60, sent), NO_PAYLOAD)) sent++;
    expect(sent).toBe(SLOTS);
    card.flush();
    expect(card.reserve()).toBe(-1);
    device.stalled = false;
    device.transmit();
    expect(device.sent.length).toBe(SLOTS);
    for (let n = 0; n < 1000; n++) {
      expect(put(card, frame(60, n), NO_PAYLOAD)).toBe(true);
      card.flush();
    }
    expect(device.sent.length).toBe(SLOTS + 1000);
    expect(() => card.send(1, 60, NO_PAYLOAD, 0, 0)).toThrow();
  });

  it("that says it wrote more than a buffer holds is reset, and comes back", () => {
    const { device, card } = bed();
    device.describe(3000, 3, 0);
    expect(card.poll(new FrameRecorder(), 5)).toBe(false);
    expect(card.takeEvents()).toBe(EVENT_FAULT);
    expect(card.up).toBe(false);
    expect(card.reserve()).toBe(-1);
    expect(card.nextDeadline()).toBe(5 + RECOVERY);
    card.poll(new FrameRecorder(), 5 + RECOVERY);
    expect(card.takeEvents()).toBe(EVENT_RECOVERED | EVENT_LINK_UP);
    device.receive(frame(60, 1));
    const got = new FrameRecorder();
    card.poll(got, 6 + RECOVERY);
    expect(got.frames.length).toBe(1);
    expect(put(card, frame(60, 1), NO_PAYLOAD)).toBe(true);
    card.flush();
    expect(device.sent.length).toBe(1);
  });

  it("that has gone away, or never finishes its reset, is a fault and no hang", () => {
    const { device, card } = bed();
    device.gone = true;
    card.poll(new FrameRecorder(), CHECK_INTERVAL);
    expect(card.takeEvents() & EVENT_FAULT).toBe(EVENT_FAULT);
    card.poll(new FrameRecorder(), CHECK_INTERVAL + RECOVERY);
    expect(card.up).toBe(false);
    device.gone = false;
    card.poll(new FrameRecorder(), CHECK_INTERVAL + 2 * RECOVERY);
    expect(card.up).toBe(true);
    const hal = new FakeHal();
    const never = new FakeE1000(hal);
    never.neverResets = true;
    hal.plug(0, 5, 0, never);
    const opened = openE1000(hal, enumerate(new ConfigSpace(hal))[0]!, FALLBACK, NO_LINES);
    expect(opened.ok ? "" : opened.reason).toBe("it does not finish its reset");
  });

  it("whose registers lie nowhere is refused", () => {
    const hal = new FakeHal();
    const device = new FakeE1000(hal);
    hal.plug(0, 5, 0, device);
    hal.refuseMapping = true;
    const opened = openE1000(hal, enumerate(new ConfigSpace(hal))[0]!, FALLBACK, NO_LINES);
    expect(opened.ok ? "" : opened.reason).toBe("its registers lie nowhere (BAR 0)");
  });

  it("tells of a cable that is pulled", () => {
    const { device, card } = bed();
    card.takeEvents();
    device.link = false;
    card.poll(new FrameRecorder(), CHECK_INTERVAL);
    expect(card.takeEvents()).toBe(EVENT_LINK_DOWN);
    expect(card.up).toBe(false);
  });

  it("takes back what it called for before it is to wake us again, and is polled when its line leads nowhere", () => {
    const { device, card } = bed();
    const got = new FrameRecorder();
    device.receive(frame(60, 1));
    expect(card.poll(got, 1)).toBe(true);
    expect(device.interruptCause).not.toBe(0);
    expect(card.poll(got, 1)).toBe(false);
    expect(device.interruptCause).toBe(0);
    expect(card.nextDeadline()).toBe(1 + LINE_INTERVAL);
    let now = 1;
    for (let i = 0; i < MISSED_MOST; i++) {
      now = card.nextDeadline();
      device.interruptCause = 0x80;
      card.poll(got, now);
    }
    expect(card.wakes()).toBe(false);
    expect(card.nextDeadline()).toBe(now + POLL_INTERVAL);
    const none = bed(() => {}, false);
    expect(none.card.wakes()).toBe(false);
    expect(none.device.interruptMask).toBe(0);
  });

  it("that is closed uses none of our memory any more", () => {
    const { device, card } = bed();
    expect(card.close()).toBe(true);
    expect(device.rx.length).toBe(0);
    expect(card.reserve()).toBe(-1);
  });

  it("throws at work that nobody told it to take", () => {
    const { card } = bed();
    const at = card.reserve();
    card.checksumStart = 34;
    expect(() => card.send(at, 60, NO_PAYLOAD, 0, 0)).toThrow();
  });
});
