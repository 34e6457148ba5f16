// The virtio entropy device. Read: VIRTIO 1.2, 5.4.

import type { Hal } from "../hal.ts";
import type { VirtioError } from "./error.ts";
import { FAULT_NONE, Virtqueue } from "./queue.ts";
import { FEATURE_EVENT_IDX, type VirtioTransport } from "./transport.ts";

// 5.4.2: one queue.
const REQUEST_QUEUE = 0;
/** A queue of two: one buffer is out at a time, and 2 is allowed everywhere. */
const ENTRIES = 2;
/** Bytes asked for at once: the state of a ChaCha20 or HMAC-DRBG pool, twice. */
export const REQUEST_BYTES = 64;

export type RngResult =
  | { readonly ok: true; readonly value: VirtioRng }
  | { readonly ok: false; readonly error: VirtioError };

/** Brings up the source. It is looked at when its answer is wanted, and need not wake the machine. */
export function startRng(transport: VirtioTransport): RngResult {
  const { hal } = transport;
  const refused = transport.negotiate(FEATURE_EVENT_IDX, 0);
  if (refused !== undefined) return { ok: false, error: refused };
  const size = transport.queueEntries(REQUEST_QUEUE, ENTRIES);
  if (size === 0) {
    return {
      ok: false,
      error: { kind: "queue-unusable", queue: REQUEST_QUEUE, size: transport.queueSize(REQUEST_QUEUE) },
    };
  }
  const queue = new Virtqueue(hal, size, transport.usedAlignment());
  queue.prepare((transport.offeredLow & FEATURE_EVENT_IDX) !== 0);
  const failed = transport.enableQueue(REQUEST_QUEUE, queue) ?? transport.start();
  if (failed !== undefined) return { ok: false, error: failed };
  return { ok: true, value: new VirtioRng(hal, transport, queue) };
}

/**
 * Asks for random bytes and puts them into the machine's pool. Nothing waits: `request`, and `poll` after each wake.
 * A device that breaks the rules is reset and not asked again: its randomness is worth nothing.
 */
export class VirtioRng {
  /** Set for good when the device has broken the rules. */
  failed = false;
  /** Bytes put into the pool so far. */
  fed = 0;

  private readonly hal: Hal;
  private readonly transport: VirtioTransport;
  private readonly queue: Virtqueue;
  private readonly buffer: Uint8Array;
  private waiting = false;

  constructor(hal: Hal, transport: VirtioTransport, queue: Virtqueue) {
    this.hal = hal;
    this.transport = transport;
    this.queue = queue;
    this.buffer = new Uint8Array(REQUEST_BYTES);
  }

  /** Whether the device wakes the machine when it has answered. */
  get interrupts(): boolean {
    return this.transport.interrupts;
  }

  /** Asks for REQUEST_BYTES, unless an answer is still due. */
  request(): void {
    if (this.failed || this.waiting) return;
    const queue = this.queue;
    // 5.4.6.1: only device-writable buffers.
    queue.segmentAddress[0] = this.hal.addressOf(this.buffer);
    queue.segmentLength[0] = REQUEST_BYTES;
    if (!queue.add(1, 0, 0)) return;
    this.waiting = true;
    queue.publish();
    queue.arm(0);
  }

  /** Feeds what has come into the pool; how many bytes. 0 while nothing has. */
  poll(): number {
    if (!this.waiting || this.failed) return 0;
    const queue = this.queue;
    if (queue.ready() === 0) {
      if (queue.fault !== FAULT_NONE) this.fail();
      return 0;
    }
    if (queue.take() < 0) {
      this.fail();
      return 0;
    }
    queue.release();
    this.waiting = false;
    // 5.4.6.2: at least one byte, and the device may give fewer than were asked for.
    const length = queue.usedLength;
    if (length === 0) {
      this.fail();
      return 0;
    }
    this.hal.addEntropy(length === REQUEST_BYTES ? this.buffer : this.buffer.slice(0, length));
    // The pool has it; nobody else is to find it here.
    for (let i = 0; i < REQUEST_BYTES; i++) this.buffer[i] = 0;
    this.fed += length;
    return length;
  }

  private fail(): void {
    this.failed = true;
    this.transport.reset();
  }
}
