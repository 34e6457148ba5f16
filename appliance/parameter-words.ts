// The sources of parameters, each to words: a command line (words with quotes), the arguments of a process (one a line, taken
// as they are), or a file (one parameter a line, `#` comments).
//
// A file may hold PEM (RFC 7468) as well: blocks behind a line "--trust=" are its value, and blocks that follow no such
// line are a `--certificate`.

import { type ParameterError, type Place, shownWord } from "./parameter-error.ts";

export interface ParameterSource {
  /** Where the text was read, for people. */
  readonly where: Place;
  readonly form: "command line" | "arguments" | "file";
  readonly text: string;
}

/** The words of a kernel command line. */
export function commandLine(text: string): ParameterSource {
  return { where: "the command line", form: "command line", text };
}

/** The arguments of a process, one a line: who gave them sees them. */
export function processArguments(text: string): ParameterSource {
  return { where: "", form: "arguments", text };
}

/** A file, and where it comes from. */
export function parameterFile(text: string, where: Place): ParameterSource {
  return { where, form: "file", text };
}

/** What stands in one string where hosts have a single one for it: a file if it has lines, else a command line. */
export function parameterText(text: string, where: Place): ParameterSource {
  return { where, form: /[\r\n]/.test(text.trim()) ? "file" : "command line", text };
}

/** Characters of a command line or of arguments, and of one word: more is a mistake, not a parameter. */
export const MAX_SOURCE_LENGTH = 16_384;
export const MAX_WORD_LENGTH = 2048;
/** Characters of a file, which may hold keys and chains. */
export const MAX_FILE_LENGTH = 65_536;
/** What PEM in a file belongs to when nothing else is said. */
const PEM_PARAMETER = "certificate";
const PEM_BEGIN = /^-----BEGIN [A-Z0-9 ]+-----$/;
const PEM_END = /^-----END [A-Z0-9 ]+-----$/;

/** Those for which `takesPem` have PEM as a value. Adds to `errors`. */
export function wordsOf(
  source: ParameterSource,
  takesPem: (name: string) => boolean,
  errors: ParameterError[],
): readonly string[] {
  const { form, text, where } = source;
  const limit = form === "file" ? MAX_FILE_LENGTH : MAX_SOURCE_LENGTH;
  if (text.length > limit) {
    const what = where === "" ? "the argument list" : where;
    errors.push({ kind: "too-long", what, length: text.length, limit });
    return [];
  }
  if (form === "arguments") return text.split("\n").filter((word) => word !== "");
  return form === "file" ? fileWords(text, takesPem) : commandLineWords(source, errors);
}

/**
 * Bytes that hosts give a command line, its NUL counted in: boot loaders by the Linux boot protocol before 2.06 (256), Xen for PV
 * guests (1,024), Firecracker (2,048), a page.
 */
const COMMAND_LINE_SIZES: readonly number[] = [256, 1024, 2048, 4096];

/** Whether a command line of this length was probably longer before the host passed it on. */
export function seemsCut(text: string): boolean {
  return COMMAND_LINE_SIZES.includes(text.length) || COMMAND_LINE_SIZES.includes(text.length + 1);
}

function commandLineWords({ text, where }: ParameterSource, errors: ParameterError[]): string[] {
  const words: string[] = [];
  let word = "";
  let inWord = false;
  let quote = "";
  let quoteStart = 0;
  let quoted = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quote !== "") {
      if (c === quote) quote = "";
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      quoteStart = i;
      quoted = word;
      inWord = true;
    } else if (c === " " || c === "\t" || c === "\n" || c === "\r" || c === "\0") {
      if (inWord) words.push(word);
      word = "";
      inWord = false;
    } else {
      word += c;
      inWord = true;
    }
  }
  if (quote !== "") {
    const shown = shownWord(quoted);
    // A secret may stand behind the "=" of this word, or be a word of its own behind its name, mistyped or not.
    const before = quoted === "" ? (words[words.length - 1] ?? "") : "";
    const behind = before.startsWith("-") && !before.includes("=");
    const rest = shown !== quoted ? shown : behind ? `${before} …` : text.slice(quoteStart, quoteStart + 60);
    errors.push({ kind: "open-quote", rest, where });
  } else if (inWord) words.push(word);
  return words;
}

function fileWords(text: string, takesPem: (name: string) => boolean): string[] {
  const words: string[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/[\r\n\0]+/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (PEM_BEGIN.test(line)) {
      const end = endOfPem(lines, i);
      const pem = lines.slice(i, end).map((each) => each.trim());
      const last = words[words.length - 1] ?? "";
      const name = last.replace(/^--/, "").replace(/=$/, "");
      // Behind "--trust" or "--trust=" they are its value, behind other PEM they go on with it.
      if (takesPem(name)) words[words.length - 1] = `--${name}=`;
      else if (!last.endsWith("\n")) words.push(`--${PEM_PARAMETER}=`);
      words[words.length - 1] += `${pem.join("\n")}\n`;
      i = end - 1;
      continue;
    }
    // "--remote URL" on one line means what it means on a command line.
    const separated = /^(-[^\s=]+)\s+(.*)$/.exec(line);
    if (separated === null) words.push(unquote(line));
    else words.push(separated[1]!, unquote(separated[2]!));
  }
  return words;
}

/** Behind the last line of the block that begins at `start`; a block without an end is all that follows. */
function endOfPem(lines: readonly string[], start: number): number {
  for (let i = start + 1; i < lines.length; i++) if (PEM_END.test(lines[i]!.trim())) return i + 1;
  return lines.length;
}

function unquote(text: string): string {
  const equals = text.indexOf("=") + 1;
  const value = text.slice(equals);
  const first = value.charAt(0);
  if (value.length >= 2 && (first === '"' || first === "'") && value.endsWith(first))
    return text.slice(0, equals) + value.slice(1, -1);
  return text;
}
