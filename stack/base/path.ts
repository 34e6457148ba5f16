/// <reference path="./native.d.ts" />
// Who speaks to whom: a table of pairs of addresses, ours and the peer's, with what all packets between the two share.
// Above the IP layer a path is an index into it; nobody else holds an address as a number. On the other side of the
// seam, in logs and in parameters an address is text.
//
//   const path = paths.open4(local, remote);   // the IP layer: a packet has come
//   const path = paths.open6(bytes, offset);   // the same of the other family
//   paths.hold(path);                          // a connection, a bound port: this entry stays
//   paths.letGo(path);
//
// Bounded: what nobody holds is kept for as long as there is room, the one unused for longest goes first. So an answer
// without a state (a reset, a SYN cookie, an ICMP message) takes no lasting entry, whoever it goes to, and a flood from
// forged sources takes nothing from those who hold theirs.
//
// Addresses take 16 bytes each; an IPv4 address lies in the last four of them (RFC 4291 2.5.5.2).

import { formatIpv4, type Ipv4, parseIpv4 } from "./address.ts";
import { ADDRESS6_LENGTH, copy6, equal6, formatIpv6, isMapped, parseIpv6, writeDotted, writeIpv6 } from "./address6.ts";
import { fold } from "./checksum.ts";
import { IndexTable, mix } from "./index-table.ts";
import { type LocalAddresses, NoLocalAddresses } from "./local-addresses.ts";
import { Networks } from "./networks.ts";
import { Recency } from "./recency.ts";
import { type Instant, NEVER, SECOND } from "./result.ts";

/** A pair of addresses, as index into the host's PathTable. */
export type Path = number & { readonly brand: "Path" };
/** No pair of addresses, or the table is full of paths that are held. */
export const NO_PATH = -1 as Path;
/** Whose share of what is short something counts to: see `clientOf`. */
export type Client = number & { readonly brand: "Client" };
export const NO_CLIENT = -1 as Client;

/** How long a path MTU below the link's is believed (RFC 1191 6.3: ten minutes). */
export const MTU_LIFETIME = 600 * SECOND;
/** Entries beside those of connections and bound ports: what is remembered of peers that nobody speaks to. */
export const IDLE_PATHS = 64;

// An entry is our address, then the peer's: as in the header of a packet that we send.
const ENTRY_LENGTH = 2 * ADDRESS6_LENGTH;
const REMOTE = ADDRESS6_LENGTH;
/** Where the four bytes of an IPv4 address lie in an entry. */
const LOCAL4 = 12;
const REMOTE4 = REMOTE + 12;
const MAPPED = 0x0000ffff;
const NONE = -1;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

export class PathTable {
  readonly capacity: number;
  /** By path: the version of IP, 4 or 6. */
  readonly families: Uint8Array;
  /** By path: the folded sum of both addresses (RFC 1071). It is part of every checksum over a pseudo-header. */
  readonly sums: Int32Array;
  /** By path: how long an answer may take, µs, as the last handshake found it (RFC 9040); 0: nobody knows. */
  readonly timeouts: Int32Array;
  /** By path: the Ethernet address of the next hop, and in which turn of the IP layer it was found there. */
  readonly hops: Float64Array;
  readonly hopTurns: Int32Array;
  /** Our own IPv4 address; 0 while there is none. */
  local4: Ipv4 = 0 as Ipv4;
  /** Our own IPv6 addresses. */
  local6: LocalAddresses = new NoLocalAddresses();
  /** The largest IPv4 packet that the link, or the network it leads to, carries. */
  linkMtu: number;
  /** The same of IPv6, which routers may tell otherwise. */
  linkMtu6: number;

