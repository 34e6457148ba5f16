// The natives of stack/base/cryptography.d.ts by published vectors: FIPS 180-4, RFC 4231, 5869, 6979, 7748, 8032, 8448, the
// NIST's for ECDH; and what they refuse.
import { describe, expect, it } from "vitest";
import { bytesOf, hex, pattern, toHex } from "../../support/bytes.ts";

const AES128 = 0x1301;
const SUITES = [AES128, 0x1302, 0x1303];
const P256 = 0x0017;
const P384 = 0x0018;
const X25519 = 0x001d;
const HYBRID = 0x11ec;

/** Bit 0 is the lowest of the first byte. */
function flip(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7));
}

function digest(algorithm: number, text: string): string {
  const state = new Uint8Array(224);
  const into = new Uint8Array(50);
  const bytes = bytesOf(text);
  nativeHashInit(algorithm, state);
  for (let i = 0; i < bytes.length; i++) nativeHashUpdate(algorithm, state, bytes, i, 1);
  nativeHashPeek(algorithm, state, into, 2);
  return toHex(into, 2, algorithm === 0 ? 32 : 48);
}

describe("hashes", () => {
  it("are SHA-256 and SHA-384", () => {
    expect(digest(0, "abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(digest(1, "abc")).toBe(
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    );
    expect(digest(0, "")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  it("go on after a peek", () => {
    const state = new Uint8Array(224);
    const into = new Uint8Array(48);
    nativeHashInit(0, state);
    nativeHashUpdate(0, state, bytesOf("xab"), 1, 2);
    nativeHashPeek(0, state, into, 0);
    nativeHashPeek(0, state, into, 0);
    nativeHashUpdate(0, state, bytesOf("c"), 0, 1);
    nativeHashPeek(0, state, into, 0);
    expect(toHex(into, 0, 32)).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});

describe("HMAC and HKDF", () => {
  it("are those of RFC 4231, case 2", () => {
    const text = bytesOf("what do ya want for nothing?");
    const mac = new Uint8Array(48);
    nativeHmac(0, bytesOf("Jefe"), text, 0, text.length, mac);
    expect(toHex(mac, 0, 32)).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    nativeHmac(1, bytesOf("Jefe"), text, 0, text.length, mac);
    expect(toHex(mac)).toBe(
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    );
  });

  it("extract as RFC 5869, A.1", () => {
    const secret = new Uint8Array(48);
    nativeHkdfExtract(
      0,
      hex("000102030405060708090a0b0c"),
      hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
      secret,
    );
    expect(toHex(secret, 0, 32)).toBe("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  });

  it("make the key schedule of RFC 8448, 3", () => {
    const secret = new Uint8Array(48);
    nativeHkdfExtract(0, new Uint8Array(0), new Uint8Array(32), secret);
    expect(toHex(secret, 0, 32)).toBe("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
    const derived = new Uint8Array(32);
    const empty = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    nativeHkdfExpandLabel(0, secret, bytesOf("derived"), empty, derived);
    expect(toHex(derived)).toBe("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba");
    const shared = hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
    nativeHkdfExtract(0, derived, shared, secret);
    expect(toHex(secret, 0, 32)).toBe("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac");
  });

  it("fill any length", () => {
    const secret = pattern(48);
    const long = new Uint8Array(255);
    for (const algorithm of [0, 1]) {
      nativeHkdfExpandLabel(algorithm, secret, bytesOf("key"), new Uint8Array(0), long);
      // The length is part of what is expanded.
      const short = new Uint8Array(12);
      nativeHkdfExpandLabel(algorithm, secret, bytesOf("key"), new Uint8Array(0), short);
      expect(toHex(short) === toHex(long, 0, 12)).toBe(false);
      const again = new Uint8Array(255);
      nativeHkdfExpandLabel(algorithm, secret, bytesOf("key"), new Uint8Array(0), again);
      expect(toHex(again)).toBe(toHex(long));
    }
  });
});

describe("records", () => {
  const key = hex("17422dda596ed5d9acd890e3c63f505100000000000000000000000000000000");
  const iv = hex("5b78923dee08579033e523d9");
  const record = `1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a
6292a2977014bd1e3deae63aeebb21694915e4`;

  it("are those of RFC 8448, 3", () => {
    const state = new Uint8Array(640);
    nativeAeadInit(AES128, state, key);
    const content = new Uint8Array(50);
    for (let i = 0; i < 50; i++) content[i] = i;
    const into = new Uint8Array(100);
    expect(nativeSeal(state, iv, 0, 23, 16384, content, 0, 50, into, 7)).toBe(72);
    expect(toHex(into, 7, 72)).toBe(toHex(hex(record)));
    expect(nativeOpen(state, iv, 0, into, 7, 72)).toBe(50 * 256 + 23);
    expect(toHex(into, 12, 50)).toBe(toHex(content));
    // The alert close_notify.
    expect(nativeSeal(state, iv, 1, 21, 16384, hex("0100"), 0, 2, into, 0)).toBe(24);
    expect(toHex(into, 0, 24)).toBe("1703030013c9872760655666b74d7ff1153efd6db6d0b0e3");
  });

  it("come in runs, and open one by one", () => {
    const content = pattern(33000);
    for (const suite of SUITES) {
      const state = new Uint8Array(640);
      nativeAeadInit(suite, state, pattern(32));
      for (const [length, fragment, records] of [
        [0, 1, 1],
        [1, 1, 1],
        [99, 100, 1],
        [100, 100, 1],
        [101, 100, 2],
        [1000, 333, 4],
        [16383, 16384, 1],
        [16384, 16384, 1],
        [16385, 16384, 2],
        [32768, 16384, 2],
        [32769, 16384, 3],
      ] as const) {
        const into = new Uint8Array(length + 22 * records);
        expect(nativeSeal(state, iv, 2 ** 53 - 10, 22, fragment, content, 0, length, into, 0)).toBe(into.length);
        let at = 0;
        let from = 0;
        for (let i = 0; i < records; i++) {
          const size = 5 + nativeLoad16(into, at + 3);
          const opened = nativeOpen(state, iv, 2 ** 53 - 10 + i, into, at, size);
          expect(opened % 256).toBe(22);
          const part = Math.floor(opened / 256);
          expect(nativeEqual(into, at + 5, content, from, part)).toBe(true);
          from += part;
          at += size;
        }
        expect(at).toBe(into.length);
      }
    }
  });

  it("are refused when a bit is another, or too short", () => {
    for (const suite of SUITES) {
      const state = new Uint8Array(640);
      nativeAeadInit(suite, state, pattern(32));
      const sealed = new Uint8Array(32);
      nativeSeal(state, iv, 5, 23, 100, pattern(10), 0, 10, sealed, 0);
      for (let bit = 0; bit < 256; bit++) {
        const bytes = sealed.slice();
        flip(bytes, bit);
        expect(nativeOpen(state, iv, 5, bytes, 0, 32)).toBe(-1);
      }
      expect(nativeOpen(state, iv, 6, sealed.slice(), 0, 32)).toBe(-1);
      for (let length = 0; length < 32; length++) expect(nativeOpen(state, iv, 5, sealed.slice(), 0, length)).toBe(-1);
      expect(nativeOpen(state, iv, 5, sealed.slice(), 0, 32)).toBe(10 * 256 + 23);
    }
  });

  it("stay within their range, whether they open or not", () => {
    for (const suite of SUITES) {
      const state = new Uint8Array(640);
      nativeAeadInit(suite, state, pattern(32));
      const bytes = pattern(100);
      nativeSeal(state, iv, 5, 23, 100, pattern(10), 0, 10, bytes.subarray(0, 52), 20);
      const around = toHex(bytes, 0, 25) + toHex(bytes, 52);
      expect(nativeOpen(state, iv, 6, bytes, 20, 32)).toBe(-1);
      expect(toHex(bytes, 0, 25) + toHex(bytes, 52)).toBe(around);
      expect(toHex(bytes, 52)).toBe(toHex(pattern(100), 52));
    }
  });

  it("lose their padding; nothing but zeros has no type", () => {
    const state = new Uint8Array(640);
    nativeAeadInit(AES128, state, pattern(32));
    const into = new Uint8Array(32);
    // The content of type 0 ends where the padding begins.
    nativeSeal(state, iv, 0, 0, 100, hex("aabb16 00000000000000"), 0, 10, into, 0);
    expect(nativeOpen(state, iv, 0, into, 0, 32)).toBe(2 * 256 + 22);
    nativeSeal(state, iv, 0, 0, 100, new Uint8Array(10), 0, 10, into, 0);
    expect(nativeOpen(state, iv, 0, into, 0, 32)).toBe(-2);
  });

  it("are not written where there is no room", () => {
    const state = new Uint8Array(640);
    nativeAeadInit(AES128, state, pattern(32));
    const into = new Uint8Array(64);
    expect(nativeSeal(state, iv, 0, 23, 10, pattern(20), 0, 20, into, 1)).toBe(0);
    expect(nativeSeal(state, iv, 0, 23, 10, pattern(20), 0, 20, new Uint8Array(63), 0)).toBe(0);
    expect(nativeSeal(state, iv, 0, 23, 10, pattern(0), 0, 0, into, 43)).toBe(0);
    expect(toHex(into)).toBe("00".repeat(64));
    expect(nativeSeal(state, iv, 0, 23, 10, pattern(20), 0, 20, into, 0)).toBe(64);
  });
});

function keyPair(group: number, random: Uint8Array): { secretKey: Uint8Array; share: Uint8Array } {
  const secretKey = new Uint8Array(2500);
  const share = new Uint8Array(1216);
  const length = nativeKeyPair(group, random, secretKey, share);
  return { secretKey, share: share.subarray(0, length) };
}

function agree(group: number, secretKey: Uint8Array, peer: Uint8Array): string {
  const shared = new Uint8Array(64);
  return toHex(shared, 0, nativeAgree(group, secretKey, peer, 0, peer.length, shared));
}

/** 128 bytes that begin with these. */
function random(first: string): Uint8Array {
  const bytes = pattern(128);
  bytes.set(hex(first));
  return bytes;
}

describe("key agreement", () => {
  it("by X25519 is that of RFC 8448, 3", () => {
    const client = keyPair(X25519, random("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005"));
    const server = keyPair(X25519, random("b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e"));
    expect(toHex(client.share)).toBe("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c");
    expect(toHex(server.share)).toBe("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f");
    const shared = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";
    expect(agree(X25519, client.secretKey, server.share)).toBe(shared);
    expect(agree(X25519, server.secretKey, client.share)).toBe(shared);
  });

  it("by P-256 is that of the NIST", () => {
    const ours = keyPair(P256, random("7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534"));
    expect(toHex(ours.share)).toBe(
      "04ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b23028af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1405141",
    );
    const peer = hex(
      "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac",
    );
    expect(agree(P256, ours.secretKey, peer)).toBe("46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b");
  });

  it("takes the next bytes when the first are no scalar", () => {
    const ones = "ff".repeat(32);
    const first = "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534";
    const zeros = "00".repeat(32);
    expect(toHex(keyPair(P256, random(`${ones}${zeros}${first}`)).share)).toBe(
      toHex(keyPair(P256, random(first)).share),
    );
    expect(keyPair(P256, random("00".repeat(128))).share.length).toBe(0);
    expect(keyPair(P384, random(`${"ff".repeat(48)}${"01".repeat(48)}`)).share.length).toBe(97);
  });

  it("comes to the same on both sides, for every group", () => {
    for (const [group, length, answer, size] of [
      [P256, 65, 65, 32],
      [P384, 97, 97, 48],
      [X25519, 32, 32, 32],
      [HYBRID, 1216, 1120, 64],
    ] as const) {
      const client = keyPair(group, pattern(128));
      expect(client.share.length).toBe(length);
      const share = new Uint8Array(1216);
      const shared = new Uint8Array(64);
      const made = nativeEncapsulate(group, random("0102030405"), client.share, 0, length, share, shared);
      expect(made).toBe(answer * 256 + size);
      expect(agree(group, client.secretKey, share.subarray(0, answer))).toBe(toHex(shared, 0, size));
      // Of another length nothing is a share.
      for (const bytes of [share.subarray(0, answer - 1), new Uint8Array(answer + 1), new Uint8Array(0)])
        expect(agree(group, client.secretKey, bytes)).toBe("");
      expect(nativeEncapsulate(group, pattern(128), client.share, 0, length - 1, share, shared)).toBe(0);
      expect(nativeEncapsulate(group, pattern(128), new Uint8Array(length + 1), 0, length + 1, share, shared)).toBe(0);
    }
  });

  it("refuses what is no point, and a secret of zeros", () => {
    const { secretKey } = keyPair(P256, pattern(128));
    const { share } = keyPair(P256, random("01"));
    const off = share.slice();
    flip(off, 64 * 8);
    expect(agree(P256, secretKey, off)).toBe("");
    const compressed = share.slice(0, 33);
    compressed[0] = 2;
    expect(agree(P256, secretKey, compressed)).toBe("");
    const hybrid = share.slice();
    hybrid[0] = 6;
    expect(agree(P256, secretKey, hybrid)).toBe("");
    expect(agree(X25519, keyPair(X25519, pattern(128)).secretKey, new Uint8Array(32))).toBe("");
    const low = new Uint8Array(32);
    low[0] = 1;
    expect(agree(X25519, keyPair(X25519, pattern(128)).secretKey, low)).toBe("");
  });

  it("refuses an encapsulation key that is not reduced", () => {
    const { share } = keyPair(HYBRID, pattern(128));
    const into = new Uint8Array(1216);
    const shared = new Uint8Array(64);
    const bad = share.slice();
    // Twelve bits of ones are 4095, and the modulus is 3329.
    bad[600] = 255;
    bad[601] = 255;
    expect(nativeEncapsulate(HYBRID, pattern(128), bad, 0, 1216, into, shared)).toBe(0);
    const zero = share.slice();
    for (let i = 1184; i < 1216; i++) zero[i] = 0;
    expect(nativeEncapsulate(HYBRID, pattern(128), zero, 0, 1216, into, shared)).toBe(0);
  });

  it("knows no other group", () => {
    for (const group of [0, 0x19, 0x1e, 0x100, 0xffff]) {
      expect(keyPair(group, pattern(128)).share.length).toBe(0);
      expect(agree(group, new Uint8Array(2500), new Uint8Array(32))).toBe("");
      const into = new Uint8Array(1216);
      const shared = new Uint8Array(64);
      expect(nativeEncapsulate(group, pattern(128), new Uint8Array(32), 0, 32, into, shared)).toBe(0);
    }
  });
});

/** Of 2,048 bits; made for this test. */
const RSA_KEY =
  hex(`308204a30201000282010100b0a9ff7a69376e2d90f1948e566aa151af300199bb2b21b56442a7f55c32562ffb3e50a33af515db4210d871fd4045
aeb66d12366e8485927d9f9880dd9a7463549212a4ae1fdc934865d7bdc696c6b71c9273a732582417c5a1d997880ddde76096052bfdee678e5bf6
dd41a1897bc59b8d3f90602daba5b4a863bd40bb8fa02fb9831c457838816ad36b1a8690618e1fd63f2db4fa76c4a78d004a6ca88f0a4de8eee90f
cea17f985775e773a671313b1e5dc3cf2e91a37591491602ed26ce9d2f5850b089b7da5049b4d35f7415ba78790952db08b677fbe8239b9c3122cb
f274e8d3154794acc289442fa38c3d9388c0d5f4d4ee0d776ec6c328817e106b0203010001028201000a1c9e3366fcab1144f26c42de13ba0a6a0b
c63902e61146b27ceae3d7def260f506ad933ce77f54994a4be1466771e0475a79dd8f638573b63e0c256ac9bc44b28d592f7f89f2544f235e7f0d
c95e896798c306e7124aca938a2936b657b8d90005c639023958486534d2ed93edec72df42ed484f165374a7765b4874abe7a8b6a49a480cb3a582
6a7341f1fc50fec15e1e6e665907017866278cf71a4395fbf27d24ac2814d238dc0fae434ba2cd51609b96f520c14d2b43ba0e8147dab4e39be927
935ad38f1e4781ae4fe14f0055e8006ecdb473ee4d1f454d4a11deef2cb943c3809be97c36a1eef77702d52f962e01625282d8e805613b8f3c118c
492502818100e4a03a96fb32c5fa58a2de3b2160b4f0a44284aa38f0c5effb898c7244d084e7e352a853e7aed8d4689bb92a21916de42ba8ea27fe
800786184216d3fc79926bc11985acb7632558bf29675f65652c70f1ce4e3802f1c5d46c23b1f83d74bc3715cd9a92a0330834e526bbfdabf4e7ee
50b0b5c6878dd4517d4506579c5d3e9702818100c5d10cf75452f7e2e5e5dcdfb22548e2428c89ed33a0c94ab7759b8a972695a3210bdfd47e71dc
c702e1c8e38b83ed1ed15b921c62ecda4f599a28d411938c2132d18e394d0aa41437c2f19cfed50780e5441d4a0d6cef4537ff5ea6e5824f3257a7
c9b480cfe29ebb5e8047bd68ebf9fc239f1cf7bbc5a84c2fb572b8444b4d0281805265fd37d52923796ae0a83f9f73ff428bb0fda76c063b109713
a7eeb72680002349f328ea6375fa780947df0b6222bd0d8f3f7552a04a15e6404b81f388cd60d0a3a62ded9a6a27661e42077bbfcf1895cdc91b1e
d48c7c56cd36a345630142c934e4f4db9008f12775a26376ca399d06afe993b7df421a6c8fa80d836987d902818100c4280f7e766cab88a0c63626
d0456ea786ac4bdd1e13f36716d31580f16f7e74bbc1459c36227c760fa28b0d307c8ab6c38dd52e36de7d80afee514c317da93806678c6bbfbcac
85abe1b0ab287b602c6dac048b3912eb952cf91b07ce90502e30839e5d525a52736a83441b5f745a83928654326a6a158f54b4fe6d9ad186050281
805a139c11e38e397cc8d0491d529a5f1452c833512a547c63973da4d8772ff3fc99832401e9d8a1bf2c16d15a13b77339b2e0c32bd6c038e0de00
35bccff0c033cb79c581aa7ae8b63b973cef5900ae06e5bf4bdd1ddfa4c13d41586f1c02bdc52e33f5fff2a0c95ade1a69495ffac9874901105be6
998aa88d0754cffc1ce1cb`);
const SECRETS: readonly (readonly [number, Uint8Array])[] = [
  [0x0403, hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")],
  [
    0x0503,
    hex(`6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8
96d5724e4c70a825f872c9ea60d2edf5`),
  ],
  [0x0807, hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")],
  [0x0401, RSA_KEY],
  [0x0501, RSA_KEY],
  [0x0601, RSA_KEY],
  [0x0804, RSA_KEY],
  [0x0805, RSA_KEY],
  [0x0806, RSA_KEY],
];

function publicKey(scheme: number, secret: Uint8Array): Uint8Array {
  const into = new Uint8Array(1100);
  return into.subarray(0, nativePublicKey(scheme, secret, into));
}

function signed(scheme: number, secret: Uint8Array, message: Uint8Array): Uint8Array {
  const into = new Uint8Array(1024);
  return into.subarray(0, nativeSign(scheme, secret, message, into));
}

function verifies(scheme: number, key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return nativeVerify(scheme, key, message, 0, message.length, signature, 0, signature.length);
}

describe("signatures", () => {
  it("by Ed25519 are those of RFC 8032, 7.1", () => {
    const secret = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    expect(toHex(publicKey(0x0807, secret))).toBe("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    expect(toHex(signed(0x0807, secret, new Uint8Array(0)))).toBe(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
  });

  it("by P-256 are those of RFC 6979, A.2.5", () => {
    const key = publicKey(0x0403, hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"));
    expect(toHex(key)).toBe(
      "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    );
    const signature = hex(
      "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    );
    expect(verifies(0x0403, key, bytesOf("sample"), signature)).toBe(true);
    expect(verifies(0x0403, key, bytesOf("Sample"), signature)).toBe(false);
    expect(verifies(0xfe03, key, bytesOf("sample"), signature)).toBe(false);
  });

  it("verify, whoever made them, and no others do", () => {
    const message = pattern(300);
    for (const [scheme, secret] of SECRETS) {
      const key = publicKey(scheme, secret);
      const signature = signed(scheme, secret, message);
      expect(verifies(scheme, key, message, signature)).toBe(true);
      const other = message.slice();
      flip(other, 299 * 8);
      expect(verifies(scheme, key, other, signature)).toBe(false);
      for (const i of [0, 20, signature.length - 1]) {
        const bad = signature.slice();
        flip(bad, i * 8);
        expect(verifies(scheme, key, message, bad)).toBe(false);
      }
      expect(verifies(scheme, key, message, signature.subarray(1))).toBe(false);
      expect(verifies(scheme, key, message, new Uint8Array(0))).toBe(false);
      expect(verifies(scheme, key.subarray(1), message, signature)).toBe(false);
      expect(verifies(scheme, new Uint8Array(0), message, signature)).toBe(false);
      // Ranges are what is signed, and what is looked at.
      const longer = new Uint8Array(signature.length + 9);
      longer.set(signature, 4);
      expect(nativeVerify(scheme, key, message, 0, 300, longer, 4, signature.length)).toBe(true);
      expect(nativeVerify(scheme, key, message, 1, 299, longer, 4, signature.length)).toBe(false);
    }
  });

  it("of RSA have the length of the modulus: one that begins with 0 does not verify without it", () => {
    const key = publicKey(0x0804, RSA_KEY);
    const message = pattern(10);
    // One in 256 begins so: of so many none does once in a million runs.
    let found = false;
    for (let i = 0; i < 3500 && !found; i++) {
      const signature = signed(0x0804, RSA_KEY, message);
      if (signature[0] !== 0) continue;
      found = true;
      expect(verifies(0x0804, key, message, signature)).toBe(true);
      expect(verifies(0x0804, key, message, signature.subarray(1))).toBe(false);
    }
    expect(found).toBe(true);
  });

  it("are not made by what is no key of the scheme", () => {
    for (const [scheme, secret] of SECRETS) {
      for (const key of [
        new Uint8Array(0),
        new Uint8Array(secret.length),
        secret.subarray(1),
        secret.subarray(0, 20),
      ]) {
        // Any 32 bytes are a seed of Ed25519.
        if (scheme === 0x0807 && key.length === 32) continue;
        expect(signed(scheme, key, pattern(10)).length).toBe(0);
        expect(publicKey(scheme, key).length).toBe(0);
      }
    }
    for (const scheme of [0, 0x0201, 0x0603, 0x0808, 0xfe03, 0xffff])
      expect(signed(scheme, SECRETS[0]![1], pattern(10)).length).toBe(0);
    expect(verifies(0x0201, publicKey(0x0401, RSA_KEY), pattern(10), new Uint8Array(256))).toBe(false);
  });
});
