// How frames get to the host: lost, doubled, late, in fragments, tagged, damaged, vouched for by the card. Which of these
// happen, and how often, is another mixture in each episode.

import { readU16, writeU16 } from "../../../stack/base/bytes.ts";
import { copyBytes, sumBytes } from "../../../stack/base/native.ts";
import type { Random } from "../../support/random.ts";
import { FRAME_LIMIT, type TraceWriter } from "../../trace/format.ts";
import type { MemoryLink } from "../../trace/memory-link.ts";
import { damage } from "../../trace/mutate.ts";

/** Frames of one poll, one behind the other. */
const ARENA = 1 << 20;
/** Frames held back, and old ones kept to be sent again. */
const KEPT = 16;
const IP = 14;

export class Delivery {
  /** Frames handed over since the beginning. */
  frames = 0;
  /** Written down when somebody wants to replay it. */
  trace: TraceWriter | undefined;

  private readonly random: Random;
  private readonly arena: Uint8Array = new Uint8Array(ARENA);
  private used = 0;
  private readonly offsets: number[] = [];
  private readonly lengths: number[] = [];
  private readonly vouched: boolean[] = [];
  private readonly held: Uint8Array[] = [];
  private readonly old: Uint8Array[] = [];
  private readonly scratch: Uint8Array = new Uint8Array(FRAME_LIMIT);

  // One frame in so many; 0: none.
  private damaged = 0;
  private lost = 0;
  private doubled = 0;
  private late = 0;
  private cut = 0;
  private tagged = 0;
  private repeated = 0;
  private trusted = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** Another mixture. */
  shake(): void {
    this.damaged = this.rate(3, 60);
    this.lost = this.rate(3, 60);
    this.doubled = this.rate(3, 60);
    this.late = this.rate(3, 60);
    this.cut = this.rate(2, 20);
    this.tagged = this.rate(4, 60);
    this.repeated = this.rate(8, 100);
    this.trusted = this.rate(1, 4);
  }

  /** Every frame arrives once and as it is. */
  calm(): void {
    this.damaged = 0;
    this.lost = 0;
    this.doubled = 0;
    this.late = 0;
    this.cut = 0;
    this.tagged = 0;
    this.repeated = 0;
    this.trusted = 0;
    this.held.length = 0;
    this.old.length = 0;
  }

  /** For the next poll, or a later one, or none. */
  put(frame: Uint8Array): void {
    const { random, held, old } = this;
    if (this.chance(this.repeated) && old.length > 0) this.pass(old[random.below(old.length)]!);
    if (this.chance(this.lost)) return;
    if (old.length < KEPT) old.push(frame);
    else old[random.below(KEPT)] = frame;
    if (this.chance(this.late) && held.length < KEPT) {
      held.push(frame);
      return;
    }
    this.pass(frame);
    if (this.chance(this.doubled)) this.pass(frame);
    if (held.length > 0 && random.below(4) === 0) this.pass(held.pop()!);
  }

  /** Hands over what was put: the next poll receives it. */
  flush(link: MemoryLink): void {
    for (let i = 0; i < this.offsets.length; i++) {
      link.arrive(this.arena, this.offsets[i]!, this.lengths[i]!, this.vouched[i]!);
      if (this.trace !== undefined) this.trace.frame(this.arena, this.offsets[i]!, this.lengths[i]!, this.vouched[i]!);
    }
    this.frames += this.offsets.length;
    this.offsets.length = 0;
    this.lengths.length = 0;
    this.vouched.length = 0;
    this.used = 0;
  }

  private pass(frame: Uint8Array): void {
    if (this.chance(this.cut) && frame.length > IP + 28 && readU16(frame, 12) === 0x0800) this.fragment(frame);
    else this.single(frame);
  }

  private single(frame: Uint8Array): void {
    const { random, scratch } = this;
    let length = Math.min(frame.length, FRAME_LIMIT);
    if (this.chance(this.tagged) && length + 4 <= FRAME_LIMIT && length >= IP) {
      copyBytes(scratch, 0, frame, 0, 12);
      // A priority without a VLAN; at times a VLAN, which is not ours.
      writeU16(scratch, 12, 0x8100);
      writeU16(scratch, 14, random.below(8) * 0x2000 + (random.below(8) === 0 ? random.below(4096) : 0));
      copyBytes(scratch, 16, frame, 12, length - 12);
      length += 4;
    } else copyBytes(scratch, 0, frame, 0, length);
    if (this.chance(this.damaged)) length = damage(scratch, length, random);
    if (this.used + length > ARENA) return;
    copyBytes(this.arena, this.used, scratch, 0, length);
    this.offsets.push(this.used);
    this.lengths.push(length);
    this.vouched.push(this.chance(this.trusted));
    this.used += length;
  }

  /** Cuts an IPv4 frame into pieces, in some order, perhaps with one missing, doubled or in the way of another. */
  private fragment(frame: Uint8Array): void {
    const { random } = this;
    const head = IP + (frame[IP]! & 15) * 4;
    const payload = frame.length - head;
    if (head < IP + 20 || payload < 16) {
      this.single(frame);
      return;
    }
    const size = 8 * (1 + random.below(random.below(2) === 0 ? 4 : Math.floor(payload / 8)));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < payload; at += size) {
      const length = Math.min(size, payload - at);
      const piece = new Uint8Array(head + length);
      copyBytes(piece, 0, frame, 0, head);
      copyBytes(piece, head, frame, head + at, length);
      writeU16(piece, IP + 2, piece.length - IP);
      writeU16(piece, IP + 6, (at + length < payload ? 0x2000 : 0) + at / 8);
      writeU16(piece, IP + 10, 0);
      writeU16(piece, IP + 10, 0xffff ^ sumBytes(piece, IP, head - IP, 0));
      pieces.push(piece);
    }
    const order = random.below(4);
    if (order === 0) for (let i = pieces.length - 1; i >= 0; i--) this.single(pieces[i]!);
    else {
      const odd = order === 1 ? random.below(pieces.length) : -1;
      for (let i = 0; i < pieces.length; i++) {
        if (i === odd && random.below(2) === 0) continue;
        this.single(pieces[i]!);
        if (i === odd) this.single(pieces[random.below(pieces.length)]!);
      }
    }
  }

  private chance(rate: number): boolean {
    return rate > 0 && this.random.below(rate) === 0;
  }

  /** One in `from` to `to`, or never. */
  private rate(from: number, to: number): number {
    return this.random.below(3) === 0 ? 0 : from + this.random.below(to - from + 1);
  }
}
