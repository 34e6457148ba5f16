// The host that traces are recorded from and replayed on, with an appliance that answers everything in a fixed way:
// the secret, the site and the answers are constants, so what is sent follows from frames and time alone.

import { formatIpv4, type Ipv4, type Port } from "../../stack/base/address.ts";
import { copyBytes } from "../../stack/base/native.ts";
import { type Instant, MILLISECOND, NEVER } from "../../stack/base/result.ts";
import type { Handle } from "../../stack/base/streams.ts";
import { TYPE_A } from "../../stack/dns/wire.ts";
import {
  EVENT_BODY,
  EVENT_CONFIGURED,
  EVENT_CONNECTED,
  EVENT_READABLE,
  EVENT_REQUEST,
  EVENT_RESOLVED,
} from "../../stack/host/events.ts";
import { WebHost } from "../../stack/host/web.ts";
import { BODY_OPEN } from "../../stack/http/events.ts";
import type { Digest } from "./digest.ts";
import { SWITCH_CHECKSUM, SWITCH_DHCP, SWITCH_IPV6, SWITCH_SEGMENTATION, SWITCH_TLS } from "./format.ts";
import { MemoryLink } from "./memory-link.ts";
import { latin1Bytes, pattern, publish } from "./site.ts";

/** The recorder's network. */
export const ADDRESS = 0x0a4d0002 as Ipv4;
export const PEER = 0x0a4d0001 as Ipv4;
export const MAC = 0x02_45_50_54_00_01;
const PREFIX = 24;
/** Of a host that speaks IPv6; its network is a /64. */
export const HOST6 = "2001:db8:77:1::1";
const MEMORY = 16 * 1024 * 1024;
/** 2026-02-03 04:05:06 UTC, in milliseconds, at the instant 0. */
const WALL_CLOCK = 1_770_091_506_000;

// What the appliance can be made to do besides answering.
export const ACTION_RESOLVE = 1;
export const ACTION_FETCH = 2;
export const ACTION_DATAGRAM = 3;
export const ACTION_SYSLOG = 4;
export const ACTION_PUBLISH = 5;
export const ACTION_RESOLVE_MISSING = 6;
export const ACTION_FETCH_REFUSED = 7;
/** The card has no room for a frame until the next poll is over. */
export const ACTION_RING_FULL = 8;
/** Connections that the appliance has opened are aborted. */
export const ACTION_ABORT = 9;
/** Only of a host that speaks TLS. */
export const ACTION_FETCH_SECURE = 10;

