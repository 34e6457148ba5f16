// What the compiler refuses in tests, or takes for something else than JavaScript does, written as it can take it.

import ts from "typescript";
import type { Rewriting } from "./rewriting.ts";
import { isKind } from "./types.ts";

/** Classes whose static methods have stand-ins. */
const CLASSES = new Set(["Number", "Array", "Uint8Array"]);

export function language(it: Rewriting, node: ts.Node): void {
  const { edits } = it;
  if (ts.isForOfStatement(node)) loop(it, node);
  else if (ts.isVariableStatement(node) && inLoop(node)) declarations(it, node);
  else if (ts.isArrowFunction(node)) arrow(it, node);
  else if (ts.isMethodDeclaration(node)) method(it, node);
  else if (ts.isAsExpression(node)) constant(it, node);
  else if (ts.isPropertyAccessExpression(node) && node.getText(edits.source) === "Number.NaN")
    edits.replace(edits.begin(node), node.getEnd(), "library.notANumber()");
  else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const standIn = libraryFunction(it, node, node.expression);
    if (standIn !== undefined) libraryCall(it, node, node.expression, standIn);
  }
}

/**
 * What a pattern binds in a loop is one variable for all rounds once compiled: a function that keeps it would see the
 * last round's (stand-ins.test.ts). So each name gets a declaration of its own.
 */
function loop(it: Rewriting, node: ts.ForOfStatement): void {
  const { edits } = it;
  if (!ts.isVariableDeclarationList(node.initializer)) return;
  const { name } = node.initializer.declarations[0]!;
  if (ts.isIdentifier(name)) return;
  const row = `row${name.getStart(edits.source)}$`;
  edits.replace(edits.begin(name), name.getEnd(), row);
  const names = unbound(it, name, row);
  if (ts.isBlock(node.statement)) {
    edits.insert(edits.begin(node.statement) + 1, ` ${names}`);
    return;
  }
  edits.insert(edits.begin(node.statement), `{ ${names} `);
  edits.append(node.statement.getEnd(), " }");
}

/** The same for patterns in a loop's body. */
function declarations(it: Rewriting, node: ts.VariableStatement): void {
  const { edits } = it;
  const list = node.declarationList.declarations;
  for (const { name, initializer } of list) {
    if (ts.isIdentifier(name)) continue;
    if (initializer === undefined || list.length > 1) throw edits.fault(node, "a pattern among other declarations");
    const row = `row${name.getStart(edits.source)}$`;
    edits.replace(edits.begin(name), name.getEnd(), row);
    edits.append(node.getEnd(), ` ${unbound(it, name, row)}`);
  }
}

function unbound({ edits }: Rewriting, name: ts.BindingPattern, row: string): string {
  return name.elements
    .map((element, i) => {
      if (ts.isOmittedExpression(element)) return "";
      if (!ts.isIdentifier(element.name) || element.initializer !== undefined)
        throw edits.fault(element, "a pattern within a pattern, or a default, in a loop");
      const own = element.name.text;
      if (ts.isArrayBindingPattern(name))
        return `const ${own} = ${row}${element.dotDotDotToken === undefined ? `[${i}]` : `.slice(${i})`};`;
      if (element.dotDotDotToken !== undefined) throw edits.fault(element, "the rest of an object in a loop");
      return `const ${own} = ${row}.${element.propertyName?.getText(edits.source) ?? own};`;
    })
    .join(" ");
}

/** Within a loop of its own function. */
function inLoop(node: ts.Node): boolean {
  for (let at = node.parent; !ts.isFunctionLike(at) && !ts.isSourceFile(at); at = at.parent)
    if (ts.isIterationStatement(at, false)) return true;
  return false;
}

/** A function given for an optional parameter has all the parameters that it is called with. */
function arrow(it: Rewriting, node: ts.ArrowFunction): void {
  const { checker, edits } = it;
  const call = node.parent;
  if (ts.isCallExpression(call) || ts.isNewExpression(call)) {
    const contextual = checker.getContextualType(node);
    const optional = checker.getResolvedSignature(call)?.parameters.some((p) => isOptional(p.valueDeclaration));
    const wanted = contextual && checker.getNonNullableType(contextual).getCallSignatures()[0]?.parameters.length;
    if (optional === true && wanted !== undefined) pad(it, node, wanted, () => "");
  }
  // An assignment has no value.
  const { body } = node;
  if (!ts.isParenthesizedExpression(body) || !isElementAssignment(body.expression)) return;
  edits.replace(edits.begin(body), edits.begin(body.expression), "{ ");
  edits.replace(body.expression.getEnd(), body.getEnd(), "; }");
}

