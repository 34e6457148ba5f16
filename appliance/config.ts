// What the appliance is told: which repository is the blog, and how it is served. What the machine under it is told is in
// image/machine-config.ts; how the words arrive, in parameters.ts.

import type { Port } from "../stack/base/address.ts";
import type { HttpProxy } from "../stack/edge/proxy.ts";
import { ACME_PARAMETERS } from "./acme/config.ts";
import { type Cidr, parseCidr } from "./cidr.ts";
import { baseUrl } from "./content/settings.ts";
import { parseRemote, type Remote, withToken } from "./git/remote.ts";
import { type Parameters, type ParameterTable, parameter } from "./parameters.ts";
import { PROXY_PARAMETERS, readProxy } from "./proxy-config.ts";
import { readTlsConfig, TLS_PARAMETERS, type TlsConfig } from "./tls-config.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface Config {
  readonly remote: Remote;
  readonly port: Port;
  /** HTTPS; undefined: plain HTTP alone. */
  readonly tls: TlsConfig | undefined;
  /** Whom the machine believes besides the authorities of the web: PEM, or "sha256:" and the hash of a key. */
  readonly trust: readonly string[];
  /** What https connections of the machine's own go through. */
  readonly proxy: HttpProxy | undefined;
  /** Path of the webhook, with its slash. */
  readonly hook: string;
  /** Key of the webhook's HMAC; undefined: the hook is open to anybody who knows its path. */
  readonly hookSecret: string | undefined;
  /** Public base URL of the blog, without a slash at its end; undefined: what the repository says. */
  readonly root?: string | undefined;
  /** True: raw HTML of the repository is sanitised, and what it says of headers and templates is not used. */
  readonly untrusted?: boolean;
  /** Milliseconds between two looks for news that nobody asks for; undefined: none. */
  readonly poll?: number | undefined;
  /** Who may see the machine's status; nobody when left out. */
  readonly admin?: readonly Cidr[];
  readonly log: LogLevel;
}

/** What goes with a remote. */
export const REMOTE_PARAMETERS = {
  "remote-token": parameter("TOKEN", "the forge's access token for a private repository; kept out of the URL"),
  "remote-user": parameter("NAME", "whose token it is, where the forge asks (most take any name)"),
} as const satisfies ParameterTable;

export const TRUST_PARAMETER = parameter(
  "CA|sha256:HASH",
  "for what the machine opens by TLS: believe this authority (PEM, in the file given as initrd) or this key",
  { repeatable: true, pem: true },
);

export const APPLIANCE_PARAMETERS = {
  remote: parameter("URL[#WHAT]", "the Git repository to serve, and its branch, tag or commit (also -r); required", {
    letter: "r",
  }),
  ...REMOTE_PARAMETERS,
  port: parameter("PORT", "HTTP port (80)"),
  ...TLS_PARAMETERS,
  ...ACME_PARAMETERS,
  trust: TRUST_PARAMETER,
  ...PROXY_PARAMETERS,
  hook: parameter("PATH", "path of the webhook that makes it fetch (/push)"),
  "hook-secret": parameter("TEXT", "webhooks must be signed with this key (HMAC-SHA-256)"),
  root: parameter("URL", "where readers find the blog, such as https://blog.example: for feeds and canonical links"),
  untrusted: parameter("", "who writes is not to be trusted: HTML is sanitised, templates and headers are not used"),
  poll: parameter("TIME", "look for news this often, besides the webhook: 5m, 30s, 1h"),
  admin: parameter("CIDR[,...]", "who may see the machine's status at /-/status; may be repeated", {
    repeatable: true,
  }),
  log: parameter("LEVEL", "trace, debug, info, warn, error, fatal or silent (info)"),
} as const satisfies ParameterTable;

