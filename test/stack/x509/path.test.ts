import { describe, expect, test } from "vitest";
import { commonName, extension, keyInfo } from "../../../stack/x509/build.ts";
import { DECODE_EXTENSION_TWICE, DECODE_MALFORMED } from "../../../stack/x509/certificate.ts";
import {
  FOR_AUTHORITIES,
  NO_AUTHORITY,
  NO_SIGNER,
  NOT_FOR_SERVERS,
  NOT_FOR_SIGNATURES,
  OLD_VERSION,
  WEAK_ALGORITHM,
  WEAK_HASH,
  WEAK_KEY,
} from "../../../stack/x509/errors.ts";
import { referenceName } from "../../../stack/x509/names.ts";
import { CERTIFICATE_COUNT_LIMIT, INTERMEDIATE_LIMIT, verifyServer } from "../../../stack/x509/path.ts";
import { fingerprint, hexText } from "../../../stack/x509/text.ts";
import { Trust } from "../../../stack/x509/trust.ts";
import { ascii, bits, sequence, time, wrap } from "../../../stack/x509/writer.ts";
import { hex } from "../../support/bytes.ts";
import {
  authority,
  constraints,
  HOST,
  LEAF,
  leafExtensions,
  leafSpec,
  MIDDLE,
  middleSpec,
  names,
  ROOT,
  rootSpec,
  subtree,
  trusting,
  verdict,
  words,
} from "./chains.ts";
import { basic, DAY, extendedUsage, issue, keyOf, NOW, read, type Spec, usage } from "./issue.ts";

const CLIENT_AUTHENTICATION = hex("2b06010505070302");
const ANY_USAGE = hex("551d2500");
const UNKNOWN = extension(hex("2a03"), true, hex("0500"));

const root = issue(rootSpec());
const middle = issue(middleSpec());
const leaf = issue(leafSpec());
const trust = trusting([root]);

/** The verdict on the chain with a leaf made wrong. */
function withLeaf(change: (spec: Spec) => void): string {
  const spec = leafSpec();
  change(spec);
  return verdict([issue(spec), middle], trust);
}

function withMiddle(change: (spec: Spec) => void): string {
  const spec = middleSpec();
  change(spec);
  return verdict([leaf, issue(spec)], trust);
}

function withRoot(change: (spec: Spec) => void): string {
  const spec = rootSpec();
  change(spec);
  return verdict([leaf, middle], trusting([issue(spec)]));
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = copy[at]! ^ 1;
  return copy;
}

/** Where the number 7 stands. */
function serialAt(bytes: Uint8Array): number {
  const { serialBegin } = read(bytes);
  return serialBegin;
}

describe("a good chain", () => {
  test("is believed, and says who vouches for it and until when", () => {
    const spec = middleSpec();
    spec.notAfter = time(NOW + 100);
    const verified = verifyServer([leaf, issue(spec)], referenceName(HOST), NOW, trust);
    expect(verified.ok).toBe(true);
    if (verified.ok) {
      expect(verified.value.anchor).toBe("CN=root");
      expect(verified.value.notAfter).toBe(NOW + 100);
      expect(verified.value.leaf.keyEnd - verified.value.leaf.keyBegin).toBe(32);
    }
  });

  test("in any order, with others between, and with the root itself", () => {
    const stranger = issue(authority("nobody", "stranger", keyOf(8), keyOf(9)));
    const damaged = new Uint8Array(20);
    expect(verdict([leaf, root, middle], trust)).toBe("good");
    expect(verdict([leaf, stranger, damaged, middle], trust)).toBe("good");
    expect(verdict([leaf, leaf, middle, middle], trust)).toBe("good");
    const over = issue(authority("root", "over", keyOf(ROOT), keyOf(4)));
    const under = issue(authority("over", "middle", keyOf(4), keyOf(MIDDLE)));
    expect(verdict([leaf, over, under], trust)).toBe("good");
    expect(verdict([leaf, under, over], trust)).toBe("good");
  });

  test("an intermediate that is trusted needs nobody above it", () => {
    expect(verdict([leaf], trusting([middle]))).toBe("good");
    expect(verdict([leaf, middle, root], trusting([middle]))).toBe("good");
  });

  test("a certificate is valid from its first second to its last", () => {
    const spec = leafSpec();
    spec.notBefore = time(NOW);
    spec.notAfter = time(NOW + 10);
    const chain = [issue(spec), middle];
    expect(verdict(chain, trust, HOST, NOW)).toBe("good");
    expect(verdict(chain, trust, HOST, NOW - 0.001)).toBe("not valid now 0");
    expect(verdict(chain, trust, HOST, NOW + 10.999)).toBe("good");
    expect(verdict(chain, trust, HOST, NOW + 11)).toBe("not valid now 0");
  });

  test("without usages, identifiers and limits it is as good", () => {
    expect(withLeaf((spec) => (spec.extensions = [names([HOST])]))).toBe("good");
    expect(withMiddle((spec) => (spec.extensions = [basic(true, -1)]))).toBe("good");
    expect(withLeaf((spec) => (spec.subject = sequence([])))).toBe("good");
  });
});

