// A machine on Xen as Xen's public headers describe it: hypercalls, the shared page, grants, a xenstore, and the backend of
// a network card. It does as it is told by the test, and can lie. Of a guest it takes nothing but what the interface allows:
// anything else throws.

import { PAGE_SIZE } from "../../drivers/hal.ts";
import { FakeHal, getLe, putLe } from "./fake-hal.ts";

const ENOSYS = -38;
const EINVAL = -22;
const DOMID_SELF = 0x7ff0;
const STORE_PAGE = 0xfeffc000;
const SHARED_PAGE = 0x30_0000;
const STORE_PORT = 1;
export const BACKEND_DOMAIN = 3;
const BACK = "/local/domain/3/backend/vif/7/0";
const FRONT = "device/vif/0";

interface Grant {
  readonly flags: number;
  readonly domain: number;
  readonly address: number;
}

interface StoreEntry {
  readonly path: string;
  value: string;
}

/** Xen and its store, without a card: FakeVif has one. */
export class FakeXen extends FakeHal {
  readonly shared = new Uint8Array(PAGE_SIZE);
  readonly storePage = new Uint8Array(PAGE_SIZE);
  readonly entries: StoreEntry[] = [];
  readonly watched: string[] = [];
  /** Ports that are open, and how often each was notified. */
  readonly ports: number[] = [];
  readonly notified: number[] = [];
  /** Vector of the upcall, -1: none yet. */
  upcall = -1;
  /** Time that passes with each hypercall, and so while somebody waits. */
  time = 0;
  tick = 100;
  upcalls = 0;
  shutdowns: number[] = [];
  suspended = 0;
  /** It emulates cards besides its own, which may be taken away: what was written for that. */
  hasEmulatedCards = false;
  unplugged = 0;
  // What it does not have, or refuses.
  hasStore = true;
  hasUpcallVector = true;
  hasGrants = true;
  hasChannels = true;
  /** The store takes no requests, or answers none. */
  silent = false;
  /** Instead of the next answer of the store: these bytes. */
  instead: number[] = [];
  /** Called for each notification of a port that is not the store's, and after each yield. */
  onNotify: (port: number) => void = () => {};
  onYield: () => void = () => {};
  onWrite: (path: string, value: string) => void = () => {};

  private readonly tablePages: number[] = [];

  override portRead(port: number, size: number): number {
    return this.hasEmulatedCards && port === 0x10 && size === 2 ? 0x49d2 : super.portRead(port, size);
  }

  override portWrite(port: number, size: number, value: number): void {
    if (port === 0x10 && size === 2) this.unplugged = value;
    else super.portWrite(port, size, value);
  }
  private nextPort = 2;
  /** What the store has not had room for yet. */
  private readonly unsaid: number[] = [];

  constructor() {
    super();
    this.pci = false;
    this.placeMemory(STORE_PAGE, this.storePage);
    this.placeMemory(SHARED_PAGE, this.shared);
    for (let i = 0; i < 64; i++) this.notified.push(0);
  }

  now(): number {
    return this.time;
  }

  advance(time: number): void {
    this.time += time;
  }

  // ---- The machine ----

  override xenShared(): number {
    return SHARED_PAGE;
  }

  override xenResumed(): void {
    this.suspended++;
  }

  override deviceRead(address: number, size: number): number {
    return this.dmaRead(address, size);
  }

  override deviceWrite(address: number, size: number, value: number): void {
    this.dmaWrite(address, size, value);
  }

  override hypercall(number: number, a: number, b: number, _c: number): number {
    this.time += this.tick;
    switch (number) {
      case 12:
        return a === 7 ? this.addToPhysmap(b) : ENOSYS;
      case 29:
        return this.schedule(a, b);
      case 32:
        return this.eventChannel(a, b);
      case 34:
        return this.hvm(a, b);
      default:
        throw new Error(`hypercall ${number}`);
    }
  }

  private addToPhysmap(at: number): number {
    if (this.dmaRead(at, 2) !== DOMID_SELF) throw new Error("another domain's memory");
    if (this.dmaRead(at + 4, 4) !== 1) throw new Error("not the grant table");
    const index = this.dmaRead(at + 8, 4);
    if (!this.hasGrants || index > 15) return EINVAL;
    const address = this.dmaRead(at + 16, 4) * PAGE_SIZE + this.dmaRead(at + 20, 4) * 2 ** 44;
    // All of it must be ours.
    for (let i = 0; i < PAGE_SIZE; i += 4) this.dmaWrite(address + i, 4, 0);
    while (this.tablePages.length <= index) this.tablePages.push(0);
    this.tablePages[index] = address;
    return 0;
  }

