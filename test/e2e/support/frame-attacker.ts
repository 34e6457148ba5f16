// What attackers do below sockets, as a program of its own in a network namespace: bare frames, through frame-port.c.
//
//   node test/e2e/support/frame-attacker.ts KIND HOST PORT-PROGRAM INTERFACE FRAMES
//
// It sends about so many frames a second and goes on until it is ended.

import { argv } from "node:process";
import type { Ipv4, Mac } from "../../../stack/base/address.ts";
import { formatIpv4 } from "../../../stack/base/address.ts";
import { writeU16 } from "../../../stack/base/bytes.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../../stack/tcp/wire.ts";
import { arpFrame, echoPayload, ipv4Fragments, ipv4Frame, Route, udpPayload } from "../../support/packets.ts";
import { BROADCAST, type Connection, FramePeer, ICMP, NONE, OUR_MAC, TCP, text, UDP } from "./frame-peer.ts";

/** How often frames are sent. */
const EVERY_MS = 10;
const LARGE = 3;
const URG = 32;

const [, , kind = "", host = "", program = "", link = "", frames = "0"] = argv;
const BURST = Math.max(1, (Number(frames) * EVERY_MS) / 1000);
const peer = new FramePeer(host, program, link, kind === "offloaded");
const { random, net, there } = peer;

