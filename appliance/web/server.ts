// What the table of ready responses does not hold: redirects, errors, the webhook, and the first request of a page. A
// page is made and published, and then the table answers that request like all that follow.

import type { Result } from "../../stack/base/result.ts";
import type { HttpAnswer, HttpRequest, HttpResponse } from "../../stack/edge/network.ts";
import { SEARCH_RESULTS } from "../content/generated.ts";
import { encodePath } from "../content/paths.ts";
import type { Route, Site } from "../content/site.ts";
import type { Platform } from "../platform.ts";
import type { Asset, Renderer } from "../render/renderer.ts";
import { describeTaskFault, pageShare, Task, type TaskFault } from "../task.ts";
import { CONTENT_SECURITY_POLICY, headersFor, UNTRUSTED_FILE_POLICY, withFields } from "./headers.ts";
import { isFromForge, wantsPlainText } from "./hook.ts";
import { Responses, type Source, type TableNetwork } from "./responses.ts";
import { parseTarget } from "./target.ts";

export interface WebServerOptions {
  readonly renderer: Renderer;
  readonly network: TableNetwork;
  readonly platform: Pick<
    Platform,
    | "utf8Decode"
    | "utf8Encode"
    | "sha256"
    | "gzip"
    | "heapLimit"
    | "heapUsed"
    | "heapLargest"
    | "wallClock"
    | "now"
    | "attempt"
    | "worked"
    | "sleep"
    | "timer"
  >;
  /** Path of the webhook, and what answers it. */
  readonly hookPath: string;
  hook(request: HttpRequest): Promise<HttpResponse>;
  /** What answers for the machine itself (probes.ts); undefined: nothing does. */
  probe?(path: string, request: HttpRequest): HttpResponse | undefined;
  /** What answers the challenge of a certificate authority with this token (RFC 8555 8.3); undefined: there is none. */
  proof?(token: string): string | undefined;
  /** Told of what looks like a webhook and came to another path. */
  onStrayHook(request: HttpRequest, path: string): void;
  /** Told of a page that could not be made: our bug, not the author's. */
  onFault(url: string, cause: unknown): void;
}

const EMPTY = new Uint8Array(0);
/** RFC 8555 8.3. */
const CHALLENGE_PATH = "/.well-known/acme-challenge/";
const PROOF_HEADERS: HttpResponse["headers"] = [
  ["Content-Type", "application/octet-stream"],
  ["Cache-Control", "no-store"],
];
/** Units of work for a page: several times what the largest that is meant so takes, and what several bodies that use up
 * their share do (MAX_BODY_WORK): they are then shown as they were written, and so is the feed that has them. */
const PAGE_WORK = 1_500_000;
/** Of the heap, what is made room for when an update or a page finds too little. */
const UPDATE_ROOM = 8;
/** Microseconds for which nobody looks again whether there is memory for a page, so that being refused costs nothing. */
const SHORT_FOR = 1_000_000;
/** Microseconds before a page that could not be made is tried again, and such pages remembered. */
const UNMADE_FOR = 30_000_000;
const MAX_UNMADE = 1000;

export class WebServer {
  readonly #options: WebServerOptions;
  readonly #responses: Responses;
  #site: Site | undefined;
  /** Pages that could not be made, so that whoever asks again does not cost the same again at once. */
  readonly #unmade = new Map<string, { readonly reason: string; readonly until: number }>();
  /** Those for which there was no memory just now, and until when nobody looks again. */
  readonly #short = new Map<string, number>();

  constructor(options: WebServerOptions) {
    this.#options = options;
    this.#responses = new Responses(options.network, options.platform);
    for (const asset of options.renderer.assets) this.#addAsset(asset);
  }

  get site(): Site | undefined {
    return this.#site;
  }

