// The network card of a Xen guest: the front of a pair, whose back lies in another domain. Read: Xen public/io/netif.h
// (what the two write into xenstore), io/xenbus.h (states); then net-transmit.ts and net-receive.ts.
//
// A backend that breaks the rules, or goes away, is let go of and reported by `takeEvents`; the card is connected again as
// soon as there is a backend that waits for it, at growing intervals. While it is away frames are dropped, as a cable that
// is pulled would.

import type { FrameReceiver } from "../../stack/base/link.ts";
import { type Instant, NEVER, SECOND } from "../../stack/base/result.ts";
import { Card, EVENT_FAULT, EVENT_LINK_DOWN, EVENT_LINK_UP, EVENT_RECOVERED, POLL_INTERVAL } from "../card.ts";
import { OFFLOAD_RECEIVE_CHECKSUM, OFFLOAD_SEGMENTATION, OFFLOAD_SEND_CHECKSUM } from "../offload.ts";
import type { XenError } from "./error.ts";
import type { Events } from "./events.ts";
import type { GrantTable } from "./grants.ts";
import { type Hypercalls, MOST_DOMAIN } from "./hypercalls.ts";
import { NetfrontReceive, RECEIVE_PAGES } from "./net-receive.ts";
import { NetfrontTransmit, transmitPages } from "./net-transmit.ts";
import { FAULT_CLOSED, FAULT_NONE, FAULT_START, FAULT_SUSPENDED, netFaultText } from "./net-wire.ts";
import type { XenStore } from "./store.ts";
import { parseStoreMac, parseStoreNumber } from "./store-wire.ts";

// enum xenbus_state.
export const STATE_INITIALISING = 1;
export const STATE_INIT_WAIT = 2;
export const STATE_CONNECTED = 4;
export const STATE_CLOSING = 5;
export const STATE_CLOSED = 6;
const MOST_STATE = 8;

/** How long a backend is waited for at the start. */
export const BACKEND_WAIT = 10 * SECOND;
/** How often a backend that is not ready is looked at, without word from xenstore. */
export const LOOK_INTERVAL = SECOND;
/** Least time between two connections after a fault; doubled each time, up to the most. */
export const RECOVERY_LEAST = SECOND;
export const RECOVERY_MOST = 64 * SECOND;
/** After so long without a fault the interval begins anew. */
export const RECOVERY_FORGIVEN = 600 * SECOND;
const ETHERNET_MTU = 1500;
/** RFC 791 3.2. */
const LEAST_MTU = 68;

/** What a card needs of the machine: bus.ts has it. */
export interface XenParts {
  readonly calls: Hypercalls;
  readonly events: Events;
  readonly grants: GrantTable;
  readonly store: XenStore;
}

/** What the backend says of itself, checked. */
interface Backend {
  readonly path: string;
  readonly domain: number;
  readonly mac: number;
  readonly mtu: number;
  readonly checksum: boolean;
  readonly checksum6: boolean;
  readonly segments: boolean;
}

type BackendResult = { readonly ok: true; readonly value: Backend } | { readonly ok: false; readonly error: XenError };

export type NetfrontResult =
  | { readonly ok: true; readonly value: Netfront }
  | { readonly ok: false; readonly error: XenError };

/** Connects the card at `path` ("device/vif/0") of xenstore, with what its backend has of `offloads` (OFFLOAD_ bits). */
export function openNetfront(xen: XenParts, path: string, offloads: number, now: () => Instant): NetfrontResult {
  const found = readBackend(xen.store, path, offloads);
  if (!found.ok) return { ok: false, error: found.error };
  const state = awaitBackend(xen, found.value.path, now);
  if (state !== STATE_INIT_WAIT && state !== STATE_CONNECTED) {
    return { ok: false, error: { kind: "not-ready", state: Math.max(state, 0) } };
  }
  // What it offers it has written before it waits.
  const backend = readBackend(xen.store, path, offloads);
  if (!backend.ok) return { ok: false, error: backend.error };
  if (xen.store.read(`${backend.value.path}/feature-rx-copy`) !== "1") return { ok: false, error: { kind: "no-copy" } };
  const count = 2 + RECEIVE_PAGES + transmitPages(backend.value.segments);
  const reference = xen.grants.take(count);
  if (reference < 0) return { ok: false, error: { kind: "no-grants" } };
  const card = new Netfront(xen, path, backend.value, offloads, reference);
  xen.store.watch(`${path}/backend`);
  const failed = card.connect(backend.value);
  return failed === undefined ? { ok: true, value: card } : { ok: false, error: failed };
}

