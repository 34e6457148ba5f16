import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeU16 } from "../../../stack/base/bytes.ts";
import { isSpelt, normalizeName } from "../../../stack/dns/name.ts";
import {
  ADDRESS_LIMIT,
  addOptions,
  CHAIN_LIMIT,
  COOKIE_LIMIT,
  DNS_MALFORMED,
  DNS_NOT_A_RESPONSE,
  DNS_OTHER_QUESTION,
  DNS_TRUNCATED,
  DnsAnswer,
  decodeResponse,
  encodeQuery,
  LARGEST_QUERY,
  RECORD_LIMIT,
  TYPE_A,
  TYPE_AAAA,
} from "../../../stack/dns/wire.ts";
import { hex, toHex } from "../../support/bytes.ts";
import { a, aaaa, cname, labels, opt, type Record, readQuery, respond, soa } from "./server.ts";

const NAME = "www.example.org";

function decode(bytes: Uint8Array, name = NAME, type = TYPE_A): DnsAnswer {
  const answer = new DnsAnswer();
  expect(decodeResponse(bytes, 0, bytes.length, name, type, answer)).toBe(0);
  return answer;
}

function error(bytes: Uint8Array): number {
  return decodeResponse(bytes, 0, bytes.length, NAME, TYPE_A, new DnsAnswer());
}

describe("DNS names", () => {
  test("names are taken in lower case without the final dot", () => {
    expect(normalizeName("Git.Example.ORG.")).toBe("git.example.org");
    expect(normalizeName("_x.a-1")).toBe("_x.a-1");
  });

  test("what is no hostname is refused", () => {
    for (const name of ["", ".", "a..b", ".a", "a b", "ü.de", "a/b", "x".repeat(64), `${"a.".repeat(126)}bc`])
      expect(normalizeName(name)).toBe("");
    expect(normalizeName("x".repeat(63))).toHaveLength(63);
    expect(normalizeName(`${"a.".repeat(126)}b`)).toHaveLength(253);
  });
});

