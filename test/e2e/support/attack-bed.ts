// The ground for attacks: a blog with large files, the process or the machine that serves it in a network namespace, two
// addresses for attackers, twenty more for a crowd of them, and one for an honest client.

import { type ChildProcess, execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Namespace } from "../../../tools/namespace.ts";
import { Machine } from "../../../tools/qemu.ts";
import { Blog, FILES, IMAGE, megabyte, PROCESS, post } from "./bed.ts";
import { eventually, scratch } from "./peers.ts";

const GIT_PORT = 8000;
const SECRET = "a-secret-that-only-the-forge-knows";
/** What a client waits for an answer; the longest that was seen is printed. */
const PATIENCE_SECONDS = 20;
/** The same before the machine, which is interpreted here: ten times slower than the process. */
const PATIENCE_BEFORE_MACHINE_SECONDS = 60;
/** How often somebody asks for a page before he goes elsewhere. */
const ATTEMPTS = 4;
const HONEST_REQUESTS = 5;
/** How long an attack goes on before anybody else comes. */
const HEAD_START_MS = 1200;
/** Until memory is back after an attack: last to go are answers to peers that say no more, after two minutes. */
const BACK_WITHIN_MS = 130_000;
/** Bytes by which the heap may have grown: caches of the engine, and libraries that are loaded with their first use. */
const HEAP_GROWTH = 6 * 1024 * 1024;
/** A line of one request, which the log has at the level trace. */
const ACCESS_LINE = / us [^ ]+$/;

export interface Target {
  readonly name: string;
  /** Megabytes. */
  readonly memory: number;
  readonly octet: number;
  readonly virtual: boolean;
  /** Port 443 is served as well. */
  readonly tls: boolean;
}

export interface Answer {
  /** 0: none within PATIENCE_SECONDS. */
  readonly status: number;
  readonly ms: number;
  readonly body: string;
}

interface Started {
  /** What it has said; "panic" is in it when it has ended. */
  alive(): string;
  stop(): Promise<void>;
}

export class AttackBed {
  readonly target: Target;
  readonly space: Namespace;
  readonly blog: Blog;
  readonly host: string;
  readonly attackers: readonly string[];
  /** Twenty addresses more. */
  readonly crowd: readonly string[];
  readonly honest: string;
  readonly #started: Started;
  #pushes = 0;

  constructor(target: Target, more: Readonly<Record<string, string | Uint8Array>> = {}) {
    this.target = target;
    const net = `10.${target.octet}.0`;
    this.host = `${net}.99`;
    this.attackers = [`${net}.2`, `${net}.3`];
    this.honest = `${net}.4`;
    this.crowd = Array.from({ length: 20 }, (_, i) => `${net}.${20 + i}`);
    const files: Record<string, string | Uint8Array> = { ...FILES, ...more };
    for (let i = 0; i < 60; i++) files[`Posts/p${i}`] = post(`Post ${i}`, `The text of post ${i}. `.repeat(100));
    // With 32 MB a pack may have some 5 MB (stack/README.md, "Promised"), and no file more than fits beside it.
    const [large, lines] = target.memory > 32 ? [8, 60_000] : [3, 12_000];
    for (let i = 0; i < large; i++) files[`static/large-${i}.bin`] = megabyte(i + 1);
    for (let i = 0; i < 4; i++) files[`static/text-${i}.txt`] = `Line ${i} of a long text.\n`.repeat(lines);
    files["static/middle.bin"] = megabyte(20).subarray(0, 300_000);
    this.blog = new Blog(scratch("attack"), files);
    this.space = new Namespace(`epiphyte-attack-${target.octet}-${process.pid}`, target.octet);
    const { space } = this;
    for (const address of [...this.attackers, ...this.crowd, this.honest])
      space.run(["ip", "addr", "add", `${address}/24`, "dev", space.tap]);
    space.run(["sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=10000 65000", "net.ipv4.tcp_tw_reuse=1"]);
    // Readers that do not read: what they hold up is to be the server's memory, not the kernel's here.
    space.run(["sysctl", "-q", "-w", "net.ipv4.tcp_rmem=4096 16384 16384"]);
    // On a busy host the wire would drop what comes in bursts, and a SYN that is lost comes again after 1, 3, 7 s.
    // An emulated machine takes a tenth: with as long a queue each frame would wait for seconds.
    space.run(["ip", "link", "set", space.tap, "txqueuelen", target.virtual ? "2000" : "20000"]);
    space.start([process.execPath, "tools/git-server.ts", this.blog.root, space.address, String(GIT_PORT)]);
    const parameters = [
      `--remote=http://${space.address}:${GIT_PORT}/blog.git#main`,
      `--ipv4=${this.host}/24`,
      `--ipv4-gateway=${space.address}`,
      `--hook-secret=${SECRET}`,
      ...(target.tls ? ["--tls"] : []),
    ];
    this.#started = target.virtual
      ? startMachine(space, target.memory, parameters)
      : startProcess(space, target.memory, parameters);
  }

