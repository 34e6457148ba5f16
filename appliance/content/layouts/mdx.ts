// MDX -> Markdown: imports, exports and comments go, components leave what stands between them. Nothing is run.

import type { Fault } from "../problem.ts";
import type { Expansion } from "./layout.ts";
import { mapProse } from "./prose.ts";
import { argumentsOf, HUGO_SHORTCODES, lineAt } from "./shortcodes.ts";

const COMMENT = { open: "{/*", close: "*/}" };
/** A block of imports or exports ends at an empty line. */
const MODULE = /^(?:import|export)\s[^\n]*(?:\n[ \t]*\S[^\n]*)*/gm;
/** A tag of a component: its name begins with a capital. Attributes are words, texts, or programs in braces. */
const TAG =
  /<\/?([A-Z][\w.]*)((?:\s+[\w:-]+(?:=(?:"[^"]*"|'[^']*'|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}))?|\s+\{\.\.\.[^{}]*\})*)\s*\/?>/g;
/** Components that are what shortcodes of the name are. */
const KNOWN: ReadonlySet<string> = new Set(["youtube", "vimeo", "tweet", "gist", "figure"]);
const MAX_FAULTS = 20;

export function expandMdx(text: string): Expansion {
  const gone = new Set<string>();
  const expanded = mapProse(text, COMMENT, (prose) =>
    prose.replace(MODULE, "").replace(TAG, (whole, name: string, attributes: string) => {
      const known = KNOWN.has(name.toLowerCase()) ? HUGO_SHORTCODES.known.get(name.toLowerCase()) : undefined;
      if (known !== undefined) return whole.startsWith("</") ? "" : known(argumentsOf(attributes), undefined);
      gone.add(name);
      return "";
    }),
  );
  const faults = [...gone].slice(0, MAX_FAULTS).map(
    (name): Fault => ({
      reason: `the component ${name} is not known here; what is between its tags is shown`,
      line: lineAt(text, text.indexOf(`<${name}`)),
    }),
  );
  return { text: expanded.text, faults: [...expanded.faults, ...faults] };
}
