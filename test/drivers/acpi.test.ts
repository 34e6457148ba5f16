import { describe, expect, it } from "vitest";
import { AcpiTables, MOST_TABLE } from "../../drivers/acpi/tables.ts";
import { decodeIoApics, decodeMmioDevices, MOST_IO_APICS, MOST_MMIO_DEVICES } from "../../drivers/acpi/wire.ts";
import { IoApicLines, PicLines } from "../../drivers/interrupt-lines.ts";
import { findDevices } from "../../drivers/probe.ts";
import { madt, mmioAml, placeTables, table } from "../support/acpi.ts";
import { FakeHal, putLe } from "../support/fake-hal.ts";
import { FakeIoApic } from "../support/fake-mmio.ts";

const PLACE = { address: 0xfeb00e00, size: 0x200, line: 12 };

describe("ACPI's tables", () => {
  it("are found by the RSDP, through RSDT or XSDT, the DSDT through the FADT", () => {
    for (const revision of [0, 2]) {
      const hal = new FakeHal();
      placeTables(hal, revision, { dsdt: table("DSDT", mmioAml(PLACE)), madt: madt([[0xfec00000, 0]]) });
      const acpi = new AcpiTables(hal);
      expect(decodeMmioDevices(acpi.dsdt())).toEqual([PLACE]);
      expect(decodeIoApics(acpi.table("APIC"))).toEqual([{ address: 0xfec00000, firstLine: 0 }]);
      expect(acpi.table("HPET").length).toBe(0);
    }
  });

  it("are not believed when they do not add up, are too long, lie nowhere, or cannot be mapped", () => {
    const dsdt = table("DSDT", mmioAml(PLACE));
    const wrong: readonly ((hal: FakeHal, at: { [name: string]: { bytes: Uint8Array } }) => void)[] = [
      (_, { dsdt: d }) => putLe(d!.bytes, 9, 1, d!.bytes[9]! + 1),
      (_, { dsdt: d }) => putLe(d!.bytes, 4, 4, MOST_TABLE + 1),
      (_, { dsdt: d }) => putLe(d!.bytes, 4, 4, 35),
      (_, { dsdt: d }) => putLe(d!.bytes, 0, 1, 0x58),
      (_, { fadt }) => putLe(fadt!.bytes, 40, 4, 0x10000000),
      (_, { list }) => putLe(list!.bytes, 4, 4, 0xffffffff),
      (_, { rsdp }) => putLe(rsdp!.bytes, 8, 1, rsdp!.bytes[8]! + 1),
      (_, { rsdp }) => putLe(rsdp!.bytes, 0, 1, 0),
      (hal) => {
        hal.refuseMapping = true;
      },
    ];
    for (const spoil of wrong) {
      const hal = new FakeHal();
      spoil(hal, placeTables(hal, 2, { dsdt: dsdt.slice(), madt: madt([]) }));
      expect(new AcpiTables(hal).dsdt().length).toBe(0);
    }
    expect(new AcpiTables(new FakeHal()).dsdt().length).toBe(0);
  });

  it("of 64 bits may name what nobody can reach", () => {
    const hal = new FakeHal();
    const { fadt } = placeTables(hal, 2, { dsdt: table("DSDT", []), madt: madt([]) });
    putLe(fadt!.bytes, 140, 4, 0xffffffff);
    putLe(fadt!.bytes, 144, 4, 0xffffffff);
    let sum = 0;
    for (const byte of fadt!.bytes) sum += byte;
    putLe(fadt!.bytes, 9, 1, (fadt!.bytes[9]! - sum) & 255);
    expect(new AcpiTables(hal).dsdt().length).toBe(0);
  });
});

describe("virtio devices in AML", () => {
  it("are a name and the first memory and interrupt behind it", () => {
    const other = { address: 0xd0000000, size: 0x1000, line: 5 };
    expect(decodeMmioDevices(table("DSDT", [...mmioAml(PLACE), 0x5b, 0x82, ...mmioAml(other)]))).toEqual([
      PLACE,
      other,
    ]);
    // A device without resources does not take those of the next.
    const bare = mmioAml(PLACE).slice(0, 10);
    expect(decodeMmioDevices(table("DSDT", [...bare, ...mmioAml(other)]))).toEqual([other]);
    expect(decodeMmioDevices(table("DSDT", bare))).toEqual([]);
    expect(decodeMmioDevices(table("DSDT", mmioAml(PLACE).slice(0, -3)))).toEqual([]);
    expect(decodeMmioDevices(table("DSDT", []))).toEqual([]);
  });

  it("are nowhere that cannot be: low memory, no size, no line, not aligned", () => {
    const { address, size, line } = PLACE;
    const wrong = [
      { address: 0xfff00, size, line },
      { address: 0xfeb00e02, size, line },
      { address, size: 0x107, line },
      { address, size: 0x100001, line },
      { address, size, line: 0 },
    ];
    for (const place of wrong) expect(decodeMmioDevices(table("DSDT", mmioAml(place)))).toEqual([]);
  });

  it("are so many at most", () => {
    let all: number[] = [];
    for (let i = 0; i < MOST_MMIO_DEVICES + 3; i++) {
      all = [...all, ...mmioAml({ address: 0xfeb00000 + 512 * i, size: PLACE.size, line: PLACE.line })];
    }
    expect(decodeMmioDevices(table("DSDT", all)).length).toBe(MOST_MMIO_DEVICES);
  });
});

