/// <reference path="../stack/base/native.d.ts" />
// What of C the drivers may call, besides what stack/base/native.d.ts has: the hardware, and a TAP device. That page says
// how these are read.

/** How many bytes an access to hardware has: 1, 2 or 4. */
type Width = number;

// ---- Entropy -----------------------------------------------------------------------------------------------------

/** Mixes the bytes into the entropy pool; `credit` says that they come from a device made for this (virtio-rng). */
declare function nativeAddEntropy(bytes: Uint8Array, credit: boolean): void;

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
/** Where messages (MSI-X) to the local APIC are written; 0: there is none. Its vectors 0x30 to 0xef are the drivers'. */
declare function nativeMessageAddress(): number;

/** The port of the PM1 event registers of ACPI (6.4, 4.8.3.1), and above 16 bits how many bytes they have; 0: none. */
declare function nativePowerEvents(): number;

// ---- Xen (drivers; `virtual` only) -------------------------------------------------------------------------------

/** A hypercall: its result, negative errnos included; -38 (ENOSYS) where there is no Xen. Pointers are nativeAddressOf. */
declare function nativeHypercall(number: Whole<0, 63>, a: Uint53, b: Uint53, c: Uint53): number;
/** The address of the page that Xen shares with us (shared_info), 0 where there is no Xen. */
declare function nativeXenShared(): number;
/** The machine has been suspended and goes on: the shared page is asked for again, and the clocks are put right. */
declare function nativeXenResumed(): void;

// ---- TAP device (`process` only) ---------------------------------------------------------------------------------

/** Opens the TAP of this name with IFF_VNET_HDR (a 12-byte virtio_net_hdr before each frame). Returns 0 or an errno. */
declare function nativeTapOpen(name: string): number;
/** What is to be known of the TAP that is open, as bits: 1 it is up, 2 opening it has made it; above them its MTU, 0: not known. */
declare function nativeTapState(): number;
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
