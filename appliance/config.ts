// Boot parameters -> Config, with every error named. Their names and the usage are in parameters.ts.
//
// They arrive as the kernel command line (`virtual`: words with quotes), as arguments (`process` and `node`: one a line,
// taken as they are) and as a boot module (`-initrd`: one parameter a line, `#` comments). The command line wins over the
// module, so that a file can hold what is usual; within one of them a parameter may come once.

import { formatIpv4, type Ipv4, type Port, parseIpv4 } from "../stack/base/address.ts";
import type { Result } from "../stack/base/result.ts";
import { parseRemote, type Remote } from "./git/remote.ts";
import {
  isIgnoredKernelParameter,
  isParameter,
  nearestParameter,
  PARAMETERS,
  type ParameterName,
} from "./parameters.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface StaticIpv4 {
  readonly address: Ipv4;
  readonly prefix: number;
  readonly gateway: Ipv4 | undefined;
}

export interface Config {
  readonly remote: Remote;
  /** Undefined: by DHCP. */
  readonly ipv4: StaticIpv4 | undefined;
  /** Resolvers, before those that DHCP names. */
  readonly dns: readonly Ipv4[];
  readonly port: Port;
  /** Path of the webhook, with its slash. */
  readonly hook: string;
  /** Key of the webhook's HMAC; undefined: the hook is open to anybody who knows its path. */
  readonly hookSecret: string | undefined;
  readonly syslog: { readonly host: string; readonly port: Port } | undefined;
  readonly hostname: string;
  readonly log: LogLevel;
  /** What the network card may do for us; each can be switched off for tests. */
  readonly offload: {
    readonly checksum: boolean;
    readonly segment: boolean;
    readonly mergeReceive: boolean;
    readonly eventIndex: boolean;
  };
  /** `process` only: the TAP device. */
  readonly tap: string | undefined;
  /** Words that a hypervisor or a boot loader puts on a command line for Linux; left alone, and told on the console. */
  readonly ignored: readonly string[];
}

export type ConfigError =
  /** `--help`: not a mistake, but there is no Config either. */
  | { readonly kind: "help" }
  | { readonly kind: "unknown"; readonly word: string; readonly suggestion: string | undefined }
  | { readonly kind: "malformed"; readonly name: string; readonly value: string; readonly why: string }
  | { readonly kind: "no-value"; readonly name: string }
  | { readonly kind: "unwanted-value"; readonly name: string; readonly value: string }
  | { readonly kind: "duplicate"; readonly name: string }
  | { readonly kind: "missing"; readonly name: string; readonly why: string }
  | { readonly kind: "open-quote"; readonly rest: string }
  | { readonly kind: "too-long"; readonly what: string; readonly length: number; readonly limit: number };

/** Characters of one source, and of one word. QEMU passes 64 KB; more than this is a mistake, not a parameter. */
export const MAX_SOURCE_LENGTH = 16_384;
export const MAX_WORD_LENGTH = 2048;

export interface ParameterSource {
  /** The command line or the arguments. */
  readonly parameters: string;
  /** True: one argument a line, as a process has them; false: one line, split at blanks outside quotes. */
  readonly onePerLine: boolean;
  /** The text of the boot module, "" for none. */
  readonly module: string;
}

export function readConfig(source: ParameterSource): Result<Config, readonly ConfigError[]> {
  const errors: ConfigError[] = [];
  const ignored: string[] = [];
  const values = new Map<ParameterName, string[]>();
  const fromModule = collect(moduleWords(source.module, errors), errors, ignored);
  const line = source.onePerLine ? lineWords(source.parameters, errors) : commandLineWords(source.parameters, errors);
  const fromLine = collect(line, errors, ignored);
  for (const [name, list] of fromModule) values.set(name, list);
  for (const [name, list] of fromLine) values.set(name, list);
  if (values.has("help")) return { ok: false, error: [{ kind: "help" }] };
  const config = interpret(values, ignored, errors);
  return config === undefined || errors.length > 0 ? { ok: false, error: errors } : { ok: true, value: config };
}

