// What can be found, and by which words: an index that a browser loads once and searches by itself, and the same on this
// side for a browser without scripts. Of each article its title, tags, description and the beginning of its text, as far as
// it fits; made when it is first asked for.

import { bodyOf } from "../content/body.ts";
import { encodePath } from "../content/paths.ts";
import type { Article, Site } from "../content/site.ts";
import { longDate } from "../content/time.ts";
import type { Platform } from "../platform.ts";

/** Characters of texts in the index, in all and of an article. */
const MAX_INDEX = 600_000;
const MAX_TEXT = 12_000;
/** And by the heap, of which a character takes up to six bytes while the index is made. */
const HEAP_PER_CHARACTER = 64;
/** Characters of a question and its words. */
export const MAX_QUERY = 200;
const MAX_TERMS = 10;
export const MAX_FOUND = 50;

type Needs = Pick<Platform, "utf8Decode" | "heapLimit">;

interface Findable {
  readonly article: Article;
  readonly title: string;
  readonly tags: string;
  /** In lower case, all of it. */
  readonly words: string;
}

/** Of the Site that is shown. */
export class Search {
  readonly #platform: Needs;
  #site: Site | undefined;
  #index: readonly Findable[] = [];

  constructor(platform: Needs) {
    this.#platform = platform;
  }

  /** https://www.rfc-editor.org/rfc/rfc8259, a list of objects of texts. */
  json(site: Site): string {
    const { strings } = site.settings;
    return JSON.stringify(
      this.#texts(site).map(([article, text]) => ({
        url: encodePath(article.url),
        title: article.title,
        date: site.articles.length > 0 && article.role !== "page" ? longDate(article.created, strings) : "",
        tags: [...article.tags, ...article.categories].join(" "),
        description: article.description,
        text,
      })),
    );
  }

  /** Articles that have every word of a question, the best first. */
  find(site: Site, query: string): readonly Article[] {
    const terms = query.slice(0, MAX_QUERY).toLowerCase().split(/\s+/).filter(Boolean).slice(0, MAX_TERMS);
    if (terms.length === 0) return [];
    if (this.#site !== site) {
      this.#index = this.#texts(site).map(([article, text]): Findable => {
        const title = article.title.toLowerCase();
        const tags = [...article.tags, ...article.categories].join(" ").toLowerCase();
        return { article, title, tags, words: `${title} ${tags} ${`${article.description} ${text}`.toLowerCase()}` };
      });
      this.#site = site;
    }
    const found: { readonly article: Article; readonly points: number }[] = [];
    for (const { article, title, tags, words } of this.#index) {
      let points = 0;
      for (const term of terms) {
        if (!words.includes(term)) {
          points = 0;
          break;
        }
        points += title.includes(term) ? 8 : tags.includes(term) ? 4 : 1;
      }
      if (points > 0) found.push({ article, points });
    }
    return found
      .sort((a, b) => b.points - a.points)
      .slice(0, MAX_FOUND)
      .map(({ article }) => article);
  }

  /** What search engines are to leave alone is not found here either. */
  #texts(site: Site): readonly (readonly [Article, string])[] {
    const all = [...site.articles, ...site.pages].filter(({ indexed }) => indexed);
    const room = Math.min(MAX_INDEX, this.#platform.heapLimit() / HEAP_PER_CHARACTER);
    const each = Math.min(MAX_TEXT, Math.floor(room / Math.max(1, all.length)));
    // The description of each is in any case; less than a few words more are no help.
    if (each < 2 * MAX_QUERY) return all.map((article) => [article, ""]);
    return all.map((article) => [article, this.#beginning(site, article, each)]);
  }

  #beginning(site: Site, article: Article, length: number): string {
    const bytes = site.snapshot.read(article.oid);
    if (bytes === undefined) return "";
    return bodyOf(site.layout, article, this.#platform.utf8Decode(bytes).replace(/^\uFEFF/, ""))
      .slice(0, length)
      .replace(/\s+/g, " ")
      .trim();
  }
}
