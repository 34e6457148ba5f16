// What every end-to-end test starts from: the builds under test, a blog that is pushed to, a machine before a Git server.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { type GitServer, startGitServer } from "../../../tools/git-server.ts";
import { Machine, type MachineOptions } from "../../../tools/qemu.ts";
import { get } from "./http.ts";
import { eventually, scratch } from "./peers.ts";

/** The builds under test; another one is tried with these variables. */
export const IMAGE = process.env["EPIPHYTE_IMAGE"] ?? "build/epiphyte.elf";
export const PROCESS = process.env["EPIPHYTE_PROCESS"] ?? "build/epiphyte";

/** The host as QEMU's user network shows it to the guest. */
export const HOST_AS_SEEN_BY_GUEST = "10.0.2.2";
export const READY_WITHIN_MS = 60_000;

/** A bare repository and a work tree to push from. */
export class Blog {
  /** Holds `blog.git`. */
  readonly root: string;
  readonly bare: string;
  readonly #tree: string;

  constructor(folder: string, files: Readonly<Record<string, string | Uint8Array>> = FILES) {
    this.root = join(folder, "repositories");
    this.bare = join(this.root, "blog.git");
    this.#tree = join(folder, "tree");
    mkdirSync(this.root, { recursive: true });
    mkdirSync(this.#tree);
    this.#git("init", "--quiet", "--bare", "--initial-branch=main", this.bare);
    this.#git("init", "--quiet", "--initial-branch=main");
    this.#git("remote", "add", "origin", this.bare);
    if (Object.keys(files).length > 0) this.push(files, "Begin");
  }

  /** Writes the files (undefined: removes one), commits and pushes; returns the commit. */
  push(files: Readonly<Record<string, string | Uint8Array | undefined>>, message: string): string {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.#tree, path);
      if (content === undefined) rmSync(file);
      else {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
    this.#git("add", "--all");
    this.#git("commit", "--quiet", `--message=${message}`);
    this.#git("push", "--quiet", "origin", "main");
    return this.#git("rev-parse", "HEAD").trim();
  }

  /** Takes the last commit back, here and in the bare repository. */
  undo(): void {
    this.#git("reset", "--quiet", "--hard", "HEAD~1");
    this.#git("push", "--quiet", "--force", "origin", "main");
  }

  #git(...words: string[]): string {
    const env = {
      ...process.env,
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "Ada Example",
      GIT_AUTHOR_EMAIL: "ada@example.org",
      GIT_COMMITTER_NAME: "Ada Example",
      GIT_COMMITTER_EMAIL: "ada@example.org",
    };
    return execFileSync("git", words, { cwd: this.#tree, env, encoding: "utf8" });
  }
}

export function post(title: string, text: string): string {
  return `---\ntitle: ${title}\nauthor: Ada Example\ntags: test\nabstract: About ${title}.\n---\n\n${text}\n`;
}

export const MEGABYTE_FILE = "static/large.bin";

/** A megabyte that does not compress and is the same each time. */
export function megabyte(seed: number): Uint8Array {
  const bytes = new Uint8Array(1024 * 1024);
  let x = seed | 1;
  for (let i = 0; i < bytes.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x;
  }
  return bytes;
}

/** The blog of most tests: a front page, a post, a redirect, a file, and what must never be served. */
export const FILES: Readonly<Record<string, string | Uint8Array>> = {
  ".config/blog_name": "The test blog\n",
  ".config/uuid": "7d8f1cb0-6ae8-4d3e-9d2a-5b7f4a1c0e11\n",
  Index: post("Welcome", "The first words of the front page."),
  "Posts/First": post("The first post", `Text of the first post.\n\n${"It goes on and on. ".repeat(300)}`),
  "Posts/Second.md": "---\ntitle: The second post\ndate: 2026-02-03\n---\n\nText of the second post.\n",
  old: "redirect: /Posts/First\n",
  "static/hello.txt": "hello from a file\n",
};

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export interface VmOptions {
  readonly git: GitServer;
  /** "blog.git#main" unless told otherwise; "" for no --remote at all. */
  readonly remote?: string;
  /** "name:password" for the remote's URL. */
  readonly user?: string;
  /** More parameters. */
  readonly parameters?: string;
  readonly machine?: Partial<MachineOptions>;
}

/** A machine on QEMU's user network, and the port of this host's loopback that leads to it. */
export class Vm {
  readonly machine: Machine;
  readonly port: number;

  private constructor(machine: Machine, port: number) {
    this.machine = machine;
    this.port = port;
  }

  static async start(options: VmOptions): Promise<Vm> {
    const port = await freePort();
    const plain = remoteFor(options.git, options.remote ?? "blog.git#main");
    const remote = options.user === undefined ? plain : plain.replace("//", `//${options.user}@`);
    const machine = new Machine({
      image: IMAGE,
      parameters: `${remote === "" ? "" : `--remote=${remote} `}${options.parameters ?? ""}`.trim(),
      memory: 32,
      netdev: `user,id=n0,hostfwd=tcp:127.0.0.1:${port}-:80`,
      ...options.machine,
    });
    return new Vm(machine, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  ready(): Promise<string> {
    return this.machine.line(/ ready: http/, READY_WITHIN_MS);
  }

  /** Asks until the path answers with this status; its body. */
  async until(path: string, status: number, timeoutMs = 30_000): Promise<string> {
    return eventually(`${path} answers ${status}`, timeoutMs, async () => {
      if (this.machine.exited !== undefined) throw new Error(`the machine has ended:\n${this.machine.console}`);
      try {
        const answer = await get(this.port, path);
        return answer.status === status ? answer.text : undefined;
      } catch {
        return undefined;
      }
    });
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }
}

/** The URL under which the guest reaches a repository of the server. */
export function remoteFor(git: GitServer, path: string): string {
  return path === "" ? "" : `${hostFor(git)}/${path}`;
}

export function hostFor(git: GitServer): string {
  return `http://${HOST_AS_SEEN_BY_GUEST}:${new URL(git.url).port}`;
}

export interface Bed {
  readonly folder: string;
  readonly blog: Blog;
  readonly git: GitServer;
  close(): Promise<void>;
}

/** A blog behind a Git server on this host's loopback. */
export async function makeBed(name: string, files = FILES): Promise<Bed> {
  const folder = scratch(name);
  const blog = new Blog(folder, files);
  const git = await startGitServer({ root: blog.root });
  return {
    folder,
    blog,
    git,
    close: async () => {
      await git.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
