import { describe, expect, it } from "vitest";
import { ALL_OFFLOADS, OFFLOAD_RECEIVE_CHECKSUM, OFFLOAD_SEND_CHECKSUM } from "../../../drivers/offload.ts";
import {
  openTap,
  TAP_BUDGET,
  TAP_MTU,
  TAP_NEW,
  TAP_SLOTS,
  TAP_UP,
  Tap,
  type TapLink,
  type TapOptions,
} from "../../../drivers/tap/tap-link.ts";
import { FrameReceiver, NO_PAYLOAD } from "../../../stack/base/link.ts";
import { NEVER } from "../../../stack/base/result.ts";

class FakeTap extends Tap {
  readonly incoming: number[][] = [];
  readonly written: number[][] = [];
  name = "";
  flags = -1;
  state0 = TAP_UP;
  refuseOpen = 0;
  refuseOffload = 0;
  readError = 0;
  writeError = 0;

  override open(name: string): number {
    this.name = name;
    return this.refuseOpen;
  }
  override state(): number {
    return this.state0;
  }
  override offload(flags: number): number {
    this.flags = flags;
    return this.refuseOffload;
  }
  override read(into: Uint8Array, offset: number, length: number): number {
    if (this.readError !== 0) return -this.readError;
    const frame = this.incoming.shift();
    if (frame === undefined) return 0;
    const n = Math.min(length, frame.length);
    into.set(frame.slice(0, n), offset);
    return n;
  }
  override write(
    head: Uint8Array,
    headOffset: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): number {
    if (this.writeError !== 0) return this.writeError;
    this.written.push([
      ...head.subarray(headOffset, headOffset + headLength),
      ...payload.subarray(payloadOffset, payloadOffset + payloadLength),
    ]);
    return 0;
  }
}

class Recorder extends FrameReceiver {
  readonly frames: { bytes: number[]; checksumValid: boolean }[] = [];
  override receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    this.frames.push({ bytes: [...bytes.subarray(offset, offset + length)], checksumValid });
  }
}

const ALL: TapOptions = { mac: 2, mtu: 1500, offloads: ALL_OFFLOADS };
const ZERO = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

function open(options = ALL): { tap: FakeTap; link: TapLink } {
  const tap = new FakeTap();
  const opened = openTap(tap, "tap0", options);
  if (!opened.ok) throw new Error(String(opened.errno));
  return { tap, link: opened.value };
}

function bytes(length: number, seed: number): number[] {
  return Array.from({ length }, (_, i) => (i + seed) & 255);
}

describe("a TAP link", () => {
  it("opens the TAP and says what it can take, or why it could not", () => {
    expect(open().tap.name).toBe("tap0");
    expect(open().tap.flags).toBe(1);
    expect(open({ ...ALL, offloads: ALL_OFFLOADS & ~OFFLOAD_RECEIVE_CHECKSUM }).tap.flags).toBe(0);
    expect(open({ ...ALL, offloads: ALL_OFFLOADS & ~OFFLOAD_SEND_CHECKSUM }).link.segmentOffload).toBe(false);
    const down = new FakeTap();
    down.state0 = TAP_NEW;
    const opened = openTap(down, "tap9", ALL);
    expect(opened.ok && opened.state).toBe(TAP_NEW);
    // The MTU of the TAP counts, up to the most that is used; one that cannot be counts as unknown.
    for (const [of, used] of [
      [1400, 1400],
      [9000, 1500],
      [0, 1500],
      [100, 1500],
    ] as const) {
      const narrow = new FakeTap();
      narrow.state0 = TAP_UP + of * TAP_MTU;
      const link = openTap(narrow, "tap9", ALL);
      expect(link.ok && link.value.mtu).toBe(used);
    }
    const tap = new FakeTap();
    tap.refuseOffload = 22;
    expect(openTap(tap, "tap0", ALL)).toEqual({ ok: false, errno: 22 });
    tap.refuseOpen = 1;
    expect(openTap(tap, "tap0", ALL)).toEqual({ ok: false, errno: 1 });
  });

  it("writes header, slot and payload in one frame, at once", () => {
    const { tap, link } = open();
    const at = link.reserve();
    link.slots.set(bytes(54, 1), at);
    link.checksumStart = 34;
    link.checksumOffset = 16;
    link.segmentSize = 1460;
    link.send(at, 54, Uint8Array.from(bytes(4000, 2)), 1000, 3000);
    const again = link.reserve();
    link.slots.set(bytes(60, 3), again);
    link.send(again, 60, NO_PAYLOAD, 0, 0);
    expect(tap.written).toEqual([
      [1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0, 0, 0, ...bytes(54, 1), ...bytes(4000, 2).slice(1000)],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...bytes(60, 3)],
    ]);
    expect([link.framesSent, link.bytesSent]).toEqual([2, 3114]);
  });

  it("drops and counts what the kernel does not take", () => {
    const { tap, link } = open();
    tap.writeError = 11;
    link.send(link.reserve(), 60, NO_PAYLOAD, 0, 0);
    expect(link.sendDrops).toBe(1);
  });

  it("has a number of slots, each reserved once", () => {
    const { link } = open();
    const taken = Array.from({ length: TAP_SLOTS }, () => link.reserve());
    expect(new Set(taken).size).toBe(TAP_SLOTS);
    expect(link.reserve()).toBe(-1);
    link.send(taken[7]!, 60, NO_PAYLOAD, 0, 0);
    expect(link.reserve()).toBe(taken[7]);
    expect(() => link.send(0, 60, NO_PAYLOAD, 0, 0)).toThrow();
    link.checksumStart = 34;
    expect(() =>
      open({ ...ALL, offloads: ALL_OFFLOADS & ~OFFLOAD_SEND_CHECKSUM }).link.send(16, 60, NO_PAYLOAD, 0, 0),
    ).toThrow();
  });

  it("hands frames over with what the kernel knows of their checksum, and drops what is no frame", () => {
    const { tap, link } = open();
    const got = new Recorder();
    tap.incoming.push([...ZERO, ...bytes(60, 1)], [1, ...ZERO.slice(1), ...bytes(70, 2)], ZERO, bytes(25, 0));
    expect(link.poll(got, 0)).toBe(true);
    expect(got.frames).toEqual([
      { bytes: bytes(60, 1), checksumValid: false },
      { bytes: bytes(70, 2), checksumValid: true },
    ]);
    expect(link.receiveDrops).toBe(2);
    expect(link.poll(got, 0)).toBe(false);
    expect(link.nextDeadline()).toBe(NEVER);
  });

  it("takes a bounded number of frames in one poll, and does not spin on an error", () => {
    const { tap, link } = open();
    const got = new Recorder();
    for (let i = 0; i < 100; i++) tap.incoming.push([...ZERO, ...bytes(60, i)]);
    expect(link.poll(got, 0)).toBe(true);
    expect(got.frames).toHaveLength(TAP_BUDGET);
    expect(link.poll(got, 0)).toBe(true);
    expect(got.frames).toHaveLength(100);
    tap.readError = 5;
    expect(link.poll(got, 0)).toBe(false);
    expect(link.receiveDrops).toBe(1);
  });
});
