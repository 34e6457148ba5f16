// One end of a TLS connection with the host, over the stream that a Peer (peer.ts) is: a real one, by stack/tls, so that it
// gets into every state, and what a stranger sends in place of what it would say. Whom it talks to is never judged.

import { copyBytes, equalBytes } from "../../../stack/base/native.ts";
import type { Instant } from "../../../stack/base/result.ts";
import { FINE } from "../../../stack/tls/alerts.ts";
import { Channel } from "../../../stack/tls/channel.ts";
import { Client } from "../../../stack/tls/client.ts";
import { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, P256, P384, X25519 } from "../../../stack/tls/codes.ts";
import { BROKEN, Connection, DATA, ENDED, FAILED } from "../../../stack/tls/connection.ts";
import { Cookies } from "../../../stack/tls/cookies.ts";
import { type Credential, Credentials } from "../../../stack/tls/credentials.ts";
import { ServerTerms } from "../../../stack/tls/negotiation.ts";
import { ClientTerms } from "../../../stack/tls/offer.ts";
import { Randomness } from "../../../stack/tls/randomness.ts";
import { recordLength } from "../../../stack/tls/record.ts";
import { Server } from "../../../stack/tls/server.ts";
import { NO_SESSION, type Session } from "../../../stack/tls/session.ts";
import { Tickets } from "../../../stack/tls/tickets.ts";
import { Verifier } from "../../../stack/tls/verifier.ts";
import type { Random } from "../../support/random.ts";
import { SECURE_NAME } from "../../trace/appliance.ts";
import { joined } from "./requests.ts";
import { strangeMessage, strangeRecord } from "./strange-records.ts";

const NOTHING: Uint8Array = new Uint8Array(0);
/** Of a peer that keeps what it receives. */
const RECEIVED_LIMIT = 65_536;
const SUITES: readonly number[] = [AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305];
/** Without the hybrid: what Node draws for it is its own, and would not be the same each time. */
const GROUPS: readonly number[] = [X25519, P256, P384];
const PROTOCOLS: readonly string[] = ["http/1.1"];

class Drawn extends Randomness {
  private readonly random: Random;

  constructor(random: Random) {
    super();
    this.random = random;
  }

  override fill(into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] = this.random.below(256);
  }
}

class Credulous extends Verifier {
  override judge(_chain: readonly Uint8Array[]): number {
    return FINE;
  }
  override verify(_scheme: number, _content: Uint8Array, _signature: Uint8Array): number {
    return FINE;
  }
}

export class SecurePeer {
  /** Nothing comes of it any more. */
  over = false;
  /** The host has ended its side in order. */
  ended = false;
  /** Data that came, when it is kept. */
  keeps = false;
  received: Uint8Array = NOTHING;
  private readonly connection: Connection;
  private readonly client: Client | undefined;
  private waiting: Uint8Array = NOTHING;

  private constructor(connection: Connection, client: Client | undefined) {
    this.connection = connection;
    this.client = client;
  }

  /** A visitor of the host's; with `odd` one that offers this and not that. `session`: a ticket, or NO_SESSION. */
  static visitor(random: Random, odd: boolean, session: Session, now: Instant): SecurePeer {
    const terms = new ClientTerms(SECURE_NAME, new Credulous(), new Drawn(random), PROTOCOLS);
    terms.suites = odd ? some(random, SUITES) : SUITES;
    terms.groups = odd ? some(random, GROUPS) : GROUPS;
    // With none of them the host has to ask again.
    terms.shared = odd ? (random.below(3) === 0 ? [] : [terms.groups[0]!]) : [X25519];
    terms.session = session;
    const channel = new Channel();
    const client = new Client(terms, channel);
    client.begin(now);
    return new SecurePeer(new Connection(channel, client), client);
  }

  /** One whom the host visits. */
  static server(random: Random, credential: Credential): SecurePeer {
    const drawn = new Drawn(random);
    const credentials = new Credentials();
    credentials.replace([credential]);
    const terms = new ServerTerms(credentials, new Tickets(drawn), new Cookies(drawn), drawn, PROTOCOLS, true);
    terms.groups = some(random, GROUPS);
    terms.loaded = random.below(3) === 0;
    const channel = new Channel();
    return new SecurePeer(new Connection(channel, new Server(terms, channel)), undefined);
  }

