// RFC 3168, clause by clause: who asks and agrees, what is marked, who tells whom, and what the window does.

import { describe, expect, test } from "vitest";
import { CONGESTION_ECHOES, CONGESTION_MARKS, COOKIES_SENT, RECOVERIES } from "../../../stack/base/counters.ts";
import { CONGESTION_EXPERIENCED, ECT0, NOT_ECT } from "../../../stack/base/packet.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { ACK, CWR, ECE, FIN, PSH, type Segment, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, type SegmentFields } from "./harness.ts";

const ASKS = SYN | ECE | CWR;
const AGREES = SYN | ACK | ECE;
const ECT1 = 1;
const CE = CONGESTION_EXPERIENCED;
const MSS = 1000;

/** A peer that has asked for ECN, with an MSS of 1,000; the round trip is known. */
function accepted(change: ConstructorParameters<typeof Bench>[0] = () => {}, syn: SegmentFields = {}): Bench {
  const bench = new Bench(change);
  const [synAck] = bench.receive({ ...syn, mss: syn.mss ?? MSS, sackPermitted: true, flags: syn.flags ?? ASKS });
  bench.now += 50 * MILLISECOND;
  bench.seq++;
  bench.iss = synAck!.seq;
  bench.ack = synAck!.seq + 1;
  bench.receive({});
  bench.handle = bench.user.handle;
  return bench;
}

/** `connect` answers by SYN and ACK: one whose answer the test chooses. */
function connecting(bench: Bench): Segment {
  bench.remotePort = 443;
  bench.handle = bench.tcp.connect(bench.path, 443, bench.userNumber, 65_536, bench.now);
  const [syn] = bench.sent();
  bench.localPort = syn!.sourcePort;
  bench.ack = syn!.seq + 1;
  return syn!;
}

/** The codepoint of data that leaves now. */
function codepointOfData(bench: Bench): number {
  bench.send(100);
  bench.sent();
  return bench.ecns[0]!;
}

/** Acknowledges `count` segments of those since the handshake. */
function acknowledge(bench: Bench, count: number, flags = ACK, sacks: SegmentFields["sacks"] = []): Segment[] {
  bench.now += 50 * MILLISECOND;
  bench.ack = bench.iss + 1 + count * MSS;
  return bench.receive({ flags, sacks });
}

function numbers(bench: Bench, segments: readonly Segment[]): string[] {
  return segments.map((s) => {
    const name = `${(s.seq - bench.iss - 1) / MSS}`;
    return (s.flags & CWR) === 0 ? name : `${name} CWR`;
  });
}

