// What the appliance is told about its certificate authority.

import { decodeBase64url } from "../base64url.ts";
import type { Parameters, ParameterTable } from "../parameters.ts";
import { parameter } from "../parameters.ts";
import type { ExternalAccount } from "./jws.ts";

export interface AcmeConfig {
  /** Host names in lower case and IPv4 addresses, one at least. */
  readonly names: readonly string[];
  readonly directory: string;
  /** The authority's terms are agreed to. */
  readonly agreed: boolean;
  /** What the keys of the account and of the certificate follow from; undefined: they are others at each start. */
  readonly seed: string | undefined;
  /** URLs, mailto: as a rule. */
  readonly contact: readonly string[];
  /** "" for none. */
  readonly profile: string;
  readonly external: ExternalAccount | undefined;
  /** Where the certificate is kept over restarts, "" nowhere. */
  readonly store: string;
}

export const ACME_PARAMETERS = {
  acme: parameter("NAME[,NAME...]", "HTTPS with a certificate for these names, which comes by itself (ACME)", {
    repeatable: true,
  }),
  "acme-agree": parameter("", "you agree to the terms of the certificate authority"),
  "acme-seed": parameter("TEXT", "secret that its keys are derived from, so that restarts need no new certificate"),
  "acme-directory": parameter("URL", "another authority than Let's Encrypt; --trust names the CA of a private one"),
  "acme-store": parameter("URL", "keep the certificate there (GET, PUT), for an authority that lists no orders"),
  "acme-profile": parameter("NAME", "profile of the certificate, as the authority names it (shortlived: six days)"),
  "acme-contact": parameter("ADDRESS", "e-mail address for the authority"),
  "acme-eab": parameter("ID:KEY", "account that you have with the authority (external account binding)"),
} as const satisfies ParameterTable;

export const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
/** Names of one certificate: what Let's Encrypt gives, and no parameter is longer. */
export const NAME_LIMIT = 100;
const LEAST_EAB_KEY = 16;

/** Undefined: no certificate is asked for, or something is wrong, which then is among the errors of `given`. */
export function readAcmeConfig(
  given: Parameters,
  parseSeed: (text: string) => { text: string } | string,
): AcmeConfig | undefined {
  const { errors } = given;
  const names = namesOf(given);
  const directory = given.one("acme-directory", parseHttps)?.url ?? LETS_ENCRYPT;
  const seed = given.one("acme-seed", parseSeed)?.text;
  const store = given.one("acme-store", parseStore)?.url ?? "";
  const profile = given.one("acme-profile", parseProfile)?.name ?? "";
  const contact = given.one("acme-contact", parseContact)?.url;
  const external = given.one("acme-eab", parseExternal);
  if (!given.has("acme")) {
    const lonely = Object.keys(ACME_PARAMETERS).find((name) => given.has(name));
    if (lonely !== undefined)
      errors.push({ kind: "missing", name: "acme", why: `--${lonely} means nothing without it` });
    return undefined;
  }
  if (names.length === 0) return undefined;
  return {
    names,
    directory,
    agreed: given.has("acme-agree"),
    seed,
    contact: contact === undefined ? [] : [contact],
    profile,
    external,
    store,
  };
}

function namesOf(given: Parameters): readonly string[] {
  const names: string[] = [];
  for (const text of given.list("acme"))
    for (const part of text.split(",")) {
      const name = part.trim().toLowerCase().replace(/\.$/, "");
      const why = faultOf(name);
      if (why !== "")
        given.errors.push({ kind: "malformed", name: "acme", value: text, why: `${JSON.stringify(part)} ${why}` });
      else if (!names.includes(name)) names.push(name);
    }
  if (names.length > NAME_LIMIT)
    given.errors.push({
      kind: "malformed",
      name: "acme",
      value: "…",
      why: `a certificate has ${NAME_LIMIT} names at most`,
    });
  return names;
}

/** Why nobody gives a certificate for the name; "" when somebody might. */
function faultOf(name: string): string {
  if (name.startsWith("*.")) return "is a wildcard: that takes a proof by DNS, which is not spoken here";
  if (/[^\x21-\x7e]/.test(name)) return "is to be written as DNS has it, in its xn-- form";
  if (name.includes(":")) return "is no host name: without port and scheme, please, and no IPv6 address yet";
  if (/^[\d.]+$/.test(name))
    return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(name) ? "" : "is no address";
  const proper =
    name.length <= 253 && name.split(".").every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  return proper ? "" : "is no host name";
}

function parseHttps(text: string): { url: string } | string {
  // RFC 8555 6.1.
  return /^https:\/\/[^\s/@]+(\/\S*)?$/i.test(text)
    ? { url: text }
    : "is the URL of a directory, which begins with https://";
}

function parseStore(text: string): { url: string } | string {
  return /^https?:\/\/[^\s/]+\/\S+$/i.test(text)
    ? { url: text }
    : "is the URL of a file, as in https://user:password@host/blog.pem";
}

function parseProfile(text: string): { name: string } | string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(text) ? { name: text } : "is no name of a profile";
}

function parseContact(text: string): { url: string } | string {
  const address = text.replace(/^mailto:/, "");
  return /^[^\s@,?<>"]+@[^\s@,?<>"]+$/.test(address) ? { url: `mailto:${address}` } : "is no e-mail address";
}

/** `KEY` is in base64url, as authorities hand it out. */
function parseExternal(text: string): ExternalAccount | string {
  const colon = text.indexOf(":");
  const key = colon < 1 ? undefined : decodeBase64url(text.slice(colon + 1));
  if (key === undefined || key.length < LEAST_EAB_KEY)
    return "is not ID:KEY, the key in base64url, as the authority gave it";
  return { id: text.slice(0, colon), key };
}
