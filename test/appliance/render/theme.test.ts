import { describe, expect, it } from "vitest";
import { PALETTES, readLook } from "../../../appliance/content/look.ts";
import type { Problem } from "../../../appliance/content/problem.ts";
import { direction, fill, readStrings, stringsOf } from "../../../appliance/content/strings.ts";
import { declaredBy, luminance } from "../../../appliance/content/stylesheet.ts";
import { ENGLISH } from "../../../appliance/content/words.ts";
import { CALLOUT_COLOURS, CODE_COLOURS, COLOURS } from "../../../appliance/render/palettes.ts";
import { SCRIPT } from "../../../appliance/render/script.ts";
import { STYLE } from "../../../appliance/render/style.ts";

/** WCAG 2.2, "contrast ratio". */
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a)!, luminance(b)!].sort((p, q) => q - p);
  return (x! + 0.05) / (y! + 0.05);
}

describe("the colours", () => {
  for (const name of PALETTES)
    it(`of ${name} can be read, light and dark (WCAG 2.2, 1.4.3 and 1.4.11)`, () => {
      const { paper, wash, mark, ink, soft, link, link2 } = COLOURS[name];
      for (const shade of [0, 1] as const) {
        for (const text of [ink, soft, link, link2])
          for (const behind of [paper, wash]) expect(contrast(text[shade], behind[shade])).toBeGreaterThanOrEqual(4.5);
        expect(contrast(ink[shade], mark[shade])).toBeGreaterThanOrEqual(4.5);
        // The button of the search.
        expect(contrast(paper[shade], link[shade])).toBeGreaterThanOrEqual(4.5);
        for (const colour of [...Object.values(CODE_COLOURS), ...Object.values(CALLOUT_COLOURS)])
          expect(contrast(colour[shade], wash[shade])).toBeGreaterThanOrEqual(4.5);
      }
    });

  it("are chosen by one setting, and what is no scheme is told", () => {
    const told: string[] = [];
    const look = (text: string | undefined) => readLook(text, (reason) => told.push(reason));
    expect(look(undefined)).toEqual({ palette: "leaf", scheme: "both" });
    expect(look("Ocean dark")).toEqual({ palette: "ocean", scheme: "dark" });
    expect(told).toEqual([]);
    expect(look("pink light")).toEqual({ palette: "leaf", scheme: "light" });
    expect(told).toEqual([expect.stringContaining('there is no "pink"')]);
  });

  it("stand in a stylesheet that, with the script, is under 30 KB and asks nothing of the web", () => {
    expect(STYLE.length + SCRIPT.length).toBeLessThan(30_000);
    expect(STYLE).not.toMatch(/url\(|@import/);
    expect(SCRIPT).not.toMatch(/https?:/);
    for (const name of PALETTES) if (name !== "leaf") expect(STYLE).toContain(`:root.${name}{`);
    // Each use of a colour has one.
    for (const [, name] of STYLE.matchAll(/var\(--([\w-]+)\)/g)) expect(STYLE).toMatch(new RegExp(`--${name!}:`));
  });
});

describe("a repository's own stylesheet", () => {
  const cases: readonly (readonly [css: string, scheme: string, choice: boolean])[] = [
    ["body { font: 1em serif }", "light", false],
    ["body { background: white; color: #222 }", "light", false],
    ["h1 { color: #000 } .x { background: #000 }", "light", false],
    ["body{background:#111;color:#eee}", "dark", false],
    ["html, body { background-color: rgb(10, 20, 30) }", "dark", false],
    [":root { --bg: #1d1f21 }\nbody { background: var(--bg) }", "dark", false],
    ["body { background: hsl(200, 10%, 8%) }", "dark", false],
    ["body { color: #eee }", "dark", false],
    ["body { background: #111 } @media (prefers-color-scheme: dark) { body { background: #000 } }", "both", false],
    [":root { color-scheme: dark }", "dark", false],
    [":root { color-scheme: light dark }", "both", true],
    ["body { color: light-dark(#000, #fff) }", "both", true],
    [":root[data-theme=dark] body { color: #fff }", "both", true],
    ["/* prefers-color-scheme: later */ body {}", "light", false],
    ["/* body { background: black } */", "light", false],
    ["body { background: url(dark.png) }", "light", false],
    ["body { background: var(--a) } :root { --a: var(--b); --b: var(--a) }", "light", false],
    ["}{ body {{ background: ;;; color", "light", false],
    ["", "light", false],
  ];
  for (const [css, scheme, choice] of cases)
    it(`has the theme follow it: ${css.slice(0, 60)}`, () => {
      expect(declaredBy(css)).toEqual({ scheme, choice });
    });
});

describe("the words of the pages", () => {
  it("are in five languages, all of them", () => {
    for (const language of ["en", "de", "fr-CA", "es", "it"]) {
      const words = stringsOf(language);
      expect(Object.keys(words)).toEqual(Object.keys(ENGLISH));
      expect(words.months.split(" ")).toHaveLength(12);
      for (const [key, text] of Object.entries(words)) {
        // The same places are filled in each.
        const places = (of: string): string[] => [...of.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
        expect([key, ...places(text)]).toEqual([key, ...places(ENGLISH[key as keyof typeof ENGLISH])]);
        expect(text).not.toBe("");
      }
    }
    expect(stringsOf("de").search).toBe("Suche");
    expect(stringsOf("tlh")).toBe(ENGLISH);
  });

  it("can be an author's own, and what is wrong there is told with its line", () => {
    const problems: Problem[] = [];
    const own = readStrings(
      "en",
      "search: Find\nnothing_here: x\ntags: [a]\nmonths: a b c\n",
      ".config/strings",
      problems,
    );
    expect(own.search).toBe("Find");
    expect([own.tags, own.months]).toEqual([ENGLISH.tags, ENGLISH.months]);
    expect(problems.map(({ path, line, reason }) => `${path}:${String(line)} ${reason.slice(0, 20)}`)).toEqual([
      ".config/strings:2 there is no text cal",
      ".config/strings:3 tags is no text",
      ".config/strings:4 months are not twelv",
    ]);
    for (const broken of ["search: [", "just words", "- a\n- b", "%"]) {
      const told: Problem[] = [];
      expect(readStrings("en", broken, "s", told)).toEqual(ENGLISH);
      expect(told).toHaveLength(1);
    }
  });

  it("fill their places, and leave those that are not known", () => {
    expect(fill("{n} of {m}, {__proto__}", { n: 1 })).toBe("1 of {m}, {__proto__}");
  });

  it("run the way that the language runs", () => {
    for (const language of ["ar", "he-IL", "fa", "ur-PK", "az-Arab", "yi"]) expect(direction(language)).toBe("rtl");
    for (const language of ["en", "de", "arn", "fab", "az", "ar-Latn"]) expect(direction(language)).toBe("ltr");
  });
});