/** The backend's state, as soon as it waits for us, or at last; -1: nothing that is a state. */
function awaitBackend(xen: XenParts, path: string, now: () => Instant): number {
  const until = now() + BACKEND_WAIT;
  for (;;) {
    const state = readState(xen.store, path);
    if (state === STATE_INIT_WAIT || state === STATE_CONNECTED || now() >= until || xen.store.fault !== "")
      return state;
    xen.calls.yield();
  }
}

function readState(store: XenStore, path: string): number {
  return parseStoreNumber(store.read(`${path}/state`), MOST_STATE);
}

function readBackend(store: XenStore, path: string, offloads: number): BackendResult {
  const back = store.read(`${path}/backend`);
  if (store.fault !== "") return { ok: false, error: { kind: "store", why: store.fault } };
  if (back === "") return { ok: false, error: { kind: "bad-entry", path: `${path}/backend`, value: "" } };
  const id = store.read(`${path}/backend-id`);
  const domain = parseStoreNumber(id, MOST_DOMAIN);
  if (domain < 0) return { ok: false, error: { kind: "bad-entry", path: `${path}/backend-id`, value: id } };
  const address = store.read(`${path}/mac`);
  const mac = parseStoreMac(address);
  if (mac < 0) return { ok: false, error: { kind: "bad-entry", path: `${path}/mac`, value: address } };
  const mtu = parseStoreNumber(store.read(`${path}/mtu`), ETHERNET_MTU);
  const checksum = (offloads & OFFLOAD_SEND_CHECKSUM) !== 0 && store.read(`${back}/feature-no-csum-offload`) !== "1";
  const segments =
    checksum &&
    (offloads & OFFLOAD_SEGMENTATION) !== 0 &&
    store.read(`${back}/feature-sg`) === "1" &&
    store.read(`${back}/feature-gso-tcpv4`) === "1";
  return {
    ok: true,
    value: {
      path: back,
      domain,
      mac,
      mtu: mtu < LEAST_MTU ? ETHERNET_MTU : mtu,
      checksum,
      checksum6: checksum && store.read(`${back}/feature-ipv6-csum-offload`) === "1",
      segments,
    },
  };
}

export class Netfront extends Card {
  /** Xenstore has told of a change: the backend is looked at in the next poll. */
  changed = false;
  /** Times that the card was let go of, and why at last. */
  faults = 0;
  lastFault = FAULT_NONE;

  private readonly xen: XenParts;
  private readonly path: string;
  private readonly backend: Backend;
  private readonly offloads: number;
  private readonly reference: number;
  private readonly rx: NetfrontReceive;
  private readonly tx: NetfrontTransmit;
  private live = false;
  private back = "";
  private port = -1;
  private events = 0;
  private polledAt: Instant = 0;
  private lookAt: Instant = NEVER;
  private recoverAt: Instant = 0;
  private connectedAt: Instant = Number.NEGATIVE_INFINITY;
  private recoveryInterval = RECOVERY_LEAST;

  /** `reference` is the first of the grants for both rings and all pages. Ready after `connect`. */
  constructor(xen: XenParts, path: string, backend: Backend, offloads: number, reference: number) {
    super();
    this.xen = xen;
    this.path = path;
    this.backend = backend;
    this.offloads = offloads;
    this.reference = reference;
    const receiveChecksum = (offloads & OFFLOAD_RECEIVE_CHECKSUM) !== 0;
    this.rx = new NetfrontReceive(xen.calls, reference + 2, receiveChecksum);
    this.tx = new NetfrontTransmit(xen.calls, reference + 2 + RECEIVE_PAGES, backend.segments, backend.checksum6);
    this.slots = this.tx.slots;
    this.mac = backend.mac;
    this.mtu = backend.mtu;
    this.checksumOffload = backend.checksum;
    this.segmentOffload = backend.segments;
  }

