/// <reference path="../base/cryptography.d.ts" />
// Tickets (RFC 8446 4.6.1): the state of a session, sealed under a key that only this machine has and that no disk ever
// sees. The key is changed every TICKET_LIFETIME; the one before still opens its tickets for as long as they live.
//
//   key     4   which key
//   number  6   of the ticket under it: the nonce
//   sealed      suite (2), issued (6, milliseconds), secret (32 or 48), name
//
// It is sealed as a record is, which is what natives do.

import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from "../base/bytes.ts";
import { copyBytes, latin1 } from "../base/native.ts";
import { type Instant, MILLISECOND } from "../base/result.ts";
import { AES_256_GCM, APPLICATION_DATA, CHACHA20_POLY1305, hashLength, hashOf, isSuite } from "./codes.ts";
import { ascii, NO_SECRET, SECRET_ROOM, type Secret, wipe } from "./key-schedule.ts";
import { MOST_TICKET, TICKET_LIFETIME } from "./limits.ts";
import type { Randomness } from "./randomness.ts";

const NUMBER = 4;
const SEALED = 10;
const RECORD_OVERHEAD = 22;
const RECORD_CONTENT = 5;
const ISSUED = 2;
const SECRET = 8;
const MOST_NAME = 255;

/** What a ticket says. */
export class Ticket {
  suite = 0;
  issued: Instant = 0;
  /** The key for psk_dhe_ke; its own. */
  secret: Secret = NO_SECRET;
  /** The server's name in the handshake that it came of. */
  name = "";
}

class TicketKey {
  readonly name: number;
  readonly state: Uint8Array = new Uint8Array(640);
  readonly iv: Uint8Array = new Uint8Array(12);
  readonly madeAt: Instant;
  count = 0;

  constructor(random: Randomness, suite: number, now: Instant) {
    const key = new Uint8Array(32);
    random.fill(key);
    random.fill(this.iv);
    nativeAeadInit(suite, this.state, key);
    wipe(key);
    const name = new Uint8Array(4);
    random.fill(name);
    this.name = readU32(name, 0);
    this.madeAt = now;
  }
}

export class Tickets {
  readonly #random: Randomness;
  readonly #suite: number;
  /** The newest first; two at most. */
  #keys: TicketKey[] = [];

  constructor(random: Randomness) {
    this.#random = random;
    this.#suite = nativeHasAes() ? AES_256_GCM : CHACHA20_POLY1305;
  }

  /** A ticket; a name that is too long gives an empty one. */
  seal(ticket: Ticket, now: Instant): Uint8Array {
    const secretLength = hashLength(hashOf(ticket.suite));
    const length = SECRET + secretLength + ticket.name.length;
    if (ticket.name.length > MOST_NAME) return NO_SECRET;
    this.#rotate(now);
    const key = this.#keys[0]!;
    const plain = new Uint8Array(length);
    writeU16(plain, 0, ticket.suite);
    writeU48(plain, ISSUED, Math.floor(ticket.issued / MILLISECOND));
    copyBytes(plain, SECRET, ticket.secret, 0, secretLength);
    copyBytes(plain, SECRET + secretLength, ascii(ticket.name), 0, ticket.name.length);
    const sealed = new Uint8Array(SEALED + length + RECORD_OVERHEAD);
    writeU32(sealed, 0, key.name);
    writeU48(sealed, NUMBER, key.count);
    nativeSeal(key.state, key.iv, key.count, APPLICATION_DATA, MOST_TICKET, plain, 0, length, sealed, SEALED);
    key.count++;
    wipe(plain);
    return sealed;
  }

  /** Whether the ticket is one of ours that still lives; then `ticket` has what it says. */
  open(identity: Uint8Array, ticket: Ticket, now: Instant): boolean {
    if (identity.length < SEALED + RECORD_OVERHEAD + SECRET || identity.length > MOST_TICKET) return false;
    this.#rotate(now);
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i]!;
      if (key.name === readU32(identity, 0)) return open(key, identity, ticket, now);
    }
    return false;
  }

  /** No ticket that was given out before is opened again. */
  renew(): void {
    for (const key of this.#keys) wipe(key.state);
    this.#keys = [];
  }

  #rotate(now: Instant): void {
    const keys = this.#keys;
    if (keys.length > 0 && now - keys[0]!.madeAt < TICKET_LIFETIME) return;
    const key = new TicketKey(this.#random, this.#suite, now);
    const before: TicketKey[] = [key];
    for (let i = 0; i < keys.length; i++) {
      // The last ticket of the one before was made less than TICKET_LIFETIME after the key was.
      if (i === 0 && now - keys[i]!.madeAt < 2 * TICKET_LIFETIME) before.push(keys[i]!);
      else wipe(keys[i]!.state);
    }
    this.#keys = before;
  }
}

function open(key: TicketKey, identity: Uint8Array, ticket: Ticket, now: Instant): boolean {
  const length = identity.length - SEALED;
  const record = new Uint8Array(length);
  copyBytes(record, 0, identity, SEALED, length);
  const opened = nativeOpen(key.state, key.iv, readU48(identity, NUMBER), record, 0, length);
  if (opened < 0) return false;
  const plainLength = Math.floor(opened / 256);
  ticket.suite = readU16(record, RECORD_CONTENT);
  if (!isSuite(ticket.suite)) return false;
  const secretLength = hashLength(hashOf(ticket.suite));
  if (plainLength < SECRET + secretLength) return false;
  ticket.issued = readU48(record, RECORD_CONTENT + ISSUED) * MILLISECOND;
  ticket.secret = new Uint8Array(SECRET_ROOM);
  copyBytes(ticket.secret, 0, record, RECORD_CONTENT + SECRET, secretLength);
  const nameAt = RECORD_CONTENT + SECRET + secretLength;
  ticket.name = latin1(record, nameAt, plainLength - SECRET - secretLength);
  wipe(record);
  return now - ticket.issued <= TICKET_LIFETIME;
}
