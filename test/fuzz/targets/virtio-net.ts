import { MOST_GATHERED } from "../../../drivers/card.ts";
import { ALL_OFFLOADS } from "../../../drivers/offload.ts";
import { ConfigSpace } from "../../../drivers/pci/config.ts";
import { enumerate } from "../../../drivers/pci/enumerate.ts";
import { FrameReceiver, NO_PAYLOAD } from "../../../stack/base/link.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { FakeVirtio } from "../../support/fake-virtio.ts";
import { openNet } from "../../support/open-virtio.ts";
import { check, join, Script, type Target } from "../target.ts";

class Frames extends FrameReceiver {
  override receive(bytes: Uint8Array, offset: number, length: number, _checksumValid: boolean): void {
    check(length >= 14 && length <= MOST_GATHERED && offset + length <= bytes.length, `a frame of ${length} bytes`);
  }
}

/** A card that fills in its configuration, its headers and its used ring as the script says; it is reset, not believed. */
export const virtioNet: Target = {
  name: "virtio-net",
  limit: 300,
  work: 8_000_000,
  words: [[1, 0, 0, 76, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], [2], [3], [4], [5], [0xff, 0xff]],
  seeds: () => [
    join(CONFIG, [1, 0, 0, 76, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], [2]),
    join(
      CONFIG,
      [1, 0, 0, 76, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0],
      [1, 1, 0, 76, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0],
      [2],
    ),
    join(CONFIG, [3], [2], [4, 64], [2], [5, 1, 2], [2]),
    join(new Uint8Array(14), [1, 9, 9, 9, 2, 2]),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const hal = new FakeHal();
    const card = new FakeVirtio(hal, 0x1041, 2);
    card.offered = [script.u32() | (1 << 5), 1 | (script.u8() & 2)];
    card.deviceConfig.set(script.take(9), 0);
    card.deviceConfig.set(script.take(2), 10);
    hal.plug(0, 3, 0, card);
    const fn = enumerate(new ConfigSpace(hal))[0]!;
    const opened = openNet(hal, fn, 0x02_00_00_00_00_01, ALL_OFFLOADS);
    if (!opened.ok) return;
    const net = opened.value;
    const receiver = new Frames();
    check(
      net.mtu >= 68 && net.mtu <= 1500 && Math.floor(net.mac / 2 ** 40) % 2 === 0,
      `MTU ${net.mtu}, address ${net.mac}`,
    );
    let now = SECOND;
    // A device looks at a queue only while it is live.
    const live = (queue: number): boolean => card.queues[queue]!.enabled && (card.status & 4) !== 0;
    for (let steps = 0; !script.ended && steps < 60; steps++) {
      switch (script.u8() % 6) {
        case 1: {
          const chain = live(0) ? card.take(0) : undefined;
          if (chain === undefined) break;
          const length = script.u8() * 300 + script.u16();
          card.write(chain, [...script.take(12)]);
          card.giveBack(0, (chain.id + (length % 7 === 6 ? 1 : 0)) & 0xffff, length);
          break;
        }
        case 2:
          net.poll(receiver, now);
          break;
        case 3: {
          const at = net.reserve();
          if (at < 0) break;
          net.send(at, 60, NO_PAYLOAD, 0, 0);
          net.flush();
          break;
        }
        case 4:
          card.status |= script.u8() & 64;
          break;
        case 5: {
          const chain = live(1) ? card.take(1) : undefined;
          if (chain !== undefined) card.giveBack(1, script.u8() === 7 ? 300 : chain.id, script.u8());
          break;
        }
        default:
          now += SECOND * (1 + script.u8());
      }
      net.takeEvents();
    }
    // A card that keeps to the rules from here on comes back.
    card.status &= ~64;
    for (let i = 1; i <= 4; i++) net.poll(receiver, now + i * 100 * SECOND);
    check(card.violation === "", `the driver ${card.violation}`);
    check(net.reserve() >= 0 || !net.up, "a card that is up and takes nothing");
  },
};

const CONFIG = [0x20, 1, 0x8b, 0x2b, 0, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 1, 0, 0, 0xdc, 5];
