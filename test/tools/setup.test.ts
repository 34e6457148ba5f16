// On a machine where nothing is installed and nothing may be: one line says what would, and the command stops.

import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

const BUILD = "musl-tools gcc libc6-dev cmake ninja-build";
const CARGO = "( cargo| cargo-web)?";

/** Nobody may install where there is no apt-get. */
function bare(file: string): { readonly status: number | null; readonly out: string; readonly errors: string } {
  const run = spawnSync(process.execPath, [file], { encoding: "utf8", env: { PATH: "/nonexistent" }, timeout: 20_000 });
  return { status: run.status, out: run.stdout, errors: run.stderr };
}

describe("without the tools", () => {
  const commands = [
    ["image/build/image.ts", `${BUILD}${CARGO}`],
    ["image/build/process.ts", `${BUILD}${CARGO}`],
    ["tools/start.ts", `qemu-system-x86 git curl ${BUILD}${CARGO}`],
    ["tools/test.ts", "git gcc libc6-dev musl-tools cmake ninja-build cargo(-web)? .*iputils-ping"],
  ] as const;
  for (const [file, packages] of commands)
    test(`${file} prints the line that installs them all, and stops`, () => {
      const { status, out, errors } = bare(file);
      const lines = errors.split("\n").filter((line) => line.includes("apt-get"));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(new RegExp(`^ {4}apt-get install -y --no-install-recommends ${packages}$`));
      expect(out).toBe("");
      expect(status).toBe(1);
    });
});
