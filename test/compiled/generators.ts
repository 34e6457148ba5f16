// `fc.NAME(...)` becomes a call of fast-check.ts; where the shape of what is generated follows from the types of its parts
// (records, tuples, choices), it is written out.

import ts from "typescript";
import type { Rewriting } from "./rewriting.ts";

/** True when the node was one of fast-check's. */
export function generator(it: Rewriting, node: ts.Node): boolean {
  const { edits } = it;
  if (ts.isTypeReferenceNode(node) && node.typeName.getText(edits.source) === "fc.Arbitrary") {
    edits.replace(edits.begin(node.typeName), node.typeName.getEnd(), "generated.Arbitrary");
    return true;
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression: owner, name } = node.expression;
  if (!ts.isIdentifier(owner) || owner.text !== "fc") return false;
  call(it, node, name.text);
  return true;
}

function call(it: Rewriting, node: ts.CallExpression, name: string): void {
  const { edits } = it;
  const begin = edits.begin(node);
  const list = node.arguments;
  const [first] = list;
  const last = list.at(-1);
  const rename = (to: string): void => edits.replace(begin, node.expression.getEnd(), `generated.${to}`);
  switch (name) {
    case "property":
      rename(`property${list.length - 1}`);
      return;
    case "constantFrom":
      rename(`constantFrom<${generatedType(it, node)}>`);
      return;
    case "pre":
      if (first === undefined || !ts.isExpressionStatement(node.parent))
        throw edits.fault(node, "fc.pre() is a statement");
      edits.replace(begin, edits.begin(first), "if (!(");
      edits.replace(first.getEnd(), node.getEnd(), ")) return");
      return;
    case "record": {
      if (first === undefined || !ts.isObjectLiteralExpression(first))
        throw edits.fault(node, "fc.record() of a literal");
      edits.replace(
        begin,
        edits.begin(first),
        `new generated.Arbitrary<${generatedType(it, node)}>((draw$: generated.Draw) => (`,
      );
      for (const property of first.properties) {
        if (ts.isShorthandPropertyAssignment(property))
          edits.append(property.getEnd(), `: ${property.name.text}.make(draw$)`);
        else if (ts.isPropertyAssignment(property)) made(it, property.initializer);
        else throw edits.fault(property, "a property of fc.record()");
      }
      edits.replace(first.getEnd(), node.getEnd(), "))");
      return;
    }
    case "tuple":
      if (first === undefined || last === undefined) throw edits.fault(node, "fc.tuple() of nothing");
      edits.replace(
        begin,
        edits.begin(first),
        `new generated.Arbitrary<${generatedType(it, node)}>((draw$: generated.Draw) => [`,
      );
      for (const part of list) made(it, part);
      edits.replace(last.getEnd(), node.getEnd(), "])");
      return;
    case "oneof": {
      if (first === undefined || last === undefined) throw edits.fault(node, "fc.oneof() of nothing");
      const type = generatedType(it, node);
      edits.replace(begin, edits.begin(first), `generated.oneof<${type}>([`);
      const weights = list.map((part) => choice(it, part, type));
      edits.replace(last.getEnd(), node.getEnd(), `], [${weights.join(", ")}])`);
      return;
    }
    default:
      rename(name);
      return;
  }
}

/** `A` -> `(A).make(draw$)`. */
function made({ edits }: Rewriting, node: ts.Expression): void {
  edits.insert(edits.begin(node), "(");
  edits.append(node.getEnd(), ").make(draw$)");
}

/** One choice of fc.oneof(), which may be of a narrower type; its weight. */
function choice({ edits }: Rewriting, node: ts.Expression, type: string): string {
  let arbitrary = node;
  let weight = "1";
  if (ts.isObjectLiteralExpression(node)) {
    const value = (name: string): ts.Expression => {
      const found = node.properties.find((p) => p.name?.getText(edits.source) === name);
      if (found === undefined || !ts.isPropertyAssignment(found)) throw edits.fault(node, `no ${name}`);
      return found.initializer;
    };
    arbitrary = value("arbitrary");
    weight = value("weight").getText(edits.source);
    edits.replace(edits.begin(node), edits.begin(arbitrary), "");
    edits.replace(arbitrary.getEnd(), node.getEnd(), "");
  }
  edits.insert(edits.begin(arbitrary), `new generated.Arbitrary<${type}>((draw$: generated.Draw) => (`);
  edits.append(arbitrary.getEnd(), ").make(draw$))");
  return weight;
}

/** T of the Arbitrary<T> that the call gives. */
function generatedType({ checker, edits, shows }: Rewriting, node: ts.CallExpression): string {
  const type = checker.getTypeAtLocation(node);
  const [argument] = checker.getTypeArguments(type as ts.TypeReference);
  if (argument === undefined) throw edits.fault(node, "what this generates is not known");
  return shows.typeText(argument, node);
}
