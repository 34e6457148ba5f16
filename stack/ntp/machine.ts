// Asks one server at a time what time it is (RFC 4330): a few questions, each from a port of its own and with numbers
// that nobody can foresee, until one is answered. Whom of several to believe is in select.ts; steering a clock is not here.

import type { Port } from "../base/address.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../base/result.ts";
import { decodeAnswer, encodeQuestion, HEADER_LENGTH, NTP_REFUSED, NTP_UNSYNCHRONISED, NtpAnswer } from "./wire.ts";

/** Questions to a server, and how long the first waits for its answer; each that follows waits twice as long. */
export const QUESTIONS = 3;
export const FIRST_TIMEOUT = SECOND;
/** When nothing could be sent (no slot is free, the port is taken), and how often that is tried. */
export const RETRY_INTERVAL = 20 * MILLISECOND;
export const RETRIES = 50;
/**
 * The longest time between a question and its answer: half of it is how wrong the answer may be, whatever the server
 * says of its clock.
 */
export const LONGEST_ROUND_TRIP = 2 * SECOND;

// What `told` says; 0 is success.
export const TIME_NO_ANSWER = 1;
/** The server answered that it does not know the time itself. */
export const TIME_UNSYNCHRONISED = 2;
/** The server does not want to be asked. */
export const TIME_REFUSED = 3;
/** Another question is under way. */
export const TIME_BUSY = 4;

export abstract class NtpSink {
  /** An unpredictable unsigned 32-bit number. */
  abstract random(): number;
  /**
   * Takes the port for answers from port 123 of this server (as text) alone, and sends `bytes[0 .. length)` from it.
   * False: the port is taken, or nothing can be sent now.
   */
  abstract sendQuestion(port: Port, server: string, bytes: Uint8Array, length: number): boolean;
  /** The port is not needed any more. */
  abstract closePort(port: Port): void;
  /**
   * The wall clock at `now` shows this many milliseconds since 1970, and may be so many off; `error` 0, or TIME_ and no
   * time.
   */
  abstract told(token: number, wallMs: number, uncertainMs: number, error: number, now: Instant): void;
}

export class Sntp {
  private readonly bytes = new Uint8Array(HEADER_LENGTH);
  private readonly answer = new NtpAnswer();
  private token = 0;
  private server = "";
  private asked = 0;
  private unsent = 0;
  private timeout: Instant = 0;
  /** 0: no question is open. */
  private port = 0 as Port;
  private nonceHigh = 0;
  private nonceLow = 0;
  private sentAt: Instant = 0;
  private deadline: Instant = NEVER;

  /** Asks the server, an address as text. Exactly one `told` with this token follows, perhaps within this call. */
  ask(server: string, token: number, now: Instant, sink: NtpSink): void {
    if (this.deadline !== NEVER) {
      sink.told(token, 0, 0, TIME_BUSY, now);
      return;
    }
    this.server = server;
    this.token = token;
    this.asked = 0;
    this.unsent = 0;
    this.timeout = FIRST_TIMEOUT;
    this.send(now, sink);
  }

  /** Takes a datagram from the server asked to `port`. False: it is no answer to the question, and is left alone. */
  input(port: Port, bytes: Uint8Array, offset: number, length: number, now: Instant, sink: NtpSink): boolean {
    if (port !== this.port || this.port === 0) return false;
    const error = decodeAnswer(bytes, offset, length, this.nonceHigh, this.nonceLow, this.answer);
    if (error === NTP_REFUSED) this.fail(TIME_REFUSED, now, sink);
    else if (error === NTP_UNSYNCHRONISED) this.fail(TIME_UNSYNCHRONISED, now, sink);
    else if (error === 0) {
      // RFC 4330 5: the way there and the way back are taken for equally long.
      const waited = (now - this.sentAt) / MILLISECOND;
      const onTheWay = Math.max(0, waited - (this.answer.sentMs - this.answer.receivedMs));
      this.closePort(sink);
      this.deadline = NEVER;
      const uncertain = onTheWay / 2 + this.answer.rootErrorMs;
      sink.told(this.token, this.answer.sentMs + onTheWay / 2, uncertain, 0, now);
    } else return false;
    return true;
  }

  /** Nobody listens at the server's port: it is not asked again. */
  refused(port: Port, now: Instant, sink: NtpSink): void {
    if (port === this.port && this.port !== 0) this.fail(TIME_NO_ANSWER, now, sink);
  }

  step(now: Instant, sink: NtpSink): void {
    if (now < this.deadline) return;
    this.closePort(sink);
    if (this.asked < QUESTIONS && this.unsent < RETRIES) this.send(now, sink);
    else this.fail(TIME_NO_ANSWER, now, sink);
  }

  /** A question is under way. */
  get busy(): boolean {
    return this.deadline !== NEVER;
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  private send(now: Instant, sink: NtpSink): void {
    this.nonceHigh = sink.random();
    this.nonceLow = sink.random();
    encodeQuestion(this.bytes, this.nonceHigh, this.nonceLow);
    // RFC 9109: a port of the dynamic range (RFC 6335 6), not 123.
    const port = (49152 + (sink.random() & 16383)) as Port;
    if (sink.sendQuestion(port, this.server, this.bytes, HEADER_LENGTH)) {
      this.port = port;
      this.sentAt = now;
      this.asked++;
      this.deadline = now + this.timeout;
      this.timeout = Math.min(this.timeout * 2, LONGEST_ROUND_TRIP);
    } else {
      this.unsent++;
      this.deadline = now + RETRY_INTERVAL;
    }
  }

  private fail(error: number, now: Instant, sink: NtpSink): void {
    this.closePort(sink);
    this.deadline = NEVER;
    sink.told(this.token, 0, 0, error, now);
  }

  private closePort(sink: NtpSink): void {
    if (this.port !== 0) sink.closePort(this.port);
    this.port = 0 as Port;
  }
}
