// A program that loads every package of the appliance on the engine and uses it once; test/image runs it on both
// targets. Each line of its output is checked there; a failure ends it with a stack.

import hljs from "highlight.js/lib/core";
import ini from "highlight.js/lib/languages/ini";
import { marked } from "marked";
import Mustache from "mustache";
import pino from "pino/browser.js";
import { FilterXSS } from "xss";
import { parse } from "yaml";
import { gzip } from "../../image/gzip.ts";
import { hmacSha256 } from "../../image/hmac.ts";
import { nextTimer, runTimers } from "../../image/shims/timers.ts";

const say = (text: string): void => nativeConsole(`${text}\n`);
const hex = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");

function check(what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  say(`ok ${what}`);
}

/** What quickjs-lexical-checks.patch must leave as it is: a `let` without a value, and one of its own for each closure. */
function rounds(): string[] {
  const seen: string[] = [];
  const kept: (() => number)[] = [];
  for (let i = 0; i < 3; i++) {
    let last: number | undefined;
    const own = i;
    seen.push(last === undefined ? "" : `${last}`);
    last = own;
    kept.push(() => own);
  }
  kept.push(() => kept.length - 1);
  seen.push(kept.map((f) => `${f()}`).join(""));
  return seen;
}

function tooEarly(): string {
  const read = (): number => late;
  let name = "";
  try {
    read();
  } catch (error) {
    name = error instanceof Error ? error.name : "";
  }
  const late = Math.abs(-1);
  return name.slice(late - 1);
}

