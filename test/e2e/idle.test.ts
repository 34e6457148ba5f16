// A machine that nobody asks for anything sleeps, whatever its card is and however it wakes: what it does in ten seconds is
// counted, in instructions (test/bench/counter.ts). All sleep at the same time; the count does not depend on that.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../image/build/run.ts";
import type { MachineOptions } from "../../tools/qemu.ts";
import { buildPlugin, countInto, readCounter } from "../bench/counter.ts";
import { type Bed, makeBed, Vm } from "./support/bed.ts";
import { CARDS } from "./support/cards.ts";

const IDLE_MS = 10_000;
/** After the first page: timers of connections run out. */
const SETTLE_MS = 5000;
const MOST = 1_000_000;

let bed: Bed;
const vms: Vm[] = [];

beforeAll(async () => {
  bed = await makeBed("idle");
});

afterAll(async () => {
  await Promise.all(vms.map((vm) => vm.stop()));
  await bed?.close();
});

test("an idle machine takes less than a million instructions in ten seconds, on every card", async () => {
  const plugin = buildPlugin(join(root, "test/bench/plugin/count.c"), bed.folder);
  const files = CARDS.map((_, i) => join(bed.folder, `count-${i}`));
  for (const [i, card] of CARDS.entries()) {
    const machine: Partial<MachineOptions> = {
      memory: 24,
      ...card.machine,
      extra: [...(card.machine.extra ?? []), ...countInto(plugin, files[i]!)],
    };
    vms.push(await Vm.start({ git: bed.git, parameters: "", machine }));
    await vms[i]!.ready();
  }
  await sleep(SETTLE_MS);
  const before = files.map(readCounter);
  await sleep(IDLE_MS);
  const taken = files.map((file, i) => `${CARDS[i]!.name}: ${readCounter(file) - before[i]!}`);
  console.log(taken.join("\n"));
  expect(before.every((count) => count > MOST)).toBe(true);
  expect(taken.filter((line) => Number(/\d+$/.exec(line)?.[0]) > MOST)).toEqual([]);
}, 300_000);
