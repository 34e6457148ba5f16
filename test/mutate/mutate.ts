// npm run mutate -- FOLDER|FILE...: breaks the sources of a folder in one place at a time and looks whether its tests notice.
// Prints the mutants that live and the score: those that a test notices, of those that change something.
//
//   npm run mutate -- stack/tcp
//   npm run mutate -- stack/tcp --sample=60 --seed=1         60 of them, by chance
//   npm run mutate -- stack/tcp/acceptance.ts:88             those of one line
//
// All mutants are in one bundle with the tests (mutants.ts); a process runs it with one after another alive (runner.ts),
// each time only the tests that come by the mutant. equivalent.txt names those that change nothing, and why.

import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve } from "node:path";
import { build } from "esbuild";
import { BuildError, command, root } from "../../image/build/run.ts";
import { Random } from "../support/random.ts";
import type { Mutant } from "./mutants.ts";
import { mutating } from "./plugin.ts";

/** Tests beside the mirrored folder that speak of a folder's contents; all folders have decoders, and inputs for them. */
const MORE_TESTS: ReadonlyArray<readonly [prefix: string, folders: readonly string[]]> = [
  ["stack/http", ["test/stack/http", "test/stack/http1"]],
  ["stack/tcp", ["test/stack/host"]],
  ["drivers", ["test/drivers"]],
  ["", ["test/fuzz/corpus.test.ts"]],
];
const EQUIVALENT = join(import.meta.dirname, "equivalent.txt");
/** For all tests that come by one mutant. */
const MUTANT_LIMIT_MS = 120_000;
/** For all tests once, without any. */
const BASELINE_LIMIT_MS = 15 * 60_000;

interface TestRow {
  readonly name: string;
  readonly reached: readonly number[];
  readonly ms: number;
  readonly problem?: string;
}

/** What is known to change nothing: "FILE FUNCTION: WAS -> IS", and below it, indented, why. */
function equivalents(): Set<string> {
  const known = new Set<string>();
  let last: string | undefined;
  for (const line of readFileSync(EQUIVALENT, "utf8").split("\n")) {
    if (line.startsWith("#") || line.trim() === "") continue;
    if (!line.startsWith(" ")) last = oneSpace(line);
    else if (last === undefined) throw new BuildError(`${EQUIVALENT}: a reason for nothing: ${line}`);
    else known.add(last);
  }
  return known;
}

function keyOf({ file, place, change }: Mutant): string {
  return oneSpace(`${file} ${place}: ${change}`);
}

function oneSpace(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function sourceFiles(name: string): string[] {
  const path = join(root, name);
  if (!existsSync(path)) throw new BuildError(`there is no ${name}`);
  if (statSync(path).isFile()) return [name];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => join(name, file))
    .sort();
}

function testFiles(sources: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const source of sources) {
    folders.add(join("test", source, ".."));
    for (const [prefix, more] of MORE_TESTS)
      if (source.startsWith(prefix)) for (const folder of more) folders.add(folder);
  }
  const files = new Set<string>();
  for (const folder of folders)
    if (folder.endsWith(".test.ts")) files.add(folder);
    else if (existsSync(join(root, folder)))
      for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }))
        if (file.endsWith(".test.ts")) files.add(join(folder, file));
  return [...files].sort();
}

