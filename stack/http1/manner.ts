// How a port answers: whether requests are served or sent on to https, and whether browsers are told to come by https alone
// (RFC 6797). What of that is in the head of an answer goes behind all else in it, so that the head itself is everybody's.

import type { Shared } from "../base/shared.ts";
import { standing } from "./refusal.ts";

export class Manner {
  /** Requests are sent on to https at this port; 0: they are served. */
  readonly redirectTo: number;
  /** Something is said in each answer. */
  readonly speaks: boolean;
  /** The end of a head, as it is, of the last answer, and of one whose connection stays open although that is not usual. */
  readonly end: Shared;
  readonly closeEnd: Shared;
  readonly keepEnd: Shared;

  /** `strictFor`: for how many seconds browsers are to come by https alone (RFC 6797 6.1.1), 0: no longer; -1: nothing is said. */
  constructor(redirectTo: number, strictFor: number) {
    this.redirectTo = redirectTo;
    this.speaks = strictFor >= 0;
    const line = this.speaks ? `Strict-Transport-Security: max-age=${strictFor}\r\n` : "";
    this.end = standing(`${line}\r\n`);
    this.closeEnd = standing(`${line}Connection: close\r\n\r\n`);
    this.keepEnd = standing(`${line}Connection: keep-alive\r\n\r\n`);
  }
}

/** Requests are served, and nothing is said. */
export const SERVED: Manner = new Manner(0, -1);
