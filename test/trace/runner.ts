// The replay as a program of the process target: bytecode, or, built with `below: "test/trace/below-trace.ts"`, machine
// code; the imports below do not know. test/e2e/trace.test.ts builds it with the recorded traces in it.
//
//   run FROM TO FILLER       a line for each trace and seed: name, seed, polls, the last digest
//   digests NAME SEED        the digest after each poll
//   explain NAME SEED STEP   one poll in words
//   figures NAME SEED        the host's figures at the end
//   fuzz SEED FRAMES         test/fuzz/host: a line for each episode: number, frames so far, digest, heap; "fault" and what it is
//   simulate                 the simulations of test/stack/{tcp,host}/scenarios.ts, a line each: "ok NAME"

import {
  explain,
  figures,
  fuzzBegin,
  fuzzDigest,
  fuzzEpisode,
  fuzzFrames,
  replay,
  scenario,
  scenarioName,
} from "./below-trace.ts";

/** Does not return. */
export function run(traces: Readonly<Record<string, Uint8Array>>): void {
  const [command = "", ...words] = nativeParameters().split("\n");
  if (command === "run") {
    const [from = 0, to = 0, filler = 0] = words.map(Number);
    for (const [name, trace] of Object.entries(traces))
      for (let seed = from; seed <= to; seed++) {
        const digests = replay(trace, seed, filler);
        nativeConsole(`${name} ${seed} ${digests.length / 4 - 1} ${hex(digests, digests.length - 4)}\n`);
      }
    nativePowerOff(0);
  }
  if (command === "fuzz") {
    const [seed = 0, frames = 0] = words.map(Number);
    fuzzBegin(seed);
    for (let episode = 0; fuzzFrames() < frames; episode++) {
      nativeConsole(`${episode} `);
      const fault = fuzzEpisode(episode);
      nativeConsole(`${fuzzFrames()} ${fuzzDigest()} ${nativeHeapUsed()}\n${fault === "" ? "" : `fault ${fault}\n`}`);
      if (fault !== "") break;
    }
    nativePowerOff(0);
  }
  if (command === "simulate") {
    for (let i = 0; scenarioName(i) !== ""; i++) {
      const fault = scenario(i);
      nativeConsole(`${fault === "" ? "ok" : "not ok"} ${scenarioName(i)}${fault === "" ? "" : `: ${fault}`}\n`);
    }
    nativePowerOff(0);
  }
  const trace = traces[words[0] ?? ""];
  const [seed = 0, step = 0] = words.slice(1).map(Number);
  if (trace === undefined) nativePowerOff(2);
  if (command === "digests") {
    const digests = replay(trace, seed, 0);
    let text = "";
    for (let at = 0; at < digests.length; at += 4) text += `${hex(digests, at)}\n`;
    nativeConsole(text);
  } else nativeConsole(command === "explain" ? explain(trace, seed, step) : figures(trace, seed));
  nativePowerOff(0);
}

function hex(bytes: Uint8Array, offset: number): string {
  let text = "";
  for (let i = 0; i < 4; i++) text += bytes[offset + i]!.toString(16).padStart(2, "0");
  return text;
}
