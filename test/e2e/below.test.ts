// What is below the seam, compiled: it allocates nothing per request, packets do not wait for the engine, and a fault
// names the TypeScript file and line.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../../image/build/image.ts";
import { buildProcess } from "../../image/build/process.ts";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want } from "../../tools/setup.ts";

const FAULT = "test/image/fault.ts";
const SEAM = "stack/host/seam.ts";
/** The compiled side of a target is built once and then cached. */
const BUILD_MS = 300_000;
const tools = isRoot() && want("curl", "ip");
const why = tools ? "" : " (skipped: needs root, curl and ip)";

/** Where the seam complains that it has no link. */
function complaint(): string {
  const lines = readFileSync(SEAM, "utf8").split("\n");
  return `panic: no link is attached, at ${SEAM}:${lines.findIndex((line) => line.includes("no link is attached")) + 1}`;
}

describe("a fault of compiled code", () => {
  test(
    "ends the process with the TypeScript file and line",
    async () => {
      await buildProcess(FAULT, "build/test-fault", { below: "image/below-process.ts" });
      const run = spawnSync("build/test-fault", [], { encoding: "utf8", timeout: 20_000 });
      expect(run.stdout).toContain(complaint());
      expect(run.stdout).toContain(`${FAULT}:6`);
      expect(run.stdout).not.toContain("still here");
      expect(run.status).toBe(1);
    },
    BUILD_MS,
  );

  test(
    "says which frame was held, on the console and to whom the program tells it",
    async () => {
      const frame = "02000000000102000000000208004500002000010000400166da0a0000020a0000010800";
      await buildProcess("test/image/fault-frame.ts", "build/test-fault-frame", { below: "test/image/below-fault.ts" });
      const run = spawnSync("build/test-fault-frame", [], { encoding: "utf8", timeout: 20_000 });
      const words = `holding a frame of 46 bytes (IPv4, ICMP): ${frame}`;
      for (const before of ["told: ", "panic: "])
        expect(run.stdout).toMatch(
          new RegExp(
            `${before}no slot on purpose, at test/image/below-fault.ts:\\d+, ${words.replace(/[()]/g, "\\$&")}`,
          ),
        );
      expect(run.stdout).not.toContain("still here");
      expect(run.status).toBe(1);
    },
    BUILD_MS,
  );

  test(
    "ends the machine with the TypeScript file and line, and the machine powers off",
    async () => {
      await buildImage(FAULT, "build/test-fault.elf", { below: "image/below-virtual.ts" });
      const words = "-M q35 -accel tcg -cpu max -m 24 -nodefaults -display none -serial stdio -no-reboot".split(" ");
      const run = spawnSync("qemu-system-x86_64", [...words, "-kernel", "build/test-fault.elf"], {
        encoding: "utf8",
        timeout: 60_000,
        input: "",
      });
      expect(run.stdout).toContain(complaint());
      expect(run.stdout).not.toContain("still here");
      expect(run.signal).toBeNull();
    },
    BUILD_MS,
  );
});

describe.skipIf(!tools)(`the compiled side of a process${why}`, () => {
  beforeAll(async () => {
    await buildProcess("test/image/ready-process.ts", "build/test-ready", { below: "image/below-process.ts" });
  }, BUILD_MS);

  test(
    "allocates nothing for 10,000 requests of a ready page",
    async () => {
      await withServer(async (space, get) => {
        // The first requests make what is kept.
        load(space, 2000);
        const ask = (): number => Number(get("/allocations"));
        const [first, second] = [ask(), ask()];
        load(space, 10_000);
        const third = ask();
        // A question itself goes up to the engine: about 50 each, and not exactly the same number each time.
        expect(second - first).toBeLessThan(100);
        // A head is made anew each second.
        expect(third - second).toBeLessThan(1000);
      });
    },
    BUILD_MS,
  );
});

/**
 * 2 ms of processor time, counted in instructions, which nothing else on this machine disturbs: -icount makes the clock
 * of the guest tick once for each, a nanosecond, and a processor of today does three in that time. Nobody is at the other
 * end of the wire: that clock runs away from any peer in real time.
 */
const MOST_US = 6000;

test(
  "packets wait less than 2 ms for the engine while it does the work of a clone, a build and a page",
  async () => {
    await buildImage("test/image/wait-virtual.ts", "build/test-wait.elf", { below: "image/below-virtual.ts" });
    const words = "-M q35 -accel tcg -cpu max -m 256 -nodefaults -display none -serial stdio -no-reboot".split(" ");
    const wire = "-netdev hubport,hubid=0,id=n0 -device virtio-net-pci,netdev=n0 -icount shift=0,sleep=off".split(" ");
    const run = spawnSync("qemu-system-x86_64", [...words, ...wire, "-kernel", "build/test-wait.elf"], {
      encoding: "utf8",
      timeout: 240_000,
      input: "",
    });
    const waits = run.stdout.split(/\r?\n/).filter((line) => line.startsWith("wait "));
    expect(waits).toHaveLength(13);
    expect(waits.filter((line) => !(Number(line.split(" ")[2]) < MOST_US))).toEqual([]);
  },
  BUILD_MS,
);

type Get = (path: string) => string;

async function withServer(use: (space: Namespace, get: Get) => Promise<void>): Promise<void> {
  const space = new Namespace("epiphyte-below", 93);
  try {
    const child = space.start(["build/test-ready"], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve());
      child.once("exit", () => reject(new Error("the server has ended")));
    });
    await use(space, (path) => space.run(["curl", "-sS", "-m", "120", `http://10.93.0.2${path}`], 130_000));
  } finally {
    await space.remove();
  }
}

/** Kept-alive requests, in rounds of connections that each send 100. */
function load(space: Namespace, requests: number): void {
  const urls = "http://10.93.0.2/page?[1-100]";
  for (let i = 0; i < requests / 100; i++) space.run(["curl", "-sS", "-o", "/dev/null", "-m", "60", urls], 70_000);
}
