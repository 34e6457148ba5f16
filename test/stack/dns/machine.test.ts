import { beforeEach, describe, expect, test } from "vitest";
import type { Port } from "../../../stack/base/address.ts";
import { readU16 } from "../../../stack/base/bytes.ts";
import { NEVER, SECOND } from "../../../stack/base/result.ts";
import { CACHE_LIMIT, DnsCache, LONGEST_NEGATIVE, STALE_AFTER } from "../../../stack/dns/cache.ts";
import {
  FIRST_TIMEOUT,
  QUERY_LIMIT,
  RETRY_INTERVAL,
  Resolver,
  ROUNDS,
  TCP_TIMEOUT,
  TOKENS_PER_QUERY,
} from "../../../stack/dns/machine.ts";
import {
  DNS_BAD_NAME,
  DNS_NO_ADDRESS,
  DNS_NO_ANSWER,
  DNS_NO_RESOLVER,
  DNS_NO_ROOM,
  DNS_NO_SUCH_NAME,
  DNS_SERVER_FAILED,
  DNS_SERVER_REFUSED,
  SEARCH_LIMIT,
} from "../../../stack/dns/query.ts";
import { ResolverSink } from "../../../stack/dns/sink.ts";
import { TYPE_A, TYPE_AAAA } from "../../../stack/dns/wire.ts";
import { a, aaaa, cname, opt, type ReadQuery, type Response, readQuery, respond, soa } from "./server.ts";

const ONE = "10.0.2.3";
const TWO = "10.0.2.4";
const NAME = "git.example.org";

interface Sent extends ReadQuery {
  readonly port: Port;
  readonly server: string;
}

class Recorder extends ResolverSink {
  readonly sent: Sent[] = [];
  readonly open: number[] = [];
  readonly tcp: { query: number; server: string; id: number; name: string }[] = [];
  readonly closedTcp: number[] = [];
  readonly answers: string[] = [];
  full = false;
  private seed = 1;

  random(): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.seed;
  }
  sendQuery(port: Port, server: string, bytes: Uint8Array, length: number): boolean {
    if (this.full || this.open.includes(port)) return false;
    this.open.push(port);
    const query = readQuery(bytes.slice(0, length));
    this.sent.push({ ...query, port, server });
    return true;
  }
  closePort(port: Port): void {
    this.open.splice(this.open.indexOf(port), 1);
  }
  openTcp(query: number, server: string, bytes: Uint8Array, length: number): void {
    expect(readU16(bytes, 0)).toBe(length - 2);
    const { id, name } = readQuery(bytes.slice(2, length));
    this.tcp.push({ query, server, id, name });
  }
  closeTcp(query: number): void {
    this.closedTcp.push(query);
  }
  answer(token: number, addresses: readonly string[], error: number): void {
    this.answers.push(`${token}: ${error === 0 ? addresses.join(" ") : `error ${error}`}`);
  }
  last(): Sent {
    return this.sent[this.sent.length - 1]!;
  }
}

let resolver: Resolver;
let sink: Recorder;
beforeEach(() => {
  resolver = new Resolver();
  resolver.configure([ONE, TWO], []);
  sink = new Recorder();
});

function hear(response: Partial<Response>, now: number, to = sink.last()): void {
  const { id = to.id, name = to.spelt, type = to.type } = response;
  const bytes = respond({ ...response, id, name, type });
  resolver.input(to.port, bytes, 0, bytes.length, now, sink);
}

