// What RFC 4861 and RFC 4862 say that a host MUST do, one test for each, by clause. Where this stack does otherwise on
// purpose, the test says so.

import { beforeEach, describe, expect, it } from "vitest";
import { isLinkLocal } from "../../../stack/base/address6.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { ADDRESS_LIMIT } from "../../../stack/ndp/addresses.ts";
import { UNRESOLVED } from "../../../stack/ndp/neighbours.ts";
import {
  ALL_NODES,
  AUTONOMOUS,
  advertisement,
  Bed,
  bytesOf,
  O,
  ON_LINK,
  OURS,
  prefix,
  R,
  ROUTER_ADDRESS,
  routerAdvertisement,
  S,
  solicitation,
  solicitedGroup,
} from "./bed.ts";

const PEER = "fe80::2";
const PEER_MAC = 0x020000000002;
const OTHER_MAC = 0x020000000003;
const NETWORK = "2001:db8::";
const DAY = 86_400;

let bed: Bed;
beforeEach(() => {
  bed = new Bed();
});

/** The link-local address is ours, and what was said until then is forgotten. */
function settled(): string {
  bed.run(2 * SECOND);
  bed.heard();
  return bed.own()[0]!;
}

function routed(lifetime = 1800, flags = 0, ...options: readonly Uint8Array[]): boolean {
  return bed.hear(routerAdvertisement(lifetime, flags, options), ROUTER_ADDRESS, ALL_NODES);
}

describe("RFC 4861, a message is dropped that", () => {
  it("1 (6.1.2, 7.1.1, 7.1.2) has come over a router: its hop limit is not 255", () => {
    const own = settled();
    expect(bed.hear(routerAdvertisement(1800, 0, []), ROUTER_ADDRESS, ALL_NODES, 254)).toBe(false);
    expect(bed.hear(solicitation(own, PEER_MAC), PEER, own, 64)).toBe(false);
    expect(bed.hear(advertisement(PEER, PEER_MAC, S), PEER, own, 1)).toBe(false);
    expect([bed.refused, bed.heard().length, bed.nextHop("2001:db8::1")]).toEqual([3, 0, -2]);
  });

  it("2 (6.1.2) is a router advertisement from no link-local address", () => {
    settled();
    expect(bed.hear(routerAdvertisement(1800, 0, []), "2001:db8::1", ALL_NODES)).toBe(false);
    expect(bed.nextHop("2001:db8:1::1")).toBe(-2);
  });

  it("3 (6.1.2, 7.1.1, 7.1.2) has another code than 0", () => {
    const own = settled();
    for (const message of [routerAdvertisement(1800, 0, []), solicitation(own, PEER_MAC), advertisement(PEER, 1, S)]) {
      message[1] = 1;
      expect(bed.hear(message, PEER, own)).toBe(false);
    }
  });

  it("4 (6.1.2, 7.1.1, 7.1.2) is shorter than its kind, or has an option of length 0", () => {
    const own = settled();
    expect(bed.hear(routerAdvertisement(1800, 0, []).slice(0, 15), PEER, own)).toBe(false);
    expect(bed.hear(solicitation(own, -1).slice(0, 23), PEER, own)).toBe(false);
    expect(bed.hear(advertisement(PEER, -1, S).slice(0, 23), PEER, own)).toBe(false);
    const empty = solicitation(own, PEER_MAC);
    empty[25] = 0;
    expect(bed.hear(empty, PEER, own)).toBe(false);
    expect(bed.heard().length).toBe(0);
  });

  it("5 (7.1.1) asks for the target of a group, or probes what is no solicited-node group, or with an address", () => {
    const own = settled();
    expect(bed.hear(solicitation(ALL_NODES, PEER_MAC), PEER, own)).toBe(false);
    expect(bed.hear(solicitation(own, -1), "::", own)).toBe(false);
    expect(bed.hear(solicitation(own, PEER_MAC), "::", solicitedGroup(own))).toBe(false);
    expect(bed.heard().length).toBe(0);
    expect(bed.hear(solicitation(own, -1), "::", solicitedGroup(own))).toBe(true);
    expect(bed.heard().length).toBe(1);
  });

  it("6 (7.1.2) says to a group that it was asked for", () => {
    settled();
    bed.lookup(PEER);
    bed.run(1);
    expect(bed.hear(advertisement(PEER, PEER_MAC, S), PEER, ALL_NODES)).toBe(false);
    expect(bed.lookup(PEER)).toBe(UNRESOLVED);
  });

  it("7 (6.2.6) is a solicitation for routers, which we are not; redirects are not followed (8.3 has it as SHOULD)", () => {
    settled();
    const message = new Uint8Array(8);
    message[0] = 133;
    expect(bed.hear(message, PEER, "ff02::2")).toBe(false);
    const redirect = new Uint8Array(40);
    redirect[0] = 137;
    redirect[8] = 0x20;
    redirect[24] = 0x20;
    expect(bed.hear(redirect, ROUTER_ADDRESS, PEER)).toBe(false);
  });

  it("8 (RFC 6980 5) has come in fragments", () => {
    const own = settled();
    expect(bed.hear(solicitation(own, PEER_MAC), PEER, own, 255, true)).toBe(false);
    expect(bed.heard().length).toBe(0);
  });
});

