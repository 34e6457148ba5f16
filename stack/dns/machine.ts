// A stub resolver (RFC 1034 5.3.1, RFC 1123 6.1): asks recursive servers, follows aliases, keeps answers. Against
// forgery (RFC 5452): every transmission has its own random id, source port and spelling, and an answer must come from the
// server asked, to that port, with that id, that question and that server's cookie.

import { type Port, parseIpv4 } from "../base/address.ts";
import { readU16, writeU16 } from "../base/bytes.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../base/result.ts";
import { DnsCache, STALE_AFTER } from "./cache.ts";
import { isSpelt, literalOf, normalizeName } from "./name.ts";
import {
  DNS_NO_ADDRESS,
  DNS_NO_ANSWER,
  DNS_NO_RESOLVER,
  DNS_NO_ROOM,
  DNS_NO_SUCH_NAME,
  DNS_SERVER_FAILED,
  DNS_SERVER_REFUSED,
  errorOfName,
  NOTHING,
  Query,
  SEARCH_LIMIT,
  stageName,
} from "./query.ts";
import { areAt, distinct, type NameServer, SERVER_LIMIT, serversAt } from "./servers.ts";
import type { ResolverSink } from "./sink.ts";
import {
  addOptions,
  CHAIN_LIMIT,
  DnsAnswer,
  decodeResponse,
  encodeQuery,
  isForeignToEdns,
  LARGEST_QUERY,
  RCODE_BAD_COOKIE,
  RCODE_NO_ERROR,
  RCODE_NO_SUCH_NAME,
  RCODE_REFUSED,
  TYPE_A,
} from "./wire.ts";

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

export class Resolver {
  private servers: readonly NameServer[] = [];
  private search: readonly string[] = [];
  /** The server that answered last. */
  private preferred = 0;
  private readonly cache = new DnsCache();
  private readonly queries: Query[] = [];
  /** What was asked for last. */
  private readonly wanted = new Query();
  /** How many of them are active: mostly none, and then a step costs nothing. */
  private activeCount = 0;
  private readonly response = new DnsAnswer();
  private readonly bytes = new Uint8Array(LARGEST_QUERY + 2);

  constructor() {
    for (let i = 0; i < QUERY_LIMIT; i++) this.queries.push(new Query());
  }

  /**
   * Uses these servers, the first SERVER_LIMIT of them, from the next transmission on, and looks for names without a dot in
   * these domains. What is known of the servers and what they have said is forgotten when they are others.
   */
  configure(servers: readonly string[], search: readonly string[]): void {
    const domains: string[] = [];
    for (const domain of search) domains.push(normalizeName(domain));
    this.search = distinct(domains, SEARCH_LIMIT);
    const used = distinct(servers, SERVER_LIMIT);
    if (areAt(this.servers, used)) return;
    this.servers = serversAt(used);
    this.preferred = 0;
    this.cache.clear();
  }

  /** Asks for the addresses of a name (TYPE_A or TYPE_AAAA). Exactly one `answer` with this token follows. */
  query(name: string, type: number, token: number, now: Instant, sink: ResolverSink): void {
    const literal = literalOf(name);
    if (literal !== "") {
      const fits = (type === TYPE_A) === (parseIpv4(literal) !== undefined);
      sink.answer(token, fits ? [literal] : NOTHING, fits ? 0 : DNS_NO_ADDRESS, now);
      return;
    }
    const clean = normalizeName(name);
    const special = errorOfName(clean);
    if (special !== 0) {
      sink.answer(token, NOTHING, special, now);
      return;
    }
    const { wanted } = this;
    wanted.want(clean, clean.indexOf(".") >= 0 || name.charAt(name.length - 1) === ".", type);
    if (this.recall(wanted, now)) sink.answer(token, wanted.found, wanted.error, now);
    else if (this.servers.length === 0) sink.answer(token, NOTHING, DNS_NO_RESOLVER, now);
    else this.enqueue(token, now, sink);
  }

  /** Takes a datagram to a port that `sendQuery` has taken for one server's answers. False: it is no answer to what was asked. */
  input(port: Port, bytes: Uint8Array, offset: number, length: number, now: Instant, sink: ResolverSink): boolean {
    for (const query of this.queries) {
      if (!query.active || query.overTcp || query.port !== port || port === 0) continue;
      return this.take(query, bytes, offset, length, now, sink);
    }
    return false;
  }

  /** ICMP says that nobody listens at the server a query was sent to: the next one's turn. */
  refused(port: Port, now: Instant, sink: ResolverSink): void {
    for (const query of this.queries)
      if (query.active && !query.overTcp && query.port === port && port !== 0) this.next(query, now, sink);
  }

