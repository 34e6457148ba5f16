import { describe, expect, it } from "vitest";
import { redirectFault } from "../../../appliance/content/redirect-target.ts";
import type { Site } from "../../../appliance/content/site.ts";
import { buildSite } from "../../support/build-site.ts";
import { fakeSnapshot } from "../../support/fake-snapshot.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";

function site(files: Record<string, string>): Promise<Site> {
  const options = { previous: undefined, now: 2_000_000_000, drafts: false, hookPath: "/push" };
  return buildSite(fakeSnapshot({ "p/a.md": "# A", ...files }), new VirtualPlatform(), options);
}
const reasons = ({ problems }: Site, path: string): string =>
  problems
    .filter((problem) => problem.path === path)
    .map(({ reason }) => reason)
    .join("; ");

describe("a redirect", () => {
  it("leads to the web, to a person, or to a path", () => {
    for (const to of ["https://e.org/x", "HTTP://e.org", "mailto:a@e.org", "/p/a", "a", "//e.org/x", "?a:b", "/a:b"])
      expect(redirectFault(to), to).toBeUndefined();
    for (const to of [
      "javascript:alert(1)",
      "JavaScript:x",
      "java\tscript:x",
      " data:text/html,x",
      "vbscript:x",
      "file:///x",
    ])
      expect(redirectFault(to), to).toMatch(/^redirects to [a-z]+:, which is no address/);
  });

  it("that leads nowhere a page may lead is left out and told", async () => {
    const made = await site({ x: "redirect: javascript:alert(1)\n" });
    expect(made.routes.has("/x")).toBe(false);
    expect(reasons(made, "x")).toContain("redirects to javascript:");
  });

  it("to itself, or in a ring, is left out and told", async () => {
    const made = await site({
      own: "redirect: /own\n",
      one: "redirect: /two#there\n",
      two: "redirect: one\n",
      good: "redirect: /p/a\n",
      "d/far": "redirect: ../good\n",
    });
    for (const path of ["own", "one"]) expect(reasons(made, path)).toContain("in a ring");
    expect([made.routes.has("/own"), made.routes.has("/one")]).toEqual([false, false]);
    expect([made.routes.get("/good")?.kind, made.routes.get("/d/far")?.kind]).toEqual(["redirect", "redirect"]);
  });

  it("does not go through any number of others", async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`r${i}`, `redirect: /r${i + 1}\n`]));
    const made = await site(files);
    expect(reasons(made, "r0")).toContain("through more than 10");
    expect(made.routes.get("/r25")?.kind).toBe("redirect");
  });
});

describe("an address that is taken by the machine itself", () => {
  it("is not a page's: the webhook", async () => {
    const made = await site({ "push.md": "# Push" });
    expect(made.routes.has("/push")).toBe(false);
    expect(reasons(made, "push.md")).toContain("address of the webhook");
  });

  it("is not an alias': the home page", async () => {
    const made = await site({ "p/b.md": "---\naliases: [/, /old]\n---\n\n# B\n" });
    expect(made.routes.get("/")?.kind).toBe("listing");
    expect(made.routes.get("/old")).toEqual({ kind: "redirect", to: "/p/b" });
    expect(reasons(made, "p/b.md")).toContain("home page's own address");
  });
});
