// sha.js/sha1.js, as far as isomorphic-git uses it: it hashes a pack that it sends piece by piece.

import { Buffer } from "./buffer.ts";

export default class Sha1 {
  readonly #parts: Uint8Array[] = [];

  update(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  digest(): Uint8Array;
  digest(encoding: "hex"): string;
  digest(encoding?: "hex"): Uint8Array | string {
    const digest = Buffer.from(nativeSha1(Buffer.concat(this.#parts)));
    return encoding === undefined ? digest : digest.toString(encoding);
  }
}