  private schedule(operation: number, at: number): number {
    if (operation === 0) {
      this.onYield();
      return 0;
    }
    if (operation !== 2) throw new Error(`sched_op ${operation}`);
    this.shutdowns.push(this.dmaRead(at, 4));
    return 0;
  }

  private eventChannel(operation: number, at: number): number {
    switch (operation) {
      case 6:
        if (this.dmaRead(at, 2) !== DOMID_SELF) throw new Error("another domain's channel");
        if (!this.hasChannels) return EINVAL;
        this.ports.push(this.nextPort);
        this.dmaWrite(at + 4, 4, this.nextPort);
        this.nextPort++;
        return 0;
      case 3:
        return this.close(this.dmaRead(at, 4));
      case 4:
        return this.notify(this.dmaRead(at, 4));
      default:
        throw new Error(`event_channel_op ${operation}`);
    }
  }

  private close(port: number): number {
    const i = this.ports.indexOf(port);
    if (i < 0) throw new Error(`port ${port} is closed, and was not open`);
    this.ports.splice(i, 1);
    return 0;
  }

  private notify(port: number): number {
    if (port === STORE_PORT) {
      this.serveStore();
      return 0;
    }
    if (!this.ports.includes(port)) throw new Error(`port ${port} is notified, and is not open`);
    this.notified[port] = this.notified[port]! + 1;
    this.onNotify(port);
    return 0;
  }

  private hvm(operation: number, at: number): number {
    if (operation === 23) {
      if (!this.hasUpcallVector) return EINVAL;
      if (this.dmaRead(at, 4) !== 0) throw new Error("another processor");
      this.upcall = this.dmaRead(at + 4, 1);
      if (this.upcall < 0x10) throw new Error(`vector ${this.upcall}`);
      return 0;
    }
    if (this.dmaRead(at, 2) !== DOMID_SELF) throw new Error("another domain's parameter");
    const index = this.dmaRead(at + 4, 4);
    if (operation === 0) return 0;
    const value = index === 1 ? STORE_PAGE / PAGE_SIZE : STORE_PORT;
    this.dmaWrite(at + 8, 4, this.hasStore && index < 3 ? value : 0);
    this.dmaWrite(at + 12, 4, 0);
    return 0;
  }

  /** xen.h: what an event does; true: it interrupts. */
  event(port: number): boolean {
    const bit = 1 << (port & 31);
    const at = 4 * (port >> 5);
    const pending = getLe(this.shared, 0x800 + at, 4);
    if ((pending & bit) !== 0) return false;
    putLe(this.shared, 0x800 + at, 4, (pending | bit) >>> 0);
    if ((getLe(this.shared, 0xa00 + at, 4) & bit) !== 0) return false;
    const selector = getLe(this.shared, 8, 4);
    const word = 1 << (port >> 6);
    if ((selector & word) !== 0) return false;
    putLe(this.shared, 8, 4, (selector | word) >>> 0);
    if (this.shared[0] !== 0) return false;
    this.shared[0] = 1;
    this.upcalls++;
    return true;
  }

  // ---- The grant table ----

  grant(reference: number): Grant {
    const at = this.entryAt(reference);
    return {
      flags: this.dmaRead(at, 2),
      domain: this.dmaRead(at + 2, 2),
      address: this.dmaRead(at + 4, 4) * PAGE_SIZE,
    };
  }

  /** As Xen does for who maps the page: the address, after checks. */
  use(reference: number, domain: number, writes: boolean): number {
    const { flags, domain: granted, address } = this.grant(reference);
    if ((flags & 3) !== 1 || granted !== domain) throw new Error(`reference ${reference} is not granted to ${domain}`);
    if (writes && (flags & 4) !== 0) throw new Error(`reference ${reference} is for reading only`);
    return address;
  }

  /** Says that the page is mapped, or no more. */
  hold(reference: number, held: boolean): void {
    const at = this.entryAt(reference);
    const flags = this.dmaRead(at, 2);
    this.dmaWrite(at, 2, held ? flags | 24 : flags & ~24);
  }

  private entryAt(reference: number): number {
    const page = Math.floor(reference / 512);
    if (reference < 8 || page >= this.tablePages.length) throw new Error(`grant reference ${reference}`);
    return this.tablePages[page]! + (reference % 512) * 8;
  }

  // ---- Xenstore ----

  entry(path: string): string {
    for (const entry of this.entries) if (entry.path === path) return entry.value;
    return "";
  }