  /** Tells a backend that waits for it what it needs to know of us. */
  connect(backend: Backend): XenError | undefined {
    const { xen, path, rx, tx, reference } = this;
    const { domain } = backend;
    if (this.port >= 0) xen.calls.closeChannel(this.port);
    this.port = xen.calls.allocateChannel(domain);
    if (this.port < 0) return { kind: "no-channel" };
    if (
      !xen.grants.grant(reference, domain, tx.ring.address, true) ||
      !xen.grants.grant(reference + 1, domain, rx.ring.address, true) ||
      !rx.prepare(xen.grants, domain) ||
      !tx.prepare(xen.grants, domain)
    ) {
      return { kind: "grants-in-use" };
    }
    // The backend looks for the requests that are there when it connects.
    rx.ring.publish();
    const noChecksum = (this.offloads & OFFLOAD_RECEIVE_CHECKSUM) === 0 ? "1" : "0";
    const written =
      xen.store.watch(`${backend.path}/state`) &&
      xen.store.write(`${path}/tx-ring-ref`, `${reference}`) &&
      xen.store.write(`${path}/rx-ring-ref`, `${reference + 1}`) &&
      xen.store.write(`${path}/event-channel`, `${this.port}`) &&
      xen.store.write(`${path}/request-rx-copy`, "1") &&
      xen.store.write(`${path}/feature-rx-notify`, "1") &&
      xen.store.write(`${path}/feature-no-csum-offload`, noChecksum) &&
      xen.store.write(`${path}/feature-ipv6-csum-offload`, noChecksum === "1" ? "0" : "1") &&
      xen.store.write(`${path}/state`, `${STATE_CONNECTED}`);
    if (!written) return { kind: "store", why: xen.store.fault === "" ? xen.store.refusal : xen.store.fault };
    this.back = backend.path;
    this.live = true;
    if (!this.up) this.events |= EVENT_LINK_UP;
    this.up = true;
    return undefined;
  }

  override reserve(): number {
    return this.live ? this.tx.reserve() : -1;
  }

  override send(
    slot: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const { checksumStart, checksumOffset, segmentSize } = this;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    if (checksumStart !== 0 && !this.checksumOffload) throw new RangeError("checksum left to a card without offload");
    if (segmentSize !== 0 && !this.segmentOffload) throw new RangeError("segment left to a card without offload");
    if (!this.live) {
      this.tx.drop(slot);
      return;
    }
    this.tx.checksumStart = checksumStart;
    this.tx.checksumOffset = checksumOffset;
    this.tx.segmentSize = segmentSize;
    this.tx.send(slot, headLength, payload, payloadOffset, payloadLength);
  }

  override flush(): void {
    if (this.live && this.tx.ring.publish()) this.xen.calls.notify(this.port);
  }

  override poll(receiver: FrameReceiver, now: Instant): boolean {
    this.polledAt = now;
    if (this.changed || now >= this.lookAt) this.look(now);
    if (!this.live) return false;
    const { rx, tx } = this;
    this.flush();
    tx.reclaim();
    let received = rx.poll(receiver);
    if (!received && rx.fault === FAULT_NONE) {
      this.xen.events.clear(this.port);
      rx.ring.arm(0);
      received = rx.poll(receiver);
    }
    if (rx.fault !== FAULT_NONE) this.fail(rx.fault, now);
    else if (tx.fault !== FAULT_NONE) this.fail(tx.fault, now);
    else if (received && rx.ring.publish()) this.xen.calls.notify(this.port);
    return received;
  }

  override nextDeadline(): Instant {
    if (this.live && !this.xen.events.interrupts) return this.polledAt + POLL_INTERVAL;
    return this.changed ? 0 : this.lookAt;
  }

  override wakes(): boolean {
    return this.xen.events.interrupts;
  }

  override describe(): string {
    let text = "";
    if (this.checksumOffload) text += " csum";
    if (this.segmentOffload) text += " tso4";
    return `netfront at ${this.path} (${text === "" ? "no offloads" : text.slice(1)})`;
  }

