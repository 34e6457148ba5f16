// The figures of a machine: each starts the machine anew, takes readings of its instruction counter, and says how it
// was done. Requests are counted, never timed.

import { setTimeout as sleep } from "node:timers/promises";
import { type Bed, LARGE_BYTES, LARGE_PATH, PAGE_BYTES, PAGE_PATH } from "./bed.ts";
import type { Column, Running, Start } from "./columns.ts";

export interface Figure {
  readonly row: string;
  readonly column: string;
  /** In the row's unit. */
  readonly value: number;
  /** Single measurements that `value` is the mean of, or the steps that led to it. */
  readonly samples: readonly number[];
  /** How to repeat it. */
  readonly how: string;
  /** What the table shows in the place of the value, where one number does not say it. */
  readonly text?: string;
}

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** What the project wants of each column; undefined: nothing is asked. */
  readonly target: { readonly bytecode?: number; readonly compiled?: number };
  /** Part of --quick. */
  readonly quick: boolean;
  measure(bed: Bed, column: Column): Promise<Figure | string>;
}

const CONNECTIONS = 64;
const READY_WITHIN_MS = 90_000;
const IDLE_MS = 10_000;
/** A client run that takes longer than this has failed. */
const CLIENT_WITHIN_MS = 300_000;
const K = 1000;

export const machineRows: readonly Row[] = [
  {
    id: "image",
    title: "Image",
    unit: "MB",
    target: { bytecode: 4, compiled: 4 },
    quick: true,
    measure: async (_bed, column) =>
      figure(
        "image",
        column,
        column.bytes / 1e6,
        [column.bytes],
        "bytes of what QEMU is given with -kernel and -initrd",
      ),
  },
  {
    id: "memory",
    title: "Smallest -m that serves",
    unit: "MB",
    target: { bytecode: 24, compiled: 24 },
    quick: false,
    measure: smallestMemory,
  },
  {
    id: "boot",
    title: "Entry to the first 200",
    unit: "M instructions",
    target: { bytecode: 600, compiled: 400 },
    quick: true,
    measure: (bed, column) => firstAnswer(bed, column, "boot"),
  },
  requests(
    "keep-alive",
    `${PAGE_BYTES}-byte page, connection kept`,
    { bytecode: 300, compiled: 25 },
    true,
    {},
    keptAlive(PAGE_PATH, PAGE_BYTES),
    4000,
  ),
  requests(
    "keep-alive-plain",
    "the same without offloads",
    { compiled: 45 },
    false,
    { offloads: false },
    keptAlive(PAGE_PATH, PAGE_BYTES),
    4000,
  ),
  requests(
    "keep-alive-syslog",
    "the same with an access line to syslog",
    {},
    false,
    { syslog: true },
    keptAlive(PAGE_PATH, PAGE_BYTES),
    4000,
  ),
  requests(
    "keep-alive-6",
    `${PAGE_BYTES}-byte page, connection kept, IPv6`,
    {},
    false,
    { six: true },
    keptAlive(PAGE_PATH, PAGE_BYTES),
    4000,
  ),
  requests("close", `${PAGE_BYTES}-byte page, connection per request`, { compiled: 45 }, true, {}, perRequest, 4000),
  requests(
    "close-6",
    `${PAGE_BYTES}-byte page, connection per request, IPv6`,
    {},
    false,
    { six: true },
    perRequest,
    4000,
  ),
  requests(
    "large",
    "1 MB over kept connections",
    { compiled: 150 },
    false,
    {},
    keptAlive(LARGE_PATH, LARGE_BYTES),
    500,
  ),
  requests(
    "large-plain",
    "1 MB without offloads",
    {},
    false,
    { offloads: false },
    keptAlive(LARGE_PATH, LARGE_BYTES),
    100,
  ),
  {
    id: "idle",
    title: "Idle for 10 s",
    unit: "M instructions",
    target: {},
    quick: false,
    measure: idle,
  },
];

export function figure(row: string, column: Column, value: number, samples: readonly number[], how: string): Figure {
  return { row, column: column.name, value, samples, how };
}

/** Runs `use` on a machine that serves; always stops it. */
export async function withMachine<T>(
  bed: Bed,
  column: Column,
  how: Start,
  use: (machine: Running, host: string) => Promise<T>,
): Promise<T> {
  const machine = column.start(bed, how);
  try {
    const line = await machine.line(column.ready, READY_WITHIN_MS);
    return await use(machine, column.ready.exec(line)?.[1] ?? bed.guest);
  } finally {
    await machine.stop();
  }
}

/** From the first instruction to the last byte of the first 200 for "/": asked for when the console says ready. */
export async function firstAnswer(
  bed: Bed,
  column: Column,
  id: string,
  scheme: "http" | "https" = "http",
): Promise<Figure | string> {
  const start: Start = { memory: 128, content: "demo", tls: scheme === "https" };
  const samples: number[] = [];
  let command = "";
  for (let run = 0; run < 3; run++)
    samples.push(
      await withMachine(bed, column, start, async (machine, host) => {
        command = machine.command;
        const url = `${scheme}://${host}/`;
        let answer = await bed.ask({ kind: "get", url, counter: machine.counterFile });
        // The namespace may still look for the neighbour that the machine before this one was.
        for (let i = 0; answer.status === 0 && i < 5; i++) {
          await sleep(200);
          answer = await bed.ask({ kind: "get", url, counter: machine.counterFile });
        }
        if (answer.status !== 200) throw new Error(`status ${answer.status}`);
        return answer.instructions / 1e6;
      }),
    );
  return figure(
    id,
    column,
    mean(samples),
    samples,
    `${command}; GET ${scheme} / when the console says ready, counter read at the last byte`,
  );
}

