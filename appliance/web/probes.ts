// What the machine says of itself: to a load balancer whether it is ready, to those who run it how it is. The path of
// neither can be one of a blog's: it begins with "-".

import type { HttpRequest, HttpResponse } from "../../stack/edge/network.ts";
import { type Cidr, includes } from "../cidr.ts";
import type { Platform } from "../platform.ts";

export const READY_PATH = "/-/ready";
export const STATUS_PATH = "/-/status";
/** Seconds after which to ask again. */
const RETRY_AFTER = "5";

export interface ProbeOptions {
  readonly platform: Pick<Platform, "utf8Encode">;
  /** Who may see the status. */
  readonly admin: readonly Cidr[];
  /** Whether there is a site to be shown, and the machine goes on. */
  ready(): boolean;
  /** JSON's. */
  status(): object;
}

/** The answer to a GET of one of the two paths; undefined: it is neither, or a stranger's. */
export function answerProbe(path: string, { peer }: HttpRequest, options: ProbeOptions): HttpResponse | undefined {
  const { platform, admin } = options;
  if (path === READY_PATH) {
    const ready = options.ready();
    // Why it is not is for the log: this is for everybody, and must not name the remote.
    return {
      status: ready ? 200 : 503,
      headers: [["Content-Type", "text/plain; charset=utf-8"], ...COMMON, ...(ready ? [] : [RETRY])],
      body: platform.utf8Encode(ready ? "ready\n" : "not ready\n"),
    };
  }
  if (path !== STATUS_PATH || !admin.some((range) => includes(range, peer))) return undefined;
  return {
    status: 200,
    headers: [["Content-Type", "application/json"], ...COMMON],
    body: platform.utf8Encode(`${JSON.stringify(options.status())}\n`),
  };
}

const COMMON: HttpResponse["headers"] = [
  ["Cache-Control", "no-store"],
  ["X-Content-Type-Options", "nosniff"],
];
const RETRY: HttpResponse["headers"][number] = ["Retry-After", RETRY_AFTER];
