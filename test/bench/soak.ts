// A long run against the process target: requests over kept and new connections with pushes in between, then wrk and
// h2load with 64 and 1,000 connections. Prints a line a round: the heap must stay flat, and nothing may fail.
//
//   node tools/run.mjs test/bench/soak.ts [--requests=1000000] [--rounds=10] [--binary=build/epiphyte]

import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { addCommits, blog, LARGE_BLOG, makeRepository } from "../../tools/make-repository.ts";
import { isRoot, need, stop } from "../../tools/setup.ts";
import { Bed, cache, root } from "./bed.ts";
import { Program } from "./process.ts";

const BLOG = { ...LARGE_BLOG, posts: 40, commits: 80, words: 600 };
const CONNECTIONS = 64;
/** Of ten requests, how many come over a connection of their own. */
const NEW_CONNECTIONS = 2;
/** The level debug logs figures every ten seconds. */
const FIGURES_WITHIN_MS = 25_000;
const CLIENT_WITHIN_MS = 900_000;
const LOAD_SECONDS = 10;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "10" },
    binary: { type: "string", default: "build/epiphyte" },
  },
});
const rounds = Number(values.rounds);
const perRound = Math.ceil(Number(values.requests) / rounds);
if (!isRoot()) stop("the soak makes a network namespace and a TAP device: run it as root.");
need("git", "ip", "dnsmasq", "h2load", "ab", "wrk", "curl");

const directory = join(cache, "git/soak.git");
rmSync(directory, { recursive: true, force: true });
const bed = await Bed.open(`soak${process.pid}`, 77);
await makeRepository(directory, blog(BLOG));
const url = `http://${bed.guest}`;
const program = new Program(
  bed,
  [
    join(root, values.binary),
    "--tap=tap0",
    "--log=debug",
    `--remote=${bed.remote("soak.git")}`,
    `--ipv4=${bed.guest}/24`,
  ],
  // One access line a request is printed at this level; they are read and forgotten.
  (line) => !/^\d+\.\d+\.\d+\.\d+ /.test(line),
);
let failures = 0;
let requests = 0;
try {
  await program.line(/ready: http/, 60_000);
  console.log("after               | requests | resident MB | figures");
  await report("start");
  for (let round = 1; round <= rounds; round++) {
    const fresh = Math.floor((perRound * NEW_CONNECTIONS) / 10);
    // A page that is rendered, and one that is ready.
    await kept(CONNECTIONS, Math.ceil((perRound - fresh) / 2), `${url}/`);
    await kept(CONNECTIONS, Math.floor((perRound - fresh) / 2), `${url}/static/css/style.css`);
    await anew(fresh, `${url}/`);
    await push(round);
    await report(`round ${round}`);
  }
  for (const connections of [CONNECTIONS, 1000]) {
    await kept(connections, 20_000, `${url}/`);
    await report(`h2load, ${connections}`);
    await wrk(connections, `${url}/`);
    await report(`wrk, ${connections}`);
  }
} finally {
  await program.stop();
  await bed.close();
}
console.log(failures === 0 ? `${requests} requests, no error` : `${requests} requests, ${failures} FAILED`);
process.exit(failures === 0 ? 0 : 1);

async function kept(connections: number, count: number, target: string): Promise<void> {
  const out = await client("h2load", "--h1", `--clients=${connections}`, "--threads=1", `--requests=${count}`, target);
  note(count, count - Number(/status codes: (\d+) 2xx/.exec(out)?.[1] ?? 0), "h2load");
}

async function anew(count: number, target: string): Promise<void> {
  const out = await client("ab", "-q", "-c", String(CONNECTIONS), "-n", String(count), target);
  const bad = /Non-2xx responses:\s+(\d+)/.exec(out)?.[1] ?? 0;
  const complete = Number(/Complete requests:\s+(\d+)/.exec(out)?.[1] ?? 0);
  note(count, count - complete + Number(bad) + Number(/Failed requests:\s+(\d+)/.exec(out)?.[1] ?? 0), "ab");
}

async function wrk(connections: number, target: string): Promise<void> {
  const out = await client("wrk", "-t1", `-c${connections}`, `-d${LOAD_SECONDS}s`, "--timeout=30s", target);
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out)?.slice(1) ?? [];
  const errors = socket.reduce((sum, n) => sum + Number(n), Number(/Non-2xx[^:]*: (\d+)/.exec(out)?.[1] ?? 0));
  note(Number(/(\d+) requests in/.exec(out)?.[1] ?? 0), errors, "wrk");
}

/** A client with room for a thousand sockets; what it prints, whatever its status. */
async function client(...words: readonly string[]): Promise<string> {
  try {
    return await bed.run(["prlimit", "--nofile=8192:8192", ...words], CLIENT_WITHIN_MS);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return "";
  }
}

function note(count: number, failed: number, who: string): void {
  requests += count;
  failures += failed;
  if (failed !== 0) console.error(`${who}: ${failed} of ${count} failed`);
}

/** A commit that changes a page and adds one; the webhook answers when it is shown. */
async function push(round: number): Promise<void> {
  const text = `---\ntitle: Round ${round}\nauthor: Ada Example\n---\nThe machine has been asked ${requests} times.\n`;
  const changes = [
    { path: "Index", content: text },
    { path: `Posts/round-${round}`, content: text },
  ];
  await addCommits(directory, [{ changes, message: `Round ${round}` }], BLOG.commits + round - 1);
  const out = await client("curl", "--silent", "--show-error", "--max-time", "60", "--request", "POST", `${url}/push`);
  const page = await client("curl", "--silent", "--max-time", "60", `${url}/`);
  const shown = page.includes(`Round ${round}`);
  note(2, shown ? 0 : 1, `push (${out.trim()})`);
}

async function report(after: string): Promise<void> {
  const before = program.lines.length;
  const line = await program.line(/figures: /, FIGURES_WITHIN_MS, before);
  const figures = line.slice(line.indexOf("figures: ") + 9);
  const resident = program.residentMegabytes().toFixed(1);
  console.log(`${after.padEnd(19)} | ${String(requests).padStart(8)} | ${resident.padStart(11)} | ${figures}`);
}
