// What a server says, as it writes it and as a client reads it: ServerHello and HelloRetryRequest (RFC 8446 4.1.3, 4.1.4),
// EncryptedExtensions (4.3.1), CertificateRequest (4.3.2), Certificate (4.4.2), CertificateVerify (4.4.3),
// NewSessionTicket (4.6.1). A writer adds a whole message, its header included; a decoder is given one, and answers an alert or
// FINE.

import { equalBytes } from "../../base/native.ts";
import { DECODE_ERROR, FINE, ILLEGAL_PARAMETER, UNSUPPORTED_EXTENSION } from "../alerts.ts";
import {
  CERTIFICATE,
  CERTIFICATE_AUTHORITIES,
  CERTIFICATE_VERIFY,
  COOKIE,
  EARLY_DATA,
  greaseOf,
  KEY_SHARE,
  NEW_SESSION_TICKET,
  PRE_SHARED_KEY,
  SERVER_HELLO,
  SIGNATURE_ALGORITHMS,
  SUPPORTED_VERSIONS,
  TICKET_FLAGS,
  TLS_1_2,
  TLS_1_3,
} from "../codes.ts";
import { MOST_CERTIFICATES } from "../limits.ts";
import type { Messages } from "../messages.ts";
import { checkAuthorities, Extensions } from "./extensions.ts";
import { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

const NONE: Uint8Array = new Uint8Array(0);

/** The random of a HelloRetryRequest: SHA-256 of that name (4.1.3). */
export const RETRY_RANDOM: Uint8Array = new Uint8Array([
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
  0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
]);

/** Begins a message; what it returns goes to `endMessage`. */
export function beginMessage(out: Writer, type: number): number {
  out.u8(type);
  return out.open(3);
}

export function endMessage(out: Writer, start: number): void {
  out.close(start, 3);
}

function bodyOf(message: Messages): Reader {
  return new Reader(message.bytes, message.offset + 4, message.length - 4);
}

/** ServerHello, and HelloRetryRequest when `random` is RETRY_RANDOM. */
export class ServerHello {
  legacyVersion = TLS_1_2;
  random: Uint8Array = NONE;
  sessionId: Uint8Array = NONE;
  suite = 0;
  compression = 0;
  /** 0: it does not say, so it is an older version's. */
  version = TLS_1_3;
  /** 0: no share, no group. */
  group = 0;
  /** Empty in a HelloRetryRequest. */
  share: Uint8Array = NONE;
  /** The identity selected; -1: none. */
  identity = -1;
  cookie: Uint8Array = NONE;

  get retry(): boolean {
    return this.random.length === 32 && equalBytes(this.random, 0, RETRY_RANDOM, 0, 32);
  }

  encode(out: Writer): void {
    const message = beginMessage(out, SERVER_HELLO);
    out.u16(this.legacyVersion);
    out.append(this.random);
    const id = out.open(1);
    out.append(this.sessionId);
    out.close(id, 1);
    out.u16(this.suite);
    out.u8(this.compression);
    const list = out.open(2);
    if (this.identity >= 0) {
      out.u16(PRE_SHARED_KEY);
      out.u16(2);
      out.u16(this.identity);
    }
    if (this.group !== 0) {
      out.u16(KEY_SHARE);
      const share = out.open(2);
      out.u16(this.group);
      if (this.share.length > 0) {
        const key = out.open(2);
        out.append(this.share);
        out.close(key, 2);
      }
      out.close(share, 2);
    }
    if (this.cookie.length > 0) {
      out.u16(COOKIE);
      const extension = out.open(2);
      const cookie = out.open(2);
      out.append(this.cookie);
      out.close(cookie, 2);
      out.close(extension, 2);
    }
    out.u16(SUPPORTED_VERSIONS);
    out.u16(2);
    out.u16(this.version);
    out.close(list, 2);
    endMessage(out, message);
  }

  /** `extensions` is then what there is of them: which of them may be there is the caller's to judge. */
  decode(message: Messages, extensions: Extensions): number {
    const body = bodyOf(message);
    this.legacyVersion = body.u16();
    this.random = body.take(32);
    const id = body.vector(1, 0);
    if (id.left > 32) return DECODE_ERROR;
    this.sessionId = id.take(id.left);
    this.suite = body.u16();
    this.compression = body.u8();
    this.version = 0;
    if (body.failed) return DECODE_ERROR;
    if (body.left === 0) return FINE;
    const list = body.vector(2, 0);
    if (!body.done) return DECODE_ERROR;
    const alert = extensions.decode(list);
    // Well formed, but wrong (6.2): a HelloRetryRequest is nobody else's.
    if (alert !== FINE) return this.retry && extensions.repeated ? ILLEGAL_PARAMETER : alert;
    if (extensions.has(SUPPORTED_VERSIONS)) {
      const version = extensions.reader(SUPPORTED_VERSIONS);
      this.version = version.u16();
      if (!version.done) return DECODE_ERROR;
    }
    // An older version's may have what it likes.
    return this.version === TLS_1_3 ? this.#decodeExtensions(extensions) : FINE;
  }

  #decodeExtensions(extensions: Extensions): number {
    if (extensions.has(KEY_SHARE)) {
      const entry = extensions.reader(KEY_SHARE);
      this.group = entry.u16();
      if (!this.retry) {
        const share = entry.vector(2, 1);
        this.share = share.take(share.left);
      }
      if (!entry.done) return DECODE_ERROR;
    }
    if (extensions.has(PRE_SHARED_KEY)) {
      const selected = extensions.reader(PRE_SHARED_KEY);
      this.identity = selected.u16();
      if (!selected.done) return DECODE_ERROR;
    }
    if (extensions.has(COOKIE)) {
      const data = extensions.reader(COOKIE);
      const cookie = data.vector(2, 1);
      this.cookie = cookie.take(cookie.left);
      if (!data.done) return DECODE_ERROR;
    }
    return FINE;
  }
}

