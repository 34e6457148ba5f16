// Snapshot -> Site. Every file is looked at once; what has not changed since the Site before is taken over as it was
// read. Nothing in a repository can make this fail: what cannot be read is left out and told in `problems`.

import type { Entry, PathDates, Snapshot } from "../git/snapshot.ts";
import type { Platform } from "../platform.ts";
import { describeTaskFault, Task } from "../task.ts";
import type { Arrangement } from "./arrangement.ts";
import {
  type Document,
  MAX_DOCUMENT_LENGTH,
  mustBeRead,
  readDocument,
  type Source,
  visibilityOfFile,
} from "./document.ts";
import { readHostRules } from "./host/rules.ts";
import type { Layout, Place } from "./layouts/layout.ts";
import { recognise } from "./layouts/recognise.ts";
import { checkLinks, type Linking } from "./link-check.ts";
import { mediaType } from "./mime.ts";
import { directoryOf, extensionOf, isMarkdownName, resolvePath } from "./paths.ts";
import type { Fault, Problem } from "./problem.ts";
import { firstShown, formerNames } from "./publication.ts";
import { layOut, REPOSITORY } from "./routes.ts";
import { readSettings, type Surroundings } from "./settings.ts";
import type { Article, Route, Site, Unseen } from "./site.ts";
import { type Declared, declaredBy } from "./stylesheet.ts";
import { readTemplates } from "./templates.ts";
import { isVisible, nextChange, VISIBLE, type Visibility } from "./visibility.ts";

/** More files than this are left out: each costs memory, and a blog is not a file server. */
export const MAX_FILES = 50_000;
/** Problems that are kept, and characters of them; a repository that is no blog has one for every file. */
export const MAX_PROBLEMS = 1000;
export const MAX_PROBLEM_LENGTH = 200_000;
/** Units of work (Platform.worked) to read one document: fifty times what an ordinary one takes; and by its length. */
const READ_WORK = 50_000;
const READ_WORK_PER_BYTE = 0.25;

export function workToRead(length: number): number {
  return READ_WORK + Math.floor(READ_WORK_PER_BYTE * Math.min(length, MAX_DOCUMENT_LENGTH));
}
/** Microseconds of work between two pauses, in which the network is served. */
const SLICE = 10_000;
/** Files that are taken over as they were read, between two looks at the clock. */
const PAUSE_KNOWN = 32;
/** Readings between two pauses, when those that nobody needs any more are let go. */
const PAUSE_READINGS = 256;

export interface BuildOptions extends Surroundings {
  /** Show what its header hides, and what is to come (writing on one's own machine). */
  readonly drafts: boolean;
  /** Path of the webhook, where no page can be. */
  readonly hookPath?: string;
}

type Needs = Pick<Platform, "now" | "utf8Decode" | "utf8Encode" | "sha1" | "attempt" | "worked" | "sleep">;
/** The task that building is; it is told at which path it is. */
type Told = Pick<Task, "at">;

/** A document as it was read, and of what. */
interface Reading {
  readonly entry: Entry;
  readonly dates: PathDates;
  readonly document: Document;
  /** The pass that used it last. */
  pass: number;
}

interface Made {
  readonly site: Site;
  /** What the next is made with. */
  readonly arrangement: Arrangement;
}

/** Builds one Site after the other and keeps what it read for the last. */
export class SiteBuilder {
  readonly #platform: Needs;
  readonly #options: BuildOptions;
  #readings = new Map<string, Reading>();
  #passes = 0;
  /** What all readings depend on (Layout.key). */
  #key = "";
  #arrangement: Arrangement | undefined;

  constructor(platform: Needs, options: BuildOptions) {
    this.#platform = platform;
    this.#options = options;
  }

