// Two machines joined by a link under a virtual clock.

import type { Ipv4 } from "../../../stack/base/address.ts";
import { PROTOCOL_TCP } from "../../../stack/base/ip-sink.ts";
import { CONGESTION_EXPERIENCED, NOT_ECT } from "../../../stack/base/packet.ts";
import type { Path } from "../../../stack/base/path.ts";
import { TcpLimits } from "../../../stack/tcp/limits.ts";
import { Tcp } from "../../../stack/tcp/tcp.ts";
import { packetOf } from "../../support/ipv4.ts";
import { HERE, type Packet, RecordingSink, RecordingUser, random, SECRET, THERE } from "./harness.ts";

export interface LinkQuality {
  readonly seed: number;
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  /** One way, µs. */
  readonly delay: number;
  /** Bytes a µs that the link takes in one direction; without it: any number. */
  readonly rate?: number;
  /** Packets that wait for it; one more is dropped. */
  readonly queue?: number;
  /** CoDel's target, µs: what waits longer is marked, or dropped when it cannot be, as the law of RFC 8289 has it. */
  readonly mark?: number;
}

export class End {
  readonly sink: RecordingSink = new RecordingSink();
  readonly user: RecordingUser = new RecordingUser();
  readonly limits: TcpLimits = new TcpLimits();
  readonly address: Ipv4;
  /** To the other end. */
  readonly path: Path;
  readonly tcp: Tcp;
  readonly userNumber: number;

  constructor(address: Ipv4, change: (limits: TcpLimits, sink: RecordingSink) => void) {
    this.address = address;
    this.path = this.sink.paths.open4(address, address === HERE ? THERE : HERE);
    this.sink.paths.hold(this.path);
    change(this.limits, this.sink);
    this.tcp = new Tcp(this.sink, this.limits, SECRET);
    this.user.tcp = this.tcp;
    this.userNumber = this.tcp.addUser(this.user);
  }
}

interface InFlight {
  readonly at: number;
  readonly order: number;
  readonly packet: Packet;
}

const CODEL_INTERVAL = 100_000;

/** RFC 8289 5, told of each packet with the time at which it leaves the queue. */
class CoDel {
  #aboveSince = 0;
  #acting = false;
  #count = 0;
  #next = 0;

  /** `above`: the packet has waited longer than the target. True: it is to be marked or dropped. */
  acts(above: boolean, at: number): boolean {
    if (!above) {
      this.#aboveSince = 0;
      this.#acting = false;
      return false;
    }
    if (this.#aboveSince === 0) this.#aboveSince = at;
    if (!this.#acting) {
      if (at - this.#aboveSince < CODEL_INTERVAL) return false;
      this.#acting = true;
      // 5.6: soon again, it goes on nearly where it was.
      this.#count = this.#count > 2 && at - this.#next < 16 * CODEL_INTERVAL ? this.#count - 2 : 1;
      this.#next = at;
    }
    if (at < this.#next) return false;
    this.#next = at + CODEL_INTERVAL / Math.sqrt(this.#count);
    this.#count++;
    return true;
  }
}

export class Pair {
  readonly a: End;
  readonly b: End;
  readonly #quality: LinkQuality;
  readonly #random: () => number;
  #flying: InFlight[] = [];
  #order = 0;
  /** By direction: when the link is free again. */
  readonly #freeAt: number[] = [0, 0];
  /** By direction: CoDel (RFC 8289). */
  readonly #codel: readonly CoDel[] = [new CoDel(), new CoDel()];
  /** Packets that found the queue full; that the AQM has marked or dropped. */
  overflows = 0;
  marks = 0;
  drops = 0;
  now = 0;

  constructor(quality: LinkQuality, change: (limits: TcpLimits, sink: RecordingSink) => void = () => {}) {
    this.#quality = quality;
    this.#random = random(quality.seed);
    this.a = new End(HERE, change);
    this.b = new End(THERE, change);
  }

  /** Runs until nothing is due before `until` or `done` says so. */
  run(until: number, done: () => boolean): void {
    for (let steps = 0; steps < 1_000_000; steps++) {
      for (const end of [this.a, this.b]) {
        end.tcp.step(this.now);
        end.tcp.transmit(this.now);
        for (const packet of end.sink.take()) this.#launch(packet);
      }
      if (done()) return;
      // What users have done just now leaves before time goes on.
      if (this.a.tcp.transmitPending || this.b.tcp.transmitPending) continue;
      let next = Math.min(this.a.tcp.nextDeadline(), this.b.tcp.nextDeadline());
      const first = this.#flying[0];
      if (first !== undefined && first.at < next) next = first.at;
      if (next > until) {
        this.now = until;
        return;
      }
      this.now = Math.max(this.now, next);
      for (;;) {
        const flight = this.#flying[0];
        if (flight === undefined || flight.at > this.now) break;
        this.#flying.shift();
        const end = flight.packet.destination === HERE ? this.a : this.b;
        const bytes = flight.packet.bytes;
        const path = end.sink.paths.open4(flight.packet.destination, flight.packet.source);
        const arrived = packetOf(path, PROTOCOL_TCP, bytes);
        arrived.ecn = flight.packet.ecn;
        end.tcp.input(arrived, this.now);
        // What the user was lent must have been copied by now.
        for (let i = 0; i < bytes.length; i++) bytes[i] = 0xee;
      }
    }
    throw new Error("the simulation does not end");
  }

  #launch(packet: Packet): void {
    const q = this.#quality;
    if (this.#random() < q.loss) return;
    const copies = this.#random() < q.duplication ? 2 : 1;
    let { ecn } = packet;
    for (let i = 0; i < copies; i++) {
      let at = this.now + q.delay;
      if (q.rate !== undefined) {
        const way = packet.source === HERE ? 0 : 1;
        const time = (packet.bytes.length + 20) / q.rate;
        const free = Math.max(this.now, this.#freeAt[way]!);
        if (q.queue !== undefined && free - this.now > q.queue * (1500 / q.rate)) {
          this.overflows++;
          continue;
        }
        if (q.mark !== undefined && this.#codel[way]!.acts(free - this.now > q.mark, free)) {
          if (packet.ecn === NOT_ECT) {
            this.drops++;
            continue;
          }
          this.marks++;
          ecn = CONGESTION_EXPERIENCED;
        }
        this.#freeAt[way] = free + time;
        at += free + time - this.now;
      }
      if (this.#random() < q.reordering) at += Math.floor(this.#random() * q.delay * 3);
      const { source, destination } = packet;
      const flight = { at, order: this.#order++, packet: { source, destination, bytes: packet.bytes.slice(), ecn } };
      let place = this.#flying.length;
      while (place > 0 && this.#flying[place - 1]!.at > at) place--;
      this.#flying.splice(place, 0, flight);
    }
  }
}
