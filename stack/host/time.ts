// The client of SNTP on UDP, and what it was told as events of the seam.

import type { Port } from "../base/address.ts";
import { type Counters, NTP_REFUSED } from "../base/counters.ts";
import type { Path, PathTable } from "../base/path.ts";
import { type Instant, MILLISECOND, NEVER } from "../base/result.ts";
import { NtpSink, Sntp, TIME_BUSY } from "../ntp/machine.ts";
import { NTP_PORT } from "../ntp/wire.ts";
import { type Datagram, type Udp, UdpUser } from "../udp/machine.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_TIME } from "./events.ts";
import type { Random } from "./random.ts";

/** Servers that are asked at one time. */
export const TIME_SERVER_LIMIT = 4;

class TimeSink extends NtpSink {
  user: UdpUser | undefined;
  // Answers that the edge has not looked at yet: token, wall clock minus `now`, and how wrong that may be.
  readonly tokens: number[] = [];
  readonly offsets: number[] = [];
  readonly errors: number[] = [];

  private readonly udp: Udp;
  private readonly paths: PathTable;
  private readonly events: EventQueue;
  private readonly randomness: Random;

  constructor(udp: Udp, paths: PathTable, events: EventQueue, random: Random) {
    super();
    this.udp = udp;
    this.paths = paths;
    this.events = events;
    this.randomness = random;
  }

  override random(): number {
    return this.randomness.next();
  }

  override sendQuestion(port: Port, server: string, bytes: Uint8Array, length: number): boolean {
    const path = this.paths.toward(server);
    if (path < 0 || this.user === undefined || !this.udp.bindTo(port, this.user, path, NTP_PORT as Port)) return false;
    if (this.udp.send(path, port, NTP_PORT as Port, bytes, 0, length)) return true;
    this.udp.unbind(port);
    return false;
  }

  override closePort(port: Port): void {
    this.udp.unbind(port);
  }

  override told(token: number, wallMs: number, uncertainMs: number, error: number, now: Instant): void {
    if (error === 0) {
      this.tokens.push(token);
      this.offsets.push(wallMs - now / MILLISECOND);
      this.errors.push(uncertainMs);
    }
    this.events.push(EVENT_TIME, token, error, "");
  }
}

class TimeUdp extends UdpUser {
  private readonly clients: readonly Sntp[];
  private readonly sink: TimeSink;
  private readonly counters: Counters;

  constructor(clients: readonly Sntp[], sink: TimeSink, counters: Counters) {
    super();
    this.counters = counters;
    this.clients = clients;
    this.sink = sink;
  }

  override datagram(datagram: Datagram, now: Instant): void {
    const { localPort, bytes, offset, length } = datagram;
    let told = false;
    for (const client of this.clients) if (client.input(localPort, bytes, offset, length, now, this.sink)) told = true;
    if (!told) this.counters.note(NTP_REFUSED);
  }

  override refused(localPort: Port, _path: Path, _port: Port, now: Instant): void {
    for (const client of this.clients) client.refused(localPort, now, this.sink);
  }
}

export class Time {
  private readonly clients: Sntp[] = [];
  private readonly sink: TimeSink;
  private nextToken = 1;
  /** Time servers that the lease names. */
  private leased: readonly string[] = [];
  /** The same of DHCPv6. */
  private leased6: readonly string[] = [];
  // Of the answer that the edge looks at: wall clock minus `now`, in milliseconds, and how wrong that may be.
  offsetMs = 0;
  errorMs = 0;

  constructor(udp: Udp, paths: PathTable, events: EventQueue, random: Random) {
    for (let i = 0; i < TIME_SERVER_LIMIT; i++) this.clients.push(new Sntp());
    this.sink = new TimeSink(udp, paths, events, random);
    this.sink.user = new TimeUdp(this.clients, this.sink, udp.counters);
  }

  setLeaseServers(servers: readonly string[]): void {
    this.leased = servers;
  }

  setIpv6Servers(servers: readonly string[]): void {
    this.leased6 = servers;
  }

  /** The i-th server that leases name, those of IPv4 first; "" when there are no more. */
  server(index: number): string {
    const { leased, leased6 } = this;
    if (index < 0 || index >= leased.length + leased6.length) return "";
    return index < leased.length ? leased[index]! : leased6[index - leased.length]!;
  }

  /** Asks the server at this address; the token of the EVENT_TIME that follows. */
  ask(server: string, now: Instant): number {
    const token = this.nextToken;
    this.nextToken++;
    for (const client of this.clients) {
      if (client.busy) continue;
      client.ask(server, token, now, this.sink);
      return token;
    }
    this.sink.told(token, 0, 0, TIME_BUSY, now);
    return token;
  }

  /** The edge looks at this EVENT_TIME: its answer becomes current. */
  look(token: number): void {
    const { tokens, offsets, errors } = this.sink;
    for (let i = 0; i < tokens.length; i++) {
      if (tokens[i] !== token) continue;
      this.offsetMs = offsets[i]!;
      this.errorMs = errors[i]!;
      tokens.splice(i, 1);
      offsets.splice(i, 1);
      errors.splice(i, 1);
      return;
    }
  }

  step(now: Instant): void {
    for (const client of this.clients) if (client.nextDeadline() <= now) client.step(now, this.sink);
  }

  nextDeadline(): Instant {
    let deadline = NEVER;
    for (const client of this.clients) deadline = Math.min(deadline, client.nextDeadline());
    return deadline;
  }
}
