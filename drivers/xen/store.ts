// Xenstore, in which Xen's tools and the two ends of a device tell each other what they need to know. Read: Xen
// public/io/xs_wire.h (struct xenstore_domain_interface), docs/misc/xenstore.txt, xenstore-ring.txt.
//
// A request waits for its answer, a few milliseconds and never longer than STORE_WAIT: it is asked only at the start, and
// when a watch has fired. Which watch does not matter: whoever has set one looks again.

import type { Instant } from "../../stack/base/result.ts";
import { SECOND } from "../../stack/base/result.ts";
import { type Hal, PAGE_SIZE } from "../hal.ts";
import type { Events } from "./events.ts";
import type { Hypercalls } from "./hypercalls.ts";
import { MOST_PORT, PARAM_STORE_EVENT, PARAM_STORE_PFN } from "./hypercalls.ts";
import {
  encodeStoreRequest,
  parseStoreNames,
  quoteStoreText,
  STORE_DIRECTORY,
  STORE_ERROR,
  STORE_READ,
  STORE_WATCH,
  STORE_WATCH_EVENT,
  STORE_WRITE,
  StoreMessage,
} from "./store-wire.ts";

/** How long an answer is waited for. */
export const STORE_WAIT = 5 * SECOND;
/** Messages that are taken in one go: a store that tells of changes for ever does not stop the machine. */
export const STORE_BUDGET = 64;

/** What the store says to a watch that is set a second time. */
const ALREADY_WATCHED = '"EEXIST"';

// struct xenstore_domain_interface.
const RING = 1024;
const REQUESTS = 0;
const RESPONSES = RING;
const REQUEST_CONSUMED = 2 * RING;
const REQUEST_PRODUCED = 2 * RING + 4;
const RESPONSE_CONSUMED = 2 * RING + 8;
const RESPONSE_PRODUCED = 2 * RING + 12;

export class XenStore {
  /** What is wrong with the store, for good: nothing more is asked of it. "" is nothing. */
  fault = "";
  /** A watch has fired: whoever looks sets it back. */
  changed = false;
  /** Of the last request that failed: what the store said. */
  refusal = "";

  private readonly hal: Hal;
  private readonly calls: Hypercalls;
  private readonly events: Events;
  private readonly now: () => Instant;
  private readonly message = new StoreMessage();
  private page = 0;
  private port = 0;
  private lastId = 0;

  /** Ready after `open`. */
  constructor(calls: Hypercalls, events: Events, now: () => Instant) {
    this.hal = calls.hal;
    this.calls = calls;
    this.events = events;
    this.now = now;
  }

  /** At the start, and after the machine was suspended, when watches are gone. False: there is no store. */
  open(): boolean {
    const page = this.calls.parameter(PARAM_STORE_PFN) * PAGE_SIZE;
    const port = this.calls.parameter(PARAM_STORE_EVENT);
    this.message.clear();
    this.fault = "";
    if (page === 0 || port < 1 || port > MOST_PORT || !this.hal.mapDevice(page, PAGE_SIZE)) return false;
    this.page = page;
    this.port = port;
    // What another system before us has left unread.
    this.hal.sharedWrite32(page + RESPONSE_CONSUMED, this.hal.sharedRead32(page + RESPONSE_PRODUCED));
    return true;
  }

  /** What is written there, "" when nothing is. */
  read(path: string): string {
    return this.ask(STORE_READ, `${path}\0`) ? this.message.text() : "";
  }

  write(path: string, value: string): boolean {
    return this.ask(STORE_WRITE, `${path}\0${value}`);
  }

  /** The names of what lies below. */
  list(path: string): string[] {
    return this.ask(STORE_DIRECTORY, `${path}\0`) ? parseStoreNames(this.message.text()) : [];
  }

  /** From now on `changed` tells of changes there and below, and once at first. */
  watch(path: string): boolean {
    return this.ask(STORE_WATCH, `${path}\0${path}\0`) || this.refusal === ALREADY_WATCHED;
  }

  /** Takes what the store has told by itself; the next telling interrupts. */
  poll(): void {
    if (this.fault !== "" || this.page === 0) return;
    this.events.clear(this.port);
    for (let n = 0; n < STORE_BUDGET && this.receive(); n++) {
      // An answer that nobody waits for any more, or word of a change.
      if (this.message.type === STORE_WATCH_EVENT) this.changed = true;
    }
  }

  /** Asks, and waits for the answer, which then is in `message`. */
  private ask(type: number, text: string): boolean {
    this.refusal = "";
    if (this.fault !== "" || this.page === 0) return false;
    const until = this.now() + STORE_WAIT;
    this.lastId = (this.lastId + 1) >>> 0;
    const id = this.lastId;
    if (!this.send(encodeStoreRequest(type, id, text), until)) return false;
    for (;;) {
      while (this.receive()) {
        if (this.message.type === STORE_WATCH_EVENT) this.changed = true;
        else if (this.message.id === id) return this.judge(type);
      }
      if (this.fault !== "") return false;
      if (this.now() >= until) {
        this.refusal = "it does not answer";
        return false;
      }
      this.calls.yield();
    }
  }

  private judge(type: number): boolean {
    if (this.message.type === type) return true;
    if (this.message.type === STORE_ERROR) this.refusal = quoteStoreText(this.message.text());
    else this.fault = `it answers request ${type} with a message of type ${this.message.type}`;
    return false;
  }

  /** All of it or nothing: half a request would spoil those that follow. */
  private send(bytes: Uint8Array, until: Instant): boolean {
    const { hal, page } = this;
    const produced = hal.sharedRead32(page + REQUEST_PRODUCED);
    if (bytes.length > RING) throw new RangeError("a request to xenstore is too long");
    for (;;) {
      const queued = (produced - hal.sharedRead32(page + REQUEST_CONSUMED)) >>> 0;
      if (queued > RING) return this.broken("it has consumed requests that were never made");
      if (queued + bytes.length <= RING) break;
      if (this.now() >= until) {
        this.refusal = "it does not take requests";
        return false;
      }
      this.calls.yield();
    }
    hal.fence();
    for (let i = 0; i < bytes.length; i++)
      hal.deviceWrite(page + REQUESTS + ((produced + i) & (RING - 1)), 1, bytes[i]!);
    hal.fence();
    hal.sharedWrite32(page + REQUEST_PRODUCED, (produced + bytes.length) >>> 0);
    this.calls.notify(this.port);
    return true;
  }

  /** Takes what there is of the next message; true: it is whole. */
  private receive(): boolean {
    const { hal, page, message } = this;
    if (message.whole) message.clear();
    let consumed = hal.sharedRead32(page + RESPONSE_CONSUMED);
    let ready = (hal.sharedRead32(page + RESPONSE_PRODUCED) - consumed) >>> 0;
    if (ready === 0) return false;
    if (ready > RING) return this.broken("it has produced more than its ring holds");
    hal.fence();
    while (ready > 0 && !message.whole && !message.broken) {
      message.add(hal.deviceRead(page + RESPONSES + (consumed & (RING - 1)), 1));
      consumed = (consumed + 1) >>> 0;
      ready--;
    }
    hal.fence();
    hal.sharedWrite32(page + RESPONSE_CONSUMED, consumed);
    // It may have waited for the room.
    this.calls.notify(this.port);
    if (message.broken) return this.broken("it sends a message that is too long");
    return message.whole;
  }

  private broken(why: string): boolean {
    this.fault = why;
    return false;
  }
}
