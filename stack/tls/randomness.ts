/// <reference path="../base/cryptography.d.ts" />
// Where random bytes come from. A protocol takes them from the abstract class; tests have one that says what it is told.

import { copyBytes, zeroBytes } from "../base/native.ts";
import { AES_256_GCM, CHACHA20_POLY1305 } from "./codes.ts";
import { wipe } from "./key-schedule.ts";
import { hashRange } from "./transcript.ts";

export abstract class Randomness {
  /** Fills the whole array with bytes that nobody can foresee. */
  abstract fill(into: Uint8Array): void;
}

const KEY_LENGTH = 32;
const POOL_LENGTH = 1024;
const HEADER = 5;
const OVERHEAD = 22;

/**
 * A generator under a seed: a cipher's key stream, whose first bytes are the key of the next run, so that who learns the
 * state learns nothing of what was given out before ("fast key erasure").
 */
export class Generator extends Randomness {
  readonly #suite: number;
  readonly #key: Uint8Array = new Uint8Array(KEY_LENGTH);
  readonly #state: Uint8Array = new Uint8Array(640);
  readonly #iv: Uint8Array = new Uint8Array(12);
  /** A sealed record of zeros: its content is the key stream. */
  readonly #pool: Uint8Array = new Uint8Array(POOL_LENGTH + OVERHEAD);
  readonly #zeros: Uint8Array = new Uint8Array(POOL_LENGTH);
  #at = POOL_LENGTH;

  /** `seed`: 32 bytes or more of a cryptographic generator, used for nothing else. */
  constructor(seed: Uint8Array) {
    super();
    if (seed.length < KEY_LENGTH) throw new RangeError("a seed has 32 bytes or more");
    this.#suite = nativeHasAes() ? AES_256_GCM : CHACHA20_POLY1305;
    this.add(seed);
  }

  /** Mixes in what is random, or at least new: entropy that has come, a machine's generation after it was copied. */
  add(seed: Uint8Array): void {
    const both = new Uint8Array(KEY_LENGTH + seed.length);
    both.set(this.#key);
    both.set(seed, KEY_LENGTH);
    const mixed = hashRange(0, both, 0, both.length);
    copyBytes(this.#key, 0, mixed, 0, KEY_LENGTH);
    wipe(both);
    wipe(mixed);
    this.#refill();
  }

  override fill(into: Uint8Array): void {
    let done = 0;
    while (done < into.length) {
      if (this.#at === POOL_LENGTH) this.#refill();
      const length = Math.min(into.length - done, POOL_LENGTH - this.#at);
      copyBytes(into, done, this.#pool, HEADER + this.#at, length);
      zeroBytes(this.#pool, HEADER + this.#at, length);
      this.#at += length;
      done += length;
    }
  }

  #refill(): void {
    nativeAeadInit(this.#suite, this.#state, this.#key);
    nativeSeal(this.#state, this.#iv, 0, 0, POOL_LENGTH, this.#zeros, 0, POOL_LENGTH, this.#pool, 0);
    copyBytes(this.#key, 0, this.#pool, HEADER, KEY_LENGTH);
    zeroBytes(this.#pool, HEADER, KEY_LENGTH);
    this.#at = KEY_LENGTH;
  }
}
