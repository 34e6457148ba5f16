// How an exchange is read from above: by id, between HttpEvents.request and HttpServer.respond.

import { NO_PATH, type Path } from "../base/path.ts";
import { StreamUser } from "../base/streams.ts";
import { ConnectionTable } from "./connections.ts";
import { ExchangeTable } from "./exchanges.ts";

/** The readable half of HttpServer. For an exchange that is over every text is "", every number 0. */
export abstract class ExchangeAccess extends StreamUser {
  protected readonly connectionTable: ConnectionTable;
  protected readonly exchangeTable: ExchangeTable = new ExchangeTable();

  constructor(connections: number) {
    super();
    this.connectionTable = new ConnectionTable(connections);
  }

  /** Connections, and exchanges with the appliance, in progress. */
  get connections(): number {
    return this.connectionTable.used;
  }
  get exchanges(): number {
    return this.exchangeTable.used;
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

  /** The whole body, chunks joined. The array is the caller's from now on. */
  body(exchange: number): Uint8Array {
    const e = this.exchangeTable.find(exchange);
    return e < 0 ? new Uint8Array(0) : this.exchangeTable.at(e).wholeBody();
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
