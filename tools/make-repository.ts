// Repositories made by a seed, the same bytes each time, by `git fast-import`. Read first: git-fast-import(1).
//
//   node tools/make-repository.ts DIRECTORY [posts] [commits]
//
// makes a bare blog repository: 2,000 posts and 5,000 commits unless told otherwise, a pack of about 19 MB.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";

/** What a commit does to one path: new content, or undefined to delete it. */
export interface Change {
  readonly path: string;
  readonly content: string | Uint8Array | undefined;
  /** "100644" unless told otherwise; "100755", "120000" (content is the target), "160000" (content is a commit's name). */
  readonly mode?: string;
}

export interface CommitPlan {
  readonly changes: readonly Change[];
  /** Indexes of earlier commits; the commit before unless told otherwise, [] for a root. */
  readonly parents?: readonly number[];
  /** Seconds since 1970; an hour after the commit before unless told otherwise. */
  readonly time?: number;
  /** The author's date, when it is another. */
  readonly authorTime?: number;
  /** "+0100" */
  readonly zone?: string;
  readonly author?: string;
  readonly message?: string;
  /** A branch that this commit becomes the head of: "main" unless told otherwise. */
  readonly branch?: string;
}

export const FIRST_TIME = 1_000_000_000;
const HOUR = 3600;

/** Makes a bare repository of the plans; HEAD is "main". */
export async function makeRepository(directory: string, plans: Iterable<CommitPlan>): Promise<void> {
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", directory]);
  await addCommits(directory, plans, 0);
}

/** Adds to a repository made here; `first` is the number of commits that it was made of. */
export async function addCommits(directory: string, plans: Iterable<CommitPlan>, first: number): Promise<void> {
  const marks = `${directory}/epiphyte-marks`;
  const child = spawn(
    "git",
    [
      "-C",
      directory,
      "fast-import",
      "--quiet",
      "--force",
      "--date-format=raw-permissive",
      "--depth=20",
      ...(first === 0 ? [] : [`--import-marks=${marks}`]),
      `--export-marks=${marks}`,
    ],
    { stdio: ["pipe", "inherit", "inherit"] },
  );
  const done = once(child, "exit");
  // Its death shows in the exit status.
  child.stdin.on("error", () => {});
  let number = first;
  let time = FIRST_TIME + first * HOUR;
  for (const plan of plans) {
    time = plan.time ?? time + HOUR;
    for (const bytes of commitCommands(plan, number, time))
      if (!child.stdin.write(bytes)) await once(child.stdin, "drain");
    number++;
  }
  child.stdin.end();
  const [status] = (await done) as [number | null];
  if (status !== 0) throw new Error(`git fast-import ended with ${status}`);
}

function commitCommands(plan: CommitPlan, number: number, time: number): Uint8Array[] {
  const zone = plan.zone ?? "+0000";
  const author = plan.author ?? "Ada Example <ada@example.org>";
  const message = Buffer.from(plan.message ?? `Commit ${number}`);
  const branch = plan.branch ?? "main";
  const parents = plan.parents ?? (number === 0 ? [] : [number - 1]);
  const out: Uint8Array[] = [
    // Without parents a commit would follow its branch.
    Buffer.from(parents.length === 0 ? `reset refs/heads/${branch}\n` : ""),
    Buffer.from(
      `commit refs/heads/${branch}\nmark :${number + 1}\nauthor ${author} ${plan.authorTime ?? time} ${zone}\ncommitter ${author} ${time} ${zone}\ndata ${message.length}\n`,
    ),
    message,
    Buffer.from("\n"),
  ];
  parents.forEach((parent, i) => {
    out.push(Buffer.from(`${i === 0 ? "from" : "merge"} :${parent + 1}\n`));
  });
  // The tree is the first parent's unless it is said anew.
  for (const { path, content, mode } of plan.changes) {
    const quoted = `"${path.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n")}"`;
    if (content === undefined) {
      out.push(Buffer.from(`D ${quoted}\n`));
    } else if (mode === "160000") {
      out.push(Buffer.from(`M 160000 ${content} ${quoted}\n`));
    } else {
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      out.push(Buffer.from(`M ${mode ?? "100644"} inline ${quoted}\ndata ${bytes.length}\n`), bytes, Buffer.from("\n"));
    }
  }
  out.push(Buffer.from("\n"));
  return out;
}