  async ready(): Promise<void> {
    await eventually(
      () => `the site is up:\n${this.alive()}`,
      90_000,
      () => {
        if (this.alive().includes("panic")) throw new Error(this.alive());
        return this.curl(this.honest, "/").status === 200;
      },
    );
  }

  async remove(): Promise<void> {
    await this.#started.stop();
    await this.space.remove();
  }

  alive(): string {
    return this.#started.alive();
  }

  /** Connections of a kind (attacker.ts), from these addresses. */
  attack(kind: string, connections: number, from = this.attackers): ChildProcess {
    const words = ["test/e2e/support/attacker.ts", kind, this.host, String(connections), ...from];
    return this.space.start([process.execPath, ...words]);
  }

  /** While the attack goes on the honest are served and a push shows; then it ends. Prints how long they waited. */
  async during(name: string, ...attacks: readonly ChildProcess[]): Promise<void> {
    try {
      await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
      for (const attack of attacks) expect({ name, over: attack.exitCode }).toEqual({ name, over: null });
      const other = this.ask(this.honest);
      const same = this.ask(this.attackers[0]!);
      const secure = this.target.tls ? `, one by HTTPS ${this.ask(this.honest, "https")} ms` : "";
      const push = this.push();
      const waits = `another waited ${other} ms, one of the same address ${same} ms${secure}, a push took ${push} ms`;
      console.info(`${this.target.name}, ${name}: ${waits}`);
    } finally {
      for (const attack of attacks) attack.kill("SIGKILL");
    }
    expect(this.alive()).not.toContain("panic");
  }

  /**
   * Asks for pages, one after the other, as a client from this address; the longest time in ms. Who is told that there is
   * no room just now (503), or is turned away, asks again as a person would, a few times: what that takes counts, and how
   * often it was is printed.
   */
  ask(from: string, scheme = "http"): number {
    let longest = 0;
    let again = 0;
    for (let i = 0; i < HONEST_REQUESTS; i++) {
      const began = Date.now();
      for (let attempt = 1; ; attempt++) {
        const answer = this.curl(from, `${scheme}://${this.host}/Posts/p${i * 7}`, "--insecure");
        if (answer.status === 200) {
          longest = Math.max(longest, attempt === 1 ? answer.ms : Date.now() - began);
          break;
        }
        if (attempt === ATTEMPTS) throw new Error(`${from} asked for page ${i}: ${answer.status} ${answer.body}`);
        again++;
        // As it is told to (Retry-After).
        if (answer.status === 503) execFileSync("sleep", ["1"]);
      }
    }
    if (again > 0) console.info(`${this.target.name}: ${from} had to ask again ${again} times`);
    return longest;
  }

  /** A push, and the forge's signed hook: the page is there. How long the hook took, in ms. */
  push(): number {
    const title = `Pushed-${this.#pushes++}`;
    this.blog.push({ [`Posts/${title}`]: post(title, `The text of ${title}.`) }, title);
    const delivery = JSON.stringify({ ref: "refs/heads/main", padding: "x".repeat(20_000) });
    let hook = this.hook(delivery);
    // Whose connection was reset delivers again, as forges do or are told to; how often is printed.
    for (let attempt = 1; hook.status === 0 && attempt < ATTEMPTS; attempt++) {
      console.info(`${this.target.name}: the hook was cut off: ${hook.body}`);
      hook = this.hook(delivery);
    }
    expect({ title, status: hook.status, body: hook.body }).toMatchObject({ title, status: 200 });
    expect(this.curl(this.honest, `/Posts/${title}`).body).toContain(`The text of ${title}.`);
    return hook.ms;
  }

  /** The forge's hook with this body, signed. */
  hook(body: string): Answer {
    const signature = createHmac("sha256", SECRET).update(body).digest("hex");
    const file = join(scratch("hook"), "body");
    writeFileSync(file, body);
    return this.curl(
      this.honest,
      "/push",
      ...["-H", `X-Hub-Signature-256: sha256=${signature}`, "-H", "Expect:", "--data-binary", `@${file}`],
    );
  }

