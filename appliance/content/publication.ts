// What the history of a file says besides its dates: when it was first to be seen, and at which addresses it was found.

import type { Snapshot, Version } from "../git/snapshot.ts";
import type { Platform } from "../platform.ts";
import { splitDocument, splitJson } from "./front-matter.ts";
import type { Layout } from "./layouts/layout.ts";
import type { Moment } from "./time.ts";
import { both } from "./visibility.ts";
import { visibilityOf, visibilityOfBody, visibilityOfOpening } from "./visibility-text.ts";

/** Versions that are looked at one after the other; of more, the first that is shown is searched by halves. */
export const MAX_HIDDEN_VERSIONS = 32;

type Decoding = Pick<Platform, "utf8Decode">;

/**
 * When a document that is shown today was shown first: at its first version that neither its header nor its place hides.
 * Undefined: its first version is that, or the history is not known. `text` is what it is today.
 */
export function firstShown(
  snapshot: Snapshot,
  platform: Decoding,
  layout: Layout,
  path: string,
  text: string,
): Moment | undefined {
  const versions = snapshot.versions?.(path) ?? [];
  if (versions.length < 2) return undefined;
  const headerToday = opening(text);
  const isHidden = ({ path: then, oid }: Version): boolean => {
    const { kind } = layout.place(then);
    if (kind === "hidden" || kind === "machinery") return true;
    const bytes = snapshot.read(oid);
    if (bytes === undefined) return false;
    const old = platform.utf8Decode(bytes).replace(/^\uFEFF/, "");
    // Most changes leave the header as it is: then it says what it says today.
    return opening(old) !== headerToday && isHiddenText(old, layout, then);
  };
  const at = (age: number): Version => versions[versions.length - 1 - age]!;
  // By age: 0 is the first.
  let hidden = -1;
  while (hidden + 1 < versions.length && hidden + 1 < MAX_HIDDEN_VERSIONS && isHidden(at(hidden + 1))) hidden++;
  if (hidden < 0) return undefined;
  if (hidden + 1 < MAX_HIDDEN_VERSIONS) return hidden + 1 < versions.length ? at(hidden + 1).time : undefined;
  let shown = versions.length - 1;
  while (shown - hidden > 1) {
    const middle = (shown + hidden) >> 1;
    if (isHidden(at(middle))) hidden = middle;
    else shown = middle;
  }
  return at(shown).time;
}

/** Up to the end of the header, by its fence alone. */
function opening(text: string): string {
  const fence = /^(?:---|\+\+\+)/.exec(text)?.[0];
  const end = fence === undefined ? -1 : text.indexOf(`\n${fence}`, fence.length);
  return text.slice(0, end < 0 ? LONGEST_OPENING : end);
}
const LONGEST_OPENING = 1000;

function isHiddenText(text: string, layout: Layout, path: string): boolean {
  const split = splitJson(text) ?? splitDocument(text);
  const header = split.ok ? split.value.header : undefined;
  if (!split.ok || header === undefined) return visibilityOfOpening(text, false).hidden;
  return both(visibilityOf(layout.header(path, header)), visibilityOfBody(text, split.value.bodyStart)).hidden;
}

/** Of the names that a file had, those under which it could be found. */
export function formerNames(layout: Layout, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    const { kind } = layout.place(name);
    return kind === "any" || kind === "document" || kind === "file";
  });
}
