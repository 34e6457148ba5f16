// A test file as the compiler can take it: the same text, line for line, but for three things.
//
//   expectations.ts   vitest looks at values as they are at run time; compiled code has static types only
//   generators.ts     likewise what fast-check makes of records, tuples and choices
//   language.ts       what the compiler refuses, or takes for something else than JavaScript does
//
// What is not known is an error that names the line: nothing is left out silently.

import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { root } from "../../image/build/run.ts";
import { Edits, RewriteError } from "./edits.ts";
import { expectation } from "./expectations.ts";
import { generator } from "./generators.ts";
import { language } from "./language.ts";
import type { Rewriting } from "./rewriting.ts";
import { Shows } from "./show.ts";

const STAND_INS: Readonly<Record<string, string>> = { vitest: "vitest.ts", "fast-check": "fast-check.ts" };
/** Namespaces that rewritten text calls, by the module of this folder. */
const NAMESPACES: Readonly<Record<string, string>> = {
  compiled: "expect.ts",
  generated: "fast-check.ts",
  library: "library.ts",
};

/** The text of `file` as it shall lie at `target`; `copies` says where each file of the tests is copied to. */
export function rewrite(
  program: ts.Program,
  file: string,
  target: string,
  copies: ReadonlyMap<string, string>,
): string {
  const source = program.getSourceFile(file);
  if (source === undefined) throw new RewriteError(`${file} is not part of the program`);
  const reach = (path: string): string => importPath(target, copies.get(path) ?? path);
  const standIn = (name: string): string => JSON.stringify(importPath(target, join(root, "test/compiled", name)));
  const checker = program.getTypeChecker();
  const edits = new Edits(source);
  const it: Rewriting = { checker, edits, shows: new Shows(checker, source, reach) };
  const visit = (node: ts.Node): void => {
    if (!expectation(it, node) && !generator(it, node)) language(it, node);
    ts.forEachChild(node, visit);
  };
  let begin = 0;
  for (const statement of source.statements)
    if (ts.isImportDeclaration(statement)) {
      importDeclaration(edits, statement, reach, standIn);
      begin = statement.getEnd();
    } else visit(statement);

  const functions = it.shows.functions().join("\n");
  let begins = "";
  for (const [name, module] of Object.entries(NAMESPACES))
    if (edits.mentions(`${name}.`) || functions.includes(`${name}.`))
      begins += `import * as ${name} from ${standIn(module)};`;
  // A file of tests says its name before it registers any.
  if (ts.isExternalModule(source) && registersTests(source))
    begins += `import { beginFile as begin$ } from ${standIn("vitest.ts")}; begin$(${JSON.stringify(edits.name)});`;
  edits.append(begin, begins);
  return `${edits.text()}\n${functions}\n`;
}

function registersTests(source: ts.SourceFile): boolean {
  return source.statements.some((s) => ts.isImportDeclaration(s) && /\b(test|it)\b.*"vitest"/.test(s.getText(source)));
}

function importDeclaration(
  edits: Edits,
  node: ts.ImportDeclaration,
  reach: (path: string) => string,
  standIn: (name: string) => string,
): void {
  const specifier = node.moduleSpecifier;
  if (!ts.isStringLiteral(specifier)) return;
  const module = STAND_INS[specifier.text];
  if (module !== undefined) {
    // `fc` and `expect` are gone when the rest is rewritten.
    const names = node.importClause?.namedBindings;
    const kept =
      names !== undefined && ts.isNamedImports(names)
        ? names.elements.map((e) => e.getText(edits.source)).filter((name) => name !== "expect")
        : [];
    const text = kept.length > 0 ? `import { ${kept.join(", ")} } from ${standIn(module)};` : "";
    edits.replace(edits.begin(node), node.getEnd(), text);
    return;
  }
  if (!specifier.text.startsWith(".")) throw edits.fault(node, `an import of ${specifier.text}`);
  const path = reach(resolve(dirname(edits.source.fileName), specifier.text));
  edits.replace(edits.begin(specifier), specifier.getEnd(), JSON.stringify(path));
}

function importPath(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}
