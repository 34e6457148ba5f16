// Regular expressions on the engine, patched as it is (image/vendor/patches/quickjs-anchored-regexp.patch), against those
// of Node: generated expressions and inputs, compiled both as literals by the bytecode compiler and at run time.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { buildProcess } from "../../image/build/process.ts";

const COUNT = 3000;
const SEED = 20_261_127;
const folder = "build/test-regexp";

interface Case {
  readonly source: string;
  readonly flags: string;
  readonly input: string;
  readonly lastIndex: number;
}

/** Sources over a small alphabet, with what the search loop has to do with: ^ at all depths, alternatives, modifiers. */
const { term } = fc.letrec<{ atom: string; term: string; alternative: string; any: string }>((tie) => ({
  atom: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\s", "\\n", "é", "\\w") },
    { weight: 4, arbitrary: fc.constant("^") },
    { weight: 1, arbitrary: fc.constantFrom("$", "\\b", "\\B", "\\1") },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom("(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?m:", "(?-m:", "(?<n>"), tie("any"))
        .map(([open, inner]) => `${open}${inner})`),
    },
  ),
  term: fc
    .tuple(tie("atom"), fc.constantFrom("", "", "", "*", "+", "?", "*?", "{2}", "{0,2}", "{0}", "{1,}?"))
    .map(([atom, quantifier]) => (/^(\^|\$|\\b|\\B|\(\?<[=!])/.test(atom) ? atom : atom + quantifier)),
  alternative: fc
    .tuple(fc.constantFrom("", "^", "^"), fc.array(tie("term"), { maxLength: 4 }))
    .map(([start, terms]) => start + terms.join("")),
  any: fc.array(tie("alternative"), { minLength: 1, maxLength: 3 }).map((list) => list.join("|")),
})) as unknown as { term: fc.Arbitrary<string> };

const source = fc
  .array(fc.tuple(fc.constantFrom("", "^", "^"), fc.array(term, { maxLength: 4 })), { minLength: 1, maxLength: 3 })
  .map((list) => list.map(([start, terms]) => start + terms.join("")).join("|") || "(?:)");

const cases: fc.Arbitrary<Case> = fc
  .record({
    source,
    flags: fc.subarray(["g", "i", "m", "s", "u", "y"]).map((flags) => flags.join("")),
    input: fc.string({ unit: fc.constantFrom("a", "b", "A", "\n", " ", "é", "\u{1f600}"), maxLength: 8 }),
    lastIndex: fc.nat({ max: 3 }),
  })
  .filter(({ source, flags, input, lastIndex }) => {
    // Where the engine differs by itself: two groups of one name are refused, and what is sticky starts before a pair of
    // surrogates that lastIndex lies within.
    if (source.split("(?<n>").length > 2) return false;
    if (flags.includes("u") && /^[\udc00-\udfff]/.test(input.slice(lastIndex))) return false;
    try {
      new RegExp(source, flags);
      return true;
    } catch {
      return false;
    }
  });

/** Everything that a program can see of one expression: the same function here and on the engine. */
function observe(expression: RegExp, input: string, lastIndex: number): unknown {
  const own = new RegExp(expression.source, expression.flags);
  expression.lastIndex = own.lastIndex = lastIndex;
  const first = expression.exec(input);
  return [
    first && [...first, first.index, first.groups?.["n"]],
    expression.lastIndex,
    own.exec(input)?.index,
    own.lastIndex,
    input.replace(own, "<$&>"),
    input.split(own),
    input.search(own),
  ].map((value) => value ?? null);
}

const list = fc.sample(cases, { numRuns: COUNT, seed: SEED });
let said: string[] = [];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const rows = list.map(
    ({ source, flags, input, lastIndex }) =>
      `[/${source.replaceAll("\n", "\\n")}/${flags}, ${JSON.stringify(input)}, ${lastIndex}],`,
  );
  const program = [
    `${observe}`,
    "declare function nativeConsole(text: string): void;",
    `const list = [\n${rows.join("\n")}\n];`,
    'for (const row of list) nativeConsole(JSON.stringify(observe(...row)) + "\\n");',
  ];
  writeFileSync(join(folder, "program.ts"), program.join("\n"));
  await buildProcess(join(folder, "program.ts"), `${folder}/program`);
  const run = spawnSync(`${folder}/program`, [], { encoding: "utf8", timeout: 60_000, maxBuffer: 1 << 26 });
  said = run.stdout.split("\n");
});

test("many of the generated expressions begin with ^ and many do not, many match and many do not", () => {
  const anchored = list.filter(({ source, flags }) => source.startsWith("^") && !flags.includes("m"));
  const matching = list.filter(({ source, flags, input }) => new RegExp(source, flags).test(input));
  for (const part of [anchored, matching]) {
    expect(part.length).toBeGreaterThan(COUNT / 5);
    expect(part.length).toBeLessThan((COUNT * 4) / 5);
  }
});

test("expressions match on the engine what they match on Node", () => {
  const differing = list.filter(
    ({ source, flags, input, lastIndex }, i) =>
      said[i] !== JSON.stringify(observe(new RegExp(source, flags), input, lastIndex)),
  );
  expect(differing).toEqual([]);
  expect(said.length).toBe(COUNT + 1);
});