  set(path: string, value: string): void {
    let found = false;
    for (const entry of this.entries) {
      if (entry.path !== path) continue;
      entry.value = value;
      found = true;
    }
    if (!found) this.entries.push({ path, value });
    this.fire(path);
  }

  /** Removes the path and all below. */
  remove(path: string): void {
    for (let i = this.entries.length - 1; i >= 0; i--)
      if (this.entries[i]!.path === path || this.entries[i]!.path.startsWith(`${path}/`)) this.entries.splice(i, 1);
    for (const watched of this.watched) if (watched.startsWith(path)) this.fire(watched);
  }

  private fire(path: string): void {
    for (const watched of this.watched)
      if (path === watched || path.startsWith(`${watched}/`)) this.tell(15, 0, `${path}\0${watched}\0`);
  }

  /** Has the store say these bytes, as soon as there is room for them. */
  say(bytes: readonly number[]): void {
    for (const byte of bytes) this.unsaid.push(byte);
    this.goOn();
  }

  private goOn(): void {
    let produced = getLe(this.storePage, 2060, 4);
    const room = 1024 - ((produced - getLe(this.storePage, 2056, 4)) >>> 0);
    if (this.unsaid.length === 0 || room <= 0) return;
    const bytes = this.unsaid.splice(0, room);
    for (const byte of bytes) {
      this.storePage[1024 + (produced & 1023)] = byte;
      produced = (produced + 1) >>> 0;
    }
    putLe(this.storePage, 2060, 4, produced);
    this.event(STORE_PORT);
  }

  /** A message of the store. */
  tell(type: number, id: number, text: string): void {
    const bytes: number[] = [];
    for (const number of [type, id, 0, text.length])
      for (let i = 0; i < 4; i++) bytes.push(Math.floor(number / 256 ** i) % 256);
    for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i));
    this.say(bytes);
  }

  /** Takes the requests that are whole. */
  private serveStore(): void {
    this.goOn();
    if (this.silent) return;
    for (;;) {
      const consumed = getLe(this.storePage, 2048, 4);
      const ready = (getLe(this.storePage, 2052, 4) - consumed) >>> 0;
      if (ready > 1024) throw new Error("more requests than the ring holds");
      if (ready === 0) return;
      if (ready < 16) throw new Error("half a request");
      const number = (at: number): number => {
        let value = 0;
        for (let i = 3; i >= 0; i--) value = value * 256 + this.storePage[(consumed + at + i) & 1023]!;
        return value;
      };
      const length = number(12);
      if (ready < 16 + length) throw new Error("half a request");
      let text = "";
      for (let i = 0; i < length; i++) text += String.fromCharCode(this.storePage[(consumed + 16 + i) & 1023]!);
      putLe(this.storePage, 2048, 4, (consumed + 16 + length) >>> 0);
      if (this.instead.length > 0) {
        const lie = this.instead;
        this.instead = [];
        this.say(lie);
      } else this.answer(number(0), number(4), text);
    }
  }

  private answer(type: number, id: number, text: string): void {
    const end = text.indexOf("\0");
    if (end < 0) throw new Error("a path without its end");
    const path = text.slice(0, end);
    const rest = text.slice(end + 1);
    switch (type) {
      case 1: {
        let names = "";
        for (const entry of this.entries) {
          if (!entry.path.startsWith(`${path}/`)) continue;
          const name = entry.path.slice(path.length + 1).split("/")[0]!;
          if (!names.split("\0").includes(name)) names += `${name}\0`;
        }
        this.tell(names === "" ? 16 : 1, id, names === "" ? "ENOENT\0" : names);
        return;
      }
      case 2: {
        let known = false;
        for (const entry of this.entries) if (entry.path === path) known = true;
        this.tell(known ? 2 : 16, id, known ? this.entry(path) : "ENOENT\0");
        return;
      }
      case 4:
        if (rest !== `${path}\0`) throw new Error("a watch without a token");
        if (this.watched.includes(path)) {
          this.tell(16, id, "EEXIST\0");
          return;
        }
        this.watched.push(path);
        this.tell(4, id, "OK\0");
        this.tell(15, 0, `${path}\0${path}\0`);
        return;
      case 11:
        this.set(path, rest);
        this.tell(11, id, "OK\0");
        this.onWrite(path, rest);
        return;
      default:
        throw new Error(`a request of type ${type}`);
    }
  }
}

