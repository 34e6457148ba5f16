// How a text is written in each form that a host reads, so that whatever it holds stays what it is.

import { BuildError } from "../build/run.ts";

/** A word of the machine's own command line (appliance/parameters.ts): quotes keep blanks together and know no escape. */
export function commandLineWord(word: string): string {
  if (word !== "" && !/[\s"']/.test(word)) return word;
  return word.replaceAll(/[^"]+|"+/g, (run) => (run.startsWith('"') ? `'${run}'` : `"${run}"`));
}

/** XML 1.0 2.4, also between quotes. */
export function xml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  return text
    .replaceAll(/[&<>"']/g, (one) => names[one] ?? one)
    .replaceAll(/[\t\n\r]/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** POSIX.1-2017 XCU 2.2.2: nothing between single quotes means anything. */
export function shell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A word of ExecStart= (systemd.service(5), "Command lines"): specifiers and variables are doubled. */
export function systemd(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** A string of xl.cfg(5) and of vm.conf(5), which know no escapes. */
export function quoted(text: string): string {
  if (!isQuotable(text)) throw new BuildError(`${text}: quotes, backslashes and line breaks cannot be written here`);
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

export function isQuotable(text: string): boolean {
  return !/[\\\n\r]/.test(text) && !(text.includes('"') && text.includes("'"));
}

/** The value of an option of QEMU whose fields are separated by commas. */
export function commas(value: string): string {
  return value.replaceAll(",", ",,");
}
