// One TLS connection without its stream: a record goes in, what it means comes out, and what is to be sent lies in the
// channel. RFC 8446 5 (records), 6 (alerts), 4.6.3 (KeyUpdate); the handshake is a machine of its own (server.ts, client.ts).
//
//   const length = recordLength(bytes, offset, available);
//   switch (connection.record(bytes, offset, length, now)) ... connection.channel.take() ...

import { readU16 } from "../base/bytes.ts";
import type { Instant } from "../base/result.ts";
import {
  BAD_RECORD_MAC,
  CLOSE_NOTIFY,
  DECODE_ERROR,
  FATAL,
  FINE,
  ILLEGAL_PARAMETER,
  RECORD_OVERFLOW,
  UNEXPECTED_MESSAGE,
  USER_CANCELED,
  WARNING,
} from "./alerts.ts";
import type { Channel } from "./channel.ts";
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  CLIENT_HELLO,
  FINISHED,
  HANDSHAKE,
  KEY_UPDATE,
  SERVER_HELLO,
  TLS_1_2,
  UPDATE_NOT_REQUESTED,
  UPDATE_REQUESTED,
} from "./codes.ts";
import type { Handshake } from "./handshake.ts";
import { MOST_CONTENT, MOST_EMPTY_RECORDS, MOST_KEY_UPDATES, MOST_WARNINGS, RECORD_HEADER } from "./limits.ts";
import { Messages } from "./messages.ts";

// What a record was.
/** Nothing that the user of the connection would see. */
export const TAKEN = 0;
/** Data: `dataLength` bytes at `dataOffset` of the array that the record lay in. */
export const DATA = 1;
/** The peer's side has ended in order. */
export const ENDED = 2;
/** The peer has broken off: `alert` says why. */
export const BROKEN = 3;
/** The peer was wrong, an alert that says so is in the channel, `alert`: the connection is over. */
export const FAILED = 4;

export class Connection {
  readonly channel: Channel;
  readonly handshake: Handshake;
  readonly #messages: Messages = new Messages();
  dataOffset = 0;
  dataLength = 0;
  /** The alert that ended it, ours or the peer's. */
  alert = FINE;
  /** The peer wants our keys changed before we write anything else: `answerUpdate`. */
  updateDue = false;
  #emptyRecords = 0;
  #keyUpdates = 0;
  #warnings = 0;

  constructor(channel: Channel, handshake: Handshake) {
    this.channel = channel;
    this.handshake = handshake;
  }

  /** A whole record, its header included, opened in place. */
  record(bytes: Uint8Array, offset: number, length: number, now: Instant): number {
    const type = bytes[offset]!;
    if (type === CHANGE_CIPHER_SPEC) return this.#changeCipherSpec(bytes, offset, length);
    const { channel, handshake } = this;
    if (channel.reading.none) {
      if (type !== APPLICATION_DATA)
        return this.#content(type, bytes, offset + RECORD_HEADER, length - RECORD_HEADER, now);
      // Early data before a second ClientHello (4.2.10).
      return this.#skip(length) ? TAKEN : this.fail(UNEXPECTED_MESSAGE);
    }
    if (type !== APPLICATION_DATA) {
      // A client that could not take our hello has no keys to say so.
      if (type === ALERT && channel.reading.sequence === 0 && !handshake.complete)
        return this.#content(type, bytes, offset + RECORD_HEADER, length - RECORD_HEADER, now);
      return this.fail(UNEXPECTED_MESSAGE);
    }
    // 5.2: always this one; what has not been agreed on yet may say otherwise (5.1).
    if (readU16(bytes, offset + 1) !== TLS_1_2) return this.fail(DECODE_ERROR);
    const opened = channel.reading.open(bytes, offset, length);
    if (opened === -1) {
      return this.#skip(length) ? TAKEN : this.fail(BAD_RECORD_MAC);
    }
    channel.skippable = 0;
    // 5.2, 5.4: content, its type and padding are one byte longer than content may be.
    if (length - RECORD_HEADER - 16 > MOST_CONTENT + 1) return this.fail(RECORD_OVERFLOW);
    if (opened === -2) return this.fail(UNEXPECTED_MESSAGE);
    return this.#content(opened & 0xff, bytes, offset + RECORD_HEADER, Math.floor(opened / 256), now);
  }

  /** Bytes held for handshake messages that have not come whole. */
  get buffered(): number {
    return this.#messages.capacity;
  }

  /** Our side ends in order (6.1). */
  end(): void {
    this.channel.alert(CLOSE_NOTIFY, true);
  }

  /** Changes the keys that we write with (4.6.3). */
  updateKeys(request: boolean): void {
    const { channel } = this;
    channel.messages.append(new Uint8Array([KEY_UPDATE, 0, 0, 1, request ? UPDATE_REQUESTED : UPDATE_NOT_REQUESTED]));
    channel.flush();
    channel.writing.update();
  }

  /** Does what `updateDue` says. */
  answerUpdate(): void {
    if (!this.updateDue || this.channel.ended) return;
    this.updateDue = false;
    this.updateKeys(false);
  }

