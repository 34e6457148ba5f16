// The buttons by which a host asks a machine to end: ACPI's power button, and Ctrl-Alt-Del on a keyboard controller, which
// is how Firecracker asks. Read: ACPI 6.4, 4.8.3.1 (PM1 event registers), 4.8.2.2.1.1 (fixed power button); IBM PC/AT
// Technical Reference (8042), scan code set 1.
//
// Neither interrupts here: a button is looked at once a second.

import { type Instant, SECOND } from "../stack/base/result.ts";
import type { Hal } from "./hal.ts";

export const LOOK_INTERVAL = SECOND;

export const BUTTON_NONE = 0;
export const BUTTON_POWER = 1;
export const BUTTON_CTRL_ALT_DEL = 2;

const POWER_BUTTON = 0x100;
const ABSENT_16 = 0xffff;

const KEYBOARD_DATA = 0x60;
const KEYBOARD_STATUS = 0x64;
const ABSENT = 0xff;
const OUTPUT_FULL = 1;
/** Codes taken in one look: a keyboard that never runs dry does not stop the machine. */
const MOST_CODES = 16;
const CONTROL = 0x1d;
const ALT = 0x38;
const DELETE = 0x53;

export class Buttons {
  private readonly hal: Hal;
  /** Port of PM1_STS, 0: there is none. */
  private readonly status: number;
  private readonly keyboard: boolean;
  private lookAt: Instant = 0;
  private control = false;
  private alt = false;

  constructor(hal: Hal) {
    this.hal = hal;
    const events = hal.powerEvents();
    const port = events & 0xffff;
    // 4.8.3.1: status and enable registers, half of the block each.
    const half = (events >>> 16) >> 1;
    const usable = port !== 0 && half >= 2 && hal.portRead(port, 2) !== ABSENT_16;
    this.status = usable ? port : 0;
    if (usable) {
      hal.portWrite(port, 2, POWER_BUTTON);
      hal.portWrite(port + half, 2, hal.portRead(port + half, 2) | POWER_BUTTON);
    }
    this.keyboard = hal.portRead(KEYBOARD_STATUS, 1) !== ABSENT;
  }

  /** BUTTON_: what was pressed since the last look. */
  look(now: Instant): number {
    if (now < this.lookAt) return BUTTON_NONE;
    this.lookAt = now + LOOK_INTERVAL;
    if (this.keyboard && this.threeKeys()) return BUTTON_CTRL_ALT_DEL;
    if (this.status === 0 || (this.hal.portRead(this.status, 2) & POWER_BUTTON) === 0) return BUTTON_NONE;
    // Written to be cleared.
    this.hal.portWrite(this.status, 2, POWER_BUTTON);
    return BUTTON_POWER;
  }

  nextDeadline(): Instant {
    return this.status === 0 && !this.keyboard ? Number.POSITIVE_INFINITY : this.lookAt;
  }

  private threeKeys(): boolean {
    for (let i = 0; i < MOST_CODES && (this.hal.portRead(KEYBOARD_STATUS, 1) & OUTPUT_FULL) !== 0; i++) {
      const code = this.hal.portRead(KEYBOARD_DATA, 1);
      // A code and 0x80 is the key let go of.
      if ((code & 0x7f) === CONTROL) this.control = code < 0x80;
      else if ((code & 0x7f) === ALT) this.alt = code < 0x80;
      else if (code === DELETE && this.control && this.alt) return true;
    }
    return false;
  }
}

/** Begins the machine anew: the chipset's reset control, then the keyboard controller's line. Returns where neither works. */
export function restart(hal: Hal): void {
  hal.portWrite(0xcf9, 1, 6);
  hal.portWrite(KEYBOARD_STATUS, 1, 0xfe);
}