describe("RFC 4861, a router advertisement", () => {
  it("9 (6.1.2) is believed whatever it has in reserved fields and options that nobody knows", () => {
    settled();
    const unknown = new Uint8Array(8);
    unknown[0] = 200;
    unknown[1] = 1;
    const message = routerAdvertisement(1800, 0x27, [unknown, prefix(NETWORK, 64, ON_LINK, DAY, DAY)]);
    expect(bed.hear(message, ROUTER_ADDRESS, ALL_NODES)).toBe(true);
    expect([bed.nextHop("2001:db8::9"), bed.nextHop("2001:db8:1::9")]).toEqual([-1, 0]);
  });

  it("10 (6.3.4) makes a default router for its lifetime, and ends one with a lifetime of 0 at once", () => {
    settled();
    routed(60);
    expect(bed.nextHop("2001:db8::1")).toBe(0);
    bed.run(59 * SECOND);
    expect(bed.nextHop("2001:db8::1")).toBe(0);
    bed.run(2 * SECOND);
    expect(bed.nextHop("2001:db8::1")).toBe(-2);
    routed(60);
    routed(0);
    expect(bed.nextHop("2001:db8::1")).toBe(-2);
  });

  it("11 (6.3.4) without the flag for the link says nothing of it, and does not take an address off it", () => {
    settled();
    routed(1800, 0, prefix(NETWORK, 64, ON_LINK, DAY, DAY));
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS, DAY, DAY));
    expect(bed.nextHop("2001:db8::9")).toBe(-1);
    routed(1800, 0, prefix(NETWORK, 64, ON_LINK, 0, 0));
    expect(bed.nextHop("2001:db8::9")).toBe(0);
  });

  it("12 (6.3.4) about fe80::/10 is nothing that a router has to say", () => {
    settled();
    routed(1800, 0, prefix("fe80::", 64, ON_LINK | AUTONOMOUS, 0, 0));
    expect(bed.nextHop("fe80::9")).toBe(-1);
    bed.run(3 * SECOND);
    expect(bed.own().length).toBe(1);
  });

  it("13 (6.3.4, RFC 8200 5) may lower the MTU to 1,280, not below, and not raise it above the link's", () => {
    settled();
    for (const [told, taken] of [
      [1279, 1500],
      [1280, 1280],
      [1400, 1400],
      [9000, 1400],
      [0, 1400],
    ] as const) {
      const option = new Uint8Array(8);
      option[0] = 5;
      option[1] = 1;
      nativeStore32(option, 4, told);
      routed(1800, 0, option);
      expect(bed.ndp.mtu).toBe(taken);
    }
  });

  it("14 (6.3.6) a router that answers comes before one that does not; among both the preferred one (RFC 4191 3.2)", () => {
    settled();
    bed.hear(routerAdvertisement(1800, 0x18, []), "fe80::a", ALL_NODES);
    bed.hear(routerAdvertisement(1800, 0x08, []), "fe80::b", ALL_NODES);
    bed.hear(routerAdvertisement(1800, 0x00, []), "fe80::c", ALL_NODES);
    expect(bed.nextHop("2001:db8::1")).toBe(1);
    bed.lookup("fe80::c");
    bed.run(1);
    bed.hear(advertisement("fe80::c", PEER_MAC, R | S | O), "fe80::c", bed.own()[0]!);
    expect(bed.nextHop("2001:db8::1")).toBe(2);
  });

  it("15 (7.2.5) one that says that it is no router any more is none, when it was asked", () => {
    const own = settled();
    routed();
    bed.hear(advertisement(ROUTER_ADDRESS, 100, O), ROUTER_ADDRESS, ALL_NODES);
    expect(bed.nextHop("2001:db8::1")).toBe(0);
    bed.lookup(ROUTER_ADDRESS);
    bed.run(1);
    bed.hear(advertisement(ROUTER_ADDRESS, 100, S | O), ROUTER_ADDRESS, own);
    expect(bed.nextHop("2001:db8::1")).toBe(-2);
  });
});