  /** Data may be sent. */
  get complete(): boolean {
    return this.connection.handshake.complete && !this.over;
  }

  /** The newest ticket that has come; NO_SESSION: none. */
  get session(): Session {
    const { client } = this;
    if (client === undefined || client.sessions.length === 0) return NO_SESSION;
    return client.sessions[client.sessions.length - 1]!;
  }

  /** The next bytes of the host's stream. */
  hear(bytes: Uint8Array, offset: number, length: number, now: Instant): void {
    if (this.over) return;
    const all = new Uint8Array(this.waiting.length + length);
    copyBytes(all, 0, this.waiting, 0, this.waiting.length);
    copyBytes(all, this.waiting.length, bytes, offset, length);
    let at = 0;
    while (!this.over) {
      const size = recordLength(all, at, all.length - at);
      if (size < 0) this.over = true;
      if (size <= 0 || size > all.length - at) break;
      this.record(all, at, size, now);
      at += size;
    }
    this.connection.answerUpdate();
    this.waiting = all.slice(at, all.length);
  }

  /** What the machine has to say. */
  take(): Uint8Array {
    return this.connection.channel.pending ? this.connection.channel.take() : NOTHING;
  }

  /** Data, as records, when it may be sent. */
  data(bytes: Uint8Array, fragment: number): Uint8Array {
    return this.complete ? this.seal(23, bytes, fragment) : NOTHING;
  }

  close(): Uint8Array {
    if (this.over) return NOTHING;
    this.connection.end();
    return this.take();
  }

  /** Something under the right keys that nobody should send, or not often. */
  oddity(random: Random): Uint8Array {
    const { connection } = this;
    if (connection.channel.writing.none || this.over) return strangeRecord(random);
    switch (random.below(6)) {
      case 0:
        if (!this.complete) return NOTHING;
        connection.updateKeys(random.below(2) === 0);
        return this.take();
      case 1:
        return this.seal(21, new Uint8Array([random.below(4), random.below(130)]), 16_384);
      case 2:
        return this.seal(random.below(256), new Uint8Array(random.below(100)), 16_384);
      case 3:
        return this.seal(23, NOTHING, 16_384);
      case 4:
        return this.seal(22, strangeMessage(random), 1 + random.below(300));
      default:
        return this.seal(23, new Uint8Array(random.below(3000)), 1 + random.below(40));
    }
  }

  private seal(type: number, bytes: Uint8Array, fragment: number): Uint8Array {
    const before = this.take();
    const { writing } = this.connection.channel;
    const records = Math.max(1, Math.ceil(bytes.length / fragment));
    const sealed = new Uint8Array(bytes.length + records * 22);
    writing.fragment = fragment;
    writing.seal(type, bytes, 0, bytes.length, sealed, 0);
    return joined(before, sealed);
  }

  private record(bytes: Uint8Array, offset: number, length: number, now: Instant): void {
    const { connection } = this;
    switch (connection.record(bytes, offset, length, now)) {
      case DATA:
        if (this.keeps && this.received.length < RECEIVED_LIMIT) {
          const { dataOffset, dataLength } = connection;
          this.received = joined(this.received, bytes.slice(dataOffset, dataOffset + dataLength));
        }
        break;
      case ENDED:
        this.ended = true;
        break;
      case BROKEN:
      case FAILED:
        this.over = true;
        break;
      default:
        break;
    }
  }
}

/** One at least of them, in another order. */
function some(random: Random, all: readonly number[]): number[] {
  const chosen: number[] = [];
  const first = random.below(all.length);
  chosen.push(all[first]!);
  for (let i = 0; i < all.length; i++) if (i !== first && random.below(2) === 0) chosen.push(all[i]!);
  return chosen;
}

/** Whether an answer is 200 with this body. */
export function isPage(received: Uint8Array, status: Uint8Array, page: Uint8Array): boolean {
  const start = received.length - page.length;
  return (
    start > status.length &&
    equalBytes(received, 0, status, 0, status.length) &&
    equalBytes(received, start, page, 0, page.length)
  );
}
