// The machines that the table sets side by side, and how each is started for a figure.

import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Machine } from "../../tools/qemu.ts";
import { type Bed, root } from "./bed.ts";
import { countInto, readCounter } from "./counter.ts";
import { buildLinux, LINUX_READY, LINUX_SYSLOG } from "./linux.ts";

export type ColumnName = "bytecode" | "compiled" | "linux";

/** What of a start differs from figure to figure. */
export interface Start {
  /** Megabytes. */
  readonly memory?: number;
  /** The card does no checksum and no segmentation: switched off at the device, for every column alike. */
  readonly offloads?: boolean;
  /** One access line a request goes to the namespace's syslog receiver. */
  readonly syslog?: boolean;
  /** It has an address of IPv6 as well, and is spoken to there. */
  readonly six?: boolean;
  /** HTTPS as well, by a certificate of P-256 that signs itself. nginx speaks it always: nobody pays who does not ask. */
  readonly tls?: boolean;
  /**
   * "files": the fixed page and the large file, fixed address. "demo": the demo blog, address by DHCP. Else the name of a
   * repository of the bed, fixed address.
   */
  readonly content?: string;
  /** Each translated block is counted apart, for profile.ts. */
  readonly blocks?: boolean;
  /** What would leave the guest is counted, for exits.ts. */
  readonly exits?: boolean;
  /** Hears each console line and the counter at that moment. */
  readonly onLine?: (line: string, instructions: number) => void;
}

export interface Column {
  readonly name: ColumnName;
  readonly title: string;
  /** Bytes of what QEMU is given. */
  readonly bytes: number;
  /** The same image with its symbols; undefined where there are none. */
  readonly symbols: string | undefined;
  /** The static binary of the same build; undefined where there is none. */
  readonly process: string | undefined;
  /** Megabytes to search the smallest -m in. */
  readonly memoryFrom: number;
  readonly memoryTo: number;
  readonly ready: RegExp;
  start(bed: Bed, how: Start): Running;
}

/** What a machine printed in front of others when its page is ready; the address is in it. */
const EPIPHYTE_READY = /ready: http:\/\/([\d.]+)\//;

export const NO_OFFLOADS: readonly string[] = [
  "csum",
  "guest_csum",
  "gso",
  "host_tso4",
  "host_tso6",
  "host_ecn",
  "host_ufo",
  "guest_tso4",
  "guest_tso6",
  "guest_ecn",
  "guest_ufo",
];

/** A machine under the counter. */
export class Running extends Machine {
  readonly counterFile: string;
  readonly command: string;

  constructor(bed: Bed, plugin: string, what: { image: string; initrd?: string; parameters: string }, how: Start) {
    const counterFile = join(bed.folder, "counter");
    const off = how.offloads === false ? NO_OFFLOADS.map((name) => `,${name}=off`).join("") : "";
    const card = `virtio-net-pci,netdev=n0${off}`;
    const netdev = `tap,id=n0,ifname=${bed.ns.tap},script=no,downscript=no,vhost=off`;
    const memory = how.memory ?? 128;
    super({
      ...what,
      memory,
      netdev,
      card,
      prefix: bed.ns.prefix,
      extra: countInto(plugin, counterFile, { blocks: how.blocks ?? false, exits: how.exits ?? false }),
      onLine: (line) => how.onLine?.(line, readCounter(counterFile)),
    });
    this.counterFile = counterFile;
    this.command = `-accel tcg -M q35 -cpu max -m ${memory} -netdev ${netdev} -device ${card} -append "${what.parameters}"`;
  }

  instructions(): number {
    return readCounter(this.counterFile);
  }

  /** The counter when the machine has come to rest: two readings that hardly differ. */
  async settled(): Promise<number> {
    let before = this.instructions();
    for (let i = 0; i < 40; i++) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      const now = this.instructions();
      if (now - before < 1_000_000) return now;
      before = now;
    }
    return before;
  }
}

/** The columns that can be had; for the others the reason in words. */
export function findColumns(bed: Bed, plugin: string, wanted: readonly ColumnName[]): Map<ColumnName, Column | string> {
  const columns = new Map<ColumnName, Column | string>();
  for (const name of wanted) columns.set(name, name === "linux" ? linux(bed, plugin) : epiphyte(name, plugin));
  return columns;
}

/** Both builds, as `npm run image` and `npm run process` make them. */
export function build(): void {
  for (const script of ["image/build/image.ts", "image/build/process.ts"])
    for (const engine of [[], ["--engine=bytecode"]]) {
      const run = spawnSync(process.execPath, [join(root, script), ...engine], {
        cwd: root,
        stdio: ["ignore", "ignore", "inherit"],
      });
      if (run.status !== 0)
        console.error(`${script} ${engine.join(" ")} failed: its rows are of an older build, or missing`);
    }
}

function epiphyte(name: "bytecode" | "compiled", plugin: string): Column | string {
  const stem = name === "bytecode" ? "build/epiphyte-bytecode" : "build/epiphyte";
  const image = join(root, `${stem}.elf`);
  if (!existsSync(image)) return "not built";
  return {
    name,
    title: `Epiphyte, ${name}`,
    bytes: statSync(image).size,
    symbols: existsSync(`${image}.debug`) ? `${image}.debug` : undefined,
    process: existsSync(join(root, stem)) ? join(root, stem) : undefined,
    memoryFrom: 4,
    memoryTo: 64,
    ready: EPIPHYTE_READY,
    start: (bed, how) => new Running(bed, plugin, { image, parameters: parameters(bed, how).join(" ") }, how),
  };
}

/** Boot parameters of the image, and arguments of the process. */
export function parameters(bed: Bed, how: Start): string[] {
  const content = how.content ?? "files";
  const demo = content === "demo";
  const repository = demo ? "blog.git" : content === "files" ? "files.git" : content;
  return [
    `--remote=${bed.remote(repository)}`,
    ...(demo ? [] : [`--ipv4=${bed.guest}/24`, `--ipv4-gateway=${bed.ns.address}`]),
    ...(how.six === true ? [`--ipv6=${bed.guest6}/64`] : []),
    ...(how.tls === true ? ["--tls"] : []),
    ...(how.syslog === true ? [`--syslog=${bed.ns.address}`] : []),
  ];
}

function linux(bed: Bed, plugin: string): Column | string {
  const peer = buildLinux(bed.guest, bed.guest6, bed.ns.address);
  if (typeof peer === "string") return peer;
  return {
    name: "linux",
    title: peer.name,
    bytes: peer.bytes,
    symbols: undefined,
    process: undefined,
    memoryFrom: 48,
    memoryTo: 256,
    ready: LINUX_READY,
    start: (where, how) =>
      new Running(
        where,
        plugin,
        {
          image: peer.kernel,
          initrd: peer.initrd,
          parameters: `console=ttyS0 quiet panic=-1${how.syslog === true ? ` ${LINUX_SYSLOG}` : ""}`,
        },
        how,
      ),
  };
}
