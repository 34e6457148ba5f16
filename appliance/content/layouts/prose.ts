// Text outside of code: where marks that are not Markdown mean something.

import type { Fault } from "../problem.ts";
import type { Expansion } from "./layout.ts";
import { lineAt } from "./shortcodes.ts";

/** Marks around what its author keeps from readers. */
export interface CommentMarks {
  readonly open: string;
  readonly close: string;
}

/** A span of code ends within this many characters of its beginning. */
const MAX_SPAN = 4000;
const CODE = /^ {0,3}(?:`{3,}|~{3,})|`+/m.source;

/**
 * Changes what is not code, and takes comments away, also what code is in them. One that does not end hides all that
 * follows, which is a fault.
 */
export function mapProse(text: string, marks: CommentMarks | undefined, change: (prose: string) => string): Expansion {
  if (marks === undefined || !text.includes(marks.open))
    return { text: mapOutside(text, undefined, change).made, faults: [] };
  const faults: Fault[] = [];
  const { made, open } = mapOutside(text, marks, change);
  if (open !== undefined)
    faults.push({
      reason: `${marks.open} begins a comment that does not end: nothing from there on is shown`,
      line: lineAt(text, open),
    });
  return { text: made, faults };
}

function mapOutside(
  text: string,
  marks: CommentMarks | undefined,
  change: (prose: string) => string,
): { readonly made: string; readonly open: number | undefined } {
  const signs = new RegExp(marks === undefined ? CODE : `${CODE}|${marks.open.replace(/[^\w]/g, "\\$&")}`, "gm");
  let made = "";
  let at = 0;
  for (let sign = signs.exec(text); sign !== null; sign = signs.exec(text)) {
    const start = sign.index;
    const mark = sign[0];
    if (marks !== undefined && mark === marks.open) {
      made += change(text.slice(at, start));
      const end = text.indexOf(marks.close, start + mark.length);
      if (end < 0) return { made, open: start };
      at = end + marks.close.length;
    } else {
      const end = /^ {0,3}(?:`{3}|~{3})/.test(mark)
        ? endOfFence(text, start, mark.trim())
        : endOfSpan(text, start, mark);
      if (end < 0) continue;
      made += change(text.slice(at, start)) + text.slice(start, end);
      at = end;
    }
    signs.lastIndex = at;
  }
  return { made: made + change(text.slice(at)), open: undefined };
}

/** CommonMark 4.5: at a line of at least as many of the same signs, else at the end of the text. */
function endOfFence(text: string, start: number, mark: string): number {
  const close = new RegExp(`^ {0,3}${mark.charAt(0)}{${mark.length},}[ \\t]*$`, "gm");
  const line = text.indexOf("\n", start);
  if (line < 0) return text.length;
  close.lastIndex = line + 1;
  const found = close.exec(text);
  return found === null ? text.length : found.index + found[0].length;
}

/** CommonMark 6.1: at a run of exactly as many; -1: there is none before the paragraph ends. */
function endOfSpan(text: string, start: number, mark: string): number {
  const paragraph = text.slice(start, start + MAX_SPAN).split(/\n[ \t]*\n/, 1)[0]!;
  for (const run of paragraph.slice(mark.length).matchAll(/`+/g))
    if (run[0] === mark) return start + mark.length + run.index + mark.length;
  return -1;
}
