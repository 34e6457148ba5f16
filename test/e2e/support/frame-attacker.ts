// What attackers do below sockets, as a program of its own in a network namespace: bare frames, through frame-port.c.
//
//   node test/e2e/support/frame-attacker.ts KIND HOST PORT-PROGRAM INTERFACE
//
// The attacker is on the same link as HOST, with addresses of its own (.100 to .249 of HOST's /24) behind one card, and
// answers ARP for them. It goes on until it is ended.

import { spawn } from "node:child_process";
import { argv } from "node:process";
import "../../../image/native-node.ts";
import { formatIpv4, type Ipv4, type Mac, parseIpv4 } from "../../../stack/base/address.ts";
import { readU16, readU32, writeU16, writeU32 } from "../../../stack/base/bytes.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import { ACK, decode, FIN, PSH, RST, Segment, SYN } from "../../../stack/tcp/wire.ts";
import {
  arpFrame,
  echoPayload,
  ipv4Fragments,
  ipv4Frame,
  Route,
  transportChecksum,
  udpPayload,
} from "../../support/packets.ts";
import { Random } from "../../support/random.ts";

const NONE = new Uint8Array(0);
const TCP = 6;
const UDP = 17;
const ICMP = 1;
const OUR_MAC = 0x02_00_00_00_aa_01 as Mac;
const BROADCAST = 0xff_ff_ff_ff_ff_ff as Mac;
/** Frames sent each time, and how often that is: 20,000 a second. */
const BURST = 200;
const EVERY_MS = 10;

const [, , kind = "", host = "", program = "", link = ""] = argv;
const there = parseIpv4(host)!;
const net = there - (there % 256);
const random = new Random(20_271);
let thereMac = BROADCAST;

const port = spawn(program, [link], { stdio: ["pipe", "pipe", "inherit"] });
port.on("exit", () => process.exit(0));

function send(frame: Uint8Array): void {
  const head = new Uint8Array(4);
  writeU32(head, 0, frame.length);
  port.stdin.write(head);
  port.stdin.write(frame);
}

function route(address: number): Route {
  return new Route(OUR_MAC, thereMac, address, there);
}

/** One of the attacker's own addresses; any address at all. */
const ours = (): number => net + 100 + random.below(150);
const anybody = (): number => (random.below(4) === 0 ? ours() : 0x0b00_0000 + random.below(0x1000_0000));

function segment(
  from: Route,
  sourcePort: number,
  flags: number,
  seq: number,
  ack: number,
  options: readonly number[] = [],
  data: Uint8Array = NONE,
  window = 0xffff,
): Uint8Array {
  const bytes = new Uint8Array(20 + options.length + data.length);
  writeU16(bytes, 0, sourcePort);
  writeU16(bytes, 2, 80);
  writeU32(bytes, 4, seq >>> 0);
  writeU32(bytes, 8, ack >>> 0);
  bytes[12] = (20 + options.length) << 2;
  bytes[13] = flags;
  writeU16(bytes, 14, window);
  options.forEach((option, i) => {
    bytes[20 + i] = option;
  });
  copyBytes(bytes, 20 + options.length, data, 0, data.length);
  writeU16(bytes, 16, transportChecksum(from, TCP, bytes));
  return ipv4Frame(from, TCP, random.below(65_536), NONE, bytes);
}

/** A connection of the attacker's, as much of one as an attack needs. */
interface Connection {
  readonly from: Route;
  readonly port: number;
  seq: number;
  ack: number;
  /** What came in one segment, whole: an ICMP error may quote it. */
  heard: Uint8Array;
}

const connections = new Map<string, Connection>();
/** What is done once a connection is up, and then with each segment that comes. */
let opened: (c: Connection) => void = () => {};
let heard: (c: Connection, s: Segment) => void = () => {};

