// Our own sources in a bundle, with mutants in some of them (mutants.ts).

import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";
import { root } from "../../image/build/run.ts";
import { type Mutant, mutateFile } from "./mutants.ts";

/** The bundle's modules are ours, with guarded loops; those that `wanted` names also have mutants, kept in `mutants`. */
export function mutating(wanted: (file: string) => boolean, mutants: Mutant[]): Plugin {
  return {
    name: "mutants",
    setup(setup) {
      setup.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = relative(root, path);
        if (file.startsWith("node_modules") || file.startsWith("test/mutate")) return null;
        const made = mutateFile(file, readFileSync(path, "utf8"), wanted(file) ? mutants.length : undefined);
        mutants.push(...made.mutants);
        return { contents: asOneOfMany(made.text, path), loader: "ts" };
      });
    },
  };
}

/** In a bundle a module has to be told where it was, and that nobody calls it as a program. */
function asOneOfMany(text: string, path: string): string {
  return text
    .replaceAll("import.meta.main", "false")
    .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)))
    .replaceAll("import.meta.filename", JSON.stringify(path))
    .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href));
}
