// The clock by a time server: a real one (chrony), and one whose clock is two hours ahead. Needs root for the namespace.

import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { makeBed, PROCESS, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";
import { eventually, scratch } from "./support/peers.ts";
import { Qmp } from "./support/qmp.ts";

const OCTET = 89;
const tools = isRoot() && want("chronyd", "curl", "ip");
const why = tools ? "" : " (skipped: needs root, chrony, curl and ip)";

describe.skipIf(!tools)(`a time server${why}`, () => {
  let space: Namespace;
  let machine: string;

  beforeAll(() => {
    space = new Namespace(`epi-time-${process.pid}`, OCTET);
    machine = space.address.replace(/1$/, "2");
  });
  afterAll(() => space?.remove());

  /** Runs the process target with this time server until its page has a Date; that date, and what it said. */
  async function dateOf(...parameters: readonly string[]): Promise<{ ms: number; text: string }> {
    const words = [`--tap=${space.tap}`, `--ipv4=${machine}/24`, `--remote=http://${space.address}:1/none.git`];
    const child: ChildProcess = space.start([PROCESS, ...words, ...parameters], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (data: string) => {
      text += data;
    });
    try {
      await eventually(
        () => `the remote is asked:\n${text}`,
        10_000,
        () => /cannot connect|refused|again/.test(text),
      );
      await new Promise((resolve) => setTimeout(resolve, 1200));
      const out = await space.runAsync(
        ["curl", "--silent", "--include", "--max-time", "5", `http://${machine}/`],
        10_000,
      );
      return { ms: Date.parse(/^date: (.*)$/im.exec(out)?.[1] ?? ""), text };
    } finally {
      child.kill("SIGTERM");
      await eventually("the process ends", 5000, () => child.exitCode !== null || child.signalCode !== null);
    }
  }

  test("a real one leaves a right clock as it is", async () => {
    const folder = scratch("time");
    const file = join(folder, "chrony.conf");
    const lines = [`bindaddress ${space.address}`, "local stratum 8", "allow", "cmdport 0", `pidfile ${folder}/pid`];
    writeFileSync(file, `${lines.join("\n")}\n`);
    const chrony = space.start(["chronyd", "-x", "-d", "-u", "root", "-f", file]);
    const { ms, text } = await dateOf(`--ntp=${space.address}`);
    chrony.kill("SIGTERM");
    await eventually("chrony ends", 5000, () => chrony.exitCode !== null || chrony.signalCode !== null);
    expect(Math.abs(ms - Date.now())).toBeLessThan(5000);
    expect(text).not.toMatch(/of no use|set by/);
  });

  test("one that is ahead takes the clock with it, and the page's Date", async () => {
    const script = "test/e2e/support/time-server.ts";
    space.start([process.execPath, "--disable-warning=ExperimentalWarning", script, space.address, "7200"]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { ms, text } = await dateOf(`--ntp=${space.address}`);
    expect(text).toMatch(/the clock was (7199\.[89]|7200\.[01]) s slow: set by/);
    expect(Math.abs(ms - Date.now() - 7_200_000)).toBeLessThan(5000);
  });
});

const machineTools = want("qemu-system-x86_64", "git");

describe.skipIf(!machineTools)(
  `a machine that is stopped${machineTools ? "" : " (skipped: needs qemu-system-x86_64, git)"}`,
  () => {
    test("knows when it goes on, by the hardware's clock: its pages have the right Date", async () => {
      const bed = await makeBed("stopped");
      const qmp = new Qmp();
      const vm = await Vm.start({ git: bed.git, machine: { extra: qmp.words } });
      try {
        await vm.ready();
        // The hardware's clock has been looked at.
        await new Promise((resolve) => setTimeout(resolve, 7000));
        await qmp.run("stop");
        await new Promise((resolve) => setTimeout(resolve, 12_000));
        await qmp.run("cont");
        await vm.machine.line(/this machine was stopped for about 1[0-9] s: its clock goes on from/, 30_000);
        const answer = await get(vm.port, "/");
        expect(Math.abs(Date.parse(String(answer.headers.date)) - Date.now())).toBeLessThan(5000);
      } finally {
        await vm.stop();
        await bed.close();
      }
    }, 120_000);
  },
);
