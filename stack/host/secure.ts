/// <reference path="../base/cryptography.d.ts" />
// TLS on a host: whose certificates are shown, whom we believe, and the streams that speak it over those below (TCP; on Node
// its sockets). Made when it is first asked for: who serves plain HTTP pays nothing.

import { type Budget, TLS_CONNECTION_COST } from "../base/budget.ts";
import type { Instant } from "../base/result.ts";
import type { SharedMemory } from "../base/shared.ts";
import { CLOSED_BY_RESET, CLOSED_IN_ORDER, type Handle, type Streams, StreamUser } from "../base/streams.ts";
import { alertName } from "../tls/alerts.ts";
import { TlsCarrier } from "../tls/carrier.ts";
import { Cookies } from "../tls/cookies.ts";
import { TLS_COUNTER_NAMES } from "../tls/counters.ts";
import { Credential, Credentials } from "../tls/credentials.ts";
import { TlsLimits } from "../tls/limits.ts";
import { ServerTerms } from "../tls/negotiation.ts";
import { ClientTerms } from "../tls/offer.ts";
import { Generator } from "../tls/randomness.ts";
import { TlsStreams } from "../tls/streams.ts";
import { Tickets } from "../tls/tickets.ts";
import { acmeIdentifier, selfSigned } from "../x509/build.ts";
import { Certificate } from "../x509/certificate.ts";
import { decodeCertificate } from "../x509/decode.ts";
import { damage } from "../x509/errors.ts";
import { handshakeSchemes, type PrivateKey } from "../x509/keys.ts";
import { referenceName } from "../x509/names.ts";
import { fingerprint, hexText } from "../x509/text.ts";
import { Trust, type TrustError } from "../x509/trust.ts";
import type { Flows } from "./flows.ts";
import { readCredential, readIssuedCredential } from "./identity.ts";
import { PathVerifier } from "./path-verifier.ts";
import { challengeName, seedKey } from "./seed-key.ts";
import { WrongProtocol } from "./wrong-protocol.ts";

/** How long a certificate of our own is valid. */
const DAY = 86_400;
const OWN_LIFETIME = 20 * 365 * DAY;
/** RFC 8737 6.2. */
const ACME_PROTOCOL = "acme-tls/1";
/** What is spoken over TLS (RFC 7301). */
export const HTTP_PROTOCOLS: readonly string[] = ["http/1.1", "http/1.0"];

/** Connections of ours, as flows of the edge; what a handshake failed for goes with the end. */
class SecureFlows extends StreamUser {
  readonly handles: Handle[] = [];
  readonly verifiers: PathVerifier[] = [];
  /** The handshake is done. */
  readonly opened: boolean[] = [];
  readonly #flows: Flows;
  tls: TlsStreams | undefined;

  constructor(flows: Flows) {
    super();
    this.#flows = flows;
  }

  override accepted(_handle: Handle, _port: number, _now: Instant): void {}

  override connected(handle: Handle, now: Instant): void {
    for (let i = 0; i < this.handles.length; i++) if (this.handles[i] === handle) this.opened[i] = true;
    this.#flows.connected(handle, now);
  }

  override readable(handle: Handle, now: Instant): void {
    this.#flows.readable(handle, now);
  }

  override sent(handle: Handle, now: Instant): void {
    this.#flows.sent(handle, now);
  }

  override closed(handle: Handle, reason: number, _now: Instant): void {
    const opened = this.isOpen(handle);
    let words = this.forget(handle);
    const alert = this.tls === undefined ? 0 : this.tls.lastAlert;
    if (words === "" && alert !== 0)
      words =
        this.tls?.lastAlertOurs === true
          ? `the server does not keep to TLS 1.3 (${alertName(alert)})`
          : `the server broke off (${alertName(alert)})`;
    if (words === "" && !opened && (reason === CLOSED_IN_ORDER || reason === CLOSED_BY_RESET))
      words = "the server ended the connection in the middle of the handshake; it may not speak TLS 1.3";
    this.#flows.ended(handle, reason, words);
  }

  private isOpen(handle: Handle): boolean {
    for (let i = 0; i < this.handles.length; i++) if (this.handles[i] === handle) return this.opened[i]!;
    return false;
  }

  /** What its verifier said; it is needed no more. */
  forget(handle: Handle): string {
    for (let i = 0; i < this.handles.length; i++) {
      if (this.handles[i] !== handle) continue;
      const { refusal } = this.verifiers[i]!;
      this.handles.splice(i, 1);
      this.verifiers.splice(i, 1);
      this.opened.splice(i, 1);
      return refusal;
    }
    return "";
  }
}

