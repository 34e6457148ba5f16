/// <reference path="../base/cryptography.d.ts" />
// The client's handshake (RFC 8446 2, 4, A.1), as the states of A.1 that wait for something:
//
//   state        carries                          message               leads to
//   start        nothing                          (begin)               hello
//   hello        the offer; what a                HelloRetryRequest     hello, once
//                HelloRetryRequest has said       ServerHello           extensions
//   extensions   the keys of the handshake        EncryptedExtensions   finished when resumed, else certificate
//   certificate  the same                         CertificateRequest    certificate, once
//                                                 Certificate           verify
//   verify       the same                         CertificateVerify     finished
//   finished     the same                         Finished              done: ours has been written
//   done         the secret of tickets            NewSessionTicket      done
//   failed       nothing                                                an alert was the answer

import type { Instant } from "../base/result.ts";
import {
  DECODE_ERROR,
  DECRYPT_ERROR,
  FINE,
  ILLEGAL_PARAMETER,
  MISSING_EXTENSION,
  UNEXPECTED_MESSAGE,
} from "./alerts.ts";
import type { Channel } from "./channel.ts";
import { checkEncryptedExtensions, checkHello, contains, isPkcs1, readProtocol } from "./client-checks.ts";
import { agreeKeys, type Keys, pairOf, wipeKeys } from "./client-keys.ts";
import {
  ALPN,
  CERTIFICATE,
  CERTIFICATE_REQUEST,
  CERTIFICATE_VERIFY,
  ENCRYPTED_EXTENSIONS,
  FINISHED,
  hashOf,
  KEY_UPDATE,
  NEW_SESSION_TICKET,
  NO_GROUP,
  NO_SUITE,
  RECORD_SIZE_LIMIT,
  SERVER_HELLO,
} from "./codes.ts";
import { writeFinished } from "./finished.ts";
import { Handshake } from "./handshake.ts";
import {
  CLIENT_TRAFFIC,
  derive,
  EXPORTER,
  finishedMac,
  masterSecret,
  NO_SECRET,
  RESUMPTION_MASTER,
  SERVER_TRAFFIC,
  type Secret,
  sameBytes,
  wipe,
} from "./key-schedule.ts";
import {
  KEY_UPDATE_LENGTH,
  LEAST_RECORD_SIZE_LIMIT,
  MOST_CERTIFICATE,
  MOST_FINISHED,
  MOST_MESSAGE,
  MOST_SESSIONS,
  MOST_TICKET_MESSAGE,
} from "./limits.ts";
import type { Messages } from "./messages.ts";
import { type ClientTerms, firstOffer, type Offer, secondOffer } from "./offer.ts";
import { NO_SESSION, type Session, sessionOf } from "./session.ts";
import { SERVER_CONTEXT, signedContent } from "./signed-content.ts";
import { TrafficKeys } from "./traffic-keys.ts";
import { hashRange, Transcript } from "./transcript.ts";
import { Extensions } from "./wire/extensions.ts";
import {
  CertificateRequest,
  CertificateVerify,
  decodeCertificate,
  decodeExtensionsOnly,
  NewSessionTicket,
  ServerHello,
} from "./wire/server-messages.ts";

interface AwaitingHello {
  readonly step: "hello";
  readonly offer: Offer;
  /** NO_SUITE before a HelloRetryRequest; with it the transcript begins. */
  readonly suite: number;
  readonly group: number;
  readonly transcript: Transcript;
}

type ClientState =
  | { readonly step: "start" }
  | AwaitingHello
  | { readonly step: "extensions"; readonly keys: Keys }
  | { readonly step: "certificate"; readonly keys: Keys; readonly request: Uint8Array }
  | { readonly step: "verify"; readonly keys: Keys; readonly request: Uint8Array }
  | { readonly step: "finished"; readonly keys: Keys; readonly request: Uint8Array }
  | { readonly step: "done"; readonly suite: number; readonly resumption: Secret }
  | { readonly step: "failed" };

/** Before a HelloRetryRequest. */
const NO_TRANSCRIPT: Transcript = new Transcript(0);
/** The server has not asked for a certificate. */
const NO_REQUEST: Uint8Array = new Uint8Array(0);

