import fc from "fast-check";
import { Lexer } from "marked";
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "../../../appliance/render/markdown.ts";
import { MAX_NESTING } from "../../../appliance/render/markdown-context.ts";
import { markdownIn } from "../../support/markdown.ts";

function render(markdown: string, directory = ""): string {
  const result = renderMarkdown(markdown, markdownIn(directory));
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe("Markdown", () => {
  it("gives headings ids, and numbers those that repeat", () => {
    const html = render("## Hello, *World*!\n## Hello World\n## Ünïcode 漢字\n## !!!");
    expect(html).toContain(
      '<a class="anchor" href="#hello-world-1" aria-label="Link to this section: Hello World">#</a>',
    );
    expect(html.replace(/<a class="anchor".*?<\/a>/g, "")).toBe(
      '<h2 id="hello-world">Hello, <em>World</em>!</h2>\n<h2 id="hello-world-1">Hello World</h2>\n<h2 id="ünïcode-漢字">Ünïcode 漢字</h2>\n<h2>!!!</h2>\n',
    );
    // Each document counts for itself.
    expect(render("## Hello World")).toContain('id="hello-world"');
  });

  it("keeps ids and addresses from breaking out of their attributes", () => {
    expect(render('## a" onclick="x')).not.toContain('" onclick');
    expect(render('[x](<http://h/"onclick="y>)')).not.toContain('"onclick');
    expect(render('![a"b](x.png "t\\"t")')).toContain('alt="a&quot;b"');
  });

  it("knows tables, task lists, strikethrough and bare links", () => {
    const html = render("|a|b|\n|:-:|-|\n|1|2|\n\n- [x] done\n\n~~no~~ https://example.org");
    expect(html).toContain('<th class="center">a</th><th>b</th>');
    expect(html).toContain('type="checkbox"');
    expect(html).toContain("<del>no</del>");
    expect(html).toContain('<a href="https://example.org">');
  });

  const links: readonly (readonly [directory: string, href: string, resolved: string])[] = [
    ["Posts", "b.md", "/Posts/b"],
    ["Posts", "b.md#part", "/Posts/b#part"],
    ["Posts", "./b.markdown?x=1", "/Posts/b?x=1"],
    ["Posts", "../About", "/About"],
    ["Posts/2026", "../../static/a b.png", "/static/a%20b.png"],
    ["Posts", "a%20b.png", "/Posts/a%20b.png"],
    ["Posts", "/static/x.png", "/static/x.png"],
    ["", "docs/index.md", "/docs"],
    ["", "docs/", "/docs/"],
    ["Posts", "../../out", "../../out"],
    ["Posts", "100%.md", "/Posts/100%25"],
    ["Posts", "日本.md", "/Posts/%E6%97%A5%E6%9C%AC"],
  ];
  for (const [directory, href, resolved] of links)
    it(`resolves ${href} in ${directory || "the top"}`, () => {
      expect(markdownIn(directory).resolve(href).href).toBe(resolved);
    });

  it("leaves other addresses alone", () => {
    for (const href of ["#part", "https://h/x.md", "mailto:a@b.example", "//h/x", "tel:123"])
      expect(render(`[x](${href})`, "Posts")).toContain(`href="${href}"`);
  });

  it("drops addresses that run", () => {
    for (const href of [
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "<java\tscript:alert(1)>",
      "vbscript:x",
      "data:text/html,x",
      "javascript&colon;x",
      "&#106;avascript:x",
    ])
      expect(render(`[x](${href})`)).not.toMatch(/href="[^"]*(script|data)[^"]*:/i);
    expect(render("![x](data:image/png;base64,AA)")).toContain("data:image/png");
  });

  it("reads character references in addresses, and escapes them once", () => {
    expect(render("[x](http://h/?a&amp;b&c)")).toContain('href="http://h/?a&amp;b&amp;c"');
    expect(render('[x](http://h/ "&quot;t&#33;")')).toContain('title="&quot;t!"');
    expect(render("http://h/?a&b")).toContain('<a href="http://h/?a&amp;b">http://h/?a&amp;b</a>');
  });

  it("lets raw HTML through, as Canopy does", () => {
    expect(render("<kbd>x</kbd>\n\n<div>y</div>")).toContain("<kbd>x</kbd>");
  });

  it("takes what is nested deeper than a number for text, and shows all of it", () => {
    const marks = { quote: "> ", list: "- ", strong: "*a **b ", link: "[" } as const;
    const ends = { quote: "", list: "", strong: "** b*", link: "](x)" } as const;
    for (const kind of Object.keys(marks) as (keyof typeof marks)[]) {
      const html = render(`${marks[kind].repeat(1000)}innermost${ends[kind].repeat(1000)}`);
      expect(html).toContain("innermost");
      expect(html.split(/<(?:blockquote|ul|strong|em|a)[ >]/).length - 1).toBeLessThanOrEqual(2 * MAX_NESTING);
    }
    const level = MAX_NESTING - 1;
    expect(render(`${"> ".repeat(level)}x`).split("<blockquote>").length - 1).toBe(level);
    expect(render(`${"> ".repeat(level + 10)}x`).split("<blockquote>").length - 1).toBe(MAX_NESTING);
  });

  it("renders a document as ever after one that came to no end", () => {
    const text = "[a] and [b][a] *c*\n\n[a]: /x\n";
    const before = render(text);
    // As a task that ended would leave it: in the middle of an expression.
    const { reflinkSearch } = Lexer.rules.inline.gfm;
    const broken = renderMarkdown({ length: 1, replace: () => null } as unknown as string, markdownIn(""));
    reflinkSearch.lastIndex = 5;
    expect(broken.ok).toBe(false);
    expect(render(text)).toBe(before);
  });

  it("never throws", () => {
    const unit = fc.constantFrom(..."ab #*_[]()<>!`|-\n\\\"'&:/~=1.".split(""));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 120 }), (text) => {
        renderMarkdown(text, markdownIn("p"));
      }),
      { numRuns: 200 },
    );
  });
});
