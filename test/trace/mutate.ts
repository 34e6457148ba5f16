// Mutants of a trace, by seed: frames lost, doubled, swapped, cut, lengthened, with bits flipped, with fields set to what
// tends to break things, most of them with their checksums mended so that they get past them; and time that jumps.

import { readU16, writeU16, writeU32 } from "../../stack/base/bytes.ts";
import { fold } from "../../stack/base/checksum.ts";
import { copyBytes, sumBytes } from "../../stack/base/native.ts";
import { Random } from "../support/random.ts";
import {
  FRAME_LIMIT,
  RECORD_ACTION,
  RECORD_END,
  RECORD_POLL,
  RECORD_VOUCHED,
  TraceReader,
  TraceWriter,
} from "./format.ts";

/** Polls of a mutant at most: what comes later in a trace is much the same. */
export const MUTANT_POLLS = 600;

export function mutate(trace: Uint8Array, seed: number): Uint8Array {
  const random = new Random(seed);
  const reader = new TraceReader(trace);
  // Recorded switches, or others: the peer's frames are the same, our answers are not.
  const writer = new TraceWriter(random.below(4) === 0 ? reader.switches ^ random.below(4) : reader.switches);
  // One frame in this many is changed.
  const rate = 2 + random.below(40);
  const frame = new Uint8Array(FRAME_LIMIT);
  const held = new Uint8Array(FRAME_LIMIT);
  let heldLength = 0;
  let polls = 0;
  for (let kind = reader.read(); kind !== RECORD_END && polls < MUTANT_POLLS; kind = reader.read()) {
    if (kind === RECORD_POLL) {
      polls++;
      writer.poll(random.below(rate * 8) === 0 ? jump(random) : reader.value);
      continue;
    }
    if (kind === RECORD_ACTION) {
      if (random.below(rate) !== 0) writer.action(reader.value);
      continue;
    }
    let { length } = reader;
    const vouched = kind === RECORD_VOUCHED;
    copyBytes(frame, 0, reader.bytes, reader.offset, length);
    if (random.below(rate) === 0) {
      switch (random.below(10)) {
        case 0: // lost
          continue;
        case 1: // doubled
          writer.frame(frame, 0, length, vouched);
          break;
        case 2: // held back until the next frame has gone
          copyBytes(held, 0, frame, 0, length);
          heldLength = length;
          continue;
        default:
          length = damage(frame, length, random);
      }
    }
    writer.frame(frame, 0, length, vouched);
    if (heldLength > 0) writer.frame(held, 0, heldLength, false);
    heldLength = 0;
  }
  return writer.take();
}

/** Some microseconds, some seconds, or long enough for every timer. */
export function jump(random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.below(1000);
    case 1:
      return random.below(300_000);
    case 2:
      return random.below(5_000_000);
    default:
      return random.below(200_000_000);
  }
}

/** Changes the frame in one to three ways; its new length. */
export function damage(frame: Uint8Array, before: number, random: Random): number {
  let length = before;
  const ways = 1 + random.below(3);
  for (let i = 0; i < ways; i++) {
    switch (random.below(6)) {
      case 0:
        flip(frame, length, random);
        break;
      case 1:
        length = random.below(length + 1);
        break;
      case 2:
        length = lengthen(frame, length, random);
        break;
      case 3:
        randomRun(frame, length, random);
        break;
      default:
        setField(frame, length, random);
    }
  }
  if (random.below(4) !== 0) mendChecksums(frame, length);
  return length;
}

function flip(frame: Uint8Array, length: number, random: Random): void {
  if (length === 0) return;
  const at = random.below(length);
  frame[at] = frame[at]! ^ (1 << random.below(8));
}

function lengthen(frame: Uint8Array, length: number, random: Random): number {
  const longer = Math.min(FRAME_LIMIT, length + random.below(random.below(8) === 0 ? FRAME_LIMIT : 64));
  for (let i = length; i < longer; i++) frame[i] = random.below(256);
  return longer;
}

