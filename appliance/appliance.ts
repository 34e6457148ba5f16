// What this machine is for: clone, serve, update. Until there is a site every request is answered by 503 and the reason
// in words; from the first good clone on a good site always stays up.

import type { Result } from "../stack/base/result.ts";
import type { ListenError, Listener, Network } from "../stack/edge/network.ts";
import type { Config } from "./config.ts";
import { SiteBuilder } from "./content/build.ts";
import type { Site } from "./content/site.ts";
import { describeGitError, type GitError } from "./git/error.ts";
import type { Accept, GitProgress, OnGitProgress, Snapshot } from "./git/snapshot.ts";
import { type Log, reasonOf } from "./log.ts";
import type { Platform } from "./platform.ts";
import { type Html, NOTHING } from "./render/html.ts";
import { Renderer } from "./render/renderer.ts";
import { describeTaskFault, Task, type TaskFault, updateShare } from "./task.ts";
import { coalesce, makeHook, type UpdateOutcome } from "./web/hook.ts";
import { WebServer } from "./web/server.ts";

/** The repository: the first update clones it. git/store.ts keeps this; so does a directory (image/target-node.ts). */
export interface Repository {
  /**
   * The same Snapshot object as before when nothing has moved. A new one is kept only if `accept` can do with it; else
   * everything is as before. Never rejects.
   */
  update(accept: Accept): Promise<Result<Snapshot, GitError>>;
  /** A newer update waits for the one under way: a server that stands still is given up. */
  hurry?(): void;
}

export interface ApplianceOptions {
  readonly config: Pick<Config, "port" | "hook" | "hookSecret">;
  readonly network: Network;
  readonly platform: Platform;
  readonly log: Log;
  /** Makes the repository; it tells its progress there. */
  repository(onProgress: OnGitProgress): Repository;
  /** Our own address, for the line that says where the blog is; undefined while unknown. */
  address(): string | undefined;
  /** Writing on one's own machine: drafts and future articles are shown, and markup is put at the end of each page. */
  readonly writing?: { readonly tail: Html };
}

export interface Appliance {
  readonly site: Site | undefined;
  /** Asks the repository and shows what is new: what the webhook does. Concurrent calls share a run. */
  update(): Promise<UpdateOutcome>;
}

/** Waits between attempts, in milliseconds: doubled each time, and between half and all of it by chance. */
export const FIRST_RETRY = 1000;
export const LAST_RETRY = 60_000;
/** Problems of a repository that are printed one by one. */
const MAX_PRINTED_PROBLEMS = 20;
/** Pages made ready before somebody asks, when nothing else is to be done. */
const MAX_PREPARED = 24;
/** The longest wait that a timer takes. */
const MAX_TIMER = 24 * 3600 * 1000;

