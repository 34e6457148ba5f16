// One host, and everybody who talks to it, by a seed: episodes of chaos, each followed by calm in which the host must come
// back to what it was and serve. What the host does next depends on what the neighbours do, and they on what it sends, so
// connections get into deep states. Read delivery.ts, peer.ts, neighbours.ts. Everything here compiles ahead of time.
//
// A session is a function of its seed and the numbers of its episodes: on Node, as bytecode and compiled its digest must
// be the same. Each episode draws from numbers of its own, so that one that went wrong can be run alone.

import { readU16, readU32, writeU16 } from "../../../stack/base/bytes.ts";
import { MILLISECOND, NEVER, SECOND } from "../../../stack/base/result.ts";
import { readCredential } from "../../../stack/host/identity.ts";
import { ACK, decode as decodeSegment, PSH, Segment, SYN } from "../../../stack/tcp/wire.ts";
import type { Credential } from "../../../stack/tls/credentials.ts";
import { NO_SESSION, type Session as TlsSession } from "../../../stack/tls/session.ts";
import { ipv4Frame, Route, udpPayload } from "../../support/packets.ts";
import { Random } from "../../support/random.ts";
import {
  ACTION_ABORT,
  ACTION_RING_FULL,
  ADDRESS,
  Appliance,
  MAC,
  PEER,
  PEER_HTTPS_PORT,
  SECURE_IDENTITY,
} from "../../trace/appliance.ts";
import { Digest } from "../../trace/digest.ts";
import { SWITCH_DHCP, SWITCH_IPV6, SWITCH_TLS, TraceWriter } from "../../trace/format.ts";
import { SENT_HEADER } from "../../trace/memory-link.ts";
import { jump } from "../../trace/mutate.ts";
import { latin1Bytes, pattern } from "../../trace/site.ts";
import { Delivery } from "./delivery.ts";
import { checkAtRest, checkFrame, checkRunning } from "./invariants.ts";
import { arpAnswer, dhcpAnswer, dnsAnswer, PEER_MAC, routeOf, unasked } from "./neighbours.ts";
import { Peer, PHASE_OPEN, PHASE_OVER, PHASE_SYN } from "./peer.ts";
import { joined, requestBytes, responseBytes } from "./requests.ts";
import { isPage, SecurePeer } from "./secure.ts";
import { answer6, unasked6 } from "./storm6.ts";
import { damaged, inPieces } from "./strange-records.ts";

/** Polls of chaos in an episode. */
const POLLS = 250;
/** Connections at a time. */
const PEERS = 24;
/** Frames of the host that are kept to be quoted. */
const RECENT = 16;
/** Long enough for every timer of a host to which nobody speaks. */
const CALM = 800 * SECOND;
/** Polls of a calm host, and polls without time between them. */
const CALM_POLLS = 20_000;
const BUSY_POLLS = 1000;
/** Polls in a row that leave a deadline in the past: one may, when time has jumped over more than one. */
const OVERDUE_POLLS = 10;
const NO_OPTIONS: Uint8Array = new Uint8Array(0);
const NOTHING: Uint8Array = new Uint8Array(0);
/** /page of test/trace/site.ts. */
const PAGE: Uint8Array = pattern(8192, 1);
const LAST_ACTION = 10;
/** Of connections to the host, one in so many speaks TLS: its handshakes take most of the time. */
const SECURE_ONE_IN = 4;
const STATUS: Uint8Array = latin1Bytes("HTTP/1.1 200");
const REQUEST = "GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

export class Session {
  readonly appliance: Appliance;
  readonly digest = new Digest();
  /** What the host has said over IPv6: protocols, and of ICMPv6 1,000 and the type; and segments with something in them. */
  readonly said6: number[] = [];
  answers6 = 0;
  /** What must not be and was; "" while all is well. */
  fault = "";
  private readonly seed: number;
  private readonly switches: number;
  private readonly trace: TraceWriter | undefined;
  private random: Random;
  private delivery: Delivery;
  private delivered = 0;
  private peers: Peer[] = [];
  private recent: Uint8Array[] = [];
  private recent6: Uint8Array = NOTHING;
  private readonly segment = new Segment();
  private readonly credential: Credential;
  /** Of an earlier visit. */
  private ticket: TlsSession = NO_SESSION;
  private honest = false;
  private overdue = 0;

