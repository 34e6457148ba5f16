import { beforeEach, describe, expect, test } from "vitest";
import type { Port } from "../../../stack/base/address.ts";
import { readU32, writeU32 } from "../../../stack/base/bytes.ts";
import { MILLISECOND, NEVER, SECOND } from "../../../stack/base/result.ts";
import {
  FIRST_TIMEOUT,
  NtpSink,
  QUESTIONS,
  RETRIES,
  RETRY_INTERVAL,
  Sntp,
  TIME_BUSY,
  TIME_NO_ANSWER,
  TIME_REFUSED,
  TIME_UNSYNCHRONISED,
} from "../../../stack/ntp/machine.ts";

const SERVER = "10.0.2.2";
/** 2026-11-27 23:00:00 UTC. */
const WALL_MS = 1_795_820_400_000;

class Recorder extends NtpSink {
  readonly sent: { port: Port; server: string; high: number; low: number }[] = [];
  readonly open: number[] = [];
  readonly told_: string[] = [];
  full = false;
  uncertain = -1;
  private seed = 1;

  random(): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.seed;
  }
  sendQuestion(port: Port, server: string, bytes: Uint8Array): boolean {
    if (this.full || this.open.includes(port)) return false;
    this.open.push(port);
    this.sent.push({ port, server, high: readU32(bytes, 40), low: readU32(bytes, 44) });
    return true;
  }
  closePort(port: Port): void {
    this.open.splice(this.open.indexOf(port), 1);
  }
  told(token: number, wallMs: number, uncertainMs: number, error: number): void {
    this.told_.push(error === 0 ? `${token}: ${wallMs}` : `${token}: error ${error}`);
    this.uncertain = uncertainMs;
  }
}

let sink: Recorder;
let sntp: Sntp;
beforeEach(() => {
  sink = new Recorder();
  sntp = new Sntp();
});

/** An answer to the i-th question: received and sent at these milliseconds. */
function answer(index: number, receivedMs: number, sentMs: number, first = 0x24, stratum = 2): Uint8Array {
  const bytes = new Uint8Array(48);
  bytes[0] = first;
  bytes[1] = stratum;
  writeU32(bytes, 24, sink.sent[index]!.high);
  writeU32(bytes, 28, sink.sent[index]!.low);
  writeTime(bytes, 32, receivedMs);
  writeTime(bytes, 40, sentMs);
  return bytes;
}

function writeTime(bytes: Uint8Array, at: number, ms: number): void {
  writeU32(bytes, at, Math.floor(ms / 1000) + 2_208_988_800);
  writeU32(bytes, at + 4, Math.round(((ms % 1000) / 1000) * 4_294_967_296));
}

function inputAt(port: Port, bytes: Uint8Array, now: number): void {
  sntp.input(port, bytes, 0, bytes.length, now, sink);
}

function input(bytes: Uint8Array, now: number): void {
  inputAt(sink.sent[sink.sent.length - 1]!.port, bytes, now);
}

