// What a redirect may lead to, and what may lead back to itself.

import { directoryOf, resolvePath } from "./paths.ts";
import type { Problem } from "./problem.ts";
import type { Route } from "./site.ts";

/** Addresses that a browser may be sent to (RFC 9110 10.2.2): of the web, or of a person. */
const SCHEMES: ReadonlySet<string> = new Set(["http", "https", "mailto"]);
/** Redirects after one another; browsers follow about twenty. */
const MAX_HOPS = 10;

/** Why nobody is sent there, or undefined. */
export function redirectFault(to: string): string | undefined {
  // Browsers leave out blanks and control characters before they look for the scheme.
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(to.replace(/[\x00-\x20\x7f]+/g, ""))?.[1]?.toLowerCase();
  if (scheme === undefined || SCHEMES.has(scheme)) return undefined;
  return `redirects to ${scheme}:, which is no address that a page may lead to; use http, https, mailto or a path`;
}

/** Takes away the redirects of the site that lead back to themselves, or through too many others. */
export function withoutRings(
  routes: Map<string, Route>,
  paths: ReadonlyMap<string, string>,
  problems: Problem[],
): void {
  for (const [url, path] of paths) {
    let at = url;
    let hops = 0;
    for (let route = routes.get(at); route?.kind === "redirect" && hops <= MAX_HOPS; route = routes.get(at)) {
      at = pathOf(route.to, at);
      hops++;
    }
    if (hops <= MAX_HOPS) continue;
    routes.delete(url);
    problems.push({
      path,
      reason: `${url} redirects in a ring, or through more than ${MAX_HOPS} others`,
      skipped: true,
    });
  }
}

/** The decoded path on this site that a Location at `from` means; "" when it leads elsewhere. */
function pathOf(to: string, from: string): string {
  if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(to)) return "";
  const bare = to.replace(/[?#].*$/, "");
  let decoded = bare;
  try {
    decoded = decodeURIComponent(bare);
  } catch {
    // As it stands.
  }
  if (decoded === "") return from;
  const resolved = resolvePath(directoryOf(from.slice(1)), decoded);
  return resolved === undefined ? "" : `/${resolved}${decoded.length > 1 && decoded.endsWith("/") ? "/" : ""}`;
}