  /** One request from this address. */
  curl(from: string, path: string, ...words: readonly string[]): Answer {
    try {
      const patience = this.target.virtual ? PATIENCE_BEFORE_MACHINE_SECONDS : PATIENCE_SECONDS;
      const limits = ["--silent", "--show-error", "--interface", from, "--max-time", String(patience)];
      const url = path.startsWith("/") ? `http://${this.host}${path}` : path;
      const command = ["curl", ...limits, "-w", "\n%{http_code} %{time_total}", ...words, url];
      const out = this.space.run(command, (patience + 10) * 1000);
      const [status, seconds] = out.slice(out.lastIndexOf("\n") + 1).split(" ");
      const ms = Math.round(Number(seconds) * 1000);
      return { status: Number(status), ms, body: out.slice(0, out.lastIndexOf("\n")) };
    } catch (error) {
      // What curl says of it.
      return { status: 0, ms: 0, body: String((error as { stderr?: unknown }).stderr ?? error) };
    }
  }

  /** The figures that it prints from now on, until they satisfy. Not for the machine: its console would be in the way. */
  async figures(satisfy: (figures: Figures) => boolean): Promise<Figures> {
    const from = this.alive().length;
    let last: Figures | undefined;
    return eventually(
      () => `${this.target.name}: ${JSON.stringify(last)}`,
      BACK_WITHIN_MS,
      () => {
        const line = this.alive()
          .slice(from)
          .match(/figures: .*/g)
          ?.at(-1);
        if (line === undefined) return undefined;
        last = readFigures(line);
        return satisfy(last) ? last : undefined;
      },
    );
  }

  /** After an attack: nothing of what it took is held, but for records and buffers that are kept for the next ones. */
  async back(before: Figures): Promise<void> {
    const idle = (f: Figures): boolean => f.inFlight + f.receiveMemory + f.exchanges + f.httpConnections === 0;
    const after = await this.figures(idle);
    const own = (f: Figures): number => f.heap + f.spare - f.kept;
    expect(own(after) - own(before)).toBeLessThan(HEAP_GROWTH);
  }
}

/** What `--log=trace` prints each second, in bytes and numbers. */
export interface Figures {
  readonly heap: number;
  readonly spare: number;
  readonly kept: number;
  readonly inFlight: number;
  readonly receiveMemory: number;
  readonly exchanges: number;
  readonly httpConnections: number;
  readonly framesIn: number;
}

function readFigures(line: string): Figures {
  const figure = (name: string): number => Number(new RegExp(`[ ,]${name} ([\\d.]+)`).exec(line)?.[1] ?? Number.NaN);
  return {
    heap: figure("heap") * 1024 * 1024,
    spare: figure("spare"),
    kept: figure("kept"),
    inFlight: figure("in-flight"),
    receiveMemory: figure("receive-memory"),
    exchanges: figure("exchanges"),
    httpConnections: figure("http-connections"),
    framesIn: figure("frames-in"),
  };
}

function startProcess(space: Namespace, memory: number, parameters: readonly string[]): Started {
  // Into a file: while this program waits for a command nobody reads a pipe, and one that is full would hold it up.
  const file = join(scratch("log"), "log.txt");
  const log = openSync(file, "a");
  const words = ["env", `EPIPHYTE_MEMORY=${memory}`, PROCESS, `--tap=${space.tap}`, "--log=trace", ...parameters];
  const child = space.start(words, { stdio: ["ignore", log, log] });
  let text = "";
  let partial = "";
  let end = "";
  child.on("exit", (code) => {
    end = `\npanic: ended with ${code}`;
  });
  const bytes = Buffer.alloc(1 << 20);
  const reader = openSync(file, "r");
  const read = (): string => {
    for (let n = readSync(reader, bytes); n > 0; n = readSync(reader, bytes)) {
      const lines = (partial + bytes.toString("latin1", 0, n)).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) if (!ACCESS_LINE.test(line)) text += `${line}\n`;
    }
    return text + partial + end;
  };
  return {
    alive: read,
    stop: async () => {
      child.kill("SIGTERM");
      closeSync(log);
      closeSync(reader);
    },
  };
}

function startMachine(space: Namespace, memory: number, parameters: readonly string[]): Started {
  const netdev = `tap,id=n0,ifname=${space.tap},script=no,downscript=no,vhost=off`;
  const machine = new Machine({ image: IMAGE, parameters: parameters.join(" "), memory, netdev, prefix: space.prefix });
  return {
    alive: () => (machine.exited === undefined ? machine.console : `${machine.console}\npanic: it has ended`),
    stop: () => machine.stop(),
  };
}
