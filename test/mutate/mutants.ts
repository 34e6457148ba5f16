// Mutants of a source file, all in one text: where a mutant may be, the text asks `mutant(N)` whether it is the one that
// lives now. So a run of the tests needs no other build for each.

import ts from "typescript";

export interface Mutant {
  readonly id: number;
  /** Relative to the root. */
  readonly file: string;
  readonly line: number;
  /** The function that it is in. */
  readonly place: string;
  /** What it was and what it becomes, on one line. */
  readonly change: string;
}

/** The name that the mutated text calls. */
export const SWITCH = "mutant";
/** And the one that each round of a loop calls, so that none is endless. */
export const GUARD = "mutantLoop";

const OTHER_OPERATOR = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.PlusToken, "-"],
  [ts.SyntaxKind.MinusToken, "+"],
  [ts.SyntaxKind.AsteriskToken, "/"],
  [ts.SyntaxKind.SlashToken, "*"],
  [ts.SyntaxKind.PercentToken, "*"],
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.AmpersandToken, "|"],
  [ts.SyntaxKind.BarToken, "&"],
  [ts.SyntaxKind.CaretToken, "&"],
  [ts.SyntaxKind.LessThanLessThanToken, ">>"],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, "<<"],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, "<<"],
]);
const OTHER_ASSIGNMENT = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.PlusEqualsToken, "-="],
  [ts.SyntaxKind.MinusEqualsToken, "+="],
]);

