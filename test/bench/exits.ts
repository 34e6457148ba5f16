// Two questions that a mean over 64 connections does not answer: what a request costs besides instructions, which is what
// leaves the guest, at a few connections and at many; and what a file costs that nobody has asked for before.
//
// On hardware an exit costs a microsecond or so, whatever the guest's instructions do. Under TCG there are none: what
// would be one is counted by plugin/count.c.

import { type Bed, LARGE_BYTES, LARGE_PATH, PAGE_BYTES, PAGE_PATH } from "./bed.ts";
import type { Column, Running } from "./columns.ts";
import { type Exits, endLearning, readExits } from "./counter.ts";
import { type Figure, figure, keptAlive, mean, type Row, withMachine } from "./machine.ts";

const COUNTS = [1, 16, 64, 256] as const;
/** Requests of the shorter run; the longer one has twice as many. */
const REQUESTS = 4000;
const COLD_RUNS = 3;
const K = 1000;

export const exitRows: readonly Row[] = [
  ...COUNTS.map(
    (connections): Row => ({
      id: `exits-${connections}`,
      title: `${PAGE_BYTES}-byte page over ${connections} kept connection${connections === 1 ? "" : "s"}`,
      unit: "K instructions; doorbells / interrupts / HLT / timer",
      target: {},
      quick: false,
      measure: (bed, column) => exits(bed, column, connections),
    }),
  ),
  {
    id: "large-cold",
    title: "1 MB that nobody has asked for before",
    unit: "K instructions",
    target: {},
    quick: false,
    measure: cold,
  },
];

interface Reading extends Exits {
  readonly instructions: number;
}

async function exits(bed: Bed, column: Column, connections: number): Promise<Figure | string> {
  const client = keptAlive(PAGE_PATH, PAGE_BYTES, connections);
  return withMachine(bed, column, { exits: true }, async (machine, host) => {
    // While every store is looked at, all that will be used must have been used.
    await client(bed, host, REQUESTS);
    endLearning(machine.counterFile);
    await client(bed, host, REQUESTS);
    const run = async (count: number): Promise<Reading> => {
      const before = await read(machine);
      await client(bed, host, count);
      return less(await read(machine), before);
    };
    const samples: Reading[] = [];
    for (let i = 0; i < 2; i++) {
      const once = await run(REQUESTS);
      samples.push(less(await run(2 * REQUESTS), once));
    }
    const command = await client(bed, host, connections);
    const each = (of: (reading: Reading) => number): number => mean(samples.map(of)) / REQUESTS;
    const value = each((it) => it.instructions) / K;
    const left = [
      each((it) => it.doorbells),
      each((it) => it.interrupts),
      each((it) => it.halts),
      each((it) => it.timers),
    ];
    return {
      ...figure(
        `exits-${connections}`,
        column,
        value,
        samples.flatMap((it) => [it.instructions, it.doorbells, it.interrupts, it.halts, it.timers]),
        `${machine.command}; ${command}; (n=${2 * REQUESTS}) - (n=${REQUESTS}), / ${REQUESTS}; samples: totals of instructions, doorbells, interrupts, HLT, timer, twice`,
      ),
      text: `${value.toPrecision(3)}; ${left.map((it) => Math.max(0, it).toFixed(2)).join(" / ")}`,
    };
  });
}

/** The first request for the large file on a machine that has answered for the page: to the last byte. */
async function cold(bed: Bed, column: Column): Promise<Figure | string> {
  const samples: number[] = [];
  let command = "";
  for (let run = 0; run < COLD_RUNS; run++)
    samples.push(
      await withMachine(bed, column, {}, async (machine, host) => {
        command = machine.command;
        const ask = (path: string) =>
          bed.ask({ kind: "get", url: `http://${host}${path}`, counter: machine.counterFile });
        for (let i = 0; i < 5; i++) if ((await ask(PAGE_PATH)).status === 200) break;
        const before = await machine.settled();
        const { status, bytes, instructions } = await ask(LARGE_PATH);
        if (status !== 200 || bytes !== LARGE_BYTES) throw new Error(`status ${status}, ${bytes} bytes`);
        return (instructions - before) / K;
      }),
    );
  return figure(
    "large-cold",
    column,
    mean(samples),
    samples,
    `${command}; GET ${PAGE_PATH}, at rest, GET ${LARGE_PATH} once; counter at the last byte less that before`,
  );
}

async function read(machine: Running): Promise<Reading> {
  const instructions = await machine.settled();
  return { instructions, ...readExits(machine.counterFile) };
}

function less(a: Reading, b: Reading): Reading {
  return {
    instructions: a.instructions - b.instructions,
    doorbells: a.doorbells - b.doorbells,
    interrupts: a.interrupts - b.interrupts,
    halts: a.halts - b.halts,
    timers: a.timers - b.timers,
  };
}
