// A Site at once, for tests that are not about its task.

import { type BuildOptions, buildSite as steps } from "../../appliance/content/build.ts";
import type { Site } from "../../appliance/content/site.ts";
import type { Snapshot } from "../../appliance/git/snapshot.ts";

type Needs = Parameters<typeof steps>[1];

export async function buildSite(snapshot: Snapshot, platform: Needs, options: BuildOptions): Promise<Site> {
  const building = steps(snapshot, platform, options, { at: "" });
  for (;;) {
    const step = building.next();
    if (step.done === true) return step.value;
  }
}
