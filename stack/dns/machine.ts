// A stub resolver (RFC 1034 5.3.1, RFC 1123 6.1): asks recursive servers, follows aliases, keeps answers. Against
// forgery (RFC 5452): every transmission has its own random id and source port, and an answer must come from the server
// asked, to that port, with that id and that question.

import { type Port, parseIpv4 } from "../base/address.ts";
import { readU16, writeU16 } from "../base/bytes.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../base/result.ts";
import { DnsCache } from "./cache.ts";
import {
  CHAIN_LIMIT,
  DnsAnswer,
  decodeResponse,
  encodeQuery,
  LARGEST_QUERY,
  normalizeName,
  RCODE_NO_ERROR,
  RCODE_NO_SUCH_NAME,
  RCODE_REFUSED,
  TYPE_A,
} from "./wire.ts";

/** Name servers used. */
export const SERVER_LIMIT = 3;
/** Names being asked for at one time. */
export const QUERY_LIMIT = 16;
/** Those who wait for the answer to one query. */
export const TOKENS_PER_QUERY = 32;
/** How often each server is asked. */
export const ROUNDS = 3;
/** How long an answer is waited for in the first round; twice as long in each that follows. */
export const FIRST_TIMEOUT = SECOND;
export const TCP_TIMEOUT = 5 * SECOND;
/** When the query could not be sent at all. */
export const RETRY_INTERVAL = 20 * MILLISECOND;

// What `answer` says; 0 is success.
/** The name does not exist, or is one that must not be asked for (RFC 6761 6.4: invalid). */
export const DNS_NO_SUCH_NAME = 1;
/** The name exists and has no address of this type. */
export const DNS_NO_ADDRESS = 2;
/** No server gave a usable answer in time. */
export const DNS_NO_ANSWER = 3;
/** No server is configured. */
export const DNS_NO_RESOLVER = 4;
/** Not a hostname, or "localhost" (RFC 6761 6.3: there is nothing on this machine to talk to). */
export const DNS_BAD_NAME = 5;
/** QUERY_LIMIT or TOKENS_PER_QUERY is reached. */
export const DNS_NO_ROOM = 6;
/** Servers answered, and refused to look the name up (RFC 1035 4.1.1, RCODE 5): they do not serve this machine. */
export const DNS_SERVER_REFUSED = 7;
/** Servers answered that they could not look the name up, as a rule RCODE 2. */
export const DNS_SERVER_FAILED = 8;

export abstract class ResolverSink {
  /** An unpredictable unsigned 32-bit number. */
  abstract random(): number;
  /**
   * Takes the port for answers from port 53 of this server (as text) alone, and sends `bytes[0 .. length)` from it. False: the port is
   * taken or nothing can be sent now; another will be tried.
   */
  abstract sendQuery(port: Port, server: string, bytes: Uint8Array, length: number): boolean;
  /** The port is not needed any more. */
  abstract closePort(port: Port): void;
  /**
   * Connects to this server's port 53, sends `bytes[0 .. length)` (the length field of RFC 1035 4.2.2 included; copy it)
   * and reads one answer: Resolver.tcpAnswer or tcpFailed with the same query number, then closes.
   */
  abstract openTcp(query: number, server: string, bytes: Uint8Array, length: number): void;
  /** The connection of this query is not needed any more. */
  abstract closeTcp(query: number): void;
  /** What a query has come to. Addresses as in DnsAnswer; empty unless `error` is 0. May be called within `query`. */
  abstract answer(token: number, addresses: readonly number[], error: number, now: Instant): void;
}

class Query {
  active = false;
  /** What was asked for, and the alias that is being asked for now. */
  name = "";
  target = "";
  type = 0;
  aliases = 0;
  id = 0;
  /** 0: none is open. */
  port = 0 as Port;
  server = 0;
  attempts = 0;
  /** What the last server said that could not answer: DNS_NO_ANSWER while none did. */
  failure = DNS_NO_ANSWER;
  overTcp = false;
  deadline: Instant = NEVER;
  /** Seconds that the aliases on the way may be kept. */
  timeToLive = 0;
  tokens: number[] = [];
}

const NOTHING: readonly number[] = [];

export class Resolver {
  private servers: readonly string[] = [];
  /** Appended to names without a dot; "" for none. */
  private domain = "";
  /** The server that answered last. */
  private preferred = 0;
  private readonly cache = new DnsCache();
  private readonly queries: Query[] = [];
  /** How many of them are active: mostly none, and then a step costs nothing. */
  private activeCount = 0;
  private readonly response = new DnsAnswer();
  private readonly bytes = new Uint8Array(LARGEST_QUERY + 2);

  constructor() {
    for (let i = 0; i < QUERY_LIMIT; i++) this.queries.push(new Query());
  }

  /** Uses these servers, the first SERVER_LIMIT of them, from the next transmission on. */
  configure(servers: readonly string[], domain: string): void {
    const used: string[] = [];
    for (const server of servers) if (server !== "" && used.length < SERVER_LIMIT) used.push(server);
    this.servers = used;
    this.domain = normalizeName(domain);
    this.preferred = 0;
    this.cache.clear();
  }

