/// <reference path="../stack/base/native.d.ts" />
/// <reference path="../stack/base/cryptography.d.ts" />
/// <reference path="../drivers/native.d.ts" />
// What of C the machine's own code may call, besides what the pages of stack/base and drivers have. The first of them says
// how these are read.

/** Whole microseconds since the machine was entered; never goes back. As an argument any number: Infinity is "never". */
type Instant = number;

// ---- Hashes and compression (above the seam) ---------------------------------------------------------------------

/** SHA-1 of the bytes, 20 bytes. */
declare function nativeSha1(bytes: Uint8Array): Uint8Array;
/** SHA-256 of the bytes, 32 bytes. */
declare function nativeSha256(bytes: Uint8Array): Uint8Array;
/** CRC-32 (ISO 3309), as an unsigned number; `crc` is 0 to begin. */
declare function nativeCrc32(bytes: Uint8Array, crc: Uint32): number;
/**
 * Inflates one zlib stream (RFC 1950) that begins at `offset`. Returns the output, or undefined when the stream is
 * damaged, cut short or longer than `limit` bytes. `nativeInflateConsumed()` then tells how many input bytes it took.
 */
declare function nativeInflate(bytes: Uint8Array, offset: number, limit: Uint53): Uint8Array | undefined;
declare function nativeInflateConsumed(): number;
/** Deflates into one zlib stream, level 1 to 12. */
declare function nativeDeflate(bytes: Uint8Array, level: Whole<1, 12>): Uint8Array;
/**
 * UTF-8 of the string, and the string of the UTF-8 in the range, as WHATWG Encoding has them (no BOM removed): a lone
 * surrogate and each damaged sequence become U+FFFD. C leaves both to the engine, which is less exact about what is
 * damaged; image/shims/utf8.ts, which comes before every program, sees to that.
 */
declare function nativeUtf8Encode(text: string): Uint8Array;
declare function nativeUtf8Decode(bytes: Uint8Array, offset: number, length: number): string;
/** One character per byte (Latin-1); for protocol text. */
declare function nativeLatin1Decode(bytes: Uint8Array, offset: number, length: number): string;

// ---- Time, entropy, console, power -------------------------------------------------------------------------------

/** Now. */
declare function nativeNow(): Instant;
/** Wall clock: whole milliseconds since 1970 UTC; since the machine was entered where no hypervisor told the date. */
declare function nativeWallClock(): number;
/** Fills the range with random bytes; false while no entropy source has been found (nothing is written then). */
declare function nativeRandom(bytes: Uint8Array, offset: number, length: number): boolean;
/** Writes the text to the console as it is. */
declare function nativeConsole(text: string): void;
/** Ends the machine (or the process) with the status; 0 is an orderly end. Does not return. */
declare function nativePowerOff(status: ToUint32): never;
/** Whether a fault begins the machine anew instead of ending it (`virtual` only). */
declare function nativeRestartOnPanic(wanted: boolean): void;
/** The kernel command line, or the process's arguments one a line. */
declare function nativeParameters(): string;
/** The text of the first boot module (`-initrd`); empty when there is none. */
declare function nativeModule(): string;
/** Where it runs: "virtual" or "process"; and by what it was entered: "kvm", "tcg", "xen", "bare", "linux". */
declare function nativeTarget(): string;
declare function nativeHypervisor(): string;
/**
 * Sleeps until an interrupt arrives (process: the TAP is readable) or the Instant has come; Infinity waits for an
 * interrupt alone. Returns at once when an interrupt came since the last call returned.
 */
declare function nativeSleep(until: Instant): void;
/**
 * Hands the loop over: when the program's module has been evaluated, C calls `step` for ever. `step` does what is due
 * and returns the Instant to sleep until (Infinity: until an interrupt). Promise jobs run before and after it; when
 * some ran, `step` is called again before sleeping, since they may have moved the deadline. A program that never calls
 * nativeRun ends, with status 0, after its module and the jobs that it left.
 */
declare function nativeRun(step: () => Instant): void;
/**
 * Last words: called once with the line of an uncaught exception, an unhandled rejection or out of memory, after it is
 * on the console and before the machine powers off. No job and no step runs any more: send what must be sent at once.
 */
declare function nativeOnPanic(callback: (line: string) => void): void;
/** Bytes in use on the C heap, bytes it may ever use, and the most ever in use. */
declare function nativeHeapUsed(): number;
declare function nativeHeapLimit(): number;
declare function nativeHeapPeak(): number;
/** What could be had in one piece, in bytes. */
declare function nativeHeapLargest(): number;
/** Allocations made so far, on both sides of the seam. */
declare function nativeHeapAllocations(): number;
/**
 * The longest that packets had to wait for the engine since the last call of this, in microseconds of processor time;
 * 0 where nothing is compiled.
 */
declare function nativeLongestWait(): number;
/**
 * Calls `work` as a task (appliance/task.ts): it may take the heap down to `keep` free bytes, and `most` units of work.
 * Returns "" when it came to its end, "memory" or "work" when that was used up before: then `work` has ended where it
 * stood, without its `catch` and `finally`, and what it held has been given back. What it throws itself is thrown on.
 * One task may call another, which gets no more than the first has.
 */
declare function nativeAttempt(work: () => void, keep: Uint53, most: Uint53): string;
/**
 * Units of work done since the start. One is what the engine does between two looks at the network: some 200 turns of
 * loops or calls, 64 KB of bytes looked at, 128 objects collected; always well under a millisecond.
 */
declare function nativeWorked(): number;
/** Bytes of the heap that are free in whole pages. */
declare function nativeHeapFree(): number;
/** Evaluates a chunk (image/build/chunks.ts): its exports. An exception where there is no memory for it now. */
declare function nativeChunk(number: Whole<1, 15>): unknown;
/** Runs the engine's cycle collector. */
declare function nativeCollect(): void;

// ---- TAP device (`process` only) ---------------------------------------------------------------------------------

/** The identity of the host's installation (machine-id(5)), "" when it has none. */
declare function nativeMachineId(): string;