describe("DNS messages", () => {
  test("a query is written byte for byte", () => {
    const bytes = new Uint8Array(LARGEST_QUERY);
    const length = encodeQuery(bytes, 0, 0x1234, NAME, TYPE_A, 0);
    expect(toHex(bytes, 0, length)).toBe(
      "1234 0100 0001 0000 0000 0000 03777777 076578616d706c65 036f7267 00 0001 0001".replaceAll(" ", ""),
    );
  });

  test("the longest name fits, and what is written is read back", () => {
    const bytes = new Uint8Array(LARGEST_QUERY);
    const longest = `${"a.".repeat(126)}b`;
    const length = encodeQuery(bytes, 0, 1, longest, TYPE_AAAA, 0);
    const cookie = new Uint8Array(COOKIE_LIMIT);
    for (let i = 0; i < COOKIE_LIMIT; i++) cookie[i] = i;
    expect(addOptions(bytes, 0, length, cookie, COOKIE_LIMIT)).toBe(LARGEST_QUERY);
    const query = { id: 1, name: longest, spelt: longest, type: TYPE_AAAA, cookie: [...cookie] };
    expect(readQuery(bytes)).toEqual(query);
  });

  test("an OPT record asks for 1,232 bytes and has a cookie, byte for byte (RFC 6891 6.1.2, RFC 7873 4)", () => {
    const bytes = new Uint8Array(LARGEST_QUERY);
    const length = addOptions(bytes, 0, encodeQuery(bytes, 0, 1, "a", TYPE_A, 0), hex("0102030405060708"), 8);
    expect(toHex(bytes, 0, length)).toBe(
      "0001 0100 0001 0000 0000 0001 0161 00 0001 0001 00 0029 04d0 00000000 000c 000a 0008 0102030405060708".replaceAll(
        " ",
        "",
      ),
    );
  });

  test("letters are large where the spelling says so, and an answer is held against that", () => {
    const bytes = new Uint8Array(LARGEST_QUERY);
    const long = `${"abcdefgh.".repeat(5)}x-1`;
    encodeQuery(bytes, 0, 1, long, TYPE_A, 0x80000005);
    expect(readQuery(bytes.slice(0, 12 + long.length + 2 + 4)).spelt).toBe(
      "AbCdefgh.abcdefgh.abcdefgh.abcdEFgH.abcdefgh.x-1",
    );
    expect(isSpelt(bytes, 0, long, 0x80000005)).toBe(true);
    expect(isSpelt(bytes, 0, long, 0x80000004)).toBe(false);
    expect(isSpelt(bytes, 0, long, 0x80000001)).toBe(false);
  });

  test("of an OPT record the upper bits of the RCODE and the cookie are read", () => {
    const cookie = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    const answer = decode(respond({ id: 1, name: NAME, type: 1, rcode: 7, additional: [opt(cookie, 1)] }));
    expect([answer.rcode, answer.edns, answer.cookieLength]).toEqual([23, true, 16]);
    expect([...answer.cookie.slice(0, 16)]).toEqual(cookie);
    const bare = decode(respond({ id: 1, name: NAME, type: 1, additional: [a("x.y", 1), opt()] }));
    expect([bare.edns, bare.cookieLength]).toEqual([true, 0]);
    // RFC 7873 4: lengths that a cookie cannot have.
    for (const length of [1, 7, 9, 15, 41]) {
      const odd = opt(new Array<number>(length).fill(7));
      expect(decode(respond({ id: 1, name: NAME, type: 1, additional: [odd] })).cookieLength).toBe(0);
    }
    // An option that reaches beyond its record.
    const beyond = { ...opt(), data: [0, 10, 0, 16, 1, 2, 3] };
    expect(decode(respond({ id: 1, name: NAME, type: 1, additional: [beyond] })).cookieLength).toBe(0);
    for (const additional of [[opt(), opt()], [{ ...opt(), name: "x" }]])
      expect(error(respond({ id: 1, name: NAME, type: 1, additional }))).toBe(DNS_MALFORMED);
  });

  test("a literal answer with compression is read", () => {
    const bytes = hex(`1234 8180 0001 0002 0000 0000 03777777 076578616d706c65 036f7267 00 0001 0001
      c00c 0005 0001 00000e10 0006 03 626c67 c010
      c02d 0001 0001 0000003c 0004 5db8d822`);
    const answer = decode(bytes);
    expect(answer.id).toBe(0x1234);
    expect(answer.canonicalName).toBe("blg.example.org");
    expect(answer.addresses).toEqual(["93.184.216.34"]);
    expect(answer.timeToLive).toBe(60);
  });

  test("an AAAA answer gives addresses of the other family", () => {
    const bytes = respond({ id: 1, name: NAME, type: TYPE_AAAA, answers: [aaaa(NAME, 1), a(NAME, 5)] });
    expect(decode(bytes, NAME, TYPE_AAAA).addresses).toEqual(["2001:db8::1"]);
  });

  test("names are compared without regard to case", () => {
    expect(
      decode(respond({ id: 1, name: "WWW.example.ORG", type: 1, answers: [a("wWw.example.org", 7)] })).addresses,
    ).toEqual(["0.0.0.7"]);
  });

  test("a chain of aliases is followed in any order, to its bound and not round in circles", () => {
    const chain = [cname("b.x", "c.x", 30), a("c.x", 9, 50), cname(NAME, "b.x", 40), a("other.x", 1)];
    const answer = decode(respond({ id: 1, name: NAME, type: 1, answers: chain }));
    expect([answer.addresses, answer.timeToLive]).toEqual([["0.0.0.9"], 30]);
    const circle = decode(respond({ id: 1, name: NAME, type: 1, answers: [cname(NAME, "b.x"), cname("b.x", NAME)] }));
    expect(circle.addresses).toEqual([]);
    const long = [cname(NAME, "n0.x")];
    for (let i = 0; i < CHAIN_LIMIT; i++) long.push(cname(`n${i}.x`, `n${i + 1}.x`));
    long.push(a(`n${CHAIN_LIMIT}.x`, 1));
    expect(decode(respond({ id: 1, name: NAME, type: 1, answers: long })).addresses).toEqual([]);
  });

  test("absence comes with how long it may be believed (RFC 2308)", () => {
    const answer = decode(
      respond({ id: 1, name: NAME, type: 1, rcode: 3, authorities: [soa("example.org", 900, 120)] }),
    );
    expect([answer.rcode, answer.timeToLive, answer.authoritativeAbsence]).toEqual([3, 120, true]);
    const bare = decode(respond({ id: 1, name: NAME, type: 1 }));
    expect([bare.timeToLive, bare.authoritativeAbsence]).toEqual([0, false]);
  });

  test("a TTL with its highest bit set is zero, a long one is a day (RFC 2181 8)", () => {
    expect(decode(respond({ id: 1, name: NAME, type: 1, answers: [a(NAME, 1, 0x80000000)] })).timeToLive).toBe(0);
    expect(decode(respond({ id: 1, name: NAME, type: 1, answers: [a(NAME, 1, 0x7fffffff)] })).timeToLive).toBe(86_400);
  });

  test("more addresses than ADDRESS_LIMIT, and records beyond RECORD_LIMIT, are left out", () => {
    const many: Record[] = [];
    for (let i = 0; i < 100; i++) many.push(a(NAME, i + 1));
    expect(decode(respond({ id: 1, name: NAME, type: 1, answers: many })).addresses).toHaveLength(ADDRESS_LIMIT);
    const late: Record[] = [];
    for (let i = 0; i < RECORD_LIMIT; i++) late.push(a("x.y", 1));
    late.push(a(NAME, 5));
    expect(decode(respond({ id: 1, name: NAME, type: 1, answers: late })).addresses).toEqual([]);
  });

  test("a truncated response says so and nothing else", () => {
    const answer = decode(respond({ id: 1, name: NAME, type: 1, truncated: true, answers: [a(NAME, 5)] }));
    expect([answer.truncated, answer.addresses]).toEqual([true, []]);
  });

  test("what does not answer the question is refused", () => {
    expect(error(new Uint8Array(11))).toBe(DNS_TRUNCATED);
    const query = new Uint8Array(LARGEST_QUERY);
    encodeQuery(query, 0, 1, NAME, 1, 0);
    expect(error(query)).toBe(DNS_NOT_A_RESPONSE);
    expect(error(respond({ id: 1, name: "www.example.com", type: 1 }))).toBe(DNS_OTHER_QUESTION);
    expect(error(respond({ id: 1, name: NAME, type: 28 }))).toBe(DNS_OTHER_QUESTION);
    const none = respond({ id: 1, name: NAME, type: 1, rcode: 3 });
    writeU16(none, 4, 0);
    expect(error(none)).toBe(DNS_OTHER_QUESTION);
    writeU16(none, 2, 0x8185);
    expect(decode(none).rcode).toBe(5);
  });

  test("pointers forward, to themselves and in long rows, and records cut short are refused", () => {
    const good = respond({ id: 1, name: NAME, type: 1, answers: [a(NAME, 5)] });
    const owner = 12 + labels(NAME).length + 4;
    for (const target of [owner, owner + 2, 0, 11, 0x3fff]) {
      const bad = new Uint8Array(good);
      writeU16(bad, owner, 0xc000 | target);
      expect(error(bad)).toBe(DNS_MALFORMED);
    }
    for (let cut = 12; cut < good.length; cut++) expect(error(good.slice(0, cut))).toBe(DNS_MALFORMED);
    const row = new Uint8Array(400);
    row.set(good);
    writeU16(row, 6, 2);
    writeU16(row, good.length - 6, 200);
    // 100 pointers, each to the one before, as the data of the first record; the second's owner points at the last.
    for (let i = 0; i < 100; i++)
      writeU16(row, good.length - 4 + i * 2, 0xc000 | (i === 0 ? 12 : good.length - 6 + i * 2));
    writeU16(row, owner + 2, 16);
    writeU16(row, good.length + 196, 0xc000 | (good.length + 194));
    expect(error(row)).toBe(DNS_MALFORMED);
  });

  test("a label that no hostname has matches nothing", () => {
    const bytes = respond({ id: 1, name: NAME, type: 1, answers: [a("www?example.org", 5)] });
    for (let i = 0; i < bytes.length; i++) if (bytes[i] === 63) bytes[i] = 46;
    expect(decode(bytes).addresses).toEqual([]);
  });

  test("any bytes behind the question give a number and no exception", () => {
    const head = respond({ id: 1, name: NAME, type: 1 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(4), fc.nat(4), (tail, answers, authorities) => {
        const bytes = new Uint8Array(head.length + tail.length);
        bytes.set(head);
        bytes.set(tail, head.length);
        writeU16(bytes, 6, answers);
        writeU16(bytes, 8, authorities);
        expect(error(bytes)).toBeLessThanOrEqual(4);
      }),
      { numRuns: 200 },
    );
  });

  test("one changed byte anywhere gives a number and no exception", () => {
    const good = respond({ id: 1, name: NAME, type: 1, answers: [cname(NAME, "b.x"), a("b.x", 5)] });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = new Uint8Array(good);
        bytes[at] = value;
        expect(error(bytes)).toBeLessThanOrEqual(4);
      }),
      { numRuns: 200 },
    );
  });
});
