import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfter } from "../../../appliance/acme/carry.ts";
import { binding, jwkOf, keyAuthorization, signedRequest, thumbprint } from "../../../appliance/acme/jws.ts";
import { certificateId } from "../../../appliance/acme/renewal.ts";
import { decodeBase64url, encodeBase64url } from "../../../appliance/base64url.ts";
import { fromHex, toHex } from "../../../appliance/hex.ts";
import { hkdf } from "../../../appliance/hkdf.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";
import { fakeKeys, verified } from "./authority.ts";

const platform = new VirtualPlatform();
const bytes = (hexadecimal: string): Uint8Array => fromHex(hexadecimal) ?? new Uint8Array(0);
const SEED = new Uint8Array(128).fill(7);

describe("base64url", () => {
  it("is that of RFC 7515 C, and back", () => {
    expect(encodeBase64url(Uint8Array.of(3, 236, 255, 224, 193))).toBe("A-z_4ME");
    expect(decodeBase64url("A-z_4ME")).toEqual(Uint8Array.of(3, 236, 255, 224, 193));
    expect(decodeBase64url("A-z_4ME=")).toEqual(Uint8Array.of(3, 236, 255, 224, 193));
    fc.assert(
      fc.property(fc.uint8Array(), (any) => {
        expect(decodeBase64url(encodeBase64url(any))).toEqual(any);
      }),
    );
  });

  it("is nothing else", () => {
    for (const text of ["A", "AB+/", "A B", "====", "AAA===", "é"]) expect(decodeBase64url(text), text).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => void decodeBase64url(text)));
  });
});

describe("HKDF", () => {
  // RFC 5869 A.1 to A.3.
  const range = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, i) => from + i);
  it("gives what RFC 5869 says", () => {
    const one = hkdf(new Uint8Array(22).fill(11), range(0, 13), range(0xf0, 0xfa), 42, platform);
    expect(toHex(one)).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    const two = hkdf(range(0, 80), range(0x60, 0xb0), range(0xb0, 0x100), 82, platform);
    expect(toHex(two)).toBe(
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    );
    const three = hkdf(new Uint8Array(22).fill(11), new Uint8Array(0), new Uint8Array(0), 42, platform);
    expect(toHex(three)).toBe("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    expect(() => hkdf(one, two, three, 8161, platform)).toThrow(RangeError);
  });
});

describe("a signed request", () => {
  // RFC 7515 A.3.1 has this key as JWK.
  const point = bytes(
    "047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad",
  );
  const jwk =
    '{"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}';

  it("shows its key as RFC 7515 and RFC 7638 have it", () => {
    expect(jwkOf(point)).toBe(jwk);
    expect(thumbprint(jwk, platform)).toBe("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    expect(keyAuthorization("abc", jwk, platform)).toBe(`abc.${thumbprint(jwk, platform)}`);
  });

  it("is signed by that key, whatever it says, and by no other", () => {
    const own = jwkOf(fakeKeys().publicKey(SEED));
    for (let i = 0; i < 100; i++) {
      const request = {
        url: `https://ca.test/${i}`,
        nonce: `n${i}`,
        signer: { kind: "jwk", jwk: own },
        payload: `{"a":${i}}`,
      } as const;
      const text = signedRequest(request, SEED, fakeKeys(), platform) ?? "";
      expect(verified(text, own)).toEqual({
        head: { alg: "ES256", jwk: JSON.parse(own) as object, nonce: `n${i}`, url: `https://ca.test/${i}` },
        payload: `{"a":${i}}`,
      });
    }
    const request = {
      url: "https://ca.test/",
      nonce: "n",
      signer: { kind: "kid", url: "https://ca.test/a" },
      payload: "",
    } as const;
    const text = signedRequest(request, SEED, fakeKeys(), platform) ?? "";
    expect(verified(text, own)?.head).toEqual({
      alg: "ES256",
      kid: "https://ca.test/a",
      nonce: "n",
      url: "https://ca.test/",
    });
    expect(verified(text, own)?.payload).toBe("");
    expect(verified(text, jwk)).toBeUndefined();
    expect(signedRequest(request, SEED, { sign: () => undefined }, platform)).toBeUndefined();
  });

  it("is bound to an account elsewhere by its key (RFC 8555 7.3.4)", () => {
    const key = bytes("6162636465666768696a6b6c6d6e6f70");
    const text = binding({ id: "kid-1", key }, "https://ca.test/new-account", jwk, platform);
    const { protected: head, payload, signature } = JSON.parse(text) as Record<string, string>;
    expect(text_(head)).toBe('{"alg":"HS256","kid":"kid-1","url":"https://ca.test/new-account"}');
    expect(text_(payload)).toBe(jwk);
    const hmac = platform.hmacSha256(key);
    hmac.update(platform.utf8Encode(`${head}.${payload}`));
    expect(signature).toBe(encodeBase64url(hmac.digest()));
  });
});

function text_(encoded: string | undefined): string {
  const decoded = decodeBase64url(encoded ?? "") ?? new Uint8Array(0);
  return platform.utf8Decode(decoded);
}

describe("names and times", () => {
  it("a certificate is known by its issuer's key and its number (RFC 9773 4.1)", () => {
    const renewal = { issuer: "69885b6b87464041e1b37b847bd0ae2cde01c8d4", serial: "0087654321" };
    expect(certificateId(renewal)).toBe("aYhba4dGQEHhs3uEe9CuLN4ByNQ.AIdlQyE");
    expect(certificateId({ issuer: "zz", serial: "00" })).toBe("");
  });

  it("Retry-After is seconds or a date; all else is nothing", () => {
    const now = Date.parse("2026-03-04T12:00:00Z");
    expect(retryAfter("120", now)).toBe(120_000);
    expect(retryAfter("Wed, 04 Mar 2026 12:01:00 GMT", now)).toBe(60_000);
    expect(retryAfter("Wed, 04 Mar 2026 11:00:00 GMT", now)).toBe(0);
    expect(retryAfter("999999999", now)).toBe(365 * 86_400_000);
    for (const text of ["", "-1", "1.5", "soon", "9999999999", "Wed, 99 Abc 2026 12:01:00 GMT"])
      expect(retryAfter(text, now), text).toBeUndefined();
  });
});
