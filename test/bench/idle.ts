// What a connection costs that does nothing: the process target's resident memory with so many of them open, in the clear and
// over TLS. The half of them is opened first, because what the start has left free is used up by those. Then so many handshakes,
// one connection each, with the memory after each tenth of them.
//
//   node tools/run.mjs test/bench/idle.ts [--connections=2000] [--handshakes=0] [--binary=build/epiphyte]

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { blog, LARGE_BLOG, makeRepository } from "../../tools/make-repository.ts";
import { isRoot, need, stop } from "../../tools/setup.ts";
import { Bed, cache, root } from "./bed.ts";
import { Program } from "./process.ts";

const READY_WITHIN_MS = 60_000;
const OPEN_WITHIN_MS = 240_000;
/** Nothing is to be under way any more when the memory is looked at. */
const REST_MS = 3000;

/** Opens the half, and after a line of input the rest; a line when each is done. */
const CLIENT = `
const [host, port, count] = process.argv.slice(1);
const open = (done) => port === "443"
  ? require("tls").connect({ host, port, rejectUnauthorized: false }, done)
  : require("net").connect(port, host, done);
const all = [];
const some = async () => {
  for (let i = 0; i < count / 2; i++)
    await new Promise((done, failed) => all.push(open(done).on("error", failed)));
  console.log(all.length);
};
process.stdin.once("data", some);
some();
`;

/** Handshakes, sixteen at a time, each answered with a byte of a page; a line for each tenth of them. */
const VISITOR = `
const [host, count] = process.argv.slice(1);
let begun = 0;
let done = 0;
const next = () => {
  if (begun++ >= count) return;
  const s = require("tls").connect({ host, port: 443, rejectUnauthorized: false }, () => s.write("GET / HTTP/1.0\\r\\n\\r\\n"));
  s.once("data", () => {
    s.destroy();
    if (++done % (count / 10) === 0) console.log(done);
    next();
  });
  s.on("error", (error) => { throw error; });
};
for (let i = 0; i < 16; i++) next();
`;

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "2000" },
    handshakes: { type: "string", default: "0" },
    binary: { type: "string", default: "build/epiphyte" },
  },
});
const connections = Number(values.connections);
if (!isRoot()) stop("this makes a network namespace and a TAP device: run it as root.");
need("git", "ip", "dnsmasq");

const directory = join(cache, "git/idle.git");
rmSync(directory, { recursive: true, force: true });
const bed = await Bed.open(`idle${process.pid}`, 79);
await makeRepository(directory, blog({ ...LARGE_BLOG, posts: 10, commits: 10, words: 100 }));

async function start(): Promise<Program> {
  const program = new Program(bed, [
    join(root, values.binary),
    "--tap=tap0",
    `--remote=${bed.remote("idle.git")}`,
    `--ipv4=${bed.guest}/24`,
    "--tls",
  ]);
  await program.line(/ready: /, READY_WITHIN_MS);
  return program;
}

/** Resident megabytes after each tenth of the handshakes. */
async function visits(count: number): Promise<number[]> {
  const program = await start();
  const client = bed.ns.start([process.execPath, "-e", VISITOR, bed.guest, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const samples: number[] = [];
  for await (const line of createInterface({ input: client.stdout! })) {
    samples.push(program.residentMegabytes());
    console.log(`${line} handshakes: ${samples.at(-1)!.toFixed(2)} MB resident`);
  }
  await program.stop();
  return samples;
}

/** Bytes of resident memory for each connection of the second half. */
async function measure(port: number): Promise<number> {
  const program = await start();
  const words = [process.execPath, "-e", CLIENT, bed.guest, String(port), String(connections)];
  const client = bed.ns.start(words, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: client.stdout! });
  const opened = async (count: number): Promise<number> => {
    const line = await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      setTimeout(() => reject(new Error(`not ${count} connections in time`)), OPEN_WITHIN_MS).unref();
    });
    if (Number(line) !== count) throw new Error(`${line} connections, not ${count}`);
    await sleep(REST_MS);
    return program.residentMegabytes();
  };
  const half = await opened(connections / 2);
  client.stdin!.write("\n");
  const all = await opened(connections);
  client.kill("SIGKILL");
  await program.stop();
  return Math.round(((all - half) * 1e6) / (connections / 2));
}

try {
  const clear = await measure(80);
  const secure = await measure(443);
  const tls = secure - clear;
  console.table({ "in the clear": { bytes: clear }, "over TLS": { bytes: secure }, "TLS alone": { bytes: tls } });
  const handshakes = Number(values.handshakes);
  const residentMegabytes = handshakes > 0 ? await visits(handshakes) : [];
  const command = `node tools/run.mjs test/bench/idle.ts ${process.argv.slice(2).join(" ")}`.trim();
  const result = { command, connections, clear, secure, tls, handshakes, residentMegabytes };
  writeFileSync(join(root, "build/idle.json"), `${JSON.stringify(result, null, 2)}\n`);
} finally {
  await bed.close();
}
