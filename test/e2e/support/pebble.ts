// A certificate authority that speaks ACME: Pebble, which Let's Encrypt has for this, with a name server that knows where the
// names lead.

import { type ChildProcess, execFile, type SpawnOptions, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Authority } from "./authority.ts";
import { eventually } from "./peers.ts";

/** Where it runs: a network namespace, or this machine. */
export interface Place {
  /** Where it listens. */
  readonly address: string;
  start(words: readonly string[], options?: SpawnOptions): ChildProcess;
  runAsync(words: readonly string[]): Promise<string>;
}

/** This machine's loopback. */
export const HERE: Place = {
  address: "127.0.0.1",
  start: ([command = "", ...rest], options = {}) => spawn(command, rest, { stdio: "ignore", ...options }),
  runAsync: async ([command = "", ...rest]) => (await promisify(execFile)(command, rest, { encoding: "utf8" })).stdout,
};

export interface PebbleOptions {
  /** Where it listens; what it looks at ACME clients by is among the settings. */
  readonly ports?: { readonly acme: number; readonly management: number; readonly dns: number };
  /** By which address clients call it, where that is another than the one at which it listens. */
  readonly calledAs?: string;
  /** Names, and the addresses that they have. */
  readonly names: Readonly<Record<string, string>>;
  /** Further settings (pebble's own file), and its environment. */
  readonly settings?: object;
  readonly environment?: Readonly<Record<string, string>>;
}

export class Pebble {
  /** The URL of its directory. */
  readonly directory: string;
  /** What it has said so far. */
  log = "";
  readonly #space: Place;
  readonly #ports: Required<PebbleOptions>["ports"];
  readonly #program: string;
  readonly #folder: string;
  readonly #authority: Authority;
  readonly #options: PebbleOptions;
  #child: ChildProcess | undefined;
  #names: ChildProcess | undefined;

  /** `authority` signs the certificate of its own web server. */
  constructor(space: Place, program: string, folder: string, authority: Authority, options: PebbleOptions) {
    this.#space = space;
    this.#program = program;
    this.#folder = join(folder, "pebble");
    this.#authority = authority;
    this.#options = options;
    this.#ports = options.ports ?? { acme: 14_000, management: 15_000, dns: 5353 };
    this.directory = `https://${options.calledAs ?? space.address}:${this.#ports.acme}/dir`;
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Starts it; what it had issued before is forgotten. */
  async start(): Promise<void> {
    const file = (name: string): string => join(this.#folder, name);
    const pem = this.#authority.sign([this.#space.address, this.#options.calledAs ?? "localhost"]);
    writeFileSync(file("server.key"), pem.slice(0, pem.indexOf("-----BEGIN CERTIFICATE")));
    writeFileSync(file("server.pem"), pem.slice(pem.indexOf("-----BEGIN CERTIFICATE")));
    const pebble = {
      listenAddress: `${this.#space.address}:${this.#ports.acme}`,
      managementListenAddress: `${this.#space.address}:${this.#ports.management}`,
      certificate: file("server.pem"),
      privateKey: file("server.key"),
      httpPort: 80,
      tlsPort: 443,
      keyAlgorithm: "ecdsa",
      domainBlocklist: ["blocked.test"],
      retryAfter: { authz: 1, order: 1 },
      profiles: {
        default: { description: "ninety days", validityPeriod: 7_776_000 },
        shortlived: { description: "six days", validityPeriod: 518_400 },
      },
      ...this.#options.settings,
    };
    writeFileSync(file("pebble.json"), JSON.stringify({ pebble }));
    const hosts = Object.entries(this.#options.names).map(([name, address]) => `--address=/${name}/${address}`);
    this.#names = this.#space.start([
      "dnsmasq",
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--no-resolv",
      "--no-hosts",
      `--port=${this.#ports.dns}`,
      `--listen-address=${this.#space.address}`,
      "--bind-interfaces",
      `--pid-file=${file("dnsmasq.pid")}`,
      ...hosts,
    ]);
    const environment = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0", ...this.#options.environment };
    const words = ["env", ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
    const child = this.#space.start(
      [
        ...words,
        this.#program,
        "-config",
        file("pebble.json"),
        "-strict",
        "-dnsserver",
        `${this.#space.address}:${this.#ports.dns}`,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        this.log += data;
      });
    await eventually(
      () => `pebble answers:\n${this.log}`,
      20_000,
      () =>
        this.curl(`https://${this.#space.address}:${this.#ports.acme}/dir`).then(
          () => true,
          () => false,
        ),
    ); // prettier-ignore
  }

  async stop(): Promise<void> {
    for (const child of [this.#child, this.#names]) child?.kill("SIGTERM");
    await eventually(
      "pebble ends",
      5000,
      () => this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null,
    );
  }

  curl(...words: readonly string[]): Promise<string> {
    return this.#space.runAsync([
      "curl",
      "--silent",
      "--show-error",
      "--fail",
      "--max-time",
      "10",
      "--cacert",
      this.#authority.file,
      ...words,
    ]);
  }

  /** The certificate that visitors have to believe, as a file. */
  async root(): Promise<string> {
    const file = join(this.#folder, "root.pem");
    writeFileSync(file, await this.curl(`https://${this.#space.address}:${this.#ports.management}/roots/0`));
    return file;
  }

  /** Has it say of a certificate when it is to be renewed (RFC 9773). */
  async suggest(certificate: string, start: Date, end: Date): Promise<void> {
    const answer = JSON.stringify({ suggestedWindow: { start: start.toISOString(), end: end.toISOString() } });
    const body = join(this.#folder, "suggestion.json");
    writeFileSync(body, JSON.stringify({ certificate, ariResponse: answer }));
    await this.curl("--data", `@${body}`, `https://${this.#space.address}:${this.#ports.management}/set-renewal-info/`);
  }

  /** How many certificates it has issued since it was made. */
  get issued(): number {
    return this.log.split("Issued certificate serial").length - 1;
  }

  /** What it wrote last. */
  get configuration(): string {
    return readFileSync(join(this.#folder, "pebble.json"), "utf8");
  }
}
