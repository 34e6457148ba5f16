// Exchanges of which the appliance has not been told yet: new requests, more of a body, the end of one. A place for each
// record of the exchange table, so that there is room for every one of them whatever comes; and in an order that is fair
// to clients: whose request was handed over least recently has the next one.

import { type Client, NO_CLIENT } from "../base/path.ts";
import { recordOf } from "../http1/exchanges.ts";
import { EVENT_BODY, EVENT_NONE, EVENT_REQUEST } from "./events.ts";

const NO_EXCHANGE = -1;

export class RequestQueue {
  /** What `next` has found. */
  exchange = NO_EXCHANGE;

  // By record of the exchange table.
  private readonly exchanges: number[] = [];
  /** EVENT_REQUEST, EVENT_BODY, or EVENT_NONE: there is nothing to tell. */
  private readonly kinds: number[] = [];
  private readonly clients: Client[] = [];
  /** The turn in which it was entered: the lower, the longer it waits. */
  private readonly entered: number[] = [];
  /** By client: the turn in which a request of it was handed over. A number that comes to be another's is no matter. */
  private readonly served: number[] = [];
  /** Exchanges that are over while the appliance waits for more of their body: it must be told before all else. */
  private readonly over: number[] = [];
  private turn = 0;
  private waiting = 0;
  private lastClient: Client = NO_CLIENT;

  get length(): number {
    return this.waiting + this.over.length;
  }

  /** A new exchange of this client. What its record held before is over. */
  request(exchange: number, client: Client): void {
    this.enter(exchange, EVENT_REQUEST);
    this.clients[recordOf(exchange)] = client;
  }

  /** There is more of the body of an exchange that the appliance knows. */
  body(exchange: number): void {
    this.enter(exchange, EVENT_BODY);
  }

  /** The exchange is over. `reading`: the appliance waits for more of its body. */
  cancelled(exchange: number, reading: boolean): void {
    const record = recordOf(exchange);
    if (record < this.kinds.length && this.kinds[record]! !== EVENT_NONE && this.exchanges[record] === exchange) {
      this.kinds[record] = EVENT_NONE;
      this.waiting--;
    }
    if (reading) this.over.push(exchange);
  }

  /** Takes the next one out into `exchange`, and returns what of it is to be told; EVENT_NONE: nothing waits. */
  next(): number {
    if (this.over.length > 0) {
      this.exchange = this.over.pop()!;
      return EVENT_BODY;
    }
    if (this.waiting === 0) return EVENT_NONE;
    let best = NO_EXCHANGE;
    for (let i = 0; i < this.kinds.length; i++) {
      if (this.kinds[i]! !== EVENT_NONE && (best < 0 || this.before(i, best))) best = i;
    }
    const kind = this.kinds[best]!;
    this.kinds[best] = EVENT_NONE;
    this.waiting--;
    this.exchange = this.exchanges[best]!;
    this.lastClient = this.clients[best]!;
    return kind;
  }

  /** The one that `next` has found goes to the appliance: others are first now. */
  charge(): void {
    if (this.lastClient < 0) return;
    while (this.served.length <= this.lastClient) this.served.push(0);
    this.turn++;
    this.served[this.lastClient] = this.turn;
  }

  /** True when record `a` comes before record `b`. */
  private before(a: number, b: number): boolean {
    const servedA = this.servedOf(this.clients[a]!);
    const servedB = this.servedOf(this.clients[b]!);
    return servedA === servedB ? this.entered[a]! < this.entered[b]! : servedA < servedB;
  }

  private servedOf(client: Client): number {
    return client >= 0 && client < this.served.length ? this.served[client]! : 0;
  }

  private enter(exchange: number, kind: number): void {
    const record = recordOf(exchange);
    while (this.kinds.length <= record) {
      this.exchanges.push(NO_EXCHANGE);
      this.kinds.push(EVENT_NONE);
      this.clients.push(NO_CLIENT);
      this.entered.push(0);
    }
    if (this.kinds[record]! === EVENT_NONE) this.waiting++;
    this.turn++;
    this.exchanges[record] = exchange;
    this.kinds[record] = kind;
    this.entered[record] = this.turn;
  }
}
