// What has to be trusted without a compiler's checks is kept small: our own C and assembly that goes into the image,
// in lines of code. Comments and empty lines do not count; nor do image/build/bytecode.c and the tests, which never run
// on the machine, nor what image/build/glue.ts and image/aot generate.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Lines of code in image/runtime. */
export const OWN_C_LIMIT = 2000;
const FOLDER = join(import.meta.dirname, "../image/runtime");

/** Lines of C or assembly that are left when comments and empty lines are taken out. */
export function codeLines(text: string): number {
  // Strings and characters come first, so that what looks like a comment in one is kept.
  const bare = text.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|\/\/.*/g, (piece) =>
    piece.startsWith("/") ? piece.replace(/[^\n]/g, "") : piece,
  );
  return bare.split("\n").filter((line) => line.trim() !== "").length;
}

/** Files of image/runtime with their lines of code and all their lines. */
export function ownC(): { readonly name: string; readonly code: number; readonly all: number }[] {
  return readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[chS]$/.test(name))
    .sort()
    .map((name) => {
      const text = readFileSync(join(FOLDER, name), "utf8");
      return { name, code: codeLines(text), all: text.split("\n").length - 1 };
    });
}

if (import.meta.main) {
  const files = ownC();
  const code = files.reduce((sum, file) => sum + file.code, 0);
  const all = files.reduce((sum, file) => sum + file.all, 0);
  console.log(`own C and assembly: ${code} lines of code, ${all} with comments; at most ${OWN_C_LIMIT}`);
  if (code > OWN_C_LIMIT) {
    for (const file of files) console.log(`${String(file.code).padStart(5)} ${file.name}`);
    process.exitCode = 1;
  }
}
