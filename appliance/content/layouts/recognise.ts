// Which generator a repository is written for: the first that knows it by its files.

import type { Snapshot } from "../../git/snapshot.ts";
import type { Platform } from "../../platform.ts";
import { recogniseAstro } from "./astro.ts";
import { recogniseEleventy } from "./eleventy.ts";
import { recogniseGhost } from "./ghost.ts";
import { recogniseHugo } from "./hugo.ts";
import { recogniseJekyll } from "./jekyll.ts";
import type { Layout } from "./layout.ts";
import { NestedLayout } from "./nested.ts";
import { recogniseObsidian } from "./obsidian.ts";
import { PlainLayout } from "./plain.ts";
import { RepositoryView } from "./repository.ts";
import { recogniseZola } from "./zola.ts";

type Recogniser = (view: RepositoryView) => Layout | undefined;

/** Those that are told by a file of settings. */
const BY_SETTINGS: readonly Recogniser[] = [
  recogniseEleventy,
  recogniseAstro,
  recogniseHugo,
  recogniseZola,
  recogniseJekyll,
];
const RECOGNISERS: readonly Recogniser[] = [...BY_SETTINGS, recogniseObsidian, recogniseBelow, recogniseGhost];

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

const SETTINGS: readonly string[] = [
  ...["hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config.yml", "_config.yml"],
  ".eleventy.js",
  ...["js", "mjs", "cjs", "ts"].flatMap((type) => [`eleventy.config.${type}`, `astro.config.${type}`]),
];
/** What is about a repository, and no text of a blog. */
const ABOUT = /^\.|^[A-Z_-]+\.md$|(?:^|\/)(?:README|Readme|readme)\b/;
const MARKDOWN = /\.(?:md|markdown|mdx)$/i;

/** The one folder at the top that has a generator's settings, where no other has a text. */
function recogniseBelow(view: RepositoryView): Layout | undefined {
  const [folder, ...more] = view
    .folders()
    .filter((name) => !name.startsWith(".") && SETTINGS.some((file) => view.has(`${name}/${file}`)))
    .map((name) => `${name}/`);
  if (folder === undefined || more.length > 0) return undefined;
  for (const path of view.paths())
    if (MARKDOWN.test(path) && !path.startsWith(folder) && !ABOUT.test(path)) return undefined;
  const below = view.below(folder);
  for (const recogniser of BY_SETTINGS) {
    const layout = recogniser(below);
    if (layout !== undefined) return new NestedLayout(layout, folder);
    below.faults.length = 0;
  }
  return undefined;
}
