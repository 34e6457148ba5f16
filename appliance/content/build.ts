// Snapshot -> Site. Every file is looked at once; what has not changed since the Site before is taken over as it was
// read. Nothing in a repository can make this fail: what cannot be read is left out and told in `problems`.

import type { Entry, Snapshot } from "../git/snapshot.ts";
import type { Platform } from "../platform.ts";
import type { Task } from "../task.ts";
import { type Document, mustBeRead, readDocument } from "./document.ts";
import { mediaType } from "./mime.ts";
import { directoryOf, extensionOf, isHidden, resolvePath } from "./paths.ts";
import { layOut, REPOSITORY } from "./routes.ts";
import { readSettings } from "./settings.ts";
import type { Article, Problem, Route, Site } from "./site.ts";
import { isVisible, nextChange, VISIBLE } from "./visibility.ts";

/** More files than this are left out: each costs memory, and a blog is not a file server. */
export const MAX_FILES = 50_000;
/** Problems that are kept; a repository that is no blog has one for every file. */
export const MAX_PROBLEMS = 1000;
/** Microseconds of work between two pauses, in which the network is served. */
const SLICE = 10_000;

export interface BuildOptions {
  /** The Site that is served now: its unchanged documents are taken over. */
  readonly previous: Site | undefined;
  /** Seconds since 1970: later articles wait. */
  readonly now: number;
  /** Show drafts and future articles (writing on one's own machine). */
  readonly drafts: boolean;
  /** Path of the webhook, where no page can be. */
  readonly hookPath?: string;
}

type Needs = Pick<Platform, "now" | "utf8Decode" | "utf8Encode" | "sha1">;

/** Documents as read, by path; belongs to a Site and is asked when the next one is built. */
const readBefore = new WeakMap<Site, ReadonlyMap<string, Reading>>();

interface Reading {
  readonly oid: string;
  readonly created: number;
  readonly updated: number;
  readonly document: Document;
}

/** Steps of the task (task.ts). */
export function* buildSite(
  snapshot: Snapshot,
  platform: Needs,
  options: BuildOptions,
  task: Pick<Task, "at">,
): Generator<undefined, Site, undefined> {
  const problems: Problem[] = [];
  const readings = new Map<string, Reading>();
  const before = options.previous === undefined ? undefined : readBefore.get(options.previous);
  const articles: Article[] = [];
  const redirects: { path: string; to: string }[] = [];
  const files: Extract<Route, { kind: "static" }>[] = [];
  let sliceEnd = platform.now() + SLICE;
  let count = 0;
  let nextDue: number | undefined;

  for (const [path, entry] of snapshot.entries) {
    if (isHidden(path)) continue;
    if (++count > MAX_FILES) {
      problems.push({
        path,
        reason: `only ${MAX_FILES} files are served; this and all after it are left out`,
        skipped: true,
      });
      break;
    }
    task.at = path;
    if (platform.now() >= sliceEnd) {
      yield;
      sliceEnd = platform.now() + SLICE;
    }
    if (entry.mode === "submodule") {
      problems.push({ path, reason: "is a submodule", skipped: true });
      continue;
    }
    if (entry.mode === "symlink") {
      const to = symlinkTarget(snapshot, entry, platform);
      if (to.ok) redirects.push({ path, to: to.value });
      else problems.push({ path, reason: to.error, skipped: true });
      continue;
    }
    const dates = snapshot.dates(path);
    if (dates === undefined) {
      problems.push({ path, reason: "has no date in the history", skipped: true });
      continue;
    }
    let document: Document = { kind: "file", visibility: VISIBLE };
    if (mustBeRead(path)) {
      const known = before?.get(path);
      const same =
        known?.oid === entry.oid && known.created === dates.created.seconds && known.updated === dates.updated.seconds;
      document = known !== undefined && same ? known.document : read(snapshot, entry, platform);
      readings.set(path, {
        oid: entry.oid,
        created: dates.created.seconds,
        updated: dates.updated.seconds,
        document,
      });
    }
    if (document.kind === "skipped") {
      problems.push({ path, reason: document.reason, skipped: true });
      continue;
    }
    const { visibility } = document;
    const shown = options.drafts || isVisible(visibility, options.now);
    if (visibility.problem !== undefined) problems.push({ path, reason: visibility.problem, skipped: !shown });
    const change = nextChange(visibility, options.now);
    if (change !== undefined) nextDue = Math.min(nextDue ?? change, change);
    if (document.kind === "article" && document.warning !== undefined)
      problems.push({ path, reason: document.warning, skipped: !shown });
    if (!shown) continue;
    switch (document.kind) {
      case "article":
        articles.push(document.article);
        break;
      case "redirect":
        redirects.push({ path, to: document.to });
        break;
      case "file":
        files.push({
          kind: "static",
          path,
          oid: entry.oid,
          type: mediaType(extensionOf(path)),
          modified: dates.updated,
        });
        break;
    }
  }
  task.at = "";
  const settings = readSettings(snapshot, platform, problems);
  const laidOut = yield* layOut(settings, articles, redirects, files, problems, options.hookPath);
  const site: Site = { snapshot, settings, ...laidOut, problems: problems.slice(0, MAX_PROBLEMS), nextDue };
  readBefore.set(site, readings);
  return site;
}

function read(snapshot: Snapshot, entry: Entry, platform: Needs): Document {
  const bytes = snapshot.read(entry.oid);
  const dates = snapshot.dates(entry.path);
  if (bytes === undefined || dates === undefined) return { kind: "skipped", reason: "cannot be read from the pack" };
  const text = platform.utf8Decode(bytes).replace(/^\uFEFF/, "");
  return readDocument(entry.path, entry.oid, bytes.length, text, dates);
}

/** A symbolic link is a redirect to what it points at, which must lie in the repository and be served. */
function symlinkTarget(
  snapshot: Snapshot,
  entry: Entry,
  platform: Needs,
): { ok: true; value: string } | { ok: false; error: string } {
  const bytes = snapshot.read(entry.oid);
  if (bytes === undefined || bytes.length > 4096) return { ok: false, error: "is a link that cannot be read" };
  const target = platform.utf8Decode(bytes);
  if (target.startsWith("/")) return { ok: false, error: `links to ${target}, outside of the repository` };
  const path = resolvePath(directoryOf(entry.path), target);
  if (path === undefined) return { ok: false, error: `links to ${target}, outside of the repository` };
  if (isHidden(path)) return { ok: false, error: `links to ${target}, which is never served` };
  // layOut finds the URL that the path has.
  return { ok: true, value: REPOSITORY + path };
}
