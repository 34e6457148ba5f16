// The part of Web Crypto that packages use: digests and random bytes.

const DIGESTS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  "SHA-1": (bytes) => nativeSha1(bytes),
  "SHA-256": (bytes) => nativeSha256(bytes),
};

export const crypto = {
  subtle: {
    async digest(algorithm: string | { readonly name: string }, data: ArrayBuffer | Uint8Array): Promise<ArrayBuffer> {
      const name = typeof algorithm === "string" ? algorithm : algorithm.name;
      const digest = DIGESTS[name.toUpperCase()];
      if (digest === undefined) throw new Error(`crypto.subtle.digest: ${name} is not implemented`);
      return digest(data instanceof Uint8Array ? data : new Uint8Array(data)).buffer as ArrayBuffer;
    },
  },

  /** Throws while the machine has no entropy: nothing may go on with guessable bytes. */
  getRandomValues<T extends ArrayBufferView>(into: T): T {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    if (!nativeRandom(bytes, 0, bytes.length)) throw new Error("no entropy source");
    return into;
  },
};
