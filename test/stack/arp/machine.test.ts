import { beforeEach, describe, expect, test } from "vitest";
import {
  ArpCache,
  ArpSink,
  BUCKETS,
  DEFEND_INTERVAL,
  ECHO_INTERVAL,
  LIFETIME,
  NO_ROOM,
  PENDING_PER_BUCKET,
  REFRESH_AFTER,
  REQUEST_INTERVAL,
  REQUEST_LIMIT,
  RETRY_INTERVAL,
  UNRESOLVED,
  WAYS,
} from "../../../stack/arp/machine.ts";
import { ArpPacket, OPERATION_REPLY, OPERATION_REQUEST } from "../../../stack/arp/wire.ts";
import type { Ipv4, Mac } from "../../../stack/base/address.ts";
import { NEVER, SECOND } from "../../../stack/base/result.ts";

const US = 0x0a00020f as Ipv4;
const PEER = 0x0a000202 as Ipv4;
const OTHER = 0x0a000203 as Ipv4;
const OUR_MAC = 0x525400000001 as Mac;
const PEER_MAC = 0x525400000002 as Mac;
const OTHER_MAC = 0x525400000003 as Mac;
const EVERYBODY = 0xffffffffffff as Mac;

class Recorder extends ArpSink {
  readonly log: string[] = [];
  full = false;

  transmitArp(destination: Mac, packet: ArpPacket): boolean {
    if (this.full) return false;
    const name = packet.operation === OPERATION_REQUEST ? "request" : "reply";
    const { senderAddress, targetAddress } = packet;
    this.log.push(`${name} ${destination.toString(16)} ${senderAddress.toString(16)}>${targetAddress.toString(16)}`);
    return true;
  }
  resolved(address: Ipv4, mac: Mac): void {
    this.log.push(`resolved ${address.toString(16)} ${mac.toString(16)}`);
  }
  unreachable(address: Ipv4): void {
    this.log.push(`unreachable ${address.toString(16)}`);
  }
  conflict(_address: Ipv4, mac: Mac): void {
    this.log.push(`conflict ${mac.toString(16)}`);
  }
  take(): string[] {
    return this.log.splice(0);
  }
}

function packet(operation: number, mac: Mac, address: Ipv4, target: Ipv4): ArpPacket {
  const p = new ArpPacket();
  p.operation = operation;
  p.senderMac = mac;
  p.senderAddress = address;
  p.targetAddress = target;
  return p;
}

let cache: ArpCache;
let sink: Recorder;

beforeEach(() => {
  cache = new ArpCache(OUR_MAC);
  sink = new Recorder();
  cache.configure(US, 0);
  cache.step(0, sink);
  cache.step(2 * SECOND, sink);
  expect(sink.take()).toHaveLength(2);
});

/** Makes PEER known at the instant. */
function resolve(now: number): void {
  expect(cache.lookup(PEER, now)).toBe(UNRESOLVED);
  cache.step(now, sink);
  cache.input(packet(OPERATION_REPLY, PEER_MAC, PEER, US), now, sink);
  sink.take();
}

