// What the host says when another card is in its place.

import { describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { type Instant, SECOND } from "../../../stack/base/result.ts";
import { EVENT_NOTICE } from "../../../stack/host/events.ts";
import { WebHost } from "../../../stack/host/web.ts";
import { pattern } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { arpFrame, Route } from "../../support/packets.ts";

const US = 0x0a000001 as Ipv4;
const OTHER = 0x0a000003 as Ipv4;
const OUR_MAC = 0x52_54_00_12_34_56;
const EVERYBODY = 0xff_ff_ff_ff_ff_ff;

function ready(): { host: WebHost; link: FakeLink } {
  const link = new FakeLink(OUR_MAC, 64);
  const host = new WebHost(link, pattern(64), 16 * 1024 * 1024);
  host.poll(1);
  host.configureStatic("10.0.0.1", 24, "");
  host.poll(2);
  host.poll(5 * SECOND);
  while (host.nextEvent() !== 0) {}
  return { host, link };
}

/** What the host says when the frame comes. */
function said(host: WebHost, link: FakeLink, frame: Uint8Array, now: Instant): string {
  link.incoming.push(frame);
  host.poll(now);
  let text = "";
  for (let kind = host.nextEvent(); kind !== 0; kind = host.nextEvent())
    if (kind === EVENT_NOTICE) text += host.events.text;
  return text;
}

describe("another card in our place", () => {
  test("with our Ethernet address: what to do is said, once a minute at most", () => {
    const { host, link } = ready();
    const twin = arpFrame(new Route(OUR_MAC, EVERYBODY, OTHER, OTHER), 1);
    expect(said(host, link, twin, 10 * SECOND)).toMatch(
      /another card has our Ethernet address 52:54:00:12:34:56: give each machine its own/,
    );
    expect(said(host, link, twin, 69 * SECOND)).toBe("");
    expect(said(host, link, twin, 70 * SECOND)).toMatch(/another card has our Ethernet address/);
  });

  test("with our IP address", () => {
    const { host, link } = ready();
    const frame = arpFrame(new Route(0x020000000007, EVERYBODY, US, US), 1);
    expect(said(host, link, frame, 10 * SECOND)).toMatch(/ is also used by the card 02:00:00:00:00:07/);
  });
});