/** The extensions of a message that consists of nothing else. */
export function decodeExtensionsOnly(message: Messages, list: Extensions): number {
  const body = bodyOf(message);
  const vector = body.vector(2, 0);
  return body.done ? list.decode(vector) : DECODE_ERROR;
}

/** A Certificate without a request's context: the chain as DER, without extensions. */
export function encodeCertificate(out: Writer, chain: readonly Uint8Array[]): void {
  const message = beginMessage(out, CERTIFICATE);
  out.u8(0);
  const list = out.open(3);
  for (let i = 0; i < chain.length; i++) {
    const entry = out.open(3);
    out.append(chain[i]!);
    out.close(entry, 3);
    out.u16(0);
  }
  out.close(list, 3);
  endMessage(out, message);
}

/** Reads a server's Certificate into `chain`, copies of the first MOST_CERTIFICATES. */
export function decodeCertificate(message: Messages, chain: Uint8Array[]): number {
  const body = bodyOf(message);
  const context = body.vector(1, 0);
  const list = body.vector(3, 0);
  // 4.4.2: a server's has no context, and is never empty.
  if (!body.done || context.left > 0 || list.left === 0) return DECODE_ERROR;
  while (list.left > 0) {
    const certificate = list.vector(3, 1);
    const entries = list.vector(2, 0);
    if (list.failed) return DECODE_ERROR;
    const extensions = new Extensions(message.bytes);
    const alert = extensions.decode(entries);
    if (alert !== FINE) return alert;
    // 4.4.2: only what was offered, and we offer none that belongs here.
    if (extensions.last >= 0) return UNSUPPORTED_EXTENSION;
    if (chain.length < MOST_CERTIFICATES) chain.push(certificate.take(certificate.left));
  }
  return FINE;
}

export class CertificateRequest {
  context: Uint8Array = NONE;
  /** It says which signatures it takes. */
  hasSchemes = false;

  decode(message: Messages): number {
    const body = bodyOf(message);
    const context = body.vector(1, 0);
    this.context = context.take(context.left);
    const list = body.vector(2, 0);
    if (!body.done) return DECODE_ERROR;
    const extensions = new Extensions(message.bytes);
    const alert = extensions.decode(list);
    this.hasSchemes = extensions.has(SIGNATURE_ALGORITHMS);
    if (alert !== FINE || !extensions.has(CERTIFICATE_AUTHORITIES)) return alert;
    return checkAuthorities(extensions.reader(CERTIFICATE_AUTHORITIES));
  }
}

export function encodeCertificateVerify(out: Writer, scheme: number, signature: Uint8Array, length: number): void {
  const message = beginMessage(out, CERTIFICATE_VERIFY);
  out.u16(scheme);
  const vector = out.open(2);
  out.range(signature, 0, length);
  out.close(vector, 2);
  endMessage(out, message);
}

export class CertificateVerify {
  scheme = 0;
  signature: Uint8Array = NONE;

  decode(message: Messages): number {
    const body = bodyOf(message);
    this.scheme = body.u16();
    const signature = body.vector(2, 0);
    this.signature = signature.take(signature.left);
    return body.done ? FINE : DECODE_ERROR;
  }
}

export class NewSessionTicket {
  /** Seconds. */
  lifetime = 0;
  ageAdd = 0;
  nonce: Uint8Array = NONE;
  ticket: Uint8Array = NONE;

  encode(out: Writer): void {
    const message = beginMessage(out, NEW_SESSION_TICKET);
    out.u32(this.lifetime);
    out.u32(this.ageAdd);
    const nonce = out.open(1);
    out.append(this.nonce);
    out.close(nonce, 1);
    const ticket = out.open(2);
    out.append(this.ticket);
    out.close(ticket, 2);
    // RFC 8701 4: so that clients go on skipping what they do not know.
    out.u16(4);
    out.u16(greaseOf(this.ageAdd & 0xff));
    out.u16(0);
    endMessage(out, message);
  }

  decode(message: Messages): number {
    const body = bodyOf(message);
    this.lifetime = body.u32();
    this.ageAdd = body.u32();
    const nonce = body.vector(1, 0);
    this.nonce = nonce.take(nonce.left);
    const ticket = body.vector(2, 1);
    this.ticket = ticket.take(ticket.left);
    const list = body.vector(2, 0);
    if (!body.done) return DECODE_ERROR;
    const extensions = new Extensions(message.bytes);
    const alert = extensions.decode(list);
    if (alert !== FINE) return extensions.repeated ? ILLEGAL_PARAMETER : alert;
    if (extensions.has(TICKET_FLAGS)) {
      // RFC 9149 2: as short as it can be, and not empty. None of its flags is spoken.
      const flags = extensions.reader(TICKET_FLAGS).vector(1, 1);
      const bytes = flags.take(flags.left);
      if (flags.failed || bytes.length + 1 !== extensions.reader(TICKET_FLAGS).left) return DECODE_ERROR;
      if (bytes[bytes.length - 1] === 0) return ILLEGAL_PARAMETER;
    }
    if (!extensions.has(EARLY_DATA)) return FINE;
    const size = extensions.reader(EARLY_DATA);
    size.u32();
    return size.done ? FINE : DECODE_ERROR;
  }
}