  override takeEvents(): number {
    const events = this.events;
    this.events = 0;
    return events;
  }

  override describeFault(): string {
    return netFaultText(this.lastFault);
  }

  get framesReceived(): number {
    return this.rx.frames;
  }
  override lostIn(): number {
    return this.rx.drops;
  }
  get framesSent(): number {
    return this.tx.frames;
  }
  override lostOut(): number {
    return this.tx.drops;
  }

  /** The machine was suspended: grants, channels and watches are gone, and the backend may be another one. */
  resume(now: Instant): void {
    this.port = -1;
    this.live = false;
    this.up = false;
    this.lastFault = FAULT_SUSPENDED;
    this.events |= EVENT_LINK_DOWN;
    this.xen.store.watch(`${this.path}/backend`);
    this.recoverAt = now;
    this.lookAt = now;
  }

  private fail(fault: number, now: Instant): void {
    this.faults++;
    this.lastFault = fault;
    this.events |= EVENT_FAULT;
    this.live = false;
    this.up = false;
    if (now - this.connectedAt > RECOVERY_FORGIVEN) this.recoveryInterval = RECOVERY_LEAST;
    this.recoverAt = Math.max(now, this.connectedAt + this.recoveryInterval);
    this.xen.store.write(`${this.path}/state`, `${STATE_CLOSING}`);
    this.lookAt = now;
  }

  /** What has become of the backend, and what follows for us. */
  private look(now: Instant): void {
    const { store } = this.xen;
    this.changed = false;
    this.lookAt = NEVER;
    if (this.live) {
      const state = readState(store, this.back);
      // A store that does not answer says nothing about the backend.
      // It may have connected after our notification: what waits in the rings is told once more.
      if (state === STATE_CONNECTED) this.xen.calls.notify(this.port);
      if ((state < STATE_CLOSING && state > 0) || store.fault !== "" || store.refusal === "it does not answer") return;
      this.fail(FAULT_CLOSED, now);
    }
    if (store.fault !== "") return;
    this.lookAt = now + LOOK_INTERVAL;
    const back = store.read(`${this.path}/backend`);
    if (back === "") return;
    const state = readState(store, back);
    const own = readState(store, this.path);
    // io/xenbus.h: closing, closed, and from the beginning, each when the other side has followed.
    if (own === STATE_CONNECTED) this.say(STATE_CLOSING);
    else if (own === STATE_CLOSING && (state >= STATE_CLOSING || state <= STATE_INIT_WAIT)) this.say(STATE_CLOSED);
    else if (own === STATE_CLOSED && (state === STATE_CLOSED || state === STATE_INIT_WAIT)) {
      if (store.read(`${back}/online`) !== "0") this.say(STATE_INITIALISING);
    } else if (own === STATE_INITIALISING && state === STATE_INIT_WAIT) this.recover(now);
  }

  private say(state: number): void {
    this.xen.store.write(`${this.path}/state`, `${state}`);
    this.changed = true;
  }

  private recover(now: Instant): void {
    if (now < this.recoverAt) {
      this.lookAt = this.recoverAt;
      return;
    }
    if (now - this.connectedAt <= RECOVERY_FORGIVEN) {
      this.recoveryInterval = Math.min(this.recoveryInterval * 2, RECOVERY_MOST);
    }
    this.connectedAt = now;
    const found = readBackend(this.xen.store, this.path, this.offloads);
    if (found.ok && this.same(found.value) && this.connect(found.value) === undefined) {
      this.events |= EVENT_RECOVERED;
      this.lookAt = NEVER;
      return;
    }
    this.lastFault = FAULT_START;
    this.recoverAt = now + this.recoveryInterval;
    this.lookAt = this.recoverAt;
  }

  /** The rest of the stack was told what the card can do: one that comes back with less, or as another, stays away. */
  private same(backend: Backend): boolean {
    const was = this.backend;
    return (
      backend.mac === was.mac &&
      backend.mtu >= was.mtu &&
      (backend.checksum || !was.checksum) &&
      (backend.checksum6 || !was.checksum6) &&
      (backend.segments || !was.segments)
    );
  }
}
