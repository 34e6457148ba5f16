// Data of Eleventy's directories: `posts/posts.json`, `posts/posts.11tydata.js` and those beside a file.

import { baseName, directoryOf } from "../paths.ts";
import type { Fault } from "../problem.ts";
import type { Defaults } from "./defaults.ts";
import { literalsOf, withoutComments } from "./literals.ts";
import { type RepositoryView, type Settings, settingsOf } from "./repository.ts";

/** Stands in the place of a `permalink` that a program says, and may hide: visibility-keys.ts hides what has it. */
const PROGRAM = "{% program %} false";
/** What a program may look at that hides here by itself. */
const KNOWN = /\b(?:draft|published|publish|date|scheduled|hidden|private)/i;

const DATA_FILE = /^(.*?)(?:\.11tydata\.(?:json|[cm]?js|ts)|\.json)$/;

export function directoryData(
  view: RepositoryView,
  input: string,
): { readonly defaults: Defaults; readonly faults: { path: string; fault: Fault }[]; readonly key: unknown } {
  const found: { readonly prefix: string; readonly whole: boolean; readonly values: Settings }[] = [];
  const faults: { path: string; fault: Fault }[] = [];
  for (const path of view.paths()) {
    const stem = path.startsWith(input) ? DATA_FILE.exec(path)?.[1] : undefined;
    if (stem === undefined || path.includes("node_modules/")) continue;
    const directory = directoryOf(path);
    const ofDirectory = baseName(stem) === (baseName(directory) || baseName(input.slice(0, -1)));
    // Other files of JSON are content, or of nobody's concern.
    if (!ofDirectory && !path.includes(".11tydata.") && !view.has(`${stem}.md`)) continue;
    const isProgram = !path.endsWith(".json");
    const values = isProgram ? programValues(view.text(path) ?? "") : view.settings(path);
    if (values.get("permalink") === PROGRAM)
      faults.push({
        path,
        fault: {
          reason: "its permalink is a program that may hide pages; it is not run, and what it is for is left out",
          line: undefined,
        },
      });
    found.push({ prefix: ofDirectory ? (directory === "" ? "" : `${directory}/`) : stem, whole: !ofDirectory, values });
  }
  // The nearer counts: those of a file last.
  found.sort((a, b) => Number(a.whole) - Number(b.whole) || a.prefix.length - b.prefix.length);
  return {
    defaults: found.map(({ prefix, whole, values }) => ({
      applies: (path: string) => (whole ? path.replace(/\.\w+$/, "") === prefix : path.startsWith(prefix)),
      values,
    })),
    faults,
    key: found.map(({ prefix, values }) => [prefix, [...values].map(([name, value]) => [name, JSON.stringify(value)])]),
  };
}

function programValues(program: string): Settings {
  const values = new Map(literalsOf(program));
  const permalink = /\bpermalink["']?\s*(?:[:(]|=(?!=))([\s\S]{0,2000})/.exec(withoutComments(program))?.[1];
  if (permalink === undefined || values.has("permalink")) return settingsOf(values);
  if (/\bfalse\b/.test(permalink) && !KNOWN.test(permalink)) values.set("permalink", PROGRAM);
  return settingsOf(values);
}
