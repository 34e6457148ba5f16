// Which functions of the compiled side run while pages are served, and which way their branches go: kept in hot.txt, made
// by test/bench/hot.ts from real traffic. Everything else is compiled for size, apart from what is hot (gcc: cold).
//
// A function is known by the file of its TypeScript and its own name; a branch by its place among the blocks of its
// function. So the list outlives what happens elsewhere: a function whose blocks are no longer as many loses the hints of
// its branches, and one that is renamed, moved or new is compiled for size until the list is made anew.

import { type Line, PatchError } from "./lines.ts";

/** The name of a function -> a letter for each of its blocks. */
type Functions = ReadonlyMap<string, string>;
/** By source file. */
export type HotList = ReadonlyMap<string, Functions>;

/** Of a block: it never ran, at most one time in ten that it might have, at least nine, or in between. */
type Letter = "." | "-" | "*" | "+";

interface CFunction {
  /** Undefined where the name has a number of the compiler's in it, which the next build may give to another. */
  readonly file: string | undefined;
  readonly name: string;
  readonly symbol: string;
  readonly head: Line;
  readonly body: readonly Line[];
  /** Lines that open a block. */
  readonly blocks: readonly Block[];
}

interface Block {
  readonly line: Line;
  /** The block around it; -1: the function. */
  readonly parent: number;
}

/** What the list's file says; throws on a line that is none of it. */
export function parseHotList(text: string): HotList {
  const files = new Map<string, Map<string, string>>();
  let functions = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("//")) continue;
    const [, name = "", letters = ""] = /^ {2}(\S+(?: \S+)??)(?: ([-.*+]+))?$/.exec(line) ?? [];
    if (name !== "") functions.set(name, letters);
    else if (/^\S+\.ts$/.test(line)) {
      functions = new Map();
      files.set(line, functions);
    } else throw new PatchError(`hot.txt: ${JSON.stringify(line)}`);
  }
  return files;
}

export function formatHotList(list: HotList): string {
  const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted(list)
    .map(([file, functions]) => {
      const rows = sorted(functions).map(([name, letters]) => `  ${name}${letters === "" ? "" : ` ${letters}`}\n`);
      return `${file}\n${rows.join("")}`;
    })
    .join("\n");
}