describe("a bad chain is refused for what is wrong with it", () => {
  test("what is not there, not a certificate, or too much", () => {
    expect(verdict([], trust)).toBe("none");
    expect(verdict([new Uint8Array(0)], trust)).toBe(`malformed 0 ${DECODE_MALFORMED}`);
    expect(verdict([ascii("<html>"), middle], trust)).toBe(`malformed 0 ${DECODE_MALFORMED}`);
    expect(withLeaf((spec) => spec.extensions.push(names([HOST])))).toBe(`malformed 0 ${DECODE_EXTENSION_TWICE}`);
    const many: Uint8Array[] = [leaf, middle];
    while (many.length < CERTIFICATE_COUNT_LIMIT) many.push(root);
    expect(verdict(many, trust)).toBe("good");
    many.push(root);
    expect(verdict(many, trust)).toBe("too many");
  });

  test("nobody known has signed it", () => {
    expect(verdict([leaf], trust)).toBe("unknown issuer 0");
    expect(verdict([leaf, middle], new Trust(new Uint8Array(0)))).toBe("unknown issuer 1");
    expect(verdict([leaf, middle, root], new Trust(new Uint8Array(0)))).toBe("unknown issuer 2");
    const other = rootSpec();
    other.subject = commonName("other");
    expect(verdict([leaf, middle], trusting([issue(other)]))).toBe("unknown issuer 1");
    // A root of the same name with another key.
    const impostor = rootSpec();
    impostor.signer = keyOf(9);
    impostor.keyInfo = keyInfo(keyOf(9));
    expect(verdict([leaf, middle], trusting([issue(impostor)]))).toBe("wrong signature 1");
    expect(withLeaf((spec) => (spec.issuer = sequence([])))).toBe("unknown issuer 0");
  });

  test("any bit of a signature, or of what is signed, is another", () => {
    expect(verdict([flipped(leaf, leaf.length - 1), middle], trust)).toBe("wrong signature 0");
    expect(verdict([leaf, flipped(middle, middle.length - 1)], trust)).toBe("wrong signature 1");
    // The serial number, 7.
    expect(verdict([flipped(leaf, serialAt(leaf)), middle], trust)).toBe("wrong signature 0");
    expect(withLeaf((spec) => (spec.signer = keyOf(9)))).toBe("wrong signature 0");
    expect(withMiddle((spec) => (spec.signer = keyOf(9)))).toBe("wrong signature 1");
  });

  test("before its time and after it", () => {
    const early = (spec: Spec): void => {
      spec.notBefore = time(NOW + 1);
    };
    const late = (spec: Spec): void => {
      spec.notAfter = time(NOW - 1);
    };
    expect(withLeaf(early)).toBe("not valid now 0");
    expect(withLeaf(late)).toBe("not valid now 0");
    expect(withMiddle(early)).toBe("not valid now 1");
    expect(withMiddle(late)).toBe("not valid now 1");
    expect(withRoot(early)).toBe("not valid now -1");
    expect(withRoot(late)).toBe("not valid now -1");
    expect(
      withLeaf((spec) => {
        spec.notBefore = time(NOW + DAY);
        spec.notAfter = time(NOW - DAY);
      }),
    ).toBe("not valid now 0");
  });

  test("who has signed may not sign", () => {
    const cases: readonly (readonly [Uint8Array[], number])[] = [
      [[basic(false, -1), usage(0x06, 1)], NO_AUTHORITY],
      [[usage(0x06, 1)], NO_AUTHORITY],
      [[basic(true, -1), usage(0x80, 7)], NO_SIGNER],
      [[basic(true, 0), usage(0x02, 1)], NO_SIGNER],
    ];
    for (let i = 0; i < cases.length; i++) {
      const extensions = cases[i]![0];
      const reason = cases[i]![1];
      expect(withMiddle((spec) => (spec.extensions = extensions))).toBe(`may not sign 1 ${reason}`);
      expect(withRoot((spec) => (spec.extensions = extensions))).toBe(`may not sign -1 ${reason}`);
    }
    expect(
      withMiddle((spec) => {
        spec.version = hex("");
        spec.extended = false;
      }),
    ).toBe(`may not sign 1 ${NO_AUTHORITY}`);
    const nameless = middleSpec();
    nameless.subject = sequence([]);
    const below = leafSpec();
    below.issuer = sequence([]);
    expect(verdict([issue(below), issue(nameless)], trust)).toBe(`may not sign 1 ${NO_AUTHORITY}`);
  });

  test("more authorities than one allows", () => {
    expect(withMiddle((spec) => (spec.extensions = [basic(true, 0)]))).toBe("good");
    expect(withRoot((spec) => (spec.extensions = [basic(true, 1)]))).toBe("good");
    expect(withRoot((spec) => (spec.extensions = [basic(true, 0)]))).toBe("path too long -1");
    const over = authority("root", "over", keyOf(ROOT), keyOf(4));
    over.extensions = [basic(true, 0)];
    const under = issue(authority("over", "middle", keyOf(4), keyOf(MIDDLE)));
    expect(verdict([leaf, under, issue(over)], trust)).toBe("path too long 2");
    over.extensions = [basic(true, 1)];
    expect(verdict([leaf, under, issue(over)], trust)).toBe("good");
    // One that an authority has signed for itself, for a new key, does not count.
    over.extensions = [basic(true, 0)];
    const renewed = issue(authority("over", "over", keyOf(4), keyOf(5)));
    const last = leafSpec();
    last.issuer = commonName("over");
    last.signer = keyOf(5);
    expect(verdict([issue(last), renewed, issue(over)], trust)).toBe("good");
  });

  test("for other purposes", () => {
    const purposes = (list: readonly Uint8Array[]): Uint8Array[] => [extendedUsage(list), names([HOST])];
    expect(withLeaf((spec) => (spec.extensions = purposes([CLIENT_AUTHENTICATION])))).toBe(
      `wrong purpose 0 ${NOT_FOR_SERVERS}`,
    );
    expect(withLeaf((spec) => (spec.extensions = purposes([ANY_USAGE])))).toBe(`wrong purpose 0 ${NOT_FOR_SERVERS}`);
    expect(withMiddle((spec) => spec.extensions.push(extendedUsage([CLIENT_AUTHENTICATION])))).toBe(
      `wrong purpose 1 ${NOT_FOR_SERVERS}`,
    );
    expect(withRoot((spec) => spec.extensions.push(extendedUsage([CLIENT_AUTHENTICATION])))).toBe(
      `wrong purpose -1 ${NOT_FOR_SERVERS}`,
    );
    // keyEncipherment alone: what RSA did before TLS 1.3.
    expect(withLeaf((spec) => (spec.extensions = [usage(0x20, 5), names([HOST])]))).toBe(
      `wrong purpose 0 ${NOT_FOR_SIGNATURES}`,
    );
    expect(withLeaf((spec) => (spec.extensions = [basic(true, -1), names([HOST])]))).toBe(
      `wrong purpose 0 ${FOR_AUTHORITIES}`,
    );
    expect(withLeaf((spec) => (spec.extensions = [usage(0x84, 2), names([HOST])]))).toBe(
      `wrong purpose 0 ${FOR_AUTHORITIES}`,
    );
    expect(withLeaf((spec) => spec.extensions.push(constraints([subtree(0x82, ascii("example.org"))], [])))).toBe(
      `wrong purpose 0 ${FOR_AUTHORITIES}`,
    );
    expect(
      withLeaf((spec) => {
        spec.version = hex("");
        spec.extended = false;
      }),
    ).toBe(`wrong purpose 0 ${OLD_VERSION}`);
  });

  test("a critical extension that is not understood, wherever it is needed", () => {
    expect(withLeaf((spec) => spec.extensions.push(UNKNOWN))).toBe("critical extension 0");
    expect(withMiddle((spec) => spec.extensions.push(UNKNOWN))).toBe("critical extension 1");
    expect(withRoot((spec) => spec.extensions.push(UNKNOWN))).toBe("critical extension -1");
    // In one that is not needed it does no harm.
    const other = middleSpec();
    other.extensions.push(UNKNOWN);
    expect(verdict([leaf, issue(other), middle], trust)).toBe("good");
  });

  test("weak or unknown signatures and keys", () => {
    const sha1 = sequence([hex("06092a864886f70d0101050500")]);
    const p521 = sequence([sequence([hex("06072a8648ce3d020106052b81040023")]), bits(new Uint8Array(133))]);
    expect(withLeaf((spec) => (spec.innerAlgorithm = sha1))).toBe(`weak 0 ${WEAK_HASH}`);
    expect(withMiddle((spec) => (spec.innerAlgorithm = sha1))).toBe(`weak 1 ${WEAK_HASH}`);
    expect(withLeaf((spec) => (spec.innerAlgorithm = sequence([hex("06032b6571")])))).toBe(`weak 0 ${WEAK_ALGORITHM}`);
    expect(withLeaf((spec) => (spec.keyInfo = p521))).toBe(`weak 0 ${WEAK_ALGORITHM}`);
    expect(withMiddle((spec) => (spec.keyInfo = p521))).toBe(`weak 1 ${WEAK_ALGORITHM}`);
    expect(withRoot((spec) => (spec.keyInfo = p521))).toBe(`weak -1 ${WEAK_ALGORITHM}`);
    // ECDSA by an Ed25519 key.
    expect(withLeaf((spec) => (spec.innerAlgorithm = sequence([hex("06082a8648ce3d040302")])))).toBe(
      "wrong signature 0",
    );
    for (const [bytes, verdictOfIt] of [
      [128, `weak 0 ${WEAK_KEY}`],
      [255, `weak 0 ${WEAK_KEY}`],
      [256, "good"],
      [1024, "good"],
      [1032, `weak 0 ${WEAK_KEY}`],
    ] as const)
      expect(withLeaf((spec) => (spec.keyInfo = rsa(bytes, 0xff)))).toBe(verdictOfIt);
    // 2,052 bits.
    expect(withLeaf((spec) => (spec.keyInfo = rsa(257, 0x0f)))).toBe(`weak 0 ${WEAK_KEY}`);
  });

  test("another name", () => {
    expect(verdict([leaf, middle], trust, "www.example.org")).toBe("wrong name");
    expect(verdict([leaf, middle], trust, "192.0.2.1")).toBe("wrong name");
    expect(verdict([leaf, middle], trust, "")).toBe("wrong name");
    // The common name does not count.
    expect(
      withLeaf((spec) => {
        spec.subject = commonName(HOST);
        spec.extensions = [basic(false, -1)];
      }),
    ).toBe("wrong name");
    expect(withLeaf((spec) => (spec.extensions = [names(["*.example.org"])]))).toBe("good");
  });
});

