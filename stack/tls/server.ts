/// <reference path="../base/cryptography.d.ts" />
// The server's handshake (RFC 8446 2, 4, A.2), as the states of A.2 that wait for something:
//
//   state     carries                             message       leads to
//   start     nothing                             ClientHello   retried, when its shares or its cookie will not do
//                                                               flown: ServerHello ... Finished have been written
//   retried   nothing                             ClientHello   flown; what the first one said is in its cookie
//   flown     what Finished must be, the          Finished      done: tickets have been written
//             secrets that come after it
//   done      nothing
//   failed    nothing                                           an alert was the answer
//
// Client certificates are not asked for; early data is skipped, never taken.

import type { Instant } from "../base/result.ts";
import { Agreement } from "./agreement.ts";
import {
  DECODE_ERROR,
  DECRYPT_ERROR,
  FINE,
  ILLEGAL_PARAMETER,
  INTERNAL_ERROR,
  MISSING_EXTENSION,
  UNEXPECTED_MESSAGE,
} from "./alerts.ts";
import type { Channel } from "./channel.ts";
import {
  CLIENT_HELLO,
  COOKIE,
  EARLY_DATA,
  FINISHED,
  hashLength,
  hashOf,
  KEY_UPDATE,
  NO_GROUP,
  NO_SUITE,
  PAIR_RANDOM,
  PRE_SHARED_KEY,
  SHARE_ROOM,
  SHARED_SECRET_ROOM,
} from "./codes.ts";
import { cookieGroup, cookieHello, cookieResumes, cookieSuite, repeats } from "./cookies.ts";
import { writeFinished } from "./finished.ts";
import { Handshake } from "./handshake.ts";
import {
  binderKey,
  CLIENT_HANDSHAKE,
  CLIENT_TRAFFIC,
  derive,
  EXPORTER,
  earlySecret,
  finishedMac,
  handshakeSecret,
  masterSecret,
  NO_SECRET,
  RESUMPTION_MASTER,
  SERVER_HANDSHAKE,
  SERVER_TRAFFIC,
  type Secret,
  sameBytes,
  wipe,
} from "./key-schedule.ts";
import {
  KEY_UPDATE_LENGTH,
  MOST_CLIENT_HELLO,
  MOST_FINISHED,
  MOST_SKIPPED,
  TICKETS_FULL,
  TICKETS_RESUMED,
} from "./limits.ts";
import type { Messages } from "./messages.ts";
import { negotiate, type ServerTerms } from "./negotiation.ts";
import { writeExtensions, writeTickets } from "./server-writing.ts";
import { SERVER_CONTEXT, signedContent } from "./signed-content.ts";

import { TrafficKeys } from "./traffic-keys.ts";
import { Transcript } from "./transcript.ts";
import { ClientHello } from "./wire/client-hello.ts";
import { encodeCertificateVerify, RETRY_RANDOM, ServerHello } from "./wire/server-messages.ts";

type ServerState =
  | { readonly step: "start" }
  | { readonly step: "retried" }
  | {
      readonly step: "flown";
      readonly suite: number;
      readonly transcript: Transcript;
      /** What the client's Finished must hold. */
      readonly expected: Uint8Array;
      readonly master: Secret;
      readonly clientTraffic: Secret;
      readonly serverName: string;
      /** Tickets to be given (4.2.9: none to who could not use them). */
      readonly tickets: number;
    }
  | { readonly step: "done" }
  | { readonly step: "failed" };

export class Server extends Handshake {
  readonly #terms: ServerTerms;
  readonly #channel: Channel;
  #state: ServerState = { step: "start" };
  /** The server's name that the client asked for; "": none. */
  serverName = "";
  /** The group of the key agreement. */
  group = NO_GROUP;
  suite = NO_SUITE;
  /** The exporter's secret (7.5), once complete; kept only when it is asked for. */
  exporter: Secret = NO_SECRET;
  keepExporter = false;