function natives(): void {
  const abc = nativeUtf8Encode("abc");
  check("SHA-1", hex(nativeSha1(abc)), "a9993e364706816aba3e25717850c26c9cd0d89d");
  check("SHA-256", hex(nativeSha256(abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const jefe = nativeUtf8Encode("Jefe");
  const what = nativeUtf8Encode("what do ya want for nothing?");
  check(
    "HMAC-SHA-256 (RFC 4231 case 2)",
    hex(hmacSha256(jefe, what)),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
  check("CRC-32", nativeCrc32(nativeUtf8Encode("123456789"), 0), 0xcbf43926);
  const data = new Uint8Array(300_000);
  for (let i = 0; i < data.length; i++) data[i] = (i * i) >> 7;
  const packed = nativeDeflate(data, 6);
  const padded = new Uint8Array(packed.length + 9);
  padded.set(packed, 4);
  const back = nativeInflate(padded, 4, 1e6);
  check("deflate and inflate", back !== undefined && nativeEqual(back, 0, data, 0, data.length), true);
  check("bytes taken by inflate", nativeInflateConsumed(), packed.length);
  check("inflate stops at its limit", nativeInflate(packed, 0, 299_999), undefined);
  check("inflate of a cut stream", nativeInflate(packed.subarray(0, 99), 0, 1e6), undefined);
  check("gzip begins with its magic", hex(gzip(data, 1).subarray(0, 3)), "1f8b08");
  check(
    "checksum of RFC 1071 3",
    nativeChecksum(Uint8Array.of(0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8, 0),
    0xddf2,
  );
  check("checksum of an odd length goes on", nativeChecksum(Uint8Array.of(1, 2, 3), 0, 3, 0xfff0), 0x03f3);
  check("UTF-8 of a lone surrogate", hex(nativeUtf8Encode("a\ud800b😀")), "61efbfbd62f09f9880");
  const damaged = Uint8Array.of(0x61, 0xf0, 0x9f, 0x98, 0x62, 0xed, 0xa0, 0x80, 0xc0, 0xff, 0xe2, 0x82);
  check("damaged UTF-8", nativeUtf8Decode(damaged, 0, damaged.length), "a\ufffdb\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd");
  check("Latin-1", nativeLatin1Decode(Uint8Array.of(0x41, 0xe9, 0xff, 0), 0, 4), "Aéÿ\0");
  let refused = 0;
  const seven = new Uint8Array(7);
  const wrong: (() => unknown)[] = [
    () => nativeCopy(seven, 0, seven, 1, 7),
    () => nativeCopy(seven, -1, seven, 0, 1),
    () => nativeZero(seven, 0.5, 1),
    () => nativeChecksum(seven, 8, 0, 0),
    () => nativeChecksum(seven, 0, 7, 65536),
    () => nativeEqual(seven, 0, seven, Number.NaN, 1),
    () => nativeUtf8Decode(seven, 7, 1),
    () => nativeDeflate(seven, 0),
    () => nativeInflate(seven, 8, 1),
  ];
  for (const call of wrong) {
    try {
      call();
    } catch (error) {
      if (error instanceof RangeError) refused++;
    }
  }
  check("ranges are checked", refused, wrong.length);
}

/** Every primitive once, so that each is there and its code for this processor runs; vectors are in test/stack/base. */
function cryptography(): void {
  say(`AES ${nativeHasAes() ? "in hardware" : "in software"}`);
  const random = new Uint8Array(128).map((_, i) => i + 1);
  const state = new Uint8Array(640);
  for (const suite of [0x1301, 0x1302, 0x1303]) {
    const content = new Uint8Array(40_000).map((_, i) => i);
    const sealed = new Uint8Array(40_066);
    nativeAeadInit(suite, state, random);
    nativeSeal(state, random, 7, 23, 16_384, content, 0, 40_000, sealed, 0);
    check(`a record of ${suite}`, nativeOpen(state, random, 9, sealed, 32_812, 7_254), 7_232 * 256 + 23);
    check("its content", nativeEqual(sealed, 32_817, content, 32_768, 7_232), true);
  }
  for (const group of [0x17, 0x18, 0x1d, 0x11ec]) {
    const [secret, share, answer] = [new Uint8Array(2500), new Uint8Array(1216), new Uint8Array(1216)];
    const [ours, theirs] = [new Uint8Array(64), new Uint8Array(64)];
    const length = nativeKeyPair(group, random, secret, share);
    const made = nativeEncapsulate(group, random, share, 0, length, answer, theirs);
    check(`group ${group}`, nativeAgree(group, secret, answer, 0, made >> 8, ours), made & 255);
    check("its secret", hex(ours), hex(theirs));
  }
  const seeded = nativeRandom(random, 0, 0);
  for (const [scheme, size] of [
    [0x0403, 32],
    [0x0503, 48],
    [0x0807, 32],
  ] as const) {
    const [signature, key] = [new Uint8Array(1024), new Uint8Array(1100)];
    const secret = random.subarray(0, size);
    const length = nativeSign(scheme, secret, random, signature);
    const keyLength = nativePublicKey(scheme, secret, key);
    const verified = nativeVerify(scheme, key.subarray(0, keyLength), random, 0, 128, signature, 0, length);
    check(seeded ? `scheme ${scheme}` : "no signature without entropy", [length > 0, verified], [seeded, seeded]);
  }
}

function language(): void {
  check("locals begin anew in each round", rounds(), ["", "", "", "0123"]);
  check("a captured local that is read too early", tooEarly(), "ReferenceError");
}

async function packages(): Promise<void> {
  check("marked", marked.parse("# Hi\n\nA *b* `c`."), "<h1>Hi</h1>\n<p>A <em>b</em> <code>c</code>.</p>\n");
  check("yaml", parse("tags: [a, b]\ndate: 2024-01-02"), { tags: ["a", "b"], date: "2024-01-02" });
  check("mustache", new Mustache.Writer().render("{{#a}}<{{.}}>{{/a}}", { a: ["b", "&"] }, undefined), "<b><&amp;>");
  hljs.registerLanguage("ini", ini);
  check(
    "highlight.js",
    hljs.highlight("a = 1", { language: "ini" }).value,
    '<span class="hljs-attr">a</span> = <span class="hljs-number">1</span>',
  );
  check("xss", new FilterXSS().process('<b onclick="x">c</b><script>'), "<b>c</b>&lt;script&gt;");
  let line: unknown;
  const log = pino({ level: "info", browser: { asObject: true, write: (o: object) => (line = o) } });
  log.info({ n: 1 }, "hello");
  check("pino", (line as { msg: string; n: number }).msg, "hello");
}

let ticks = "";
setTimeout(() => (ticks += "b"), 20);
setTimeout(() => (ticks += "a"), 1);
clearTimeout(setTimeout(() => (ticks += "x"), 2));

say(`hello from ${nativeTarget()} on ${nativeHypervisor()}`);
natives();
cryptography();
language();
await packages();
nativeCollect();
say(`heap ${nativeHeapUsed()} of ${nativeHeapLimit()}, at most ${nativeHeapPeak()}`);
nativeRun(() => {
  runTimers(nativeNow());
  if (ticks === "ab") {
    check("timers", ticks, "ab");
    say("all is well");
    nativePowerOff(0);
  }
  return nextTimer();
});