function randomRun(frame: Uint8Array, length: number, random: Random): void {
  const start = random.below(length + 1);
  const end = Math.min(length, start + random.below(16));
  for (let i = start; i < end; i++) frame[i] = random.below(256);
}

const IP = 14;

/** Sets one field of Ethernet, IPv4, TCP, UDP, ICMP or ARP, or a byte of what they carry. */
function setField(frame: Uint8Array, length: number, random: Random): void {
  if (length < IP + 20) return;
  const l4 = IP + (frame[IP]! & 15) * 4;
  const field = random.below(20);
  const at = fieldOffset(field, l4);
  if (at + 4 > length) return;
  switch (field) {
    case 0: // EtherType
    case 2: // total length
    case 3: // fragment
    case 7: // ports
    case 10: // window
    case 12: // urgent pointer, ICMP id
    case 13: // UDP length, ICMP sequence, TCP seq
      writeU16(frame, at, interesting(random));
      break;
    case 8: // sequence number: near its old value, so that it still matters
    case 9:
      writeU16(frame, at + 2, readU16(frame, at + 2) + random.below(4000) - 2000);
      break;
    case 11:
      writeU32(frame, at, interesting(random) * 65_536 + interesting(random));
      break;
    case 14: // options: kind and length
      frame[at] = random.below(9);
      frame[at + 1] = random.below(4) === 0 ? random.below(256) : random.below(12);
      break;
    case 15:
      frame[at] = random.below(256);
      break;
    default:
      frame[at] = random.below(2) === 0 ? random.below(256) : interesting(random);
  }
}

function fieldOffset(field: number, l4: number): number {
  switch (field) {
    case 0:
      return 12;
    case 1: // version and header length
      return IP;
    case 2:
      return IP + 2;
    case 3:
      return IP + 6;
    case 4: // protocol
      return IP + 9;
    case 5: // source
      return IP + 12;
    case 6: // destination
      return IP + 16;
    case 7:
      return l4;
    case 8: // sequence
      return l4 + 4;
    case 9: // acknowledgment
      return l4 + 8;
    case 10:
      return l4 + 14;
    case 11:
      return l4 + 8;
    case 12:
    case 13:
      return l4 + 4;
    case 14:
      return l4 + 20;
    case 15: // a byte of options or payload
      return l4 + 24;
    case 16: // header length of TCP
    case 17:
      return l4 + 12;
    case 18: // flags
      return l4 + 13;
    default:
      return l4 + 8;
  }
}

/** Numbers at the edges. */
function interesting(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return 0xffff;
    case 2:
      return 0x8000;
    case 3:
      return 0x7fff;
    case 4:
      return 0x2000;
    case 5:
      return random.below(64);
    default:
      return random.below(65_536);
  }
}

/** Makes the sums of IPv4, and of TCP, UDP and ICMP where the packet is whole, right for what is there now. */
export function mendChecksums(frame: Uint8Array, length: number): void {
  if (length < IP + 20 || frame[12] !== 8 || frame[13] !== 0) return;
  const headerLength = (frame[IP]! & 15) * 4;
  if (headerLength < 20 || IP + headerLength > length) return;
  writeU16(frame, IP + 10, 0);
  writeU16(frame, IP + 10, 0xffff ^ sumBytes(frame, IP, headerLength, 0));
  const l4 = IP + headerLength;
  const l4Length = Math.min(readU16(frame, IP + 2), length - IP) - headerLength;
  const protocol = frame[IP + 9]!;
  const sumAt = l4 + (protocol === 6 ? 16 : protocol === 17 ? 6 : 2);
  if (l4Length < 8 || sumAt + 2 > l4 + l4Length) return;
  if (protocol !== 6 && protocol !== 17 && protocol !== 1) return;
  writeU16(frame, sumAt, 0);
  let sum = 0;
  if (protocol !== 1) sum = fold(sumBytes(frame, IP + 12, 8, 0) + protocol + l4Length);
  sum = 0xffff ^ fold(sumBytes(frame, l4, l4Length, sum));
  writeU16(frame, sumAt, sum === 0 ? 0xffff : sum);
}
