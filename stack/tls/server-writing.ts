// What a server writes that no secret of the handshake goes into: EncryptedExtensions (RFC 8446 4.3.1) and tickets (4.6.1).

import { readU32 } from "../base/bytes.ts";
import { type Instant, SECOND } from "../base/result.ts";
import type { Agreement } from "./agreement.ts";
import { ALPN, ENCRYPTED_EXTENSIONS, hashOf, RECORD_SIZE_LIMIT, SERVER_NAME } from "./codes.ts";
import { ascii, type Secret, ticketSecret, wipe } from "./key-schedule.ts";
import { MOST_CONTENT, TICKET_LIFETIME } from "./limits.ts";
import type { ServerTerms } from "./negotiation.ts";
import { Ticket } from "./tickets.ts";
import type { ClientHello } from "./wire/client-hello.ts";
import { beginMessage, endMessage, NewSessionTicket } from "./wire/server-messages.ts";
import type { Writer } from "./wire/writer.ts";

export function writeExtensions(out: Writer, hello: ClientHello, agreement: Agreement): void {
  const message = beginMessage(out, ENCRYPTED_EXTENSIONS);
  const list = out.open(2);
  if (agreement.identity < 0 && agreement.credential.named && hello.has(SERVER_NAME)) {
    out.u16(SERVER_NAME);
    out.u16(0);
  }
  if (agreement.protocol !== "") {
    out.u16(ALPN);
    const extension = out.open(2);
    const protocols = out.open(2);
    const name = out.open(1);
    out.append(ascii(agreement.protocol));
    out.close(name, 1);
    out.close(protocols, 2);
    out.close(extension, 2);
  }
  if (hello.has(RECORD_SIZE_LIMIT)) {
    // RFC 8449 4: content and its type.
    out.u16(RECORD_SIZE_LIMIT);
    out.u16(2);
    out.u16(MOST_CONTENT + 1);
  }
  out.close(list, 2);
  endMessage(out, message);
}

/** What tickets are made of. */
export interface Resumable {
  readonly suite: number;
  /** resumption_master_secret (7.1). */
  readonly resumption: Secret;
  /** The server's name in this handshake. */
  readonly name: string;
}

export function writeTickets(out: Writer, terms: ServerTerms, session: Resumable, count: number, now: Instant): void {
  for (let i = 0; i < count; i++) {
    const message = new NewSessionTicket();
    message.nonce = new Uint8Array([i]);
    const ticket = new Ticket();
    ticket.suite = session.suite;
    ticket.issued = now;
    ticket.name = session.name;
    ticket.secret = ticketSecret(hashOf(session.suite), session.resumption, message.nonce);
    message.ticket = terms.tickets.seal(ticket, now);
    wipe(ticket.secret);
    if (message.ticket.length === 0) continue;
    const ageAdd = new Uint8Array(4);
    terms.random.fill(ageAdd);
    message.ageAdd = readU32(ageAdd, 0);
    message.lifetime = TICKET_LIFETIME / SECOND;
    message.encode(out);
  }
}