  /** Takes a message that came over the connection of `openTcp`, without its length field. */
  tcpAnswer(number: number, bytes: Uint8Array, offset: number, length: number, now: Instant, sink: ResolverSink): void {
    const query = this.queryOverTcp(number);
    if (query !== undefined && !this.take(query, bytes, offset, length, now, sink)) this.next(query, now, sink);
  }

  tcpFailed(number: number, now: Instant, sink: ResolverSink): void {
    const query = this.queryOverTcp(number);
    if (query !== undefined) this.next(query, now, sink);
  }

  /** Goes on to the next server where one has been silent. */
  step(now: Instant, sink: ResolverSink): void {
    if (this.activeCount === 0) return;
    for (const query of this.queries) {
      if (!query.active || query.deadline > now) continue;
      if (query.port !== 0 && this.servers.length > 0) this.serverOf(query).doubt();
      this.next(query, now, sink);
    }
  }

  nextDeadline(): Instant {
    let deadline = NEVER;
    if (this.activeCount === 0) return deadline;
    for (const query of this.queries) if (query.active && query.deadline < deadline) deadline = query.deadline;
    return deadline;
  }

  /**
   * Goes through the stages of a name, from the query's own on, until one is to be asked for. True: there is none, and what
   * is known is the answer, `found` and `error`.
   */
  private recall(query: Query, now: Instant): boolean {
    query.found = NOTHING;
    for (; ; query.stage++) {
      const full = stageName(query.name, query.whole, this.search, query.stage);
      if (full === undefined) return true;
      if (full === "") continue;
      const known = this.cache.lookup(full, query.type, now);
      if (known < 0) {
        query.begin(full, now);
        return false;
      }
      const error = this.cache.errorAt(known);
      if (error === DNS_NO_ADDRESS) query.absence = error;
      if (error !== 0) continue;
      query.found = this.cache.addressesAt(known);
      return true;
    }
  }

