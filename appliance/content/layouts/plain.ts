// Folders of files that belong to no generator: Canopy's format, and Markdown as it lies there. Addresses are the paths.

import { type Fields, type Header, listOf, mapOf, textOf } from "../front-matter.ts";
import { baseName, documentUrl, isHidden } from "../paths.ts";
import type { Moment } from "../time.ts";
import type { Address, Described, Layout, LinkScheme, Place, Terms } from "./layout.ts";
import { splitDatedName } from "./slugs.ts";

export class PlainLayout implements Layout {
  readonly name: string = "";
  readonly plain = true;
  readonly because: string = "";
  readonly key: string = "";
  readonly facts: Layout["facts"] = {};
  readonly faults: Layout["faults"] = [];
  readonly slashes: boolean = false;
  readonly menu = undefined;
  readonly feeds: Layout["feeds"] = [];
  readonly basePath: string = "";
  /** Where the file of that name is there; else the text stays what it is. */
  readonly wikilinks: boolean = true;

  place(path: string): Place {
    return isHidden(path) ? { kind: "hidden" } : { kind: "any" };
  }

  header(_path: string, header: Header): Header {
    return header;
  }

  dateOf(path: string): Moment | undefined {
    return splitDatedName(baseName(path))?.created;
  }

  describe({ path, fields }: Described): Address {
    const aliases = listOf(fields, "aliases", "redirect_from");
    const none = { role: undefined, lists: [], faults: [] };
    const slug = ghostSlug(fields);
    // Ghost's own address, and the one that the path has.
    if (slug !== undefined)
      return { ...none, url: `/${slug}/`, aliases: [...aliases, documentUrl(path)], role: "article" };
    return { ...none, url: documentUrl(path), aliases };
  }

  terms(fields: Fields): Terms {
    const tags = listOf(fields, "tags").concat(listOf(mapOf(fields, "taxonomies"), "tags"));
    return { tags: [...new Set(tags)], categories: listOf(fields, "categories") };
  }

  termUrl(taxonomy: keyof Terms, name: string): string {
    return `/${taxonomy}/${name.replace(/\/{2,}/g, "/")}`;
  }

  candidates(scheme: LinkScheme, target: string, from: string): readonly string[] {
    if (scheme !== "wiki") return [];
    const bare = target.replace(/^\/+|\/+$/g, "");
    const directory = from.includes("/") ? `${from.slice(0, from.lastIndexOf("/"))}/` : "";
    return [bare, directory + bare].flatMap((path) => [path, `${path}.md`]);
  }
}

/** An export of Ghost has its own key of dates beside its slug. */
export function ghostSlug(fields: Fields, isExport = false): string | undefined {
  const slug = textOf(fields, "slug");
  const isGhost = isExport || ["date_published", "published_at"].some((key) => fields.has(key));
  return isGhost && slug !== undefined && /^[\p{L}\p{N}_-]+$/u.test(slug) ? slug : undefined;
}
