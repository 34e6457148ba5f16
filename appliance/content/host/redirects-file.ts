// `_redirects`: a line each of where from, where to, and with which status.

import type { Fault } from "../problem.ts";
import { redirectFault } from "../redirect-target.ts";
import { MAX_LINE } from "./headers-file.ts";
import { type Pattern, readPattern, unknownNames } from "./pattern.ts";

export interface RedirectRule {
  readonly from: Pattern;
  /** A path of the site or an address of the web, in which names stand for what the pattern took. */
  readonly to: string;
  readonly status: RedirectStatus;
  /** Also where something is. */
  readonly forced: boolean;
  readonly line: number;
}

export type RedirectStatus = 200 | 301 | 302 | 303 | 307 | 308 | 404 | 410;

export interface RedirectsFile {
  readonly rules: readonly RedirectRule[];
  /** Addresses for some readers alone, and why; nobody here is one of them. */
  readonly closed: readonly { readonly from: Pattern; readonly line: number }[];
  readonly faults: readonly Fault[];
}

export const MAX_REDIRECTS = 2000;
export const MAX_PATTERNS = 100;
const MAX_FAULTS = 50;
const DEFAULT_STATUS = 301;
const STATUSES: ReadonlySet<number> = new Set<RedirectStatus>([200, 301, 302, 303, 307, 308, 404, 410]);
/** A host that the rule itself names; what a reader asks for shall not name one. */
const TARGET = /^(?:\/|https?:\/\/[^/:?#\s]+(?::\d+)?(?:[/?#]|$))/i;

export function readRedirectsFile(text: string): RedirectsFile {
  const rules: RedirectRule[] = [];
  const closed: { from: Pattern; line: number }[] = [];
  const faults: Fault[] = [];
  let patterns = 0;
  for (const [i, raw] of text.split(/\r\n?|\n/).entries()) {
    const line = i + 1;
    const bare = withoutComment(raw);
    if (bare === "") continue;
    const tell = (reason: string): void => {
      if (faults.length < MAX_FAULTS) faults.push({ reason, line });
    };
    if (raw.length > MAX_LINE) {
      tell(`is longer than ${MAX_LINE} characters`);
      continue;
    }
    const words = bare.split(/\s+/);
    const from = readPattern(words[0]!);
    if (typeof from === "string") {
      tell(`${words[0]!.slice(0, 100)} ${from}`);
      continue;
    }
    if (isClosed(words.slice(1))) {
      closed.push({ from, line });
      continue;
    }
    const rule = ruleOf(from, words.slice(1), line);
    if (typeof rule === "string") tell(`${words[0]!.slice(0, 100)} ${rule}`);
    else if (rules.length === MAX_REDIRECTS) {
      tell(`only ${MAX_REDIRECTS} rules count; this and what follows do not`);
      break;
    } else if (from.fixed === undefined && ++patterns > MAX_PATTERNS)
      tell(`only ${MAX_PATTERNS} rules with * or :name count; this one does not`);
    else rules.push(rule);
  }
  return { rules, closed, faults };
}

function withoutComment(line: string): string {
  return line.replace(/(?:^|\s)#.*$/s, "").trim();
}

/** For those who are known to the host, or for nobody: `404!`, `401`, `Role=admin`. */
function isClosed(words: readonly string[]): boolean {
  return words.some((word) => /^(?:(?:401|403)!?|(?:404|410)!|role=.*)$/i.test(word));
}

function ruleOf(from: Pattern, words: readonly string[], line: number): RedirectRule | string {
  // Conditions on the query stand before the target, others behind the status.
  const condition = words.find((word) => /^[\w-]+=/.test(word));
  if (condition !== undefined)
    return `has the condition ${condition.slice(0, 60)}, which is not known here; it is left out`;
  const [to = "", written, ...rest] = words;
  if (rest.length > 0) return `has ${JSON.stringify(rest.join(" ").slice(0, 60))} behind its status`;
  const isStatusAlone = written === undefined && /^\d{3}!?$/.test(to);
  const status = Number((isStatusAlone ? to : (written ?? String(DEFAULT_STATUS))).replace("!", ""));
  const forced = (isStatusAlone ? to : (written ?? "")).endsWith("!");
  const target = isStatusAlone ? "" : to;
  if (!isStatus(status))
    return `has the status ${(written ?? to).slice(0, 20)}, which is not known here; 301, 302, 303, 307, 308, 200, 404 and 410 are`;
  if (status === 404 || status === 410) return { from, to: target, status, forced, line };
  if (target === "") return "has no target";
  const fault = targetFault(from, target, status);
  return fault ?? { from, to: target, status, forced, line };
}

function isStatus(status: number): status is RedirectStatus {
  return STATUSES.has(status);
}

function targetFault(from: Pattern, to: string, status: RedirectStatus): string | undefined {
  const fault = redirectFault(to);
  if (fault !== undefined) return fault;
  if (!TARGET.test(to) || to.startsWith("//"))
    return `leads to ${to.slice(0, 100)}, which is neither a path nor a URL with a host`;
  const [unknown] = unknownNames(to, from);
  if (unknown !== undefined) return `leads to :${unknown}, which its pattern does not have`;
  if (status !== 200) return undefined;
  if (!to.startsWith("/")) return "asks for another server's page, which is not fetched here; use 301 or 302";
  return from.fixed === undefined
    ? "shows one page at many addresses, which is not known here; use 301 or 302"
    : undefined;
}
