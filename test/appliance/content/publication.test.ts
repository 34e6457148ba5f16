import { describe, expect, it } from "vitest";
import { SiteBuilder } from "../../../appliance/content/build.ts";
import { MAX_HIDDEN_VERSIONS } from "../../../appliance/content/publication.ts";
import type { Article, Site } from "../../../appliance/content/site.ts";
import { Feeds } from "../../../appliance/render/feeds.ts";
import { nextSite } from "../../support/build-site.ts";
import { FAKE_NOW, type FakeFile, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";

const DAY = 86_400;
const JANUARY = FAKE_NOW - 200 * DAY;
const JUNE = FAKE_NOW - 50 * DAY;

async function site(files: Readonly<Record<string, string | FakeFile>>): Promise<Site> {
  return nextSite(new SiteBuilder(new VirtualPlatform(), { drafts: false }), fakeSnapshot(files), FAKE_NOW);
}

function redirects(built: Site): Record<string, string> {
  return Object.fromEntries(
    [...built.routes].flatMap(([url, route]) => (route.kind === "redirect" ? [[url, route.to]] : [])),
  );
}

function ids(built: Site): string[] {
  const atom = new Feeds(new VirtualPlatform()).render(built, "atom", undefined, () => ({ body: "", abstract: "" }));
  return [...atom.matchAll(/<id>(urn:uuid:[^<]*)<\/id>/g)].map((match) => match[1]!);
}

describe("an article that was renamed", () => {
  const one = { text: "# One\n\nText", created: JANUARY };
  const two = { text: "# Two\n\nText", created: JANUARY };

  it("is found at its old addresses, which lead on", async () => {
    const built = await site({ "posts/new name.md": { ...one, formerPaths: ["posts/b.md", "old/a.md"] } });
    expect(redirects(built)).toEqual({
      "/posts/new name.md": "/posts/new%20name",
      "/posts/b": "/posts/new%20name",
      "/posts/b.md": "/posts/new%20name",
      "/old/a": "/posts/new%20name",
      "/old/a.md": "/posts/new%20name",
    });
  });

  it("gives way to what is at its old address today", async () => {
    const built = await site({ "posts/b.md": { ...one, formerPaths: ["posts/a.md"] }, "posts/a.md": two });
    expect(built.routes.get("/posts/a")).toMatchObject({ kind: "article", article: { title: "Two" } });
  });

  it("does not tell of names that were hidden", async () => {
    const built = await site({ "posts/b.md": { ...one, formerPaths: [".private/plan.md", "_drafts/b.md"] } });
    expect(Object.keys(redirects(built))).toEqual(["/posts/b.md"]);
  });

  it("keeps its ids in feeds, those of articles that came with one commit, too", async () => {
    const before = await site({ "posts/a.md": one, "posts/z.md": two });
    const after = await site({ "posts/z.md": two, "posts/zz.md": { ...one, formerPaths: ["posts/a.md"] } });
    expect(ids(before)).toHaveLength(3);
    expect([...ids(after)].sort()).toEqual([...ids(before)].sort());
  });

  it("in a Jekyll blog leads on from the address that its old name had", async () => {
    const built = await site({
      "_config.yml": "title: J",
      "_posts/2026-01-02-new.md": { text: "---\ntitle: N\n---\nx", formerPaths: ["_posts/2026-01-01-old.md"] },
    });
    expect(redirects(built)["/2026/01/01/old.html"]).toBe("/2026/01/02/new.html");
  });
});

it("a picture that was moved is found at its old address", async () => {
  const built = await site({ "static/img/b.png": { text: "png", formerPaths: ["static/a.png"] } });
  expect(redirects(built)["/static/a.png"]).toBe("/static/img/b.png");
});

describe("an article is dated by the commit that shows it first", () => {
  const dateOf = async (file: FakeFile, path = "posts/a.md"): Promise<number> => {
    const built = await site({ [path]: file });
    return (built.documents.get(path) as Article).created.seconds;
  };
  const draft = "---\ntitle: A\ndraft: true\n---\nText";
  const shown = "---\ntitle: A\n---\nText";

  it("when its draft: is taken away", async () => {
    const file = { text: shown, created: JANUARY, updated: JUNE, before: [{ text: draft, time: JANUARY }] };
    expect(await dateOf(file)).toBe(JUNE);
    // What is changed afterwards changes nothing of that.
    const later = {
      ...file,
      text: `${shown} more`,
      updated: JUNE + DAY,
      before: [{ text: shown, time: JUNE }, { text: `${draft} more`, time: JANUARY + DAY }, ...file.before],
    };
    expect(await dateOf(later)).toBe(JUNE);
  });

  it("when it is moved to where it is seen", async () => {
    const file = {
      text: shown,
      created: JANUARY,
      updated: JUNE,
      formerPaths: ["_drafts/a.md"],
      before: [{ text: shown, time: JANUARY, path: "_drafts/a.md" }],
    };
    expect(await dateOf(file)).toBe(JUNE);
  });

  it("the first time, when it was hidden again and came back", async () => {
    const before = [
      { text: draft, time: JUNE - DAY },
      { text: shown, time: JUNE - 2 * DAY },
      { text: draft, time: JANUARY },
    ];
    expect(await dateOf({ text: shown, created: JANUARY, updated: JUNE, before })).toBe(JUNE - 2 * DAY);
  });

  it("after many versions that were hidden", async () => {
    const versions = (count: number, text: string, from: number): { text: string; time: number }[] =>
      Array.from({ length: count }, (_, i) => ({ text: `${text} ${count - i}`, time: from - i }));
    const before = [...versions(30, shown, JUNE), ...versions(3 * MAX_HIDDEN_VERSIONS, draft, JUNE - 100)];
    expect(await dateOf({ text: shown, created: JANUARY, updated: JUNE + 1, before })).toBe(JUNE - 29);
  });

  it("but not when its header has a date, and not when it was never hidden", async () => {
    const dated = "---\ntitle: A\ndate: 2026-03-01\n---\nText";
    const before = [{ text: draft, time: JANUARY }];
    expect(await dateOf({ text: dated, created: JANUARY, updated: JUNE, before })).toBe(Date.UTC(2026, 2, 1) / 1000);
    const open = [{ text: "---\ntitle: Old\n---\n", time: JANUARY }];
    expect(await dateOf({ text: shown, created: JANUARY, updated: JUNE, before: open })).toBe(JANUARY);
  });
});
