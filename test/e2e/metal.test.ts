// The layer of C alone on the bare machine: memory sizes, processors, the clock, W^X and every other fault that its page
// tables and traps must catch. The cases are in test/image/metal.e2e.ts, which also runs by hand.

import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { want } from "../../tools/setup.ts";

const LIMIT_MS = 300_000;

const tools = want("qemu-system-x86_64", "musl-gcc");

test.skipIf(!tools)(
  `every boot and every fault of the bare machine${tools ? "" : " (skipped: needs qemu-system-x86_64, musl-gcc)"}`,
  async () => {
    const child = spawn(process.execPath, ["test/image/metal.e2e.ts"], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (data: string) => {
        text += data;
      });
    const timer = setTimeout(() => child.kill(), LIMIT_MS - 5000);
    const status = await new Promise((resolve) => child.on("exit", resolve));
    clearTimeout(timer);
    expect(text.replace(/^ok .*\n/gm, "")).toMatch(/^\d+ passed, 0 failed, 0 skipped\n$/);
    expect(status).toBe(0);
  },
  LIMIT_MS,
);