describe("RFC 4861, a neighbour", () => {
  it("16 (7.2.2) is asked for three times, a second apart, and then is none", () => {
    settled();
    expect(bed.lookup("2001:db8::9")).toBe(UNRESOLVED);
    bed.run(2.5 * SECOND);
    expect(bed.asker.log).toEqual(["ask 2001:db8::9", "ask 2001:db8::9", "ask 2001:db8::9"]);
    bed.run(SECOND);
    expect(bed.asker.log[3]).toBe("nobody");
  });

  it("17 (7.2.5) is known by its answer, with its address alone", () => {
    const own = settled();
    bed.lookup(PEER);
    bed.run(1);
    bed.hear(advertisement(PEER, -1, S | O), PEER, own);
    expect(bed.lookup(PEER)).toBe(UNRESOLVED);
    bed.hear(advertisement(PEER, PEER_MAC, S | O), PEER, own);
    expect(bed.lookup(PEER)).toBe(PEER_MAC);
    expect(bed.asker.log).toEqual(["ask fe80::2", `is at ${PEER_MAC}`]);
  });

  it("18 (7.2.5) that nobody has asked for makes no entry", () => {
    settled();
    bed.hear(advertisement(PEER, PEER_MAC, O), PEER, ALL_NODES);
    expect(bed.lookup(PEER)).toBe(UNRESOLVED);
  });

  it("19 (7.2.5) is not moved by who says so, but asked for; the one that answers is believed", () => {
    const own = settled();
    bed.hear(solicitation(own, PEER_MAC), PEER, solicitedGroup(own));
    for (const lie of [advertisement(PEER, OTHER_MAC, O), advertisement(PEER, OTHER_MAC, S | O)])
      bed.hear(lie, PEER, own);
    expect(bed.lookup(PEER)).toBe(PEER_MAC);
    bed.run(1);
    expect(bed.asker.log).toEqual(["ask fe80::2"]);
    bed.hear(advertisement(PEER, OTHER_MAC, S | O), PEER, own);
    expect(bed.lookup(PEER)).toBe(OTHER_MAC);
  });

  it("20 (7.2.5) another address without the override flag changes nothing", () => {
    const own = settled();
    bed.lookup(PEER);
    bed.run(1);
    bed.hear(advertisement(PEER, PEER_MAC, S | O), PEER, own);
    bed.hear(advertisement(PEER, OTHER_MAC, S), PEER, own);
    expect(bed.lookup(PEER)).toBe(PEER_MAC);
  });

  it("21 (7.3.3) is used for five seconds when it is stale, then asked where it was, then everywhere, then given up", () => {
    const own = settled();
    bed.hear(solicitation(own, PEER_MAC), PEER, solicitedGroup(own));
    expect(bed.lookup(PEER)).toBe(PEER_MAC);
    bed.run(4.9 * SECOND);
    expect(bed.asker.log).toEqual([]);
    bed.run(3 * SECOND);
    const unicast = `ask ${PEER} at ${PEER_MAC}`;
    expect(bed.asker.log).toEqual([unicast, unicast, unicast]);
    bed.run(5 * SECOND);
    expect(bed.asker.log.slice(3)).toEqual([`ask ${PEER}`, `ask ${PEER}`, `ask ${PEER}`, "nobody"]);
  });

  it("22 (7.2.4) that asks for us is answered, asked for or not, where it says that it is", () => {
    const own = settled();
    bed.hear(solicitation(own, PEER_MAC), PEER, solicitedGroup(own));
    const [answer, ...more] = bed.heard();
    expect(more.length).toBe(0);
    expect([answer!.source, answer!.destination, answer!.mac, answer!.hopLimit]).toEqual([own, PEER, PEER_MAC, 255]);
    expect([answer!.bytes[0]!, answer!.bytes[4]!, answer!.bytes[24]!]).toEqual([136, S | O, 2]);
  });

  it("23 (7.2.4) that has no address yet is answered to all nodes, and was not asked for", () => {
    const own = settled();
    bed.hear(solicitation(own, -1, 1), "::", solicitedGroup(own));
    const [answer] = bed.heard();
    expect([answer!.destination, answer!.bytes[4]!]).toEqual([ALL_NODES, O]);
  });

  it("24 (7.2.3) that asks for others is not answered", () => {
    settled();
    bed.hear(solicitation("fe80::77", PEER_MAC), PEER, solicitedGroup("fe80::77"));
    expect(bed.heard().length).toBe(0);
  });
});

