// The server's own answers to requests that it does not take: made once, so that a flood of bad requests costs no memory.

import { Shared } from "../base/shared.ts";
import { type DateClock, StampedHead } from "../http/date.ts";
import { latin1Bytes } from "../http/syntax.ts";
import { dateOffset, headStart, reasonPhrase } from "./head.ts";

/** Bytes that are there in any case: nobody makes us hold them. */
export function standing(text: string): Shared {
  const shared = new Shared(latin1Bytes(text));
  shared.kept = true;
  shared.holders = 1;
  return shared;
}

class Refusal {
  readonly status: number;
  readonly head: StampedHead = new StampedHead();
  readonly body: Shared;

  constructor(status: number, text: string) {
    this.status = status;
    const body = text === "" ? "" : `${status} ${reasonPhrase(status)}\n${text}\n`;
    this.body = standing(body);
    // RFC 9110 15.6.4: it is the many that are too much, not this one.
    const later = status === 503 ? "Retry-After: 1\r\n" : "";
    const content = `Content-Type: text/plain; charset=utf-8\r\n${later}Content-Length: ${body.length}\r\nConnection: close\r\n`;
    this.head.make(latin1Bytes(`${headStart(status, 0)}${content}\r\n`), dateOffset(status));
  }
}

export class Refusals {
  readonly #refusals: Refusal[] = [];

  constructor() {
    this.#add(400, "The request is not HTTP as RFC 9112 has it.");
    this.#add(408, "The request did not arrive in time.");
    this.#add(413, "The request's body is too long.");
    this.#add(414, "The request's target is too long.");
    this.#add(417, "Only Expect: 100-continue can be met.");
    this.#add(431, "The request's header fields are too many or too long.");
    this.#add(501, "The method or the transfer coding is not known here.");
    this.#add(503, "The server cannot answer now.");
    this.#add(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  }

  /** The head with its empty line, dated by the clock. */
  head(status: number, clock: DateClock): Shared {
    return this.#of(status).head.at(clock);
  }

  body(status: number): Shared {
    return this.#of(status).body;
  }

  #add(status: number, text: string): void {
    this.#refusals.push(new Refusal(status, text));
  }

  #of(status: number): Refusal {
    for (let i = 0; i < this.#refusals.length; i++) if (this.#refusals[i]!.status === status) return this.#refusals[i]!;
    return this.#refusals[0]!;
  }
}
