// What a hostile or broken forge, or an author by accident, can do: it costs its share of memory and work, and no more.
// Each repository as the clone at boot and as an update over a good site, against the process and the machine; the
// machine lives, the good site is served meanwhile, the next good push (a signed hook) shows, and memory is back.
//
// A part of the kinds runs here, so that it takes five minutes; EPIPHYTE_FORGE=all runs each of them with 32, 64 and
// 256 MB in both ways against the process (two hours), EPIPHYTE_FORGE=KIND,KIND those alone, against the machine as well.
// The process needs root for a namespace and its TAP device.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRoot, want } from "../../tools/setup.ts";
import { DOCUMENTS } from "../support/hostile-documents.ts";
import { ForgeBed, type Target } from "./support/forge-bed.ts";
import { KINDS } from "./support/hostile-repositories.ts";
import { eventually } from "./support/peers.ts";

const OCTET = 120 + (process.pid % 60);
/** What a reader waits for a page meanwhile. It takes far less: the longest wait that was seen is printed. */
const SERVED_WITHIN_S = 20;
/** And what a forge waits for the answer to its hook: the machine is interpreted, ten times slower than the process. */
const ANSWERED_WITHIN_S = 300;
/** A push that comes later is shown by then, whatever the forge does with the one before. */
const OVERTAKEN_WITHIN_S = 45;
/** A page that costs all of its share is answered by then. */
const PAGE_WITHIN_S = 60;
/** How much more of the heap may be in use after all of it, in MB: what a site of one post leaves is the same each time. */
const HEAP_GROWTH = 2;

/** Repositories and answers that have no end, or none that makes sense. */
const ANSWERS = [
  ...["error", "refusal", "refs-endless", "refs-error-endless", "refs-zeros", "refs-flushes", "refs-words"],
  ...["refs-symref-ring", "refs-symref-long", "refs-long", "refs-same", "many-refs", "head-endless", "head-interim"],
  ...["redirect-self", "redirect-ring", "redirect-chain", "redirect-long", "redirect-odd", "redirect-dead"],
  ...["endless-progress", "endless-lines", "endless-nak", "endless-empty", "endless-pack", "endless-bytes"],
  ...["pack-none", "pack-nothing", "pack-lengths", "pack-other", "pack-spoilt"],
  ...["close-refs-start", "close-refs-head", "close-refs-body", "close-refs-middle"],
  ...["close-pack-start", "close-pack-head", "close-pack-body", "close-pack-middle"],
  ...["reset-refs-start", "reset-refs-middle", "reset-pack-head", "reset-pack-middle"],
];
const ALL = [...Object.keys(KINDS), ...ANSWERS];
/** What stands for its kind among the answers, in a bounded run. */
const MANY = [
  "many-refs",
  "head-endless",
  "redirect-self",
  "redirect-chain",
  "endless-lines",
  "endless-bytes",
  "pack-other",
];
const asked = process.env["EPIPHYTE_FORGE"];
const chosen = asked === undefined || asked === "all" ? undefined : asked.split(",");

/** What is tried: all of them, those that were asked for, or these. */
function kinds(...some: readonly string[]): readonly string[] {
  return chosen ?? (asked === "all" ? ALL : some);
}

async function page(target: Target): Promise<string> {
  return target.ask("/Posts/good", { seconds: SERVED_WITHIN_S });
}

/** A good push shows, whatever was before. */
async function recovers(bed: ForgeBed, target: Target, name: string): Promise<string> {
  await bed.serve(name);
  // By then it may be there already: what failed is tried again.
  const answer = await target.hook(ANSWERED_WITHIN_S);
  target.mustLive();
  expect(await target.ask("/Posts/good"), answer).toContain(`The good post says ${name}.`);
  return answer.trim().slice(0, 120);
}

/** The kind comes as an update; what the hook says of it. */
async function update(bed: ForgeBed, target: Target, kind: string): Promise<string> {
  // Also makes it ready.
  const before = await target.ask("/Posts/good");
  await bed.serve(kind);
  const began = Date.now();
  let answer = "";
  const hook = target.hook(ANSWERED_WITHIN_S).then((text) => {
    answer = text;
  });
  // The good site is served while the update goes on. What can be shown is shown a moment before the hook is answered.
  let isShown = false;
  let longest = 0;
  while (answer === "" && !target.ended) {
    const from = Date.now();
    const served = await page(target);
    longest = Math.max(longest, Date.now() - from);
    expect(served, kind).toContain("Served by Epiphyte");
    isShown ||= served !== before;
    await Promise.race([hook, new Promise((resolve) => setTimeout(resolve, 200))]);
  }
  await hook;
  target.mustLive();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (isShown) expect(await target.ask("/Posts/good"), kind).not.toBe(before);
  if (kind === "refusal" || kind === "error") expect(answer).toContain("the forge");
  expect(answer).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
  // A page of what is shown may be as hostile: it is asked for, and whatever it is, the machine goes on.
  for (const path of ["/p/a", "/", "/tags", "/atom", "/nowhere"])
    await target.ask(path, { seconds: 60 }).catch(() => "");
  target.mustLive();
  return `${seconds} s, others ${longest} ms, ${answer.trim().slice(0, 300)}`;
}

