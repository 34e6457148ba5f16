// Goodput over bad links, beside Linux: nginx with the kernel's own TCP, and our process, each behind a wire of its own
// (wire.c) that delays, loses, reorders and queues alike; the client is curl in a third network namespace. Needs root.
//
//   node tools/run.mjs test/bench/lossy.ts [--json] [--megabytes=10] [--rounds=3] [--pages=30] [--congestion=cubic,bbr]
//     [--family=4] [NAME...]
//
// Downloads alternate, so that both meet the same machine; a row is the mean of the rounds, and the median and the 90th
// percentile of pages of 100 KB, each over a connection of its own. At 5 % lost one page in ten loses its SYN or the answer
// to it, and so a second: of few pages the 90th percentile is chance.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, which } from "../../tools/setup.ts";
import { Blog, megabyte, PROCESS } from "../e2e/support/bed.ts";
import { eventually } from "../e2e/support/peers.ts";
import { mean } from "./machine.ts";

interface Link {
  readonly name: string;
  readonly delayMs: number;
  readonly loss: number;
  readonly reorder: number;
  readonly mbits: number;
  readonly queue: number;
}

const LINKS: readonly Link[] = [
  { name: "clean", delayMs: 25, loss: 0, reorder: 0, mbits: 0, queue: 0 },
  { name: "loss-1", delayMs: 25, loss: 1, reorder: 0, mbits: 0, queue: 0 },
  { name: "loss-3", delayMs: 25, loss: 3, reorder: 0, mbits: 0, queue: 0 },
  { name: "loss-5", delayMs: 25, loss: 5, reorder: 0, mbits: 0, queue: 0 },
  { name: "loss-2-reorder-5", delayMs: 25, loss: 2, reorder: 5, mbits: 0, queue: 0 },
  { name: "queue", delayMs: 25, loss: 0, reorder: 0, mbits: 100, queue: 200 },
];
const PAGE = 100_000;
const GIT_PORT = 8000;
const MEMORY_MB = 128;
const LINUX6 = "fd00:172::1";
const OURS6 = "fd00:173::2";

const words = process.argv.slice(2);
const option = (name: string, other: string): string =>
  words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? other;
const megabytes = Number(option("megabytes", "10"));
const rounds = Number(option("rounds", "3"));
const pagesAsked = Number(option("pages", "30"));
const controls = option("congestion", readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim()).split(
  ",",
);
const six = option("family", "4") === "6";
const names = words.filter((word) => !word.startsWith("--"));

interface Site {
  readonly name: string;
  readonly url: string;
  readonly congestion?: string;
  readonly wire: {
    readonly client: Namespace;
    readonly tap: string;
    readonly server: Namespace;
    readonly serverTap: string;
  };
}

class Bed {
  readonly folder = mkdtempSync(join(tmpdir(), "epiphyte-lossy-"));
  readonly client = new Namespace(`epi-lossy-c-${process.pid}`, 171);
  readonly linux = new Namespace(`epi-lossy-l-${process.pid}`, 172);
  readonly ours = new Namespace(`epi-lossy-o-${process.pid}`, 173);
  readonly wire = join(this.folder, "wire");

