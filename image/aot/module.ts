// The compiled side as modules: where the bytecode build has stack/host/seam.ts and the target's below-*.ts, the compiled
// build has modules of the same exports, which are the functions of the binding. Who imports them does not know.

import type { Plugin } from "esbuild";
import type { Boundary } from "./compile.ts";

/** Replaces the two modules wherever the bundle imports them. */
export function compiledModules({ exports }: Boundary): Plugin {
  const lines = exports.map(({ name }) =>
    // The loop in C knows the compiled side's deadlines and wakes for them itself.
    name === "poll"
      ? "export const poll = (now) => (nativeBelow.poll(now), Infinity);"
      : `export const ${name} = nativeBelow.${name};`,
  );
  return {
    name: "compiled-modules",
    setup(build) {
      build.onResolve({ filter: /\/(stack\/host\/seam|below-\w+)\.ts$/ }, () => ({
        path: "compiled",
        namespace: "compiled-modules",
      }));
      build.onLoad({ filter: /.*/, namespace: "compiled-modules" }, () => ({
        contents: lines.join("\n"),
        loader: "js",
      }));
    },
  };
}