describe("a MADT", () => {
  it("ends at a structure without length, or one that goes beyond it, and has so many I/O APICs at most", () => {
    expect(decodeIoApics(table("APIC", [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]))).toEqual([]);
    expect(decodeIoApics(table("APIC", [0, 0, 0, 0, 0, 0, 0, 0, 1, 12, 0, 0]))).toEqual([]);
    expect(decodeIoApics(madt([[0x1000, 0]]))).toEqual([]);
    const many: [number, number][] = [];
    for (let i = 0; i < MOST_IO_APICS + 2; i++) many.push([0xfec00000 + 0x1000 * i, 24 * i]);
    expect(decodeIoApics(madt(many)).length).toBe(MOST_IO_APICS);
  });
});

describe("a line", () => {
  it("is routed by the I/O APIC that has it, once, to the local APIC that messages go to", () => {
    const hal = new FakeHal();
    placeTables(hal, 2, {
      dsdt: table("DSDT", []),
      madt: madt([
        [0xfec00000, 0],
        [0xfec10000, 24],
      ]),
    });
    const first = new FakeIoApic(0xfec00000, 24);
    const second = new FakeIoApic(0xfec10000, 24);
    hal.place(first);
    hal.place(second);
    const lines = new IoApicLines(hal, new AcpiTables(hal));
    expect(lines.route(11, true)).toBe(true);
    expect(lines.route(36, false)).toBe(true);
    expect(first.table.slice(22, 24)).toEqual([0x8030, 0]);
    expect(second.table.slice(24, 26)).toEqual([0x0031, 0]);
    expect(lines.route(11, true)).toBe(true);
    expect(hal.vectors).toEqual([0x32, 0x33]);
    expect(lines.route(48, false)).toBe(false);
  });

  it("goes to the usual place when no table says where, and nowhere when there is none or no vector", () => {
    const hal = new FakeHal();
    const lines = new IoApicLines(hal, new AcpiTables(hal));
    expect(lines.route(5, false)).toBe(false);
    const ioApic = new FakeIoApic(0xfec00000, 24);
    hal.place(ioApic);
    expect(lines.route(24, false)).toBe(false);
    hal.vectors = [];
    expect(lines.route(5, false)).toBe(false);
    hal.vectors = [0x40];
    expect(lines.route(5, false)).toBe(true);
    expect(ioApic.table[10]).toBe(0x40);
    ioApic.version = 0;
    expect(lines.route(6, false)).toBe(false);
  });

  it("goes to the 8259 where there is no local APIC, which lets it in as an edge or a level", () => {
    const hal = new Pic();
    expect(findDevices(hal, "").lines instanceof PicLines).toBe(true);
    const lines = new PicLines(hal);
    expect(lines.route(11, true)).toBe(true);
    expect(lines.route(5, false)).toBe(true);
    expect(hal.masks).toEqual([0xda, 0xf7]);
    expect(hal.levels).toEqual([0x00, 0x08]);
    // The timer's, the one behind which the second controller is, and what no PC has.
    for (const line of [-1, 0, 2, 16, 24]) expect(lines.route(line, true)).toBe(false);
    expect(hal.masks).toEqual([0xda, 0xf7]);
    expect(new PicLines(new FakeHal()).route(11, true)).toBe(false);
  });
});

/** A machine without a local APIC, whose two 8259 are as the runtime leaves them. */
class Pic extends FakeHal {
  readonly masks = [0xfa, 0xff];
  readonly levels = [0x20, 0];

  override messageAddress(): number {
    return 0;
  }

  override portRead(port: number, size: number): number {
    if (port === 0x21 || port === 0xa1) return this.masks[port >> 7]!;
    if (port === 0x4d0 || port === 0x4d1) return this.levels[port & 1]!;
    return super.portRead(port, size);
  }

  override portWrite(port: number, size: number, value: number): void {
    if (port === 0x21 || port === 0xa1) this.masks[port >> 7] = value;
    else if (port === 0x4d0 || port === 0x4d1) this.levels[port & 1] = value;
    else super.portWrite(port, size, value);
  }
}
