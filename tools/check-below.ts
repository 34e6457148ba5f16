// The idioms that mean something else, or nothing, once compiled ahead of time are forbidden below the seam:
//
//   u8[i] === undefined, u8[i] ?? d    folded to false without a read, or a trap: check the index against .length
//   async, await, Promise, yield       there is no job queue below the seam
//   BigInt                             refused by the compiler
//   Date, Math.random, setTimeout      time and randomness are arguments
//   for (const [a] of x) f(() => a)    one variable for all rounds: name it in a declaration of its own
//   { a: 1, ...partial }               a property that is absent overwrites with undefined
//   fill, indexOf, copyWithin ...      on typed arrays: no lowering; use the native primitives
//
// The compiler itself is the final judge: the image does not build while it refuses anything that is reached. This says
// why, at the line.

import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const FORBIDDEN_NAMES: Readonly<Record<string, string>> = {
  Promise: "there is no job queue below the seam",
  Date: "time is an argument below the seam",
  BigInt: "BigInt does not compile",
  setTimeout: "a timer below the seam is a deadline",
  TextEncoder: "does not compile; protocol text is Latin-1",
  TextDecoder: "does not compile; use latin1()",
  Uint16Array: "views over another's buffer do not compile",
  Uint32Array: "views over another's buffer do not compile",
};
/** Of strings: they bring the tables of Unicode. */
const UNICODE_METHODS = new Set(["toLowerCase", "toUpperCase", "toLocaleLowerCase", "normalize", "localeCompare"]);
const FORBIDDEN_METHODS = new Set(["fill", "indexOf", "copyWithin", "lastIndexOf", "findIndex"]);

const files = ["stack", "drivers"]
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !relative(root, path).startsWith("stack/edge/")),
  );
const program = ts.createProgram(files, {
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.NodeNext,
  strict: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  types: [],
});
const checker = program.getTypeChecker();

let faults = 0;
for (const file of files) {
  const source = program.getSourceFile(file);
  if (source !== undefined) visit(source, source);
}
if (faults > 0) process.exit(1);
console.log(`${files.length} files below the seam keep its idioms`);

function visit(node: ts.Node, source: ts.SourceFile): void {
  const why = fault(node);
  if (why !== undefined) report(source.fileName, source.getLineAndCharacterOfPosition(node.getStart()).line + 1, why);
  ts.forEachChild(node, (child) => visit(child, source));
}

function fault(node: ts.Node): string | undefined {
  if (ts.isAwaitExpression(node) || ts.isYieldExpression(node)) return "no await or yield below the seam";
  if (ts.isIdentifier(node)) return identifierFault(node) ?? captureFault(node);
  if (ts.isSpreadAssignment(node) && node.parent.properties[0] !== node && hasOptional(node.expression))
    return "a property that is absent in a spread overwrites with undefined once compiled";
  if (ts.isPropertyAccessExpression(node)) {
    if (node.getText() === "Math.random") return "randomness is an argument below the seam";
    if (UNICODE_METHODS.has(node.name.text)) return `.${node.name.text} is not linked below the seam: asciiLower`;
    if (FORBIDDEN_METHODS.has(node.name.text) && isByteArray(node.expression))
      return `.${node.name.text} of a typed array does not compile`;
  }
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.kind;
    if (operator === ts.SyntaxKind.QuestionQuestionToken && isElement(node.left))
      return "u8[i] ?? d traps out of range: check the index";
    const equality = [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken].includes(
      operator,
    );
    if (equality && isElement(node.left) && node.right.getText() === "undefined")
      return "u8[i] === undefined is folded to false: check the index";
  }
  return undefined;
}

function identifierFault(node: ts.Identifier): string | undefined {
  const why = Object.hasOwn(FORBIDDEN_NAMES, node.text) ? FORBIDDEN_NAMES[node.text] : undefined;
  if (why === undefined || ts.isPropertyAccessExpression(node.parent) || ts.isPropertyAssignment(node.parent))
    return undefined;
  return why;
}

/** A function that keeps what a pattern binds in a loop around it. */
function captureFault(node: ts.Identifier): string | undefined {
  const binding = checker.getSymbolAtLocation(node)?.valueDeclaration;
  if (binding === undefined || !ts.isBindingElement(binding) || owner(node) === owner(binding)) return undefined;
  for (let at: ts.Node = binding; !ts.isFunctionLike(at) && !ts.isSourceFile(at); at = at.parent)
    if (ts.isIterationStatement(at, false)) return "once compiled, what a pattern binds in a loop is one variable";
  return undefined;
}

/** The function, or the file, that a node lies in. */
function owner(node: ts.Node): ts.Node {
  let at = node;
  while (!ts.isFunctionLike(at) && !ts.isSourceFile(at)) at = at.parent;
  return at;
}

function hasOptional(node: ts.Expression): boolean {
  return checker
    .getTypeAtLocation(node)
    .getProperties()
    .some((property) => (property.flags & ts.SymbolFlags.Optional) !== 0);
}

function isElement(node: ts.Node): boolean {
  const bare = ts.isNonNullExpression(node) ? node.expression : node;
  return ts.isElementAccessExpression(bare) && isByteArray(bare.expression);
}

function isByteArray(node: ts.Expression): boolean {
  return /^(Uint8|Int8|Uint8Clamped|Int32|Float64)Array/.test(checker.typeToString(checker.getTypeAtLocation(node)));
}

function report(file: string, line: number, why: string): void {
  faults++;
  console.error(`${relative(root, file)}:${line}: ${why}`);
}
