// Signed requests (RFC 8555 6.2): JWS in its flattened form (RFC 7515 7.2.2) by ES256 (RFC 7518 3.4), the key as JWK and its
// thumbprint (RFC 7638), and the binding to an account elsewhere (RFC 8555 7.3.4).

import type { Keys } from "../../stack/edge/network.ts";
import { encodeBase64url } from "../base64url.ts";
import type { Platform } from "../platform.ts";

export type JwsPlatform = Pick<Platform, "sha256" | "hmacSha256" | "utf8Encode">;

/** Who signs: a key that the authority is shown with each request, or knows by the account's URL. */
export type Signer = { readonly kind: "jwk"; readonly jwk: string } | { readonly kind: "kid"; readonly url: string };

/** An account that one has with the authority in another way. */
export interface ExternalAccount {
  readonly id: string;
  readonly key: Uint8Array;
}

/** The public key as JWK, its members in the order in which they are hashed (RFC 7638 3.2). `point`: uncompressed, P-256. */
export function jwkOf(point: Uint8Array): string {
  const x = encodeBase64url(point.subarray(1, 33));
  const y = encodeBase64url(point.subarray(33, 65));
  return `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
}

export function thumbprint(jwk: string, platform: JwsPlatform): string {
  return encodeBase64url(platform.sha256(platform.utf8Encode(jwk)));
}

/** What is shown to prove that the account asked (RFC 8555 8.1). */
export function keyAuthorization(token: string, jwk: string, platform: JwsPlatform): string {
  return `${token}.${thumbprint(jwk, platform)}`;
}

/**
 * The body of a request. `payload`: JSON, or "" to read a resource (6.3). Undefined: there is no entropy to sign with.
 */
export function signedRequest(
  request: { readonly url: string; readonly nonce: string; readonly signer: Signer; readonly payload: string },
  seed: Uint8Array,
  keys: Pick<Keys, "sign">,
  platform: JwsPlatform,
): string | undefined {
  const { url, nonce, signer, payload } = request;
  const who = signer.kind === "jwk" ? `"jwk":${signer.jwk}` : `"kid":${JSON.stringify(signer.url)}`;
  const head = `{"alg":"ES256",${who},"nonce":${JSON.stringify(nonce)},"url":${JSON.stringify(url)}}`;
  return flattened(head, payload, platform, (input) => keys.sign(seed, input));
}

/** What a new account says of the other one: its key, signed with the other's. */
export function binding(account: ExternalAccount, url: string, jwk: string, platform: JwsPlatform): string {
  const head = `{"alg":"HS256","kid":${JSON.stringify(account.id)},"url":${JSON.stringify(url)}}`;
  const mac = (input: Uint8Array): Uint8Array => {
    const hmac = platform.hmacSha256(account.key);
    hmac.update(input);
    return hmac.digest();
  };
  return flattened(head, jwk, platform, mac) ?? "";
}

function flattened(
  head: string,
  payload: string,
  platform: JwsPlatform,
  sign: (input: Uint8Array) => Uint8Array | undefined,
): string | undefined {
  const one = encodeBase64url(platform.utf8Encode(head));
  const two = encodeBase64url(platform.utf8Encode(payload));
  const signature = sign(platform.utf8Encode(`${one}.${two}`));
  if (signature === undefined) return undefined;
  return `{"protected":"${one}","payload":"${two}","signature":"${encodeBase64url(signature)}"}`;
}
