// `_headers` and `_redirects` of one commit, ready to be asked.

import type { Snapshot } from "../../git/snapshot.ts";
import type { Platform } from "../../platform.ts";
import { encodePath } from "../paths.ts";
import type { Problem } from "../problem.ts";
import { type HeaderRule, MAX_FIELDS, readHeadersFile } from "./headers-file.ts";
import { fillIn } from "./pattern.ts";
import { type RedirectRule, readRedirectsFile } from "./redirects-file.ts";

const MAX_FILE = 128 * 1024;
/** Characters of all fields of one response. */
const MAX_FIELDS_LENGTH = 4000;
/** Where generators and hosts have it. */
const FOLDERS = ["", "static/", "public/", "src/", "source/"];

export interface HostRules {
  /** What rules set for a decoded URL path; an undefined value takes a field away. */
  headersFor(path: string): readonly (readonly [name: string, value: string | undefined])[];
  readonly redirects: readonly RedirectRule[];
  /** Of the file that they are from. */
  readonly redirectsPath: string;
  /** The rule that fits, of those with a pattern. */
  redirectFor(path: string): Redirect | undefined;
  /** Whether readers have to be known to the host: then nobody sees it. Why: for the author. */
  closed(path: string): string | undefined;
}

export interface Redirect {
  readonly status: RedirectRule["status"];
  /** As it stands in Location; "" where nobody is sent on. */
  readonly to: string;
  readonly forced: boolean;
}

export const NO_RULES: HostRules = {
  headersFor: () => [],
  redirects: [],
  redirectsPath: "_redirects",
  redirectFor: () => undefined,
  closed: () => undefined,
};

/** `untrusted`: who writes it is not to say what browsers may do with it. */
export function readHostRules(
  snapshot: Snapshot,
  platform: Pick<Platform, "utf8Decode">,
  problems: Problem[],
  untrusted = false,
): HostRules {
  const read = (name: string): { readonly path: string; readonly text: string } | undefined => {
    for (const folder of FOLDERS) {
      const path = folder + name;
      const entry = snapshot.entries.get(path);
      if (entry === undefined || (entry.mode !== "file" && entry.mode !== "executable")) continue;
      const bytes = snapshot.read(entry.oid);
      if (bytes === undefined) continue;
      if (bytes.length > MAX_FILE)
        problems.push({ path, reason: `only its first ${MAX_FILE} bytes count`, skipped: false });
      return { path, text: platform.utf8Decode(bytes.subarray(0, MAX_FILE)).replace(/^\uFEFF/, "") };
    }
    return undefined;
  };
  const headers = read("_headers");
  const redirects = read("_redirects");
  if (headers === undefined && redirects === undefined) return NO_RULES;
  const fields = readHeadersFile(headers?.text ?? "");
  const moves = readRedirectsFile(redirects?.text ?? "");
  for (const [file, faults] of [
    [headers, fields.faults],
    [redirects, moves.faults],
  ] as const)
    for (const { reason, line } of faults) problems.push({ path: file!.path, line, reason, skipped: false });
  if (untrusted && fields.rules.some((rule) => rule.fields.length > 0))
    problems.push({ path: headers!.path, reason: "sets no headers where authors are not trusted", skipped: false });
  const patterns = moves.rules.filter(
    ({ from, status }) => from.fixed === undefined || status === 404 || status === 410,
  );
  const protectedRules = fields.rules.filter(({ isProtected }) => isProtected);
  return {
    headersFor: (path) => (untrusted ? [] : fieldsOf(fields.rules, path)),
    redirects: moves.rules,
    redirectsPath: redirects?.path ?? "_redirects",
    redirectFor: (path) => firstFit(patterns, path),
    closed: (path) => {
      const rule = protectedRules.find(({ pattern }) => pattern.match(path) !== undefined);
      if (rule !== undefined)
        return `is behind a password (${headers!.path}:${rule.line}), which is not asked for here`;
      const shut = moves.closed.find(({ from }) => from.match(path) !== undefined);
      return shut === undefined ? undefined : `is kept from readers by ${redirects!.path}:${shut.line}`;
    },
  };
}

function fieldsOf(rules: readonly HeaderRule[], path: string): ReturnType<HostRules["headersFor"]> {
  const found = new Map<string, readonly [string, string | undefined]>();
  for (const { pattern, fields } of rules) {
    const taken = pattern.match(path);
    if (taken === undefined) continue;
    /** Of this rule: a field that it has twice is one with both values. */
    const own = new Set<string>();
    for (const [name, value] of fields) {
      const key = name.toLowerCase();
      const filled = value === undefined ? undefined : fillIn(value, taken, encodePath);
      const before = own.has(key) ? found.get(key)?.[1] : undefined;
      own.add(key);
      found.set(key, [name, before === undefined || filled === undefined ? filled : `${before}, ${filled}`]);
    }
  }
  let length = 0;
  return [...found.values()].slice(0, MAX_FIELDS).filter(([name, value]) => {
    length += name.length + (value?.length ?? 0);
    return length <= MAX_FIELDS_LENGTH;
  });
}

function firstFit(rules: readonly RedirectRule[], path: string): Redirect | undefined {
  for (const { from, to, status, forced } of rules) {
    const taken = from.match(path);
    if (taken === undefined) continue;
    // What a reader asks for cannot make another host of a path.
    const filled = fillIn(to, taken, encodePath);
    return { status, forced, to: to.startsWith("/") ? filled.replace(/^\/{2,}/, "/") : filled };
  }
  return undefined;
}