  /** The peer was wrong: says so, and ends. */
  fail(alert: number): number {
    this.alert = alert;
    this.channel.alert(alert, true);
    this.#messages.clear();
    return FAILED;
  }

  /** Nothing of it is used any more. */
  wipe(): void {
    this.#messages.clear();
    this.handshake.wipe();
    this.channel.wipe();
  }

  #skip(length: number): boolean {
    const { channel } = this;
    // An empty record costs something as well.
    const cost = Math.max(1, length - RECORD_HEADER);
    if (channel.skippable < cost) return false;
    channel.skippable -= cost;
    return true;
  }

  /** 5: means nothing between the first ClientHello and the peer's Finished, and may not come otherwise. */
  #changeCipherSpec(bytes: Uint8Array, offset: number, length: number): number {
    const whole = length === RECORD_HEADER + 1 && bytes[offset + RECORD_HEADER]! === 1;
    if (!whole || !this.handshake.started || this.handshake.complete || this.#messages.pending > 0)
      return this.fail(UNEXPECTED_MESSAGE);
    return this.#empty();
  }

  /** A record that says nothing: there may be some. */
  #empty(): number {
    this.#emptyRecords++;
    return this.#emptyRecords > MOST_EMPTY_RECORDS ? this.fail(UNEXPECTED_MESSAGE) : TAKEN;
  }

  #content(type: number, bytes: Uint8Array, offset: number, length: number, now: Instant): number {
    if (type !== HANDSHAKE && this.#messages.pending > 0) return this.fail(UNEXPECTED_MESSAGE);
    switch (type) {
      case APPLICATION_DATA:
        if (!this.handshake.complete) return this.fail(UNEXPECTED_MESSAGE);
        if (length === 0) return this.#empty();
        this.#emptyRecords = 0;
        this.#keyUpdates = 0;
        this.dataOffset = offset;
        this.dataLength = length;
        return DATA;
      case HANDSHAKE:
        if (length === 0) return this.fail(UNEXPECTED_MESSAGE);
        this.#emptyRecords = 0;
        this.#messages.add(bytes, offset, length);
        return this.#readMessages(now);
      case ALERT:
        return this.#readAlert(bytes, offset, length);
      default:
        return this.fail(UNEXPECTED_MESSAGE);
    }
  }

  #readAlert(bytes: Uint8Array, offset: number, length: number): number {
    if (length === 0) return this.fail(UNEXPECTED_MESSAGE);
    if (length !== 2) return this.fail(DECODE_ERROR);
    const level = bytes[offset]!;
    if (level !== WARNING && level !== FATAL) return this.fail(ILLEGAL_PARAMETER);
    const description = bytes[offset + 1]!;
    if (description === CLOSE_NOTIFY) {
      // Before the handshake is done there is nothing that could end in order.
      if (this.handshake.complete) return ENDED;
      this.alert = CLOSE_NOTIFY;
      return BROKEN;
    }
    if (description === USER_CANCELED) {
      this.#warnings++;
      return this.#warnings > MOST_WARNINGS ? this.fail(UNEXPECTED_MESSAGE) : TAKEN;
    }
    // 6: whatever its level says; but one that is sent as a warning is malformed, and its sender may go on.
    if (level === WARNING) this.channel.alert(DECODE_ERROR, true);
    this.alert = description;
    this.channel.ended = true;
    return BROKEN;
  }

  #readMessages(now: Instant): number {
    const messages = this.#messages;
    const { handshake } = this;
    while (messages.pending > 0) {
      const limit = handshake.limit(messages.type);
      if (limit === 0) return this.fail(UNEXPECTED_MESSAGE);
      if (messages.length > limit) return this.fail(DECODE_ERROR);
      if (!messages.ready) return TAKEN;
      // 5.1: a message before new keys is the last of its record; who has said hello waits for what the other says.
      if (messages.pending > messages.length && endsRecord(messages.type)) return this.fail(UNEXPECTED_MESSAGE);
      const alert = this.#readMessage(now);
      if (alert !== FINE) return this.fail(alert);
      messages.drop();
    }
    return TAKEN;
  }

  #readMessage(now: Instant): number {
    const messages = this.#messages;
    const { bytes, offset, length } = messages;
    if (messages.type !== KEY_UPDATE || !this.handshake.complete) return this.handshake.message(messages, now);
    if (length !== 5) return DECODE_ERROR;
    const request = bytes[offset + 4]!;
    if (request !== UPDATE_REQUESTED && request !== UPDATE_NOT_REQUESTED) return ILLEGAL_PARAMETER;
    this.#keyUpdates++;
    if (this.#keyUpdates > MOST_KEY_UPDATES) return UNEXPECTED_MESSAGE;
    this.channel.reading.update();
    // Answered once, however often it is asked before that leaves.
    if (request === UPDATE_REQUESTED) this.updateDue = true;
    return FINE;
  }
}

/** Whether nothing may follow a message of this type in its record. */
function endsRecord(type: number): boolean {
  return type === CLIENT_HELLO || type === SERVER_HELLO || type === FINISHED || type === KEY_UPDATE;
}
