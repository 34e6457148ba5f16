// What a person and a supervisor see of a machine that ends: the screen of a BIOS, --panic=reset and poweroff, pvpanic and
// isa-debug-exit. An interrupt that cannot be masked, sent by QEMU, makes it panic: on a processor without a local APIC, which
// lets none through.

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Bed, makeBed, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";
import { eventually } from "./support/peers.ts";
import { Qmp } from "./support/qmp.ts";

const LIMIT_MS = 60_000;
const COLUMNS = 80;

let bed: Bed;
let vm: Vm | undefined;
let qmp: Qmp;

beforeAll(async () => {
  bed = await makeBed("panic");
});

afterEach(() => vm?.stop());
afterAll(() => bed?.close());

async function start(parameters: string, ...extra: readonly string[]): Promise<Vm> {
  qmp = new Qmp();
  vm = await Vm.start({ git: bed.git, parameters, machine: { cpu: "max,-apic", extra: [...qmp.words, ...extra] } });
  await vm.ready();
  return vm;
}

/** What the screen of a PC in text mode shows, line by line. */
async function screen(): Promise<string> {
  const file = `${qmp.path}-screen`;
  await qmp.run("pmemsave", { val: 0xb8000, size: 2 * COLUMNS * 25, filename: file });
  const characters = Array.from(
    readFileSync(file).filter((_, i) => i % 2 === 0),
    (c) => String.fromCharCode(c),
  ).join("");
  return characters.replace(new RegExp(`.{${COLUMNS}}`, "g"), (line) => `${line.trimEnd()}\n`);
}

const PANIC = /^panic: trap 2 \(NMI\)/;

test("a screen in text mode shows what COM1 gets, the panic as well", async () => {
  const { machine } = await start("", "-device", "VGA", "-action", "shutdown=pause");
  const shown = await screen();
  expect(shown).toMatch(/^\d\d:\d\d:\d\d ready: http:/m);
  const told = machine.lines.filter((line) => / (Epiphyte|address|ready:) /.test(line) && line.length < COLUMNS);
  expect(told.length).toBeGreaterThan(1);
  for (const line of told) expect(shown).toContain(`${line}\n`);
  await qmp.run("inject-nmi");
  await machine.line(/power off, status 1/, LIMIT_MS);
  expect(await screen()).toMatch(/^epiphyte: power off, status 1$/m);
});

test("--panic=reset begins anew", async () => {
  const { machine, port } = await start("--panic=reset", "-action", "reboot=reset");
  await qmp.run("inject-nmi");
  await machine.line(PANIC, LIMIT_MS);
  const from = machine.lines.findIndex((line) => PANIC.test(line));
  await machine.line(/ ready: http/, LIMIT_MS, from);
  await eventually("pages are served again", LIMIT_MS, async () => {
    const answer = await get(port, "/").catch(() => undefined);
    return answer?.status === 200;
  });
});

test("--panic=reset tells pvpanic that the machine goes on by itself", async () => {
  const { machine } = await start("--panic=reset", "-action", "reboot=reset", "-device", "pvpanic");
  await qmp.run("inject-nmi", {}, /"GUEST_CRASHLOADED"/);
  const from = machine.lines.findIndex((line) => PANIC.test(line));
  await machine.line(/ ready: http/, LIMIT_MS, from);
});

test("--panic=poweroff powers off", async () => {
  const { machine } = await start("--panic=poweroff", "-action", "reboot=reset");
  await qmp.run("inject-nmi");
  expect(await machine.exit(LIMIT_MS)).toBe(0);
  expect(machine.console).toMatch(/epiphyte: power off, status 1\n/);
});

test("pvpanic is told", async () => {
  const { machine } = await start("", "-device", "pvpanic", "-action", "panic=pause");
  await qmp.run("inject-nmi", {}, /"GUEST_PANICKED"/);
  await machine.line(/power off, status 1/, LIMIT_MS);
});

test("isa-debug-exit gives the status, also of a machine that refuses to start", async () => {
  const { machine } = await start("", "-device", "isa-debug-exit");
  await qmp.run("inject-nmi");
  // QEMU makes of a status twice that and one.
  expect(await machine.exit(LIMIT_MS)).toBe(3);
  vm = await Vm.start({
    git: bed.git,
    parameters: "--no-such-thing",
    machine: { extra: ["-device", "isa-debug-exit"] },
  });
  const status = await vm.machine.exit(LIMIT_MS);
  const said = Number(/power off, status (\d+)/.exec(vm.machine.console)?.[1]);
  expect(said).toBeGreaterThan(0);
  expect(status).toBe(2 * said + 1);
});
