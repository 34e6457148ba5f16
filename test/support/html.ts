// HTML to be compared by what it says, as CommonMark's own tests do: blanks around blocks and outside of code, and ways to write
// one character or address, make no difference.

const BLOCK =
  /[ \t\n\r]*(<\/?(?:address|article|aside|blockquote|br|center|dd|del|div|dl|dt|figure|h[1-6]|hr|li|main|ol|p|pre|section|table|tbody|td|th|thead|tr|ul)\b[^>]*>)[ \t\n\r]*/gi;

/** Without what our renderer adds on purpose: ids and links of headings, what makes code reachable by keyboard, colours. */
export function normalHtml(html: string): string {
  const own = html
    .replace(/<a class="anchor"[^>]*>#<\/a>/g, "")
    .replace(/<(h[1-6]) id="[^"]*">/g, "<$1>")
    .replace(/ (?:tabindex="0"|loading="lazy")/g, "")
    .replace(/<\/?span[^>]*>/g, "")
    .replace(/ ?\/>/g, ">");
  return own
    .split(/(<pre\b[\s\S]*?<\/pre>)/i)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(/[ \t\n\r]+/g, " ")))
    .join("")
    .replace(
      /(<pre\b[\s\S]*?<\/pre>)|([\s\S]+?(?=<pre\b|$))/gi,
      (_, pre: string | undefined, other: string | undefined) =>
        pre === undefined ? (other ?? "").replace(BLOCK, "$1").replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, "") : pre,
    )
    .replace(/ (href|src)="([^"]*)"/g, (_, name: string, url: string) => ` ${name}="${normalUrl(url)}"`)
    .replace(/&(\w+);/g, (whole, name: string) => CHARACTERS[name] ?? whole);
}

function normalUrl(url: string): string {
  const plain = url.replace(/&(\w+);/g, (whole, name: string) =>
    name === "amp" ? whole : (CHARACTERS[name] ?? whole),
  );
  try {
    return encodeURI(decodeURI(plain));
  } catch {
    return encodeURI(plain).replace(/%25(?=[0-9A-F]{2})/gi, "%");
  }
}

/** Of the named characters those that CommonMark's examples have. */
const CHARACTERS: Readonly<Record<string, string>> = {
  nbsp: "\u00a0",
  copy: "©",
  AElig: "Æ",
  Dcaron: "Ď",
  frac34: "¾",
  HilbertSpace: "ℋ",
  DifferentialD: "ⅆ",
  ClockwiseContourIntegral: "∲",
  ngE: "≧̸",
  ouml: "ö",
  auml: "ä",
  quot: '"',
};
