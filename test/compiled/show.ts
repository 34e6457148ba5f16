// Functions that write a value as text by its static type: what toEqual() becomes where values do not know their own
// shape. Two values are equal as vitest's toEqual() has it (properties that are undefined may as well be absent, classes
// do not count) exactly when their texts are.

import ts from "typescript";
import { RewriteError } from "./edits.ts";
import { isKind } from "./types.ts";

export class Shows {
  /** Names by the text of the type. */
  private readonly names = new Map<string, string>();
  private readonly texts: string[] = [];
  private readonly checker: ts.TypeChecker;
  private readonly source: ts.SourceFile;
  private readonly reach: (path: string) => string;

  /** `reach` gives the specifier by which the rewritten file imports a path. */
  constructor(checker: ts.TypeChecker, source: ts.SourceFile, reach: (path: string) => string) {
    this.checker = checker;
    this.source = source;
    this.reach = reach;
  }

  /** The name of the function for values of this type. `node` is where one is, for the fault's line. */
  of(type: ts.Type, node: ts.Node): string {
    const why = this.opaque(type);
    if (why !== undefined) this.fail(type, node, why);
    return this.inner(type, node);
  }

  /** The same, with no more properties than `wanted` has. */
  ofPart(type: ts.Type, wanted: ts.Type, node: ts.Node): string {
    if (!this.isRecord(wanted)) return this.of(type, node);
    const solid = this.checker.getNonNullableType(type);
    const text = this.typeText(type, node);
    return this.function(`${text} as ${this.typeText(wanted, node)}`, text, () => {
      const absent = solid === type ? "" : `if (value === undefined || value === null) return "nothing"; `;
      const names = wanted.getProperties().map((p) => p.name);
      return absent + this.record(solid, node, names, wanted);
    });
  }

  /** The source of all functions that were asked for. */
  functions(): readonly string[] {
    return this.texts;
  }