/** Random numbers by a seed: xorshift32. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed | 0) === 0 ? 1 : seed | 0;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

export interface BlogPlan {
  readonly posts: number;
  readonly commits: number;
  readonly seed: number;
  /** Words of a post, on average. */
  readonly words: number;
  /** All posts in one directory (Canopy's way), or one a year. */
  readonly layout: "flat" | "yearly";
}

export const LARGE_BLOG: BlogPlan = { posts: 2000, commits: 5000, seed: 1, words: 2620, layout: "yearly" };

/** A blog in Canopy's format: some commits write a post, the others revise one. */
export function* blog(plan: BlogPlan): Generator<CommitPlan> {
  const random = new Seeded(plan.seed);
  const words = vocabulary(random);
  const posts: { readonly path: string; readonly title: string; readonly paragraphs: string[] }[] = [];
  yield {
    changes: [
      { path: ".config/blog_name", content: "A generated blog\n" },
      { path: ".config/uuid", content: "7d8f1cb0-6ae8-4d3e-9d2a-5b7f4a1c0e11\n" },
      { path: "Index", content: header("Welcome", "front") + paragraph(random, words, 80) },
      { path: "static/css/style.css", content: "body { max-width: 40em }\n" },
    ],
    message: "Begin",
  };
  for (let i = 1; i < plan.commits; i++) {
    // Spread the new posts evenly over the commits.
    const due = Math.ceil((i * plan.posts) / (plan.commits - 1));
    if (posts.length < due) {
      const number = posts.length;
      const name = `${random.pick(words)}-${random.pick(words)}-${number}`;
      const directory = plan.layout === "flat" ? "Posts" : `Posts/${2000 + Math.floor((number * 20) / plan.posts)}`;
      const paragraphs: string[] = [];
      const length = Math.max(1, Math.round((plan.words * (50 + random.below(100))) / 100 / 90));
      for (let p = 0; p < length; p++) paragraphs.push(paragraph(random, words, 90));
      const post = {
        path: `${directory}/${name}`,
        title: `${random.pick(words)} and ${random.pick(words)}`,
        paragraphs,
      };
      posts.push(post);
      yield { changes: [{ path: post.path, content: text(post) }], message: `Write ${name}` };
    } else {
      const post = random.pick(posts);
      post.paragraphs[random.below(post.paragraphs.length)] = paragraph(random, words, 90);
      yield { changes: [{ path: post.path, content: text(post) }], message: `Revise ${post.title}` };
    }
  }
}

function header(title: string, tags: string): string {
  return `---\ntitle: ${title}\nauthor: Ada Example\ntags: ${tags}\nabstract: About ${title}.\n---\n`;
}

function text(post: { readonly title: string; readonly paragraphs: readonly string[] }): string {
  return `${header(post.title, "generated, text")}\n${post.paragraphs.join("\n")}`;
}

function paragraph(random: Seeded, words: readonly string[], length: number): string {
  let out = "";
  for (let i = 0; i < length; i++) out += `${random.pick(words)}${i % 12 === 11 ? "\n" : " "}`;
  return `${out.trimEnd()}.\n`;
}

/** Words that compress about as well as English does. */
function vocabulary(random: Seeded): string[] {
  const syllables = ["ka", "lo", "mi", "ren", "tus", "vel", "or", "an", "is", "de", "bri", "sho", "qua", "nel", "fa"];
  return Array.from({ length: 4000 }, () => {
    let word = "";
    for (let i = 0, n = 2 + random.below(3); i < n; i++) word += random.pick(syllables);
    return word;
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [directory, posts, commits] = process.argv.slice(2);
  if (directory === undefined) throw new Error("usage: make-repository DIRECTORY [posts] [commits]");
  const plan = {
    ...LARGE_BLOG,
    posts: Number(posts ?? LARGE_BLOG.posts),
    commits: Number(commits ?? LARGE_BLOG.commits),
  };
  await makeRepository(directory, blog(plan));
  // As a forge keeps it: deltas over the whole history.
  execFileSync("git", ["-C", directory, "repack", "-adfq", "--depth=50"]);
}
