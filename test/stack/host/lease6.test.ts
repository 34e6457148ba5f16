// A host whose router says that DHCPv6 servers tell the rest, frame by frame: what it asks, what it believes.

import { beforeEach, describe, expect, it } from "vitest";
import type { Mac } from "../../../stack/base/address.ts";
import { formatIpv6, parseIpv6 } from "../../../stack/base/address6.ts";
import { fold } from "../../../stack/base/checksum.ts";
import { DHCPV6_REFUSED } from "../../../stack/base/counters.ts";
import { copyBytes, sumBytes } from "../../../stack/base/native.ts";
import { type Instant, MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { ETHERTYPE_IPV6, encode as encodeEthernet } from "../../../stack/ethernet/wire.ts";
import { EVENT_CONFIGURED, EVENT_NONE, EVENT_NOTICE } from "../../../stack/host/events.ts";
import { Host } from "../../../stack/host/host.ts";
import { pattern } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import {
  address,
  association,
  type ClientMessage,
  clientIdentifier,
  lent,
  message,
  names,
  type Option,
  option,
  readClientMessage,
  serverIdentifier,
  status,
} from "../dhcpv6/server.ts";
import { AUTONOMOUS, advertisement, O, ON_LINK, prefix, routerAdvertisement } from "../ndp/bed.ts";

const MAC = 0x020000000001 as Mac;
const PEER_MAC = 0x020000000064 as Mac;
const SERVER = "fe80::64";
const OURS = "2001:db8::10";
const MANAGED = 0x80;
const OTHER = 0x40;
const HEADERS = 54;
const SILENCE: readonly Option[] = [];

let link: FakeLink;
let host: Host;
let now: Instant;
/** What the clients have said. */
let asked: ClientMessage[];
/** Where it went, and from where. */
let ways: string[];
let words: string[];
/** Answers a message, as a server would. */
let serve: (question: ClientMessage) => readonly Option[];
let answers: number;

beforeEach(() => {
  link = new FakeLink(MAC, 64);
  host = new Host(link, pattern(64), 16 * 1024 * 1024);
  now = 1;
  asked = [];
  ways = [];
  words = [];
  answers = 0;
  serve = () => SILENCE;
  host.poll(now);
});

function hear(from: string, to: string, protocol: number, field: number, bytes: Uint8Array, hops: number): void {
  const frame = new Uint8Array(HEADERS + bytes.length);
  encodeEthernet(frame, 0, to.startsWith("ff") ? (0x333300000001 as Mac) : MAC, PEER_MAC, ETHERTYPE_IPV6);
  frame[14] = 0x60;
  nativeStore16(frame, 18, bytes.length);
  frame[20] = protocol;
  frame[21] = hops;
  if (!parseIpv6(from, frame, 22) || !parseIpv6(to, frame, 38)) throw new Error("no address");
  copyBytes(frame, HEADERS, bytes, 0, bytes.length);
  const pseudo = fold(sumBytes(frame, 22, 32, 0) + protocol + bytes.length);
  nativeStore16(frame, HEADERS + field, 0xffff - sumBytes(frame, HEADERS, bytes.length, pseudo));
  link.incoming.push(frame);
}

/** A message from a server comes to the client's port. */
function say(bytes: Uint8Array, from = SERVER, to = linkLocal()): void {
  const datagram = new Uint8Array(8 + bytes.length);
  nativeStore16(datagram, 0, 547);
  nativeStore16(datagram, 2, 546);
  nativeStore16(datagram, 4, datagram.length);
  copyBytes(datagram, 8, bytes, 0, bytes.length);
  hear(from, to, 17, 6, datagram, 64);
}

function advertise(flags: number): void {
  const options = [prefix("2001:db8::", 64, (flags & MANAGED) !== 0 ? ON_LINK : ON_LINK | AUTONOMOUS, 3600, 1800)];
  hear(SERVER, "ff02::1", 58, 2, routerAdvertisement(1800, flags, options), 255);
}

function linkLocal(): string {
  const { addresses } = host.ipv6.ndp.configuration;
  return formatIpv6(addresses.bytes, 0);
}

/** Runs for so long, and lets the server answer. */
function run(duration: Instant): void {
  const end = now + duration;
  while (now < end) {
    now = Math.min(end, Math.max(now + MILLISECOND, host.poll(now)));
    host.poll(now);
    for (const frame of link.drain()) look(frame);
    for (let kind = host.nextEvent(); kind !== EVENT_NONE; kind = host.nextEvent())
      if (kind === EVENT_NOTICE || kind === EVENT_CONFIGURED) words.push(host.events.text);
  }
}

function look(frame: Uint8Array): void {
  if (frame.length < HEADERS + 8 || frame[20] !== 17 || nativeLoad16(frame, HEADERS + 2) !== 547) return;
  const question = readClientMessage(frame, HEADERS + 8, frame.length - HEADERS - 8);
  asked.push(question);
  ways.push(`${formatIpv6(frame, 22)} ${nativeLoad16(frame, HEADERS)} ${formatIpv6(frame, 38)}`);
  const options = serve(question);
  if (options.length === 0) return;
  answers++;
  const type = question.type === 1 ? 2 : 7;
  say(message(type, question.transaction, clientIdentifier(MAC), serverIdentifier(1), ...options));
}

function types(): number[] {
  return asked.map((one) => one.type);
}

function gives(where: string): Option[] {
  return [
    association(MAC, 60, 100, lent(where, 120, 150)),
    option(23, address("2001:db8::53")),
    option(24, names("lan")),
    option(31, address("2001:db8::123")),
  ];
}

function told(): string[] {
  return [host.names.server(0), host.time.server(0), host.time.server(1)];
}

describe("a host whose router says that servers tell the rest (RFC 4861 4.2)", () => {
  it("asks nobody where no router says so", () => {
    host.ipv6.start("", 0, "", now);
    advertise(0);
    run(20 * SECOND);
    expect(asked.length).toBe(0);
    expect(host.ipv6.address.startsWith("2001:db8::")).toBe(true);
  });

  it("is told name servers and time servers beside an address of its own making (the O flag)", () => {
    serve = () => [option(23, address("2001:db8::53")), option(56, option(3, names("ntp.lan")))];
    host.ipv6.start("", 0, "", now);
    advertise(OTHER);
    run(3 * SECOND);
    expect(types()).toEqual([11]);
    expect(ways).toEqual([`${linkLocal()} 546 ff02::1:2`]);
    expect(told()).toEqual(["2001:db8::53", "ntp.lan", ""]);
    expect(host.ipv6.address.startsWith("2001:db8::")).toBe(true);
    expect(host.ip.counters.value(DHCPV6_REFUSED)).toBe(0);
  });

  it("has an address lent, tries it, uses it and has it prolonged (the M flag)", () => {
    serve = () => gives(OURS);
    host.ipv6.start("", 0, "", now);
    advertise(MANAGED);
    run(1100 * MILLISECOND);
    expect([types().length, host.ipv6.address === ""]).toEqual([2, true]);
    run(1100 * MILLISECOND);
    expect(words).toEqual([`DHCPv6 lease: ${OURS} for 150 s`, OURS]);
    expect(told()).toEqual(["2001:db8::53", "2001:db8::123", ""]);
    run(200 * SECOND);
    expect(types()).toEqual([1, 3, 5, 5, 5]);
    expect(host.ipv6.address).toBe(OURS);
    serve = () => SILENCE;
    run(200 * SECOND);
    expect([types().indexOf(6) > 0, host.ipv6.address === ""]).toEqual([true, true]);
    expect(words.indexOf(`the address ${OURS} has ended: its lease ran out and no DHCPv6 server answered`) > 0).toBe(
      true,
    );
    expect(answers).toBe(5);
  });

  it("gives back an address that another machine has, and takes the next (RFC 8415 18.2.8)", () => {
    let given = OURS;
    serve = (question) => {
      if (question.type === 9) given = "2001:db8::11";
      return gives(given);
    };
    host.ipv6.start("", 0, "", now);
    advertise(MANAGED);
    run(1100 * MILLISECOND);
    hear("2001:db8::10", "ff02::1", 58, 2, advertisement(OURS, PEER_MAC, O), 255);
    run(15 * SECOND);
    expect(types()).toEqual([1, 3, 9, 1, 3]);
    expect(host.ipv6.address).toBe("2001:db8::11");
  });

  it("does not keep asking a server that gives the same address again and again", () => {
    serve = () => gives(OURS);
    host.ipv6.start("", 0, "", now);
    advertise(MANAGED);
    run(1100 * MILLISECOND);
    hear("2001:db8::10", "ff02::1", 58, 2, advertisement(OURS, PEER_MAC, O), 255);
    run(60 * SECOND);
    expect(asked.length <= 2 + 6 * 3).toBe(true);
    expect(host.ipv6.address).toBe("");
  });

  it("leaves alone what was given by hand, and asks for the rest only", () => {
    serve = () => gives(OURS);
    host.ipv6.start(OURS, 64, "", now);
    advertise(MANAGED);
    run(5 * SECOND);
    expect([types().length, types()[0], host.ipv6.address]).toEqual([1, 11, OURS]);
    expect(told()[0]).toBe("2001:db8::53");
  });

  it("says that nobody answers, and that a server has no address; the rest is asked for then", () => {
    host.ipv6.start("", 0, "", now);
    advertise(MANAGED);
    run(20 * SECOND);
    expect(
      words.filter((text) => text.startsWith("no DHCPv6 server has answered the card 02:00:00:00:00:01")).length,
    ).toBe(1);
    serve = (question) =>
      question.type === 11 ? [option(23, address("2001:db8::53"))] : [association(MAC, 0, 0, status(2, "full"))];
    run(100 * SECOND);
    expect(words.indexOf("a DHCPv6 server has no address for this machine (status 2: full)") > 0).toBe(true);
    expect(told()[0]).toBe("2001:db8::53");
  });

  it("drops and counts what nobody asked for, and what comes from beyond the link or over IPv4", () => {
    serve = () => gives(OURS);
    host.ipv6.start("", 0, "", now);
    advertise(MANAGED);
    run(3 * SECOND);
    expect(host.ipv6.address).toBe(OURS);
    const last = asked[asked.length - 1]!;
    const forged = message(7, last.transaction, clientIdentifier(MAC), serverIdentifier(1), ...gives("2001:db8::66"));
    say(forged);
    say(forged, "2001:db8::66", OURS);
    say(new Uint8Array(3));
    run(SECOND);
    expect(host.ip.counters.value(DHCPV6_REFUSED)).toBe(3);
    // The server prolongs it; somebody else's word, from elsewhere, is no word.
    run(57 * SECOND);
    serve = () => SILENCE;
    run(5 * SECOND);
    const renewal = asked[asked.length - 1]!;
    expect(renewal.type).toBe(5);
    say(
      message(7, renewal.transaction, clientIdentifier(MAC), serverIdentifier(1), ...gives("2001:db8::66")),
      "2001:db8::1",
      OURS,
    );
    run(SECOND);
    expect([host.ipv6.address, host.ip.counters.value(DHCPV6_REFUSED)]).toEqual([OURS, 4]);
  });

  it("asks after a pause whether it is where it was", () => {
    serve = () => gives(OURS);
    host.ipv6.start("", 0, "", now);
    advertise(MANAGED);
    run(3 * SECOND);
    serve = () => [status(4, "")];
    host.ipv6.verify(now, 30 * SECOND);
    run(SECOND);
    expect(types().slice(0, 3)).toEqual([1, 3, 4]);
    expect(words.indexOf(`the address ${OURS} has ended: a DHCPv6 server says that it is of another network`) > 0).toBe(
      true,
    );
  });
});
