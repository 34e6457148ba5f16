// Packets of IPv6 as they come to a host, and what it answers: RFC 8200, 4443, 5722, 6946, 7112, 5095, 3810.

import { beforeEach, describe, expect, it } from "vitest";
import { parseIpv6 } from "../../../stack/base/address6.ts";
import { PACKETS_DAMAGED, PACKETS_TO_OTHERS } from "../../../stack/base/counters.ts";
import { equalBytes } from "../../../stack/base/native.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { Bed, datagram, echo, ends, extension, finished, fragments, HOST, joined, PEER, sumHolds } from "./frames.ts";

const ICMP = 58;
const UDP = 17;
const OPTIONS = 60;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;

let bed: Bed;
beforeEach(() => {
  bed = new Bed();
});

/** Type, code and the four bytes behind the checksum of the one ICMPv6 message that was sent. */
function said(): number[] {
  const packets = bed.heard();
  if (packets.length !== 1) return [packets.length];
  const [packet] = packets;
  expect(ends(packet!)).toBe(`${HOST} ${PEER}`);
  expect(sumHolds(packet!)).toBe(true);
  return [packet![40]!, packet![41]!, nativeLoad32(packet!, 44)];
}

describe("an echo", () => {
  it("is answered with what it had, its checksum right", () => {
    for (const length of [0, 1, 56, 1440]) {
      const asked = echo(length);
      bed.hear(ICMP, asked);
      const [answer, ...more] = bed.heard();
      expect(more.length).toBe(0);
      expect([ends(answer!), answer![40], answer![7], sumHolds(answer!)]).toEqual([`${HOST} ${PEER}`, 129, 64, true]);
      expect(equalBytes(answer!, 44, asked, 4, asked.length - 4)).toBe(true);
    }
  });

  it("to an address that is ours no more is for others, even from who has just been answered", () => {
    for (let i = 0; i < 3; i++) bed.hear(ICMP, echo(8));
    expect(bed.heard().length).toBe(3);
    const { configuration } = bed.host.ipv6.ndp;
    const address = new Uint8Array(16);
    parseIpv6(HOST, address, 0);
    configuration.remove(configuration.addresses.find(address, 0), bed.now);
    bed.pass(SECOND);
    bed.heard();
    const before = bed.host.ip.counters.value(PACKETS_TO_OTHERS);
    bed.hear(ICMP, echo(8));
    expect([bed.heard().length, bed.host.ip.counters.value(PACKETS_TO_OTHERS)]).toEqual([0, before + 1]);
  });

  it("in fragments is answered in fragments, whatever their order", () => {
    const asked = echo(4000);
    for (const piece of fragments(ICMP, asked, 1024).reverse()) bed.hear(FRAGMENT, piece);
    const answer = bed.heard();
    expect(answer.length).toBe(3);
    const whole = joined(...answer.map((packet) => packet.slice(48)));
    expect([whole.length, whole[0]]).toEqual([asked.length, 129]);
    expect(equalBytes(whole, 4, asked, 4, asked.length - 4)).toBe(true);
    for (const packet of answer) expect([packet.length <= 1500, packet[6], packet[40]]).toEqual([true, FRAGMENT, ICMP]);
  });

  it("whose pieces contradict each other about congestion is given up (RFC 3168 5.3)", () => {
    const pieces = fragments(ICMP, echo(2000), 1024);
    for (const [first, second, answers] of [
      [2, 3, 2],
      [0, 3, 0],
      [3, 0, 0],
    ] as const) {
      bed.hear(FRAGMENT, pieces[0]!, PEER, HOST, 64, first);
      bed.hear(FRAGMENT, pieces[1]!, PEER, HOST, 64, second);
      expect(bed.heard().length).toBe(answers);
      bed.pass(16 * SECOND);
      bed.heard();
    }
  });

  it("in one fragment is a packet by itself (RFC 6946), beside others of the same identification", () => {
    const [first] = fragments(ICMP, echo(2000), 1024);
    bed.hear(FRAGMENT, first!);
    bed.hear(FRAGMENT, joined(new Uint8Array([ICMP, 0, 0, 0, 0, 0, 0, 7]), echo(8)));
    expect(bed.heard().length).toBe(1);
  });

  it("of pieces that overlap is given up, with all that still comes of it (RFC 5722)", () => {
    const pieces = fragments(ICMP, echo(2000), 1024);
    bed.hear(FRAGMENT, pieces[0]!);
    const overlap = pieces[1]!.slice();
    nativeStore16(overlap, 2, 1016);
    bed.hear(FRAGMENT, overlap);
    bed.hear(FRAGMENT, pieces[0]!);
    bed.hear(FRAGMENT, pieces[1]!);
    expect(bed.heard().length).toBe(0);
    // After its time the identification is another packet's.
    bed.pass(16 * SECOND);
    bed.heard();
    for (const piece of pieces) bed.hear(FRAGMENT, piece);
    expect(bed.heard().length).toBe(2);
  });

  it("to a group, from a group, with a bad checksum, from nobody: no answer", () => {
    bed.hear(ICMP, finished(PEER, "ff02::1", ICMP, 2, echo(8)), PEER, "ff02::1");
    bed.hear(ICMP, finished("ff02::5", HOST, ICMP, 2, echo(8)), "ff02::5");
    bed.hear(ICMP, finished("::", HOST, ICMP, 2, echo(8)), "::");
    bed.hear(ICMP, finished("::1", HOST, ICMP, 2, echo(8)), "::1");
    bed.hear(ICMP, finished("::ffff:10.0.0.1", HOST, ICMP, 2, echo(8)), "::ffff:10.0.0.1");
    bed.hear(ICMP, finished(PEER, "2001:db8::3", ICMP, 2, echo(8)), PEER, "2001:db8::3");
    const damaged = echo(8);
    damaged[9] = damaged[9]! ^ 1;
    bed.hear(ICMP, damaged);
    expect(bed.heard().length).toBe(0);
  });
});

