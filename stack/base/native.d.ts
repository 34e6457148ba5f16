// What of C the data path may call: the primitives on whole buffers, and the fields of headers. One of four pages
// (cryptography.d.ts; drivers/native.d.ts: the hardware; image/native.d.ts: the machine), which together are the whole surface
// between TypeScript and C; nothing else of the machine is reachable. A room refers to its own page, and a page to those below.
//
// The pages are also the description that image/build/natives.ts reads: what C gets is checked as the types here say, and
// the code that does so is generated from them (image/build/glue.ts), for the engine and for the compiled side. Behind
// it each function is written once: `platform_...` (image/runtime/platform.h) where there is one of its name, else
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
/** The offset of a field of `Size` bytes. */
type Field<Size extends number> = number;

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
