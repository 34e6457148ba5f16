// The header before every frame of virtio-net and of a TAP with IFF_VNET_HDR. Read: VIRTIO 1.2, 5.1.6 (struct
// virtio_net_hdr), 5.1.6.2 (transmission), 5.1.6.4 (reception). Fields are little-endian.

/** With VERSION_1 always 12 bytes, num_buffers included (5.1.6). */
export const NET_HEADER_SIZE = 12;

const FLAGS = 0;
const GSO_TYPE = 1;
const HEADER_LENGTH = 2;
const GSO_SIZE = 4;
const CHECKSUM_START = 6;
const CHECKSUM_OFFSET = 8;
const BUFFERS = 10;

const FLAG_NEEDS_CHECKSUM = 1;
const FLAG_DATA_VALID = 2;
const GSO_NONE = 0;
const GSO_TCPV4 = 1;

/**
 * Writes what the device is asked to do. `checksumStart` 0: nothing. Otherwise it completes the checksum at
 * `checksumStart + checksumOffset`, and with a `segmentSize` cuts the TCP payload behind `headLength` bytes.
 */
export function encodeNetHeader(
  bytes: Uint8Array,
  at: number,
  checksumStart: number,
  checksumOffset: number,
  segmentSize: number,
  headLength: number,
): void {
  if (checksumStart === 0) {
    // 5.1.6.2.1: without NEEDS_CSUM and GSO the other fields say nothing; num_buffers is 0. But a TAP refuses the frame
    // when an old hdr_len in the slot is longer than the frame.
    bytes[at + FLAGS] = 0;
    bytes[at + GSO_TYPE] = GSO_NONE;
    bytes[at + HEADER_LENGTH] = 0;
    bytes[at + HEADER_LENGTH + 1] = 0;
  } else {
    bytes[at + FLAGS] = FLAG_NEEDS_CHECKSUM;
    bytes[at + GSO_TYPE] = segmentSize === 0 ? GSO_NONE : GSO_TCPV4;
    bytes[at + HEADER_LENGTH] = headLength & 255;
    bytes[at + HEADER_LENGTH + 1] = headLength >>> 8;
    bytes[at + GSO_SIZE] = segmentSize & 255;
    bytes[at + GSO_SIZE + 1] = segmentSize >>> 8;
    bytes[at + CHECKSUM_START] = checksumStart & 255;
    bytes[at + CHECKSUM_START + 1] = checksumStart >>> 8;
    bytes[at + CHECKSUM_OFFSET] = checksumOffset & 255;
    bytes[at + CHECKSUM_OFFSET + 1] = checksumOffset >>> 8;
  }
  bytes[at + BUFFERS] = 0;
  bytes[at + BUFFERS + 1] = 0;
}

/** 5.1.6.4.1: the device has verified the checksum, or the frame never left the host and has none to verify. */
export function checksumVouched(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + FLAGS]! & (FLAG_NEEDS_CHECKSUM | FLAG_DATA_VALID)) !== 0;
}

/** Buffers that the frame was spread over (MRG_RXBUF). */
export function bufferCount(bytes: Uint8Array, at: number): number {
  return bytes[at + BUFFERS]! | (bytes[at + BUFFERS + 1]! << 8);
}