  readonly #key: number;
  readonly #key6: Uint8Array = new Uint8Array(16);
  readonly #index: IndexTable;
  readonly #addresses: Uint8Array;
  readonly #hashes: Int32Array;
  readonly #users: Int32Array;
  readonly #mtus: Int32Array;
  readonly #mtuUntil: Float64Array;
  /** By path, of IPv6: the peer's network. */
  readonly #networkOf: Int32Array;
  readonly #networks = new Networks();
  /** Entries that were ever used; those beyond are free. */
  #made = 0;
  // Entries that nobody holds, in the order in which they were last let go of.
  readonly #unheld: Recency;
  /** What `open4` found last: packets come in runs. */
  #last: Path = NO_PATH;
  #lastLocal = -1;
  #lastRemote = -1;
  /** What `open6` found last. */
  #last6: Path = NO_PATH;
  /** A pair of addresses as `open6` takes it: the peer's first. */
  readonly #pair: Uint8Array = new Uint8Array(ENTRY_LENGTH);

  /** `capacity`: paths held at one time, and IDLE_PATHS more; `key`: a random 32-bit number. */
  constructor(capacity: number, linkMtu: number, key: number) {
    this.capacity = capacity + IDLE_PATHS;
    this.linkMtu = linkMtu;
    this.linkMtu6 = linkMtu;
    this.#key = key;
    nativeStore32(this.#key6, 0, key);
    this.#index = new IndexTable(this.capacity);
    this.#addresses = new Uint8Array(this.capacity * ENTRY_LENGTH);
    this.families = new Uint8Array(this.capacity);
    this.sums = new Int32Array(this.capacity);
    this.timeouts = new Int32Array(this.capacity);
    this.hops = new Float64Array(this.capacity);
    this.hopTurns = new Int32Array(this.capacity);
    this.#hashes = new Int32Array(this.capacity);
    this.#users = new Int32Array(this.capacity);
    this.#mtus = new Int32Array(this.capacity);
    this.#mtuUntil = new Float64Array(this.capacity);
    this.#networkOf = new Int32Array(this.capacity);
    this.#unheld = new Recency(this.capacity);
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

  /**
   * The path between two IPv6 addresses, the peer's at `offset` and ours behind it, as they lie in a packet that has come.
   * It is entered when it is new. NO_PATH: every entry is held.
   */
  open6(bytes: Uint8Array, offset: number): Path {
    const again = this.again6(bytes, offset);
    if (again >= 0) return again;
    const hash = this.#hash6(bytes, offset);
    let path = this.#search6(bytes, offset, hash);
    if (path < 0) path = this.#enter6(bytes, offset, hash);
    if (path >= 0) this.#last6 = path;
    return path;
  }

  /** What `open6` returned last if it was for these two; else NO_PATH, known or not. */
  again6(bytes: Uint8Array, offset: number): Path {
    return this.#last6 >= 0 && this.#is6(this.#last6, bytes, offset) ? this.#last6 : NO_PATH;
  }

  /** The path between two IPv6 addresses if it is known, or NO_PATH. */
  find6(local: Uint8Array, localOffset: number, remote: Uint8Array, remoteOffset: number): Path {
    copy6(this.#pair, 0, remote, remoteOffset);
    copy6(this.#pair, REMOTE, local, localOffset);
    return this.#search6(this.#pair, 0, this.#hash6(this.#pair, 0));
  }

  /** The path from our own address to this one, given as text. NO_PATH when that is no address, or we have none for it. */
  toward(remote: string): Path {
    const address = parseIpv4(remote);
    if (address !== undefined) return this.open4(this.local4, address);
    return parseIpv6(remote, this.#pair, 0) ? this.#toward6() : NO_PATH;
  }

  /** The path from our own address to the IPv6 address at `offset`, or NO_PATH. */
  toward6(remote: Uint8Array, offset: number): Path {
    copy6(this.#pair, 0, remote, offset);
    return this.#toward6();
  }

  #toward6(): Path {
    // What looks like this on a wire is an attempt to get around filters.
    if (isMapped(this.#pair, 0)) return NO_PATH;
    return this.local6.choose(this.#pair, 0, this.#pair, REMOTE) ? this.open6(this.#pair, 0) : NO_PATH;
  }

  /** True while our end of the path is an address of ours. */
  isOurs(path: Path): boolean {
    if (this.families[path]! === 6) return this.local6.has(this.#addresses, path * ENTRY_LENGTH);
    return this.local4 !== 0 && this.local4Of(path) === this.local4;
  }

  /**
   * Whose share the peer's doings count to: an IPv4 address's, or that of a network of IPv6, since who has one of its
   * addresses has them all. The same number for as long as there is the path.
   */
  clientOf(path: Path): Client {
    if (path < 0) return NO_CLIENT;
    return (this.families[path]! === 6 ? this.capacity + this.#networkOf[path]! : path) as Client;
  }

  /** Bytes of the IP header that a packet on this path has at least. */
  headerLength(path: Path): number {
    return this.families[path]! === 6 ? IPV6_HEADER : IPV4_HEADER;
  }

  /** The largest IP packet that the link carries for this path's family. */
  linkMtuOf(path: Path): number {
    return this.families[path]! === 6 ? this.linkMtu6 : this.linkMtu;
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
    if (users === 0) this.#unheld.remove(path);
  }

  letGo(path: Path): void {
    const users = this.#users[path]! - 1;
    if (users < 0) throw new Error("a path that nobody holds was let go of");
    this.#users[path] = users;
    if (users === 0) this.#unheld.append(path);
  }

  /** The sum to begin a TCP or UDP checksum with; `length` is that of header and payload (RFC 9293 3.1, RFC 768). */
  pseudoHeader(path: Path, protocol: number, length: number): number {
    return fold(this.sums[path]! + protocol + length);
  }

  /** The largest IP packet for this path as far as is known (RFC 1191). */
  mtu(path: Path, now: Instant): number {
    const link = this.linkMtuOf(path);
    if (now >= this.#mtuUntil[path]!) {
      this.#mtus[path] = link;
      this.#mtuUntil[path] = NEVER;
    }
    return Math.min(this.#mtus[path]!, link);
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

  /** Both IPv6 addresses, ours first, to `at`: source and destination of what we send. */
  copyAddresses6(path: Path, into: Uint8Array, at: number): void {
    nativeCopy(into, at, this.#addresses, path * ENTRY_LENGTH, ENTRY_LENGTH);
  }

  /** The peer's IPv6 address. */
  copyRemote6(path: Path, into: Uint8Array, at: number): void {
    copy6(into, at, this.#addresses, path * ENTRY_LENGTH + REMOTE);
  }

  /** Both addresses at the start of `into`, for a keyed hash; how many bytes that takes: 8 of IPv4, 32 of IPv6. */
  writeAddresses(path: Path, into: Uint8Array): number {
    if (this.families[path]! === 6) {
      this.copyAddresses6(path, into, 0);
      return ENTRY_LENGTH;
    }
    nativeStoreLittle32(into, 0, this.local4Of(path));
    nativeStoreLittle32(into, 4, this.remote4Of(path));
    return 8;
  }

  localText(path: Path): string {
    return this.#text(path * ENTRY_LENGTH);
  }

  remoteText(path: Path): string {
    return this.#text(path * ENTRY_LENGTH + REMOTE);
  }

  /** The peer's address as characters, without a string; where they end. At most ADDRESS6_TEXT of them. */
  writeRemote(path: Path, into: Uint8Array, offset: number): number {
    const at = path * ENTRY_LENGTH + REMOTE;
    if (this.families[path]! === 6) return writeIpv6(this.#addresses, at, into, offset);
    return writeDotted(this.#addresses, at + 12, into, offset);
  }

  #text(at: number): string {
    if (isMapped(this.#addresses, at)) return formatIpv4(nativeLoad32(this.#addresses, at + 12));
    return formatIpv6(this.#addresses, at);
  }

  #search4(local: Ipv4, remote: Ipv4, hash: number): Path {
    const index = this.#index;
    for (let slot = index.first(hash); slot >= 0; slot = index.next(slot, hash)) {
      const path = index.at(slot) as Path;
      if (this.families[path]! !== 4) continue;
      if (this.remote4Of(path) === remote && this.local4Of(path) === local) return path;
    }
    return NO_PATH;
  }

  #enter4(local: Ipv4, remote: Ipv4, hash: number): Path {
    const path = this.#claim();
    if (path < 0) return NO_PATH;
    const at = path * ENTRY_LENGTH;
    nativeZero(this.#addresses, at, ENTRY_LENGTH);
    nativeStore32(this.#addresses, at + LOCAL4 - 4, MAPPED);
    nativeStore32(this.#addresses, at + LOCAL4, local);
    nativeStore32(this.#addresses, at + REMOTE4 - 4, MAPPED);
    nativeStore32(this.#addresses, at + REMOTE4, remote);
    const sum = local + remote;
    this.families[path] = 4;
    this.sums[path] = sum === 0 ? 0 : fold(sum);
    this.#enter(path, hash);
    return path;
  }

  #search6(bytes: Uint8Array, offset: number, hash: number): Path {
    const index = this.#index;
    for (let slot = index.first(hash); slot >= 0; slot = index.next(slot, hash)) {
      const path = index.at(slot) as Path;
      if (this.families[path]! === 6 && this.#is6(path, bytes, offset)) return path;
    }
    return NO_PATH;
  }

  #enter6(bytes: Uint8Array, offset: number, hash: number): Path {
    const path = this.#claim();
    if (path < 0) return NO_PATH;
    const at = path * ENTRY_LENGTH;
    copy6(this.#addresses, at, bytes, offset + ADDRESS6_LENGTH);
    copy6(this.#addresses, at + REMOTE, bytes, offset);
    this.families[path] = 6;
    this.sums[path] = nativeChecksum(bytes, offset, ENTRY_LENGTH, 0);
    this.#networkOf[path] = this.#networks.enter(bytes, offset, this.#key);
    this.#enter(path, hash);
    return path;
  }

  /** True when the path is between these two, the peer's first. */
  #is6(path: Path, bytes: Uint8Array, offset: number): boolean {
    const at = path * ENTRY_LENGTH;
    return (
      equal6(this.#addresses, at + REMOTE, bytes, offset) &&
      equal6(this.#addresses, at, bytes, offset + ADDRESS6_LENGTH)
    );
  }

  /** Whoever has a network of 2^64 addresses chooses among them: the hash is one that nobody can foresee. */
  #hash6(bytes: Uint8Array, offset: number): number {
    return nativeSipHash(this.#key6, bytes, offset, ENTRY_LENGTH) | 0;
  }

  /** The rest of a new entry. */
  #enter(path: Path, hash: number): void {
    this.hopTurns[path] = NONE;
    this.timeouts[path] = 0;
    this.#mtus[path] = this.linkMtuOf(path);
    this.#mtuUntil[path] = NEVER;
    this.#hashes[path] = hash;
    this.#index.insert(hash, path);
    this.#unheld.append(path);
  }

  /** An entry that was never used, or the one that nobody has held for longest. */
  #claim(): Path {
    if (this.#made < this.capacity) return this.#made++ as Path;
    const path = this.#unheld.oldest as Path;
    if (path < 0) return NO_PATH;
    this.#unheld.remove(path);
    this.#index.remove(this.#hashes[path]!, path);
    if (this.families[path]! === 6) this.#networks.leave(this.#networkOf[path]!);
    if (path === this.#last) {
      this.#last = NO_PATH;
      this.#lastLocal = -1;
      this.#lastRemote = -1;
    }
    if (path === this.#last6) this.#last6 = NO_PATH;
    return path;
  }
}
