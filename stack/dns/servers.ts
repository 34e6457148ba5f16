// The name servers that are asked, and what is known of each: whether it speaks EDNS, and its cookie (RFC 7873 5).

import { writeU32 } from "../base/bytes.ts";
import { copyBytes, equalBytes } from "../base/native.ts";
import { CLIENT_COOKIE, COOKIE_LIMIT, type DnsAnswer } from "./wire.ts";

/** Name servers used. */
export const SERVER_LIMIT = 3;

export class NameServer {
  readonly address: string;
  /** It does not understand queries with an OPT record: it gets none. */
  plain = false;
  /** It has answered one. */
  edns = false;
  /** Ours, and behind it the server's own once it has given us one. */
  readonly cookie: Uint8Array = new Uint8Array(COOKIE_LIMIT);
  cookieLength = 0;

  constructor(address: string) {
    this.address = address;
  }

  /** RFC 7873 4.1: unpredictable, and another for each server. */
  begin(high: number, low: number): void {
    writeU32(this.cookie, 0, high);
    writeU32(this.cookie, 4, low);
    this.cookieLength = CLIENT_COOKIE;
  }

  /**
   * False: what claims to be an answer of this server over UDP has another cookie than the one it was asked with, or has
   * none although the server is known to give some (5.3): it is forged.
   */
  admits(answer: DnsAnswer): boolean {
    if (answer.cookieLength === 0) return this.cookieLength <= CLIENT_COOKIE;
    return equalBytes(this.cookie, 0, answer.cookie, 0, CLIENT_COOKIE);
  }

  /** Learns from an answer that is admitted. */
  learn(answer: DnsAnswer): void {
    if (answer.edns) this.edns = true;
    if (answer.cookieLength <= CLIENT_COOKIE) return;
    copyBytes(this.cookie, 0, answer.cookie, 0, answer.cookieLength);
    this.cookieLength = answer.cookieLength;
  }

  /** It was silent, perhaps since it does not use cookies any more and its answers were not admitted. */
  doubt(): void {
    this.cookieLength = Math.min(this.cookieLength, CLIENT_COOKIE);
  }
}

/** Servers at these addresses, of which nothing is known. */
export function serversAt(addresses: readonly string[]): readonly NameServer[] {
  const servers: NameServer[] = [];
  for (const address of addresses) servers.push(new NameServer(address));
  return servers;
}

/** True: they are those at these addresses, in this order. */
export function areAt(servers: readonly NameServer[], addresses: readonly string[]): boolean {
  if (addresses.length !== servers.length) return false;
  for (let i = 0; i < addresses.length; i++) if (servers[i]!.address !== addresses[i]!) return false;
  return true;
}

/** The first `limit` of the texts that are not empty and not there twice. */
export function distinct(texts: readonly string[], limit: number): readonly string[] {
  const found: string[] = [];
  for (const text of texts) {
    let known = text === "";
    for (const one of found) if (one === text) known = true;
    if (!known && found.length < limit) found.push(text);
  }
  return found;
}
