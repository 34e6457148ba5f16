/// <reference path="../native.d.ts" />
// A split virtqueue. Read: VIRTIO 1.2, 2.7 (layout), 2.7.13 (supplying buffers), 2.7.14 (receiving used buffers),
// 2.7.7 and 2.7.10 (suppression by flag and by event index).
//
// Nothing in the rings is read back as state: which descriptors are free, what belongs to which chain and how much the
// device may have written is kept in arrays of our own. From the device come the used index, and per used element an id
// and a length; each is read once and checked against the shadow. After a fault the queue yields nothing more until
// `prepare`.
//
//   q.segmentAddress[0] = …; q.segmentLength[0] = …;         // up to MOST_SEGMENTS of them
//   q.add(count, readable, token) … add …; q.publish();      // one notification for all, if the device wants one
//   for (let n = q.ready(); n > 0; n--) { const token = q.take(); … q.usedLength …; q.release() or q.repost(); }
//
// A chain that is used again and again is kept instead (`keep`, then `post` or `postPair`, `take`): most of what its
// descriptors say is written once.

import { type Hal, PAGE_SIZE } from "../hal.ts";

/** Descriptors that a queue of ours uses at most, however many entries its rings have. */
export const MOST_ENTRIES = 256;
/** 2.7: entries of a queue. */
export const MOST_QUEUE_SIZE = 32768;
/** Descriptors in one chain. */
export const MOST_SEGMENTS = 8;

/** How a device can break the rules of the ring. */
export const FAULT_NONE = 0;
/** The used index moved further than buffers were made available. */
export const FAULT_USED_INDEX = 1;
/** A used element names a buffer that the device does not have. */
export const FAULT_ID = 2;
/** A used element claims more bytes than the buffer holds. */
export const FAULT_LENGTH = 3;
export type QueueFault = typeof FAULT_NONE | typeof FAULT_USED_INDEX | typeof FAULT_ID | typeof FAULT_LENGTH;

// 2.7.5: struct virtq_desc.
const DESCRIPTOR_SIZE = 16;
const DESCRIPTOR_NEXT = 1;
const DESCRIPTOR_WRITE = 2;
// 2.7.6: struct virtq_avail; used_event follows the ring. 2.7.8: struct virtq_used; avail_event follows the ring.
const RING = 4;
const INDEX = 2;
const AVAILABLE_NO_INTERRUPT = 1;
const USED_NO_NOTIFY = 1;

/** Who tells the device that a queue has something for it: its transport. */
export abstract class Notifier {
  abstract notify(index: number): void;
}

/** Nobody, as long as the device does not have the queue. */
class NoNotifier extends Notifier {
  override notify(index: number): void {
    throw new Error(`queue ${index} is not enabled`);
  }
}

const NO_DESCRIPTOR = -1;
/** In the place of a count: later than any, so that a chain which the device does not have is never one it may return. */
const NOT_POSTED = Number.POSITIVE_INFINITY;

export class Virtqueue {
  /** Entries of its rings, a power of two, as the device knows them. */
  readonly size: number;
  /** Descriptors that are used of its table: all of them, or MOST_ENTRIES. */
  readonly descriptorCount: number;
  readonly descriptorsAddress: number;
  readonly availableAddress: number;
  readonly usedAddress: number;

  /** The segments of the chain that `add` is about to make available. */
  readonly segmentAddress: number[] = [];
  readonly segmentLength: number[] = [];

  /** Of the element that `take` has taken: bytes that the device wrote (0 when it could write none). */
  usedLength = 0;
  fault: QueueFault = FAULT_NONE;
  /** Notifications sent: each is an exit to the hypervisor. */
  notifications = 0;

  private readonly hal: Hal;
  private readonly memory: Uint8Array;
  private readonly descriptors: number;
  private readonly available: number;
  private readonly used: number;
  private index = 0;
  private notifier: Notifier = new NoNotifier();
  private eventIndex = false;
  private armed = true;

  // The shadow. By descriptor: the next one of its chain or of the free list. By head: the other four; `postedAt` counts
  // from 0 as `availableCount` does.
  private readonly next: Int32Array;
  private readonly chain: Int32Array;
  private readonly writable: Int32Array;
  private readonly tokens: Int32Array;
  private readonly postedAt: Float64Array;
  private freeHead = NO_DESCRIPTOR;
  private freeCount = 0;
  private taken = NO_DESCRIPTOR;
  // Buffers ever made available, told to the device, taken back. Modulo 2^16 they are the indices in the rings.
  private availableCount = 0;
  private publishedCount = 0;
  private usedCount = 0;

