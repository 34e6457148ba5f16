// Values that settings give to whole directories of documents (Hugo's cascade, Jekyll's defaults, Eleventy's data files).

import { asText, type Entry, type Header } from "../front-matter.ts";
import type { Settings } from "./repository.ts";

export type Defaults = readonly {
  applies(path: string): boolean;
  /** By keys in lower case. */
  readonly values: Settings;
}[];

/** The header with what it does not say itself; of several that do, the last counts. `hiding`: keys that hide when true. */
export function withDefaults(header: Header, defaults: Defaults, path: string, hiding: readonly string[] = []): Header {
  const applying = defaults.filter((item) => item.applies(path));
  const hidden = hiding.filter((key) => asText(header.fields.get(key)) === "true");
  if (applying.length === 0 && hidden.length === 0) return header;
  const added = new Map<string, unknown>();
  for (const { values } of applying)
    for (const [key, value] of values) if (!header.fields.has(key)) added.set(key, value);
  for (const key of hidden) if (!header.fields.has("draft")) added.set("draft", key !== "");
  const entries = [...added].map(([key, value]): Entry => ({ key, value: () => value }));
  return {
    ...header,
    fields: new Map([...added, ...header.fields]),
    entries: [...header.entries, ...entries],
  };
}
