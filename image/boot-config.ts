// The whole table of parameters, put together and read: the appliance's part is appliance/config.ts, the machine's
// machine-config.ts.

import { APPLIANCE_PARAMETERS, type Config, type LogLevel, parseLevel, readConfig } from "../appliance/config.ts";
import {
  describeParameterError,
  isSecretParameter,
  type ParameterError,
  type Place,
} from "../appliance/parameter-error.ts";
import { type ParameterSource, seemsCut } from "../appliance/parameter-words.ts";
import { type Origin, Parameters, usage, VIRTIO_MMIO } from "../appliance/parameters.ts";
import type { Result } from "../stack/base/result.ts";
import { isExempt } from "../stack/edge/proxy.ts";
import { EARLY_PARAMETERS, MACHINE_PARAMETERS, type MachineConfig, readMachineConfig } from "./machine-config.ts";

export const PARAMETERS = { ...APPLIANCE_PARAMETERS, ...MACHINE_PARAMETERS } as const;

export interface BootConfig {
  readonly appliance: Config;
  readonly machine: MachineConfig;
  /** Words that a hypervisor or a boot loader puts on a command line for Linux; left alone, and told on the console. */
  readonly ignored: readonly string[];
  readonly origins: readonly Origin[];
}

/** No BootConfig: `--help` was asked for, or every mistake that there is. */
export type NoBootConfig =
  | { readonly kind: "help"; readonly origins: readonly Origin[]; readonly debug: boolean }
  | ({ readonly kind: "no-remote" } & WithoutRemote)
  | { readonly kind: "mistakes"; readonly errors: readonly ParameterError[] };

/** Nothing is wrong, but nobody has named a remote: what is known all the same. */
export interface WithoutRemote extends Omit<BootConfig, "appliance"> {
  readonly log: LogLevel;
}

/** What is wrong when nobody names one in the end. */
export const REMOTE_MISSING: ParameterError = {
  kind: "missing",
  name: "remote",
  why: "which Git repository is the blog?",
};

/**
 * `sources`: of the boot, the weightiest first; `faults`: what is wrong with others, of which there is no text; `network`: what
 * the network says besides, which weighs less than all of the boot's.
 */
export function readBootConfig(
  sources: readonly ParameterSource[],
  faults: readonly ParameterError[] = [],
  network: readonly ParameterSource[] = [],
): Result<BootConfig, NoBootConfig> {
  const given = new Parameters([...sources, ...network], PARAMETERS);
  const { origins } = given;
  const level = given.list("log")[0] ?? "";
  if (given.has("help") && network.length === 0) {
    const debug = level === "debug" || level === "trace";
    return { ok: false, error: { kind: "help", origins, debug } };
  }
  const appliance = readConfig(given);
  const machine = readMachineConfig(given, appliance === undefined ? [] : hostsOf(appliance));
  const places = network.map(({ where }) => where);
  const errors = [...given.located(), ...faults, ...misplaced(given, places)];
  const ignored = given.ignored.filter((word) => !VIRTIO_MMIO.test(word));
  if (!given.has("remote") && !given.faulty("remote")) {
    if (errors.length > 0) return { ok: false, error: { kind: "mistakes", errors: [...errors, REMOTE_MISSING] } };
    const known = parseLevel(level);
    const log = typeof known === "string" ? "info" : known.level;
    return { ok: false, error: { kind: "no-remote", machine, log, ignored, origins } };
  }
  if (appliance === undefined || errors.length > 0) return { ok: false, error: { kind: "mistakes", errors } };
  return { ok: true, value: { appliance, machine, ignored, origins } };
}

/**
 * What the network may not say, and what is not for it. Whoever answers as DHCP server or metadata service on the machine's own
 * link decides all that it serves, if nobody else has named a remote: so it may say whatever goes with that, --trust, --admin and
 * --hook-secret included. What is taken up before there is a network comes too late. And what the boot gave to prove who the machine
 * is, or to be let in somewhere, was not given for a remote that a stranger may have named.
 */
