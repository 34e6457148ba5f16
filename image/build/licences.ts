// The licences of all that a release contains, as one text: each package's own file, and what Debian says of the C library
// and the compiler's runtime.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError, root } from "./run.ts";

/** A heading, and the folder whose licence files follow, or the file. */
type Source = readonly [heading: string, path: string];

/** `crates`: where they were fetched to; `gcc`: the compiler's version. */
export function licences(bundled: readonly string[], crates: string, gcc: string): string {
  const sources: readonly Source[] = [
    ["Epiphyte", join(root, "LICENSE")],
    ...[...bundled, "@scriptc/runtime"].map((name): Source => [name, join(root, "node_modules", name)]),
    ["Ryu", join(root, "node_modules/@scriptc/runtime/vendor/ryu")],
    ["quickjs-ng", join(crates, "libquickjs-ng-sys/embed/quickjs")],
    ["libdeflate", join(crates, "libdeflate-sys/libdeflate")],
    ["AWS-LC", join(crates, "aws-lc-sys/aws-lc")],
    ["musl", "/usr/share/doc/musl-dev/copyright"],
    ["libgcc", `/usr/share/doc/gcc-${gcc.replace(/\..*/, "")}-base/copyright`],
  ];
  return sources.map(([heading, path]) => `${heading}\n${"=".repeat(heading.length)}\n\n${text(path)}\n`).join("\n");
}

function text(path: string): string {
  if (!existsSync(path)) throw new BuildError(`${path}, which holds a licence, is missing`);
  if (/copyright$|LICENSE$/.test(path)) return readFileSync(path, "utf8").trim();
  const files = readdirSync(path).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name));
  if (files.length === 0) throw new BuildError(`${path} holds no licence`);
  return files
    .sort()
    .map((name) => readFileSync(join(path, name), "utf8").trim())
    .join("\n\n");
}