describe("what nobody takes", () => {
  it("is told to its sender: a port, a protocol, however it came", () => {
    bed.hear(UDP, datagram(20));
    expect(said()).toEqual([1, 4, 0]);
    for (const piece of fragments(UDP, datagram(2000), 1024)) bed.hear(FRAGMENT, piece);
    expect(said()).toEqual([1, 4, 0]);
    bed.hear(200, new Uint8Array(8));
    expect(said()).toEqual([4, 1, 6]);
    bed.hear(OPTIONS, joined(extension(200, 0), new Uint8Array(8)));
    expect(said()).toEqual([4, 1, 40]);
  });

  it("has no checksum: dropped (RFC 8200 8.1)", () => {
    const bare = datagram(20);
    nativeStore16(bare, 6, 0);
    bed.hear(UDP, bare);
    expect(bed.heard().length).toBe(0);
  });

  it("is quoted as far as 1,280 bytes go, and told 20 times at once at most", () => {
    bed.hear(UDP, datagram(1440));
    const [answer] = bed.heard();
    expect(answer!.length).toBe(1280);
    for (let i = 0; i < 100; i++) bed.hear(UDP, datagram(20));
    expect(bed.heard().length).toBe(19);
  });

  it("is an error, or was sent to a group: not told", () => {
    const error = new Uint8Array(60);
    error[0] = 1;
    bed.hear(ICMP, finished(PEER, HOST, ICMP, 2, error));
    bed.hear(UDP, datagram(20), PEER, "ff02::1");
    expect(bed.heard().length).toBe(0);
  });
});

