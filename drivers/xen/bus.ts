// What a machine has of Xen besides its processor: the parts that its drivers share, its network cards, and what Xen's tools
// want of it. Read: Xen docs/misc/xenstore-paths.pandoc (device/vif, control/shutdown).

import { type Instant, NEVER } from "../../stack/base/result.ts";
import type { Hal } from "../hal.ts";
import { Events } from "./events.ts";
import { GrantTable } from "./grants.ts";
import { Hypercalls, REASON_SUSPEND } from "./hypercalls.ts";
import { type Netfront, type NetfrontResult, openNetfront } from "./netfront.ts";
import { XenStore } from "./store.ts";
import { quoteStoreText } from "./store-wire.ts";

/** What the tools of Xen have asked for. */
export const ASKED_NOTHING = 0;
export const ASKED_POWER_OFF = 1;
export const ASKED_REBOOT = 2;

const SHUTDOWN = "control/shutdown";
/** Xen docs/misc/hvm-emulated-unplug.pandoc: what this port reads where devices can be taken away, and a bit for all cards. */
const UNPLUG_PORT = 0x10;
const UNPLUG_MAGIC = 0x49d2;
const UNPLUG_CARDS = 1 << 1;
/** Cards that are looked at. */
export const MOST_VIFS = 16;

export class XenBus {
  readonly calls: Hypercalls;
  readonly events: Events;
  readonly grants: GrantTable;
  readonly store: XenStore;
  /** ASKED_, until whoever does it sets it back. */
  asked = ASKED_NOTHING;

  private readonly hal: Hal;
  private readonly now: () => Instant;
  private readonly cards: Netfront[] = [];
  private told = false;

  /** `shared` is not 0. Ready after `open`. */
  constructor(hal: Hal, shared: number, now: () => Instant) {
    this.hal = hal;
    this.now = now;
    this.calls = new Hypercalls(hal);
    this.events = new Events(this.calls, shared);
    this.grants = new GrantTable(this.calls);
    this.store = new XenStore(this.calls, this.events, now);
  }

  /** "", or why nothing of Xen can be used. */
  open(): string {
    if (!this.grants.map()) return "Xen gives no grant table";
    if (!this.store.open()) return "there is no xenstore";
    this.announce();
    return this.store.fault === "" ? "" : `xenstore: ${this.store.fault}`;
  }

  /** Of the network cards: "device/vif/0". */
  vifs(): string[] {
    const paths: string[] = [];
    for (const name of this.store.list("device/vif")) {
      if (paths.length < MOST_VIFS) paths.push(`device/vif/${name}`);
    }
    return paths;
  }

  /** Takes away the cards that the host emulates beside those of Xen: they are the same ones. To be done before they are looked for. */
  unplugCards(): void {
    if (this.vifs().length > 0 && this.hal.portRead(UNPLUG_PORT, 2) === UNPLUG_MAGIC) {
      this.hal.portWrite(UNPLUG_PORT, 2, UNPLUG_CARDS);
    }
  }

  connect(path: string, offloads: number): NetfrontResult {
    const opened = openNetfront(this, path, offloads, this.now);
    if (opened.ok) this.cards.push(opened.value);
    return opened;
  }

  /** After each poll of the cards: what the person at the console should know, or "". */
  attend(now: Instant): string {
    const { store } = this;
    if (store.fault !== "") {
      if (this.told) return "";
      this.told = true;
      return `xenstore broke the rules (${store.fault}) and is not asked any more`;
    }
    store.poll();
    if (!store.changed) return "";
    store.changed = false;
    for (const card of this.cards) card.changed = true;
    return this.obey(now);
  }

  nextDeadline(): Instant {
    return this.store.changed ? 0 : NEVER;
  }

  private announce(): void {
    for (const feature of ["poweroff", "reboot", "suspend"]) this.store.write(`control/feature-${feature}`, "1");
    this.store.watch(SHUTDOWN);
  }

  private obey(now: Instant): string {
    const wish = this.store.read(SHUTDOWN);
    if (wish === "") return "";
    // That it is read is how the tools know that somebody is there.
    this.store.write(SHUTDOWN, "");
    switch (wish) {
      case "poweroff":
      case "halt":
        this.asked = ASKED_POWER_OFF;
        return "Xen asks for a shutdown";
      case "reboot":
        this.asked = ASKED_REBOOT;
        return "Xen asks for a reboot";
      case "suspend":
        return this.suspend(now);
      default:
        return `Xen asks for ${quoteStoreText(wish)}, which is nothing that this machine can do`;
    }
  }

  private suspend(now: Instant): string {
    if (this.calls.shutdown(REASON_SUSPEND) !== 0) return "Xen has changed its mind about a suspension";
    this.hal.xenResumed();
    this.events.resume();
    if (!this.grants.map() || !this.store.open())
      return "the machine was suspended, and Xen gives no more what it needs";
    this.announce();
    for (const card of this.cards) card.resume(now);
    return "the machine was suspended and goes on";
  }
}