/** Changes the lines in place. Returns how many functions are on the list. */
export function applyHotList(lines: readonly Line[], list: HotList): number {
  let hot = 0;
  const often = new Set<string>();
  for (const { file, name, symbol, head, body, blocks } of functionsOf(lines)) {
    const letters = file === undefined ? undefined : list.get(file)?.get(name);
    if (letters !== undefined) {
      hot++;
      if (head.text.startsWith("static COLD ")) often.add(symbol);
      if (letters.length === blocks.length) for (const [i, { line }] of blocks.entries()) hint(line, letters[i]!);
    } else if (file !== undefined || ONCE.test(name)) {
      head.text = head.text.replace(/^static (?!COLD )/, "static __attribute__((cold)) ");
      for (const line of body) line.text = line.text.replace(RELEASE, calledRelease);
    }
  }
  // The end of an object that ends with every request is no rare thing: gcc would take the way there for one, too.
  for (const line of lines)
    line.text = line.text.replace(/^static COLD (?=void sc_(\w+)\()/, (cold, symbol: string) =>
      often.has(symbol) ? "static __attribute__((noinline)) " : cold,
    );
  return hot;
}

const RELEASE = /\b(?:fast_(str|bytes|arr|union)_release(?=\()|sc_release(?=_\w+\())/g;

/** Inline a release is four times as long as a call of a function that does it; "drop" is made by patch.ts. */
function calledRelease(_: string, type: string | undefined): string {
  return type === undefined ? "sc_drop" : `scr_${type}_release${type === "union" ? "_v" : ""}`;
}

/** Tells gcc how often an `if` holds. */
function hint(line: Line, letter: string): void {
  const [value, probability] = letter === "." ? [0, "1.0"] : letter === "-" ? [0, "0.95"] : [1, "0.95"];
  if (letter !== "+")
    line.text = line.text.replace(
      /^( *)if \((.*)\) \{$/,
      `$1if (__builtin_expect_with_probability(!!($2), ${value}, ${probability})) {`,
    );
}

/** Makes every function and block count how often it runs, in `ran_counts`; `ran_points` names them, a line each. */
export function countRuns(lines: readonly Line[]): string {
  const points: string[] = [];
  const count = (line: Line, point: string): void => {
    line.text += ` ran_counts[${points.length}]++;`;
    points.push(point);
  };
  const first = lines.find((line) => line.text.includes('#include "below.h"'));
  for (const { file, name, head, blocks } of functionsOf(lines)) {
    if (file === undefined) continue;
    count(head, `${file}\t${name}`);
    for (const { line, parent } of blocks) count(line, String(parent));
  }
  if (first !== undefined) first.text += `\nunsigned ran_counts[${points.length}];`;
  return `__attribute__((used, retain)) const char ran_points[] = ${JSON.stringify(points.join("\n"))};\n`;
}

/** How often a function ran, and its blocks. */
export interface Runs {
  entries: number;
  readonly blocks: { readonly parent: number; count: number }[];
}

/** Adds to `all` what a program that countRuns has changed had in its memory: the points, and how often each ran. */
export function addRuns(all: Map<string, Runs>, points: string, counts: readonly number[]): void {
  let run: Runs = { entries: 0, blocks: [] };
  let at = 0;
  for (const [i, point] of points.split("\n").entries()) {
    const count = counts[i] ?? 0;
    if (point.includes("\t")) {
      run = all.get(point) ?? { entries: 0, blocks: [] };
      all.set(point, run);
      run.entries += count;
      at = 0;
      continue;
    }
    const block = run.blocks[at++];
    if (block === undefined) run.blocks.push({ parent: Number(point), count });
    else block.count += count;
  }
}

/** The list of what ran. */
export function hotListOf(all: ReadonlyMap<string, Runs>): HotList {
  const list = new Map<string, Map<string, string>>();
  for (const [point, { entries, blocks }] of all) {
    const [file = "", name = ""] = point.split("\t");
    if (entries === 0) continue;
    const of = (parent: number): number => (parent < 0 ? entries : blocks[parent]!.count);
    const letters = blocks.map(({ parent, count }) => letterOf(count, of(parent))).join("");
    list.set(file, (list.get(file) ?? new Map<string, string>()).set(name, letters));
  }
  return list;
}

function letterOf(count: number, of: number): Letter {
  if (count === 0) return ".";
  if (count * 10 <= of) return "-";
  return count * 10 >= of * 9 ? "*" : "+";
}

/** The start of a module. */
const ONCE = /^%init_\d+$/;
const HEAD = /^static (?:COLD )?(?:\w+ )+(?:\* ?)?sc_(\w+)\(.*\) \{$/;

function functionsOf(lines: readonly Line[]): CFunction[] {
  const files = new Map<string, string>();
  const found: { symbol: string; head: Line; body: readonly Line[]; blocks: Block[] }[] = [];
  for (let i = 0; i < lines.length; i++) {
    const symbol = HEAD.exec(lines[i]!.text)?.[1];
    if (symbol === undefined) continue;
    const head = lines[i]!;
    const blocks: Block[] = [];
    const open: number[] = [];
    const module = /_x25_(m\d+)_/.exec(symbol)?.[1];
    const from = i + 1;
    for (i++; lines[i]!.text !== "}"; i++) {
      const { text, place } = lines[i]!;
      const file = /^\d+ "(.*)"$/.exec(place)?.[1];
      if (module !== undefined && file !== undefined && !files.has(module)) files.set(module, file);
      if (/^ *\}/.test(text)) open.pop();
      if (!/\{$/.test(text)) continue;
      // Between `switch` and its first case nothing runs: it stands for what is around it.
      const parent = open.at(-1) ?? -1;
      if (/^ *switch /.test(text)) open.push(parent);
      else open.push(blocks.push({ line: lines[i]!, parent }) - 1);
    }
    found.push({ symbol, head, body: lines.slice(from, i), blocks });
  }
  return found.map(({ symbol, head, body, blocks }) => {
    const decoded = symbol.replace(/_x([0-9a-f]{2})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
    const module = /%(m\d+)_/.exec(decoded)?.[1];
    const name = decoded
      .replace(/^(?:f|vm)_/, "")
      .replace(/%*m\d+_/, "")
      .replace(/^(new|end|trace|gcfree|reld)_/, "$1 ");
    return { file: module === undefined ? undefined : files.get(module), name, symbol, head, body, blocks };
  });
}
