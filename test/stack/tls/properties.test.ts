import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Channel } from "../../../stack/tls/channel.ts";
import { Client } from "../../../stack/tls/client.ts";
import { ED25519, X25519 } from "../../../stack/tls/codes.ts";
import { TlsLimits } from "../../../stack/tls/limits.ts";
import type { ServerTerms } from "../../../stack/tls/negotiation.ts";
import type { ClientTerms } from "../../../stack/tls/offer.ts";
import { ClientHello } from "../../../stack/tls/wire/client-hello.ts";
import { toHex } from "../../support/bytes.ts";
import { Both, carry, clientTerms, type End, serverTerms, testCredential } from "../../support/tls.ts";
import { Bench, Visitor } from "../../support/tls-streams.ts";

const NAME = "blog.example.org";

// What is drawn from a seed is the same each time: Ed25519 signs without randomness, and so does X25519 agree.
function ofServer(): ServerTerms {
  return serverTerms([testCredential([NAME], ED25519)], 2);
}

function ofClient(): ClientTerms {
  const terms = clientTerms(NAME, 1);
  terms.groups = [X25519];
  terms.shared = [X25519];
  return terms;
}

/** Flips one bit of the `flight`-th flight on its way. */
function runFlipped(both: Both, flight: number, bit: number): void {
  both.client.begin(0);
  let number = 0;
  for (let turn = 0; turn < 10; turn++) {
    for (const toServer of [true, false]) {
      const from = toServer ? both.clientEnd : both.serverEnd;
      const bytes = from.connection.channel.take();
      if (bytes.length === 0) continue;
      if (number === flight) {
        const at = bit % (bytes.length * 8);
        bytes[at >>> 3] = bytes[at >>> 3]! ^ (1 << (at & 7));
      }
      number++;
      carry(bytes, toServer ? both.serverEnd : both.clientEnd, 0, 0);
    }
  }
}

/** Bytes that no honest sender has sent have come out of it. */
function invented(end: End, sent: readonly number[]): boolean {
  for (let i = 0; i < end.data.length; i++) if (i >= sent.length || end.data[i] !== sent[i]) return true;
  return false;
}

describe("TLS, whatever happens on the way", () => {
  test("any cut of any flight is equal", () => {
    const whole = new Both(ofClient(), ofServer());
    whole.run(0, 0);
    expect(whole.complete).toBe(true);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), (cut) => {
        const both = new Both(ofClient(), ofServer());
        both.run(0, cut);
        expect(both.complete).toBe(true);
        expect(both.flights.length).toBe(whole.flights.length);
        for (let i = 0; i < whole.flights.length; i++) expect(toHex(both.flights[i]!)).toBe(toHex(whole.flights[i]!));
      }),
      { numRuns: 8 },
    );
  });

  test("any bit flipped in a handshake: an alert, or nothing has changed", () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(100_000), (flight, bit) => {
        const both = new Both(ofClient(), ofServer());
        runFlipped(both, flight, bit);
        // Both agree on all of it, or somebody has said that it is wrong, or still waits for what the flip has promised.
        if (both.complete) {
          both.serverEnd.receive(both.clientEnd.seal(new Uint8Array([1, 2, 3])), 0);
          both.clientEnd.receive(both.serverEnd.seal(new Uint8Array([4, 5, 6])), 0);
        }
        expect(invented(both.serverEnd, [1, 2, 3])).toBe(false);
        expect(invented(both.clientEnd, [4, 5, 6])).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  test("any bit flipped in data: bad_record_mac or another alert, and none of it is believed", () => {
    fc.assert(
      fc.property(fc.nat(100_000), (bit) => {
        const both = new Both(ofClient(), ofServer());
        both.run(0, 0);
        const record = both.clientEnd.seal(new Uint8Array([1, 2, 3, 4]));
        const at = bit % (record.length * 8);
        record[at >>> 3] = record[at >>> 3]! ^ (1 << (at & 7));
        both.serverEnd.receive(record, 0);
        expect(both.serverEnd.data.length).toBe(0);
        // A longer record than was sent is waited for; the stream's user has deadlines.
        const waits = at >>> 3 === 3 || at >>> 3 === 4;
        expect(both.serverEnd.failed || waits).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test("a handshake that was tampered with never hangs: it is done, or over in its time", () => {
    fc.assert(
      fc.property(fc.nat(1), fc.nat(100_000), (flight, bit) => {
        const bench = new Bench(new TlsLimits(), 40_000);
        const v = new Visitor(bench, clientTerms(NAME, 7));
        v.client.begin(bench.now);
        for (let turn = 0; turn < 4; turn++) {
          const bytes = v.end.connection.channel.take();
          if (turn === flight && bytes.length > 0) {
            const at = bit % (bytes.length * 8);
            bytes[at >>> 3] = bytes[at >>> 3]! ^ (1 << (at & 7));
          }
          bench.receive(v.handle, bytes);
          v.end.receive(bench.sent(v.handle), bench.now);
        }
        if (bench.user.events.length > 0) return;
        bench.now += bench.limits.handshakeTime + bench.limits.drainTime;
        bench.step();
        bench.now += bench.limits.drainTime;
        bench.step();
        expect(bench.tls.count).toBe(0);
      }),
      { numRuns: 15 },
    );
  });

  test("anything at all, to either side: no exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(4), fc.boolean(), (bytes, type, framed) => {
        const both = new Both(ofClient(), ofServer());
        both.client.begin(0);
        const record = new Uint8Array(bytes.length + 5);
        record.set([20 + type, 3, 3, bytes.length >>> 8, bytes.length & 0xff]);
        record.set(bytes, 5);
        both.serverEnd.receive(framed ? record : bytes, 0);
        both.clientEnd.receive(framed ? record.slice() : bytes.slice(), 0);
        expect(both.complete).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test("any ClientHello with bytes changed: an alert, or a hello", () => {
    const channel = new Channel();
    new Client(ofClient(), channel).begin(0);
    const hello = channel.take().slice(5);
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { minLength: 1, maxLength: 6 }), fc.nat(255), (places, value) => {
        const changed = hello.slice();
        for (const place of places) changed[place % changed.length] = value;
        const decoded = new ClientHello(changed, 0, changed.length);
        const alert = decoded.decode();
        expect(alert === 0 || alert === 50 || alert === 47).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
