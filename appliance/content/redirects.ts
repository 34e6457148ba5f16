// Redirects that lead back to themselves.

import { directoryOf, resolvePath } from "./paths.ts";
import type { Problem } from "./problem.ts";
import type { Route } from "./site.ts";

/** Redirects after one another; browsers follow about twenty. */
const MAX_HOPS = 10;

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
