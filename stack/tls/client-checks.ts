// What a client refuses of a server's hello and its extensions (RFC 8446 4.1.3, 4.1.4, 4.2).

import { equalBytes } from "../base/native.ts";
import { DECODE_ERROR, FINE, ILLEGAL_PARAMETER, PROTOCOL_VERSION, UNSUPPORTED_EXTENSION } from "./alerts.ts";
import {
  ALPN,
  COOKIE,
  KEY_SHARE,
  PRE_SHARED_KEY,
  PSK_KEY_EXCHANGE_MODES,
  RECORD_SIZE_LIMIT,
  RSA_PKCS1_SHA256,
  RSA_PKCS1_SHA384,
  RSA_PKCS1_SHA512,
  SERVER_NAME,
  SIGNATURE_ALGORITHMS,
  SUPPORTED_GROUPS,
  SUPPORTED_VERSIONS,
  TLS_1_2,
  TLS_1_3,
} from "./codes.ts";
import type { ClientTerms, Offer } from "./offer.ts";
import { NO_SESSION } from "./session.ts";
import type { Extensions } from "./wire/extensions.ts";
import type { Reader } from "./wire/reader.ts";
import type { ServerHello } from "./wire/server-messages.ts";

const IN_HELLO: readonly number[] = [KEY_SHARE, SUPPORTED_VERSIONS];
const IN_RESUMED_HELLO: readonly number[] = [KEY_SHARE, SUPPORTED_VERSIONS, PRE_SHARED_KEY];
const IN_RETRY: readonly number[] = [KEY_SHARE, SUPPORTED_VERSIONS, COOKIE];

/** A ServerHello or HelloRetryRequest by itself. An alert, or FINE. */
export function checkHello(terms: ClientTerms, offer: Offer, hello: ServerHello, extensions: Extensions): number {
  // Without supported_versions it is an older version's.
  if (hello.version === 0) return PROTOCOL_VERSION;
  if (hello.version !== TLS_1_3 || hello.legacyVersion !== TLS_1_2) return ILLEGAL_PARAMETER;
  if (hello.compression !== 0) return DECODE_ERROR;
  const { sessionId } = offer;
  const echoed = hello.sessionId.length === sessionId.length;
  if (!echoed || !equalBytes(hello.sessionId, 0, sessionId, 0, sessionId.length)) return ILLEGAL_PARAMETER;
  if (!contains(terms.suites, hello.suite)) return ILLEGAL_PARAMETER;
  if (hello.retry) return checkExtensions(terms, extensions, IN_RETRY);
  return checkExtensions(terms, extensions, offer.session === NO_SESSION ? IN_HELLO : IN_RESUMED_HELLO);
}

export function checkEncryptedExtensions(terms: ClientTerms, extensions: Extensions): number {
  const allowed = [SUPPORTED_GROUPS, RECORD_SIZE_LIMIT];
  if (terms.serverName !== "") allowed.push(SERVER_NAME);
  if (terms.protocols.length > 0) allowed.push(ALPN);
  const alert = checkExtensions(terms, extensions, allowed);
  if (alert !== FINE) return alert;
  // RFC 6066 3.
  return extensions.has(SERVER_NAME) && extensions.reader(SERVER_NAME).left > 0 ? DECODE_ERROR : FINE;
}

/** Others than these are at the wrong place when we have offered them, and else were never asked for (4.2). */
function checkExtensions(terms: ClientTerms, extensions: Extensions, allowed: readonly number[]): number {
  if (extensions.unknown) return UNSUPPORTED_EXTENSION;
  for (const type of extensions.types)
    if (!contains(allowed, type)) return offered(terms, type) ? ILLEGAL_PARAMETER : UNSUPPORTED_EXTENSION;
  return FINE;
}

function offered(terms: ClientTerms, type: number): boolean {
  switch (type) {
    case SERVER_NAME:
      return terms.serverName !== "";
    case ALPN:
      return terms.protocols.length > 0;
    case SUPPORTED_GROUPS:
    case SIGNATURE_ALGORITHMS:
    case RECORD_SIZE_LIMIT:
    case SUPPORTED_VERSIONS:
    case PSK_KEY_EXCHANGE_MODES:
    case KEY_SHARE:
      return true;
    default:
      return false;
  }
}

/** The one protocol of a server's list (RFC 7301 3.1); `data` has failed when it is not one. */
export function readProtocol(data: Reader): string {
  const list = data.vector(2, 2);
  const name = list.vector(1, 1);
  if (!list.done) data.failed = true;
  let text = "";
  while (name.left > 0) text += String.fromCharCode(name.u8());
  return text;
}

export function contains(list: readonly number[], value: number): boolean {
  for (let i = 0; i < list.length; i++) if (list[i]! === value) return true;
  return false;
}

/** For certificates alone (4.2.3). */
export function isPkcs1(scheme: number): boolean {
  return scheme === RSA_PKCS1_SHA256 || scheme === RSA_PKCS1_SHA384 || scheme === RSA_PKCS1_SHA512;
}
