/// <reference path="../base/cryptography.d.ts" />
// The protection of records in one direction (RFC 8446 5.2, 5.3, 7.3): a traffic secret, the cipher made of it, and the
// number of the next record.

import { AES_128_GCM, hashOf, NO_SUITE } from "./codes.ts";
import { ascii, NO_SECRET, type Secret, updateTraffic, wipe } from "./key-schedule.ts";
import { MOST_CONTENT } from "./limits.ts";

const STATE_LENGTH = 640;
const IV_LENGTH = 12;
const KEY_ROOM = 32;
const KEY: Uint8Array = ascii("key");
const IV: Uint8Array = ascii("iv");
const NOTHING: Uint8Array = new Uint8Array(0);

export class TrafficKeys {
  /** NO_SUITE: records are not protected. */
  readonly suite: number;
  /** Its own: wiped with the rest. */
  readonly #secret: Secret;
  readonly #state: Uint8Array;
  readonly #iv: Uint8Array;
  /** Of the next record; never wraps (5.3): keys are changed long before. */
  sequence = 0;
  /** Content of the records that are sealed, at most. */
  fragment = MOST_CONTENT;

  constructor(suite: number, secret: Secret) {
    this.suite = suite;
    this.#secret = secret;
    this.#state = suite === NO_SUITE ? NOTHING : new Uint8Array(STATE_LENGTH);
    this.#iv = suite === NO_SUITE ? NOTHING : new Uint8Array(IV_LENGTH);
    if (suite !== NO_SUITE) this.#makeKeys();
  }

  get none(): boolean {
    return this.suite === NO_SUITE;
  }

  /** Moves on to the next traffic secret (7.2). */
  update(): void {
    updateTraffic(hashOf(this.suite), this.#secret);
    this.#makeKeys();
    this.sequence = 0;
  }

  /** A run of records of this type (see nativeSeal), in the array from `intoOffset` on. Returns the bytes written. */
  seal(type: number, bytes: Uint8Array, offset: number, length: number, into: Uint8Array, intoOffset: number): number {
    const { fragment, sequence } = this;
    this.sequence += Math.max(1, Math.ceil(length / fragment));
    return nativeSeal(this.#state, this.#iv, sequence, type, fragment, bytes, offset, length, into, intoOffset);
  }

  /** See nativeOpen. What is not authentic does not count. */
  open(bytes: Uint8Array, offset: number, length: number): number {
    const opened = nativeOpen(this.#state, this.#iv, this.sequence, bytes, offset, length);
    if (opened !== -1) this.sequence++;
    return opened;
  }

  wipe(): void {
    wipe(this.#secret);
    wipe(this.#state);
    wipe(this.#iv);
  }

  #makeKeys(): void {
    const algorithm = hashOf(this.suite);
    const key = new Uint8Array(KEY_ROOM);
    const length = this.suite === AES_128_GCM ? 16 : KEY_ROOM;
    nativeHkdfExpandLabel(algorithm, this.#secret, KEY, NOTHING, key.subarray(0, length));
    nativeHkdfExpandLabel(algorithm, this.#secret, IV, NOTHING, this.#iv);
    nativeAeadInit(this.suite, this.#state, key);
    wipe(key);
  }
}

/** Stands where records are not protected. */
export const UNPROTECTED: TrafficKeys = new TrafficKeys(NO_SUITE, NO_SECRET);
