// Repository paths -> URL paths. A URL path is kept decoded ("/Posts/Señor") and encoded only where it leaves the house.

/**
 * Names that begin with "." or "_" are never served, nor anything below them: but for /.well-known (RFC 8615), which is
 * there to be read.
 */
export function isHidden(path: string): boolean {
  const from = path.startsWith(WELL_KNOWN) ? WELL_KNOWN.length : 0;
  const first = path.charAt(from);
  return first === "." || first === "_" || path.includes("/.", from) || path.includes("/_", from);
}
const WELL_KNOWN = ".well-known/";

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The directory of a path, "" at the top. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The extension in lower case without its dot; "" when the name has none. */
export function extensionOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

export function isMarkdownName(path: string): boolean {
  // Most names of Canopy's have no dot at all.
  if (!path.includes(".")) return false;
  const extension = extensionOf(path);
  return extension === "md" || extension === "markdown";
}

/** "a/b.md" -> "a/b"; a path without a Markdown extension stays. */
export function withoutMarkdownExtension(path: string): string {
  return isMarkdownName(path) ? path.slice(0, path.lastIndexOf(".")) : path;
}

/**
 * Where a document is found: Canopy's file names verbatim, Markdown files without their extension, and `index.md` at
 * its directory.
 */
export function documentUrl(path: string): string {
  const bare = withoutMarkdownExtension(path);
  if (bare !== path && baseName(bare) === "index") return `/${directoryOf(bare)}`;
  return `/${bare}`;
}

/**
 * Percent-encodes a decoded path for use in a link or a Location (RFC 3986 3.3: pchar and "/"). A lone surrogate cannot
 * be encoded and becomes U+FFFD.
 */
export function encodePath(path: string): string {
  if (/^[\w/.~-]*$/.test(path)) return path;
  return encodeURIComponent(wellFormed(path)).replace(/%(2F|40|3A|24|26|2B|2C|3B|3D)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** But for the slash at the end, which leads to the other by itself. */
export function sameAddress(a: string, b: string): boolean {
  return a === b || `${a}/` === b || a === `${b}/`;
}

/** The text with each lone surrogate made U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");
}

/**
 * Resolves a relative path against a directory of the repository ("" is the top). Undefined when it climbs out of it.
 * A leading "/" counts from the top. The result has no leading slash and no "." or "..".
 */
export function resolvePath(directory: string, relative: string): string | undefined {
  const names = relative.startsWith("/") || directory === "" ? [] : directory.split("/");
  for (const name of relative.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") names.push(name);
    else if (names.pop() === undefined) return undefined;
  }
  return names.join("/");
}
