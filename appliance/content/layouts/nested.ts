// A site that begins in a folder of the repository: `blog/` beside a program, `source:` of Jekyll's settings.

import type { Fields, Header } from "../front-matter.ts";
import type { Moment } from "../time.ts";
import type { Address, Described, Expandable, Expansion, Layout, LinkScheme, Place, Terms } from "./layout.ts";

/** What the layout within says, by the paths of the whole repository. All outside of the folder is machinery. */
export class NestedLayout implements Layout {
  readonly plain = false;
  readonly name: string;
  readonly because: string;
  readonly key: string;
  readonly facts: Layout["facts"];
  readonly faults: Layout["faults"];
  readonly slashes: boolean;
  readonly menu: Layout["menu"];
  readonly feeds: Layout["feeds"];
  readonly basePath: string;
  readonly wikilinks: boolean;
  readonly expand?: (text: string, document: Expandable) => Expansion;
  readonly madeHere?: (path: string, text: string) => string | undefined;
  readonly #inner: Layout;
  /** With a slash at its end. */
  readonly #folder: string;

  /** `because`: by what it was recognised, by its path in the repository; `faults`: the same, where they are not within. */
  constructor(inner: Layout, folder: string, because = folder + inner.because, faults?: Layout["faults"]) {
    this.#inner = inner;
    this.#folder = folder;
    this.name = inner.name;
    this.because = because;
    this.key = `${folder}\0${inner.key}`;
    this.facts = inner.facts;
    this.faults = faults ?? inner.faults.map(({ path, fault }) => ({ path: folder + path, fault }));
    this.slashes = inner.slashes;
    this.menu = inner.menu;
    this.feeds = inner.feeds;
    this.basePath = inner.basePath;
    this.wikilinks = inner.wikilinks;
    if (inner.expand !== undefined)
      this.expand = (text, { path, fields }) => inner.expand!(text, { path: this.#within(path), fields });
    if (inner.madeHere !== undefined) this.madeHere = (path, text) => inner.madeHere!(this.#within(path), text);
  }

  place(path: string): Place {
    if (!path.startsWith(this.#folder)) return { kind: "machinery" };
    const place = this.#inner.place(this.#within(path));
    return place.kind === "beside" ? { ...place, document: this.#folder + place.document } : place;
  }

  header(path: string, header: Header): Header {
    return this.#inner.header(this.#within(path), header);
  }

  dateOf(path: string): Moment | undefined {
    return this.#inner.dateOf(this.#within(path));
  }

  describe(document: Described): Address {
    return this.#inner.describe({ ...document, path: this.#within(document.path) });
  }

  terms(fields: Fields): Terms {
    return this.#inner.terms(fields);
  }

  termUrl(taxonomy: keyof Terms, name: string): string {
    return this.#inner.termUrl(taxonomy, name);
  }

  candidates(scheme: LinkScheme, target: string, from: string): readonly string[] {
    return this.#inner.candidates(scheme, target, this.#within(from)).map((path) => this.#folder + path);
  }

  #within(path: string): string {
    return path.slice(this.#folder.length);
  }
}