export class Client extends Handshake {
  readonly #terms: ClientTerms;
  readonly #channel: Channel;
  #state: ClientState = { step: "start" };
  /** Tickets that have come, the newest last; who takes them empties it. */
  readonly sessions: Session[] = [];
  group = NO_GROUP;
  suite = NO_SUITE;
  /** The scheme by which the server has signed; 0: it has not. */
  scheme = 0;
  exporter: Secret = NO_SECRET;
  keepExporter = false;

  constructor(terms: ClientTerms, channel: Channel) {
    super();
    this.#terms = terms;
    this.#channel = channel;
  }

  /** Writes the first ClientHello. */
  begin(now: Instant): void {
    this.beginWith(firstOffer(this.#terms, now));
  }

  /** The same with an offer that was made elsewhere. */
  beginWith(offer: Offer): void {
    this.started = true;
    this.#channel.beginAsClient();
    this.#channel.messages.append(offer.hello);
    this.#channel.flush();
    this.#state = { step: "hello", offer, suite: NO_SUITE, group: NO_GROUP, transcript: NO_TRANSCRIPT };
  }

  override limit(type: number): number {
    switch (this.#state.step) {
      case "hello":
        return type === SERVER_HELLO ? MOST_MESSAGE : 0;
      case "extensions":
        return type === ENCRYPTED_EXTENSIONS ? MOST_MESSAGE : 0;
      case "certificate":
        if (type === CERTIFICATE_REQUEST && this.#state.request === NO_REQUEST) return MOST_MESSAGE;
        return type === CERTIFICATE ? MOST_CERTIFICATE : 0;
      case "verify":
        return type === CERTIFICATE_VERIFY ? MOST_MESSAGE : 0;
      case "finished":
        return type === FINISHED ? MOST_FINISHED : 0;
      case "done":
        if (type === NEW_SESSION_TICKET) return MOST_TICKET_MESSAGE;
        return type === KEY_UPDATE ? KEY_UPDATE_LENGTH : 0;
      default:
        return 0;
    }
  }

  override message(message: Messages, now: Instant): number {
    if (this.limit(message.type) === 0) return UNEXPECTED_MESSAGE;
    const alert = this.#message(message, now);
    if (alert !== FINE) this.wipe();
    return alert;
  }

  override wipe(): void {
    const state = this.#state;
    switch (state.step) {
      case "hello":
        state.offer.wipe();
        break;
      case "extensions":
        wipeKeys(state.keys);
        break;
      case "certificate":
        wipeKeys(state.keys);
        break;
      case "verify":
        wipeKeys(state.keys);
        break;
      case "finished":
        wipeKeys(state.keys);
        break;
      case "done":
        wipe(state.resumption);
        break;
      default:
    }
    if (this.exporter.length > 0) wipe(this.exporter);
    this.#state = { step: "failed" };
  }

  #message(message: Messages, now: Instant): number {
    const state = this.#state;
    switch (state.step) {
      case "hello":
        return this.#hello(state, message, now);
      case "extensions":
        return this.#extensions(state.keys, message);
      case "certificate":
        if (message.type === CERTIFICATE_REQUEST) return this.#request(state.keys, message);
        return this.#certificate(state.keys, state.request, message);
      case "verify":
        return this.#verify(state.keys, state.request, message);
      case "finished":
        return this.#finished(state.keys, state.request, message);
      case "done":
        return this.#ticket(state.suite, state.resumption, message, now);
      default:
        return UNEXPECTED_MESSAGE;
    }
  }

  /** ServerHello or HelloRetryRequest (4.1.3, 4.1.4). */
  #hello(state: AwaitingHello, message: Messages, now: Instant): number {
    const { offer, suite, group } = state;
    const hello = new ServerHello();
    const extensions = new Extensions(message.bytes);
    let alert = hello.decode(message, extensions);
    if (alert === FINE) alert = checkHello(this.#terms, offer, hello, extensions);
    if (alert !== FINE) return alert;
    if (suite !== NO_SUITE && hello.suite !== suite) return ILLEGAL_PARAMETER;
    // 4.1.4: one is enough.
    if (hello.retry) return suite === NO_SUITE ? this.#retry(offer, hello, message, now) : UNEXPECTED_MESSAGE;
    // 4.2.9: psk_ke was not offered.
    if (hello.group === NO_GROUP) return MISSING_EXTENSION;
    if (group !== NO_GROUP && hello.group !== group) return ILLEGAL_PARAMETER;
    return this.#agree(state, hello, message);
  }

  #retry(offer: Offer, hello: ServerHello, message: Messages, now: Instant): number {
    const { group, cookie } = hello;
    if (group === NO_GROUP && cookie.length === 0) return ILLEGAL_PARAMETER;
    if (group !== NO_GROUP && (!contains(this.#terms.groups, group) || pairOf(offer, group) !== undefined))
      return ILLEGAL_PARAMETER;
    const algorithm = hashOf(hello.suite);
    const first = hashRange(algorithm, offer.hello, 0, offer.hello.length);
    const transcript = new Transcript(algorithm);
    transcript.beginRetried(first);
    transcript.addMessage(message);
    // A state of a hash is not copied: the binder's is made anew.
    const binding = new Transcript(algorithm);
    binding.beginRetried(first);
    binding.addMessage(message);
    // A ticket of another hash has lost its chance (4.1.4).
    const keep = offer.session !== NO_SESSION && hashOf(offer.session.suite) === algorithm;
    const second = secondOffer(this.#terms, offer, hello, keep, now, binding);
    if (group !== NO_GROUP) offer.wipe();
    // D.4.
    this.#channel.changeCipherSpec();
    this.#channel.messages.append(second.hello);
    this.#channel.flush();
    this.retried = true;
    transcript.add(second.hello, 0, second.hello.length);
    this.#state = { step: "hello", offer: second, suite: hello.suite, group, transcript };
    return FINE;
  }

  #agree(state: AwaitingHello, hello: ServerHello, message: Messages): number {
    const { suite } = hello;
    const { offer } = state;
    const algorithm = hashOf(suite);
    const { session } = offer;
    const resumed = hello.identity >= 0;
    if (resumed && (hello.identity > 0 || hashOf(session.suite) !== algorithm)) return ILLEGAL_PARAMETER;
    const pair = pairOf(offer, hello.group);
    if (pair === undefined) return ILLEGAL_PARAMETER;
    let { transcript } = state;
    if (state.suite === NO_SUITE) {
      transcript = new Transcript(algorithm);
      transcript.add(offer.hello, 0, offer.hello.length);
    }
    transcript.addMessage(message);
    const keys = agreeKeys(pair, hello, resumed ? session.secret : NO_SECRET, transcript);
    if (keys === undefined) return ILLEGAL_PARAMETER;
    offer.wipe();
    const channel = this.#channel;
    // D.4.
    if (!this.retried && offer.sessionId.length > 0) channel.changeCipherSpec();
    channel.protectWriting(new TrafficKeys(suite, keys.client.slice()));
    channel.protectReading(new TrafficKeys(suite, keys.server.slice()));
    this.resumed = resumed;
    this.group = hello.group;
    this.suite = suite;
    this.#state = { step: "extensions", keys };
    return FINE;
  }

  #extensions(keys: Keys, message: Messages): number {
    const extensions = new Extensions(message.bytes);
    let alert = decodeExtensionsOnly(message, extensions);
    if (alert !== FINE) return alert;
    alert = checkEncryptedExtensions(this.#terms, extensions);
    if (alert !== FINE) return alert;
    if (extensions.has(RECORD_SIZE_LIMIT)) {
      const data = extensions.reader(RECORD_SIZE_LIMIT);
      const limit = data.u16();
      if (!data.done) return DECODE_ERROR;
      if (limit < LEAST_RECORD_SIZE_LIMIT) return ILLEGAL_PARAMETER;
      this.#channel.fragment = Math.min(this.#channel.fragment, limit - 1);
    }
    if (extensions.has(ALPN)) {
      const data = extensions.reader(ALPN);
      const chosen = readProtocol(data);
      if (!data.done) return DECODE_ERROR;
      // RFC 7301 3.1: one that was offered.
      for (const protocol of this.#terms.protocols) if (protocol === chosen) this.protocol = chosen;
      if (this.protocol === "") return ILLEGAL_PARAMETER;
    }
    keys.transcript.addMessage(message);
    if (this.resumed) this.#state = { step: "finished", keys, request: NO_REQUEST };
    else this.#state = { step: "certificate", keys, request: NO_REQUEST };
    return FINE;
  }

  #request(keys: Keys, message: Messages): number {
    const request = new CertificateRequest();
    const alert = request.decode(message);
    if (alert !== FINE) return alert;
    // 4.3.2: within a handshake it has no context; it names the signatures that it takes.
    if (request.context.length > 0) return ILLEGAL_PARAMETER;
    if (!request.hasSchemes) return MISSING_EXTENSION;
    keys.transcript.addMessage(message);
    this.#state = { step: "certificate", keys, request: new Uint8Array([CERTIFICATE, 0, 0, 4, 0, 0, 0, 0]) };
    return FINE;
  }

  #certificate(keys: Keys, request: Uint8Array, message: Messages): number {
    const chain: Uint8Array[] = [];
    let alert = decodeCertificate(message, chain);
    if (alert !== FINE) return alert;
    alert = this.#terms.verifier.judge(chain);
    if (alert !== FINE) return alert;
    keys.transcript.addMessage(message);
    this.#state = { step: "verify", keys, request };
    return FINE;
  }

  #verify(keys: Keys, request: Uint8Array, message: Messages): number {
    const proof = new CertificateVerify();
    let alert = proof.decode(message);
    if (alert !== FINE) return alert;
    const { scheme } = proof;
    if (!contains(this.#terms.schemes, scheme) || isPkcs1(scheme)) return ILLEGAL_PARAMETER;
    const content = signedContent(SERVER_CONTEXT, keys.transcript.digest());
    alert = this.#terms.verifier.verify(scheme, content, proof.signature);
    if (alert !== FINE) return alert;
    this.scheme = scheme;
    keys.transcript.addMessage(message);
    this.#state = { step: "finished", keys, request };
    return FINE;
  }

  #finished(keys: Keys, request: Uint8Array, message: Messages): number {
    const { suite, transcript } = keys;
    const algorithm = hashOf(suite);
    const expected = finishedMac(algorithm, keys.server, transcript.digest());
    if (message.length !== 4 + expected.length) return DECODE_ERROR;
    if (!sameBytes(message.bytes, message.offset + 4, expected, 0, expected.length)) return DECRYPT_ERROR;
    transcript.addMessage(message);
    const flight = transcript.digest();
    const master = masterSecret(algorithm, keys.handshake);
    const channel = this.#channel;
    channel.messages.append(request);
    transcript.add(request, 0, request.length);
    writeFinished(channel, algorithm, keys.client, transcript);
    channel.protectWriting(new TrafficKeys(suite, derive(algorithm, master, CLIENT_TRAFFIC, flight)));
    channel.protectReading(new TrafficKeys(suite, derive(algorithm, master, SERVER_TRAFFIC, flight)));
    const resumption = derive(algorithm, master, RESUMPTION_MASTER, transcript.digest());
    if (this.keepExporter) this.exporter = derive(algorithm, master, EXPORTER, flight);
    wipe(master);
    wipeKeys(keys);
    this.#state = { step: "done", suite, resumption };
    this.complete = true;
    return FINE;
  }

  /** 4.6.1: may come at any time between data. */
  #ticket(suite: number, resumption: Secret, message: Messages, now: Instant): number {
    const ticket = new NewSessionTicket();
    const alert = ticket.decode(message);
    if (alert !== FINE) return alert;
    if (ticket.lifetime === 0) return FINE;
    const session = sessionOf(ticket, suite, resumption, this.#terms.serverName, now);
    if (this.sessions.length >= MOST_SESSIONS) this.sessions.shift();
    this.sessions.push(session);
    return FINE;
  }
}