describe("negotiation (6.1.1)", () => {
  test("a SYN with both flags is answered by ECE alone", () => {
    const [synAck] = new Bench().receive({ flags: ASKS });
    expect(synAck!.flags).toBe(AGREES);
    expect(codepointOfData(accepted())).toBe(ECT0);
  });

  test("a SYN with one of them, or none, is not", () => {
    for (const flags of [SYN, SYN | ECE, SYN | CWR]) {
      const [synAck] = new Bench().receive({ flags });
      expect(synAck!.flags).toBe(SYN | ACK);
      expect(codepointOfData(accepted(undefined, { flags }))).toBe(NOT_ECT);
    }
  });

  test("our SYN asks, and ECE alone agrees: both flags are those of a host that reflects what it does not know", () => {
    for (const [flags, codepoint] of [
      [AGREES, ECT0],
      [AGREES | CWR, NOT_ECT],
      [SYN | ACK | CWR, NOT_ECT],
      [SYN | ACK, NOT_ECT],
    ] as const) {
      const bench = new Bench();
      expect(connecting(bench).flags).toBe(ASKS);
      bench.receive({ flags });
      bench.seq++;
      expect(codepointOfData(bench)).toBe(codepoint);
    }
  });

  test("SYN and SYN-ACK are not ECN-capable themselves", () => {
    const bench = new Bench();
    bench.receive({ flags: ASKS });
    expect(bench.ecns).toEqual([NOT_ECT]);
    connecting(bench);
    expect(bench.ecns).toEqual([NOT_ECT]);
  });

  test("a SYN that was lost is repeated without, and then ECN is off whatever the SYN-ACK says (6.1.1.1)", () => {
    const bench = new Bench();
    connecting(bench);
    const [again] = bench.pass(2 * SECOND);
    expect(again!.flags).toBe(SYN);
    bench.receive({ flags: AGREES });
    bench.seq++;
    expect(codepointOfData(bench)).toBe(NOT_ECT);
  });

  test("a peer that repeats its SYN without is answered without", () => {
    const bench = new Bench();
    bench.receive({ flags: ASKS });
    bench.now += SECOND;
    expect(bench.receive({ flags: SYN })[0]!.flags).toBe(SYN | ACK);
    bench.now += SECOND;
    expect(bench.receive({ flags: ASKS })[0]!.flags).toBe(SYN | ACK);
  });

  test("a SYN-ACK that is repeated still agrees", () => {
    const bench = new Bench();
    bench.receive({ flags: ASKS });
    expect(bench.pass(2 * SECOND)[0]!.flags).toBe(AGREES);
  });

  test("a simultaneous open agrees as well", () => {
    const bench = new Bench();
    connecting(bench);
    expect(bench.receive({ flags: ASKS })[0]!.flags).toBe(AGREES);
  });

  test("a cookie remembers nothing of it", () => {
    const bench = new Bench((limits) => {
      limits.halfOpen = 0;
    });
    const [synAck] = bench.receive({ flags: ASKS });
    expect(bench.tcp.counts(COOKIES_SENT)).toBe(1);
    expect(synAck!.flags).toBe(SYN | ACK);
    bench.seq++;
    bench.ack = synAck!.seq + 1;
    bench.receive({});
    bench.handle = bench.user.handle;
    expect(codepointOfData(bench)).toBe(NOT_ECT);
  });

  test("it can be switched off", () => {
    const off = new Bench((limits) => {
      limits.ecn = false;
    });
    expect(off.receive({ flags: ASKS })[0]!.flags).toBe(SYN | ACK);
    expect(connecting(off).flags).toBe(SYN);
  });
});

describe("what is ECN-capable", () => {
  test("new data is, whether written anew or copied from the one before", () => {
    const bench = accepted(undefined, { mss: 1460 });
    bench.send(3 * 1460 + 1100);
    expect(bench.sent()).toHaveLength(4);
    expect(bench.sink.repeats).toBeGreaterThan(0);
    expect(bench.ecns).toEqual([ECT0, ECT0, ECT0, ECT0]);
  });

  test("ACKs and a FIN alone are not (6.1.4)", () => {
    const bench = accepted();
    bench.receive({ data: "one" });
    bench.pass(SECOND);
    expect(bench.ecns).toEqual([NOT_ECT]);
    bench.tcp.shutdown(bench.handle);
    expect(bench.sent()[0]!.flags).toBe(FIN | ACK);
    expect(bench.ecns).toEqual([NOT_ECT]);
  });

  test("what leaves again is not (6.1.5)", () => {
    const bench = accepted();
    bench.send(MSS);
    bench.sent();
    const again = bench.pass(300 * MILLISECOND);
    expect(again.map((s) => s.payloadLength)).toEqual([MSS]);
    expect(bench.ecns).toEqual([NOT_ECT]);
  });

  test("a probe of a shut window is not, nor the same byte when the window opens (6.1.6)", () => {
    const bench = accepted();
    bench.receive({ window: 0 });
    bench.send(100);
    expect(bench.pass(2 * SECOND).map((s) => s.payloadLength)).toContain(1);
    expect(bench.ecns).toEqual([NOT_ECT]);
    bench.receive({ window: 65_535 });
    expect(bench.ecns).toEqual([NOT_ECT]);
  });

  test("on a path where segments are cut by the card all pieces are", () => {
    const bench = accepted((_limits, sink) => {
      sink.checksumOffload = true;
      sink.segmentOffload = true;
    });
    bench.send(5 * MSS);
    bench.sent();
    expect(bench.ecns).toEqual([ECT0, ECT0, ECT0, ECT0, ECT0]);
  });
});

