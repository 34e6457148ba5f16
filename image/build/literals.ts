// Regular expressions that marked puts together when it is evaluated, as literals: the bytecode compiler then compiles
// them, and a boot need not (27 M instructions, most of them for the tables of Unicode). What they are is found by
// evaluating the module here.

import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";
import ts from "typescript";

/** Where marked makes an expression out of its parts. */
const MAKER = "getRegex";

export const literals: Plugin = {
  name: "literals",
  setup(build) {
    build.onLoad({ filter: /\/marked\/lib\/marked\.esm\.js$/ }, async ({ path }) => ({
      contents: await withLiterals(await readFile(path, "utf8")),
      loader: "js",
    }));
  },
};

/** By source: a module is evaluated once in a process, however often it is imported. */
const made = new Map<string, Promise<string>>();

/** The module with each `….getRegex()` that runs when it is evaluated replaced by what came of it; lines stay lines. */
export function withLiterals(source: string): Promise<string> {
  const known = made.get(source) ?? evaluate(source);
  made.set(source, known);
  return known;
}

async function evaluate(source: string): Promise<string> {
  const calls = makerCalls(source);
  const marked = replaced(source, calls, (text, i) => `(globalThis.${RECORD}[${i}] = ${text})`);
  const record: RegExp[] = [];
  Reflect.set(globalThis, RECORD, record);
  try {
    await import(`data:text/javascript;base64,${Buffer.from(marked).toString("base64")}`);
  } finally {
    Reflect.deleteProperty(globalThis, RECORD);
  }
  return replaced(source, calls, (text, i) => {
    const expression = record[i];
    // Code that did not run, and what a literal cannot say on one line.
    return expression === undefined || expression.source.includes("\n") ? text : `${expression}${newlines(text)}`;
  });
}

const RECORD = "madeExpressions";

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Calls of the maker outside of functions, in order. */
function makerCalls(source: string): Span[] {
  const file = ts.createSourceFile("marked.js", source, ts.ScriptTarget.ES2023, true, ts.ScriptKind.JS);
  const spans: Span[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === MAKER
    ) {
      spans.push({ start: node.getStart(), end: node.getEnd() });
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return spans;
}

function replaced(source: string, spans: readonly Span[], by: (text: string, i: number) => string): string {
  let out = "";
  let at = 0;
  for (const [i, { start, end }] of spans.entries()) {
    out += source.slice(at, start) + by(source.slice(start, end), i);
    at = end;
  }
  return out + source.slice(at);
}

function newlines(text: string): string {
  return "\n".repeat(text.split("\n").length - 1);
}
