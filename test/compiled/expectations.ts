// `expect(ACTUAL).MATCHER(EXPECTED)` becomes a call of expect.ts, by the types of both. Their texts stay where they are.

import ts from "typescript";
import type { Rewriting } from "./rewrite.ts";
import { isKind, isPrimitive } from "./types.ts";

/** Matchers of two numbers. */
const COMPARISONS: Readonly<Record<string, string>> = {
  toBeGreaterThan: ">",
  toBeGreaterThanOrEqual: ">=",
  toBeLessThan: "<",
  toBeLessThanOrEqual: "<=",
};

/** True when the node was an expectation. */
export function expectation(it: Rewriting, node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const callee = node.expression;
  if (ts.isIdentifier(callee) && callee.text === "expectPart") {
    part(it, node);
    return true;
  }
  if (!ts.isPropertyAccessExpression(callee)) {
    if (ts.isIdentifier(callee) && callee.text === "expect" && !ts.isPropertyAccessExpression(node.parent))
      it.edits.fail(node, "expect() without a matcher");
    return false;
  }
  let subject: ts.Expression = callee.expression;
  const negated = ts.isPropertyAccessExpression(subject) && subject.name.text === "not";
  if (negated && ts.isPropertyAccessExpression(subject)) subject = subject.expression;
  if (!ts.isCallExpression(subject) || !ts.isIdentifier(subject.expression) || subject.expression.text !== "expect")
    return false;
  matcher(it, node, subject, callee.name.text, negated);
  return true;
}

function matcher(it: Rewriting, node: ts.CallExpression, subject: ts.CallExpression, name: string, not: boolean): void {
  const { edits, checker, shows } = it;
  const [actual] = subject.arguments;
  const [expected] = node.arguments;
  if (actual === undefined || subject.arguments.length > 1 || node.arguments.length > 1)
    edits.fail(node, "expect() of one value, compared with one");
  const at = JSON.stringify(edits.place(node));
  const held = not ? "compiled.expectFalse" : "compiled.expectTrue";
  const type = checker.getTypeAtLocation(actual);
  const alone = (before: string, after: string): void => {
    if (expected !== undefined) edits.fail(node, `${name}() of a value`);
    edits.replace(edits.begin(node), edits.begin(actual), before);
    edits.replace(actual.getEnd(), node.getEnd(), after);
  };
  const pair = (before: string, between: string, after: string): void => {
    if (expected === undefined) edits.fail(node, `${name}() of nothing`);
    edits.replace(edits.begin(node), edits.begin(actual), before);
    edits.replace(actual.getEnd(), edits.begin(expected), between);
    edits.replace(expected.getEnd(), node.getEnd(), after);
  };
  switch (name) {
    case "toBe":
    case "toEqual": {
      if (expected === undefined) edits.fail(node, `${name}() of nothing`);
      const other = checker.getTypeAtLocation(expected);
      if (name === "toBe" && !isPrimitive(type)) return pair(`${held}(${at}, (`, ") === (", "))");
      if (not && !isPrimitive(type)) edits.fail(node, "not.toEqual() of an object");
      const simple = plain(type);
      if (!not && simple !== undefined && simple === plain(other))
        return pair(`compiled.same${simple}(${at}, `, ", ", ")");
      // A literal takes the form that it is compared with, where it can.
      const form = checker.isTypeAssignableTo(other, type) ? type : other;
      const call = not ? "compiled.different" : "compiled.same";
      return pair(`${call}(${at}, ${shows.of(type, actual)}(`, `), ${shows.of(form, expected)}(`, "))");
    }
    case "toHaveLength":
      return pair(`${not ? edits.fail(node, "not.toHaveLength()") : "compiled.sameNumber"}(${at}, (`, ")!.length, ", ")");
    case "toBeUndefined":
      return alone(`${held}(${at}, (`, ") === undefined)");
    case "toBeDefined":
      return alone(`${held}(${at}, (`, ") !== undefined)");
    case "toContain":
      return pair(`${held}(${at}, (`, ").includes(", "))");
    case "toThrow":
      return alone(`compiled.${not ? "expectNoThrow" : "expectThrow"}(${at}, `, ")");
    case "toMatch": {
      if (expected === undefined || !ts.isRegularExpressionLiteral(expected))
        edits.fail(node, "toMatch() of no literal");
      const { text, atStart } = plainPattern(it, expected);
      edits.replace(edits.begin(node), edits.begin(actual), `${held}(${at}, (`);
      const call = `)!.${atStart ? "startsWith" : "includes"}(${JSON.stringify(text)}))`;
      return edits.replace(actual.getEnd(), node.getEnd(), call);
    }
    default: {
      const operator = COMPARISONS[name];
      if (operator === undefined || not) edits.fail(node, `a matcher ${not ? "not." : ""}${name}`);
      return pair(`compiled.ordered(${at}, "${operator}", `, ", ", ")");
    }
  }
}

/** What both sides are, where text is not needed to compare them. */
function plain(type: ts.Type): string | undefined {
  if (isKind(type, ts.TypeFlags.NumberLike)) return "Number";
  if (isKind(type, ts.TypeFlags.StringLike)) return "String";
  return isKind(type, ts.TypeFlags.BooleanLike) ? "Boolean" : undefined;
}

/** A regular expression that is a text, from the beginning or anywhere: there is no engine for others. */
function plainPattern(it: Rewriting, node: ts.RegularExpressionLiteral): { text: string; atStart: boolean } {
  const pattern = /^\/(\^?)((?:[^\\.*+?()[\]{}|^$/]|\\[rn./-])+)\/$/.exec(node.text);
  if (pattern === null) it.edits.fail(node, `${node.text} is more than a plain text`);
  const text = pattern[2]!.replaceAll(/\\(.)/g, (_, c: string) => ({ r: "\r", n: "\n" })[c] ?? c);
  return { text, atStart: pattern[1] === "^" };
}

/** Of test/support/matching.ts: only the properties that `expected` has are looked at. */
function part({ edits, checker, shows }: Rewriting, node: ts.CallExpression): void {
  const [actual, expected] = node.arguments;
  if (actual === undefined || expected === undefined) edits.fail(node, "expectPart() of two values");
  const at = JSON.stringify(edits.place(node));
  const other = checker.getTypeAtLocation(expected);
  const show = shows.ofPart(checker.getTypeAtLocation(actual), other, actual);
  edits.replace(edits.begin(node), edits.begin(actual), `compiled.same(${at}, ${show}(`);
  edits.replace(actual.getEnd(), edits.begin(expected), `), ${shows.of(other, expected)}(`);
  edits.replace(expected.getEnd(), node.getEnd(), "))");
}
