// What a server chooses of what a ClientHello offers (RFC 8446 4.1.1, 4.2, 9.2; RFC 7301 3.2).

import type { Instant } from "../base/result.ts";
import type { Agreement } from "./agreement.ts";
import {
  FINE,
  HANDSHAKE_FAILURE,
  ILLEGAL_PARAMETER,
  MISSING_EXTENSION,
  NO_APPLICATION_PROTOCOL,
  PROTOCOL_VERSION,
} from "./alerts.ts";
import {
  AES_128_GCM,
  AES_256_GCM,
  ALPN,
  CHACHA20_POLY1305,
  isSuite,
  KEY_SHARE,
  NO_GROUP,
  NO_SUITE,
  P256,
  P384,
  PRE_SHARED_KEY,
  PSK_KEY_EXCHANGE_MODES,
  RECORD_SIZE_LIMIT,
  SIGNATURE_ALGORITHMS,
  SUPPORTED_GROUPS,
  TLS_1_3,
  X25519,
  X25519_MLKEM768,
} from "./codes.ts";
import type { Cookies } from "./cookies.ts";
import type { Credentials } from "./credentials.ts";
import { LEAST_RECORD_SIZE_LIMIT, MOST_CONTENT } from "./limits.ts";
import type { Randomness } from "./randomness.ts";
import type { Tickets } from "./tickets.ts";
import type { ClientHello } from "./wire/client-hello.ts";

/** Of groups, the best first. */
export const GROUPS: readonly number[] = [X25519_MLKEM768, X25519, P256, P384];
const AES_FIRST: readonly number[] = [AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305];
const CHACHA_FIRST: readonly number[] = [CHACHA20_POLY1305, AES_128_GCM, AES_256_GCM];

/** What all handshakes of a server have in common. */
export class ServerTerms {
  readonly credentials: Credentials;
  readonly tickets: Tickets;
  readonly cookies: Cookies;
  readonly random: Randomness;
  /** The best first. */
  readonly protocols: readonly string[];
  /** Whether AES is in hardware. */
  readonly hasAes: boolean;
  /** The best first. */
  groups: readonly number[] = GROUPS;
  /** A group that is liked better is worth another round trip. */
  insists = false;
  /** Tickets are given and taken. */
  resumable = true;
  /** Set while many handshakes are under way: none uses a key before its client has returned a cookie. */
  loaded = false;

  constructor(
    credentials: Credentials,
    tickets: Tickets,
    cookies: Cookies,
    random: Randomness,
    protocols: readonly string[],
    hasAes: boolean,
  ) {
    this.credentials = credentials;
    this.tickets = tickets;
    this.cookies = cookies;
    this.random = random;
    this.protocols = protocols;
    this.hasAes = hasAes;
  }
}

/**
 * Fills in `agreement`; an alert, or FINE. `suite` and `group`: those that a HelloRetryRequest has named, or NO_SUITE,
 * NO_GROUP.
 */
export function negotiate(
  terms: ServerTerms,
  hello: ClientHello,
  suite: number,
  group: number,
  now: Instant,
  agreement: Agreement,
): number {
  const alert = check(hello);
  if (alert !== FINE) return alert;
  agreement.protocol = chooseProtocol(terms, hello);
  if (agreement.protocol === "" && hello.has(ALPN) && terms.protocols.length > 0) return NO_APPLICATION_PROTOCOL;
  if (hello.has(RECORD_SIZE_LIMIT)) agreement.fragment = Math.min(MOST_CONTENT, hello.recordSizeLimit - 1);
  openTicket(terms, hello, now, agreement);
  agreement.suite = suite === NO_SUITE ? chooseSuite(terms, hello) : suite;
  if (agreement.suite === NO_SUITE) return HANDSHAKE_FAILURE;
  // 4.2.11 asks for the same hash; the same suite is what clients offer again.
  if (agreement.identity >= 0 && agreement.ticket.suite !== agreement.suite) agreement.identity = -1;
  chooseGroup(terms, hello, group, agreement);
  if (agreement.group === NO_GROUP) return HANDSHAKE_FAILURE;
  if (agreement.identity >= 0) return FINE;
  if (!hello.has(SIGNATURE_ALGORITHMS)) return MISSING_EXTENSION;
  if (!hello.takesX509) return HANDSHAKE_FAILURE;
  const special = terms.credentials.hasProtocol(agreement.protocol, hello.serverName) ? agreement.protocol : "";
  terms.credentials.choose(hello.serverName, special, hello.schemes, agreement.credential);
  return agreement.credential.index >= 0 ? FINE : HANDSHAKE_FAILURE;
}

