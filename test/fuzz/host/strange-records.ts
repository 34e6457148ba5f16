// What a stranger does to the records of TLS in the clear: in place of a flight, or between two.

import { readU16, writeU16 } from "../../../stack/base/bytes.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import type { Random } from "../../support/random.ts";
import { joined, requestBytes } from "./requests.ts";

const HEADER = 5;
const HANDSHAKE = 22;
/** Lengths where something may change. */
const LENGTHS: readonly number[] = [0, 1, 2, 4, 31, 32, 33, 255, 256, 16_384, 16_385, 16_640, 16_641, 65_535];

/** The flight as it is not meant to be. */
export function damaged(random: Random, flight: Uint8Array): Uint8Array {
  if (flight.length < HEADER + 4) return joined(flight, strangeRecord(random));
  switch (random.below(12)) {
    case 0:
      return flight.slice(0, random.below(flight.length));
    case 1:
      return joined(strangeRecord(random), flight);
    case 2:
      return joined(flight, strangeRecord(random));
    case 3:
      return joined(flight, flight);
    case 4:
      return withLength(random, flight);
    case 5:
      return longer(random, flight);
    case 6:
      return shorter(random, flight);
    case 7:
      // Its sender has the wrong door.
      return requestBytes(random);
    case 8:
    case 9:
      return inPieces(random, flight);
    default:
      return flipped(random, flight);
  }
}

/** The same handshake messages in more records, which is as good; what is not a handshake's stays. */
export function inPieces(random: Random, flight: Uint8Array): Uint8Array {
  const most = 1 + random.below(random.below(2) === 0 ? 8 : 400);
  const pieces = new Uint8Array(flight.length * 6);
  let at = 0;
  let to = 0;
  while (at + HEADER <= flight.length) {
    const length = Math.min(readU16(flight, at + 3), flight.length - at - HEADER);
    const size = flight[at]! === HANDSHAKE ? most : Math.max(1, length);
    for (let done = 0; done < length; done += size) {
      const part = Math.min(size, length - done);
      copyBytes(pieces, to, flight, at, 3);
      writeU16(pieces, to + 3, part);
      copyBytes(pieces, to + HEADER, flight, at + HEADER + done, part);
      to += HEADER + part;
    }
    at += HEADER + length;
  }
  return pieces.slice(0, to);
}

/** A record that belongs nowhere. */
export function strangeRecord(random: Random): Uint8Array {
  const type = random.below(6) === 0 ? random.below(256) : 20 + random.below(5);
  const length = random.below(5) === 0 ? LENGTHS[random.below(LENGTHS.length)]! : random.below(60);
  // Now and then its end is long in coming.
  const sent = random.below(3) === 0 ? random.below(length + 1) : length;
  const record = new Uint8Array(HEADER + sent);
  record[0] = type;
  writeU16(record, 1, random.below(8) === 0 ? random.below(65_536) : 0x0303);
  writeU16(record, 3, length);
  if (type === 20) for (let i = HEADER; i < record.length; i++) record[i] = 1;
  else if (type === HANDSHAKE) {
    const message = strangeMessage(random);
    copyBytes(record, HEADER, message, 0, Math.min(sent, message.length));
  } else for (let i = HEADER; i < record.length; i++) record[i] = random.below(4);
  return record;
}

/** A handshake message out of nowhere: of any type, as long as it says or not. */
export function strangeMessage(random: Random): Uint8Array {
  const length = random.below(4) === 0 ? LENGTHS[random.below(LENGTHS.length - 4)]! : random.below(40);
  const message = new Uint8Array(4 + length);
  const said = random.below(4) === 0 ? random.below(300) : length;
  message[0] = random.below(4) === 0 ? random.below(256) : random.below(26);
  writeU16(message, 2, said);
  for (let i = 4; i < message.length; i++) message[i] = random.below(3) === 0 ? random.below(256) : random.below(3);
  return message;
}

function flipped(random: Random, flight: Uint8Array): Uint8Array {
  const copy = flight.slice(0, flight.length);
  for (let times = random.below(4); times >= 0; times--) {
    const at = random.below(copy.length);
    copy[at] = copy[at]! ^ (1 << random.below(8));
  }
  return copy;
}

/** Two bytes, of which there is a good chance that they are a length. */
function withLength(random: Random, flight: Uint8Array): Uint8Array {
  const copy = flight.slice(0, flight.length);
  const at = random.below(copy.length - 1);
  const was = readU16(copy, at);
  const is = random.below(2) === 0 ? LENGTHS[random.below(LENGTHS.length)]! : was + random.below(9) - 4;
  writeU16(copy, at, is & 0xffff);
  return copy;
}

/** More in the midst of the first record, whose lengths follow. */
function longer(random: Random, flight: Uint8Array): Uint8Array {
  const more = 1 + random.below(random.below(8) === 0 ? 3000 : 20);
  const at = HEADER + 4 + random.below(Math.max(1, flight.length - HEADER - 4));
  const all = new Uint8Array(flight.length + more);
  copyBytes(all, 0, flight, 0, at);
  for (let i = at; i < at + more; i++) all[i] = random.below(256);
  copyBytes(all, at + more, flight, at, flight.length - at);
  return follow(all, more);
}

function shorter(random: Random, flight: Uint8Array): Uint8Array {
  const at = HEADER + 4 + random.below(Math.max(1, flight.length - HEADER - 4));
  const less = Math.min(1 + random.below(20), flight.length - at);
  const all = new Uint8Array(flight.length - less);
  copyBytes(all, 0, flight, 0, at);
  copyBytes(all, at, flight, at + less, flight.length - at - less);
  return follow(all, -less);
}

function follow(flight: Uint8Array, change: number): Uint8Array {
  writeU16(flight, 3, (readU16(flight, 3) + change) & 0xffff);
  if (flight[0]! === HANDSHAKE) writeU16(flight, 7, (readU16(flight, 7) + change) & 0xffff);
  return flight;
}
