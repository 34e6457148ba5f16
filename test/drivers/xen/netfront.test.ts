import { describe, expect, it } from "vitest";
import { EVENT_FAULT, EVENT_LINK_UP, EVENT_RECOVERED, MOST_GATHERED, RECEIVE_BUDGET } from "../../../drivers/card.ts";
import { ALL_OFFLOADS, OFFLOAD_RECEIVE_CHECKSUM } from "../../../drivers/offload.ts";
import { XenBus } from "../../../drivers/xen/bus.ts";
import { formatXenError } from "../../../drivers/xen/error.ts";
import { RECEIVE_PAGES } from "../../../drivers/xen/net-receive.ts";
import type { Netfront } from "../../../drivers/xen/netfront.ts";
import { FrameReceiver, NO_PAYLOAD } from "../../../stack/base/link.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { BACKEND_DOMAIN, FakeVif, FakeXen } from "../../support/fake-xen.ts";

const NO_ERROR = "no error";

class Frames extends FrameReceiver {
  readonly frames: number[][] = [];
  readonly vouched: boolean[] = [];

  override receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    this.frames.push([...bytes.slice(offset, offset + length)]);
    this.vouched.push(checksumValid);
  }
}

class Bed {
  readonly xen = new FakeXen();
  readonly vif: FakeVif;
  readonly bus: XenBus;
  readonly frames = new Frames();

  constructor() {
    this.vif = new FakeVif(this.xen);
    const { xen } = this;
    this.bus = new XenBus(xen, xen.xenShared(), () => xen.now());
    expect(this.bus.open()).toBe("");
  }

  card(offloads = ALL_OFFLOADS): Netfront {
    expect(this.bus.vifs()).toEqual(["device/vif/0"]);
    const opened = this.bus.connect("device/vif/0", offloads);
    if (!opened.ok) throw new Error(formatXenError(opened.error));
    // What the store has to say at first.
    this.step(opened.value);
    this.step(opened.value);
    opened.value.takeEvents();
    return opened.value;
  }

  error(): string {
    const opened = this.bus.connect("device/vif/0", ALL_OFFLOADS);
    return opened.ok ? NO_ERROR : formatXenError(opened.error);
  }

  /** As the loop does: polls until nothing is left. */
  step(card: Netfront): string {
    let word = "";
    for (let i = 0; i < 10; i++) {
      const more = card.poll(this.frames, this.xen.now());
      const said = this.bus.attend(this.xen.now());
      if (said !== "") word = said;
      card.flush();
      if (!more && !card.changed) break;
    }
    return word;
  }

  /** Lets so much time pass, a step each second. */
  pass(card: Netfront, seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.xen.advance(SECOND);
      this.step(card);
    }
  }
}

function frame(length: number, first = 0): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < length; i++) bytes.push((first + i * 7) & 255);
  return bytes;
}

function send(card: Netfront, bytes: readonly number[]): void {
  const at = card.reserve();
  if (at < 0) throw new Error("no slot");
  for (let i = 0; i < bytes.length; i++) card.slots[at + i] = bytes[i]!;
  card.send(at, bytes.length, NO_PAYLOAD, 0, 0);
}

