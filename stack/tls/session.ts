// What a client keeps of a ticket (RFC 8446 4.6.1).

import { type Instant, MILLISECOND, SECOND } from "../base/result.ts";
import { hashOf, NO_SUITE } from "./codes.ts";
import { NO_SECRET, type Secret, ticketSecret } from "./key-schedule.ts";
import { MOST_TICKET_LIFETIME } from "./limits.ts";
import type { NewSessionTicket } from "./wire/server-messages.ts";

export class Session {
  suite = NO_SUITE;
  secret: Secret = NO_SECRET;
  ticket: Uint8Array = NO_SECRET;
  ageAdd = 0;
  receivedAt: Instant = 0;
  /** Microseconds, from `receivedAt` on. */
  lifetime = 0;
  serverName = "";

  usable(serverName: string, now: Instant): boolean {
    return this.suite !== NO_SUITE && this.serverName === serverName && now - this.receivedAt < this.lifetime;
  }

  /** As the hello has it (4.2.11.1). */
  obfuscatedAge(now: Instant): number {
    return (Math.floor((now - this.receivedAt) / MILLISECOND) + this.ageAdd) % 0x100000000;
  }
}

/** Of a ticket that has come. */
export function sessionOf(
  message: NewSessionTicket,
  suite: number,
  resumption: Secret,
  serverName: string,
  now: Instant,
): Session {
  const session = new Session();
  session.suite = suite;
  session.secret = ticketSecret(hashOf(suite), resumption, message.nonce);
  session.ticket = message.ticket;
  session.ageAdd = message.ageAdd;
  session.receivedAt = now;
  session.lifetime = Math.min(message.lifetime * SECOND, MOST_TICKET_LIFETIME);
  session.serverName = serverName;
  return session;
}

/** Stands where there is none. */
export const NO_SESSION: Session = new Session();
