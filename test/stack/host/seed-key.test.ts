import { describe, expect, test } from "vitest";
import { challengeName, seedKey, signRaw } from "../../../stack/host/seed-key.ts";
import { hexText } from "../../../stack/x509/text.ts";
import { integer, sequence } from "../../../stack/x509/writer.ts";

const SEED = new Uint8Array(128);
for (let i = 0; i < SEED.length; i++) SEED[i] = i;
const SIGNATURES = 1000;
const ECDSA_P256 = 0x0403;

/** As DER has a number: without zeros in front, but for one when its first bit is set. */
function number(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  const rest = bytes.slice(at);
  if (rest[0]! < 0x80) return integer(rest);
  const padded = new Uint8Array(rest.length + 1);
  for (let i = 0; i < rest.length; i++) padded[i + 1] = rest[i]!;
  return integer(padded);
}

describe("a key that follows from a seed", () => {
  test("is the same for the same seed, and another for another", () => {
    const other = SEED.slice(0);
    other[0] = 1;
    expect(seedKey(SEED).publicKey).toEqual(seedKey(SEED.slice(0)).publicKey);
    expect(seedKey(SEED).publicKey[0]).toBe(4);
    expect(seedKey(SEED).publicKey).toHaveLength(65);
    expect(hexText(seedKey(SEED).publicKey)).not.toBe(hexText(seedKey(other).publicKey));
  });

  test("signs as JWS has it: r and s of 32 bytes each, whatever they begin with", () => {
    const key = seedKey(SEED);
    const message = new Uint8Array(2);
    let wrong = 0;
    let short = 0;
    for (let i = 0; i < SIGNATURES; i++) {
      message[0] = i & 255;
      message[1] = i >> 8;
      const raw = signRaw(key, message);
      if (raw.length !== 64) wrong++;
      const der = sequence([number(raw.slice(0, 32)), number(raw.slice(32, 64))]);
      if (!nativeVerify(ECDSA_P256, key.publicKey, message, 0, 2, der, 0, der.length)) wrong++;
      if (raw[0] === 0 || raw[32] === 0) short++;
    }
    expect(wrong).toBe(0);
    // One in 128 has a zero in front of r or s: without any the test would prove little.
    expect(short).toBeGreaterThan(0);
  });
});

test("a challenge is asked for by the name, or by the address backwards", () => {
  expect(challengeName("blog.example.org")).toBe("blog.example.org");
  expect(challengeName("192.0.2.7")).toBe("7.2.0.192.in-addr.arpa");
});