/** What is wrong with the hello whoever reads it. */
function check(hello: ClientHello): number {
  // D.5: nobody speaks SSL any more.
  if (!contains(hello.versions, TLS_1_3) || hello.legacyVersion < 0x0301) return PROTOCOL_VERSION;
  if (!hello.uncompressed) return ILLEGAL_PARAMETER;
  // 9.2.
  if (!hello.has(SUPPORTED_GROUPS) || !hello.has(KEY_SHARE)) return MISSING_EXTENSION;
  if (hello.has(PRE_SHARED_KEY) && !hello.has(PSK_KEY_EXCHANGE_MODES)) return MISSING_EXTENSION;
  if (hello.has(RECORD_SIZE_LIMIT) && hello.recordSizeLimit < LEAST_RECORD_SIZE_LIMIT) return ILLEGAL_PARAMETER;
  if (!hello.sharesFit()) return ILLEGAL_PARAMETER;
  // 4.2.7: not to be offered by who speaks nothing older, which may still have use for them.
  return offersOlder(hello) || !offersObsolete(hello) ? FINE : ILLEGAL_PARAMETER;
}

function offersOlder(hello: ClientHello): boolean {
  for (let i = 0; i < hello.versions.length; i++)
    if (hello.versions[i]! < TLS_1_3 && hello.versions[i]! >= 0x0300) return true;
  return false;
}

/** Groups that RFC 8446 4.2.7 calls obsolete. */
function offersObsolete(hello: ClientHello): boolean {
  for (let i = 0; i < hello.groups.length; i++) {
    const group = hello.groups[i]!;
    if (group <= 0x16 || (group >= 0x1a && group <= 0x1c) || group === 0xff01 || group === 0xff02) return true;
  }
  return false;
}

/** "" when there is none in common, or none was asked for. */
function chooseProtocol(terms: ServerTerms, hello: ClientHello): string {
  const offered = hello.protocols;
  if (offered.length === 1 && terms.credentials.hasProtocol(offered[0]!, hello.serverName)) return offered[0]!;
  for (const ours of terms.protocols) for (const theirs of offered) if (ours === theirs) return ours;
  return "";
}

/** The first identity that is a ticket of ours for this name. */
function openTicket(terms: ServerTerms, hello: ClientHello, now: Instant, agreement: Agreement): void {
  agreement.identity = -1;
  if (!hello.pskDheKe || !terms.resumable) return;
  for (let i = 0; i < hello.identities.length; i++) {
    const { ticket } = agreement;
    if (!terms.tickets.open(hello.identities[i]!, ticket, now)) continue;
    if (ticket.name !== hello.serverName || !contains(hello.suites, ticket.suite)) continue;
    agreement.identity = i;
    return;
  }
}

/** Ours first, but ChaCha20 when the client has it first, as a telephone without AES does. */
function chooseSuite(terms: ServerTerms, hello: ClientHello): number {
  let first = NO_SUITE;
  for (let i = 0; i < hello.suites.length && first === NO_SUITE; i++)
    if (isSuite(hello.suites[i]!)) first = hello.suites[i]!;
  const order = terms.hasAes && first !== CHACHA20_POLY1305 ? AES_FIRST : CHACHA_FIRST;
  for (let i = 0; i < order.length; i++) {
    const suite = order[i]!;
    if (contains(hello.suites, suite)) return suite;
  }
  return NO_SUITE;
}

/** One that the client has a share of, if there is any: a round trip costs more than a better group is worth, unless told so. */
function chooseGroup(terms: ServerTerms, hello: ClientHello, wanted: number, agreement: Agreement): void {
  const { groups } = terms;
  agreement.group = NO_GROUP;
  agreement.share = -1;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!;
    if (wanted !== NO_GROUP && group !== wanted) continue;
    for (let k = 0; k < hello.shareGroups.length; k++) {
      if (hello.shareGroups[k]! !== group) continue;
      agreement.group = group;
      agreement.share = k;
      return;
    }
    if (terms.insists && contains(hello.groups, group)) break;
  }
  for (let i = 0; i < groups.length && agreement.group === NO_GROUP; i++)
    if (contains(hello.groups, groups[i]!)) agreement.group = groups[i]!;
}

function contains(list: readonly number[], value: number): boolean {
  for (let i = 0; i < list.length; i++) if (list[i]! === value) return true;
  return false;
}
