// A blog of 10,000 posts on the `process` target, on the processor itself, with Hugo and `git clone` beside it: what a
// machine of that size takes in processor time and memory. Under emulation it would take minutes.

import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { which } from "../../tools/setup.ts";
import { type Bed, cache, largeRepository } from "./bed.ts";
import type { Column } from "./columns.ts";
import { figure, type Row } from "./machine.ts";
import { Program } from "./process.ts";
import { commitPost, plan } from "./scale.ts";

const POSTS = 10_000;
const PUSHES = 3;
const READY_WITHIN_MS = 240_000;
const SHOWN_WITHIN_MS = 60_000;
const OTHERS_WITHIN_MS = 300_000;
/** Pages are made ready in the background after the blog is. */
const SETTLED_MS = 4000;

interface Run {
  readonly ready: number;
  readonly megabytes: number;
  readonly push: number;
  readonly how: string;
}

/** One run serves all rows. */
const runs = new Map<string, Promise<Run>>();
let others: Promise<Others | string> | undefined;

export const largeRows: readonly Row[] = [
  row("large-ready", "10,000 posts of 6 KB, 20,000 commits: until ready", "CPU s", "cpu", (run) => run.ready),
  row("large-memory", "the same, peak memory", "MB", "memory", (run) => run.megabytes),
  row("large-push", "a push of one post more to them", "CPU ms", undefined, (run) => run.push),
];

/** In the column of Linux stands Hugo, which makes all pages at once, after `git clone`. */
function row(
  id: string,
  title: string,
  unit: string,
  beside: "cpu" | "memory" | undefined,
  pick: (run: Run) => number,
): Row {
  return {
    id,
    title,
    unit,
    target: {},
    quick: false,
    async measure(bed, column) {
      if (column.name === "linux") {
        if (beside === undefined) return "–";
        others ??= hugo(bed);
        const done = await others;
        return typeof done === "string" ? done : figure(id, column, done[beside], [], done.how);
      }
      const run = await runOf(bed, column);
      return run === undefined ? "–" : figure(id, column, pick(run), [pick(run)], run.how);
    },
  };
}

async function runOf(bed: Bed, { process: binary }: Column): Promise<Run | undefined> {
  if (binary === undefined) return undefined;
  const known = runs.get(binary);
  if (known !== undefined) return known;
  const run = serve(bed, binary);
  runs.set(binary, run);
  return run;
}

async function serve(bed: Bed, binary: string): Promise<Run> {
  const { name: made } = await largeRepository(plan(POSTS));
  // Pushes are made to a copy.
  const name = `scale-${POSTS}.git`;
  rmSync(join(cache, "git", name), { recursive: true, force: true });
  cpSync(join(cache, "git", made), join(cache, "git", name), { recursive: true });
  const words = [binary, "--tap=tap0", `--remote=${bed.remote(name)}`, `--ipv4=${bed.guest}/24`];
  const program = new Program(bed, words);
  try {
    await program.line(/ready: http/, READY_WITHIN_MS);
    const ready = program.cpuSeconds();
    const megabytes = program.peakMegabytes();
    let push = 0;
    for (let i = 0; i < PUSHES; i++) {
      commitPost(name, i);
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
      const [before, from] = [program.cpuSeconds(), program.lines.length];
      await bed.run(["curl", "-s", "-o", "/dev/null", `http://${bed.guest}/push`], SHOWN_WITHIN_MS);
      await program.line(/ updated: /, SHOWN_WITHIN_MS, from);
      push += ((program.cpuSeconds() - before) * 1000) / PUSHES;
    }
    return {
      ready,
      megabytes,
      push,
      how: `${words.slice(1).join(" ")}; /proc/PID/schedstat and VmHWM at the console's lines`,
    };
  } finally {
    await program.stop();
  }
}

interface Others {
  readonly cpu: number;
  readonly memory: number;
  readonly how: string;
}

async function hugo(bed: Bed): Promise<Others | string> {
  if (which("hugo") === undefined) return "hugo is missing";
  const { name } = await largeRepository(plan(POSTS));
  const site = join(bed.folder, "hugo");
  mkdirSync(join(site, "layouts/_default"), { recursive: true });
  writeFileSync(join(site, "hugo.toml"), 'baseURL = "http://example.org/"\ntitle = "Posts"\n');
  writeFileSync(join(site, "layouts/_default/single.html"), "<h1>{{ .Title }}</h1>{{ .Content }}");
  writeFileSync(
    join(site, "layouts/_default/list.html"),
    "{{ range (.Paginate .Pages).Pages }}<a href={{ .Permalink }}>{{ .Title }}</a>{{ end }}",
  );
  execFileSync("git", ["clone", "-q", join(cache, "git", name), join(site, "content")]);
  // Hugo takes what ends in .md.
  execFileSync("find", [join(site, "content/Posts"), "-type", "f", "-exec", "mv", "{}", "{}.md", ";"]);
  const report = join(bed.folder, "hugo-time");
  const words = ["hugo", "--source", site, "--destination", join(bed.folder, "hugo-site"), "--quiet"];
  await promisify(execFile)("time", ["-o", report, "-f", "%U %S %M", ...words], { timeout: OTHERS_WITHIN_MS });
  const [user, system, kilobytes] = readFileSync(report, "utf8").trim().split(" ").map(Number);
  return {
    cpu: user! + system!,
    memory: (kilobytes! * 1024) / 1e6,
    how: `time ${words.join(" ")}; two templates of a line`,
  };
}
