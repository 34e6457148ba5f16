// The virtio network card. Read: VIRTIO 1.2, 5.1; then net-transmit.ts and net-receive.ts.
//
// A card that breaks the rules (queue.ts) or asks for it (DEVICE_NEEDS_RESET) is reset, reported by `takeEvents`, and
// initialised again, at once for the first time and then at growing intervals. While it is away frames are dropped,
// as a cable that is pulled would; TCP mends that.

import type { FrameReceiver } from "../../stack/base/link.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../../stack/base/result.ts";
import { Card, EVENT_FAULT, EVENT_LINK_DOWN, EVENT_LINK_UP, EVENT_RECOVERED, POLL_INTERVAL } from "../card.ts";
import { LINE_INTERVAL, LineWatch } from "../line-watch.ts";
import type { VirtioError } from "./error.ts";
import {
  agreedFeatures,
  formatNetFeatures,
  NET_CSUM,
  NET_GUEST_CSUM,
  NET_HOST_TSO4,
  NET_HOST_TSO6,
  NET_MAC,
  NET_MRG_RXBUF,
  NET_MTU,
  NET_STATUS,
  wantedFeatures,
} from "./net-features.ts";
import { netHeaderSize, segmentOf6 } from "./net-header.ts";
import { NetReceive } from "./net-receive.ts";
import { NetTransmit } from "./net-transmit.ts";
import { FAULT_ID, FAULT_LENGTH, FAULT_NONE, FAULT_USED_INDEX, MOST_ENTRIES, Virtqueue } from "./queue.ts";
import { FEATURE_ANY_LAYOUT, FEATURE_EVENT_IDX, STATUS_NEEDS_RESET, type VirtioTransport } from "./transport.ts";

// 5.1.2: virtqueues.
const RECEIVE_QUEUE = 0;
const TRANSMIT_QUEUE = 1;
// 5.1.4: struct virtio_net_config.
const CONFIG_MAC = 0;
const CONFIG_STATUS = 6;
const CONFIG_MTU = 10;
const STATUS_LINK_UP = 1;

/** What Ethernet carries; a larger MTU of the device is not used: segmentation offload gives more for less. */
export const ETHERNET_MTU = 1500;
/** RFC 791 3.2: every link carries this much. 5.1.4.1: the device offers no less. */
export const LEAST_MTU = 68;
/** Entries that a queue needs so that a frame of two parts fits. */
export const LEAST_ENTRIES = 4;

/** How often at most the status register is looked at. */
export const CHECK_INTERVAL = 100 * MILLISECOND;
/** Least time between two initialisations after a fault; doubled each time, up to the most. */
export const RECOVERY_LEAST = SECOND;
export const RECOVERY_MOST = 64 * SECOND;
/** After so long without a fault the interval begins anew. */
export const RECOVERY_FORGIVEN = 600 * SECOND;

/** Faults beyond those of a queue. */
export const FAULT_NEEDS_RESET = 16;
export const FAULT_HEADER = 17;
export const FAULT_START = 18;

export type NetResult =
  | { readonly ok: true; readonly value: VirtioNet }
  | { readonly ok: false; readonly error: VirtioError };

/**
 * Brings up a card with what it has of `offloads` (OFFLOAD_ bits), and with none if it then takes its offer back. `mac`
 * is our address when the card has none: locally administered, from random numbers.
 */
export function startNet(transport: VirtioTransport, mac: number, offloads: number): NetResult {
  // 5.1.6 (legacy interface), 2.7.4.3: with it our headers may be in one piece with what follows them.
  const layout = transport.modern ? 0 : FEATURE_ANY_LAYOUT;
  let wanted = wantedFeatures(offloads) | layout;
  let error = transport.negotiate(wanted, 0);
  if (error !== undefined && error.kind === "features-refused") {
    wanted = NET_MAC;
    error = transport.negotiate(wanted, 0);
  }
  if (error !== undefined) return { ok: false, error };
  const receive = transport.queueEntries(RECEIVE_QUEUE, MOST_ENTRIES);
  const transmit = transport.queueEntries(TRANSMIT_QUEUE, MOST_ENTRIES);
  if (receive < LEAST_ENTRIES) return { ok: false, error: unusable(transport, RECEIVE_QUEUE) };
  if (transmit < LEAST_ENTRIES) return { ok: false, error: unusable(transport, TRANSMIT_QUEUE) };
  const agreed = agreedFeatures(transport.offeredLow, wanted);
  const net = new VirtioNet(transport, agreed, mac, receive, transmit);
  const failed = net.bringUp();
  if (failed !== undefined) return { ok: false, error: failed };
  return { ok: true, value: net };
}

function unusable(transport: VirtioTransport, queue: number): VirtioError {
  return { kind: "queue-unusable", queue, size: transport.queueSize(queue) };
}