  /** Shows this Site from the next request on. Files that are the same in both stay ready. */
  show(site: Site): void {
    this.#site = site;
    this.#unmade.clear();
    const { assets } = this.#options.renderer;
    this.#responses.retain((url, { blob, policy, fields }) => {
      if (assets.some((asset) => asset.url === url)) return true;
      const route = site.routes.get(url);
      if (route?.kind !== "static" || blob !== route.oid || policy !== policyOf(site, route)) return false;
      return sameFields(fields, site.host.headersFor(url));
    });
  }

  /** Makes a page ready before anybody asks. False: there is nothing to make (or it cannot be made). */
  prepare(url: string): boolean {
    const site = this.#site;
    const route = site?.routes.get(url);
    if (site === undefined || route === undefined || route.kind === "redirect") return false;
    if (this.#responses.has(url)) return false;
    try {
      return this.#make(site, route, url, "") === "made";
    } catch (cause) {
      this.#options.onFault(url, cause);
      return false;
    }
  }

  /** A step of what a reader will want who asks for an address in other capitals. False: nothing is to be done, or it cannot. */
  prepareSpellings(): boolean {
    const site = this.#site;
    if (site === undefined) return false;
    const step = this.#task("").attempt(() => site.spellings.prepare());
    return step.ok && step.value;
  }

  /** Never rejects. */
  async handle(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.#answer(request);
    } catch (cause) {
      this.#options.onFault(request.target, cause);
      return this.#error(
        500,
        "Something went wrong",
        "This page could not be made. The author will find the reason in the log.",
      );
    }
  }

  async #answer(request: HttpRequest): Promise<HttpAnswer> {
    const target = parseTarget(request.target, this.#options.platform);
    if (!target.ok) return this.#error(400, "Bad request", "That is not an address this site could have.");
    const { path, query } = target.value;
    if (withoutSlash(path) === withoutSlash(this.#options.hookPath)) return this.#options.hook(request);
    const proof = path.startsWith(CHALLENGE_PATH)
      ? this.#options.proof?.(path.slice(CHALLENGE_PATH.length))
      : undefined;
    if (proof !== undefined)
      return { status: 200, headers: PROOF_HEADERS, body: this.#options.platform.utf8Encode(proof) };
    if (request.method === "OPTIONS") return { status: 204, headers: [["Allow", ALLOWED]], body: EMPTY };
    if (request.method !== "GET" && request.method !== "HEAD") return this.#notAllowed(request, path);
    const probed = this.#options.probe?.(path, request);
    if (probed !== undefined) return probed;
    // It may have been let go of when memory ran short, and is wanted before there is a site.
    const asset = this.#options.renderer.assets.find(({ url }) => url === path);
    if (asset !== undefined) {
      this.#addAsset(asset);
      return "ready";
    }
    const site = this.#site;
    if (site === undefined) {
      // Why it takes its time is for the log: the reader cannot mend it, and it names the remote.
      return this.#error(503, "Starting", "This blog is starting.", [["Retry-After", RETRY_AFTER_SECONDS]]);
    }
    const route = site.routes.get(path);
    if (route === undefined && path === SEARCH_RESULTS && site.searchUrl !== undefined) return this.#found(site, query);
    if (route === undefined) {
      const moved = otherSlash(site, path);
      if (moved !== undefined) return this.#redirect(encodePath(moved) + query);
      const rule = site.host.redirectFor(path);
      if (rule !== undefined && rule.status !== 200 && rule.status !== 404 && rule.status !== 410)
        return this.#redirect(withQuery(rule.to, query), rule.status);
      const spelt = rule === undefined ? this.#otherCase(site, path) : undefined;
      if (spelt !== undefined) return this.#redirect(encodePath(spelt) + query);
      return page(
        rule?.status === 410 ? 410 : 404,
        this.#options.renderer.notFound(site),
        [],
        site.host.headersFor(path),
      );
    }
    if (route.kind === "redirect") return this.#redirect(withQuery(route.to, query), route.status);
    switch (this.#make(site, route, path, request.peer)) {
      case "made":
        return "ready";
      case "short":
        return this.#error(503, "Busy", "This machine is short of memory just now. Please try again in a moment.", [
          ["Retry-After", RETRY_AFTER_SECONDS],
        ]);
      case "gone":
        throw new Error("the repository no longer has it");
    }
  }

  /** Leaves an update as much memory as can be had. */
  makeRoom(): void {
    this.#responses.reclaim(this.#options.platform.heapLimit() / UPDATE_ROOM, "");
  }

  /**
   * "gone": the repository no longer has it; "short": answers under way hold the memory that it takes. Throws when it
   * takes more than its share.
   */
  #make(site: Site, route: Exclude<Route, { kind: "redirect" }>, url: string, peer: string): "made" | "gone" | "short" {
    const { platform, renderer } = this.#options;
    const before = this.#unmade.get(url);
    if (before !== undefined && platform.now() < before.until) throw new Error(before.reason);
    if (platform.now() < (this.#short.get(url) ?? 0)) return "short";
    const task = this.#task(route.kind === "article" ? route.article.path : url);
    const render = () => renderer.render(site, route, url);
    let attempt = task.attempt(render);
    if (!attempt.ok && attempt.error.kind === "memory") {
      // Not its own fault, perhaps.
      const inFlight = this.#responses.reclaim(platform.heapLimit() / UPDATE_ROOM, peer);
      attempt = task.attempt(render);
      if (!attempt.ok && attempt.error.kind === "memory" && inFlight > 0) return this.#isShort(url);
    }
    const rendered = this.#made(attempt, url);
    if (rendered === undefined) return "gone";
    if (rendered.until !== undefined) this.#makeAgain(site, url, rendered.until);
    const source: Source = {
      url,
      status: 200,
      bytes: rendered.bytes,
      type: rendered.type,
      // No file is newer than now, whatever its author's clock said (RFC 9110 8.8.2.1).
      modified: Math.min(rendered.modified.seconds, Math.floor(this.#options.platform.wallClock() / 1000)),
      freshness: route.kind === "static" ? "file" : "page",
      policy: policyOf(site, route),
      fields: site.host.headersFor(url),
      blob: route.kind === "static" ? route.oid : "",
    };
    if (!this.#responses.makeRoom(source.bytes.length, peer)) return this.#isShort(url);
    const representations = task.attempt(() => this.#responses.make(source));
    this.#responses.publish(source, this.#made(representations, url));
    return "made";
  }

  /** "/Posts/A" for "/posts/a", and the other way round, where that is there, and memory to find it. */
  #otherCase({ spellings }: Site, path: string): string | undefined {
    const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
    const found = this.#task(path).attempt(() => spellings.of(path) ?? spellings.of(other));
    return found.ok ? found.value : undefined;
  }

  #isShort(url: string): "short" {
    if (this.#short.size >= MAX_UNMADE) this.#short.clear();
    this.#short.set(url, this.#options.platform.now() + SHORT_FOR);
    return "short";
  }

  /** What making one page may take. */
  #task(at: string): Task {
    const { platform } = this.#options;
    const task = new Task(platform, pageShare(platform, PAGE_WORK));
    task.at = at;
    return task;
  }

  /** What an attempt has made; throws when there was no share for it. */
  #made<T>(attempt: Result<T, TaskFault>, url: string): T {
    if (attempt.ok) return attempt.value;
    const reason = `the page ${describeTaskFault(attempt.error)}`;
    if (this.#unmade.size >= MAX_UNMADE) this.#unmade.clear();
    this.#unmade.set(url, { reason, until: this.#options.platform.now() + UNMADE_FOR });
    throw new Error(reason);
  }

  /** A page that could not be made as it was meant to be is not kept for good. */
  #makeAgain(site: Site, url: string, at: number): void {
    const { platform } = this.#options;
    platform.timer(Math.max(0, at - platform.now()) / 1000, () => {
      if (this.#site === site) this.#responses.drop(url);
    });
  }

  /** What a form without a script asks for: each question anew, so nothing of it is kept. */
  #found(site: Site, query: string): HttpResponse {
    const { platform, renderer } = this.#options;
    const written = /(?:^\?|&)q=([^&#]*)/.exec(query)?.[1]?.replaceAll("+", "%20") ?? "";
    const asked = parseTarget(`/${written.replace(/%2f|%5c/gi, "%20")}`, platform);
    const made = this.#task(SEARCH_RESULTS).attempt(() =>
      renderer.found(site, asked.ok ? asked.value.path.slice(1) : ""),
    );
    if (!made.ok) throw new Error(`the search ${describeTaskFault(made.error)}`);
    return page(200, made.value);
  }

  #addAsset({ url, bytes, type }: Asset): void {
    const source: Source = {
      url,
      status: 200,
      bytes,
      type,
      modified: 0,
      freshness: "forever",
      policy: CONTENT_SECURITY_POLICY,
      fields: [],
      blob: "",
    };
    this.#responses.add(source, "");
  }

  /** A page cannot be written to; what is sent there is as a rule a webhook with the wrong path. */
  #notAllowed(request: HttpRequest, path: string): HttpResponse {
    const text = "Pages can only be read, and there is no webhook here.";
    if (request.method === "POST") this.#options.onStrayHook(request, path);
    if (!isFromForge(request) && !wantsPlainText(request))
      return this.#error(405, "Method not allowed", text, [["Allow", ALLOWED]]);
    return {
      status: 405,
      headers: [
        ["Allow", ALLOWED],
        ["Content-Type", "text/plain; charset=utf-8"],
      ],
      body: this.#options.platform.utf8Encode(`${text} Its path is what --hook says.\n`),
    };
  }

  #redirect(location: string, status = 301): HttpResponse {
    const body = this.#options.platform.utf8Encode(`Moved to ${location}\n`);
    return {
      status,
      headers: [
        ["Location", location],
        ["Content-Type", "text/plain; charset=utf-8"],
      ],
      body,
    };
  }

  #error(status: number, title: string, text: string, headers: HttpResponse["headers"] = []): HttpResponse {
    return page(status, this.#options.renderer.error(this.#site, title, text), headers);
  }
}

