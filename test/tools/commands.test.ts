// The commands behind npm, called with what is wrong or for help: nothing is installed, built or started for that.

import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

function run(...words: readonly string[]): { status: number | null; text: string } {
  const env = { ...process.env, INIT_CWD: tmpdir() };
  const ran = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8", env, timeout: 30_000 });
  return { status: ran.status, text: ran.stdout + ran.stderr };
}

describe("a command", () => {
  const help: readonly (readonly [file: string, says: string])[] = [
    ["tools/start.ts", "--memory=MEGABYTES"],
    ["image/build/image.ts", "--engine=bytecode"],
  ];
  for (const [file, says] of help)
    it(`prints its usage: ${file}`, () => {
      const { status, text } = run(file, "--help");
      expect(status).toBe(0);
      expect(text).toContain(says);
    });

  const wrong: readonly (readonly [words: readonly string[], says: string])[] = [
    [["tools/start.ts", "--remote=git@git.example:b.git"], "Git over SSH is not supported"],
    [["image/target-node.ts", "no-such-folder"], `${join(tmpdir(), "no-such-folder")} is not a directory`],
    [["image/build/image.ts", "--frobnicate"], "unknown option --frobnicate"],
  ];
  for (const [words, says] of wrong)
    it(`says what is wrong, and where help is: ${words.join(" ")}`, () => {
      const { status, text } = run(...words);
      expect(status).not.toBe(0);
      expect(text).toContain(says);
      expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(10);
    });
});