function open(options: readonly number[] = [2, 4, 5, 180]): void {
  const c = { from: route(ours()), port: 1024 + random.below(64_000), seq: random.below(1 << 30), ack: 0, heard: NONE };
  connections.set(`${c.from.source} ${c.port}`, c);
  send(segment(c.from, c.port, SYN, c.seq, 0, options));
}

function say(c: Connection, flags: number, data: Uint8Array = NONE, window = 0xffff, ahead = 0): void {
  send(segment(c.from, c.port, flags, c.seq + ahead, c.ack, [], data, window));
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const GET = (path: string): Uint8Array => text(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);

function receive(frame: Uint8Array): void {
  if (frame.length < 42) return;
  const type = readU16(frame, 12);
  if (type === 0x0806 && readU16(frame, 20) === 1) {
    const asked = readU32(frame, 38);
    if (readU32(frame, 28) !== there || asked < net + 100 || asked > net + 249) return;
    thereMac = (readU16(frame, 22) * 0x1_0000_0000 + readU32(frame, 24)) as Mac;
    send(arpFrame(route(asked), 2));
  } else if (type === 0x0806 && readU32(frame, 28) === there)
    thereMac = (readU16(frame, 22) * 0x1_0000_0000 + readU32(frame, 24)) as Mac;
  if (type !== 0x0800 || frame[23] !== TCP || readU32(frame, 26) !== there) return;
  const at = 14 + (frame[14]! & 15) * 4;
  const s = new Segment();
  if (decode(frame, at, readU16(frame, 16) - (at - 14), s) !== 0) return;
  const c = connections.get(`${readU32(frame, 30)} ${s.destinationPort}`);
  if (c === undefined) return;
  if ((s.flags & SYN) !== 0) {
    c.seq = (c.seq + 1) >>> 0;
    c.ack = (s.seq + 1) >>> 0;
    say(c, ACK);
    opened(c);
    return;
  }
  c.heard = frame.slice(14, 14 + 60);
  heard(c, s);
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
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += readU16(bytes, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  writeU16(bytes, 2, 0xffff ^ sum);
  send(ipv4Frame(c.from, ICMP, random.below(65_536), NONE, bytes));
}

const ATTACKS: Readonly<Record<string, () => void>> = {
  /** SYNs from addresses that never answer, and from some that do not know of them. */
  "syn-flood": () => send(segment(route(anybody()), random.below(65_536), SYN, random.below(1 << 30), 0)),
  /** ACKs that belong to nothing, as guesses at cookies. */
  "ack-flood": () =>
    send(segment(route(ours()), random.below(65_536), random.below(64), random.below(1 << 30), random.below(1 << 30))),
  /** Connections that are reset, ended or left alone in each state. */
  churn: () => {
    opened = (c) => {
      const what = random.below(6);
      if (what === 0) say(c, RST | ACK);
      else if (what === 1) say(c, FIN | ACK);
      else if (what < 5) {
        const request = GET(what === 2 ? "/" : what === 3 ? "/nothing" : "/static/large-0.bin");
        say(c, ACK | PSH, request);
        c.seq += request.length;
        say(c, what === 3 ? FIN | ACK : RST | ACK);
      }
      connections.delete(`${c.from.source} ${c.port}`);
    };
    if (random.below(20) === 0) open();
  },
  /** Large files asked for with no window, or one that shrinks; ACKs go on all the same. */
  windows: () => {
    opened = (c) => {
      const request = GET(`/static/large-${random.below(3)}.bin`);
      send(segment(c.from, c.port, ACK | PSH, c.seq, c.ack, [], request, random.below(3000)));
      c.seq += request.length;
    };
    heard = (c, s) => {
      c.ack = (s.seq + Math.min(s.payloadLength, 1)) >>> 0;
      say(c, ACK, NONE, random.below(2));
    };
    if (random.below(40) === 0) open();
  },
  /** A peer that says it takes one byte at a time. */
  "tiny-mss": () => {
    opened = (c) => {
      const request = GET("/static/large-1.bin");
      say(c, ACK | PSH, request);
      c.seq += request.length;
    };
    heard = (c, s) => {
      c.ack = (s.seq + s.payloadLength) >>> 0;
      say(c, ACK, NONE, 64);
    };
    if (random.below(40) === 0) open([2, 4, 0, 1]);
  },
  /** Bytes with holes between them, and pieces that lie over each other and differ. */
  gaps: () => {
    opened = (c) => {
      for (let i = 1; i < 120; i++) say(c, ACK, text("x"), 0xffff, i * (i % 3 === 0 ? 2 : 120));
      for (let i = 0; i < 20; i++) say(c, ACK, new Uint8Array(100 + i).fill(65 + i), 0xffff, 1 + i * 50);
    };
    if (random.below(40) === 0) open();
  },
  /** First fragments, and middle ones, of datagrams that never come whole. */
  fragments: () => {
    const from = route(anybody());
    const payload = udpPayload(from, 53, 1024 + random.below(60_000), new Uint8Array(4000));
    const pieces = ipv4Fragments(from, random.below(2) === 0 ? UDP : TCP, random.below(65_536), NONE, payload, 1000);
    send(pieces[random.below(3)]!);
  },
  /** Echo requests of all lengths, whole and in fragments; lies about the path's MTU. */
  icmp: () => {
    opened = (c) => {
      const request = GET("/static/large-2.bin");
      say(c, ACK | PSH, request);
      c.seq += request.length;
    };
    heard = (c) => {
      for (const mtu of [1400, 900, 576, 68, 0]) tooBig(c, mtu);
    };
    const from = route(ours());
    const echo = echoPayload(new Uint8Array(random.below(8000)));
    for (const frame of ipv4Fragments(from, ICMP, random.below(65_536), NONE, echo, 1400)) send(frame);
    if (random.below(100) === 0) open();
  },
  /** Who has which address: a hundred thousand of them, asked for and told. */
  arp: () => {
    const from = new Route((0x02_00_00_00_00_00 + random.below(1 << 30)) as Mac, thereMac, anybody() as Ipv4, there);
    send(arpFrame(from, 1 + random.below(2)));
    // Gratuitous: for the honest ones as well.
    const honest = net + 1 + random.below(5);
    if (random.below(50) === 0) send(arpFrame(new Route(from.sourceMac, BROADCAST, honest, honest as Ipv4), 2));
  },
  /** Answers of name servers, DHCP servers and whoever else, to questions that nobody has asked. */
  answers: () => {
    const [from, to] = [
      [53, 1024 + random.below(64_000)],
      [67, 68],
      [514, 514],
      [123, random.below(65_536)],
    ][random.below(4)]!;
    const source = route(random.below(2) === 0 ? net + 1 : anybody());
    const data = new Uint8Array(random.below(3000)).map(() => random.below(256));
    for (const frame of ipv4Fragments(
      source,
      UDP,
      random.below(65_536),
      NONE,
      udpPayload(source, from!, to!, data),
      1472,
    ))
      send(frame);
  },
};

const attack = ATTACKS[kind];
if (attack === undefined) throw new Error(`no attack ${kind}`);

let pending = Buffer.alloc(0);
port.stdout.on("data", (chunk: Buffer) => {
  pending = Buffer.concat([pending, chunk]);
  while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
    const length = pending.readUInt32BE(0);
    receive(new Uint8Array(pending.subarray(4, 4 + length)));
    pending = pending.subarray(4 + length);
  }
});
// Who is there? Then it begins.
send(arpFrame(new Route(OUR_MAC, BROADCAST, net + 100, there), 1));
setInterval(() => {
  if (thereMac === BROADCAST) send(arpFrame(new Route(OUR_MAC, BROADCAST, net + 100, there), 1));
  else if (port.stdin.writableLength < 1 << 20) for (let i = 0; i < BURST; i++) attack();
}, EVERY_MS);
console.info(`${kind} on ${formatIpv4(there)}`);
