// Chunks: what a boot need not have. A module that is named here is bundled and compiled by itself, and takes no memory and
// no time before one of its exports is first read; then it is inflated, read and evaluated at once (nativeChunk). Those
// who import it do so as ever.

import { join, relative } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { root } from "./run.ts";

/** Packages, and modules of ours that hold no state which others share, by their path without its suffix. */
const CHUNKS: readonly string[] = [
  "yaml",
  "smol-toml",
  "xss",
  "mustache",
  "appliance/render/tex",
  "appliance/render/languages",
  "image/trust-anchors-packed",
  "image/frame-lines",
  "image/capture",
  "image/network-parameters",
];
const ONLY_DEFAULT: readonly string[] = ["mustache"];
/** As native.d.ts says; the program itself is the first of the table. */
export const MOST_CHUNKS = 15;
const NAMESPACE = "chunk";
/** The global that a chunk's script makes and whose value it ends with. */
const GLOBAL = "chunk";

/** Those that were imported, by their place in CHUNKS and not in the order in which esbuild asks, which is another each time. */
export class Chunks {
  readonly #imported = new Set<string>();
  readonly #settings: BuildOptions;

  /** `settings`: as the program is bundled; what that injects are globals, and there by then. */
  constructor(settings: BuildOptions) {
    this.#settings = { ...settings, inject: [] };
  }

  /** By their numbers, from 1; those that were not imported are left out. */
  get names(): ReadonlyMap<number, string> {
    return new Map(CHUNKS.map((name, i) => [i + 1, name] as const).filter(([, name]) => this.#imported.has(name)));
  }

  /** Takes their place in the program. */
  get plugin(): Plugin {
    return {
      name: NAMESPACE,
      setup: (bundler) => {
        bundler.onResolve({ filter: /.*/ }, ({ path, resolveDir }) => {
          const name = path.startsWith(".") ? relative(root, join(resolveDir, path)).replace(/\.ts$/, "") : path;
          return CHUNKS.includes(name) ? { path: name, namespace: NAMESPACE } : undefined;
        });
        bundler.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => {
          const number = CHUNKS.indexOf(path) + 1;
          this.#imported.add(path);
          return {
            contents: ONLY_DEFAULT.includes(path)
              ? await defaultStub(path, number)
              : stub(number, await this.#exportsOf(path)),
          };
        });
      },
    };
  }

  /** Bundles one as a script whose value is the module's exports. */
  async write(name: string, outfile: string): Promise<void> {
    await build({
      ...this.#settings,
      ...entryOf(name),
      // Names within a library are nobody's here; files and lines stay for stacks.
      minifyIdentifiers: true,
      outfile,
      format: "iife",
      globalName: GLOBAL,
      footer: { js: `${GLOBAL};` },
    });
  }

  async #exportsOf(name: string): Promise<readonly string[]> {
    const asked = { format: "esm", sourcemap: false, write: false, metafile: true } as const;
    const { metafile } = await build({ ...this.#settings, ...entryOf(name), ...asked });
    const names = Object.values(metafile.outputs).flatMap((output) => output.exports);
    if (names.length > 0) return names;
    // Of CommonJS they are known when it has been evaluated.
    const exported = Object.keys((await import(name)) as object).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key));
    return exported.filter((key) => key !== "default");
  }
}

function entryOf(name: string): Partial<BuildOptions> {
  const from = JSON.stringify(name.includes("/") ? `./${name}.ts` : name);
  const contents = ONLY_DEFAULT.includes(name) ? `export { default } from ${from};` : `export * from ${from};`;
  return { stdin: { contents, resolveDir: root, sourcefile: `${name}-chunk.js` } };
}

/**
 * Of a package whose default is an object of functions: an object that has each of them when it is asked for. To an importer
 * that is a module, the default of CommonJS would be all of it.
 */
async function defaultStub(name: string, number: number): Promise<string> {
  const { default: value }: { readonly default: object } = await import(name);
  const getters = Object.keys(value).map((key) => `get ${key}() { return load().default.${key}; }`);
  return `let exported;
const load = () => (exported ??= nativeChunk(${number}));
export default { ${getters.join(", ")} };
`;
}

/** CommonJS, for what imports that reads an export when it uses it. */
function stub(number: number, names: readonly string[]): string {
  const getters = names.map(
    (name) =>
      `Object.defineProperty(exports, ${JSON.stringify(name)}, { enumerable: true, get: () => load().${name} });`,
  );
  return `let exported;
const load = () => (exported ??= nativeChunk(${number}));
Object.defineProperty(exports, "__esModule", { value: true });
${getters.join("\n")}
`;
}
