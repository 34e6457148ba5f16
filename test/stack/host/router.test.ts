// An address whose network holds nobody else, as some hosts give them: the router is on the same wire all the same.

import { expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { readU16, readU48 } from "../../../stack/base/bytes.ts";
import { Host } from "../../../stack/host/host.ts";
import { pattern } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { arpFrame, echoPayload, ipv4Frame, Route } from "../../support/packets.ts";

const US = 0xcb007107 as Ipv4;
const ROUTER = 0xac1f0101 as Ipv4;
const FAR = 0xc6336401 as Ipv4;
const OUR_MAC = 0x52_54_00_12_34_56;
const ROUTER_MAC = 0x02_00_00_00_00_02;
const ICMP = 1;

test("a router outside the network of a /32 is asked for and used", () => {
  const link = new FakeLink(OUR_MAC, 64);
  const host = new Host(link, pattern(64), 16 * 1024 * 1024);
  host.poll(1);
  host.configureStatic("203.0.113.7", 32, "172.31.1.1");
  host.poll(2);
  link.drain();
  link.incoming.push(
    ipv4Frame(new Route(ROUTER_MAC, OUR_MAC, FAR, US), ICMP, 1, new Uint8Array(0), echoPayload(pattern(32))),
  );
  host.poll(3);
  host.poll(4);
  const asked = link.drain();
  expect(asked.length).toBe(1);
  expect(readU16(asked[0]!, 12)).toBe(0x0806);
  // The router answers, and what waited goes to it.
  link.incoming.push(arpFrame(new Route(ROUTER_MAC, OUR_MAC, ROUTER, US), 2));
  host.poll(5);
  const sent = link.drain();
  expect(sent.length).toBe(1);
  expect(readU48(sent[0]!, 0)).toBe(ROUTER_MAC);
  expect(readU16(sent[0]!, 12)).toBe(0x0800);
});