  /** `usedAlignment`: VirtioTransport.usedAlignment. */
  constructor(hal: Hal, size: number, usedAlignment = 4) {
    if (size < 1 || size > MOST_QUEUE_SIZE || (size & (size - 1)) !== 0)
      throw new RangeError(`queue of ${size} entries`);
    this.hal = hal;
    this.size = size;
    this.descriptorCount = Math.min(size, MOST_ENTRIES);
    // 2.7: descriptors aligned to 16, the available ring to 2, the used ring to 4.
    const available = size * DESCRIPTOR_SIZE;
    const used = Math.ceil((available + RING + 2 * size + 2) / usedAlignment) * usedAlignment;
    const total = used + RING + 8 * size + 2;
    this.memory = new Uint8Array(total + PAGE_SIZE);
    const address = hal.addressOf(this.memory);
    const shift = (PAGE_SIZE - (address % PAGE_SIZE)) % PAGE_SIZE;
    this.descriptors = shift;
    this.available = shift + available;
    this.used = shift + used;
    this.descriptorsAddress = address + this.descriptors;
    this.availableAddress = address + this.available;
    this.usedAddress = address + this.used;
    for (let i = 0; i < MOST_SEGMENTS; i++) {
      this.segmentAddress.push(0);
      this.segmentLength.push(0);
    }
    const count = this.descriptorCount;
    this.next = new Int32Array(count);
    this.chain = new Int32Array(count);
    this.writable = new Int32Array(count);
    this.tokens = new Int32Array(count);
    this.postedAt = new Float64Array(count);
    this.prepare(false);
  }

  /** Empties the queue. Only while the device is reset: before, it may still read and write the rings. */
  prepare(eventIndex: boolean): void {
    nativeZero(this.memory, 0, this.memory.length);
    for (let i = 0; i < this.descriptorCount; i++) {
      this.next[i] = i + 1 < this.descriptorCount ? i + 1 : NO_DESCRIPTOR;
      this.postedAt[i] = NOT_POSTED;
    }
    this.freeHead = 0;
    this.freeCount = this.descriptorCount;
    this.taken = NO_DESCRIPTOR;
    this.availableCount = 0;
    this.publishedCount = 0;
    this.usedCount = 0;
    this.usedLength = 0;
    this.fault = FAULT_NONE;
    this.eventIndex = eventIndex;
    this.armed = true;
  }

  /** Which queue of the device this is, and who notifies. */
  attach(index: number, notifier: Notifier): void {
    this.index = index;
    this.notifier = notifier;
  }

  /** Free descriptors. */
  get free(): number {
    return this.freeCount;
  }

  /** Chains that the device has, or will have after `publish`. */
  get outstanding(): number {
    return this.availableCount - this.usedCount;
  }

  /**
   * 2.7.13: makes a chain of the first `count` segments; the first `readable` of them the device reads, the rest it
   * writes (2.7.4.2). False when too few descriptors are free. `token` is what `take` will return.
   */
  add(count: number, readable: number, token: number): boolean {
    const head = this.keep(count, readable, token);
    if (head < 0) return false;
    this.post(head);
    return true;
  }

  /**
   * Makes a chain as `add` does, but not yet available. It is the caller's until `prepare`: `post` and `postPair` make it
   * available. Its head, or -1 when too few descriptors are free.
   */
  keep(count: number, readable: number, token: number): number {
    if (count < 1 || count > MOST_SEGMENTS) throw new RangeError(`chain of ${count} segments`);
    if (count > this.freeCount) return NO_DESCRIPTOR;
    const memory = this.memory;
    const head = this.freeHead;
    let id = head;
    let writable = 0;
    for (let i = 0; i < count; i++) {
      const address = this.segmentAddress[i]!;
      const length = this.segmentLength[i]!;
      const next = this.next[id]!;
      const more = i + 1 < count;
      let flags = more ? DESCRIPTOR_NEXT : 0;
      if (i >= readable) {
        flags |= DESCRIPTOR_WRITE;
        writable += length;
      }
      const low = address >>> 0;
      const high = (address - low) / 0x100000000;
      const at = this.descriptors + id * DESCRIPTOR_SIZE;
      nativeStoreLittle32(memory, at, low);
      nativeStoreLittle32(memory, at + 4, high);
      nativeStoreLittle32(memory, at + 8, length);
      // Flags, and above them the next descriptor.
      nativeStoreLittle32(memory, at + 12, more ? flags | (next << 16) : flags);
      if (!more) this.freeHead = next;
      id = next;
    }
    this.freeCount -= count;
    this.chain[head] = count;
    this.writable[head] = writable;
    this.tokens[head] = token;
    return head;
  }

  /**
   * Makes a kept chain of two readable segments available: `length` bytes of its first, and `second` bytes from `address`
   * on, or for 0 no second segment.
   */
  postPair(head: number, length: number, address: number, second: number): void {
    const memory = this.memory;
    const at = this.descriptors + head * DESCRIPTOR_SIZE;
    nativeStoreLittle32(memory, at + 8, length);
    if (second === 0) nativeStoreLittle32(memory, at + 12, 0);
    else {
      const next = this.next[head]!;
      nativeStoreLittle32(memory, at + 12, DESCRIPTOR_NEXT + next * 0x10000);
      // The flags of the last in a chain, 0, are there since `keep`.
      const low = address >>> 0;
      const to = this.descriptors + next * DESCRIPTOR_SIZE;
      nativeStoreLittle32(memory, to, low);
      nativeStoreLittle32(memory, to + 4, (address - low) / 0x100000000);
      nativeStoreLittle32(memory, to + 8, second);
    }
    this.post(head);
  }

