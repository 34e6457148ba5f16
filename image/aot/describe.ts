// The one description of each boundary of compiled code, read from where a person reads it:
//
//   stack/edge/seam.ts    interface Seam: what the engine calls in the compiled data path (exports)
//   native.d.ts           the native functions: what the data path calls in C (callbacks)
//
// From these come the compiler's profile, its entry module and the binding in C: nothing is kept in step by hand.

import { readFileSync } from "node:fs";
import ts from "typescript";
import { describeNatives, type Form, type Result } from "../build/natives.ts";

/** What crosses: numbers, booleans, strings, byte arrays, or nothing. */
export type BoundaryType = "number" | "boolean" | "string" | "bytes" | "void";

export interface BoundaryFunction {
  readonly name: string;
  readonly parameters: ReadonlyArray<{ readonly name: string; readonly type: BoundaryType }>;
  readonly returns: BoundaryType;
}

/** The methods of an interface, in order. */
export function describeInterface(file: string, name: string): BoundaryFunction[] {
  const source = parse(file);
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== name) continue;
    return statement.members.map((member) => {
      if (!ts.isMethodSignature(member) || !ts.isIdentifier(member.name))
        throw new Error(`${file}: ${name} has a member that is no method`);
      return describe(member.name.text, member, file);
    });
  }
  throw new Error(`${file}: no interface ${name}`);
}

/**
 * The natives that are named in `wanted`, in order, of the pages and further ones; what more the pages say about
 * them is image/build/natives.ts's.
 */
export function describeReached(wanted: ReadonlySet<string>, pages: readonly string[] = []): BoundaryFunction[] {
  return [...describeNatives(), ...describeNatives(pages)]
    .filter(({ name }) => wanted.has(name))
    .map(({ name, parameters, returns }) => ({
      name,
      parameters: parameters.map((p) => ({ name: p.name, type: boundaryForm(p.form, name) })),
      returns: boundaryResult(returns, name),
    }));
}

function boundaryResult(returns: Result, where: string): BoundaryType {
  if (returns === "value") throw new Error(`${where}: a value of the engine cannot cross a boundary`);
  return returns;
}

function boundaryForm({ kind }: Form, where: string): BoundaryType {
  switch (kind) {
    case "bytes":
    case "range":
    case "field":
    case "rest":
      return "bytes";
    case "boolean":
    case "string":
      return kind;
    case "function":
      throw new Error(`${where}: a function cannot cross a boundary`);
    default:
      return "number";
  }
}

/** The exported functions of a module, in order. */
export function describeFunctions(file: string): BoundaryFunction[] {
  const functions: BoundaryFunction[] = [];
  for (const statement of parse(file).statements) {
    const exported =
      ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword);
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined && exported === true) {
      functions.push(describe(statement.name.text, statement, file));
    }
  }
  return functions;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2023, true);
}

function describe(name: string, node: ts.SignatureDeclarationBase, file: string): BoundaryFunction {
  const parameters = node.parameters.map((parameter) => ({
    name: parameter.name.getText(),
    type: boundaryType(parameter.type, `${file}: ${name}`),
  }));
  return { name, parameters, returns: boundaryType(node.type, `${file}: ${name}`) };
}

function boundaryType(node: ts.TypeNode | undefined, where: string): BoundaryType {
  switch (node?.getText()) {
    // Instants are numbers; `never` is what ends the machine.
    case "number":
    case "Instant":
      return "number";
    case "boolean":
      return "boolean";
    case "string":
      return "string";
    case "Uint8Array":
      return "bytes";
    case "void":
    case "never":
      return "void";
    default:
      throw new Error(`${where}: ${node?.getText() ?? "no type"} cannot cross a boundary`);
  }
}