  async start(): Promise<readonly Site[]> {
    execFileSync("gcc", ["-O2", "-Wall", "-Werror", "-o", this.wire, "test/bench/wire.c"]);
    const files = {
      "index.md": "# Lossy\n",
      "static/large.bin": Buffer.concat(
        Array.from({ length: megabytes }, (_, i) => megabyte(i).subarray(0, 1_000_000)),
      ),
      "static/page.bin": megabyte(megabytes).subarray(0, PAGE),
    };
    const www = join(this.folder, "www", "static");
    mkdirSync(www, { recursive: true });
    writeFileSync(join(www, "large.bin"), files["static/large.bin"]);
    writeFileSync(join(www, "page.bin"), files["static/page.bin"]);
    // The client has a device for each of them.
    this.client.run(["ip", "addr", "flush", "dev", "tap0"]);
    this.client.run(["ip", "addr", "add", "10.172.0.9/24", "dev", "tap0"]);
    this.client.run(["ip", "tuntap", "add", "dev", "tap1", "mode", "tap"]);
    this.client.run(["ip", "addr", "add", "10.173.0.9/24", "dev", "tap1"]);
    this.client.run(["ip", "link", "set", "tap1", "up"]);
    for (const [space, tap, address] of [
      [this.client, "tap0", "fd00:172::9"],
      [this.client, "tap1", "fd00:173::9"],
      [this.linux, "tap0", LINUX6],
    ] as const) {
      space.run(["sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=0"]);
      space.run(["ip", "addr", "add", `${address}/64`, "dev", tap, "nodad"]);
    }
    const configuration = join(this.folder, "nginx.conf");
    writeFileSync(
      configuration,
      `daemon off; user root; worker_processes 1; pid ${this.folder}/nginx.pid; error_log /dev/null;
events {} http { access_log off; sendfile on; tcp_nopush on; server { listen 80; listen [::]:80; root ${this.folder}/www; } }`,
    );
    this.linux.start([which("nginx") ?? "nginx", "-c", configuration]);
    // Ours shares a bridge with the wire and with the Git server.
    this.ours.bridgeSecondTap();
    const blog = new Blog(join(this.folder), files);
    this.ours.start([process.execPath, "tools/git-server.ts", blog.root, this.ours.address, String(GIT_PORT)]);
    await eventually("the Git server answers", 10_000, () => {
      try {
        return (
          this.ours.run([
            "curl",
            "-s",
            `http://${this.ours.address}:${GIT_PORT}/blog.git/info/refs?service=git-upload-pack`,
          ]) !== ""
        );
      } catch {
        return false;
      }
    });
    const log: string[] = [];
    const child = this.ours.start(
      [
        ...["env", `EPIPHYTE_MEMORY=${MEMORY_MB}`, PROCESS, "--tap=tap0", "--ipv4=10.173.0.2/24"],
        `--ipv6=${OURS6}/64`,
        `--remote=http://${this.ours.address}:${GIT_PORT}/blog.git`,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => log.push(text));
    await eventually(
      () => `our process serves:\n${log.join("")}`,
      60_000,
      () => / ready: /.test(log.join("")),
    );
    const behindLinux = { client: this.client, tap: "tap0", server: this.linux, serverTap: "tap0" };
    return [
      ...controls.map((congestion) => ({
        name: `Linux+nginx, ${congestion}`,
        url: six ? `http://[${LINUX6}]` : `http://${this.linux.address}`,
        congestion,
        wire: behindLinux,
      })),
      {
        name: "Epiphyte",
        url: six ? `http://[${OURS6}]` : "http://10.173.0.2",
        wire: { client: this.client, tap: "tap1", server: this.ours, serverTap: "tap1" },
      },
    ];
  }

  /** Puts the wire in for as long as `work` lasts. */
  async through<T>(site: Site, link: Link, seed: number, work: () => Promise<T>): Promise<T> {
    const { client, tap, server, serverTap } = site.wire;
    // By the route: a namespace's own setting knows only those that the host allows everybody.
    if (site.congestion !== undefined) {
      // Before the one that the kernel has made with the address.
      const metric = six ? ["metric", "1"] : [];
      const network = six ? "fd00:172::/64" : `${server.address.replace(/\d+$/, "0")}/24`;
      server.run(["ip", "route", "replace", network, "dev", serverTap, ...metric, "congctl", site.congestion]);
    }
    // What the kernel remembers of a path would tell it how the last wire was.
    server.run(["ip", "tcp_metrics", "flush", "all"]);
    client.run(["ip", "tcp_metrics", "flush", "all"]);
    const wire: ChildProcess = spawn(
      this.wire,
      [
        ...[client.name, tap, server.name, serverTap, String(link.delayMs * 1000), String(link.loss)],
        ...[String(link.reorder), String(link.mbits), String(link.queue), String(seed)],
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await new Promise((resolve) => wire.stdout?.once("data", resolve));
    try {
      return await work();
    } finally {
      wire.kill("SIGKILL");
      await new Promise((resolve) => wire.once("exit", resolve));
    }
  }

  /** Throws unless the server's kernel sends by what was asked for. */
  async assure(site: Site): Promise<void> {
    if (site.congestion === undefined) return;
    let over = false;
    let used = "";
    const download = this.seconds(`${site.url}/static/large.bin`).then(() => {
      over = true;
    });
    while (!over && !used.includes(` ${site.congestion} `))
      used = await site.wire.server.runAsync(["ss", "-Htin", "state", "established", "( sport = :80 )"]);
    await download;
    if (!used.includes(` ${site.congestion} `)) throw new Error(`${site.name}: another congestion control:\n${used}`);
  }

  async seconds(url: string): Promise<number> {
    const out = await this.client.runAsync(
      ["curl", "-s", "--max-time", "300", "-o", "/dev/null", "-w", "%{size_download} %{time_total}", url],
      310_000,
    );
    const [length, time] = out.split(" ").map(Number);
    if (length !== PAGE && length !== megabytes * 1_000_000) throw new Error(`${url}: ${length} bytes`);
    return time ?? Number.NaN;
  }

  async stop(): Promise<void> {
    for (const space of [this.client, this.linux, this.ours]) await space.remove();
    rmSync(this.folder, { recursive: true });
  }
}

const quantile = (numbers: readonly number[], q: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * q))] ?? Number.NaN;

if (!isRoot()) throw new Error("network namespaces need root");
const bed = new Bed();
const results: unknown[] = [];
try {
  const sites = await bed.start();
  console.log(`| link | server | Mbit/s, ${megabytes} MB | 100 KB median | 100 KB 90 % |`);
  console.log("|---|---|---|---|---|");
  for (const site of sites) await bed.through(site, LINKS[0]!, 1, () => bed.assure(site));
  for (const link of LINKS) {
    if (names.length > 0 && !names.includes(link.name)) continue;
    const large = new Map<string, number[]>();
    const small = new Map<string, number[]>();
    for (let round = 1; round <= rounds; round++)
      for (const site of sites)
        await bed.through(site, link, round, async () => {
          const times = large.get(site.name) ?? [];
          times.push((megabytes * 8) / (await bed.seconds(`${site.url}/static/large.bin`)));
          large.set(site.name, times);
          const pages = small.get(site.name) ?? [];
          for (let i = 0; i < pagesAsked / rounds; i++) pages.push(await bed.seconds(`${site.url}/static/page.bin`));
          small.set(site.name, pages);
        });
    for (const site of sites) {
      const pages = small.get(site.name) ?? [];
      const row = {
        link: link.name,
        server: site.name,
        mbits: mean(large.get(site.name) ?? []),
        median: quantile(pages, 0.5),
        ninety: quantile(pages, 0.9),
      };
      results.push(row);
      console.log(
        `| ${row.link} | ${row.server} | ${row.mbits.toFixed(2)} | ${row.median.toFixed(2)} s | ${row.ninety.toFixed(2)} s |`,
      );
    }
  }
} finally {
  await bed.stop();
}
if (words.includes("--json")) console.log(JSON.stringify(results));