describe("RFC 4862, an address", () => {
  it("25 (5.3) of the link is made by itself, is of fe80::/64, and stays for ever", () => {
    const own = settled();
    expect(isLinkLocal(bytesOf(own), 0)).toBe(true);
    bed.run(30 * DAY * SECOND);
    expect(bed.own()).toEqual([own]);
  });

  it("26 (5.4) is nobody's until it has been tried, and is not answered for meanwhile", () => {
    bed.run(900_000);
    expect(bed.own()).toEqual([]);
    const trying = bed.linkLocal();
    bed.heard();
    bed.hear(solicitation(trying, PEER_MAC), PEER, solicitedGroup(trying));
    expect(bed.heard().length).toBe(0);
    bed.run(200_000);
    expect(bed.own()).toEqual([trying]);
  });

  it("27 (5.4.2) is tried from no address, to the group that was joined before, with hop limit 255", () => {
    bed.run(1);
    const said = bed.heard();
    const trying = bed.linkLocal();
    expect(said[0]!.bytes[0]).toBe(143);
    const [probe] = said.filter((one) => one.bytes[0] === 135);
    expect([probe!.source, probe!.destination, probe!.hopLimit]).toEqual(["::", solicitedGroup(trying), 255]);
    // RFC 4861 4.3: from no address, so with none of the card.
    expect(probe!.bytes[24]).toBe(14);
  });

  it("28 (5.4.3, 5.4.4, 5.4.5) that another has, or tries as well, is given up, and another one tried", () => {
    bed.run(1);
    const first = bed.linkLocal();
    bed.hear(advertisement(first, PEER_MAC, O), first, ALL_NODES);
    const second = bed.linkLocal();
    expect(second === first).toBe(false);
    bed.run(1);
    bed.hear(solicitation(second, -1, 12345), "::", solicitedGroup(second));
    const third = bed.linkLocal();
    expect(third === first || third === second).toBe(false);
    bed.run(2 * SECOND);
    expect(bed.own()).toEqual([third]);
    expect(bed.ndp.configuration.notices.length).toBe(2);
  });

  it("29 (RFC 7527 4.2) is not given up for a probe of ours that comes back", () => {
    bed.run(1);
    const trying = bed.linkLocal();
    const [probe] = bed.heardOf(135);
    expect(bed.hear(probe!.bytes, "::", solicitedGroup(trying))).toBe(true);
    bed.run(2 * SECOND);
    expect(bed.own()).toEqual([trying]);
  });

  it("30 (5.4.5) whoever claims every one of them: three are tried, then none for ten minutes", () => {
    for (let i = 0; i < 10; i++) {
      bed.run(1);
      bed.hear(advertisement(bed.linkLocal(), PEER_MAC, O), PEER, ALL_NODES);
    }
    expect(bed.own()).toEqual([]);
    bed.heard();
    bed.run(599 * SECOND);
    expect(bed.heardOf(135).length).toBe(0);
    bed.run(3 * SECOND);
    expect(bed.own().length).toBe(1);
  });

  it("31 (5.4.4) that is ours is kept when another claims it; people are told once", () => {
    const own = settled();
    for (let i = 0; i < 5; i++) bed.hear(advertisement(own, PEER_MAC, O), PEER, ALL_NODES);
    expect(bed.own()).toEqual([own]);
    expect(bed.ndp.configuration.notices).toEqual([
      `${own} is also used by another machine: give one of them another address`,
    ]);
  });

  it("32 (5.5.3 a) is made of no prefix without the flag for it", () => {
    settled();
    routed(1800, 0, prefix(NETWORK, 64, ON_LINK, DAY, DAY));
    bed.run(3 * SECOND);
    expect(bed.own().length).toBe(1);
  });

  it("33 (5.5.3 b, c, d) is made of none of fe80::/10, none that is preferred for longer than valid, none of 0 s", () => {
    settled();
    routed(1800, 0, prefix("fe80::", 64, AUTONOMOUS, DAY, DAY));
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS, 10, 20));
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS, 0, 0));
    // RFC 4291 2.5.1: identifiers have 64 bits.
    routed(1800, 0, prefix(NETWORK, 48, AUTONOMOUS, DAY, DAY));
    routed(1800, 0, prefix(NETWORK, 65, AUTONOMOUS, DAY, DAY));
    routed(1800, 0, prefix(NETWORK, 255, AUTONOMOUS | ON_LINK, DAY, DAY));
    bed.run(3 * SECOND);
    expect(bed.own().length).toBe(1);
  });

  it("34 (5.5.3 d) of a prefix is made once, and the same again after a restart, another in another network", () => {
    settled();
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS, DAY, DAY));
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS, DAY, DAY));
    routed(1800, 0, prefix("2001:db8:1::", 64, AUTONOMOUS, DAY, DAY));
    bed.run(3 * SECOND);
    const [, first, second, ...more] = bed.own();
    expect(more.length).toBe(0);
    expect(first!.slice(0, 10)).toBe("2001:db8::");
    const again = new Bed(true, OURS);
    again.hear(routerAdvertisement(1800, 0, [prefix(NETWORK, 64, AUTONOMOUS, DAY, DAY)]), ROUTER_ADDRESS, ALL_NODES);
    again.run(3 * SECOND);
    expect(again.own()[1]).toBe(first);
    // RFC 7217 5: the identifiers have nothing in common, nor with the card.
    expect(first!.slice(-9) === second!.slice(-9)).toBe(false);
  });

  it("35 (5.5.3 e) does not end sooner than in two hours for what anybody may have said", () => {
    settled();
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS, DAY, DAY));
    bed.run(3 * SECOND);
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS, 10, 0));
    bed.run(7100 * SECOND);
    expect(bed.own().length).toBe(2);
    bed.run(200 * SECOND);
    expect(bed.own().length).toBe(1);
  });

  it("36 (5.5.4) that is deprecated gives way to a preferred one, and ends with its valid lifetime", () => {
    settled();
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS, 20_000, 10));
    routed(1800, 0, prefix("2001:db8:8000::", 64, AUTONOMOUS, 20_000, 20_000));
    bed.run(20 * SECOND);
    const into = new Uint8Array(16);
    expect(bed.ndp.configuration.addresses.choose(bytesOf("2001:db8::99"), 0, into, 0)).toBe(true);
    expect(into[4]).toBe(0x80);
    bed.run(20_000 * SECOND);
    expect(bed.own().length).toBe(1);
  });

  it("37 is one of few, however many prefixes are told; those that there are stay", () => {
    settled();
    routed(1800, 0, prefix(NETWORK, 64, AUTONOMOUS | ON_LINK, DAY, DAY));
    bed.run(3 * SECOND);
    const before = bed.own();
    for (let i = 0; i < 500; i++) {
      const option = prefix("2001:db8:1::", 64, AUTONOMOUS | ON_LINK, DAY, DAY);
      nativeStore16(option, 22, i);
      bed.hear(routerAdvertisement(1800, 0, [option]), `fe80::${(i + 1).toString(16)}`, ALL_NODES);
    }
    bed.run(3 * SECOND);
    expect(bed.own().length).toBe(ADDRESS_LIMIT);
    expect(bed.own().slice(0, 2)).toEqual(before);
    expect(bed.ndp.routers.count).toBe(8);
    expect(bed.refused > 900).toBe(true);
    expect(bed.nextHop("2001:db8::9")).toBe(-1);
  });
});