export class VirtioNet extends Card {
  /** Times that the device was reset for a fault, and the last of them. */
  faults = 0;
  lastFault = FAULT_NONE;

  private readonly transport: VirtioTransport;
  private readonly features: number;
  private readonly rx: NetReceive;
  private readonly tx: NetTransmit;
  private live = false;
  private events = 0;
  private checkAt: Instant = 0;
  private checkWanted = false;
  private polledAt: Instant = 0;
  private readonly line = new LineWatch();
  private recoverAt: Instant = NEVER;
  private broughtUpAt: Instant = Number.NEGATIVE_INFINITY;
  private recoveryInterval = RECOVERY_LEAST;

  /** `features` are agreed; the sizes are those that the queues will have. Ready after `bringUp`. */
  constructor(transport: VirtioTransport, features: number, mac: number, receiveSize: number, transmitSize: number) {
    super();
    const hal = transport.hal;
    this.transport = transport;
    this.features = features;
    const mergeable = (features & NET_MRG_RXBUF) !== 0;
    const headerSize = netHeaderSize(transport.modern, mergeable);
    const apart = !transport.modern && (features & FEATURE_ANY_LAYOUT) === 0;
    const receive = new Virtqueue(hal, receiveSize, transport.usedAlignment());
    const transmit = new Virtqueue(hal, transmitSize, transport.usedAlignment());
    this.rx = new NetReceive(hal, receive, headerSize, mergeable, (features & NET_GUEST_CSUM) !== 0, apart);
    this.tx = new NetTransmit(hal, transmit, headerSize, (features & NET_CSUM) !== 0, apart);
    this.slots = this.tx.slots;
    this.checksumOffload = (features & NET_CSUM) !== 0;
    this.segmentOffload = (features & NET_HOST_TSO4) !== 0;
    this.segmentOffload6 = (features & NET_HOST_TSO6) !== 0;
    const own = (features & NET_MAC) !== 0 ? transport.configAddress(CONFIG_MAC) : 0;
    // An address of all zeros or of a group is none.
    this.mac = own === 0 || Math.floor(own / 0x10000000000) % 2 === 1 ? mac : own;
    const mtu = (features & NET_MTU) !== 0 ? transport.readConfig(CONFIG_MTU, 2) : ETHERNET_MTU;
    this.mtu = mtu < LEAST_MTU ? ETHERNET_MTU : Math.min(mtu, ETHERNET_MTU);
  }

  /** 3.1.1, 5.1.5: from reset to live, with every receive buffer handed over. */
  bringUp(): VirtioError | undefined {
    const { transport, features } = this;
    const eventIndex = (features & FEATURE_EVENT_IDX) !== 0;
    const refused = transport.negotiate(features, 0);
    if (refused !== undefined) return refused;
    // The rest of the stack was told what the card can do: one that comes back with less stays away.
    if ((transport.offeredLow & features) !== features) {
      return { kind: "features-refused", low: features >>> 0, high: 0 };
    }
    const { rx, tx } = this;
    if (transport.queueEntries(RECEIVE_QUEUE, rx.queue.size) !== rx.queue.size) {
      return unusable(transport, RECEIVE_QUEUE);
    }
    if (transport.queueEntries(TRANSMIT_QUEUE, tx.queue.size) !== tx.queue.size) {
      return unusable(transport, TRANSMIT_QUEUE);
    }
    this.rx.prepare(eventIndex);
    this.tx.prepare(eventIndex);
    const failed =
      transport.enableQueue(RECEIVE_QUEUE, this.rx.queue) ?? transport.enableQueue(TRANSMIT_QUEUE, this.tx.queue);
    if (failed !== undefined) return failed;
    const broken = transport.start();
    if (broken !== undefined) return broken;
    this.live = true;
    this.recoverAt = NEVER;
    this.rx.queue.publish();
    this.carrier();
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
    if (checksumStart !== 0 && !this.checksumOffload) throw new RangeError("checksum left to a card without CSUM");
    if (segmentSize !== 0 && !(segmentOf6(checksumStart) ? this.segmentOffload6 : this.segmentOffload))
      throw new RangeError("segment left to a card without HOST_TSO4 or HOST_TSO6");
    if (!this.live) this.tx.drop(slot);
    else {
      this.tx.checksumStart = checksumStart;
      this.tx.checksumOffset = checksumOffset;
      this.tx.segmentSize = segmentSize;
      this.tx.send(slot, headLength, payload, payloadOffset, payloadLength);
    }
  }

  override flush(): void {
    if (this.live) this.tx.queue.publish();
  }

