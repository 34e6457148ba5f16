// What Hugo's settings say of languages, menus, mounts (https://gohugo.io/configuration/module/#mounts) and ignored files.

import type { NamedLink } from "./layout.ts";
import { type Settings, settingAt, settingsOf, textAt } from "./repository.ts";

export interface Language {
  readonly name: string;
  /** Its directory of content, without a slash at its end. */
  readonly content: string;
  /** What stands before its addresses: "" or "/fr". */
  readonly prefix: string;
}

/** The main one comes first. `mounted`: directories of content by language. */
export function languagesOf(
  settings: Settings,
  languages: Settings,
  content: string,
  mounted: ReadonlyMap<string, string>,
): readonly [Language, ...Language[]] {
  const main = textAt(settings, "defaultcontentlanguage") ?? "en";
  const below = settingAt(settings, "defaultcontentlanguageinsubdir") === true;
  const made = (name: string, isMain: boolean): Language => ({
    name,
    content:
      mounted.get(name.toLowerCase()) ??
      textAt(settingsOf(settingAt(languages, name)), "contentdir")?.replace(/\/+$/, "") ??
      content,
    prefix: isMain && !below ? "" : `/${name}`,
  });
  const others = [...languages].filter(
    ([name, value]) => name !== main.toLowerCase() && settingAt(settingsOf(value), "disabled") !== true,
  );
  return [made(main, true), ...others.map(([name]) => made(name, false))];
}

export function menuOf(items: unknown): readonly NamedLink[] | undefined {
  if (!Array.isArray(items)) return undefined;
  const links = items.map(settingsOf).flatMap((item) => {
    const label = textAt(item, "name") ?? textAt(item, "title") ?? textAt(item, "identifier");
    const written = textAt(item, "url") ?? textAt(item, "pageref");
    const weight = Number(settingAt(item, "weight") ?? 0);
    if (label === undefined || written === undefined || settingAt(item, "parent") !== undefined) return [];
    if (!/^(?:https?:\/\/|\/|[\w-])[^\s"<>:]*(?::\/\/[^\s"<>]*)?$/.test(written)) return [];
    const url = /^https?:/.test(written) || written.startsWith("/") ? written : `/${written}`;
    return [{ label, url, weight: Number.isFinite(weight) ? weight : 0 }];
  });
  // Without a weight an item comes last.
  return links.sort((a, b) => (a.weight || 1e9) - (b.weight || 1e9)).map(({ label, url }) => ({ label, url }));
}

export interface Mounts {
  /** Directory of content of every language; undefined: the usual one. */
  readonly content: string | undefined;
  /** The same by language, in lower case. */
  readonly languages: ReadonlyMap<string, string>;
  readonly statics: readonly string[];
  /** What is not followed. */
  readonly reasons: readonly string[];
}

/** Of a kind that has a mount, nothing but what is mounted is there. */
export function mountsOf(module: Settings): Mounts {
  const mounts = settingAt(module, "mounts");
  let content: string | undefined;
  const languages = new Map<string, string>();
  const statics: string[] = [];
  const reasons: string[] = [];
  for (const item of (Array.isArray(mounts) ? mounts : []).map(settingsOf)) {
    const source = textAt(item, "source")?.replace(/^(?:\.?\/)+|\/+$/g, "");
    const target = textAt(item, "target")?.replace(/^\/+|\/+$/g, "");
    if (source === undefined || target === undefined) continue;
    const language = textAt(item, "lang")?.toLowerCase();
    if (target === "static") statics.push(source);
    else if (target === "content" && language !== undefined) languages.set(language, source);
    else if (target === "content" && content === undefined) content = source;
    else if (/^(?:content|static)(?:\/|$)/.test(target))
      reasons.push(`the mount of ${source} as ${target} is not followed; what is in it is not shown`);
  }
  return { content, languages, statics, reasons };
}

/** Expressions that are longer, or more of them, are not executed for every path. */
const MAX_PATTERN = 200;
const MAX_PATTERNS = 50;

/** `ignoreFiles`: expressions of Go for the paths of content. One that cannot be read hides all, and is told. */
export function ignoredBy(patterns: readonly string[]): {
  readonly test: (path: string) => boolean;
  readonly reasons: readonly string[];
} {
  const known: RegExp[] = [];
  const reasons: string[] = [];
  for (const [i, written] of patterns.entries()) {
    const [, flags = "", pattern = ""] = /^(\(\?i\))?([\s\S]*)$/.exec(written)!;
    try {
      if (pattern.length > MAX_PATTERN || i >= MAX_PATTERNS) throw new RangeError();
      known.push(new RegExp(pattern, flags === "" ? "" : "i"));
    } catch {
      reasons.push(
        `ignoreFiles has ${JSON.stringify(written.slice(0, 60))}, which is not understood; no content is shown`,
      );
    }
  }
  return { test: (path) => reasons.length > 0 || known.some((pattern) => pattern.test(`/${path}`)), reasons };
}
