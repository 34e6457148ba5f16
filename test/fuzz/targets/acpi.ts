import { AcpiTables, MOST_TABLE } from "../../../drivers/acpi/tables.ts";
import {
  decodeGenerationAddress,
  decodeIoApics,
  decodeMmioDevices,
  little32,
  type MmioPlace,
  MOST_IO_APICS,
  MOST_MMIO_DEVICES,
} from "../../../drivers/acpi/wire.ts";
import { generationAml, madt, mmioAml, placeTables, table } from "../../support/acpi.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { check, join, same, type Target } from "../target.ts";

const PLACE: MmioPlace = { address: 0xfeb00e00, size: 512, line: 12 };

/** Tables that say anything, and memory that holds anything where tables are looked for. */
export const acpi: Target = {
  name: "acpi",
  limit: 300,
  work: 2_000_000,
  words: [
    mmioAml(PLACE).slice(0, 15),
    mmioAml(PLACE).slice(15),
    [...madt([[0xfec00000, 0]]).subarray(52)],
    generationAml(0x9fff0).slice(0, 28),
    generationAml(0x9fff0).slice(28),
    [0x86, 9, 0],
    [0x89, 6, 0],
  ],
  seeds: () => [
    table("DSDT", mmioAml(PLACE)),
    table("DSDT", [...mmioAml(PLACE), ...mmioAml({ ...PLACE, address: 0xd0000000 })]),
    table("SSDT", generationAml(0x9fff0)),
    table("SSDT", [...generationAml(0), ...generationAml(0x3fff000008)]),
    madt([
      [0xfec00000, 0],
      [0xfec10000, 24],
    ]),
    table("FACP", [0xff, 0xff, 0xff, 0xff]),
    join([0x52, 0x53, 0x44, 0x20, 0x50, 0x54, 0x52, 0x20], new Uint8Array(12)),
  ],
  run: (bytes) => {
    const places = decodeMmioDevices(bytes);
    check(places.length <= MOST_MMIO_DEVICES, `${places.length} devices`);
    for (const { address, size, line } of places) {
      check(address >= 0x100000 && address % 4 === 0 && address + size <= 2 ** 52, `registers at ${address}`);
      check(size >= 0x108 && size <= 0x100000 && line >= 1 && line <= 0xffff, `${size} bytes, line ${line}`);
      check(stands(bytes, address) && stands(bytes, size) && stands(bytes, line), "a place that nobody named");
    }
    const generation = decodeGenerationAddress(bytes);
    check(generation >= 0 && generation % 8 === 0 && generation + 16 <= 2 ** 52, `a generation at ${generation}`);
    const ioApics = decodeIoApics(bytes);
    check(ioApics.length <= MOST_IO_APICS, `${ioApics.length} I/O APICs`);
    for (const { address } of ioApics) check(address >= 0x100000 && address % 16 === 0, `an I/O APIC at ${address}`);
    // As the DSDT of a machine: it is taken whole, if its bytes add up, or not at all.
    const hal = new FakeHal();
    placeTables(hal, bytes.length & 2, { dsdt: bytes, madt: madt([]) });
    const read = new AcpiTables(hal).dsdt();
    const sum = bytes.reduce((before, byte) => (before + byte) & 255, 0);
    const right =
      bytes.length >= 36 &&
      String.fromCharCode(...bytes.subarray(0, 4)) === "DSDT" &&
      little32(bytes, 4) === bytes.length &&
      sum === 0;
    if (right) same([...read], [...bytes], "a table");
    else check(read.length !== bytes.length || read.length <= MOST_TABLE, "a table that is none");
    // And as what lies where the RSDP is looked for.
    const bare = new FakeHal();
    bare.firmware.push({ from: 0xe0000, bytes });
    const tables = new AcpiTables(bare);
    tables.table("APIC");
    check(tables.dsdt().length <= bytes.length, "a table of nothing");
  },
};

function stands(bytes: Uint8Array, value: number): boolean {
  for (let at = 0; at + 4 <= bytes.length; at++) if (little32(bytes, at) === value) return true;
  return false;
}