/** Halving between two sizes: the smallest at which the demo (Linux: the page) is served. */
async function smallestMemory(bed: Bed, column: Column): Promise<Figure | string> {
  let fails = column.memoryFrom;
  let serves = column.memoryTo;
  const samples: number[] = [];
  while (serves - fails > 1) {
    const memory = Math.floor((fails + serves) / 2);
    samples.push(memory);
    if (await servesAt(bed, column, memory)) serves = memory;
    else fails = memory;
  }
  return figure(
    "memory",
    column,
    serves,
    samples,
    `-m halved between ${column.memoryFrom} and ${column.memoryTo}; serves: GET / is a 200`,
  );
}

async function servesAt(bed: Bed, column: Column, memory: number): Promise<boolean> {
  const machine = column.start(bed, { memory, content: "demo" });
  try {
    // A machine without enough memory powers off, hangs or panics: none of them prints the line.
    const line = await machine.line(column.ready, 20_000);
    const host = column.ready.exec(line)?.[1] ?? bed.guest;
    const answer = await bed.ask({ kind: "get", url: `http://${host}/`, counter: machine.counterFile });
    // Pages are made ready in the background after the first; they must fit, too.
    await sleep(1000);
    return answer.status === 200 && machine.exited === undefined;
  } catch {
    return false;
  } finally {
    await machine.stop();
  }
}

async function idle(bed: Bed, column: Column): Promise<Figure | string> {
  return withMachine(bed, column, {}, async (machine) => {
    await machine.settled();
    const cpu = machine.cpuMs();
    const before = machine.instructions();
    await sleep(IDLE_MS);
    const spent = machine.instructions() - before;
    return figure(
      "idle",
      column,
      spent / 1e6,
      [spent, machine.cpuMs() - cpu],
      `${machine.command}; counter over ${IDLE_MS} ms without traffic; second sample: CPU ms of QEMU`,
    );
  });
}

/** A client run of exactly `count` requests; throws when one fails. Returns the command. */
export type Client = (bed: Bed, host: string, count: number) => Promise<string>;

export function requests(
  id: string,
  title: string,
  target: Row["target"],
  quick: boolean,
  start: Start,
  client: Client,
  count: number,
): Row {
  return {
    id,
    title,
    unit: "K instructions",
    target,
    quick,
    measure: (bed, column) =>
      withMachine(bed, column, start, async (machine, address) => {
        const host = start.six === true ? `[${bed.guest6}]` : address;
        const run = async (n: number): Promise<number> => {
          const before = await machine.settled();
          await client(bed, host, n);
          return (await machine.settled()) - before;
        };
        await client(bed, host, count);
        const samples: number[] = [];
        // What a run costs apart from its requests (connections, ARP) falls out of the difference.
        for (let i = 0; i < 2; i++) {
          const once = await run(count);
          samples.push(((await run(2 * count)) - once) / count / K);
        }
        const command = await client(bed, host, CONNECTIONS);
        return figure(
          id,
          column,
          mean(samples),
          samples,
          `${machine.command}; ${command}; (instructions of n=${2 * count}) - (n=${count}), / ${count}`,
        );
      }),
  };
}

export function keptAlive(
  path: string,
  bytes: number,
  connections = CONNECTIONS,
  scheme: "http" | "https" = "http",
): Client {
  return async (bed, host, count) => {
    // h2load's Host for an address of IPv6 lacks its brackets (RFC 3986 3.2.2), which is a bad request.
    const six = host.startsWith("[");
    const to = six ? [`--connect-to=${host}:${scheme === "https" ? 443 : 80}`] : [];
    const words = ["h2load", "--h1", `--clients=${connections}`, "--threads=1", ...to];
    const url = `${scheme}://${six ? bed.guest : host}${path}`;
    const out = await bed.run([...words, `--requests=${count}`, url], CLIENT_WITHIN_MS);
    const done = /(\d+) succeeded, (\d+) failed/.exec(out);
    const data = Number(/\((\d+)\) data/.exec(out)?.[1] ?? 0);
    if (Number(done?.[1]) !== count || data < count * bytes) throw new Error(`h2load: ${out.slice(-600)}`);
    return [...words, "--requests=n", url].join(" ");
  };
}

async function perRequest(bed: Bed, host: string, count: number): Promise<string> {
  const words = ["ab", "-q", "-c", String(CONNECTIONS)];
  const out = await bed.run([...words, "-n", String(count), `http://${host}${PAGE_PATH}`], CLIENT_WITHIN_MS);
  const complete = Number(/Complete requests:\s+(\d+)/.exec(out)?.[1]);
  const failed = Number(/Failed requests:\s+(\d+)/.exec(out)?.[1]);
  const bytes = Number(/HTML transferred:\s+(\d+)/.exec(out)?.[1]);
  if (complete !== count || failed !== 0 || bytes < count * PAGE_BYTES) throw new Error(`ab: ${out.slice(-600)}`);
  return [...words, "-n", "n", `http://${host}${PAGE_PATH}`].join(" ");
}

/** The clients by the name of their row. */
export const clients: Readonly<Record<string, Client>> = {
  "keep-alive": keptAlive(PAGE_PATH, PAGE_BYTES),
  close: perRequest,
  large: keptAlive(LARGE_PATH, LARGE_BYTES),
};

export function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}
