import { describe, expect, it } from "vitest";
import { readRtc } from "../../drivers/rtc.ts";
import { FakeHal } from "../support/fake-hal.ts";

/** A clock of which each access of the data port is one tick: what it shows can change in the midst of a reading. */
class Machine extends FakeHal {
  readonly cells = new Uint8Array(128);
  reads = 0;
  /** Called before each read of a cell. */
  tick: () => void = () => {};
  private index = 0;

  override portRead(port: number, _size: number): number {
    if (port !== 0x71) return 0xff;
    this.reads++;
    this.tick();
    return this.cells[this.index]!;
  }

  override portWrite(port: number, _size: number, value: number): void {
    if (port === 0x70) this.index = value & 0x7f;
  }
}

/** Second, minute, hour, day, month, year, century as they lie in the cells. */
function showing(mode: number, shown: readonly number[]): Machine {
  const machine = new Machine();
  const locations = [0, 2, 4, 7, 8, 9, 0x32];
  for (let i = 0; i < locations.length; i++) machine.cells[locations[i]!] = shown[i]!;
  machine.cells[10] = 0x26;
  machine.cells[11] = mode;
  return machine;
}

function at(text: string): number {
  return Date.parse(text) / 1000;
}

describe("the battery-backed clock", () => {
  it("is read in decimal digits and in binary, with 24 hours and with 12", () => {
    const expected = at("2026-11-28T23:59:58Z");
    expect(readRtc(showing(0x02, [0x58, 0x59, 0x23, 0x28, 0x11, 0x26, 0x20]))).toBe(expected);
    expect(readRtc(showing(0x06, [58, 59, 23, 28, 11, 26, 20]))).toBe(expected);
    expect(readRtc(showing(0x00, [0x58, 0x59, 0x91, 0x28, 0x11, 0x26, 0x20]))).toBe(expected);
    expect(readRtc(showing(0x04, [58, 59, 0x8b, 28, 11, 26, 20]))).toBe(expected);
  });

  it("knows noon and midnight where there are twelve hours", () => {
    expect(readRtc(showing(0x00, [0, 0, 0x12, 0x29, 0x02, 0x24, 0x20]))).toBe(at("2024-02-29T00:00:00Z"));
    expect(readRtc(showing(0x00, [0, 0, 0x92, 0x29, 0x02, 0x24, 0x20]))).toBe(at("2024-02-29T12:00:00Z"));
  });

  it("is of this century where firmware keeps none", () => {
    expect(readRtc(showing(0x02, [0, 0, 0, 1, 1, 0x30, 0]))).toBe(at("2030-01-01T00:00:00Z"));
    expect(readRtc(showing(0x02, [0, 0, 0, 1, 1, 0x30, 0xff]))).toBe(at("2030-01-01T00:00:00Z"));
    expect(readRtc(showing(0x02, [0, 0, 0, 1, 1, 0x99, 0x19]))).toBe(at("1999-01-01T00:00:00Z"));
  });

  it("is absent where the ports answer nothing", () => {
    const machine = showing(0xff, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    machine.cells[10] = 0xff;
    expect(readRtc(machine)).toBe(0);
  });

  it("is not read while it updates itself, and not for ever", () => {
    const machine = showing(0x02, [0x58, 0x59, 0x23, 0x28, 0x11, 0x26, 0x20]);
    machine.cells[10] = 0xa6;
    machine.tick = () => {
      if (machine.reads === 50) machine.cells[10] = 0x26;
    };
    expect(readRtc(machine)).toBe(at("2026-11-28T23:59:58Z"));
    machine.cells[10] = 0xa6;
    machine.reads = 100;
    expect(readRtc(machine)).toBe(0);
    expect(machine.reads < 200_000).toBe(true);
  });

  it("is read again when it moved in the midst of it", () => {
    const machine = showing(0x02, [0x59, 0x59, 0x23, 0x31, 0x12, 0x26, 0x20]);
    machine.tick = () => {
      // Between the year and the century of the first reading: all has rolled over.
      if (machine.reads === 8) {
        const locations = [0, 2, 4, 7, 8, 9];
        const next = [0, 0, 0, 1, 1, 0x27];
        for (let i = 0; i < locations.length; i++) machine.cells[locations[i]!] = next[i]!;
      }
    };
    expect(readRtc(machine)).toBe(at("2027-01-01T00:00:00Z"));
  });

  it("shows no date when a field cannot be one", () => {
    expect(readRtc(showing(0x06, [60, 0, 0, 1, 1, 26, 20]))).toBe(0);
    expect(readRtc(showing(0x06, [0, 60, 0, 1, 1, 26, 20]))).toBe(0);
    expect(readRtc(showing(0x06, [0, 0, 24, 1, 1, 26, 20]))).toBe(0);
    expect(readRtc(showing(0x06, [0, 0, 0, 0, 1, 26, 20]))).toBe(0);
    expect(readRtc(showing(0x06, [0, 0, 0, 1, 13, 26, 20]))).toBe(0);
  });

  it("is read from whatever the cells hold", () => {
    for (let seed = 0; seed < 300; seed++) {
      const machine = new Machine();
      for (let i = 0; i < 128; i++) machine.cells[i] = (seed * 7919 + i * i * 31) & 0xff;
      machine.cells[10] = 0x26;
      const seconds = readRtc(machine);
      expect(seconds >= 0 && seconds <= at("3000-01-01T00:00:00Z")).toBe(true);
    }
  });
});
