// What a blog of so many posts costs: until it is ready, and when one post more is pushed. Instructions of the whole
// machine, the network's included.

import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BlogPlan } from "../../tools/make-repository.ts";
import { type Bed, cache, largeRepository } from "./bed.ts";
import type { Column, Start } from "./columns.ts";
import { type Figure, figure, type Row, withMachine } from "./machine.ts";

/** Posts of six kilobytes, each revised once. */
export function plan(posts: number): BlogPlan {
  return { posts, commits: 2 * posts, seed: 3, words: 900, layout: "yearly" };
}

const HOOK_WITHIN_MS = 60_000;
const PUSHES = 3;
const M = 1e6;

export const scaleRows: readonly Row[] = [
  ...[100, 1000].map((posts): Row => readyRow(posts)),
  ...[100, 1000].map((posts): Row => pushRow(posts)),
];

function readyRow(posts: number): Row {
  const id = `posts-${posts}`;
  return {
    id,
    title: `${posts.toLocaleString("en")} posts: fetching to ready`,
    unit: "M instructions",
    target: {},
    quick: false,
    measure: (bed, column) =>
      onBlog(bed, column, posts, async (_name, marks, _host, command) => {
        const [from, to] = [marks.at("fetching"), marks.at("ready")];
        return figure(id, column, (to - from) / M, [from, to], `${command}; counter at the console's lines`);
      }),
  };
}

function pushRow(posts: number): Row {
  const id = `push-${posts}`;
  return {
    id,
    title: `push of one post of ${posts.toLocaleString("en")}`,
    unit: "M instructions",
    target: {},
    quick: false,
    measure: (bed, column) =>
      onBlog(bed, column, posts, async (name, marks, host, command, settled) => {
        const samples: number[] = [];
        for (let i = 0; i < PUSHES; i++) {
          commitPost(name, i);
          const before = await settled();
          const seen = marks.count("updated");
          await bed.ask({ kind: "get", url: `http://${host}/push`, counter: marks.counter });
          const until = Date.now() + HOOK_WITHIN_MS;
          while (marks.count("updated") === seen) {
            if (Date.now() > until) throw new Error("the push does not show");
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          samples.push((marks.at("updated") - before) / M);
        }
        const value = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
        return figure(
          id,
          column,
          value,
          samples,
          `${command}; from rest to the console's line "updated", ${PUSHES} pushes`,
        );
      }),
  };
}

/** The counter at the console's lines. */
class Marks {
  readonly counter: string;
  readonly #lines: { readonly line: string; readonly instructions: number }[] = [];

  constructor(counter: string) {
    this.counter = counter;
  }

  take(line: string, instructions: number): void {
    this.#lines.push({ line, instructions });
  }

  count(word: string): number {
    return this.#lines.filter(({ line }) => line.includes(` ${word}`)).length;
  }

  /** At the last line that has the word. */
  at(word: string): number {
    const mark = this.#lines.findLast(({ line }) => line.includes(` ${word}`));
    if (mark === undefined) throw new Error(`no line says ${word}`);
    return mark.instructions;
  }
}

async function onBlog(
  bed: Bed,
  column: Column,
  posts: number,
  use: (name: string, marks: Marks, host: string, command: string, settled: () => Promise<number>) => Promise<Figure>,
): Promise<Figure | string> {
  if (column.name === "linux") return "–";
  const { name: made } = await largeRepository(plan(posts));
  // Pushes are made to a copy.
  const name = `scale-${posts}.git`;
  rmSync(join(cache, "git", name), { recursive: true, force: true });
  cpSync(join(cache, "git", made), join(cache, "git", name), { recursive: true });
  const marks = new Marks(join(bed.folder, "counter"));
  const how: Start = { memory: 128, content: name, onLine: (line, at) => marks.take(line, at) };
  return withMachine(bed, column, how, (machine, host) =>
    use(name, marks, host, machine.command, () => machine.settled()),
  );
}

/** One post more, as a push brings it. */
export function commitPost(name: string, number: number): void {
  const directory = join(cache, "git", name);
  const git = (words: readonly string[], input?: string): string =>
    execFileSync("git", ["-C", directory, ...words], {
      encoding: "utf8",
      ...(input === undefined ? {} : { input }),
      env: { ...process.env, GIT_INDEX_FILE: join(directory, "push-index") },
    }).trim();
  const identity = ["-c", "user.name=Ada Example", "-c", "user.email=ada@example.org"];
  const text = `---\ntitle: Pushed ${number}\nauthor: Ada Example\ntags: generated\n---\n\n${"One word after another. ".repeat(250)}\n`;
  git(["read-tree", "main"]);
  const blob = git(["hash-object", "-w", "--stdin"], text);
  git(["update-index", "--add", "--cacheinfo", `100644,${blob},Posts/2019/pushed-${number}`]);
  const tree = git(["write-tree"]);
  const commit = git([...identity, "commit-tree", tree, "-p", "main", "-m", `Push ${number}`]);
  git(["update-ref", "refs/heads/main", commit]);
}
