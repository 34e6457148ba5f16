// A Site at once, for tests that are not about its task.

import { type BuildOptions, SiteBuilder } from "../../appliance/content/build.ts";
import type { Site } from "../../appliance/content/site.ts";
import type { Snapshot } from "../../appliance/git/snapshot.ts";

type Needs = ConstructorParameters<typeof SiteBuilder>[0];

/** The next Site of a builder. */
export async function nextSite(builder: SiteBuilder, snapshot: Snapshot, now: number): Promise<Site> {
  const building = builder.build(snapshot, now, { at: "" });
  for (;;) {
    const step = building.next();
    if (step.done === true) return step.value;
  }
}

export function buildSite(
  snapshot: Snapshot,
  platform: Needs,
  options: BuildOptions & { readonly now: number },
): Promise<Site> {
  return nextSite(new SiteBuilder(platform, options), snapshot, options.now);
}
