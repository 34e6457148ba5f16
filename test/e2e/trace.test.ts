// The data path is trusted as machine code because it is the same program three times: recorded traces and their mutants
// are replayed on Node, as bytecode on quickjs-ng and compiled ahead of time, and every step must show the same bytes.

import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { inProgram, onNode, report } from "../fuzz/host/campaign.ts";
import { explain, replay, scenarioName } from "../trace/below-trace.ts";
import { buildRunner, recorded } from "../trace/build.ts";

/** Of each trace. */
const MUTANTS = 20;
/** What a frame is surrounded with on Node, in bytecode and compiled: it must not matter. */
const FILLERS = [0, 0x5a, 0xff] as const;
/** Storms of test/fuzz/host: seeds beyond those of its own test, and frames of each way; beside 40,000 on Node alone. */
const STORMS = [11, 12, 13, 14, 15, 16, 17, 18] as const;
const STORM_FRAMES = { bytecode: 1500, compiled: 10_000 } as const;
const LIMIT_MS = 100_000;
const BUILD_LIMIT_MS = 400_000;

const traces = recorded();
let replayed: string[] = [];
let bytecode = "";
let compiled = "";

function hex(digests: Uint8Array, step: number): string {
  return Buffer.from(digests.subarray(step * 4, step * 4 + 4)).toString("hex");
}

function output(program: string, words: readonly (string | number)[]): string {
  const run = spawnSync(program, words.map(String), { encoding: "latin1", timeout: LIMIT_MS, maxBuffer: 1 << 28 });
  return run.status === 0
    ? run.stdout
    : `${run.stdout}${run.stderr}ended by status ${run.status} ${run.signal ?? ""}\n`;
}

/** The first step that differs, in words. */
function difference(program: string, name: string, seed: number): string {
  const digests = replay(traces.get(name)!, seed, 0);
  const others = output(program, ["digests", name, seed]).split("\n");
  let step = 0;
  while (step * 4 < digests.length && others[step] === hex(digests, step)) step++;
  const what = step === 0 ? "the mutants differ" : `step ${step}`;
  const node = step === 0 ? "" : explain(traces.get(name)!, seed, step);
  return `${name}, seed ${seed}: ${what}\non Node:\n${node}\nthere:\n${output(program, ["explain", name, seed, step])}`;
}

function compare(program: string, filler: number): void {
  const there = output(program, ["run", 0, MUTANTS, filler]).split("\n");
  const at = replayed.findIndex((line, i) => there[i] !== line);
  if (at < 0) return;
  const [name = "", seed = ""] = (replayed[at] ?? "").split(" ");
  expect.fail(`${replayed[at]} became ${there[at]}: ${difference(program, name, Number(seed))}`);
}

beforeAll(async () => {
  bytecode = await buildRunner(false);
  compiled = await buildRunner(true);
  replayed = [...traces].flatMap(([name, trace]) =>
    Array.from({ length: MUTANTS + 1 }, (_, seed) => {
      const digests = replay(trace, seed, FILLERS[0]);
      const polls = digests.length / 4 - 1;
      return `${name} ${seed} ${polls} ${hex(digests, polls)}`;
    }),
  );
}, BUILD_LIMIT_MS);

describe("recorded traces and their mutants", () => {
  test("give the same bytes as bytecode on quickjs-ng as on Node", () => {
    compare(bytecode, FILLERS[1]);
  });

  test("give the same bytes compiled ahead of time as on Node", () => {
    compare(compiled, FILLERS[2]);
  });
});

describe("hosts in a storm (test/fuzz/host)", () => {
  const ways = { bytecode: (): string => bytecode, compiled: (): string => compiled };
  for (const way of ["bytecode", "compiled"] as const)
    test(`show the same ${way} as on Node, come to rest, serve, and hold no more than before`, async () => {
      for (const seed of STORMS) {
        const there = await inProgram(ways[way](), seed, STORM_FRAMES[way]);
        if (there.fault !== "") expect.fail(report(seed, there));
        const here = onNode(seed, STORM_FRAMES[way]);
        expect({ seed, shown: there.shown }).toEqual({ seed, shown: here.shown });
      }
    });
});

describe("compiled ahead of time", () => {
  let lines: string[] = [];
  beforeAll(() => {
    lines = output(compiled, ["simulate"]).split("\n");
  });

  for (let i = 0; scenarioName(i) !== ""; i++)
    test(scenarioName(i), () => {
      expect(lines[i]).toBe(`ok ${scenarioName(i)}`);
    });
});
