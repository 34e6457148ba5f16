// Raw HTML of a repository that is not to be trusted, by xss (MIT, no DOM, an allow list): tags and attributes that say
// something of the text, and none that run, load, style, or close what is around them.

import { FilterXSS } from "xss";

const GLOBAL: readonly string[] = ["lang", "dir", "title"];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    (
      "abbr b bdi bdo br caption cite code dd del dfn dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol " +
      "p pre q rp rt ruby s samp small span strong sub summary sup table tbody tfoot thead tr u ul var wbr"
    )
      .split(" ")
      .map((tag) => [tag, GLOBAL]),
  ),
  a: [...GLOBAL, "href"],
  blockquote: [...GLOBAL, "cite"],
  details: [...GLOBAL, "open"],
  img: [...GLOBAL, "src", "alt", "width", "height", "loading"],
  td: [...GLOBAL, "colspan", "rowspan"],
  th: [...GLOBAL, "colspan", "rowspan", "scope"],
  time: [...GLOBAL, "datetime"],
};

let filter: FilterXSS | undefined;

/** HTML that may stand in a page; what is not allowed is text, and scripts and styles are nothing. */
export function sanitise(markup: string): string {
  filter ??= new FilterXSS({
    whiteList: Object.fromEntries(Object.entries(ALLOWED).map(([tag, attributes]) => [tag, [...attributes]])),
    css: false,
    stripIgnoreTagBody: [
      "script",
      "style",
      "noscript",
      "iframe",
      "object",
      "template",
      "textarea",
      "title",
      "svg",
      "math",
    ],
  });
  return filter.process(markup);
}
