// `_headers`: lines of a path, and indented below each the fields of its responses.

import type { Fault } from "../problem.ts";
import { type Pattern, readPattern } from "./pattern.ts";

export interface HeaderRule {
  readonly pattern: Pattern;
  /** In the order of the file; an undefined value takes the field away. */
  readonly fields: readonly (readonly [name: string, value: string | undefined])[];
  /** Behind a password, which is not asked for here. */
  readonly isProtected: boolean;
  readonly line: number;
}

export interface HeadersFile {
  readonly rules: readonly HeaderRule[];
  readonly faults: readonly Fault[];
}

export const MAX_HEADER_RULES = 100;
export const MAX_LINE = 2000;
/** Fields of one rule. */
export const MAX_FIELDS = 40;
const MAX_FAULTS = 50;

/** RFC 9110 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** RFC 9110 5.5, without what is not ASCII. */
const VALUE = /^[\t\x20-\x7e]*$/;

const reasons = (names: string, reason: string): readonly (readonly [string, string])[] =>
  names.split(" ").map((name) => [name, reason] as const);

/** Fields that are not a site's to say, by their names in lower case. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ...reasons(
    "connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade http2-settings",
    "is about one connection, not about the page",
  ),
  ...reasons(
    "content-length content-encoding content-range accept-ranges",
    "says how the body is sent, which the machine knows",
  ),
  ...reasons("date age server via etag last-modified", "is made by the machine"),
  ...reasons(
    "location allow host retry-after www-authenticate",
    "is part of an answer of its own; redirects have their file",
  ),
  ...reasons("set-cookie set-cookie2", "makes a page one reader's, and pages are the same for all"),
]);

export function readHeadersFile(text: string): HeadersFile {
  const rules: HeaderRule[] = [];
  const faults: Fault[] = [];
  const tell = (line: number, reason: string): void => {
    if (faults.length < MAX_FAULTS) faults.push({ reason, line });
  };
  let current: (HeaderRule & { fields: [string, string | undefined][]; isProtected: boolean }) | undefined;
  for (const [i, raw] of text.split(/\r\n?|\n/).entries()) {
    const line = i + 1;
    const bare = raw.trim();
    if (bare === "" || bare.startsWith("#")) continue;
    if (raw.length > MAX_LINE) {
      tell(line, `is longer than ${MAX_LINE} characters`);
      // What it was for is not known: fields below it are nobody's.
      if (!/^\s/.test(raw)) current = undefined;
      continue;
    }
    if (!/^\s/.test(raw)) {
      const pattern = readPattern(bare);
      current = undefined;
      if (typeof pattern === "string") tell(line, `${bare.slice(0, 100)} ${pattern}`);
      else if (rules.length === MAX_HEADER_RULES)
        tell(line, `only ${MAX_HEADER_RULES} rules count; this and what follows do not`);
      else {
        current = { pattern, fields: [], isProtected: false, line };
        rules.push(current);
      }
      continue;
    }
    const removed = /^!\s*(\S+)$/.exec(bare)?.[1];
    const colon = bare.indexOf(":");
    const name = removed ?? bare.slice(0, Math.max(0, colon)).trim();
    const value = removed === undefined ? bare.slice(colon + 1).trim() : undefined;
    if (name.toLowerCase() === "basic-auth" && current !== undefined) {
      current.isProtected = true;
      continue;
    }
    const fault = current === undefined ? "stands below no path" : faultOf(name, value, current.fields.length);
    if (fault !== undefined) tell(line, `${name === "" ? bare.slice(0, 100) : name.slice(0, 100)} ${fault}`);
    else current!.fields.push([name, value]);
  }
  return { rules, faults };
}

function faultOf(name: string, value: string | undefined, count: number): string | undefined {
  if (name === "") return "is no line of `Name: value`";
  if (!NAME.test(name)) return "is no name of a header field";
  const refused = REFUSED.get(name.toLowerCase());
  if (refused !== undefined) return `${refused}; it is left out`;
  if (value !== undefined && !VALUE.test(value)) return "has characters that a header field cannot have";
  return count === MAX_FIELDS ? `is one field more than ${MAX_FIELDS}` : undefined;
}
