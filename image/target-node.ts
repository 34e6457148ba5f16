// The `node` target: the same appliance on Node, for writing.  npm run dev -- DIR|URL [--port=8080] [--log=debug]
//
// A directory is served as it is on disk, drafts and future articles included, and the browser reloads on each save. A
// URL is cloned as the machine would; HTTPS is spoken and verified by its own TLS.

import { readFileSync, watch } from "node:fs";
import { type Appliance, runAppliance } from "../appliance/appliance.ts";
import { describeProblem } from "../appliance/content/problem.ts";
import { openRepository } from "../appliance/git/open.ts";
import { Https } from "../appliance/https.ts";
import { makeLog } from "../appliance/log.ts";
import { ProxyConnector } from "../stack/edge/proxy.ts";
import { devUsage, readDevConfig } from "./dev-config-node.ts";
import { DirectoryRepository } from "./directory-node.ts";
import { LiveReload } from "./live-reload-node.ts";
import { NodeNetwork } from "./network-node.ts";
import { nodePlatform } from "./platform-node.ts";

/** Editors write a file in several steps; wait until they are through. */
const SETTLE_MS = 60;
/** From when on a certificate that signs itself is valid: 2025, seconds since 1970. */
const NOT_BEFORE = 1_735_689_600;

async function main(): Promise<void> {
  // Where npm was called; we run in the project's folder.
  const read = readDevConfig(process.argv.slice(2), process.env["INIT_CWD"] ?? process.cwd(), moduleText());
  if (!read.ok) return stop(read.error);
  const { place, port, host, log: level, tls, trust, proxy } = read.value;

  const platform = nodePlatform();
  const log = makeLog(level, platform, false);
  const live = new LiveReload();
  const network = new NodeNetwork({
    host,
    trust,
    intercept: (request) => live.intercept(request),
    access: (line) => log.access(line),
    listening: (actual, secure) => log.info(`listening on http${secure ? "s" : ""}://${host}:${actual}/`),
    failed: (reason) => {
      log.fatal(reason);
      process.exit(1);
    },
  });
  const wrong = network.distrusted();
  if (wrong !== "") return stop(wrong);
  if (tls !== undefined) {
    const names = ["localhost", host];
    const errors = new Https({ config: tls, names, notBefore: NOT_BEFORE, network, platform, log }).open();
    if (errors.length > 0) return stop(errors.map((error) => `HTTPS: ${error}`).join("\n"));
  }
  const outgoing = proxy === undefined ? network : new ProxyConnector(network, platform, proxy);
  if (place.kind === "directory") log.info(`serving ${place.path}`);
  const started = runAppliance({
    config: { port, tls, hook: "/push", hookSecret: undefined },
    origin: place.kind === "directory" ? place.path : place.remote.url,
    network,
    platform,
    log,
    repository: (onProgress) =>
      place.kind === "directory"
        ? new DirectoryRepository(place.path)
        : openRepository(place.remote, outgoing, platform, onProgress),
    address: () => undefined,
    ...(place.kind === "directory" ? { writing: { tail: live.tail } } : {}),
  });
  if (!started.ok) return stop(`port ${port} is in use`);
  const appliance = started.value;
  live.problems = () => (appliance.site?.problems ?? []).map(describeProblem);
  if (place.kind === "directory") follow(place.path, appliance, live);
}

/** What the machine would get as a boot module: keys and certificates. */
function moduleText(): string {
  const file = process.env["EPIPHYTE_PARAMETERS"];
  return file === undefined ? "" : readFileSync(file, "utf8");
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
