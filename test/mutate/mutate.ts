// npm run mutate -- FOLDER|FILE...: breaks the sources of a folder in one place at a time and looks whether its tests notice.
// Prints the mutants that live and the score: those that a test notices, of those that change something.
//
//   npm run mutate -- stack/tcp
//   npm run mutate -- stack/tcp/acceptance.ts --every=10     every tenth mutant
//
// All mutants are in one bundle with the tests (mutants.ts); a process runs it with one after another alive (runner.ts),
// each time only the tests that come by the mutant. equivalent.txt names those that change nothing, and why.

import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { BuildError, command, root } from "../../image/build/run.ts";
import { type Mutant, mutateFile } from "./mutants.ts";

/** Tests beside the mirrored folder that speak of a folder's contents. */
const MORE_TESTS: ReadonlyArray<readonly [prefix: string, folders: readonly string[]]> = [
  ["stack/http", ["test/stack/http", "test/stack/http1"]],
  ["stack/tcp", ["test/stack/host"]],
  ["drivers", ["test/drivers"]],
];
const EQUIVALENT = join(import.meta.dirname, "equivalent.txt");
/** For all tests that come by one mutant. */
const MUTANT_LIMIT_MS = 120_000;

interface TestRow {
  readonly name: string;
  readonly reached: readonly number[];
  readonly ms: number;
  readonly problem?: string;
}

/** "FILE | WAS -> IS | why it changes nothing", a line each. */
function equivalents(): Map<string, string> {
  const known = new Map<string, string>();
  if (!existsSync(EQUIVALENT)) return known;
  for (const line of readFileSync(EQUIVALENT, "utf8").split("\n")) {
    const [file, change, why] = line.split(" | ");
    if (file !== undefined && change !== undefined && why !== undefined && !line.startsWith("#"))
      known.set(keyOf(file, change), why);
  }
  return known;
}

function keyOf(file: string, change: string): string {
  return `${file} ${change.replaceAll(/\s+/g, " ").trim()}`;
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
    if (existsSync(join(root, folder)))
      for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }))
        if (file.endsWith(".test.ts")) files.add(join(folder, file));
  return [...files].sort();
}

/** One module with all tests and mutants; the mutants. */
async function bundle(sources: readonly string[], out: string): Promise<Mutant[]> {
  const mutants: Mutant[] = [];
  const wanted = new Set(sources);
  const mutating: Plugin = {
    name: "mutants",
    setup(setup) {
      setup.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = relative(root, path);
        if (file.startsWith("node_modules") || file.startsWith("test/mutate")) return null;
        const made = mutateFile(file, readFileSync(path, "utf8"), wanted.has(file) ? mutants.length : undefined);
        mutants.push(...made.mutants);
        return { contents: made.text, loader: "ts" };
      });
    },
  };
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
    plugins: [mutating],
    logLevel: "silent",
  });
  return mutants;
}

class Worker {
  readonly #script: string;
  #child: ChildProcess;
  #ready: Promise<void>;

  constructor(script: string) {
    this.#script = script;
    [this.#child, this.#ready] = this.#start();
  }

  #start(): [ChildProcess, Promise<void>] {
    const child = fork(this.#script, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const ready = new Promise<void>((done, fail) => {
      child.once("message", () => done());
      child.once("exit", () => fail(new BuildError(`the bundle does not load: node ${this.#script}`)));
    });
    return [child, ready];
  }

  /** What the runner answers, or undefined when it dies or takes too long; then a new one begins. */
  async ask(message: object): Promise<unknown> {
    await this.#ready;
    const child = this.#child;
    const answer = await new Promise<unknown>((done) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), MUTANT_LIMIT_MS);
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
  const every = Number(words.find((word) => word.startsWith("--every="))?.slice(8) ?? 1);
  if (names.length === 0 || !(every >= 1)) throw new BuildError("npm run mutate -- FOLDER|FILE... [--every=N]");
  const sources = names.flatMap((name) => sourceFiles(relative(root, resolve(root, name))));
  mkdirSync(join(root, "build"), { recursive: true });
  const script = join(root, `build/mutants-${names.join("-").replaceAll(/\W/g, "-")}.mjs`);
  const mutants = await bundle(sources, script);

  const first = new Worker(script);
  const rows = (await first.ask({})) as readonly TestRow[] | undefined;
  if (rows === undefined) throw new BuildError(`the tests come to no end without any mutant (${script})`);
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
  const queue = mutants.filter((mutant) => mutant.id % every === 0);
  const alive: Mutant[] = [];
  let equivalent = 0;
  let done = 0;
  const work = async (worker: Worker): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      if (known.has(keyOf(mutant.file, mutant.change))) {
        equivalent++;
        continue;
      }
      done++;
      const tests = comesBy.get(mutant.id);
      const killer = tests === undefined ? null : await worker.ask({ mutant: mutant.id, tests });
      // A process that died or hung has noticed, too.
      if (killer === null) alive.push(mutant);
    }
    worker.end();
  };
  const workers = [first, ...Array.from({ length: availableParallelism() - 1 }, () => new Worker(script))];
  await Promise.all(workers.map(work));

  alive.sort((a, b) => a.id - b.id);
  for (const { id, file, line, change } of alive)
    console.log(`${file}:${line}  ${change}${comesBy.has(id) ? "" : "  (no test comes by)"}`);
  const score = ((100 * (done - alive.length)) / Math.max(1, done)).toFixed(1);
  console.log(
    `${names.join(", ")}: ${done - alive.length} of ${done} mutants noticed, ${score} %; ${equivalent} known to change nothing`,
  );
  const summary = alive.map(({ file, line, change }) => `${file}:${line} ${change}`).join("\n");
  writeFileSync(script.replace(/mjs$/, "txt"), `${summary}\n`);
}

await command(main);
