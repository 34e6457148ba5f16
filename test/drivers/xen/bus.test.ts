import { describe, expect, it } from "vitest";
import { ALL_OFFLOADS } from "../../../drivers/offload.ts";
import { findXen, probeXenCards } from "../../../drivers/probe.ts";
import { ASKED_NOTHING, ASKED_POWER_OFF, ASKED_REBOOT, type XenBus } from "../../../drivers/xen/bus.ts";
import { FrameReceiver } from "../../../stack/base/link.ts";
import { FakeHal, putLe } from "../../support/fake-hal.ts";
import { FakeVif, FakeXen } from "../../support/fake-xen.ts";

class NoFrames extends FrameReceiver {
  override receive(): void {}
}

function found(xen: FakeXen): XenBus {
  const { buses, leftAlone } = findXen(xen, () => xen.now());
  expect(leftAlone).toEqual([]);
  return buses[0]!;
}

describe("Xen", () => {
  it("is not found where it is not", () => {
    const { buses, leftAlone } = findXen(new FakeHal(), () => 0);
    expect(buses.length).toBe(0);
    expect(leftAlone).toEqual([]);
  });

  it("tells what it lacks", () => {
    const xen = new FakeXen();
    xen.hasStore = false;
    expect(findXen(xen, () => xen.now()).leftAlone).toEqual([{ name: "Xen", reason: "there is no xenstore" }]);
    const other = new FakeXen();
    other.hasGrants = false;
    expect(findXen(other, () => other.now()).leftAlone).toEqual([{ name: "Xen", reason: "Xen gives no grant table" }]);
  });

  it("has cards, of which as many are used as are wanted", () => {
    const xen = new FakeXen();
    const vif = new FakeVif(xen);
    xen.set("device/vif/1/mac", "00:16:3e:00:00:04");
    const { cards, leftAlone } = probeXenCards([found(xen)], ALL_OFFLOADS, 1);
    expect(cards.length).toBe(1);
    expect(vif.connected).toBe(true);
    expect(leftAlone).toEqual([{ name: "Xen network card at device/vif/1", reason: "so many cards work already" }]);
  });
});

describe("cards that the host emulates", () => {
  function unplugged(hasEmulatedCards: boolean, hasVif: boolean): number {
    const xen = new FakeXen();
    xen.hasEmulatedCards = hasEmulatedCards;
    if (hasVif) xen.set("device/vif/0/mac", "00:16:3e:00:00:03");
    found(xen).unplugCards();
    return xen.unplugged;
  }

  it("are taken away where Xen has a card for us", () => {
    expect(unplugged(true, true)).toBe(2);
  });

  it("stay where there is no other, and where nothing says that they may be taken away nothing is written", () => {
    expect(unplugged(true, false)).toBe(0);
    expect(unplugged(false, true)).toBe(0);
  });
});

describe("what Xen's tools ask for", () => {
  function asked(wish: string): { readonly word: string; readonly asked: number; readonly left: string } {
    const xen = new FakeXen();
    const bus = found(xen);
    bus.attend(0);
    expect(bus.asked).toBe(ASKED_NOTHING);
    xen.set("control/shutdown", wish);
    const word = bus.attend(0);
    return { word, asked: bus.asked, left: xen.entry("control/shutdown") };
  }

  it("is done, and told", () => {
    expect(asked("poweroff")).toEqual({ word: "Xen asks for a shutdown", asked: ASKED_POWER_OFF, left: "" });
    expect(asked("halt")).toEqual({ word: "Xen asks for a shutdown", asked: ASKED_POWER_OFF, left: "" });
    expect(asked("reboot")).toEqual({ word: "Xen asks for a reboot", asked: ASKED_REBOOT, left: "" });
  });

  it("may be nothing that we can do", () => {
    expect(asked("dance\n")).toEqual({
      word: 'Xen asks for "dance?", which is nothing that this machine can do',
      asked: ASKED_NOTHING,
      left: "",
    });
  });

  it("is announced", () => {
    const xen = new FakeXen();
    found(xen);
    for (const feature of ["poweroff", "reboot", "suspend"]) expect(xen.entry(`control/feature-${feature}`)).toBe("1");
  });
});

describe("a machine that is suspended", () => {
  it("goes on: shared page, grants, watches and cards are there again", () => {
    const xen = new FakeXen();
    const vif = new FakeVif(xen);
    const bus = found(xen);
    const { cards } = probeXenCards([bus], ALL_OFFLOADS, 1);
    const card = cards[0]!;
    const receiver = new NoFrames();
    for (let i = 0; i < 5; i++) {
      card.poll(receiver, xen.now());
      bus.attend(xen.now());
    }
    xen.set("control/shutdown", "suspend");
    // What the tools and Xen have done when it goes on.
    xen.ports.splice(0);
    xen.watched.splice(0);
    expect(bus.attend(xen.now())).toBe("the machine was suspended and goes on");
    expect(xen.shutdowns).toEqual([2]);
    expect(xen.suspended).toBe(1);
    vif.connected = false;
    vif.plug();
    for (let i = 0; i < 5; i++) {
      card.poll(receiver, xen.now());
      bus.attend(xen.now());
    }
    expect(vif.connected).toBe(true);
    expect(card.up).toBe(true);
  });
});

describe("a store that breaks its rules", () => {
  it("is told once, and the machine goes on", () => {
    const xen = new FakeXen();
    const bus = found(xen);
    bus.attend(0);
    putLe(xen.storePage, 2060, 4, 0xffff0000);
    expect(bus.attend(0)).toBe("");
    expect(bus.attend(0)).toBe(
      "xenstore broke the rules (it has produced more than its ring holds) and is not asked any more",
    );
    expect(bus.attend(0)).toBe("");
  });
});