  constructor(terms: ServerTerms, channel: Channel) {
    super();
    this.#terms = terms;
    this.#channel = channel;
  }

  override get awaitsHello(): boolean {
    return this.#state.step === "start" || this.#state.step === "retried";
  }

  override limit(type: number): number {
    switch (this.#state.step) {
      case "start":
      case "retried":
        return type === CLIENT_HELLO ? MOST_CLIENT_HELLO : 0;
      case "flown":
        return type === FINISHED ? MOST_FINISHED : 0;
      case "done":
        return type === KEY_UPDATE ? KEY_UPDATE_LENGTH : 0;
      default:
        return 0;
    }
  }

  override message(message: Messages, now: Instant): number {
    const { type, bytes, offset, length } = message;
    const state = this.#state;
    switch (state.step) {
      case "start":
      case "retried": {
        if (type !== CLIENT_HELLO) return UNEXPECTED_MESSAGE;
        const hello = new ClientHello(bytes, offset, length);
        let alert = hello.decode();
        if (alert === FINE) alert = state.step === "start" ? this.#hello(hello, now) : this.#helloAgain(hello, now);
        if (alert !== FINE) this.#state = { step: "failed" };
        return alert;
      }
      case "flown": {
        if (type !== FINISHED) return UNEXPECTED_MESSAGE;
        const { expected } = state;
        const fits = length === 4 + expected.length;
        if (!fits || !sameBytes(bytes, offset + 4, expected, 0, expected.length)) {
          this.wipe();
          return fits ? DECRYPT_ERROR : DECODE_ERROR;
        }
        state.transcript.add(bytes, offset, length);
        this.#channel.protectReading(new TrafficKeys(state.suite, state.clientTraffic));
        const resumption = derive(hashOf(state.suite), state.master, RESUMPTION_MASTER, state.transcript.digest());
        writeTickets(
          this.#channel.messages,
          this.#terms,
          { suite: state.suite, resumption, name: state.serverName },
          state.tickets,
          now,
        );
        this.#channel.flush();
        wipe(resumption);
        state.transcript.wipe();
        wipe(state.master);
        this.#state = { step: "done" };
        this.complete = true;
        return FINE;
      }
      default:
        return UNEXPECTED_MESSAGE;
    }
  }

  override wipe(): void {
    const state = this.#state;
    if (state.step === "flown") {
      state.transcript.wipe();
      wipe(state.master);
      wipe(state.clientTraffic);
    }
    if (this.exporter.length > 0) wipe(this.exporter);
    this.#state = { step: "failed" };
  }

  #hello(hello: ClientHello, now: Instant): number {
    this.started = true;
    const agreement = new Agreement();
    const alert = negotiate(this.#terms, hello, NO_SUITE, NO_GROUP, now, agreement);
    if (alert !== FINE) return alert;
    if (agreement.share < 0 || this.#terms.loaded) {
      this.#retry(hello, agreement, now);
      return FINE;
    }
    if (hello.has(EARLY_DATA)) this.#channel.skippable = MOST_SKIPPED;
    const transcript = new Transcript(hashOf(agreement.suite));
    return this.#answer(hello, agreement, transcript, true);
  }

  /** 4.1.4. */
  #retry(hello: ClientHello, agreement: Agreement, now: Instant): void {
    const group = agreement.share < 0 ? agreement.group : NO_GROUP;
    const retry = new ServerHello();
    retry.random = RETRY_RANDOM;
    retry.sessionId = hello.sessionId;
    retry.suite = agreement.suite;
    retry.group = group;
    retry.cookie = this.#terms.cookies.make(hello, agreement, group, now);
    retry.encode(this.#channel.messages);
    // D.4, whether the client has asked for it by a session id or not: middleboxes look at ours as well.
    this.#channel.changeCipherSpec();
    if (hello.has(EARLY_DATA)) this.#channel.skippable = MOST_SKIPPED;
    this.retried = true;
    this.#state = { step: "retried" };
  }

