// `expect(ACTUAL).MATCHER(EXPECTED)` becomes a call of expect.ts, by the types of both. Their texts stay where they are.

import ts from "typescript";
import type { Rewriting } from "./rewriting.ts";
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
      throw it.edits.fault(node, "expect() without a matcher");
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
  const { edits } = it;
  const [actual] = subject.arguments;
  const [expected] = node.arguments;
  if (actual === undefined || subject.arguments.length > 1 || node.arguments.length > 1)
    throw edits.fault(node, "expect() of one value, compared with one");
  const texts = expected === undefined ? alone(it, node, name, not) : pair(it, node, actual, expected, name, not);
  edits.replace(edits.begin(node), edits.begin(actual), texts[0]);
  if (expected === undefined || texts.length === 2) edits.replace(actual.getEnd(), node.getEnd(), texts[1]);
  else {
    edits.replace(actual.getEnd(), edits.begin(expected), texts[1]);
    edits.replace(expected.getEnd(), node.getEnd(), texts[2]);
  }
}

/** What stands before and after the actual value alone; or before, between and after both. */
type Around = readonly [before: string, after: string] | readonly [before: string, between: string, after: string];

function alone({ edits }: Rewriting, node: ts.CallExpression, name: string, not: boolean): Around {
  const at = JSON.stringify(edits.place(node));
  switch (name) {
    case "toBeUndefined":
    case "toBeDefined": {
      const equal = (name === "toBeUndefined") !== not;
      return [`compiled.expectTrue(${at}, (`, `) ${equal ? "===" : "!=="} undefined)`];
    }
    case "toThrow":
      return [`compiled.${not ? "expectNoThrow" : "expectThrow"}(${at}, `, ")"];
    default:
      throw edits.fault(node, `a matcher ${name}() without a value`);
  }
}

function pair(
  it: Rewriting,
  node: ts.CallExpression,
  actual: ts.Expression,
  expected: ts.Expression,
  name: string,
  not: boolean,
): Around {
  const { checker, edits, shows } = it;
  const at = JSON.stringify(edits.place(node));
  const held = not ? "compiled.expectFalse" : "compiled.expectTrue";
  const type = checker.getTypeAtLocation(actual);
  switch (name) {
    case "toBe":
    case "toEqual": {
      if (name === "toBe" && !isPrimitive(type)) return [`${held}(${at}, (`, ") === (", "))"];
      if (not && !isPrimitive(type)) throw edits.fault(node, "not.toEqual() of an object");
      const other = checker.getTypeAtLocation(expected);
      const simple = plain(type);
      if (!not && simple !== undefined && simple === plain(other)) return [`compiled.same${simple}(${at}, `, ", ", ")"];
      // A literal takes the form that it is compared with, where it can.
      const form = checker.isTypeAssignableTo(other, type) ? type : other;
      const call = not ? "compiled.different" : "compiled.same";
      return [`${call}(${at}, ${shows.of(type, actual)}(`, `), ${shows.of(form, expected)}(`, "))"];
    }
    case "toContain":
      return [`${held}(${at}, (`, ").includes(", "))"];
    case "toMatch": {
      if (!ts.isRegularExpressionLiteral(expected)) throw edits.fault(node, "toMatch() of no literal");
      const { text, atStart } = plainPattern(it, expected);
      return [`${held}(${at}, (`, `)!.${atStart ? "startsWith" : "includes"}(${JSON.stringify(text)}))`];
    }
  }
  if (not) throw edits.fault(node, `a matcher not.${name}`);
  if (name === "toHaveLength") return [`compiled.sameNumber(${at}, (`, ")!.length, ", ")"];
  const operator = COMPARISONS[name];
  if (operator === undefined) throw edits.fault(node, `a matcher ${name}`);
  return [`compiled.ordered(${at}, "${operator}", `, ", ", ")"];
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
  if (pattern === null) throw it.edits.fault(node, `${node.text} is more than a plain text`);
  const text = pattern[2]!.replaceAll(/\\(.)/g, (_, c: string) => ({ r: "\r", n: "\n" })[c] ?? c);
  return { text, atStart: pattern[1] === "^" };
}

/** Of test/support/matching.ts: only the properties that `expected` has are looked at. */
function part({ edits, checker, shows }: Rewriting, node: ts.CallExpression): void {
  const [actual, expected] = node.arguments;
  if (actual === undefined || expected === undefined) throw edits.fault(node, "expectPart() of two values");
  const at = JSON.stringify(edits.place(node));
  const other = checker.getTypeAtLocation(expected);
  const show = shows.ofPart(checker.getTypeAtLocation(actual), other, actual);
  edits.replace(edits.begin(node), edits.begin(actual), `compiled.same(${at}, ${show}(`);
  edits.replace(actual.getEnd(), edits.begin(expected), `), ${shows.of(other, expected)}(`);
  edits.replace(expected.getEnd(), node.getEnd(), "))");
}
