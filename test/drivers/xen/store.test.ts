import { describe, expect, it } from "vitest";
import { Events } from "../../../drivers/xen/events.ts";
import { Hypercalls } from "../../../drivers/xen/hypercalls.ts";
import { STORE_WAIT, XenStore } from "../../../drivers/xen/store.ts";
import { putLe } from "../../support/fake-hal.ts";
import { FakeXen } from "../../support/fake-xen.ts";

function opened(xen: FakeXen): XenStore {
  const calls = new Hypercalls(xen);
  const store = new XenStore(calls, new Events(calls, xen.xenShared()), () => xen.now());
  expect(store.open()).toBe(true);
  return store;
}

describe("xenstore", () => {
  it("is read, written and listed", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    xen.set("device/vif/0/mac", "00:16:3e:00:00:03");
    xen.set("device/vif/1/mac", "00:16:3e:00:00:04");
    expect(store.read("device/vif/0/mac")).toBe("00:16:3e:00:00:03");
    expect(store.list("device/vif")).toEqual(["0", "1"]);
    expect(store.write("control/feature-poweroff", "1")).toBe(true);
    expect(xen.entry("control/feature-poweroff")).toBe("1");
    expect(store.fault).toBe("");
  });

  it("says when there is nothing", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    expect(store.read("device/vif/0/mac")).toBe("");
    expect(store.refusal).toBe('"ENOENT"');
    expect(store.list("device")).toEqual([]);
    expect(store.fault).toBe("");
  });

  it("goes round its rings", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    xen.set("a", "x".repeat(700));
    for (let i = 0; i < 50; i++) expect(store.read("a").length).toBe(700);
    expect(store.fault).toBe("");
  });

  it("tells of changes, each time once, and interrupts", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    expect(store.watch("control/shutdown")).toBe(true);
    store.poll();
    expect(store.changed).toBe(true);
    store.changed = false;
    store.poll();
    expect(store.changed).toBe(false);
    const before = xen.upcalls;
    xen.set("control/shutdown", "poweroff");
    expect(xen.upcalls).toBe(before + 1);
    // Until it was looked at there is nothing new in it.
    xen.set("control/shutdown", "reboot");
    expect(xen.upcalls).toBe(before + 1);
    store.poll();
    expect(store.changed).toBe(true);
    xen.set("control/shutdown", "halt");
    expect(xen.upcalls).toBe(before + 2);
  });

  it("keeps a change that is told while an answer is waited for", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    store.watch("a");
    store.poll();
    store.changed = false;
    store.write("a", "1");
    expect(xen.entry("a")).toBe("1");
    store.poll();
    expect(store.changed).toBe(true);
  });

  it("is not waited for longer than STORE_WAIT, and may answer late", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    xen.set("a", "1");
    xen.silent = true;
    const from = xen.time;
    expect(store.read("a")).toBe("");
    expect(store.refusal).toBe("it does not answer");
    expect(xen.time - from).toBeGreaterThanOrEqual(STORE_WAIT);
    expect(xen.time - from).toBeLessThan(2 * STORE_WAIT);
    xen.silent = false;
    // The answer to the first request comes before that to the second.
    xen.set("b", "2");
    expect(store.read("b")).toBe("2");
    expect(store.fault).toBe("");
  });

  it("that takes no requests is given no halves of them", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    xen.silent = true;
    for (let i = 0; i < 3; i++) store.write("a", "x".repeat(500));
    expect(store.refusal).toBe("it does not take requests");
    xen.silent = false;
    xen.set("b", "2");
    expect(store.read("b")).toBe("2");
  });

  it("that is not there is not asked", () => {
    const xen = new FakeXen();
    xen.hasStore = false;
    const calls = new Hypercalls(xen);
    const store = new XenStore(calls, new Events(calls, xen.xenShared()), () => xen.now());
    expect(store.open()).toBe(false);
    expect(store.read("a")).toBe("");
    store.poll();
  });
});

describe("a store that lies", () => {
  function lied(bytes: readonly number[]): string {
    const xen = new FakeXen();
    const store = opened(xen);
    xen.instead = [...bytes];
    expect(store.read("a")).toBe("");
    const asked = xen.notified[1]!;
    // It is not asked again.
    expect(store.read("a")).toBe("");
    expect(xen.notified[1]!).toBe(asked);
    return store.fault;
  }

  it("by a message that is too long", () => {
    expect(lied([2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0])).toBe("it sends a message that is too long");
  });

  it("by the type of an answer", () => {
    expect(lied([11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toBe(
      "it answers request 2 with a message of type 11",
    );
  });

  it("by how much it has produced", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    putLe(xen.storePage, 2060, 4, 5000);
    store.poll();
    expect(store.fault).toBe("it has produced more than its ring holds");
  });

  it("by how much it has consumed", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    putLe(xen.storePage, 2048, 4, 3);
    expect(store.read("a")).toBe("");
    expect(store.fault).toBe("it has consumed requests that were never made");
  });

  it("by changes without an end: the machine goes on meanwhile", () => {
    const xen = new FakeXen();
    const store = opened(xen);
    store.watch("a");
    for (let i = 0; i < 20; i++) xen.tell(15, 0, "a\0a\0");
    store.poll();
    expect(store.changed).toBe(true);
    expect(store.fault).toBe("");
  });
});
