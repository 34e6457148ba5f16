// What this machine is for: clone, serve, update. Until there is a site every request is answered by 503, and the log says
// why; from the first good clone on a good site always stays up.

import type { Port } from "../stack/base/address.ts";
import type { Result } from "../stack/base/result.ts";
import type { ListenError, Listener, Network } from "../stack/edge/network.ts";
import { coalesce } from "./coalesce.ts";
import type { Config } from "./config.ts";
import { SiteBuilder } from "./content/build.ts";
import { describeProblem } from "./content/problem.ts";
import type { Site } from "./content/site.ts";
import { describeGitError, type GitError } from "./git/error.ts";
import type { Accept, OnGitProgress, Snapshot } from "./git/snapshot.ts";
import { type Log, reasonOf } from "./log.ts";
import type { Platform } from "./platform.ts";
import { progressLog } from "./progress.ts";
import { type Html, NOTHING } from "./render/html.ts";
import { Renderer } from "./render/renderer.ts";
import { describeStatus, describeUnseen, type Fetched, type MachineStatus, summarise } from "./status.ts";
import { describeTaskFault, Task, type TaskFault, updateShare } from "./task.ts";
import { Throttle } from "./throttle.ts";
import { type UpdateOutcome, Webhook } from "./web/hook.ts";
import { answerProbe } from "./web/probes.ts";
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
  readonly config: Pick<Config, "port" | "tls" | "hook" | "hookSecret" | "root" | "untrusted" | "poll" | "admin">;
  /** Where the repository is, without credentials: names the blog that does not name itself. */
  readonly origin?: string;
  readonly network: Network;
  readonly platform: Platform;
  readonly log: Log;
  /** Makes the repository; it tells its progress there. */
  repository(onProgress: OnGitProgress): Repository;
  /** Our own address, for the line that says where the blog is; undefined while unknown. */
  address(): string | undefined;
  /** Whether HTTPS shows a certificate that an authority has signed. */
  certified?(): boolean;
  /** What answers the authority's challenge with this token (acme/); undefined: there is none. */
  proof?(token: string): string | undefined;
  /** What the status has of the machine. */
  machine?(): MachineStatus;
  /** Writing on one's own machine: drafts and future articles are shown, and markup is put at the end of each page. */
  readonly writing?: { readonly tail: Html };
}

/** Waits between attempts, in milliseconds: doubled each time, and between half and all of it by chance. */
export const FIRST_RETRY = 1000;
export const LAST_RETRY = 60_000;
/** Problems of a repository that are printed one by one. */
const MAX_PRINTED_PROBLEMS = 20;
/** Pages made ready before somebody asks, when nothing else is to be done. */
const MAX_PREPARED = 24;
/** Microseconds between two lines of the log about requests that were refused. */
const REFUSALS_INTERVAL = 10_000_000;
/** The longest wait that a timer takes. */
const MAX_TIMER = 24 * 3600 * 1000;

/** Why it cannot listen, and on which port. */
export interface StartError {
  readonly reason: ListenError;
  readonly port: Port;
}

/** Plain HTTP, and HTTPS where it is asked for. Nobody is sent on to a certificate that browsers warn of by itself. */
function listenersOf({ port, tls }: Pick<Config, "port" | "tls">, certified: boolean): readonly Listener[] {
  const serve = { kind: "serve" } as const;
  const plain = { port, secure: false };
  if (tls === undefined) return [{ ...plain, action: serve }];
  const secure = { port: tls.port, secure: true, action: serve, strictFor: certified ? tls.strictFor : undefined };
  if (tls.plain === "off") return [secure];
  const redirects = tls.plain === "redirect" && (certified || tls.acme === undefined);
  return [secure, { ...plain, action: redirects ? { kind: "redirect", port: tls.port } : serve }];
}

/** Starts one; the error is why it cannot listen. */
export function runAppliance(options: ApplianceOptions): Result<Appliance, StartError> {
  const appliance = new Appliance(options);
  const started = appliance.start();
  return started.ok ? { ok: true, value: appliance } : started;
}

export class Appliance {
  readonly #options: ApplianceOptions;
  readonly #platform: Platform;
  readonly #log: Log;
  readonly #web: WebServer;
  readonly #builder: SiteBuilder;
  readonly #repository: Repository;
  readonly #run: () => Promise<UpdateOutcome>;
  /** Refused and stray hooks, which strangers can cause. */
  readonly #refusals: Throttle;
  /** Callers of `update` that wait. */
  #waiting = 0;
  #cancelDue = (): void => {};
  #ending = false;
  #fetched: Fetched | undefined;
  readonly #since: number;
  #retrying = false;

