// Formulas of TeX -> MathML by Temml. A chunk of its own (image/build/chunks.ts): nobody who has no formula pays for it.

import temml from "temml";

/** Replacements of macros in one formula. */
const MAX_EXPAND = 500;

/** Throws an Error where it cannot be read as a formula. */
export function mathml(tex: string, display: boolean): string {
  return temml.renderToString(tex, { displayMode: display, throwOnError: true, trust: false, maxExpand: MAX_EXPAND });
}