/** An RSA key of that many bytes, the first of them this one. */
function rsa(length: number, first: number): Uint8Array {
  const modulus = new Uint8Array(length + (first >= 0x80 ? 1 : 0));
  for (let i = 0; i < length; i++) modulus[modulus.length - length + i] = i === 0 ? first : 0x55;
  const head = new Uint8Array(4);
  head[0] = 2;
  head[1] = 0x82;
  head[2] = modulus.length >> 8;
  head[3] = modulus.length & 255;
  const number = new Uint8Array(modulus.length + (modulus.length < 256 ? 3 : 4));
  number.set(head, 0);
  if (modulus.length < 256) {
    number[1] = 0x81;
    number[2] = modulus.length;
    number.set(modulus, 3);
  } else number.set(modulus, 4);
  const key = sequence([number, hex("0203010001")]);
  return sequence([sequence([hex("06092a864886f70d0101010500")]), bits(key)]);
}

describe("more than one way up", () => {
  test("a way that ends is left for another", () => {
    // The middle one is signed twice: by one that has expired or may not, and by the root.
    const old = authority("old root", "middle", keyOf(7), keyOf(MIDDLE));
    expect(verdict([leaf, issue(old), middle], trust)).toBe("good");
    const expired = middleSpec();
    expired.notAfter = time(NOW - 1);
    expect(verdict([leaf, issue(expired), middle], trust)).toBe("good");
    const strict = middleSpec();
    strict.extensions.push(constraints([subtree(0x82, ascii("example.com"))], []));
    expect(verdict([leaf, issue(strict), middle], trust)).toBe("good");
    expect(verdict([leaf, issue(strict), issue(expired)], trust)).toBe("name not allowed 1 git.example.org");
  });

  test("authorities that sign each other are no way up, and no circle", () => {
    const a = issue(authority("b", "middle", keyOf(4), keyOf(MIDDLE)));
    const b = issue(authority("middle", "b", keyOf(MIDDLE), keyOf(4)));
    expect(verdict([leaf, a, b], trust)).toBe("unknown issuer 2");
    expect(verdict([leaf, a, b, middle], trust)).toBe("good");
    // Of one name, with two keys.
    const c = authority("middle", "middle", keyOf(5), keyOf(MIDDLE));
    const d = authority("middle", "middle", keyOf(MIDDLE), keyOf(5));
    expect(verdict([leaf, issue(c), issue(d)], trust)).toBe("unknown issuer 2");
    expect(verdict([leaf, issue(c), issue(d), middle], trust)).toBe("good");
  });

  test("at most eight authorities stand between", () => {
    for (const [count, expected] of [
      [INTERMEDIATE_LIMIT, "good"],
      [INTERMEDIATE_LIMIT + 1, `path too long ${INTERMEDIATE_LIMIT + 1}`],
    ] as const) {
      const chain: Uint8Array[] = [];
      const last = leafSpec();
      last.issuer = commonName("a1");
      last.signer = keyOf(11);
      chain.push(issue(last));
      for (let i = 1; i <= count; i++)
        chain.push(
          issue(
            authority(i === count ? "root" : `a${i + 1}`, `a${i}`, keyOf(i === count ? ROOT : 11 + i), keyOf(10 + i)),
          ),
        );
      expect(verdict(chain, trust)).toBe(expected);
    }
  });

  test("what all sign each other is given up, not searched through", () => {
    // Sixty authorities of one name and one key: every one seems to have signed every other.
    const chain: Uint8Array[] = [issue(leafSpec())];
    for (let i = 0; i < 60; i++) {
      const spec = authority("middle", "middle", keyOf(MIDDLE), keyOf(MIDDLE));
      spec.serial = hex(`0201${i < 16 ? "0" : ""}${i.toString(16)}`);
      chain.push(issue(spec));
    }
    expect(verdict(chain, trust)).toBe("too much work");
    // And of keys of their own, each signed by the next.
    const keys: Uint8Array[] = [issue(leafSpec())];
    for (let i = 0; i < 60; i++)
      keys.push(issue(authority("middle", "middle", keyOf(101 + i), keyOf(i === 0 ? MIDDLE : 100 + i))));
    expect(verdict(keys, trust)).toBe("too much work");
  });

  test("large keys that lead nowhere are given up sooner", () => {
    const chain = (count: number): Uint8Array[] => {
      const list: Uint8Array[] = [leaf];
      for (let i = 0; i < count; i++) {
        const spec = middleSpec();
        spec.keyInfo = rsa(1024, 0x80 + i);
        list.push(issue(spec));
      }
      list.push(middle);
      return list;
    };
    expect(verdict(chain(3), trust)).toBe("good");
    expect(verdict(chain(4), trust)).toBe("too much work");
  });

  test("many names against many constraints are given up", () => {
    const excluded: Uint8Array[] = [];
    for (let i = 0; i < 400; i++) excluded.push(subtree(0x82, ascii(`x${i}.example`)));
    const strict = middleSpec();
    strict.extensions.push(constraints([], excluded));
    const hosts: string[] = [HOST];
    for (let i = 0; i < 45; i++) hosts.push(`h${i}.example.org`);
    const wide = leafSpec();
    wide.extensions = [names(hosts)];
    expect(verdict([issue(wide), issue(strict)], trust)).toBe("good");
    for (let i = 0; i < 10; i++) hosts.push(`g${i}.example.org`);
    wide.extensions = [names(hosts)];
    expect(verdict([issue(wide), issue(strict)], trust)).toBe("too much work");
  });
});

