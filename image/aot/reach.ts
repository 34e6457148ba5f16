// Which native functions the compiled side calls. The profile must name these and no others: a native that is named but
// never called is refused.

import ts from "typescript";

/** Names of the ambient functions that are called from what `entry` imports. */
export function reachedNatives(entry: string): Set<string> {
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  });
  const reached = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && /^native[A-Z]/.test(node.expression.text))
      reached.add(node.expression.text);
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles()) if (!file.isDeclarationFile) visit(file);
  return reached;
}
