// The builders of what carries the ELF: sizes, fields and refusals. That they boot is test/e2e/boot.test.ts.

import { inflateRawSync, inflateSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carriersOf } from "../../image/build/carriers.ts";
import { diskImage, PARTITION_START } from "../../image/build/disk.ts";
import { readElf } from "../../image/build/elf.ts";
import { fatVolume } from "../../image/build/fat.ts";
import { headers, REAL_MODE_OFFSET } from "../../image/build/headers.ts";
import { qcow2 } from "../../image/build/qcow2.ts";
import { vmdk } from "../../image/build/vmdk.ts";

const OPTIONS = { sectors: 12_224, hidden: 64, label: "TEST" };

/** Reads a file of the volume as a driver would: the directory entry, then the chain of clusters. */
function readFat(volume: Uint8Array, path: string): Uint8Array | undefined {
  const view = new DataView(volume.buffer, volume.byteOffset, volume.length);
  const at16 = (at: number): number => view.getUint16(at, true);
  const cluster = volume[13]! * 512;
  const table = at16(14) * 512;
  const root = table + volume[16]! * at16(22) * 512;
  const data = root + at16(17) * 32;
  const offset = (n: number): number => data + (n - 2) * cluster;
  let [from, length] = [root, at16(17) * 32];
  for (const name of path.split("/")) {
    const [stem = "", extension = ""] = name.split(".");
    const short = stem.padEnd(8) + extension.padEnd(3);
    let entry = -1;
    for (let at = from; at < from + length; at += 32)
      if (Buffer.from(volume.subarray(at, at + 11)).toString("latin1") === short && (volume[at + 11]! & 8) === 0)
        entry = at;
    if (entry < 0) return undefined;
    const size = view.getUint32(entry + 28, true);
    let next = at16(entry + 26);
    if ((volume[entry + 11]! & 0x10) !== 0) {
      [from, length] = [offset(next), cluster];
      continue;
    }
    const pieces: Uint8Array[] = [];
    for (let left = size; left > 0; left -= cluster, next = at16(table + next * 2))
      pieces.push(volume.subarray(offset(next), offset(next) + Math.min(left, cluster)));
    return Buffer.concat(pieces);
  }
  return undefined;
}