describe("the resolver", () => {
  test("asks, answers, closes its port, and answers from memory until the TTL ends", () => {
    resolver.query("Git.Example.org.", TYPE_A, 1, 0, sink);
    expect(sink.last().name).toBe(NAME);
    expect(sink.last().server).toBe(ONE);
    expect(sink.last().port).toBeGreaterThanOrEqual(49_152);
    hear({ answers: [a(NAME, 7), a(NAME, 8)] }, 100);
    expect(sink.answers).toEqual(["1: 0.0.0.7 0.0.0.8"]);
    expect(sink.open).toEqual([]);
    expect(resolver.nextDeadline()).toBe(NEVER);
    resolver.query(NAME, TYPE_A, 2, 60 * SECOND, sink);
    expect(sink.answers).toEqual(["1: 0.0.0.7 0.0.0.8", "2: 0.0.0.7 0.0.0.8"]);
    resolver.query(NAME, TYPE_A, 3, 61 * SECOND, sink);
    expect(sink.sent).toHaveLength(2);
  });

  test("two who ask for one name share one query; a name's other type is another query", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    resolver.query(NAME, TYPE_A, 2, 0, sink);
    resolver.query(NAME, TYPE_AAAA, 3, 0, sink);
    expect(sink.sent).toHaveLength(2);
    hear({ answers: [a(NAME, 7)] }, 1, sink.sent[0]!);
    expect(sink.answers).toEqual(["1: 0.0.0.7", "2: 0.0.0.7"]);
    hear({}, 1);
    expect(sink.answers[2]).toBe(`3: error ${DNS_NO_ADDRESS}`);
  });

  test("silence: the servers take turns, with doubled waits in each round, a new id and port each time", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    const waits: number[] = [];
    let now = 0;
    while (sink.answers.length === 0) {
      const next = resolver.nextDeadline();
      waits.push(next - now);
      now = next;
      resolver.step(now, sink);
    }
    expect(waits).toEqual([1, 1, 2, 2, 4, 4].map((n) => n * FIRST_TIMEOUT));
    expect(sink.sent.map((s) => s.server)).toEqual([ONE, TWO, ONE, TWO, ONE, TWO]);
    expect(sink.sent).toHaveLength(ROUNDS * 2);
    expect(new Set(sink.sent.map((s) => `${s.id}/${s.port}`)).size).toBe(ROUNDS * 2);
    expect(sink.answers).toEqual([`1: error ${DNS_NO_ANSWER}`]);
    expect(sink.open).toEqual([]);
  });

  test("a server that fails or refuses makes room for the next at once, which is then asked first", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ rcode: 2 }, 5);
    expect(sink.last().server).toBe(TWO);
    hear({ answers: [a(NAME, 7)] }, 6);
    resolver.query("b.example.org", TYPE_A, 2, 7, sink);
    expect(sink.last().server).toBe(TWO);
    resolver.refused(sink.last().port, 8, sink);
    expect(sink.last().server).toBe(ONE);
  });

  test("when no server would or could look the name up, the last one's word is told", () => {
    const cases: readonly (readonly number[])[] = [[5], [2], [2, 5], [5, 4]];
    const errors = [DNS_SERVER_REFUSED, DNS_SERVER_FAILED, DNS_SERVER_REFUSED, DNS_SERVER_FAILED];
    for (let index = 0; index < cases.length; index++) {
      const rcodes = cases[index]!;
      const name = `n${index}.example.org`;
      resolver.query(name, TYPE_A, index, 0, sink);
      for (let i = 0; sink.answers.length <= index; i++) hear({ rcode: rcodes[i % rcodes.length]! }, i);
      expect(sink.answers[index]).toBe(`${index}: error ${errors[index]!}`);
    }
  });

  test("a server that said nothing does not undo what another said", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ rcode: 5 }, 1);
    while (sink.answers.length === 0) resolver.step(resolver.nextDeadline(), sink);
    expect(sink.answers).toEqual([`1: error ${DNS_SERVER_REFUSED}`]);
  });

  test("answers with another id, question, server or port are ignored", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    const sent = sink.last();
    const answers = [a(NAME, 66)];
    hear({ id: sent.id ^ 1, answers }, 1);
    hear({ name: "evil.example.org", answers }, 1);
    hear({ type: TYPE_AAAA, answers }, 1);
    hear({ answers }, 1, { ...sent, port: (sent.port ^ 1) as Port });
    resolver.input(sent.port, new Uint8Array(1), 0, 1, 1, sink);
    expect(sink.answers).toEqual([]);
    resolver.step(FIRST_TIMEOUT, sink);
    hear({ answers }, FIRST_TIMEOUT + 1, sent);
    expect(sink.answers).toEqual([]);
    hear({ answers: [a(NAME, 7)] }, FIRST_TIMEOUT + 2);
    expect(sink.answers).toEqual(["1: 0.0.0.7"]);
  });

  test("an alias without its target is asked for, a bounded number of times", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ answers: [cname(NAME, "b.example.org")] }, 1);
    expect(sink.last().name).toBe("b.example.org");
    hear({ answers: [a("b.example.org", 7)] }, 2);
    expect(sink.answers).toEqual(["1: 0.0.0.7"]);
    resolver.query("loop.x", TYPE_A, 2, 3, sink);
    for (let i = 0; i < 100 && sink.answers.length < 2; i++) hear({ answers: [cname(sink.last().name, `n${i}.x`)] }, 3);
    expect(sink.answers[1]).toBe(`2: error ${DNS_NO_ANSWER}`);
    expect(sink.sent.length).toBeLessThan(20);
  });

  test("absence is remembered for as long as the SOA says, and five minutes at most", () => {
    const authorities = [soa("example.org", 9000, 8000)];
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ rcode: 3, authorities }, 0);
    resolver.query(NAME, TYPE_A, 2, (LONGEST_NEGATIVE - 1) * SECOND, sink);
    expect(sink.answers).toEqual([`1: error ${DNS_NO_SUCH_NAME}`, `2: error ${DNS_NO_SUCH_NAME}`]);
    resolver.query(NAME, TYPE_A, 3, LONGEST_NEGATIVE * SECOND, sink);
    expect(sink.sent).toHaveLength(2);
    hear({ answers: [cname(NAME, "b.x")], authorities }, LONGEST_NEGATIVE * SECOND);
    expect(sink.answers[2]).toBe(`3: error ${DNS_NO_ADDRESS}`);
  });

  test("a truncated answer is asked for over TCP from the same server", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ truncated: true }, 1);
    expect(sink.open).toEqual([]);
    const { query, server, id, name } = sink.tcp[0]!;
    expect([server, name]).toEqual([ONE, NAME]);
    const bytes = respond({ id, name, type: 1, answers: [a(NAME, 7)] });
    resolver.tcpAnswer(query, bytes, 0, bytes.length, 2, sink);
    expect(sink.answers).toEqual(["1: 0.0.0.7"]);
    expect(sink.closedTcp).toEqual([query]);
    resolver.tcpAnswer(query, bytes, 0, bytes.length, 2, sink);
    resolver.tcpAnswer(999, bytes, 0, bytes.length, 2, sink);
    resolver.tcpFailed(-1, 2, sink);
    expect(sink.answers).toHaveLength(1);
  });

  test("a TCP connection that fails, is silent, or answers nonsense makes room for the next server", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ truncated: true }, 1);
    resolver.tcpFailed(sink.tcp[0]!.query, 2, sink);
    expect(sink.last().server).toBe(TWO);
    hear({ truncated: true }, 3);
    expect(resolver.nextDeadline()).toBe(3 + TCP_TIMEOUT);
    resolver.step(3 + TCP_TIMEOUT, sink);
    expect(sink.sent).toHaveLength(3);
    hear({ truncated: true }, 3 + TCP_TIMEOUT);
    resolver.tcpAnswer(sink.tcp[2]!.query, new Uint8Array(20), 0, 20, 4 + TCP_TIMEOUT, sink);
    expect(sink.sent).toHaveLength(4);
    expect(sink.closedTcp).toHaveLength(3);
  });

  test("a query that cannot be sent is tried again soon", () => {
    sink.full = true;
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    expect(resolver.nextDeadline()).toBe(RETRY_INTERVAL);
    sink.full = false;
    resolver.step(RETRY_INTERVAL, sink);
    expect(sink.sent).toHaveLength(1);
  });

  test("addresses resolve to themselves; local and impossible names are refused", () => {
    resolver.query("10.0.2.2", TYPE_A, 1, 0, sink);
    resolver.query("10.0.2.2", TYPE_AAAA, 2, 0, sink);
    resolver.query("localhost", TYPE_A, 3, 0, sink);
    resolver.query("a.LOCALHOST.", TYPE_A, 4, 0, sink);
    resolver.query("x.invalid", TYPE_A, 5, 0, sink);
    resolver.query("a b", TYPE_A, 6, 0, sink);
    expect(sink.answers).toEqual([
      "1: 10.0.2.2",
      `2: error ${DNS_NO_ADDRESS}`,
      `3: error ${DNS_BAD_NAME}`,
      `4: error ${DNS_BAD_NAME}`,
      `5: error ${DNS_NO_SUCH_NAME}`,
      `6: error ${DNS_BAD_NAME}`,
    ]);
    expect(sink.sent).toHaveLength(0);
  });

  test("a name without a dot is looked for in each domain of the list, and then as it is", () => {
    resolver.configure([ONE], ["Example.org", "lan", "lan", "a b", ""]);
    resolver.query("git", TYPE_A, 1, 0, sink);
    expect(sink.last().name).toBe(NAME);
    hear({ rcode: 3, authorities: [soa("org", 60, 60)] }, 1);
    expect(sink.last().name).toBe("git.lan");
    hear({ answers: [a("git.lan", 7)] }, 1);
    expect(sink.answers).toEqual(["1: 0.0.0.7"]);
    resolver.query("git", TYPE_A, 2, 2, sink);
    expect(sink.answers[1]).toBe("2: 0.0.0.7");
    resolver.query("git.", TYPE_A, 3, 2, sink);
    expect(sink.last().name).toBe("git");
    resolver.configure([ONE], []);
    resolver.query("forge", TYPE_A, 4, 2, sink);
    expect(sink.last().name).toBe("forge");
  });

  test("where no stage has an address, that one has the name is told", () => {
    resolver.configure([ONE], ["example.org", "lan"]);
    resolver.query("git", TYPE_A, 1, 0, sink);
    hear({}, 1);
    hear({ rcode: 3 }, 1);
    expect(sink.last().name).toBe("git");
    hear({ rcode: 3 }, 1);
    expect(sink.answers).toEqual([`1: error ${DNS_NO_ADDRESS}`]);
    // A name with a dot is not looked for elsewhere (RFC 1535).
    resolver.query("x.y", TYPE_A, 2, 1, sink);
    hear({ rcode: 3 }, 1);
    expect([sink.last().name, sink.answers[1]]).toEqual(["x.y", `2: error ${DNS_NO_SUCH_NAME}`]);
  });

  test("a domain that servers do not look names up in does not end the search, and is told when nothing else is found", () => {
    resolver.configure([ONE], ["example.org", "lan"]);
    resolver.query("git", TYPE_A, 1, 0, sink);
    for (let i = 0; i < ROUNDS; i++) hear({ rcode: 5 }, 1);
    expect(sink.last().name).toBe("git.lan");
    hear({ answers: [a("git.lan", 7)] }, 1);
    resolver.query("forge", TYPE_A, 2, 1, sink);
    for (let i = 0; i < ROUNDS; i++) hear({ rcode: 2 }, 1);
    hear({ rcode: 3 }, 1);
    expect(sink.last().name).toBe("forge");
    hear({ rcode: 3 }, 1);
    expect(sink.answers).toEqual(["1: 0.0.0.7", `2: error ${DNS_SERVER_FAILED}`]);
    // It may be there by the next time.
    resolver.query("forge", TYPE_A, 3, 2, sink);
    expect(sink.last().name).toBe("forge.example.org");
  });

  test("silence ends the search: the servers are the same for all domains", () => {
    resolver.configure([ONE], ["example.org", "lan"]);
    resolver.query("git", TYPE_A, 1, 0, sink);
    for (let i = 0; i < ROUNDS; i++) resolver.step(resolver.nextDeadline(), sink);
    expect(sink.answers).toEqual([`1: error ${DNS_NO_ANSWER}`]);
  });

  test("the search list is bounded", () => {
    const many = new Array<string>(20).fill("").map((_, i) => `d${i}`);
    resolver.configure([ONE], many);
    resolver.query("git", TYPE_A, 1, 0, sink);
    for (let i = 0; i < 30 && sink.answers.length === 0; i++) hear({ rcode: 3 }, 1);
    expect(sink.sent).toHaveLength(SEARCH_LIMIT + 1);
  });

  test("without a server it says so, also when the servers go while it waits", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    resolver.configure([], []);
    resolver.step(FIRST_TIMEOUT, sink);
    resolver.query(NAME, TYPE_A, 2, 0, sink);
    expect(sink.answers).toEqual([`1: error ${DNS_NO_RESOLVER}`, `2: error ${DNS_NO_RESOLVER}`]);
    expect(sink.open).toEqual([]);
  });

  test("the same servers again, as with each lease, leave what is known; others do not", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ rcode: 2 }, 0);
    hear({ answers: [a(NAME, 7)] }, 0);
    resolver.configure([ONE, TWO, ONE], ["lan"]);
    resolver.query(NAME, TYPE_A, 2, 1, sink);
    expect(sink.answers).toHaveLength(2);
    resolver.query("b.x", TYPE_A, 3, 1, sink);
    expect(sink.last().server).toBe(TWO);
    resolver.configure([TWO, ONE], ["lan"]);
    resolver.query(NAME, TYPE_A, 4, 1, sink);
    expect(sink.sent).toHaveLength(4);
  });

  test("addresses of the other family are asked for by their type, and literals of it are known", () => {
    resolver.query(NAME, TYPE_AAAA, 1, 0, sink);
    expect(sink.last().type).toBe(TYPE_AAAA);
    hear({ answers: [aaaa(NAME, 1), aaaa(NAME, 2)] }, 1);
    resolver.query("2001:DB8:0::1", TYPE_AAAA, 2, 1, sink);
    resolver.query("2001:db8::1", TYPE_A, 3, 1, sink);
    expect(sink.answers).toEqual(["1: 2001:db8::1 2001:db8::2", "2: 2001:db8::1", `3: error ${DNS_NO_ADDRESS}`]);
    expect(sink.sent).toHaveLength(1);
  });

  test("queries, and those who wait for one, are bounded", () => {
    for (let i = 0; i < QUERY_LIMIT; i++) resolver.query(`n${i}.x`, TYPE_A, i, 0, sink);
    expect(sink.answers).toEqual([]);
    resolver.query("more.x", TYPE_A, 50, 0, sink);
    expect(sink.answers).toEqual([`50: error ${DNS_NO_ROOM}`]);
    for (let i = 1; i < TOKENS_PER_QUERY; i++) resolver.query("n0.x", TYPE_A, 100 + i, 0, sink);
    expect(sink.answers).toHaveLength(1);
    resolver.query("n0.x", TYPE_A, 51, 0, sink);
    expect(sink.answers[1]).toBe(`51: error ${DNS_NO_ROOM}`);
  });
});