export class Secure {
  readonly tls: TlsStreams;
  /** Whom connections of ours believe. */
  trust = new Trust(new Uint8Array(0));
  /** Who is to hear of connections of ours from the streams below. */
  readonly ours: StreamUser;
  readonly #random: Generator;
  readonly #credentials = new Credentials();
  #next: Credential[] = [];
  readonly #trusted: string[] = [];
  readonly #flows: SecureFlows;
  readonly #flowUser: number;
  readonly #clearUser: number;
  /** Wall clock minus `now`, in milliseconds. */
  #offsetMs = 0;

  /** `seed`: 32 random bytes, used for nothing else. */
  constructor(below: Streams, shared: SharedMemory, flows: Flows, seed: Uint8Array, budget: Budget) {
    this.#random = new Generator(seed);
    const random = this.#random;
    const limits = new TlsLimits();
    limits.connections = budget.tlsConnections;
    limits.handshakeMemory = budget.handshakes;
    limits.handshakes = Math.min(limits.handshakes, Math.floor(limits.connections / 2));
    limits.loaded = Math.min(limits.loaded, Math.floor(limits.handshakes / 4));
    const terms = new ServerTerms(
      this.#credentials,
      new Tickets(random),
      new Cookies(random),
      random,
      HTTP_PROTOCOLS,
      nativeHasAes(),
    );
    this.tls = new TlsStreams(below, limits, terms, shared);
    this.#flows = new SecureFlows(flows);
    this.#flows.tls = this.tls;
    this.#flowUser = this.tls.addUser(this.#flows);
    this.#clearUser = this.tls.addUser(new WrongProtocol(this.tls));
    this.ours = new TlsCarrier(this.tls, -1, -1);
  }

  /** What of TLS's share is not taken yet, in bytes. */
  spare(): number {
    const { limits, buffered } = this.tls.core;
    const connections = Math.max(0, limits.connections - this.tls.count) * TLS_CONNECTION_COST;
    return connections + Math.max(0, limits.handshakeMemory - buffered);
  }

