// The whole surface between TypeScript and C, on one page. Nothing else of the machine is reachable.
//
// It is also the description that image/build/natives.ts reads: what C gets is checked as the types here say, and the
// code that does so is generated from them (image/build/glue.ts), for the engine and for the compiled side. Behind it
// each function is written once: `platform_...` (image/runtime/platform.h) where there is one of its name, else
// `native_...` (natives.h, bindings.c). What a target does not have is not defined there, as on Node (native-node.ts).
//
// An array followed by its `offset` (or `nameOffset`) is a range: as many bytes as `length` (`nameLength`) says, or the
// size of the Field, or the rest of the array. `@least` names an array that has to have so many bytes. A caller's mistake
// is a RangeError (compiled: ends the machine).

/** A whole number from `Least` to `Most`. */
type Whole<Least extends number, Most extends number> = number;
type Uint16 = Whole<0, 0xffff>;
type Uint32 = Whole<0, 0xffffffff>;
type Uint53 = Whole<0, 0x1fffffffffffff>;
/** Any number: its integer part modulo 2^32 (ECMA-262 7.1.7). */
type ToUint32 = number;
/** How many bytes an access to hardware has: 1, 2 or 4. */
type Width = number;
/** The offset of a field of `Size` bytes. */
type Field<Size extends number> = number;
/** Whole microseconds since the machine was entered; never goes back. As an argument any number: Infinity is "never". */
type Instant = number;

// ---- Whole-buffer primitives -------------------------------------------------------------------------------------

/** Copies `length` bytes; the ranges may overlap. */
declare function nativeCopy(
  into: Uint8Array,
  intoOffset: number,
  from: Uint8Array,
  fromOffset: number,
  length: number,
): void;
/** Sets `length` bytes to zero. */
declare function nativeZero(bytes: Uint8Array, offset: number, length: number): void;
/**
 * The ones' complement sum of RFC 1071, big-endian words, an odd last byte padded with zero on the right.
 * `sum` is a folded sum to go on from (0 to begin). Returns the folded 16-bit sum, NOT complemented.
 */
declare function nativeChecksum(bytes: Uint8Array, offset: number, length: number, sum: Uint16): number;
/** True when both ranges hold the same bytes. */
declare function nativeEqual(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean;
/**
 * Unsigned fields of 2 and 4 bytes, big-endian, and of 4 bytes little-endian. The one exception from "whole buffers": every
 * header is made of them, and four checked bytes cost ten times as much, compiled or not. The integer part of
 * a value is taken, modulo 2^16 or 2^32.
 */
declare function nativeLoad16(bytes: Uint8Array, offset: Field<2>): number;
declare function nativeLoad32(bytes: Uint8Array, offset: Field<4>): number;
declare function nativeStore16(bytes: Uint8Array, offset: Field<2>, value: ToUint32): void;
declare function nativeStore32(bytes: Uint8Array, offset: Field<4>, value: ToUint32): void;
declare function nativeLoadLittle32(bytes: Uint8Array, offset: Field<4>): number;
declare function nativeStoreLittle32(bytes: Uint8Array, offset: Field<4>, value: ToUint32): void;

/**
 * How many bytes from `offset` on, `length` at the most, have an entry other than 0 in the table.
 * @least table 256
 */
declare function nativeSpan(bytes: Uint8Array, offset: number, length: number, table: Uint8Array): number;
/**
 * SipHash-2-4 (Aumasson, Bernstein 2012) of the range under the key: the lower 32 bits, unsigned.
 * @least key 16
 */
declare function nativeSipHash(key: Uint8Array, bytes: Uint8Array, offset: number, length: number): number;

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
/** Wall clock: whole milliseconds since 1970 UTC. */
declare function nativeWallClock(): number;
/** Fills the range with random bytes; false while no entropy source has been found (nothing is written then). */
declare function nativeRandom(bytes: Uint8Array, offset: number, length: number): boolean;
/** Mixes the bytes into the entropy pool; `credit` says that they come from a device made for this (virtio-rng). */
declare function nativeAddEntropy(bytes: Uint8Array, credit: boolean): void;
/** Writes the text to the console as it is. */
declare function nativeConsole(text: string): void;
/** Ends the machine (or the process) with the status; 0 is an orderly end. Does not return. */
declare function nativePowerOff(status: ToUint32): never;
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
/** Runs the engine's cycle collector. */
declare function nativeCollect(): void;

// ---- Hardware (drivers; `virtual` only) --------------------------------------------------------------------------

/** I/O port access; the answer is unsigned. */
declare function nativePortRead(port: Uint16, size: Width): number;
declare function nativePortWrite(port: Uint16, size: Width, value: Uint32): void;
/** Device memory by physical address, which nativeMapDevice has mapped. */
declare function nativeDeviceRead(address: Uint53, size: Width): number;
declare function nativeDeviceWrite(address: Uint53, size: Width, value: Uint32): void;
/** Maps device memory uncached and not executable. False when it cannot (range overlaps memory, no page left). */
declare function nativeMapDevice(address: Uint53, length: Uint53): boolean;
/** The physical address of the array's first byte. Storage never moves; keep the array alive while a device has it. */
declare function nativeAddressOf(bytes: Uint8Array): number;
/** Orders memory against devices: full fence, and the compiler forgets what it has read. */
declare function nativeFence(): void;
/** Takes an interrupt vector for MSI-X: returns the message data; the message address is nativeMessageAddress(). -1: none left. */
declare function nativeTakeVector(): number;
declare function nativeMessageAddress(): number;

// ---- TAP device (`process` only) ---------------------------------------------------------------------------------

/** Opens the TAP of this name with IFF_VNET_HDR (a 12-byte virtio_net_hdr before each frame). Returns 0 or an errno. */
declare function nativeTapOpen(name: string): number;
/** What is to be known of the TAP that is open, as bits: 1 it is up, 2 opening it has made it. */
declare function nativeTapState(): number;
/** The identity of the host's installation (machine-id(5)), "" when it has none. */
declare function nativeMachineId(): string;
/** Sets the offloads (TUNSETOFFLOAD flags: 1 checksum, 2 TSO4, 4 TSO6). Returns 0 or an errno. */
declare function nativeTapOffload(flags: Uint16): number;
/** Reads one frame (header included) at the offset; its length, 0 when there is none, or a negative errno. */
declare function nativeTapRead(into: Uint8Array, offset: number, length: number): number;
/** Writes one frame from two ranges (writev): headers, then payload, which may be of length 0. 0 or an errno. */
declare function nativeTapWrite(
  head: Uint8Array,
  headOffset: number,
  headLength: number,
  payload: Uint8Array,
  payloadOffset: number,
  payloadLength: number,
): number;
