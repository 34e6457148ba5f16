// What a redirect may lead to.

/** Addresses that a browser may be sent to (RFC 9110 10.2.2): of the web, or of a person. */
const SCHEMES: ReadonlySet<string> = new Set(["http", "https", "mailto"]);
/** Why nobody is sent there, or undefined. */
export function redirectFault(to: string): string | undefined {
  // Browsers leave out blanks and control characters before they look for the scheme.
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(to.replace(/[\x00-\x20\x7f]+/g, ""))?.[1]?.toLowerCase();
  if (scheme === undefined || SCHEMES.has(scheme)) return undefined;
  return `redirects to ${scheme}:, which is no address that a page may lead to; use http, https, mailto or a path`;
}