  /** `recording`: keeps what is needed to replay the session as a trace (test/trace). */
  constructor(seed: number, recording: boolean) {
    this.seed = seed;
    this.switches = (seed % 8) | SWITCH_TLS | SWITCH_IPV6;
    this.random = new Random(seed);
    this.delivery = new Delivery(this.random);
    this.trace = recording ? new TraceWriter(this.switches) : undefined;
    this.appliance = new Appliance(this.switches, seed & 255);
    const { credential } = readCredential(SECURE_IDENTITY, 0, this.appliance.host.secure().trust);
    if (credential === undefined) throw new Error("no key");
    this.credential = credential;
  }

  /** Frames handed over since the beginning. */
  get frames(): number {
    return this.delivered + this.delivery.frames;
  }

  /** So far, for test/trace's replay. */
  recorded(): Uint8Array {
    return this.trace === undefined ? NOTHING : this.trace.take(0);
  }

  /** Runs an episode; false when something is wrong: see `fault`. */
  episode(number: number): boolean {
    this.delivered += this.delivery.frames;
    this.random = new Random(Math.imul(this.seed, 1_000_003) + number);
    this.delivery = new Delivery(this.random);
    this.delivery.trace = this.trace;
    this.peers = [];
    this.recent = [];
    this.recent6 = NOTHING;
    this.honest = false;
    this.delivery.shake();
    const quick = this.random.below(3);
    for (let i = 0; i < POLLS && this.fault === ""; i++) {
      this.say();
      this.poll(this.pause(quick));
    }
    this.calmDown();
    return this.fault === "";
  }

  /** Some frames, and perhaps something that the appliance does. */
  private say(): void {
    const { random, delivery } = this;
    const frames = random.below(20) === 0 ? random.below(60) : random.below(8);
    for (let i = 0; i < frames; i++) {
      if (random.below(4) === 0) delivery.put(unasked(random, this.someSent()));
      else if (random.below(5) === 0) delivery.put(unasked6(random, this.recent6));
      else this.speak();
    }
    if (random.below(30) === 0) this.act(1 + random.below(LAST_ACTION));
  }

  /** One of the peers goes on, or a new one begins. */
  private speak(): void {
    const { random, delivery, peers } = this;
    if (peers.length < PEERS && random.below(peers.length + 3) < 2) {
      delivery.put(this.newPeer(routeOf(random.below(12))).syn(random, SYN));
      return;
    }
    if (peers.length === 0) return;
    const at = random.below(peers.length);
    const peer = peers[at]!;
    if (peer.phase === PHASE_OVER) {
      this.drop(at);
      return;
    }
    if (peer.phase === PHASE_SYN) {
      // It goes on without an answer, or gives up.
      if (random.below(4) === 0) delivery.put(peer.oddity(random));
      if (random.below(8) === 0) this.drop(at);
      return;
    }
    switch (random.below(16)) {
      case 0:
      case 1:
        delivery.put(peer.oddity(random));
        break;
      case 2:
        if (random.below(3) === 0) delivery.put(peer.fin());
        else delivery.put(peer.ack());
        break;
      case 3:
        if (random.below(6) === 0) {
          if (random.below(2) === 0) delivery.put(peer.reset(peer.seq));
          this.drop(at);
        }
        break;
      case 4:
      case 5:
        if (peer.secure !== undefined) this.saySecurely(peer, peer.secure);
        else if (peer.port !== 53 && peer.port !== 8080) peer.say(requestBytes(random));
        break;
      default:
        this.goOn(peer);
    }
  }

