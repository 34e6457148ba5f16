// Guest instructions, counted by the TCG plugin of plugin/count.c into a file that is read while the guest runs.

import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Compiles the plugin for the QEMU that is installed; returns its path. */
export function buildPlugin(source: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const out = join(folder, "count.so");
  // QEMU 9.0 took the interface's first version away (docs/about/removed-features.rst).
  const api = qemuVersion().major < 9 ? 1 : 2;
  execFileSync("gcc", [
    ...["-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-fvisibility=hidden"],
    ...[`-DAPI=${api}`, "-o", out, source],
  ]);
  return out;
}

export function qemuVersion(): { readonly text: string; readonly major: number } {
  const text = execFileSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" }).split("\n")[0] ?? "";
  return { text, major: Number(/version (\d+)/.exec(text)?.[1] ?? 0) };
}

/** Words for QEMU that make it count into `file`, each translated block apart into `${file}.blocks`, exits into `.exits`. */
export function countInto(
  plugin: string,
  file: string,
  what: { blocks?: boolean; exits?: boolean } = {},
): readonly string[] {
  const more = `${what.blocks === true ? `,blocks=${file}.blocks` : ""}${what.exits === true ? `,exits=${file}.exits` : ""}`;
  return ["-plugin", `${plugin},counter=${file}${more}`];
}

/** What would leave the guest on hardware with a hypervisor, so far. */
export interface Exits {
  /** Notifications of a virtqueue. */
  readonly doorbells: number;
  /** Interrupts, told by their ends (EOI). */
  readonly interrupts: number;
  readonly halts: number;
  /** Writes of the timer's count. */
  readonly timers: number;
}

export function readExits(file: string): Exits {
  const bytes = readFileSync(`${file}.exits`);
  const at = (index: number): number => Number(bytes.readBigUInt64LE(8 * index));
  return { doorbells: at(1), interrupts: at(2), halts: at(3), timers: at(4) };
}

/** From here on only the stores that have reached a device so far are looked at: plugin/count.c says why. */
export function endLearning(file: string): void {
  const fd = openSync(`${file}.exits`, "r+");
  writeSync(fd, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 0, 8, 0);
  closeSync(fd);
}

/** Address of a translated block -> instructions executed in it so far. */
export function readBlocks(file: string): Map<number, number> {
  const bytes = readFileSync(`${file}.blocks`);
  const blocks = new Map<number, number>();
  for (let at = 0; at < bytes.length; at += 16) {
    const address = Number(bytes.readBigUInt64LE(at));
    if (address !== 0) blocks.set(address, Number(bytes.readBigUInt64LE(at + 8)));
  }
  return blocks;
}

/** The running total; 0 before QEMU has begun. */
export function readCounter(file: string): number {
  try {
    const fd = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(8);
      return readSync(fd, bytes, 0, 8, 0) === 8 ? Number(bytes.readBigUInt64LE()) : 0;
    } finally {
      closeSync(fd);
    }
  } catch {
    return 0;
  }
}