describe("the receiver (6.1.3)", () => {
  test("data that is marked is acknowledged at once with ECE, and so is all that follows, until CWR comes", () => {
    const bench = accepted();
    expect(bench.receive({ data: "one", ecn: CE })[0]!.flags).toBe(ACK | ECE);
    expect(bench.tcp.counts(CONGESTION_MARKS)).toBe(1);
    bench.seq += 3;
    bench.send(100);
    expect(bench.sent()[0]!.flags).toBe(ACK | PSH | ECE);
    bench.input({ data: "two", ecn: ECT0 });
    expect(bench.pass(SECOND)[0]!.flags & ECE).toBe(ECE);
    bench.seq += 3;
    expect(bench.receive({ data: "six", flags: ACK | CWR, ecn: ECT0 })[0]!.flags).toBe(ACK);
  });

  test("each segment of a run says so, copied or not", () => {
    const bench = accepted(undefined, { mss: 1460 });
    bench.receive({ data: "one", ecn: CE });
    bench.seq += 3;
    bench.send(4 * 1460);
    const flags = bench.sent().map((s) => s.flags);
    expect(flags).toEqual([ACK | ECE, ACK | ECE, ACK | ECE, ACK | ECE | PSH]);
  });

  test("CWR ends what was before; the mark that it comes with begins anew", () => {
    const bench = accepted();
    bench.receive({ data: "one", ecn: CE });
    bench.seq += 3;
    expect(bench.receive({ data: "two", flags: ACK | CWR, ecn: CE })[0]!.flags).toBe(ACK | ECE);
  });

  test("CWR without data says nothing", () => {
    const bench = accepted();
    bench.receive({ data: "one", ecn: CE });
    bench.seq += 3;
    bench.receive({ flags: ACK | CWR });
    bench.send(100);
    expect(bench.sent()[0]!.flags & ECE).toBe(ECE);
  });

  test("ECT(1) is no mark, and a mark on an ACK is not looked at (6.1.4)", () => {
    const bench = accepted();
    bench.receive({ ecn: CE });
    bench.receive({ data: "one", ecn: ECT1 });
    expect(bench.tcp.counts(CONGESTION_MARKS)).toBe(0);
  });

  test("a mark on data outside the window is not believed (6.1.5)", () => {
    const bench = accepted();
    bench.receive({ data: "old", seq: bench.seq - 70_000, ecn: CE });
    bench.receive({ data: "far", seq: bench.seq + 1_000_000, ecn: CE });
    expect(bench.tcp.counts(CONGESTION_MARKS)).toBe(0);
  });

  test("without ECN marks and echoes say nothing", () => {
    const bench = accepted(undefined, { flags: SYN });
    bench.receive({ data: "one", ecn: CE });
    bench.seq += 3;
    bench.send(20 * MSS);
    bench.sent();
    acknowledge(bench, 2, ACK | ECE);
    expect([bench.tcp.counts(CONGESTION_MARKS), bench.tcp.counts(CONGESTION_ECHOES)]).toEqual([0, 0]);
  });
});

