// build/disk.img: a disk that a BIOS or UEFI boots: master boot record, loader, and one FAT16 partition that holds the
// image and EPIPHYTE.TXT, the parameters, which any system can edit. qcow2.ts and vmdk.ts wrap it for hypervisors.

import { fatVolume } from "./fat.ts";
import type { Loader } from "./loader.ts";

const SECTOR = 512;
/** The partition begins behind the boot record and the loader. */
export const PARTITION_START = 64;
/** The disk has 6 MB, whole grains of a VMDK: the image, and room for a newer one beside it or parameters that grow. */
const PARTITION_SECTORS = 12_288 - PARTITION_START;
/** MBR: active, and an EFI system partition (UEFI 2.10, 5.2.2). */
const ACTIVE = 0x80;
const TYPE_EFI_SYSTEM = 0xef;

/** What EPIPHYTE.TXT says while nobody has written anything. */
export const EMPTY_PARAMETERS = [
  "# Parameters of Epiphyte, one a line. The first is needed; all of them are listed by --help.",
  "#",
  "# --remote=http://git.example/blog.git#main",
  "# --syslog=10.0.0.9",
  "",
].join("\r\n");

/** The whole disk. `parameters` is the text of EPIPHYTE.TXT. */
export function diskImage(loader: Loader, parameters: string): Uint8Array {
  const volume = fatVolume(
    [
      { path: "EPIPHYTE.TXT", bytes: new TextEncoder().encode(parameters) },
      { path: "EFI/BOOT/BOOTX64.EFI", bytes: loader.efi },
    ],
    { sectors: PARTITION_SECTORS, hidden: PARTITION_START, label: "EPIPHYTE" },
  );
  const disk = new Uint8Array((PARTITION_START + PARTITION_SECTORS) * SECTOR);
  disk.set(loader.mbr, 0);
  disk.set(loader.diskLoader, SECTOR);
  disk.set(volume, PARTITION_START * SECTOR);
  const view = new DataView(disk.buffer);
  const row = 446;
  // Cylinders, heads and sectors say "ask for the block number".
  view.setUint8(row, ACTIVE);
  disk.set([0xfe, 0xff, 0xff], row + 1);
  view.setUint8(row + 4, TYPE_EFI_SYSTEM);
  disk.set([0xfe, 0xff, 0xff], row + 5);
  view.setUint32(row + 8, PARTITION_START, true);
  view.setUint32(row + 12, PARTITION_SECTORS, true);
  return disk;
}
