/// <reference path="./native.d.ts" />
// Who speaks to whom: a table of pairs of addresses, ours and the peer's, with what all packets between the two share.
// Above the IP layer a path is an index into it; nobody else holds an address as a number. On the other side of the
// seam, in logs and in parameters an address is text.
//
//   const path = paths.open4(local, remote);   // the IP layer: a packet has come
//   paths.hold(path);                          // a connection, a bound port: this entry stays
//   paths.letGo(path);
//
// Bounded: what nobody holds is kept for as long as there is room, the one unused for longest goes first. So an answer
// without a state (a reset, a SYN cookie, an ICMP message) takes no lasting entry, whoever it goes to, and a flood from
// forged sources takes nothing from those who hold theirs.
//
// Addresses take 16 bytes each; an IPv4 address lies in the last four of them (RFC 4291 2.5.5.2).

import { formatIpv4, type Ipv4, parseIpv4 } from "./address.ts";
import { fold } from "./checksum.ts";
import { IndexTable, mix } from "./index-table.ts";
import { type Instant, NEVER, SECOND } from "./result.ts";

/** A pair of addresses, as index into the host's PathTable. */
export type Path = number & { readonly brand: "Path" };
/** No pair of addresses, or the table is full of paths that are held. */
export const NO_PATH = -1 as Path;

/** How long a path MTU below the link's is believed (RFC 1191 6.3: ten minutes). */
export const MTU_LIFETIME = 600 * SECOND;
/** Entries beside those of connections and bound ports: what is remembered of peers that nobody speaks to. */
export const IDLE_PATHS = 64;

const ADDRESS_LENGTH = 16;
const ENTRY_LENGTH = 2 * ADDRESS_LENGTH;
/** Where the four bytes of an IPv4 address lie in an entry. */
const LOCAL4 = 12;
const REMOTE4 = ADDRESS_LENGTH + 12;
const MAPPED = 0x0000ffff;
const NONE = -1;
const ZERO = 0x30;
const DOT = 0x2e;

export class PathTable {
  readonly capacity: number;
  /** By path: the folded sum of both addresses (RFC 1071). It is part of every checksum over a pseudo-header. */
  readonly sums: Int32Array;
  /** By path: the Ethernet address of the next hop, and in which turn of the IP layer it was found there. */
  readonly hops: Float64Array;
  readonly hopTurns: Int32Array;
  /** Our own address of each family; 0 while there is none. */
  local4: Ipv4 = 0 as Ipv4;
  /** The largest IP packet that the link, or the network it leads to, carries. */
  linkMtu: number;

  readonly #key: number;
  readonly #index: IndexTable;
  readonly #addresses: Uint8Array;
  readonly #hashes: Int32Array;
  readonly #users: Int32Array;
  readonly #mtus: Int32Array;
  readonly #mtuUntil: Float64Array;
  /** Entries that were ever used; those beyond are free. */
  #made = 0;
  // Entries that nobody holds, in the order in which they were last let go of.
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = NONE;
  #newest = NONE;
  /** What `open4` found last: packets come in runs. */
  #last: Path = NO_PATH;
  #lastLocal = -1;
  #lastRemote = -1;

  /** `capacity`: paths held at one time, and IDLE_PATHS more; `key`: a random 32-bit number. */
  constructor(capacity: number, linkMtu: number, key: number) {
    this.capacity = capacity + IDLE_PATHS;
    this.linkMtu = linkMtu;
    this.#key = key;
    this.#index = new IndexTable(this.capacity);
    this.#addresses = new Uint8Array(this.capacity * ENTRY_LENGTH);
    this.sums = new Int32Array(this.capacity);
    this.hops = new Float64Array(this.capacity);
    this.hopTurns = new Int32Array(this.capacity);
    this.#hashes = new Int32Array(this.capacity);
    this.#users = new Int32Array(this.capacity);
    this.#mtus = new Int32Array(this.capacity);
    this.#mtuUntil = new Float64Array(this.capacity);
    this.#older = new Int32Array(this.capacity);
    this.#newer = new Int32Array(this.capacity);
  }

  /** Entries in use, held or not. */
  get size(): number {
    return this.#index.size;
  }

