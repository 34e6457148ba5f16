// The program that records (target `process`): the replay's appliance on a real TAP, everything that comes in and every
// poll written to the console as a trace in hexadecimal, a line for each step. record.ts runs it beside real peers.
//
// Parameters, one a line: TAP, switches, bytes to record, faults' seed (0: none), loss in thousandths, actions as
// "MILLISECONDS:ACTION,..."

import { checksumVouched, encodeNetHeader, NET_HEADER_SIZE } from "../../drivers/virtio/net-header.ts";
import { readU16, readU32 } from "../../stack/base/bytes.ts";
import { NO_PAYLOAD } from "../../stack/base/link.ts";
import { copyBytes } from "../../stack/base/native.ts";
import { MILLISECOND } from "../../stack/base/result.ts";
import { Appliance } from "./appliance.ts";
import { Digest } from "./digest.ts";
import { FRAME_LIMIT, SWITCH_CHECKSUM, TraceWriter } from "./format.ts";
import { SENT_HEADER } from "./memory-link.ts";

const [tap = "", switchText = "", limitText = "", seedText = "", lossText = "", actionText = ""] =
  nativeParameters().split("\n");
const switches = Number(switchText);
const limit = Number(limitText);
const loss = Number(lossText) / 1000;
const actions = actionText
  .split(",")
  .filter((action) => action !== "")
  .map((action) => action.split(":").map(Number) as [number, number]);

const BUDGET = 64;
const appliance = new Appliance(switches, 0);
const digest = new Digest();
const writer = new TraceWriter(switches);
let written = 0;
let ended = false;
/** Frames of one step lie here side by side. */
const frames = new Uint8Array(BUDGET * FRAME_LIMIT);
const buffer = new Uint8Array(NET_HEADER_SIZE + FRAME_LIMIT);
let held: { readonly bytes: Uint8Array; readonly vouched: boolean } | undefined;
let random = Number(seedText) >>> 0;

const refused = nativeTapOpen(tap);
if (refused !== 0 || nativeTapOffload((switches & SWITCH_CHECKSUM) !== 0 ? 1 : 0) !== 0) {
  nativeConsole(`no TAP: errno ${refused}\n`);
  nativePowerOff(1);
}
nativeConsole("ready\n");

nativeRun(() => {
  const now = Math.max(nativeNow(), appliance.now);
  let some = receive();
  while (actions.length > 0 && actions[0]![0] * MILLISECOND <= now) {
    const [, action] = actions.shift()!;
    writer.action(action);
    appliance.act(action);
    some = true;
  }
  if (some || now >= appliance.deadline) {
    writer.poll(now - appliance.now);
    appliance.step(now, digest);
    transmit();
    print();
  }
  const action = actions[0];
  return action === undefined ? appliance.deadline : Math.min(appliance.deadline, action[0] * MILLISECOND);
});

/** Takes what has come, with the faults of the wire; true when there was something. */
function receive(): boolean {
  let at = 0;
  const take = (from: Uint8Array, offset: number, length: number, vouched: boolean): void => {
    copyBytes(frames, at, from, offset, length);
    writer.frame(frames, at, length, vouched);
    appliance.link.arrive(frames, at, length, vouched);
    at += length;
  };
  for (let n = 0; n < BUDGET / 2; n++) {
    const length = nativeTapRead(buffer, 0, buffer.length) - NET_HEADER_SIZE;
    if (length <= 0) break;
    const vouched = checksumVouched(buffer, 0);
    if (draw() < loss) continue;
    if (held === undefined && draw() < loss) {
      held = { bytes: buffer.slice(NET_HEADER_SIZE, NET_HEADER_SIZE + length), vouched };
      continue;
    }
    take(buffer, NET_HEADER_SIZE, length, vouched);
    if (draw() < loss / 2) take(buffer, NET_HEADER_SIZE, length, vouched);
    if (held !== undefined) take(held.bytes, 0, held.bytes.length, held.vouched);
    held = undefined;
  }
  return at > 0;
}

function transmit(): void {
  const { sent, sentLength } = appliance.link;
  for (let at = 0; at < sentLength; ) {
    const headLength = readU32(sent, at);
    const payloadLength = readU32(sent, at + 4);
    const [start, offset, size] = [readU16(sent, at + 8), readU16(sent, at + 10), readU16(sent, at + 12)];
    // The card's header goes where the link's notes were.
    const from = at + SENT_HEADER - NET_HEADER_SIZE;
    encodeNetHeader(sent, from, start, offset, size, headLength);
    if (draw() >= loss) nativeTapWrite(sent, from, NET_HEADER_SIZE + headLength + payloadLength, NO_PAYLOAD, 0, 0);
    at += SENT_HEADER + headLength + payloadLength;
  }
}

/** The host goes on after the last byte that is wanted, so that its peers come to an end. */
function print(): void {
  if (ended) return;
  const bytes = writer.take(written);
  written = writer.length;
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  ended = written > limit;
  nativeConsole(`${text}\n${ended ? "end\n" : ""}`);
}

function draw(): number {
  if (random === 0) return 1;
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  return (random >>> 0) / 2 ** 32;
}
