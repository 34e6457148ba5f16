// Formulas of TeX -> MathML, which browsers show by themselves: `$$…$$`, and `$…$` where it is one by its looks.

import type { TokenizerAndRendererExtension, Tokens } from "marked";
import { escapeHtml } from "./html.ts";
import { current } from "./markdown-context.ts";
import { mathml } from "./tex.ts";

/** Characters of a formula. */
const MAX_FORMULA = 4000;
/** Formulas of one document; what follows is shown as it was written. */
export const MAX_FORMULAS = 500;

/** A paragraph of its own. */
const BLOCK = /^ {0,3}\$\$((?:(?!\$\$)[\s\S]){1,4000})\$\$[ \t]*(?:\n+|$)/;
const DOUBLE = /^\$\$([^$\n](?:[^$]|\\\$){0,4000}?)\$\$/;
/**
 * As Pandoc has it: no blank behind the first sign or before the last, and no letter or digit behind it, so that prices and names
 * of shells stay what they are.
 */
const SINGLE = /^\$(?!\s)((?:[^$\\\n]|\\.|\n(?!\s*\n)){1,1000}?)(?<!\s)\$(?![\w$])/;
/** What a formula has in it, unless it is one letter. */
const LOOKS = /[\\^_{}=<>+*]|^[A-Za-z]'?$|^-?\d+(?:\.\d+)?$|\d[A-Za-z]|[A-Za-z]\s*[-/]\s*[A-Za-z0-9]$/;

export const MATH_BLOCK: TokenizerAndRendererExtension = {
  name: "mathBlock",
  level: "block",
  start(source: string): number | undefined {
    const at = source.slice(0, MAX_FORMULA).indexOf("\n$$");
    return at < 0 ? undefined : at + 1;
  },
  tokenizer(source: string): Tokens.Generic | undefined {
    const match = BLOCK.exec(source);
    if (match === null || /\n[ \t]*\n/.test(match[1]!) || match[1]!.trim() === "") return undefined;
    return { type: "mathBlock", raw: match[0], formula: match[1]!.trim() };
  },
  renderer(token: Tokens.Generic): string {
    return `<p>${formula(String(token["formula"]), true, token.raw.trim())}</p>\n`;
  },
};

export const MATH: TokenizerAndRendererExtension = {
  name: "math",
  level: "inline",
  start(source: string): number | undefined {
    const at = source.indexOf("$");
    return at < 0 ? undefined : at;
  },
  tokenizer(source: string): Tokens.Generic | undefined {
    const double = DOUBLE.exec(source);
    if (double !== null) return { type: "math", raw: double[0], formula: double[1]!.trim() };
    const single = SINGLE.exec(source);
    if (single === null || !LOOKS.test(single[1]!)) return undefined;
    return { type: "math", raw: single[0], formula: single[1]! };
  },
  renderer(token: Tokens.Generic): string {
    return formula(String(token["formula"]), false, token.raw);
  },
};

/** MathML; what cannot be read as a formula is shown as it was written. */
function formula(tex: string, display: boolean, written: string): string {
  const { context } = current;
  // Chemistry is not in the machine's part of the library, so it is in no other.
  if (tex.length > MAX_FORMULA || /\\(?:ce|pu)\b/.test(tex) || ++context.formulas > MAX_FORMULAS) return code(written);
  try {
    return mathml(tex, display);
  } catch (cause) {
    if (cause instanceof Error) return code(written);
    throw cause;
  }
}

function code(written: string): string {
  return `<code>${escapeHtml(written)}</code>`;
}