/** One line for the console, without the credentials that a URL may hold. */
export function describeConfigError(error: ConfigError): string {
  return describe(error).replace(/\/\/[^/@\s"]*@/g, "//***@");
}

function describe(error: ConfigError): string {
  switch (error.kind) {
    case "help":
      return "usage";
    case "unknown":
      return `unknown parameter ${JSON.stringify(error.word)}${error.suggestion === undefined ? "" : ` (did you mean --${error.suggestion}?)`}`;
    case "malformed":
      return `--${error.name}=${error.value}: ${error.why}`;
    case "no-value":
      return `--${error.name} needs a value`;
    case "unwanted-value":
      return `--${error.name} takes no value, but was given ${JSON.stringify(error.value)}`;
    case "duplicate":
      return `--${error.name} is given more than once`;
    case "missing":
      return `--${error.name} is missing: ${error.why}`;
    case "open-quote":
      return `a quote is not closed: ${error.rest}`;
    case "too-long":
      return `${error.what} is ${error.length} characters long; at most ${error.limit} are read`;
  }
}

// ---- Words -------------------------------------------------------------------------------------------------------

function commandLineWords(text: string, errors: ConfigError[]): string[] {
  if (text.length > MAX_SOURCE_LENGTH) {
    errors.push({ kind: "too-long", what: "the command line", length: text.length, limit: MAX_SOURCE_LENGTH });
    return [];
  }
  const words: string[] = [];
  let word = "";
  let inWord = false;
  let quote = "";
  let quoteStart = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quote !== "") {
      if (c === quote) quote = "";
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      quoteStart = i;
      inWord = true;
    } else if (c === " " || c === "\t" || c === "\n" || c === "\r" || c === "\0") {
      if (inWord) words.push(word);
      word = "";
      inWord = false;
    } else {
      word += c;
      inWord = true;
    }
  }
  if (quote !== "") errors.push({ kind: "open-quote", rest: text.slice(quoteStart, quoteStart + 60) });
  else if (inWord) words.push(word);
  return words;
}

function lineWords(text: string, errors: ConfigError[]): string[] {
  if (text.length > MAX_SOURCE_LENGTH) {
    errors.push({ kind: "too-long", what: "the argument list", length: text.length, limit: MAX_SOURCE_LENGTH });
    return [];
  }
  return text.split("\n").filter((word) => word !== "");
}

function moduleWords(text: string, errors: ConfigError[]): string[] {
  if (text.length > MAX_SOURCE_LENGTH) {
    errors.push({ kind: "too-long", what: "the boot module", length: text.length, limit: MAX_SOURCE_LENGTH });
    return [];
  }
  const words: string[] = [];
  for (const raw of text.replace(/^\uFEFF/, "").split(/[\r\n\0]+/)) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    // "--remote URL" on one line means what it means on a command line.
    const separated = /^(-[^\s=]+)\s+(.*)$/.exec(line);
    if (separated === null) words.push(unquote(line));
    else words.push(separated[1]!, unquote(separated[2]!));
  }
  return words;
}

function unquote(text: string): string {
  const equals = text.indexOf("=") + 1;
  const value = text.slice(equals);
  const first = value.charAt(0);
  if (value.length >= 2 && (first === '"' || first === "'") && value.endsWith(first))
    return text.slice(0, equals) + value.slice(1, -1);
  return text;
}

