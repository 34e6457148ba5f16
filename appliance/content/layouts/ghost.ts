// Exports of Ghost (https://ghost.org/docs) as Markdown: a folder of files that have Ghost's own keys in their headers.

import { asText, type Fields, type Header, listOf, textOf } from "../front-matter.ts";
import { documentUrl, isMarkdownName } from "../paths.ts";
import type { Address, Described, Expandable, Expansion, Layout, Terms } from "./layout.ts";
import { ghostSlug, PlainLayout } from "./plain.ts";
import type { RepositoryView } from "./repository.ts";
import { zolaSlug } from "./slugs.ts";

/** Files that are looked at: an export has the keys in each. */
const LOOKED_AT = 3;
const MARK = "__GHOST_URL__";

/** Undefined: the repository is no export. */
export function recogniseGhost(view: RepositoryView): Layout | undefined {
  let looked = 0;
  for (const path of view.paths()) {
    if (!isMarkdownName(path) || /(?:^|\/)(?:[._]|readme\.)/i.test(path)) continue;
    const header = /^---\r?\n([\s\S]{0,4000}?)\n---/.exec(view.text(path) ?? "")?.[1];
    if (header !== undefined && /^slug:/m.test(header) && KEYS.test(header)) return new GhostLayout(path);
    if (++looked === LOOKED_AT) break;
  }
  return undefined;
}
const KEYS = /^(?:date_published|published_at|feature_image|ghost_id|comment_id):/m;

class GhostLayout extends PlainLayout {
  override readonly name = "Ghost";
  override readonly because: string;
  override readonly feeds: Layout["feeds"] = [["/rss/", "rss"]];

  constructor(because: string) {
    super();
    this.because = because;
  }

  override describe(document: Described): Address {
    const { path, fields } = document;
    const slug = ghostSlug(fields, true);
    if (slug === undefined) return super.describe(document);
    const isPage =
      textOf(fields, "type")?.toLowerCase() === "page" || /^(?:true|1)$/.test(asText(fields.get("page")) ?? "");
    const aliases = [...listOf(fields, "aliases", "redirect_from"), documentUrl(path)];
    return { url: `/${slug}/`, role: isPage ? "page" : "article", lists: [], faults: [], aliases };
  }

  override header(_path: string, header: Header): Header {
    const fields = [...header.fields].map(
      ([key, value]) => [key, typeof value === "string" ? value.replaceAll(MARK, "") : value] as const,
    );
    return { ...header, fields: new Map(fields) };
  }

  /** Those that begin with "#" are for the author alone. */
  override terms(fields: Fields): Terms {
    const { tags, categories } = super.terms(fields);
    return { tags: tags.filter((tag) => !tag.startsWith("#")), categories };
  }

  override termUrl(taxonomy: keyof Terms, name: string): string {
    return taxonomy === "tags" ? `/tag/${zolaSlug(name) || name}/` : super.termUrl(taxonomy, name);
  }

  /** Exports have a mark in the place of the blog's address. */
  expand(text: string, _document: Expandable): Expansion {
    return { text: text.includes(MARK) ? text.replaceAll(MARK, "") : text, faults: [] };
  }
}
