import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { type BuildOptions, build } from "esbuild";
import { describe, expect, it } from "vitest";
import { Chunks } from "../../image/build/chunks.ts";
import { root } from "../../image/build/run.ts";

const SETTINGS: BuildOptions = {
  bundle: true,
  absWorkingDir: root,
  platform: "browser",
  target: "es2023",
  preserveSymlinks: true,
  logLevel: "silent",
};

describe("chunks", () => {
  it("are evaluated when an export is first read, once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "chunks-"));
    try {
      const entry = join(folder, "entry.js");
      writeFileSync(
        entry,
        `import { parse, TomlError } from "smol-toml";
import Mustache from "mustache";
globalThis.before = [...loaded];
globalThis.read = parse("a = 1").a;
globalThis.fault = (() => { try { parse("a"); } catch (error) { return error instanceof TomlError; } })();
globalThis.text = Mustache.render("{{a}}", { a: 2 });
`,
      );
      const chunks = new Chunks(SETTINGS);
      const { outputFiles } = await build({
        ...SETTINGS,
        entryPoints: [entry],
        nodePaths: [join(root, "node_modules")],
        format: "esm",
        write: false,
        plugins: [chunks.plugin],
      });
      expect([...chunks.names.values()]).toEqual(["smol-toml", "mustache"]);
      for (const [number, name] of chunks.names) await chunks.write(name, join(folder, `${number}.js`));
      const loaded: number[] = [];
      const globals: Record<string, unknown> = { loaded };
      const evaluate = (number: number): unknown => {
        loaded.push(number);
        return runInNewContext(readFileSync(join(folder, `${number}.js`), "utf8"), globals);
      };
      Object.assign(globals, { globalThis: globals, nativeChunk: evaluate });
      runInNewContext(outputFiles[0]!.text, globals);
      expect(globals["before"]).toHaveLength(0);
      expect([...loaded].sort()).toEqual([...chunks.names.keys()]);
      expect(globals["read"]).toBe(1);
      expect(globals["fault"]).toBe(true);
      expect(globals["text"]).toBe("2");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
