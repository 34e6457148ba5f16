import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ipv4, Mac } from "../../../stack/base/address.ts";
import { OPTION_LIMIT, ROUTE_LIMIT, SEARCH_LIMIT } from "../../../stack/dhcp/options.ts";
import {
  DHCP_NO_TYPE,
  DHCP_NOT_A_REPLY,
  DHCP_OPTION,
  DHCP_TRUNCATED,
  DhcpReply,
  DhcpRequest,
  DNS_SERVER_LIMIT,
  decode,
  encode,
  LARGEST_REQUEST,
  MESSAGE_DISCOVER,
  MESSAGE_OFFER,
  MESSAGE_RELEASE,
} from "../../../stack/dhcp/wire.ts";
import { bytesOf, hex, toHex } from "../../support/bytes.ts";
import { fourBytes, optionOf, readClientMessage, reply } from "./server.ts";

const MAC = 0x525400123456 as Mac;

/** What QEMU's user network offers: 10.0.2.15/24 from 10.0.2.2, name server 10.0.2.3, one day. */
function offer(options: ReadonlyArray<readonly number[]> = []): Uint8Array {
  return reply(MESSAGE_OFFER, 0x12345678, MAC, 0x0a00020f as Ipv4, [
    [54, ...fourBytes(0x0a000202)],
    [1, 255, 255, 255, 0],
    [3, ...fourBytes(0x0a000202)],
    [6, ...fourBytes(0x0a000203)],
    [51, ...fourBytes(86_400)],
    ...options,
  ]);
}