describe("a card of Xen", () => {
  it("is connected, and says what it is", () => {
    const bed = new Bed();
    const card = bed.card();
    expect(card.mac).toBe(0x00163e000003);
    expect(card.mtu).toBe(1500);
    expect(card.checksumOffload).toBe(true);
    expect(card.segmentOffload).toBe(true);
    expect(card.describe()).toBe("netfront at device/vif/0 (csum tso4)");
    expect(bed.vif.connected).toBe(true);
    expect(bed.xen.entry("device/vif/0/state")).toBe("4");
    expect(bed.xen.upcall).toBeGreaterThan(0x1f);
  });

  it("asks for what the parameters leave", () => {
    const bed = new Bed();
    const card = bed.card(OFFLOAD_RECEIVE_CHECKSUM);
    expect(card.checksumOffload).toBe(false);
    expect(card.segmentOffload).toBe(false);
    expect(bed.xen.entry("device/vif/0/feature-no-csum-offload")).toBe("0");
    const other = new Bed();
    other.card(0);
    expect(other.xen.entry("device/vif/0/feature-no-csum-offload")).toBe("1");
  });

  it("receives frames, as many as come", () => {
    const bed = new Bed();
    const card = bed.card();
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 60; i++) expect(bed.vif.deliver(frame(60 + i, i))).toBe(true);
      bed.step(card);
    }
    expect(bed.frames.frames.length).toBe(600);
    expect(bed.frames.frames[599]!).toEqual(frame(119, 59));
    expect(card.framesReceived).toBe(600);
    expect(card.faults).toBe(0);
  });

  it("hands over no more in a poll than RECEIVE_BUDGET", () => {
    const bed = new Bed();
    const card = bed.card();
    for (let i = 0; i < RECEIVE_PAGES; i++) expect(bed.vif.deliver(frame(60))).toBe(true);
    expect(bed.vif.deliver(frame(60))).toBe(false);
    expect(card.poll(bed.frames, 0)).toBe(true);
    expect(bed.frames.frames.length).toBe(RECEIVE_BUDGET);
    bed.step(card);
    expect(bed.frames.frames.length).toBe(RECEIVE_PAGES);
  });

  it("believes the backend about checksums when that was agreed on", () => {
    const bed = new Bed();
    const card = bed.card();
    bed.vif.deliver(frame(60), 0);
    bed.vif.deliver(frame(60), 1);
    bed.vif.deliver(frame(60), 3);
    bed.step(card);
    expect(bed.frames.vouched).toEqual([false, true, true]);
    const other = new Bed();
    const without = other.card(0);
    other.vif.deliver(frame(60), 3);
    other.step(without);
    expect(other.frames.vouched).toEqual([false]);
  });

  it("puts frames together that lie in several pages, up to a bound", () => {
    const bed = new Bed();
    const card = bed.card();
    bed.vif.deliver(frame(9000), 1, [4096, 4096, 808]);
    bed.vif.deliver(frame(MOST_GATHERED + 1), 0, [4096, 4096, MOST_GATHERED + 1 - 8192]);
    bed.vif.deliver(frame(60));
    bed.step(card);
    expect(bed.frames.frames.length).toBe(2);
    expect(bed.frames.frames[0]!).toEqual(frame(9000));
    expect(bed.frames.vouched).toEqual([true, false]);
    expect(card.lostIn()).toBe(1);
  });

  it("drops what is no frame, or failed", () => {
    const bed = new Bed();
    const card = bed.card();
    bed.vif.deliver(frame(13));
    bed.vif.receiveAnswer(bed.vif.nextPage(), 0, 0, -1);
    bed.vif.showReceived();
    bed.step(card);
    expect(bed.frames.frames.length).toBe(0);
    expect(card.lostIn()).toBe(2);
    expect(card.faults).toBe(0);
  });

  it("is woken by what comes after the poll that found nothing", () => {
    const bed = new Bed();
    const card = bed.card();
    const before = bed.xen.upcalls;
    bed.vif.deliver(frame(60));
    bed.vif.deliver(frame(60));
    expect(bed.xen.upcalls).toBe(before + 1);
    bed.step(card);
    bed.vif.deliver(frame(60));
    expect(bed.xen.upcalls).toBe(before + 2);
    expect(card.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it("is polled where Xen cannot wake us", () => {
    const bed = new Bed();
    bed.xen.hasUpcallVector = false;
    const bus = new XenBus(bed.xen, bed.xen.xenShared(), () => bed.xen.now());
    bus.open();
    const opened = bus.connect("device/vif/0", ALL_OFFLOADS);
    if (!opened.ok) throw new Error("no card");
    const card = opened.value;
    for (let i = 0; i < 3; i++) {
      card.poll(bed.frames, 5000);
      bus.attend(5000);
    }
    card.poll(bed.frames, 5000);
    expect(card.nextDeadline()).toBe(6000);
  });

  it("sends frames, with a notification for all of them when one is wanted", () => {
    const bed = new Bed();
    const card = bed.card();
    const port = Number(bed.xen.entry("device/vif/0/event-channel"));
    for (let i = 0; i < 3; i++) send(card, frame(60 + i, i));
    const before = bed.xen.notified[port]!;
    card.flush();
    card.flush();
    expect(bed.xen.notified[port]!).toBe(before + 1);
    const sent = bed.vif.take();
    expect(sent.length).toBe(3);
    expect(sent[2]!.bytes).toEqual(frame(62, 2));
    expect(sent[2]!.flags).toBe(0);
    for (let i = 0; i < 3; i++) bed.vif.sent(sent[i]!);
    bed.step(card);
    expect(card.faults).toBe(0);
    expect(card.framesSent).toBe(3);
  });

  it("leaves checksums of IPv4 to the backend, and those of IPv6 if it takes them", () => {
    const bed = new Bed();
    const card = bed.card();
    const at = card.reserve();
    for (let i = 0; i < 60; i++) card.slots[at + i] = 0;
    card.slots[at + 12] = 0x08;
    card.checksumStart = 34;
    card.checksumOffset = 16;
    card.send(at, 54, Uint8Array.from(frame(6)), 0, 6);
    card.flush();
    const sent = bed.vif.take();
    expect(sent[0]!.flags).toBe(3);
    expect(sent[0]!.bytes.slice(54)).toEqual(frame(6));
    expect(card.checksumStart).toBe(0);
  });

  it("completes checksums of IPv6 for a backend that does not", () => {
    const bed = new Bed();
    bed.xen.set(`${bed.vif.back}/feature-ipv6-csum-offload`, "0");
    const card = bed.card();
    const at = card.reserve();
    for (let i = 0; i < 80; i++) card.slots[at + i] = 0;
    card.slots[at + 12] = 0x86;
    card.slots[at + 13] = 0xdd;
    card.slots[at + 54] = 0x12;
    card.slots[at + 55] = 0x34;
    // The sum of the pseudo-header.
    card.slots[at + 60] = 0x01;
    card.checksumStart = 54;
    card.checksumOffset = 6;
    card.send(at, 62, NO_PAYLOAD, 0, 0);
    card.flush();
    const sent = bed.vif.take();
    expect(sent[0]!.flags).toBe(0);
    // RFC 1071: 0x1234 + 0x0100, complemented.
    expect(sent[0]!.bytes.slice(60, 62)).toEqual([0xec, 0xcb]);
  });

  it("sends large segments in pieces of a page, from where the payload lies", () => {
    const bed = new Bed();
    const card = bed.card();
    const payload = Uint8Array.from(frame(60_100));
    for (let round = 0; round < 40; round++) {
      const at = card.reserve();
      expect(at).toBeGreaterThan(-1);
      for (let i = 0; i < 54; i++) card.slots[at + i] = 1;
      card.slots[at + 12] = 0x08;
      card.slots[at + 13] = 0;
      card.checksumStart = 34;
      card.checksumOffset = 16;
      card.segmentSize = 1448;
      card.send(at, 54, payload, 100, 60_000);
      card.flush();
      const sent = bed.vif.take();
      expect(sent.length).toBe(1);
      expect(sent[0]!.segment).toBe(1448);
      expect(sent[0]!.bytes.length).toBe(60_054);
      expect(sent[0]!.bytes.slice(54, 64)).toEqual([...payload.slice(100, 110)]);
      expect(sent[0]!.bytes.slice(60_044)).toEqual([...payload.slice(60_090)]);
      bed.vif.sent(sent[0]!);
    }
    bed.step(card);
    expect(card.faults).toBe(0);
    expect(card.framesSent).toBe(40);
  });

  it("says when the ring is full, and is woken when there is room", () => {
    const bed = new Bed();
    const card = bed.card();
    let sent = 0;
    for (let at = card.reserve(); at >= 0; at = card.reserve()) {
      card.send(at, 60, NO_PAYLOAD, 0, 0);
      sent++;
    }
    expect(sent).toBeGreaterThan(100);
    card.flush();
    const before = bed.xen.upcalls;
    for (const each of bed.vif.take()) bed.vif.sent(each);
    expect(bed.xen.upcalls).toBe(before + 1);
    bed.step(card);
    expect(card.reserve()).toBeGreaterThan(-1);
    expect(card.faults).toBe(0);
  });

  it("may have several slots reserved", () => {
    const bed = new Bed();
    const card = bed.card();
    const slots: number[] = [];
    for (let at = card.reserve(); at >= 0; at = card.reserve()) slots.push(at);
    expect(slots.length).toBeGreaterThan(3);
    for (let i = 0; i < slots.length; i++) card.send(slots[i]!, 60, NO_PAYLOAD, 0, 0);
    card.flush();
    expect(bed.vif.take().length).toBe(slots.length);
  });

  it("refuses what no frame is: that is our own mistake", () => {
    const bed = new Bed();
    const card = bed.card();
    const at = card.reserve();
    expect(() => card.send(at + 1, 60, NO_PAYLOAD, 0, 0)).toThrow();
    expect(() => card.send(at, 3000, NO_PAYLOAD, 0, 0)).toThrow();
    expect(() => card.send(at, 60, new Uint8Array(5000), 0, 5000)).toThrow();
  });
});

describe("a backend that lies", () => {
  it("by answers to requests that it was not given", () => {
    const bed = new Bed();
    const card = bed.card();
    bed.vif.showReceived(RECEIVE_PAGES + 1);
    bed.step(card);
    expect(card.describeFault()).toBe("it answered more requests than it was given");
    expect(card.takeEvents() & EVENT_FAULT).toBe(EVENT_FAULT);
  });

  it("by answers to requests that do not exist", () => {
    for (const id of [RECEIVE_PAGES, 0xffff]) {
      const bed = new Bed();
      const card = bed.card();
      bed.vif.nextPage();
      bed.vif.receiveAnswer(id, 0, 0, 60);
      bed.vif.showReceived();
      bed.step(card);
      expect(card.describeFault()).toBe("it answered a request that it did not have");
    }
  });

  it("by answering twice", () => {
    const bed = new Bed();
    const card = bed.card();
    const id = bed.vif.nextPage();
    bed.vif.receiveAnswer(id, 0, 0, -1);
    bed.vif.receiveAnswer(id, 0, 0, -1);
    bed.vif.showReceived();
    bed.step(card);
    // The first has made the page one that is asked for again, but not yet shown.
    expect(card.faults).toBe(1);
  });

  it("by lengths and offsets beyond a page", () => {
    for (const offset of [4090, 0xffff]) {
      const bed = new Bed();
      const card = bed.card();
      bed.vif.receiveAnswer(bed.vif.nextPage(), offset, 0, 60);
      bed.vif.showReceived();
      bed.step(card);
      expect(card.describeFault()).toBe("it wrote beyond the end of a page, by its own account");
      expect(bed.frames.frames.length).toBe(0);
    }
  });

  it("by extra information that nobody asked for", () => {
    const bed = new Bed();
    const card = bed.card();
    bed.vif.receiveAnswer(bed.vif.nextPage(), 0, 8, 60);
    bed.vif.showReceived();
    bed.step(card);
    expect(card.describeFault()).toBe("it sent extra information that it was not asked for");
  });

  it("about what it has sent", () => {
    for (const lie of [0, 1, 2, 3]) {
      const bed = new Bed();
      const card = bed.card();
      send(card, frame(60));
      card.flush();
      const sent = bed.vif.take()[0]!;
      if (lie === 0) bed.vif.answer(9999, 0);
      if (lie === 1) bed.vif.answer((sent.ids[0]! + 1) % 128, 0);
      // An answer to extra information that there was not.
      if (lie === 2) bed.vif.answer(0, 1);
      if (lie === 3) bed.vif.showSent(7);
      else bed.vif.showSent();
      bed.step(card);
      expect(card.faults).toBe(1);
    }
  });

  it("is let go of, and connected again when it waits for us; the machine hears of both", () => {
    const bed = new Bed();
    const card = bed.card();
    bed.vif.showReceived(1000);
    card.poll(bed.frames, bed.xen.now());
    expect(card.up).toBe(false);
    expect(card.reserve()).toBe(-1);
    expect(card.takeEvents()).toBe(EVENT_FAULT);
    bed.pass(card, 5);
    expect(card.up).toBe(true);
    expect(card.takeEvents()).toBe(EVENT_RECOVERED | EVENT_LINK_UP);
    expect(bed.vif.connected).toBe(true);
    bed.vif.deliver(frame(60));
    bed.step(card);
    expect(bed.frames.frames.length).toBe(1);
    send(card, frame(70));
    card.flush();
    expect(bed.vif.take()[0]!.bytes).toEqual(frame(70));
  });

  it("again and again is asked at intervals that grow", () => {
    const bed = new Bed();
    const card = bed.card();
    for (let i = 0; i < 300; i++) {
      if (card.up) bed.vif.showReceived(1000);
      bed.pass(card, 1);
    }
    expect(card.faults).toBeGreaterThan(3);
    expect(card.faults).toBeLessThan(12);
  });

  it("keeps our pages: they are not granted to another", () => {
    const bed = new Bed();
    const card = bed.card();
    const reference = Number(bed.xen.entry("device/vif/0/tx-ring-ref"));
    bed.xen.hold(reference, true);
    bed.vif.showReceived(1000);
    bed.pass(card, 5);
    expect(card.up).toBe(false);
    expect(bed.xen.grant(reference).domain).toBe(BACKEND_DOMAIN);
    bed.xen.hold(reference, false);
    bed.pass(card, 130);
    expect(card.up).toBe(true);
  });
});

describe("a backend that goes away", () => {
  it("and comes back under the same path", () => {
    const bed = new Bed();
    const card = bed.card();
    // As `xl network-detach` does.
    bed.xen.set(`${bed.vif.back}/online`, "0");
    bed.xen.set(`${bed.vif.back}/state`, "5");
    bed.step(card);
    expect(card.up).toBe(false);
    expect(bed.xen.entry("device/vif/0/state")).toBe("6");
    expect(card.describeFault()).toBe("its backend closed");
    bed.xen.remove(bed.vif.front);
    bed.xen.remove(bed.vif.back);
    bed.pass(card, 10);
    expect(card.up).toBe(false);
    bed.vif.plug();
    bed.pass(card, 10);
    expect(card.up).toBe(true);
    bed.vif.deliver(frame(60));
    bed.step(card);
    expect(bed.frames.frames.length).toBe(1);
  });

  it("and comes back as another card stays away", () => {
    const bed = new Bed();
    const card = bed.card();
    bed.xen.remove(bed.vif.front);
    bed.xen.remove(bed.vif.back);
    bed.pass(card, 2);
    bed.vif.plug();
    bed.xen.set("device/vif/0/mac", "00:16:3e:00:00:99");
    bed.pass(card, 100);
    expect(card.up).toBe(false);
    expect(card.describeFault()).toBe("it does not come back as it was");
  });

  it("is not believed gone because xenstore is silent", () => {
    const bed = new Bed();
    const card = bed.card();
    bed.xen.silent = true;
    bed.xen.tell(15, 0, "a\0a\0");
    bed.step(card);
    expect(card.up).toBe(true);
  });
});

describe("a card that cannot be driven", () => {
  it("is told by name", () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ["device/vif/0/backend-id", "32752", 'xenstore has "32752" at device/vif/0/backend-id'],
      ["device/vif/0/mac", "00:16", 'xenstore has "00:16" at device/vif/0/mac'],
      ["/local/domain/3/backend/vif/7/0/feature-rx-copy", "0", "its backend does not offer feature-rx-copy"],
    ];
    for (const [path, value, text] of cases) {
      const bed = new Bed();
      bed.xen.set(path, value);
      expect(bed.error()).toBe(text);
    }
  });

  it("has no backend, or one that does not come up in time", () => {
    const bed = new Bed();
    bed.xen.set("/local/domain/3/backend/vif/7/0/state", "1");
    expect(bed.error()).toContain("its backend does not come up (state 1)");
    const other = new Bed();
    other.xen.remove(other.vif.front);
    expect(other.error()).toBe("xenstore has nothing at device/vif/0/backend");
  });

  it("may find its backend ready a little later", () => {
    const bed = new Bed();
    bed.xen.set("/local/domain/3/backend/vif/7/0/state", "1");
    let yields = 0;
    bed.xen.onYield = () => {
      yields++;
      if (yields === 100) bed.xen.set("/local/domain/3/backend/vif/7/0/state", "2");
    };
    expect(bed.error()).toBe(NO_ERROR);
  });

  it("gets no channel, or no grants", () => {
    const bed = new Bed();
    bed.xen.hasChannels = false;
    expect(bed.error()).toBe("Xen gives no event channel");
    const other = new Bed();
    let last = NO_ERROR;
    for (let i = 0; i < 4 && last === NO_ERROR; i++) {
      last = other.error();
      other.xen.set("/local/domain/3/backend/vif/7/0/state", "2");
    }
    expect(last).toBe("the grant table is full");
  });
});