describe("what the person who runs the machine names", () => {
  const own = leafSpec();
  own.issuer = own.subject;
  own.signer = keyOf(LEAF);
  const selfSigned = issue(own);
  const key = hexText(fingerprint(read(selfSigned)));

  test("a key is believed whatever its certificate says", () => {
    const nobody = new Trust(new Uint8Array(0));
    expect(verdict([selfSigned], nobody)).toBe("unknown issuer 0");
    const pinned = new Trust(new Uint8Array(0));
    expect(pinned.add(`sha256:${key}`).ok).toBe(true);
    expect(verdict([selfSigned], pinned)).toBe("good");
    expect(verdict([selfSigned], pinned, "elsewhere.example", NOW + 10 * DAY)).toBe("good");
    expect(verdict([leaf, middle], pinned)).toBe("good");
    const old = leafSpec();
    old.version = hex("");
    old.extended = false;
    expect(verdict([issue(old)], pinned)).toBe("good");
    // Another key is not.
    const another = leafSpec();
    another.keyInfo = keyInfo(keyOf(9));
    expect(verdict([issue(another)], pinned)).toBe("unknown issuer 0");
  });

  test("the key of an authority is believed to sign", () => {
    const pinned = new Trust(new Uint8Array(0));
    pinned.add(`sha256:${hexText(fingerprint(read(middle)))}`);
    expect(verdict([leaf, middle], pinned)).toBe("good");
    expect(verdict([leaf, middle], pinned, "elsewhere.example")).toBe("wrong name");
    expect(verdict([leaf], pinned)).toBe("unknown issuer 0");
  });

  test("a certificate that was given itself is believed for its names and its time", () => {
    const given = trusting([selfSigned]);
    expect(verdict([selfSigned], given)).toBe("good");
    expect(verdict([selfSigned], given, "elsewhere.example")).toBe("wrong name");
    expect(verdict([selfSigned], given, HOST, NOW + 10 * DAY)).toBe("not valid now 0");
    // As `openssl req -x509` makes them: an authority's.
    own.extensions = [basic(true, -1), names([HOST])];
    const asAuthority = issue(own);
    expect(verdict([asAuthority], trusting([asAuthority]))).toBe("good");
    expect(verdict([asAuthority], trusting([selfSigned]))).toBe(`wrong purpose 0 ${FOR_AUTHORITIES}`);
    own.extensions = leafExtensions();
  });

  test("refusals name both dates, the names, the key and the parameter", () => {
    const late = words([leaf, middle], trust, HOST, NOW + 10 * DAY);
    expect(late).toContain(
      "was valid until 2026-01-02 00:00:00 UTC; this machine's clock says 2026-01-11 00:00:00 UTC",
    );
    const early = words([leaf, middle], trust, HOST, 0);
    expect(early).toContain(
      "is not valid before 2025-12-31 00:00:00 UTC; this machine's clock says 1970-01-01 00:00:00 UTC",
    );
    const other = words([leaf, middle], trust, "www.example.org");
    expect(other).toContain("is for git.example.org, not for www.example.org");
    expect(words([selfSigned], trust)).toContain("CN=leaf is signed by itself");
    expect(words([selfSigned], trust)).toContain(`--trust=sha256:${key} accepts it`);
    expect(words([leaf], trust)).toContain("CN=middle");
    expect(words([new Uint8Array(3)], trust)).not.toContain("sha256");
  });
});

test("any byte of a chain changed: it is refused, and nothing is thrown", () => {
  for (let i = 0; i < leaf.length; i++) {
    const chain = [flipped(leaf, i), middle];
    expect(verdict(chain, trust)).not.toBe("good");
  }
  for (let i = 0; i < middle.length; i += 2) expect(verdict([leaf, flipped(middle, i)], trust)).not.toBe("good");
});

test("names in a name that cannot be read are no names", () => {
  const spec = leafSpec();
  spec.subject = wrap(0x30, [hex("0500")]);
  expect(verdict([issue(spec), middle], trust)).toBe("good");
  const strict = middleSpec();
  strict.extensions.push(constraints([subtree(0x82, ascii("example.org"))], []));
  // But where names are constrained they must be readable.
  expect(verdict([issue(spec), issue(strict)], trust)).toBe("name not allowed 1 (no name)");
});
