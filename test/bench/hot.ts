// npm run hot: finds out what of the compiled side runs while pages are served, and writes it to image/aot/hot.txt.
//
// An image in which every function and branch counts is put under the traffic of the bench, and others that it leaves out
// (IPv6, the cards e1000 and e1000e); then the counts are read from its memory, which is a file for that. What ran before
// the first request does not count. The process target follows, for its TAP device.

import { execFileSync } from "node:child_process";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addRuns, formatHotList, hotListOf, type Runs } from "../../image/aot/hot.ts";
import { buildImage } from "../../image/build/image.ts";
import { buildProcess } from "../../image/build/process.ts";
import { Machine } from "../../tools/qemu.ts";
import { isRoot, need, stop } from "../../tools/setup.ts";
import { Bed, fileRepository, root } from "./bed.ts";
import { NO_OFFLOADS, parameters, type Start } from "./columns.ts";
import { type Client, clients } from "./machine.ts";
import { Program } from "./process.ts";
import { tlsClients } from "./tls.ts";

const LIST = join(root, "image/aot/hot.txt");
const HEAD = `// What of the compiled side runs while pages are served; everything else is compiled for size. Made by \`npm run hot\`, read
// by hot.ts, which says what the letters mean: one for each block of the function.
`;
const IMAGE = "build/counted.elf";
const PROCESS = "build/counted";
const MEMORY = 128;
/** As many as there are connections at a time. */
const LEAST = 64;
const READY = /ready: http/;
const READY_WITHIN_MS = 120_000;
const PLAIN = ["keep-alive", "close"];
const TLS = Object.keys(tlsClients);

/** What serves on Xen, which nothing here runs under such an image: without hints for its branches. */
const XEN: Readonly<Record<string, string>> = {
  "drivers/xen/netfront.ts": "Netfront: reserve send flush poll nextDeadline wakes takeEvents",
  "drivers/xen/net-receive.ts": "NetfrontReceive: poll ask gather finish",
  "drivers/xen/net-transmit.ts":
    "NetfrontTransmit: reserve send drop reclaim room summed request extra take giveBack release indexOf",
  "drivers/xen/front-ring.ts": "FrontRing: get:free request publish ready response arm place",
};

/** A machine's start, and what it is asked. */
interface Round {
  readonly card: string;
  readonly start: Start;
  readonly asked: readonly string[];
  readonly requests: number;
}

const ROUNDS: readonly Round[] = [
  { card: "virtio-net-pci", start: { tls: true }, asked: [...PLAIN, "ipv6", "large", ...TLS], requests: 2000 },
  { card: "virtio-net-pci", start: { syslog: true }, asked: PLAIN, requests: 2000 },
  {
    card: ["virtio-net-pci", ...NO_OFFLOADS.map((name) => `${name}=off`)].join(),
    start: {},
    asked: [...PLAIN, "large"],
    requests: 200,
  },
  { card: "e1000", start: {}, asked: [...PLAIN, "large"], requests: 640 },
  { card: "e1000e", start: {}, asked: [...PLAIN, "large"], requests: 640 },
];

const all: Readonly<Record<string, Client>> = {
  ...clients,
  ...tlsClients,
  ipv6: (bed, _host, count) => clients["close"]!(bed, `[${bed.guest6}]`, count),
};

if (!isRoot()) stop("this makes a network namespace and a TAP device: run it as root.");
need("gcc", "qemu-system-x86_64", "git", "ip", "dnsmasq", "h2load", "ab", "openssl");
await fileRepository();
await buildImage("image/target-virtual.ts", IMAGE, { below: "image/below-virtual.ts", extras: { counted: true } });
await buildProcess("image/target-process.ts", PROCESS, { below: "image/below-process.ts", extras: { counted: true } });
const runs = new Map<string, Runs>();
for (const round of ROUNDS) await inBed((bed) => underMachine(bed, round));
await inBed(underProcess);
const list = new Map(hotListOf(runs));
for (const [file, text] of Object.entries(XEN)) {
  const [type, ...names] = text.split(/:? /);
  list.set(file, new Map(names.map((name) => [`${type}_${name}`, ""])));
}
writeFileSync(LIST, `${HEAD}\n${formatHotList(list)}`);
process.exit(0);

async function inBed(use: (bed: Bed) => Promise<void>): Promise<void> {
  const bed = await Bed.open(`hot${process.pid}`, 77);
  try {
    await use(bed);
  } finally {
    await bed.close();
  }
}

async function underMachine(bed: Bed, { card, start, asked, requests }: Round): Promise<void> {
  const memory = join(bed.folder, "memory");
  const machine = new Machine({
    image: join(root, IMAGE),
    parameters: [...parameters(bed, start), `--ipv6=${bed.guest6}/64`].join(" "),
    memory: MEMORY,
    netdev: `tap,id=n0,ifname=${bed.ns.tap},script=no,downscript=no,vhost=off`,
    card: `${card},netdev=n0`,
    prefix: bed.ns.prefix,
    extra: [
      ...["-object", `memory-backend-file,id=ram,size=${MEMORY}M,mem-path=${memory},share=on`],
      ...["-machine", "memory-backend=ram"],
    ],
  });
  try {
    await machine.line(READY, READY_WITHIN_MS);
    await count(bed, `${IMAGE}.debug`, memory, asked, requests);
  } finally {
    await machine.stop();
  }
}

async function underProcess(bed: Bed): Promise<void> {
  const program = new Program(bed, [join(root, PROCESS), "--tap=tap0", ...parameters(bed, {})]);
  try {
    await program.line(READY, READY_WITHIN_MS);
    await count(bed, `${PROCESS}.debug`, `/proc/${program.pid}/mem`, [...PLAIN, "large"], 1000);
  } finally {
    await program.stop();
  }
}

/** Adds to `runs` what these requests let run; an address of the program is a place in the file `memory`. */
async function count(
  bed: Bed,
  symbols: string,
  memory: string,
  asked: readonly string[],
  requests: number,
): Promise<void> {
  const table = execFileSync("nm", ["-S", join(root, symbols)], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const read = (name: string): Buffer => {
    const [, at = "", size = ""] = new RegExp(`^(\\w+) (\\w+) . ${name}$`, "m").exec(table) ?? [];
    const bytes = Buffer.alloc(Number.parseInt(size, 16));
    const file = openSync(memory, "r");
    readSync(file, bytes, 0, bytes.length, Number.parseInt(at, 16));
    closeSync(file);
    return bytes;
  };
  const counts = (): number[] => {
    const bytes = read("ran_counts");
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
  };
  // What is made ready in the background after the first request is not the traffic's.
  for (const name of asked) await all[name]!(bed, bed.guest, LEAST);
  await sleep(2000);
  const before = counts();
  for (const name of asked)
    await all[name]!(bed, bed.guest, /large|tls-(?!keep)/.test(name) ? Math.max(LEAST, requests / 10) : requests);
  await sleep(2000);
  addRuns(
    runs,
    read("ran_points").toString("latin1").replace(/\0$/, ""),
    counts().map((n, i) => n - before[i]!),
  );
}
