import { describe, expect, it } from "vitest";
import { pagesOf, siteOf } from "../../support/whole-site.ts";

async function pageOf(text: string): Promise<string> {
  const site = await siteOf({ "_config.yml": "title: T\n", "_posts/2024-01-02-x.md": `---\ntitle: X\n---\n${text}` });
  return pagesOf(site).get("/2024/01/02/x.html")!;
}

describe("kramdown in Jekyll's posts", () => {
  it("has lists of attributes, of which nothing is shown", async () => {
    const page = await pageOf(
      'One.\n{: .lead}\n\n![p](https://x.example/p.png){: .right width="3"} two [l](/2024/01/02/x.html){:target="_blank"}\n\n' +
        "> three\n{: .note #q}\n\n`four`{:.language-ruby} **five**{: .big}\n\n{::options parse_block_html='true' /}\n",
    );
    expect(page).not.toContain("{:");
    for (const word of ["One.", "two", "three", "four", "five"]) expect(page).toContain(word);
  });

  it("keeps what is code, and a brace and a colon that are text", async () => {
    const page = await pageOf("```\n{: .x}\n```\n\n`{:y}` a {:key => 1} b\n");
    expect(page).toContain("{: .x}");
    expect(page).toContain("<code>{:y}</code>");
    expect(page).toContain("a {:key =&gt; 1} b");
  });

  it("names headings, also from the line below", async () => {
    const page = await pageOf("## One {#first}\n\n[l](#first)\n\n## Two\n{: #second .c}\n\n[l](#second)\n");
    expect(page).toContain('<h2 id="first">One<');
    expect(page).toContain('<h2 id="second">Two<');
  });

  it("says where the contents stand, and what is a comment", async () => {
    const page = await pageOf(
      "* whatever\n{:toc}\n\n## One\n\n## Two\n\n{::comment}\nunseen\n{:/comment}\n\n*[ABC]: letters\n",
    );
    expect(page).toContain('<nav class="toc"');
    expect(page).not.toContain("[TOC]");
    expect(page).not.toContain("whatever");
    expect(page).not.toContain("unseen");
    expect(page).not.toContain("letters");
  });

  it("has comments, whatever stands in them; one that does not end hides all that follows", async () => {
    for (const close of ["{:/comment}\n\nseen", "{:/}\n\nseen", ""]) {
      const page = await pageOf(`first\n\n{::comment}\n\`a\` unseen\n\n\`\`\`\nunseen\n\`\`\`\n${close}\n`);
      expect(page).toContain("first");
      expect(page).not.toContain("unseen");
      expect(page.includes("<p>seen</p>")).toBe(close !== "");
    }
  });

  it("has Markdown within HTML", async () => {
    const page = await pageOf('<div class="n" markdown="1">\n**bold**\n</div>\n');
    expect(page).toContain("<strong>bold</strong>");
    expect(page).not.toContain("markdown=");
  });
});

describe("a name behind a heading", () => {
  it("is its id, and no text: of titles, in contents, whatever else stands beside it", async () => {
    const site = await siteOf({
      "hugo.toml": "",
      "content/posts/a.md":
        "# The title {#top .big}\n\n## A `b` {#c}\n\n## D {.e}\n\n## Set {1, 2}\n\n## F {#g} {{h}}\n",
    });
    const page = pagesOf(site).get("/posts/a/")!;
    expect(site.articles.map(({ title }) => title)).toEqual(["The title"]);
    expect(page).toContain('<h2 id="c">A <code>b</code><a');
    expect(page).toContain('<h2 id="d">D<');
    expect(page).toContain("Set {1, 2}");
  });
});