describe("against forgery and old servers, the resolver", () => {
  test("spells each question by chance; an answer that is spelt otherwise is asked for by TCP, where it counts", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    const { spelt } = sink.last();
    expect(spelt).not.toBe(NAME);
    hear({ name: NAME, answers: [a(NAME, 66)] }, 1);
    expect(sink.answers).toEqual([]);
    const { query, id, server } = sink.tcp[0]!;
    expect(server).toBe(ONE);
    const bytes = respond({ id, name: NAME, type: 1, answers: [a(NAME, 7)] });
    resolver.tcpAnswer(query, bytes, 0, bytes.length, 2, sink);
    expect(sink.answers).toEqual(["1: 0.0.0.7"]);
  });

  test("sends a cookie, another to each server, and the server's with it once that is known", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    const mine = sink.last().cookie!;
    expect(mine).toHaveLength(8);
    const whole = [...mine, 1, 2, 3, 4, 5, 6, 7, 8];
    hear({ answers: [a(NAME, 7)], additional: [opt(whole)] }, 1);
    resolver.query("b.x", TYPE_A, 2, 1, sink);
    expect(sink.last().cookie).toEqual(whole);
    resolver.refused(sink.last().port, 2, sink);
    expect([sink.last().server, sink.last().cookie!.length]).toEqual([TWO, 8]);
    expect(sink.last().cookie!.join()).not.toBe(mine.join());
  });

  test("believes no answer with another cookie, nor one without from a server that gives some (RFC 7873 5.3)", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    const other = new Array<number>(16).fill(9);
    hear({ answers: [a(NAME, 66)], additional: [opt(other)] }, 1);
    expect(sink.answers).toEqual([]);
    const whole = [...sink.last().cookie!, 1, 2, 3, 4, 5, 6, 7, 8];
    hear({ answers: [a(NAME, 7)], additional: [opt(whole)] }, 1);
    expect(sink.answers).toHaveLength(1);
    resolver.query("b.x", TYPE_A, 2, 1, sink);
    hear({ answers: [a("b.x", 66)] }, 1);
    hear({ answers: [a("b.x", 66)], additional: [opt()] }, 1);
    expect(sink.answers).toHaveLength(1);
    // It may have stopped to give them: after its silence it is believed again.
    resolver.step(resolver.nextDeadline(), sink);
    resolver.step(resolver.nextDeadline(), sink);
    expect([sink.last().server, sink.last().cookie!.length]).toEqual([ONE, 8]);
    hear({ answers: [a("b.x", 7)] }, 1);
    expect(sink.answers[1]).toBe("2: 0.0.0.7");
  });

  test("asks once more with the new cookie of a server that does not know the old one, then by TCP", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    const first = [...sink.last().cookie!, 1, 1, 1, 1, 1, 1, 1, 1];
    hear({ rcode: 7, additional: [opt(first, 1)] }, 1);
    expect([sink.last().server, sink.last().cookie]).toEqual([ONE, first]);
    hear({ rcode: 7, additional: [opt(first, 1)] }, 1);
    expect(sink.tcp).toHaveLength(1);
  });

  test("gives a server that does not know EDNS what it knows, from then on", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ rcode: 1 }, 1);
    expect([sink.last().server, sink.last().cookie]).toEqual([ONE, undefined]);
    hear({ answers: [a(NAME, 7)] }, 1);
    resolver.query("b.x", TYPE_A, 2, 1, sink);
    expect([sink.last().server, sink.last().cookie]).toEqual([ONE, undefined]);
    // Without EDNS it means what it says.
    hear({ rcode: 1 }, 1);
    expect(sink.last().server).toBe(TWO);
  });

  test("asks without EDNS at last, since something on the way may drop what it does not know", () => {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    while (sink.answers.length === 0) resolver.step(resolver.nextDeadline(), sink);
    expect(sink.sent.map((s) => s.cookie !== undefined)).toEqual([true, true, true, true, false, false]);
  });
});

