// The records of one connection, both ways, as its handshake writes and its keys protect them. What is to be sent collects
// here as whole records until it is taken.

import { FATAL, WARNING } from "./alerts.ts";
import { ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE } from "./codes.ts";
import { MOST_CONTENT, SEALED_OVERHEAD } from "./limits.ts";
import { type TrafficKeys, UNPROTECTED } from "./traffic-keys.ts";
import { Writer } from "./wire/writer.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

export class Channel {
  /** Handshake messages that are in no record yet: under the keys as they are. */
  readonly messages: Writer = new Writer(0);
  readonly #records: Writer = new Writer(0);
  writing: TrafficKeys = UNPROTECTED;
  reading: TrafficKeys = UNPROTECTED;
  /** Content of a record that the peer takes (RFC 8449). */
  fragment = MOST_CONTENT;
  /** Bytes of early data that may still be skipped (RFC 8446 4.2.10). */
  skippable = 0;
  /** An alert has ended our side: nothing more is written. */
  ended = false;

  /** The version in the headers of records in the clear: 0x0301 for a first ClientHello (5.1). */
  #version = 0x0303;

  /** The next records in the clear are a first ClientHello's. */
  beginAsClient(): void {
    this.#version = 0x0301;
  }

  /** Records from here on carry these keys; messages before them do not. The keys before are wiped. */
  protectWriting(keys: TrafficKeys): void {
    this.flush();
    this.writing.wipe();
    this.writing = keys;
  }

  protectReading(keys: TrafficKeys): void {
    this.reading.wipe();
    this.reading = keys;
  }

  /** For middleboxes (D.4): means nothing. */
  changeCipherSpec(): void {
    this.flush();
    this.#header(CHANGE_CIPHER_SPEC, 1);
    this.#records.u8(1);
  }

  /** Nothing is written behind it. */
  alert(description: number, last: boolean): void {
    if (this.ended) return;
    this.flush();
    const level = description === 0 || !last ? WARNING : FATAL;
    this.#write(ALERT, new Uint8Array([level, description]), 0, 2);
    this.ended = last;
  }

  /** Puts the messages written into records. */
  flush(): void {
    const { messages } = this;
    if (messages.length > 0) this.#write(HANDSHAKE, messages.bytes, 0, messages.length);
    messages.length = 0;
    this.#version = 0x0303;
  }

  get pending(): boolean {
    return this.#records.length > 0 || this.messages.length > 0;
  }

  /** All that is to be sent, as an array of its own. */
  take(): Uint8Array {
    this.flush();
    const bytes = this.#records.length === 0 ? NOTHING : this.#records.copy();
    this.#records.release();
    this.messages.release();
    return bytes;
  }

  wipe(): void {
    this.protectReading(UNPROTECTED);
    this.writing.wipe();
    this.writing = UNPROTECTED;
  }

  #write(type: number, bytes: Uint8Array, offset: number, length: number): void {
    const records = this.#records;
    if (!this.writing.none) {
      records.reserve(length + Math.ceil(length / this.fragment) * SEALED_OVERHEAD);
      this.writing.fragment = this.fragment;
      records.length += this.writing.seal(type, bytes, offset, length, records.bytes, records.length);
      return;
    }
    for (let at = 0; at < length; at += this.fragment) {
      const part = Math.min(this.fragment, length - at);
      this.#header(type, part);
      records.range(bytes, offset + at, part);
    }
  }

  #header(type: number, length: number): void {
    this.#records.u8(type);
    this.#records.u16(this.#version);
    this.#records.u16(length);
  }
}
