// A FAT16 volume out of a few files, as UEFI firmware and any PC read it. Read first: Microsoft FAT specification
// (fatgen103) 3 (boot sector), 4 (table), 6 (directories). Names are 8.3 and in capitals; a directory holds what fits
// into one cluster. The same files give the same bytes: there is no time and no chance in it.

import { createHash } from "node:crypto";
import { BuildError } from "./run.ts";

export interface VolumeFile {
  /** "EFI/BOOT/BOOTX64.EFI" */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface VolumeOptions {
  readonly sectors: number;
  /** The sector of the disk at which the volume begins. */
  readonly hidden: number;
  /** At most eleven characters. */
  readonly label: string;
}

const SECTOR = 512;
const CLUSTER_SECTORS = 2;
const CLUSTER = SECTOR * CLUSTER_SECTORS;
const RESERVED_SECTORS = 1;
const TABLES = 2;
const ROOT_ENTRIES = 512;
const ENTRY = 32;
const FIRST_CLUSTER = 2;
const END_OF_CHAIN = 0xffff;
const ATTRIBUTE_DIRECTORY = 0x10;
const ATTRIBUTE_ARCHIVE = 0x20;
const ATTRIBUTE_LABEL = 0x08;
/** 1 January 1980: the date's zero. */
const DATE = (1 << 5) | 1;
/** Fewer clusters are FAT12, more FAT32 (3.5). */
const LEAST_CLUSTERS = 4085;
const MOST_CLUSTERS = 65_524;

/** Throws a BuildError when the files do not fit, or a name is not 8.3. */
export function fatVolume(files: readonly VolumeFile[], options: VolumeOptions): Uint8Array {
  return new Volume(options).write(files);
}

interface Folder {
  /** Undefined: the root directory. */
  readonly cluster: number | undefined;
  used: number;
}

class Volume {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: VolumeOptions;
  readonly #tableSectors: number;
  readonly #clusters: number;
  readonly #folders = new Map<string, Folder>([["", { cluster: undefined, used: 0 }]]);
  #next = FIRST_CLUSTER;

