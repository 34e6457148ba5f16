// The deploy kit of a release: image/deploy in one file, for whoever has Node and neither compiler nor packages.

import { join } from "node:path";
import { build } from "esbuild";
import { BuildError, root } from "./run.ts";

/** What Debian 12 has. */
const OLDEST_NODE = "node18";

/** The file, the same for the same sources. */
export async function deployKit(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, "image/deploy/kit.ts")],
    bundle: true,
    write: false,
    format: "esm",
    // With "node", packages are taken in their CommonJS form, whose require() such a file does not have.
    platform: "neutral",
    external: ["node:*"],
    target: OLDEST_NODE,
    // Of one file every module is the main one.
    define: { "import.meta.main": "false" },
    banner: { js: "#!/usr/bin/env node" },
    legalComments: "inline",
  });
  const [file] = outputFiles;
  if (file === undefined || outputFiles.length !== 1) throw new BuildError("the deploy kit is not one file");
  return file.contents;
}