  /** 2.7.13.2: the next entry of the available ring names this chain. */
  post(head: number): void {
    const count = this.availableCount;
    // Little-endian, and a head is one byte: MOST_ENTRIES.
    nativeStore16(this.memory, this.available + RING + 2 * (count & (this.size - 1)), head * 256);
    this.postedAt[head] = count;
    this.availableCount = count + 1;
  }

  /** 2.7.13.3, 2.7.13.4: shows the device what was added since the last call, and notifies it if it asks for that. */
  publish(): void {
    const now = this.availableCount;
    const before = this.publishedCount;
    if (now === before) return;
    const hal = this.hal;
    // 2.7.13.3: descriptors and ring entries are visible before the index is.
    hal.fence();
    hal.sharedWrite16(this.availableAddress + INDEX, now & 0xffff);
    this.publishedCount = now;
    // 2.7.13.4.1: the index is visible before we look whether the device wants to be notified.
    hal.fence();
    let wanted = false;
    if (this.eventIndex) {
      // 2.7.10.1: it does when the index has passed avail_event.
      const event = hal.sharedRead16(this.usedAddress + RING + 8 * this.size);
      wanted = ((now - event - 1) & 0xffff) < now - before;
    } else wanted = (hal.sharedRead16(this.usedAddress) & USED_NO_NOTIFY) === 0;
    if (!wanted) return;
    this.notifications++;
    this.notifier.notify(this.index);
  }

  /** 2.7.14: how many used elements wait to be taken. 0 after a fault. */
  ready(): number {
    const ready = (this.hal.sharedRead16(this.usedAddress + INDEX) - this.usedCount) & 0xffff;
    if (ready === 0 || this.fault !== FAULT_NONE) return 0;
    if (ready > this.publishedCount - this.usedCount) {
      this.fault = FAULT_USED_INDEX;
      return 0;
    }
    // The elements are read after the index that vouches for them.
    this.hal.fence();
    return ready;
  }

  /**
   * Takes the next of the elements that `ready` has counted: its token, or -1 for a fault. Then release or repost it; a
   * chain that was kept is its owner's again.
   */
  take(): number {
    const memory = this.memory;
    const at = this.used + RING + 8 * (this.usedCount & (this.size - 1));
    const id = nativeLoadLittle32(memory, at);
    const length = nativeLoadLittle32(memory, at + 4);
    // Not posted, or posted but not published: the device cannot know of it.
    if (id >= this.descriptorCount || this.postedAt[id]! >= this.publishedCount) return this.broken(FAULT_ID);
    this.usedLength = 0;
    if (length > 0) {
      // For a chain that the device only reads, some devices give the bytes read: it means nothing (2.7.8.2).
      const writable = this.writable[id]!;
      if (length > writable && writable > 0) return this.broken(FAULT_LENGTH);
      if (writable > 0) this.usedLength = length;
    }
    this.usedCount++;
    this.postedAt[id] = NOT_POSTED;
    this.taken = id;
    return this.tokens[id]!;
  }

  /** Frees the descriptors of the chain taken. */
  release(): void {
    const head = this.taken;
    const count = this.chain[head]!;
    let last = head;
    for (let i = 1; i < count; i++) last = this.next[last]!;
    this.next[last] = this.freeHead;
    this.freeHead = head;
    this.freeCount += count;
    this.taken = NO_DESCRIPTOR;
  }

  /** Makes the chain taken available once more as it is: its descriptors still say what they said. */
  repost(): void {
    this.post(this.taken);
    this.taken = NO_DESCRIPTOR;
  }

  /**
   * Asks for an interrupt when more than `after` further buffers have been used (without event index: any). True: some
   * were used meanwhile, and the interrupt may not come for them.
   */
  arm(after: number): boolean {
    this.armed = true;
    this.wish(false, (this.usedCount + after) & 0xffff);
    // 2.7.14: the wish is visible before we look once more.
    this.hal.fence();
    return this.ready() > after;
  }

  /** Asks for no interrupts; a hint that the device may not follow (2.7.7, 2.7.10). */
  disarm(): void {
    if (!this.armed) return;
    this.armed = false;
    // With event index an index just passed comes round after 2^16 buffers: one interrupt too many, which harms nobody.
    this.wish(true, (this.usedCount - 1) & 0xffff);
  }

  private wish(quiet: boolean, event: number): void {
    const memory = this.memory;
    if (!this.eventIndex) {
      memory[this.available] = quiet ? AVAILABLE_NO_INTERRUPT : 0;
      return;
    }
    // 2.7.7.1: with event index the flags stay 0. Two bytes, not at once: `arm` looks again after both.
    const at = this.available + RING + 2 * this.size;
    memory[at] = event & 255;
    memory[at + 1] = event >>> 8;
  }

  private broken(fault: QueueFault): number {
    this.fault = fault;
    return -1;
  }
}
