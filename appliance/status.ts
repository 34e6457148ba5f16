// How the machine is, for those who run it: what GET /-/status says (web/probes.ts).

import type { Site } from "./content/site.ts";
import type { Platform } from "./platform.ts";

/** Of the machine under an appliance. */
export interface MachineStatus {
  readonly version: string;
  readonly addresses: readonly string[];
  readonly connections: number;
  /** What was thrown away of what came over the network, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** An update that is over. */
export interface Fetched {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly result: string;
}

/** Problems that are named. */
const MOST_PROBLEMS = 50;

/** JSON's; `since` is when the appliance began, as Platform.now has it. */
export function describeStatus(
  site: Site | undefined,
  fetched: Fetched | undefined,
  since: number,
  platform: Pick<Platform, "now" | "wallClock" | "heapUsed" | "heapLimit">,
  machine: MachineStatus | undefined,
): object {
  const problems = site?.problems ?? [];
  const began = platform.wallClock() - (platform.now() - since) / 1000;
  return {
    version: machine?.version ?? null,
    commit: site?.snapshot.commit ?? null,
    site: site === undefined ? null : summarise(site),
    since: new Date(began).toISOString(),
    lastFetch: fetched === undefined ? null : { at: new Date(fetched.at).toISOString(), result: fetched.result },
    problems: problems
      .slice(0, MOST_PROBLEMS)
      .map(({ path, line, reason }) => ({ path, ...(line === undefined ? {} : { line }), reason })),
    moreProblems: Math.max(0, problems.length - MOST_PROBLEMS),
    addresses: machine?.addresses ?? [],
    memory: { used: platform.heapUsed(), limit: platform.heapLimit() },
    connections: machine?.connections ?? null,
    dropped: machine?.dropped ?? null,
  };
}

/** "12 posts, 3 pages" */
export function summarise(site: Site): string {
  const some = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;
  return `${some(site.articles.length, "post")}, ${some(site.pages.length, "page")}`;
}

/** "3 by their headers, 1 until its day"; "" when all is shown. */
export function describeUnseen({ unseen }: Site): string {
  const { byHeader, byPlace, untilLater, sinceThen } = unseen;
  return [
    byHeader > 0 && `${byHeader} hidden by the header`,
    byPlace > 0 && `${byPlace} hidden by the place or the name`,
    untilLater > 0 && `${untilLater} until the day has come`,
    sinceThen > 0 && `${sinceThen} whose day is over`,
  ]
    .filter((part) => part !== false)
    .join(", ");
}