/** A PREF64 option (RFC 8781 4); `lifetime` in eights of seconds. */
function pref64(text: string, code: number, lifetime: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = 38;
  bytes[1] = 2;
  nativeStore16(bytes, 2, lifetime * 8 + code);
  copyBytes(bytes, 4, bytesOf(text), 0, 12);
  return bytes;
}

function translated(): string {
  return bed.ndp.translator.translation.text();
}

function tell(options: readonly Uint8Array[]): void {
  bed.hear(routerAdvertisement(1800, 0, options), ROUTER_ADDRESS, ALL_NODES);
}

describe("RFC 8781, the prefix of a translator", () => {
  it("is taken, whatever its length, and is over with its lifetime", () => {
    settled();
    const lengths = [96, 64, 56, 48, 40, 32];
    for (let code = 0; code < lengths.length; code++) {
      tell([pref64("2001:db8:ffff:ffff:ffff:ffff::", code, 2)]);
      expect(translated().endsWith(`/${lengths[code]!}`)).toBe(true);
      bed.run(15 * SECOND);
      expect(translated() === "").toBe(false);
      bed.run(2 * SECOND);
      expect(translated()).toBe("");
    }
  });

  it("stays the one that was told of first, until it is taken back", () => {
    settled();
    tell([pref64("64:ff9b::", 0, 100)]);
    tell([pref64("2001:db8::", 0, 100)]);
    expect(translated()).toBe("64:ff9b::/96");
    tell([pref64("64:ff9b::", 0, 0)]);
    expect(translated()).toBe("");
    tell([pref64("2001:db8::", 0, 100)]);
    expect(translated()).toBe("2001:db8::/96");
  });

  it("of an impossible length, or of a lifetime of nothing, is none", () => {
    settled();
    const long = new Uint8Array(24);
    copyBytes(long, 0, pref64("64:ff9b::", 0, 100), 0, 16);
    long[1] = 3;
    tell([pref64("64:ff9b::", 6, 100), pref64("64:ff9b::", 7, 100), pref64("64:ff9b::", 0, 0), long]);
    expect(translated()).toBe("");
  });
});

