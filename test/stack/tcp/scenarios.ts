// What two TCP machines must manage over a link, under a virtual clock. Each scenario returns "" or what went wrong. They
// are written to compile, so that they run three ways: on Node and on quickjs-ng as simulation.test.ts, and compiled
// ahead of time in test/e2e/trace.test.ts.

import { CONGESTION_ECHOES, RETRANSMITS, SEGMENTS_OUT } from "../../../stack/base/counters.ts";
import { equalBytes } from "../../../stack/base/native.ts";
import { NEVER } from "../../../stack/base/result.ts";
import type { Handle } from "../../../stack/base/streams.ts";
import { MAX_OFFLOAD, type TcpLimits } from "../../../stack/tcp/limits.ts";
import { PATTERN, type RecordingSink, random } from "./harness.ts";
import { type End, Pair } from "./pair.ts";

const MEGABYTE = 1 << 20;

export const SCENARIOS: readonly string[] = [
  "exchange a megabyte each way, byte for byte, over a link that loses, doubles and reorders 5 % (seed 1)",
  "exchange a megabyte each way, byte for byte, over a link that loses, doubles and reorders 5 % (seed 2)",
  "exchange a megabyte each way, byte for byte, over a link that loses, doubles and reorders 5 % (seed 3)",
  "exchange a megabyte each way, byte for byte, over a link that loses, doubles and reorders 5 % (seed 4)",
  "exchange a megabyte each way over a good link without a retransmission",
  "use large packets where the link cuts them",
  "send nothing twice where a router marks (RFC 3168), and keep the link busy",
  "send nothing twice where a router marks and the link cuts large packets",
  "lose to the same router where one of them has no ECN, and all arrives",
];

/** Runs one of SCENARIOS. */
export function scenario(index: number): string {
  switch (index) {
    case 0:
    case 1:
    case 2:
    case 3:
      return fault(exchange(index + 1, index % 2 === 1, 0.05));
    case 4:
      return withoutRetransmission();
    case 5:
      return largePackets();
    case 6:
      return marked(true, false);
    case 7:
      return marked(true, true);
    case 8:
      return marked(false, false);
    default:
      return "there is no such scenario";
  }
}

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
  const quality = { seed, loss, duplication: loss, reordering: loss, delay: 10_000 };
  const pair = new Pair(quality, (_limits: TcpLimits, sink: RecordingSink): void => {
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
    end.user.onReadable = (handle: Handle): void => {
      if (moods() < 0.8) end.user.read(handle);
    };
  }
  const handle = a.tcp.connect(a.path, 80, a.userNumber, 65_536, 0);
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

function fault(pair: Pair): string {
  const { a, b } = pair;
  const received = `${compare(b, 0)}${compare(a, 4096)}`;
  if (received !== "") return received;
  for (const end of [a, b]) {
    const closed = end.user.events.filter((event) => event.startsWith("closed"));
    if (closed.length !== 1 || closed[0] !== "closed 0") return closed.join(", ");
    const { counters } = end.tcp;
    if (counters.connections + counters.timeWait + counters.orphans + end.tcp.memoryInUse !== 0)
      return `${counters.connections} connections, ${counters.timeWait} in TIME-WAIT, ${end.tcp.memoryInUse} bytes left`;
    if (end.tcp.nextDeadline() !== NEVER) return "a deadline is left";
  }
  return "";
}

function compare(end: End, from: number): string {
  const { received } = end.user;
  if (received.length !== MEGABYTE) return `${received.length} bytes received; `;
  const bytes = new Uint8Array(MEGABYTE);
  for (let i = 0; i < MEGABYTE; i++) bytes[i] = received[i]!;
  return equalBytes(bytes, 0, PATTERN, from, MEGABYTE) ? "" : "other bytes received; ";
}

function withoutRetransmission(): string {
  const pair = exchange(9, false, 0);
  const retransmits = pair.a.tcp.counts(RETRANSMITS) + pair.b.tcp.counts(RETRANSMITS);
  return fault(pair) + (retransmits === 0 ? "" : `${retransmits} retransmits`);
}

/** From one end to the other, within so many microseconds. */
function sendMegabyte(pair: Pair, within: number): void {
  const { a, b } = pair;
  b.tcp.listen(80, b.userNumber, 262_144);
  const handle = a.tcp.connect(a.path, 80, a.userNumber, 65_536, 0);
  let queued = false;
  pair.run(within, () => {
    if (a.user.handle >= 0 && !queued) queued = a.tcp.send(handle, PATTERN, 0, MEGABYTE);
    return b.user.received.length === MEGABYTE;
  });
}

function largePackets(): string {
  const quality = { seed: 1, loss: 0, duplication: 0, reordering: 0, delay: 1000 };
  const pair = new Pair(quality, (_limits: TcpLimits, sink: RecordingSink): void => {
    sink.segmentOffload = true;
    sink.checksumOffload = true;
  });
  const { a, b } = pair;
  sendMegabyte(pair, 10_000_000);
  if (b.user.received.length !== MEGABYTE) return `${b.user.received.length} bytes received`;
  if (a.sink.largest <= MAX_OFFLOAD - 1500) return `no packet larger than ${a.sink.largest}`;
  return a.tcp.counts(SEGMENTS_OUT) < 100 ? "" : `${a.tcp.counts(SEGMENTS_OUT)} segments`;
}

/** A megabyte over 10 Mbit/s and 20 ms, with CoDel in front of it. */
function marked(ecn: boolean, offload: boolean): string {
  const quality = {
    seed: 1,
    loss: 0,
    duplication: 0,
    reordering: 0,
    delay: 10_000,
    rate: 1.25,
    queue: 1000,
    mark: 5000,
  };
  const pair = new Pair(quality, (_limits: TcpLimits, sink: RecordingSink): void => {
    sink.segmentOffload = offload;
    sink.checksumOffload = offload;
  });
  const { a, b } = pair;
  b.limits.ecn = ecn;
  sendMegabyte(pair, 100_000_000);
  const received = compare(b, 0);
  if (received !== "") return received;
  const again = a.tcp.counts(RETRANSMITS);
  const echoes = a.tcp.counts(CONGESTION_ECHOES);
  const said = `${again} retransmits, ${echoes} echoes, ${pair.marks} marks, ${pair.drops} drops`;
  if (!ecn) return pair.drops > 0 && pair.marks + echoes === 0 ? "" : said;
  if (again + pair.drops + pair.overflows > 0 || pair.marks === 0 || echoes === 0 || echoes > pair.marks) return said;
  // Nine tenths of the link.
  return pair.now < MEGABYTE / quality.rate / 0.9 ? "" : `${pair.now} us`;
}