/** A frame that the backend was given. */
export interface SentFrame {
  readonly bytes: number[];
  readonly flags: number;
  /** MSS of extra information, 0: none. */
  readonly segment: number;
  /** Ids of its requests, and whether extra information was among them. */
  readonly ids: number[];
}

/** The backend of a card, and what the tools write for it. Strict as Linux's netback is. */
export class FakeVif {
  readonly xen: FakeXen;
  readonly back = BACK;
  readonly front = FRONT;
  connected = false;
  private sendPage = 0;
  private receivePage = 0;
  private port = 0;
  private sendTaken = 0;
  private sendAnswered = 0;
  private receiveTaken = 0;

  constructor(xen: FakeXen) {
    this.xen = xen;
    this.plug();
    xen.onWrite = (path, value) => {
      if (path === `${FRONT}/state`) this.follow(value);
    };
  }

  /** What the tools write when a card is added. */
  plug(): void {
    const { xen } = this;
    xen.set(`${BACK}/feature-rx-copy`, "1");
    xen.set(`${BACK}/feature-sg`, "1");
    xen.set(`${BACK}/feature-gso-tcpv4`, "1");
    xen.set(`${BACK}/feature-ipv6-csum-offload`, "1");
    xen.set(`${BACK}/online`, "1");
    xen.set(`${BACK}/state`, "2");
    xen.set(`${FRONT}/backend-id`, `${BACKEND_DOMAIN}`);
    xen.set(`${FRONT}/mac`, "00:16:3e:00:00:03");
    xen.set(`${FRONT}/state`, "1");
    xen.set(`${FRONT}/backend`, BACK);
  }

  /** What netback does when the frontend's state changes. */
  private follow(state: string): void {
    const { xen } = this;
    if (state === "4") {
      if (xen.entry(`${BACK}/state`) !== "2") throw new Error("connected before the backend waits");
      this.map();
      xen.set(`${BACK}/state`, "4");
    } else if (state === "5") {
      this.connected = false;
      xen.set(`${BACK}/state`, "5");
    } else if (state === "6") {
      this.connected = false;
      xen.set(`${BACK}/state`, "6");
    } else if (state === "1") {
      if (xen.entry(`${BACK}/state`) !== "6") throw new Error("begun anew before the backend has closed");
      xen.set(`${BACK}/state`, "2");
    }
  }

  private map(): void {
    const { xen } = this;
    const number = (name: string): number => Number(xen.entry(`${FRONT}/${name}`));
    if (xen.entry(`${FRONT}/request-rx-copy`) !== "1") throw new Error("without request-rx-copy");
    if (xen.entry(`${FRONT}/feature-rx-notify`) !== "1") throw new Error("without feature-rx-notify");
    this.sendPage = xen.use(number("tx-ring-ref"), BACKEND_DOMAIN, true);
    this.receivePage = xen.use(number("rx-ring-ref"), BACKEND_DOMAIN, true);
    this.port = number("event-channel");
    if (!xen.ports.includes(this.port)) throw new Error("the event channel is not open");
    this.sendTaken = 0;
    this.sendAnswered = 0;
    this.receiveTaken = 0;
    this.connected = true;
  }

  /** The frames that were sent and not taken yet; without answers. */
  take(): SentFrame[] {
    const { xen } = this;
    const produced = xen.dmaRead(this.sendPage, 4);
    if ((produced - this.sendAnswered) >>> 0 > 256) throw new Error("more requests than the ring holds");
    const frames: SentFrame[] = [];
    while (this.sendTaken !== produced) frames.push(this.takeFrame(produced));
    // Notify again for the next.
    xen.dmaWrite(this.sendPage + 4, 4, produced + 1);
    return frames;
  }

