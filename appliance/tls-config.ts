// What the appliance is told about HTTPS: on which port, with whose key, and what becomes of plain HTTP meanwhile. What a
// key or a certificate holds is looked at when the port is opened (credentials.ts); here only words are read.

import type { Port } from "../stack/base/address.ts";
import { type AcmeConfig, readAcmeConfig } from "./acme/config.ts";
import { type Parameters, type ParameterTable, parameter } from "./parameters.ts";

export type PlainHttp = "serve" | "redirect" | "off";

export interface TlsConfig {
  readonly port: Port;
  /** What the plain port does beside it. */
  readonly plain: PlainHttp;
  /** Keys and chains as PEM, each text one or more of them. Empty: the machine signs its own. */
  readonly certificates: readonly string[];
  /** What the machine's own key is derived from; undefined: a key of its own at each boot. */
  readonly seed: string | undefined;
  /**
   * For how many seconds browsers are told to come by HTTPS alone (RFC 6797), once an authority's certificate is shown; 0: no
   * longer; undefined: they are told nothing.
   */
  readonly strictFor: number | undefined;
  /** Undefined: no authority is asked for one. */
  readonly acme: AcmeConfig | undefined;
}

export const TLS_PARAMETERS = {
  tls: parameter("PORT", "serve HTTPS as well (443)", { otherwise: "443" }),
  http: parameter(
    "WHAT",
    "what plain HTTP does beside HTTPS: serve, redirect or off (redirect; serve while self-signed)",
  ),
  hsts: parameter("DAYS", "browsers are to come by HTTPS alone for so long (365); 0 takes that back", {
    otherwise: "365",
  }),
  certificate: parameter("PEM", "key and chain for HTTPS, in a file (initrd); several for several names", {
    repeatable: true,
    pem: true,
  }),
  "cert-seed": parameter("TEXT", "secret that the key of a self-signed certificate is derived from, to stay the same"),
} as const satisfies ParameterTable;

/** Characters of a seed at least: it is a secret, and who guesses it has the key. */
export const LEAST_SEED = 16;
/** What lists of sites that are always strict ask for is one year; more than two says nothing more. */
const MOST_DAYS = 730;
const NOT_SIGNED = "wants a certificate of an authority (--acme, --certificate): browsers believe it of no other";
const DEFAULT_PORT = 443 as Port;
const PLAIN: readonly PlainHttp[] = ["serve", "redirect", "off"];

/** Undefined: HTTPS is not asked for, or something is wrong, which then is among the errors of `given`. */
export function readTlsConfig(given: Parameters, parsePort: (text: string) => Port | string): TlsConfig | undefined {
  const port = given.one("tls", parsePort) ?? DEFAULT_PORT;
  const certificates = given.list("certificate");
  const own = given.one("cert-seed", parseSeed)?.text;
  const asked = readAcmeConfig(given, parseSeed);
  // One secret will do for both.
  const seed = own ?? asked?.seed;
  const acme = asked === undefined ? undefined : { ...asked, seed: asked.seed ?? own };
  const plain = given.one("http", parsePlain)?.plain;
  const strictFor = given.one("hsts", parseDays)?.seconds;
  for (const text of certificates)
    if (!text.startsWith("-----BEGIN "))
      given.errors.push({
        kind: "malformed",
        name: "certificate",
        value: "…",
        why: "PEM is wanted, in a file such as the initrd",
      });
  if (!given.has("tls") && certificates.length === 0 && !given.has("cert-seed") && !given.has("acme")) {
    if (plain !== undefined)
      given.errors.push({ kind: "missing", name: "tls", why: "--http says what plain HTTP does beside HTTPS" });
    if (strictFor !== undefined) given.errors.push({ kind: "misplaced", name: "hsts", why: NOT_SIGNED });
    return undefined;
  }
  const signed = certificates.length > 0 || acme !== undefined;
  const why = strictFor === undefined ? undefined : whyNotStrict(signed, plain, port);
  if (why !== undefined) given.errors.push({ kind: "misplaced", name: "hsts", why });
  return { port, strictFor, plain: plain ?? (signed ? "redirect" : "serve"), certificates, seed, acme };
}

/** RFC 6797 8.1: browsers believe it over a connection without errors only; 7.2: whoever comes in the clear is sent on. */
function whyNotStrict(signed: boolean, plain: PlainHttp | undefined, port: Port): string | undefined {
  if (!signed) return NOT_SIGNED;
  if (plain === "serve") return "has browsers come by HTTPS alone, and --http=serve says that they need not";
  // 8.3: port 80 becomes 443, and no other.
  return port === DEFAULT_PORT ? undefined : "sends browsers to port 443, and HTTPS has another (--tls)";
}

function parseDays(text: string): { seconds: number } | string {
  const days = /^[0-9]{1,4}$/.test(text) ? Number(text) : MOST_DAYS + 1;
  return days > MOST_DAYS ? `is a number of days, ${MOST_DAYS} at most` : { seconds: days * 86_400 };
}

function parsePlain(text: string): { plain: PlainHttp } | string {
  const plain = PLAIN.find((name) => name === text);
  return plain === undefined ? `is none of ${PLAIN.join(", ")}` : { plain };
}

function parseSeed(text: string): { text: string } | string {
  return text.length < LEAST_SEED ? `is a secret of at least ${LEAST_SEED} characters` : { text };
}
