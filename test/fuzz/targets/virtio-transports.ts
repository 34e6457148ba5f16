import { NO_LINES } from "../../../drivers/interrupt-lines.ts";
import { ALL_OFFLOADS } from "../../../drivers/offload.ts";
import { ConfigSpace } from "../../../drivers/pci/config.ts";
import { enumerate } from "../../../drivers/pci/enumerate.ts";
import { startNet } from "../../../drivers/virtio/net.ts";
import { startRng } from "../../../drivers/virtio/rng.ts";
import { openPciTransport } from "../../../drivers/virtio/transport-pci.ts";
import { FrameReceiver } from "../../../stack/base/link.ts";
import { FakeHal, FakePciFunction } from "../../support/fake-hal.ts";
import { check, hex, Script, type Target } from "../target.ts";

class Nobody extends FrameReceiver {
  override receive(_bytes: Uint8Array, _offset: number, length: number, _checksumValid: boolean): void {
    throw new Error(`${length} bytes that nobody sent`);
  }
}

const PORT = 0xc000;
const PORTS = 64;
// 4.1.4.8: the registers of the interface of before 1.0.
const STATUS = 18;

/** A device of before 1.0 whose registers say anything: what it says is refused, or obeyed within our limits. */
export const virtioTransports: Target = {
  name: "virtio-transports",
  limit: 200,
  work: 30_000_000,
  words: [
    [1, 0],
    [4, 0],
    [0x80, 0],
    [0, 0, 0, 0x20],
    [8, 0, 0, 0x20],
    [0xff, 0xff],
  ],
  seeds: () => [
    // Features and queues, twice: startNet negotiates once more when it brings the card up.
    hex("00 08000020 0100 0100 525400123456 525400123456 08000020 0100 0100"),
    hex("01 00000020 0400 0400 525400123456 525400123456 00000020 0400 0400 0000 0000"),
    hex("00 08000020 8000 8000 525400123456 525400123456 08000020 8000 8000"),
    hex("02 00000000 0008"),
    hex("04 ffffffff ffff"),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const options = script.u8();
    const hal = new FakeHal();
    const device = new Liar(script, (options & 4) !== 0);
    if ((options & 1) !== 0) device.messages();
    hal.plug(0, 3, 0, device);
    const opened = openPciTransport(hal, enumerate(new ConfigSpace(hal))[0]!, NO_LINES);
    if (!opened.ok) return;
    const transport = opened.value;
    if ((options & 2) !== 0) {
      const rng = startRng(transport);
      if (rng.ok) {
        rng.value.request();
        check(rng.value.poll() === 0 && hal.entropy.length === 0, "entropy that nobody gave");
      }
    } else {
      const net = startNet(transport, 0x02_00_00_00_00_01, ALL_OFFLOADS);
      if (net.ok) {
        const card = net.value;
        check(Math.floor(card.mac / 2 ** 40) % 2 === 0 && card.mac !== 0, `address ${card.mac}`);
        check(card.mtu >= 68 && card.mtu <= 1500, `MTU ${card.mtu}`);
        for (let i = 0; i < 4; i++) card.poll(new Nobody(), i * 1_000_000);
      }
    }
    for (const page of device.pages) check(page > 0, "a queue at 0");
    check(device.reads < 1_000_000, `${device.reads} reads`);
  },
};

class Liar extends FakePciFunction {
  readonly pages: number[] = [];
  reads = 0;
  readonly #script: Script;
  readonly #lies: boolean;
  #status = 0;

  /** `lies`: about its status, too. */
  constructor(script: Script, lies: boolean) {
    super(0x1af4, 0x1000, 2, 0);
    this.#script = script;
    this.#lies = lies;
    this.addPortBar(0, PORT, PORTS);
  }

  messages(): void {
    this.addBar(1, 0xfebd1000, 0x1000, false);
    this.addCapability(0x98, [0x11, 0, 1, 0, 1, 0, 0, 0, 0x01, 0x08, 0, 0]);
  }

  override barRead(bar: number, offset: number, size: number): number {
    check(bar === 1 || offset + size <= PORTS, `a read at ${offset}`);
    this.reads++;
    if (bar === 1) return 0;
    if (offset === STATUS) return this.#lies ? this.#status ^ this.#script.u8() : this.#status;
    return size === 1 ? this.#script.u8() : size === 2 ? this.#script.u16() : this.#script.u32();
  }

  override barWrite(bar: number, offset: number, size: number, value: number): void {
    if (bar === 1) return;
    check(offset + size <= PORTS, `a write at ${offset}`);
    if (offset === STATUS) this.#status = value;
    if (offset === 8) this.pages.push(value);
  }
}
