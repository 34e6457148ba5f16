import { describe, expect, it } from "vitest";
import type { Site } from "../../../appliance/content/site.ts";
import { pagesOf, siteOf } from "../../support/whole-site.ts";

const told = (site: Site): readonly string[] => site.problems.map(({ line, reason }) => `${line}: ${reason}`);

describe("a shortcode of a theme", () => {
  it("shows the picture or the film that it names, and its text", async () => {
    const site = await siteOf({
      "hugo.toml": "",
      "content/posts/a.md":
        '---\ntitle: A\n---\n{{< image src="/p.png" alt="A picture" >}}\n\n{{< wide "/q.webp" >}}Words{{< /wide >}}\n\n{{< clip src="/f.mp4" >}}\n',
      "static/p.png": "p",
      "static/q.webp": "q",
      "static/f.mp4": "f",
    });
    const page = pagesOf(site).get("/posts/a/")!;
    expect(page).toContain('<img src="/p.png" alt="A picture"');
    expect(page).toContain('<img src="/q.webp"');
    expect(page).toContain("Words");
    expect(page).toContain('<video controls src="/f.mp4">');
    expect(told(site)).toEqual([
      "4: the shortcode image is not known here; its picture is shown",
      "6: the shortcode wide is not known here; its picture and its text is shown",
      "8: the shortcode clip is not known here; its film is shown",
    ]);
  });

  it("is told once for a document, and how often it is there", async () => {
    const site = await siteOf({
      "config.toml": 'base_url = "https://x.example"',
      "content/a.md": "+++\ntitle = 'A'\n+++\n{{ gone(x=1) }}\n\n{{ gone(x=2) }}\n\n{{ other() }}\n\n{{ gone() }}\n",
    });
    expect(told(site)).toEqual([
      "4: the shortcode gone is not known here and left out (3 times)",
      "8: the shortcode other is not known here and left out",
    ]);
  });
});

describe("a tag of Liquid that a plug-in has", () => {
  it("is told once, with what it encloses", async () => {
    const site = await siteOf({
      "_config.yml": "",
      "_posts/2024-01-02-x.md":
        '---\ntitle: X\n---\n{% callout "a" %}\none\n{% endcallout %}\n\n{% callout "b" %}\ntwo\n{% endcallout %}\n\n{% icon %}\n',
    });
    expect(told(site)).toEqual([
      "4: Liquid's {% callout %} is not known here; what it encloses is shown (2 times)",
      "12: Liquid's {% icon %} is not known here and left out",
    ]);
    const page = pagesOf(site).get("/2024/01/02/x.html")!;
    for (const word of ["one", "two"]) expect(page).toContain(word);
  });
});
