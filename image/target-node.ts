// The `node` target: the same appliance on Node, for writing.  npm run dev -- DIR|URL [--port=8080] [--log=debug]
//
// A directory is served as it is on disk, drafts and future articles included, and the browser reloads on each save. A
// URL is cloned as the machine would.

import { watch } from "node:fs";
import { type Appliance, type Repository, runAppliance } from "../appliance/appliance.ts";
import { openRepository } from "../appliance/git/open.ts";
import type { Remote } from "../appliance/git/remote.ts";
import type { OnGitProgress } from "../appliance/git/snapshot.ts";
import { GitStore } from "../appliance/git/store.ts";
import { makeLog } from "../appliance/log.ts";
import type { Platform } from "../appliance/platform.ts";
import { devUsage, readDevConfig } from "./dev-config-node.ts";
import { DirectoryRepository } from "./directory-node.ts";
import { fetchTransport } from "./git-transport-node.ts";
import { LiveReload } from "./live-reload-node.ts";
import { NodeNetwork } from "./network-node.ts";
import { nodePlatform } from "./platform-node.ts";

/** Editors write a file in several steps; wait until they are through. */
const SETTLE_MS = 60;

async function main(): Promise<void> {
  // Where npm was called; we run in the project's folder.
  const read = readDevConfig(process.argv.slice(2), process.env["INIT_CWD"] ?? process.cwd());
  if (!read.ok) return stop(read.error);
  const { place, port, host, log: level } = read.value;

  const platform = nodePlatform();
  const log = makeLog(level, platform, false);
  const live = new LiveReload();
  const network = new NodeNetwork({
    host,
    intercept: (request) => live.intercept(request),
    access: (line) => log.access(line),
    listening: (actual) => log.info(`listening on http://${host}:${actual}/`),
    failed: (reason) => {
      log.fatal(reason);
      process.exit(1);
    },
  });
  const started = runAppliance({
    config: { port, tls: undefined, hook: "/push", hookSecret: undefined },
    network,
    platform,
    log,
    repository: (onProgress) =>
      place.kind === "directory"
        ? new DirectoryRepository(place.path)
        : cloneOf(place.remote, network, platform, onProgress),
    address: () => undefined,
    ...(place.kind === "directory" ? { writing: { tail: live.tail } } : {}),
  });
  if (!started.ok) return stop(`port ${port} is in use`);
  if (place.kind === "directory") follow(place.path, started.value, live);
}

/** Over http as the machine does it; https through Node, which has the TLS that the own stack has not. */
function cloneOf(remote: Remote, network: NodeNetwork, platform: Platform, onProgress: OnGitProgress): Repository {
  if (remote.url.startsWith("http:")) return openRepository(remote, network, platform, onProgress);
  return new GitStore({ remote, transport: fetchTransport, platform, onProgress });
}

/** Updates the site when something in the directory changes. */
function follow(directory: string, appliance: Appliance, live: LiveReload): void {
  let timer: NodeJS.Timeout | undefined;
  watch(directory, { recursive: true }, (_event, name) => {
    const path = String(name ?? "");
    // A commit changes dates; the rest of .git is noise.
    if (/(^|\/)node_modules(\/|$)/.test(path) || (/^\.git\//.test(path) && !/^\.git\/(HEAD|logs\/HEAD)$/.test(path)))
      return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      void appliance.update().then((outcome) => {
        if (outcome.kind === "updated") live.changed();
      });
    }, SETTLE_MS);
  });
}

function stop(problem: string): void {
  process.stderr.write(problem === "" ? devUsage() : `${problem}\nAll parameters: npm run dev -- --help\n`);
  process.exitCode = problem === "" ? 0 : 2;
}

await main();
