// base64url without padding (RFC 4648 5, RFC 7515 2): how JWS and our entity tags write bytes.

export function encodeBase64url(bytes: Uint8Array): string {
  let characters = "";
  for (let i = 0; i < bytes.length; i++) characters += String.fromCharCode(bytes[i]!);
  return btoa(characters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Undefined when it is not base64url. Padding is let pass: authorities hand out keys with it. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bare = text.replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9_-]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  const characters = atob(bare.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (bare.length % 4)) % 4));
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
