import { AcpiTables } from "../../../drivers/acpi/tables.ts";
import { IoApicLines } from "../../../drivers/interrupt-lines.ts";
import { ALL_OFFLOADS } from "../../../drivers/offload.ts";
import { decodeMmioWords, findMmioDevices } from "../../../drivers/virtio/mmio.ts";
import { startNet } from "../../../drivers/virtio/net.ts";
import { openMmioTransport } from "../../../drivers/virtio/transport-mmio.ts";
import { FrameReceiver } from "../../../stack/base/link.ts";
import { FakeHal, FakeRegisters } from "../../support/fake-hal.ts";
import { FakeIoApic } from "../../support/fake-mmio.ts";
import { check, hex, join, Script, same, type Target } from "../target.ts";

const AT = 0xfeb00e00;
const SIZE = 512;

class Nobody extends FrameReceiver {
  override receive(_bytes: Uint8Array, _offset: number, length: number, _checksumValid: boolean): void {
    throw new Error(`${length} bytes that nobody sent`);
  }
}

/** Words of a command line; and, by the same bytes, a device without a bus whose registers say anything. */
export const virtioMmio: Target = {
  name: "virtio-mmio",
  limit: 200,
  work: 30_000_000,
  words: [
    "virtio_mmio.device=",
    "4K@0xc0001000:5",
    "512@0xfeb00e00:12:0",
    " ",
    "0x",
    "@",
    ":",
    [0, 0, 4, 0],
    [0, 0, 0, 0x20],
  ],
  seeds: () => [
    text("virtio_mmio.device=4K@0xc0001000:5 512@0xfeb00e00:12:0"),
    join([1], hex("00000001 08000020 00000400 00000400 525400123456 525400123456 08000020 00000400 00000400 00")),
    join(
      [2],
      hex(
        "00000001 00000020 00000001 00000100 00000100 00000000 525400123456 00000000 00000020 00000001 00000100 00000100",
      ),
    ),
    join([5], hex("00000001 ffffffff ffffffff")),
  ],
  run: (bytes) => {
    words(String.fromCharCode(...bytes));
    const script = new Script(bytes);
    const options = script.u8();
    const hal = new FakeHal();
    const device = new Liar(script, (options & 2) !== 0 ? 2 : 1, (options & 4) !== 0);
    hal.place(device);
    hal.place(new FakeIoApic(0xfec00000, 24));
    const [found] = findMmioDevices(hal, [{ address: AT, size: SIZE, line: 12 }]);
    if (found === undefined) return;
    const opened = openMmioTransport(hal, found, new IoApicLines(hal, new AcpiTables(hal)));
    if (!opened.ok) return;
    const net = startNet(opened.value, 0x02_00_00_00_00_01, ALL_OFFLOADS);
    if (!net.ok) return;
    check(net.value.mtu >= 68 && net.value.mtu <= 1500 && net.value.mac !== 0, `MTU ${net.value.mtu}`);
    for (let i = 0; i < 4; i++) net.value.poll(new Nobody(), i * 1_000_000);
    check(
      device.sizes.every((size) => size >= 4 && size <= 256),
      `queues of ${device.sizes.join(" and ")}`,
    );
  },
};

function text(words: string): Uint8Array {
  return Uint8Array.from(words, (c) => c.charCodeAt(0));
}

/** Once more, by a pattern. */
function words(line: string): void {
  const wanted: number[] = [];
  for (const word of line.split(" ")) {
    const number = "(0[xX][0-9a-fA-F]{1,12}|[0-9]{1,12})";
    const match = new RegExp(
      `^(?:virtio_mmio\\.device=)?${number}([kKmMgG]?)@${number}:${number}(?::${number})?$`,
    ).exec(word);
    if (match === null) continue;
    const size = Number(match[1]) * 1024 ** ("kmg".indexOf((match[2] ?? "").toLowerCase() || "?") + 1);
    const [address, interrupt] = [Number(match[3]), Number(match[4])];
    const fits =
      address >= 0x100000 && address % 4 === 0 && address + size <= 2 ** 52 && size >= 0x108 && size <= 0x100000;
    if (fits && interrupt >= 1 && interrupt <= 0xffff && wanted.length < 3 * 32) wanted.push(address, size, interrupt);
  }
  same(
    decodeMmioWords(line).flatMap((p) => [p.address, p.size, p.line]),
    wanted,
    "places",
  );
}

class Liar extends FakeRegisters {
  readonly sizes: number[] = [];
  readonly #script: Script;
  readonly #version: number;
  readonly #lies: boolean;
  #status = 0;

  constructor(script: Script, version: number, lies: boolean) {
    super(AT, SIZE);
    this.#script = script;
    this.#version = version;
    this.#lies = lies;
  }

  override read(offset: number, size: number): number {
    check(offset + size <= SIZE && (offset >= 0x100 || size === 4), `${size} bytes at ${offset}`);
    if (offset === 0) return 0x74726976;
    if (offset === 4) return this.#version;
    if (offset === 0x70) return this.#lies ? this.#status ^ this.#script.u8() : this.#status;
    return size === 1 ? this.#script.u8() : size === 2 ? this.#script.u16() : this.#script.u32();
  }

  override write(offset: number, size: number, value: number): void {
    check(offset + size <= 0x100 && size === 4, `a write of ${size} bytes at ${offset}`);
    if (offset === 0x70) this.#status = value;
    if (offset === 0x38) this.sizes.push(value);
  }
}
