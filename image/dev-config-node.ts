// What `npm run dev` is told: a place to serve, and where. The words are read like the machine's (appliance/parameters.ts).

import { statSync } from "node:fs";
import { resolve } from "node:path";
import {
  type LogLevel,
  parseLevel,
  parsePort,
  REMOTE_PARAMETERS,
  TRUST_PARAMETER,
  withCredentials,
} from "../appliance/config.ts";
import { parseRemote, type Remote } from "../appliance/git/remote.ts";
import { describeParameterError } from "../appliance/parameter-error.ts";
import { parameterFile, processArguments } from "../appliance/parameter-words.ts";
import { Parameters, type ParameterTable, parameter, usage } from "../appliance/parameters.ts";
import { PROXY_PARAMETERS, readProxy } from "../appliance/proxy-config.ts";
import { readTlsConfig, TLS_PARAMETERS, type TlsConfig } from "../appliance/tls-config.ts";
import type { Port } from "../stack/base/address.ts";
import type { Result } from "../stack/base/result.ts";
import type { HttpProxy } from "../stack/edge/proxy.ts";

export interface DevConfig {
  /** A directory by its full path, or a repository to clone. */
  readonly place:
    | { readonly kind: "directory"; readonly path: string }
    | { readonly kind: "repository"; readonly remote: Remote };
  /** 0: any that is free. */
  readonly port: Port;
  readonly host: string;
  readonly log: LogLevel;
  /** HTTPS as the machine has it; undefined: plain HTTP alone. */
  readonly tls: TlsConfig | undefined;
  /** As Config of the appliance has them. */
  readonly trust: readonly string[];
  readonly proxy: HttpProxy | undefined;
}

/** Where HTTPS is served without another word: below 1024 only root may. */
const DEV_TLS_PORT = "8443";

const PARAMETERS: ParameterTable = {
  port: parameter("PORT", "where to listen (8080); 0 for any that is free"),
  host: parameter("ADDRESS", "the address to listen on (127.0.0.1)"),
  ...TLS_PARAMETERS,
  tls: parameter("PORT", `serve HTTPS as well (${DEV_TLS_PORT})`, { otherwise: DEV_TLS_PORT }),
  ...REMOTE_PARAMETERS,
  trust: TRUST_PARAMETER,
  ...PROXY_PARAMETERS,
  log: parameter("LEVEL", "trace, debug, info, warn, error, fatal or silent (info)"),
  help: parameter("", "print this and stop", { letter: "h" }),
};

/** The text of `--help`. */
export function devUsage(): string {
  return usage(
    PARAMETERS,
    `npm run dev -- DIR|URL[#BRANCH] [parameters]

  DIR   a directory to serve as it is on disk; pages reload in the browser when a file is saved
  URL   a Git repository, cloned into memory as the machine does it; POST /push makes it fetch

Keys and certificates (PEM) are read from the file that the variable EPIPHYTE_PARAMETERS names.`,
    "npm run dev -- ~/blog --port=8081",
  );
}

/**
 * `from` is the folder that the caller was in: npm runs us in the project's; `module` what a boot module would hold. The
 * error is what to print, "" when help was asked for.
 */
export function readDevConfig(words: readonly string[], from: string, module = ""): Result<DevConfig, string> {
  const sources = [processArguments(words.join("\n")), parameterFile(module, "the file of EPIPHYTE_PARAMETERS")];
  const given = new Parameters(sources, PARAMETERS, true);
  if (given.has("help")) return { ok: false, error: "" };
  const port = given.one("port", parseDevPort)?.port ?? (8080 as Port);
  const log = given.one("log", parseLevel)?.level ?? "info";
  const host = given.list("host")[0] ?? "127.0.0.1";
  const tls = readTlsConfig(given, (text) => parsePort(text));
  const trust = given.list("trust");
  const proxy = readProxy(given, parsePort);
  const [text] = given.words;
  const place = text === undefined ? undefined : readPlace(text, from, given);
  const mistakes = given.located().map(describeParameterError);
  if (text === undefined || given.words.length > 1) mistakes.push("one directory or URL is needed");
  if (typeof place === "string") mistakes.push(place);
  if (mistakes.length > 0 || place === undefined || typeof place === "string")
    return { ok: false, error: mistakes.join("\n") };
  return { ok: true, value: { place, port, host, log, tls, trust, proxy } };
}

function readPlace(text: string, from: string, given: Parameters): DevConfig["place"] | string {
  const path = resolve(from, text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return { kind: "directory", path };
  // What has a colon before any slash is an address to Git, also the form of scp (git-clone(1), "GIT URLS").
  if (!/^[^/]+:/.test(text)) return `${path} is not a directory, and ${text} is not a URL`;
  const remote = parseRemote(text);
  // As in the machine's errors: nobody's password on the screen.
  return remote.ok
    ? { kind: "repository", remote: withCredentials(remote.value, given) }
    : `${text.replace(/\/\/[^/@\s]*@/, "//***@")}: ${remote.error}`;
}

function parseDevPort(text: string): { port: Port } | string {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 65536;
  return port <= 65535 ? { port: port as Port } : "a port is a number from 0 to 65535";
}
