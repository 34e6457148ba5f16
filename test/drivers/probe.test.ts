import { describe, expect, it } from "vitest";
import { ALL_OFFLOADS } from "../../drivers/offload.ts";
import { describeDevice, ENTROPY_WAIT, findDevices, probeCards, probeEntropy } from "../../drivers/probe.ts";
import { FakeHal, FakePciFunction, putLe } from "../support/fake-hal.ts";
import { FakeVirtio } from "../support/fake-virtio.ts";

describe("findDevices", () => {
  it("tells what can be driven, modern or transitional, and names the rest", () => {
    const hal = new FakeHal();
    const balloon = new FakePciFunction(0x1af4, 0x1002, 0x00, 0xff);
    putLe(balloon.config, 0x2e, 2, 5);
    hal.plug(0, 0, 0, new FakePciFunction(0x8086, 0x29c0, 0x06, 0x00));
    hal.plug(0, 1, 0, new FakeVirtio(hal, 0x1041, 2));
    hal.plug(0, 2, 0, new FakeVirtio(hal, 0x1000, 2));
    hal.plug(0, 3, 0, new FakePciFunction(0x1af4, 0x1005, 0x00, 0xff));
    hal.plug(0, 4, 0, new FakePciFunction(0x1af4, 0x1044, 0x10, 0x00));
    hal.plug(0, 5, 0, new FakePciFunction(0x8086, 0x100e, 0x02, 0x00));
    hal.plug(0, 6, 0, balloon);
    const found = findDevices(hal, "").devices;
    expect(found.map((f) => f.kind)).toEqual(["other", "net", "net", "rng", "rng", "e1000", "other"]);
    expect(found.map(describeDevice)).toEqual([
      "class 6.0 (8086:29c0) at 00:00.0",
      "virtio network card (1af4:1041) at 00:01.0",
      "virtio network card (1af4:1000) at 00:02.0",
      "virtio entropy source (1af4:1005) at 00:03.0",
      "virtio entropy source (1af4:1044) at 00:04.0",
      "Intel 82540EM (8086:100e) at 00:05.0",
      "virtio memory balloon (1af4:1002) at 00:06.0",
    ]);
  });
});

describe("probeCards", () => {
  function machine(): FakeHal {
    const hal = new FakeHal();
    hal.plug(0, 1, 0, new FakePciFunction(0x10ec, 0x8139, 0x02, 0x00));
    hal.plug(0, 2, 0, new FakePciFunction(0x1af4, 0x1000, 0x02, 0x00));
    hal.plug(0, 3, 0, new FakeVirtio(hal, 0x1041, 2, 0xc0_0000_0000, 0xfebd1000));
    hal.plug(0, 4, 0, new FakeVirtio(hal, 0x1041, 2, 0xd0_0000_0000, 0xfebd2000));
    hal.plug(0, 5, 0, new FakePciFunction(0xabcd, 0x0001, 0x02, 0x80));
    return hal;
  }

  it("brings up as many cards as are wanted, and says of each other one why it is left alone", () => {
    const hal = machine();
    const one = probeCards(hal, findDevices(hal, ""), 2, ALL_OFFLOADS, 1);
    expect(one.cards.map((card) => card.describe())).toEqual(["virtio-net at 00:03.0 ()"]);
    expect(one.leftAlone.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      "Realtek RTL8139 (10ec:8139) at 00:01.0: there is no driver for it",
      "virtio network card (1af4:1000) at 00:02.0: the legacy structure is missing or lies outside its BAR",
      "virtio network card (1af4:1041) at 00:04.0: so many cards work already",
      "class 2.128 (abcd:0001) at 00:05.0: there is no driver for it",
    ]);
    const again = machine();
    const both = probeCards(again, findDevices(again, ""), 2, ALL_OFFLOADS, 2);
    expect(both.cards.map((card) => card.describe())).toEqual(["virtio-net at 00:03.0 ()", "virtio-net at 00:04.0 ()"]);
    expect(both.leftAlone.length).toBe(3);
  });

  it("does not touch a card that it leaves alone", () => {
    const hal = new FakeHal();
    const second = new FakeVirtio(hal, 0x1041, 2, 0xd0_0000_0000, 0xfebd2000);
    hal.plug(0, 3, 0, new FakeVirtio(hal, 0x1041, 2));
    hal.plug(0, 4, 0, second);
    probeCards(hal, findDevices(hal, ""), 2, ALL_OFFLOADS, 1);
    expect(second.resets).toBe(0);
    expect(second.decoding).toBe(false);
  });
});

describe("probeEntropy", () => {
  /** A device that answers each request at once. */
  function source(hal: FakeHal, slot: number, bytes: number): FakeVirtio {
    const base = 0xc0_0000_0000 + slot * 0x1000_0000;
    const it = new FakeVirtio(hal, 0x1044, 1, base, 0xfebd0000 + slot * 0x1000);
    it.onNotify = () => {
      const chain = it.take(0);
      if (chain === undefined || bytes < 0) return;
      const out: number[] = [];
      for (let i = 0; i < bytes; i++) out.push(i);
      it.giveBack(0, chain.id, it.write(chain, out));
    };
    hal.plug(0, slot, 0, it);
    return it;
  }

  it("takes the first source that gives bytes, and says what is wrong with those before it", () => {
    const hal = new FakeHal();
    hal.plug(0, 1, 0, new FakePciFunction(0x1af4, 0x1005, 0x00, 0xff));
    source(hal, 2, -1);
    source(hal, 3, 0);
    source(hal, 4, 64);
    const last = source(hal, 5, 64);
    const clock = { now: 0 };
    const found = probeEntropy(hal, findDevices(hal, ""), () => {
      clock.now += 1000;
      return clock.now;
    });
    expect(found.sources.length).toBe(1);
    expect(hal.entropy.length).toBe(64);
    expect(last.resets).toBe(0);
    expect(found.leftAlone.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      "virtio entropy source (1af4:1005) at 00:01.0: the legacy structure is missing or lies outside its BAR",
      "virtio entropy source (1af4:1044) at 00:02.0: it gives no bytes",
      "virtio entropy source (1af4:1044) at 00:03.0: it gives no bytes",
    ]);
    // The silent one was waited for, and not for longer than that.
    expect(clock.now).toBeGreaterThan(ENTROPY_WAIT);
    expect(clock.now).toBeLessThan(ENTROPY_WAIT + 20_000);
  });
});
