import { describe, expect, it } from "vitest";
import type { Site } from "../../../appliance/content/site.ts";
import { bodyWork, MAX_BODY_WORK } from "../../../appliance/render/body-work.ts";
import { NOTHING } from "../../../appliance/render/html.ts";
import { Renderer, UNMADE_FOR } from "../../../appliance/render/renderer.ts";
import { buildSite } from "../../support/build-site.ts";
import { FAKE_NOW, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";

async function bench(files: Readonly<Record<string, string>>) {
  const platform = new VirtualPlatform();
  const problems: string[] = [];
  const renderer = new Renderer(platform, {
    tail: NOTHING,
    onProblem: (path, reason) => problems.push(`${path} ${reason}`),
  });
  const site: Site = await buildSite(fakeSnapshot(files), platform, {
    now: FAKE_NOW,
    drafts: false,
  });
  const render = (url: string) => {
    const route = site.routes.get(url);
    if (route === undefined || route.kind === "redirect") throw new Error(url);
    const rendered = renderer.render(site, route, url);
    if (rendered === undefined) throw new Error(url);
    return { text: platform.utf8Decode(rendered.bytes), until: rendered.until };
  };
  return { platform, problems, render };
}

describe("a body that takes more than its share", () => {
  const FILES = { "posts/a.md": "# A\n\nsome *words* <b>\n", "posts/b.md": "# B\n\nother *words*\n" };

  it("is shown as it was written, with a notice, and the log names the page once", async () => {
    const { platform, problems, render } = await bench(FILES);
    platform.attempts.push("work");
    const { text, until } = render("/posts/a");
    expect(text).toContain("This article is shown as it was written: it takes more work than this machine gives it");
    expect(text).toContain("some *words* &lt;b&gt;");
    expect(until).toBe(platform.now() + UNMADE_FOR);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("posts/a.md takes more work");
    expect(render("/posts/b")).toEqual({ text: expect.stringContaining("<em>words</em>"), until: undefined });
  });

  it("does not cost the same again when it is asked for again, and is tried again later", async () => {
    const { platform, problems, render } = await bench(FILES);
    platform.attempts.push("memory");
    const first = render("/posts/a");
    platform.time += UNMADE_FOR - 1;
    platform.attempts.push("work"); // what an attempt would end with now
    expect(render("/posts/a")).toEqual(first);
    expect(platform.attempts).toEqual(["work"]);
    platform.attempts.length = 0;
    platform.time += 1;
    expect(render("/posts/a")).toEqual({ text: expect.stringContaining("<em>words</em>"), until: undefined });
    expect(problems).toHaveLength(1);
  });

  it("makes a feed that has it one to be made again, too", async () => {
    const { platform, render } = await bench(FILES);
    platform.attempts.push("work");
    expect(render("/atom").until).toBe(platform.now() + UNMADE_FOR);
    expect(render("/tags").until).toBe(undefined);
  });
});

describe("the work that a body may take", () => {
  it("grows with its length, up to a number", () => {
    expect(bodyWork(0)).toBeGreaterThan(0);
    expect(bodyWork(10_000)).toBeGreaterThan(bodyWork(1000));
    expect(bodyWork(1e9)).toBe(MAX_BODY_WORK);
  });
});