export function runAppliance(options: ApplianceOptions): Result<Appliance, ListenError> {
  const { config, network, platform, log, writing } = options;
  const renderer = new Renderer(platform, {
    tail: writing?.tail ?? NOTHING,
    onProblem: (path, reason) => log.warn(`${path}: ${reason}`),
  });
  const web = new WebServer({
    renderer,
    network,
    platform,
    hookPath: config.hook,
    hook: makeHook({
      secret: config.hookSecret,
      platform,
      update: () => update(),
      onRefused: (request) => log.warn("a webhook without a good signature was refused", { peer: request.peer }),
    }),
    onFault: (url, cause) => log.error(`${url} could not be served`, { reason: reasonOf(cause) }),
  });

  const progress = makeProgress(log, platform);
  const repository = options.repository(progress);
  const builder = new SiteBuilder(platform, { drafts: writing !== undefined, hookPath: config.hook });
  let cancelDue = (): void => {};
  let retrying = false;

  const run = coalesce(attempt);
  let running = 0;
  function update(): Promise<UpdateOutcome> {
    if (running > 0) repository.hurry?.();
    running++;
    return run().finally(() => running--);
  }
  async function attempt(): Promise<UpdateOutcome> {
    try {
      return await once();
    } catch (cause) {
      // Our bug: the site that stands is not touched.
      const reason = `the update failed by a fault of ours: ${reasonOf(cause)}`;
      log.error(reason);
      return failed(reason);
    }
  }

  async function once(): Promise<UpdateOutcome> {
    const started = platform.now();
    const before = web.site;
    let built: Site | undefined;
    const got = await repository.update(async (snapshot) => {
      const result = await build(snapshot);
      if (!result.ok) return result.error;
      built = result.value;
      return undefined;
    });
    if (!got.ok) {
      const reason = describeGitError(got.error);
      log.warn(reason);
      return failed(reason);
    }
    if (built === undefined) {
      if (before !== undefined && before.snapshot === got.value)
        return { kind: "unchanged", commit: before.snapshot.commit };
      throw new Error("the repository has a snapshot that no site was made of");
    }
    const site = built;
    show(site, before);
    const summary = summarise(site);
    const seconds = ((platform.now() - started) / 1e6).toFixed(1);
    const commit = site.snapshot.commit.slice(0, 8);
    if (before === undefined) log.info(`ready: http://${here()}/ ${summary} in ${seconds} s, commit ${commit}`);
    else log.info(`updated: ${summary} in ${seconds} s, commit ${commit} "${site.snapshot.head.subject}"`);
    return { kind: "updated", commit: site.snapshot.commit, summary };
  }

  function failed(reason: string): UpdateOutcome {
    const commit = web.site?.snapshot.commit;
    if (commit === undefined) web.wait({ reason: `The blog cannot be fetched yet. ${reason}`, retryAfterSeconds: 5 });
    if (!retrying) void retry();
    return { kind: "failed", reason, commit };
  }

  /** Tries again until it works: a hook that came while the forge was down is not lost. */
  async function retry(): Promise<void> {
    retrying = true;
    for (let delay = FIRST_RETRY; ; delay = Math.min(LAST_RETRY, delay * 2)) {
      const wait = Math.round(delay * (0.5 + chance(platform) / 2));
      log.info(`next attempt in ${(wait / 1000).toFixed(1)} s`);
      await platform.sleep(wait);
      const outcome = await update();
      if (outcome.kind !== "failed") break;
    }
    retrying = false;
  }

  function build(snapshot: Snapshot): Promise<Result<Site, TaskFault>> {
    const now = Math.floor(platform.wallClock() / 1000);
    const task = new Task(platform, updateShare(platform));
    return task.run(builder.build(snapshot, now, task));
  }

  function show(site: Site, before: Site | undefined): void {
    web.show(site);
    report(site, before, log);
    cancelDue();
    cancelDue = scheduleDue(site, () => void publishDue(site));
    void prepare(site);
  }

  /** An article's time has come: the same commit, looked at later. */
  async function publishDue(site: Site): Promise<void> {
    if (web.site !== site) return;
    try {
      const next = await build(site.snapshot);
      if (!next.ok) throw new Error(`the site ${describeTaskFault(next.error)}`);
      if (web.site !== site) return;
      show(next.value, site);
      log.info(`published by date: ${summarise(next.value)}`);
    } catch (cause) {
      log.error("an article whose date has come could not be published", { reason: reasonOf(cause) });
    }
  }

  function scheduleDue(site: Site, then: () => void): () => void {
    if (site.nextDue === undefined) return () => {};
    const wait = Math.max(1000, site.nextDue * 1000 - platform.wallClock() + 500);
    return platform.timer(Math.min(wait, MAX_TIMER), then);
  }

  /** Makes the pages ready that will be asked for first, one at a time, in between everything else. */
  async function prepare(site: Site): Promise<void> {
    for (const url of likelyUrls(site).slice(0, MAX_PREPARED)) {
      await platform.sleep(1);
      if (web.site !== site) return;
      web.prepare(url);
    }
  }

  function here(): string {
    const address = options.address();
    return (address === undefined ? "localhost" : address) + (config.port === 80 ? "" : `:${config.port}`);
  }

  const listener: Listener = { port: config.port, secure: false, action: { kind: "serve" } };
  const served = network.serve(listener, (request) => web.handle(request));
  if (!served.ok) return served;
  void update();
  return {
    ok: true,
    value: {
      get site() {
        return web.site;
      },
      update,
    },
  };
}

function likelyUrls(site: Site): readonly string[] {
  const urls = [
    "/",
    ...site.navigation.map((item) => item.url),
    ...site.articles.slice(0, 10).map((article) => article.url),
    "/atom",
  ];
  return [...new Set(urls)];
}

/** "12 posts, 3 pages" */
export function summarise(site: Site): string {
  const some = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;
  return `${some(site.articles.length, "post")}, ${some(site.pages.length, "page")}`;
}

function report(site: Site, before: Site | undefined, log: Log): void {
  const known = new Set(before?.problems.map(({ path, reason }) => `${path} ${reason}`));
  const fresh = site.problems.filter(({ path, reason }) => !known.has(`${path} ${reason}`));
  for (const { path, reason, skipped } of fresh.slice(0, MAX_PRINTED_PROBLEMS))
    log.warn(`${path}: ${reason}${skipped ? " (left out)" : ""}`);
  if (fresh.length > MAX_PRINTED_PROBLEMS) log.warn(`and ${fresh.length - MAX_PRINTED_PROBLEMS} more like these`);
}

/** 0 to 1; the middle when the machine has no entropy (only load is spread by it). */
function chance(platform: Pick<Platform, "random">): number {
  const bytes = platform.random(2);
  return bytes === undefined ? 0.5 : (bytes[0]! * 256 + bytes[1]!) / 65536;
}

/** Says what a clone does, at most once a second and whenever it does something else. */
function makeProgress(log: Log, platform: Pick<Platform, "now">): OnGitProgress {
  let phase = "";
  let next = 0;
  return (progress) => {
    const now = platform.now();
    if (progress.phase === phase && now < next) return;
    // A phase that is over within a moment is not worth a line.
    if (progress.phase !== phase) next = now + (progress.phase === "connecting" ? 0 : 300_000);
    const first = progress.phase !== phase;
    phase = progress.phase;
    if (first && phase !== "connecting") return;
    next = now + 1_000_000;
    log.info(wordProgress(progress));
  };
}

function wordProgress(progress: GitProgress): string {
  switch (progress.phase) {
    case "connecting":
      return `fetching ${progress.url}`;
    case "remote":
      return `the server says: ${progress.text}`;
    case "receiving":
      return `received ${(progress.bytes / 1e6).toFixed(1)} MB`;
    case "indexing":
      return `unpacked ${progress.objects} of ${progress.total} objects`;
    case "dating":
      return `read ${progress.commits} of ${progress.total} commits`;
  }
}
