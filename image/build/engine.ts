// Two ways to build: `compiled` (the default) has everything below the seam as machine code, `bytecode` has the whole
// program on the engine; both can stand side by side.

import type { Plugin } from "esbuild";
import { boundary, compileBelow, type Extras } from "../aot/compile.ts";
import { compiledModules } from "../aot/module.ts";
import { libraries } from "./libraries.ts";
import { BuildError } from "./run.ts";

export type Engine = "compiled" | "bytecode";

export interface Side {
  /** The loop in C, in image/runtime. */
  readonly loop: string;
  readonly archives: readonly string[];
  readonly plugins: readonly Plugin[];
}

/** What the compiled side of `module` adds to a build; without a module, the loop of a bytecode build. */
export async function below(module: string | undefined, extras?: Extras): Promise<Side> {
  if (module === undefined) return { loop: "loop-bytecode.c", archives: [], plugins: [] };
  const { include } = await libraries();
  return {
    loop: "loop-compiled.c",
    archives: [await compileBelow(module, include, extras)],
    plugins: [compiledModules(await boundary(module))],
  };
}

/** Takes --engine=compiled|bytecode out of the arguments. */
export function engineOf(args: readonly string[]): { readonly engine: Engine; readonly words: readonly string[] } {
  const words = args.filter((word) => !word.startsWith("--engine="));
  const name = args.find((word) => word.startsWith("--engine="))?.slice("--engine=".length) ?? "compiled";
  if (name !== "compiled" && name !== "bytecode") throw new BuildError(`--engine=${name}: compiled or bytecode`);
  return { engine: name, words };
}

/** Whether help was asked for, which is printed; an option that nobody knows is a BuildError. */
export function helped(words: readonly string[], usage: string): boolean {
  if (words.includes("--help") || words.includes("-h")) {
    process.stdout.write(`${usage}\n`);
    return true;
  }
  const unknown = words.find((word) => word.startsWith("-"));
  if (unknown !== undefined) throw new BuildError(`unknown option ${unknown}\n${usage}`);
  return false;
}

/** "build/epiphyte.elf" -> "build/epiphyte-bytecode.elf". */
export function outOf(path: string, engine: Engine): string {
  return engine === "compiled" ? path : path.replace(/(\.\w+)?$/, "-bytecode$1");
}
