// Tickets in the form that the runner can rewrite, for the tests that do (ssl/test/runner/shim_ticket.go): a session as
// BoringSSL writes it, of which version and suite matter here, around a ticket of ours. And how old a client says that a
// ticket is, against how old it is (RFC 8446 4.2.11.1), which our server has no use for without early data.

import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import type { Instant } from "../../stack/base/result.ts";
import { Generator } from "../../stack/tls/randomness.ts";
import { type Ticket, Tickets } from "../../stack/tls/tickets.ts";
import { element, sequence } from "../../stack/x509/writer.ts";

const NAME = 16;
const BLOCK = 16;
const MAC = 32;
const VERSION = 0x0304;

interface Given {
  readonly ticket: Buffer;
  readonly issued: Instant;
  ageAdd: number;
}

/** A generator that remembers the last number of 32 bits: with it a ticket's age is hidden. */
export class NotingGenerator extends Generator {
  noted: (word: number) => void = () => {};
  override fill(into: Uint8Array): void {
    super.fill(into);
    if (into.length === 4) this.noted(Buffer.from(into).readUInt32BE());
  }
}

export class RunnerTickets extends Tickets {
  /** Name, key of the MAC, key of the cipher; undefined: tickets are ours as they are. */
  key: Buffer | undefined;
  readonly #given: Given[] = [];

  constructor(random: NotingGenerator) {
    super(random);
    // What follows a ticket is the number for it.
    random.noted = (word) => {
      const last = this.#given.at(-1);
      if (last !== undefined && last.ageAdd < 0) last.ageAdd = word;
    };
  }

  override seal(ticket: Ticket, now: Instant): Uint8Array {
    const own = Buffer.from(super.seal(ticket, now));
    const sealed = this.key === undefined ? own : enclose(this.key, ticket.suite, own);
    this.#given.push({ ticket: sealed, issued: now, ageAdd: -1 });
    return sealed;
  }

  override open(identity: Uint8Array, ticket: Ticket, now: Instant): boolean {
    if (this.key === undefined) return super.open(identity, ticket, now);
    const session = disclose(this.key, Buffer.from(identity));
    if (session === undefined || session.version !== VERSION || !super.open(session.own, ticket, now)) return false;
    ticket.suite = session.suite;
    return true;
  }

  /** By how many seconds the client takes its ticket for older than it is; undefined: the hello has none of ours. */
  skew(hello: Uint8Array, now: Instant): number | undefined {
    const bytes = Buffer.from(hello);
    for (const { ticket, issued, ageAdd } of this.#given) {
      const at = bytes.indexOf(ticket);
      if (at < 0) continue;
      const age = (bytes.readUInt32BE(at + ticket.length) - ageAdd) >>> 0;
      return Math.round((age - (now - issued) / 1000) / 1000);
    }
    return undefined;
  }
}

function enclose(key: Buffer, suite: number, own: Buffer): Buffer {
  const number = (value: number): Uint8Array => new Uint8Array([value >> 8, value & 255]);
  const fields = [
    element(2, new Uint8Array([1])),
    element(2, number(VERSION)),
    element(4, number(suite)),
    element(4, own),
  ];
  const session = sequence(fields);
  const iv = Buffer.alloc(BLOCK);
  const cipher = createCipheriv("aes-128-cbc", key.subarray(NAME + BLOCK), iv);
  const body = Buffer.concat([key.subarray(0, NAME), iv, cipher.update(session), cipher.final()]);
  return Buffer.concat([
    body,
    createHmac("sha256", key.subarray(NAME, NAME + BLOCK))
      .update(body)
      .digest(),
  ]);
}

function disclose(key: Buffer, ticket: Buffer): { version: number; suite: number; own: Buffer } | undefined {
  const body = ticket.subarray(0, -MAC);
  const mac = createHmac("sha256", key.subarray(NAME, NAME + BLOCK))
    .update(body)
    .digest();
  if (!mac.equals(ticket.subarray(-MAC))) return undefined;
  const decipher = createDecipheriv("aes-128-cbc", key.subarray(NAME + BLOCK), body.subarray(NAME, NAME + BLOCK));
  const session = Buffer.concat([decipher.update(body.subarray(NAME + BLOCK)), decipher.final()]);
  const version = header(session, 0) + 3;
  const own = version + 8;
  return {
    version: session.readUInt16BE(version + 2),
    suite: session.readUInt16BE(version + 6),
    own: session.subarray(own + header(session, own)),
  };
}

/** How long the tag and the length of the element at the place are. */
function header(bytes: Buffer, at: number): number {
  const length = bytes[at + 1]!;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}
