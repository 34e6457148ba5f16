import { describe, expect, it } from "vitest";
import { languageNames } from "../../../appliance/render/highlight.ts";
import { MAX_HIGHLIGHTED, renderMarkdown } from "../../../appliance/render/markdown.ts";
import type { MarkdownOptions } from "../../../appliance/render/markdown-context.ts";
import { sanitise } from "../../../appliance/render/sanitise.ts";
import { typographic } from "../../../appliance/render/typography.ts";
import { markdownIn } from "../../support/markdown.ts";

function render(markdown: string, more: Partial<MarkdownOptions> = {}): string {
  const result = renderMarkdown(markdown, { ...markdownIn(""), ...more });
  return result.ok ? result.value : `failed: ${result.error}`;
}

function idsOf(html: string): string[] {
  return [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
}

describe("ids", () => {
  it("are unique, whatever headings are called, and none is the page's own", () => {
    const ids = idsOf(render("# A\n# A\n# A-1\n# A\n# content\n# Footnotes\n# related\nx[^1]\n\n[^1]: n"));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain("content");
  });
});

describe("footnotes", () => {
  it("are numbered as they are referred to, and lead there and back", () => {
    const html = render("b[^b] a[^a] b[^b]\n\n[^a]: A\n[^b]: B *b*\n  more\n\n    second\n[^c]: never");
    expect(html.match(/href="#fn-1"/g)).toHaveLength(2);
    expect(html).toContain('<li id="fn-1"><p>B <em>b</em>\nmore</p>\n<p>second <a href="#fnref-1"');
    expect(html).toContain('href="#fnref-1-2"');
    expect(html).toContain('<li id="fn-2"><p>A <a');
    expect(html).not.toContain("never");
  });

  it("stay text where there is no such note, and do not go round for ever", () => {
    expect(render("a[^x] `[^x]`\n\n[^y]: see [^y]")).toContain("a[^x]");
    expect(render("a[^y]\n\n[^y]: see [^y] and [^z]\n[^z]: see [^y]")).toContain('id="fn-2"');
  });
});

describe("lists of definitions", () => {
  it("have terms and what they mean", () => {
    expect(render("Fog\n: Water\n\nDew\nMist\n: One\n\n  two\n: Three\n\nend")).toBe(
      "<dl>\n<dt>Fog</dt>\n<dd>Water</dd>\n<dt>Dew</dt>\n<dt>Mist</dt>\n<dd><p>One</p>\n<p>two</p></dd>\n<dd>Three</dd>\n</dl>\n<p>end</p>\n",
    );
  });
  it("are none where there is no term", () => {
    expect(render(": b\n\n# a\n: c")).not.toContain("<dl>");
  });
});

describe("callouts", () => {
  it("are named in the language of the page, take a title, and fold", () => {
    expect(render("> [!NOTE]\n> text")).toBe(
      '<div class="callout note" role="note">\n<p class="callout-title">Note</p>\n<p>text</p>\n</div>\n',
    );
    expect(render("> [!bug]- A *title*\n> - x")).toBe(
      '<details class="callout caution">\n<summary class="callout-title">A <em>title</em></summary>\n<ul>\n<li>x</li>\n</ul>\n</details>\n',
    );
    expect(render("> [!__proto__]\n> x")).not.toContain("undefined");
    expect(render("> [NOTE]\n> x")).toContain("<blockquote>");
  });
});

describe("code", () => {
  it("is coloured in at least thirty languages, and by the names that authors write", () => {
    expect(languageNames().length).toBeGreaterThanOrEqual(30);
    for (const name of [...languageNames(), "js", "ts", "py", "sh", "yml", "html", "rs", "toml"]) {
      const html = render(`\`\`\`${name}\nif (a < "b") { return 1 } # <x> & y\n\`\`\``);
      expect(html.replace(/<\/?span[^>]*>/g, "")).toBe(
        `<pre tabindex="0"><code class="language-${name}">if (a &lt; &quot;b&quot;) { return 1 } # &lt;x&gt; &amp; y\n</code></pre>\n`.replaceAll(
          "&quot;",
          html.includes("&quot;") ? "&quot;" : '"',
        ),
      );
    }
    expect(render("```python\ndef f(): pass\n```")).toContain('<span class="hljs-keyword">def</span>');
  });

  it("of a language that is not known, or too much of it, stands as it is", () => {
    for (const name of ["klingon", "constructor", "__proto__"])
      expect(render(`\`\`\`${name}\na < b\n\`\`\``)).toContain("a &lt; b");
    expect(render(`\`\`\`js\n${"let a = 1;\n".repeat(MAX_HIGHLIGHTED / 10)}\`\`\``)).not.toContain("hljs");
  });
});

describe("the table of contents", () => {
  const text = (length: number): string => `## A\n${"word ".repeat(length / 5)}\n## B\n### C *d*\n## [E](x)\n`;
  it("comes with length, or as the header says", () => {
    expect(render(text(6000))).toContain('<nav class="toc"');
    expect(render(text(100))).not.toContain("toc");
    expect(render(text(6000), { contents: false })).not.toContain("toc");
    expect(render(text(100), { contents: true })).toContain(
      '<ol>\n<li><a href="#a">A</a></li>\n<li><a href="#b">B</a>\n<ol>\n<li><a href="#c-d">C <em>d</em></a></li>\n</ol>\n</li>\n<li><a href="#e">E</a></li>\n</ol>',
    );
    expect(render(`start\n\n[TOC]\n\n${text(6000)}`)).toMatch(/^<p>start<\/p>\n<nav/);
  });
  it("is well nested whatever the levels are", () => {
    for (const levels of ["3 2 3 3 2", "2 3", "3 3", "2 4 3 2", "3 2"]) {
      const html = render(
        levels
          .split(" ")
          .map((n) => `${"#".repeat(Number(n))} h`)
          .join("\n"),
        { contents: true },
      );
      const toc = /<nav.*<\/nav>/s.exec(html)?.[0] ?? "";
      for (const tag of ["ol", "li"])
        expect(toc.match(new RegExp(`<${tag}>`, "g"))?.length).toBe(toc.match(new RegExp(`</${tag}>`, "g"))?.length);
    }
  });
});

it("a box that is ticked has a name", () => {
  expect(render("- [x] a\n- [ ] b").match(/aria-label="(?:done|to do)"/g)).toHaveLength(2);
});

describe("typographic signs", () => {
  const cases: readonly (readonly [language: string, text: string, result: string])[] = [
    ["en", `"Hi," she said -- it's 'so'...`, "“Hi,” she said – it’s ‘so’…"],
    ["de", `"Hallo"`, "„Hallo“"],
    ["fr-CA", `"Oui"`, "«\u00a0Oui\u00a0»"],
    ["en", "the '90s --- dogs' x", "the ’90s — dogs’ x"],
    ["en", "plain", "plain"],
  ];
  for (const [language, text, result] of cases)
    it(`are set in ${language}: ${text}`, () => {
      expect(typographic(text, language)).toBe(result);
    });
  it("are set in text alone, and by setting", () => {
    expect(render('"a" `"b"` <i title="c">', { typographic: true })).toBe(
      '<p>“a” <code>&quot;b&quot;</code> <i title="c"></p>\n',
    );
    expect(render('"a"')).toBe("<p>&quot;a&quot;</p>\n");
  });
});

describe("HTML of those who are not trusted", () => {
  const hostile: readonly string[] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=https://evil.example></iframe>",
    "<style>body{display:none}</style>",
    '<p style="position:fixed;inset:0">x</p>',
    "</article></main><form action=https://evil.example><input>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "<img src=x onerror\n=alert(1)>",
    "<<script>script>alert(1)</script>",
    "<a href=https://x.example onmouseover=alert(1)>x",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<details ontoggle=alert(1) open>",
  ];
  for (const markup of hostile)
    it(`is made harmless: ${markup.slice(0, 40)}`, () => {
      for (const html of [
        render(markup, { untrusted: true }),
        render(`a ${markup} b`, { untrusted: true }),
        sanitise(markup),
      ]) {
        expect(html).not.toMatch(
          /<(?:script|svg|iframe|style|form|input|base|meta|math|\/main|\/article|object|embed)/i,
        );
        expect(html).not.toMatch(/<[^>]*\s(?:on\w+|style|href=["']?\s*j)/i);
      }
    });
  it("keeps what says something of the text, and passes for who is trusted", () => {
    expect(render("a <kbd>b</kbd> <sub>c</sub>", { untrusted: true })).toBe("<p>a <kbd>b</kbd> <sub>c</sub></p>\n");
    expect(render("<script>x</script>")).toContain("<script>");
  });
});

describe("headings below a title", () => {
  const levels = (text: string, titled: boolean): string =>
    [...render(text, { titled }).matchAll(/<h(\d)/g)].map(([, level]) => level).join(" ");

  it("skip no level, and stay side by side where they were", () => {
    const written = (numbers: string): string =>
      numbers
        .split(" ")
        .map((level, i) => `${"#".repeat(Number(level))} h${i}`)
        .join("\n\n");
    const shifts: readonly (readonly [string, string])[] = [
      ["3 3 4 3", "2 2 3 2"],
      ["3 2 4 4 3", "2 2 3 3 3"],
      ["1 2 3", "1 2 3"],
      ["6 5 6 2", "2 2 3 2"],
      ["2 3 4 2", "2 3 4 2"],
    ];
    for (const [from, to] of shifts) {
      expect(levels(written(from), true)).toBe(to);
      expect(levels(written(from), false)).toBe(from);
    }
  });
});
