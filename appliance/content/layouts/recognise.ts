// Which generator a repository is written for: the first that knows it by its files.

import type { Snapshot } from "../../git/snapshot.ts";
import type { Platform } from "../../platform.ts";
import { recogniseAstro } from "./astro.ts";
import { recogniseEleventy } from "./eleventy.ts";
import { recogniseGhost } from "./ghost.ts";
import { recogniseHugo } from "./hugo.ts";
import { recogniseJekyll } from "./jekyll.ts";
import type { Layout } from "./layout.ts";
import { recogniseObsidian } from "./obsidian.ts";
import { PlainLayout } from "./plain.ts";
import { RepositoryView } from "./repository.ts";
import { recogniseZola } from "./zola.ts";

/** Those that are told by a file of settings come first. */
const RECOGNISERS: readonly ((view: RepositoryView) => Layout | undefined)[] = [
  recogniseEleventy,
  recogniseAstro,
  recogniseHugo,
  recogniseZola,
  recogniseJekyll,
  recogniseObsidian,
  recogniseGhost,
];

export function recognise(snapshot: Snapshot, platform: Pick<Platform, "utf8Decode">): Layout {
  const view = new RepositoryView(snapshot, platform);
  for (const recogniser of RECOGNISERS) {
    const layout = recogniser(view);
    if (layout !== undefined) return layout;
    // What a recogniser says of settings that are not its own is not for the author.
    view.faults.length = 0;
  }
  return new PlainLayout();
}
