// Whether a webhook comes from somebody who knows the secret. The forges agree on HMAC-SHA-256 of the body and on little
// else:
//
//   GitHub, Gitea, Forgejo  X-Hub-Signature-256: sha256=HEX
//   Bitbucket               X-Hub-Signature: sha256=HEX
//   Gitea, Forgejo, Gogs    X-Gitea-Signature, X-Forgejo-Signature, X-Gogs-Signature: HEX
//   GitLab                  X-Gitlab-Token: the secret itself
//   GitLab, Svix and others webhook-signature: v1,BASE64 of "ID.TIMESTAMP.BODY" (Standard Webhooks 1.0)
//
// The age of a signature is not looked at: a hook that is sent again only makes the machine look once more.

import type { HttpRequest } from "../../stack/edge/network.ts";
import { toHex } from "../hex.ts";
import type { Platform } from "../platform.ts";
import { field } from "./headers.ts";

export type Signature =
  | { readonly kind: "good" }
  /** No header that could hold one. */
  | { readonly kind: "missing" }
  /** The header that does not fit the secret and the body. */
  | { readonly kind: "wrong"; readonly header: string }
  /** The peer went away before the end of the body. */
  | { readonly kind: "gone" };

type Hashing = Pick<Platform, "utf8Encode" | "hmacSha256">;

/** Headers that hold the hash in hexadecimal digits, and what stands before them. */
const HEX_HEADERS: readonly (readonly [name: string, prefix: string])[] = [
  ["X-Hub-Signature-256", "sha256="],
  ["X-Hub-Signature", "sha256="],
  ["X-Forgejo-Signature", ""],
  ["X-Gitea-Signature", ""],
  ["X-Gogs-Signature", ""],
];
const TOKEN_HEADER = "X-Gitlab-Token";
const STANDARD_HEADER = "Webhook-Signature";
/** Secrets of Standard Webhooks are written so, and are base64 of the key. */
const STANDARD_SECRET = /^whsec_([A-Za-z0-9+/]+=*)$/;

/** Headers that are looked for, for the one who has to send one. */
export const SIGNATURE_HEADERS: readonly string[] = [
  ...HEX_HEADERS.map(([name]) => name),
  TOKEN_HEADER,
  STANDARD_HEADER,
];

/** One good header is enough: forges send several. The body is hashed as it comes and kept nowhere. */
export async function checkSignature(request: HttpRequest, secret: string, platform: Hashing): Promise<Signature> {
  const key = platform.utf8Encode(secret);
  const token = field(request, TOKEN_HEADER.toLowerCase());
  if (token !== undefined && sameSecret(token, secret, key, platform)) return { kind: "good" };
  const sent = HEX_HEADERS.map(([name, prefix]) => ({
    name,
    prefix,
    value: field(request, name.toLowerCase()),
  })).filter(({ value }) => value !== undefined);
  const standard = field(request, STANDARD_HEADER.toLowerCase());
  const first = token !== undefined ? TOKEN_HEADER : (sent[0]?.name ?? (standard === undefined ? "" : STANDARD_HEADER));
  if (first === "") return { kind: "missing" };
  if (sent.length === 0 && standard === undefined) return { kind: "wrong", header: first };

  const plain = platform.hmacSha256(key);
  const framed = platform.hmacSha256(standardKey(secret) ?? key);
  framed.update(
    platform.utf8Encode(`${field(request, "webhook-id") ?? ""}.${field(request, "webhook-timestamp") ?? ""}.`),
  );
  for (;;) {
    const piece = await request.read();
    if (!piece.ok) return { kind: "gone" };
    if (piece.value === undefined) break;
    plain.update(piece.value);
    framed.update(piece.value);
  }
  const hex = toHex(plain.digest());
  if (sent.some(({ prefix, value }) => sameText((value ?? "").toLowerCase(), prefix + hex))) return { kind: "good" };
  const base64 = btoa(String.fromCharCode(...framed.digest()));
  // Several, between blanks, while a secret is being changed.
  if (standard?.split(" ").some((part) => sameText(part, `v1,${base64}`)) === true) return { kind: "good" };
  return { kind: "wrong", header: first };
}

function standardKey(secret: string): Uint8Array | undefined {
  const written = STANDARD_SECRET.exec(secret)?.[1];
  if (written === undefined) return undefined;
  try {
    return Uint8Array.from(atob(written), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Compares hashes, so that the time says nothing of the secret's length either. */
function sameSecret(token: string, secret: string, key: Uint8Array, platform: Hashing): boolean {
  const hash = (text: string): string => {
    const hmac = platform.hmacSha256(key);
    hmac.update(platform.utf8Encode(text));
    return toHex(hmac.digest());
  };
  return sameText(hash(token), hash(secret));
}

/** Takes as long for texts of one length, wherever they differ. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
