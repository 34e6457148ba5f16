// Name-based UUIDs (RFC 9562 5.5, version 5), and the identity of feed entries as Canopy makes it.

import { joinChunks } from "../../stack/edge/http-client.ts";
import { fromHex, toHex } from "../hex.ts";
import type { Platform } from "../platform.ts";
import { type Moment, ptimeRfc3339 } from "./time.ts";

export const NAMESPACE_DNS = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
export const NAMESPACE_URL = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";

type Hashing = Pick<Platform, "sha1" | "utf8Encode">;

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** UUIDv5 of a name in a namespace, which must be a UUID. */
export function uuid5(hash: Hashing, namespace: string, name: string): string {
  const space = fromHex(namespace.replaceAll("-", ""))!;
  const digest = hash.sha1(joinChunks([space, hash.utf8Encode(name)])).slice(0, 16);
  // RFC 9562 4.1, 4.2: variant and version.
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = toHex(digest);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * The id of an article in Canopy's feed (canopy_article.ml): UUIDv5 of the blog's uuid, as text, in the namespace that
 * is the UUIDv5 of the creating commit's date among the DNS names.
 */
export function canopyEntryId(hash: Hashing, blogUuid: string, created: Moment): string {
  return uuid5(hash, uuid5(hash, NAMESPACE_DNS, ptimeRfc3339(created)), blogUuid);
}
