// Repositories that are small on the wire and large in memory or work, or make no sense: by kind.

import { appendDelta, bytes, type MadeEntry, nameOf } from "../../appliance/git/pack-builder.ts";
import {
  BLOB,
  DIRECTORY,
  FILE,
  folder,
  goodPost,
  type Item,
  Objects,
  OFS_DELTA,
  padded,
  posts,
  REF_DELTA,
  type Repository,
  repository,
  SUBMODULE,
  SYMLINK,
  times,
} from "../../appliance/git/repository-builder.ts";
import { DOCUMENTS, HEADERS } from "../../support/hostile-documents.ts";

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

/** One document at p/a.md. */
function document(text: string): Repository {
  return repository((o) => o.tree([[DIRECTORY, "p", folder(o, { "a.md": text })]]));
}

/** All of them, in one directory, beside a good post. */
function documents(texts: Readonly<Record<string, string>>): Repository {
  const files = Object.entries(texts).map(([name, text]) => [`${name}.md`, text] as const);
  return repository((o) =>
    o.tree([
      [DIRECTORY, "Posts", folder(o, { "good.md": goodPost("hostile") })],
      [DIRECTORY, "p", folder(o, Object.fromEntries(files))],
    ]),
  );
}

/** Directories in directories, `wide` names for each, all of one subtree. */
function bomb(levels: number, wide: number, leaf: (o: Objects) => string): Repository {
  return repository((o) => {
    let tree = leaf(o);
    for (let level = 0; level < levels; level++) tree = o.tree(times(wide, (i) => [DIRECTORY, `d${padded(i)}`, tree]));
    return tree;
  });
}

function names(count: number): Repository {
  return repository((o) => {
    const oid = o.blob("one");
    return o.tree(times(count, (i) => [FILE, `f${padded(i)}`, oid]));
  });
}

/** Names of no letters that a file system would take, and some that mean something to someone. */
const ODD_NAMES: readonly (string | Uint8Array)[] = [
  ...[".", "..", "/", "a/../../b", "../x.md", "\n.md", "\r\nX: y.md", "\x1b[31m.md", "\u202e.md", "%00.md", "%2e%2e"],
  ...["__proto__", "__proto__.md", "constructor.md", "hasOwnProperty", "toString.md", "\\..\\x.md", "CON", "a?b#c.md"],
  ...["\ufeff.md", " ", " .md", ".md", "index.md", "atom.md", "tags.md", "push.md", "robots.txt", "sitemap.xml"],
  ...["\ud800.md", "<script>.md", "\"&'.md", "a\u0000".slice(0, 1), `${"n".repeat(5000)}.md`, `${"é".repeat(2000)}.md`],
  ...[Uint8Array.of(0xff, 0xfe, 0x2e, 0x6d, 0x64), Uint8Array.of(0xc0, 0xaf), Uint8Array.of(0xed, 0xa0, 0x80)],
];

function changed(files: number, commits: number): Repository {
  const objects = new Objects();
  let parents: string[] = [];
  for (let c = 0; c < commits; c++) {
    const oid = objects.blob(`version ${c}`);
    const tree = objects.tree(times(files, (i) => [FILE, `${padded(i)}.md`, oid]));
    parents = [objects.commit(tree, parents, 1_700_000_000 + c)];
  }
  return { commit: parents[0]!, entries: objects.entries };
}

/** A directory of files that each commit calls by another name. */
function renamed(files: number, commits: number): Repository {
  const objects = new Objects();
  const oid = objects.blob("one");
  const tree = objects.tree(times(files, (i) => [FILE, `${padded(i)}.md`, oid]));
  let parents: string[] = [];
  for (let c = 0; c < commits; c++)
    parents = [objects.commit(objects.tree([[DIRECTORY, `d${padded(c)}`, tree]]), parents, 1_700_000_000 + c)];
  return { commit: parents[0]!, entries: objects.entries };
}

/** A merge of so many histories, each with files of its own text under the same names. */
function octopus(files: number, parents: number): Repository {
  const objects = new Objects();
  const tree = (text: string): string => {
    const oid = objects.blob(text);
    return objects.tree(times(files, (i) => [FILE, `${padded(i)}.md`, oid]));
  };
  const roots = times(parents, (i) => objects.commit(tree(`text ${i}`), [], 1_600_000_000 + i));
  return { commit: objects.commit(tree("merged"), roots), entries: objects.entries };
}

