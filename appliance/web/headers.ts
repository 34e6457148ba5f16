// Header fields of what is served (RFC 9110, RFC 9111). Conditions, ranges and codings are stack/http's.

import type { HttpRequest } from "../../stack/edge/network.ts";

export type Headers = readonly (readonly [name: string, value: string])[];

/**
 * Pages are asked for again each time and mostly answered by 304, so a push is seen at once. Files may be kept for ten
 * minutes; what has its hash in its name, for ever.
 */
export type Freshness = "page" | "file" | "forever";

const CACHE_CONTROL: Readonly<Record<Freshness, string>> = {
  page: "public, no-cache",
  file: "public, max-age=600",
  forever: "public, max-age=31536000, immutable",
};

/**
 * What a blog needs and no more: its own styles and scripts, pictures and media from anywhere, embedded frames over
 * HTTPS. Scripts within the text do not run. A repository sets its own in .config/content_security_policy.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src * data:",
  "media-src *",
  "font-src 'self' data: https:",
  "frame-src https:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self' https:",
  "frame-ancestors 'self'",
].join("; ");

/** For a file of somebody who is not trusted, shown by itself: it runs nothing, and is none of this origin's. */
export const UNTRUSTED_FILE_POLICY =
  "sandbox; default-src 'none'; img-src * data:; media-src *; style-src 'unsafe-inline'";

export function headersFor(
  type: string,
  freshness: Freshness,
  encoding: string,
  varies: boolean,
  policy: string,
): Headers {
  const headers: [string, string][] = [
    ["Content-Type", type],
    ["Cache-Control", CACHE_CONTROL[freshness]],
    ["X-Content-Type-Options", "nosniff"],
  ];
  if (encoding !== "") headers.push(["Content-Encoding", encoding]);
  if (varies) headers.push(["Vary", "Accept-Encoding"]);
  // SVG can hold scripts as well.
  const mayRun = type.startsWith("text/html") || type === "image/svg+xml" || type.startsWith("application/xhtml");
  if (mayRun || (policy === UNTRUSTED_FILE_POLICY && type.includes("xml")))
    headers.push(["Content-Security-Policy", policy], ["Referrer-Policy", "strict-origin-when-cross-origin"]);
  return headers;
}

/** The fields with what a repository sets: in the place of one of that name, but for `Vary`, to which it adds. */
export function withFields(
  headers: Headers,
  fields: readonly (readonly [name: string, value: string | undefined])[],
): Headers {
  if (fields.length === 0) return headers;
  const made = new Map(headers.map((header) => [header[0].toLowerCase(), header] as const));
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = made.get(key);
    if (key === "vary") {
      if (value !== undefined) made.set(key, [name, before === undefined ? value : `${before[1]}, ${value}`]);
    } else if (value === undefined) made.delete(key);
    else made.set(key, [name, value]);
  }
  return [...made.values()];
}

/** The field's values joined as RFC 9110 5.3 says, or undefined. `name` in lower case. */
export function field(request: HttpRequest, name: string): string | undefined {
  let value: string | undefined;
  for (const [key, text] of request.headers) if (key === name) value = value === undefined ? text : `${value}, ${text}`;
  return value;
}
