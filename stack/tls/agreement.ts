// What a server and a client have agreed on by a ClientHello: negotiation.ts fills it in.

import { NO_GROUP, NO_SUITE } from "./codes.ts";
import { Choice } from "./credentials.ts";
import { MOST_CONTENT } from "./limits.ts";
import { Ticket } from "./tickets.ts";

export class Agreement {
  suite = NO_SUITE;
  group = NO_GROUP;
  /** The share of that group in the hello; -1: it has none. */
  share = -1;
  protocol = "";
  /** Content of records that the client takes. */
  fragment = MOST_CONTENT;
  /** The identity whose ticket is good; -1: none. */
  identity = -1;
  ticket: Ticket = new Ticket();
  readonly credential: Choice = new Choice();
}
