// The log: pino filters by level and serialises; a line for people goes to the console, the same to a syslog collector.
//
// pino's browser build ignores base, name and mixin and drops an error that is given as first argument, so fields are
// given as one object and errors are made text here.

import pino from "pino/browser.js";
import type { LogLevel } from "./config.ts";
import type { Platform } from "./platform.ts";

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Severities of syslog (RFC 5424 6.2.1). */
export type Severity = 2 | 3 | 4 | 6 | 7;

/** Where lines go besides the console. False: not sent; the line is lost. */
export type SendLine = (severity: Severity, wallClockMs: number, text: string) => boolean;

/** Lines that wait until the network is up and a collector can be reached. */
const MAX_WAITING = 256;
/** A line is one datagram: RFC 5424 6.1 asks collectors for 2048 octets. */
export const MAX_LINE_LENGTH = 1800;

export interface Log {
  /** Lines from this level on are written; those before are kept for the collector, if there will be one. */
  become(level: LogLevel, willSend: boolean): void;
  debug(text: string, fields?: Fields): void;
  info(text: string, fields?: Fields): void;
  warn(text: string, fields?: Fields): void;
  error(text: string, fields?: Fields): void;
  fatal(text: string, fields?: Fields): void;
  /** One request, as the host words it: to the console at "debug". The collector has its lines from below the seam. */
  access(line: string): void;
  /** One frame: to the console at "trace", and never to the collector, since each line that leaves is a frame. */
  frame(line: string): void;
  /** From now on lines are sent there as well, those of the boot first. */
  attach(send: SendLine): void;
}

interface Entry {
  readonly level: string;
  readonly severity: Severity;
}

const ENTRIES: Readonly<Record<string, Entry>> = {
  trace: { level: "trace", severity: 7 },
  debug: { level: "debug", severity: 7 },
  info: { level: "", severity: 6 },
  warn: { level: "warning", severity: 4 },
  error: { level: "error", severity: 3 },
  fatal: { level: "fatal", severity: 2 },
};

export function makeLog(level: LogLevel, platform: Pick<Platform, "console" | "wallClock">, willSend: boolean): Log {
  let send: SendLine | undefined;
  let kept = willSend;
  let waiting: { severity: Severity; ms: number; text: string }[] = [];
  let dropped = 0;

  const forward = (severity: Severity, ms: number, text: string): void => {
    if (send !== undefined) {
      if (!send(severity, ms, text)) dropped++;
      return;
    }
    if (!kept) return;
    if (waiting.length < MAX_WAITING) waiting.push({ severity, ms, text });
    else dropped++;
  };
  const write =
    (name: string) =>
    (record: object): void => {
      const { level: word, severity } = ENTRIES[name]!;
      const whole = describe(record);
      const text = whole.length > MAX_LINE_LENGTH ? `${whole.slice(0, MAX_LINE_LENGTH)}…` : whole;
      const ms = platform.wallClock();
      platform.console(`${clock(ms)} ${word === "" ? "" : `${word}: `}${text}\n`);
      forward(severity, ms, text);
    };
  const log = pino({
    level,
    browser: {
      asObject: true,
      write: {
        trace: write("trace"),
        debug: write("debug"),
        info: write("info"),
        warn: write("warn"),
        error: write("error"),
        fatal: write("fatal"),
      },
    },
  });
  return {
    become(wanted, sent) {
      log.level = wanted;
      kept = sent;
      if (!kept) waiting = [];
    },
    debug: (text, fields = {}) => log.debug(fields, "%s", text),
    info: (text, fields = {}) => log.info(fields, "%s", text),
    warn: (text, fields = {}) => log.warn(fields, "%s", text),
    error: (text, fields = {}) => log.error(fields, "%s", text),
    fatal: (text, fields = {}) => log.fatal(fields, "%s", text),
    access(line) {
      if (log.isLevelEnabled("debug")) platform.console(`${clock(platform.wallClock())} ${printable(line)}\n`);
    },
    frame(line) {
      if (log.isLevelEnabled("trace")) platform.console(`${printable(line)}\n`);
    },
    attach(to) {
      send = to;
      const lines = waiting;
      waiting = [];
      for (const { severity, ms, text } of lines) if (!to(severity, ms, text)) dropped++;
      if (dropped > 0) log.warn({ dropped }, "%s", "lines of the log were lost before");
      dropped = 0;
    },
  };
}

/** What is thrown may be anything, null included (an engine out of memory). */
export function reasonOf(cause: unknown): string {
  if (cause instanceof Error) {
    const where = cause.stack
      ?.split("\n")
      .find((line) => /:\d+/.test(line))
      ?.trim();
    return `${cause.name}: ${cause.message}${where === undefined ? "" : ` (${where})`}`;
  }
  return cause === null ? "out of memory" : String(cause);
}

function describe(record: object): string {
  let text = "";
  let fields = "";
  for (const [key, value] of Object.entries(record)) {
    if (key === "time" || key === "level" || value === undefined) continue;
    if (key === "msg") text = String(value);
    else {
      const shown = value instanceof Error ? reasonOf(value) : String(value);
      fields += ` ${key}=${/^[^\s"=]+$/.test(shown) ? shown : JSON.stringify(shown)}`;
    }
  }
  return printable(text + fields);
}

/** One line, no escape sequences: part of it was written by strangers. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, " ");
}

/** "20:35:07" of the day, UTC. */
function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
