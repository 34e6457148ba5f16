// The documents of a site in their orders and groups. The next Site's is made of the last one's by what came and went,
// so that a push to a blog of ten thousand posts costs what it changes; it is equal to one that is made anew.

import { Groups } from "./groups.ts";
import { byDate, type Difference, sortedByDate, withDifference } from "./order.ts";
import { directoryOf } from "./paths.ts";
import type { Article, TermKind } from "./site.ts";
import { YearsWritten } from "./time.ts";

/** Documents between two pauses. */
const PAUSE_DOCUMENTS = 256;
/** Where more than one in so many came or went, all is made anew. */
const MOST_CHANGED = 4;

/** What a document is depends on more than itself. */
export interface Standing {
  /** Anything that tells two standings apart, by which `isArticle` and `isPage` decide. */
  readonly key: string;
  isArticle(document: Article): boolean;
  isPage(document: Article): boolean;
}

export interface Arrangement {
  /** Of the standing that it was made by. */
  readonly key: string;
  readonly documents: ReadonlyMap<string, Article>;
  /** All documents, the newest first. */
  readonly newestFirst: readonly Article[];
  /** Those that listings and feeds are made of, the newest first. */
  readonly articles: readonly Article[];
  /** Those that stand by themselves, by their paths. */
  readonly pages: readonly Article[];
  /** Articles by the directory in which they stand, and by those around it. */
  readonly directories: Groups<string>;
  /** Articles by the lists that they name. */
  readonly sections: Groups<string>;
  readonly years: Groups<number>;
  /** Documents by their terms. */
  readonly terms: Readonly<Record<TermKind, Groups<string>>>;
}

type Documents = Arrangement["documents"];

/** Documents by their paths, arranged. `before`: of the Site before, whichever that was. */
export function* arrange(
  documents: Documents,
  standing: Standing,
  before: Arrangement | undefined,
): Generator<undefined, Arrangement, undefined> {
  if (before === undefined || before.key !== standing.key) return yield* arrangeAnew(documents, standing);
  const difference = yield* differenceOf(before.documents, documents);
  if (difference === undefined) return yield* arrangeAnew(documents, standing);
  return yield* rearrange(before, documents, difference, standing);
}

function* arrangeAnew(documents: Documents, standing: Standing): Generator<undefined, Arrangement, undefined> {
  const newestFirst = sortedByDate([...documents.values()]);
  yield;
  const articles = newestFirst.filter((document) => standing.isArticle(document));
  yield;
  const pages = newestFirst.filter((document) => standing.isPage(document)).sort(byPath);
  yield;
  const years = new YearsWritten();
  return {
    key: standing.key,
    documents,
    newestFirst,
    articles,
    pages,
    directories: yield* Groups.of(articles, ({ path }) => directoriesAround(path)),
    sections: yield* Groups.of(articles, ({ lists }) => lists),
    years: yield* Groups.of(articles, ({ created }) => [years.of(created)]),
    terms: {
      tags: yield* Groups.of(newestFirst, ({ tags }) => tags),
      categories: yield* Groups.of(newestFirst, ({ categories }) => categories),
      series: yield* Groups.of(newestFirst, ({ series }) => series),
      authors: yield* Groups.of(newestFirst, ({ authors }) => authors),
    },
  };
}

function* rearrange(
  before: Arrangement,
  documents: Documents,
  difference: Difference,
  standing: Standing,
): Generator<undefined, Arrangement, undefined> {
  const { added, removed } = difference;
  // What went is taken out of where it stood.
  const articles = { added: added.filter((document) => standing.isArticle(document)), removed };
  const pages = { added: added.filter((document) => standing.isPage(document)), removed };
  const { tags, categories, series, authors } = before.terms;
  return {
    key: standing.key,
    documents,
    newestFirst: withDifference(before.newestFirst, difference, byDate),
    articles: withDifference(before.articles, articles, byDate),
    pages: withDifference(before.pages, pages, byPath),
    directories: yield* before.directories.with(articles),
    sections: yield* before.sections.with(articles),
    years: yield* before.years.with(articles),
    terms: {
      tags: yield* tags.with(difference),
      categories: yield* categories.with(difference),
      series: yield* series.with(difference),
      authors: yield* authors.with(difference),
    },
  };
}

/** Undefined where too much differs. */
function* differenceOf(before: Documents, now: Documents): Generator<undefined, Difference | undefined, undefined> {
  const added = yield* without(now, before);
  const isAll = before.size + added.length === now.size;
  const removed = isAll ? [] : yield* without(before, now);
  return (added.length + removed.length) * MOST_CHANGED > now.size ? undefined : { added, removed };
}

function* without(documents: Documents, others: Documents): Generator<undefined, Article[], undefined> {
  const rest: Article[] = [];
  let steps = 0;
  for (const document of documents.values()) {
    if (++steps % PAUSE_DOCUMENTS === 0) yield;
    if (others.get(document.path) !== document) rest.push(document);
  }
  return rest;
}

/** "Posts/2026/x" is listed at /Posts/2026 and at /Posts. */
function directoriesAround(path: string): readonly string[] {
  const names: string[] = [];
  for (let name = directoryOf(path); name !== ""; name = directoryOf(name)) names.push(name);
  return names;
}

function byPath(a: Article, b: Article): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
