// npm test: everything, in the order in which a fault is cheapest to find. Each stage says what it does and how long it
// took; the last line is `N passed, N failed, N skipped`. `npm run test:unit` stops after the fast part.
//
//   node tools/run.mjs tools/test.ts [unit]

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { lint } from "./lint.ts";
import { type Command, need } from "./setup.ts";

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/** No stage may run longer than this. */
const STAGE_LIMIT_MS = 35 * 60 * 1000;

/** What the tests call, so that no test is the first to find it missing. Building asks for its own tools. */
const UNIT_COMMANDS: readonly Command[] = ["git"];
const ALL_COMMANDS: readonly Command[] = [
  ...["git", "gcc", "musl-gcc", "cmake", "ninja", "cargo", "readelf", "qemu-system-x86_64", "chromium"],
  ...["qemu-img", "virt-xml-validate", "mcopy", "fsck.fat", "grub-mkrescue", "/usr/share/OVMF/OVMF_CODE_4M.fd"],
  ...["dnsmasq", "rsyslogd", "curl", "wrk", "ip", "ping"],
] as const;

const results: Count[] = [];
const started = Date.now();

need(...(process.argv[2] === "unit" ? UNIT_COMMANDS : ALL_COMMANDS));
stage("lint", () => {
  const { passed, failed } = lint();
  return { passed: passed.length, failed: failed.length, skipped: [] };
});
stage("unit, property and simulation tests on Node", () => vitest("vitest.config.ts", "unit"));
if (process.argv[2] !== "unit") {
  // Together some seconds; without an end by hand: npm run fuzz.
  stage("fuzz targets", () => program("test/fuzz/fuzz.ts", "all", "--runs=1500", "--seconds=2", "--seed=1"));
  stage("image and process build", () => builds("image/build/image.ts", "image/build/process.ts"));
  stage("what we take from others", () => program("tools/check-dependencies.ts"));
  stage("the stack's tests on quickjs-ng", () =>
    program("image/build/run-on-engine.ts", "test/stack", "test/drivers", "test/image/shims/strings.test.ts"),
  );
  stage("the stack's tests as machine code", () => program("test/compiled/run.ts"));
  stage("process target and virtual machine against real peers", () => vitest("vitest.e2e.config.ts", "e2e"));
}

const passed = results.reduce((sum, r) => sum + r.passed, 0);
const failed = results.reduce((sum, r) => sum + r.failed, 0);
const skipped = results.flatMap((r) => r.skipped);
for (const name of skipped) console.log(`skipped: ${name}`);
console.log(`${Math.round((Date.now() - started) / 1000)} s in all`);
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exit(failed > 0 ? 1 : 0);

function stage(name: string, run: () => Count): void {
  const before = Date.now();
  console.log(`── ${name}`);
  const count = run();
  results.push(count);
  const seconds = ((Date.now() - before) / 1000).toFixed(1);
  console.log(`   ${count.passed} passed, ${count.failed} failed, ${count.skipped.length} skipped in ${seconds} s`);
}

/** Runs vitest and counts from its JSON report; a run that leaves no report is one failure. */
function vitest(config: string, name: string): Count {
  mkdirSync("build", { recursive: true });
  const report = `build/report-${name}.json`;
  rmSync(report, { force: true });
  const words = ["run", "--config", config, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const run = spawnSync("vitest", words, { stdio: "inherit", timeout: STAGE_LIMIT_MS });
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [] };
  const json: unknown = JSON.parse(readFileSync(report, "utf8"));
  const count = countReport(json);
  // A crash beside passing tests (an unhandled error, a time-out) is a failure too.
  return run.status !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly status: string;
    readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly fullName: string }>;
  }>;
}

function countReport(json: unknown): Count {
  const { testResults } = json as Report;
  const tests = testResults.flatMap((file) => file.assertionResults);
  // A file that fails to load has no tests of its own.
  const broken = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    failed: tests.filter((test) => test.status === "failed").length + broken,
    skipped: tests.filter((test) => !["passed", "failed"].includes(test.status)).map((test) => test.fullName),
  };
}

function builds(...files: readonly string[]): Count {
  let good = 0;
  for (const file of files) {
    const run = spawnSync(process.execPath, [file], { stdio: "inherit", timeout: STAGE_LIMIT_MS });
    if (run.status === 0) good++;
  }
  return { passed: good, failed: files.length - good, skipped: [] };
}

/** A program that closes with the same line as we do. */
function program(...words: readonly string[]): Count {
  const run = spawnSync(process.execPath, words, {
    encoding: "utf8",
    timeout: STAGE_LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  const match = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(run.stdout);
  if (run.status !== 0 || match === null) process.stderr.write(`${run.stdout}${run.stderr}\n`);
  for (const line of run.stdout.matchAll(/^not compiled: .*$/gm)) console.log(`   ${line[0]}`);
  if (match === null) return { passed: 0, failed: 1, skipped: [] };
  const skipped = [...run.stdout.matchAll(/^skipped: (.*)$/gm)].map((m) => m[1] ?? "");
  return { passed: Number(match[1]), failed: Number(match[2]), skipped };
}
