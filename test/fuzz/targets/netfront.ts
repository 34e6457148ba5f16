import { MOST_GATHERED } from "../../../drivers/card.ts";
import { ALL_OFFLOADS } from "../../../drivers/offload.ts";
import { XenBus } from "../../../drivers/xen/bus.ts";
import { FrameReceiver, NO_PAYLOAD } from "../../../stack/base/link.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { FakeVif, FakeXen } from "../../support/fake-xen.ts";
import { ascii, check, join, latin1, Script, type Target } from "../target.ts";

class Frames extends FrameReceiver {
  override receive(bytes: Uint8Array, offset: number, length: number, _checksumValid: boolean): void {
    check(length >= 14 && length <= MOST_GATHERED && offset + length <= bytes.length, `a frame of ${length} bytes`);
  }
}

const NODES = ["backend-id", "mac", "mtu", "backend", "state"];

/** A backend that answers as the script says, and writes into xenstore what it says; it is let go of, not believed. */
export const netfront: Target = {
  name: "netfront",
  limit: 300,
  work: 30_000_000,
  words: [[1, 0, 0, 0, 0, 0, 60], [2], [3], [4], [5, 1], [6], [7], "00:16:3e:00:00:04"],
  seeds: () => [
    join([0], [1, 0, 0, 0, 0, 0, 60], [2], [3], [2], [4, 0, 0], [2]),
    join([0], [1, 0, 0, 0, 0, 4, 60], [1, 0, 0, 0, 0, 0, 60], [2]),
    join([0], [5, 2], [2], [8, 3], [2], [2], [6, 5], [2], [2]),
    join([1, 1], ascii("00:16:3e:00:00:04"), [0], [2]),
    join([0], [1, 9, 15, 255, 0, 8, 60], [2], [3], [4, 0, 77], [2]),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const xen = new FakeXen();
    xen.tick = 1000;
    const vif = new FakeVif(xen);
    if (script.u8() % 2 === 1) xen.set(`${vif.front}/${NODES[script.u8() % 4]!}`, latin1(script.upTo(0)));
    const bus = new XenBus(xen, xen.xenShared(), () => xen.now());
    if (bus.open() !== "") return;
    const opened = bus.connect(vif.front, ALL_OFFLOADS);
    if (!opened.ok) return;
    const card = opened.value;
    const frames = new Frames();
    check(
      card.mtu >= 68 && card.mtu <= 1500 && Math.floor(card.mac / 2 ** 40) % 2 === 0,
      `MTU ${card.mtu}, address ${card.mac}`,
    );
    const step = (): void => {
      for (let i = 0; i < 6; i++) {
        card.poll(frames, xen.now());
        bus.attend(xen.now());
        card.flush();
      }
    };
    for (let steps = 0; !script.ended && steps < 40; steps++) {
      switch (script.u8() % 9) {
        case 1: {
          const [id, offset, flags, status] = [script.u8(), script.u16(), script.u8(), script.u16()];
          const page = vif.connected ? vif.nextPage() : -1;
          if (page < 0) break;
          vif.receiveAnswer(page + (id === 255 ? 1 : 0), offset, flags, status);
          vif.showReceived();
          break;
        }
        case 2:
          step();
          break;
        case 3: {
          const at = card.reserve();
          if (at >= 0) card.send(at, 60, NO_PAYLOAD, 0, 0);
          card.flush();
          break;
        }
        case 4: {
          const [status, off] = [script.u8(), script.u8()];
          for (const frame of vif.connected ? vif.take() : []) {
            if (off === 0) vif.sent(frame, -status);
            else vif.answer((frame.ids[0]! + off) & 0xffff, status - 2);
          }
          if (vif.connected) vif.showSent(off > 250 ? off : 0);
          break;
        }
        case 5:
          if (vif.connected) vif.showReceived(script.u8());
          break;
        case 6:
          xen.set(`${vif.back}/state`, `${script.u8() % 9}`);
          break;
        case 7:
          xen.set(`${vif.front}/${NODES[script.u8() % 4]!}`, latin1(script.upTo(0)));
          break;
        case 8:
          xen.advance(SECOND * (1 + script.u8()));
          break;
        default:
          xen.remove(vif.front);
          xen.remove(vif.back);
      }
      card.takeEvents();
    }
    // A backend that keeps to the rules from here on has us back.
    xen.remove(vif.front);
    xen.remove(vif.back);
    step();
    vif.connected = false;
    vif.plug();
    for (let i = 0; i < 70 && !card.up; i++) {
      xen.advance(2 * SECOND);
      step();
    }
    check(card.up || card.describeFault() === "it does not come back as it was", "a card that stays away");
    check(card.reserve() >= 0 || !card.up, "a card that is up and takes nothing");
  },
};
