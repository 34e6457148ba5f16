// Runs the tests of what is below the seam as machine code: `run.ts [SEED] [FILE...]`. Each file has a process of its own.
// Prints which files run, which do not and why; the last line is "N passed, N failed, N skipped".

import { execFile } from "node:child_process";
import { command } from "../../image/build/run.ts";
import { build, LEFT_OUT, MUST_FAIL, testFiles } from "./build.ts";

/** For one file. */
const LIMIT_MS = 60_000;
/** Nothing collects cycles below the seam, where none are made; tests make some, and leave them behind. */
const MEGABYTES = 4096;
const AT_ONCE = 2;

interface Outcome {
  readonly passed: string[];
  /** The name, and what was thrown on further lines. */
  readonly failed: string[];
}

function execute(program: string, file: string, seed: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = {
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
      maxBuffer: 1 << 26,
      env: { ...process.env, EPIPHYTE_MEMORY: `${MEGABYTES}` },
    } as const;
    execFile(program, [file, `${seed}`], options, (error, output) => {
      const passed = [...output.matchAll(/^ok (.*)$/gm)].map((match) => match[1]!);
      const failed = [...output.matchAll(/^not ok (.*\n(?: {2}.*\n)*)/gm)].map((match) => match[1]!);
      if (!output.endsWith("end\n"))
        failed.push(`${file} came to no end: ${error?.signal ?? ""} ${output.slice(-500)}\n`);
      resolve({ passed, failed });
    });
  });
}

/** Each of these tests has to fail with an assertion of its own file; what is wrong instead. */
function checkFailing({ passed, failed }: Outcome): string[] {
  const wrong = passed.map((name) => `${name}: holds, and must not\n`);
  for (const text of failed)
    if (!text.includes(`\n  ${MUST_FAIL}:`) && !/\n {2}run \d+ with seed \d+: /.test(text)) wrong.push(text);
  return wrong;
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const seed = Number(words.find((word) => /^\d+$/.test(word)) ?? 1);
  const wanted = words.filter((word) => !/^\d+$/.test(word));
  const program = await build();
  const files = testFiles().filter((file) => wanted.length === 0 || wanted.some((word) => file.startsWith(word)));
  const outcomes = new Map<string, Outcome>();
  const waiting = [...files, MUST_FAIL];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      outcomes.set(file, await execute(program, file, seed));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  let passed = 0;
  let failed = 0;
  for (const file of files) {
    const outcome = outcomes.get(file)!;
    const none = outcome.passed.length + outcome.failed.length === 0;
    passed += outcome.passed.length;
    failed += outcome.failed.length + (none ? 1 : 0);
    console.log(
      `${file}: ${outcome.passed.length} passed, ${none ? "no test at all" : `${outcome.failed.length} failed`}`,
    );
    for (const text of outcome.failed) console.log(`not ok ${text.trimEnd()}`);
  }
  const failing = outcomes.get(MUST_FAIL)!;
  const wrong = checkFailing(failing);
  for (const text of wrong) console.log(`not ok ${text.trimEnd()}`);
  passed += failing.failed.length > 0 && wrong.length === 0 ? 1 : 0;
  failed += failing.failed.length > 0 ? wrong.length : 1;
  console.log(`${MUST_FAIL}: ${failing.failed.length} assertions that do not hold are told`);
  for (const [file, why] of Object.entries(LEFT_OUT)) console.log(`not compiled: ${file}: ${why}`);
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}

if (import.meta.main) await command(main);
