// Many handshakes at once, and our own.

import { describe, expect, test } from "vitest";
import { Shared, SharedMemory } from "../../../stack/base/shared.ts";
import { CLOSED_FOR_ROOM, type Handle, StreamUser } from "../../../stack/base/streams.ts";
import { Channel } from "../../../stack/tls/channel.ts";
import { ECDSA_P256 } from "../../../stack/tls/codes.ts";
import { HANDSHAKES_EVICTED, KEY_USES, RETRIES } from "../../../stack/tls/counters.ts";
import { STARVING_PAUSE, TlsLimits } from "../../../stack/tls/limits.ts";
import type { ClientTerms } from "../../../stack/tls/offer.ts";
import { Server } from "../../../stack/tls/server.ts";
import { TlsStreams } from "../../../stack/tls/streams.ts";
import { bytesOf, toHex } from "../../support/bytes.ts";
import { FakeStreams } from "../../support/fake-streams.ts";
import { clientTerms, End, serverTerms, testCredential } from "../../support/tls.ts";
import { Bench, NAME, Noting, Visitor } from "../../support/tls-streams.ts";

describe("many handshakes", () => {
  test("one private key a step; the others wait for theirs", () => {
    const b = new Bench(new TlsLimits(), 40_000);
    const visitors: Visitor[] = [];
    for (let i = 0; i < 5; i++) {
      const v = new Visitor(b, clientTerms(NAME, i));
      v.client.begin(b.now);
      visitors.push(v);
    }
    b.tls.step(b.now);
    for (const v of visitors) b.below.receive(v.handle, v.end.connection.channel.take(), b.now);
    expect(b.tls.counters.value(KEY_USES)).toBe(1);
    for (let i = 2; i <= 5; i++) {
      expect(b.tls.nextDeadline()).toBe(0);
      b.step();
      expect(b.tls.counters.value(KEY_USES)).toBe(i);
    }
    expect(b.tls.nextDeadline()).toBeGreaterThan(b.now);
    for (const v of visitors) v.end.receive(b.sent(v.handle), b.now);
    for (const v of visitors) v.run();
    expect(b.user.events.length).toBe(5);
  });

  test("one that waits and goes is forgotten", () => {
    const b = new Bench(new TlsLimits(), 40_000);
    b.tls.step(b.now);
    const first = new Visitor(b, clientTerms(NAME, 1));
    const second = new Visitor(b, clientTerms(NAME, 2));
    for (const v of [first, second]) {
      v.client.begin(b.now);
      b.below.receive(v.handle, v.end.connection.channel.take(), b.now);
    }
    b.below.break(second.handle, 1, b.now);
    b.step();
    expect(b.tls.counters.value(KEY_USES)).toBe(1);
    expect(b.tls.count).toBe(1);
  });

  test("a cookie before any key is used once there are many, or when the caller says so", () => {
    const limits = new TlsLimits();
    limits.loaded = 3;
    const b = new Bench(limits, 40_000);
    const early = new Visitor(b, clientTerms(NAME, 1));
    early.run();
    expect(b.tls.counters.value(RETRIES)).toBe(0);
    for (let i = 0; i < 3; i++) b.accept();
    const late = new Visitor(b, clientTerms(NAME, 2));
    late.run();
    expect(b.tls.counters.value(RETRIES)).toBe(1);
    expect(late.client.complete).toBe(true);
    const calm = new Bench(new TlsLimits(), 40_000);
    calm.tls.press(true);
    const v = new Visitor(calm, clientTerms(NAME, 3));
    v.run();
    expect(calm.tls.counters.value(RETRIES)).toBe(1);
    expect(v.client.complete).toBe(true);
  });

  test("the oldest handshake gives way to a newcomer when there are too many", () => {
    const limits = new TlsLimits();
    limits.handshakes = 4;
    const b = new Bench(limits, 40_000);
    const handles: Handle[] = [];
    for (let i = 0; i < 5; i++) handles.push(b.accept());
    expect(b.tls.handshakes).toBe(4);
    expect(b.tls.counters.value(HANDSHAKES_EVICTED)).toBe(1);
    expect(b.below.of(handles[0]!).ending).toBe("abort");
    expect(b.below.of(handles[1]!).ending).toBe("");
  });

  test("who has said hello and no more gives way before who has come back with a cookie, and before whom we call", () => {
    const limits = new TlsLimits();
    limits.handshakes = 8;
    limits.loaded = 2;
    const b = new Bench(limits, 40_000);
    const opening = new Opening(b.tls, b.tls.addUser(new Noting()), clientTerms(NAME, 90));
    const ours = b.below.connect(opening, b.now, 0);
    b.tls.secure(ours, opening.terms, true, b.now);
    const silent: Handle[] = [b.accept(), b.accept()];
    const honest = new Visitor(b, clientTerms(NAME, 1));
    honest.client.begin(b.now);
    // A HelloRetryRequest and what it asks for; our flight lies on the way.
    b.receive(honest.handle, honest.end.connection.channel.take());
    honest.end.receive(b.sent(honest.handle), b.now);
    b.receive(honest.handle, honest.end.connection.channel.take());
    for (let i = 2; i < 30; i++) {
      const flood = new Visitor(b, clientTerms(NAME, i));
      flood.client.begin(b.now);
      b.receive(flood.handle, flood.end.connection.channel.take());
      silent.push(flood.handle);
    }
    expect(b.tls.handshakes).toBe(8);
    expect(b.tls.counters.value(HANDSHAKES_EVICTED)).toBe(24);
    for (let i = 0; i < silent.length; i++) expect(b.below.of(silent[i]!).ending).toBe(i < 24 ? "abort" : "");
    honest.end.receive(b.sent(honest.handle), b.now);
    honest.run();
    expect(honest.client.complete).toBe(true);
    expect(b.below.of(ours).ending).toBe("");
  });

  test("hellos that do not come to their end share a bound; small ones are not asked", () => {
    const limits = new TlsLimits();
    limits.handshakeMemory = 50_000;
    const b = new Bench(limits, 40_000);
    // A ClientHello of 60,000 bytes, of which 16,000 come.
    const begun = new Uint8Array(16_005);
    begun.set([22, 3, 1, 0x3e, 0x80, 1, 0, 0xea, 0x60]);
    const handles: Handle[] = [];
    for (let i = 0; i < 4; i++) {
      handles.push(b.accept());
      b.receive(handles[i]!, begun.slice());
    }
    expect(b.tls.handshakes).toBe(3);
    expect(toHex(b.sent(handles[3]!))).toBe("15030300020250");
    const honest = new Visitor(b, clientTerms(NAME, 1));
    honest.run();
    expect(honest.client.complete).toBe(true);
    for (const handle of handles) b.below.break(handle, 1, b.now);
    const again = b.accept();
    b.receive(again, begun.slice());
    expect(b.tls.handshakes).toBe(1);
  });

  test("no stream beyond the bound", () => {
    const limits = new TlsLimits();
    limits.connections = 2;
    const b = new Bench(limits, 40_000);
    new Visitor(b, clientTerms(NAME, 1)).run();
    new Visitor(b, clientTerms(NAME, 2)).run();
    const third = b.accept();
    expect(b.below.of(third).ending).toBe("abort");
    expect(b.tls.count).toBe(2);
  });
});

