// On Node: a session's episodes as a trace, what is wrong with a trace, and the shortest trace with the same thing wrong.

import { readU32 } from "../../../stack/base/bytes.ts";
import { traceLine } from "../../../stack/links/print.ts";
import { Appliance } from "../../trace/appliance.ts";
import { Digest } from "../../trace/digest.ts";
import {
  RECORD_ACTION,
  RECORD_END,
  RECORD_POLL,
  RECORD_VOUCHED,
  TraceReader,
  TraceWriter,
} from "../../trace/format.ts";
import { SENT_HEADER } from "../../trace/memory-link.ts";
import { checkFrame, checkRunning } from "./invariants.ts";
import { Session } from "./session.ts";

/** Replays of a trace that shortening may cost. */
const ATTEMPTS = 3000;

/** Runs episodes `from` to `to`; what was wrong, or "", and the trace that shows it. */
export function record(seed: number, from: number, to: number): { readonly fault: string; readonly trace: Uint8Array } {
  const session = new Session(seed, true);
  try {
    for (let episode = from; episode <= to; episode++) if (!session.episode(episode)) break;
    return { fault: session.fault, trace: session.recorded() };
  } catch (error) {
    return { fault: thrown(error), trace: session.recorded() };
  }
}

/** What is wrong when the trace is replayed, or "". What must hold of a host at rest is not looked at. */
export function verdict(trace: Uint8Array): string {
  const reader = new TraceReader(trace);
  const appliance = new Appliance(reader.switches, 0);
  const digest = new Digest();
  try {
    for (let kind = reader.read(); kind !== RECORD_END; kind = reader.read()) {
      if (kind === RECORD_ACTION) appliance.act(reader.value);
      else if (kind !== RECORD_POLL)
        appliance.link.arrive(reader.bytes, reader.offset, reader.length, kind === RECORD_VOUCHED);
      else {
        appliance.step(appliance.now + reader.value, digest);
        const fault = checkSent(appliance) || checkRunning(appliance);
        if (fault !== "") return fault;
      }
    }
    return "";
  } catch (error) {
    return thrown(error);
  }
}

/** The trace for people: when the host was polled, and what came, a line each. */
export function describeTrace(trace: Uint8Array): string {
  const reader = new TraceReader(trace);
  let text = "";
  for (let kind = reader.read(); kind !== RECORD_END; kind = reader.read()) {
    if (kind === RECORD_POLL) text += `poll, ${reader.value} us later\n`;
    else if (kind === RECORD_ACTION) text += `action ${reader.value}\n`;
    else text += `${traceLine(false, trace, reader.offset, reader.length, reader.length)}\n`;
  }
  return text;
}

/** The shortest trace found in which the same is wrong; the trace itself when replaying it shows nothing. */
export function shorten(trace: Uint8Array, judge = verdict): Uint8Array {
  const wanted = kindOf(judge(trace));
  if (wanted === "") return trace;
  let records = split(trace);
  let attempts = 0;
  for (let size = Math.ceil(records.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < records.length && attempts < ATTEMPTS; attempts++) {
      const without = [...records.slice(0, at), ...records.slice(at + size)];
      if (kindOf(judge(join(trace, without))) === wanted) records = without;
      else at += size;
    }
  }
  return join(trace, records);
}

function checkSent(appliance: Appliance): string {
  const { sent, sentLength } = appliance.link;
  for (let at = 0; at < sentLength; ) {
    const fault = checkFrame(sent, at);
    if (fault !== "") return fault;
    at += SENT_HEADER + readU32(sent, at) + readU32(sent, at + 4);
  }
  return "";
}

function thrown(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const place = error.stack?.split("\n").slice(1, 6).join("\n") ?? "";
  return `${error.message}\n${place}`;
}

/** A fault without its figures. */
function kindOf(fault: string): string {
  return (fault.split("\n")[0] ?? "").replaceAll(/\d+/g, "N");
}

type Item = (writer: TraceWriter) => void;

function split(trace: Uint8Array): Item[] {
  const reader = new TraceReader(trace);
  const items: Item[] = [];
  for (let kind = reader.read(); kind !== RECORD_END; kind = reader.read()) {
    const { value, offset, length } = reader;
    if (kind === RECORD_ACTION) items.push((writer) => writer.action(value));
    else if (kind === RECORD_POLL) items.push((writer) => writer.poll(value));
    else items.push((writer) => writer.frame(trace, offset, length, kind === RECORD_VOUCHED));
  }
  return items;
}

function join(trace: Uint8Array, items: readonly Item[]): Uint8Array {
  const writer = new TraceWriter(new TraceReader(trace).switches);
  for (const item of items) item(writer);
  return writer.take(0);
}
