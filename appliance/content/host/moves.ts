// The rules of `_redirects` among the routes of a site.

import { encodePath } from "../paths.ts";
import type { Problem } from "../problem.ts";
import { redirectFault } from "../redirect-target.ts";
import type { Route } from "../site.ts";
import { fillIn } from "./pattern.ts";
import type { RedirectRule } from "./redirects-file.ts";
import type { HostRules } from "./rules.ts";

/** Routes between two pauses. */
const PAUSE = 512;
/** Redirects after one another. */
const MAX_HOPS = 10;

type Moved = Extract<Route, { kind: "redirect" }>;

/** Rules for one address each: where nothing is, or where they say so. `origins`: who made a redirect, by its address. */
export function placeMoves(
  host: HostRules,
  routes: Map<string, Route>,
  origins: Map<string, string>,
  problems: Problem[],
): void {
  for (const { from, to, status, forced, line } of host.redirects) {
    const url = from.fixed;
    if (url === undefined || status === 200 || status === 404 || status === 410) continue;
    const taken = routes.get(url);
    if (taken !== undefined && !forced) {
      // Of two rules for one address the first counts, as everywhere.
      if (!origins.has(url))
        problems.push({
          path: host.redirectsPath,
          line,
          reason: `there is something at ${url}; ${status}! behind the target leads away from it all the same`,
          skipped: false,
        });
      continue;
    }
    if (origins.get(url) === host.redirectsPath) continue;
    const route: Moved = { kind: "redirect", to: encoded(to), status };
    routes.set(url, route);
    origins.set(url, host.redirectsPath);
  }
}

/** When all routes are known: rules that show another address, those with patterns, and those that are forced. */
export function* forceMoves(
  host: HostRules,
  routes: Map<string, Route>,
  problems: Problem[],
): Generator<undefined, void, undefined> {
  for (const rule of host.redirects) {
    if (rule.status === 200) show(rule, host, routes, problems);
    else if (rule.from.fixed === undefined) tellOfRing(rule, host, routes, problems);
  }
  if (!host.redirects.some(({ from, forced }) => forced && from.fixed === undefined)) return;
  let steps = 0;
  for (const url of [...routes.keys()]) {
    if (++steps % PAUSE === 0) yield;
    if (host.redirectFor(url)?.forced === true) routes.delete(url);
  }
}

function show(
  { from, to, forced, line }: RedirectRule,
  host: HostRules,
  routes: Map<string, Route>,
  problems: Problem[],
): void {
  const path = decode(to.replace(/[?#].*$/, ""));
  const route = routes.get(path) ?? routes.get(path.endsWith("/") ? path.slice(0, -1) : `${path}/`);
  if (route === undefined)
    problems.push({
      path: host.redirectsPath,
      line,
      reason: `there is nothing at ${to} that could be shown`,
      skipped: false,
    });
  else if (forced || !routes.has(from.fixed!)) routes.set(from.fixed!, route);
}

/** A rule that leads to itself again and again. */
function tellOfRing(
  rule: RedirectRule,
  host: HostRules,
  routes: ReadonlyMap<string, Route>,
  problems: Problem[],
): void {
  let at = fillIn(rule.to, new Map(rule.from.names.map((name) => [name, "x"])), encodePath);
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    const path = decode(at.replace(/[?#].*$/, ""));
    const next = at.startsWith("/") && !routes.has(path) ? host.redirectFor(path) : undefined;
    if (next === undefined || next.to === "") return;
    at = next.to;
  }
  problems.push({ path: host.redirectsPath, line: rule.line, reason: "redirects in a ring", skipped: false });
}

/** As an author writes it, with what may not stand in a URI encoded; what is encoded already stays. */
function encoded(to: string): string {
  if (redirectFault(to) !== undefined) return "/";
  return to
    .replace(/[^\x21-\x7e]+/g, (text) => encodePath(text))
    .replace(/["<>\\^`{|}]/g, (c) => encodeURIComponent(c));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
