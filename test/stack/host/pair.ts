// Two hosts on one wire under a virtual clock: a server with its HTTP machine, and a client that speaks through flows.

import { copyBytes } from "../../../stack/base/native.ts";
import { type Instant, NEVER, SECOND } from "../../../stack/base/result.ts";
import type { Handle } from "../../../stack/base/streams.ts";
import { EVENT_BODY, EVENT_CLOSED, EVENT_CONNECTED, EVENT_REQUEST } from "../../../stack/host/events.ts";
import { WebHost } from "../../../stack/host/web.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { type Faults, faulty, Wire } from "../../support/wire.ts";

export const SERVER = "10.0.0.1";
export const CLIENT = "10.0.0.2";
const MEMORY = 64 * 1024 * 1024;

export class Pair {
  now: Instant = 1;
  readonly server: WebHost;
  readonly client: WebHost;
  readonly wire: Wire;
  readonly closed: number[] = [];
  /** What was said with each. */
  readonly words: string[] = [];
  /** Answers what the ready table of the server does not; called again when there is more of a body. */
  answer: (exchange: number) => void = () => {};
  connected = false;
  /** Where requests go. */
  to = SERVER;

  constructor(faults: Faults, seed: number) {
    const links = [new FakeLink(0x020000000001, 64), new FakeLink(0x020000000002, 64)];
    this.wire = new Wire(links, faults.delay);
    this.server = new WebHost(faulty(links[0]!, faults, seed), secret(seed), MEMORY);
    this.client = new WebHost(faulty(links[1]!, faults, seed), secret(seed + 1), MEMORY);
    this.turn();
    this.server.configureStatic(SERVER, 24, "");
    this.client.configureStatic(CLIENT, 24, "");
    this.server.setWallClock(1_700_000_000_000);
    this.server.web.listen({ port: 80, secure: false, redirectTo: 0 });
  }

  /** Polls both hosts and the wire once; returns when something happens next. */
  turn(): Instant {
    this.wire.step(this.now);
    let next = NEVER;
    for (const host of [this.server, this.client]) {
      next = Math.min(next, host.poll(this.now));
      for (let kind = host.nextEvent(); kind !== 0; kind = host.nextEvent()) {
        if (kind === EVENT_REQUEST || kind === EVENT_BODY) this.answer(host.events.handle);
        if (kind === EVENT_CONNECTED) this.connected = true;
        if (kind === EVENT_CLOSED) {
          this.closed.push(host.events.number);
          this.words.push(host.events.text);
        }
      }
      next = Math.min(next, host.poll(this.now));
    }
    this.wire.step(this.now);
    return Math.min(next, this.wire.nextDeadline());
  }

  /** Runs until the condition holds; false when the virtual time is over first. */
  run(until: () => boolean, limit: Instant): boolean {
    const end = this.now + limit;
    while (this.now < end) {
      const next = this.turn();
      if (until()) return true;
      this.now = Math.min(end, Math.max(this.now + 1, next));
    }
    return until();
  }

  /** Sends the request over a connection of its own and returns all bytes until the server ends the stream. */
  exchange(request: Uint8Array, limit = 600 * SECOND): Uint8Array {
    return this.exchangeOn(80, "", request, limit);
  }

  /**
   * The same on another port, `secureName` as for Host.connect; `startTls`: TLS begins when the connection is there, for this
   * name. Nothing when the connection does not come about.
   */
  exchangeOn(port: number, secureName: string, request: Uint8Array, limit: Instant, startTls = ""): Uint8Array {
    const handle = this.client.connect(this.to, port, 65_536, secureName);
    const ended = this.closed.length;
    this.connected = false;
    const begun = this.run(() => this.connected || this.closed.length > ended, limit);
    if (!begun || !this.connected) return new Uint8Array(0);
    if (startTls !== "") {
      this.connected = false;
      if (!this.client.startTls(handle, startTls)) throw new Error("TLS does not begin");
      if (this.client.startTls(handle, startTls)) throw new Error("TLS begins twice");
      this.run(() => this.connected || this.closed.length > ended, limit);
      if (!this.connected) return new Uint8Array(0);
    }
    this.client.streamsOf(handle).send(handle, request, 0, request.length);
    const parts: Uint8Array[] = [];
    const done = this.run(() => this.drain(handle, parts), limit);
    if (!done) throw new Error(`not answered within ${limit / SECOND} s of virtual time`);
    const streams = this.client.streamsOf(handle);
    this.client.release(handle);
    streams.close(handle);
    return joined(parts);
  }

  private drain(handle: Handle, parts: Uint8Array[]): boolean {
    const tcp = this.client.streamsOf(handle);
    const length = tcp.readLength(handle);
    const start = tcp.readStart(handle);
    if (length > 0) {
      parts.push(tcp.readBuffer(handle).slice(start, start + length));
      tcp.consume(handle, length);
    }
    return tcp.readEnded(handle);
  }
}

function secret(seed: number): Uint8Array {
  const bytes = new Uint8Array(96);
  let x = seed | 1;
  for (let i = 0; i < bytes.length; i++) {
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    copyBytes(all, at, part, 0, part.length);
    at += part.length;
  }
  return all;
}
