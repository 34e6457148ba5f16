// A mark of congestion (RFC 3168 5) on its way through a host, of both families: from a router's codepoint in the IP header
// to the flag in our answer, and our own codepoint out. Read test/stack/tcp/ecn.test.ts first.

import { describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { readU16, readU32, writeU16 } from "../../../stack/base/bytes.ts";
import { copyBytes, sumBytes } from "../../../stack/base/native.ts";
import { CONGESTION_EXPERIENCED, ECT0, NOT_ECT } from "../../../stack/base/packet.ts";
import type { Seq } from "../../../stack/base/seq.ts";
import { WebHost } from "../../../stack/host/web.ts";
import { ACK, CWR, ECE, encode, Segment, SYN } from "../../../stack/tcp/wire.ts";
import { bytesOf, pattern } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { arpFrame, ipv4Frame, Route, transportChecksum } from "../../support/packets.ts";
import { Bed, finished, HOST, PEER } from "../ipv6/frames.ts";

const TCP = 6;
/** A request that is answered without anybody's help: by a refusal. */
const NONSENSE = "no request\r\n\r\n";

/** What a packet of the host's says. */
interface Said {
  readonly ecn: number;
  readonly flags: number;
  readonly sequence: number;
}

/** A peer of one family: sends a segment in a packet with this codepoint, and hears what comes back. */
abstract class Peer {
  seq = 1000;
  ack = 0;

  abstract exchange(bytes: Uint8Array, ecn: number): Said[];

  say(flags: number, data: string, ecn: number): Said[] {
    const segment = new Segment();
    segment.sourcePort = 40_000;
    segment.destinationPort = 80;
    segment.seq = this.seq as Seq;
    segment.ack = this.ack as Seq;
    segment.flags = flags;
    segment.window = 60_000;
    segment.mss = 1400;
    const head = new Uint8Array(60);
    const length = encode(head, 0, segment);
    const text = bytesOf(data);
    const bytes = new Uint8Array(length + text.length);
    copyBytes(bytes, 0, head, 0, length);
    copyBytes(bytes, length, text, 0, text.length);
    this.seq += text.length + ((flags & SYN) !== 0 ? 1 : 0);
    return this.exchange(bytes, ecn);
  }
}

class Peer4 extends Peer {
  readonly #route = new Route(0x020000000002, 0x52_54_00_12_34_56, 0x0a000002 as Ipv4, 0x0a000001 as Ipv4);
  readonly #link = new FakeLink(0x52_54_00_12_34_56, 64);
  readonly #host = new WebHost(this.#link, pattern(64), 16 * 1024 * 1024);

  constructor() {
    super();
    this.#host.poll(1);
    this.#host.configureStatic("10.0.0.1", 24, "10.0.0.2");
    this.#host.web.listen({ port: 80, secure: false, redirectTo: 0 });
    this.#link.incoming.push(arpFrame(this.#route, 1));
    this.#host.poll(2);
    this.#link.drain();
  }

  override exchange(bytes: Uint8Array, ecn: number): Said[] {
    writeU16(bytes, 16, transportChecksum(this.#route, TCP, bytes));
    const frame = ipv4Frame(this.#route, TCP, 77, new Uint8Array(0), bytes);
    frame[15] = ecn;
    writeU16(frame, 24, 0);
    writeU16(frame, 24, 0xffff ^ sumBytes(frame, 14, 20, 0));
    this.#link.incoming.push(frame);
    this.#host.poll(10);
    return this.#link.drain().map((sent) => {
      expect(sumBytes(sent, 14, 20, 0)).toBe(0xffff);
      return { ecn: sent[15]!, flags: sent[47]!, sequence: readU32(sent, 38) };
    });
  }
}

class Peer6 extends Peer {
  readonly #bed = new Bed();

  constructor() {
    super();
    this.#bed.host.web.listen({ port: 80, secure: false, redirectTo: 0 });
  }

  override exchange(bytes: Uint8Array, ecn: number): Said[] {
    this.#bed.hear(TCP, finished(PEER, HOST, TCP, 16, bytes), PEER, HOST, 64, ecn);
    return this.#bed.heard().map((sent) => {
      return { ecn: (readU16(sent, 0) >>> 4) & 0xff, flags: sent[53]!, sequence: readU32(sent, 44) };
    });
  }
}

describe("a mark of congestion", () => {
  for (const family of [4, 6]) {
    test(`comes through IPv${family} to TCP, which answers by ECE, and what leaves can be marked`, () => {
      const peer: Peer = family === 4 ? new Peer4() : new Peer6();
      const [synAck] = peer.say(SYN | ECE | CWR, "", NOT_ECT);
      expect([synAck!.flags, synAck!.ecn]).toEqual([SYN | ACK | ECE, NOT_ECT]);
      peer.ack = synAck!.sequence + 1;
      peer.say(ACK, "", NOT_ECT);
      const [refusal] = peer.say(ACK, NONSENSE, CONGESTION_EXPERIENCED);
      expect([refusal!.flags & ECE, refusal!.ecn]).toEqual([ECE, ECT0]);
    });

    test(`is none where IPv${family} brings another codepoint`, () => {
      const peer: Peer = family === 4 ? new Peer4() : new Peer6();
      const [synAck] = peer.say(SYN | ECE | CWR, "", NOT_ECT);
      peer.ack = synAck!.sequence + 1;
      peer.say(ACK, "", NOT_ECT);
      const [refusal] = peer.say(ACK, NONSENSE, ECT0);
      expect([refusal!.flags & ECE, refusal!.ecn]).toEqual([0, ECT0]);
    });
  }
});