  /** The path between two IPv4 addresses, which is entered when it is new. NO_PATH: every entry is held. */
  open4(local: Ipv4, remote: Ipv4): Path {
    if (remote === this.#lastRemote && local === this.#lastLocal) return this.#last;
    const hash = mix(remote, local, MAPPED, this.#key);
    let path = this.#search4(local, remote, hash);
    if (path < 0) path = this.#enter4(local, remote, hash);
    if (path < 0) return NO_PATH;
    this.#last = path;
    this.#lastLocal = local;
    this.#lastRemote = remote;
    return path;
  }

  /** The path between two IPv4 addresses if it is known, or NO_PATH. */
  find4(local: Ipv4, remote: Ipv4): Path {
    return this.#search4(local, remote, mix(remote, local, MAPPED, this.#key));
  }

  /** The path from our own address to this one, given as text. NO_PATH when that is no address. */
  toward(remote: string): Path {
    const address = parseIpv4(remote);
    return address === undefined ? NO_PATH : this.open4(this.local4, address);
  }

  /** Takes this address (as text; "" for none) for what is sent from now on. */
  setLocal(address: string): void {
    const parsed = parseIpv4(address);
    this.local4 = parsed === undefined ? (0 as Ipv4) : parsed;
  }

  /** One more user: the entry stays until each has let go of it. */
  hold(path: Path): void {
    const users = this.#users[path]!;
    this.#users[path] = users + 1;
    if (users === 0) this.#unlink(path);
  }

  letGo(path: Path): void {
    const users = this.#users[path]! - 1;
    if (users < 0) throw new Error("a path that nobody holds was let go of");
    this.#users[path] = users;
    if (users === 0) this.#append(path);
  }

  /** The sum to begin a TCP or UDP checksum with; `length` is that of header and payload (RFC 9293 3.1, RFC 768). */
  pseudoHeader(path: Path, protocol: number, length: number): number {
    return fold(this.sums[path]! + protocol + length);
  }

  /** The largest IP packet for this path as far as is known (RFC 1191). */
  mtu(path: Path, now: Instant): number {
    if (now >= this.#mtuUntil[path]!) {
      this.#mtus[path] = this.linkMtu;
      this.#mtuUntil[path] = NEVER;
    }
    return Math.min(this.#mtus[path]!, this.linkMtu);
  }

  /** A router has said so, and whoever asked has checked that it may be true. */
  lowerMtu(path: Path, mtu: number, now: Instant): void {
    if (mtu >= this.#mtus[path]!) return;
    this.#mtus[path] = mtu;
    this.#mtuUntil[path] = now + MTU_LIFETIME;
  }

  local4Of(path: Path): Ipv4 {
    return nativeLoad32(this.#addresses, path * ENTRY_LENGTH + LOCAL4) as Ipv4;
  }

  remote4Of(path: Path): Ipv4 {
    return nativeLoad32(this.#addresses, path * ENTRY_LENGTH + REMOTE4) as Ipv4;
  }

  /** Both addresses at the start of `into`, for a keyed hash; how many bytes that takes: 8 of IPv4, at most 32. */
  writeAddresses(path: Path, into: Uint8Array): number {
    nativeStoreLittle32(into, 0, this.local4Of(path));
    nativeStoreLittle32(into, 4, this.remote4Of(path));
    return 8;
  }

  localText(path: Path): string {
    return formatIpv4(this.local4Of(path));
  }

  remoteText(path: Path): string {
    return formatIpv4(this.remote4Of(path));
  }

  /** The peer's address as characters, without a string; where they end. At most 15 of them. */
  writeRemote(path: Path, into: Uint8Array, offset: number): number {
    let at = offset;
    for (let i = 0; i < 4; i++) {
      const byte = this.#addresses[path * ENTRY_LENGTH + REMOTE4 + i]!;
      if (i > 0) into[at++] = DOT;
      if (byte >= 100) into[at++] = ZERO + Math.floor(byte / 100);
      if (byte >= 10) into[at++] = ZERO + (Math.floor(byte / 10) % 10);
      into[at++] = ZERO + (byte % 10);
    }
    return at;
  }

  #search4(local: Ipv4, remote: Ipv4, hash: number): Path {
    const index = this.#index;
    for (let slot = index.first(hash); slot >= 0; slot = index.next(slot, hash)) {
      const path = index.at(slot) as Path;
      if (this.remote4Of(path) === remote && this.local4Of(path) === local) return path;
    }
    return NO_PATH;
  }

  #enter4(local: Ipv4, remote: Ipv4, hash: number): Path {
    const path = this.#claim();
    if (path < 0) return NO_PATH;
    const at = path * ENTRY_LENGTH;
    nativeStore32(this.#addresses, at + LOCAL4 - 4, MAPPED);
    nativeStore32(this.#addresses, at + LOCAL4, local);
    nativeStore32(this.#addresses, at + REMOTE4 - 4, MAPPED);
    nativeStore32(this.#addresses, at + REMOTE4, remote);
    const sum = local + remote;
    this.sums[path] = sum === 0 ? 0 : fold(sum);
    this.hopTurns[path] = NONE;
    this.#mtus[path] = this.linkMtu;
    this.#mtuUntil[path] = NEVER;
    this.#hashes[path] = hash;
    this.#index.insert(hash, path);
    this.#append(path);
    return path;
  }

  /** An entry that was never used, or the one that nobody has held for longest. */
  #claim(): Path {
    if (this.#made < this.capacity) return this.#made++ as Path;
    const path = this.#oldest as Path;
    if (path < 0) return NO_PATH;
    this.#unlink(path);
    this.#index.remove(this.#hashes[path]!, path);
    if (path === this.#last) {
      this.#last = NO_PATH;
      this.#lastLocal = -1;
      this.#lastRemote = -1;
    }
    return path;
  }

  #append(path: Path): void {
    this.#older[path] = this.#newest;
    this.#newer[path] = NONE;
    if (this.#newest >= 0) this.#newer[this.#newest] = path;
    else this.#oldest = path;
    this.#newest = path;
  }

  #unlink(path: Path): void {
    const older = this.#older[path]!;
    const newer = this.#newer[path]!;
    if (older >= 0) this.#newer[older] = newer;
    else this.#oldest = newer;
    if (newer >= 0) this.#older[newer] = older;
    else this.#newest = older;
  }
}
