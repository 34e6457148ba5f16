// The resolver on UDP and TCP, and its answers as events of the seam.

import type { Port } from "../base/address.ts";
import { type Counters, DNS_REFUSED } from "../base/counters.ts";
import { copyBytes } from "../base/native.ts";
import type { Path, PathTable } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import { type Handle, StreamUser } from "../base/streams.ts";
import { Resolver } from "../dns/machine.ts";
import {
  DNS_BAD_NAME,
  DNS_NO_ADDRESS,
  DNS_NO_RESOLVER,
  DNS_NO_SUCH_NAME,
  DNS_SERVER_FAILED,
  DNS_SERVER_REFUSED,
} from "../dns/query.ts";
import { ResolverSink } from "../dns/sink.ts";
import { DNS_PORT } from "../dns/wire.ts";
import type { Tcp } from "../tcp/tcp.ts";
import { type Datagram, type Udp, UdpUser } from "../udp/machine.ts";
import type { EventQueue } from "./event-queue.ts";
import {
  EVENT_RESOLVED,
  RESOLVE_BAD_NAME,
  RESOLVE_DONE,
  RESOLVE_NO_ADDRESS,
  RESOLVE_NO_ANSWER,
  RESOLVE_NO_RESOLVER,
  RESOLVE_NO_SUCH_NAME,
  RESOLVE_SERVER_FAILED,
  RESOLVE_SERVER_REFUSED,
} from "./events.ts";
import type { Random } from "./random.ts";

/** A DNS message over TCP, with its length field: at most 16 bits of length (RFC 1035 4.2.2). We take less. */
const TCP_ANSWER_LIMIT = 16 * 1024;

/** What the resolver sends, and what it says. */
class NamesSink extends ResolverSink {
  now: Instant = 0;
  /** Tokens and addresses of answers that the edge has not fetched yet; as many as there are RESOLVED events. */
  readonly tokens: number[] = [];
  readonly answers: (readonly string[])[] = [];
  /** Queries that want a connection, or want theirs closed, worked off by Names. */
  readonly handles: Handle[] = [];
  readonly handleQueries: number[] = [];
  user: UdpUser | undefined;
  tcpUser = -1;

  private readonly udp: Udp;
  private readonly tcp: Tcp;
  private readonly paths: PathTable;
  private readonly events: EventQueue;
  private readonly randomness: Random;

  constructor(udp: Udp, tcp: Tcp, paths: PathTable, events: EventQueue, random: Random) {
    super();
    this.udp = udp;
    this.tcp = tcp;
    this.paths = paths;
    this.events = events;
    this.randomness = random;
  }

  override random(): number {
    return this.randomness.next();
  }

  override sendQuery(port: Port, server: string, bytes: Uint8Array, length: number): boolean {
    const path = this.paths.toward(server);
    if (path < 0 || this.user === undefined || !this.udp.bindTo(port, this.user, path, DNS_PORT as Port)) return false;
    if (this.udp.send(path, port, DNS_PORT as Port, bytes, 0, length)) return true;
    this.udp.unbind(port);
    return false;
  }

  override closePort(port: Port): void {
    this.udp.unbind(port);
  }

  override openTcp(query: number, server: string, bytes: Uint8Array, length: number): void {
    const handle = this.tcp.connect(this.paths.toward(server), DNS_PORT, this.tcpUser, TCP_ANSWER_LIMIT, this.now);
    // A connect that cannot even begin fails by the query's own deadline.
    if (handle < 0) return;
    const message = new Uint8Array(length);
    copyBytes(message, 0, bytes, 0, length);
    this.tcp.send(handle, message, 0, length);
    this.handles.push(handle);
    this.handleQueries.push(query);
  }

  override closeTcp(query: number): void {
    for (let i = 0; i < this.handles.length; i++) {
      if (this.handleQueries[i] !== query) continue;
      const handle = this.handles[i]!;
      this.forget(handle);
      this.tcp.abort(handle);
      return;
    }
  }

  override answer(token: number, addresses: readonly string[], error: number, _now: Instant): void {
    this.tokens.push(token);
    this.answers.push(addresses);
    this.events.push(EVENT_RESOLVED, token, resolveCode(error), "");
  }

  queryOf(handle: Handle): number {
    for (let i = 0; i < this.handles.length; i++) if (this.handles[i] === handle) return this.handleQueries[i]!;
    return -1;
  }

  forget(handle: Handle): void {
    for (let i = 0; i < this.handles.length; i++) {
      if (this.handles[i] !== handle) continue;
      this.handles.splice(i, 1);
      this.handleQueries.splice(i, 1);
      return;
    }
  }
}

class NamesUdp extends UdpUser {
  private readonly resolver: Resolver;
  private readonly sink: NamesSink;
  private readonly counters: Counters;

  constructor(resolver: Resolver, sink: NamesSink, counters: Counters) {
    super();
    this.resolver = resolver;
    this.sink = sink;
    this.counters = counters;
  }

  override datagram(datagram: Datagram, now: Instant): void {
    const { localPort, bytes, offset, length } = datagram;
    if (!this.resolver.input(localPort, bytes, offset, length, now, this.sink)) this.counters.note(DNS_REFUSED);
  }

  override refused(localPort: Port, _path: Path, _port: Port, now: Instant): void {
    this.resolver.refused(localPort, now, this.sink);
  }
}

class NamesTcp extends StreamUser {
  private readonly resolver: Resolver;
  private readonly sink: NamesSink;
  private readonly tcp: Tcp;

