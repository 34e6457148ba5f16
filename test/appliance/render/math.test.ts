import { describe, expect, it } from "vitest";
import { renderMarkdown } from "../../../appliance/render/markdown.ts";
import { MAX_FORMULAS } from "../../../appliance/render/math.ts";

function render(markdown: string): string {
  const made = renderMarkdown(markdown, { resolve: (href) => ({ kind: "elsewhere", href }), wikilinks: false });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

describe("a formula", () => {
  it("is MathML, by itself or in a line", () => {
    expect(render("$$\n\\frac{a}{b}\n$$\n\nText $a_1*b*c$ and $$x^2$$ end.")).toMatch(
      /^<p><math display="block"[^>]*><mfrac><mi>a<\/mi><mi>b<\/mi><\/mfrac><\/math><\/p>\n<p>Text <math>.*<\/math> and <math><msup>.*<\/math> end\.<\/p>\n$/s,
    );
    expect(render("$$a$$ and $$b$$")).toBe("<p><math><mi>a</mi></math> and <math><mi>b</mi></math></p>\n");
    expect(render("$x$, $n+1$, $3$, $\\alpha$")).not.toContain("$");
  });

  it("is none in prices, names of shells, code, and behind a backslash", () => {
    for (const text of [
      "$5 and $10",
      "from $5 to $6.",
      "$HOME and $PATH",
      "$HOME/$USER",
      "$FOO_BAR/$BAZ",
      "a $ b $ c",
      "US$ 5, US$ 6",
    ])
      expect(render(text)).toBe(`<p>${text}</p>\n`);
    expect(render("\\$a_1\\$")).toBe("<p>$a_1$</p>\n");
    expect(render("`$a_1$`")).toBe("<p><code>$a_1$</code></p>\n");
    expect(render("```\n$$\na\n$$\n```")).toContain("$$\na\n$$");
    expect(render("$$\n\na\n\n$$")).not.toContain("<math");
  });

  it("that cannot be read is shown as it was written, and runs nothing", () => {
    expect(render("a $\\nothing{x}$ b")).toBe("<p>a <code>$\\nothing{x}$</code> b</p>\n");
    expect(render("$\\frac{<b>}$")).toBe("<p><code>$\\frac{&lt;b&gt;}$</code></p>\n");
    for (const text of ["$\\href{javascript:alert(1)}{x_1}$", "$\\includegraphics{x_1.png}$", "$x_1<script>$"])
      expect(render(text)).not.toMatch(/href=|<script|<img/);
    expect(render("$\\ce{H2O}$")).toBe("<p><code>$\\ce{H2O}$</code></p>\n");
    expect(render("$\\def\\a{\\a\\a}\\a$")).toContain("<code>");
  });

  it("is one of so many in a document", () => {
    const html = render("$x_1$ ".repeat(MAX_FORMULAS + 3));
    expect(html.match(/<math>/g)?.length).toBe(MAX_FORMULAS);
    expect(html.match(/<code>/g)?.length).toBe(3);
  });
});