describe("asking for routers", () => {
  it("38 (6.3.7) begins at once from no address, goes on from ours, and ends with an answer", () => {
    bed.run(10 * SECOND);
    const asked = bed.heardOf(133);
    expect(asked.length >= 3).toBe(true);
    expect([asked[0]!.source, asked[0]!.destination, asked[0]!.bytes.length]).toEqual(["::", "ff02::2", 8]);
    expect([asked[1]!.source, asked[1]!.bytes[8]!]).toEqual([bed.own()[0]!, 1]);
    routed();
    bed.run(100 * SECOND);
    expect(bed.heardOf(133).length).toBe(0);
  });

  it("39 (RFC 7559 2) goes on while nobody answers, ever more seldom; begins again when the last router is gone", () => {
    bed.run(3600 * SECOND);
    const first = bed.heardOf(133).length;
    expect(first > 6 && first < 20).toBe(true);
    routed(10);
    bed.run(9 * SECOND);
    bed.heard();
    bed.run(5 * SECOND);
    expect(bed.heardOf(133).length > 0).toBe(true);
  });

  it("40 a hop limit is raised by routers and never lowered; times are taken within bounds", () => {
    settled();
    const message = routerAdvertisement(1800, 0, []);
    message[4] = 1;
    nativeStore32(message, 8, 0xffffffff);
    nativeStore32(message, 12, 1);
    bed.hear(message, ROUTER_ADDRESS, ALL_NODES);
    expect(bed.ndp.hopLimit).toBe(64);
    expect(bed.ndp.neighbours.retransTimer).toBe(200_000);
    expect(bed.ndp.neighbours.reachableTime <= 5400 * SECOND).toBe(true);
    message[4] = 128;
    bed.hear(message, ROUTER_ADDRESS, ALL_NODES);
    expect(bed.ndp.hopLimit).toBe(128);
  });
});
