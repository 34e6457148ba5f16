// A TAP device of Linux as a link. Read: Linux Documentation/networking/tuntap.rst; the header before each frame is
// that of virtio-net (VIRTIO 1.2, 5.1.6), 12 bytes, by TUNSETVNETHDRSZ.
//
// The kernel is the device here, so what it says is believed; frames leave with a system call each, at once.

import { type FrameReceiver, Link, SLOT_SIZE } from "../../stack/base/link.ts";
import type { Instant } from "../../stack/base/result.ts";
import { LEAST_FRAME } from "../card.ts";
import { tapOffload, tapOpen, tapRead, tapState, tapWrite } from "../native.ts";
import { OFFLOAD_RECEIVE_CHECKSUM, OFFLOAD_SEGMENTATION, OFFLOAD_SEND_CHECKSUM } from "../offload.ts";
import { checksumVouched, encodeNetHeader, NET_HEADER_SIZE } from "../virtio/net-header.ts";

/** The interface is up: what is sent to it goes on. */
export const TAP_UP = 1;
/** There was none of this name: opening has made it, and it goes with us. */
export const TAP_NEW = 2;

/** Above these bits lies the MTU, 0 when it is not known. */
export const TAP_MTU = 4;

/** The five calls that a TAP consists of; tests have their own. */
export abstract class Tap {
  /** Opens the TAP of this name. 0 or an errno. */
  abstract open(name: string): number;
  /** Of the TAP that is open: TAP_UP, TAP_NEW, and its MTU times TAP_MTU. */
  abstract state(): number;
  /** Says which offloads we can receive (TUNSETOFFLOAD). 0 or an errno. */
  abstract offload(flags: number): number;
  /** One frame with its header; its length, 0 when there is none, or a negative errno. */
  abstract read(into: Uint8Array, offset: number, length: number): number;
  /** One frame out of two ranges, header first. 0 or an errno. */
  abstract write(
    head: Uint8Array,
    headOffset: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): number;
}

/** The TAP of the process that we are. */
export class NativeTap extends Tap {
  override open(name: string): number {
    return tapOpen(name);
  }

  override state(): number {
    return tapState();
  }

  override offload(flags: number): number {
    return tapOffload(flags);
  }

  override read(into: Uint8Array, offset: number, length: number): number {
    return tapRead(into, offset, length);
  }

  override write(
    head: Uint8Array,
    headOffset: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): number {
    return tapWrite(head, headOffset, headLength, payload, payloadOffset, payloadLength);
  }
}

export interface TapOptions {
  /** Our address: locally administered; not the one that the kernel's end has. */
  readonly mac: number;
  /** The most that is used of the TAP's own MTU. */
  readonly mtu: number;
  /** OFFLOAD_ bits; the kernel has those of checksums (receiving: TUN_F_CSUM) and segmentation. */
  readonly offloads: number;
}

/** Frames read in one poll at most. */
export const TAP_BUDGET = 64;
/** Slots that may be reserved at a time. */
export const TAP_SLOTS = 32;

/** TUNSETOFFLOAD: frames whose checksum was never computed are welcome. */
const TUN_F_CSUM = 1;
const HEADER_ROOM = 16;
const PITCH = HEADER_ROOM + SLOT_SIZE;
/** A jumbo frame and its header. Large receive offload is not asked for, so nothing longer comes. */
const READ_SIZE = 16384;

export type TapResult =
  | { readonly ok: true; readonly value: TapLink; readonly state: number }
  | { readonly ok: false; readonly errno: number };

/** Opens the TAP of this name; `state` are TAP_ bits. */
export function openTap(tap: Tap, name: string, options: TapOptions): TapResult {
  const refused = tap.open(name);
  if (refused !== 0) return { ok: false, errno: refused };
  const offload = tap.offload((options.offloads & OFFLOAD_RECEIVE_CHECKSUM) !== 0 ? TUN_F_CSUM : 0);
  if (offload !== 0) return { ok: false, errno: offload };
  const state = tap.state();
  const mtu = Math.floor(state / TAP_MTU);
  return { ok: true, value: new TapLink(tap, mtu < LEAST_MTU ? options : withMtu(options, mtu)), state };
}

