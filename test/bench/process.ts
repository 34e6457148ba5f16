// The figures of the `process` target: a large clone on the processor itself, and instructions of user space under
// callgrind. Read first: valgrind's manual, "Callgrind", and callgrind_control(1).

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { which } from "../../tools/setup.ts";
import { type Bed, largeRepository, PAGE_BYTES, PAGE_PATH } from "./bed.ts";
import { type Column, parameters } from "./columns.ts";
import { type Figure, mean, type Row } from "./machine.ts";

const READY_WITHIN_MS = 240_000;
const CONNECTIONS = 64;

export const processRows: readonly Row[] = [
  cloneRow("clone", "Clone and date 2,000 posts, 5,000 commits", "CPU s", 4, (run) => run.cpuSeconds),
  cloneRow("clone-memory", "the same, peak memory", "MB", 150, (run) => run.peakMegabytes),
  {
    id: "callgrind",
    title: `${PAGE_BYTES}-byte page in user space (process)`,
    unit: "K instructions",
    target: {},
    quick: false,
    measure: underCallgrind,
  },
];

/** A process of a build on the bed's TAP, whose console is watched. */
export class Program {
  readonly pid: number;
  readonly lines: string[] = [];
  readonly #stop: () => void;
  readonly #exited: () => boolean;

