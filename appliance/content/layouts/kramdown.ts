// What kramdown (https://kramdown.gettalong.org/syntax.html), by which Jekyll reads posts, has beyond Markdown: lists of
// attributes, comments, abbreviations, Markdown within HTML. Names of headings stay; what else styles a page has no place
// here, and goes.

import type { Expansion } from "./layout.ts";
import { mapProse } from "./prose.ts";

const SOME = /\{:|\*\[|markdown=/;

const COMMENT = { open: "{::comment}", close: "{:/comment}" };

export function expandKramdown(text: string): Expansion {
  if (!SOME.test(text)) return { text, faults: [] };
  // A comment may be closed without its name.
  const named = text.includes(COMMENT.open) ? text.replaceAll("{:/}", COMMENT.close) : text;
  return mapProse(named, COMMENT, withoutAttributes);
}

function withoutAttributes(prose: string): string {
  if (!SOME.test(prose)) return prose;
  return (
    prose
      .replace(/\{:[:/](?:comment|nomarkdown|options)?\b[^}\n]*\}/g, "")
      .replace(/^[ \t]*(?:[*+-]|1\.)[ \t][^\n]*\n[ \t]*\{:[ \t]*toc\b[^}\n]*\}[ \t]*$/gm, "[TOC]")
      // The name of a heading may stand on the line below it.
      .replace(/^( {0,3}#{1,6}[ \t][^\n{]*)\n {0,3}\{:([^}\n]*)\}[ \t]*$/gm, (_, heading: string, list: string) => {
        const id = /#[\w:.-]+/.exec(list)?.[0];
        return id === undefined ? `${heading}\n` : `${heading.trimEnd()} {${id}}\n`;
      })
      .replace(/^[ \t>]*\{:[^}\n]*\}[ \t]*$/gm, "")
      // Behind a link, a picture, emphasis or code: a span's own.
      .replace(/(^|[)\]*_>])\{:[ \t]*(?:[.#]?[\w-]+)[^}\n]*\}/g, "$1")
      .replace(/^\*\[[^\]\n]+\]:[^\n]*$/gm, "")
      .replace(/^( {0,3}<[a-z]+\b[^>\n]*?)[ \t]+markdown=["']?(?:1|block|span)["']?([^>\n]*>)[ \t]*$/gm, "$1$2\n")
  );
}
