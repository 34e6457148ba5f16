// Both ends of a TLS connection in memory. A "certificate" here is the public key alone, and its verifier takes it as it
// is: what certificates are is not what is tested.

import { DECRYPT_ERROR, FINE, ILLEGAL_PARAMETER } from "../../stack/tls/alerts.ts";
import { Channel } from "../../stack/tls/channel.ts";
import { Client } from "../../stack/tls/client.ts";
import { ECDSA_P256, ECDSA_P384, ED25519 } from "../../stack/tls/codes.ts";
import { BROKEN, Connection, DATA, ENDED, FAILED } from "../../stack/tls/connection.ts";
import { Cookies } from "../../stack/tls/cookies.ts";
import { Credential, Credentials } from "../../stack/tls/credentials.ts";
import type { Handshake } from "../../stack/tls/handshake.ts";
import { ServerTerms } from "../../stack/tls/negotiation.ts";
import { ClientTerms } from "../../stack/tls/offer.ts";
import { Randomness } from "../../stack/tls/randomness.ts";
import { recordLength } from "../../stack/tls/record.ts";
import { Server } from "../../stack/tls/server.ts";
import { Tickets } from "../../stack/tls/tickets.ts";
import { Verifier } from "../../stack/tls/verifier.ts";

/** Bytes that follow from a seed. */
export class TestRandomness extends Randomness {
  #state: number;

  constructor(seed: number) {
    super();
    this.#state = seed >>> 0;
  }

  override fill(into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) {
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
      into[i] = this.#state >>> 24;
    }
  }
}

/** A private key of the scheme's kind: EC and Ed25519 ones are any bytes that are small enough. */
export function testKey(scheme: number): Uint8Array {
  const key = new Uint8Array(scheme === ECDSA_P384 ? 48 : 32);
  new TestRandomness(scheme).fill(key);
  key[0] = 1;
  return key;
}

export function publicKey(scheme: number, key: Uint8Array): Uint8Array {
  const room = new Uint8Array(1100);
  const length = nativePublicKey(scheme, key, room);
  return room.slice(0, length);
}

export function testCredential(names: readonly string[], scheme: number): Credential {
  const key = testKey(scheme);
  return new Credential(names, [publicKey(scheme, key)], key, [scheme], "");
}

export class TestVerifier extends Verifier {
  /** What `judge` answers. */
  verdict = FINE;
  chain: readonly Uint8Array[] = [];

  override judge(chain: readonly Uint8Array[]): number {
    this.chain = chain;
    return this.verdict;
  }

  override verify(scheme: number, content: Uint8Array, signature: Uint8Array): number {
    const key = this.chain[0]!;
    const length = scheme === ECDSA_P256 ? 65 : scheme === ECDSA_P384 ? 97 : scheme === ED25519 ? 32 : key.length;
    if (key.length !== length) return ILLEGAL_PARAMETER;
    const good = nativeVerify(scheme, key, content, 0, content.length, signature, 0, signature.length);
    return good ? FINE : DECRYPT_ERROR;
  }
}

export function serverTerms(credentials: readonly Credential[], seed: number): ServerTerms {
  const random = new TestRandomness(seed);
  const list = new Credentials();
  list.replace(credentials);
  return new ServerTerms(list, new Tickets(random), new Cookies(random), random, ["http/1.1", "http/1.0"], true);
}

export function clientTerms(name: string, seed: number): ClientTerms {
  return new ClientTerms(name, new TestVerifier(), new TestRandomness(seed), ["http/1.1"]);
}

/** One end: what has come to it, and what became of it. */
export class End {
  readonly connection: Connection;
  /** Data that has come. */
  readonly data: number[] = [];
  #waiting: Uint8Array = new Uint8Array(0);
  ended = false;
  failed = false;
  broken = false;

  constructor(channel: Channel, handshake: Handshake) {
    this.connection = new Connection(channel, handshake);
  }

  get alert(): number {
    return this.connection.alert;
  }

  get over(): boolean {
    return this.failed || this.broken;
  }

  /** Bytes come from the other end. */
  receive(bytes: Uint8Array, now: number): void {
    const all = new Uint8Array(this.#waiting.length + bytes.length);
    all.set(this.#waiting);
    all.set(bytes, this.#waiting.length);
    let at = 0;
    while (!this.over) {
      const length = recordLength(all, at, all.length - at);
      if (length < 0) {
        this.connection.fail(-length);
        this.failed = true;
      }
      if (length <= 0 || length > all.length - at) break;
      switch (this.connection.record(all, at, length, now)) {
        case DATA:
          for (let i = 0; i < this.connection.dataLength; i++) this.data.push(all[this.connection.dataOffset + i]!);
          break;
        case ENDED:
          this.ended = true;
          break;
        case BROKEN:
          this.broken = true;
          break;
        case FAILED:
          this.failed = true;
          break;
        default:
      }
      at += length;
    }
    this.connection.answerUpdate();
    this.#waiting = all.slice(at);
  }

  /** Data for the other end, as records. */
  seal(data: Uint8Array): Uint8Array {
    const { channel } = this.connection;
    const handshake = channel.take();
    const records = Math.max(1, Math.ceil(data.length / channel.fragment));
    const sealed = new Uint8Array(handshake.length + data.length + records * 22);
    sealed.set(handshake);
    channel.writing.fragment = channel.fragment;
    channel.writing.seal(23, data, 0, data.length, sealed, handshake.length);
    return sealed;
  }
}

export class Both {
  readonly client: Client;
  readonly server: Server;
  readonly clientEnd: End;
  readonly serverEnd: End;
  /** Flights that have crossed: of the client and the server in turn. */
  readonly flights: Uint8Array[] = [];

  constructor(ofClient: ClientTerms, ofServer: ServerTerms) {
    const clientChannel = new Channel();
    this.client = new Client(ofClient, clientChannel);
    this.clientEnd = new End(clientChannel, this.client);
    const serverChannel = new Channel();
    this.server = new Server(ofServer, serverChannel);
    this.serverEnd = new End(serverChannel, this.server);
  }

  /** Carries flights to and fro until there are none. `cut`: bytes that arrive at a time; 0: all at once. */
  run(now: number, cut: number): void {
    if (!this.client.started) this.client.begin(now);
    for (let turn = 0; turn < 20; turn++) {
      const toServer = this.clientEnd.connection.channel.take();
      if (toServer.length > 0) this.flights.push(toServer);
      carry(toServer, this.serverEnd, now, cut);
      const toClient = this.serverEnd.connection.channel.take();
      if (toClient.length > 0) this.flights.push(toClient);
      carry(toClient, this.clientEnd, now, cut);
      if (toServer.length === 0 && toClient.length === 0) return;
    }
  }

  get complete(): boolean {
    return this.client.complete && this.server.complete;
  }
}

export function carry(bytes: Uint8Array, to: End, now: number, cut: number): void {
  const step = cut === 0 ? Math.max(1, bytes.length) : cut;
  for (let at = 0; at < bytes.length; at += step) to.receive(bytes.slice(at, at + step), now);
}