/** Merge upon merge, each of many parents that are the same for all, and each changes every file. */
function merges(files: number, parents: number, count: number): Repository {
  const objects = new Objects();
  const tree = (text: string): string => {
    const oid = objects.blob(text);
    return objects.tree(times(files, (i) => [FILE, `${padded(i)}.md`, oid]));
  };
  const roots = times(parents - 1, (i) => objects.commit(tree(`text ${i}`), [], 1_600_000_000 + i));
  let head = objects.commit(tree("first"), [], 1_600_000_000);
  for (let i = 0; i < count; i++) head = objects.commit(tree(`merged ${i}`), [head, ...roots], 1_700_000_000 + i);
  return { commit: head, entries: objects.entries };
}

/** Commits in a row, all of one tree. */
function chain(count: number, by: (number: number) => string = () => "A"): Repository {
  const objects = new Objects();
  const tree = folder(objects, { "a.md": "one" });
  let parents: string[] = [];
  for (let c = 0; c < count; c++) parents = [objects.commit(tree, parents, 1_600_000_000 + c, by(c))];
  return { commit: parents[0]!, entries: objects.entries };
}

/** Its head is this commit, of a tree with one file. */
function commit(make: (tree: string, objects: Objects) => string): Repository {
  const objects = new Objects();
  const tree = folder(objects, { "a.md": "one" });
  return { commit: make(tree, objects), entries: objects.entries };
}

/** Deltas of a blob of so many bytes: each of the one before it, or all of the blob; by name, before it comes. */
function deltas(length: number, count: number, how: "chain" | "fan" | "late"): Repository {
  const objects = new Objects();
  const base = new Uint8Array(length);
  const name = nameOf("blob", base);
  const entries: MadeEntry[] = how === "late" ? [] : [{ type: BLOB, data: base }];
  for (let i = 0; i < count; i++) {
    if (how === "chain") entries.push({ type: OFS_DELTA, base: i, data: appendDelta(length + i, "x") });
    if (how === "fan") entries.push({ type: OFS_DELTA, base: 0, data: appendDelta(length, String(i)) });
    if (how === "late") entries.push({ type: REF_DELTA, name, data: appendDelta(length, String(i)) });
  }
  if (how === "late") entries.push({ type: BLOB, data: base });
  const head = objects.commit(objects.tree([[FILE, "large", name]]));
  return { commit: head, entries: [...entries, ...objects.entries] };
}

/** A delta of a few kilobytes that copies its base so many times. */
function swelling(length: number, copies: number, count: number): Repository {
  const objects = new Objects();
  const base = new Uint8Array(length).fill(0x61);
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
  const copy = [0x80 | 16 | 32 | 64, length & 255, (length >> 8) & 255, length >> 16];
  const entries: MadeEntry[] = [{ type: BLOB, data: base }];
  for (let i = 0; i < count; i++) {
    const times_ = copies + i;
    const data = [...varint(length), ...varint(length * times_), ...times(times_, () => copy).flat()];
    entries.push({ type: OFS_DELTA, base: 0, data: Uint8Array.from(data) });
  }
  const head = objects.commit(objects.tree([[FILE, "large", nameOf("blob", base)]]));
  return { commit: head, entries: [...entries, ...objects.entries] };
}

/** An honest repository whose pack is spoilt. */
function spoilt(spoil: (entries: MadeEntry[]) => Partial<Repository>): Repository {
  const made = repository((o) => folder(o, { "a.md": "one", "b.md": "two" }));
  return { ...made, ...spoil([...made.entries]) };
}

function tree(items: (o: Objects) => readonly Item[]): Repository {
  return repository((o) => o.tree(items(o)));
}

/** Directories within each other, a post in each. */
function deep(levels: number, posts_: number): Repository {
  return repository((o) => {
    let inner = o.tree(times(posts_, (i) => [FILE, `${padded(i)}.md`, o.blob(`---\ntitle: a\n---\n\n${i}\n`)]));
    for (let level = 0; level < levels; level++) inner = o.tree([[DIRECTORY, "d", inner]]);
    return inner;
  });
}