const GET = (path: string): Uint8Array => text(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
const anyPort = (): number => random.below(65_536);
const anyNumber = (): number => random.below(0x1_0000_0000);
const anyBytes = (length: number): Uint8Array => new Uint8Array(length).map(() => random.below(256));

/** Asks for a large file as soon as a connection is up. */
function asksForLarge(c: Connection, window?: number): void {
  peer.tell(c, ACK | PSH, GET(`/static/large-${random.below(LARGE)}.bin`), window);
}

/** Opens a connection one time in `often`. */
function opensAt(often: number, options?: readonly number[], window?: number): void {
  if (random.below(often) === 0) peer.open(options, window);
}

/** Quotes what the host has sent, and says that it was too long for a link. */
function tooBig(c: Connection, mtu: number): void {
  if (c.heard.length < 28) return;
  const bytes = new Uint8Array(8 + c.heard.length);
  bytes[0] = 3;
  bytes[1] = 4;
  writeU16(bytes, 6, mtu);
  copyBytes(bytes, 8, c.heard, 0, c.heard.length);
  let sum = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += bytes[i]! * 256 + bytes[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  writeU16(bytes, 2, 0xffff ^ sum);
  peer.send(ipv4Frame(c.from, ICMP, anyPort(), NONE, bytes));
}

/** A frame with this EtherType, or length, in place of its own, and `inserted` before it. */
function relabelled(frame: Uint8Array, inserted: readonly number[], type: number | undefined): Uint8Array {
  const changed = new Uint8Array(frame.length + inserted.length);
  copyBytes(changed, 0, frame, 0, 12);
  inserted.forEach((byte, i) => {
    changed[12 + i] = byte;
  });
  copyBytes(changed, 12 + inserted.length, frame, 12, frame.length - 12);
  if (type !== undefined) writeU16(changed, 12 + inserted.length, type);
  return changed;
}

/** What is done with each connection, and with nothing at all: both are called over and over. */
const ATTACKS: Readonly<Record<string, () => void>> = {
  /** SYNs from addresses that never answer, and from some that do not know of them; to ports that nobody serves. */
  "syn-flood": () => {
    const port = random.below(4) === 0 ? anyPort() : random.below(2) === 0 ? 443 : 80;
    peer.send(peer.segment(peer.route(peer.anybody()), anyPort(), SYN, anyNumber(), 0, { port }));
  },
  /** ACKs that belong to nothing, as guesses at cookies. */
  "ack-flood": () =>
    peer.send(peer.segment(peer.route(peer.ours()), anyPort(), random.below(64), anyNumber(), anyNumber())),
  /** Connections that are reset, ended or left alone in each state. */
  churn: () => {
    peer.opened = (c) => {
      const what = random.below(6);
      peer.say(c, ACK);
      if (what === 0) peer.say(c, RST | ACK);
      else if (what === 1) peer.say(c, FIN | ACK);
      else if (what < 5) {
        peer.tell(c, ACK | PSH, GET(what === 2 ? "/" : what === 3 ? "/nothing" : "/static/large-0.bin"));
        peer.say(c, what === 3 ? FIN | ACK : RST | ACK);
      }
      peer.forget(c);
    };
    opensAt(20);
  },
  /** Connections that are opened, ask for something with no window, and are never heard of again: sockstress. */
  sockstress: () => {
    peer.opened = (c) => {
      peer.say(c, ACK, { window: 0 });
      if (random.below(3) > 0) asksForLarge(c, 0);
      peer.forget(c);
    };
    opensAt(8, [2, 4, 5, 180], 0);
  },
  /** Large files asked for with no window, or one that shrinks; ACKs go on all the same. */
  windows: () => {
    peer.opened = (c) => asksForLarge(c, random.below(3000));
    peer.heard = (c, s) => {
      c.ack = (s.seq + Math.min(s.payloadLength, 1)) >>> 0;
      peer.say(c, ACK, { window: random.below(2) });
    };
    opensAt(40);
  },
  /** A peer that says it takes one byte at a time. */
  "tiny-mss": () => {
    peer.opened = (c) => asksForLarge(c);
    peer.heard = (c, s) => {
      c.ack = (s.seq + s.payloadLength) >>> 0;
      peer.say(c, ACK, { window: 64 });
    };
    opensAt(40, [2, 4, 0, 1]);
  },
  /** Requests in segments of one byte, from their end to their beginning, each twice. */
  "tiny-segments": () => {
    peer.opened = (c) => {
      const request = GET("/Posts/p1");
      for (let i = request.length - 1; i >= 0; i--)
        for (let twice = 0; twice < 2; twice++) peer.say(c, ACK | PSH, { data: request.subarray(i, i + 1) }, i);
      peer.forget(c);
    };
    opensAt(60);
  },
  /** Acknowledges what has not been sent, or not arrived: as if the path had no end of room, or lost all but a few. */
  optimists: () => {
    peer.opened = (c) => asksForLarge(c);
    peer.heard = (c, s) => {
      const next = s.seq + s.payloadLength;
      c.ack = (next + (random.below(2) === 0 ? 0 : random.below(100_000))) >>> 0;
      const left = next + random.below(5000);
      const sack = [1, 1, 5, 10, ...bytesOf(left), ...bytesOf(left + random.below(100_000))];
      peer.say(c, ACK, { options: random.below(2) === 0 ? sack : [] });
    };
    opensAt(40, [2, 4, 5, 180, 1, 1, 4, 2]);
  },
  /** Bytes with holes between them, and pieces that lie over each other and differ. */
  gaps: () => {
    peer.opened = (c) => {
      for (let i = 1; i < 120; i++) peer.say(c, ACK, { data: text("x") }, i * (i % 3 === 0 ? 2 : 120));
      for (let i = 0; i < 20; i++) peer.say(c, ACK, { data: new Uint8Array(100 + i).fill(65 + i) }, 1 + i * 50);
    };
    opensAt(40);
  },
  /** Options of every kind and length, flags that belong to nothing, urgent data; options of IP. */
  options: () => {
    const junk = (): number[] => [...anyBytes(4 * random.below(11))];
    peer.opened = (c) => {
      for (let i = 0; i < 8; i++)
        peer.say(c, random.below(256), { options: junk(), urgent: anyPort() }, random.below(3));
      peer.say(c, ACK | PSH | URG, { options: junk(), data: GET("/"), urgent: 7 });
      peer.forget(c);
    };
    const from = peer.route(peer.ours());
    const bytes = peer.bytes(from, anyPort(), random.below(256), anyNumber(), anyNumber(), { options: junk() });
    peer.send(ipv4Frame(from, TCP, anyPort(), anyBytes(4 * random.below(11)), bytes));
    opensAt(20, random.below(2) === 0 ? junk() : [2, 4, 255, 255, 3, 3, 255, 1]);
  },
  /** Guesses at the connections of others: resets, ends, SYNs and data in the name of the honest. */
  blind: () => {
    const from = peer.route(net + 1 + random.below(4));
    const flags = [RST, RST | ACK, SYN, FIN | ACK, ACK | PSH, SYN | ACK][random.below(6)]!;
    const data = flags === (ACK | PSH) ? text("x") : NONE;
    peer.send(peer.segment(from, 10_000 + random.below(55_000), flags, anyNumber(), anyNumber(), { data }));
  },
  /** From addresses that no host has, our own among them; to groups and everybody. */
  martians: () => {
    const sources = [0, 0x7f00_0001, 0xe000_0001, 0xffff_ffff, net, net + 255, there, peer.anybody()];
    const targets = [there, net + 255, 0xffff_ffff, 0xe000_0001, 0x7f00_0001, 0, peer.anybody()];
    const target = targets[random.below(targets.length)]!;
    const mac = random.below(3) === 0 ? BROADCAST : peer.thereMac;
    const from = new Route(OUR_MAC, mac, sources[random.below(sources.length)]!, target);
    const protocol = [TCP, UDP, ICMP, random.below(256)][random.below(4)]!;
    const payload =
      protocol === TCP
        ? peer.bytes(from, random.below(2) * anyPort(), SYN, anyNumber(), 0)
        : protocol === UDP
          ? udpPayload(from, random.below(2) * anyPort(), anyPort(), anyBytes(random.below(100)))
          : echoPayload(anyBytes(random.below(100)));
    peer.send(ipv4Frame(from, protocol, anyPort(), NONE, payload));
  },
  /** Tags of networks, one in another, lengths in place of types, types that nobody knows, frames cut short. */
  ethernet: () => {
    const frame = peer.segment(peer.route(peer.ours()), anyPort(), SYN, anyNumber(), 0);
    const tag = (): number[] =>
      [
        [0x81, 0],
        [0x88, 0xa8],
        [0x91, 0],
      ][random.below(3)]!.concat([...anyBytes(2)]);
    const types = [0, 40, 1500, 0x86dd, 0x8847, 0x8863, 0x888e, 0x88cc, anyPort(), undefined];
    const tags = Array.from({ length: random.below(4) }, tag).flat();
    const changed = relabelled(frame, tags, types[random.below(types.length)]);
    peer.send(random.below(3) === 0 ? changed.subarray(0, 14 + random.below(changed.length - 14)) : changed);
  },
  /** First fragments, and middle ones, of datagrams that never come whole. */
  fragments: () => {
    const from = peer.route(peer.anybody());
    const payload = udpPayload(from, 53, 1024 + random.below(60_000), new Uint8Array(4000));
    const pieces = ipv4Fragments(from, random.below(2) === 0 ? UDP : TCP, anyPort(), NONE, payload, 1000);
    peer.send(pieces[random.below(3)]!);
  },
  /** Datagrams of every protocol that come whole in the end, in whatever order; pieces of them twice, or changed. */
  reassembled: () => {
    if (random.below(10) > 0) return;
    const from = peer.route(random.below(4) === 0 ? peer.anybody() : peer.ours());
    const data = anyBytes(random.below(random.below(8) === 0 ? 17_000 : 3000));
    const protocol = [UDP, ICMP, TCP, TCP, random.below(256)][random.below(5)]!;
    const ports = [9, 53, 68, 123, 514, anyPort()];
    const request = { data: random.below(2) === 0 ? GET("/") : data };
    const payload =
      protocol === TCP
        ? peer.bytes(from, anyPort(), random.below(64), anyNumber(), anyNumber(), request)
        : protocol === ICMP
          ? echoPayload(data)
          : udpPayload(from, anyPort(), ports[random.below(ports.length)]!, data);
    const size = [8, 16, 552, 1000, 1480][random.below(5)]!;
    const pieces = ipv4Fragments(from, protocol, anyPort(), NONE, payload, Math.max(size, (payload.length >> 6) & ~7));
    if (random.below(2) === 0) pieces.reverse();
    if (random.below(3) === 0) pieces.splice(random.below(pieces.length), 0, pieces[random.below(pieces.length)]!);
    for (const piece of pieces) peer.send(piece);
  },
  /**
   * Segments of up to 64 KB, uncut and without a checksum, as a neighbour on the same host hands them over; few enough
   * that the wire itself has room for others.
   */
  offloaded: () => {
    peer.opened = (c) => {
      const requests = text("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1 + random.below(1500)));
      const post = text(`POST /push HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n${"x".repeat(60_000)}`);
      peer.sendUncut(c, random.below(2) === 0 ? requests : post, 536 + random.below(924));
      peer.forget(c);
    };
    const stray = { from: peer.route(peer.ours()), port: anyPort(), seq: anyNumber(), ack: anyNumber(), heard: NONE };
    if (random.below(200) === 0) peer.sendUncut(stray, new Uint8Array(random.below(64_000)), 536 + random.below(924));
    opensAt(100);
  },
  /** Echo requests of all lengths, whole and in fragments; lies about the path's MTU. */
  icmp: () => {
    peer.opened = (c) => asksForLarge(c);
    peer.heard = (c) => {
      for (const mtu of [1400, 900, 576, 68, 0]) tooBig(c, mtu);
    };
    const from = peer.route(peer.ours());
    const echo = echoPayload(new Uint8Array(random.below(8000)));
    for (const frame of ipv4Fragments(from, ICMP, anyPort(), NONE, echo, 1400)) peer.send(frame);
    opensAt(100);
  },
  /** Who has which address: a hundred thousand of them, asked for and told; others' addresses are claimed, and ours. */
  arp: () => {
    const mac = (0x02_00_00_00_00_00 + random.below(1 << 30)) as Mac;
    peer.send(arpFrame(new Route(mac, peer.thereMac, peer.anybody() as Ipv4, there), 1 + random.below(2)));
    if (random.below(50) > 0) return;
    // Gratuitous, or as an answer.
    const claimed = random.below(4) === 0 ? there : net + 1 + random.below(5);
    const told = random.below(2) === 0 ? claimed : there;
    peer.send(arpFrame(new Route(mac, random.below(2) === 0 ? BROADCAST : peer.thereMac, claimed, told), 2));
  },
  /** Answers of name servers, DHCP servers and whoever else, to questions that nobody has asked. */
  answers: () => {
    const [from, to] = [
      [53, 1024 + random.below(64_000)],
      [67, 68],
      [514, 514],
      [123, anyPort()],
    ][random.below(4)]!;
    const source = peer.route(random.below(2) === 0 ? net + 1 : peer.anybody());
    const payload = udpPayload(source, from!, to!, anyBytes(random.below(3000)));
    for (const frame of ipv4Fragments(source, UDP, anyPort(), NONE, payload, 1472)) peer.send(frame);
  },
};

function bytesOf(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
}

const attack = ATTACKS[kind];
if (attack === undefined) throw new Error(`no attack ${kind}`);
// Who is there? Then it begins.
const ask = (): void => peer.send(arpFrame(new Route(OUR_MAC, BROADCAST, net + 100, there), 1));
ask();
setInterval(() => {
  if (peer.thereMac === BROADCAST) ask();
  else if (!peer.busy) for (let i = 0; i < BURST; i++) attack();
}, EVERY_MS);
console.info(`${kind} on ${formatIpv4(there as Ipv4)}`);
