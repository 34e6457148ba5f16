// The connection of a segment: an open-addressed hash table from (local, remote, ports) to a connection's index.
// Linear probing, at most half full, deletion by moving back (Knuth 6.4 algorithm R), so there are no tombstones and a
// table that has emptied is as good as new. The hash is keyed: a peer cannot choose colliding ports.

export class ConnectionTable {
  readonly #mask: number;
  readonly #key0: number;
  readonly #key1: number;
  readonly #locals: Float64Array;
  readonly #remotes: Float64Array;
  /** Local port * 65536 + remote port. */
  readonly #ports: Float64Array;
  /** Index of the connection, -1 for a free slot. */
  readonly #indices: Int32Array;
  size = 0;

  /** `capacity` connections at most; the keys are random 32-bit numbers. */
  constructor(capacity: number, key0: number, key1: number) {
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.#mask = slots - 1;
    this.#key0 = key0;
    this.#key1 = key1;
    this.#locals = new Float64Array(slots);
    this.#remotes = new Float64Array(slots);
    this.#ports = new Float64Array(slots);
    this.#indices = new Int32Array(slots);
    for (let i = 0; i < slots; i++) this.#indices[i] = -1;
  }

  /** The connection's index, or -1. */
  find(local: number, localPort: number, remote: number, remotePort: number): number {
    const ports = localPort * 0x10000 + remotePort;
    const mask = this.#mask;
    for (let slot = this.#home(local, remote, ports); ; slot = (slot + 1) & mask) {
      const index = this.#indices[slot]!;
      if (index < 0) return -1;
      if (this.#ports[slot]! === ports && this.#remotes[slot]! === remote && this.#locals[slot]! === local)
        return index;
    }
  }

  /** The key must be absent and the table not beyond its capacity. */
  insert(local: number, localPort: number, remote: number, remotePort: number, index: number): void {
    const ports = localPort * 0x10000 + remotePort;
    let slot = this.#home(local, remote, ports);
    while (this.#indices[slot]! >= 0) slot = (slot + 1) & this.#mask;
    this.#set(slot, local, remote, ports, index);
    this.size++;
  }

  remove(local: number, localPort: number, remote: number, remotePort: number): void {
    const ports = localPort * 0x10000 + remotePort;
    const mask = this.#mask;
    let hole = this.#home(local, remote, ports);
    for (; ; hole = (hole + 1) & mask) {
      if (this.#indices[hole]! < 0) return;
      if (this.#ports[hole]! === ports && this.#remotes[hole]! === remote && this.#locals[hole]! === local) break;
    }
    this.size--;
    for (let slot = (hole + 1) & mask; this.#indices[slot]! >= 0; slot = (slot + 1) & mask) {
      const home = this.#home(this.#locals[slot]!, this.#remotes[slot]!, this.#ports[slot]!);
      // An entry may move back into the hole unless its home lies behind the hole.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.#set(hole, this.#locals[slot]!, this.#remotes[slot]!, this.#ports[slot]!, this.#indices[slot]!);
        hole = slot;
      }
    }
    this.#indices[hole] = -1;
  }

  #set(slot: number, local: number, remote: number, ports: number, index: number): void {
    this.#locals[slot] = local;
    this.#remotes[slot] = remote;
    this.#ports[slot] = ports;
    this.#indices[slot] = index;
  }

  #home(local: number, remote: number, ports: number): number {
    let h = Math.imul(remote ^ this.#key0, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 15) ^ ports ^ this.#key1, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13) ^ local, 0xc2b2ae35);
    return (h ^ (h >>> 16)) & this.#mask;
  }
}