  constructor(resolver: Resolver, sink: NamesSink, tcp: Tcp) {
    super();
    this.resolver = resolver;
    this.sink = sink;
    this.tcp = tcp;
  }

  override accepted(_handle: Handle, _port: number, _now: Instant): void {}
  override connected(_handle: Handle, _now: Instant): void {}
  override sent(_handle: Handle, _now: Instant): void {}

  override readable(handle: Handle, now: Instant): void {
    const query = this.sink.queryOf(handle);
    const unread = this.tcp.readLength(handle);
    if (query < 0) return;
    if (unread >= 2) {
      const bytes = this.tcp.readBuffer(handle);
      const start = this.tcp.readStart(handle);
      const length = (bytes[start]! << 8) | bytes[start + 1]!;
      if (unread >= length + 2) {
        // The answer ends the query, which closes the connection; the bytes must outlive that.
        const message = new Uint8Array(length);
        copyBytes(message, 0, bytes, start + 2, length);
        this.sink.forget(handle);
        this.tcp.abort(handle);
        this.resolver.tcpAnswer(query, message, 0, length, now, this.sink);
        return;
      }
    }
    if (this.tcp.readEnded(handle) || unread >= TCP_ANSWER_LIMIT) {
      this.sink.forget(handle);
      this.tcp.abort(handle);
      this.resolver.tcpFailed(query, now, this.sink);
    }
  }

  override closed(handle: Handle, _reason: number, now: Instant): void {
    const query = this.sink.queryOf(handle);
    this.sink.forget(handle);
    if (query >= 0) this.resolver.tcpFailed(query, now, this.sink);
  }
}

export class Names {
  private readonly resolver = new Resolver();
  private readonly sink: NamesSink;
  /** Set by hand: they come before the lease's. */
  private readonly fixed: string[] = [];
  private leased: readonly string[] = [];
  private readonly fixedSearch: string[] = [];
  private leasedSearch: readonly string[] = [];
  /** Told by routers of IPv6 (RFC 8106) and servers of DHCPv6: they come last. */
  private routed: readonly string[] = [];
  private routedSearch: readonly string[] = [];
  private servers: string[] = [];
  private nextToken = 1;
  /** The answer that the edge looks at. */
  private current: readonly string[] = [];

  constructor(udp: Udp, tcp: Tcp, paths: PathTable, events: EventQueue, random: Random) {
    this.sink = new NamesSink(udp, tcp, paths, events, random);
    this.sink.user = new NamesUdp(this.resolver, this.sink, udp.counters);
    this.sink.tcpUser = tcp.addUser(new NamesTcp(this.resolver, this.sink, tcp));
  }

  addServer(address: string): void {
    this.fixed.push(address);
    this.configure();
  }

  /** Names without a dot are looked for in this domain, before those of the lease. */
  addSearch(domain: string): void {
    this.fixedSearch.push(domain);
    this.configure();
  }

  setLeaseServers(servers: readonly string[], search: readonly string[]): void {
    this.leased = servers;
    this.leasedSearch = search;
    this.configure();
  }

  setIpv6Servers(servers: readonly string[], search: readonly string[]): void {
    this.routed = servers;
    this.routedSearch = search;
    this.configure();
  }

  /** The i-th server, "" when there are no more. */
  server(index: number): string {
    return index >= 0 && index < this.servers.length ? this.servers[index]! : "";
  }

  /** Asks for records of a type (TYPE_A or TYPE_AAAA); the token of the RESOLVED event that follows. */
  resolve(name: string, type: number, now: Instant): number {
    const token = this.nextToken;
    this.nextToken++;
    this.sink.now = now;
    this.resolver.query(name, type, token, now, this.sink);
    return token;
  }

  /** The edge looks at this RESOLVED event: its addresses become current. */
  look(token: number): void {
    this.current = [];
    const { tokens, answers } = this.sink;
    for (let i = 0; i < tokens.length; i++) {
      if (tokens[i] !== token) continue;
      this.current = answers[i]!;
      tokens.splice(i, 1);
      answers.splice(i, 1);
      return;
    }
  }

  get answerCount(): number {
    return this.current.length;
  }

  answer(index: number): string {
    return index >= 0 && index < this.current.length ? this.current[index]! : "";
  }

  step(now: Instant): void {
    this.sink.now = now;
    if (this.resolver.nextDeadline() <= now) this.resolver.step(now, this.sink);
  }

  nextDeadline(): Instant {
    return this.resolver.nextDeadline();
  }

  private configure(): void {
    const servers: string[] = [];
    for (const server of this.fixed) servers.push(server);
    for (const server of this.leased) servers.push(server);
    for (const server of this.routed) servers.push(server);
    this.servers = servers;
    const search: string[] = [];
    for (const domain of this.fixedSearch) search.push(domain);
    for (const domain of this.leasedSearch) search.push(domain);
    for (const domain of this.routedSearch) search.push(domain);
    this.resolver.configure(servers, search);
  }
}

function resolveCode(error: number): number {
  if (error === 0) return RESOLVE_DONE;
  if (error === DNS_NO_SUCH_NAME) return RESOLVE_NO_SUCH_NAME;
  if (error === DNS_NO_ADDRESS) return RESOLVE_NO_ADDRESS;
  if (error === DNS_NO_RESOLVER) return RESOLVE_NO_RESOLVER;
  if (error === DNS_SERVER_REFUSED) return RESOLVE_SERVER_REFUSED;
  if (error === DNS_SERVER_FAILED) return RESOLVE_SERVER_FAILED;
  return error === DNS_BAD_NAME ? RESOLVE_BAD_NAME : RESOLVE_NO_ANSWER;
}
