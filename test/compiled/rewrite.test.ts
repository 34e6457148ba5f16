import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../image/build/run.ts";
import { rewrite } from "./rewrite.ts";

const HEAD = "declare function expect(actual: unknown): any;\n";
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts"],
  types: [],
};

/** The language's own declarations are read once. */
const host = ts.createCompilerHost(OPTIONS);
const read = host.getSourceFile;
const known = new Map<string, ts.SourceFile | undefined>();
host.getSourceFile = (name, options): ts.SourceFile | undefined => {
  if (!name.includes("/node_modules/")) return read(name, options);
  if (!known.has(name)) known.set(name, read(name, options));
  return known.get(name);
};

let folder = "";
beforeAll(() => {
  mkdirSync(join(root, "build"), { recursive: true });
  folder = mkdtempSync(join(root, "build/rewrite-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The text that `source` becomes, without what is added for its types. */
function rewritten(source: string): string {
  const file = join(folder, "it.ts");
  writeFileSync(file, HEAD + source);
  const program = ts.createProgram([file], OPTIONS, host);
  const [, ...lines] = rewrite(program, file, join(folder, "copy.ts"), new Map()).split("\n");
  return lines.slice(0, source.split("\n").length).join("\n");
}

describe("a test that is rewritten", () => {
  test("keeps its lines", () => {
    expect(rewritten("const a = 1;\nexpect(\n  a,\n).toBe(\n  1);\nconst b = 2;").split("\n")[5]).toBe("const b = 2;");
  });

  test("compares numbers as numbers, and what has a shape as text", () => {
    const place = `"${join(folder, "it.ts").slice(root.length + 1)}:2"`;
    expect(rewritten("expect(1 + 1).toBe(2);")).toBe(`compiled.sameNumber(${place}, 1 + 1, 2);`);
    expect(rewritten("expect([1]).toEqual([2]);")).toBe(`compiled.same(${place}, show$0([1]), show$0([2]));`);
    expect(rewritten("expect([1]).toBe([2]);")).toBe(`compiled.expectTrue(${place}, ([1]) === ([2]));`);
    expect(rewritten("expect([1][0]).not.toBeUndefined();")).toBe(
      `compiled.expectTrue(${place}, ([1][0]) !== undefined);`,
    );
  });

  test("gives each name of a loop a declaration of its own", () => {
    expect(rewritten("for (const [a, , b] of [[1, 2, 3]]) a! + b!;").replaceAll(/row\d+/g, "row")).toBe(
      "for (const row$ of [[1, 2, 3]]) { const a = row$[0];  const b = row$[2]; a! + b!; }",
    );
  });

  test("is refused, with its line, where its types do not tell what to compare", () => {
    const refused: ReadonlyArray<readonly [source: string, why: string]> = [
      ["expect(JSON.parse('1')).toEqual(1);", "a type that says nothing"],
      ["const a: Record<string, number> = {};\nexpect(a).toEqual({ b: 1 });", "keys that the type does not name"],
      ["class A { private b = 1; }\nexpect(new A()).toEqual(new A());", "private b"],
      ["expect(new Map<string, number>()).toEqual(new Map());", "an object of the language"],
      ["expect(() => 1).toEqual(() => 2);", "a function"],
      ["const f = (u: { a: number } | { b: number }) => expect(u).toEqual(u);", "cannot be told apart"],
      ["expect({ a: 1 }).not.toEqual({ a: 1 });", "not.toEqual() of an object"],
      ['expect("a").toMatch(/a|b/);', "more than a plain text"],
      ["expect(1).toBeOdd();", "a matcher toBeOdd"],
      ["expect(1);", "expect() without a matcher"],
      ["for (const { a: [b] } of [{ a: [1] }]) expect(b).toBe(1);", "a pattern within a pattern"],
    ];
    for (const [source, why] of refused) expect(() => rewritten(source), source).toThrow(why);
    expect(() => rewritten("\n\nexpect(1).toBeOdd();")).toThrow("it.ts:4:");
  });
});
