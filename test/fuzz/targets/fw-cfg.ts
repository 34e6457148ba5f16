import { decodeFwCfgFiles, FwCfg, MOST_FW_CFG_FILES } from "../../../drivers/fw-cfg.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { ascii, check, join, latin1, type Target } from "../target.ts";

/** The bytes as a directory, and as all that a device ever says after its signature. */
export const fwCfg: Target = {
  name: "fw-cfg",
  limit: 300,
  work: 2_000_000,
  words: ["QEMU", "opt/org.epiphyte/parameters", [0, 0, 0, 9, 0, 0x20, 0, 0]],
  seeds: () => [
    join([0, 0, 0, 9, 0, 0x20, 0, 0], ascii("opt/org.epiphyte/parameters"), new Uint8Array(29)),
    join([0, 0, 0, 1, 0, 0, 0, 9, 0, 0x20, 0, 0], ascii("x".repeat(56))),
    join([0xff, 0xff, 0xff, 0xff], new Uint8Array(64)),
  ],
  run: (bytes) => {
    const files = decodeFwCfgFiles(bytes);
    check(files.length === Math.floor(bytes.length / 64), "an entry too many or too few");
    for (const [i, { name, size, key }] of files.entries()) {
      check(name.length <= 56 && !name.includes("\0"), "a name that is none");
      check(latin1(bytes).startsWith(name, i * 64 + 8), "a name that nobody gave");
      check(size >= 0 && size <= 0xffffffff && key >= 0 && key <= 0xffff, "a number that is none");
    }
    const said = join(ascii("QEMU"), bytes);
    let at = 0;
    class Device extends FakeHal {
      override portRead(port: number, size: number): number {
        if (port !== 0x511) return super.portRead(port, size);
        at++;
        return said[at - 1] ?? 0;
      }
      override portWrite(): void {}
    }
    new FwCfg(new Device()).named("opt/org.epiphyte/parameters");
    check(at <= 8 + 64 * MOST_FW_CFG_FILES, "a device that is read for ever");
  },
};
