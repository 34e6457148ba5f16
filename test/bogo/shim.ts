// A shim for BoringSSL's runner (README.md): connects, speaks TLS by stack/tls as client or server, and gives back each byte
// of data XOR 0xff. Exit status 0: as it should be; 1: not, with the reason on stderr; 89: a flag that is not known.

import "../../image/native-node.ts";
import { createHash, createHmac, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import {
  alertName,
  CERTIFICATE_UNKNOWN,
  DECODE_ERROR,
  FINE,
  HANDSHAKE_FAILURE,
  ILLEGAL_PARAMETER,
} from "../../stack/tls/alerts.ts";
import { Channel } from "../../stack/tls/channel.ts";
import { Client } from "../../stack/tls/client.ts";
import { ED25519, hashOf } from "../../stack/tls/codes.ts";
import { BROKEN, Connection, DATA, ENDED, FAILED } from "../../stack/tls/connection.ts";
import { Cookies } from "../../stack/tls/cookies.ts";
import { type Choice, Credential, Credentials } from "../../stack/tls/credentials.ts";
import { ascii } from "../../stack/tls/key-schedule.ts";
import { GROUPS, ServerTerms } from "../../stack/tls/negotiation.ts";
import { ClientTerms, SCHEMES } from "../../stack/tls/offer.ts";
import { recordLength } from "../../stack/tls/record.ts";
import { Server } from "../../stack/tls/server.ts";
import { NO_SESSION, type Session } from "../../stack/tls/session.ts";
import { Certificate, KEY_USAGE_SIGNATURE } from "../../stack/x509/certificate.ts";
import { decodeCertificate } from "../../stack/x509/decode.ts";
import { rawKey } from "../interop/certificates.ts";
import { NodeVerifier } from "../interop/node-verifier.ts";
import { type Flags, flagsOf } from "./flags.ts";
import { NotingGenerator, RunnerTickets } from "./runner-tickets.ts";

/** What `-send-alert` means. */
const DECOMPRESSION_FAILURE = 30;

class Fault extends Error {}

function check(good: boolean, what: string): void {
  if (!good) throw new Fault(what);
}

/** Judges as the flags say, and never by the chain. */
class ShimVerifier extends NodeVerifier {
  readonly #flags: Flags;
  constructor(flags: Flags) {
    super("");
    this.#flags = flags;
  }
  override judge(chain: readonly Uint8Array[]): number {
    const leaf = new Certificate();
    // The runner wants what BoringSSL sends for a leaf that is none; our own verifier would say bad_certificate.
    if (decodeCertificate(chain[0]!, 0, chain[0]!.length, leaf) !== 0) return DECODE_ERROR;
    // RFC 8446 4.4.2.2.
    if (leaf.keyUsage >= 0 && (leaf.keyUsage & KEY_USAGE_SIGNATURE) === 0) return ILLEGAL_PARAMETER;
    super.judge(chain);
    if (!this.#flags.has("verify-fail") || !this.#flags.has("verify-peer")) return FINE;
    return this.#flags.has("use-custom-verify-callback") ? CERTIFICATE_UNKNOWN : HANDSHAKE_FAILURE;
  }
}

const random = new NotingGenerator(crypto.getRandomValues(new Uint8Array(32)));
const tickets = new RunnerTickets(random);
const cookies = new Cookies(random);
let session: Session = NO_SESSION;
/** Microseconds. */
let now = 1_000_000;

function protocolsOf(advertised: string | undefined): string[] {
  const protocols: string[] = [];
  const bytes = Buffer.from(advertised ?? "", "latin1");
  for (let at = 0; at < bytes.length; at += 1 + bytes[at]!)
    protocols.push(bytes.subarray(at + 1, at + 1 + bytes[at]!).toString("latin1"));
  return protocols;
}

function chosen<T>(preferred: readonly T[], all: readonly T[]): readonly T[] {
  return preferred.length > 0 ? preferred.filter((value) => all.includes(value)) : all;
}

function credentialOf(flags: Flags): Credential | undefined {
  const certificateFile = flags.text("cert-file");
  const keyFile = flags.text("key-file");
  if (certificateFile === undefined || keyFile === undefined) return undefined;
  const pem = readFileSync(certificateFile, "utf8");
  const chain = [...pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)];
  const ders = chain.map(([text]) => new Uint8Array(new X509Certificate(text).raw));
  const key: KeyObject = createPrivateKey(readFileSync(keyFile));
  const raw = rawKey(key);
  const wanted = flags.numbers("signing-prefs");
  const schemes = wanted.length > 0 ? wanted.filter((scheme) => raw.schemes.includes(scheme)) : raw.schemes;
  const name = flags.has("no-server-name-ack") ? undefined : flags.text("expect-server-name");
  return new Credential(name === undefined ? [] : [name], ders, raw.bytes, schemes, "");
}

/** Credentials that remember which signatures the client takes. */
class NotingCredentials extends Credentials {
  schemes: readonly number[] = [];
  override choose(name: string, protocol: string, schemes: readonly number[], choice: Choice): void {
    this.schemes = schemes;
    super.choose(name, protocol, schemes, choice);
  }
}

/** Of the schemes that are verified by default, BoringSSL leaves Ed25519 out. */
const DEFAULT_SCHEMES = SCHEMES.filter((scheme) => scheme !== ED25519);

class Peer {
  readonly flags: Flags;
  readonly channel = new Channel();
  readonly handshake: Client | Server;
  readonly connection: Connection;
  readonly socket: Socket;
  readonly credentials = new NotingCredentials();
  #waiting: Uint8Array = new Uint8Array(0);
  /** The first record of the peer. */
  #first: Uint8Array | undefined;
  #announced = false;
  #ended = false;
  #failed = false;
  #settle: (fault: string) => void = () => {};
  readonly over: Promise<string>;

  constructor(flags: Flags) {
    this.flags = flags;
    this.handshake = flags.has("server") ? this.#server() : this.#client();
    this.handshake.keepExporter = true;
    this.connection = new Connection(this.channel, this.handshake);
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.socket = connect(flags.number("port") ?? 0, flags.has("ipv6") ? "::1" : "127.0.0.1");
    this.socket.setNoDelay(true);
    this.socket.on("connect", () => this.#begin());
    this.socket.on("data", (bytes: Buffer) => this.#receive(new Uint8Array(bytes)));
    this.socket.on("end", () => this.#finish());
    this.socket.on("error", () => this.#finish());
  }

  #server(): Server {
    const { flags } = this;
    const { credentials } = this;
    const credential = credentialOf(flags);
    if (credential !== undefined) credentials.replace([credential]);
    const protocols = flags.has("select-alpn")
      ? [flags.text("select-alpn")!]
      : flags.has("reject-alpn")
        ? ["none"]
        : [];
    const terms = new ServerTerms(credentials, tickets, cookies, random, protocols, nativeHasAes());
    terms.groups = chosen(flags.numbers("curves"), GROUPS);
    // BoringSSL always does.
    terms.insists = flags.has("expect-hrr");
    const key = flags.text("ticket-key");
    tickets.key = key === undefined ? undefined : Buffer.from(key, "base64");
    terms.resumable = !flags.has("no-ticket");
    return new Server(terms, this.channel);
  }

  #client(): Client {
    const { flags } = this;
    const protocols = protocolsOf(flags.text("advertise-alpn"));
    const terms = new ClientTerms(flags.text("host-name") ?? "", new ShimVerifier(flags), random, protocols);
    terms.groups = chosen(flags.numbers("curves"), terms.groups);
    const shares = flags.numbers("key-shares");
    terms.grease = flags.has("enable-grease");
    terms.shared = flags.has("no-key-shares")
      ? []
      : flags.has("key-shares")
        ? shares.filter((group) => terms.groups.includes(group))
        : defaultShares(terms.groups);
    const prefs = flags.numbers("verify-prefs");
    terms.schemes = prefs.length > 0 ? prefs : DEFAULT_SCHEMES;
    terms.session = session;
    return new Client(terms, this.channel);
  }

  #begin(): void {
    const id = Buffer.alloc(8);
    id.writeBigUInt64LE(BigInt(this.flags.text("shim-id") ?? "0"));
    this.socket.write(id);
    if (this.handshake instanceof Client) this.handshake.begin(now);
    this.#flush();
  }

  #flush(): void {
    const { channel } = this;
    const limit = this.flags.number("max-send-fragment");
    if (limit !== undefined) channel.fragment = Math.min(channel.fragment, limit);
    const bytes = channel.take();
    if (bytes.length > 0) this.socket.write(bytes);
  }

  #receive(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#waiting.length + bytes.length);
    all.set(this.#waiting);
    all.set(bytes, this.#waiting.length);
    let at = 0;
    try {
      while (!this.#failed) {
        const length = recordLength(all, at, all.length - at);
        if (length < 0) {
          this.connection.fail(-length);
          throw new Fault(`alert of ours: ${alertName(-length)}`);
        }
        if (length === 0 || length > all.length - at) break;
        this.#record(all, at, length);
        at += length;
        this.#flush();
      }
      this.#waiting = all.slice(at);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#failed = true;
      this.#flush();
      this.socket.end();
      this.#settle(error.message);
    }
  }

  #record(all: Uint8Array, at: number, length: number): void {
    const { connection } = this;
    this.#first ??= all.slice(at, at + length);
    const outcome = connection.record(all, at, length, now);
    if (outcome === FAILED) throw new Fault(`alert of ours: ${alertName(connection.alert)}`);
    if (outcome === BROKEN) throw new Fault(`alert of the peer: ${alertName(connection.alert)}`);
    if (this.handshake.complete && !this.#announced) this.#opened();
    if (outcome === ENDED) {
      this.#ended = true;
      // The runner may wait for our end before it closes.
      this.#finish();
    }
    // A KeyUpdate that is asked for is answered when there is data to write (see #send).
    if (outcome === DATA) this.#echo(all.slice(connection.dataOffset, connection.dataOffset + connection.dataLength));
  }

  /** The handshake is done: what was agreed on must be what is expected. */
  #opened(): void {
    this.#announced = true;
    const { flags, handshake, connection } = this;
    const group = flags.number("expect-curve-id");
    check(group === undefined || handshake.group === group, `the group is ${handshake.group}`);
    check(!flags.has("expect-hrr") || handshake.retried, "no HelloRetryRequest");
    check(!flags.has("expect-no-hrr") || !handshake.retried, "a HelloRetryRequest");
    check(!flags.has("expect-session-miss") || !handshake.resumed, "resumed");
    const suite = flags.number(nativeHasAes() ? "expect-cipher-aes" : "expect-cipher-no-aes");
    check(suite === undefined || handshake.suite === suite, `the suite is ${handshake.suite}`);
    const prefs = flags.numbers("expect-peer-verify-pref").join();
    check(prefs === "" || prefs === this.credentials.schemes.join(), `the client takes ${this.credentials.schemes}`);
    const protocol = flags.text("expect-alpn");
    check(protocol === undefined || handshake.protocol === protocol, `the protocol is ${handshake.protocol}`);
    if (handshake instanceof Client) {
      const scheme = flags.number("expect-peer-signature-algorithm");
      check(
        scheme === undefined || handshake.resumed || handshake.scheme === scheme,
        `the scheme is ${handshake.scheme}`,
      );
    } else {
      const name = flags.text("expect-server-name");
      const skew = flags.number("expect-ticket-age-skew");
      const seen = handshake.resumed ? tickets.skew(this.#first!, now) : skew;
      check(skew === undefined || skew === seen, `the ticket's age differs by ${seen} s`);
      check(name === undefined || handshake.serverName === name, `the name is ${handshake.serverName}`);
    }
    if (flags.has("send-alert")) this.channel.alert(DECOMPRESSION_FAILURE, true);
    // A session was judged when it began; who wants it judged again does so here.
    const again = handshake instanceof Client && handshake.resumed && flags.has("reverify-on-resume");
    if (again && flags.has("verify-fail")) {
      connection.fail(CERTIFICATE_UNKNOWN);
      throw new Fault("the session's certificate is not good any more");
    }
    const length = flags.number("export-keying-material");
    if (length !== undefined) this.#export(length);
    if (flags.has("shim-writes-first")) this.#send(ascii("hello"));
    if (flags.has("shim-shuts-down")) connection.end();
  }

  #export(length: number): void {
    const { flags, handshake } = this;
    const context = Buffer.from(flags.has("use-export-context") ? (flags.text("export-context") ?? "") : "", "latin1");
    const label = Buffer.from(flags.text("export-label") ?? "", "latin1");
    this.#send(
      exported(hashOf(handshake.suite) === 0 ? "sha256" : "sha384", handshake.exporter, label, context, length),
    );
  }

  #echo(data: Uint8Array): void {
    if (this.flags.has("shim-shuts-down")) return;
    if (this.flags.has("key-update")) this.connection.updateKeys(false);
    this.#send(data.map((byte) => byte ^ 0xff));
  }

  #send(data: Uint8Array): void {
    this.connection.answerUpdate();
    this.#flush();
    const { channel } = this;
    channel.writing.fragment = channel.fragment;
    const sealed = new Uint8Array(data.length + Math.max(1, Math.ceil(data.length / channel.fragment)) * 22);
    channel.writing.seal(23, data, 0, data.length, sealed, 0);
    this.socket.write(sealed);
  }

  /** The peer has ended its side, or there is no other side. */
  #finish(): void {
    const { flags, handshake } = this;
    if (handshake instanceof Client && handshake.sessions.length > 0) session = handshake.sessions.at(-1)!;
    if (!this.channel.ended && handshake.complete) {
      this.connection.end();
      this.#flush();
    }
    this.socket.end();
    if (!handshake.complete) this.#settle("the peer has ended during the handshake");
    else if (flags.has("check-close-notify") && !this.#ended) this.#settle("no close_notify");
    else this.#settle("");
  }
}

