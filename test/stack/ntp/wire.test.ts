import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeU32 } from "../../../stack/base/bytes.ts";
import {
  decodeAnswer,
  encodeQuestion,
  HEADER_LENGTH,
  NTP_NOT_AN_ANSWER,
  NTP_OTHER_QUESTION,
  NTP_REFUSED,
  NTP_TRUNCATED,
  NTP_UNSYNCHRONISED,
  NtpAnswer,
} from "../../../stack/ntp/wire.ts";
import { hex } from "../../support/bytes.ts";

const HIGH = 0x01234567;
const LOW = 0x89abcdef;
/** 2026-11-27 23:00:00 UTC, in seconds since 1900. */
const SECONDS = 1_795_820_400 + 2_208_988_800;

function store(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
}

/** A good answer; `change` spoils it. */
function answerOf(change: (bytes: Uint8Array) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH);
  bytes[0] = 0x24;
  bytes[1] = 2;
  writeU32(bytes, 4, 0x0400);
  writeU32(bytes, 8, 0x0800);
  writeU32(bytes, 24, HIGH);
  writeU32(bytes, 28, LOW);
  writeU32(bytes, 32, SECONDS);
  writeU32(bytes, 36, 0x80000000);
  writeU32(bytes, 40, SECONDS);
  writeU32(bytes, 44, 0xc0000000);
  change(bytes);
  return bytes;
}

const decoded = new NtpAnswer();
const decodeError = (bytes: Uint8Array): number => decodeAnswer(bytes, 0, bytes.length, HIGH, LOW, decoded);

describe("SNTP", () => {
  test("a question tells the server nothing but what it must repeat", () => {
    const bytes = hex("ee".repeat(HEADER_LENGTH));
    encodeQuestion(bytes, HIGH, LOW);
    expect(bytes).toEqual(hex(`23${"00".repeat(39)}0123456789abcdef`));
  });

  test("an answer is read, behind other bytes as well", () => {
    const bytes = answerOf();
    const behind = new Uint8Array(HEADER_LENGTH + 27);
    behind.set(bytes, 7);
    for (const at of [0, 7]) {
      expect(decodeAnswer(at === 0 ? bytes : behind, at, HEADER_LENGTH, HIGH, LOW, decoded)).toBe(0);
      expect(decoded.receivedMs).toBe(1_795_820_400_500);
      expect(decoded.sentMs).toBe(1_795_820_400_750);
      expect(decoded.stratum).toBe(2);
    }
  });

  test("times behind 2036 are of the next era", () => {
    const bytes = answerOf((b) => {
      writeU32(b, 32, 0);
      writeU32(b, 40, 0);
    });
    expect(decodeError(bytes)).toBe(0);
    // 2036-02-07T06:28:16.500Z
    expect(decoded.receivedMs).toBe(2_085_978_496_500);
  });

  test("what is no good answer is not believed", () => {
    const expectError = (error: number, change: (bytes: Uint8Array) => void): void => {
      expect(decodeError(answerOf(change))).toBe(error);
    };
    const first = (value: number): void => expectError(NTP_NOT_AN_ANSWER, (b) => store(b, 0, value));
    // A question, a broadcast, versions 2 and 5.
    first(0x23);
    first(0x25);
    first(0x14);
    first(0x2c);
    expectError(NTP_OTHER_QUESTION, (b) => writeU32(b, 24, HIGH + 1));
    expectError(NTP_OTHER_QUESTION, (b) => writeU32(b, 28, LOW + 1));
    // A kiss of death.
    expectError(NTP_REFUSED, (b) => store(b, 1, 0));
    // Leap indicator 3, stratum 16.
    expectError(NTP_UNSYNCHRONISED, (b) => store(b, 0, 0xe4));
    expectError(NTP_UNSYNCHRONISED, (b) => store(b, 1, 16));
    // Root delay and dispersion of a second, a negative delay.
    expectError(NTP_UNSYNCHRONISED, (b) => writeU32(b, 4, 0x10000));
    expectError(NTP_UNSYNCHRONISED, (b) => writeU32(b, 8, 0x10000));
    expectError(NTP_UNSYNCHRONISED, (b) => writeU32(b, 4, 0xffffffff));
    // No time at all; answered before it was asked.
    expectError(NTP_UNSYNCHRONISED, (b) => {
      writeU32(b, 40, 0);
      writeU32(b, 44, 0);
    });
    expectError(NTP_UNSYNCHRONISED, (b) => writeU32(b, 44, 0));
  });

  test("version 3, stratum 15, leap warnings and root delay just below a second are taken", () => {
    for (const first of [0x1c, 0x64, 0xa4]) expect(decodeError(answerOf((b) => store(b, 0, first)))).toBe(0);
    expect(decodeError(answerOf((b) => store(b, 1, 15)))).toBe(0);
    expect(decodeError(answerOf((b) => writeU32(b, 4, 0xffff)))).toBe(0);
  });

  test("what is cut is not read; what stands behind the header is left alone", () => {
    for (let length = 0; length < HEADER_LENGTH; length++)
      expect(decodeAnswer(answerOf(), 0, length, HIGH, LOW, decoded)).toBe(NTP_TRUNCATED);
    const longer = new Uint8Array(HEADER_LENGTH + 100);
    longer.set(answerOf());
    expect(decodeError(longer)).toBe(0);
  });

  test("any bytes give an error or a time", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        if (decodeError(bytes) === 0) expect(Number.isFinite(decoded.sentMs)).toBe(true);
      }),
    );
  });
});
