// The colours of the theme: a scheme for each name of `.config/theme`, light and dark. Every pair of a text and what is
// behind it has a contrast of 4.5 to 1 or more (WCAG 2.2, 1.4.3): test/appliance/render/theme.test.ts.

import type { Palette } from "../content/look.ts";

/** [light, dark] */
export type Colour = readonly [light: string, dark: string];

export interface Colours {
  /** Behind everything. */
  readonly paper: Colour;
  /** Behind code, tags, boxes. */
  readonly wash: Colour;
  /** Text, and text that stands back. */
  readonly ink: Colour;
  readonly soft: Colour;
  readonly line: Colour;
  /** Links, and links under the pointer. */
  readonly link: Colour;
  readonly link2: Colour;
  /** Behind marked text. */
  readonly mark: Colour;
}

export const COLOURS: Readonly<Record<Palette, Colours>> = {
  leaf: {
    paper: ["#fdfdfb", "#131713"],
    wash: ["#f2f5ee", "#1c221c"],
    ink: ["#1f261d", "#dde4d8"],
    soft: ["#59634f", "#9eaa98"],
    line: ["#dfe4d8", "#2d362d"],
    link: ["#246437", "#8fd29c"],
    link2: ["#153f22", "#bce7c3"],
    mark: ["#dff0d2", "#2a4630"],
  },
  ocean: {
    paper: ["#fcfdfe", "#0f1519"],
    wash: ["#eef4f8", "#182127"],
    ink: ["#17232d", "#dbe4ea"],
    soft: ["#4f6170", "#97a8b4"],
    line: ["#d7e2ea", "#28343d"],
    link: ["#0b5c8a", "#7cc4ee"],
    link2: ["#083d5c", "#b5dff7"],
    mark: ["#d3eafa", "#1c4058"],
  },
  plum: {
    paper: ["#fefcfe", "#171318"],
    wash: ["#f7f1f7", "#221c24"],
    ink: ["#2a1f2b", "#e6dde7"],
    soft: ["#6a5a6c", "#ac9dae"],
    line: ["#e8dce9", "#372e39"],
    link: ["#803387", "#dda4e3"],
    link2: ["#571f5d", "#efcdf2"],
    mark: ["#f2def3", "#4d2b51"],
  },
  ember: {
    paper: ["#fffdfb", "#181412"],
    wash: ["#f9f2ed", "#231d1a"],
    ink: ["#2b211b", "#eae0da"],
    soft: ["#6d5c51", "#b1a096"],
    line: ["#ebdfd6", "#3a302a"],
    link: ["#a13d12", "#f2a880"],
    link2: ["#6f280a", "#f9cfb6"],
    mark: ["#fbe3d0", "#57321c"],
  },
  slate: {
    paper: ["#ffffff", "#121316"],
    wash: ["#f3f4f6", "#1d1f23"],
    ink: ["#1c1f24", "#e2e4e8"],
    soft: ["#585f6a", "#a2a8b2"],
    line: ["#e0e3e8", "#30343b"],
    link: ["#1c4fc4", "#93b5fb"],
    link2: ["#123384", "#c3d5fd"],
    mark: ["#fdf0b4", "#554a12"],
  },
  paper: {
    paper: ["#fbf6ea", "#1a1712"],
    wash: ["#f2ead8", "#25211a"],
    ink: ["#2d261a", "#e9e1d1"],
    soft: ["#675b45", "#b0a48d"],
    line: ["#e3d8c0", "#3a3428"],
    link: ["#7a4310", "#e2b27f"],
    link2: ["#52290a", "#f1d5b3"],
    mark: ["#f1dfa8", "#4f4118"],
  },
};

/** Of code; the same for all, on every wash. */
export const CODE_COLOURS: Readonly<Record<string, Colour>> = {
  comment: ["#5f6a5f", "#97a397"],
  keyword: ["#9a2460", "#f2a0c4"],
  string: ["#1f6a31", "#a3d9a5"],
  number: ["#8a4b00", "#f0bd7d"],
  title: ["#1a53a5", "#9cc4f8"],
  name: ["#7a3696", "#d9b3ee"],
};

/** Of callouts: their rule and their title. */
export const CALLOUT_COLOURS: Readonly<Record<string, Colour>> = {
  note: ["#1a56a8", "#8fbdf5"],
  tip: ["#1f6a35", "#8fd29c"],
  important: ["#6f3bb0", "#cbaef5"],
  warning: ["#8a4f00", "#efbd6d"],
  caution: ["#ad2222", "#f5a3a0"],
};