/** A target that follows a good repository. */
async function startGood(bed: ForgeBed, memory: number): Promise<Target> {
  await bed.serve("good-0");
  const target = bed.start(memory);
  await target.says(/ ready: /, 60_000);
  return target;
}

/** All of them over a good site, one after the other. */
async function updates(bed: ForgeBed, memory: number, list: readonly string[]): Promise<void> {
  const report: string[] = [];
  const failures: string[] = [];
  let target = await startGood(bed, memory);
  let number = 0;
  const next = (): Promise<string> => recovers(bed, target, `good-${memory}-${++number}`);
  try {
    await next();
    let before = await target.figures();
    for (const kind of list)
      try {
        report.push(`${kind}: ${await update(bed, target, kind)}`);
        report.push(`  ${await next()}`);
        if (chosen !== undefined) report.push(`  ${JSON.stringify(await target.figures())}`);
      } catch (cause) {
        // The others are tried all the same, by a program that nothing has happened to.
        failures.push(`${kind}: ${String(cause)}`);
        await target.stop();
        target = await startGood(bed, memory);
        await next();
        before = await target.figures();
      }
    await next();
    const after = await target.figures();
    report.push(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
    expect(failures, "kinds").toEqual([]);
    expect(after.heap).toBeLessThan(before.heap + HEAP_GROWTH);
    expect(after.receiveMemory).toBe(0);
    expect(after.inFlight).toBe(0);
    expect(target.text).not.toMatch(/panic|fault of ours/);
  } finally {
    console.log(`updates with ${memory} MB\n${report.join("\n")}`);
    await target.stop();
  }
}

/** The kind comes as the clone at boot; what the log says of it. */
async function clone(bed: ForgeBed, memory: number, kind: string): Promise<string> {
  await bed.serve(kind);
  const began = Date.now();
  const target = bed.start(memory);
  try {
    const said = await target.says(/^.*(next attempt in| ready: ).*$/m, ANSWERED_WITHIN_S * 1000);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    // Why there is no site is in the log.
    const reason = /^.*warning: http.*$/m.exec(target.text)?.[0];
    if (!said.includes(" ready: ")) expect(reason, kind).toBeDefined();
    await target.ask("/").catch(() => "");
    target.mustLive();
    const after = await recovers(bed, target, `good-${kind}`);
    expect(target.text, kind).not.toMatch(/panic|fault of ours/);
    return `${seconds} s, ${(reason ?? said).slice(0, 300)}\n  ${after}`;
  } finally {
    await target.stop();
  }
}

async function clones(bed: ForgeBed, memory: number, list: readonly string[]): Promise<void> {
  const report: string[] = [];
  const failures: string[] = [];
  for (const kind of list)
    await clone(bed, memory, kind).then(
      (told) => report.push(`${kind}: ${told}`),
      (cause) => failures.push(`${kind}: ${String(cause)}`),
    );
  console.log(`clones with ${memory} MB\n${report.join("\n")}`);
  expect(failures, "kinds").toEqual([]);
}

/** A forge that does nothing more, or next to nothing, at some place: a later push does not wait for it. */
async function overtakes(bed: ForgeBed, target: Target, kind: string): Promise<void> {
  await bed.serve(kind);
  const first = target.hook(ANSWERED_WITHIN_S);
  // Until it has come to that place.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await page(target), kind).toContain("Served by Epiphyte");
  await bed.serve(`good-${kind}`);
  await target.hook(OVERTAKEN_WITHIN_S);
  expect(await target.ask("/Posts/good"), kind).toContain(`The good post says good-${kind}.`);
  await first;
}

/** The same when there is no site yet. */
async function overtakesClone(bed: ForgeBed, memory: number, kind: string): Promise<void> {
  await bed.serve(kind);
  const target = bed.start(memory);
  try {
    await eventually("it says that it starts", 30_000, () =>
      target.ask("/").then(
        (text) => text || undefined,
        () => undefined,
      ),
    );
    expect(await target.ask("/")).toContain("This blog is starting.");
    await bed.serve(`good-${kind}`);
    await target.hook(OVERTAKEN_WITHIN_S);
    expect(await target.ask("/Posts/good"), kind).toContain(`The good post says good-${kind}.`);
  } finally {
    await target.stop();
  }
}

/** Each page is asked for by somebody, and whatever becomes of it, others get theirs. */
async function pages(bed: ForgeBed, memory: number, names: readonly string[]): Promise<void> {
  const report: string[] = [];
  await bed.serve("documents");
  const target = bed.start(memory);
  try {
    await target.says(/ ready: /, 60_000);
    for (const name of [...names, "nothing"]) {
      const began = Date.now();
      let answer: string | undefined;
      const asked_ = target.ask(`/p/${name}`, { seconds: PAGE_WITHIN_S }).then((text) => {
        answer = text;
      });
      while (answer === undefined && !target.ended) {
        expect(await page(target), name).toContain("The good post says hostile.");
        await Promise.race([asked_, new Promise((resolve) => setTimeout(resolve, 200))]);
      }
      await asked_;
      target.mustLive();
      const kind = /shown as it was written[^<]*|could not be made/.exec(answer ?? "")?.[0] ?? "shown";
      report.push(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s, ${kind.slice(0, 120)}`);
    }
    for (const path of ["/", "/p", "/atom", "/rss", "/feed.json", "/sitemap.xml", "/tags"])
      expect(await target.ask(path, { seconds: PAGE_WITHIN_S }), path).not.toBe("");
    await recovers(bed, target, "good-pages");
    const after = await target.figures();
    expect(after.receiveMemory).toBe(0);
    expect(after.inFlight).toBe(0);
    expect(target.text).not.toMatch(/panic|fault of ours/);
  } finally {
    console.log(`pages with ${memory} MB\n${report.join("\n")}`);
    await target.stop();
  }
}

const tools = isRoot() && want("curl", "ip");
const why = tools ? "" : " (skipped: needs root, curl and ip)";
const HOUR = 3_600_000;
const FAULTS = ["stall", "trickle"].flatMap((fault) =>
  ["refs", "pack"].flatMap((answer) =>
    ["start", "head", "body", "middle"].map((place) => `${fault}-${answer}-${place}`),
  ),
);

describe.skipIf(!tools)(`a hostile forge and the process${why}`, () => {
  let bed: ForgeBed;
  beforeAll(async () => {
    bed = await ForgeBed.process(`epi-forge-${process.pid}`, OCTET);
  });
  afterAll(() => bed?.close());

  test.each([
    [
      64,
      kinds("paths-10", "lone-blobs", "names-50000", "octopus", "deltas-late", "tags", "aliases", "quotes", ...MANY),
    ],
    [32, kinds("paths-5", "lone-blobs", "changed", "deltas-fan", "wide-top", "dashes", "refs-endless")],
    [256, kinds("names-199000", "tags", "deltas", "endless-bytes")],
  ])("updates over a good site, with %i MB", (memory, list) => updates(bed, memory, list), HOUR);

  test.each([
    [64, kinds("paths-10", "nested-directories", "tags", "deep-list", "redirect-ring", "close-pack-middle")],
    [32, kinds("lone-blobs", "names-50000", "quotes", "endless-progress")],
    [256, kinds("paths-wide", "aliases")],
  ])("clones at boot, with %i MB", (memory, list) => clones(bed, memory, list), HOUR);

  test(
    "a push overtakes a forge that stands still",
    async () => {
      const target = await startGood(bed, 64);
      try {
        const some = ["stall-refs-start", "trickle-refs-body", "stall-pack-head", "trickle-pack-middle"];
        for (const kind of asked === "all" ? FAULTS : some) await overtakes(bed, target, kind);
      } finally {
        await target.stop();
      }
      for (const kind of asked === "all" ? FAULTS : ["stall-pack-middle"]) await overtakesClone(bed, 64, kind);
    },
    HOUR,
  );

  // Of 32 MB an update has 14, which all of these documents together no longer fit into.
  test.each([64, 36])(
    "pages of hostile documents, with %i MB",
    (memory) => {
      const some = memory === 64 ? ["emphasis", "links-bare", "table-square", "mail-nearly"] : ["quotes", "list-wide"];
      return pages(bed, memory, asked === "all" ? Object.keys(DOCUMENTS) : some);
    },
    HOUR,
  );
});

describe.skipIf(!want("curl", "qemu-system-x86_64"))("a hostile forge and the machine", () => {
  let bed: ForgeBed;
  beforeAll(async () => {
    bed = await ForgeBed.machine();
  });
  afterAll(() => bed?.close());

  test.each([
    [64, chosen ?? ["tags", "quotes"]],
    [32, chosen ?? ["lone-blobs"]],
    [256, chosen ?? ["long-paths"]],
  ])("updates over a good site, with %i MB", (memory, list) => updates(bed, memory, list), HOUR);

  test.each([
    [64, chosen ?? ["quotes"]],
    [32, chosen ?? ["tags"]],
  ])("clones at boot, with %i MB", (memory, list) => clones(bed, memory, list), HOUR);

  test("a push overtakes a forge that stands still", () => overtakesClone(bed, 32, "trickle-pack-head"), HOUR);
});
