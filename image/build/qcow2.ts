// A raw disk as qcow2, version 2, each cluster deflated and clusters of zeros left out. Read first: QEMU
// docs/interop/qcow2.txt ("Header", "Cluster mapping", "Compressed clusters descriptor", "Host cluster management").

import { deflateRawSync } from "node:zlib";

const CLUSTER_BITS = 16;
const CLUSTER = 1 << CLUSTER_BITS;
const SECTOR = 512;
/** Of an L2 entry: the cluster is compressed; the descriptor says where, and in how many further sectors. */
const COMPRESSED = 1n << 62n;
/** Of an entry: exactly one reference. */
const COPIED = 1n << 63n;
const OFFSET_BITS = BigInt(62 - (CLUSTER_BITS - 8));

/** `raw` is as long as the disk; at most 512 MB (one L1 entry). */
export function qcow2(raw: Uint8Array): Uint8Array {
  const count = Math.ceil(raw.length / CLUSTER);
  if (count > CLUSTER / 8) throw new Error("a disk that needs more than one table is not written here");
  // Clusters: header, L1 table, L2 table, refcount table, refcount block, data.
  const [l1At, l2At, tableAt, blockAt, dataAt] = [1, 2, 3, 4, 5].map((n) => n * CLUSTER) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const pieces: Uint8Array[] = [];
  const l2 = new DataView(new ArrayBuffer(CLUSTER));
  let at = dataAt;
  for (let i = 0; i < count; i++) {
    const cluster = new Uint8Array(CLUSTER);
    cluster.set(raw.subarray(i * CLUSTER, (i + 1) * CLUSTER));
    if (cluster.every((byte) => byte === 0)) continue;
    const packed = deflateRawSync(cluster, { level: 9, windowBits: 12 });
    // What does not shrink is stored as it is, on a cluster of its own.
    const fits = packed.length < CLUSTER - SECTOR;
    if (!fits) {
      const aligned = Math.ceil(at / CLUSTER) * CLUSTER;
      pieces.push(new Uint8Array(aligned - at), cluster);
      l2.setBigUint64(i * 8, COPIED | BigInt(aligned));
      at = aligned + CLUSTER;
      continue;
    }
    const sectors = Math.floor((at + packed.length - 1) / SECTOR) - Math.floor(at / SECTOR);
    l2.setBigUint64(i * 8, COMPRESSED | (BigInt(sectors) << OFFSET_BITS) | BigInt(at));
    pieces.push(packed);
    at += packed.length;
  }
  const end = Math.ceil(at / CLUSTER) * CLUSTER;
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x514649fb); // "QFI", 0xfb
  view.setUint32(4, 2);
  view.setUint32(20, CLUSTER_BITS);
  view.setBigUint64(24, BigInt(raw.length));
  view.setUint32(36, 1); // entries of the L1 table
  view.setBigUint64(40, BigInt(l1At));
  view.setBigUint64(48, BigInt(tableAt));
  view.setUint32(56, 1); // clusters of the refcount table
  view.setBigUint64(l1At, COPIED | BigInt(l2At));
  file.set(new Uint8Array(l2.buffer), l2At);
  view.setBigUint64(tableAt, BigInt(blockAt));
  let offset = dataAt;
  for (const piece of pieces) {
    file.set(piece, offset);
    offset += piece.length;
  }
  countReferences(view, blockAt, l2, count, end);
  return file;
}

/** Sixteen bits for each cluster of the file: how many descriptors need it. */
function countReferences(view: DataView, blockAt: number, l2: DataView, count: number, end: number): void {
  const add = (cluster: number): void => {
    view.setUint16(blockAt + cluster * 2, view.getUint16(blockAt + cluster * 2) + 1);
  };
  for (let cluster = 0; cluster < 5; cluster++) add(cluster);
  for (let i = 0; i < count; i++) {
    const entry = l2.getBigUint64(i * 8);
    if (entry === 0n) continue;
    if ((entry & COMPRESSED) === 0n) {
      add(Number(entry & ~COPIED) / CLUSTER);
      continue;
    }
    const at = Number(entry & ((1n << OFFSET_BITS) - 1n));
    const sectors = Number((entry & ~COMPRESSED) >> OFFSET_BITS) + 1;
    const last = Math.min(Math.floor(at / SECTOR) * SECTOR + sectors * SECTOR, end) - 1;
    for (let cluster = Math.floor(at / CLUSTER); cluster <= Math.floor(last / CLUSTER); cluster++) add(cluster);
  }
}