function isOptional(parameter: ts.Declaration | undefined): boolean {
  if (parameter === undefined || !ts.isParameter(parameter) || parameter.getSourceFile().isDeclarationFile)
    return false;
  return parameter.initializer !== undefined || parameter.questionToken !== undefined;
}

function isElementAssignment(node: ts.Expression): boolean {
  if (!ts.isBinaryExpression(node) || ts.isIdentifier(node.left)) return false;
  return node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
}

/** A method has the parameters of the one that it takes the place of. */
function method(it: Rewriting, node: ts.MethodDeclaration): void {
  const { checker, edits, shows } = it;
  if (!ts.isClassDeclaration(node.parent)) return;
  const base = checker.getTypeAtLocation(node.parent).getBaseTypes()?.[0];
  const overridden = base && checker.getPropertyOfType(base, node.name.getText(edits.source));
  if (overridden === undefined) return;
  const wanted = checker.getTypeOfSymbol(overridden).getCallSignatures()[0]?.parameters ?? [];
  pad(it, node, wanted.length, (i) => `: ${shows.typeText(checker.getTypeOfSymbol(wanted[i]!), node)}`);
}

/** Adds parameters up to `count`. */
function pad(
  { edits }: Rewriting,
  node: ts.ArrowFunction | ts.MethodDeclaration,
  count: number,
  type: (index: number) => string,
): void {
  const own = node.parameters.length;
  if (own >= count) return;
  const more = Array.from({ length: count - own }, (_, i) => `_p${own + i}${type(own + i)}`).join(", ");
  const last = node.parameters.at(-1);
  if (last !== undefined) {
    edits.append(last.getEnd(), `, ${more}`);
    return;
  }
  const from = ts.isMethodDeclaration(node) ? node.name.getEnd() : edits.begin(node);
  edits.insert(edits.source.text.indexOf("(", from) + 1, more);
}

/** A list of rows `as const` has a type for each row: one for all of them instead. */
function constant({ checker, edits }: Rewriting, node: ts.AsExpression): void {
  const list = node.expression;
  if (!ts.isConstTypeReference(node.type) || !ts.isArrayLiteralExpression(list)) return;
  const rows = list.elements.map((row) => {
    if (!ts.isArrayLiteralExpression(row)) throw edits.fault(row, "as const of a list of other than lists");
    return row.elements.map((e) =>
      checker.typeToString(checker.getBaseTypeOfLiteralType(checker.getTypeAtLocation(e))),
    );
  });
  const columns = rows[0]!.map((_, i) => [...new Set(rows.map((row) => row[i]))].join(" | "));
  edits.replace(edits.begin(node.type), node.type.getEnd(), `[${columns.join(", ")}][]`);
}

/** The stand-in (library.ts) for a method of the language's library that does not compile. */
function libraryFunction(
  { checker, edits }: Rewriting,
  node: ts.CallExpression,
  callee: ts.PropertyAccessExpression,
): string | undefined {
  const method = callee.name.text;
  const [first] = node.arguments;
  const shaped = first !== undefined && ts.isObjectLiteralExpression(first);
  switch (`${callee.expression.getText(edits.source)}.${method}`) {
    case "Number.parseInt":
      return "parseNumber";
    case "Array.from":
      return shaped ? "listOf" : undefined;
    case "Uint8Array.from":
      return shaped ? "bytesOf" : "bytesFrom";
  }
  const type = checker.getTypeAtLocation(callee.expression);
  if (isKind(type, ts.TypeFlags.StringLike)) return { replace: "replaceFirst", replaceAll: "replaceAll" }[method];
  if (isKind(type, ts.TypeFlags.NumberLike)) return method === "toString" ? "digits" : undefined;
  if (type.symbol?.name !== "Uint8Array") return undefined;
  if (method === "fill") return "fillBytes";
  const list = first !== undefined && checker.isArrayType(checker.getTypeAtLocation(first));
  return method === "set" && list ? "setBytes" : undefined;
}

/** `A.method(B)` -> `library.standIn(A, B)`; without A where it is a class. */
function libraryCall(
  { edits }: Rewriting,
  node: ts.CallExpression,
  callee: ts.PropertyAccessExpression,
  name: string,
): void {
  const owner = callee.expression;
  const [first] = node.arguments;
  const begin = first === undefined ? node.getEnd() - 1 : edits.begin(first);
  if (ts.isIdentifier(owner) && CLASSES.has(owner.text)) {
    edits.replace(edits.begin(node), begin, `library.${name}(`);
    return;
  }
  edits.insert(edits.begin(owner), `library.${name}(`);
  edits.replace(owner.getEnd(), begin, first === undefined ? "" : ", ");
}
