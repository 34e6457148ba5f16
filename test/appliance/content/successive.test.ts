// Sites one after the other: what is taken over from the last must not be told from what is made anew.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SiteBuilder } from "../../../appliance/content/build.ts";
import type { Site } from "../../../appliance/content/site.ts";
import type { Entry, PathDates, Snapshot } from "../../../appliance/git/snapshot.ts";
import { buildSite, nextSite } from "../../support/build-site.ts";
import { FAKE_NOW, type FakeFile, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";

type Files = Readonly<Record<string, FakeFile>>;

/** What stays is the same object, as in a store. */
function following(files: Files, before: Snapshot | undefined): Snapshot {
  const snapshot = fakeSnapshot(files);
  if (before === undefined) return snapshot;
  const entries = new Map<string, Entry>();
  const dates = new Map<string, PathDates>();
  for (const [path, entry] of snapshot.entries) {
    const known = before.entries.get(path);
    entries.set(path, known?.oid === entry.oid && known.mode === entry.mode ? known : entry);
    const [then, now] = [before.dates(path), snapshot.dates(path)!];
    dates.set(path, JSON.stringify(then) === JSON.stringify(now) ? then! : now);
  }
  return { ...snapshot, entries, dates: (path) => dates.get(path) };
}

/** All that a reader or the author could see, with the order of what has one. */
function seen(site: Site): unknown {
  const { snapshot: _, layout, templates, names: __, spellings, host: ___, ...rest } = site;
  return {
    ...rest,
    layout: [layout.name, layout.key],
    routes: [...site.routes],
    documents: [...site.documents],
    fileUrls: [...site.fileUrls],
    templates: [...templates],
    spelt: [...site.routes.keys()].map((url) => spellings.of(url.toUpperCase())),
  };
}

async function expectSame(states: readonly Files[]): Promise<void> {
  const platform = new VirtualPlatform();
  const options = { drafts: false };
  const builder = new SiteBuilder(platform, options);
  let snapshot: Snapshot | undefined;
  for (const files of states) {
    snapshot = following(files, snapshot);
    const next = await nextSite(builder, snapshot, FAKE_NOW);
    const anew = await buildSite(snapshot, platform, { ...options, now: FAKE_NOW });
    expect(seen(next)).toEqual(seen(anew));
  }
}

const TERMS = ["Go", "go", "C", "Rust/WASM", "a b"];
const names = fc.constantFrom("a", "b", "c", "d", "B", "index", "_index", "2026-01-02-e", "README");
const folders = fc.constantFrom(
  "",
  "Posts/",
  "Posts/2026/",
  "content/",
  "content/posts/",
  "_posts/",
  "static/",
  "Tags/",
);
const paths = fc.tuple(folders, names, fc.constantFrom("", ".md", ".html")).map((parts) => parts.join(""));
const texts = fc
  .record({
    title: fc.constantFrom("One", "Two"),
    tags: fc.subarray(TERMS),
    author: fc.constantFrom("Ada", "Bob", ""),
    extra: fc.constantFrom(
      "",
      "draft: true",
      "weight: 3",
      "date: 2020-05-06",
      "date: 2999-01-01",
      "aliases: [/a, /Posts/b]",
      "url: /b",
      "series: S",
      "tags: [",
    ),
    body: fc.constantFrom("Text.", "[b](b.md) and [[c]]", "![x](/static/a)"),
  })
  .map(
    ({ title, tags, author, extra, body }) =>
      `---\ntitle: ${title}\ntags: [${tags.join(", ")}]\n${author === "" ? "" : `author: ${author}\n`}${extra}\n---\n\n${body}\n`,
  );
const settings = fc.constantFrom<Files>(
  {},
  { "hugo.toml": { text: 'title = "H"\n' } },
  { "hugo.toml": { text: 'title = "H"\nignoreFiles = ["a"]\n' } },
  { "_config.yml": { text: "title: J\n" } },
  { "_config.yml": { text: "title: J\nexclude: [a.md]\n" } },
  { "config.toml": { text: 'base_url = "/"\n', created: FAKE_NOW - 99 }, "content/_index.md": { text: "+++\n+++\n" } },
  {
    "config.toml": { text: 'base_url = "/"\nignored_content = ["a*"]\n' },
    "content/_index.md": { text: "+++\n+++\n" },
  },
  { ".config/index_page": { text: "Posts\n" } },
  { ".config/templates/footer.mustache": { text: "{{name}}\n" } },
  { ".eleventy.js": { text: "" } },
  { ".eleventy.js": { text: "" }, ".eleventyignore": { text: "a.md\n" } },
  { ".obsidian/app.json": { text: '{"userIgnoreFilters":["Posts/2026"]}' } },
);
const file = fc.record({ text: texts, created: fc.integer({ min: FAKE_NOW - 9, max: FAKE_NOW }) });
const filesAtFirst = fc.dictionary(paths, file, { minKeys: 12, maxKeys: 24 });
const filesPut = fc.dictionary(paths, file, { maxKeys: 3 });

describe("a Site after another", () => {
  test("is the one that is made anew, whatever is pushed", async () => {
    const push = fc.record({ settings: fc.option(settings, { freq: 3 }), put: filesPut, drop: fc.option(fc.nat(20)) });
    await fc.assert(
      fc.asyncProperty(settings, filesAtFirst, fc.array(push, { maxLength: 5 }), async (set, first, pushes) => {
        let [ruled, there]: [Files, Files] = [set, first];
        const states: Files[] = [{ ...there, ...ruled }];
        for (const { settings: rules, put, drop } of pushes) {
          ruled = rules ?? ruled;
          const left = Object.entries(there).filter((_, i) => i !== drop);
          there = { ...Object.fromEntries(left), ...put };
          states.push({ ...there, ...ruled });
        }
        await expectSame(states);
      }),
      { numRuns: 40 },
    );
  });

  test("is the one that is made anew when one of many comes, changes, moves and goes", async () => {
    const many: Record<string, FakeFile> = {};
    for (let i = 0; i < 60; i++)
      many[`Posts/${2000 + (i % 7)}/p${i}`] = {
        text: `---\ntitle: P${i}\nauthor: ${i % 3 === 0 ? "Ada" : "Bob"}\ntags: t${i % 5}, ${i % 2 === 0 ? "Go" : "go"}\n---\n\nText ${i}.\n`,
        created: FAKE_NOW - 1000 * (i % 40),
      };
    const { "Posts/2003/p3": third, ...without } = many;
    const changed = { ...third!, text: third!.text.toString().replace("go", "Rust") };
    await expectSame([
      many,
      { ...many, "Posts/2026/new": { text: "---\ntitle: New\ntags: Go\n---\n\nNew.\n", created: FAKE_NOW } },
      { ...many, "Posts/2003/p3": changed },
      { ...without, "Posts/2004/p3": { ...changed, formerPaths: ["Posts/2003/p3"] } },
      without,
      { ...without, "README.md": { text: "# Hello\n" } },
      { ...without, "README.md": { text: "# Hello again\n" } },
      without,
    ]);
  });

  test.each<[layout: string, before: Files, after: Files, hidden: string]>([
    ["Hugo", { "hugo.toml": { text: "" } }, { "hugo.toml": { text: 'ignoreFiles = ["a.md"]\n' } }, "content/a.md"],
    [
      "Zola",
      { "config.toml": { text: 'base_url = "/"\n' }, "content/_index.md": { text: "+++\n+++\n" } },
      {
        "config.toml": { text: 'base_url = "/"\nignored_content = ["a*"]\n' },
        "content/_index.md": { text: "+++\n+++\n" },
      },
      "content/a.md",
    ],
    [
      "Jekyll",
      { "_config.yml": { text: "title: J\n" } },
      { "_config.yml": { text: "title: J\nexclude: [a.md]\n" } },
      "a.md",
    ],
    [
      "Eleventy",
      { ".eleventy.js": { text: "" }, ".eleventyignore": { text: "" } },
      { ".eleventy.js": { text: "" }, ".eleventyignore": { text: "a.md\n" } },
      "a.md",
    ],
    [
      "Obsidian",
      { ".obsidian/app.json": { text: "{}" } },
      { ".obsidian/app.json": { text: '{"userIgnoreFilters":["a.md"]}' } },
      "a.md",
    ],
  ])("what the settings of %s begin to leave out is left out at once", async (layout, before, after, hidden) => {
    const text = layout === "Zola" ? "+++\ntitle = 'A'\n+++\n\nText.\n" : "---\ntitle: A\n---\n\nText.\n";
    const documents: Files = { [hidden]: { text }, [hidden.replace("a.md", "b.md")]: { text } };
    const builder = new SiteBuilder(new VirtualPlatform(), { drafts: false });
    const first = following({ ...documents, ...before }, undefined);
    const shown = await nextSite(builder, first, FAKE_NOW);
    expect(shown.layout.name).toBe(layout);
    expect(shown.documents.has(hidden)).toBe(true);
    const next = await nextSite(builder, following({ ...documents, ...after }, first), FAKE_NOW);
    expect(next.documents.has(hidden)).toBe(false);
    expect(next.documents.has(hidden.replace("a.md", "b.md"))).toBe(true);
  });

  test("reads only what is new", async () => {
    const platform = new VirtualPlatform();
    const builder = new SiteBuilder(platform, { drafts: false });
    const text = (title: string) => `---\ntitle: ${title}\n---\n\nText.\n`;
    const first = following({ "Posts/a": { text: text("A") }, "Posts/b": { text: text("B") } }, undefined);
    await nextSite(builder, first, FAKE_NOW);
    const second = following(
      { "Posts/a": { text: text("A") }, "Posts/b": { text: text("B2") }, "Posts/c": { text: text("C") } },
      first,
    );
    const read: string[] = [];
    const watched: Snapshot = {
      ...second,
      read: (oid) => {
        read.push([...second.entries.values()].find((entry) => entry.oid === oid)?.path ?? "?");
        return second.read(oid);
      },
    };
    const site = await nextSite(builder, watched, FAKE_NOW);
    expect(read).toEqual(["Posts/b", "Posts/c"]);
    expect([...site.documents.values()].map(({ title }) => title)).toEqual(["A", "B2", "C"]);
  });
});
