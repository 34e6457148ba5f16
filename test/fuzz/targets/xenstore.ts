import { Events } from "../../../drivers/xen/events.ts";
import { Hypercalls } from "../../../drivers/xen/hypercalls.ts";
import { XenStore } from "../../../drivers/xen/store.ts";
import {
  parseStoreMac,
  parseStoreNames,
  parseStoreNumber,
  quoteStoreText,
  StoreMessage,
} from "../../../drivers/xen/store-wire.ts";
import { putLe } from "../../support/fake-hal.ts";
import { FakeXen } from "../../support/fake-xen.ts";
import { ascii, check, join, latin1, Script, same, type Target } from "../target.ts";

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** What a store says, by message and by ring; and what is made of its texts. */
export const xenstore: Target = {
  name: "xenstore",
  limit: 300,
  work: 4_000_000,
  words: ["00:16:3e:00:00:03", "4095", "ENOENT\0", [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], [15, 0, 0, 0], [16, 0, 0, 0]],
  seeds: () => [
    ascii("00:16:3e:00:00:03"),
    ascii("32751"),
    join([1], [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x34, 0x32], [2]),
    join([1], [15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0x61, 0, 0x61, 0], [2], [3, 0, 0, 4, 9]),
  ],
  run: (bytes) => {
    texts(latin1(bytes));
    message(bytes);
    ring(new Script(bytes));
  },
};

function texts(text: string): void {
  const mac = parseStoreMac(text);
  const parts = MAC.test(text) ? Number.parseInt(text.replaceAll(":", ""), 16) : 0;
  same(mac, parts === 0 || Math.floor(parts / 2 ** 40) % 2 === 1 ? -1 : parts, "an address");
  const number = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  same(parseStoreNumber(text, 4095), number <= 4095 ? number : -1, "a number");
  same(parseStoreNames(text).join("\0"), text, "names");
  check(/^"[ -~]{0,64}(\.\.\.)?"$/.test(quoteStoreText(text)), "text for people");
}

function message(bytes: Uint8Array): void {
  const it = new StoreMessage();
  let used = 0;
  while (used < bytes.length && !it.whole && !it.broken) it.add(bytes[used++]!);
  if (bytes.length < 16) {
    check(!it.whole, "whole without a header");
    return;
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true);
  same(it.broken, length > 4096, "broken");
  same(it.whole, length <= bytes.length - 16, "whole");
  if (it.whole) same(it.text(), latin1(bytes.subarray(16, used)).replace(/\0$/, ""), "its text");
}

function ring(script: Script): void {
  const xen = new FakeXen();
  xen.tick = 50_000;
  const calls = new Hypercalls(xen);
  const store = new XenStore(calls, new Events(calls, xen.xenShared()), () => xen.now());
  check(store.open(), "a store that is there");
  xen.set("a", "42");
  for (let steps = 0; !script.ended && steps < 20; steps++) {
    switch (script.u8() % 5) {
      case 0:
        xen.silent = !xen.silent;
        break;
      case 1:
        xen.instead = [...script.take(script.u8() % 40)];
        break;
      case 2: {
        const text = store.read("a");
        check(text.length <= 4096, "a text that is too long");
        break;
      }
      case 3:
        putLe(xen.storePage, 2048 + 4 * (script.u8() % 4), 4, script.u32());
        // Our own index and the requests' are what the driver believes.
        if (store.fault === "") store.poll();
        return;
      default:
        store.poll();
        store.changed = false;
    }
  }
}