  /**
   * The machine is a copy of another. What is random from here on follows from these bytes, tickets and cookies of before are
   * not opened, and connections end: their keys are the other machine's as well, and a key may seal a number once.
   */
  renew(fresh: Uint8Array, now: Instant): void {
    this.#random.add(fresh);
    const { tickets, cookies } = this.tls.core.terms;
    tickets.renew();
    cookies.renew(this.#random);
    this.tls.abortAll(now);
  }

  /** Who is to listen below on a port that this user serves: with RECORD_ROOM more bytes unread than that one wants. */
  listener(user: StreamUser): StreamUser {
    return new TlsCarrier(this.tls, this.tls.addUser(user), this.#clearUser);
  }

  /**
   * Has a connection of ours, of which `ours` hears, speak TLS with the server of this name. `established`: it is connected,
   * and what it brings from here on is TLS; else that begins when it is. `protocols`: what is offered to be spoken over it,
   * none to say nothing of that. False: there is no room.
   */
  start(handle: Handle, name: string, protocols: readonly string[], established: boolean, now: Instant): boolean {
    if (!this.tls.pass(handle, this.#flowUser)) return false;
    const reference = referenceName(name);
    const verifier = new PathVerifier(reference, this.trust, this.#wallSeconds(now));
    this.#flows.handles.push(handle);
    this.#flows.verifiers.push(verifier);
    this.#flows.opened.push(false);
    this.tls.secure(handle, new ClientTerms(reference.host, verifier, this.#random, protocols), established, now);
    return true;
  }

  /** True: the connection of ours is one of these. */
  has(handle: Handle): boolean {
    return this.#flows.handles.includes(handle);
  }

  /** The edge has let go of it. */
  forget(handle: Handle): void {
    this.#flows.forget(handle);
  }

  /** The authorities of the web that are believed (x509/trust.ts has the form of the table). */
  trustAnchors(table: Uint8Array): void {
    const given = this.#trusted;
    this.trust = new Trust(table);
    for (let i = 0; i < given.length; i++) this.trust.add(given[i]!);
  }

  /** Believes this key or these authorities as well; "", or what is wrong with the text. */
  trustAlso(text: string): string {
    const added = this.trust.add(text);
    if (!added.ok) return describeTrust(added.error);
    this.#trusted.push(text);
    return "";
  }

  /** Begins a new list of certificates; the current one is shown until `commit`. */
  begin(): void {
    this.#next = [];
  }

  /** Adds a key and its chain, as PEM; what is to be said of it, as Reading.report has it. */
  add(text: string, now: Instant): string {
    const { credential, report } = readCredential(text, this.#wallSeconds(now), this.trust);
    if (credential !== undefined) this.#next.push(credential);
    return report;
  }

  /**
   * Adds a certificate that signs itself, for these names, valid from `notBefore` (seconds since 1970). `seed`, at least
   * 128 bytes, is what its key is made of. The fingerprint of its key; "" when there is no entropy to sign with.
   */
  addOwn(seed: Uint8Array, names: readonly string[], notBefore: number): string {
    const key = seedKey(seed);
    const certificate = this.#selfSigned(key, names, notBefore, []);
    if (certificate.length === 0) return "";
    const decoded = new Certificate();
    if (decodeCertificate(certificate, 0, certificate.length, decoded) !== 0)
      throw new Error("a certificate of our own cannot be read");
    this.#next.push(new Credential(names, [certificate], key.secret, handshakeSchemes(key.family), ""));
    return `sha256:${hexText(fingerprint(decoded))}`;
  }

  /** Adds the chain that an authority has issued for the key of the seed, as PEM; the answer is as `add` has it. */
  addIssued(seed: Uint8Array, text: string, now: Instant): string {
    const { credential, report } = readIssuedCredential(text, seedKey(seed), this.#wallSeconds(now), this.trust);
    if (credential !== undefined) this.#next.push(credential);
    return report;
  }

  /**
   * Adds what answers a TLS-ALPN-01 challenge for the name (RFC 8737 3): `digest` is the SHA-256 of the key authorization.
   * It is for those alone who ask for acme-tls/1. False: there is no entropy to sign with.
   */
  addChallenge(seed: Uint8Array, name: string, digest: Uint8Array, now: Instant): boolean {
    const key = seedKey(seed);
    // Its time is not looked at; a day to both sides is more than the clocks of two machines differ.
    const notBefore = this.#wallSeconds(now) - DAY;
    const certificate = this.#selfSigned(key, [name], notBefore, [acmeIdentifier(digest)]);
    if (certificate.length === 0) return false;
    const schemes = handshakeSchemes(key.family);
    this.#next.push(new Credential([challengeName(name)], [certificate], key.secret, schemes, ACME_PROTOCOL));
    return true;
  }

  /** From now on the list that was begun is shown; connections that are open go on. How many there are. */
  commit(): number {
    this.#credentials.replace(this.#next);
    this.#next = [];
    return this.#credentials.size;
  }

  setWallClock(wallMs: number, now: Instant): void {
    this.#offsetMs = wallMs - now / 1000;
  }

  describe(): string {
    const { tls } = this;
    let text = `tls-connections ${tls.count}\ntls-handshaking ${tls.handshakes}\n`;
    for (let i = 0; i < TLS_COUNTER_NAMES.length; i++)
      text += `tls-${TLS_COUNTER_NAMES[i]!} ${tls.counters.value(i)}\n`;
    return text;
  }

  /** Empty: there is no entropy to sign with. */
  #selfSigned(key: PrivateKey, names: readonly string[], notBefore: number, extensions: Uint8Array[]): Uint8Array {
    const serial = new Uint8Array(16);
    this.#random.fill(serial);
    serial[0] = (serial[0]! & 0x7f) | 1;
    return selfSigned(key, { names, notBefore, notAfter: notBefore + OWN_LIFETIME, serial, extensions });
  }

  #wallSeconds(now: Instant): number {
    return Math.floor((now / 1000 + this.#offsetMs) / 1000);
  }
}

export function describeTrust(error: TrustError): string {
  switch (error.kind) {
    case "no fingerprint":
      return "sha256: is followed by the 32 bytes of a hash, in hexadecimal or base64";
    case "PEM":
      return error.line === 0
        ? "it is neither sha256:... nor a certificate in PEM"
        : `the block of PEM that begins in its line ${error.line} is damaged`;
    case "no certificate":
      return `a certificate is wanted, and this is a ${error.label}`;
    case "malformed":
      return `certificate ${error.block + 1} cannot be read: ${damage(error.fault)}`;
    case "too many":
      return `more than ${error.limit} are named`;
    default:
      error satisfies never;
      throw new Error("an error without words");
  }
}
