// What every figure is measured in: a namespace with a TAP, the Git server and DHCP in it, and the repositories.

import type { ChildProcess } from "node:child_process";
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { promisify } from "node:util";
import { makeDemo } from "../../tools/demo.ts";
import { type BlogPlan, blog, LARGE_BLOG, makeRepository, Seeded } from "../../tools/make-repository.ts";
import { Namespace } from "../../tools/namespace.ts";
import { scratch, startDnsmasq } from "../e2e/support/peers.ts";
import { type Answer, type Command, GIT_PORT } from "./inside.ts";

export const root = join(import.meta.dirname, "../..");
/** What is made once and kept: repositories, the Linux guest, the plugin. */
export const cache = join(root, "build/bench");

export const PAGE_BYTES = 8192;
export const LARGE_BYTES = 1024 * 1024;
/** Paths of the two files; the demo's pages are measured at "/". */
export const PAGE_PATH = "/static/page.html";
export const LARGE_PATH = "/static/megabyte.bin";

export class Bed {
  readonly ns: Namespace;
  readonly folder: string;
  /** Where a guest with a fixed address lives, in both families. */
  readonly guest: string;
  readonly guest6 = "fd00:77::2";
  readonly #worker: ChildProcess;
  readonly #lines: Interface;
  readonly #answers: Answer[] = [];
  #wake: () => void = () => {};

  private constructor(name: string, octet: number) {
    this.folder = scratch(name);
    this.ns = new Namespace(name, octet);
    this.guest = `10.${octet}.0.2`;
    this.ns.run(["sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=0"]);
    this.ns.run(["ip", "addr", "add", "fd00:77::1/64", "dev", this.ns.tap, "nodad"]);
    this.#worker = this.ns.start(
      [process.execPath, join(import.meta.dirname, "inside.ts"), this.ns.address, join(cache, "git")],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    this.#lines = createInterface({ input: this.#worker.stdout! });
    this.#lines.on("line", (line) => {
      this.#answers.push(JSON.parse(line) as Answer);
      this.#wake();
    });
  }

  /** `octet`: the network 10.N.0.0/24; beds at the same time must differ. */
  static async open(name: string, octet: number): Promise<Bed> {
    const bed = new Bed(name, octet);
    startDnsmasq(bed.ns, bed.folder, {});
    await bed.#answer();
    return bed;
  }

  /** The address of a repository made by `repositories`. */
  remote(name: string): string {
    return `http://${this.ns.address}:${GIT_PORT}/${name}#main`;
  }

  async ask(command: Command, withinMs = 30_000): Promise<Answer> {
    this.#worker.stdin?.write(`${JSON.stringify(command)}\n`);
    return this.#answer(withinMs);
  }

  /** Runs a command in the namespace and returns what it printed; consoles are read meanwhile. */
  async run(words: readonly string[], timeoutMs: number): Promise<string> {
    const [command = "", ...rest] = [...this.ns.prefix, ...words];
    const { stdout } = await promisify(execFile)(command, rest, { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  }

  async close(): Promise<void> {
    this.#lines.close();
    await this.ns.remove();
  }

  async #answer(withinMs = 30_000): Promise<Answer> {
    const until = Date.now() + withinMs;
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) return answer;
      if (this.#worker.exitCode !== null || Date.now() > until) throw new Error("the bench's worker gave no answer");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** The demo, made anew from demo/ so that what was pushed to `.demo` does not count. */
export function demoRepository(): string {
  const folder = join(cache, "demo");
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(cache, "git/blog.git"), { recursive: true, force: true });
  makeDemo(folder, join(root, "demo"), "http://127.0.0.1/push");
  mkdirSync(join(cache, "git"), { recursive: true });
  cpSync(join(folder, "blog.git"), join(cache, "git/blog.git"), { recursive: true });
  return "blog.git";
}

/** A page of 8,192 bytes and a file of 1 MB, as they are sent. */
export function files(): { readonly page: string; readonly large: Uint8Array } {
  const head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title></head><body>\n';
  const line = "<p>The same line again and again, until the page is as long as it shall be.</p>\n";
  const page = `${head}${line.repeat(Math.ceil(PAGE_BYTES / line.length))}`.slice(0, PAGE_BYTES);
  const random = new Seeded(7);
  return { page, large: Uint8Array.from({ length: LARGE_BYTES }, () => random.below(256)) };
}

/** A small blog with the two files. */
export async function fileRepository(): Promise<string> {
  const directory = join(cache, "git/files.git");
  if (!existsSync(join(directory, "HEAD"))) {
    const { page, large } = files();
    mkdirSync(join(cache, "git"), { recursive: true });
    await makeRepository(directory, [
      {
        changes: [
          { path: ".config/blog_name", content: "Bench\n" },
          { path: "Index", content: "---\ntitle: Bench\nauthor: Ada Example\n---\nFiles to measure with.\n" },
          { path: PAGE_PATH.slice(1), content: page },
          { path: LARGE_PATH.slice(1), content: large },
        ],
      },
    ]);
  }
  return "files.git";
}

/** 2,000 posts, 5,000 commits; made once. `bytes` is its pack. */
export async function largeRepository(plan: BlogPlan = LARGE_BLOG): Promise<{ name: string; bytes: number }> {
  const name = `${plan.layout}-${plan.posts}-${plan.commits}-${plan.words}-${plan.seed}.git`;
  const directory = join(cache, "git", name);
  if (!existsSync(directory)) {
    mkdirSync(join(cache, "git"), { recursive: true });
    await makeRepository(directory, blog(plan));
    // As a forge keeps it: deltas over the whole history.
    execFileSync("git", ["-C", directory, "repack", "-adfq", "--depth=50"]);
  }
  const packs = join(directory, "objects/pack");
  const bytes = readdirSync(packs).reduce(
    (sum, file) => sum + (file.endsWith(".pack") ? statSync(join(packs, file)).size : 0),
    0,
  );
  return { name, bytes };
}
