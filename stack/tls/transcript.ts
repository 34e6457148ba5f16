/// <reference path="../base/cryptography.d.ts" />
// The running hash over a handshake's messages (RFC 8446 4.4.1). The suite, and with it the hash, must be known: so it
// begins when there is a ServerHello.

import { zeroBytes } from "../base/native.ts";
import { hashLength, MESSAGE_HASH } from "./codes.ts";
import type { Messages } from "./messages.ts";

const STATE_LENGTH = 224;
const DIGEST_ROOM = 48;

export class Transcript {
  readonly algorithm: number;
  readonly #state: Uint8Array = new Uint8Array(STATE_LENGTH);

  constructor(algorithm: number) {
    this.algorithm = algorithm;
    nativeHashInit(algorithm, this.#state);
  }

  add(bytes: Uint8Array, offset: number, length: number): void {
    nativeHashUpdate(this.algorithm, this.#state, bytes, offset, length);
  }

  /** The first of the messages. */
  addMessage(message: Messages): void {
    this.add(message.bytes, message.offset, message.length);
  }

  /** The hash so far: an array of its length. */
  digest(): Uint8Array {
    const room = new Uint8Array(DIGEST_ROOM);
    nativeHashPeek(this.algorithm, this.#state, room, 0);
    return room.subarray(0, hashLength(this.algorithm));
  }

  /** After a HelloRetryRequest: begins with this hash of the first ClientHello in its place. */
  beginRetried(firstHello: Uint8Array): void {
    nativeHashInit(this.algorithm, this.#state);
    this.add(new Uint8Array([MESSAGE_HASH, 0, 0, firstHello.length]), 0, 4);
    this.add(firstHello, 0, firstHello.length);
  }

  wipe(): void {
    zeroBytes(this.#state, 0, STATE_LENGTH);
    nativeHashInit(this.algorithm, this.#state);
  }
}

/** The hash of one range. */
export function hashRange(algorithm: number, bytes: Uint8Array, offset: number, length: number): Uint8Array {
  const transcript = new Transcript(algorithm);
  transcript.add(bytes, offset, length);
  return transcript.digest();
}