  /** The type as it is written in the rewritten file. */
  typeText(type: ts.Type, node: ts.Node): string {
    const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseFullyQualifiedType;
    const text = this.checker.typeToString(type, this.source, flags);
    if (/\b(any|unknown)\b/.test(text)) this.fail(type, node, "a type that says nothing");
    return text.replaceAll(/import\("([^"]+)"\)/g, (_, path: string) => {
      const file = path.endsWith(".ts") ? path : `${path}.ts`;
      return `import(${JSON.stringify(this.reach(file))})`;
    });
  }

  /** For a value or a part of one. */
  private inner(type: ts.Type, node: ts.Node): string {
    const primitive = primitiveShow(type);
    if (primitive !== undefined) return primitive;
    const text = this.typeText(type, node);
    return this.function(text, text, () => this.body(type, node));
  }

  private function(key: string, type: string, body: () => string): string {
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const name = `show$${this.names.size}`;
    this.names.set(key, name);
    this.texts.push(`function ${name}(value: ${type}): string { ${body()} }`);
    return name;
  }

  private fail(type: ts.Type, node: ts.Node, what: string): never {
    const line = this.source.getLineAndCharacterOfPosition(node.getStart(this.source)).line + 1;
    throw new RewriteError(`line ${line}: ${what}: ${this.checker.typeToString(type)}`);
  }

  private isList(type: ts.Type): boolean {
    return this.checker.isArrayType(type) || this.checker.isTupleType(type);
  }

  private isRecord(type: ts.Type): boolean {
    return isKind(type, ts.TypeFlags.Object) && !this.isList(type) && primitiveShow(type) === undefined;
  }

  /** Why the properties that the type tells of are not all that there is to compare. */
  private opaque(type: ts.Type): string | undefined {
    if (type.isUnion() || !this.isRecord(type)) return undefined;
    if (type.getCallSignatures().length > 0) return "a function";
    if (this.checker.getIndexInfosOfType(type).length > 0) return "keys that the type does not name";
    if ((type.symbol.declarations ?? []).some((d) => d.getSourceFile().isDeclarationFile))
      return "an object of the language";
    const hidden = type.getProperties().find((p) => isOwn(p) && isPrivate(p));
    return hidden === undefined ? undefined : `private ${hidden.name}`;
  }

  private body(type: ts.Type, node: ts.Node): string {
    const { checker } = this;
    if (type.isUnion()) return this.union(type, node);
    if (checker.isTupleType(type)) {
      const parts = checker.getTypeArguments(type as ts.TypeReference);
      const texts = parts.map((t, i) => `${this.inner(t, node)}(value[${i}])`);
      return `return "[" + [${texts.join(", ")}].join(",") + "]";`;
    }
    if (checker.isArrayType(type)) {
      const [element] = checker.getTypeArguments(type as ts.TypeReference);
      if (element === undefined) this.fail(type, node, "a list of nothing known");
      if (element.flags & ts.TypeFlags.Never) return `return value.length === 0 ? "[]" : "[?]";`;
      const push = `parts.push(${this.inner(element, node)}(value[i]!));`;
      return `const parts: string[] = []; for (let i = 0; i < value.length; i++) ${push} return "[" + parts.join(",") + "]";`;
    }
    if (!isKind(type, ts.TypeFlags.Object)) this.fail(type, node, "neither an object nor a plain value");
    const why = this.opaque(type);
    // Equal to nothing, not even itself: beside other forms of a union it may be; alone it would prove nothing.
    if (why !== undefined) return `return compiled.opaque(value !== undefined ? ${JSON.stringify(why)} : "");`;
    const names = type.getProperties().map((p) => p.name);
    return this.record(type, node, names, undefined);
  }

  private record(type: ts.Type, node: ts.Node, names: readonly string[], wanted: ts.Type | undefined): string {
    const { checker } = this;
    const parts: string[] = [];
    for (const name of [...names].sort()) {
      const property = checker.getPropertyOfType(type, name);
      if (property === undefined) this.fail(type, node, `no ${name}, or not in every form`);
      // Own properties alone are compared; a part may ask for what is computed.
      if (!isOwn(property) && wanted === undefined) continue;
      const own = checker.getTypeOfSymbol(property);
      const bare = withoutUndefined(checker, own);
      const inner = wanted && checker.getPropertyOfType(wanted, name);
      const show = inner ? this.ofPart(bare, checker.getTypeOfSymbol(inner), node) : this.inner(bare, node);
      const access = /^[A-Za-z_]\w*$/.test(name) ? `value.${name}` : `value[${JSON.stringify(name)}]`;
      const label = JSON.stringify(`${name}:`);
      const add = (value: string): string => `text += ${label} + ${show}(${value}) + ",";`;
      // A constant, so that it is narrowed.
      const constant = `f${parts.length}`;
      parts.push(
        bare === own ? add(access) : `const ${constant} = ${access}; if (${constant} !== undefined) ${add(constant)}`,
      );
    }
    return `let text = "{"; ${parts.join(" ")} return text + "}";`;
  }

  private union(type: ts.UnionType, node: ts.Node): string {
    const { checker } = this;
    const bare = withoutUndefined(checker, type);
    if (bare !== type) return `if (value === undefined) return "undefined"; return ${this.inner(bare, node)}(value);`;
    const solid = checker.getNonNullableType(type);
    if (solid !== type) return `if (value === null) return "null"; return ${this.inner(solid, node)}(value);`;
    const plain = new Set(type.types.map(primitiveShow).filter((show) => show !== undefined));
    if (plain.size > 0) return this.mixed(type, [...plain], node);
    const discriminant = this.discriminant(type);
    if (discriminant === undefined) this.fail(type, node, "a union whose forms cannot be told apart");
    const arms = type.types.map((t, i) => {
      const show = `return ${this.inner(t, node)}(value);`;
      if (i === type.types.length - 1) return show;
      const literal = checker.getTypeOfSymbol(checker.getPropertyOfType(t, discriminant)!);
      return `if (value.${discriminant} === ${literalText(checker, literal)}) ${show}`;
    });
    return arms.join(" ");
  }

  /** Strings, numbers and booleans, and at most one form beside them. */
  private mixed(type: ts.UnionType, plain: readonly string[], node: ts.Node): string {
    const others = type.types.filter((t) => primitiveShow(t) === undefined);
    if (others.length > 1) this.fail(type, node, "more than one object among plain values");
    const shows = [...plain, ...others.map((t) => this.inner(t, node))];
    const arms = shows.map((show, i) => {
      const kind = KINDS[show];
      if (i < shows.length - 1 && kind === undefined) this.fail(type, node, `${show} among plain values`);
      return `${i < shows.length - 1 ? `if (typeof value === "${kind}") ` : ""}return ${show}(value);`;
    });
    return arms.join(" ");
  }

  /** A property that has another literal in every form. */
  private discriminant(type: ts.UnionType): string | undefined {
    const { checker } = this;
    const names = type.types[0]!.getProperties().map((p) => p.name);
    return names.find((name) => {
      const literals = type.types.map((t) => {
        const property = checker.getPropertyOfType(t, name);
        return property && literalText(checker, checker.getTypeOfSymbol(property));
      });
      return !literals.includes(undefined) && new Set(literals).size === literals.length;
    });
  }
}

const KINDS: Readonly<Record<string, string>> = {
  "compiled.showNumber": "number",
  "compiled.showString": "string",
  "compiled.showBoolean": "boolean",
};

/** The function for what is of one kind without properties, and for bytes. */
function primitiveShow(type: ts.Type): string | undefined {
  if (isKind(type, ts.TypeFlags.NumberLike)) return "compiled.showNumber";
  if (isKind(type, ts.TypeFlags.StringLike)) return "compiled.showString";
  if (isKind(type, ts.TypeFlags.BooleanLike)) return "compiled.showBoolean";
  if (isKind(type, ts.TypeFlags.Undefined)) return "compiled.showUndefined";
  return type.symbol?.name === "Uint8Array" ? "compiled.showBytes" : undefined;
}

function withoutUndefined(checker: ts.TypeChecker, type: ts.Type): ts.Type {
  if (!type.isUnion() || !type.types.some((t) => t.flags & ts.TypeFlags.Undefined)) return type;
  // With null in it too, both are taken off together, further down.
  return type.types.some((t) => t.flags & ts.TypeFlags.Null) ? type : checker.getNonNullableType(type);
}

/** Not a method, nor computed. */
function isOwn(property: ts.Symbol): boolean {
  return (property.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor)) === 0;
}

function isPrivate({ valueDeclaration }: ts.Symbol): boolean {
  if (valueDeclaration === undefined) return false;
  return (ts.getCombinedModifierFlags(valueDeclaration) & ts.ModifierFlags.NonPublicAccessibilityModifier) !== 0;
}

function literalText(checker: ts.TypeChecker, type: ts.Type): string | undefined {
  if (type.isStringLiteral() || type.isNumberLiteral()) return JSON.stringify(type.value);
  return type.flags & ts.TypeFlags.BooleanLiteral ? checker.typeToString(type) : undefined;
}