/** The text with guarded loops, and, when `next` is given, with its mutants, numbered from there. */
export function mutateFile(
  file: string,
  text: string,
  next: number | undefined,
): { readonly text: string; readonly mutants: readonly Mutant[] } {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const mutants: Mutant[] = [];
  let id = next ?? 0;

  const add = (node: ts.Node, was: string, is: string): number => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    mutants.push({ id, file, line, place: placeOf(node), change: `${oneLine(was)}  ->  ${oneLine(is)}` });
    return id++;
  };

  /** The node's text with that of its children replaced. */
  const inner = (node: ts.Node): string => {
    let out = "";
    let at = node.getStart(source);
    const place = (child: ts.Node): void => {
      out += text.slice(at, child.getStart(source)) + render(child);
      at = child.getEnd();
    };
    if (ts.isJSDoc(node)) return text.slice(at, node.getEnd());
    node.forEachChild((child) => place(child));
    return out + text.slice(at, node.getEnd());
  };

  const render = (node: ts.Node): string => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return plain(node);
    if (ts.isTypeAliasDeclaration(node) || ts.isExportDeclaration(node)) return plain(node);
    if (ts.isIterationStatement(node, false)) return loop(node);
    if (next === undefined) return inner(node);
    if (ts.isExpressionStatement(node)) return statement(node);
    if (ts.isIfStatement(node)) return condition(node, node.expression);
    if (atLoading(node)) return inner(node);
    if (ts.isConditionalExpression(node)) return condition(node, node.condition);
    if (ts.isBinaryExpression(node)) return binary(node);
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      const m = add(node, plain(node), plain(node.operand));
      return `(${SWITCH}(${m}) ? ${plain(node.operand)} : ${inner(node)})`;
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) {
      if (!inFunction(node)) return plain(node);
      const other = node.kind === ts.SyntaxKind.TrueKeyword ? "false" : "true";
      return `(${SWITCH}(${add(node, plain(node), other)}) ? ${other} : ${plain(node)})`;
    }
    if (ts.isNumericLiteral(node) && inFunction(node)) {
      if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return plain(node);
      // -1 is "none" everywhere, and asked for by its sign: -2 would be the same.
      if (ts.isPrefixUnaryExpression(node.parent) && plain(node.parent) === "-1") return plain(node);
      const other = `${plain(node)} + 1`;
      return `(${SWITCH}(${add(node, plain(node), other)}) ? ${other} : ${plain(node)})`;
    }
    return inner(node);
  };

  const plain = (node: ts.Node): string => text.slice(node.getStart(source), node.getEnd());

  const loop = (node: ts.IterationStatement): string => {
    const body = render(node.statement);
    const guarded = `{ ${GUARD}(); ${body} }`;
    const before = text.slice(node.getStart(source), node.statement.getStart(source));
    if (ts.isDoStatement(node)) return `do ${guarded} while (${render(node.expression)});`;
    if (next !== undefined && ts.isWhileStatement(node)) {
      const m = add(node.expression, plain(node.expression), "false");
      return `while (${SWITCH}(${m}) ? false : ${render(node.expression)}) ${guarded}`;
    }
    if (next !== undefined && ts.isForStatement(node) && node.condition !== undefined) {
      // The counter's step is left alone: loops that never end say nothing about tests.
      const head = text.slice(node.getStart(source), node.condition.getStart(source));
      const tail = text.slice(node.condition.getEnd(), node.statement.getStart(source));
      const m = add(node.condition, plain(node.condition), "false");
      return `${head}(${SWITCH}(${m}) ? false : ${render(node.condition)})${tail}${guarded}`;
    }
    return before + guarded;
  };

  const statement = (node: ts.ExpressionStatement): string => {
    const { expression } = node;
    const isSuper = ts.isCallExpression(expression) && expression.expression.kind === ts.SyntaxKind.SuperKeyword;
    if (isSuper || !inFunction(node)) return inner(node);
    const m = add(node, plain(node), "(nothing)");
    // In braces of its own: an `else` that follows is not this one's.
    return `{ if (!${SWITCH}(${m})) { ${inner(node)} } }`;
  };

  const condition = (node: ts.Node, test: ts.Expression): string => {
    const yes = add(test, plain(test), "true");
    const no = add(test, plain(test), "false");
    const start = text.slice(node.getStart(source), test.getStart(source));
    const changed = render(test);
    const rest = restAfter(node, test);
    return `${start}(${SWITCH}(${yes}) ? true : ${SWITCH}(${no}) ? false : ${changed})${rest}`;
  };

  const restAfter = (node: ts.Node, test: ts.Node): string => {
    let out = "";
    let at = test.getEnd();
    node.forEachChild((child) => {
      if (child === test) return;
      out += text.slice(at, child.getStart(source)) + render(child);
      at = child.getEnd();
    });
    return out + text.slice(at, node.getEnd());
  };

  const binary = (node: ts.BinaryExpression): string => {
    const kind = node.operatorToken.kind;
    const operator = plain(node.operatorToken);
    const [left, right] = [plain(node.left), plain(node.right)];
    // A sum of texts has no difference.
    const isText = ts.isStringLiteralLike(node.left) || ts.isStringLiteralLike(node.right) || /`/.test(left + right);
    if (kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment) {
      const other = OTHER_ASSIGNMENT.get(kind);
      const kept = `${left} ${operator} ${render(node.right)}`;
      if (other === undefined || isText) return kept;
      const changed = `${left} ${other} ${right}`;
      return `(${SWITCH}(${add(node, plain(node), changed)}) ? ${changed} : ${kept})`;
    }
    const kept = `${render(node.left)} ${operator} ${render(node.right)}`;
    const other = OTHER_OPERATOR.get(kind);
    if (atLoading(node)) return kept;
    if (other === undefined || (isText && kind === ts.SyntaxKind.PlusToken)) return kept;
    const changed = `(${left}) ${other} (${right})`;
    return `(${SWITCH}(${add(node, plain(node), changed)}) ? ${changed} : ${kept})`;
  };

  const out = text.slice(0, source.getStart(source)) + inner(source) + text.slice(source.getEnd());
  return { text: out, mutants };
}

function inFunction(node: ts.Node): boolean {
  for (let at: ts.Node = node.parent; !ts.isSourceFile(at); at = at.parent) if (ts.isFunctionLike(at)) return true;
  return false;
}

/** What is computed when its module is loaded: no mutant lives by then. A field is computed when its object is made. */
function atLoading(node: ts.Node): boolean {
  for (let at: ts.Node = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isFunctionLike(at)) return false;
    if (ts.isPropertyDeclaration(at)) return ts.getCombinedModifierFlags(at) === ts.ModifierFlags.Static;
  }
  return true;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** The name of the function around a node: "step", "Timer.step", or what a nameless one is given to. */
function placeOf(node: ts.Node): string {
  for (let at: ts.Node = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isConstructorDeclaration(at)) return `${at.parent.name?.text ?? ""}.constructor`;
    if (ts.isMethodDeclaration(at) || ts.isAccessor(at)) {
      const owner = ts.isClassDeclaration(at.parent) ? `${at.parent.name?.text ?? ""}.` : "";
      return owner + at.name.getText();
    }
    if (ts.isFunctionDeclaration(at) && at.name !== undefined) return at.name.text;
    if (ts.isArrowFunction(at) && ts.isVariableDeclaration(at.parent)) return at.parent.name.getText();
  }
  return "";
}