  constructor(options: VolumeOptions) {
    this.#options = options;
    this.#bytes = new Uint8Array(options.sectors * SECTOR);
    this.#view = new DataView(this.#bytes.buffer);
    const rest = options.sectors - RESERVED_SECTORS - (ROOT_ENTRIES * ENTRY) / SECTOR;
    // A table that could count all clusters there would be without tables: a sector or two too many do no harm.
    this.#tableSectors = Math.ceil(((Math.floor(rest / CLUSTER_SECTORS) + FIRST_CLUSTER) * 2) / SECTOR);
    this.#clusters = Math.floor((rest - TABLES * this.#tableSectors) / CLUSTER_SECTORS);
    if (this.#clusters < LEAST_CLUSTERS || this.#clusters > MOST_CLUSTERS)
      throw new BuildError(`a FAT16 volume of ${options.sectors} sectors cannot be`);
  }

  write(files: readonly VolumeFile[]): Uint8Array {
    this.#chain(0, 0xfff8);
    this.#chain(1, END_OF_CHAIN);
    this.#entry(this.#folders.get("")!, this.#options.label.padEnd(11), ATTRIBUTE_LABEL, 0, 0);
    for (const { path, bytes } of files) {
      const slash = path.lastIndexOf("/");
      const folder = this.#folder(slash < 0 ? "" : path.slice(0, slash));
      const first = bytes.length === 0 ? 0 : this.#store(bytes);
      this.#entry(folder, shortName(path.slice(slash + 1)), ATTRIBUTE_ARCHIVE, first, bytes.length);
    }
    this.#bootSector();
    const table = RESERVED_SECTORS * SECTOR;
    const size = this.#tableSectors * SECTOR;
    this.#bytes.copyWithin(table + size, table, table + size);
    return this.#bytes;
  }

  #bootSector(): void {
    const { sectors, hidden, label } = this.#options;
    const view = this.#view;
    // The serial number tells volumes apart: it follows from what they hold.
    const serial = createHash("sha256").update(this.#bytes).digest().readUInt32LE(0);
    this.#text(0, "\xeb\x3c\x90EPIPHYTE");
    view.setUint16(11, SECTOR, true);
    view.setUint8(13, CLUSTER_SECTORS);
    view.setUint16(14, RESERVED_SECTORS, true);
    view.setUint8(16, TABLES);
    view.setUint16(17, ROOT_ENTRIES, true);
    view.setUint16(19, sectors < 0x10000 ? sectors : 0, true);
    view.setUint8(21, 0xf8);
    view.setUint16(22, this.#tableSectors, true);
    view.setUint16(24, 63, true);
    view.setUint16(26, 255, true);
    view.setUint32(28, hidden, true);
    view.setUint32(32, sectors < 0x10000 ? 0 : sectors, true);
    view.setUint8(36, 0x80);
    view.setUint8(38, 0x29);
    view.setUint32(39, serial, true);
    this.#text(43, `${label.padEnd(11)}FAT16   `);
    view.setUint16(510, 0xaa55, true);
  }

  #folder(path: string): Folder {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf("/");
    const parent = this.#folder(slash < 0 ? "" : path.slice(0, slash));
    const folder: Folder = { cluster: this.#store(new Uint8Array(CLUSTER)), used: 0 };
    this.#folders.set(path, folder);
    this.#entry(parent, shortName(path.slice(slash + 1)), ATTRIBUTE_DIRECTORY, folder.cluster ?? 0, 0);
    this.#entry(folder, ".".padEnd(11), ATTRIBUTE_DIRECTORY, folder.cluster ?? 0, 0);
    this.#entry(folder, "..".padEnd(11), ATTRIBUTE_DIRECTORY, parent.cluster ?? 0, 0);
    return folder;
  }

  /** Puts the bytes into clusters that follow each other; the first one's number. */
  #store(bytes: Uint8Array): number {
    const first = this.#next;
    const count = Math.ceil(bytes.length / CLUSTER);
    if (first + count > this.#clusters + FIRST_CLUSTER)
      throw new BuildError(`the files do not fit into ${(this.#clusters * CLUSTER) / 1024} KB`);
    for (let i = 0; i < count; i++) this.#chain(first + i, i + 1 < count ? first + i + 1 : END_OF_CHAIN);
    this.#bytes.set(bytes, this.#clusterOffset(first));
    this.#next += count;
    return first;
  }

  #entry(folder: Folder, name: string, attributes: number, cluster: number, size: number): void {
    const root = (RESERVED_SECTORS + TABLES * this.#tableSectors) * SECTOR;
    const room = folder.cluster === undefined ? ROOT_ENTRIES : CLUSTER / ENTRY;
    if (folder.used === room) throw new BuildError("a directory of the volume is full");
    const at = (folder.cluster === undefined ? root : this.#clusterOffset(folder.cluster)) + folder.used++ * ENTRY;
    this.#text(at, name);
    this.#view.setUint8(at + 11, attributes);
    this.#view.setUint16(at + 16, DATE, true);
    this.#view.setUint16(at + 18, DATE, true);
    this.#view.setUint16(at + 24, DATE, true);
    this.#view.setUint16(at + 26, cluster, true);
    this.#view.setUint32(at + 28, size, true);
  }

  #clusterOffset(cluster: number): number {
    const first = RESERVED_SECTORS + TABLES * this.#tableSectors + (ROOT_ENTRIES * ENTRY) / SECTOR;
    return (first + (cluster - FIRST_CLUSTER) * CLUSTER_SECTORS) * SECTOR;
  }

  #chain(cluster: number, next: number): void {
    this.#view.setUint16(RESERVED_SECTORS * SECTOR + cluster * 2, next, true);
  }

  #text(at: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text.charCodeAt(i);
  }
}

/** "BOOTX64.EFI" as a directory has it: "BOOTX64 EFI". */
function shortName(name: string): string {
  const match = /^([A-Z0-9_-]{1,8})(?:\.([A-Z0-9_-]{1,3}))?$/.exec(name);
  if (match === null) throw new BuildError(`${name} is no name for a FAT volume (8.3, capitals)`);
  return (match[1] ?? "").padEnd(8) + (match[2] ?? "").padEnd(3);
}
