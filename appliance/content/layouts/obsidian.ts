// Obsidian (https://help.obsidian.md): a vault of notes that link to each other by name. Addresses are the paths.

import type { Fields } from "../front-matter.ts";
import { listOf, textOf } from "../front-matter.ts";
import { documentUrl, isHidden } from "../paths.ts";
import type { Address, Described, Expandable, Expansion, Layout, Place, Terms } from "./layout.ts";
import { PlainLayout } from "./plain.ts";
import { mapProse } from "./prose.ts";
import { type RepositoryView, textAt, textsAt } from "./repository.ts";

/** Undefined: the repository is no vault. */
export function recogniseObsidian(view: RepositoryView): Layout | undefined {
  return view.hasDirectory(".obsidian") ? new ObsidianLayout(view) : undefined;
}

const COMMENT = { open: "%%", close: "%%" };

class ObsidianLayout extends PlainLayout {
  override readonly name = "Obsidian";
  override readonly because = ".obsidian/";
  override readonly key: string;
  override readonly faults: Layout["faults"];
  /** Notes that new ones are made from, with a slash at the end; "" for none. */
  readonly #templates: string;
  /** What the vault's settings leave out of its searches: prefixes, or expressions between slashes, which are not read. */
  readonly #excluded: readonly string[];

  constructor(view: RepositoryView) {
    super();
    const settings = (name: string) => (view.has(name) ? view.settings(name) : new Map<string, unknown>());
    const folder = textAt(settings(".obsidian/templates.json"), "folder");
    this.#templates = folder === undefined ? "" : `${folder.replace(/^\/+|\/+$/g, "")}/`;
    const filters = textsAt(settings(".obsidian/app.json"), "userignorefilters");
    this.#excluded = filters.map((filter) => filter.replace(/^\/(?=[^/]*$)/, "")).filter((filter) => filter !== "");
    const unread = filters.filter((filter) => /^\/.*\/$/s.test(filter));
    this.faults = [
      ...view.faults,
      ...unread.map((filter) => ({
        path: ".obsidian/app.json",
        fault: { reason: `excluded files are not found by the expression ${filter}; name a folder`, line: undefined },
      })),
    ];
    this.key = JSON.stringify([folder, filters]);
  }

  override place(path: string): Place {
    if (isHidden(path)) return { kind: "hidden" };
    if (this.#templates !== "" && path.startsWith(this.#templates)) return { kind: "machinery" };
    if (/\.(?:canvas|base)$/.test(path)) return { kind: "left", reason: "is a view of Obsidian's, which is not shown" };
    if (this.#excluded.some((filter) => path.startsWith(filter)))
      return { kind: "left", reason: "is among the excluded files of the vault's settings" };
    return { kind: "any" };
  }

  override describe({ path, fields }: Described): Address {
    const permalink = textOf(fields, "permalink");
    const written =
      permalink === undefined || !/^[^\s"<>?#]+$/.test(permalink) ? undefined : `/${permalink.replace(/^\/+/, "")}`;
    // Aliases are names of a note here, and addresses where they are written as such.
    const aliases = listOf(fields, "aliases", "redirect_from").filter((alias) => alias.startsWith("/"));
    const url = written ?? documentUrl(path);
    return {
      url,
      role: undefined,
      lists: [],
      faults: [],
      aliases: written === undefined ? aliases : [...aliases, documentUrl(path)],
    };
  }

  override terms(fields: Fields): Terms {
    const { tags, categories } = super.terms(fields);
    return { tags: tags.map((tag) => tag.replace(/^#/, "")).filter((tag) => tag !== ""), categories };
  }

  expand(text: string, _document: Expandable): Expansion {
    if (!/%%|==|\^/.test(text)) return { text, faults: [] };
    return mapProse(text, COMMENT, (prose) =>
      prose
        .replace(/==(?=\S)([^=\n]{1,2000}?)==/g, "<mark>$1</mark>")
        // A name by which others link to the paragraph.
        .replace(/(^|[ \t])\^[A-Za-z0-9-]+[ \t]*$/gm, ""),
    );
  }
}
