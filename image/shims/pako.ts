// pako's interface, as far as isomorphic-git uses it, over the native inflate and deflate. The bundler puts this module
// in pako's place.

/** What one stream may become: half of the memory that is left, so that a bomb fails instead of the machine. */
const limit = (): number => Math.max(0, Math.floor((nativeHeapLimit() - nativeHeapUsed()) / 2));

const DEFLATE_LEVEL = 6;
const DAMAGED = "zlib stream damaged, cut short or too large";

/**
 * Inflates the stream at the start of a pack's remaining bytes; `strm.avail_in` then counts what follows it. All of
 * the stream must be in one push: isomorphic-git has the whole pack in memory.
 */
class Inflate {
  result: Uint8Array | undefined;
  err = 0;
  msg = "";
  readonly strm = { avail_in: 0 };

  push(chunk: Uint8Array): boolean {
    const result = nativeInflate(chunk, 0, limit());
    if (result === undefined) {
      this.err = -3; // Z_DATA_ERROR
      this.msg = DAMAGED;
      return false;
    }
    this.strm.avail_in = chunk.length - nativeInflateConsumed();
    this.result = result;
    return true;
  }
}

export default {
  Inflate,
  /** Throws a string when the stream is damaged, as pako does. */
  inflate(bytes: Uint8Array): Uint8Array {
    const result = nativeInflate(bytes, 0, limit());
    if (result === undefined) throw DAMAGED;
    return result;
  },
  deflate: (bytes: Uint8Array): Uint8Array => nativeDeflate(bytes, DEFLATE_LEVEL),
};