/** What is served by its name; each is made once. */
export const KINDS: Readonly<Record<string, () => Repository>> = {
  // Paths without number from a few trees.
  "paths-10": () => bomb(10, 10, (o) => o.tree([[FILE, "f", o.blob("x")]])),
  "paths-5": () => bomb(5, 10, (o) => o.tree(times(10, (i) => [FILE, `f${i}`, o.blob("x")]))),
  "paths-wide": () => bomb(2, 2000, (o) => o.tree([[FILE, "f", o.blob("x")]])),
  "paths-24": () => bomb(24, 2, (o) => o.tree([[FILE, "f.md", o.blob("x")]])),
  "empty-directories": () => bomb(10, 10, (o) => o.tree([])),
  "nested-directories": () => bomb(20_000, 1, (o) => o.tree([[FILE, "f", o.blob("x")]])),
  "deep-posts": () => deep(120, 3000),
  "wide-top": () =>
    tree((o) => {
      const inner = folder(o, { "a.md": "one" });
      return times(15_000, (i) => [DIRECTORY, `d${padded(i)}`, inner]);
    }),
  "pages-top": () => tree((o) => times(10_000, (i) => [FILE, `${"long".repeat(50)}${padded(i)}.md`, o.blob(`${i}`)])),
  // Objects and names.
  "lone-blobs": () =>
    repository((o) => {
      for (let i = 0; i < 100_000; i++) o.blob(i.toString(36).padStart(5, "0"));
      return o.tree([[FILE, "f", o.blob("x")]]);
    }),
  "names-20000": () => names(20_000),
  "names-50000": () => names(50_000),
  "names-199000": () => names(199_000),
  "names-1000000": () => names(1_000_000),
  "same-names": () => tree((o) => times(20_000, () => [FILE, "same.md", o.blob("x")])),
  "odd-names": () => tree((o) => ODD_NAMES.map((name) => [FILE, name, o.blob(`title ${name.length}`)])),
  "odd-directories": () =>
    tree((o) => ODD_NAMES.map((name) => [DIRECTORY, name, folder(o, { "a.md": "x", "index.html": "<p>" })])),
  "long-names": () => tree((o) => times(16, (i) => [FILE, `${"n".repeat(200 * KILOBYTE)}${i}.md`, o.blob("x")])),
  "long-paths": () =>
    repository((o) => {
      let inner = o.tree(times(50, (i) => [FILE, `${padded(i)}.md`, o.blob("x")]));
      for (let i = 0; i < 100; i++) inner = o.tree([[DIRECTORY, `${"n".repeat(40 * KILOBYTE)}`, inner]]);
      return inner;
    }),
  "no-name": () => tree((o) => [[FILE, "", o.blob("x")]]),
  "damaged-tree": () => tree((o) => [["1", "a", o.blob("x")]]),
  "odd-modes": () =>
    tree((o) =>
      ["100777", "00000", "777777", "40755", "120777", "160777", "010644", "40000"].map(
        (mode, i) => [mode, `m${i}.md`, i % 2 === 0 ? o.blob("x") : o.tree([])] as const,
      ),
    ),
  "tree-of-blobs": () => tree((o) => [[DIRECTORY, "d", o.blob("no tree")]]),
  "file-of-tree": () => tree((o) => [[FILE, "f.md", o.tree([])]]),
  submodules: () => tree(() => times(20_000, (i) => [SUBMODULE, `m${padded(i)}`, padded(i).repeat(6).slice(0, 40)])),
  // Links and redirects.
  "link-chain": () =>
    tree((o) => times(20_000, (i) => [SYMLINK, `l${padded(i)}`, o.blob(`l${padded((i + 1) % 20_000)}`)])),
  "odd-links": () =>
    tree((o) =>
      ["a", "../..", "/etc/passwd", "", ".", "x\0y", "../".repeat(1000), "x".repeat(4000), "y".repeat(MEGABYTE)].map(
        (to, i) => [SYMLINK, `l${i}`, o.blob(to)] as const,
      ),
    ),
  "redirect-files": () =>
    tree((o) => times(10_000, (i) => [FILE, `r${padded(i)}`, o.blob(`redirect: /r${padded(i + 1)}\n`)])),
  "redirect-words": () =>
    tree((o) => times(500, (i) => [FILE, `r${padded(i)}`, o.blob(`redirect: x${" ".repeat(4000)}${i}`)])),
  // Histories.
  changed: () => changed(5000, 100),
  renamed: () => renamed(5000, 300),
  octopus: () => octopus(2000, 250),
  merges: () => merges(200, 250, 120),
  "commit-chain": () => chain(30_000),
  persons: () => chain(5000, (i) => `${padded(i)}${"name ".repeat(1000)}`),
  "many-parents": () =>
    commit((t, o) =>
      o.commit(
        t,
        times(100_000, (i) => padded(i).repeat(6).slice(0, 40)),
      ),
    ),
  "long-message": () =>
    commit((t, o) =>
      o.raw(`tree ${t}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\n${"word ".repeat(400 * KILOBYTE)}`),
    ),
  "long-author": () =>
    commit((t, o) =>
      o.raw(`tree ${t}\nauthor ${"<".repeat(60_000)} <a> 1 +0000\ncommitter ${">".repeat(200)} 1 +0000\n\nx`),
    ),
  "absurd-dates": () =>
    commit((t, o) => {
      const times_ = ["999999999999999", "-999999999999999", "1e99", "", "NaN", "0", "253402300800", "-62135596801"];
      return times_.reduce((parent, time) => o.commit(t, parent === "" ? [] : [parent], time), "");
    }),
  "no-tree": () => commit((_, o) => o.commit("1".repeat(40))),
  "blob-tree": () => commit((_, o) => o.commit(o.blob("no tree"))),
  "head-is-blob": () => commit((_, o) => o.blob("no commit")),
  // Packs.
  deltas: () => deltas(4_000_000, 300, "chain"),
  "deltas-deep": () => deltas(100, 20_000, "chain"),
  "deltas-fan": () => deltas(2_000_000, 3000, "fan"),
  "deltas-late": () => deltas(2_000_000, 3000, "late"),
  swelling: () => swelling(60_000, 50, 2000),
  "swelling-large": () => swelling(60_000, 5000, 3),
  "large-blob": () => repository((o) => folder(o, { "a.bin": new Uint8Array(60 * MEGABYTE) })),
  "large-blobs": () =>
    repository((o) =>
      folder(o, Object.fromEntries(times(60, (i) => [`${i}.txt`, new Uint8Array(3 * MEGABYTE).fill(i)]))),
    ),
  "count-high": () => spoilt((entries) => ({ count: entries.length + 1 })),
  "count-low": () => spoilt((entries) => ({ count: entries.length - 1 })),
  "count-huge": () => spoilt(() => ({ count: 0xffffffff })),
  "count-none": () => spoilt(() => ({ count: 0 })),
  "size-lies": () => spoilt(([first, ...rest]) => ({ entries: [{ ...first!, size: 2 ** 40 }, ...rest] })),
  "size-small": () => spoilt(([first, ...rest]) => ({ entries: [{ ...first!, size: 1 }, ...rest] })),
  "delta-ring": () =>
    spoilt((entries) => {
      const [one, two] = [nameOf("blob", bytes("1")), nameOf("blob", bytes("2"))];
      const ring = [one, two].map((name) => ({ type: REF_DELTA, name, data: appendDelta(1, "x") }));
      return { entries: [...entries, ...ring] };
    }),
  // What an author may write, many times over.
  "posts-40000": () => posts(40_000, (i) => `title: t${i}\n`),
  tags: () => posts(1600, (i) => `tags: ${times(64, (t) => `t${i}x${t}`).join(", ")}\n`),
  "one-post-tags": () => posts(2, (i) => `tags: [${times(8000, (t) => `${t}`).join(",")}${i}]\n`.slice(0, 16_000)),
  aliases: () => posts(4000, (i) => `aliases: [${times(100, (a) => `/a${i}/${a}`).join(", ")}]\n`),
  "alias-ring": () => posts(2000, (i) => `aliases: [/p/${padded((i + 1) % 2000)}, "", "/", /push, "/%2e%2e/x"]\n`),
  "long-titles": () => posts(1000, (i) => `title: ${`${i} & <b> `.repeat(1500)}\nabstract: ${"*a ".repeat(1000)}\n`),
  "dates-in-heads": () => posts(1000, (i) => `date: ${i * 10}-01-01\nupdated: 9999-12-31T23:59:60+23:59\n`),
  settings: () =>
    repository((o) => {
      const long = "x".repeat(4000);
      const config = folder(o, {
        blog_name: long,
        description: long,
        root: `http://${long}`,
        content_security_policy: long,
        language: long,
        index_page: long,
        uuid: long,
      });
      return o.tree([
        [DIRECTORY, ".config", config],
        [DIRECTORY, "p", folder(o, { "a.md": "one" })],
      ]);
    }),
  images: () => repository((o) => folder(o, Object.fromEntries(times(3000, (i) => [`${i}.png`, `${i}`])))),
  "index-files": () =>
    tree((o) =>
      times(5000, (i) => [DIRECTORY, `d${padded(i)}`, folder(o, { "index.html": `${i}`, "index.md": `${i}` })]),
    ),
  headers: () => documents(HEADERS),
  "headers-many": () => {
    const heads = Object.values(HEADERS);
    return repository((o) =>
      o.tree(times(2000, (i) => [FILE, `${padded(i)}.md`, o.blob(`${heads[i % heads.length]!}${i}`)])),
    );
  },
  documents: () => documents(DOCUMENTS),
  quotes: () => document(`${">".repeat(10_000)} deep\n`),
  dashes: () => document(`${"- ".repeat(10_000)}deep\n`),
  "deep-list": () => document(times(700, (i) => `${"  ".repeat(i)}- x\n`).join("")),
  hashes: () => document("#".repeat(200_000)),
  brackets: () => document("[a](b ".repeat(20_000)),
  references: () => document(times(10_000, (i) => `[${i}]: /${i}\n`).join("")),
};