/** A page that is made for one request. */
function page(
  status: number,
  body: Uint8Array,
  headers: HttpResponse["headers"] = [],
  fields: Source["fields"] = [],
): HttpResponse {
  const own = headersFor("text/html; charset=utf-8", "page", "", false, CONTENT_SECURITY_POLICY);
  return {
    status,
    headers: [...withFields(own, fields), ...headers],
    body,
  };
}

function policyOf({ settings }: Site, route: Route): string {
  if (settings.untrusted && route.kind === "static") return UNTRUSTED_FILE_POLICY;
  return settings.contentSecurityPolicy ?? CONTENT_SECURITY_POLICY;
}

function sameFields(one: Source["fields"], other: Source["fields"]): boolean {
  return (
    one.length === other.length && one.every(([name, value], i) => other[i]![0] === name && other[i]![1] === value)
  );
}

const ALLOWED = "GET, HEAD, OPTIONS";
const RETRY_AFTER_SECONDS = "5";

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** The query goes on, unless the target has one of its own. */
function withQuery(to: string, query: string): string {
  return to + (to.includes("?") ? "" : query);
}

/** "/Posts/" for "/Posts" and the other way round: one of them is the page's name. */
function otherSlash(site: Site, path: string): string | undefined {
  const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
  return site.routes.has(other) ? other : undefined;
}