  /** Has `wanted` asked for. */
  private enqueue(token: number, now: Instant, sink: ResolverSink): void {
    const { wanted } = this;
    let free = -1;
    for (let i = 0; i < QUERY_LIMIT; i++) {
      const query = this.queries[i]!;
      if (!query.active) free = i;
      else if (query.isSame(wanted)) {
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
    query.take(wanted);
    query.tokens = [token];
    query.begin(wanted.full, now);
    this.ask(query, query.full, now, sink);
  }

  private ask(query: Query, target: string, now: Instant, sink: ResolverSink): void {
    query.target = target;
    query.server = this.preferred;
    query.attempts = 0;
    query.cookieRefused = false;
    query.failure = DNS_NO_ANSWER;
    this.transmit(query, now, sink);
  }

  /** RFC 5452 10: id, port, and which letters are large are what a forger must guess. */
  private transmit(query: Query, now: Instant, sink: ResolverSink): void {
    if (this.servers.length === 0) {
      this.fail(query, DNS_NO_RESOLVER, now, sink);
      return;
    }
    const server = this.serverOf(query);
    const random = sink.random();
    query.id = random & 0xffff;
    // RFC 6335 6: the dynamic ports.
    query.port = (49_152 + ((random >>> 16) & 0x3fff)) as Port;
    query.spelling = sink.random();
    const round = Math.floor(query.attempts / this.servers.length);
    // What is silent may be something on the way that drops what it does not know.
    query.plain = server.plain || (!server.edns && round === ROUNDS - 1);
    let length = encodeQuery(this.bytes, 0, query.id, query.target, query.type, query.spelling);
    if (!query.plain) {
      if (server.cookieLength === 0) server.begin(sink.random(), sink.random());
      length = addOptions(this.bytes, 0, length, server.cookie, server.cookieLength);
    }
    query.attempts++;
    if (sink.sendQuery(query.port, server.address, this.bytes, length)) {
      query.deadline = now + FIRST_TIMEOUT * 2 ** Math.min(round, ROUNDS);
    } else {
      query.port = 0 as Port;
      query.deadline = now + RETRY_INTERVAL;
    }
  }

  private queryOverTcp(number: number): Query | undefined {
    if (number < 0 || number >= QUERY_LIMIT) return undefined;
    const query = this.queries[number]!;
    return query.active && query.overTcp ? query : undefined;
  }

  /** There is one. */
  private serverOf(query: Query): NameServer {
    return this.servers[query.server % this.servers.length]!;
  }

  /** Asks the next server, or gives up. */
  private next(query: Query, now: Instant, sink: ResolverSink): void {
    this.quiet(query, sink);
    const servers = this.servers.length;
    if (servers > 0 && query.attempts >= ROUNDS * servers) {
      this.fail(query, query.failure, now, sink);
      return;
    }
    if (now - query.began >= STALE_AFTER) this.answerStale(query, now, sink);
    query.server = servers > 0 ? (query.server + 1) % servers : 0;
    this.transmit(query, now, sink);
  }

  /** Asks the same server again, with what it has just said in mind. */
  private again(query: Query, now: Instant, sink: ResolverSink): void {
    this.quiet(query, sink);
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
    if (length < 2 || readU16(bytes, offset) !== query.id || this.servers.length === 0) return false;
    if (decodeResponse(bytes, offset, length, query.target, query.type, response) !== 0) return false;
    const server = this.serverOf(query);
    if (!query.overTcp) {
      if (!query.plain && !response.truncated && response.question && !server.admits(response)) return false;
      if (response.question && !isSpelt(bytes, offset, query.target, query.spelling)) {
        // A server that writes names its own way, or who has guessed all but the spelling: a connection tells.
        this.askOverTcp(query, now, sink);
        return true;
      }
    }
    server.learn(response);
    const { rcode } = response;
    if (response.truncated && !query.overTcp) this.askOverTcp(query, now, sink);
    else if (response.truncated) this.next(query, now, sink);
    else if (!query.plain && isForeignToEdns(rcode)) {
      // RFC 6891 7: it gets what it understands.
      server.plain = true;
      this.again(query, now, sink);
    } else if (rcode === RCODE_BAD_COOKIE && !query.overTcp) {
      // RFC 7873 5.3: once more with its new cookie, then without need of one.
      if (query.cookieRefused) this.askOverTcp(query, now, sink);
      else {
        query.cookieRefused = true;
        this.again(query, now, sink);
      }
    } else if (rcode !== RCODE_NO_ERROR && rcode !== RCODE_NO_SUCH_NAME) {
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
        this.fail(query, DNS_NO_ANSWER, now, sink);
      else this.ask(query, response.canonicalName, now, sink);
    }
  }

  /** The full name of this stage has no address: the next one may have. */
  private absent(query: Query, error: number, now: Instant, sink: ResolverSink): void {
    query.timeToLive = Math.min(query.timeToLive, this.response.timeToLive);
    this.keep(query, NOTHING, error, now);
    if (error === DNS_NO_ADDRESS) query.absence = error;
    this.nextStage(query, now, sink);
  }

  private nextStage(query: Query, now: Instant, sink: ResolverSink): void {
    query.stage++;
    if (this.recall(query, now)) this.finish(query, query.found, query.error, now, sink);
    else this.ask(query, query.full, now, sink);
  }

  /** Nobody could say: what was known before is better than nothing (RFC 8767 4), and is not asked for again at once. */
  private fail(query: Query, error: number, now: Instant, sink: ResolverSink): void {
    this.cache.prolong(query.full, query.type, now);
    const known = this.cache.lookup(query.full, query.type, now);
    if (known >= 0 && this.cache.errorAt(known) === 0) this.finish(query, this.cache.addressesAt(known), 0, now, sink);
    else if (error === DNS_SERVER_REFUSED || error === DNS_SERVER_FAILED) {
      // Servers that answer, only not this, may know the next name.
      query.trouble = error;
      this.nextStage(query, now, sink);
    } else this.finish(query, NOTHING, error, now, sink);
  }

  /** Those who have waited for long get what was known before; the question goes on. */
  private answerStale(query: Query, now: Instant, sink: ResolverSink): void {
    const known = this.cache.lookupStale(query.full, query.type, now);
    if (known >= 0) this.tell(query, this.cache.addressesAt(known), 0, now, sink);
  }

  private keep(query: Query, addresses: readonly string[], error: number, now: Instant): void {
    this.cache.add(query.full, query.type, addresses, error, query.timeToLive, now);
  }

  /** RFC 7766 5: a truncated answer is asked for again over TCP, from the same server. */
  private askOverTcp(query: Query, now: Instant, sink: ResolverSink): void {
    this.quiet(query, sink);
    query.overTcp = true;
    query.deadline = now + TCP_TIMEOUT;
    const length = encodeQuery(this.bytes, 2, query.id, query.target, query.type, query.spelling);
    writeU16(this.bytes, 0, length);
    sink.openTcp(this.queries.indexOf(query), this.serverOf(query).address, this.bytes, length + 2);
  }

  private finish(query: Query, addresses: readonly string[], error: number, now: Instant, sink: ResolverSink): void {
    query.active = false;
    this.activeCount--;
    query.deadline = NEVER;
    this.tell(query, addresses, error, now, sink);
  }

  private tell(query: Query, addresses: readonly string[], error: number, now: Instant, sink: ResolverSink): void {
    const { tokens } = query;
    query.tokens = [];
    for (const token of tokens) sink.answer(token, addresses, error, now);
  }
}
