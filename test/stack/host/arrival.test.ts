// A datagram is the same however it came: whole, behind a priority tag, vouched for by the card, in pieces in any order,
// with options. What the host answers must be the same, too, byte for byte.

import { describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { readU16, writeU16 } from "../../../stack/base/bytes.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import { LENGTH_LIMIT } from "../../../stack/base/pieces.ts";
import type { Seq } from "../../../stack/base/seq.ts";
import { TYPE_A } from "../../../stack/dns/wire.ts";
import { EVENT_RESOLVED } from "../../../stack/host/events.ts";
import { WebHost } from "../../../stack/host/web.ts";
import { encode, Segment, SYN } from "../../../stack/tcp/wire.ts";
import { hex, pattern, toHex } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import {
  arpFrame,
  echoPayload,
  ipv4Fragments,
  ipv4Frame,
  Route,
  transportChecksum,
  udpPayload,
} from "../../support/packets.ts";

const US = 0x0a000001 as Ipv4;
const PEER = 0x0a000002 as Ipv4;
const OUR_MAC = 0x52_54_00_12_34_56;
const IN = new Route(0x020000000002, OUR_MAC, PEER, US);
const NO_OPTIONS = new Uint8Array(0);
/** A time stamp option of 40 bytes, the most that there is room for (RFC 791 3.1). */
const OPTIONS = hex(`44 28 05 00 ${"00".repeat(36)}`);
const ICMP = 1;
const TCP = 6;
const UDP = 17;
/** An IP protocol that nobody here speaks. */
const SCTP = 132;

interface Ready {
  readonly host: WebHost;
  readonly link: FakeLink;
}

/** A host with an address, a server and a peer that it knows. */
function ready(): Ready {
  const link = new FakeLink(OUR_MAC, 64);
  const host = new WebHost(link, pattern(64), 16 * 1024 * 1024);
  host.poll(1);
  host.configureStatic("10.0.0.1", 24, "10.0.0.2");
  host.web.listen({ port: 80, secure: false, redirectTo: 0 });
  link.incoming.push(arpFrame(IN, 1));
  host.poll(2);
  link.drain();
  return { host, link };
}

/** What a new host sends when these frames arrive one after another in one instant, as hexadecimal. */
function answer(frames: readonly Uint8Array[], vouched = false): string[] {
  const { host, link } = ready();
  link.checksumValid = vouched;
  for (const frame of frames) {
    link.incoming.push(frame);
    host.poll(10);
  }
  const sent: string[] = [];
  for (const frame of link.drain()) sent.push(toHex(frame, 0, frame.length));
  return sent;
}

/** The frame as it comes with a tag for a priority and no VLAN. */
function tagged(frame: Uint8Array): Uint8Array {
  const longer = new Uint8Array(frame.length + 4);
  copyBytes(longer, 0, frame, 0, 12);
  writeU16(longer, 12, 0x8100);
  writeU16(longer, 14, 0xa000);
  copyBytes(longer, 16, frame, 12, frame.length - 12);
  return longer;
}

function reversed(frames: readonly Uint8Array[]): Uint8Array[] {
  const other: Uint8Array[] = [];
  for (let i = frames.length - 1; i >= 0; i--) other.push(frames[i]!);
  return other;
}

function synPayload(): Uint8Array {
  const syn = new Uint8Array(24);
  const segment = new Segment();
  segment.sourcePort = 40_000;
  segment.destinationPort = 80;
  segment.seq = 7 as Seq;
  segment.flags = SYN;
  segment.window = 60_000;
  segment.mss = 1460;
  encode(syn, 0, segment);
  writeU16(syn, 16, transportChecksum(IN, TCP, syn));
  return syn;
}

/** The answer to the datagram, the same for each way it can come. */
function sameHoweverItCame(protocol: number, payload: Uint8Array): string[] {
  const whole = ipv4Frame(IN, protocol, 77, NO_OPTIONS, payload);
  const expected = answer([whole]);
  expect(answer([tagged(whole)])).toEqual(expected);
  expect(answer([whole], true)).toEqual(expected);
  for (const size of [8, 16, Math.ceil(payload.length / 16) * 8]) {
    const pieces = ipv4Fragments(IN, protocol, 77, NO_OPTIONS, payload, size);
    expect(pieces.length).toBeGreaterThan(1);
    expect(answer(pieces)).toEqual(expected);
    expect(answer(reversed(pieces))).toEqual(expected);
    expect(answer(pieces.map((piece) => tagged(piece)))).toEqual(expected);
    expect(answer([...pieces, pieces[0]!])).toEqual(expected);
  }
  const withOptions = answer([ipv4Frame(IN, protocol, 77, OPTIONS, payload)]);
  for (const size of [8, Math.ceil(payload.length / 16) * 8])
    expect(answer(ipv4Fragments(IN, protocol, 77, OPTIONS, payload, size))).toEqual(withOptions);
  return expected;
}

describe("however a datagram came", () => {
  test("one to a port that nobody has bound is refused with its own head quoted", () => {
    const payload = udpPayload(IN, 4000, 9, pattern(150));
    const [refusal] = sameHoweverItCame(UDP, payload);
    const frame = hex(refusal!);
    expect(toHex(frame, 34, 2)).toBe("0303");
    // Behind the ICMP header: the header as sent, and the first 8 bytes of UDP.
    expect(toHex(frame, 42)).toBe(toHex(ipv4Frame(IN, UDP, 77, NO_OPTIONS, payload), 14, 28));
  });

  test("one of a protocol that nobody speaks is refused likewise", () => {
    const payload = pattern(150);
    const [refusal] = sameHoweverItCame(SCTP, payload);
    expect(toHex(hex(refusal!), 34, 2)).toBe("0302");
    expect(toHex(hex(refusal!), 42)).toBe(toHex(ipv4Frame(IN, SCTP, 77, NO_OPTIONS, payload), 14, 28));
  });

  test("an echo comes back", () => {
    const [reply] = sameHoweverItCame(ICMP, echoPayload(pattern(150)));
    expect(toHex(hex(reply!), 42)).toBe(toHex(pattern(150)));
  });

  test("a SYN is answered", () => {
    const [reply] = sameHoweverItCame(TCP, synPayload());
    expect(hex(reply!)[47]! & 0x3f).toBe(0x12);
  });

  test("a quotation holds the options of the first fragment", () => {
    const payload = udpPayload(IN, 4000, 9, pattern(600));
    const [refusal] = answer(ipv4Fragments(IN, UDP, 77, OPTIONS, payload, 304));
    expect(toHex(hex(refusal!), 42)).toBe(toHex(ipv4Frame(IN, UDP, 77, OPTIONS, payload), 14, 68));
  });
});

describe("datagrams larger than a frame", () => {
  test("any size up to the bound of reassembly to a closed port is refused, and the host lives", () => {
    for (const length of [1473, 2000, 4000, LENGTH_LIMIT - 8]) {
      const payload = udpPayload(IN, 4000, 9, pattern(length));
      expect(answer(ipv4Fragments(IN, UDP, 1, NO_OPTIONS, payload, 1480))).toHaveLength(1);
    }
    const beyond = udpPayload(IN, 4000, 9, pattern(LENGTH_LIMIT));
    expect(answer(ipv4Fragments(IN, UDP, 1, NO_OPTIONS, beyond, 1480))).toHaveLength(0);
  });

  test("an echo comes back in fragments", () => {
    const echo = echoPayload(pattern(4000));
    const replies = answer(ipv4Fragments(IN, ICMP, 1, NO_OPTIONS, echo, 1480));
    const back: number[] = [];
    for (const reply of replies) for (const byte of hex(reply).slice(34)) back.push(byte);
    expect(back.length).toBe(4008);
    expect(toHex(new Uint8Array(back), 8)).toBe(toHex(pattern(4000)));
  });

  test("an answer of a name server in fragments is taken, and one that comes too late is refused", () => {
    const { host, link } = ready();
    host.names.addServer("10.0.0.2");
    host.names.resolve("a.example", TYPE_A, 5);
    host.poll(10);
    const query = link.drain()[0]!;
    const port = readU16(query, 34);
    const message = answerTo(query.slice(42), 120);
    const response = ipv4Fragments(IN, UDP, 9, NO_OPTIONS, udpPayload(IN, 53, port, message), 1480);
    expect(response.length).toBe(2);
    for (const frame of response) link.incoming.push(frame);
    host.poll(20);
    expect(link.drain()).toHaveLength(0);
    const kinds: number[] = [];
    for (let kind = host.nextEvent(); kind !== 0; kind = host.nextEvent()) kinds.push(kind);
    expect(kinds).toContain(EVENT_RESOLVED);
    for (const frame of response) link.incoming.push(frame);
    host.poll(30);
    const late = link.drain();
    expect(toHex(late[0]!, 34, 2)).toBe("0303");
  });
});

/** The query as a response with so many addresses. */
function answerTo(query: Uint8Array, addresses: number): Uint8Array {
  const response = new Uint8Array(query.length + addresses * 16);
  copyBytes(response, 0, query, 0, query.length);
  writeU16(response, 2, 0x8180);
  writeU16(response, 6, addresses);
  const record = hex("c00c 0001 0001 00000e10 0004 0a000063");
  for (let i = 0; i < addresses; i++) copyBytes(response, query.length + i * 16, record, 0, 16);
  return response;
}
