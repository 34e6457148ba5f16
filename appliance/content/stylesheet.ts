// What a repository's own stylesheet says about light and dark, so that the theme beneath it does the same: headings of a
// theme that went dark on the white of a stylesheet that knows of one background cannot be read.

export interface Declared {
  /** What the pages are: as the reader's system has it, or one of both. */
  readonly scheme: "both" | "light" | "dark";
  /** True: the reader may choose, and the stylesheet follows. */
  readonly choice: boolean;
}

/** Characters that are looked at. */
const MAX_LENGTH = 200_000;
/** Below this luminance (WCAG 2.2, "relative luminance") white text is read better than black. */
const DARK_BELOW = 0.18;

export function declaredBy(stylesheet: string): Declared {
  const css = withoutComments(stylesheet.slice(0, MAX_LENGTH));
  // light-dark() goes by the property color-scheme, which the choice sets; a media query by the system alone.
  if (/light-dark\(|\[data-theme/.test(css)) return { scheme: "both", choice: true };
  if (/prefers-color-scheme/.test(css)) return { scheme: "both", choice: false };
  const named = /(?:^|[{;\s])color-scheme\s*:\s*([^;}]+)/.exec(css)?.[1] ?? "";
  if (/\blight\b/.test(named) && /\bdark\b/.test(named)) return { scheme: "both", choice: true };
  if (/\bdark\b/.test(named)) return { scheme: "dark", choice: false };
  return { scheme: isDark(css) ? "dark" : "light", choice: false };
}

function withoutComments(css: string): string {
  let text = "";
  for (const [i, part] of css.split("/*").entries()) {
    const end = part.indexOf("*/");
    if (i === 0) text = part;
    else if (end >= 0) text += ` ${part.slice(end + 2)}`;
  }
  return text;
}

/** By the last background of the page, or else by the colour of its text. */
function isDark(css: string): boolean {
  let background: number | undefined;
  let text: number | undefined;
  for (const rule of css.split("}")) {
    const open = rule.lastIndexOf("{");
    if (open < 0 || !PAGE.test(rule.slice(0, open))) continue;
    for (const declaration of rule.slice(open + 1).split(";")) {
      const colon = declaration.indexOf(":");
      const property = declaration.slice(0, colon).trim().toLowerCase();
      if (!/^(?:background|background-color|color)$/.test(property)) continue;
      const value = luminance(resolve(css, declaration.slice(colon + 1), 0));
      if (value === undefined) continue;
      if (property === "color") text = value;
      else background = value;
    }
  }
  if (background !== undefined) return background < DARK_BELOW;
  return text !== undefined && text > 1 - DARK_BELOW * 2;
}
/** A list of selectors that has the page itself. */
const PAGE = /(?:^|[\s,{};])(?:html|body|:root|\*)\s*(?:,|$)/i;

function resolve(css: string, value: string, depth: number): string {
  const name = /var\(\s*(--[\w-]+)/.exec(value)?.[1];
  if (name === undefined || depth > 4) return value;
  const at = css.indexOf(`${name}:`);
  return at < 0 ? value : resolve(css, css.slice(at + name.length + 1, at + 200).split(/[;}]/)[0]!, depth + 1);
}

/** 0 is black, 1 white; undefined: not a colour that is known here. */
export function luminance(colour: string): number | undefined {
  const text = colour.toLowerCase();
  const hex = /#([0-9a-f]{3,8})\b/.exec(text)?.[1];
  if (hex !== undefined && hex.length !== 5 && hex.length !== 7) {
    const digits = hex.length < 6 ? [...hex].map((digit) => digit + digit).join("") : hex;
    return weigh([0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16) / 255));
  }
  const rgb = /rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})/.exec(text);
  if (rgb !== null) return weigh(rgb.slice(1, 4).map((part) => Number(part) / 255));
  const lightness =
    /hsla?\([^,\s]+[\s,]+[\d.]+%?[\s,]+([\d.]+)%/.exec(text)?.[1] ?? /oklch\(\s*([\d.]+)%/.exec(text)?.[1];
  if (lightness !== undefined) return (Number(lightness) / 100) ** 2.2;
  const name =
    /\b(black|white|navy|midnightblue|darkslategray|darkslategrey|indigo|ivory|snow|whitesmoke|beige|linen|floralwhite|ghostwhite|seashell|oldlace|aliceblue|mintcream|azure|honeydew|lightyellow|cornsilk)\b/.exec(
      text,
    )?.[1];
  if (name === undefined) return undefined;
  return /^(?:black|navy|midnightblue|darkslategr[ae]y|indigo)$/.test(name) ? 0 : 1;
}

/** WCAG 2.2, "relative luminance". */
function weigh(channels: readonly number[]): number {
  const [red, green, blue] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
