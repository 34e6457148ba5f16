import { NO_LINES } from "../../../drivers/interrupt-lines.ts";
import { Bars } from "../../../drivers/pci/bar.ts";
import { ConfigSpace, pciAddress } from "../../../drivers/pci/config.ts";
import { enumerate } from "../../../drivers/pci/enumerate.ts";
import { Msix } from "../../../drivers/pci/msix.ts";
import { MOST_STRUCTURE_BYTES, VirtioStructures } from "../../../drivers/virtio/capability.ts";
import { openPciTransport } from "../../../drivers/virtio/transport-pci.ts";
import { FakeHal, FakePciFunction } from "../../support/fake-hal.ts";
import { FakeVirtio } from "../../support/fake-virtio.ts";
import { check, hex, join, type Target } from "../target.ts";

/**
 * A function whose configuration space, from 0x34 on, holds what the input says: capabilities, the structures of virtio
 * and MSI-X that they point to. Nothing outside of its BARs is mapped or touched.
 */
export const pci: Target = {
  name: "pci",
  limit: 204,
  work: 3_000_000,
  words: [
    [9, 0, 16, 1, 4],
    [9, 0, 20, 2, 4],
    [9, 0, 16, 4, 4],
    [0x11, 0, 1, 0, 1, 0, 0, 0],
    [0x40],
    [0x50],
    [0xff, 0xff, 0xff, 0xff],
    [0, 0x10],
  ],
  seeds: () => [
    hex("40 00000000000000 0000 0000"),
    new FakeVirtio(new FakeHal(), 0x1041, 2).config.slice(0x34),
    join(hex("40 00 00 00"), new Uint8Array(8), hex("11 40 0100 01000000 01080000")),
    join(
      hex("40 00 00 00"),
      new Uint8Array(8),
      hex("09 50 1001 04000000 00000000 00100000 09 40 1402 04000000 00300000 ffffffff 04000000"),
    ),
  ],
  run: (bytes) => {
    const hal = new FakeHal();
    const card = new Liar(bytes);
    card.config.set(bytes.subarray(0, 256 - 0x34), 0x34);
    card.config[0x06] = 0x10;
    hal.plug(0, 3, 0, card);
    const plain = new FakePciFunction(0x8086, 0x100e, 2, 0);
    // Its header, BARs among it, is the input's.
    plain.config.set(bytes.subarray(0, 0x30), 0x06);
    plain.addBar(0, 0xfebc0000, 0x2000, false);
    hal.plug(0, 4, 0, plain);
    const config = new ConfigSpace(hal);
    const found = enumerate(config);
    check(found.length === 2, `${found.length} functions`);
    for (const fn of found) {
      const list = config.capabilities(fn.address);
      check(list.length <= 48 && list.every((at) => at >= 0x40 && at % 4 === 0), "a capability in the header");
      const bars = new Bars(hal, config, fn.address);
      const structures = new VirtioStructures(config, fn.address, bars);
      within(structures.notify, structures.notifyLength);
      within(structures.device, structures.deviceLength);
      within(structures.common, 56);
      new Msix(hal, config, fn.address, bars);
    }
    check(card.probedWhileDecoding === 0, "a BAR's size is asked for while it is in use");
    const opened = openPciTransport(hal, found[0]!, NO_LINES);
    if (opened.ok) check(card.statusWritten, "a device that was not reset");
    for (const { from, to } of hal.mapped)
      check(
        (from >= 0xc0_0000_0000 && to <= 0xc0_0000_4000) || (from >= 0xfebc0000 && to <= 0xfebd2000),
        "mapped beyond a BAR",
      );
    check(hal.portRead(0xcf8, 4) >= 0 && pciAddress(0, 3, 0) === found[0]!.address, "the first function");
  },
};

/** A virtio card whose registers say anything, wherever its structures are said to lie. */
class Liar extends FakePciFunction {
  statusWritten = false;
  readonly #script: Uint8Array;
  #reads = 0;

  constructor(script: Uint8Array) {
    super(0x1af4, 0x1041, 2, 0);
    this.#script = script;
    this.addBar(1, 0xfebd1000, 0x1000, false);
    this.addBar(4, 0xc0_0000_0000, 0x4000, true);
  }

  override barRead(_bar: number, _offset: number, size: number): number {
    // Nearly always 0: a status that is never 0 costs RESET_READS.
    const value = this.#script[this.#reads++ % 1000] ?? 0;
    return value >>> (size === 1 ? 4 : 0);
  }
  override barWrite(): void {
    this.statusWritten = true;
  }
}

function within(at: number, length: number): void {
  if (at < 0) return;
  check(length > 0 && length <= MOST_STRUCTURE_BYTES, `a structure of ${length} bytes`);
}
