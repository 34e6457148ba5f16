import { CHECK_INTERVAL, openE1000, RECOVERY } from "../../../drivers/e1000/e1000.ts";
import { BUFFER_SIZE } from "../../../drivers/e1000/receive.ts";
import { NO_LINES } from "../../../drivers/interrupt-lines.ts";
import { ConfigSpace } from "../../../drivers/pci/config.ts";
import { enumerate } from "../../../drivers/pci/enumerate.ts";
import { FrameReceiver, NO_PAYLOAD } from "../../../stack/base/link.ts";
import { FakeE1000 } from "../../support/fake-e1000.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { check, hex, Script, type Target } from "../target.ts";

class Frames extends FrameReceiver {
  count = 0;
  override receive(bytes: Uint8Array, offset: number, length: number, _checksumValid: boolean): void {
    this.count++;
    check(length >= 14 && length <= BUFFER_SIZE && offset + length <= bytes.length, `a frame of ${length} bytes`);
  }
}

/** A card that fills in its descriptors as the script says, sends or does not, and comes and goes. */
export const e1000: Target = {
  name: "e1000",
  limit: 300,
  work: 10_000_000,
  words: [[0, 0, 60, 3, 0], [0, 8, 1, 3, 0], [0, 8, 0, 1, 0], [1], [2], [3], [4], [5]],
  seeds: () => [
    hex("00003c0300 01 02 03 02 01"),
    hex("00003c0300 0008010300 01 05 05 01 00003c0300 01"),
    hex("0008000100 00003c0300 01 04 01 04 05 01 02 02 02 03"),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const hal = new FakeHal();
    const device = new FakeE1000(hal);
    hal.plug(0, 3, 0, device);
    const opened = openE1000(hal, enumerate(new ConfigSpace(hal))[0]!, 0x02_00_00_00_00_01, NO_LINES);
    if (!opened.ok) throw new Error(opened.reason);
    const card = opened.value;
    const receiver = new Frames();
    let [now, described, sent] = [0, 0, 0];
    for (let steps = 0; !script.ended && steps < 100; steps++) {
      switch (script.u8() % 6) {
        case 0: {
          const [length, status, errors] = [script.u16(), script.u8(), script.u8()];
          // A descriptor that it does not have is not its to write, and not ours to read.
          if (device.rx.length === 0 || (hal.dmaRead(device.rx.base + 16 * device.rx.head + 12, 4) & 1) !== 0) break;
          device.describe(length, status | 1, errors);
          described++;
          break;
        }
        case 1:
          card.poll(receiver, now);
          break;
        case 2: {
          const at = card.reserve();
          check(at >= 0 || !card.up || device.stalled, "no slot, and nothing in the ring");
          if (at < 0) break;
          card.send(at, 60 + (steps % 100), NO_PAYLOAD, 0, 0);
          sent++;
          break;
        }
        case 3:
          card.flush();
          break;
        case 4:
          device.gone = !device.gone;
          break;
        default:
          now += RECOVERY + CHECK_INTERVAL;
          device.stalled = !device.stalled;
      }
    }
    check(receiver.count <= described, `${receiver.count} frames of ${described}`);
    check(device.sent.length <= sent, `${device.sent.length} sent of ${sent}`);
    device.gone = false;
    for (let i = 0; i < 3; i++) {
      now += RECOVERY + CHECK_INTERVAL;
      card.poll(receiver, now);
    }
    check(card.up, "a card that works is not used");
  },
};
