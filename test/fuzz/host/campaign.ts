// Sessions (session.ts) on Node, as bytecode and compiled: how many frames, by which seed, and what to do when something is
// wrong.

import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../image/build/run.ts";
import { describeTrace, record, shorten } from "./replay.ts";
import { Session } from "./session.ts";

/** Of one session: a process of its own where it is not Node. */
export const SESSION_FRAMES = 200_000;
/** What a session may hold more at its end than after its first episodes: tables grow to the most they ever needed. */
const HEAP_GROWTH = 2 << 20;
/** Of a fault's frames, the last are shown. */
const MOST_LINES = 40;
const FIRST_EPISODES = 5;
const LIMIT_MS = 30 * 60_000;

export interface Outcome {
  readonly frames: number;
  /** After each episode: frames so far and digest. */
  readonly shown: readonly string[];
  /** "" or what was wrong, in the last episode. */
  readonly fault: string;
}

export function onNode(seed: number, frames: number): Outcome {
  const session = new Session(seed, false);
  const shown: string[] = [];
  for (let episode = 0; session.frames < frames; episode++) {
    try {
      session.episode(episode);
    } catch (error) {
      return { frames: session.frames, shown, fault: String(error) };
    }
    shown.push(`${session.frames} ${session.digest.value}`);
    if (session.fault !== "") break;
  }
  return { frames: session.frames, shown, fault: session.fault };
}

/** In a program of test/trace/build.ts. */
export function inProgram(program: string, seed: number, frames: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, ["fuzz", `${seed}`, `${frames}`], { timeout: LIMIT_MS, killSignal: "SIGKILL" });
    let output = "";
    child.stdout.setEncoding("latin1").on("data", (text: string) => {
      output += text;
    });
    child.stderr.resume();
    child.on("close", (status, signal) => {
      const rows = [...output.matchAll(/^\d+ (\d+ \d+) (\d+)$/gm)];
      const shown = rows.map((row) => row[1]!);
      const heap = rows.map((row) => Number(row[2]));
      let fault = /^fault ([\s\S]*)$/m.exec(output)?.[1]?.trim() ?? "";
      if (status !== 0) fault = `ended by ${signal ?? `status ${status}`}: ${output.slice(-1500)}`;
      const first = Math.max(...heap.slice(0, FIRST_EPISODES));
      const grown = (heap.at(-1) ?? 0) - first;
      if (fault === "" && grown > HEAP_GROWTH)
        fault = `the heap has grown by ${grown} bytes in ${heap.length} episodes: ${first} after the first ${FIRST_EPISODES}`;
      resolve({ frames: Number(shown.at(-1)?.split(" ")[0] ?? 0), shown, fault });
    });
  });
}

/** Writes down how to see it again, as short as can be; the words for a person. */
export function report(seed: number, outcome: Outcome, folder = join(root, "build/fuzz")): string {
  const episode = outcome.fault === "" ? outcome.shown.length : Math.max(0, outcome.shown.length - 1);
  // An episode that ended by a throw has no line.
  for (const last of [episode, episode + 1])
    for (const first of [last, 0]) {
      const { fault, trace } = record(seed, first, last);
      if (fault === "") continue;
      const short = shorten(trace);
      mkdirSync(folder, { recursive: true });
      const file = join(folder, `host-${seed}-${last}.trace`);
      writeFileSync(file, short);
      const frames = describeTrace(short).split("\n").slice(-MOST_LINES).join("\n");
      return `seed ${seed}, episodes ${first} to ${last}: ${fault}\nIts last frames:\n${frames}\nAll of them, ${short.length} bytes: ${file}\nnpm run fuzz -- host --replay=${file}`;
    }
  return `seed ${seed}, after ${outcome.shown.length} episodes: ${outcome.fault}\n(not so on Node)`;
}
