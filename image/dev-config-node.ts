// What `npm run dev` is told: a place to serve, and where. The words are read like the machine's (appliance/parameters.ts).

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type LogLevel, parseLevel } from "../appliance/config.ts";
import { parseRemote, type Remote } from "../appliance/git/remote.ts";
import { describeParameterError, Parameters, type ParameterTable, parameter, usage } from "../appliance/parameters.ts";
import type { Port } from "../stack/base/address.ts";
import type { Result } from "../stack/base/result.ts";

export interface DevConfig {
  /** A directory by its full path, or a repository to clone. */
  readonly place:
    | { readonly kind: "directory"; readonly path: string }
    | { readonly kind: "repository"; readonly remote: Remote };
  /** 0: any that is free. */
  readonly port: Port;
  readonly host: string;
  readonly log: LogLevel;
}

const PARAMETERS: ParameterTable = {
  port: parameter("PORT", "where to listen (8080); 0 for any that is free"),
  host: parameter("ADDRESS", "the address to listen on (127.0.0.1)"),
  log: parameter("LEVEL", "trace, debug, info, warn, error, fatal or silent (info)"),
  help: parameter("", "print this and stop", { letter: "h" }),
};

/** The text of `--help`. */
export function devUsage(): string {
  return usage(
    PARAMETERS,
    `npm run dev -- DIR|URL[#BRANCH] [parameters]

  DIR   a directory to serve as it is on disk; pages reload in the browser when a file is saved
  URL   a Git repository, cloned into memory as the machine does it; POST /push makes it fetch`,
    "npm run dev -- ~/blog --port=8081",
  );
}

/**
 * `from` is the folder that the caller was in: npm runs us in the project's. The error is what to print, "" when help was
 * asked for.
 */
export function readDevConfig(words: readonly string[], from: string): Result<DevConfig, string> {
  const source = { parameters: words.join("\n"), onePerLine: true, module: "" };
  const given = new Parameters(source, PARAMETERS, true);
  if (given.has("help")) return { ok: false, error: "" };
  const port = given.one("port", parseDevPort)?.port ?? (8080 as Port);
  const log = given.one("log", parseLevel)?.level ?? "info";
  const host = given.list("host")[0] ?? "127.0.0.1";
  const mistakes = given.errors.map(describeParameterError);
  const [text] = given.words;
  if (text === undefined || given.words.length > 1) mistakes.push("one directory or URL is needed");
  const place = text === undefined ? undefined : readPlace(text, from);
  if (typeof place === "string") mistakes.push(place);
  if (mistakes.length > 0 || place === undefined || typeof place === "string")
    return { ok: false, error: mistakes.join("\n") };
  return { ok: true, value: { place, port, host, log } };
}

function readPlace(text: string, from: string): DevConfig["place"] | string {
  const path = resolve(from, text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return { kind: "directory", path };
  // What has a colon before any slash is an address to Git, also the form of scp (git-clone(1), "GIT URLS").
  if (!/^[^/]+:/.test(text)) return `${path} is not a directory, and ${text} is not a URL`;
  const remote = parseRemote(text);
  // As in the machine's errors: nobody's password on the screen.
  return remote.ok
    ? { kind: "repository", remote: remote.value }
    : `${text.replace(/\/\/[^/@\s]*@/, "//***@")}: ${remote.error}`;
}

function parseDevPort(text: string): { port: Port } | string {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 65536;
  return port <= 65535 ? { port: port as Port } : "a port is a number from 0 to 65535";
}
