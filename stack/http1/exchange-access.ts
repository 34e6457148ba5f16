// How an exchange is read from above: by id, between HttpEvents.request and HttpServer.respond.

import { NO_PATH, type Path } from "../base/path.ts";
import { BODY_ENDED, BODY_GONE, BODY_OPEN } from "../http/events.ts";
import type { HttpLimits } from "../http/limits.ts";
import { BodyPool } from "./bodies.ts";
import { ConnectionTable } from "./connections.ts";
import { ExchangeTable } from "./exchanges.ts";

/** The readable half of HttpServer. For an exchange that is over every text is "", every number 0. */
export abstract class ExchangeAccess {
  protected readonly connectionTable: ConnectionTable;
  protected readonly exchangeTable: ExchangeTable;

  protected readonly bodies: BodyPool = new BodyPool();

  constructor(limits: HttpLimits) {
    this.connectionTable = new ConnectionTable(limits.connections);
    this.exchangeTable = new ExchangeTable(limits.exchangeMemory);
  }

  /** Connections, and exchanges with the appliance, in progress. */
  get connections(): number {
    return this.connectionTable.used;
  }
  get exchanges(): number {
    return this.exchangeTable.used;
  }
  /** Bytes that exchanges are counted with. */
  get exchangeMemory(): number {
    return this.exchangeTable.memory;
  }

  /** The appliance is told of the exchange now: it does not give way to others any more. */
  known(exchange: number): void {
    const e = this.exchangeTable.find(exchange);
    if (e >= 0) this.exchangeTable.at(e).known = true;
  }

  method(exchange: number): string {
    const e = this.exchangeTable.find(exchange);
    return e < 0 ? "" : this.exchangeTable.at(e).method();
  }

  /** Path and query as sent; begins with "/". */
  target(exchange: number): string {
    const e = this.exchangeTable.find(exchange);
    return e < 0 ? "" : this.exchangeTable.at(e).target();
  }

  /** All header lines, "name: value\r\n"..., names in lower case. */
  headerText(exchange: number): string {
    const e = this.exchangeTable.find(exchange);
    return e < 0 ? "" : this.exchangeTable.at(e).headerText();
  }

  headerCount(exchange: number): number {
    const e = this.exchangeTable.find(exchange);
    return e < 0 ? 0 : this.exchangeTable.at(e).head.headerCount;
  }

  /** In lower case. */
  headerName(exchange: number, n: number): string {
    const e = this.exchangeTable.find(exchange);
    return e < 0 || !(n >= 0 && n < this.exchangeTable.at(e).head.headerCount)
      ? ""
      : this.exchangeTable.at(e).headerName(n);
  }

  headerValue(exchange: number, n: number): string {
    const e = this.exchangeTable.find(exchange);
    return e < 0 || !(n >= 0 && n < this.exchangeTable.at(e).head.headerCount)
      ? ""
      : this.exchangeTable.at(e).headerValue(n);
  }

  /** BODY_OPEN, BODY_ENDED or BODY_GONE, after what `readBody` has returned. */
  bodyState(exchange: number): number {
    const e = this.exchangeTable.find(exchange);
    if (e < 0) return BODY_GONE;
    const { body } = this.connectionTable.at(this.exchangeTable.at(e).connection);
    return body < 0 || this.bodies.at(body).ended ? BODY_ENDED : BODY_OPEN;
  }

  /** The path to the peer; NO_PATH when the exchange is over. */
  peerPath(exchange: number): Path {
    const e = this.exchangeTable.find(exchange);
    return e < 0 ? NO_PATH : this.connectionTable.at(this.exchangeTable.at(e).connection).path;
  }

  peerPort(exchange: number): number {
    const e = this.exchangeTable.find(exchange);
    return e < 0 ? 0 : this.connectionTable.at(this.exchangeTable.at(e).connection).peerPort;
  }
}
