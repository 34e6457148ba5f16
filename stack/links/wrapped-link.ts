/// <reference path="../base/native.d.ts" />
// A link that is another one to its host, and passes on what it is asked for. Those that do something besides are made of it.

import { FrameReceiver, Link, NO_PAYLOAD } from "../base/link.ts";
import type { Instant } from "../base/result.ts";

export class WrappedLink extends Link {
  protected readonly inner: Link;

  constructor(inner: Link) {
    super();
    this.inner = inner;
    this.mac = inner.mac;
    this.mtu = inner.mtu;
    this.checksumOffload = inner.checksumOffload;
    this.segmentOffload = inner.segmentOffload;
    this.segmentOffload6 = inner.segmentOffload6;
    this.slots = inner.slots;
    this.up = inner.up;
  }

  override reserve(): number {
    return this.inner.reserve();
  }

  override send(
    slot: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const { inner } = this;
    inner.checksumStart = this.checksumStart;
    inner.checksumOffset = this.checksumOffset;
    inner.segmentSize = this.segmentSize;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    inner.send(slot, headLength, payload, payloadOffset, payloadLength);
  }

  override flush(): void {
    this.inner.flush();
  }

  override poll(receiver: FrameReceiver, now: Instant): boolean {
    const more = this.inner.poll(receiver, now);
    this.up = this.inner.up;
    return more;
  }

  override lostIn(): number {
    return this.inner.lostIn();
  }

  override lostOut(): number {
    return this.inner.lostOut();
  }

  override nextDeadline(): Instant {
    return this.inner.nextDeadline();
  }
}

/** A frame that passes, in the one or two pieces in which it lies. One object is filled again and again. */
export class PassingFrame {
  /** By us; otherwise it has come. */
  sent = false;
  /** When the host last polled. */
  at: Instant = 0;
  head: Uint8Array = NO_PAYLOAD;
  headOffset = 0;
  headLength = 0;
  payload: Uint8Array = NO_PAYLOAD;
  payloadOffset = 0;
  payloadLength = 0;

  /** What lies on the wire; of a segment that the card cuts (TSO), all of it. */
  get length(): number {
    return this.headLength + this.payloadLength;
  }

  /** Writes the first `length` bytes of it at `at`. */
  copy(into: Uint8Array, at: number, length: number): void {
    const head = Math.min(length, this.headLength);
    nativeCopy(into, at, this.head, this.headOffset, head);
    nativeCopy(into, at + head, this.payload, this.payloadOffset, length - head);
  }
}

/** Bytes of a frame in which lies what a line says of it: all headers, and what DHCP and DNS have behind theirs. */
export const SHOWN_LENGTH = 384;

export abstract class FrameObserver {
  /** A frame passes: look at it during the call. Those sent have no checksum yet where the card makes it. */
  abstract frame(frame: PassingFrame): void;
}

/** Shows each frame to an observer before it goes on. */
export class ObservedLink extends WrappedLink {
  private readonly observer: FrameObserver;
  private readonly frame = new PassingFrame();
  private readonly receiver: ObservedReceiver;

  constructor(inner: Link, observer: FrameObserver) {
    super(inner);
    this.observer = observer;
    this.receiver = new ObservedReceiver(observer);
  }

  override send(
    slot: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const { frame } = this;
    frame.sent = true;
    frame.head = this.slots;
    frame.headOffset = slot;
    frame.headLength = headLength;
    frame.payload = payload;
    frame.payloadOffset = payloadOffset;
    frame.payloadLength = payloadLength;
    this.observer.frame(frame);
    super.send(slot, headLength, payload, payloadOffset, payloadLength);
  }

  override poll(receiver: FrameReceiver, now: Instant): boolean {
    // A step between two others may have been later: the clock of what is seen does not go back.
    const at = Math.max(this.frame.at, now);
    this.frame.at = at;
    this.receiver.frame.at = at;
    this.receiver.to = receiver;
    return super.poll(this.receiver, now);
  }
}

/** Takes nothing: whom frames go to before the first poll. */
export class NoReceiver extends FrameReceiver {
  override receive(_bytes: Uint8Array, _offset: number, _length: number, _checksumValid: boolean): void {}
}

class ObservedReceiver extends FrameReceiver {
  readonly frame = new PassingFrame();
  /** The host, during a poll. */
  to: FrameReceiver = new NoReceiver();
  private readonly observer: FrameObserver;

  constructor(observer: FrameObserver) {
    super();
    this.observer = observer;
  }

  override receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    const { frame } = this;
    frame.head = bytes;
    frame.headOffset = offset;
    frame.headLength = length;
    this.observer.frame(frame);
    this.to.receive(bytes, offset, length, checksumValid);
  }
}