  /** As a good peer does: sends what there is, acknowledges, ends when the other side has ended. */
  private goOn(peer: Peer): void {
    const { random, delivery } = this;
    if (peer.secure !== undefined) this.hand(peer, peer.secure);
    if (peer.sent < peer.out.length && !peer.finSent) {
      const most = random.below(3) === 0 ? 1 + random.below(20) : 1460;
      for (let i = random.below(6); i >= 0 && peer.sent < peer.out.length; i--)
        delivery.put(peer.piece(most, random.below(2) === 0 ? ACK : ACK | PSH));
      peer.ackDue = false;
    } else if (peer.finSeen && !peer.finSent && random.below(3) === 0) delivery.put(peer.fin());
    else if (peer.ackDue) delivery.put(peer.ack());
  }

  /** What a machine of TLS has to say goes on, mostly as it is. */
  private hand(peer: Peer, secure: SecurePeer): void {
    const { random } = this;
    if (secure.session !== NO_SESSION) this.ticket = secure.session;
    const flight = secure.take();
    if (flight.length === 0) return;
    const luck = this.honest ? 0 : random.below(16);
    if (luck > 11) peer.say(damaged(random, flight));
    else if (luck > 8 && !secure.complete) peer.say(inPieces(random, flight));
    else peer.say(flight);
  }

  private saySecurely(peer: Peer, secure: SecurePeer): void {
    const { random } = this;
    if (random.below(4) === 0) peer.say(secure.oddity(random));
    else if (secure.complete) {
      const bytes = peer.hostPort === 443 ? requestBytes(random) : responseBytes(random);
      const sealed = secure.data(bytes, random.below(3) === 0 ? 1 + random.below(200) : 16_384);
      peer.say(random.below(16) === 0 ? damaged(random, sealed) : sealed);
      if (random.below(8) === 0) peer.say(secure.close());
    }
  }

  private newPeer(route: Route): Peer {
    const { random } = this;
    if (random.below(SECURE_ONE_IN) === 0) {
      const peer = new Peer(route, 1024 + random.below(60_000), 443, random.below(0x100000000));
      const ticket = random.below(2) === 0 ? this.ticket : NO_SESSION;
      peer.secure = SecurePeer.visitor(random, true, ticket, this.appliance.now);
      this.peers.push(peer);
      return peer;
    }
    const port = random.below(6) === 0 ? 40_000 + random.below(4) : 1024 + random.below(60_000);
    const hostPort = random.below(20) === 0 ? random.below(65_536) : 80;
    const peer = new Peer(route, port, hostPort, random.below(0x100000000));
    if (random.below(5) === 0) peer.window = random.below(5000);
    peer.say(requestBytes(random));
    this.peers.push(peer);
    return peer;
  }

  private drop(at: number): void {
    const last = this.peers.pop()!;
    if (at < this.peers.length) this.peers[at] = last;
  }

  private someSent(): Uint8Array {
    return this.recent.length === 0 ? NOTHING : this.recent[this.random.below(this.recent.length)]!;
  }

  private act(action: number): void {
    if (this.trace !== undefined) this.trace.action(action);
    this.appliance.act(action);
  }

  /** Microseconds to the next poll. */
  private pause(quick: number): number {
    const { random } = this;
    if (random.below(100) === 0) return jump(random);
    switch (random.below(4)) {
      case 0:
        return 0;
      case 1:
        return random.below(quick === 0 ? 50 : 3000);
      case 2:
        return random.below(quick === 0 ? 500 : 60_000);
      default:
        return random.below(8) === 0 ? random.below(400_000) : random.below(2000);
    }
  }

  private poll(delta: number): void {
    const { appliance, delivery } = this;
    delivery.flush(appliance.link);
    if (this.trace !== undefined) this.trace.poll(delta);
    appliance.step(appliance.now + delta, this.digest);
    this.observe();
    this.overdue = appliance.deadline < appliance.now ? this.overdue + 1 : 0;
    if (this.overdue > OVERDUE_POLLS) this.fault = `deadline ${appliance.deadline} at ${appliance.now}`;
    if (this.fault === "") this.fault = checkRunning(appliance);
  }

