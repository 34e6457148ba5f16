// A directory of repositories behind a real Git server, for one test file.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { describeGitError, type GitError } from "../../../appliance/git/error.ts";
import { HttpTransport } from "../../../appliance/git/http-transport.ts";
import { DEFAULT_LIMITS, type GitLimits } from "../../../appliance/git/limits.ts";
import { parseRemote } from "../../../appliance/git/remote.ts";
import type { OnGitProgress, Snapshot } from "../../../appliance/git/snapshot.ts";
import { GitStore } from "../../../appliance/git/store.ts";
import { NodeNetwork } from "../../../image/network-node.ts";
import { nodePlatform } from "../../../image/platform-node.ts";
import { type GitServer, startGitServer } from "../../../tools/git-server.ts";
import { type CommitPlan, Seeded } from "../../../tools/make-repository.ts";

/** The reason to skip what needs the real git; undefined when it is here. */
export function gitMissing(): boolean {
  try {
    execFileSync("git", ["http-backend"], { stdio: "ignore", env: { ...process.env, REQUEST_METHOD: "GET" } });
  } catch (error) {
    // It complains about the missing path, but it is there: only a program that is not found has a code.
    return (error as { code?: string }).code === "ENOENT";
  }
  return false;
}

export interface Fixture {
  readonly root: string;
  readonly server: GitServer;
  /** Path of a repository to be made. */
  directory(name: string): string;
  /** Runs git in a repository and returns what it printed. */
  git(name: string, ...command: string[]): string;
  store(remote: string, limits?: Partial<GitLimits>, onProgress?: OnGitProgress): GitStore;
  close(): Promise<void>;
}

export async function makeFixture(): Promise<Fixture> {
  const root = mkdtempSync(join(tmpdir(), "epiphyte-git-"));
  const server = await startGitServer({ root });
  return {
    root,
    server,
    directory: (name) => join(root, `${name}.git`),
    git: (name, ...command) =>
      execFileSync("git", ["-C", join(root, `${name}.git`), ...command], {
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
      }),
    store(remote, limits = {}, onProgress = () => {}) {
      const parsed = parseRemote(/^\w+:/.test(remote) ? remote : `${server.url}/${remote.replace(/(#|$)/, ".git$1")}`);
      if (!parsed.ok) throw new Error(parsed.error);
      return new GitStore({
        remote: parsed.value,
        transport: new HttpTransport(new NodeNetwork(), nodePlatform()),
        platform: nodePlatform(),
        onProgress,
        limits: () => ({ ...DEFAULT_LIMITS, ...limits }),
      });
    },
    async close() {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

export async function good(store: GitStore): Promise<Snapshot> {
  const result = await store.update();
  if (!result.ok) throw new Error(describeGitError(result.error));
  return result.value;
}

export async function bad(store: GitStore): Promise<GitError> {
  const result = await store.update();
  if (result.ok) throw new Error("it succeeded");
  // Every error can be told to a person, without credentials.
  expect(describeGitError(result.error)).toMatch(/^http/);
  expect(describeGitError(result.error)).not.toContain("secret");
  return result.error;
}

export const write = (path: string, content: string): CommitPlan => ({ changes: [{ path, content }] });
/** expect's own comparison of two million numbers takes seconds. */
export function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

/** Content that does not compress, by a seed. */
export function noise(seed: number, length: number): Uint8Array {
  const random = new Seeded(seed);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.below(256);
  return bytes;
}