  /** Asks for the addresses of a name (TYPE_A or TYPE_AAAA). Exactly one `answer` with this token follows. */
  query(name: string, type: number, token: number, now: Instant, sink: ResolverSink): void {
    const literal = parseIpv4(name);
    if (literal !== undefined) {
      sink.answer(token, type === TYPE_A ? [literal] : NOTHING, type === TYPE_A ? 0 : DNS_NO_ADDRESS, now);
      return;
    }
    let full = normalizeName(name);
    if (full !== "" && full.indexOf(".") < 0 && full !== "localhost" && this.domain !== "")
      full = normalizeName(`${full}.${this.domain}`);
    if (full === "" || isOrUnder(full, "localhost")) {
      sink.answer(token, NOTHING, DNS_BAD_NAME, now);
      return;
    }
    if (isOrUnder(full, "invalid")) {
      sink.answer(token, NOTHING, DNS_NO_SUCH_NAME, now);
      return;
    }
    const known = this.cache.lookup(full, type, now);
    if (known >= 0) {
      sink.answer(token, this.cache.addressesAt(known), this.cache.errorAt(known), now);
      return;
    }
    if (this.servers.length === 0) {
      sink.answer(token, NOTHING, DNS_NO_RESOLVER, now);
      return;
    }
    this.enqueue(full, type, token, now, sink);
  }

  /** Takes a datagram that came to a port of ours, which `sendQuery` has taken for one server's answers. */
  input(port: Port, bytes: Uint8Array, offset: number, length: number, now: Instant, sink: ResolverSink): void {
    for (const query of this.queries) {
      if (!query.active || query.overTcp || query.port !== port || port === 0) continue;
      this.take(query, bytes, offset, length, now, sink);
      return;
    }
  }

  /** ICMP says that nobody listens at the server a query was sent to: the next one's turn. */
  refused(port: Port, now: Instant, sink: ResolverSink): void {
    for (const query of this.queries)
      if (query.active && !query.overTcp && query.port === port && port !== 0) this.next(query, now, sink);
  }

  /** Takes a message that came over the connection of `openTcp`, without its length field. */
  tcpAnswer(number: number, bytes: Uint8Array, offset: number, length: number, now: Instant, sink: ResolverSink): void {
    if (number < 0 || number >= QUERY_LIMIT) return;
    const query = this.queries[number]!;
    if (!query.active || !query.overTcp) return;
    if (!this.take(query, bytes, offset, length, now, sink)) this.next(query, now, sink);
  }

  tcpFailed(number: number, now: Instant, sink: ResolverSink): void {
    if (number < 0 || number >= QUERY_LIMIT) return;
    const query = this.queries[number]!;
    if (query.active && query.overTcp) this.next(query, now, sink);
  }

  /** Goes on to the next server where one has been silent. */
  step(now: Instant, sink: ResolverSink): void {
    if (this.activeCount === 0) return;
    for (const query of this.queries) if (query.active && query.deadline <= now) this.next(query, now, sink);
  }

  nextDeadline(): Instant {
    let deadline = NEVER;
    if (this.activeCount === 0) return deadline;
    for (const query of this.queries) if (query.active && query.deadline < deadline) deadline = query.deadline;
    return deadline;
  }

  private enqueue(name: string, type: number, token: number, now: Instant, sink: ResolverSink): void {
    let free = -1;
    for (let i = 0; i < QUERY_LIMIT; i++) {
      const query = this.queries[i]!;
      if (!query.active) free = i;
      else if (query.name === name && query.type === type) {
        if (query.tokens.length < TOKENS_PER_QUERY) query.tokens.push(token);
        else sink.answer(token, NOTHING, DNS_NO_ROOM, now);
        return;
      }
    }
    if (free < 0) {
      sink.answer(token, NOTHING, DNS_NO_ROOM, now);
      return;
    }
    const query = this.queries[free]!;
    query.active = true;
    this.activeCount++;
    query.name = name;
    query.type = type;
    query.aliases = 0;
    query.timeToLive = Number.POSITIVE_INFINITY;
    query.tokens = [token];
    this.ask(query, name, now, sink);
  }

  private ask(query: Query, target: string, now: Instant, sink: ResolverSink): void {
    query.target = target;
    query.server = this.preferred;
    query.attempts = 0;
    query.failure = DNS_NO_ANSWER;
    this.transmit(query, now, sink);
  }

  /** RFC 5452 10: id and port together are what a forger must guess. */
  private transmit(query: Query, now: Instant, sink: ResolverSink): void {
    if (this.servers.length === 0) {
      this.finish(query, NOTHING, DNS_NO_RESOLVER, now, sink);
      return;
    }
    const random = sink.random();
    query.id = random & 0xffff;
    // RFC 6335 6: the dynamic ports.
    query.port = (49_152 + ((random >>> 16) & 0x3fff)) as Port;
    const length = encodeQuery(this.bytes, 0, query.id, query.target, query.type);
    query.attempts++;
    if (sink.sendQuery(query.port, this.serverOf(query), this.bytes, length)) {
      const round = Math.floor((query.attempts - 1) / this.servers.length);
      query.deadline = now + FIRST_TIMEOUT * 2 ** round;
    } else {
      query.port = 0 as Port;
      query.deadline = now + RETRY_INTERVAL;
    }
  }

