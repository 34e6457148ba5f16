// Boot parameters: words -> values by name, with every mistake named. What there is to be said is in tables: the
// appliance's is in config.ts, the machine's in image/machine-config.ts.
//
// They arrive as the kernel command line (`virtual`: words with quotes), as arguments (`process` and `node`: one a line,
// taken as they are) and as a boot module (`-initrd`: one parameter a line, `#` comments). The command line wins over the
// module, so that a file can hold what is usual; within one of them a parameter may come once.
//
// A boot module may hold PEM (RFC 7468) as well: blocks behind a line "--trust=" are its value, and blocks that follow
// no such line are a `--certificate`.

import { nearestWord } from "./nearest.ts";

/** One row of a table. */
export interface Parameter {
  /** What stands for the value in the usage; "" for a switch. */
  readonly value: string;
  readonly help: string;
  /** May be given more than once. */
  readonly repeatable: boolean;
  /** "r": -r means the same; "" for none. */
  readonly letter: string;
  /** What the parameter means when it is given without a value; undefined: it needs one. */
  readonly otherwise: string | undefined;
  /** Its value may be PEM, on the lines behind it in a boot module. */
  readonly pem: boolean;
}

/** By name, without the hyphens; in the order of the usage. */
export type ParameterTable = Readonly<Record<string, Parameter>>;

export function parameter(
  value: string,
  help: string,
  { repeatable = false, letter = "", otherwise, pem = false }: Partial<Omit<Parameter, "value" | "help">> = {},
): Parameter {
  return { value, help, repeatable, letter, otherwise, pem };
}

export type ParameterError =
  | { readonly kind: "unknown"; readonly word: string; readonly suggestion: string | undefined }
  | { readonly kind: "malformed"; readonly name: string; readonly value: string; readonly why: string }
  | { readonly kind: "no-value"; readonly name: string }
  | { readonly kind: "unwanted-value"; readonly name: string; readonly value: string }
  | { readonly kind: "duplicate"; readonly name: string }
  | { readonly kind: "missing"; readonly name: string; readonly why: string }
  | { readonly kind: "open-quote"; readonly rest: string }
  | { readonly kind: "too-long"; readonly what: string; readonly length: number; readonly limit: number };

/** Characters of one source, and of one word. QEMU passes 64 KB; more than this is a mistake, not a parameter. */
export const MAX_SOURCE_LENGTH = 16_384;
export const MAX_WORD_LENGTH = 2048;
/** Mistakes for which the parameter that was meant is looked for: who makes more has not mistyped one. */
const MAX_SUGGESTIONS = 8;
/** Characters of a boot module, which may hold keys and chains. */
export const MAX_MODULE_LENGTH = 65_536;
/** Parameters whose value is never printed. */
const SECRETS: ReadonlySet<string> = new Set([
  "hook-secret",
  "cert-seed",
  "remote-token",
  "https-proxy",
  "acme-seed",
  "acme-eab",
  "acme-store",
]);
/** Of a word that is no parameter: it may be meant for one of those. */
const SECRET_WORD = /secret|seed|token|proxy|pass|user|key/i;
/** What PEM in a boot module belongs to when nothing else is said. */
const PEM_PARAMETER = "certificate";
const PEM_BEGIN = /^-----BEGIN [A-Z0-9 ]+-----$/;
const PEM_END = /^-----END [A-Z0-9 ]+-----$/;

export interface ParameterSource {
  /** The command line or the arguments. */
  readonly parameters: string;
  /** True: one argument a line, as a process has them; false: one line, split at blanks outside quotes. */
  readonly onePerLine: boolean;
  /** The text of the boot module, "" for none. */
  readonly module: string;
}

type Values = Map<string, string[]>;

/** What was given, and what was wrong with it. Whoever makes values of it adds errors of its own. */
export class Parameters {
  readonly errors: ParameterError[] = [];
  /** Words that a hypervisor or a boot loader puts on a command line for Linux; left alone. */
  readonly ignored: string[] = [];
  /** Words that are no parameters, where they are wanted. */
  readonly words: string[] = [];
  readonly #values: Values = new Map();
  readonly #wordsWanted: boolean;