describe("extension headers", () => {
  it("are passed over, eight of them", () => {
    let chain = echo(8);
    for (let i = 0; i < 8; i++) chain = joined(extension(i === 0 ? ICMP : OPTIONS, 0), chain);
    bed.hear(OPTIONS, chain);
    expect(bed.heard().length).toBe(1);
    bed.hear(OPTIONS, joined(extension(OPTIONS, 0), chain));
    expect(bed.heard().length).toBe(0);
  });

  it("of a thousand, or of more bytes than are read, cost nothing", () => {
    const before = bed.host.ip.counters.value(PACKETS_DAMAGED);
    let chain = echo(8);
    for (let i = 0; i < 180; i++) chain = joined(extension(i === 0 ? ICMP : OPTIONS, 0), chain);
    bed.hear(OPTIONS, chain);
    bed.hear(OPTIONS, joined(extension(ICMP, 100), echo(8)));
    bed.hear(OPTIONS, extension(ICMP, 3).slice(0, 24));
    expect(bed.heard().length).toBe(0);
    expect(bed.host.ip.counters.value(PACKETS_DAMAGED) - before).toBe(3);
  });

  it("that are not first, or routes that are not at their end, are refused (RFC 8200 4.3, RFC 5095)", () => {
    bed.hear(OPTIONS, joined(extension(HOP_BY_HOP, 0), extension(ICMP, 0), echo(8)));
    expect(said()).toEqual([4, 1, 40]);
    const route = extension(ICMP, 2);
    route[3] = 1;
    bed.hear(ROUTING, joined(route, echo(8)));
    expect(said()).toEqual([4, 0, 42]);
    route[3] = 0;
    bed.hear(ROUTING, joined(route, echo(8)));
    expect(bed.heard().length).toBe(1);
  });

  it("with options that nobody knows do what their type says", () => {
    const option = extension(ICMP, 0);
    for (const [type, answer] of [
      [0x1e, 129],
      [0x5e, -1],
      [0x9e, 4],
      [0xde, 4],
    ] as const) {
      option[2] = type;
      bed.hear(OPTIONS, joined(option, echo(8)));
      const sent = bed.heard();
      expect(sent.length === 1 ? sent[0]![40]! : -sent.length - 1).toBe(answer);
    }
    // RFC 4443 2.4 e.3: even what was sent to a group, unless the type says not.
    for (const [type, answers] of [
      [0x9e, 1],
      [0xde, 0],
    ] as const) {
      option[2] = type;
      bed.hear(OPTIONS, joined(option, echo(8)), PEER, "ff02::1");
      expect(bed.heard().length).toBe(answers);
    }
  });

  it("that a first fragment does not hold are refused (RFC 7112); so is a fragment of no multiple of eight", () => {
    const cut = joined(new Uint8Array([OPTIONS, 0, 0, 1, 0, 0, 0, 9]), extension(ICMP, 40).slice(0, 8));
    bed.hear(FRAGMENT, cut);
    expect(said()).toEqual([4, 3, 0]);
    bed.hear(FRAGMENT, joined(new Uint8Array([ICMP, 0, 0, 1, 0, 0, 0, 9]), new Uint8Array(9)));
    expect(said()).toEqual([4, 0, 4]);
    bed.hear(FRAGMENT, joined(new Uint8Array([ICMP, 0, 0xff, 0xf8, 0, 0, 0, 9]), new Uint8Array(9)));
    expect(said()).toEqual([4, 0, 42]);
  });
});

describe("a query for groups", () => {
  function query(length: number, hopLimit: number): void {
    const bytes = new Uint8Array(length);
    bytes[0] = 130;
    nativeStore16(bytes, 4, 1000);
    bed.hear(ICMP, finished("fe80::2", "ff02::1", ICMP, 2, bytes), "fe80::2", "ff02::1", hopLimit);
    bed.pass(SECOND);
  }

  it("is answered within its time, for all of ours, with a router alert", () => {
    query(28, 1);
    const [report, ...more] = bed.heard();
    expect(more.length).toBe(0);
    expect([report![6], report![7], report![48]]).toEqual([0, 1, 143]);
    // Two addresses, two groups.
    expect(nativeLoad16(report!, 54)).toBe(2);
  });

  it("of version 1 is answered for each, as version 1 has it", () => {
    query(24, 1);
    expect(bed.heard().map((packet) => packet[48])).toEqual([131, 131]);
  });

  it("that has crossed a router, or has another length, is not", () => {
    query(28, 64);
    query(26, 1);
    // Routers are asked for meanwhile, without a hop-by-hop header.
    expect(bed.heard().filter((packet) => packet[6] === HOP_BY_HOP).length).toBe(0);
  });
});
