// A forge that sends what no honest one would: repositories that are small on the wire and large in memory or work, and
// servers that do not come to an end. Read first: gitprotocol-http(5), gitprotocol-pack(5).
//
//   node test/e2e/support/hostile-forge.ts HOST PORT
//
// serves one repository at /x.git; GET /serve/KIND chooses which, "good-N" is a blog whose post says N.

import "../../../image/native-node.ts";
import { createServer, type ServerResponse } from "node:http";
import { appendDelta, bytes, type MadeEntry, makePack, nameOf } from "../../appliance/git/pack-builder.ts";

interface Repository {
  readonly entries: readonly MadeEntry[];
  readonly commit: string;
}

const COMMIT = 1;
const TREE = 2;
const BLOB = 3;
const OFS_DELTA = 6;

/** Collects objects; each is there once. */
class Objects {
  readonly entries: MadeEntry[] = [];
  readonly #names = new Set<string>();

  blob(text: string): string {
    return this.#add(BLOB, "blob", bytes(text));
  }
  /** Items in the order of Git's names. */
  tree(items: readonly (readonly [mode: string, name: string, oid: string])[]): string {
    const parts = items.map(([mode, name, oid]) =>
      Buffer.from(`${mode} ${name}\0${Buffer.from(oid, "hex").toString("latin1")}`, "latin1"),
    );
    return this.#add(TREE, "tree", Buffer.concat(parts));
  }
  commit(tree: string, parents: readonly string[] = [], seconds = 1_700_000_000): string {
    const person = `A <a@example.org> ${seconds} +0000`;
    const lines = [
      `tree ${tree}`,
      ...parents.map((parent) => `parent ${parent}`),
      `author ${person}`,
      `committer ${person}`,
    ];
    return this.#add(COMMIT, "commit", bytes(`${lines.join("\n")}\n\nmessage\n`));
  }
  #add(type: number, word: "commit" | "tree" | "blob", data: Uint8Array): string {
    const name = nameOf(word, data);
    if (!this.#names.has(name)) this.entries.push({ type, data });
    this.#names.add(name);
    return name;
  }
}

const FILE = "100644";
const DIRECTORY = "40000";
const padded = (number: number): string => String(number).padStart(7, "0");

function repository(make: (objects: Objects) => string): Repository {
  const objects = new Objects();
  const tree = make(objects);
  return { commit: objects.commit(tree), entries: objects.entries };
}

/** One document at p/a.md. */
function document(text: string): Repository {
  return repository((o) => o.tree([[DIRECTORY, "p", o.tree([[FILE, "a.md", o.blob(text)]])]]));
}

/** Directories in directories, `wide` names for each, all of one subtree. */
function bomb(levels: number, wide: number, leaf: (o: Objects) => string): Repository {
  return repository((o) => {
    let tree = leaf(o);
    for (let level = 0; level < levels; level++)
      tree = o.tree(Array.from({ length: wide }, (_, i) => [DIRECTORY, `d${padded(i)}`, tree] as const));
    return tree;
  });
}

function posts(count: number, head: (number: number) => string): Repository {
  return repository((o) =>
    o.tree([
      [
        DIRECTORY,
        "p",
        o.tree(
          Array.from(
            { length: count },
            (_, i) => [FILE, `${padded(i)}.md`, o.blob(`---\n${head(i)}---\n\nText ${i}.\n`)] as const,
          ),
        ),
      ],
    ]),
  );
}

function names(count: number): Repository {
  return repository((o) => {
    const oid = o.blob("one");
    return o.tree(Array.from({ length: count }, (_, i) => [FILE, `f${padded(i)}`, oid] as const));
  });
}

function changed(files: number, commits: number): Repository {
  const objects = new Objects();
  let parents: string[] = [];
  for (let c = 0; c < commits; c++) {
    const oid = objects.blob(`version ${c}`);
    const tree = objects.tree(Array.from({ length: files }, (_, i) => [FILE, `${padded(i)}.md`, oid] as const));
    parents = [objects.commit(tree, parents, 1_700_000_000 + c)];
  }
  return { commit: parents[0]!, entries: objects.entries };
}

/** A chain of deltas, each of a blob of so many bytes. */
function deltas(length: number, count: number): Repository {
  const objects = new Objects();
  const base = new Uint8Array(length);
  const entries: MadeEntry[] = [{ type: BLOB, data: base }];
  for (let i = 0; i < count; i++) entries.push({ type: OFS_DELTA, base: i, data: appendDelta(length + i, "x") });
  const commit = objects.commit(objects.tree([[FILE, "large", nameOf("blob", base)]]));
  return { commit, entries: [...entries, ...objects.entries] };
}

