// Boot parameters: words -> values by name, with every mistake named. What there is to be said is in tables: the
// appliance's is in config.ts, the machine's in image/machine-config.ts.
//
// They come from several sources (parameter-words.ts), the weightiest first: of a parameter that more than one of them has,
// the first one's values count, so that a file can hold what is usual. Within one of them a parameter may come once.

import { nearestWord } from "./nearest.ts";
import { isSecretWord, type ParameterError, type Place } from "./parameter-error.ts";
import { MAX_WORD_LENGTH, type ParameterSource, wordsOf } from "./parameter-words.ts";

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
  /** Its value may be PEM, on the lines behind it in a file. */
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

/** Mistakes for which the parameter that was meant is looked for: who makes more has not mistyped one. */
const MAX_SUGGESTIONS = 8;

type Values = Map<string, string[]>;

/** Where a parameter was found. */
export interface Origin {
  readonly name: string;
  readonly where: Place;
  /** False: a weightier source has it as well. */
  readonly counts: boolean;
}

/** What was given, and what was wrong with it. Whoever makes values of it adds errors of its own. */
export class Parameters {
  readonly errors: ParameterError[] = [];
  /** Words that a hypervisor or a boot loader puts on a command line for Linux; left alone. */
  readonly ignored: string[] = [];
  /** Words that are no parameters, where they are wanted. */
  readonly words: string[] = [];
  /** Every parameter of every source. */
  readonly origins: Origin[] = [];
  readonly #values: Values = new Map();
  readonly #wordsWanted: boolean;

  /**
   * `sources`: the weightiest first. `wordsWanted`: words without a hyphen mean something (a folder to serve); otherwise they
   * are errors.
   */
  constructor(sources: readonly ParameterSource[], table: ParameterTable, wordsWanted = false) {
    this.#wordsWanted = wordsWanted;
    const takesPem = (name: string): boolean => Object.hasOwn(table, name) && table[name]?.pem === true;
    for (const source of sources) {
      const values = this.#collect(wordsOf(source, takesPem, this.errors), table, source.where);
      for (const [name, list] of values) {
        const counts = !this.#values.has(name);
        this.origins.push({ name, where: source.where, counts });
        if (counts) this.#values.set(name, list);
      }
    }
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

  /** Where the value comes from that counts; "" for a parameter that nobody gave. */
  whereOf(name: string): Place {
    return this.origins.find((origin) => origin.name === name && origin.counts)?.where ?? "";
  }

  /** The errors, each with the place where what is wrong was read. */
  located(): readonly ParameterError[] {
    return this.errors.map((error) =>
      error.where === undefined && "name" in error && error.kind !== "missing"
        ? { ...error, where: this.whereOf(error.name) }
        : error,
    );
  }

  /** Whether something is wrong with the parameter already, so that "missing" would be said in vain. */
  faulty(name: string): boolean {
    return this.errors.some((error) => "name" in error && error.name === name);
  }

  #collect(words: readonly string[], table: ParameterTable, where: Place): Values {
    const { errors, ignored } = this;
    const values: Values = new Map();
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      if (word.length > MAX_WORD_LENGTH && !word.includes("\n")) {
        const what = word.replace(/=.*$/s, "=…").slice(0, 40);
        errors.push({ kind: "too-long", what, length: word.length, limit: MAX_WORD_LENGTH, where });
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
          errors.push({ kind: "unknown", word, suggestion, where });
          // What follows is the secret then, and not to be called an unknown word.
          if (equals < 0 && isSecretWord(word, suggestion) && words[i + 1]?.startsWith("-") === false) i++;
        }
        continue;
      }
      let value = equals < 0 ? undefined : word.slice(equals + 1);
      if (row.value === "") {
        if (value !== undefined) errors.push({ kind: "unwanted-value", name, value, where });
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
        errors.push({ kind: "no-value", name, where });
        continue;
      }
      const before = values.get(name);
      if (before === undefined) values.set(name, [value]);
      else if (row.repeatable) before.push(value);
      else errors.push({ kind: "duplicate", name, where });
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

/** The text of `--help`: what the program is, a line for each parameter, an example. */
export function usage(table: ParameterTable, head: string, example: string): string {
  const lines = Object.entries(table).map(([name, { value, help, otherwise }]) => {
    const left = `  --${name}${value === "" ? "" : otherwise === undefined ? `=${value}` : `[=${value}]`}`;
    return `${left.padEnd(30)} ${help}`;
  });
  return `${head}\n\n${lines.join("\n")}\n\nExample: ${example}\n`;
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
