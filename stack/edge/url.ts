// http and https URLs as an HTTP client needs them. Read first: RFC 3986 3 (parts), 5.2 (references), RFC 9110 4.2.
// Not the WHATWG URL: what is malformed is refused instead of repaired.

import { formatIpv6, parseIpv6 } from "../base/address6.ts";
import type { Result } from "../base/result.ts";

export interface Url {
  readonly scheme: "http" | "https";
  /** Decoded "user:password" or "user", or "". */
  readonly userinfo: string;
  /** In lower case; an IPv6 address in its brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, percent-encoded; begins with "/". */
  readonly target: string;
}

/** Longer ones are refused. */
export const MAX_URL = 8000;

/** Why a URL was refused, in words that a person can act on. */
export type UrlError = string;

export function parseUrl(text: string): Result<Url, UrlError> {
  if (text.length > MAX_URL) return bad("it is too long");
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/.exec(text);
  if (match === null) return bad("it does not begin with http://");
  const scheme = (match[1] ?? "").toLowerCase();
  if (scheme !== "http" && scheme !== "https") return bad(`"${scheme}" is not a scheme that is spoken here`);
  const authority = match[2] ?? "";
  const at = authority.lastIndexOf("@");
  const place = authority.slice(at + 1);
  const userinfo = at < 0 ? "" : decode(authority.slice(0, at));
  if (userinfo === undefined) return bad("the user name or password is not properly percent-encoded");
  const hostPort = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=-]+)(?::([0-9]{0,5}))?$/.exec(place);
  const host = hostPort === null ? undefined : canonicalHost(hostPort[1] ?? "");
  if (hostPort === null || host === undefined)
    return bad(place === "" ? "it names no host" : `"${place}" is not a host`);
  const port = hostPort[2] ? Number(hostPort[2]) : defaultPort(scheme);
  if (port < 1 || port > 65_535) return bad(`${port} is not a port`);
  const target = encodeTarget(match[3] ?? "");
  if (target === undefined) return bad("it holds a character that cannot stand in a URL");
  return { ok: true, value: { scheme, userinfo, host, port, target } };
}

/** The URL that a Location means, seen from `base` (RFC 3986 5.2.2). Userinfo in it is dropped: it is not ours. */
export function resolveReference(base: Url, reference: string): Result<Url, UrlError> {
  const text = reference.replace(/#.*$/, "");
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text)) return withoutUserinfo(parseUrl(text));
  if (text.startsWith("//")) return withoutUserinfo(parseUrl(`${base.scheme}:${text}`));
  const basePath = base.target.replace(/\?.*$/, "");
  let target = base.target;
  if (text.startsWith("/")) target = text;
  else if (text.startsWith("?")) target = basePath + text;
  else if (text !== "") target = basePath.slice(0, basePath.lastIndexOf("/") + 1) + text;
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  const encoded = encodeTarget(removeDotSegments(path) + (question < 0 ? "" : target.slice(question)));
  if (encoded === undefined || encoded.length > MAX_URL) return bad("the redirect leads to no proper URL");
  return { ok: true, value: { ...base, userinfo: "", target: encoded } };
}

/** "http://host" or "http://host:8080": what credentials and connections belong to (RFC 9110 4.3.1). */
export function originOf(url: Url): string {
  return `${url.scheme}://${hostOf(url)}`;
}

/** The Host field's value: without the scheme's own port (RFC 9110 7.2). */
export function hostOf(url: Url): string {
  return url.port === defaultPort(url.scheme) ? url.host : `${url.host}:${url.port}`;
}

/** Without userinfo, so fit for logs. */
export function formatUrl(url: Url): string {
  return originOf(url) + url.target;
}

/** In lower case, and an IPv6 address as RFC 5952 writes it; undefined: what stands in brackets is none. */
function canonicalHost(text: string): string | undefined {
  if (!text.startsWith("[")) return text.toLowerCase();
  const address = new Uint8Array(16);
  return parseIpv6(text.slice(1, -1), address, 0) ? `[${formatIpv6(address, 0)}]` : undefined;
}

function defaultPort(scheme: string): number {
  return scheme === "https" ? 443 : 80;
}

function bad(error: string): { readonly ok: false; readonly error: UrlError } {
  return { ok: false, error };
}

function withoutUserinfo(result: Result<Url, UrlError>): Result<Url, UrlError> {
  return result.ok ? { ok: true, value: { ...result.value, userinfo: "" } } : result;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Begins it with "/", encodes what is not ASCII; undefined for controls, spaces and the like. */
function encodeTarget(text: string): string | undefined {
  const target = text.startsWith("/") ? text : `/${text}`;
  if (/[\0-\x20"<>\\^`{|}\x7f]/.test(target)) return undefined;
  try {
    return target.replace(/[^\0-\x7f]+/g, (part) => encodeURIComponent(part));
  } catch {
    return undefined;
  }
}

/** RFC 3986 5.2.4. */
function removeDotSegments(path: string): string {
  const out: string[] = [];
  const segments = path.split("/").slice(1);
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    if (segment === "..") {
      out.pop();
      if (last) out.push("");
    } else if (segment === ".") {
      if (last) out.push("");
    } else out.push(segment);
  });
  return `/${out.join("/")}`;
}