  /** Looks at all that the host has sent, and answers it. */
  private observe(): void {
    const { sent, sentLength } = this.appliance.link;
    for (let at = 0; at < sentLength; ) {
      const head = readU32(sent, at);
      const length = head + readU32(sent, at + 4);
      const fault = checkFrame(sent, at);
      if (fault !== "") this.fault = fault;
      at += SENT_HEADER;
      this.hear(sent, at, length);
      at += length;
    }
  }

  private hear(sent: Uint8Array, at: number, length: number): void {
    const { random, delivery, recent } = this;
    const type = readU16(sent, at + 12);
    if (type === 0x0806) {
      const answer = arpAnswer(sent, at);
      if (answer !== undefined && (this.honest || random.below(8) !== 0)) delivery.put(answer);
      return;
    }
    if (type === 0x86dd) {
      this.recent6 = sent.slice(at, at + Math.min(length, 1514));
      const kind = sent[at + 20]! === 58 ? 1000 + sent[at + 54]! : sent[at + 20]!;
      if (!this.said6.includes(kind)) this.said6.push(kind);
      if (kind === 6 && length > 54 + (sent[at + 66]! >> 4) * 4) this.answers6++;
      const answer = answer6(random, this.recent6);
      if (answer.length > 0 && (this.honest || random.below(8) !== 0)) delivery.put(answer);
      return;
    }
    if (type !== 0x0800 || (readU16(sent, at + 20) & 0x3fff) !== 0) return;
    const frame = sent.slice(at, at + Math.min(length, 1514));
    if (recent.length < RECENT) recent.push(frame);
    else recent[random.below(RECENT)] = frame;
    const protocol = frame[23]!;
    if (protocol === 6) this.hearSegment(sent, at, length);
    else if (protocol === 17) this.hearDatagram(frame);
  }

  private hearDatagram(frame: Uint8Array): void {
    const { random, delivery } = this;
    const port = readU16(frame, 36);
    if (!this.honest && random.below(8) === 0) return;
    if (port === 67) {
      const answer = dhcpAnswer(frame, random, this.honest);
      if (answer !== undefined) delivery.put(answer);
    } else if (port === 53) {
      const route = new Route(PEER_MAC, MAC, readU32(frame, 30), readU32(frame, 26));
      const message = dnsAnswer(frame.slice(42, frame.length), random, this.honest);
      delivery.put(
        ipv4Frame(route, 17, random.below(9), NO_OPTIONS, udpPayload(route, 53, readU16(frame, 34), message)),
      );
    }
  }

  private hearSegment(sent: Uint8Array, at: number, length: number): void {
    const { segment, random, delivery } = this;
    if (decodeSegment(sent, at + 34, length - 34, segment) !== 0) return;
    const source = readU32(sent, at + 26);
    const address = readU32(sent, at + 30);
    const { sourcePort, destinationPort } = segment;
    for (const peer of this.peers) {
      if (peer.port !== destinationPort || peer.hostPort !== sourcePort || peer.route.source !== address) continue;
      peer.hear(segment, sent, this.appliance.now);
      if (peer.port === 53 && segment.payloadLength > 14 && peer.out.length === 0) {
        const query = sent.slice(segment.payloadOffset + 2, segment.payloadOffset + segment.payloadLength);
        const message = dnsAnswer(query, random, this.honest);
        const prefix = new Uint8Array(2);
        writeU16(prefix, 0, message.length);
        peer.say(joined(prefix, message));
      }
      return;
    }
    // The host connects: to its name server, or to one that it fetches from.
    if (segment.flags !== SYN || this.peers.length >= PEERS || random.below(6) === 0) return;
    const route = new Route(PEER_MAC, MAC, address, source);
    const peer = new Peer(route, destinationPort, sourcePort, random.below(0x100000000));
    peer.hear(segment, sent, this.appliance.now);
    if (random.below(8) === 0) {
      delivery.put(peer.reset(peer.seq));
      return;
    }
    if (destinationPort === PEER_HTTPS_PORT) peer.secure = SecurePeer.server(random, this.credential);
    else if (destinationPort !== 53) peer.say(responseBytes(random));
    this.peers.push(peer);
    delivery.put(peer.syn(random, SYN | ACK));
  }

