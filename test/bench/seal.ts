// How fast records of 16 KiB are sealed: nativeSeal in the process target against `openssl speed` of the system, in turns.
// The one figure here that is a time, for instructions do not tell what vector units do: processor seconds in user mode,
// the median of several rounds. Prints a table and writes build/seal.json.
//
//   node tools/run.mjs test/bench/seal.ts [ROUNDS]

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildProcess } from "../../image/build/process.ts";
import { root } from "../../image/build/run.ts";
import { stop } from "../../tools/setup.ts";

const RECORD = 16384;
const SECONDS = 2;
const ROUNDS = Number(process.argv[2] ?? 7);
const PROGRAM = "build/sealing";

/** By code point, as openssl names it, and a first guess of how many are sealed in a second. */
const SUITES = [
  { code: 0x1301, name: "AES-128-GCM", openssl: "aes-128-gcm", wanted: 0.95, guess: 200_000 },
  { code: 0x1302, name: "AES-256-GCM", openssl: "aes-256-gcm", wanted: 0.95, guess: 200_000 },
  { code: 0x1303, name: "ChaCha20-Poly1305", openssl: "chacha20-poly1305", wanted: undefined, guess: 80_000 },
] as const;
type Suite = (typeof SUITES)[number];

function run(words: readonly string[]): { readonly out: string; readonly err: string } {
  const [command = "", ...rest] = words;
  const { status, stdout, stderr } = spawnSync(command, rest, { encoding: "utf8" });
  if (status !== 0) stop(`${words.join(" ")}: status ${status}\n${stderr}`);
  return { out: stdout, err: stderr };
}

/** Processor seconds in user mode of the program that seals so many. */
function userSeconds(suite: Suite, records: number): number {
  const script = `TIMEFORMAT=%3U; time ${join(root, PROGRAM)} ${suite.code} ${records}`;
  return Number(run(["bash", "-c", script]).err.trim());
}

/** Megabytes a second; the start of the program is not in it. */
function ours(suite: Suite, records: number): number {
  const seconds = userSeconds(suite, records) - userSeconds(suite, 0);
  return (records * RECORD) / seconds / 1e6;
}

/** The same of openssl: one record after the other as TLS has them (`-aead`), or one stream that never ends. */
function theirs(suite: Suite, isRecords: boolean): number {
  const how = ["-seconds", `${SECONDS}`, "-bytes", `${RECORD}`, "-evp", suite.openssl, ...(isRecords ? ["-aead"] : [])];
  const line = /^\+F:\d+:[^:]+:([\d.]+)/m.exec(run(["openssl", "speed", "-mr", ...how]).out);
  if (line === null) stop("openssl speed printed no figure");
  return Number(line[1]) / 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await buildProcess("test/bench/sealing.ts", PROGRAM);
const version = run(["openssl", "version"]).out.trim();
const rows = SUITES.map((suite) => {
  const records = 4 * Math.round((suite.guess * SECONDS) / 4);
  const samples = Array.from({ length: ROUNDS }, () => ({
    ours: ours(suite, records),
    records: theirs(suite, true),
    stream: theirs(suite, false),
  }));
  return {
    suite: suite.name,
    unit: "MB/s",
    ours: median(samples.map((sample) => sample.ours)),
    openssl: median(samples.map((sample) => sample.records)),
    ratio: median(samples.map((sample) => sample.ours / sample.records)),
    stream: median(samples.map((sample) => sample.stream)),
    ratioToStream: median(samples.map((sample) => sample.ours / sample.stream)),
    wanted: suite.wanted,
    samples,
  };
});
console.log(`16 KiB records, ${ROUNDS} rounds in turns, ${version}\n`);
console.log("|                   | ours, MB/s | openssl speed -aead | ratio | without -aead | ratio |");
console.log("|-------------------|-----------:|--------------------:|------:|--------------:|------:|");
for (const row of rows)
  console.log(
    `| ${row.suite.padEnd(17)} | ${row.ours.toFixed(0).padStart(10)} | ${row.openssl.toFixed(0).padStart(19)} | ${row.ratio.toFixed(2).padStart(5)} | ${row.stream.toFixed(0).padStart(13)} | ${row.ratioToStream.toFixed(2).padStart(5)} |`,
  );
mkdirSync(join(root, "build"), { recursive: true });
const command = `node tools/run.mjs test/bench/seal.ts ${ROUNDS}`;
writeFileSync(join(root, "build/seal.json"), `${JSON.stringify({ command, version, rows }, null, 2)}\n`);
