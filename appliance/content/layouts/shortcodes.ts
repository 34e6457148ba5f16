// Shortcodes of Hugo ({{< name >}}, {{% name %}}) and Zola ({{ name(...) }}, {% name(...) %}...{% end %}) -> Markdown that
// needs no generator: pictures, code, links. Any other is taken away, its inner text stays, and it is a fault.

import type { Fault } from "../problem.ts";
import type { Expansion, LinkScheme } from "./layout.ts";

/** Arguments by name, and by position as "0", "1". */
export type Arguments = ReadonlyMap<string, string>;

/** `inner`: what stands between the opening and the closing, undefined where there is no closing. */
export type Shortcode = (args: Arguments, inner: string | undefined) => string;

export interface Shortcodes {
  readonly known: ReadonlyMap<string, Shortcode>;
  /** Matches one at the place where it is tried: name, arguments, and which kind it is. */
  readonly syntax: "hugo" | "zola";
}

/** A reference in expanded text: resolved when all documents are known. */
export function reference(scheme: LinkScheme, target: string): string {
  return `epiphyte-${scheme}:${encodeURI(target.trim()).replace(/[()]/g, (c) => (c === "(" ? "%28" : "%29"))}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function link(url: string, label: string): string {
  return `<a href="${escaped(url)}">${escaped(label)}</a>`;
}

function figure(args: Arguments): string {
  const get = (name: string): string | undefined => args.get(name);
  const source = get("src") ?? get("0") ?? "";
  const size = ["width", "height"].map((name) => (get(name) === undefined ? "" : ` ${name}="${escaped(get(name)!)}"`));
  const image = `<img src="${escaped(source)}" alt="${escaped(get("alt") ?? get("caption") ?? "")}"${size.join("")} loading="lazy">`;
  const linked = get("link") === undefined ? image : `<a href="${escaped(get("link")!)}">${image}</a>`;
  const title = get("title") === undefined ? "" : `<strong>${escaped(get("title")!)}</strong>`;
  const words = [title, escaped(get("caption") ?? ""), escaped(get("attr") ?? "")]
    .filter((text) => text !== "")
    .join(" ");
  return `<figure>${linked}${words === "" ? "" : `<figcaption>${words}</figcaption>`}</figure>`;
}

/** Fenced code, whatever stands in it. */
export function codeBlock(language: string, code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const inner = code.replace(/^\r?\n/, "");
  return `${fence}${language.replace(/[^\w+#.-]/g, "")}\n${inner}${inner.endsWith("\n") ? "" : "\n"}${fence}`;
}

const video = (site: string, prefix: string): Shortcode => {
  return (args) => {
    const id = args.get("id") ?? args.get("0") ?? "";
    return link(prefix + encodeURIComponent(id), args.get("title") ?? `Video on ${site}`);
  };
};

const first = (args: Arguments, ...names: readonly string[]): string => {
  for (const name of [...names, "0"]) {
    const value = args.get(name);
    if (value !== undefined) return value;
  }
  return "";
};

const SHARED: readonly (readonly [string, Shortcode])[] = [
  ["figure", figure],
  ["youtube", video("YouTube", "https://www.youtube.com/watch?v=")],
  ["vimeo", video("Vimeo", "https://vimeo.com/")],
  [
    "gist",
    (args) =>
      link(
        `https://gist.github.com/${first(args, "url")}${args.has("1") ? `/${args.get("1")!}` : ""}`.replace(
          /^.*(https:\/\/.*https:)/,
          "https:",
        ),
        "Code on GitHub",
      ),
  ],
];

export const HUGO_SHORTCODES: Shortcodes = {
  syntax: "hugo",
  known: new Map<string, Shortcode>([
    ...SHARED,
    ["highlight", (args, inner) => codeBlock(args.get("0") ?? "", inner ?? "")],
    ["ref", (args) => reference("ref", first(args, "path"))],
    ["relref", (args) => reference("ref", first(args, "path"))],
    [
      "tweet",
      (args) => link(`https://twitter.com/${args.get("user") ?? "i"}/status/${first(args, "id")}`, "Post on Twitter"),
    ],
    [
      "twitter",
      (args) => link(`https://twitter.com/${args.get("user") ?? "i"}/status/${first(args, "id")}`, "Post on Twitter"),
    ],
    ["x", (args) => link(`https://x.com/${args.get("user") ?? "i"}/status/${first(args, "id")}`, "Post on X")],
    ["instagram", (args) => link(`https://www.instagram.com/p/${first(args, "id")}/`, "Picture on Instagram")],
    [
      "details",
      (args, inner) =>
        `<details><summary>${escaped(args.get("summary") ?? "Details")}</summary>\n\n${inner ?? ""}\n\n</details>`,
    ],
    ["param", () => ""],
    ["comment", () => ""],
  ]),
};

export const ZOLA_SHORTCODES: Shortcodes = {
  syntax: "zola",
  known: new Map<string, Shortcode>([
    ...SHARED,
    ["image", (args) => figure(args)],
    ["img", (args) => figure(args)],
    ["resize_image", (args) => figure(new Map([...args, ["src", args.get("path") ?? ""]]))],
    ["quote", (_, inner) => (inner ?? "").trim().replace(/^/gm, "> ")],
  ]),
};

/** Longer than this no shortcode is looked for. */
const MAX_LENGTH = 4000;

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly args: string;
  readonly kind: "opening" | "closing" | "single" | "literal";
}

/** Linear in the text: every shortcode is looked at once, and its closing found by a stack. */
export function expandShortcodes(text: string, { known, syntax }: Shortcodes): Expansion {
  const pieces = syntax === "hugo" ? findHugo(text) : findZola(text);
  if (pieces.length === 0) return { text, faults: [] };
  const closings = matchClosings(pieces);
  const faults = new Faults(text);
  const render = (from: number, to: number, first: number, last: number): string => {
    let made = "";
    let at = from;
    for (let i = first; i < last; i++) {
      const piece = pieces[i]!;
      made += text.slice(at, piece.start);
      at = piece.end;
      if (piece.kind === "literal") made += piece.args;
      if (piece.kind === "literal" || piece.kind === "closing") continue;
      const closing = closings.get(i);
      let inner: string | undefined;
      if (closing !== undefined) {
        inner = render(piece.end, pieces[closing]!.start, i + 1, closing);
        at = pieces[closing]!.end;
        i = closing;
      }
      const shortcode = known.get(piece.name);
      if (shortcode !== undefined) made += shortcode(argumentsOf(piece.args), inner);
      else {
        const picture = mediaIn(argumentsOf(piece.args));
        made += [picture?.markup, inner].filter((part) => part !== undefined).join("\n\n");
        const shown = [picture?.what, inner === undefined ? undefined : "text"].filter((part) => part !== undefined);
        faults.add(
          `the shortcode ${piece.name} is not known here${shown.length === 0 ? " and left out" : `; its ${shown.join(" and its ")} is shown`}`,
          piece.start,
        );
      }
    }
    return made + text.slice(at, to);
  };
  return { text: render(0, text.length, 0, pieces.length), faults: faults.all() };
}

const PICTURE = /^[^\s<>"]+\.(?:png|jpe?g|gif|webp|avif|svg)$/i;
const FILM = /^[^\s<>"]+\.(?:mp4|webm|ogv|m4v)$/i;

/** What a theme's shortcode shows, whatever it is called: the first picture or film of its arguments. */
function mediaIn(args: Arguments): { readonly markup: string; readonly what: "picture" | "film" } | undefined {
  for (const value of args.values()) {
    if (PICTURE.test(value)) return { markup: figure(new Map([...args, ["src", value]])), what: "picture" };
    if (FILM.test(value)) return { markup: `<video controls src="${escaped(value)}"></video>`, what: "film" };
  }
  return undefined;
}

/** Different faults of one document that are told. */
const MAX_FAULTS = 20;

/** What is wrong in a text: the same of several places is told once, at the first, and how often. */
export class Faults {
  readonly #text: string;
  readonly #found = new Map<string, { readonly line: number; count: number }>();

  constructor(text: string) {
    this.#text = text;
  }

  add(reason: string, offset: number): void {
    const known = this.#found.get(reason);
    if (known !== undefined) known.count++;
    else if (this.#found.size < MAX_FAULTS) this.#found.set(reason, { line: lineAt(this.#text, offset), count: 1 });
  }

  all(): readonly Fault[] {
    return [...this.#found].map(([reason, { line, count }]) => ({
      reason: count === 1 ? reason : `${reason} (${count} times)`,
      line,
    }));
  }
}

const HUGO_INNER = /^(\/\*)?\s*(\/?)\s*([\w./-]+)([\s\S]*)$/;

function findHugo(text: string): readonly Piece[] {
  return spans(text, [
    ["{{<", ">}}"],
    ["{{%", "%}}"],
  ]).flatMap(({ start, end, inner, open, close }): readonly Piece[] => {
    const match = HUGO_INNER.exec(inner.trim());
    if (match === null) return [];
    const [, commented, slash, name, rest] = match;
    const args = rest!.trimEnd();
    // Hugo shows {{</* name */>}} as {{< name >}}.
    if (commented !== undefined)
      return [
        { start, end, name: "", args: open + inner.replace("/*", "").replace("*/", "") + close, kind: "literal" },
      ];
    if (slash === "/") return [{ start, end, name: name!, args: "", kind: "closing" }];
    if (args.endsWith("/")) return [{ start, end, name: name!, args: args.slice(0, -1), kind: "single" }];
    return [{ start, end, name: name!, args, kind: "opening" }];
  });
}

const ZOLA_INNER = /^([\w:]+)\(([\s\S]*)\)$/;

function findZola(text: string): readonly Piece[] {
  return spans(text, [
    ["{{", "}}"],
    ["{%", "%}"],
  ]).flatMap(({ start, end, inner, open }): readonly Piece[] => {
    const bare = inner.replace(/^-|-$/g, "").trim();
    if (open === "{%" && bare === "end") return [{ start, end, name: "", args: "", kind: "closing" }];
    const match = ZOLA_INNER.exec(bare);
    if (match === null) return [];
    return [{ start, end, name: match[1]!, args: match[2]!, kind: open === "{%" ? "opening" : "single" }];
  });
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly open: string;
  readonly close: string;
  readonly inner: string;
}

/** What stands between two marks, in the order of the text. Linear: a mark that is not there is not looked for again. */
export function spans(text: string, marks: readonly (readonly [open: string, close: string])[]): readonly Span[] {
  const found: Span[] = [];
  const next = marks.map(([open]) => text.indexOf(open));
  for (let at = 0; ; ) {
    let which = -1;
    for (let i = 0; i < marks.length; i++) {
      if (next[i]! >= 0 && next[i]! < at) next[i] = text.indexOf(marks[i]![0], at);
      if (next[i]! >= 0 && (which < 0 || next[i]! < next[which]!)) which = i;
    }
    if (which < 0) return found;
    const [open, close] = marks[which]!;
    const start = next[which]!;
    const inner = text.slice(start + open.length, start + open.length + MAX_LENGTH);
    const length = inner.indexOf(close);
    at = start + open.length + (length < 0 ? 0 : length + close.length);
    if (length >= 0) found.push({ start, end: at, open, close, inner: inner.slice(0, length) });
  }
}

/** Shortcodes within each other. */
const MAX_NESTING = 32;

/** For each opening the closing that ends it. Closings without a name (Zola) end the last opening. */
function matchClosings(pieces: readonly Piece[]): ReadonlyMap<number, number> {
  const closings = new Map<number, number>();
  /** Openings that wait, by name: an opening that never closes must not be in another's way. */
  const waiting = new Map<string, number[]>();
  const all: number[] = [];
  for (const [i, { kind, name }] of pieces.entries()) {
    if (kind === "opening") {
      const list = waiting.get(name);
      if (list === undefined) waiting.set(name, [i]);
      else list.push(i);
      all.push(i);
    } else if (kind === "closing") {
      const opening = name === "" ? all.pop() : waiting.get(name)?.pop();
      if (opening === undefined) continue;
      closings.set(opening, i);
    }
  }
  return withoutCrossings(closings, pieces.length);
}

/** Pairs that lie within each other and not too deep. */
function withoutCrossings(closings: ReadonlyMap<number, number>, count: number): ReadonlyMap<number, number> {
  const kept = new Map<number, number>();
  const ends: number[] = [];
  for (let i = 0; i < count; i++) {
    while (ends.length > 0 && ends[ends.length - 1]! < i) ends.pop();
    const closing = closings.get(i);
    if (closing === undefined || ends.length >= MAX_NESTING) continue;
    if (ends.length > 0 && closing > ends[ends.length - 1]!) continue;
    kept.set(i, closing);
    ends.push(closing);
  }
  return kept;
}

const ARGUMENT = /(?:([\w-]+)\s*=\s*)?(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|`([^`]*)`|([^\s"'`=,]+))/g;

export function argumentsOf(text: string): Arguments {
  const args = new Map<string, string>();
  let position = 0;
  for (const match of text.matchAll(ARGUMENT)) {
    const quoted = match[2]?.replace(/\\(["\\])/g, "$1");
    const value = quoted ?? match[3] ?? match[4] ?? match[5] ?? "";
    args.set(match[1] ?? String(position++), value);
  }
  return args;
}

/** 1 is the first. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
