// What a connection knows of its handshake, whichever side it is.

import type { Instant } from "../base/result.ts";
import { UNEXPECTED_MESSAGE } from "./alerts.ts";
import type { Messages } from "./messages.ts";

export abstract class Handshake {
  /** The peer's Finished has come and is right: data may. */
  complete = false;
  /** A ClientHello has been sent or has come: change_cipher_spec may. */
  started = false;
  /** The protocol that was agreed on (RFC 7301); "": none. */
  protocol = "";
  /** A ticket was used in place of a certificate. */
  resumed = false;
  /** There was a HelloRetryRequest. */
  retried = false;
  /** How often a private key was used. */
  signatures = 0;

  /** The next message may cost a use of a private key. */
  get awaitsHello(): boolean {
    return false;
  }

  /** The most bytes that a message of this type, header included, may have now; 0: it is not expected. */
  abstract limit(type: number): number;
  /** The first of the messages, which is whole. An alert's number, or FINE. */
  abstract message(message: Messages, now: Instant): number;
  /** Forgets its secrets. */
  abstract wipe(): void;
}

class NoHandshake extends Handshake {
  override limit(_type: number): number {
    return 0;
  }
  override message(_message: Messages, _now: Instant): number {
    return UNEXPECTED_MESSAGE;
  }
  override wipe(): void {}
}

/** Stands where there is none. */
export const NO_HANDSHAKE: Handshake = new NoHandshake();