  /**
   * The Site at a moment, in seconds since 1970, in the steps of a task (task.ts): where it ends early, nothing is kept of
   * it. Never throws for anything that is in the repository.
   */
  *build(snapshot: Snapshot, now: number, task: Told): Generator<undefined, Site, undefined> {
    const layout = recognise(snapshot, this.#platform);
    const key = `${layout.name}\0${layout.key}`;
    const known = key === this.#key ? this.#readings : new Map<string, Reading>();
    const pass = new Pass(snapshot, layout, this.#platform, known, this.#options, now, ++this.#passes);
    const { site, arrangement } = yield* pass.run(task, this.#arrangement);
    this.#arrangement = arrangement;
    this.#readings = known;
    this.#key = key;
    for (const [path, reading] of pass.fresh) known.set(path, reading);
    if (known.size > pass.used) yield* this.#forgetOthers();
    return site;
  }

  /** What the last pass had no use for. */
  *#forgetOthers(): Generator<undefined, void, undefined> {
    let steps = 0;
    for (const [path, { pass }] of this.#readings) {
      if (++steps % PAUSE_READINGS === 0) yield;
      if (pass !== this.#passes) this.#readings.delete(path);
    }
  }
}

/** One walk over the files of a Snapshot. */
class Pass {
  /** Documents that were read in this pass, by path. */
  readonly fresh = new Map<string, Reading>();
  /** How many were read, or taken over as they had been. */
  used = 0;
  readonly #number: number;
  readonly #snapshot: Snapshot;
  readonly #platform: Needs;
  readonly #before: ReadonlyMap<string, Reading>;
  readonly #options: BuildOptions;
  readonly #now: number;
  readonly #problems: Problem[] = [];
  readonly #articles: Article[] = [];
  readonly #redirects: { readonly path: string; readonly to: string; readonly url?: string | undefined }[] = [];
  readonly #files: StaticRoute[] = [];
  /** Files that had other addresses, decoded. */
  readonly #moved: { readonly from: string; readonly to: string }[] = [];
  readonly #links: Linking[] = [];
  /** Files that go with a document, by the document's path or directory. */
  readonly #beside: { readonly place: Extract<Place, { kind: "beside" }>; readonly file: StaticRoute }[] = [];
  readonly #layout: Layout;
  #machinery = 0;
  /** A document was read since the last look at the clock. */
  #hasRead = false;
  readonly #unseen = { byHeader: 0, byPlace: 0, untilLater: 0, sinceThen: 0 };
  #nextDue: number | undefined;

  constructor(
    snapshot: Snapshot,
    layout: Layout,
    platform: Needs,
    before: ReadonlyMap<string, Reading>,
    options: BuildOptions,
    now: number,
    number: number,
  ) {
    this.#snapshot = snapshot;
    this.#layout = layout;
    this.#platform = platform;
    this.#before = before;
    this.#options = options;
    this.#now = now;
    this.#number = number;
  }

  /** `before`: of the last Site. */
  *run(task: Told, before: Arrangement | undefined): Generator<undefined, Made, undefined> {
    const snapshot = this.#snapshot;
    let sliceEnd = this.#platform.now() + SLICE;
    let count = 0;
    for (const entry of snapshot.entries.values()) {
      // What is taken over takes no time to speak of: the clock is not asked for each.
      if ((this.#hasRead || count % PAUSE_KNOWN === 0) && this.#platform.now() >= sliceEnd) {
        yield;
        sliceEnd = this.#platform.now() + SLICE;
      }
      this.#hasRead = false;
      const known = this.#before.get(entry.path);
      if (known !== undefined && count < MAX_FILES && this.#takeAgain(entry, known)) {
        count++;
        continue;
      }
      const place = this.#layout.place(entry.path);
      if (place.kind === "machinery") this.#machinery++;
      if (place.kind === "hidden" && isMarkdownName(entry.path)) this.#unseen.byPlace++;
      if (place.kind === "hidden" || place.kind === "machinery") continue;
      if (++count > MAX_FILES) {
        this.#leaveOut(entry.path, `only ${MAX_FILES} files are served; this and all after it are left out`);
        break;
      }
      task.at = entry.path;
      const fault = entry.mode === "symlink" ? this.#takeLink(entry, place) : this.#take(entry, place);
      if (fault !== undefined) this.#leaveOut(entry.path, fault);
    }
    task.at = "";
    const problems = this.#problems;
    for (const { path, fault } of this.#layout.faults) problems.push({ path, ...fault, skipped: false });
    const settings = readSettings(snapshot, this.#platform, problems, this.#layout.facts, this.#options);
    const host = readHostRules(snapshot, this.#platform, problems, settings.untrusted);
    const { arrangement, ...laidOut } = yield* layOut({
      settings,
      layout: this.#layout,
      documents: this.#articles,
      redirects: this.#redirects,
      files: this.#files,
      beside: this.#beside,
      moved: this.#moved,
      problems,
      hookPath: this.#options.hookPath,
      host,
      before,
    });
    const templates = readTemplates(snapshot, this.#platform, problems, settings.untrusted);
    const scheme = this.#scheme(settings.look.scheme, laidOut.stylesheet?.oid);
    const machinery = this.#machinery;
    const unseen = this.#unseen;
    const site = { ...laidOut, snapshot, settings, layout: this.#layout, machinery, unseen, templates, scheme };
    yield* checkLinks(site, this.#links, problems);
    return { site: { ...site, problems: firstProblems(problems), nextDue: this.#nextDue }, arrangement };
  }

  /** What is set counts, then what the repository's own stylesheet says. */
  #scheme(set: Declared["scheme"], stylesheet: string | undefined): Declared {
    if (set !== "both") return { scheme: set, choice: false };
    const bytes = stylesheet === undefined ? undefined : this.#snapshot.read(stylesheet);
    return bytes === undefined ? { scheme: "both", choice: true } : declaredBy(this.#platform.utf8Decode(bytes));
  }

  #leaveOut(path: string, reason: string): void {
    this.#problems.push({ path, reason, skipped: true });
  }

  /** Why the file is left out; undefined when it is not. */
  #take(entry: Entry, place: Exclude<Place, { kind: "hidden" | "machinery" }>): string | undefined {
    const { path } = entry;
    if (entry.mode === "submodule") return "is a submodule";
    if (place.kind === "left") return place.reason;
    const dates = this.#snapshot.dates(path);
    if (dates === undefined) return "has no date in the history";
    // Every file that is served is looked at: its header, if it has one, may hide it.
    const read = place.kind === "document" ? place : ANY_PLACE;
    const known = this.#known(entry, dates);
    const document = known ?? (mustBeRead(path, read) ? this.#read(entry, dates, place) : PLAIN_FILE);
    if (!this.#judge(path, document) || document.kind === "skipped") return undefined;
    switch (document.kind) {
      case "article":
        this.#articles.push(document.article);
        if (document.links.length > 0) this.#links.push({ article: document.article, links: document.links });
        break;
      case "made":
        this.#machinery++;
        break;
      case "redirect":
        this.#redirects.push({ path, to: document.to, url: document.url });
        break;
      case "file": {
        const type = mediaType(extensionOf(path));
        const url = urlOfFile(path, place);
        const file: StaticRoute = { kind: "static", path, url, oid: entry.oid, type, modified: dates.updated };
        if (place.kind === "beside") this.#beside.push({ place, file });
        else this.#files.push(file);
        for (const name of formerNames(this.#layout, dates.formerPaths ?? [])) {
          const then = this.#layout.place(name);
          this.#moved.push({ from: urlOfFile(name, then), to: url });
        }
        break;
      }
    }
    return undefined;
  }

  /** Most are as they were: articles that everybody may see, and that have no fault. */
  #takeAgain(entry: Entry, reading: Reading): boolean {
    const { document } = reading;
    if (reading.entry !== entry || document.kind !== "article") return false;
    if (document.visibility !== VISIBLE || document.faults.length > 0) return false;
    if (this.#snapshot.dates(entry.path) !== reading.dates) return false;
    reading.pass = this.#number;
    this.used++;
    this.#articles.push(document.article);
    if (document.links.length > 0) this.#links.push({ article: document.article, links: document.links });
    return true;
  }

  /** The document as it was read for the Site before, when nothing that it is made of has changed. */
  #known({ path, oid }: Entry, dates: PathDates): Document | undefined {
    const known = this.#before.get(path);
    if (known === undefined || known.entry.oid !== oid || !areSame(known.dates, dates)) return undefined;
    known.pass = this.#number;
    this.used++;
    return known.document;
  }

  #read(entry: Entry, dates: PathDates, place: Place): Document {
    this.#hasRead = true;
    const document = this.#decode(entry.path, entry.oid, dates, place);
    this.fresh.set(entry.path, { entry, dates, document, pass: this.#number });
    this.used++;
    return document;
  }

  #decode(path: string, oid: string, dates: PathDates, place: Place): Document {
    const bytes = this.#snapshot.read(oid);
    if (bytes === undefined)
      return { kind: "skipped", reason: "cannot be read from the pack", line: undefined, visibility: VISIBLE };
    const text = this.#platform.utf8Decode(bytes).replace(/^\uFEFF/, "");
    const source: Source = {
      path,
      oid,
      length: bytes.length,
      text,
      dates,
      firstShown: () => firstShown(this.#snapshot, this.#platform, this.#layout, path, text),
    };
    const read = (): Document => {
      if (place.kind === "document" || place.kind === "any") return readDocument(source, this.#layout, place);
      return { kind: "file", visibility: visibilityOfFile(path, text) };
    };
    // One document that takes too much is left out, as one that cannot be read. Where memory is short, all of it is: then
    // it is read on the account of the whole, which ends by it.
    const result = new Task(this.#platform, { keep: 0, work: workToRead(bytes.length) }).attempt(read);
    if (result.ok) return result.value;
    if (result.error.kind === "memory") return read();
    return { kind: "skipped", reason: describeTaskFault(result.error), line: undefined, visibility: UNKNOWN };
  }

  /** Whether it is to be seen now; notes its problems, and when that changes. */
  #judge(path: string, document: Document): boolean {
    const { kind, visibility } = document;
    // Most say nothing about it.
    if (visibility === VISIBLE && kind === "article" && document.faults.length === 0) return true;
    const visible = isVisible(visibility, this.#now);
    if (!visible && kind !== "skipped") this.#unseen[reasonUnseen(visibility, this.#now)]++;
    const shown = (visible || this.#options.drafts) && kind !== "skipped";
    const faults: Fault[] = kind === "skipped" ? [document] : kind === "article" ? [...document.faults] : [];
    if (kind !== "skipped" && visibility.problem !== undefined)
      faults.unshift({ reason: visibility.problem, line: undefined });
    for (const { reason, line } of faults)
      this.#problems.push({ path, reason, line, skipped: !shown, ...(visible ? {} : { hides: true }) });
    const change = nextChange(visibility, this.#now);
    if (change !== undefined && kind !== "skipped") this.#nextDue = Math.min(this.#nextDue ?? change, change);
    return shown;
  }

  /** A symbolic link is a redirect to what it points at, which must lie in the repository and be served. */
  #takeLink({ path, oid }: Entry, place: Place): string | undefined {
    const bytes = this.#snapshot.read(oid);
    if (bytes === undefined || bytes.length > MAX_LINK_LENGTH) return "is a link that cannot be read";
    const target = this.#platform.utf8Decode(bytes);
    const to = target.startsWith("/") ? undefined : resolvePath(directoryOf(path), target);
    if (to === undefined) return `links to ${target}, outside of the repository`;
    const kind = this.#layout.place(to).kind;
    if (kind === "hidden" || kind === "machinery") return `links to ${target}, which is never served`;
    // layOut finds the URL that the path has.
    this.#redirects.push({ path: place.kind === "file" ? place.url.slice(1) : path, to: REPOSITORY + to });
    return undefined;
  }
}

/** Where both are of one history, they are one object (git/path-dates.ts). */
function areSame(a: PathDates, b: PathDates): boolean {
  if (a === b) return true;
  return (
    a.created.seconds === b.created.seconds &&
    a.updated.seconds === b.updated.seconds &&
    a.createdBy.name === b.createdBy.name &&
    a.formerPaths?.join("\0") === b.formerPaths?.join("\0")
  );
}

/** Of a file that is served as it stands. */
function urlOfFile(path: string, place: Place): string {
  return (place.kind === "file" ? place.url : place.kind === "document" ? place.fileUrl : undefined) ?? `/${path}`;
}

function reasonUnseen({ hidden, from }: Visibility, now: number): keyof Unseen {
  if (hidden) return "byHeader";
  return from !== undefined && from > now ? "untilLater" : "sinceThen";
}

function firstProblems(problems: readonly Problem[]): readonly Problem[] {
  let length = 0;
  const end = problems.findIndex(({ path, reason }) => {
    length += path.length + reason.length;
    return length > MAX_PROBLEM_LENGTH;
  });
  return problems.slice(0, Math.min(MAX_PROBLEMS, end < 0 ? problems.length : end));
}

type StaticRoute = Extract<Route, { kind: "static" }>;

const ANY_PLACE = { kind: "any" } as const;
const PLAIN_FILE: Document = { kind: "file", visibility: VISIBLE };
/** Of what was not read: its author may have meant to hide it. */
const UNKNOWN: Visibility = { ...VISIBLE, hidden: true };
/** Bytes of a symbolic link's target, as file systems bound it. */
const MAX_LINK_LENGTH = 4096;
