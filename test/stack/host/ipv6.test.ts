// Two hosts on one wire that speak IPv6: over addresses of their own making, or by hand.

import { describe, expect, it } from "vitest";
import { formatIpv6 } from "../../../stack/base/address6.ts";
import { PACKETS_UNSENT, RETRANSMITS } from "../../../stack/base/counters.ts";
import { equalBytes, latin1 } from "../../../stack/base/native.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { EVENT_NONE, EVENT_NOTICE } from "../../../stack/host/events.ts";
import { Host } from "../../../stack/host/host.ts";
import { bytesOf, pattern, toHex } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { type Faults, NO_FAULTS } from "../../support/wire.ts";
import { Pair } from "./pair.ts";

const REQUEST = bytesOf("GET / HTTP/1.0\r\n\r\n");
const SERVER6 = "2001:db8::1";
const CLIENT6 = "2001:db8::2";

function serve(pair: Pair, body: Uint8Array): void {
  pair.server.web.ready.put("/", 200, "", "", 0, "", body);
}

function linkLocal(pair: Pair): string {
  const { addresses } = pair.server.ipv6.ndp.configuration;
  const index = addresses.linkLocal();
  return index < 0 ? "" : formatIpv6(addresses.bytes, addresses.at(index));
}

/** Both ends have the addresses by hand. */
function fixed(faults: Faults, seed: number): Pair {
  const pair = new Pair(faults, seed);
  pair.server.ipv6.start(SERVER6, 64, "", pair.now);
  pair.client.ipv6.start(CLIENT6, 64, "", pair.now);
  pair.to = SERVER6;
  const ready = pair.run(() => pair.server.ipv6.address !== "" && pair.client.ipv6.address !== "", 60 * SECOND);
  expect(ready).toBe(true);
  return pair;
}

describe("two hosts with IPv6", () => {
  it("serve over link-local addresses that they have made", () => {
    const pair = new Pair(NO_FAULTS, 1);
    pair.server.ipv6.start("", 0, "", pair.now);
    pair.client.ipv6.start("", 0, "", pair.now);
    pair.run(() => linkLocal(pair) !== "", 5 * SECOND);
    pair.run(() => false, SECOND);
    serve(pair, bytesOf("hello"));
    pair.to = linkLocal(pair);
    const answer = pair.exchange(REQUEST, 10 * SECOND);
    expect(latin1(answer, 0, answer.length).includes("hello")).toBe(true);
    // A link-local address is nothing to tell people about.
    expect(pair.server.ipv6.address).toBe("");
  });

  it("serve over addresses given by hand, whatever is lost, doubled, out of order or damaged", () => {
    for (let seed = 1; seed <= 3; seed++) {
      const pair = fixed({ loss: 0.03, repetition: 0.03, reordering: 0.05, damage: 0.02, delay: 5000 }, seed);
      const body = pattern(300_000);
      serve(pair, body);
      const answer = pair.exchange(REQUEST);
      expect(equalBytes(answer, answer.length - body.length, body, 0, body.length)).toBe(true);
      expect(pair.server.ip.counters.value(RETRANSMITS)).toBeGreaterThan(0);
      expect(pair.server.ip.counters.value(PACKETS_UNSENT)).toBe(0);
    }
  });

  it("hear of no address before it has been tried", () => {
    const pair = new Pair(NO_FAULTS, 4);
    pair.server.ipv6.start(SERVER6, 64, "", pair.now);
    pair.run(() => pair.server.ipv6.address !== "", 900_000);
    expect(pair.server.ipv6.address).toBe("");
    pair.run(() => pair.server.ipv6.address !== "", 5 * SECOND);
    expect(pair.server.ipv6.address).toBe(SERVER6);
  });

  it("find out that both have one address, and neither uses it", () => {
    const pair = new Pair(NO_FAULTS, 5);
    pair.server.ipv6.start(SERVER6, 64, "", pair.now);
    pair.run(() => pair.server.ipv6.address !== "", 5 * SECOND);
    pair.client.ipv6.start(SERVER6, 64, "", pair.now);
    pair.run(() => false, 5 * SECOND);
    expect([pair.server.ipv6.address, pair.client.ipv6.address]).toEqual([SERVER6, ""]);
  });

  it("speak IPv4 and IPv6 side by side", () => {
    const pair = fixed(NO_FAULTS, 6);
    serve(pair, bytesOf("both"));
    const six = pair.exchange(REQUEST, 10 * SECOND);
    pair.to = "10.0.0.1";
    const four = pair.exchange(REQUEST, 10 * SECOND);
    expect(toHex(four)).toBe(toHex(six));
  });
});

/** What a host that looks for a DHCP server has told people after 20 s. */
function notices(prepare: (host: Host) => void): string[] {
  const link = new FakeLink(0x52_54_00_12_34_56, 64);
  const host = new Host(link, pattern(64), 16 * 1024 * 1024);
  const told: string[] = [];
  host.poll(1);
  prepare(host);
  host.configureDhcp("blog", false);
  for (let now = 2; now < 20 * SECOND; now += 10 * MILLISECOND) {
    host.poll(now);
    link.drain();
    for (let kind = host.nextEvent(); kind !== EVENT_NONE; kind = host.nextEvent())
      if (kind === EVENT_NOTICE) told.push(host.events.text);
  }
  return told.filter((text) => text.startsWith("no DHCP server"));
}

describe("that no DHCP server answers", () => {
  it("is a fault of the network where there is no other address", () => {
    const told = notices(() => {});
    expect(told.length).toBe(1);
    expect(told[0]!.includes("so far; it is still asked. Is the card on the right network")).toBe(true);
  });

  it("is told as what it is where there is one of IPv6", () => {
    const told = notices((host) => host.ipv6.start(SERVER6, 64, "", 1));
    expect(told).toEqual([
      "no DHCP server has answered so far: this network seems to speak IPv6 alone, and the machine has 2001:db8::1. A server is looked for further on; IPv4 by hand: --ipv4=",
    ]);
  });
});
