// HTTP on a host: the table of ready responses, the server, its access lines, and the ports that it listens on.

import type { Link } from "../base/link.ts";
import { type Instant, MILLISECOND } from "../base/result.ts";
import type { Streams } from "../base/streams.ts";
import { DEFAULT_LIMITS } from "../http/limits.ts";
import { ReadyTable } from "../http/ready.ts";
import { HttpListener } from "../http1/listener.ts";
import { Manner } from "../http1/manner.ts";
import { HttpServer } from "../http1/server.ts";
import { RECORD_ROOM } from "../tls/limits.ts";
import { Access } from "./access.ts";
import { Host } from "./host.ts";
import { LogStream } from "./log-stream.ts";
import { Service } from "./service.ts";

/** Unread bytes of a connection: a request head of the largest size, and room for a body to flow. */
export const SERVER_RECEIVE_LIMIT = 16 * 1024;

/** A port, what speaks there, and what becomes of requests. */
export interface Listener {
  readonly port: number;
  /** TLS. */
  readonly secure: boolean;
  /** Requests are sent on to https at this port; 0: they are served. */
  readonly redirectTo: number;
}

export class Web extends Service {
  readonly ready: ReadyTable;
  /** The log over a stream, access lines among it. */
  readonly log: LogStream;
  readonly access: Access;
  readonly http: HttpServer;
  private readonly host: Host;
  /** Those that are listened to. */
  private readonly listeners: Listener[] = [];
  private readonly users: HttpListener[] = [];

  /** A web server on the host, which is to step it (Host.add). */
  constructor(host: Host) {
    super();
    this.host = host;
    this.log = new LogStream(host);
    this.access = new Access(host.udp, host.paths, host.events, this.log);
    this.ready = new ReadyTable(host.shared);
    const { connections, exchanges } = host.budget;
    const limits = { ...DEFAULT_LIMITS, connections, exchangeMemory: exchanges };
    this.http = new HttpServer(this.ready, this.access, limits);
  }

  /**
   * A port that is listened to already, in the same way, does from now on what is said here. False: the port is taken, or it
   * is to speak TLS and there is no entropy for that. `strictFor`: as Manner has it.
   */
  listen(listener: Listener, strictFor = -1): boolean {
    const manner = new Manner(listener.redirectTo, strictFor);
    for (let i = 0; i < this.listeners.length; i++) {
      const other = this.listeners[i]!;
      if (other.port !== listener.port || other.secure !== listener.secure) continue;
      this.users[i]!.manner = manner;
      return true;
    }
    const { tcp } = this.host;
    if (listener.secure && !this.host.canSecure) return false;
    const streams: Streams = listener.secure ? this.host.secure().tls : tcp;
    const user = new HttpListener(this.http, streams, manner);
    const listening = listener.secure
      ? tcp.listen(listener.port, tcp.addUser(this.host.secure().listener(user)), SERVER_RECEIVE_LIMIT + RECORD_ROOM)
      : tcp.listen(listener.port, tcp.addUser(user), SERVER_RECEIVE_LIMIT);
    if (!listening) return false;
    this.listeners.push(listener);
    this.users.push(user);
    return true;
  }

  /** Lets go of what is served for the path, once the exchanges that wait for it have it. */
  forget(path: string, now: Instant): void {
    this.http.retryAll(now);
    this.ready.forget(path);
  }

  override step(now: Instant): void {
    this.http.step(now);
    this.log.step(now);
  }

  override nextDeadline(): Instant {
    return this.http.nextDeadline();
  }

  override setWallClock(wallMs: number, now: Instant): void {
    this.http.setWallClock(wallMs, now);
    this.access.setWallClock(wallMs - now / MILLISECOND);
  }

  override addressChanged(): void {
    this.access.addressChanged();
  }

  override spare(): number {
    return Math.max(0, this.host.budget.exchanges - this.http.exchangeMemory);
  }

  override describe(): string {
    const { http, access, ready, log } = this;
    return `http-connections ${http.connections}\nexchanges ${http.exchanges}\nrequests ${access.requests}\nready ${ready.size}\n${log.describe()}`;
  }
}

/** A host that serves HTTP: see Host for the arguments. */
export class WebHost extends Host {
  readonly web: Web;

  constructor(link: Link, secret: Uint8Array, memory: number) {
    super(link, secret, memory);
    this.web = new Web(this);
    this.add(this.web);
  }
}
