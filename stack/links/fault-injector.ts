/// <reference path="../base/native.d.ts" />
// Does to frames that come what a bad wire does: loses, repeats and damages them, and has them overtaken by the next one.
// Both ends of a wire wrapped make both ways of it bad.
//
//   const link = new FaultInjector(card, rates, random);      random: bytes that nobody need foresee, or a test's seed

import { readU32 } from "../base/bytes.ts";
import { FrameReceiver, type Link } from "../base/link.ts";
import { type Instant, MILLISECOND, NEVER } from "../base/result.ts";
import { NoReceiver, WrappedLink } from "./wrapped-link.ts";

/** A frame that waits to be overtaken comes after so long at the latest. */
export const HOLD = 20 * MILLISECOND;
/** A longer one is neither damaged nor overtaken. */
const LARGEST_FRAME = 9232;

/** Chances, 0 to 1, for each frame. */
export class FaultRates {
  drop = 0;
  duplicate = 0;
  /** One bit of it is turned, and the card no longer vouches for its checksum. */
  corrupt = 0;
  reorder = 0;
}

export class FaultInjector extends WrappedLink {
  private readonly faults: FaultReceiver;

  /** `random`: 4 bytes, from which all that happens follows. */
  constructor(inner: Link, rates: FaultRates, random: Uint8Array) {
    super(inner);
    this.faults = new FaultReceiver(rates, readU32(random, 0));
  }

  get dropped(): number {
    return this.faults.dropped;
  }
  get duplicated(): number {
    return this.faults.duplicated;
  }
  get corrupted(): number {
    return this.faults.corrupted;
  }
  get reordered(): number {
    return this.faults.reordered;
  }

  override poll(receiver: FrameReceiver, now: Instant): boolean {
    const { faults } = this;
    faults.begin(receiver, now);
    const more = super.poll(faults, now);
    const held = faults.releaseDue();
    return more || held;
  }

  override nextDeadline(): Instant {
    return Math.min(super.nextDeadline(), this.faults.deadline);
  }
}

class FaultReceiver extends FrameReceiver {
  dropped = 0;
  duplicated = 0;
  corrupted = 0;
  reordered = 0;
  /** When the frame that is held back comes. */
  deadline: Instant = NEVER;

  private readonly rates: FaultRates;
  private state: number;
  private to: FrameReceiver = new NoReceiver();
  private now: Instant = 0;
  private readonly held: Uint8Array = new Uint8Array(LARGEST_FRAME);
  private heldLength = 0;
  private heldValid = false;
  private readonly damaged: Uint8Array = new Uint8Array(LARGEST_FRAME);

  constructor(rates: FaultRates, seed: number) {
    super();
    this.rates = rates;
    // Of 0 xorshift makes 0 for ever.
    this.state = seed === 0 ? 1 : seed;
  }

  begin(to: FrameReceiver, now: Instant): void {
    this.to = to;
    this.now = now;
  }

  override receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    const { rates } = this;
    if (this.draw() < rates.drop) {
      this.dropped++;
      return;
    }
    if (length > 0 && length <= LARGEST_FRAME && this.draw() < rates.corrupt) {
      this.corrupted++;
      nativeCopy(this.damaged, 0, bytes, offset, length);
      const bit = Math.floor(this.draw() * length * 8);
      const at = Math.floor(bit / 8);
      this.damaged[at] = this.damaged[at]! ^ (1 << (bit % 8));
      this.pass(this.damaged, 0, length, false);
    } else this.pass(bytes, offset, length, checksumValid);
  }

  /** True: there was a frame that waited too long to be overtaken. */
  releaseDue(): boolean {
    if (this.now < this.deadline) return false;
    this.release();
    return true;
  }

  private pass(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    if (this.heldLength === 0 && length <= LARGEST_FRAME && this.draw() < this.rates.reorder) {
      this.reordered++;
      nativeCopy(this.held, 0, bytes, offset, length);
      this.heldLength = length;
      this.heldValid = checksumValid;
      this.deadline = this.now + HOLD;
      return;
    }
    this.to.receive(bytes, offset, length, checksumValid);
    if (this.draw() < this.rates.duplicate) {
      this.duplicated++;
      this.to.receive(bytes, offset, length, checksumValid);
    }
    this.release();
  }

  private release(): void {
    const length = this.heldLength;
    if (length === 0) return;
    this.heldLength = 0;
    this.deadline = NEVER;
    this.to.receive(this.held, 0, length, this.heldValid);
  }

  /** 0 to 1 (xorshift32). */
  private draw(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state / 0x100000000;
  }
}