/** What is served by its name; each is made once. */
const KINDS: Readonly<Record<string, () => Repository>> = {
  "paths-10": () => bomb(10, 10, (o) => o.tree([[FILE, "f", o.blob("x")]])),
  "paths-5": () =>
    bomb(5, 10, (o) => o.tree(Array.from({ length: 10 }, (_, i) => [FILE, `f${i}`, o.blob("x")] as const))),
  "paths-wide": () => bomb(2, 2000, (o) => o.tree([[FILE, "f", o.blob("x")]])),
  "empty-directories": () => bomb(10, 10, (o) => o.tree([])),
  "nested-directories": () => bomb(20_000, 1, (o) => o.tree([[FILE, "f", o.blob("x")]])),
  "lone-blobs": () =>
    repository((o) => {
      for (let i = 0; i < 100_000; i++) o.blob(i.toString(36).padStart(5, "0"));
      return o.tree([[FILE, "f", o.blob("x")]]);
    }),
  "names-50000": () => names(50_000),
  "names-199000": () => names(199_000),
  changed: () => changed(5000, 100),
  tags: () => posts(1600, (i) => `tags: ${Array.from({ length: 64 }, (_, t) => `t${i}x${t}`).join(", ")}\n`),
  aliases: () => posts(4000, (i) => `aliases: [${Array.from({ length: 100 }, (_, a) => `/a${i}/${a}`).join(", ")}]\n`),
  deltas: () => deltas(4_000_000, 300),
  quotes: () => document(`${">".repeat(10_000)} deep\n`),
  dashes: () => document(`${"- ".repeat(10_000)}deep\n`),
  "deep-list": () => document(Array.from({ length: 700 }, (_, i) => `${"  ".repeat(i)}- x\n`).join("")),
  hashes: () => document("#".repeat(200_000)),
  brackets: () => document("[a](b ".repeat(20_000)),
  references: () => document(Array.from({ length: 10_000 }, (_, i) => `[${i}]: /${i}\n`).join("")),
};

function good(text: string): Repository {
  return repository((o) => {
    const post = o.blob(`---\ntitle: Good\n---\n\nThe good post says ${text}.\n`);
    return o.tree([[DIRECTORY, "Posts", o.tree([[FILE, "good.md", post]])]]);
  });
}

// ---- The protocol ----

const line = (data: Uint8Array | string): Buffer => {
  const body = Buffer.from(data as string);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, "0")), body]);
};
const band = (number: number, data: Uint8Array | string): Buffer =>
  line(Buffer.concat([Uint8Array.of(number), Buffer.from(data as string)]));

let kind = "good-0";
const made = new Map<string, { readonly commit: string; readonly pack: Uint8Array }>();

function current(): { readonly commit: string; readonly pack: Uint8Array } {
  let known = made.get(kind);
  if (known === undefined) {
    const { commit, entries } = (KINDS[kind] ?? (() => good(kind)))();
    known = { commit, pack: makePack(entries) };
    made.set(kind, known);
  }
  return known;
}

function advertise(response: ServerResponse): void {
  response.setHeader("Content-Type", "application/x-git-upload-pack-advertisement");
  if (kind === "error") {
    response.end(
      Buffer.concat([
        line("# service=git-upload-pack\n"),
        Buffer.from("0000"),
        line("ERR the forge \u202eis down\x07\n"),
      ]),
    );
    return;
  }
  const { commit } = current();
  const more =
    kind === "many-refs" ? Array.from({ length: 100_000 }, (_, i) => line(`${commit} refs/heads/b${padded(i)}\n`)) : [];
  response.end(
    Buffer.concat([
      line("# service=git-upload-pack\n"),
      Buffer.from("0000"),
      line(`${commit} HEAD\0side-band-64k ofs-delta symref=HEAD:refs/heads/main\n`),
      ...more,
      line(`${commit} refs/heads/main\n`),
      Buffer.from("0000"),
    ]),
  );
}

function sendPack(response: ServerResponse): void {
  response.setHeader("Content-Type", "application/x-git-upload-pack-result");
  response.write(line("NAK\n"));
  if (kind === "refusal") {
    response.end(Buffer.concat([band(3, "the forge \u202ehas a disk \x1b[31mfull\n"), Buffer.from("0000")]));
    return;
  }
  if (kind === "slow" || kind === "endless-progress") {
    const slow = kind === "slow";
    const timer = setInterval(() => response.write(band(2, slow ? "." : "counting\n".repeat(1000))), slow ? 1000 : 1);
    response.on("close", () => clearInterval(timer));
    return;
  }
  const { pack } = current();
  for (let at = 0; at < pack.length; at += 60_000) response.write(band(1, pack.subarray(at, at + 60_000)));
  response.end("0000");
}

const [, , host = "127.0.0.1", port = "8000"] = process.argv;
createServer((request, response) => {
  const path = (request.url ?? "").split("?", 1)[0]!;
  request.resume();
  request.on("end", () => {
    if (path.startsWith("/serve/")) {
      kind = path.slice("/serve/".length);
      current();
      response.end("ok\n");
    } else if (path.endsWith("/info/refs")) advertise(response);
    else if (path.endsWith("/git-upload-pack")) sendPack(response);
    else {
      response.statusCode = 404;
      response.end();
    }
  });
}).listen(Number(port), host);
