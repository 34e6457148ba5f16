// What the appliance needs from below besides a Network. image/platform.ts makes one from the native functions;
// tests make theirs with a virtual clock.

export interface Platform {
  /** Microseconds since the start; never goes back. */
  now(): number;
  /** Milliseconds since 1970 UTC. */
  wallClock(): number;
  /** Resolves after this many milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Runs the callback once after this many milliseconds; the returned function cancels it. */
  timer(ms: number, callback: () => void): () => void;
  /** Random bytes, or undefined when the machine has no entropy. */
  random(length: number): Uint8Array | undefined;
  sha1(bytes: Uint8Array): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 in pieces: `update` as they come, `digest` once. */
  hmacSha256(key: Uint8Array): { update(bytes: Uint8Array): void; digest(): Uint8Array };
  gzip(bytes: Uint8Array, level: number): Uint8Array;
  /** Inflates one zlib stream at the offset; undefined when damaged or longer than the limit. */
  inflate(
    bytes: Uint8Array,
    offset: number,
    limit: number,
  ): { readonly bytes: Uint8Array; readonly consumed: number } | undefined;
  crc32(bytes: Uint8Array): number;
  utf8Encode(text: string): Uint8Array;
  /** The text of the whole array, or of the range. */
  utf8Decode(bytes: Uint8Array, offset?: number, length?: number): string;
  /** One character for each byte. */
  latin1Decode(bytes: Uint8Array, offset: number, length: number): string;
  console(text: string): void;
  powerOff(status: number): never;
  heapUsed(): number;
  heapLimit(): number;
  /** What could be had in one piece. */
  heapLargest(): number;
  /**
   * Calls `work` within a share (task.ts, which is what to use): it may take the heap down to `keep` free bytes, and
   * `most` units of work. "": it came to its end; else what was used up.
   */
  attempt(work: () => void, keep: number, most: number): "" | "memory" | "work";
  /** Units of work done since the start; one is well under a millisecond. Node counts none. */
  worked(): number;
  /** Gives back what is only held by itself. */
  collect(): void;
}
