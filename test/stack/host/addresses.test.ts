// From whom and to whom a host takes packets, and what strangers can make it remember.

import { describe, expect, test } from "vitest";
import { writeU16 } from "../../../stack/base/bytes.ts";
import { COOKIES_SENT } from "../../../stack/base/counters.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import type { Seq } from "../../../stack/base/seq.ts";
import { WebHost } from "../../../stack/host/web.ts";
import { encode, Segment, SYN } from "../../../stack/tcp/wire.ts";
import { pattern, toHex } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { arpFrame, echoPayload, ipv4Frame, Route, transportChecksum, udpPayload } from "../../support/packets.ts";

const US = 0x0a000001;
const PEER = 0x0a000002;
const OUR_MAC = 0x525400123456;
const PEER_MAC = 0x020000000002;
const MOVED_MAC = 0x020000000009;
const EVERYBODY = 0xffffffffffff;
const NO_OPTIONS = new Uint8Array(0);
const TCP = 6;

class Bed {
  readonly link = new FakeLink(OUR_MAC, 64);
  readonly host = new WebHost(this.link, pattern(64), 16 * 1024 * 1024);
  now = 1;

  constructor() {
    this.host.poll(this.now);
    this.host.configureStatic("10.0.0.1", 24, "10.0.0.2");
    this.host.web.listen({ port: 80, secure: false, redirectTo: 0 });
    this.hear([arpFrame(new Route(PEER_MAC, OUR_MAC, PEER, US), 1)]);
  }

  /** These frames come in one poll; how many are sent back. */
  hear(frames: readonly Uint8Array[]): Uint8Array[] {
    for (const frame of frames) this.link.incoming.push(frame);
    this.host.poll(this.now);
    return this.link.drain();
  }

  /** Time goes on in steps of 10 ms; what is sent meanwhile. */
  pass(microseconds: number): Uint8Array[] {
    const sent: Uint8Array[] = [];
    for (const end = this.now + microseconds; this.now < end; this.now += 10 * MILLISECOND)
      for (const frame of this.hear([])) sent.push(frame);
    return sent;
  }
}

function syn(route: Route, port = 40_000): Uint8Array {
  const bytes = new Uint8Array(24);
  const segment = new Segment();
  segment.sourcePort = port;
  segment.destinationPort = 80;
  segment.seq = 7 as Seq;
  segment.flags = SYN;
  segment.window = 60_000;
  segment.mss = 1460;
  encode(bytes, 0, segment);
  writeU16(bytes, 16, transportChecksum(route, TCP, bytes));
  return ipv4Frame(route, TCP, 77, NO_OPTIONS, bytes);
}

describe("a SYN (RFC 1122 4.2.3.10)", () => {
  test("from a peer is answered, from the subnet's broadcast address or its own not", () => {
    expect(new Bed().hear([syn(new Route(PEER_MAC, OUR_MAC, PEER, US))])).toHaveLength(1);
    for (const source of [0x0a0000ff, 0x0a000000]) {
      const bed = new Bed();
      expect(bed.hear([syn(new Route(PEER_MAC, OUR_MAC, source, US))])).toHaveLength(0);
      expect(bed.host.tcp.counters.connections).toBe(0);
    }
  });

  test("in a frame to everybody, or to a group, is not answered, though its packet is addressed to us", () => {
    for (const mac of [EVERYBODY, 0x01005e000001]) {
      const bed = new Bed();
      expect(bed.hear([syn(new Route(PEER_MAC, mac, PEER, US))])).toHaveLength(0);
      expect(bed.host.tcp.counters.connections).toBe(0);
    }
  });

  test("in a frame to everybody gets no error, nor does a datagram or an echo", () => {
    const bed = new Bed();
    const route = new Route(PEER_MAC, EVERYBODY, PEER, US);
    const datagram = ipv4Frame(route, 17, 1, NO_OPTIONS, udpPayload(route, 5, 9, pattern(10)));
    const unknown = ipv4Frame(route, 132, 1, NO_OPTIONS, pattern(10));
    const echo = ipv4Frame(route, 1, 1, NO_OPTIONS, echoPayload(pattern(10)));
    expect(bed.hear([datagram, unknown, echo])).toHaveLength(0);
  });
});

describe("strangers", () => {
  test("of whom there are many leave nothing behind that grows, and take nothing from who is connected", () => {
    const bed = new Bed();
    bed.hear([syn(new Route(PEER_MAC, OUR_MAC, PEER, US))]);
    const known = bed.host.paths.find4(US as never, PEER as never);
    const { capacity } = bed.host.paths;
    for (let i = 0; i < 5000; i++) {
      const route = new Route(PEER_MAC, OUR_MAC, 0x0b000000 + i, US);
      // A SYN to a closed port is answered by a reset, a datagram by an ICMP message, an open port by a cookie at last.
      const closed = ipv4Frame(route, 17, 1, NO_OPTIONS, udpPayload(route, 5, 9, pattern(10)));
      bed.hear([syn(route), closed]);
    }
    expect(bed.host.paths.size).toBeLessThanOrEqual(capacity);
    expect(bed.host.tcp.counts(COOKIES_SENT)).toBeGreaterThan(4000);
    expect(bed.host.paths.find4(US as never, PEER as never)).toBe(known);
    // The SYN that is not acknowledged is answered once more, to where it came from.
    const again = bed.hear([syn(new Route(PEER_MAC, OUR_MAC, PEER, US))]);
    bed.now += SECOND;
    expect(again.concat(bed.hear([])).some((frame) => toHex(frame, 30, 4) === "0a000002")).toBe(true);
  });
});

test("a neighbour that moves to another card without a word is found there within seconds", () => {
  const bed = new Bed();
  // Its SYN-ACK is not acknowledged: the peer no longer hears what is sent to its old card.
  bed.hear([syn(new Route(PEER_MAC, OUR_MAC, PEER, US))]);
  let moved = false;
  for (let i = 0; i < 100 && !moved; i++) {
    for (const frame of bed.pass(100 * MILLISECOND)) {
      if (toHex(frame, 0, 14) === "ffffffffffff5254001234560806")
        for (const answer of bed.hear([arpFrame(new Route(MOVED_MAC, OUR_MAC, PEER, US), 2)]))
          if (toHex(answer, 0, 6) === "020000000009") moved = true;
      if (toHex(frame, 0, 6) === "020000000009") moved = true;
    }
  }
  expect(moved).toBe(true);
  expect(bed.now).toBeLessThan(8 * SECOND);
});
