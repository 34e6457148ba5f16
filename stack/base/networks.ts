// Networks of IPv6, numbered: the first 64 bits of an address, since whoever is given a network has at least as many
// addresses as those leave (RFC 6177, RFC 7421), and may use all of them. Of the well-known prefix of translators (RFC 6052 2.1,
// 64:ff9b::/96) each address is an IPv4 host of its own.

import { IndexTable, mix } from "./index-table.ts";

const TRANSLATED = 0x0064ff9b;
const ROOM = 16;

export class Networks {
  readonly #index = new IndexTable(ROOM);
  // By network: its first 64 bits, the IPv4 address behind a translator (else 0), its hash, and how many there are who use it.
  readonly #high: number[] = [];
  readonly #low: number[] = [];
  readonly #host: number[] = [];
  readonly #hashes: number[] = [];
  readonly #users: number[] = [];
  readonly #free: number[] = [];

  /** Networks in use. */
  get size(): number {
    return this.#index.size;
  }

  /** The number of the network that the address at `offset` belongs to; one user more. `key`: random. */
  enter(bytes: Uint8Array, offset: number, key: number): number {
    const high = nativeLoad32(bytes, offset);
    const low = nativeLoad32(bytes, offset + 4);
    const translated = high === TRANSLATED && low === 0 && nativeLoad32(bytes, offset + 8) === 0;
    const host = translated ? nativeLoad32(bytes, offset + 12) : 0;
    const hash = mix(high, low, host, key);
    const index = this.#index;
    for (let slot = index.first(hash); slot >= 0; slot = index.next(slot, hash)) {
      const found = index.at(slot);
      if (this.#high[found]! !== high || this.#low[found]! !== low || this.#host[found]! !== host) continue;
      this.#users[found] = this.#users[found]! + 1;
      return found;
    }
    const network = this.#take();
    this.#high[network] = high;
    this.#low[network] = low;
    this.#host[network] = host;
    this.#hashes[network] = hash;
    this.#users[network] = 1;
    index.insert(hash, network);
    return network;
  }

  /** One user less; without any its number is another's. */
  leave(network: number): void {
    const users = this.#users[network]! - 1;
    this.#users[network] = users;
    if (users > 0) return;
    this.#index.remove(this.#hashes[network]!, network);
    this.#free.push(network);
  }

  #take(): number {
    if (this.#free.length > 0) {
      const network = this.#free[this.#free.length - 1]!;
      this.#free.pop();
      return network;
    }
    this.#high.push(0);
    this.#low.push(0);
    this.#host.push(0);
    this.#hashes.push(0);
    this.#users.push(0);
    return this.#high.length - 1;
  }
}
