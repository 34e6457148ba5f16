/// <reference path="../native.d.ts" />
// The header before every frame of virtio-net and of a TAP with IFF_VNET_HDR. Read: VIRTIO 1.2, 5.1.6 (struct
// virtio_net_hdr), 5.1.6.2 (transmission), 5.1.6.4 (reception). Fields are little-endian.

/** With num_buffers at its end. */
export const NET_HEADER_SIZE = 12;
/** Without. */
export const SHORT_NET_HEADER_SIZE = 10;

/** 5.1.6, 5.1.6.1: num_buffers is always there with VERSION_1; in the legacy interface only when buffers are merged. */
export function netHeaderSize(modern: boolean, mergeable: boolean): number {
  return modern || mergeable ? NET_HEADER_SIZE : SHORT_NET_HEADER_SIZE;
}

const FLAGS = 0;
const GSO_SIZE = 4;
const CHECKSUM_OFFSET = 8;
const BUFFERS = 10;

const FLAG_NEEDS_CHECKSUM = 1;
const FLAG_DATA_VALID = 2;
const GSO_NONE = 0;
const GSO_TCPV4 = 1;
const GSO_TCPV6 = 4;
/** Where the TCP header of a frame of IPv6 begins; IPv4's is before it, since we send it without options. */
const IPV6_START = 54;

/** What begins at `checksumStart` is a segment of IPv6. */
export function segmentOf6(checksumStart: number): boolean {
  return checksumStart >= IPV6_START;
}

/**
 * Writes what the device is asked to do; ten bytes, since num_buffers is 0 in what is sent (5.1.6.2) and nobody else writes
 * there. `checksumStart` 0: nothing. Otherwise it completes the checksum at
 * `checksumStart + checksumOffset`, and with a `segmentSize` cuts the TCP payload. `headLength` covers the headers at
 * least (5.1.6.2: without GUEST_HDRLEN a hint).
 */
export function encodeNetHeader(
  bytes: Uint8Array,
  at: number,
  checksumStart: number,
  checksumOffset: number,
  segmentSize: number,
  headLength: number,
): void {
  // All of it each time: a TAP refuses a frame that is shorter than an hdr_len left in its slot.
  if (checksumStart === 0) {
    nativeStoreLittle32(bytes, at, 0);
    nativeStoreLittle32(bytes, at + GSO_SIZE, 0);
    nativeStore16(bytes, at + CHECKSUM_OFFSET, 0);
    return;
  }
  const type = segmentSize === 0 ? GSO_NONE : segmentOf6(checksumStart) ? GSO_TCPV6 : GSO_TCPV4;
  nativeStoreLittle32(bytes, at, headLength * 0x10000 + type * 0x100 + FLAG_NEEDS_CHECKSUM);
  nativeStoreLittle32(bytes, at + GSO_SIZE, checksumStart * 0x10000 + segmentSize);
  // Little-endian, and an offset within a header is one byte.
  nativeStore16(bytes, at + CHECKSUM_OFFSET, checksumOffset * 256);
}

/** 5.1.6.4.1: the device has verified the checksum, or the frame never left the host and has none to verify. */
export function checksumVouched(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + FLAGS]! & (FLAG_NEEDS_CHECKSUM | FLAG_DATA_VALID)) !== 0;
}

/** Buffers that the frame was spread over (MRG_RXBUF). */
export function bufferCount(bytes: Uint8Array, at: number): number {
  return bytes[at + BUFFERS]! | (bytes[at + BUFFERS + 1]! << 8);
}