describe("the ARP cache", () => {
  test("an address is announced twice when it is taken (RFC 5227 2.3)", () => {
    cache.configure(US, 0);
    cache.step(0, sink);
    expect(cache.nextDeadline()).toBe(2 * SECOND);
    cache.step(2 * SECOND, sink);
    expect(sink.take()).toEqual(["request ffffffffffff a00020f>a00020f", "request ffffffffffff a00020f>a00020f"]);
    expect(cache.nextDeadline()).toBe(NEVER);
  });

  test("an unknown address is asked for, and the answer is given out", () => {
    const now = 3 * SECOND;
    expect(cache.lookup(PEER, now)).toBe(UNRESOLVED);
    expect(cache.nextDeadline()).toBe(now);
    cache.step(now, sink);
    expect(sink.take()).toEqual(["request ffffffffffff a00020f>a000202"]);
    cache.input(packet(OPERATION_REPLY, PEER_MAC, PEER, US), now + 100, sink);
    expect(sink.take()).toEqual(["resolved a000202 525400000002"]);
    expect(cache.lookup(PEER, now + 100)).toBe(PEER_MAC);
    cache.step(cache.nextDeadline(), sink);
    expect(cache.nextDeadline()).toBe(NEVER);
  });

  test("requests go out once a second at most, and end after the limit", () => {
    let now = 3 * SECOND;
    for (let i = 0; i < 10; i++) cache.lookup(PEER, now);
    for (let i = 0; i < REQUEST_LIMIT; i++) {
      cache.step(now, sink);
      cache.step(now + REQUEST_INTERVAL - 1, sink);
      expect(sink.take()).toEqual(["request ffffffffffff a00020f>a000202"]);
      now += REQUEST_INTERVAL;
    }
    cache.step(now, sink);
    expect(sink.take()).toEqual(["unreachable a000202"]);
    expect(cache.nextDeadline()).toBe(NEVER);
  });

  test("a full link delays a request and loses none", () => {
    sink.full = true;
    cache.lookup(PEER, 5 * SECOND);
    cache.step(5 * SECOND, sink);
    expect(cache.nextDeadline()).toBe(5 * SECOND + RETRY_INTERVAL);
    sink.full = false;
    cache.step(5 * SECOND + RETRY_INTERVAL, sink);
    expect(sink.take()).toHaveLength(1);
  });

  test("requests for us are answered, and their sender is learnt", () => {
    cache.input(packet(OPERATION_REQUEST, PEER_MAC, PEER, US), 4 * SECOND, sink);
    expect(sink.take()).toEqual(["reply 525400000002 a00020f>a000202"]);
    expect(cache.lookup(PEER, 4 * SECOND)).toBe(PEER_MAC);
  });

  test("a probe for our address is answered and teaches nothing", () => {
    cache.input(packet(OPERATION_REQUEST, PEER_MAC, 0 as Ipv4, US), 4 * SECOND, sink);
    expect(sink.take()).toEqual(["reply 525400000002 a00020f>0"]);
    expect(cache.lookup(0 as Ipv4, 4 * SECOND)).toBe(UNRESOLVED);
  });

  test("nothing is learnt from what nobody asked for", () => {
    cache.input(packet(OPERATION_REPLY, PEER_MAC, PEER, US), 4 * SECOND, sink);
    cache.input(packet(OPERATION_REQUEST, PEER_MAC, PEER, PEER), 4 * SECOND, sink);
    cache.input(packet(OPERATION_REQUEST, PEER_MAC, PEER, 0x0a000203 as Ipv4), 4 * SECOND, sink);
    expect(sink.take()).toEqual([]);
    expect(cache.lookup(PEER, 4 * SECOND)).toBe(UNRESOLVED);
  });

  test("a claim that contradicts an entry is checked by asking, and changes nothing by itself", () => {
    resolve(4 * SECOND);
    cache.input(packet(OPERATION_REPLY, OTHER_MAC, PEER, US), 5 * SECOND, sink);
    cache.input(packet(OPERATION_REQUEST, OTHER_MAC, PEER, US), 5 * SECOND, sink);
    expect(cache.lookup(PEER, 5 * SECOND)).toBe(PEER_MAC);
    sink.take();
    cache.step(5 * SECOND, sink);
    expect(sink.take()).toEqual(["request ffffffffffff a00020f>a000202"]);
    cache.input(packet(OPERATION_REPLY, OTHER_MAC, PEER, US), 5 * SECOND + 10, sink);
    expect(cache.lookup(PEER, 5 * SECOND + 10)).toBe(OTHER_MAC);
  });

  test("a false claim ends when the true owner answers", () => {
    resolve(4 * SECOND);
    cache.input(packet(OPERATION_REQUEST, OTHER_MAC, PEER, PEER), 5 * SECOND, sink);
    cache.step(5 * SECOND, sink);
    cache.input(packet(OPERATION_REPLY, PEER_MAC, PEER, US), 5 * SECOND + 10, sink);
    expect(cache.lookup(PEER, 5 * SECOND + 10)).toBe(PEER_MAC);
    sink.take();
    cache.step(60 * SECOND, sink);
    expect(sink.take()).toEqual([]);
  });

  test("an entry in use is refreshed by unicast before it ends", () => {
    resolve(4 * SECOND);
    const old = 4 * SECOND + REFRESH_AFTER;
    expect(cache.lookup(PEER, old - 1)).toBe(PEER_MAC);
    cache.step(old - 1, sink);
    expect(sink.take()).toEqual([]);
    expect(cache.lookup(PEER, old)).toBe(PEER_MAC);
    cache.step(old, sink);
    expect(sink.take()).toEqual(["request 525400000002 a00020f>a000202"]);
    cache.input(packet(OPERATION_REPLY, PEER_MAC, PEER, US), old + 10, sink);
    expect(cache.lookup(PEER, old + LIFETIME)).toBe(PEER_MAC);
  });

  test("an entry ends with its lifetime when its neighbour is silent", () => {
    resolve(4 * SECOND);
    expect(cache.lookup(PEER, 4 * SECOND + LIFETIME - 1)).toBe(PEER_MAC);
    for (let i = 0; i < 10; i++) cache.step(4 * SECOND + LIFETIME - 1 + i * SECOND, sink);
    expect(cache.lookup(PEER, 4 * SECOND + LIFETIME + 10 * SECOND)).toBe(UNRESOLVED);
  });

  test("somebody else with our address is reported, and answered once in DEFEND_INTERVAL", () => {
    const claim = packet(OPERATION_REQUEST, OTHER_MAC, US, PEER);
    cache.input(claim, 20 * SECOND, sink);
    cache.input(claim, 21 * SECOND, sink);
    expect(sink.take()).toEqual([
      "conflict 525400000003",
      "request ffffffffffff a00020f>a00020f",
      "conflict 525400000003",
    ]);
    cache.input(claim, 20 * SECOND + DEFEND_INTERVAL, sink);
    expect(sink.take()).toHaveLength(2);
  });

  test("a neighbour that is doubted is asked for by broadcast, and found where it is now", () => {
    resolve(4 * SECOND);
    cache.doubt(PEER, 5 * SECOND);
    cache.doubt(PEER, 5 * SECOND);
    cache.step(5 * SECOND, sink);
    cache.doubt(PEER, 5 * SECOND + 1);
    cache.step(5 * SECOND + 1, sink);
    expect(sink.take()).toEqual(["request ffffffffffff a00020f>a000202"]);
    // Until somebody answers it is used where it was.
    expect(cache.lookup(PEER, 5 * SECOND)).toBe(PEER_MAC);
    cache.input(packet(OPERATION_REPLY, OTHER_MAC, PEER, US), 5 * SECOND + 2, sink);
    expect(cache.lookup(PEER, 5 * SECOND + 2)).toBe(OTHER_MAC);
    // Not again at once, and not for who is not known.
    cache.doubt(PEER, 5 * SECOND + 3);
    cache.doubt(0x0a000299 as Ipv4, 5 * SECOND + 3);
    sink.take();
    cache.step(6 * SECOND, sink);
    expect(sink.take()).toEqual([]);
  });

  test("a neighbour that is doubted and there confirms itself", () => {
    resolve(4 * SECOND);
    cache.doubt(PEER, 5 * SECOND);
    cache.step(5 * SECOND, sink);
    cache.input(packet(OPERATION_REPLY, PEER_MAC, PEER, US), 5 * SECOND + 2, sink);
    sink.take();
    cache.step(7 * SECOND, sink);
    expect(sink.take()).toEqual([]);
    expect(cache.lookup(PEER, 7 * SECOND)).toBe(PEER_MAC);
  });

  test("who does not answer a refresh by unicast is asked for by broadcast", () => {
    resolve(4 * SECOND);
    cache.lookup(PEER, 4 * SECOND + REFRESH_AFTER);
    let now = 4 * SECOND + REFRESH_AFTER;
    for (let i = 0; i < REQUEST_LIMIT; i++, now += REQUEST_INTERVAL) cache.step(now, sink);
    expect(sink.take().every((line) => line.startsWith(`request ${PEER_MAC.toString(16)}`))).toBe(true);
    cache.step(now, sink);
    expect(sink.take()).toEqual(["request ffffffffffff a00020f>a000202"]);
    cache.input(packet(OPERATION_REPLY, OTHER_MAC, PEER, US), now + 1, sink);
    expect(cache.lookup(PEER, now + 2)).toBe(OTHER_MAC);
  });

  test("our own packets coming back and group senders are ignored", () => {
    cache.input(packet(OPERATION_REQUEST, OUR_MAC, US, US), 2 * SECOND + ECHO_INTERVAL - 1, sink);
    cache.input(packet(OPERATION_REQUEST, EVERYBODY, PEER, US), 4 * SECOND, sink);
    expect(sink.take()).toEqual([]);
  });

  test("a card with our Ethernet address is reported, whatever its IP address, and not answered", () => {
    // Its announcement, a probe before it has an address, its question for a neighbour: long after ours.
    for (const [from, target] of [
      [US, US],
      [0 as Ipv4, PEER],
      [OTHER, PEER],
    ] as const)
      cache.input(packet(OPERATION_REQUEST, OUR_MAC, from, target), 2 * SECOND + ECHO_INTERVAL, sink);
    expect(sink.take()).toEqual(["conflict 525400000001", "conflict 525400000001", "conflict 525400000001"]);
    // What we have sent ourselves may be back in a moment.
    cache.input(packet(OPERATION_REQUEST, PEER_MAC, PEER, US), 9 * SECOND, sink);
    expect(sink.take()).toHaveLength(1);
    cache.input(packet(OPERATION_REPLY, OUR_MAC, US, PEER), 9 * SECOND + 10, sink);
    expect(sink.take()).toEqual([]);
  });

  test("the table is bounded, and a flood of unknown addresses cannot drive out a neighbour in use", () => {
    resolve(4 * SECOND);
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      if (cache.lookup((0x0a010000 + i) as Ipv4, 5 * SECOND) === NO_ROOM) refused++;
      if (i % 100 === 0) cache.lookup(PEER, 5 * SECOND);
    }
    expect(refused).toBe(5000 - BUCKETS * PENDING_PER_BUCKET);
    expect(cache.lookup(PEER, 5 * SECOND)).toBe(PEER_MAC);
    cache.step(5 * SECOND, sink);
    expect(sink.take()).toHaveLength(BUCKETS * PENDING_PER_BUCKET);
  });

  test("requests for us from many senders fill no more than the table", () => {
    for (let i = 0; i < 5000; i++)
      cache.input(packet(OPERATION_REQUEST, PEER_MAC, (0x0a010000 + i) as Ipv4, US), 5 * SECOND, sink);
    let known = 0;
    for (let i = 0; i < 5000; i++) if (cache.lookup((0x0a010000 + i) as Ipv4, 5 * SECOND) >= 0) known++;
    expect(known).toBeLessThanOrEqual(BUCKETS * WAYS);
    expect(known).toBeGreaterThan(0);
  });
});
