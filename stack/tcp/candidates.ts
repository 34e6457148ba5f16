// What making room works with: the connections that are furthest behind, and the clients that have much. One for a
// machine, so that it allocates nothing.

import { type Client, NO_CLIENT } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import { ADDRESS_PART } from "./limits.ts";

/** Connections that are ended at a time, at most. */
export const BATCH = 64;
/** Clients that can have more than one in ADDRESS_PART of something. */
export const HEAVY = ADDRESS_PART - 1;

/** What `makeRoom` works with. One for a machine, so that it allocates nothing. */
export class Room {
  /** The worst, found so far, worst first; their weighted lags. */
  readonly worst: Int32Array = new Int32Array(BATCH);
  readonly lags: Float64Array = new Float64Array(BATCH);
  found = 0;
  /** Candidates for a client with more than its part (Misra and Gries, "Finding repeated elements", 1982). */
  readonly clients: Int32Array = new Int32Array(HEAVY);
  readonly amounts: Float64Array = new Float64Array(HEAVY);
  /** The one that has more than its part. */
  heavy: Client = NO_CLIENT;
  /** By what is short, for others and for the heavy one: until when nobody is looked for. */
  readonly pausedUntil: Float64Array = new Float64Array(8);
  sweptAt: Instant = 0;
  /** What the largest holder of small answers had when none gave way, and until when that is believed. */
  largest = 0;
  largestUntil: Instant = 0;

  /** The same of the address that holds most receive memory. */
  largestAddress = 0;
  largestAddressUntil: Instant = 0;

  /** Enters a connection unless as many are worse. */
  enter(index: number, weighted: number): void {
    if (this.found === BATCH) {
      if (this.lags[BATCH - 1]! >= weighted) return;
      this.found--;
    }
    let at = this.found;
    while (at > 0 && this.lags[at - 1]! < weighted) {
      this.lags[at] = this.lags[at - 1]!;
      this.worst[at] = this.worst[at - 1]!;
      at--;
    }
    this.lags[at] = weighted;
    this.worst[at] = index;
    this.found++;
  }

  /** Counts `amount` for the client, as Misra and Gries do. */
  count(client: Client, amount: number): void {
    let least = 0;
    for (let i = 0; i < HEAVY; i++) {
      if (this.clients[i] === client && this.amounts[i]! > 0) {
        this.amounts[i] = this.amounts[i]! + amount;
        return;
      }
      if (this.amounts[i]! < this.amounts[least]!) least = i;
    }
    const taken = Math.min(amount, this.amounts[least]!);
    for (let i = 0; i < HEAVY; i++) this.amounts[i] = this.amounts[i]! - taken;
    if (amount === taken) return;
    this.clients[least] = client;
    this.amounts[least] = amount - taken;
  }
}