function misplaced(given: Parameters, network: readonly Place[]): readonly ParameterError[] {
  const errors: ParameterError[] = [];
  const remoteFrom = given.whereOf("remote");
  for (const { name, where, counts } of given.origins) {
    if (!counts) continue;
    if (network.includes(where)) {
      if (EARLY.has(name)) {
        const why = "comes too late from the network, which is in use by then: give it where the machine boots";
        errors.push({ kind: "misplaced", name, why, where });
      }
    } else if (network.includes(remoteFrom) && isProof(name)) {
      const why = `is not for a remote that the network names (${remoteFrom}): give both in one place`;
      errors.push({ kind: "misplaced", name, why, where });
    }
  }
  return errors;
}

const EARLY: ReadonlySet<string> = new Set([...EARLY_PARAMETERS, "help"]);

/** Keys and tokens, but for the key by which others are known and the password that a proxy of the boot's has anyway. */
function isProof(name: string): boolean {
  return name === "certificate" || (isSecretParameter(name) && name !== "hook-secret" && name !== "https-proxy");
}

/** The text of `--help`. */
export function bootUsage(): string {
  return usage(
    PARAMETERS,
    "Epiphyte serves a blog from a Git repository. Parameters are read from these places, of which the first that has one\n" +
      "wins; --log=debug tells where each was found:\n" +
      "  the kernel command line (quotes keep blanks together), or a process's arguments\n" +
      "  a file given as initrd, or EPIPHYTE.TXT on the disk: one a line, # begins a comment\n" +
      "  QEMU's fw_cfg, opt/org.epiphyte/parameters: as such a file, or in one line as on a command line\n" +
      "  OEM strings of SMBIOS (type 11) that begin with epiphyte:, each as on a command line\n" +
      "and where none of them names a remote, from the network:\n" +
      "  DHCP option 224, as on a command line\n" +
      "  user data of the metadata service at 169.254.169.254, a file whose first line is #epiphyte",
    "--remote=http://git.example/blog.git#main --syslog=10.0.0.9",
  );
}

/** Which parameter was read where, for people; values are nobody's. */
export function describeOrigins(origins: readonly Origin[]): readonly string[] {
  return origins.map(
    ({ name, where, counts }) =>
      `--${name} is from ${where === "" ? "the arguments" : where}${counts ? "" : ", where it does not count: see above"}`,
  );
}

/** Where a command line has the length at which hosts cut one off: that, and what to do. */
export function cutHints(sources: readonly ParameterSource[]): readonly string[] {
  return sources
    .filter(({ form, text }) => form === "command line" && seemsCut(text))
    .map(
      ({ where, text }) =>
        `${where} is ${text.length} characters long, where hosts cut it off: is the end missing? What does not fit goes into a ` +
        "file, one parameter a line: -initrd, or EPIPHYTE.TXT on the disk",
    );
}

/** A line for each mistake and hint, and where to read more: the last lines that the console shows. */
export function describeMistakes(errors: readonly ParameterError[], hints: readonly string[] = []): string {
  const lines = [...errors.map(describeParameterError), ...hints].map((line) => `epiphyte: ${line}\n`);
  return `${lines.join("")}All parameters: --help\n`;
}

/** Those whose names the machine looks up first: of the forge and of the certificate authority, or of the proxy before them. */
function hostsOf({ remote, tls, proxy }: Pick<Config, "remote" | "tls" | "proxy">): readonly string[] {
  return [remote.url, tls?.acme?.directory ?? ""].map((url) => {
    const host = hostOf(url);
    const through = proxy !== undefined && url.startsWith("https:") && !isExempt(host.toLowerCase(), proxy.exempt);
    return through ? proxy.host : host;
  });
}

/** The host of an http URL without credentials. */
function hostOf(url: string): string {
  return /^https?:\/\/(\[[^\]/]*\]|[^/:?]+)/i.exec(url)?.[1] ?? "";
}
