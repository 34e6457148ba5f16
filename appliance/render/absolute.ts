// Addresses in rendered HTML, made absolute (RFC 3986 5.2): a feed's readers have no page to start from.

import { directoryOf, encodePath, resolvePath } from "../content/paths.ts";

/** A tag with its attributes; a ">" within quotes does not end it. */
const TAG = /<[a-z](?:[^<>"']|"[^"]*"|'[^']*')*>/gi;
/** An attribute with its value: all are taken, so that none is found within another's. */
const ATTRIBUTE = /(\s)([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+)/g;
/** Attributes of HTML that hold one address, and those of images that hold a list of them. */
const SINGLE = /^(?:href|src|poster|cite|data|action|formaction|longdesc|background|xlink:href)$/i;
const SET = /^(?:srcset|imagesrcset)$/i;

/**
 * Every address in the attributes of `markup`; `root` is the blog's base URL without a slash at its end, `url` the decoded
 * path of the page that the markup stands on.
 */
export function absolute(markup: string, root: string, url: string): string {
  return mapAddresses(markup, (href) => absoluteUrl(href, root, url));
}

/** Every address in the attributes of `markup`, by `map`. */
export function mapAddresses(markup: string, map: (href: string) => string): string {
  return markup.replace(TAG, (tag) =>
    tag.replace(ATTRIBUTE, (whole, blank: string, name: string, equals: string, value: string) => {
      if (!SINGLE.test(name) && !SET.test(name)) return whole;
      const quote = /^["']/.test(value) ? value.charAt(0) : "";
      const written = quote === "" ? value : value.slice(1, -1);
      const made = SET.test(name) ? mapSet(written, map) : map(written.trim());
      return `${blank}${name}${equals}${quote}${made}${quote}`;
    }),
  );
}

/** Candidates of a srcset (HTML, "Parse a srcset attribute"): an address, then maybe a width or density, then a comma. */
function mapSet(set: string, map: (href: string) => string): string {
  return set.replace(
    /([\s,]*)([^\s,]\S*?)(,+(?=\s|$)|\s+[^,]*|$)/g,
    (_, before: string, href: string, rest: string) => `${before}${map(href)}${rest}`,
  );
}

/** One address; what is absolute stays. */
export function absoluteUrl(href: string, root: string, url: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return href;
  if (href.startsWith("//")) return `${/^https?:/.exec(root)?.[0] ?? "http:"}${href}`;
  if (href.startsWith("/")) return root + href;
  if (href === "" || href.startsWith("#") || href.startsWith("?")) return `${root}${encodePath(url)}${href}`;
  const path = /^[^?#]*/.exec(href)![0];
  const resolved = resolvePath(encodePath(directoryOf(url.slice(1))), path);
  return resolved === undefined ? `${root}/` : `${root}/${resolved}${href.slice(path.length)}`;
}