describe("a client of SNTP", () => {
  test("half of the way is added to the server's time, its own delay not", () => {
    sntp.ask(SERVER, 7, 1 * SECOND, sink);
    expect(sink.sent.length).toBe(1);
    expect(sink.sent[0]!.server).toBe(SERVER);
    expect(sink.sent[0]!.port).toBeGreaterThanOrEqual(49152);
    // 100 ms under way, of which the server took 40.
    input(answer(0, WALL_MS, WALL_MS + 40), 1 * SECOND + 100 * MILLISECOND);
    expect(sink.told_).toEqual([`7: ${WALL_MS + 40 + 30}`]);
    expect(Math.round(sink.uncertain * 1000)).toBe(30_000);
    expect(sink.open).toEqual([]);
    expect(sntp.nextDeadline()).toBe(NEVER);
  });

  test("what the server knows of its own clock is added to how wrong the answer may be", () => {
    sntp.ask(SERVER, 1, 0, sink);
    const bytes = answer(0, WALL_MS, WALL_MS);
    // Root delay 1/8 s, root dispersion 1/4 s.
    writeU32(bytes, 4, 0x2000);
    writeU32(bytes, 8, 0x4000);
    input(bytes, 20 * MILLISECOND);
    expect(Math.round(sink.uncertain * 1000)).toBe(322_500);
  });

  test("a server that claims to have taken longer than the whole way adds nothing", () => {
    sntp.ask(SERVER, 1, 0, sink);
    input(answer(0, WALL_MS, WALL_MS + 500), 100 * MILLISECOND);
    expect(sink.told_).toEqual([`1: ${WALL_MS + 500}`]);
  });

  test("nobody answers: three questions, each with a port and numbers of its own, waiting longer each time", () => {
    sntp.ask(SERVER, 1, 0, sink);
    const times: number[] = [];
    for (let now = 0; sntp.nextDeadline() !== NEVER; ) {
      now = sntp.nextDeadline();
      times.push(now);
      sntp.step(now, sink);
    }
    expect(times).toEqual([FIRST_TIMEOUT, 3 * FIRST_TIMEOUT, 5 * FIRST_TIMEOUT]);
    expect(sink.sent.length).toBe(QUESTIONS);
    for (let i = 1; i < QUESTIONS; i++) {
      expect(sink.sent[i]!.port).not.toBe(sink.sent[i - 1]!.port);
      expect(sink.sent[i]!.high).not.toBe(sink.sent[i - 1]!.high);
    }
    expect(sink.told_).toEqual([`1: error ${TIME_NO_ANSWER}`]);
    expect(sink.open).toEqual([]);
  });

  test("a step before its time changes nothing", () => {
    sntp.ask(SERVER, 1, 0, sink);
    sntp.step(FIRST_TIMEOUT - 1, sink);
    expect(sink.sent.length).toBe(1);
  });

  test("a late answer, one to another port and one that repeats other numbers are left alone", () => {
    sntp.ask(SERVER, 1, 0, sink);
    sntp.step(FIRST_TIMEOUT, sink);
    input(answer(0, WALL_MS, WALL_MS), FIRST_TIMEOUT + 1);
    inputAt(sink.sent[0]!.port, answer(1, WALL_MS, WALL_MS), FIRST_TIMEOUT + 1);
    expect(sink.told_).toEqual([]);
    input(answer(1, WALL_MS, WALL_MS), FIRST_TIMEOUT);
    expect(sink.told_).toEqual([`1: ${WALL_MS}`]);
    // The same once more, and at port 0.
    input(answer(1, WALL_MS, WALL_MS), FIRST_TIMEOUT);
    inputAt(0 as Port, answer(1, WALL_MS, WALL_MS), FIRST_TIMEOUT);
    expect(sink.told_.length).toBe(1);
  });

  test("what says no ends the question: a kiss of death, a clock that is not set, ICMP", () => {
    sntp.ask(SERVER, 1, 0, sink);
    input(answer(0, WALL_MS, WALL_MS, 0x24, 0), 0);
    sntp.ask(SERVER, 2, 0, sink);
    input(answer(1, WALL_MS, WALL_MS, 0xe4), 0);
    sntp.ask(SERVER, 3, 0, sink);
    sntp.refused(1 as Port, 0, sink);
    sntp.refused(sink.sent[2]!.port, 0, sink);
    expect(sink.told_).toEqual([
      `1: error ${TIME_REFUSED}`,
      `2: error ${TIME_UNSYNCHRONISED}`,
      `3: error ${TIME_NO_ANSWER}`,
    ]);
    expect(sink.open).toEqual([]);
    sntp.refused(0 as Port, 0, sink);
    expect(sink.told_.length).toBe(3);
  });

  test("one question at a time", () => {
    sntp.ask(SERVER, 1, 0, sink);
    sntp.ask("10.0.2.3", 2, 0, sink);
    expect(sink.told_).toEqual([`2: error ${TIME_BUSY}`]);
    input(answer(0, WALL_MS, WALL_MS), 0);
    expect(sink.told_).toEqual([`2: error ${TIME_BUSY}`, `1: ${WALL_MS}`]);
  });

  test("what cannot be sent is tried again for a second, and what was sent in between counts", () => {
    sink.full = true;
    sntp.ask(SERVER, 1, 0, sink);
    let now = 0;
    for (let i = 0; i < 3; i++) {
      now = sntp.nextDeadline();
      sntp.step(now, sink);
    }
    expect(now).toBe(3 * RETRY_INTERVAL);
    sink.full = false;
    sntp.step(sntp.nextDeadline(), sink);
    expect(sink.sent.length).toBe(1);
    input(answer(0, WALL_MS, WALL_MS), 4 * RETRY_INTERVAL);
    expect(sink.told_).toEqual([`1: ${WALL_MS}`]);

    sink.full = true;
    sntp.ask(SERVER, 2, 0, sink);
    for (now = 0; sntp.nextDeadline() !== NEVER; sntp.step(now, sink)) now = sntp.nextDeadline();
    expect(now).toBe(RETRIES * RETRY_INTERVAL);
    expect(sink.told_[1]).toBe(`2: error ${TIME_NO_ANSWER}`);
  });
});
