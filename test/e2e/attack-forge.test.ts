// What a hostile or broken forge, or an author by accident, can do: it costs its share of memory and work, and no more.
// Each repository first as the clone at boot, then as an update over a good site; the machine lives, the good site is
// served meanwhile, the next good push shows, and memory is back. Needs root for the namespace and its TAP device.

import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { PROCESS } from "./support/bed.ts";
import { eventually } from "./support/peers.ts";

const OCTET = 120 + (process.pid % 100);
const FORGE_PORT = 8000;
const tools = isRoot() && want("curl", "ip");
const why = tools ? "" : " (skipped: needs root, curl and ip)";
/** A page that is ready is served within this time, whatever else goes on. */
const SERVED_WITHIN_S = 2;
/** And no update takes longer. */
const ANSWERED_WITHIN_S = 100;

/** Small on the wire, and large in memory or work. What they are: support/hostile-forge.ts. */
const REPOSITORIES = [
  "paths-10",
  "paths-5",
  "paths-wide",
  "empty-directories",
  "nested-directories",
  "lone-blobs",
  "names-50000",
  "names-199000",
  "changed",
  "tags",
  "aliases",
  "deltas",
  "quotes",
  "dashes",
  "deep-list",
  "hashes",
  "brackets",
  "references",
  "many-refs",
  "error",
  "refusal",
  "endless-progress",
] as const;

class Program {
  readonly child: ChildProcess;
  text = "";
  ended = false;

  constructor(space: Namespace, memory: number) {
    const address = `${space.address.replace(/1$/, "2")}/24`;
    const remote = `http://${space.address}:${FORGE_PORT}/x.git`;
    const words = ["env", `EPIPHYTE_MEMORY=${memory}`, PROCESS, `--tap=${space.tap}`, `--ipv4=${address}`];
    this.child = space.start([...words, `--remote=${remote}`, "--log=debug"], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        this.text += data;
      });
    this.child.on("exit", () => {
      this.ended = true;
    });
  }

  says(pattern: RegExp, timeoutMs: number, from = 0): Promise<string> {
    return eventually(
      () => `the console says ${pattern}:\n${this.text.slice(-4000)}`,
      timeoutMs,
      () => {
        if (this.ended) throw new Error(`it ended:\n${this.text.slice(-4000)}`);
        return pattern.exec(this.text.slice(from))?.[0];
      },
    );
  }

  async stop(): Promise<void> {
    if (!this.ended) this.child.kill("SIGTERM");
    await eventually("the process ends", 5000, () => this.ended || undefined);
  }
}

describe.skipIf(!tools)(`a hostile forge${why}`, () => {
  let space: Namespace;
  let site: string;

  const curl = (...words: readonly string[]): Promise<string> =>
    space.runAsync(["curl", "--silent", "--show-error", ...words], 120_000);
  const serve = (kind: string): Promise<string> => curl(`http://${space.address}:${FORGE_PORT}/serve/${kind}`);
  const page = (): Promise<string> => curl("--max-time", String(SERVED_WITHIN_S), `${site}/Posts/good`);

  beforeAll(async () => {
    space = new Namespace(`epi-forge-${process.pid}`, OCTET);
    site = `http://${space.address.replace(/1$/, "2")}`;
    const forge = "test/e2e/support/hostile-forge.ts";
    space.start([process.execPath, "--disable-warning=ExperimentalWarning", forge, space.address, String(FORGE_PORT)]);
    await eventually("the forge answers", 20_000, async () => (await serve("good-0").catch(() => "")) || undefined);
  });
  afterAll(() => space?.remove());

  test.each([64, 32, 256])(
    "as an update over a good site, with %i MB",
    async (memory) => {
      await serve("good-0");
      const program = new Program(space, memory);
      await program.says(/ ready: /, 20_000);
      let number = 0;
      const report: string[] = [];
      for (const kind of memory === 64 ? REPOSITORIES : (["paths-10", "lone-blobs", "quotes", "tags"] as const)) {
        const before = await page();
        await serve(kind);
        const began = Date.now();
        let answer = "";
        const hook = curl("--max-time", String(ANSWERED_WITHIN_S), "--request", "POST", `${site}/push`).then((text) => {
          answer = text;
        });
        // The good site is served while the update goes on. What can be shown is shown a moment before the hook is answered.
        let isShown = false;
        while (answer === "" && !program.ended) {
          const served = await page();
          expect(served, kind).toContain("Served by Epiphyte");
          isShown ||= served !== before;
          await Promise.race([hook, new Promise((resolve) => setTimeout(resolve, 200))]);
        }
        await hook;
        if (isShown) expect(await page(), kind).not.toBe(before);
        report.push(`${kind}: ${((Date.now() - began) / 1000).toFixed(1)} s, ${answer.trim().slice(0, 240)}`);
        expect(program.ended, `${kind}\n${program.text.slice(-2000)}`).toBe(false);
        if (kind === "refusal" || kind === "error") expect(answer).toContain("the forge");
        expect(answer).not.toMatch(/[\x07\x1b\u202e]/);
        // A page of what is shown may be as hostile: it is asked for, and whatever it is, the machine goes on.
        await curl("--max-time", "60", "--output", "/dev/null", `${site}/p/a`).catch(() => "");

        const next = `good-${memory}-${++number}`;
        await serve(next);
        // By then it may be there already: what failed is tried again.
        report.push((await curl("--max-time", "60", "--request", "POST", `${site}/push`)).trim().slice(0, 120));
        expect(await page(), report.join("\n")).toContain(`The good post says ${next}.`);
      }
      await program.stop();
      console.log(report.join("\n"));
      expect(program.text).not.toContain("panic");
    },
    280_000,
  );
});