  /** Nobody does anything wrong any more: the host must let go of everything, and then serve. */
  private calmDown(): void {
    const { appliance, delivery, random } = this;
    if (this.fault !== "") return;
    delivery.calm();
    // Peers that tell it, or leave without a word.
    if (random.below(2) === 0) for (const peer of this.peers) delivery.put(peer.reset(peer.seq));
    this.peers = [];
    this.honest = true;
    this.act(ACTION_ABORT);
    if (random.below(2) === 0) this.act(ACTION_RING_FULL);
    this.pass(CALM);
    if (this.fault === "") this.fault = checkAtRest(appliance);
    if (this.fault === "") this.serve();
  }

  /** Lets time go by, polling when the host wants to be polled. */
  private pass(time: number): void {
    const { appliance } = this;
    const end = appliance.now + time;
    let busy = 0;
    for (let polls = 0; appliance.now < end; polls++) {
      const before = appliance.now;
      const next = appliance.deadline === NEVER ? end : Math.min(end, appliance.deadline);
      this.poll(Math.max(0, next - before));
      if (this.fault !== "") return;
      busy = appliance.now === before ? busy + 1 : 0;
      if (busy > BUSY_POLLS || polls > CALM_POLLS) {
        this.fault = `${polls} polls of a host that nobody speaks to, ${busy} of them at the same instant`;
        return;
      }
    }
  }

  /** Visitors ask for a page, in the clear and by TLS, and must get it. */
  private serve(): void {
    // With a lease the address may be another by now.
    if ((this.switches & SWITCH_DHCP) !== 0) return;
    const { received, phase } = this.visit(80, undefined);
    if (this.fault === "" && !isPage(received, STATUS, PAGE))
      this.fault = `a visitor got ${received.length} bytes that are not the page; phase ${phase}`;
    if (this.fault !== "") return;
    const secure = SecurePeer.visitor(this.random, false, NO_SESSION, this.appliance.now);
    secure.keeps = true;
    this.visit(443, secure);
    if (this.fault === "" && !(isPage(secure.received, STATUS, PAGE) && secure.ended))
      this.fault = `a visitor by TLS got ${secure.received.length} bytes that are not the page; ended ${secure.ended}`;
    if (this.fault === "") this.pass(CALM);
    if (this.fault === "") this.fault = checkAtRest(this.appliance);
  }

  private visit(hostPort: number, secure: SecurePeer | undefined): Peer {
    const { delivery, random } = this;
    const route = new Route(PEER_MAC, MAC, PEER, ADDRESS);
    const peer = new Peer(route, 1024 + random.below(60_000), hostPort, random.below(1 << 30));
    peer.keeps = true;
    peer.secure = secure;
    if (secure === undefined) peer.say(latin1Bytes(REQUEST));
    this.peers.push(peer);
    delivery.put(peer.syn(random, SYN));
    let asked = secure === undefined;
    for (let turn = 0; turn < 200 && !peer.finSent && this.fault === ""; turn++) {
      this.poll(10 * MILLISECOND);
      if (peer.phase !== PHASE_OPEN) continue;
      if (!asked && secure !== undefined && secure.complete) {
        // After its Finished.
        this.hand(peer, secure);
        peer.say(secure.data(latin1Bytes(REQUEST), 16_384));
        asked = true;
      }
      if (peer.finSeen) delivery.put(peer.fin());
      else this.goOn(peer);
    }
    this.poll(10 * MILLISECOND);
    this.peers = [];
    return peer;
  }
}
