import { describe, expect, it } from "vitest";
import {
  BUTTON_CTRL_ALT_DEL,
  BUTTON_NONE,
  BUTTON_POWER,
  Buttons,
  LOOK_INTERVAL,
  restart,
} from "../../drivers/power.ts";
import { SECOND } from "../../stack/base/result.ts";
import { FakeHal } from "../support/fake-hal.ts";

const EVENTS = 0x600;

/** PM1 event registers at EVENTS, and a keyboard controller. */
class Machine extends FakeHal {
  events = EVENTS + 4 * 0x10000;
  status = 0;
  enable = 0x20;
  keyboard = true;
  readonly codes: number[] = [];
  readonly written: string[] = [];

  override powerEvents(): number {
    return this.events;
  }

  override portRead(port: number, size: number): number {
    if (port === EVENTS) return this.status;
    if (port === EVENTS + 2) return this.enable;
    if (port === 0x64 && this.keyboard) return this.codes.length > 0 ? 0x15 : 0x14;
    if (port === 0x60 && this.keyboard) return this.codes.shift()!;
    return size === 1 ? 0xff : 0xffff;
  }

  override portWrite(port: number, size: number, value: number): void {
    if (port === EVENTS) this.status &= ~value;
    else if (port === EVENTS + 2) this.enable = value;
    else this.written.push(`${port} ${size} ${value}`);
  }

  press(): void {
    if ((this.enable & 0x100) !== 0) this.status |= 0x100;
  }
}

describe("the power button", () => {
  it("is enabled, seen once, and looked at once a second", () => {
    const machine = new Machine();
    machine.status = 0x100;
    const buttons = new Buttons(machine);
    expect(machine.enable).toBe(0x120);
    // What was pressed before is over.
    expect(buttons.look(0)).toBe(BUTTON_NONE);
    expect(buttons.nextDeadline()).toBe(LOOK_INTERVAL);
    machine.press();
    expect(buttons.look(LOOK_INTERVAL - 1)).toBe(BUTTON_NONE);
    expect(buttons.look(LOOK_INTERVAL)).toBe(BUTTON_POWER);
    expect(buttons.look(2 * LOOK_INTERVAL)).toBe(BUTTON_NONE);
  });

  it("is not there: nothing wakes the machine for it", () => {
    for (const events of [0, EVENTS, EVENTS + 0x20000, 0x700 + 4 * 0x10000]) {
      const machine = new Machine();
      machine.events = events;
      machine.keyboard = false;
      const buttons = new Buttons(machine);
      expect(buttons.look(SECOND)).toBe(BUTTON_NONE);
      expect(buttons.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
      expect(machine.enable).toBe(0x20);
    }
  });
});

describe("Ctrl-Alt-Del", () => {
  function typed(codes: readonly number[]): number {
    const machine = new Machine();
    const buttons = new Buttons(machine);
    for (const code of codes) machine.codes.push(code);
    let seen = BUTTON_NONE;
    for (let i = 0; i < 10 && seen === BUTTON_NONE; i++) seen = buttons.look(i * SECOND);
    return seen;
  }

  it("is the three keys held together", () => {
    expect(typed([0x1d, 0x38, 0x53])).toBe(BUTTON_CTRL_ALT_DEL);
    // The grey keys, and the release of others in between.
    expect(typed([0x9e, 0xe0, 0x1d, 0xe0, 0x38, 0x9e, 0xe0, 0x53])).toBe(BUTTON_CTRL_ALT_DEL);
  });

  it("is not other keys, nor these one after the other", () => {
    expect(typed([0x53])).toBe(BUTTON_NONE);
    expect(typed([0x1d, 0x9d, 0x38, 0xb8, 0x53])).toBe(BUTTON_NONE);
    expect(typed([0x1d, 0x38, 0x52])).toBe(BUTTON_NONE);
  });

  it("is found behind much else, and a keyboard that never ends does not stop us", () => {
    const codes: number[] = [];
    for (let i = 0; i < 40; i++) codes.push(0x1e);
    expect(typed([...codes, 0x1d, 0x38, 0x53])).toBe(BUTTON_CTRL_ALT_DEL);
  });
});

describe("restart", () => {
  it("asks the chipset, then the keyboard controller", () => {
    const machine = new Machine();
    restart(machine);
    expect(machine.written).toEqual(["3321 1 6", "100 1 254"]);
  });
});