/** Where the recorder's peers listen. */
export const PEER_HTTP_PORT = 8080;
export const PEER_HTTPS_PORT = 8443;
const PEER_SYSLOG_PORT = 5514;
const REFUSED_PORT = 9;
const RECEIVE_LIMIT = 65_536;
/** Whose certificate it is that the host shows, and believes. */
export const SECURE_NAME = "trace.example";
/** Ed25519, whose signatures are the same each time; its certificate signs itself. */
export const SECURE_IDENTITY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIxY+B41znLzX10QyO9hIGJzZ26Cm8sfhjZz/Pp5oOXE
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBdzCCASmgAwIBAgIUBFN/RwNOCMtZ16XmSUdyZu491oswBQYDK2VwMBAxDjAM
BgNVBAMMBXRyYWNlMCAXDTI2MTEyODA4MjQ0NVoYDzIxMjYxMTA0MDgyNDQ1WjAQ
MQ4wDAYDVQQDDAV0cmFjZTAqMAUGAytlcAMhAOfwgN6wK4KSuzj3Em759Q4jYjAD
3K98TbJGDCWjG95go4GSMIGPMB0GA1UdDgQWBBQNjgNiOTLP/sprV7E5/vEv/xgf
zjAfBgNVHSMEGDAWgBQNjgNiOTLP/sprV7E5/vEv/xgfzjAPBgNVHRMBAf8EBTAD
AQH/MCwGA1UdEQQlMCOCDXRyYWNlLmV4YW1wbGWCEnBlZXIudHJhY2UuZXhhbXBs
ZTAOBgNVHQ8BAf8EBAMCB4AwBQYDK2VwA0EAm8iSvW3eJnl7ab/MZGnPbYc9sSrq
QEZKt/B9LK+C+M0hkoj6PciI7LZ9GxTvDtWFI5EOL4UU56rlvYRFug5AAg==
-----END CERTIFICATE-----
`;
const SECURE_KEY = "sha256:a364ceeffdda7d9b41b67427f716cd479ed728b58e3d62cb40e784c97deb1d1d";
/** Requests for a target that begins with "/late" wait this long. */
const LATE = 200 * MILLISECOND;
/** Events taken in one step at most: an endless row of them would be our bug. */
const EVENTS_PER_STEP = 10_000;

export class Appliance {
  readonly link: MemoryLink;
  readonly host: WebHost;
  /** It speaks TLS. */
  readonly secure: boolean;
  now: Instant = 1;
  deadline: Instant = 0;
  /** What came up in the last step, when somebody wants to read it. */
  log = "";
  logging = false;

  /** Handles of what the appliance has connected to, dead ones among them. */
  private readonly opened: Handle[] = [];
  /** Bodies that are being read: exchanges, and what has come of each. */
  private readonly reading: number[] = [];
  private readonly bodies: Uint8Array[] = [];
  private readonly late: number[] = [];
  private readonly lateAt: number[] = [];

  constructor(switches: number, filler: number) {
    this.link = new MemoryLink(MAC, (switches & SWITCH_CHECKSUM) !== 0, (switches & SWITCH_SEGMENTATION) !== 0);
    this.link.filler = filler;
    this.host = new WebHost(this.link, pattern(96, 7), MEMORY);
    this.secure = (switches & SWITCH_TLS) !== 0;
    const { host } = this;
    publish(host.web.http.ready);
    host.web.access.eventsWanted = true;
    host.web.listen({ port: 80, secure: false, redirectTo: 0 });
    host.poll(this.now);
    host.setWallClock(WALL_CLOCK);
    if (this.secure) this.listenSecurely();
    if ((switches & SWITCH_IPV6) !== 0) host.ipv6.start(HOST6, 64, "", this.now);
    if ((switches & SWITCH_DHCP) !== 0) host.configureDhcp("trace", false);
    else {
      host.configureStatic(formatIpv4(ADDRESS), PREFIX, formatIpv4(PEER));
      host.names.addServer(formatIpv4(PEER));
    }
  }

  /** Polls at `now`, answers what comes up, and adds all that can be seen to the digest. */
  step(now: Instant, digest: Digest): void {
    const { host, link } = this;
    this.now = now;
    this.log = "";
    link.clear();
    this.deadline = host.poll(now);
    link.full = false;
    this.answerLate();
    for (let events = 0; this.takeEvents(digest); events++) {
      if (events > EVENTS_PER_STEP) throw new Error("events without end");
      this.deadline = host.poll(now);
    }
    for (let i = 0; i < this.lateAt.length; i++) this.deadline = Math.min(this.deadline, this.lateAt[i]!);
    digest.number(this.deadline === NEVER ? -1 : this.deadline - now);
    digest.bytes(link.sent, 0, link.sentLength);
  }

  act(action: number): void {
    const { host } = this;
    switch (action) {
      case ACTION_RESOLVE:
        host.names.resolve("peer.trace.example", TYPE_A, this.now);
        break;
      case ACTION_RESOLVE_MISSING:
        host.names.resolve("missing.trace.example", TYPE_A, this.now);
        break;
      case ACTION_FETCH:
        this.opened.push(host.connect(formatIpv4(PEER), PEER_HTTP_PORT, RECEIVE_LIMIT, ""));
        break;
      case ACTION_FETCH_SECURE:
        if (this.secure) this.opened.push(host.connect(formatIpv4(PEER), PEER_HTTPS_PORT, RECEIVE_LIMIT, SECURE_NAME));
        break;
      case ACTION_FETCH_REFUSED:
        this.opened.push(host.connect(formatIpv4(PEER), REFUSED_PORT, RECEIVE_LIMIT, ""));
        break;
      case ACTION_DATAGRAM: {
        const bytes = pattern(3000, 5);
        const path = host.paths.toward(formatIpv4(PEER));
        host.udp.send(path, 514 as Port, PEER_SYSLOG_PORT as Port, bytes, 0, bytes.length);
        break;
      }
      case ACTION_SYSLOG:
        host.web.access.setReceiver(formatIpv4(PEER), PEER_SYSLOG_PORT as Port, "trace.example");
        break;
      case ACTION_PUBLISH:
        publish(host.web.http.ready);
        break;
      case ACTION_RING_FULL:
        this.link.full = true;
        break;
      case ACTION_ABORT:
        while (this.opened.length > 0) {
          const handle = this.opened.pop()!;
          const streams = host.streamsOf(handle);
          host.release(handle);
          streams.abort(handle);
        }
        break;
      default:
        break;
    }
  }

  /** True when there were some. */
  private takeEvents(digest: Digest): boolean {
    const { host } = this;
    let some = false;
    for (let kind = host.nextEvent(); kind !== 0; kind = host.nextEvent()) {
      some = true;
      const { handle, number, text } = host.events;
      digest.number(kind);
      digest.number(handle);
      digest.number(number);
      digest.text(text);
      if (this.logging) this.log += `event ${kind} ${handle} ${number} ${text}\n`;
      if (kind === EVENT_REQUEST) this.request(handle);
      else if (kind === EVENT_BODY) this.respond(handle);
      else if (kind === EVENT_CONNECTED) this.connected(handle as Handle);
      else if (kind === EVENT_READABLE) this.readable(handle as Handle, digest);
      else if (kind === EVENT_RESOLVED) this.resolved(digest);
      else if (kind === EVENT_CONFIGURED) host.names.resolve("peer.trace.example", TYPE_A, this.now);
    }
    return some;
  }

  private request(exchange: number): void {
    if (this.host.web.http.target(exchange).startsWith("/late")) {
      this.late.push(exchange);
      this.lateAt.push(this.now + LATE);
    } else this.respond(exchange);
  }

  private answerLate(): void {
    while (this.late.length > 0 && this.lateAt[0]! <= this.now) {
      const exchange = this.late[0]!;
      for (let i = 1; i < this.late.length; i++) {
        this.late[i - 1] = this.late[i]!;
        this.lateAt[i - 1] = this.lateAt[i]!;
      }
      this.late.pop();
      this.lateAt.pop();
      this.respond(exchange);
    }
  }

  /** What has come of a body, so far, or undefined while more is to come. */
  private readBody(exchange: number): Uint8Array | undefined {
    const { http } = this.host.web;
    let index = 0;
    while (index < this.reading.length && this.reading[index] !== exchange) index++;
    if (index === this.reading.length) {
      this.reading.push(exchange);
      this.bodies.push(new Uint8Array(0));
    }
    for (let piece = http.readBody(exchange, this.now); piece.length > 0; piece = http.readBody(exchange, this.now)) {
      const before = this.bodies[index]!;
      const joined = new Uint8Array(before.length + piece.length);
      copyBytes(joined, 0, before, 0, before.length);
      copyBytes(joined, before.length, piece, 0, piece.length);
      this.bodies[index] = joined;
    }
    if (http.bodyState(exchange) === BODY_OPEN) return undefined;
    const body = this.bodies[index]!;
    this.reading[index] = this.reading[this.reading.length - 1]!;
    this.bodies[index] = this.bodies[this.bodies.length - 1]!;
    this.reading.pop();
    this.bodies.pop();
    return body;
  }

  private listenSecurely(): void {
    const { host } = this;
    const secure = host.secure();
    secure.begin();
    const report = secure.add(SECURE_IDENTITY, this.now);
    if (report.startsWith("error")) throw new Error(report);
    secure.commit();
    const refused = secure.trustAlso(SECURE_KEY);
    if (refused !== "") throw new Error(refused);
    if (!host.web.listen({ port: 443, secure: true, redirectTo: 0 })) throw new Error("port 443 is taken");
  }

  /** Says what was asked, and sends the body back once it is there. */
  private respond(exchange: number): void {
    const { http } = this.host.web;
    const body = this.readBody(exchange);
    if (body === undefined) return;
    const said = `${http.method(exchange)} ${http.target(exchange)}\n${http.headerText(exchange)}`;
    const head = latin1Bytes(said);
    const answer = new Uint8Array(head.length + body.length);
    copyBytes(answer, 0, head, 0, head.length);
    copyBytes(answer, head.length, body, 0, body.length);
    const status = http.method(exchange) === "POST" ? 201 : 200;
    http.respond(exchange, status, "Content-Type: text/plain\r\nX-Peer: known\r\n", answer, this.now);
  }

  private connected(handle: Handle): void {
    const request = latin1Bytes("GET /trace HTTP/1.1\r\nHost: peer\r\nConnection: close\r\n\r\n");
    this.host.streamsOf(handle).send(handle, request, 0, request.length);
  }

  private readable(handle: Handle, digest: Digest): void {
    const streams = this.host.streamsOf(handle);
    const length = streams.readLength(handle);
    if (length > 0) {
      digest.bytes(streams.readBuffer(handle), streams.readStart(handle), length);
      streams.consume(handle, length);
    }
    if (!streams.readEnded(handle)) return;
    this.host.release(handle);
    streams.close(handle);
  }

  private resolved(digest: Digest): void {
    const { names } = this.host;
    digest.number(names.answerCount);
    for (let i = 0; i < names.answerCount; i++) digest.text(names.answer(i));
  }
}