/** Undefined when the remote is missing or wrong; whatever is wrong with what was given is among the errors of `given`. */
export function readConfig(given: Parameters): Config | undefined {
  const place = given.one("remote", readRemote);
  const remote = place === undefined ? undefined : withCredentials(place, given);
  const port = given.one("port", parsePort) ?? (80 as Port);
  const tls = readTlsConfig(given, parsePort);
  if (tls !== undefined && tls.port === port && tls.plain !== "off")
    given.errors.push({
      kind: "malformed",
      name: "tls",
      value: String(port),
      why: "plain HTTP has this port (--port)",
    });
  const trust = given.list("trust");
  const proxy = readProxy(given, parsePort);
  const hook = given.one("hook", parseHook)?.path ?? "/push";
  const root = given.one("root", parseRoot)?.root;
  const poll = given.one("poll", parsePoll)?.poll;
  const admin = readAdmin(given);
  const log = given.one("log", parseLevel)?.level ?? "info";
  return remote === undefined
    ? undefined
    : {
        remote,
        port,
        tls,
        trust,
        proxy,
        hook,
        hookSecret: given.list("hook-secret")[0],
        root,
        untrusted: given.has("untrusted"),
        poll,
        admin,
        log,
      };
}

function readAdmin(given: Parameters): readonly Cidr[] {
  const ranges: Cidr[] = [];
  for (const value of given.list("admin").flatMap((list) => list.split(","))) {
    const range = parseCidr(value);
    if (typeof range === "string") given.errors.push({ kind: "malformed", name: "admin", value, why: range });
    else ranges.push(range);
  }
  return ranges;
}

/** The remote with what --remote-token and --remote-user say. */
export function withCredentials(remote: Remote, given: Parameters): Remote {
  const [token] = given.list("remote-token");
  const user = given.one("remote-user", parseUser)?.user;
  if (token === undefined) {
    if (given.has("remote-user") && !given.faulty("remote-token"))
      given.errors.push({ kind: "missing", name: "remote-token", why: "--remote-user says whose it is" });
    return remote;
  }
  if (remote.authorization === undefined) return withToken(remote, token, user);
  given.errors.push({
    kind: "malformed",
    name: "remote-token",
    value: token,
    why: "the remote's URL holds credentials as well; give one of them",
  });
  return remote;
}

/** RFC 7617 2: what a user-id may be. */
function parseUser(text: string): { user: string } | string {
  return /[:\x00-\x1f\x7f]/.test(text) ? "is no user name: it holds a colon or a control character" : { user: text };
}

/** The port, or why it is none: for `Parameters.one`. */
export function parsePort(text: string): Port | string {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 65535 ? (value as Port) : "a port is a number from 1 to 65535";
}

const LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** The level of the log, or why it is none. */
export function parseLevel(text: string): { level: LogLevel } | string {
  const level = LEVELS.find((name) => name === text);
  return level === undefined ? `is none of ${LEVELS.join(", ")}` : { level };
}

function readRemote(text: string): Remote | string {
  const remote = parseRemote(text);
  if (!remote.ok) return remote.error;
  return remote.value;
}

/** A base URL, or why it is none: pages live at / of a host. */
export function parseRoot(text: string): { root: string } | string {
  const url = baseUrl(text);
  if (url === undefined) return "is not a base URL such as https://blog.example";
  return url.path === "" ? { root: url.origin } : "has a path, and pages live at / of a host";
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);
/** A forge is not to be asked more often than this, in milliseconds. */
export const LEAST_POLL = 10_000;
const MOST_POLL = 24 * 3_600_000;

/** "5m" in milliseconds, or why it is no such time. */
export function parsePoll(text: string): { poll: number } | string {
  const match = /^(\d{1,6})([smh])$/.exec(text);
  const poll = match === null ? Number.NaN : Number(match[1]) * UNITS.get(match[2]!)!;
  return poll >= LEAST_POLL && poll <= MOST_POLL ? { poll } : "is not a time such as 5m, from 10s to 24h";
}

function parseHook(text: string): { path: string } | string {
  // Canopy writes `--hook push`.
  const path = text.startsWith("/") ? text : `/${text}`;
  if (path === "/" || path.includes("//") || !/^[A-Za-z0-9/._~-]+$/.test(path) || /\/\.{1,2}(\/|$)/.test(path))
    return "is not a plain path such as /push";
  return { path };
}
