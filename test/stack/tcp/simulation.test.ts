import { describe, expect, test } from "vitest";
import { equalBytes } from "../../../stack/base/native.ts";
import type { Handle } from "../../../stack/base/streams.ts";
import { MAX_OFFLOAD } from "../../../stack/tcp/limits.ts";
import { PATTERN, random } from "./harness.ts";
import { type End, Pair } from "./pair.ts";

const MEGABYTE = 1 << 20;

/** Sends PATTERN[from ..] in ranges of changing length whenever the queue has room, then shuts down. */
class Sender {
  readonly #end: End;
  readonly #random: () => number;
  #at: number;
  readonly #stop: number;
  constructor(end: End, from: number, length: number, seed: number) {
    this.#end = end;
    this.#at = from;
    this.#stop = from + length;
    this.#random = random(seed);
  }
  pump(handle: Handle): void {
    while (this.#at < this.#stop) {
      const kind = this.#random();
      const most = kind < 0.3 ? 100 : kind < 0.6 ? 2000 : 60_000;
      const length = Math.min(1 + Math.floor(this.#random() * most), this.#stop - this.#at);
      if (!this.#end.tcp.send(handle, PATTERN, this.#at, length)) return;
      this.#at += length;
    }
    this.#end.tcp.shutdown(handle);
  }
}

function exchange(seed: number, offload: boolean, loss: number): Pair {
  const pair = new Pair({ seed, loss, duplication: loss, reordering: loss, delay: 10_000 }, (_limits, sink) => {
    sink.segmentOffload = offload;
    sink.checksumOffload = offload;
  });
  const { a, b } = pair;
  b.tcp.listen(80, b.userNumber, 65_536);
  const up = new Sender(a, 0, MEGABYTE, seed + 1);
  const down = new Sender(b, 4096, MEGABYTE, seed + 2);
  // A reader that leaves some bytes now and then.
  const moods = random(seed + 3);
  for (const end of [a, b]) {
    end.user.reads = false;
    end.user.onReadable = (handle) => {
      if (moods() < 0.8) end.user.read(handle);
    };
  }
  const handle = a.tcp.connect(a.address, b.address, 80, a.userNumber, 65_536, 0);
  pair.run(3_000_000_000, () => {
    if (a.user.handle >= 0) up.pump(handle);
    if (b.user.handle >= 0) down.pump(b.user.handle);
    for (const end of [a, b]) if (end.user.handle >= 0 && moods() < 0.3) end.user.read(end.user.handle);
    return false;
  });
  // What they have left to the last.
  for (const end of [a, b]) end.user.read(end.user.handle);
  pair.run(4_000_000_000, () => false);
  return pair;
}

function check(pair: Pair): void {
  const { a, b } = pair;
  expect(b.user.received).toHaveLength(MEGABYTE);
  expect(a.user.received).toHaveLength(MEGABYTE);
  expect(equalBytes(Uint8Array.from(b.user.received), 0, PATTERN, 0, MEGABYTE)).toBe(true);
  expect(equalBytes(Uint8Array.from(a.user.received), 0, PATTERN, 4096, MEGABYTE)).toBe(true);
  for (const end of [a, b]) {
    expect(end.user.events.filter((event) => event.startsWith("closed"))).toEqual(["closed 0"]);
    expect(end.tcp.counters.connections).toBe(0);
    expect(end.tcp.counters.timeWait).toBe(0);
    expect(end.tcp.counters.orphans).toBe(0);
    expect(end.tcp.memoryInUse).toBe(0);
    expect(end.tcp.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  }
}

describe("two machines", () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`exchange a megabyte each way, byte for byte, over a link that loses, doubles and reorders 5 % (seed ${seed})`, () => {
      check(exchange(seed, seed % 2 === 0, 0.05));
    });
  }
  test("exchange a megabyte each way over a good link without a retransmission", () => {
    const pair = exchange(9, false, 0);
    check(pair);
    expect(pair.a.tcp.counters.retransmits).toBe(0);
    expect(pair.b.tcp.counters.retransmits).toBe(0);
  });
  test("use large packets where the link cuts them", () => {
    const pair = new Pair({ seed: 1, loss: 0, duplication: 0, reordering: 0, delay: 1000 }, (_limits, sink) => {
      sink.segmentOffload = true;
      sink.checksumOffload = true;
    });
    const { a, b } = pair;
    b.tcp.listen(80, b.userNumber, 262_144);
    const handle = a.tcp.connect(a.address, b.address, 80, a.userNumber, 65_536, 0);
    let largest = 0;
    let queued = false;
    const send = a.sink.send.bind(a.sink);
    a.sink.send = (at, source, destination, protocol, head, payload, offset, length) => {
      largest = Math.max(largest, length);
      send(at, source, destination, protocol, head, payload, offset, length);
    };
    pair.run(10_000_000, () => {
      if (a.user.handle >= 0 && !queued) queued = a.tcp.send(handle, PATTERN, 0, MEGABYTE);
      return b.user.received.length === MEGABYTE;
    });
    expect(b.user.received).toHaveLength(MEGABYTE);
    expect(largest).toBeGreaterThan(MAX_OFFLOAD - 1500);
    expect(a.tcp.counters.segmentsOut).toBeLessThan(100);
  });
});