  /** "" when the servers are gone since. */
  private serverOf(query: Query): string {
    if (this.servers.length === 0) return "";
    return this.servers[query.server % this.servers.length]!;
  }

  /** Asks the next server, or gives up. */
  private next(query: Query, now: Instant, sink: ResolverSink): void {
    this.quiet(query, sink);
    const servers = this.servers.length;
    if (servers > 0 && query.attempts >= ROUNDS * servers) {
      this.finish(query, NOTHING, query.failure, now, sink);
      return;
    }
    query.server = servers > 0 ? (query.server + 1) % servers : 0;
    this.transmit(query, now, sink);
  }

  /** Closes what the query has open. */
  private quiet(query: Query, sink: ResolverSink): void {
    if (query.overTcp) sink.closeTcp(this.queries.indexOf(query));
    else if (query.port !== 0) sink.closePort(query.port);
    query.overTcp = false;
    query.port = 0 as Port;
  }

  /** False: not an answer to this query. */
  private take(
    query: Query,
    bytes: Uint8Array,
    offset: number,
    length: number,
    now: Instant,
    sink: ResolverSink,
  ): boolean {
    const { response } = this;
    // A datagram with another id or question is a forgery or a late answer: wait on.
    if (length < 2 || readU16(bytes, offset) !== query.id) return false;
    if (decodeResponse(bytes, offset, length, query.target, query.type, response) !== 0) return false;
    const { rcode } = response;
    if (response.truncated && !query.overTcp) this.askOverTcp(query, now, sink);
    else if (response.truncated) this.next(query, now, sink);
    else if (rcode !== RCODE_NO_ERROR && rcode !== RCODE_NO_SUCH_NAME) {
      query.failure = rcode === RCODE_REFUSED ? DNS_SERVER_REFUSED : DNS_SERVER_FAILED;
      this.next(query, now, sink);
    } else this.conclude(query, now, sink);
    return true;
  }

  /** What a server has answered with authority or from its cache. */
  private conclude(query: Query, now: Instant, sink: ResolverSink): void {
    const { response } = this;
    this.preferred = query.server;
    this.quiet(query, sink);
    if (response.addresses.length > 0) {
      query.timeToLive = Math.min(query.timeToLive, response.timeToLive);
      this.keep(query, response.addresses, 0, now);
      this.finish(query, response.addresses, 0, now, sink);
    } else if (response.rcode === RCODE_NO_SUCH_NAME) this.absent(query, DNS_NO_SUCH_NAME, now, sink);
    else if (response.canonicalName === query.target || response.authoritativeAbsence)
      this.absent(query, DNS_NO_ADDRESS, now, sink);
    else {
      // The server told of an alias and no more: ask for that (RFC 1034 5.3.3, step 4c). Its TTL is gone by then.
      query.aliases++;
      query.timeToLive = 0;
      if (query.aliases > CHAIN_LIMIT || normalizeName(response.canonicalName) === "")
        this.finish(query, NOTHING, DNS_NO_ANSWER, now, sink);
      else this.ask(query, response.canonicalName, now, sink);
    }
  }

  private absent(query: Query, error: number, now: Instant, sink: ResolverSink): void {
    query.timeToLive = Math.min(query.timeToLive, this.response.timeToLive);
    this.keep(query, NOTHING, error, now);
    this.finish(query, NOTHING, error, now, sink);
  }

  private keep(query: Query, addresses: readonly number[], error: number, now: Instant): void {
    this.cache.add(query.name, query.type, addresses, error, query.timeToLive, now);
  }

  /** RFC 7766 5: a truncated answer is asked for again over TCP, from the same server. */
  private askOverTcp(query: Query, now: Instant, sink: ResolverSink): void {
    this.quiet(query, sink);
    query.overTcp = true;
    query.deadline = now + TCP_TIMEOUT;
    const length = encodeQuery(this.bytes, 2, query.id, query.target, query.type);
    writeU16(this.bytes, 0, length);
    sink.openTcp(this.queries.indexOf(query), this.serverOf(query), this.bytes, length + 2);
  }

  private finish(query: Query, addresses: readonly number[], error: number, now: Instant, sink: ResolverSink): void {
    const { tokens } = query;
    query.active = false;
    this.activeCount--;
    query.deadline = NEVER;
    query.tokens = [];
    for (const token of tokens) sink.answer(token, addresses, error, now);
  }
}

/** True for the name itself and for what ends in it behind a dot. */
function isOrUnder(name: string, parent: string): boolean {
  if (name === parent) return true;
  const cut = name.length - parent.length - 1;
  return cut > 0 && name.substring(cut) === `.${parent}`;
}