  /** 4.1.2: the second ClientHello, which brings the first one's hash along. */
  #helloAgain(hello: ClientHello, now: Instant): number {
    const { cookie } = hello;
    if (!hello.has(COOKIE)) return MISSING_EXTENSION;
    if (!this.#terms.cookies.verify(cookie, now) || !repeats(cookie, hello)) return ILLEGAL_PARAMETER;
    // Nobody may offer early data again.
    if (hello.has(EARLY_DATA)) return ILLEGAL_PARAMETER;
    const suite = cookieSuite(cookie);
    const group = cookieGroup(cookie);
    const agreement = new Agreement();
    const alert = negotiate(this.#terms, hello, suite, group, now, agreement);
    if (alert !== FINE) return alert;
    if (agreement.share < 0) return ILLEGAL_PARAMETER;
    // 4.1.2: a ticket that was good for the suite is offered again.
    if (cookieResumes(cookie) && !hello.has(PRE_SHARED_KEY)) return MISSING_EXTENSION;
    // 4.2.8: one share, of the group asked for.
    if (group !== NO_GROUP && hello.shareGroups.length !== 1) return ILLEGAL_PARAMETER;
    this.#channel.skippable = 0;
    const transcript = new Transcript(hashOf(suite));
    transcript.beginRetried(cookieHello(cookie));
    const retry = new ServerHello();
    retry.random = RETRY_RANDOM;
    retry.sessionId = hello.sessionId;
    retry.suite = suite;
    retry.group = group;
    retry.cookie = cookie;
    // Written a second time, for its hash alone.
    const { messages } = this.#channel;
    retry.encode(messages);
    transcript.add(messages.bytes, 0, messages.length);
    messages.length = 0;
    // Compatibility's change_cipher_spec went with the first answer.
    return this.#answer(hello, agreement, transcript, false);
  }

  /** From ServerHello to Finished. The transcript lacks this hello. */
  #answer(hello: ClientHello, agreement: Agreement, transcript: Transcript, compatible: boolean): number {
    const { suite } = agreement;
    const algorithm = hashOf(suite);
    const resumed = agreement.identity >= 0;
    const early = earlySecret(algorithm, resumed ? agreement.ticket.secret : NO_SECRET);
    wipe(agreement.ticket.secret);
    const before = resumed ? hello.truncated : 0;
    transcript.add(hello.bytes, hello.offset, before);
    if (resumed && !bound(hello, agreement, early, transcript.digest())) {
      wipe(early);
      return DECRYPT_ERROR;
    }
    transcript.add(hello.bytes, hello.offset + before, hello.length - before);
    const channel = this.#channel;
    const { messages } = channel;
    const shared = new Uint8Array(SHARED_SECRET_ROOM);
    const secretLength = this.#writeHello(hello, agreement, shared);
    if (secretLength === 0) {
      wipe(early);
      return ILLEGAL_PARAMETER;
    }
    transcript.add(messages.bytes, 0, messages.length);
    if (compatible) channel.changeCipherSpec();
    const handshake = handshakeSecret(algorithm, early, shared, secretLength);
    wipe(shared);
    wipe(early);
    const hash = transcript.digest();
    const clientHandshake = derive(algorithm, handshake, CLIENT_HANDSHAKE, hash);
    const serverHandshake = derive(algorithm, handshake, SERVER_HANDSHAKE, hash);
    // TrafficKeys wipe what they are given, and Finished needs it.
    channel.protectWriting(new TrafficKeys(suite, serverHandshake.slice()));
    channel.protectReading(new TrafficKeys(suite, clientHandshake.slice()));
    channel.fragment = Math.min(channel.fragment, agreement.fragment);
    this.#hashed = 0;
    writeExtensions(channel.messages, hello, agreement);
    let failed = FINE;
    if (!resumed) failed = this.#writeProof(agreement, transcript);
    if (failed === FINE) {
      transcript.add(messages.bytes, this.#hashed, messages.length - this.#hashed);
      writeFinished(channel, algorithm, serverHandshake, transcript);
      const master = masterSecret(algorithm, handshake);
      const flight = transcript.digest();
      const clientTraffic = derive(algorithm, master, CLIENT_TRAFFIC, flight);
      const serverTraffic = derive(algorithm, master, SERVER_TRAFFIC, flight);
      if (this.keepExporter) this.exporter = derive(algorithm, master, EXPORTER, flight);
      channel.protectWriting(new TrafficKeys(suite, serverTraffic));
      const expected = finishedMac(algorithm, clientHandshake, flight);
      const useful = hello.pskDheKe && this.#terms.resumable;
      const tickets = useful ? (resumed ? TICKETS_RESUMED : TICKETS_FULL) : 0;
      const { serverName } = hello;
      this.#state = { step: "flown", suite, transcript, expected, master, clientTraffic, serverName, tickets };
      this.resumed = resumed;
      this.protocol = agreement.protocol;
      this.serverName = serverName;
      this.group = agreement.group;
      this.suite = suite;
    }
    wipe(handshake);
    wipe(clientHandshake);
    wipe(serverHandshake);
    return failed;
  }

  /** Of the messages of the flight, the bytes that are in the transcript already. */
  #hashed = 0;

  /** ServerHello, with our share; the secret goes into `shared`. Its length; 0: the client's share is none. */
  #writeHello(hello: ClientHello, agreement: Agreement, shared: Uint8Array): number {
    const random = new Uint8Array(PAIR_RANDOM);
    this.#terms.random.fill(random);
    const share = new Uint8Array(SHARE_ROOM);
    const at = hello.shareOffsets[agreement.share]!;
    const length = hello.shareLengths[agreement.share]!;
    this.signatures++;
    const made = nativeEncapsulate(agreement.group, random, hello.bytes, at, length, share, shared);
    wipe(random);
    if (made === 0) return 0;
    const answer = new ServerHello();
    answer.random = new Uint8Array(32);
    this.#terms.random.fill(answer.random);
    answer.sessionId = hello.sessionId;
    answer.suite = agreement.suite;
    answer.group = agreement.group;
    answer.share = share.subarray(0, Math.floor(made / 256));
    answer.identity = agreement.identity;
    answer.encode(this.#channel.messages);
    return made & 0xff;
  }

  /** Certificate and CertificateVerify. */
  #writeProof(agreement: Agreement, transcript: Transcript): number {
    const out = this.#channel.messages;
    const credential = this.#terms.credentials.at(agreement.credential.index);
    out.append(credential.message);
    transcript.add(out.bytes, 0, out.length);
    this.#hashed = out.length;
    const signature = new Uint8Array(1024);
    const content = signedContent(SERVER_CONTEXT, transcript.digest());
    const length = nativeSign(agreement.credential.scheme, credential.key, content, signature);
    // A key that is none for its certificate, or no entropy: ours to mend.
    if (length === 0) return INTERNAL_ERROR;
    encodeCertificateVerify(out, agreement.credential.scheme, signature, length);
    return FINE;
  }
}

/** Whether the identity's binder is right (4.2.11.2). `hash`: that of all up to the list of binders. */
function bound(hello: ClientHello, agreement: Agreement, early: Secret, hash: Uint8Array): boolean {
  const algorithm = hashOf(agreement.suite);
  const length = hashLength(algorithm);
  const at = hello.binderOffsets[agreement.identity]!;
  if (hello.bytes[at]! !== length) return false;
  const key = binderKey(algorithm, early);
  const expected = finishedMac(algorithm, key, hash);
  wipe(key);
  return sameBytes(expected, 0, hello.bytes, at + 1, length);
}