  private takeFrame(produced: number): SentFrame {
    const { xen } = this;
    const bytes: number[] = [];
    const ids: number[] = [];
    let segment = 0;
    let total = 0;
    let first = 0;
    for (let slots = 0; ; slots++) {
      if (this.sendTaken === produced) throw new Error("a frame without its end");
      if (slots === 18) throw new Error("a frame of too many requests");
      const at = this.nextSend();
      const page = xen.use(xen.dmaRead(at, 4), BACKEND_DOMAIN, false);
      const offset = xen.dmaRead(at + 4, 2);
      const flags = xen.dmaRead(at + 6, 2);
      let size = xen.dmaRead(at + 10, 2);
      ids.push(xen.dmaRead(at + 8, 2));
      if (slots === 0) {
        total = size;
        first = flags;
        if (total < 14) throw new Error(`a frame of ${total} bytes`);
        if ((flags & 8) !== 0) {
          if (this.sendTaken === produced) throw new Error("a frame without its end");
          const extra = this.nextSend();
          if (xen.dmaRead(extra, 1) !== 1 || xen.dmaRead(extra + 4, 1) !== 1) throw new Error("not GSO of IPv4");
          if (xen.dmaRead(extra + 1, 1) !== 0) throw new Error("more extra information");
          segment = xen.dmaRead(extra + 2, 2);
          if (segment === 0) throw new Error("segments of 0 bytes");
          if ((flags & 1) === 0) throw new Error("GSO without a blank checksum");
        }
        // What the others have is told by their own sizes.
        if ((flags & 4) !== 0) size = PAGE_SIZE - offset;
      }
      if (offset + size > PAGE_SIZE) throw new Error("a request crosses its page");
      for (let i = 0; i < size; i++) bytes.push(xen.dmaRead(page + offset + i, 1));
      if ((flags & 4) === 0) break;
    }
    if (bytes.length !== total) throw new Error(`a frame of ${bytes.length} bytes says ${total}`);
    if (segment === 0 && total > 1518) throw new Error(`a frame of ${total} bytes without GSO`);
    return { bytes, flags: first, segment, ids };
  }

  private nextSend(): number {
    const at = this.sendPage + 64 + (this.sendTaken & 255) * 12;
    this.sendTaken = (this.sendTaken + 1) >>> 0;
    return at;
  }

  /** Answers a frame's requests, shows the answers, and notifies if that is wanted. */
  sent(frame: SentFrame, status = 0): void {
    for (let i = 0; i < frame.ids.length; i++) {
      this.answer(frame.ids[i]!, status);
      if (i === 0 && frame.segment > 0) this.answer(0x0101, 1);
    }
    this.showSent();
  }

  /** One answer of the transmit ring, not shown yet. */
  answer(id: number, status: number): void {
    const at = this.sendPage + 64 + (this.sendAnswered & 255) * 12;
    this.xen.dmaWrite(at, 2, id);
    this.xen.dmaWrite(at + 2, 2, status & 0xffff);
    this.sendAnswered = (this.sendAnswered + 1) >>> 0;
  }

  showSent(by = 0): boolean {
    return this.show(this.sendPage, (this.sendAnswered + by) >>> 0);
  }

  /** Puts a frame into as many pages as `pieces` has lengths; false: too few are there. */
  deliver(bytes: readonly number[], flags = 0, pieces: readonly number[] = [bytes.length]): boolean {
    let at = 0;
    for (let i = 0; i < pieces.length; i++) {
      const id = this.nextPage();
      if (id < 0) return false;
      const page = this.xen.use(this.referenceOf, BACKEND_DOMAIN, true);
      for (let j = 0; j < pieces[i]!; j++) this.xen.dmaWrite(page + j, 1, bytes[at + j]!);
      at += pieces[i]!;
      this.receiveAnswer(id, 0, flags | (i + 1 < pieces.length ? 4 : 0), pieces[i]!);
    }
    this.showReceived();
    return true;
  }

  private referenceOf = 0;

  /** The next page asked for: its id, -1: none. */
  nextPage(): number {
    const { xen } = this;
    const produced = xen.dmaRead(this.receivePage, 4);
    if (this.receiveTaken === produced) return -1;
    const at = this.receivePage + 64 + (this.receiveTaken & 255) * 8;
    this.referenceOf = xen.dmaRead(at + 4, 4);
    return xen.dmaRead(at, 2);
  }

  receiveAnswer(id: number, offset: number, flags: number, status: number): void {
    const { xen } = this;
    const at = this.receivePage + 64 + (this.receiveTaken & 255) * 8;
    xen.dmaWrite(at, 2, id);
    xen.dmaWrite(at + 2, 2, offset);
    xen.dmaWrite(at + 4, 2, flags);
    xen.dmaWrite(at + 6, 2, status & 0xffff);
    this.receiveTaken = (this.receiveTaken + 1) >>> 0;
  }

  showReceived(by = 0): boolean {
    return this.show(this.receivePage, (this.receiveTaken + by) >>> 0);
  }

  /** RING_PUSH_RESPONSES_AND_CHECK_NOTIFY; true: there was an interrupt. */
  private show(page: number, produced: number): boolean {
    const { xen } = this;
    const before = xen.dmaRead(page + 8, 4);
    xen.dmaWrite(page + 8, 4, produced);
    const event = xen.dmaRead(page + 12, 4);
    if ((produced - event) >>> 0 >= (produced - before) >>> 0) return false;
    return xen.event(this.port);
  }
}