function collect(words: readonly string[], errors: ConfigError[], ignored: string[]): Map<ParameterName, string[]> {
  const values = new Map<ParameterName, string[]>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word.length > MAX_WORD_LENGTH) {
      errors.push({ kind: "too-long", what: word.slice(0, 40), length: word.length, limit: MAX_WORD_LENGTH });
      continue;
    }
    const equals = word.indexOf("=");
    const given = equals < 0 ? word : word.slice(0, equals);
    const name = given === "-r" ? "remote" : given === "-h" ? "help" : given.startsWith("--") ? given.slice(2) : "";
    if (!isParameter(name)) {
      if (isIgnoredKernelParameter(given)) ignored.push(word);
      else errors.push({ kind: "unknown", word, suggestion: nearestParameter(given) });
      continue;
    }
    let value = equals < 0 ? undefined : word.slice(equals + 1);
    if (PARAMETERS[name].value === "") {
      if (value !== undefined) errors.push({ kind: "unwanted-value", name, value });
      values.set(name, [""]);
      continue;
    }
    const next = words[i + 1];
    if (value === undefined && next !== undefined && !next.startsWith("-")) {
      value = next;
      i++;
    }
    if (value === undefined || value === "") {
      errors.push({ kind: "no-value", name });
      continue;
    }
    const before = values.get(name);
    if (before === undefined) values.set(name, [value]);
    else if (PARAMETERS[name].repeatable) before.push(value);
    else errors.push({ kind: "duplicate", name });
  }
  return values;
}

// ---- Meaning -----------------------------------------------------------------------------------------------------

class Reader {
  readonly #values: Map<ParameterName, string[]>;
  readonly #errors: ConfigError[];
  constructor(values: Map<ParameterName, string[]>, errors: ConfigError[]) {
    this.#values = values;
    this.#errors = errors;
  }
  /** The value that `parse` makes of the parameter's text; a string that it returns is the reason why it cannot. */
  one<T extends object | number>(name: ParameterName, parse: (text: string) => T | string): T | undefined {
    const text = this.#values.get(name)?.[0];
    if (text === undefined) return undefined;
    const value = parse(text);
    if (typeof value !== "string") return value;
    this.#errors.push({ kind: "malformed", name, value: text, why: value });
    return undefined;
  }
  list(name: ParameterName): readonly string[] {
    return this.#values.get(name) ?? [];
  }
  has(name: ParameterName): boolean {
    return this.#values.has(name);
  }
}

function interpret(
  values: Map<ParameterName, string[]>,
  ignored: readonly string[],
  errors: ConfigError[],
): Config | undefined {
  const read = new Reader(values, errors);
  const remote = read.one("remote", readRemote);
  if (!read.has("remote") && !errors.some((e) => "name" in e && e.name === "remote"))
    errors.push({ kind: "missing", name: "remote", why: "which Git repository is the blog?" });
  const subnet = read.one("ipv4", parseSubnet);
  const gateway = read.one("ipv4-gateway", parseAddress);
  if (read.has("ipv4-gateway") && !read.has("ipv4"))
    errors.push({ kind: "missing", name: "ipv4", why: "--ipv4-gateway means nothing without it" });
  if (subnet !== undefined && gateway !== undefined && !sameSubnet(subnet.address, gateway.value, subnet.prefix))
    errors.push({
      kind: "malformed",
      name: "ipv4-gateway",
      value: formatIpv4(gateway.value),
      why: `is not in the network of --ipv4=${formatIpv4(subnet.address)}/${subnet.prefix}`,
    });
  const dns = parseDns(read.list("dns"), errors);
  const syslog = read.one("syslog", parseSyslog);
  if (read.has("ipv4") && dns.length === 0 && !read.has("dns")) {
    const host = remote === undefined ? "" : remoteHost(remote.url);
    for (const name of [host, syslog?.host ?? ""])
      if (name !== "" && parseIpv4(name) === undefined) {
        errors.push({ kind: "missing", name: "dns", why: `with --ipv4 nobody else says who resolves ${name}` });
        break;
      }
  }
  const port = read.one("port", parsePort) ?? (80 as Port);
  const hook = read.one("hook", parseHook)?.path ?? "/push";
  const hostname = read.one("hostname", parseHostname)?.name ?? "epiphyte";
  const log = read.one("log", parseLevel)?.level ?? "info";
  if (remote === undefined) return undefined;
  return {
    remote,
    ipv4: subnet === undefined ? undefined : { ...subnet, gateway: gateway?.value },
    dns,
    port,
    hook,
    hookSecret: read.list("hook-secret")[0],
    syslog,
    hostname,
    log,
    offload: {
      checksum: !read.has("no-checksum-offload"),
      segment: !read.has("no-segment-offload"),
      mergeReceive: !read.has("no-merge-rx"),
      eventIndex: !read.has("no-event-index"),
    },
    tap: read.list("tap")[0],
    ignored,
  };
}

