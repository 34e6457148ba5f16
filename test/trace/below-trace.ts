// Replays traces. Read format.ts first, then appliance.ts. Everything this file reaches compiles ahead of time: it is
// the entry of the compiled replay, and runs on Node and on quickjs-ng as it stands.

import { writeU32 } from "../../stack/base/bytes.ts";
import { copyBytes, latin1 } from "../../stack/base/native.ts";
import { traceLine } from "../../stack/links/print.ts";
import { Session } from "../fuzz/host/session.ts";
import { SCENARIOS as HOST_SCENARIOS, scenario as hostScenario } from "../stack/host/scenarios.ts";
import { SCENARIOS as TCP_SCENARIOS, scenario as tcpScenario } from "../stack/tcp/scenarios.ts";
import { Appliance } from "./appliance.ts";
import { Digest } from "./digest.ts";
import { RECORD_ACTION, RECORD_END, RECORD_POLL, TraceReader } from "./format.ts";
import { SENT_HEADER } from "./memory-link.ts";
import { mutate } from "./mutate.ts";

/**
 * The digest after each poll of the trace, four bytes each; they build on one another. `seed` 0 replays the trace as
 * it was recorded, any other a mutant. `filler` surrounds each frame in the receive buffer and must not matter.
 */
export function replay(recorded: Uint8Array, seed: number, filler: number): Uint8Array {
  const trace = seed === 0 ? recorded : mutate(recorded, seed);
  let digests = new Uint8Array(4096);
  let length = 4;
  const digest = new Digest();
  digest.bytes(trace, 0, trace.length);
  writeU32(digests, 0, digest.value);
  const player = new Player(trace, filler);
  while (player.step(digest)) {
    if (length + 4 > digests.length) {
      const grown = new Uint8Array(length * 2);
      copyBytes(grown, 0, digests, 0, length);
      digests = grown;
    }
    writeU32(digests, length, digest.value);
    length += 4;
  }
  return digests.slice(0, length);
}

/** What poll number `step` (from 1) was given and did: frames as lines and in hexadecimal. */
export function explain(recorded: Uint8Array, seed: number, step: number): string {
  const player = new Player(seed === 0 ? recorded : mutate(recorded, seed), 0);
  const digest = new Digest();
  player.appliance.logging = true;
  for (let i = 1; i < step; i++) player.step(digest);
  player.logging = true;
  if (!player.step(digest)) return "the trace has ended\n";
  const { appliance, log } = player;
  const { link } = appliance;
  return `${log}${appliance.log}${sentText(link.sent, link.sentLength)}deadline in ${appliance.deadline - appliance.now}\n`;
}

/** The host's figures at the end of the trace, one "name value" a line. */
export function figures(recorded: Uint8Array, seed: number): string {
  const player = new Player(seed === 0 ? recorded : mutate(recorded, seed), 0);
  const digest = new Digest();
  while (player.step(digest)) {}
  return player.appliance.host.describe();
}

/** What simulation number `index` shows; "" when there are no more. */
export function scenarioName(index: number): string {
  const tcp = TCP_SCENARIOS.length;
  if (index < tcp) return `two machines ${TCP_SCENARIOS[index]!}`;
  return index < tcp + HOST_SCENARIOS.length ? `two hosts: ${HOST_SCENARIOS[index - tcp]!}` : "";
}

/** Runs it; "" or what went wrong. */
export function scenario(index: number): string {
  const tcp = TCP_SCENARIOS.length;
  return index < tcp ? tcpScenario(index) : hostScenario(index - tcp);
}

let session: Session | undefined;

/** Makes the host and neighbours of this seed: test/fuzz/host. */
export function fuzzBegin(seed: number): void {
  session = new Session(seed, false);
}

/** Runs an episode; "" or what was wrong. */
export function fuzzEpisode(number: number): string {
  if (session === undefined) return "no session";
  session.episode(number);
  return session.fault;
}

/** Frames that the host was given so far. */
export function fuzzFrames(): number {
  return session === undefined ? 0 : session.frames;
}

/** Of all that it has shown so far. */
export function fuzzDigest(): number {
  return session === undefined ? 0 : session.digest.value;
}

class Player {
  readonly appliance: Appliance;
  /** What the last step was given, when somebody wants to read it. */
  log = "";
  logging = false;
  private readonly reader: TraceReader;

  constructor(trace: Uint8Array, filler: number) {
    this.reader = new TraceReader(trace);
    this.appliance = new Appliance(this.reader.switches, filler);
  }

  /** Up to the next poll, which is done; false at the end. */
  step(digest: Digest): boolean {
    const { reader, appliance } = this;
    for (;;) {
      const kind = reader.read();
      if (kind === RECORD_END) return false;
      if (kind === RECORD_POLL) {
        const now = appliance.now + reader.value;
        if (this.logging) this.log += `poll at ${now}\n`;
        appliance.step(now, digest);
        return true;
      }
      if (kind === RECORD_ACTION) {
        if (this.logging) this.log += `action ${reader.value}\n`;
        appliance.act(reader.value);
      } else {
        const { bytes, offset, length } = reader;
        if (this.logging)
          this.log += `${traceLine(false, bytes, offset, length, length)}\n    ${hexText(bytes, offset, length)}\n`;
        appliance.link.arrive(reader.bytes, reader.offset, reader.length, kind === 2);
      }
    }
  }
}

function sentText(sent: Uint8Array, length: number): string {
  let text = "";
  for (let at = 0; at < length; ) {
    const headLength = number32(sent, at);
    const payloadLength = number32(sent, at + 4);
    const asked = hexText(sent, at + 8, 6);
    at += SENT_HEADER;
    const whole = headLength + payloadLength;
    text += `${traceLine(true, sent, at, whole, whole)}\n    ${hexText(sent, at, headLength)} + ${hexText(sent, at + headLength, payloadLength)} (${asked})\n`;
    at += whole;
  }
  return text;
}

function number32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Enough of a frame for its headers and the beginning of its payload. */
const SHOWN = 300;
const DIGITS = "0123456789abcdef";

function hexText(bytes: Uint8Array, offset: number, length: number): string {
  const shown = Math.min(length, SHOWN);
  const digits = new Uint8Array(shown * 2);
  for (let i = 0; i < shown; i++) {
    digits[i * 2] = DIGITS.charCodeAt(bytes[offset + i]! >> 4);
    digits[i * 2 + 1] = DIGITS.charCodeAt(bytes[offset + i]! & 15);
  }
  return latin1(digits, 0, digits.length) + (length > shown ? `... ${length} bytes` : "");
}
