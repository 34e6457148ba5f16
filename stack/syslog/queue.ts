// Messages on their way to a collector over a stream, each behind its length (octet counting: RFC 6587 3.4.1; over TLS the
// same, RFC 5425 4.3), and what of them waits while the collector is away.
//
// There are two buffers. One is filled, the other is under way until the collector's host has acknowledged all of it; when
// the stream breaks before that, it is sent again from its start over the next one. So a message may come twice, and none is
// lost but for those that find no room: they are counted.

import { copyBytes } from "../base/native.ts";

/** Bytes of each of the two buffers. */
export const QUEUE_BYTES = 65_536;
/** Of a buffer, what is left to the machine's own messages: requests, which strangers cause, never take it. */
export const OWN_BYTES = 16_384;

const ZERO = 0x30;
const BLANK = 0x20;

export class MessageQueue {
  /** Messages that found no room. */
  dropped = 0;
  /** What is under way, or is to be; `length` bytes of it. */
  sending: Uint8Array = new Uint8Array(QUEUE_BYTES);
  length = 0;
  private filling: Uint8Array = new Uint8Array(QUEUE_BYTES);
  private filled = 0;

  /** Takes a copy of a message; `own`: of the machine itself. False: there is no room, and it is counted as dropped. */
  put(bytes: Uint8Array, offset: number, length: number, own: boolean): boolean {
    let digits = 1;
    for (let rest = length; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    const room = (own ? QUEUE_BYTES : QUEUE_BYTES - OWN_BYTES) - this.filled;
    if (digits + 1 + length > room) {
      this.dropped++;
      return false;
    }
    const { filling } = this;
    let rest = length;
    for (let i = digits - 1; i >= 0; i--) {
      filling[this.filled + i] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    filling[this.filled + digits] = BLANK;
    copyBytes(filling, this.filled + digits + 1, bytes, offset, length);
    this.filled += digits + 1 + length;
    return true;
  }

  /** Has `sending` hold what is to be sent next, when nothing is under way; whether there is anything. */
  take(): boolean {
    if (this.length === 0 && this.filled > 0) {
      const { sending } = this;
      this.sending = this.filling;
      this.length = this.filled;
      this.filling = sending;
      this.filled = 0;
    }
    return this.length > 0;
  }

  /** What was under way has arrived. */
  arrived(): void {
    this.length = 0;
  }

  /** Bytes that wait or are under way. */
  get held(): number {
    return this.length + this.filled;
  }
}