/** Hands what it accepts to TLS as a stream of ours. */
class Opening extends StreamUser {
  readonly tls: TlsStreams;
  readonly user: number;
  readonly terms: ClientTerms;
  constructor(tls: TlsStreams, user: number, terms: ClientTerms) {
    super();
    this.tls = tls;
    this.user = user;
    this.terms = terms;
  }
  override accepted(handle: Handle, _port: number, _now: number): void {
    this.tls.pass(handle, this.user);
  }
  override connected(handle: Handle, now: number): void {
    this.tls.connected(handle, now);
  }
  override readable(handle: Handle, now: number): void {
    this.tls.readable(handle, now);
  }
  override sent(handle: Handle, now: number): void {
    this.tls.sent(handle, now);
  }
  override closed(handle: Handle, reason: number, now: number): void {
    this.tls.closed(handle, reason, now);
  }
}

class OwnSide {
  readonly below: FakeStreams = new FakeStreams(40_000);
  readonly tls: TlsStreams;
  readonly user: Noting = new Noting();
  readonly handle: Handle;
  readonly terms: ClientTerms;
  readonly server: End;
  readonly now = 1_000_000;

  constructor(name: string) {
    const ofServer = serverTerms([testCredential([NAME], ECDSA_P256)], 2);
    this.tls = new TlsStreams(this.below, new TlsLimits(), ofServer, new SharedMemory());
    this.user.streams = this.tls;
    this.terms = clientTerms(name, 5);
    this.handle = this.below.connect(new Opening(this.tls, this.tls.addUser(this.user), this.terms), this.now);
    const channel = new Channel();
    this.server = new End(channel, new Server(ofServer, channel));
  }

  /** What we have sent. */
  sent(): Uint8Array {
    const bytes = bytesOf(this.below.output(this.handle));
    this.below.clearOutput(this.handle);
    return bytes;
  }

  run(): void {
    for (let turn = 0; turn < 20; turn++) {
      this.tls.step(this.now);
      this.tls.transmit(this.now);
      const out = this.sent();
      this.server.receive(out, this.now);
      this.below.acknowledge(this.handle, this.now);
      const back = this.server.connection.channel.take();
      if (back.length > 0) this.below.receive(this.handle, back, this.now);
      if (out.length === 0 && back.length === 0) return;
    }
  }
}