describe("an answer out of date", () => {
  function know(): void {
    resolver.query(NAME, TYPE_A, 1, 0, sink);
    hear({ answers: [a(NAME, 7)] }, 0);
    sink.answers.length = 0;
  }

  test("is given when nobody answers, after a while, and a new one is sought all the same (RFC 8767)", () => {
    know();
    const later = 3600 * SECOND;
    resolver.query(NAME, TYPE_A, 2, later, sink);
    expect(sink.answers).toEqual([]);
    let told = later;
    while (sink.answers.length === 0) {
      told = resolver.nextDeadline();
      resolver.step(told, sink);
    }
    expect(sink.answers).toEqual(["2: 0.0.0.7"]);
    expect(told - later).toBeGreaterThanOrEqual(STALE_AFTER);
    expect(told - later).toBeLessThan(4 * SECOND);
    hear({ answers: [a(NAME, 8)] }, told);
    resolver.query(NAME, TYPE_A, 3, told, sink);
    expect(sink.answers[1]).toBe("3: 0.0.0.8");
  });

  test("is given when the servers fail, and they are left alone for half a minute", () => {
    know();
    const later = 3600 * SECOND;
    resolver.query(NAME, TYPE_A, 2, later, sink);
    for (let i = 0; i < 20 && sink.answers.length === 0; i++) hear({ rcode: 2 }, later);
    expect(sink.answers).toEqual(["2: 0.0.0.7"]);
    const before = sink.sent.length;
    resolver.query(NAME, TYPE_A, 3, later + 29 * SECOND, sink);
    expect([sink.answers[1], sink.sent.length]).toEqual(["3: 0.0.0.7", before]);
    resolver.query(NAME, TYPE_A, 4, later + 31 * SECOND, sink);
    expect(sink.sent.length).toBe(before + 1);
  });

  test("is not given when the name is gone, nor after a day", () => {
    know();
    resolver.query(NAME, TYPE_A, 2, 3600 * SECOND, sink);
    hear({ rcode: 3, authorities: [soa("org", 60, 60)] }, 3600 * SECOND);
    expect(sink.answers).toEqual([`2: error ${DNS_NO_SUCH_NAME}`]);
    resolver = new Resolver();
    resolver.configure([ONE], []);
    know();
    const later = 2 * 86_400 * SECOND;
    resolver.query(NAME, TYPE_A, 3, later, sink);
    while (sink.answers.length === 0) resolver.step(resolver.nextDeadline(), sink);
    expect(sink.answers).toEqual([`3: error ${DNS_NO_ANSWER}`]);
  });
});

describe("the cache", () => {
  test("holds CACHE_LIMIT names; what expires first makes room", () => {
    const cache = new DnsCache();
    for (let i = 0; i < CACHE_LIMIT; i++) cache.add(`n${i}`, TYPE_A, [`${i}`], 0, 100 + ((i * 7) % CACHE_LIMIT), 0);
    cache.add("new", TYPE_A, ["1"], 0, 5000, 0);
    expect(cache.size).toBe(CACHE_LIMIT);
    expect(cache.lookup("n0", TYPE_A, 1)).toBe(-1);
    expect(cache.lookup("n1", TYPE_A, 1)).toBeGreaterThanOrEqual(0);
    cache.add("n1", TYPE_A, ["99"], 0, 10, 0);
    expect(cache.addressesAt(cache.lookup("n1", TYPE_A, 1))).toEqual(["99"]);
    expect(cache.size).toBe(CACHE_LIMIT);
    cache.add("zero", TYPE_A, ["1"], 0, 0, 0);
    expect(cache.lookup("zero", TYPE_A, 0)).toBe(-1);
  });
});
