// build/epiphyte.efi: the ELF as it is, with a head that UEFI takes for a program of its own and boot loaders take for a
// Linux kernel, and a stub that enters the ELF as a hypervisor would. image/loader/README.md says what is where.

import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached, hashOf, hashOfFiles } from "./cache.ts";
import { type ElfImage, readElf } from "./elf.ts";
import { headers, REAL_MODE_OFFSET } from "./headers.ts";
import { BuildError, root, run } from "./run.ts";
import { commonFlags, ownFlags } from "./sources.ts";

const FOLDER = "image/loader";
const SOURCES = ["loader.h", "real.S", "head.S", "linux.S", "linux.c", "efi.c", "disk.S", "disk.c"] as const;

// As in loader.h.
const HEAD_SIZE = 0x1000;
const KERNEL = 0x100000;
const STUB_SIZE = 0x2000;
const STUB_PAGES = 0x4000;
const EFI_OFFSET = 0x800;
const MBR = 0x7c00;
const DISK_LOADER = 0x8000;
const DISK_LOADER_SIZE = 62 * 512;
const PAGE = 4096;

/** No C library, no vector registers, nothing that needs a start-up of its own. */
const LOADER_FLAGS: readonly string[] = ["-Os", "-ffreestanding", "-fno-builtin", "-mgeneral-regs-only"];

export interface Loader {
  /** The EFI program and Linux kernel. */
  readonly efi: Uint8Array;
  /** The first sector of a disk, its partition table empty, and the sectors behind it. */
  readonly mbr: Uint8Array;
  readonly diskLoader: Uint8Array;
}

/** The loader for this ELF. */
export async function buildLoader(file: Uint8Array): Promise<Loader> {
  const elf = readElf(file);
  if (elf.start !== KERNEL) throw new BuildError(`the image begins at ${elf.start.toString(16)}, not at 1 MB`);
  const stub = Math.ceil(elf.end / PAGE) * PAGE;
  const parts = await assemble(elf, stub);
  const layout = {
    size: HEAD_SIZE + stub - KERNEL + STUB_SIZE,
    headSize: HEAD_SIZE,
    stub: HEAD_SIZE + stub - KERNEL,
    stubSize: STUB_SIZE,
    efiEntry: HEAD_SIZE + stub - KERNEL + EFI_OFFSET,
    kernel: KERNEL,
    stubAddress: stub,
    memoryEnd: stub + STUB_SIZE + STUB_PAGES,
  };
  const efi = new Uint8Array(layout.size);
  efi.set(headers(layout), 0);
  efi.set(sized("head.S", parts.head, HEAD_SIZE - REAL_MODE_OFFSET), REAL_MODE_OFFSET);
  efi.set(elf.loaded, HEAD_SIZE);
  efi.set(sized("linux.c", parts.linux, EFI_OFFSET), layout.stub);
  efi.set(sized("efi.c", parts.efi, STUB_SIZE - EFI_OFFSET), layout.efiEntry);
  return { efi, mbr: sized("disk.S", parts.mbr, 512), diskLoader: sized("disk.c", parts.disk, DISK_LOADER_SIZE) };
}

function sized(name: string, bytes: Uint8Array, most: number): Uint8Array {
  if (bytes.length <= most) return bytes;
  throw new BuildError(`${FOLDER}/${name} has ${bytes.length} bytes; there is room for ${most}`);
}

type Parts = Readonly<Record<"head" | "linux" | "efi" | "mbr" | "disk", Uint8Array>>;

async function assemble(elf: ElfImage, stub: number): Promise<Parts> {
  const bss = elf.start + elf.loaded.length;
  const defines = [`-DSTUB=${stub}`, `-DENTRY=${elf.entry}`, `-DBSS_START=${bss}`];
  const flags = [...commonFlags(root), ...ownFlags, ...LOADER_FLAGS, "-fno-strict-aliasing", ...defines];
  const hash = hashOf([...flags, script, await hashOfFiles(SOURCES.map((name) => join(root, FOLDER, name)))]);
  const folder = await cached("loader", hash, async (into) => {
    const object = async (source: string, ...words: string[]): Promise<string> => {
      const out = join(into, `${source}.o`);
      await run("gcc", [...flags, ...words, "-c", `${FOLDER}/${source}`, "-o", out]);
      return out;
    };
    const narrow = ["-m32", "-fno-pic"];
    const wide = ["-m64", "-fpic", "-mno-red-zone", "-fshort-wchar"];
    const head = [await object("head.S", ...narrow)];
    const linux = [await object("linux.S", ...narrow), await object("linux.c", ...narrow)];
    const disk = [await object("disk.S", ...narrow), await object("disk.c", ...narrow)];
    await flat(into, "head", "elf_i386", REAL_MODE_OFFSET, head);
    await flat(into, "linux", "elf_i386", stub, linux);
    await flat(into, "efi", "elf_x86_64", stub + EFI_OFFSET, [await object("efi.c", ...wide)]);
    await flat(into, "disk", "elf_i386", MBR, disk);
  });
  const read = async (name: string): Promise<Uint8Array> => readFile(join(folder, `${name}.bin`));
  const disk = await read("disk");
  return {
    head: await read("head"),
    linux: await read("linux"),
    efi: await read("efi"),
    mbr: disk.subarray(0, 512),
    disk: disk.subarray(DISK_LOADER - MBR),
  };
}

/** What is entered comes first, in the order of addresses; nothing may need memory that is not in the file. */
const script = `SECTIONS {
  . = BASE;
  .text : {
    *(.mbr)
    . = DISK;
    *(.loader) *(.text.start) *(.text.first) *(.text .text.*) *(.rodata .rodata.*) *(.data .data.*)
  }
  .bss : { *(.bss .bss.*) *(COMMON) }
  /DISCARD/ : { *(.eh_frame) *(.comment) *(.note*) }
}
`;

async function flat(
  into: string,
  name: string,
  format: string,
  base: number,
  objects: readonly string[],
): Promise<void> {
  const ld = join(into, `${name}.ld`);
  const gap = name === "disk" ? String(DISK_LOADER - MBR) : ".";
  await writeFile(ld, script.replace("BASE", String(base)).replace("DISK", gap));
  const linked = join(into, `${name}.elf`);
  await run("ld", ["-m", format, "--no-warn-rwx-segments", "-T", ld, "-o", linked, ...objects]);
  await run("objcopy", ["-O", "binary", "-j", ".text", basename(linked), `${name}.bin`], { cwd: into });
}
