// TLS over streams that are fakes: a server (TlsStreams) whose users note what they hear, and clients in memory.

import { SharedMemory } from "../../stack/base/shared.ts";
import { type Handle, type Streams, StreamUser } from "../../stack/base/streams.ts";
import { TlsCarrier } from "../../stack/tls/carrier.ts";
import { Channel } from "../../stack/tls/channel.ts";
import { Client } from "../../stack/tls/client.ts";
import { ECDSA_P256 } from "../../stack/tls/codes.ts";
import type { TlsLimits } from "../../stack/tls/limits.ts";
import type { ServerTerms } from "../../stack/tls/negotiation.ts";
import type { ClientTerms } from "../../stack/tls/offer.ts";
import { TlsStreams } from "../../stack/tls/streams.ts";
import { FakeStreams } from "./fake-streams.ts";
import { clientTerms, End, serverTerms, testCredential } from "./tls.ts";

export const NAME = "blog.example.org";

/** A user that reads all that comes and notes what it is told. */
export class Noting extends StreamUser {
  streams: Streams | undefined = undefined;
  readonly events: string[] = [];
  readonly data: number[] = [];
  /** Reads so many bytes at a time; 0: leaves them unread. */
  appetite = 1_000_000;

  override accepted(_handle: Handle, port: number, _now: number): void {
    this.events.push(`accepted ${port}`);
  }
  override connected(_handle: Handle, _now: number): void {
    this.events.push("connected");
  }
  override readable(handle: Handle, _now: number): void {
    this.read(handle);
  }
  override sent(_handle: Handle, _now: number): void {}
  override closed(_handle: Handle, reason: number, _now: number): void {
    this.events.push(`closed ${reason}`);
  }

  read(handle: Handle): void {
    const streams = this.streams;
    if (streams === undefined) return;
    while (this.appetite > 0 && streams.readLength(handle) > 0) {
      const bytes = streams.readBuffer(handle);
      const start = streams.readStart(handle);
      const length = Math.min(this.appetite, streams.readLength(handle));
      for (let i = 0; i < length; i++) this.data.push(bytes[start + i]!);
      streams.consume(handle, length);
    }
    if (streams.readEnded(handle)) this.events.push("ended");
  }
}

export class Bench {
  readonly below: FakeStreams;
  readonly terms: ServerTerms;
  readonly tls: TlsStreams;
  readonly user: Noting = new Noting();
  readonly clearUser: Noting = new Noting();
  readonly carrier: TlsCarrier;
  readonly limits: TlsLimits;
  now = 1_000_000;

  constructor(limits: TlsLimits, receiveLimit: number) {
    this.limits = limits;
    this.below = new FakeStreams(receiveLimit);
    this.terms = serverTerms([testCredential([NAME], ECDSA_P256)], 2);
    this.tls = new TlsStreams(this.below, limits, this.terms, new SharedMemory());
    this.user.streams = this.tls;
    this.clearUser.streams = this.tls;
    const user = this.tls.addUser(this.user);
    this.carrier = new TlsCarrier(this.tls, user, this.tls.addUser(this.clearUser));
  }

  accept(): Handle {
    return this.below.connect(this.carrier, this.now, 443);
  }

  /** One step of the machine. */
  step(): void {
    this.tls.step(this.now);
    this.tls.transmit(this.now);
  }

  /** Bytes from the peer, then a step. */
  receive(handle: Handle, bytes: Uint8Array): void {
    this.below.receive(handle, bytes, this.now);
    this.step();
  }

  /** What the machine has sent since the last call. */
  sent(handle: Handle): Uint8Array {
    const text = this.below.output(handle);
    this.below.clearOutput(handle);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  /** The peer acknowledges all, the machine goes on. */
  acknowledge(handle: Handle): void {
    this.below.acknowledge(handle, this.now);
    this.step();
  }
}

/** A client in memory that speaks to a stream of the bench. */
export class Visitor {
  readonly client: Client;
  readonly end: End;
  readonly handle: Handle;
  readonly bench: Bench;

  constructor(bench: Bench, terms: ClientTerms) {
    this.bench = bench;
    const channel = new Channel();
    this.client = new Client(terms, channel);
    this.end = new End(channel, this.client);
    this.handle = bench.accept();
  }

  /** Flights to and fro until there is nothing more to say. */
  run(): void {
    if (!this.client.started) this.client.begin(this.bench.now);
    for (let turn = 0; turn < 50; turn++) {
      const out = this.end.connection.channel.take();
      if (out.length > 0) this.bench.receive(this.handle, out);
      else this.bench.step();
      const back = this.bench.sent(this.handle);
      this.end.receive(back, this.bench.now);
      this.bench.acknowledge(this.handle);
      if (out.length === 0 && back.length === 0) return;
    }
  }
}

export function visit(bench: Bench): Visitor {
  const visitor = new Visitor(bench, clientTerms(NAME, 7));
  visitor.run();
  return visitor;
}
