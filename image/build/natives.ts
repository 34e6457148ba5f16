// The pages of natives (native.d.ts of stack/base, drivers and image, and stack/base/cryptography.d.ts) as data: what each
// native function is given and gives back, and what has to be checked before C may believe it. glue.ts makes C of it,
// image/aot/describe.ts what the compiler has to know.
//
// The types of that page are told apart by their names, followed to the first name that is known here.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./run.ts";

/** From below to above: a page may use the types of those before it. */
export const PAGES: readonly string[] = [
  "stack/base/native.d.ts",
  "stack/base/cryptography.d.ts",
  "drivers/native.d.ts",
  "image/native.d.ts",
].map((file) => join(root, file));

/** How C gets a parameter. `offset` and `length` belong to the array before them. */
export type Form =
  /** Pointer and size of a whole array of at least `least` bytes; the size is left out where `least` is not 0. */
  | { readonly kind: "bytes"; readonly least: number }
  /** Pointer into the array; the length follows where the page has a parameter for it. */
  | { readonly kind: "range"; readonly offset: string; readonly length: string }
  /** Pointer to `size` bytes. */
  | { readonly kind: "field"; readonly offset: string; readonly size: number }
  /** Pointer into the array, and how many bytes are left of it. */
  | { readonly kind: "rest"; readonly offset: string }
  | { readonly kind: "offset" }
  | { readonly kind: "length" }
  | { readonly kind: "whole"; readonly least: number; readonly most: number }
  | { readonly kind: "width" | "modulo" | "number" | "boolean" | "string" | "function" };

/** `value`: any value of the engine. */
export type Result = "number" | "boolean" | "string" | "bytes" | "value" | "void";

export interface NativeParameter {
  readonly name: string;
  readonly form: Form;
}

export interface Native {
  /** The file of its page. */
  readonly page: string;
  /** As on the page: nativeLoad16. */
  readonly name: string;
  readonly parameters: readonly NativeParameter[];
  readonly returns: Result;
}

/** Every function of the pages, in order. */
export function describeNatives(pages: readonly string[] = PAGES): Native[] {
  const aliases = new Map<string, ts.TypeNode>();
  return pages.flatMap((page) => describePage(page, aliases));
}

/** The functions of one page; adds its types to `aliases`. */
function describePage(file: string, aliases: Map<string, ts.TypeNode>): Native[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2023, true);
  for (const statement of source.statements)
    if (ts.isTypeAliasDeclaration(statement)) aliases.set(statement.name.text, statement.type);
  const natives: Native[] = [];
  for (const statement of source.statements) {
    if (!ts.isFunctionDeclaration(statement) || statement.name === undefined) continue;
    const { text: name } = statement.name;
    if (!/^native[A-Z]/.test(name)) throw new Error(`${file}: ${name} is not called native...`);
    try {
      natives.push({
        page: file,
        name,
        parameters: parameters(statement, aliases),
        returns: result(known(statement.type, aliases)),
      });
    } catch (error) {
      throw new Error(`${file}: ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return natives;
}

/** A type without its aliases: a name with numbers in angle brackets, and how C sees it. */
interface Known {
  readonly name: string;
  readonly numbers: readonly number[];
}

const NAMES = new Set(["Whole", "ToUint32", "Width", "Field", "Rest", "Instant"]);

function known(node: ts.TypeNode | undefined, aliases: ReadonlyMap<string, ts.TypeNode>): Known {
  if (node === undefined) throw new Error("a type is missing");
  if (ts.isFunctionTypeNode(node)) return { name: "function", numbers: [] };
  if (!ts.isTypeReferenceNode(node)) return { name: node.getText(), numbers: [] };
  const name = node.typeName.getText();
  const alias = aliases.get(name);
  if (alias !== undefined && !NAMES.has(name)) return known(alias, aliases);
  const numbers = (node.typeArguments ?? []).map((argument) => Number(argument.getText()));
  if (numbers.some((n) => !Number.isSafeInteger(n) || n < 0)) throw new Error(`${node.getText()} has no whole numbers`);
  return { name, numbers };
}

function parameters(node: ts.SignatureDeclarationBase, aliases: ReadonlyMap<string, ts.TypeNode>): NativeParameter[] {
  const list = node.parameters.map((p) => ({ name: p.name.getText(), type: known(p.type, aliases) }));
  const least = leastSizes(node);
  for (const name of least.keys())
    if (!list.some((p) => p.name === name && p.type.name === "Uint8Array"))
      throw new Error(`@least ${name}: no such array`);
  const lengths = new Set<string>();
  const named = list.map(({ name, type }, i): NativeParameter => {
    if (type.name !== "Uint8Array") return { name, form: { kind: "number" } };
    const offset = list[i + 1];
    if (offset === undefined || (offset.name !== "offset" && offset.name !== `${name}Offset`))
      return { name, form: { kind: "bytes", least: least.get(name) ?? 0 } };
    if (least.has(name)) throw new Error(`@least ${name}: it is a range`);
    if (offset.type.name === "Field")
      return { name, form: { kind: "field", offset: offset.name, size: offset.type.numbers[0] ?? 0 } };
    if (offset.type.name === "Rest") return { name, form: { kind: "rest", offset: offset.name } };
    const length = list.find((p) => p.name === `${name}Length`) ?? list.find((p) => p.name === "length");
    if (length === undefined) return { name, form: { kind: "rest", offset: offset.name } };
    lengths.add(length.name);
    return { name, form: { kind: "range", offset: offset.name, length: length.name } };
  });
  const offsets = new Set(named.flatMap(({ form }) => ("offset" in form ? [form.offset] : [])));
  return list.map(({ name, type }, i) => {
    if (type.name === "Uint8Array") return named[i]!;
    if (offsets.has(name)) return { name, form: { kind: "offset" } };
    if (lengths.has(name) && type.name === "number") return { name, form: { kind: "length" } };
    return { name, form: form(name, type) };
  });
}

/** The tags `@least NAME SIZE`. */
function leastSizes(node: ts.Node): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const tag of ts.getJSDocTags(node)) {
    const [name, size] = (ts.getTextOfJSDocComment(tag.comment) ?? "").trim().split(" ");
    if (tag.tagName.text !== "least" || name === undefined || !/^[1-9]\d*$/.test(size ?? ""))
      throw new Error(`@${tag.tagName.text}: not understood`);
    sizes.set(name, Number(size));
  }
  return sizes;
}

/** What is neither an array nor a part of a range. A plain number would be one that nobody checks. */
function form(name: string, { name: type, numbers }: Known): Form {
  switch (type) {
    case "Whole":
      if (numbers.length !== 2) throw new Error(`${name}: Whole has two bounds`);
      return { kind: "whole", least: numbers[0]!, most: numbers[1]! };
    case "Width":
      return { kind: "width" };
    case "ToUint32":
      return { kind: "modulo" };
    case "Instant":
      return { kind: "number" };
    case "boolean":
    case "string":
    case "function":
      return { kind: type };
    default:
      throw new Error(`${name}: ${type} does not say what is to be checked`);
  }
}

function result({ name }: Known): Result {
  switch (name) {
    case "number":
    case "Whole":
    case "Instant":
      return "number";
    case "boolean":
    case "string":
      return name;
    case "Uint8Array":
    case "Uint8Array | undefined":
      return "bytes";
    case "unknown":
      return "value";
    // `never` is what ends the machine.
    case "void":
    case "never":
      return "void";
    default:
      throw new Error(`${name} cannot be returned`);
  }
}