describe("the sender (6.1.2)", () => {
  test("an echo makes the window smaller, once for a window, and the next new data says so, once", () => {
    const bench = accepted();
    bench.send(40 * MSS);
    expect(numbers(bench, bench.sent())).toHaveLength(10);
    // Ten are allowed, 8.5 from now on (RFC 8511); two have arrived.
    expect(numbers(bench, acknowledge(bench, 2, ACK | ECE))).toEqual([]);
    expect(numbers(bench, acknowledge(bench, 4, ACK | ECE))).toEqual(["10 CWR", "11"]);
    expect(bench.tcp.counts(CONGESTION_ECHOES)).toBe(1);
  });

  test("what was told before the peer can know of the reduction counts as one with it", () => {
    const bench = accepted();
    bench.send(60 * MSS);
    bench.sent();
    acknowledge(bench, 2, ACK | ECE);
    // All that was under way, but not yet the CWR behind it.
    expect(numbers(bench, acknowledge(bench, 10, ACK | ECE))[0]).toBe("10 CWR");
    expect(bench.tcp.counts(CONGESTION_ECHOES)).toBe(1);
    acknowledge(bench, 11, ACK | ECE);
    expect(bench.tcp.counts(CONGESTION_ECHOES)).toBe(2);
  });

  test("an ACK that echoes does not open the window", () => {
    const bench = accepted();
    bench.send(200 * MSS);
    bench.sent();
    acknowledge(bench, 10, ACK | ECE);
    const before = bench.tcp.sendable(bench.handle) + bench.tcp.queued(bench.handle);
    acknowledge(bench, 12, ACK | ECE);
    expect(bench.tcp.sendable(bench.handle) + bench.tcp.queued(bench.handle)).toBeLessThanOrEqual(before);
  });

  test("an echo of what was the last under way takes of the window, not of the nothing that is in flight", () => {
    const bench = accepted();
    bench.send(MSS);
    bench.sent();
    acknowledge(bench, 1, ACK | ECE);
    expect(bench.tcp.sendable(bench.handle)).toBe(8500);
    expect(bench.tcp.counts(CONGESTION_ECHOES)).toBe(1);
  });

  test("a window that falls again and again keeps two segments", () => {
    const bench = accepted();
    for (let i = 1; i < 30; i++) {
      bench.send(MSS);
      bench.sent();
      acknowledge(bench, i, ACK | ECE);
    }
    expect(bench.tcp.sendable(bench.handle)).toBe(2 * MSS);
  });

  test("a loss in the window that an echo has made smaller does not make it smaller again", () => {
    const bench = accepted();
    bench.send(10 * MSS);
    bench.sent();
    acknowledge(bench, 1, ACK | ECE);
    const arrived: readonly [number, number] = [bench.iss + 1 + 3 * MSS, bench.iss + 1 + 10 * MSS];
    acknowledge(bench, 2, ACK | ECE, [arrived]);
    expect(numbers(bench, bench.pass(30 * MILLISECOND))).toEqual(["2"]);
    acknowledge(bench, 10);
    // 0.85 of ten segments, not 0.7 of that.
    expect(bench.tcp.sendable(bench.handle)).toBe(8500);
    expect(bench.tcp.counts(RECOVERIES)).toBe(1);
  });

  test("a loss is told of by CWR as well, and an echo in its window changes nothing more", () => {
    const bench = accepted();
    bench.send(10 * MSS);
    bench.sent();
    // More than one in ten is lost: that is congestion.
    const arrived: readonly [number, number] = [bench.iss + 1 + 9 * MSS, bench.iss + 1 + 10 * MSS];
    acknowledge(bench, 0, ACK, [arrived]);
    bench.pass(30 * MILLISECOND);
    expect(bench.tcp.counts(RECOVERIES)).toBe(1);
    bench.send(3 * MSS);
    expect(numbers(bench, acknowledge(bench, 10, ACK | ECE))).toEqual(["10 CWR", "11", "12"]);
    expect(bench.tcp.counts(CONGESTION_ECHOES)).toBe(0);
  });

  test("a timeout makes it smaller as well, and the next new data says so; what leaves again does not", () => {
    const bench = accepted();
    bench.send(20 * MSS);
    bench.sent();
    // The tail loss probe is new data, before the timeout.
    const again = bench.pass(450 * MILLISECOND).filter((s) => s.payloadLength > 0);
    expect(numbers(bench, again)).toEqual(["10", "0"]);
    const rest = [...acknowledge(bench, 11), ...acknowledge(bench, 12)];
    expect(numbers(bench, rest).filter((name) => name.includes("CWR"))).toEqual(["11 CWR"]);
  });

  test("CWR leaves in a segment of its own where the card cuts large ones", () => {
    const bench = accepted((_limits, sink) => {
      sink.checksumOffload = true;
      sink.segmentOffload = true;
    });
    bench.send(60 * MSS);
    bench.sent();
    const after = acknowledge(bench, 10, ACK | ECE);
    expect(numbers(bench, after).slice(0, 3)).toEqual(["10 CWR", "11", "12"]);
    expect(bench.ecns.every((ecn) => ecn === ECT0)).toBe(true);
  });
});
