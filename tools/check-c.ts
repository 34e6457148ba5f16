// Our C has one form: as `clang-format` leaves it by .clang-format (the program is the npm package clang-format-node,
// pinned like every other tool), and no line with two statements. `check-c.ts --write` brings it into that form.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withoutComments } from "./check-size.ts";

const root = join(import.meta.dirname, "..");
const FOLDERS = ["image/runtime", "image/loader", "image/build", "test"];

/** The numbers of lines that hold two statements: with two semicolons, or joined by a comma. */
export function crowdedLines(text: string): number[] {
  const found: number[] = [];
  let isMacro = false;
  const bare = withoutComments(text).replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '""');
  for (const [i, line] of bare.split("\n").entries()) {
    isMacro = /^\s*#/.test(line) || isMacro;
    if (!isMacro && isCrowded(line.trim())) found.push(i + 1);
    isMacro &&= line.endsWith("\\");
  }
  return found;
}

const LABEL = /^(?:else|do|case [^:]*:|default:)\s*/;
const CONTROL = /^(?:if|for|while|switch) \(/;
/** A line that goes on with the expression of the one before, or declares. */
const OTHER = /^(?:static|const|extern|struct|enum|unsigned|volatile|typedef|return)\b|^\}|^\w+ \**\w+|^[\w>.-]+ *\?/;

function isCrowded(line: string): boolean {
  let rest = line;
  for (;;) {
    const label = LABEL.exec(rest)?.[0];
    if (label !== undefined) rest = rest.slice(label.length);
    else if (CONTROL.test(rest)) rest = rest.slice(closing(rest, rest.indexOf("(")) + 1).trim();
    else break;
  }
  const outside = outermost(rest);
  if (/;\s*\S/.test(outside)) return true;
  const isStatement = outside.endsWith(";") && (!OTHER.test(rest) || rest.startsWith("return "));
  // `a = 1, b = 2;` and `return f(), x;`, but not the last line of a call or of a list, which closes more than it opens.
  return isStatement && outside.includes(",");
}

/** Where the bracket that opens at `from` is closed. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")" && --depth === 0) return at;
  }
  return text.length;
}

/** The text without what is in brackets; empty when it closes more than it opens. */
function outermost(text: string): string {
  let depth = 0;
  let kept = "";
  for (const character of text) {
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (depth === 0) kept += character;
    if (depth < 0) return "";
  }
  return kept;
}

if (import.meta.main) {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.[ch]$/.test(name))
      .map((name) => join(folder, name))
      .sort(),
  );
  const words = process.argv.includes("--write") ? ["-i"] : ["--dry-run", "-Werror"];
  const format = spawnSync("clang-format", [...words, ...files], { cwd: root, encoding: "utf8" });
  process.stderr.write(format.stderr);
  if (format.error !== undefined) {
    console.error(`C: its format was not checked, for clang-format does not run: ${format.error.message}`);
    process.exitCode = 1;
  }
  if (format.status !== 0) process.exitCode = 1;
  for (const file of files)
    for (const line of crowdedLines(readFileSync(join(root, file), "utf8"))) {
      console.error(`${file}:${line}: two statements in one line`);
      process.exitCode = 1;
    }
  if (process.exitCode !== 1) console.log(`C: ${files.length} files as .clang-format says, a statement a line`);
}