/** One module with all tests and mutants; the mutants. */
async function bundle(sources: readonly string[], out: string): Promise<Mutant[]> {
  const mutants: Mutant[] = [];
  const wanted = new Set(sources);
  const runner = join(import.meta.dirname, "runner.ts");
  const tests = testFiles(sources);
  if (tests.length === 0) throw new BuildError("no tests speak of this");
  const imports = ["image/native-node.ts", ...tests].map((file) => `import "./${file}";\n`).join("");
  await build({
    stdin: { contents: `${imports}import { serve } from "vitest";\nserve();\n`, resolveDir: root, loader: "ts" },
    bundle: true,
    outfile: out,
    format: "esm",
    platform: "node",
    target: "node24",
    alias: { vitest: runner },
    // Packages stay what they are, but for those that a test and the runner must share.
    external: ["typescript", "esbuild", "playwright-core", "isomorphic-git", "fast-check", "@vitest/expect"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    plugins: [mutating((file) => wanted.has(file), mutants)],
    logLevel: "silent",
  });
  return mutants;
}

class Worker {
  readonly #script: string;
  readonly #mutant: number;
  #child: ChildProcess;
  #ready: Promise<void>;

  /** `mutant`: one that lives while the modules are loaded, or -1. */
  constructor(script: string, mutant = -1) {
    this.#script = script;
    this.#mutant = mutant;
    [this.#child, this.#ready] = this.#start();
  }

  #start(): [ChildProcess, Promise<void>] {
    const env = { ...process.env, MUTANT: String(this.#mutant) };
    const child = fork(this.#script, { env, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const ready = new Promise<void>((done, fail) => {
      child.once("message", () => done());
      child.once("exit", () => fail(new BuildError(`the bundle does not load: node ${this.#script}`)));
    });
    // Who asks hears of it.
    ready.catch(() => {});
    return [child, ready];
  }

  /** What the runner answers, or undefined when it dies or takes too long; then a new one begins. */
  async ask(message: object, limitMs = MUTANT_LIMIT_MS): Promise<unknown> {
    await this.#ready;
    const child = this.#child;
    const answer = await new Promise<unknown>((done) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
      const over = (value: unknown): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        done(value);
      };
      child.once("message", (said: { readonly result: unknown }) => over(said.result));
      child.once("exit", () => over(undefined));
      child.send(message);
    });
    if (answer === undefined) [this.#child, this.#ready] = this.#start();
    return answer;
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const names = words.filter((word) => !word.startsWith("--"));
  const option = (name: string, otherwise: number): number =>
    Number(words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);
  const sample = option("sample", Number.POSITIVE_INFINITY);
  const seed = option("seed", 1);
  if (names.length === 0 || !(sample >= 1) || !Number.isInteger(seed))
    throw new BuildError("npm run mutate -- FOLDER|FILE[:LINE]... [--sample=N] [--seed=S]");
  const lines = new Set<string>();
  const sources = new Set<string>();
  for (const name of names) {
    const [path = "", line] = relative(root, resolve(root, name)).split(":");
    for (const file of sourceFiles(path)) sources.add(file);
    if (line !== undefined) lines.add(`${path}:${line}`);
  }
  mkdirSync(join(root, "build"), { recursive: true });
  const script = join(root, `build/mutants-${names.join("-").replaceAll(/\W/g, "-")}.mjs`);
  const mutants = await bundle([...sources], script);

  const first = new Worker(script);
  const baseline = (await first.ask({}, BASELINE_LIMIT_MS)) as
    | { rows: readonly TestRow[]; loading: readonly number[] }
    | undefined;
  if (baseline === undefined) throw new BuildError(`the tests come to no end without any mutant (${script})`);
  const { rows } = baseline;
  const loading = new Set(baseline.loading);
  const broken = rows.filter((row) => row.problem !== undefined && row.problem !== null);
  for (const { name, problem } of broken) console.log(`left out, it fails as it is: ${name}: ${problem}`);
  // The quickest first: one that notices is enough.
  const order = rows
    .map((row, index) => ({ row, index }))
    .filter(({ row }) => !broken.includes(row))
    .sort((a, b) => a.row.ms - b.row.ms);
  const comesBy = new Map<number, number[]>();
  for (const { row, index } of order)
    for (const id of row.reached) comesBy.set(id, [...(comesBy.get(id) ?? []), index]);

  const known = equivalents();
  const stale = new Set([...known].filter((key) => sources.has(key.slice(0, key.indexOf(" ")))));
  for (const mutant of mutants) stale.delete(keyOf(mutant));
  for (const key of stale) console.log(`equivalent.txt names what is no longer there: ${key}`);
  const asked = mutants.filter(({ file, line }) => lines.size === 0 || lines.has(`${file}:${line}`));
  const queue = chosen(asked, sample, seed);
  let alive = 0;
  let equivalent = 0;
  let done = 0;
  const work = async (worker: Worker): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      if (known.has(keyOf(mutant))) {
        equivalent++;
        continue;
      }
      done++;
      const tests = comesBy.get(mutant.id);
      let killer: unknown = null;
      if (loading.has(mutant.id)) {
        const own = new Worker(script, mutant.id);
        // A bundle that does not load any more has noticed.
        killer = await own.ask({ mutant: mutant.id, tests: order.map(({ index }) => index) }).catch(() => undefined);
        own.end();
      } else if (tests !== undefined) killer = await worker.ask({ mutant: mutant.id, tests });
      // A process that died or hung has noticed, too.
      if (killer !== null) continue;
      alive++;
      const { id, file, line, place, change } = mutant;
      const unseen = comesBy.has(id) || loading.has(id) ? "" : "  (no test comes by)";
      console.log(`${file}:${line} ${place}: ${change}${unseen}`);
    }
    worker.end();
  };
  const workers = [first, ...Array.from({ length: availableParallelism() - 1 }, () => new Worker(script))];
  await Promise.all(workers.map(work));

  const score = ((100 * (done - alive)) / Math.max(1, done)).toFixed(1);
  console.log(
    `${names.join(", ")}: ${done - alive} of ${done} mutants noticed, ${score} %; ${equivalent} known to change nothing`,
  );
  process.exitCode = stale.size > 0 ? 1 : 0;
}

/** So many of them by chance, or all. */
function chosen(mutants: readonly Mutant[], sample: number, seed: number): Mutant[] {
  const pool = [...mutants];
  if (sample >= pool.length) return pool;
  const random = new Random(seed);
  return Array.from({ length: sample }, () => pool.splice(random.below(pool.length), 1)[0]!);
}

await command(main);
