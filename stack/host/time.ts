// The client of SNTP on UDP, and what it was told as events of the seam.

import type { Port } from "../base/address.ts";
import type { Path, PathTable } from "../base/path.ts";
import { type Instant, MILLISECOND } from "../base/result.ts";
import { NtpSink, Sntp } from "../ntp/machine.ts";
import { NTP_PORT } from "../ntp/wire.ts";
import { type Datagram, type Udp, UdpUser } from "../udp/machine.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_TIME } from "./events.ts";
import type { Random } from "./random.ts";

class TimeSink extends NtpSink {
  user: UdpUser | undefined;
  /** Wall clock minus `now`, in milliseconds, as it was last told. */
  offsetMs = 0;

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

  override told(token: number, wallMs: number, error: number, now: Instant): void {
    if (error === 0) this.offsetMs = wallMs - now / MILLISECOND;
    this.events.push(EVENT_TIME, token, error, "");
  }
}

class TimeUdp extends UdpUser {
  private readonly sntp: Sntp;
  private readonly sink: TimeSink;

  constructor(sntp: Sntp, sink: TimeSink) {
    super();
    this.sntp = sntp;
    this.sink = sink;
  }

  override datagram(datagram: Datagram, now: Instant): void {
    const { localPort, bytes, offset, length } = datagram;
    this.sntp.input(localPort, bytes, offset, length, now, this.sink);
  }

  override refused(localPort: Port, _path: Path, _port: Port, now: Instant): void {
    this.sntp.refused(localPort, now, this.sink);
  }
}

export class Time {
  private readonly sntp = new Sntp();
  private readonly sink: TimeSink;
  private nextToken = 1;

  constructor(udp: Udp, paths: PathTable, events: EventQueue, random: Random) {
    this.sink = new TimeSink(udp, paths, events, random);
    this.sink.user = new TimeUdp(this.sntp, this.sink);
  }

  /** Asks the server at this address; the token of the EVENT_TIME that follows. */
  ask(server: string, now: Instant): number {
    const token = this.nextToken;
    this.nextToken++;
    this.sntp.ask(server, token, now, this.sink);
    return token;
  }

  /** Wall clock minus `now`, in milliseconds, as the last answer had it. */
  get offsetMs(): number {
    return this.sink.offsetMs;
  }

  step(now: Instant): void {
    if (this.sntp.nextDeadline() <= now) this.sntp.step(now, this.sink);
  }

  nextDeadline(): Instant {
    return this.sntp.nextDeadline();
  }
}
