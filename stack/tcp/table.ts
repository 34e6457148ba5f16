// The connection of a segment: from path and ports to a connection's index. The hash is keyed: a peer cannot choose
// colliding ports.

import { IndexTable, mix } from "../base/index-table.ts";
import type { Path } from "../base/path.ts";
import type { Connection } from "./connection.ts";

export class ConnectionTable {
  readonly #index: IndexTable;
  /** The connections by index, as the table's owner has them. */
  readonly #connections: readonly Connection[];
  readonly #key: number;

  /** `capacity` connections at most; the key is a random 32-bit number. */
  constructor(capacity: number, connections: readonly Connection[], key: number) {
    this.#index = new IndexTable(capacity);
    this.#connections = connections;
    this.#key = key;
  }

  get size(): number {
    return this.#index.size;
  }

  /** The connection's index, or -1. */
  find(path: Path, localPort: number, remotePort: number): number {
    const hash = mix(remotePort, localPort, path, this.#key);
    const index = this.#index;
    for (let slot = index.first(hash); slot >= 0; slot = index.next(slot, hash)) {
      const found = index.at(slot);
      const c = this.#connections[found]!;
      if (c.remotePort === remotePort && c.path === path && c.localPort === localPort) return found;
    }
    return -1;
  }

  /** Enters a connection whose path and ports are set, and not in the table yet. */
  insert(c: Connection): void {
    this.#index.insert(mix(c.remotePort, c.localPort, c.path, this.#key), c.index);
  }

  remove(c: Connection): void {
    this.#index.remove(mix(c.remotePort, c.localPort, c.path, this.#key), c.index);
  }
}