/** RFC 791 3.1: every host takes so much. */
const LEAST_MTU = 576;

function withMtu(options: TapOptions, mtu: number): TapOptions {
  return { mac: options.mac, mtu: Math.min(options.mtu, mtu), offloads: options.offloads };
}

export class TapLink extends Link {
  framesReceived = 0;
  bytesReceived = 0;
  receiveDrops = 0;
  framesSent = 0;
  bytesSent = 0;
  sendDrops = 0;

  private readonly tap: Tap;
  private readonly buffer: Uint8Array;
  private readonly reserved: boolean[] = [];
  private readonly free: number[] = [];
  private freeCount: number;

  constructor(tap: Tap, options: TapOptions) {
    super();
    this.tap = tap;
    this.mac = options.mac;
    this.mtu = options.mtu;
    this.checksumOffload = (options.offloads & OFFLOAD_SEND_CHECKSUM) !== 0;
    this.segmentOffload = this.checksumOffload && (options.offloads & OFFLOAD_SEGMENTATION) !== 0;
    this.segmentOffload6 = this.segmentOffload;
    this.slots = new Uint8Array(TAP_SLOTS * PITCH);
    this.buffer = new Uint8Array(READ_SIZE);
    for (let i = 0; i < TAP_SLOTS; i++) {
      this.reserved.push(false);
      this.free.push(TAP_SLOTS - 1 - i);
    }
    this.freeCount = TAP_SLOTS;
  }

  override lostIn(): number {
    return this.receiveDrops;
  }

  override lostOut(): number {
    return this.sendDrops;
  }

  override reserve(): number {
    if (this.freeCount === 0) return -1;
    this.freeCount--;
    const index = this.free[this.freeCount]!;
    this.reserved[index] = true;
    return index * PITCH + HEADER_ROOM;
  }

  override send(
    slot: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const { checksumStart, checksumOffset, segmentSize } = this;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    if (checksumStart !== 0 && !this.checksumOffload) throw new RangeError("checksum left to a TAP without it");
    if (segmentSize !== 0 && !this.segmentOffload) throw new RangeError("segment left to a TAP without it");
    const index = (slot - HEADER_ROOM) / PITCH;
    if (index < 0 || index >= TAP_SLOTS || index !== Math.floor(index) || !this.reserved[index]!) {
      throw new RangeError(`slot at ${slot} is not reserved`);
    }
    if (headLength < 0 || headLength > SLOT_SIZE) throw new RangeError(`head of ${headLength} bytes`);
    const at = slot - NET_HEADER_SIZE;
    encodeNetHeader(this.slots, at, checksumStart, checksumOffset, segmentSize, headLength);
    const errno = this.tap.write(this.slots, at, NET_HEADER_SIZE + headLength, payload, payloadOffset, payloadLength);
    this.reserved[index] = false;
    this.free[this.freeCount] = index;
    this.freeCount++;
    // EAGAIN: the kernel's queue is full. A wire drops frames as well.
    if (errno !== 0) this.sendDrops++;
    else {
      this.framesSent++;
      this.bytesSent += headLength + payloadLength;
    }
  }

  override poll(receiver: FrameReceiver, _now: Instant): boolean {
    for (let budget = TAP_BUDGET; budget > 0; budget--) {
      const length = this.tap.read(this.buffer, 0, READ_SIZE);
      if (length === 0) return budget < TAP_BUDGET;
      // A TAP that is down (EIO, EBADFD) comes back when it is set up again: not a reason to spin.
      if (length < 0) {
        this.receiveDrops++;
        return false;
      }
      if (length < NET_HEADER_SIZE + LEAST_FRAME) {
        this.receiveDrops++;
        continue;
      }
      this.framesReceived++;
      this.bytesReceived += length - NET_HEADER_SIZE;
      receiver.receive(this.buffer, NET_HEADER_SIZE, length - NET_HEADER_SIZE, checksumVouched(this.buffer, 0));
    }
    return true;
  }
}
