// Mends defects of packages while they are bundled. Every change asserts that it matches exactly once: a new version
// of the package that no longer has the defect, or has it in another form, fails the build and says so.

import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

interface Mend {
  readonly what: string;
  readonly old: string;
  readonly mended: string;
}

/** GitPackIndex.toBuffer reads every hash 256 times for the fan-out table: half of the time of a clone. */
export const isomorphicGitMends: readonly Mend[] = [
  {
    what: "the fan-out loop of GitPackIndex.toBuffer",
    old: `    for (let i = 0; i < 256; i++) {
      let count = 0;
      for (const hash of this.hashes) {
        if (parseInt(hash.slice(0, 2), 16) <= i) count++;
      }
      fanoutBuffer.writeUInt32BE(count);
    }
`,
    mended: `    const firsts = new Array(256).fill(0);
    for (const hash of this.hashes) firsts[parseInt(hash.slice(0, 2), 16)]++;
    let fanned = 0;
    for (let i = 0; i < 256; i++) fanoutBuffer.writeUInt32BE((fanned += firsts[i]));
`,
  },
];

/** The mended text; throws when a match is missing or not the only one. */
export function mend(text: string, mends: readonly Mend[]): string {
  let mended = text;
  for (const { what, old, mended: replacement } of mends) {
    const pieces = mended.split(old);
    if (pieces.length !== 2) throw new Error(`${what}: ${pieces.length - 1} matches where one was expected`);
    mended = pieces.join(replacement);
  }
  return mended;
}

export const mendIsomorphicGit: Plugin = {
  name: "mend-isomorphic-git",
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/isomorphic-git\/index\.js$/ }, async ({ path }) => ({
      contents: mend(await readFile(path, "utf8"), isomorphicGitMends),
      loader: "js",
    }));
  },
};