  /** `wordsWanted`: words without a hyphen mean something (a folder to serve); otherwise they are errors. */
  constructor(source: ParameterSource, table: ParameterTable, wordsWanted = false) {
    const { errors } = this;
    this.#wordsWanted = wordsWanted;
    const fromModule = this.#collect(moduleWords(source.module, table, errors), table);
    const line = source.onePerLine ? lineWords(source.parameters, errors) : commandLineWords(source.parameters, errors);
    const fromLine = this.#collect(line, table);
    for (const values of [fromModule, fromLine]) for (const [name, list] of values) this.#values.set(name, list);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The value that `parse` makes of the parameter's text; a string that it returns is the reason why it cannot. */
  one<T extends object | number>(name: string, parse: (text: string) => T | string): T | undefined {
    const [text] = this.list(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (typeof value !== "string") return value;
    this.errors.push({ kind: "malformed", name, value: text, why: value });
    return undefined;
  }

  /** Whether something is wrong with the parameter already, so that "missing" would be said in vain. */
  faulty(name: string): boolean {
    return this.errors.some((error) => "name" in error && error.name === name);
  }

  #collect(words: readonly string[], table: ParameterTable): Values {
    const { errors, ignored } = this;
    const values: Values = new Map();
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      if (word.length > MAX_WORD_LENGTH && !word.includes("\n")) {
        const what = word.replace(/=.*$/s, "=…").slice(0, 40);
        errors.push({ kind: "too-long", what, length: word.length, limit: MAX_WORD_LENGTH });
        continue;
      }
      const equals = word.indexOf("=");
      const given = equals < 0 ? word : word.slice(0, equals);
      const name = nameOf(given, table);
      const row = Object.hasOwn(table, name) ? table[name] : undefined;
      if (row === undefined) {
        if (this.#wordsWanted && !word.startsWith("-")) this.words.push(word);
        else if (isIgnoredKernelParameter(given)) ignored.push(word);
        else {
          const suggestion = errors.length < MAX_SUGGESTIONS ? nearestWord(given, Object.keys(table)) : undefined;
          errors.push({ kind: "unknown", word, suggestion });
        }
        continue;
      }
      let value = equals < 0 ? undefined : word.slice(equals + 1);
      if (row.value === "") {
        if (value !== undefined) errors.push({ kind: "unwanted-value", name, value });
        values.set(name, [""]);
        continue;
      }
      const next = words[i + 1];
      if (value === undefined && row.otherwise !== undefined) value = row.otherwise;
      if (value === undefined && next !== undefined && !next.startsWith("-")) {
        value = next;
        i++;
      }
      if (value === undefined || value === "") {
        errors.push({ kind: "no-value", name });
        continue;
      }
      const before = values.get(name);
      if (before === undefined) values.set(name, [value]);
      else if (row.repeatable) before.push(value);
      else errors.push({ kind: "duplicate", name });
    }
    return values;
  }
}

/** The parameter that `--name` or `-n` names, without a look whether there is one. */
function nameOf(given: string, table: ParameterTable): string {
  if (given.startsWith("--")) return given.slice(2);
  if (!/^-[a-z]$/.test(given)) return "";
  return Object.entries(table).find(([, { letter }]) => letter === given.charAt(1))?.[0] ?? "";
}

/** Whether the value of this parameter is never to be shown. */
export function isSecretParameter(name: string): boolean {
  return SECRETS.has(name);
}

/** One line for the console, without the credentials that a URL may hold, and without keys. */
export function describeParameterError(error: ParameterError): string {
  return describe(error)
    .replace(/-----BEGIN [\s\S]*-----END [A-Z0-9 ]*-----/g, "(PEM)")
    .replace(/\/\/[^/@\s"]*@/g, "//***@");
}

function describe(error: ParameterError): string {
  switch (error.kind) {
    case "unknown":
      return `unknown parameter ${JSON.stringify(shownWord(error.word, error.suggestion))}${error.suggestion === undefined ? "" : ` (did you mean --${error.suggestion}?)`}`;
    case "malformed":
      return `--${error.name}=${SECRETS.has(error.name) ? "…" : error.value}: ${error.why}`;
    case "no-value":
      return `--${error.name} needs a value`;
    case "unwanted-value":
      return `--${error.name} takes no value, but was given ${JSON.stringify(error.value)}`;
    case "duplicate":
      return `--${error.name} is given more than once`;
    case "missing":
      return `--${error.name} is missing: ${error.why}`;
    case "open-quote":
      return `a quote is not closed: ${error.rest}`;
    case "too-long":
      return `${error.what} is ${error.length} characters long; at most ${error.limit} are read`;
  }
}

/** The word without the value of a secret, or of what may be meant to be one. */
function shownWord(word: string, suggestion = ""): string {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word : word.slice(0, equals);
  const secret = SECRETS.has(suggestion) || SECRETS.has(name.replace(/^--/, "")) || SECRET_WORD.test(name);
  return secret && equals >= 0 ? `${name}=…` : word;
}

/** The text of `--help`: what the program is, a line for each parameter, an example. */
export function usage(table: ParameterTable, head: string, example: string): string {
  const lines = Object.entries(table).map(([name, { value, help, otherwise }]) => {
    const left = `  --${name}${value === "" ? "" : otherwise === undefined ? `=${value}` : `[=${value}]`}`;
    return `${left.padEnd(30)} ${help}`;
  });
  return `${head}\n\n${lines.join("\n")}\n\nExample: ${example}\n`;
}

function commandLineWords(text: string, errors: ParameterError[]): string[] {
  if (text.length > MAX_SOURCE_LENGTH) {
    errors.push({ kind: "too-long", what: "the command line", length: text.length, limit: MAX_SOURCE_LENGTH });
    return [];
  }
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
    const rest = shown === quoted ? text.slice(quoteStart, quoteStart + 60) : shown;
    errors.push({ kind: "open-quote", rest });
  } else if (inWord) words.push(word);
  return words;
}

function lineWords(text: string, errors: ParameterError[]): string[] {
  if (text.length > MAX_SOURCE_LENGTH) {
    errors.push({ kind: "too-long", what: "the argument list", length: text.length, limit: MAX_SOURCE_LENGTH });
    return [];
  }
  return text.split("\n").filter((word) => word !== "");
}

function moduleWords(text: string, table: ParameterTable, errors: ParameterError[]): string[] {
  if (text.length > MAX_MODULE_LENGTH) {
    errors.push({ kind: "too-long", what: "the boot module", length: text.length, limit: MAX_MODULE_LENGTH });
    return [];
  }
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
      if (Object.hasOwn(table, name) && table[name]?.pem === true) words[words.length - 1] = `--${name}=`;
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

/**
 * What Firecracker, QEMU's microvm, boot loaders and cloud images put on a command line meant for Linux. These words are
 * left alone; any other word that is not ours is an error, because a typing mistake should not pass unseen.
 */
const LINUX = new Set(
  `console root ro rw rootfstype rootflags init quiet reboot panic pci acpi noapic nomodules nomodule loglevel splash
   earlyprintk earlycon virtio_mmio.device 8250.nr_uarts random.trust_cpu random.trust_bootloader tsc swiotlb
   noreplace-smp no_timer_check BOOT_IMAGE net.ifnames biosdevname`.split(/\s+/),
);

/** What the word for a virtio device without a bus says: SIZE@ADDRESS:LINE[:ID], which some give without its name. */
export const VIRTIO_MMIO = /^(?:virtio_mmio\.device=)?[0-9a-fx]+[kmg]?@[0-9a-fx]+:[0-9a-fx]+(?::[0-9]+)?$/i;

function isIgnoredKernelParameter(name: string): boolean {
  return LINUX.has(name) || VIRTIO_MMIO.test(name) || name.startsWith("i8042.") || name.startsWith("virtio_mmio.");
}