/** HKDF-Expand-Label (RFC 8446 7.1), however long: natives stop at 255 bytes. */
function expandLabel(hash: string, secret: Uint8Array, label: Uint8Array, context: Uint8Array, length: number): Buffer {
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 255, label.length + 6]),
    Buffer.from("tls13 "),
    label,
    Buffer.from([context.length]),
    context,
  ]);
  let block = Buffer.alloc(0);
  let all = Buffer.alloc(0);
  for (let i = 1; all.length < length; i++) {
    block = createHmac(hash, secret)
      .update(block)
      .update(info)
      .update(Buffer.from([i]))
      .digest();
    all = Buffer.concat([all, block]);
  }
  return all.subarray(0, length);
}

/** RFC 8446 7.5. */
function exported(hash: string, exporter: Uint8Array, label: Uint8Array, context: Uint8Array, length: number): Buffer {
  const size = hash === "sha256" ? 32 : 48;
  const derived = expandLabel(hash, exporter, label, createHash(hash).digest(), size);
  return expandLabel(hash, derived, ascii("exporter"), createHash(hash).update(context).digest(), length);
}

/** As BoringSSL: the first, and the first of the other kind. */
function defaultShares(groups: readonly number[]): readonly number[] {
  const first = groups[0];
  if (first === undefined) return [];
  const other = groups.find((group) => (group === 0x11ec) !== (first === 0x11ec));
  return other === undefined ? [first] : [first, other];
}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes("-is-handshaker-supported")) {
    console.log("No");
    return 0;
  }
  const count = flagsOf(words, 0)?.number("resume-count") ?? 0;
  for (let i = 0; i <= count; i++) {
    const flags = flagsOf(words, i);
    if (flags === undefined) return 89;
    if (i > 0) now += (flags.number("resumption-delay") ?? 0) * 1_000_000;
    const fault = await new Peer(flags).over;
    if (fault !== "") {
      console.error(fault);
      return 1;
    }
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
// An exit at once would throw away what is still to be written; but the runner may wait for us to go before it closes.
setTimeout(() => process.exit(), 500).unref();
