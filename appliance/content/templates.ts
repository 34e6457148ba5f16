// `.config/templates/PART.mustache`: parts of a page in an author's own words, by Mustache (mustache(5)), which has no
// logic but "is there" and "for each". One that cannot be read or rendered is a problem, and the theme's own part stands.

import Mustache from "mustache";
import type { Result } from "../../stack/base/result.ts";
import type { Snapshot } from "../git/snapshot.ts";
import type { Platform } from "../platform.ts";
import type { Problem } from "./problem.ts";

/** Parts that can be replaced. */
export const PARTS = ["head", "header", "footer", "article", "list"] as const;
export type Part = (typeof PARTS)[number];

const DIRECTORY = ".config/templates";
const MAX_LENGTH = 65_536;
/** Of what a template makes; a section that repeats itself would fill the memory. */
const MAX_OUTPUT = 4_000_000;

export interface Template {
  readonly path: string;
  readonly text: string;
}

export type Templates = ReadonlyMap<Part, Template>;

export function readTemplates(
  snapshot: Snapshot,
  platform: Pick<Platform, "utf8Decode">,
  problems: Problem[],
  untrusted: boolean,
): Templates {
  const templates = new Map<Part, Template>();
  if (!snapshot.directories.has(DIRECTORY)) return templates;
  for (const [path, entry] of snapshot.entries) {
    if (!path.startsWith(`${DIRECTORY}/`)) continue;
    const told = (reason: string, line?: number): void => {
      problems.push({ path, reason: `${reason}; the theme's own part is shown`, line, skipped: true });
    };
    if (untrusted) {
      told("is not used, for the repository is said to be untrusted");
      continue;
    }
    const name = path.slice(DIRECTORY.length + 1).replace(/\.(?:mustache|html)$/, "");
    const part = PARTS.find((known) => known === name);
    if (part === undefined) {
      told(`there is no part of that name; there are: ${PARTS.map((known) => `${known}.mustache`).join(", ")}`);
      continue;
    }
    const bytes = entry.mode === "submodule" || entry.mode === "symlink" ? undefined : snapshot.read(entry.oid);
    if (bytes === undefined) told("cannot be read");
    else if (bytes.length > MAX_LENGTH) told(`is longer than ${MAX_LENGTH} bytes`);
    else {
      const text = platform.utf8Decode(bytes).replace(/^\uFEFF/, "");
      const fault = faultIn(text);
      if (fault === undefined) templates.set(part, { path, text });
      else told(`is not Mustache: ${fault.reason}`, fault.line);
    }
  }
  return templates;
}

/** What a template makes of values. Partials are none: each part is whole. */
export function renderTemplate(template: Template, view: object): Result<string, string> {
  try {
    const text = new Mustache.Writer().render(template.text, view, (name: string) => {
      throw new Error(`there are no partials: {{> ${name}}}`);
    });
    if (text.length > MAX_OUTPUT) return { ok: false, error: "makes too much" };
    return { ok: true, value: text };
  } catch (cause) {
    return { ok: false, error: firstLine(cause) };
  }
}

function faultIn(text: string): { readonly reason: string; readonly line: number | undefined } | undefined {
  try {
    new Mustache.Writer().parse(text);
    if (/\{\{\s*>/.test(text))
      return { reason: "it has {{> partials}}, which are not there", line: lineAt(text, text.search(/\{\{\s*>/)) };
    return undefined;
  } catch (cause) {
    const reason = firstLine(cause);
    const at = / at (\d+)$/.exec(reason)?.[1];
    return { reason: reason.replace(/ at \d+$/, ""), line: at === undefined ? undefined : lineAt(text, Number(at)) };
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function firstLine(cause: unknown): string {
  return cause instanceof Error ? cause.message.split("\n")[0]!.slice(0, 200) : "it cannot be rendered";
}