describe("DHCP messages", () => {
  test("a DISCOVER is written byte for byte", () => {
    const request = new DhcpRequest();
    request.type = MESSAGE_DISCOVER;
    request.transaction = 0x12345678;
    request.seconds = 3;
    request.broadcast = true;
    request.mac = MAC;
    request.hostname = "blog";
    const bytes = new Uint8Array(LARGEST_REQUEST);
    expect(encode(bytes, request)).toBe(300);
    expect(toHex(bytes, 0, 34)).toBe(
      `01010600 12345678 0003 8000 ${"00000000".repeat(4)} 525400123456`.replaceAll(" ", ""),
    );
    expect(toHex(bytes, 34, 202)).toBe("00".repeat(202));
    expect(toHex(bytes, 236, 40)).toBe(
      "63825363 350101 3d0701525400123456 390205c0 0c04626c6f67 370b 01 79 03 06 0f 1a 2a 33 3a 3b 77 ff".replaceAll(
        " ",
        "",
      ),
    );
  });

  test("a RELEASE carries the address and the server, and asks for nothing", () => {
    const request = new DhcpRequest();
    request.type = MESSAGE_RELEASE;
    request.mac = MAC;
    request.clientAddress = 0x0a00020f as Ipv4;
    request.serverIdentifier = 0x0a000202 as Ipv4;
    const bytes = new Uint8Array(LARGEST_REQUEST);
    const message = readClientMessage(bytes, encode(bytes, request));
    expect(message.options).toEqual([
      { code: 53, value: "07" },
      { code: 61, value: "01525400123456" },
      { code: 54, value: "0a000202" },
    ]);
    expect(message.clientAddress).toBe(0x0a00020f);
  });

  test("the longest request fits", () => {
    const request = new DhcpRequest();
    request.type = 3;
    request.requestedAddress = 1 as Ipv4;
    request.serverIdentifier = 1 as Ipv4;
    request.seconds = 100_000;
    request.hostname = "x".repeat(300);
    const bytes = new Uint8Array(LARGEST_REQUEST);
    const message = readClientMessage(bytes, encode(bytes, request));
    expect(message.length).toBeLessThanOrEqual(LARGEST_REQUEST);
    expect(optionOf(message, 12)).toHaveLength(126);
    expect(message.seconds).toBe(65_535);
  });

  test("classless routes give the gateway, alone or against the router option (RFC 3442)", () => {
    const r = new DhcpReply();
    const routes = (value: readonly number[]): Ipv4 => {
      for (const options of [
        [[121, ...value]],
        [
          [121, ...value],
          [3, 9, 9, 9, 9],
        ],
        [
          [3, 9, 9, 9, 9],
          [121, ...value],
        ],
      ]) {
        const bytes = reply(MESSAGE_OFFER, 1, MAC, 0x0a800005 as Ipv4, options);
        expect(decode(bytes, 0, bytes.length, r)).toBe(0);
      }
      return r.router;
    };
    // As Google's cloud sends them: the gateway is on the link, and the way to everywhere.
    expect(routes([32, 10, 128, 0, 1, 0, 0, 0, 0, 0, 10, 128, 0, 1])).toBe(0x0a800001);
    expect(routes([0, 10, 0, 0, 1])).toBe(0x0a000001);
    expect(routes([8, 10, 10, 0, 0, 2, 20, 172, 16, 0, 10, 0, 0, 3])).toBe(0);
    // Damaged ones.
    expect(routes([])).toBe(0);
    expect(routes([0])).toBe(0);
    expect(routes([0, 10, 0, 0])).toBe(0);
    expect(routes([33, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toBe(0);
    expect(routes([24, 10, 0])).toBe(0);
  });

  test("the other classless routes are read, on the wire or by a router, up to their bound", () => {
    const r = new DhcpReply();
    const google = [32, 10, 128, 0, 1, 0, 0, 0, 0, 0, 10, 128, 0, 1];
    let bytes = reply(MESSAGE_OFFER, 1, MAC, 0x0a800005 as Ipv4, [[121, ...google, 12, 172, 31, 10, 0, 0, 3]]);
    expect(decode(bytes, 0, bytes.length, r)).toBe(0);
    // Bits beyond the prefix are nothing.
    expect(r.routes).toEqual(["10.128.0.1/32 0.0.0.0", "172.16.0.0/12 10.0.0.3"]);
    const many = [121];
    for (let i = 0; i < 20; i++) many.push(24, 10, 0, i, 10, 9, 9, 9);
    bytes = reply(MESSAGE_OFFER, 1, MAC, 0x0a800005 as Ipv4, [many]);
    expect(decode(bytes, 0, bytes.length, r)).toBe(0);
    expect(r.routes).toHaveLength(ROUTE_LIMIT);
  });

  test("a long option comes in pieces, also across fields (RFC 3396 5)", () => {
    const bytes = offer([
      [15, 97, 98],
      [121, 0, 10],
      [15, 99],
      [121, 0, 0, 9],
      [52, 3],
    ]);
    bytes.set(hex("0f 01 64 ff"), 108);
    bytes.set(hex("0f 01 65 ff"), 44);
    const r = new DhcpReply();
    expect(decode(bytes, 0, bytes.length, r)).toBe(0);
    expect([r.domain, r.router]).toEqual(["abcde", 0x0a000009]);
  });

  test("parameters of the machine are asked for where they are wanted, and read in pieces", () => {
    const request = new DhcpRequest();
    request.type = MESSAGE_DISCOVER;
    request.mac = MAC;
    const sent = new Uint8Array(LARGEST_REQUEST);
    const plain = optionOf(readClientMessage(sent, encode(sent, request)), 55)!;
    request.parametersWanted = true;
    expect(optionOf(readClientMessage(sent, encode(sent, request)), 55)).toBe(`${plain}e0`);
    const bytes = offer([
      [224, ...bytesOf("--remote=http://a")],
      [224, ...bytesOf("/b.git --port=8"), 10, 1, 255, 49],
    ]);
    const r = new DhcpReply();
    expect(decode(bytes, 0, bytes.length, r)).toBe(0);
    expect([r.parameters, r.parametersTooLong]).toEqual(["--remote=http://a/b.git --port=8???1", false]);
  });

  test("an option of more than OPTION_LIMIT bytes is none", () => {
    for (const code of [15, 224]) {
      const bytes = new Uint8Array(2000);
      const head = offer();
      bytes.set(head);
      let at = head.length - 1;
      for (let i = 0; i * 250 <= OPTION_LIMIT; i++) {
        bytes.set([code, 250, ...new Array<number>(250).fill(97)], at);
        at += 252;
      }
      const r = new DhcpReply();
      expect(decode(bytes, 0, bytes.length, r)).toBe(0);
      expect([r.domain, r.router, r.parameters, r.parametersTooLong]).toEqual(["", 0x0a000202, "", code === 224]);
    }
  });

  test("time servers and the domain search list are read (RFC 2132 8.3, RFC 3397)", () => {
    // RFC 3397 2, example: eng.apple.com. and marketing.apple.com., compressed, in two pieces.
    const list = hex("03656e67 056170706c65 03636f6d 00 096d61726b6574696e67 c004");
    const bytes = offer([
      [119, ...list.slice(0, 9)],
      [119, ...list.slice(9)],
      [42, 10, 0, 2, 3, 10, 0, 2, 4],
    ]);
    const r = new DhcpReply();
    expect(decode(bytes, 0, bytes.length, r)).toBe(0);
    expect(r.search).toEqual(["eng.apple.com", "marketing.apple.com"]);
    expect(r.ntpServers).toEqual([0x0a000203, 0x0a000204]);
  });

  test("a search list that is damaged, goes round in circles or has no end gives what came before", () => {
    const search = (value: string): readonly string[] => {
      const bytes = offer([[119, ...hex(value)]]);
      const r = new DhcpReply();
      expect(decode(bytes, 0, bytes.length, r)).toBe(0);
      return r.search;
    };
    expect(search("0161 00 0162 c009")).toEqual(["a"]);
    expect(search("0161 00 c003")).toEqual(["a"]);
    expect(search("0161 00 3f62")).toEqual(["a"]);
    expect(search("0161 00 4062")).toEqual(["a"]);
    expect(search("0161 00 c0")).toEqual(["a"]);
    expect(search("0161 00 0162")).toEqual(["a"]);
    expect(search("000000 0161 00")).toEqual(["a"]);
    expect(search("021b2e 00")).toEqual(["??"]);
    expect(search("0161 00".repeat(20))).toHaveLength(SEARCH_LIMIT);
  });

  test("an offer is read", () => {
    const bytes = offer([
      [15, ...[..."example.org\0"].map((c) => c.charCodeAt(0))],
      [26, 5, 120],
      [58, ...fourBytes(100)],
      [59, ...fourBytes(200)],
    ]);
    const r = new DhcpReply();
    expect(decode(bytes, 0, bytes.length, r)).toBe(0);
    expect([r.type, r.transaction, r.mac, r.yourAddress]).toEqual([MESSAGE_OFFER, 0x12345678, MAC, 0x0a00020f]);
    expect([r.serverIdentifier, r.subnetMask, r.router]).toEqual([0x0a000202, 0xffffff00, 0x0a000202]);
    expect(r.dnsServers).toEqual([0x0a000203]);
    expect([r.leaseTime, r.renewalTime, r.rebindingTime, r.mtu]).toEqual([86_400, 100, 200, 1400]);
    expect(r.domain).toBe("example.org");
  });

  test("nothing is left over from the message read before", () => {
    const r = new DhcpReply();
    const full = offer([[15, 97]]);
    decode(full, 0, full.length, r);
    const bare = reply(5, 1, MAC, 0 as Ipv4, []);
    expect(decode(bare, 0, bare.length, r)).toBe(0);
    const fresh = new DhcpReply();
    decode(bare, 0, bare.length, fresh);
    expect(r).toEqual(fresh);
    expect([r.leaseTime, r.domain, r.dnsServers.length]).toEqual([-1, "", 0]);
  });

  test("options may go on in the file and sname fields (RFC 2132 9.3)", () => {
    const bytes = offer([[52, 3]]);
    bytes.set(hex("0f 02 6162 ff"), 108);
    bytes.set(hex("1a 02 0500 ff"), 44);
    const r = new DhcpReply();
    expect(decode(bytes, 0, bytes.length, r)).toBe(0);
    expect([r.domain, r.mtu]).toEqual(["ab", 1280]);
  });

  test("more name servers than DNS_SERVER_LIMIT are left out, options of wrong length are skipped", () => {
    const many = [6];
    for (let i = 1; i <= 10; i++) many.push(...fourBytes(i));
    const bytes = reply(2, 1, MAC, 1 as Ipv4, [many, [51, 1, 2], [1, 1], [26, 0, 60], [3]]);
    const r = new DhcpReply();
    expect(decode(bytes, 0, bytes.length, r)).toBe(0);
    expect(r.dnsServers).toHaveLength(DNS_SERVER_LIMIT);
    expect([r.leaseTime, r.subnetMask, r.mtu, r.router]).toEqual([-1, 0, 0, 0]);
  });

  test("text from a server holds nothing that a console would act on", () => {
    const bytes = reply(6, 1, MAC, 0 as Ipv4, [[56, 27, 91, 50, 74, 110, 111]]);
    const r = new DhcpReply();
    decode(bytes, 0, bytes.length, r);
    expect(r.message).toBe("?[2Jno");
  });

  test("each damage has its error", () => {
    const r = new DhcpReply();
    const bytes = offer();
    expect(decode(bytes, 0, 239, r)).toBe(DHCP_TRUNCATED);
    expect(decode(bytes, 0, 240, r)).toBe(DHCP_NO_TYPE);
    expect(decode(bytes, 0, 241, r)).toBe(DHCP_OPTION);
    expect(decode(bytes, 0, 246, r)).toBe(DHCP_OPTION);
    for (const at of [0, 1, 2, 236]) {
      const damaged = new Uint8Array(bytes);
      damaged.set([77], at);
      expect(decode(damaged, 0, damaged.length, r)).toBe(DHCP_NOT_A_REPLY);
    }
  });

  test("any options give a number and no exception", () => {
    const r = new DhcpReply();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 0, max: 3 }), (tail, overload) => {
        const head = offer([[52, overload]]);
        const bytes = new Uint8Array(head.length - 1 + tail.length);
        bytes.set(head.slice(0, head.length - 1));
        bytes.set(tail, head.length - 1);
        for (let i = 0; i < 60 && i < tail.length; i++) bytes[44 + i] = tail[i]!;
        expect(decode(bytes, 0, bytes.length, r)).toBeLessThanOrEqual(4);
      }),
      { numRuns: 200 },
    );
  });
});
