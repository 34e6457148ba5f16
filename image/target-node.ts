// The `node` target: the same appliance on Node, for writing.  npm run dev -- DIR|URL [--port=8080] [--log=debug]
//
// A directory is served as it is on disk, drafts and future articles included, and the browser reloads on each save. A
// URL is cloned as the machine would.

import { watch } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Appliance, type Repository, runAppliance } from "../appliance/appliance.ts";
import { openRepository } from "../appliance/git/open.ts";
import { parseRemote, type Remote } from "../appliance/git/remote.ts";
import type { OnGitProgress } from "../appliance/git/snapshot.ts";
import { GitStore } from "../appliance/git/store.ts";
import { makeLog } from "../appliance/log.ts";
import type { Platform } from "../appliance/platform.ts";
import type { Port } from "../stack/base/address.ts";
import { DirectoryRepository } from "./directory-node.ts";
import { fetchTransport } from "./git-transport-node.ts";
import { LiveReload } from "./live-reload-node.ts";
import { NodeNetwork } from "./network-node.ts";
import { nodePlatform } from "./platform-node.ts";

const USAGE = `Usage: npm run dev -- DIR|URL[#BRANCH] [--port=8080] [--host=127.0.0.1] [--log=LEVEL]

  DIR   a directory to serve as it is on disk; pages reload in the browser when a file is saved
  URL   a Git repository, cloned into memory as the machine does it; POST /push makes it fetch
`;

/** Editors write a file in several steps; wait until they are through. */
const SETTLE_MS = 60;

async function main(): Promise<void> {
  const options = new Map<string, string>();
  const places: string[] = [];
  for (const word of process.argv.slice(2)) {
    const option = /^--(port|host|log)=(.+)$/.exec(word);
    if (option !== null) options.set(option[1]!, option[2]!);
    else if (word.startsWith("-")) return stop(word === "--help" || word === "-h" ? "" : `unknown option ${word}`);
    else places.push(word);
  }
  const [place] = places;
  const port = Number(options.get("port") ?? 8080);
  const level = options.get("log") ?? "info";
  if (place === undefined || places.length > 1) return stop("one directory or URL is needed");
  if (!Number.isInteger(port) || port < 0 || port > 65535) return stop(`--port=${options.get("port")} is no port`);
  if (!isLevel(level)) return stop(`--log=${level} is no level`);
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(place);
  const directory = resolve(place);
  const remote = isUrl ? parseRemote(place) : undefined;
  if (remote?.ok === false) return stop(`${place}: ${remote.error}`);
  if (!isUrl && !(await isDirectory(directory))) return stop(`${place} is neither a directory nor a URL`);

  const platform = nodePlatform();
  const log = makeLog(level, platform, false);
  const live = new LiveReload();
  const host = options.get("host") ?? "127.0.0.1";
  const network = new NodeNetwork({
    host,
    intercept: (request, response) => live.intercept(request, response),
    access: (line) => log.access(line),
    listening: (actual) => log.info(`listening on http://${host}:${actual}/`),
    failed: (reason) => {
      log.fatal(reason);
      process.exit(1);
    },
  });
  const started = runAppliance({
    config: { port: port as Port, hook: "/push", hookSecret: undefined },
    network,
    platform,
    log,
    repository: (onProgress) =>
      remote === undefined ? new DirectoryRepository(directory) : cloneOf(remote.value, network, platform, onProgress),
    address: () => undefined,
    ...(isUrl ? {} : { writing: { tail: live.tail } }),
  });
  if (!started.ok) return stop(`port ${port} is in use`);
  if (!isUrl) follow(directory, started.value, live);
}

/** Over http as the machine does it; https through Node, which has the TLS that the own stack has not. */
function cloneOf(remote: Remote, network: NodeNetwork, platform: Platform, onProgress: OnGitProgress): Repository {
  if (remote.url.startsWith("http:")) return openRepository(remote, network, platform, onProgress);
  return new GitStore({ remote, transport: fetchTransport, pause: () => platform.sleep(0), onProgress });
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

function isLevel(text: string): text is "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent" {
  return ["trace", "debug", "info", "warn", "error", "fatal", "silent"].includes(text);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function stop(problem: string): void {
  process.stderr.write(problem === "" ? USAGE : `${problem}\n\n${USAGE}`);
  process.exitCode = problem === "" ? 0 : 2;
}

await main();
