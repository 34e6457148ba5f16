// Frames whose neighbour is not known yet wait in their slots (RFC 1122 2.3.2.2, RFC 4861 7.2.2), those of both
// families in one place: what they hold of the link's slots is bounded together.

import type { Mac } from "../base/address.ts";
import { writeU48 } from "../base/bytes.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { NO_PATH, type Path, type PathTable } from "../base/path.ts";
import type { Slots } from "./slots.ts";

/** Packets that wait for one neighbour; one more drives out the oldest. */
export const WAITING_PER_NEIGHBOUR = 4;
/** Packets that wait in all: they hold slots of the link. */
export const WAITING_LIMIT = 16;
/** Failed paths remembered until the next step. */
export const FAILED_LIMIT = 16;

/** A frame that is complete but for its destination; whoever holds it fills in what is to be sent. */
export class WaitingFrame {
  /** -1: free. */
  slot = -1;
  /** Whom it waits for: a number that the family chooses, different from those of the other. */
  neighbour = 0;
  path: Path = NO_PATH;
  /** Order of arrival. */
  turn = 0;
  headLength = 0;
  payload: Uint8Array = NO_PAYLOAD;
  payloadOffset = 0;
  payloadLength = 0;
  checksumStart = 0;
  checksumOffset = 0;
  segmentSize = 0;
}

export class WaitingFrames {
  readonly slots: Slots;
  /** Packets thrown away: too many, or nobody answered. */
  dropped = 0;
  /** Paths of packets that were dropped because nobody answered, each held; the owner empties it by `takeFailed`. */
  readonly failed: Path[] = [];

  private readonly paths: PathTable;
  private readonly frames: WaitingFrame[] = [];
  private turn = 0;

  constructor(slots: Slots, paths: PathTable) {
    this.slots = slots;
    this.paths = paths;
    for (let i = 0; i < WAITING_LIMIT; i++) this.frames.push(new WaitingFrame());
  }

  /** Where to put the frame that lies in `slot`, to be sent when the neighbour is known; takes the link's options of it. */
  hold(neighbour: number, path: Path, slot: number): WaitingFrame {
    const link = this.slots.link;
    const frame = this.frames[this.place(neighbour)]!;
    if (frame.slot >= 0) this.discard(frame);
    this.paths.hold(path);
    frame.slot = slot;
    frame.neighbour = neighbour;
    frame.path = path;
    frame.turn = this.turn++;
    frame.checksumStart = link.checksumStart;
    frame.checksumOffset = link.checksumOffset;
    frame.segmentSize = link.segmentSize;
    link.checksumStart = 0;
    link.checksumOffset = 0;
    link.segmentSize = 0;
    return frame;
  }

  /** The neighbour is known: what waits for it leaves. */
  send(neighbour: number, mac: Mac): void {
    for (let index = this.oldest(neighbour); index >= 0; index = this.oldest(neighbour)) {
      const frame = this.frames[index]!;
      const link = this.slots.link;
      writeU48(link.slots, frame.slot, mac);
      link.checksumStart = frame.checksumStart;
      link.checksumOffset = frame.checksumOffset;
      link.segmentSize = frame.segmentSize;
      link.send(frame.slot, frame.headLength, frame.payload, frame.payloadOffset, frame.payloadLength);
      this.free(frame);
    }
  }

  /** The neighbour does not answer: what waits for it is dropped, and its paths have failed. */
  giveUp(neighbour: number): void {
    for (const frame of this.frames) {
      if (frame.slot < 0 || frame.neighbour !== neighbour) continue;
      this.fail(frame.path);
      this.discard(frame);
    }
  }

  /** One of the failed paths; there must be one. It is not held any more. */
  takeFailed(): Path {
    const path = this.failed.pop()!;
    this.paths.letGo(path);
    return path;
  }

  /** Packets of this path were dropped: its users are to be told. */
  fail(path: Path): void {
    if (this.failed.length >= FAILED_LIMIT) return;
    this.paths.hold(path);
    this.failed.push(path);
  }

  /** Number of packets that wait. */
  get length(): number {
    let count = 0;
    for (const frame of this.frames) if (frame.slot >= 0) count++;
    return count;
  }

  /** Drops what belongs to a family, 4 or 6, without a word. */
  clear(family: number): void {
    for (const frame of this.frames)
      if (frame.slot >= 0 && this.paths.families[frame.path]! === family) this.discard(frame);
    for (let i = this.failed.length - 1; i >= 0; i--) {
      const path = this.failed[i]!;
      if (this.paths.families[path]! !== family) continue;
      this.paths.letGo(path);
      this.failed.splice(i, 1);
    }
  }

  /** Where a packet for this neighbour goes: beside the others, or in the place of the oldest. */
  private place(neighbour: number): number {
    let free = -1;
    let same = 0;
    let oldest = 0;
    let oldestTurn = Number.POSITIVE_INFINITY;
    for (let i = 0; i < WAITING_LIMIT; i++) {
      const frame = this.frames[i]!;
      if (frame.slot < 0) free = i;
      else {
        if (frame.neighbour === neighbour) same++;
        if (frame.turn < oldestTurn) {
          oldestTurn = frame.turn;
          oldest = i;
        }
      }
    }
    if (same >= WAITING_PER_NEIGHBOUR) return this.oldest(neighbour);
    return free >= 0 ? free : oldest;
  }

  private oldest(neighbour: number): number {
    let best = -1;
    for (let i = 0; i < WAITING_LIMIT; i++) {
      const frame = this.frames[i]!;
      if (frame.slot < 0 || frame.neighbour !== neighbour) continue;
      if (best < 0 || frame.turn < this.frames[best]!.turn) best = i;
    }
    return best;
  }

  private discard(frame: WaitingFrame): void {
    this.slots.release(frame.slot);
    this.free(frame);
    this.dropped++;
  }

  private free(frame: WaitingFrame): void {
    this.paths.letGo(frame.path);
    frame.slot = -1;
    frame.payload = NO_PAYLOAD;
  }
}