  constructor(options: ApplianceOptions) {
    const { config, network, platform, log, writing } = options;
    this.#options = options;
    this.#platform = platform;
    this.#log = log;
    this.#since = platform.now();
    this.#refusals = new Throttle(() => platform.now(), REFUSALS_INTERVAL);
    this.#builder = new SiteBuilder(platform, {
      drafts: writing !== undefined,
      hookPath: config.hook,
      repository: options.origin,
      root: config.root,
      untrusted: config.untrusted,
      here: () => this.#here(),
    });
    this.#repository = options.repository(progressLog(log, () => platform.now()));
    this.#run = coalesce(() => this.#attempt());
    const hook = new Webhook({
      secret: config.hookSecret,
      platform,
      update: () => this.update(),
      commit: () => this.site?.snapshot.commit,
      onRefused: ({ peer }, reason) => this.#refused(`a webhook was refused: ${reason}`, peer),
    });
    this.#web = new WebServer({
      renderer: new Renderer(platform, {
        tail: writing?.tail ?? NOTHING,
        onProblem: (path, reason) => log.warn(`${path}: ${reason}`),
      }),
      network,
      platform,
      hookPath: config.hook,
      hook: (request) => hook.handle(request),
      onStrayHook: ({ method, peer }, path) =>
        this.#refused(`${method} ${path}: there is no webhook here; it is at ${config.hook} (--hook)`, peer),
      proof: (token) => options.proof?.(token),
      probe: (path, request) =>
        answerProbe(path, request, {
          platform,
          admin: config.admin ?? [],
          ready: () => this.site !== undefined && !this.#ending,
          status: () => describeStatus(this.site, this.#fetched, this.#since, platform, options.machine?.()),
        }),
      onFault: (url, cause) => log.error(`${url} could not be served`, { reason: reasonOf(cause) }),
    });
  }

  /** What is shown; undefined until the first clone is through. */
  get site(): Site | undefined {
    return this.#web.site;
  }

  /** Serves from now on, and clones. */
  start(): Result<undefined, StartError> {
    const { config, writing } = this.#options;
    const listening = this.listen();
    if (!listening.ok) return listening;
    if (config.hookSecret === undefined && writing === undefined)
      this.#log.info(
        `the webhook ${config.hook} is open: anybody can have it look for news, once a second at most; ` +
          "--hook-secret=… takes only signed ones",
      );
    void this.update();
    if (config.poll !== undefined) void this.#poll(config.poll);
    return { ok: true, value: undefined };
  }

  /** The machine is about to end: load balancers are told. */
  end(): void {
    this.#ending = true;
  }

  /** Serves on its ports; again when there is a certificate: from then on plain HTTP is sent on, if that is wanted. */
  listen(): Result<undefined, StartError> {
    const { config, network } = this.#options;
    for (const listener of listenersOf(config, this.#isCertified())) {
      const served = network.serve(listener, (request) => this.#web.handle(request));
      if (!served.ok) return { ok: false, error: { reason: served.error, port: listener.port } };
    }
    return { ok: true, value: undefined };
  }

  /** Asks the repository and shows what is new: what the webhook does. Concurrent calls share a run. Never rejects. */
  async update(): Promise<UpdateOutcome> {
    if (this.#waiting > 0) this.#repository.hurry?.();
    this.#waiting++;
    try {
      return await this.#run();
    } finally {
      this.#waiting--;
    }
  }

  async #attempt(): Promise<UpdateOutcome> {
    try {
      const ended = await this.#once();
      const result = ended.kind === "failed" ? ended.reason : ended.kind;
      this.#fetched = { at: this.#platform.wallClock(), result };
      return ended;
    } catch (cause) {
      // Our bug: the site that stands is not touched.
      const reason = `the update failed by a fault of ours: ${reasonOf(cause)}`;
      this.#log.error(reason);
      return this.#failed(reason);
    }
  }

  async #once(): Promise<UpdateOutcome> {
    const started = this.#platform.now();
    const before = this.site;
    this.#web.makeRoom();
    let built: Site | undefined;
    const got = await this.#repository.update(async (snapshot) => {
      const result = await this.#build(snapshot);
      if (!result.ok) return result.error;
      built = result.value;
      return undefined;
    });
    if (!got.ok) {
      const reason = describeGitError(got.error);
      this.#log.warn(reason);
      return this.#failed(reason);
    }
    if (built === undefined) {
      // A date may have come meanwhile: the same snapshot, another site.
      const shown = this.site;
      if (shown !== undefined && shown.snapshot === got.value) return outcome("unchanged", shown);
      throw new Error("the repository has a snapshot that no site was made of");
    }
    const site = built;
    this.#show(site, before);
    const seconds = ((this.#platform.now() - started) / 1e6).toFixed(1);
    const commit = site.snapshot.commit.slice(0, 8);
    const what = `${summarise(site)} in ${seconds} s, commit ${commit}`;
    if (before === undefined) this.#log.info(`ready: ${this.#here()}/ ${what}`);
    else this.#log.info(`updated: ${what} "${site.snapshot.head.subject}"`);
    return outcome("updated", site);
  }

  /** Looks for news by itself, between three quarters and five quarters of the time: many machines ask one forge. */
  async #poll(every: number): Promise<never> {
    for (;;) {
      await this.#platform.sleep(Math.round(every * (0.75 + chance(this.#platform) / 2)));
      // What failed is being tried again already.
      if (!this.#retrying) await this.update();
    }
  }

  #failed(reason: string): UpdateOutcome {
    if (!this.#retrying) void this.#retry();
    return { kind: "failed", reason, commit: this.site?.snapshot.commit };
  }

  /** Tries again until it works: a hook that came while the forge was down is not lost. */
  async #retry(): Promise<void> {
    this.#retrying = true;
    for (let delay = FIRST_RETRY; ; delay = Math.min(LAST_RETRY, delay * 2)) {
      const wait = Math.round(delay * (0.5 + chance(this.#platform) / 2));
      this.#log.info(`next attempt in ${(wait / 1000).toFixed(1)} s`);
      await this.#platform.sleep(wait);
      if ((await this.update()).kind !== "failed") break;
    }
    this.#retrying = false;
  }

  #build(snapshot: Snapshot): Promise<Result<Site, TaskFault>> {
    const now = Math.floor(this.#platform.wallClock() / 1000);
    const task = new Task(this.#platform, updateShare(this.#platform));
    return task.run(this.#builder.build(snapshot, now, task));
  }

  #show(site: Site, before: Site | undefined): void {
    this.#web.show(site);
    report(site, before, this.#log);
    this.#cancelDue();
    this.#cancelDue = this.#scheduleDue(site);
    void this.#prepare(site);
  }

  #scheduleDue(site: Site): () => void {
    if (site.nextDue === undefined) return () => {};
    const wait = Math.max(1000, site.nextDue * 1000 - this.#platform.wallClock() + 500);
    return this.#platform.timer(Math.min(wait, MAX_TIMER), () => void this.#publishDue(site));
  }

  /** An article's time has come, or is over: the same commit, looked at later. */
  async #publishDue(site: Site): Promise<void> {
    if (this.site !== site) return;
    try {
      const next = await this.#build(site.snapshot);
      if (!next.ok) throw new Error(`the site ${describeTaskFault(next.error)}`);
      // An update was quicker.
      if (this.site !== site) return;
      this.#show(next.value, site);
      this.#log.info(`published by date: ${summarise(next.value)}`);
    } catch (cause) {
      this.#log.error("an article whose date has come could not be published", { reason: reasonOf(cause) });
    }
  }

  /** Makes the pages ready that will be asked for first, one at a time, in between everything else. */
  async #prepare(site: Site): Promise<void> {
    for (const url of likelyUrls(site).slice(0, MAX_PREPARED)) {
      await this.#platform.sleep(1);
      if (this.site !== site) return;
      this.#web.prepare(url);
    }
    while (this.site === site && this.#web.prepareSpellings()) await this.#platform.sleep(1);
  }

  #refused(text: string, peer: string): void {
    const missed = this.#refusals.pass();
    if (missed !== undefined) this.#log.warn(text, { peer, ...(missed > 0 ? { notLogged: missed } : {}) });
  }

  #isCertified(): boolean {
    return this.#options.certified?.() ?? false;
  }

  /** Where the blog is, as one types it. */
  #here(): string {
    const { config, address } = this.#options;
    const host = address() ?? "localhost";
    const { tls } = config;
    if (tls !== undefined && tls.plain !== "serve" && (tls.acme === undefined || this.#isCertified()))
      return `https://${host}${tls.port === 443 ? "" : `:${tls.port}`}`;
    return `http://${host}${config.port === 80 ? "" : `:${config.port}`}`;
  }
}

function outcome(kind: "updated" | "unchanged", site: Site): UpdateOutcome {
  return { kind, commit: site.snapshot.commit, summary: summarise(site), problems: site.problems };
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

/** What is new of the problems; at the first Site, what it was taken for and what its author may want to set. */
function report(site: Site, before: Site | undefined, log: Log): void {
  const { layout, settings, machinery } = site;
  if (layout.name !== before?.layout.name && layout.name !== "")
    log.info(
      `this is a blog of ${layout.name} (by ${layout.because}), at its own addresses; ${machinery} ${machinery === 1 ? "file" : "files"} of its templates and settings ${machinery === 1 ? "is" : "are"} not served`,
    );
  const unseen = describeUnseen(site);
  if (unseen !== "" && (before === undefined || unseen !== describeUnseen(before))) log.info(`not shown: ${unseen}`);
  for (const note of settings.notes) if (before?.settings.notes.includes(note) !== true) log.info(note);
  const known = new Set(before?.problems.map(describeProblem));
  const fresh = site.problems.map(describeProblem).filter((text) => !known.has(text));
  for (const text of fresh.slice(0, MAX_PRINTED_PROBLEMS)) log.warn(text);
  if (fresh.length > MAX_PRINTED_PROBLEMS) log.warn(`and ${fresh.length - MAX_PRINTED_PROBLEMS} more like these`);
}

/** 0 to 1; the middle when the machine has no entropy (only load is spread by it). */
function chance(platform: Pick<Platform, "random">): number {
  const bytes = platform.random(2);
  return bytes === undefined ? 0.5 : (bytes[0]! * 256 + bytes[1]!) / 65536;
}
