import { FwCfg } from "../../../drivers/fw-cfg.ts";
import { readOemStrings } from "../../../drivers/smbios/tables.ts";
import { decodeEntryPoint, decodeOemStrings } from "../../../drivers/smbios/wire.ts";
import { fakeFwCfg } from "../../support/fake-fw-cfg.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { END, entryPoint2, entryPoint3, oemStrings, structure } from "../../support/smbios.ts";
import { check, join, latin1, same, type Target } from "../target.ts";

/** A table of structures, also as a machine's; and bytes as what lies where the entry point is looked for. */
export const smbios: Target = {
  name: "smbios",
  limit: 200,
  work: 2_000_000,
  words: ["epiphyte:", "_SM_", "_SM3_", "_DMI_", [11, 5, 0, 0, 1], [0, 0], [127, 4, 0, 0, 0, 0]],
  seeds: () => [
    join(structure(0, [1, 2], ["BIOS", "1.0"]), oemStrings("epiphyte:--port=81", "x"), END),
    join(oemStrings(), oemStrings("epiphyte:"), structure(1, [], [])),
    entryPoint2(0xf0020, 40),
    entryPoint3(0xf0020, 40),
  ],
  run: (bytes) => {
    const { text, fault } = decodeOemStrings(bytes);
    const lines = latin1(text).split("\n");
    check(lines.pop() === "", "a line without its end");
    // Whatever is taken stands in the table behind our name, and nothing between two of them is taken twice.
    const table = latin1(bytes);
    let from = 0;
    for (const line of lines) {
      // A string may hold a line's end, which then is one here as well.
      const at = table.indexOf(line, from);
      check(at >= 0, "a string that nobody gave");
      from = at + line.length;
    }
    check(text.length <= bytes.length, "more than there is");
    // A table in two machines says the same as by itself.
    const hal = fakeFwCfg({ "etc/smbios/smbios-tables": table });
    same(readOemStrings(hal, new FwCfg(hal)), { text, fault }, "by fw_cfg");
    if (bytes.length > 0) {
      const placed = new FakeHal();
      placed.firmware.push({ from: 0xf0000, bytes: entryPoint3(0x100000, bytes.length) });
      placed.firmware.push({ from: 0x100000, bytes });
      same(readOemStrings(placed, new FwCfg(placed)), { text, fault }, "in memory");
    }
    const { address, length } = decodeEntryPoint(bytes);
    check(address >= 0 && length >= 0 && length <= 0xffffffff, "a table of no length");
    const bare = new FakeHal();
    bare.firmware.push({ from: 0xf0000, bytes });
    readOemStrings(bare, new FwCfg(bare));
  },
};
