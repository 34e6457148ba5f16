// A question that somebody waits for, from its first transmission to its answer.

import type { Port } from "../base/address.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { isOrUnder, normalizeName } from "./name.ts";

// What `answer` of machine.ts says; 0 is success.
/** The name does not exist, or is one that must not be asked for (RFC 6761 6.4: invalid). */
export const DNS_NO_SUCH_NAME = 1;
/** The name exists and has no address of this type. */
export const DNS_NO_ADDRESS = 2;
/** No server gave a usable answer in time. */
export const DNS_NO_ANSWER = 3;
/** No server is configured. */
export const DNS_NO_RESOLVER = 4;
/** Not a hostname, or "localhost" (RFC 6761 6.3: there is nothing on this machine to talk to). */
export const DNS_BAD_NAME = 5;
/** QUERY_LIMIT or TOKENS_PER_QUERY is reached. */
export const DNS_NO_ROOM = 6;
/** Servers answered, and refused to look the name up (RFC 1035 4.1.1, RCODE 5): they do not serve this machine. */
export const DNS_SERVER_REFUSED = 7;
/** Servers answered that they could not look the name up, as a rule RCODE 2. */
export const DNS_SERVER_FAILED = 8;

/** Domains in which names without a dot are looked for. */
export const SEARCH_LIMIT = 6;
/** Nobody has been told an address. */
export const NOTHING: readonly string[] = [];

export class Query {
  active = false;
  /** What was asked for: with `whole` as it is, else in each domain of the search list, and then as it is. */
  name = "";
  whole = false;
  /** Which of these, its full name, and the alias of it that is being asked for now. */
  stage = 0;
  full = "";
  target = "";
  type = 0;
  aliases = 0;
  id = 0;
  /** Which letters were written large (name.ts). */
  spelling = 0;
  /** It was sent without an OPT record. */
  plain = false;
  /** The server has named another cookie, and was asked again with that. */
  cookieRefused = false;
  /** 0: none is open. */
  port = 0 as Port;
  server = 0;
  attempts = 0;
  began: Instant = 0;
  /** What the last server said that could not answer: DNS_NO_ANSWER while none did. */
  failure = DNS_NO_ANSWER;
  /** What there is to say if the last stage finds nothing either. */
  absence = DNS_NO_SUCH_NAME;
  /** DNS_SERVER_ of a stage that servers could not tell about: then nobody knows that there is nothing. 0: each was told about. */
  trouble = 0;
  overTcp = false;
  deadline: Instant = NEVER;
  /** Seconds that the aliases on the way may be kept. */
  timeToLive = 0;
  tokens: number[] = [];
  /** What is known already. */
  found: readonly string[] = NOTHING;

  /** What is to be said of `found`. */
  get error(): number {
    if (this.found.length > 0) return 0;
    return this.trouble === 0 ? this.absence : this.trouble;
  }

  isSame(other: Query): boolean {
    return this.name === other.name && this.whole === other.whole && this.type === other.type;
  }

  /** Wants the addresses of this type, of the first name that has any. */
  want(name: string, whole: boolean, type: number): void {
    this.name = name;
    this.whole = whole;
    this.type = type;
    this.stage = 0;
    this.absence = DNS_NO_SUCH_NAME;
    this.trouble = 0;
  }

  /** Wants what the other one wants. */
  take(other: Query): void {
    this.name = other.name;
    this.whole = other.whole;
    this.type = other.type;
    this.stage = other.stage;
    this.absence = other.absence;
    this.trouble = 0;
  }

  /** Begins to ask for the full name of its stage. */
  begin(full: string, now: Instant): void {
    this.full = full;
    this.aliases = 0;
    this.timeToLive = Number.POSITIVE_INFINITY;
    this.began = now;
  }
}

/** What there is to say of a name without asking anybody (RFC 6761 6.3, 6.4); 0: nothing. "": no hostname. */
export function errorOfName(name: string): number {
  if (name === "" || isOrUnder(name, "localhost")) return DNS_BAD_NAME;
  return isOrUnder(name, "invalid") ? DNS_NO_SUCH_NAME : 0;
}

/**
 * The full name to ask for at a stage; "" when there is no name that long, undefined when there are no more stages. RFC 1123
 * 6.1.4.3 (2), RFC 1535 6: what has a dot is not looked for elsewhere.
 */
export function stageName(name: string, whole: boolean, search: readonly string[], stage: number): string | undefined {
  const domains = whole ? 0 : search.length;
  if (stage > domains) return undefined;
  return stage < domains ? normalizeName(`${name}.${search[stage]!}`) : name;
}