  override poll(receiver: FrameReceiver, now: Instant): boolean {
    const since = now - this.polledAt;
    this.polledAt = now;
    if (!this.live) {
      this.recover(now);
      if (!this.live) return false;
    }
    if (this.transport.acknowledged) this.acknowledge(since);
    this.tx.queue.publish();
    this.tx.reclaim();
    const received = this.rx.poll(receiver);
    if (this.rx.badHeader) this.fail(FAULT_HEADER, now);
    else if (this.rx.queue.fault !== FAULT_NONE) this.fail(this.rx.queue.fault, now);
    else if (this.tx.queue.fault !== FAULT_NONE) this.fail(this.tx.queue.fault, now);
    else if (received) this.checkWanted = true;
    else if (now >= this.checkAt) this.check(now);
    else this.checkWanted = true;
    return received;
  }

  override nextDeadline(): Instant {
    if (!this.live) return this.recoverAt;
    if (!this.wakes()) return this.polledAt + POLL_INTERVAL;
    if (this.transport.acknowledged) return this.polledAt + LINE_INTERVAL;
    return this.checkWanted ? this.checkAt : NEVER;
  }

  override close(): boolean {
    this.live = false;
    this.up = false;
    return this.transport.reset();
  }

  override wakes(): boolean {
    return this.transport.interrupts && !this.line.lost();
  }

  override describe(): string {
    return `virtio-net at ${this.transport.name} (${formatNetFeatures(this.features)})`;
  }

  override takeEvents(): number {
    const events = this.events;
    this.events = 0;
    return events;
  }

  override describeFault(): string {
    return faultText(this.lastFault);
  }

  get framesReceived(): number {
    return this.rx.frames;
  }
  get bytesReceived(): number {
    return this.rx.bytes;
  }
  override lostIn(): number {
    return this.rx.drops;
  }
  get framesSent(): number {
    return this.tx.frames;
  }
  get bytesSent(): number {
    return this.tx.bytes;
  }
  override lostOut(): number {
    return this.tx.drops;
  }
  /** Times that `reserve` found no slot. */
  get ringFull(): number {
    return this.tx.full;
  }
  get notifications(): number {
    return this.rx.queue.notifications + this.tx.queue.notifications;
  }

  /** Before interrupts are armed: while frames come none is wanted. */
  private acknowledge(since: number): void {
    if (this.rx.queue.ready() > 0 || !this.transport.acknowledge()) return;
    this.line.called(since);
  }

  /** A configuration interrupt cannot be told from another: so the registers are read, rarely, when nothing else is due. */
  private check(now: Instant): void {
    this.checkAt = now + CHECK_INTERVAL;
    this.checkWanted = false;
    if ((this.transport.readStatus() & STATUS_NEEDS_RESET) !== 0) this.fail(FAULT_NEEDS_RESET, now);
    else this.carrier();
  }

  private carrier(): void {
    const up =
      (this.features & NET_STATUS) === 0 || (this.transport.readConfig(CONFIG_STATUS, 2) & STATUS_LINK_UP) !== 0;
    if (up !== this.up) this.events |= up ? EVENT_LINK_UP : EVENT_LINK_DOWN;
    this.up = up;
  }

  private fail(fault: number, now: Instant): void {
    this.faults++;
    this.lastFault = fault;
    this.events |= EVENT_FAULT;
    this.live = false;
    this.up = false;
    // Should it not obey, it may still use every buffer: they stay as they are until bringUp has seen it reset.
    this.transport.reset();
    if (now - this.broughtUpAt > RECOVERY_FORGIVEN) this.recoveryInterval = RECOVERY_LEAST;
    this.recoverAt = Math.max(now, this.broughtUpAt + this.recoveryInterval);
  }

  private recover(now: Instant): void {
    if (now < this.recoverAt) return;
    if (now - this.broughtUpAt <= RECOVERY_FORGIVEN) {
      this.recoveryInterval = Math.min(this.recoveryInterval * 2, RECOVERY_MOST);
    }
    this.broughtUpAt = now;
    const failed = this.bringUp();
    if (failed === undefined) {
      this.events |= EVENT_RECOVERED;
      this.checkAt = now + CHECK_INTERVAL;
      return;
    }
    this.transport.fail();
    this.lastFault = FAULT_START;
    this.recoverAt = now + this.recoveryInterval;
  }
}

function faultText(fault: number): string {
  switch (fault) {
    case FAULT_NONE:
      return "no fault";
    case FAULT_USED_INDEX:
      return "its used index moved beyond what it was given";
    case FAULT_ID:
      return "it returned a buffer that it did not have";
    case FAULT_LENGTH:
      return "it wrote more than the buffer holds, by its own account";
    case FAULT_NEEDS_RESET:
      return "it asked to be reset";
    case FAULT_HEADER:
      return "it returned a receive buffer without a valid header";
    case FAULT_START:
      return "it could not be initialised again";
    default:
      return `fault ${fault}`;
  }
}
