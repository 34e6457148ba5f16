import { describe, expect, it } from "vitest";
import { FwCfg } from "../../drivers/fw-cfg.ts";
import { MOST_SMBIOS, readOemStrings } from "../../drivers/smbios/tables.ts";
import { decodeEntryPoint, decodeOemStrings } from "../../drivers/smbios/wire.ts";
import { latin1 } from "../../stack/base/native.ts";
import { fakeFwCfg } from "../support/fake-fw-cfg.ts";
import { FakeHal } from "../support/fake-hal.ts";
import { ascii, END, entryPoint2, entryPoint3, oemStrings, structure } from "../support/smbios.ts";

function textOf(bytes: Uint8Array): string {
  return latin1(bytes, 0, bytes.length);
}

function decoded(...structures: readonly (readonly number[])[]): string {
  const bytes: number[] = [];
  for (const one of structures) for (const byte of one) bytes.push(byte);
  const { text, fault } = decodeOemStrings(Uint8Array.from(bytes));
  return `${textOf(text)}${fault}`;
}

const BIOS = structure(0, [1, 2, 0, 0], ["SeaBIOS", "1.16"]);

describe("OEM strings", () => {
  it("that begin with our name are ours, in the order of the table", () => {
    const table = [
      BIOS,
      oemStrings("other", "epiphyte:--port=81"),
      structure(1, [], []),
      oemStrings("epiphyte:--dns=x"),
    ];
    expect(decoded(...table, END)).toBe("--port=81\n--dns=x\n");
  });

  it("of other structures are nobody's", () => {
    expect(decoded(structure(1, [1], ["epiphyte:--port=81"]), END)).toBe("");
  });

  it("behind the end are not read", () => {
    expect(decoded(END, oemStrings("epiphyte:--port=81"))).toBe("");
  });

  it("of a table without an end structure are read up to its length", () => {
    expect(decoded(oemStrings("epiphyte:a"), oemStrings())).toBe("a\n");
  });

  it("before what is wrong count, and what is wrong is said", () => {
    const good = oemStrings("epiphyte:a");
    expect(decoded(good, [1, 3, 0, 0, 0, 0])).toBe("a\na structure of 3 bytes at 17 of 23");
    expect(decoded(good, [1, 0, 0, 0, 0, 0])).toBe("a\na structure of 0 bytes at 17 of 23");
    expect(decoded(good, [1, 200, 0, 0, 0, 0])).toBe("a\na structure of 200 bytes at 17 of 23");
    expect(decoded(good, [11])).toBe("a\na structure of 0 bytes at 17 of 18");
    expect(decoded(good, [11, 5, 0, 0, 1, ...ascii("epiphyte:b")])).toBe("a\nstrings without an end at 22 of 32");
    expect(decoded(good, [11, 5, 0, 0, 1, ...ascii("epiphyte:b"), 0])).toBe("a\nb\nstrings without an end at 33 of 33");
  });
});

describe("an entry point", () => {
  it("is one whose bytes add up", () => {
    expect(decodeEntryPoint(entryPoint2(0xf1234, 600))).toEqual({ address: 0xf1234, length: 600 });
    expect(decodeEntryPoint(entryPoint3(0x7ffff000, 70_000))).toEqual({ address: 0x7ffff000, length: 70_000 });
    for (const good of [entryPoint2(0xf1234, 600), entryPoint3(0xf1234, 600)])
      for (let i = 0; i < good.length; i++) {
        const bad = good.slice();
        bad[i] = bad[i]! ^ 4;
        expect(decodeEntryPoint(bad)).toEqual({ address: 0, length: 0 });
        expect(decodeEntryPoint(good.slice(0, i))).toEqual({ address: 0, length: 0 });
      }
  });
});

describe("the tables of a machine", () => {
  const table = Uint8Array.from([...BIOS, ...oemStrings("epiphyte:--port=81"), ...END]);

  function read(hal: FakeHal): string {
    const { text, fault } = readOemStrings(hal, new FwCfg(hal));
    return `${textOf(text)}${fault}`;
  }

  it("are found by the entry point in the first megabyte, in memory above it as well", () => {
    for (const address of [0xf8000, 0x7ff0000])
      for (const entry of [entryPoint2(address, table.length), entryPoint3(address, table.length)]) {
        const hal = new FakeHal();
        const wrong = entry.slice();
        wrong[8] = 1;
        hal.firmware.push({ from: 0xf0010, bytes: wrong });
        hal.firmware.push({ from: 0xf5a40, bytes: entry });
        hal.firmware.push({ from: address, bytes: table });
        expect(read(hal)).toBe("--port=81\n");
      }
  });

  it("are QEMU's own where firmware has put no entry point there", () => {
    expect(read(fakeFwCfg({ "etc/smbios/smbios-tables": latin1(table, 0, table.length) }))).toBe("--port=81\n");
    expect(read(new FakeHal())).toBe("");
  });

  it("are not read when they are a megabyte, or where no table can be", () => {
    const large = new FakeHal();
    large.firmware.push({ from: 0xf0000, bytes: entryPoint3(0x100000, 1 << 20) });
    expect(read(large)).toBe(`1048576 bytes; at most ${MOST_SMBIOS} are read`);
    const nowhere = new FakeHal();
    nowhere.firmware.push({ from: 0xf0000, bytes: entryPoint3(8, 100) });
    expect(read(nowhere)).toBe("100 bytes at 8, where no table can be");
  });
});
