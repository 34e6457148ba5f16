// A raw disk as VMDK, stream-optimised: what OVA files carry and VMware and VirtualBox import. Read first: VMware Virtual
// Disk Format 5.0, "Stream-Optimized Compressed Sparse Extents".

import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";

const SECTOR = 512;
/** Sectors of a grain. */
const GRAIN = 128;
/** Entries of a grain table. */
const ENTRIES = 512;
const DESCRIPTOR_SECTORS = 20;
const FLAGS = (1 << 0) | (1 << 16) | (1 << 17); // valid line endings, compressed grains, markers
const GRAIN_DIRECTORY_AT_END = (1n << 64n) - 1n;
const MARKER = { end: 0, table: 1, directory: 2, footer: 3 } as const;

/** `raw` is whole sectors long; `name` is what the descriptor calls the extent. */
export function vmdk(raw: Uint8Array, name: string): Uint8Array {
  const capacity = Math.ceil(raw.length / SECTOR / GRAIN) * GRAIN;
  const out = new Sectors();
  out.add(header(capacity, GRAIN_DIRECTORY_AT_END));
  out.add(descriptor(raw, capacity, name));
  out.pad(1 + DESCRIPTOR_SECTORS);
  // The overhead ends on a grain.
  out.pad(GRAIN);
  const tables: number[] = [];
  for (let first = 0; first < capacity / GRAIN; first += ENTRIES) {
    const table = new DataView(new ArrayBuffer(ENTRIES * 4));
    let used = false;
    for (let i = 0; i < ENTRIES && first + i < capacity / GRAIN; i++) {
      const grain = new Uint8Array(GRAIN * SECTOR);
      grain.set(raw.subarray((first + i) * GRAIN * SECTOR, (first + i + 1) * GRAIN * SECTOR));
      if (grain.every((byte) => byte === 0)) continue;
      used = true;
      table.setUint32(i * 4, out.sector, true);
      const packed = deflateSync(grain, { level: 9 });
      const marker = new Uint8Array(12 + packed.length);
      new DataView(marker.buffer).setBigUint64(0, BigInt((first + i) * GRAIN), true);
      new DataView(marker.buffer).setUint32(8, packed.length, true);
      marker.set(packed, 12);
      out.add(marker);
    }
    if (!used) {
      tables.push(0);
      continue;
    }
    out.add(metadata(MARKER.table, (ENTRIES * 4) / SECTOR));
    tables.push(out.sector);
    out.add(new Uint8Array(table.buffer));
  }
  const directory = new DataView(new ArrayBuffer(Math.ceil((tables.length * 4) / SECTOR) * SECTOR));
  for (const [i, sector] of tables.entries()) directory.setUint32(i * 4, sector, true);
  out.add(metadata(MARKER.directory, directory.byteLength / SECTOR));
  const directoryAt = out.sector;
  out.add(new Uint8Array(directory.buffer));
  out.add(metadata(MARKER.footer, 1));
  out.add(header(capacity, BigInt(directoryAt)));
  out.add(metadata(MARKER.end, 0));
  return out.bytes();
}

/** Bytes in whole sectors. */
class Sectors {
  readonly #pieces: Uint8Array[] = [];
  sector = 0;

  add(bytes: Uint8Array): void {
    const whole = new Uint8Array(Math.ceil(bytes.length / SECTOR) * SECTOR);
    whole.set(bytes);
    this.#pieces.push(whole);
    this.sector += whole.length / SECTOR;
  }

  /** Zeros up to this sector. */
  pad(sector: number): void {
    if (sector > this.sector) this.add(new Uint8Array((sector - this.sector) * SECTOR));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}

function header(capacity: number, directory: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(SECTOR));
  view.setUint32(0, 0x564d444b, true); // "KDMV"
  view.setUint32(4, 3, true);
  view.setUint32(8, FLAGS, true);
  view.setBigUint64(12, BigInt(capacity), true);
  view.setBigUint64(20, BigInt(GRAIN), true);
  view.setBigUint64(28, 1n, true);
  view.setBigUint64(36, BigInt(DESCRIPTOR_SECTORS), true);
  view.setUint32(44, ENTRIES, true);
  view.setBigUint64(48, 0n, true);
  view.setBigUint64(56, directory, true);
  view.setBigUint64(64, BigInt(GRAIN), true);
  // A file that was changed by a transfer as text shows here.
  for (const [i, byte] of [0x0a, 0x20, 0x0d, 0x0a].entries()) view.setUint8(73 + i, byte);
  view.setUint16(77, 1, true);
  return new Uint8Array(view.buffer);
}

function metadata(type: number, sectors: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(SECTOR));
  view.setBigUint64(0, BigInt(sectors), true);
  view.setUint32(12, type, true);
  return new Uint8Array(view.buffer);
}

function descriptor(raw: Uint8Array, capacity: number, name: string): Uint8Array {
  const id = createHash("sha256").update(raw).digest("hex").slice(0, 8);
  return new TextEncoder().encode(`# Disk DescriptorFile
version=1
CID=${id}
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${capacity} SPARSE "${name}"

# The Disk Data Base
#DDB
ddb.virtualHWVersion = "4"
ddb.geometry.cylinders = "${Math.max(1, Math.ceil(capacity / 16 / 63))}"
ddb.geometry.heads = "16"
ddb.geometry.sectors = "63"
ddb.adapterType = "lsilogic"
`);
}
