// What a handshake in which something was lost leaves behind: how long the first data waits for its acknowledgment, how
// much of it leaves, and what the next handshake with the same peer knows (RFC 6298 5.7, RFC 7323 4.1, RFC 9040).

import { describe, expect, test } from "vitest";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { ACK, type Segment, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, type SegmentFields } from "./harness.ts";

const RTT = 50 * MILLISECOND;

/** A peer whose handshake loses SYN-ACKs. */
class Losing extends Bench {
  stamped = true;
  trip = RTT;

  stamps(value: number, echo: number): SegmentFields {
    const fields: SegmentFields = {};
    if (this.stamped) fields.timestamps = [value, echo];
    return fields;
  }

  /** The SYN, of which `lost` answers are lost, and a round trip after the last of them its ACK. */
  open(lost: number): void {
    const syn = this.stamps(1, 0);
    syn.flags = SYN;
    syn.mss = 1460;
    let [synAck] = this.receive(syn);
    for (let i = 0; i < lost; i++) synAck = this.next();
    this.now += this.trip;
    this.seq++;
    this.iss = synAck!.seq;
    this.ack = this.iss + 1;
    const last = this.stamps(2, synAck!.tsValue);
    last.flags = ACK;
    this.receive(last);
    this.handle = this.user.handle;
  }

  /** What leaves next by time alone. */
  next(): Segment {
    for (;;) {
      this.now = this.tcp.nextDeadline();
      this.tcp.step(this.now);
      const segments = this.sent();
      if (segments.length > 0) return segments[0]!;
    }
  }

  /** Segments of the first window, and after how many ms the first is sent again when nothing comes back. */
  data(): number[] {
    this.send(100_000);
    const window = this.sent().length;
    const began = this.now;
    this.next();
    return [window, (this.now - began) / MILLISECOND];
  }
}

describe("a SYN-ACK that was lost", () => {
  test("leaves the window of ten, and by timestamps the round trip is known", () => {
    const bench = new Losing();
    bench.open(1);
    expect(bench.data()).toEqual([10, 200]);
  });

  test("without timestamps leaves three seconds (RFC 6298 5.7)", () => {
    const bench = new Losing();
    bench.stamped = false;
    bench.open(1);
    expect(bench.data()).toEqual([10, 3000]);
  });

  test("twice leaves one segment (RFC 5681 3.1)", () => {
    const bench = new Losing();
    bench.open(2);
    expect(bench.data()).toEqual([1, 200]);
  });

  test("and that the peer has asked for again is not measured without timestamps (Karn)", () => {
    const bench = new Losing();
    bench.stamped = false;
    bench.receive({ flags: SYN, mss: 1460 });
    bench.now += 900 * MILLISECOND;
    bench.open(0);
    expect(bench.data()).toEqual([10, 1000]);
  });
});

describe("the next handshake with the same peer", () => {
  test("repeats its SYN-ACK after what the one before has taken, then as if nothing was known", () => {
    const bench = new Losing();
    bench.open(0);
    bench.seq += 100_000;
    bench.remotePort++;
    const began = bench.now;
    bench.receive({ flags: SYN, mss: 1460 });
    const at: number[] = [];
    for (let i = 0; i < 4; i++) {
      expect(bench.next().flags).toBe(SYN | ACK);
      at.push((bench.now - began) / MILLISECOND);
    }
    expect(at).toEqual([200, 1200, 3200, 7200]);
  });

  test("of a peer so far away waits a second, as every first one", () => {
    const bench = new Losing();
    bench.trip = 600 * MILLISECOND;
    bench.open(0);
    bench.seq += 100_000;
    bench.remotePort++;
    const began = bench.now;
    bench.receive({ flags: SYN, mss: 1460 });
    bench.next();
    expect((bench.now - began) / SECOND).toBe(1);
  });
});