describe("a stream of ours", () => {
  test("speaks in the clear first, then TLS", () => {
    const side = new OwnSide(NAME);
    expect(side.tls.send(side.handle, bytesOf("CONNECT"), 0, 7)).toBe(true);
    expect(side.below.output(side.handle)).toBe("CONNECT");
    side.sent();
    side.below.receive(side.handle, "200", side.now);
    expect(side.user.data.length).toBe(3);
    side.tls.secure(side.handle, side.terms, true, side.now);
    side.run();
    expect(side.user.events).toEqual(["connected"]);
    expect(side.tls.protocol(side.handle)).toBe("http/1.1");
    side.tls.send(side.handle, bytesOf("question"), 0, 8);
    side.run();
    expect(side.server.data.length).toBe(8);
    side.below.receive(side.handle, side.server.seal(bytesOf("answer")), side.now);
    expect(side.user.data.length).toBe(9);
    expect(side.tls.client(side.handle)?.sessions.length).toBe(2);
  });

  test("hears why it failed", () => {
    const side = new OwnSide(NAME);
    side.tls.secure(side.handle, side.terms, true, side.now);
    side.below.receive(side.handle, new Uint8Array([21, 3, 3, 0, 2, 2, 40]), side.now);
    side.run();
    expect(side.user.events).toEqual(["closed 6"]);
    expect(side.tls.lastAlert).toBe(40);
    expect(side.tls.lastAlertOurs).toBe(false);
  });

  test("hears of it when the other side does not answer in time", () => {
    const side = new OwnSide(NAME);
    side.tls.secure(side.handle, side.terms, true, side.now);
    side.tls.step(side.now + 10_000_000);
    expect(side.user.events).toEqual(["closed 2"]);
    expect(side.tls.count).toBe(0);
  });

  test("an end in the middle of a handshake is told", () => {
    const side = new OwnSide(NAME);
    side.tls.secure(side.handle, side.terms, true, side.now);
    side.below.end(side.handle, side.now);
    side.run();
    expect(side.user.events).toEqual(["closed 1"]);
    expect(side.tls.count).toBe(0);
  });
});

describe("many readers and no memory to seal into", () => {
  const BODY = new Uint8Array(50_000);
  BODY.fill(65);

  /** Three whose handshakes are done. */
  function crowd(b: Bench): Visitor[] {
    const visitors: Visitor[] = [];
    for (let i = 0; i < 3; i++) {
      const v = new Visitor(b, clientTerms(NAME, i + 1));
      v.run();
      visitors.push(v);
    }
    return visitors;
  }

  test("they wait until others have let go of some, in turn, and nobody is reset", () => {
    const b = new Bench(new TlsLimits(), 40_000);
    const visitors = crowd(b);
    b.below.room = false;
    // The table holds the body, so queueing it costs nothing.
    const body = new Shared(BODY);
    body.holders = 1;
    for (const v of visitors) expect(b.tls.sendShared(v.handle, body, 0, BODY.length)).toBe(true);
    b.step();
    for (const v of visitors) expect(b.sent(v.handle).length).toBe(0);
    expect(b.tls.nextDeadline()).toBe(b.now + STARVING_PAUSE);
    b.now += 9 * 1_000_000;
    b.step();
    expect(b.user.events.filter((event) => event.startsWith("closed"))).toEqual([]);
    b.below.room = true;
    b.step();
    for (const v of visitors) {
      for (let turn = 0; turn < 10; turn++) {
        v.end.receive(b.sent(v.handle), b.now);
        b.acknowledge(v.handle);
      }
      expect(v.end.data.length).toBe(BODY.length);
    }
    expect(b.tls.nextDeadline()).toBeGreaterThan(b.now + STARVING_PAUSE);
  });

  test("for so long, and no longer", () => {
    const b = new Bench(new TlsLimits(), 40_000);
    const visitors = crowd(b);
    b.below.room = false;
    const body = new Shared(BODY);
    body.holders = 1;
    b.tls.sendShared(visitors[0]!.handle, body, 0, BODY.length);
    b.step();
    b.now += b.limits.starvingTime;
    b.step();
    expect(b.user.events.filter((event) => event.startsWith("closed"))).toEqual([`closed ${CLOSED_FOR_ROOM}`]);
    expect(b.tls.count).toBe(2);
  });

  test("one that fails meanwhile holds nobody up", () => {
    const b = new Bench(new TlsLimits(), 40_000);
    const visitors = crowd(b);
    b.below.room = false;
    const body = new Shared(BODY);
    body.holders = 1;
    for (const v of visitors) b.tls.sendShared(v.handle, body, 0, BODY.length);
    b.step();
    // Not a record.
    const noise = new Uint8Array(10);
    noise.fill(255);
    b.receive(visitors[0]!.handle, noise);
    b.below.break(visitors[1]!.handle, 1, b.now);
    b.below.room = true;
    b.step();
    expect(b.sent(visitors[2]!.handle).length).toBeGreaterThan(BODY.length / 4);
  });
});
