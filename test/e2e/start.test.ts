// `npm start` as a stranger types it, in a fresh clone of this checkout: an address, a page in curl and in a real browser,
// a push that changes it, and a Ctrl-C after which nothing is left running. What takes minutes and is tried by every
// build (npm's packages, the C libraries) is taken over from here.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../image/build/run.ts";
import { want, which } from "../../tools/setup.ts";
import { freePort } from "./support/bed.ts";
import { eventually, scratch } from "./support/peers.ts";

/** What is below the seam may have to be compiled anew: a minute or two. */
const START_LIMIT_MS = 420_000;
const tools = want("git", "curl", "qemu-system-x86_64");
const browsers = tools && want("chromium");

let checkout: string;
let port: number;
let started: ChildProcess;
let text = "";

beforeAll(async () => {
  if (!tools) return;
  checkout = join(scratch("start"), "epiphyte");
  const words = ["clone", "--quiet", "--no-hardlinks", root, checkout];
  if (spawnSync("git", words, { stdio: "ignore" }).status !== 0) copySources();
  takeOver("node_modules");
  takeOver("build/cache");
  const lock = readFileSync(join(checkout, "package-lock.json"));
  writeFileSync(join(checkout, "node_modules/.epiphyte-lock"), createHash("sha256").update(lock).digest("hex"));
  port = await freePort();
  // A process group of its own, as a terminal makes one.
  started = spawn("npm", ["start", "--", `--port=${port}`], {
    cwd: checkout,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [started.stdout, started.stderr])
    stream?.setEncoding("utf8").on("data", (data: string) => {
      text += data;
    });
  await eventually("npm start announces the blog", START_LIMIT_MS, () => {
    if (started.exitCode !== null) throw new Error(`npm start ended with ${started.exitCode}:\n${text}`);
    return /Stop: +Ctrl-C/.test(text);
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${text}`);
  });
}, START_LIMIT_MS + 60_000);

afterAll(() => {
  for (const pid of group()) process.kill(pid, "SIGKILL");
});

/** A checkout that is no repository (an archive) is copied. */
function copySources(): void {
  const left = [".git", ".demo", "build", "node_modules"];
  cpSync(root, checkout, { recursive: true, filter: (source) => !left.some((name) => source === join(root, name)) });
}

/** Hard links where the file system has them. */
function takeOver(folder: string): void {
  const [from, to] = [`${join(root, folder)}/.`, join(checkout, folder)];
  execFileSync("mkdir", ["-p", to]);
  if (spawnSync("cp", ["-al", from, to], { stdio: "ignore" }).status === 0) {
    // Written below: not a link to this checkout's own.
    rmSync(join(to, ".epiphyte-lock"), { force: true });
    return;
  }
  execFileSync("cp", ["-a", from, to]);
}

/** The processes of the group that `npm start` leads. */
function group(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const [state, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return started?.pid !== undefined && Number(pgrp) === started.pid && state !== "Z";
      } catch {
        return false;
      }
    })
    .map(Number);
}

function curl(path: string): string {
  return execFileSync("curl", ["-sS", "--max-time", "20", `http://127.0.0.1:${port}${path}`], { encoding: "utf8" });
}

describe.skipIf(!tools)(`npm start${tools ? "" : " (skipped: needs git, curl, qemu-system-x86_64)"}`, () => {
  test("prints the address, where to edit, how to publish, and how to stop", () => {
    expect(text).toContain(`Your blog:   http://127.0.0.1:${port}/`);
    expect(text).toContain("Edit it in:  .demo/blog");
    expect(text).toMatch(/Publish: +cd \.demo\/blog && git add -A && git commit -m ".*" && git push/);
    expect(text).toMatch(/ready: http:\/\/10\.0\.2\.15\//);
  });

  test("curl gets the demo", () => {
    expect(curl("/")).toMatch(/<!doctype html>/i);
    expect(curl("/")).toContain("no operating system");
  });

  test.skipIf(!browsers)(
    `a browser shows it, without an error${browsers ? "" : " (skipped: needs chromium)"}`,
    async () => {
      let browser: Browser | undefined;
      try {
        browser = await chromium.launch({ executablePath: which("chromium") ?? "chromium", args: ["--no-sandbox"] });
        const page = await browser.newPage();
        const problems: string[] = [];
        page.on("console", (message) => {
          if (message.type() === "error") problems.push(`${message.text()} ${message.location().url}`);
        });
        page.on("requestfailed", (request) => problems.push(`${request.url()} ${request.failure()?.errorText}`));
        page.on("pageerror", (error) => problems.push(error.message));
        await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "networkidle" });
        expect(await page.locator("main h1, h1").first().textContent()).toContain("A blog with nothing beneath it");
        const images = page.locator("main img");
        expect(await images.count()).toBeGreaterThan(0);
        expect(
          await images.first().evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
        ).toBeGreaterThan(0);
        await page.locator("main a", { hasText: "write a post" }).first().click();
        await page.waitForURL(/how-to-write-a-post/);
        expect(problems).toEqual([]);
      } finally {
        await browser?.close();
      }
    },
    90_000,
  );

  test("a push from .demo/blog changes the page by itself", () => {
    const tree = join(checkout, ".demo/blog");
    expect(existsSync(join(tree, "Index"))).toBe(true);
    writeFileSync(join(tree, "Posts/pushed.md"), "---\ntitle: Pushed\n---\n\nFresh from a push.\n");
    const git = (...words: string[]): string => {
      const run = spawnSync("git", words, { cwd: tree, encoding: "utf8", timeout: 60_000 });
      expect(`${words[0]} ${run.status} ${run.status === 0 ? "" : run.stderr}`).toBe(`${words[0]} 0 `);
      return run.stdout + run.stderr;
    };
    git("add", "-A");
    git("commit", "-m", "A new post");
    expect(git("push")).toMatch(/updated: .*, commit [0-9a-f]{8}/);
    expect(curl("/Posts/pushed")).toContain("Fresh from a push.");
  }, 90_000);

  test("Ctrl-C ends all that it started", async () => {
    expect(group().length).toBeGreaterThan(1);
    process.kill(-(started.pid ?? 0), "SIGINT");
    await eventually(`all processes end: ${group().join(" ")}`, 15_000, () => group().length === 0);
    expect(text).not.toContain("powered off");
    await expect(fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) })).rejects.toThrow();
  });
});