describe("a FAT16 volume", () => {
  it("gives back what was put in, whatever the sizes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ maxLength: 3000 }), (one, two) => {
        const volume = fatVolume(
          [
            { path: "A.TXT", bytes: one },
            { path: "EFI/BOOT/B.EFI", bytes: two },
          ],
          OPTIONS,
        );
        expect(Buffer.from(readFat(volume, "A.TXT")!).equals(one)).toBe(true);
        expect(Buffer.from(readFat(volume, "EFI/BOOT/B.EFI")!).equals(two)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it("has two tables alike, and is the same bytes each time", () => {
    const make = (): Uint8Array => fatVolume([{ path: "A.TXT", bytes: new Uint8Array(5000) }], OPTIONS);
    const volume = make();
    const view = new DataView(volume.buffer);
    const size = view.getUint16(22, true) * 512;
    expect(Buffer.from(volume.subarray(512, 512 + size)).equals(volume.subarray(512 + size, 512 + 2 * size))).toBe(
      true,
    );
    expect(Buffer.from(make()).equals(volume)).toBe(true);
  });

  it.each(["a.txt", "TOOLONGNAME.TXT", "A.LONG", "A B.TXT", ""])("refuses the name %j", (path) => {
    expect(() => fatVolume([{ path, bytes: new Uint8Array(1) }], OPTIONS)).toThrow(/no name for a FAT volume/);
  });

  it("refuses what does not fit, and sizes that would be FAT12", () => {
    expect(() => fatVolume([{ path: "A", bytes: new Uint8Array(7e6) }], OPTIONS)).toThrow(/do not fit/);
    expect(() => fatVolume([], { ...OPTIONS, sectors: 4000 })).toThrow(/cannot be/);
    const many = Array.from({ length: 31 }, (_, i) => ({ path: `D/F${i}`, bytes: new Uint8Array(1) }));
    expect(() => fatVolume(many, OPTIONS)).toThrow(/directory of the volume is full/);
  });
});

const LOADER = {
  efi: new Uint8Array(20_000).fill(7),
  mbr: new Uint8Array(512).fill(1),
  diskLoader: new Uint8Array(900).fill(2),
};

describe("a disk", () => {
  const disk = diskImage(LOADER, "--remote=http://x/\n");

  it("has the loader in front of one active EFI system partition", () => {
    const view = new DataView(disk.buffer);
    expect(disk[446]).toBe(0x80);
    expect(disk[450]).toBe(0xef);
    expect(view.getUint32(454, true)).toBe(PARTITION_START);
    expect((view.getUint32(454, true) + view.getUint32(458, true)) * 512).toBe(disk.length);
    expect(disk.subarray(512, 1412)).toEqual(LOADER.diskLoader);
    const volume = disk.slice(PARTITION_START * 512);
    expect(Buffer.from(readFat(volume, "EPIPHYTE.TXT")!).toString()).toBe("--remote=http://x/\n");
    expect(Buffer.from(readFat(volume, "EFI/BOOT/BOOTX64.EFI")!).equals(LOADER.efi)).toBe(true);
  });

  it("as qcow2: each cluster of the table gives back its part", () => {
    const file = qcow2(disk);
    const view = new DataView(file.buffer);
    expect(Number(view.getBigUint64(24))).toBe(disk.length);
    const l2 = Number(view.getBigUint64(Number(view.getBigUint64(40))) & 0xffffffffffffn);
    const back = new Uint8Array(disk.length);
    for (let i = 0; i * 65536 < disk.length; i++) {
      const entry = view.getBigUint64(l2 + i * 8);
      if (entry === 0n) continue;
      expect(entry >> 62n).toBe(1n);
      const at = Number(entry & ((1n << 54n) - 1n));
      const sectors = Number((entry >> 54n) & 255n) + 1;
      const end = (Math.floor(at / 512) + sectors) * 512;
      back.set(inflateRawSync(file.subarray(at, end)).subarray(0, disk.length - i * 65536), i * 65536);
    }
    expect(Buffer.from(back).equals(disk)).toBe(true);
  });

  it("as qcow2, with bytes that do not shrink: they are stored as they are", () => {
    const noise = new Uint8Array(3 * 65536);
    let x = 1;
    for (let i = 65536; i < noise.length; i++) {
      x = (Math.imul(x, 1103515245) + 12345) >>> 0;
      noise[i] = x >>> 16;
    }
    const file = qcow2(noise);
    const view = new DataView(file.buffer);
    const entry = view.getBigUint64(2 * 65536 + 8);
    expect(entry >> 62n).toBe(2n);
    const at = Number(entry & 0xffffffffffffn);
    expect(Buffer.from(file.subarray(at, at + 65536)).equals(noise.subarray(65536, 2 * 65536))).toBe(true);
  });

  it("as VMDK: the footer's directory leads to each grain", () => {
    const file = vmdk(disk, "disk.vmdk");
    const view = new DataView(file.buffer, file.byteOffset, file.length);
    const footer = file.length - 1024;
    expect(view.getUint32(footer, true)).toBe(0x564d444b);
    const directory = Number(view.getBigUint64(footer + 56, true)) * 512;
    const back = new Uint8Array(Number(view.getBigUint64(footer + 12, true)) * 512);
    for (let g = 0; g * 65536 < back.length; g++) {
      const table = view.getUint32(directory + Math.floor(g / 512) * 4, true) * 512;
      const at = view.getUint32(table + (g % 512) * 4, true) * 512;
      if (table === 0 || at === 0) continue;
      expect(Number(view.getBigUint64(at, true))).toBe(g * 128);
      back.set(inflateSync(file.subarray(at + 12, at + 12 + view.getUint32(at + 8, true))), g * 65536);
    }
    expect(Buffer.from(back.subarray(0, disk.length)).equals(disk)).toBe(true);
  });
});

describe("the head of epiphyte.efi", () => {
  const layout = {
    size: 0x283000,
    headSize: 0x1000,
    stub: 0x281000,
    stubSize: 0x2000,
    efiEntry: 0x281800,
    kernel: 0x100000,
    stubAddress: 0x380000,
    memoryEnd: 0x386000,
  };
  const view = new DataView(headers(layout).buffer);

  it("is a PE program whose sections follow each other to the file's end", () => {
    const pe = view.getUint32(0x3c, true);
    expect(view.getUint32(pe, false)).toBe(0x50450000);
    const sections = pe + 24 + view.getUint16(pe + 20, true);
    expect(view.getUint32(sections + 12, true) + view.getUint32(sections + 8, true)).toBe(layout.stub);
    expect(view.getUint32(sections + 52, true) + view.getUint32(sections + 48, true)).toBe(layout.size);
    // Nothing may lie where boot loaders write the memory map.
    expect(sections + 80).toBeLessThanOrEqual(0x1e8);
  });

  it("is a Linux kernel whose jumps lead to the real-mode code", () => {
    expect(view.getUint32(0x202, true)).toBe(0x53726448);
    expect((view.getUint8(0x1f1) + 1) * 512).toBe(layout.headSize);
    const near = 0x202 + view.getUint8(0x201);
    expect(view.getUint8(near)).toBe(0xe9);
    expect(near + 3 + view.getUint16(near + 1, true)).toBe(REAL_MODE_OFFSET);
    expect(view.getUint32(0x214, true)).toBe(layout.stubAddress);
  });
});

describe("an ELF", () => {
  it("that is none is refused", () => {
    expect(() => readElf(new Uint8Array(10))).toThrow(/not an ELF/);
    expect(() => readElf(new Uint8Array(100))).toThrow(/not an ELF/);
  });

  it("that is cut short is refused, wherever it is cut", () => {
    // One segment: all of a file of 200 bytes, at one megabyte.
    const file = new Uint8Array(200);
    const view = new DataView(file.buffer);
    view.setUint32(0, 0x7f454c46, false);
    for (const [at, value] of [
      [32, 64],
      [64 + 24, 0x100000],
      [64 + 32, file.length],
      [64 + 40, file.length],
    ] as const)
      view.setBigUint64(at, BigInt(value), true);
    view.setUint16(54, 56, true);
    view.setUint16(56, 1, true);
    view.setUint32(64, 1, true);
    expect(readElf(file).loaded.length).toBe(file.length);
    for (let length = 0; length < file.length; length++)
      expect(() => readElf(file.subarray(0, length))).toThrow(/not an ELF|ends within/);
  });
});

describe("arguments", () => {
  it("of a disk", () => {
    expect(carriersOf(["a", "--disk", "--disk=qcow2", "--disk"])).toEqual({
      forms: ["raw", "qcow2"],
      parameters: "",
      words: ["a"],
    });
    expect(carriersOf(["--parameters=x.txt"])).toEqual({ forms: ["raw"], parameters: "x.txt", words: [] });
    expect(() => carriersOf(["--disk=iso"])).toThrow("--disk=iso: raw, qcow2, vmdk");
  });
});
