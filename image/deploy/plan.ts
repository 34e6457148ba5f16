// What is to be deployed: the machine's parameters, checked as the machine itself checks them, and what of them may be seen.

import { createHash } from "node:crypto";
import { describeParameterError, isSecretParameter } from "../../appliance/parameter-error.ts";
import { parameterFile, processArguments } from "../../appliance/parameter-words.ts";
import { REMOTE_MISSING, readBootConfig } from "../boot-config.ts";
import { commandLineWord } from "./forms.ts";

export interface Plan {
  /** Letters, digits and hyphens: the machine's name on the host, and the start of the files' names. */
  readonly name: string;
  /** In megabytes. */
  readonly memory: number;
  /** The host's bridge that the machine is on. */
  readonly bridge: string;
  /** Made of the name: two machines with the same address on one bridge disturb each other. */
  readonly mac: string;
  /** The host's interface, for hosts where somebody has to name it; at most 15 characters. */
  readonly tap: string;
  /** Where epiphyte.elf lies on the host, and the folder that the written files will lie in. */
  readonly image: string;
  readonly folder: string;
  /** "--remote=…", one parameter each. */
  readonly words: readonly string[];
  /** More of them, as text for a file, with keys and certificates: "" for none. */
  readonly text: string;
}

/** Characters of a command line that QEMU's PVH entry passes on. */
export const QEMU_LINE = 4000;

export interface HostFile {
  readonly name: string;
  readonly text: string;
  /** Holds secrets: for its owner's eyes alone. */
  readonly secret?: boolean;
  readonly executable?: boolean;
}

export interface Deployment {
  readonly files: readonly HostFile[];
  /** The file with the parameters is written into a disk of this name as well. */
  readonly disk?: "raw" | "qcow2" | "ova";
  /** What to do with them, a line each. */
  readonly steps: readonly string[];
}

/** How the parameters of a plan reach a machine that is started as a kernel. */
export interface Ways {
  readonly commandLine: string;
  /** The text of a file given as an initrd, for its owner's eyes alone; "" for none. */
  readonly file: string;
}

/** Secrets go into the file; everything does when the command line would be longer than the host passes on. */
export function waysOf(plan: Plan, mostCharacters: number): Ways {
  const { words, text } = plan;
  const line = openWords(plan).map(commandLineWord).join(" ");
  if (line.length > mostCharacters) return { commandLine: "", file: parametersText(words, text) };
  return { commandLine: line, file: parametersText(words.filter(isSecret), text) };
}

/** Those that anybody may see. */
export function openWords({ words }: Plan): readonly string[] {
  return words.filter((word) => !isSecret(word));
}

/** One parameter a line, as EPIPHYTE.TXT and a boot module have them. */
export function parametersText(words: readonly string[], text: string): string {
  const lines = words.map((word) => `${word}\n`).join("");
  return lines === "" && text === "" ? "" : `${lines}${text}`;
}

function isSecret(word: string): boolean {
  const [name = "", value = ""] = word.replace(/^--/, "").split(/=(.*)/s);
  return isSecretParameter(name) || /\/\/[^/@\s]*@/.test(value);
}

/** What is wrong with the parameters, a line each, as the machine would say it. */
export function mistakesIn(words: readonly string[], text: string): readonly string[] {
  const read = readBootConfig([processArguments(words.join("\n")), parameterFile(text, "the file")]);
  if (read.ok) return read.value.ignored.map((word) => `${word} means nothing to Epiphyte`);
  if (read.error.kind === "help") return ["--help"];
  const errors = read.error.kind === "no-remote" ? [REMOTE_MISSING] : read.error.errors;
  return errors.map(describeParameterError);
}

/** An Ethernet address of this name: QEMU's prefix, and three bytes that follow from the name. */
export function macOf(name: string): string {
  const digest = createHash("sha256").update(name).digest();
  return ["52", "54", "00", ...[...digest.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

/** "ep-" and what of the name fits behind it; two names that begin alike get different ones. */
export function tapOf(name: string): string {
  if (name.length <= 12) return `ep-${name}`;
  return `ep-${name.slice(0, 7)}${createHash("sha256").update(name).digest("hex").slice(0, 5)}`;
}

/** A file of the machine, as it will lie on the host. */
export function at({ folder, name }: Plan, ending: string): string {
  return `${folder}/${name}.${ending}`;
}

export function script({ name }: Plan, lines: readonly string[]): HostFile {
  return { name: `${name}.sh`, text: `#!/bin/sh\nset -eu\n${lines.join("\n")}\n`, executable: true };
}