  constructor(bed: Bed, words: readonly string[], keep: (line: string) => boolean = () => true) {
    const child = bed.ns.start(words, { stdio: ["ignore", "pipe", "pipe"] });
    // `ip netns exec` becomes the command, so this is its own id.
    this.pid = child.pid ?? 0;
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null)
        createInterface({ input: stream }).on("line", (line) => {
          if (keep(line)) this.lines.push(line);
        });
    this.#stop = () => child.kill("SIGKILL");
    this.#exited = () => child.exitCode !== null || child.signalCode !== null;
  }

  /** The first line from number `from` on that matches. */
  async line(pattern: RegExp, timeoutMs: number, from = 0): Promise<string> {
    for (const until = Date.now() + timeoutMs; ; await sleep(20)) {
      const found = this.lines.slice(from).find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.#exited() || Date.now() > until)
        throw new Error(`no line ${pattern} within ${timeoutMs} ms:\n${this.lines.slice(-10).join("\n")}`);
    }
  }

  /** Processor time of all threads so far, in seconds (proc(5), schedstat: nanoseconds). */
  cpuSeconds(): number {
    return Number(readFileSync(`/proc/${this.pid}/schedstat`, "utf8").split(" ")[0]) / 1e9;
  }

  /** The most memory that was ever resident (VmHWM). */
  peakMegabytes(): number {
    return this.#status("VmHWM");
  }

  residentMegabytes(): number {
    return this.#status("VmRSS");
  }

  get exited(): boolean {
    return this.#exited();
  }

  /** A line of proc(5), status, in MB. */
  #status(name: string): number {
    const line = new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${this.pid}/status`, "utf8"));
    return (Number(line?.[1]) * 1024) / 1e6;
  }

  async stop(): Promise<void> {
    this.#stop();
    for (let i = 0; i < 100 && !this.#exited(); i++) await sleep(20);
  }
}

interface CloneRun {
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly how: string;
}

/** One run serves both rows. */
const cloneRuns = new Map<string, Promise<CloneRun>>();

function cloneRow(id: string, title: string, unit: string, limit: number, pick: (run: CloneRun) => number): Row {
  return {
    id,
    title,
    unit,
    target: { bytecode: limit, compiled: limit },
    quick: false,
    async measure(bed, column) {
      const { process: binary } = column;
      if (binary === undefined) return "–";
      let run = cloneRuns.get(binary);
      if (run === undefined) {
        run = cloneLarge(bed, binary);
        cloneRuns.set(binary, run);
      }
      const done = await run;
      return {
        row: id,
        column: column.name,
        value: pick(done),
        samples: [done.cpuSeconds, done.peakMegabytes],
        how: done.how,
      };
    },
  };
}

async function cloneLarge(bed: Bed, binary: string): Promise<CloneRun> {
  const { name, bytes } = await largeRepository();
  const words = [binary, "--tap=tap0", `--remote=${bed.remote(name)}`, `--ipv4=${bed.guest}/24`];
  const program = new Program(bed, words);
  try {
    const ready = await program.line(/ready: http/, READY_WITHIN_MS);
    return {
      cpuSeconds: program.cpuSeconds(),
      peakMegabytes: program.peakMegabytes(),
      how: `${words.slice(1).join(" ")}; a pack of ${(bytes / 1e6).toFixed(1)} MB; /proc/PID/schedstat and VmHWM when it says "${ready.trim()}"`,
    };
  } finally {
    await program.stop();
  }
}

/** Requests of one callgrind part and of the next: the difference of parts of N and N + MORE requests. */
const SOME = 500;
const MORE = 1000;

async function underCallgrind(bed: Bed, column: Column): Promise<Figure | string> {
  const { process: binary } = column;
  if (binary === undefined) return "–";
  if (which("valgrind") === undefined) return "valgrind is missing";
  const symbols = existsSync(`${binary}.debug`) ? `${binary}.debug` : binary;
  const name = `callgrind-${column.name}.out`;
  const out = join(bed.folder, name);
  const words = ["valgrind", "--tool=callgrind", "--dump-instr=no", `--callgrind-out-file=${out}`];
  const program = new Program(bed, [...words, symbols, "--tap=tap0", ...parameters(bed, {})]);
  try {
    await program.line(/ready: http/, READY_WITHIN_MS);
    await sleep(5000);
    const number = (file: string): number => Number(file.slice(name.length + 1));
    const part = async (requests: number): Promise<number> => {
      await load(bed, requests);
      const files = (): string[] => readdirSync(bed.folder).filter((file) => file.startsWith(`${name}.`));
      const before = files().length;
      execFileSync("callgrind_control", ["--dump", String(program.pid)], { timeout: 60_000, stdio: "ignore" });
      // The part is written when the program next runs: an idle one sleeps, so it is woken. The summary is its last line
      // but one.
      await bed.run(["curl", "-s", "-o", "/dev/null", `http://${bed.guest}${PAGE_PATH}`], 10_000);
      let file: string | undefined;
      let sum: string | undefined;
      for (let i = 0; i < 100 && sum === undefined; i++) {
        await sleep(100);
        file = files().sort((a, b) => number(a) - number(b))[before];
        if (file !== undefined)
          sum = /^(?:summary|totals): (\d+)/m.exec(readFileSync(join(bed.folder, file), "utf8"))?.[1];
      }
      if (sum === undefined) throw new Error("callgrind wrote no part");
      return Number(sum);
    };
    await part(SOME);
    const samples: number[] = [];
    for (let i = 0; i < 2; i++) {
      const some = await part(SOME);
      samples.push(((await part(SOME + MORE)) - some) / MORE / 1000);
    }
    return {
      row: "callgrind",
      column: column.name,
      value: mean(samples),
      samples,
      how: `${words.slice(0, 3).join(" ")}; parts of ${SOME} and ${SOME + MORE} requests by h2load --h1 --clients=${CONNECTIONS}, their difference / ${MORE}`,
    };
  } finally {
    await program.stop();
  }
}

async function load(bed: Bed, requests: number): Promise<void> {
  const out = await bed.run(
    [
      "h2load",
      "--h1",
      `--clients=${CONNECTIONS}`,
      "--threads=1",
      `--requests=${requests}`,
      `http://${bed.guest}${PAGE_PATH}`,
    ],
    120_000,
  );
  if (!out.includes(`${requests} succeeded, 0 failed`)) throw new Error(`h2load: ${out.slice(-600)}`);
}