function readRemote(text: string): Remote | string {
  const remote = parseRemote(text);
  if (!remote.ok) return remote.error;
  if (remote.value.url.startsWith("https:")) return "https needs TLS, which this version does not speak yet: use http";
  return remote.value;
}

/** The host of an http URL without credentials. */
function remoteHost(url: string): string {
  return /^https?:\/\/([^/:?]+)/i.exec(url)?.[1] ?? "";
}

function parseSubnet(text: string): { address: Ipv4; prefix: number } | string {
  const slash = text.indexOf("/");
  const address = parseIpv4(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return "is not an address with the length of its network, as in 10.0.0.2/24";
  if (slash < 0) return "lacks the length of its network, as in 10.0.0.2/24";
  const prefix = /^\d{1,2}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : 99;
  if (prefix < 1 || prefix > 32) return "the length of a network is a number from 1 to 32";
  if (address >= 0xe0000000 || address < 0x01000000 || address >>> 24 === 127) return "is not the address of a host";
  const hosts = 2 ** (32 - prefix);
  if (prefix < 31 && (address % hosts === 0 || address % hosts === hosts - 1))
    return "is the address of the network or its broadcast address, not one of a host";
  return { address, prefix };
}

function sameSubnet(a: Ipv4, b: Ipv4, prefix: number): boolean {
  const hosts = 2 ** (32 - prefix);
  return Math.floor(a / hosts) === Math.floor(b / hosts);
}

function parseAddress(text: string): { value: Ipv4 } | string {
  const value = parseIpv4(text);
  return value === undefined ? "is not an address such as 10.0.0.1" : { value };
}

function parseDns(texts: readonly string[], errors: ConfigError[]): readonly Ipv4[] {
  const addresses: Ipv4[] = [];
  for (const text of texts)
    for (const part of text.split(",")) {
      const address = parseIpv4(part.trim());
      if (address === undefined)
        errors.push({ kind: "malformed", name: "dns", value: text, why: `${JSON.stringify(part)} is not an address` });
      else if (!addresses.includes(address)) addresses.push(address);
    }
  return addresses;
}

function parsePort(text: string): Port | string {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 65535 ? (value as Port) : "a port is a number from 1 to 65535";
}

function parseHook(text: string): { path: string } | string {
  // Canopy writes `--hook push`.
  const path = text.startsWith("/") ? text : `/${text}`;
  if (path === "/" || path.includes("//") || !/^[A-Za-z0-9/._~-]+$/.test(path) || /\/\.{1,2}(\/|$)/.test(path))
    return "is not a plain path such as /push";
  return { path };
}

function parseHostname(text: string): { name: string } | string {
  // RFC 1123 2.1
  const ok =
    text.length <= 253 && text.split(".").every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
  return ok ? { name: text } : "is not a host name: letters, digits, hyphens and dots";
}

function parseSyslog(text: string): { host: string; port: Port } | string {
  const colon = text.lastIndexOf(":");
  const host = parseHostname(colon < 0 ? text : text.slice(0, colon));
  if (typeof host === "string") return "is not HOST or HOST:PORT";
  const port = colon < 0 ? (514 as Port) : parsePort(text.slice(colon + 1));
  return typeof port === "string" ? port : { host: host.name, port };
}

const LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

function parseLevel(text: string): { level: LogLevel } | string {
  const level = LEVELS.find((name) => name === text);
  return level === undefined ? `is none of ${LEVELS.join(", ")}` : { level };
}
