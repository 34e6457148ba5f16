/// <reference path="../base/native.d.ts" />
// Keeps frames that pass as records of a pcap file, within a bound, until somebody takes them:
//
//   const writer = new PcapWriter(memory, snapLength);
//   const link = new ObservedLink(card, writer);
//   const records = writer.take(most);                 the next ones, oldest first
//   dateRecords(records, offset);                      what a file has
//
// When there is no room the newest frame is left out, and counted: how something began is what people look for.

import { OmittedFlows } from "./omitted-flows.ts";
import { encodeRecordHeader, PcapRecord, RECORD_HEADER, recordAt } from "./pcap.ts";
import { FrameObserver, type PassingFrame } from "./wrapped-link.ts";

/** Added to the time of a record: the frame was sent by us. (Half of what 32 bits of seconds can say.) */
export const SENT = 0x80000000 * 1_000_000;

/** Bytes in which lie the headers that tell of what flow a frame is. */
const HEADERS = 96;

export class PcapWriter extends FrameObserver {
  /** Whose frames are left out. */
  readonly omitted = new OmittedFlows();
  /** Frames for which there was no room, since the count was last set to 0. */
  lost = 0;

  private bytes: Uint8Array;
  private ended = false;
  private readonly snapLength: number;
  private start = 0;
  private end = 0;
  private readonly record = new PcapRecord();
  /** The beginning of a frame, which may come in two pieces. */
  private readonly headers: Uint8Array = new Uint8Array(HEADERS);

  /** `memory`: bytes for what waits; `snapLength`: bytes that are kept of a frame. */
  constructor(memory: number, snapLength: number) {
    super();
    this.bytes = new Uint8Array(memory);
    this.snapLength = snapLength;
  }

  override frame(frame: PassingFrame): void {
    if (this.ended) return;
    const { length } = frame;
    const looked = Math.min(length, HEADERS);
    frame.copy(this.headers, 0, looked);
    if (this.omitted.has(this.headers, 0, looked)) return;
    const captured = Math.min(length, this.snapLength);
    const at = this.room(RECORD_HEADER + captured);
    if (at < 0) {
      this.lost++;
      return;
    }
    frame.copy(this.bytes, at + RECORD_HEADER, captured);
    encodeRecordHeader(this.bytes, at, frame.at + (frame.sent ? SENT : 0), captured, length);
    this.end = at + RECORD_HEADER + captured;
  }

  /**
   * The next records, whole ones, up to `most` bytes unless one alone is longer; empty: there are none. Their times are
   * Instants, to which SENT is added.
   */
  take(most: number): Uint8Array {
    let until = this.start;
    while (until < this.end) {
      recordAt(this.bytes, until, this.record);
      const next = until + RECORD_HEADER + this.record.captured;
      if (next - this.start > most && until > this.start) break;
      until = next;
    }
    const records = this.bytes.slice(this.start, until);
    this.start = until;
    if (this.start === this.end) {
      this.start = 0;
      this.end = 0;
      if (this.ended) this.bytes = new Uint8Array(0);
    }
    return records;
  }

  /** Keeps no further frames. The memory is given back when what waits has been taken. */
  finish(): void {
    this.ended = true;
  }

  /** Where `length` bytes have room; -1: nowhere. */
  private room(length: number): number {
    if (this.end + length > this.bytes.length && this.start > 0) {
      nativeCopy(this.bytes, 0, this.bytes, this.start, this.end - this.start);
      this.end -= this.start;
      this.start = 0;
    }
    return this.end + length > this.bytes.length ? -1 : this.end;
  }
}

/**
 * Makes records that were taken those of a file, in place: `offset` is what an Instant lacks to microseconds since 1970. How
 * many there are.
 */
export function dateRecords(records: Uint8Array, offset: number): number {
  const record = new PcapRecord();
  let count = 0;
  for (let at = 0; at < records.length; at += RECORD_HEADER + record.captured) {
    recordAt(records, at, record);
    const time = record.time >= SENT ? record.time - SENT : record.time;
    encodeRecordHeader(records, at, time + offset, record.captured, record.length);
    count++;
  }
  return count;
}
