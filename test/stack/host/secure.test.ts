import { describe, expect, test } from "vitest";
import { TLS_CONNECTION_COST } from "../../../stack/base/budget.ts";
import { SECOND } from "../../../stack/base/result.ts";
import type { Handle } from "../../../stack/base/streams.ts";
import { Attendant, RENEWAL_LENGTH } from "../../../stack/host/attendant.ts";
import { seedKey } from "../../../stack/host/seed-key.ts";
import { latin1Bytes as ascii } from "../../../stack/http/syntax.ts";
import { AES_256_GCM } from "../../../stack/tls/codes.ts";
import { SECRET_ROOM } from "../../../stack/tls/key-schedule.ts";
import { Ticket } from "../../../stack/tls/tickets.ts";
import { extension, keyInfo } from "../../../stack/x509/build.ts";
import { encodePem } from "../../../stack/x509/pem.ts";
import { hexText } from "../../../stack/x509/text.ts";
import { element, sequence } from "../../../stack/x509/writer.ts";
import { NO_FAULTS } from "../../support/wire.ts";
import { leafSpec, middleSpec, names, rootSpec } from "../x509/chains.ts";
import { DAY, issue, NOW, standard } from "../x509/issue.ts";
import { Pair, SERVER } from "./pair.ts";

const SEED = new Uint8Array(128);
for (let i = 0; i < SEED.length; i++) SEED[i] = i;
const NOT_BEFORE = 1_600_000_000;

function text(bytes: Uint8Array): string {
  let all = "";
  for (let i = 0; i < bytes.length; i++) all += String.fromCharCode(bytes[i]!);
  return all;
}

/** Tells once that the machine was copied, unless `fresh` is 0. */
class Copy extends Attendant {
  told = 0;
  readonly #fresh: number;

  constructor(fresh: number) {
    super();
    this.#fresh = fresh;
  }

  override attend(): string {
    return "";
  }

  override renewal(): Uint8Array {
    if (this.#fresh === 0 || this.told > 0) return new Uint8Array(0);
    this.told++;
    return new Uint8Array(RENEWAL_LENGTH).fill(this.#fresh);
  }
}

/** A server of HTTPS whose certificate signs itself, and the fingerprint of its key. */
class SecurePair extends Pair {
  readonly key: string;

  constructor(faults = NO_FAULTS, seed = 11) {
    super(faults, seed);
    const secure = this.server.secure();
    secure.begin();
    this.key = secure.addOwn(SEED, [SERVER, "blog.example"], NOT_BEFORE);
    secure.commit();
    this.client.setWallClock(1_700_000_000_000);
    this.server.web.listen({ port: 443, secure: true, redirectTo: 0 });
    this.server.web.ready.put("/", 200, "Content-Type: text/plain\r\n", '"a"', 0, "", ascii("hello over TLS"));
    const large = new Uint8Array(1_000_000);
    for (let i = 0; i < large.length; i++) large[i] = (i * 7) & 255;
    this.server.web.ready.put("/large", 200, "Content-Type: a/b\r\n", '"b"', 0, "", large);
  }

  get(path: string, name = SERVER): string {
    const request = ascii(`GET ${path} HTTP/1.1\r\nHost: blog.example\r\nConnection: close\r\n\r\n`);
    return text(this.exchangeOn(443, name, request, 60 * SECOND));
  }
}

describe("HTTPS on a host", () => {
  test("a page comes over TLS to who believes the key", () => {
    const pair = new SecurePair();
    expect(pair.client.secure().trustAlso(pair.key)).toBe("");
    const answer = pair.get("/");
    expect(answer).toContain("HTTP/1.1 200 OK\r\n");
    expect(answer).toContain("hello over TLS");
    // And whoever serves plain HTTP beside it still does.
    expect(text(pair.exchange(ascii("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")))).toContain("hello");
  });

  test("a megabyte comes whole, over a bad path as well", () => {
    const bad = { ...NO_FAULTS, loss: 0.02, reordering: 0.02, repetition: 0.01 };
    for (const faults of [NO_FAULTS, bad]) {
      const pair = new SecurePair(faults, 12);
      pair.client.secure().trustAlso(pair.key);
      const answer = pair.get("/large");
      const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
      expect(body.length).toBe(1_000_000);
      let wrong = 0;
      for (let i = 0; i < body.length; i++) if (body.charCodeAt(i) !== ((i * 7) & 255)) wrong++;
      expect(wrong).toBe(0);
    }
  });

  test("TLS begins on a connection that was opened in the clear, as through a proxy", () => {
    const pair = new SecurePair();
    const request = ascii("GET /large HTTP/1.1\r\nHost: blog.example\r\nConnection: close\r\n\r\n");
    expect(pair.exchangeOn(443, "", request, 60 * SECOND, SERVER).length).toBe(0);
    expect(pair.words[0]!).toContain(`--trust=${pair.key} accepts it`);
    pair.client.secure().trustAlso(pair.key);
    expect(pair.exchangeOn(443, "", request, 60 * SECOND, SERVER).length).toBeGreaterThan(1_000_000);
    // Not on what is no connection of the edge's.
    expect(pair.client.startTls(1 as Handle, SERVER)).toBe(false);
  });

  test("who does not believe the key is told which it is, and how it would be believed", () => {
    const pair = new SecurePair();
    expect(pair.get("/")).toBe("");
    const words = pair.words.length > 0 ? pair.words[0]! : "";
    expect(words).toContain("is signed by itself, and not trusted here");
    expect(words).toContain(`--trust=${pair.key} accepts it`);
  });

  test("who begins a handshake and does not go on is counted, is over in his time, and others get their page meanwhile", () => {
    const pair = new SecurePair();
    pair.client.secure().trustAlso(pair.key);
    // The beginning of a ClientHello of 16 KB.
    const half = new Uint8Array(3000);
    half.set([22, 3, 1, 64, 0, 1, 0, 63, 252, 3, 3]);
    const before = pair.server.secure().spare();
    for (let i = 0; i < 40; i++) {
      const handle = pair.client.connect(SERVER, 443, 65_536, "");
      pair.connected = false;
      pair.run(() => pair.connected, SECOND);
      pair.client.streamsOf(handle).send(handle, half, 0, half.length);
    }
    pair.run(() => false, SECOND);
    expect(pair.server.describe()).toContain("tls-handshaking 40\n");
    expect(before - pair.server.secure().spare()).toBe(40 * TLS_CONNECTION_COST);
    expect(pair.get("/")).toContain("hello");
    pair.run(() => false, 15 * SECOND);
    expect(pair.server.describe()).toContain("tls-handshaking 0\n");
    expect(pair.server.secure().spare()).toBe(before);
  });

  test("the same seed gives the same key", () => {
    expect(new SecurePair(NO_FAULTS, 1).key).toBe(new SecurePair(NO_FAULTS, 2).key);
  });

  test("plain HTTP on the port is told what it is", () => {
    const pair = new SecurePair();
    const answer = text(pair.exchangeOn(443, "", ascii("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 60 * SECOND));
    expect(answer).toContain("HTTP/1.1 400 Bad Request\r\n");
    expect(answer).toContain("This port speaks HTTPS");
  });

  test("certificates are replaced while it runs", () => {
    const pair = new SecurePair();
    pair.client.secure().trustAlso(pair.key);
    expect(pair.get("/")).toContain("hello");
    const other = SEED.slice(0);
    other[0] = 99;
    const secure = pair.server.secure();
    secure.begin();
    const key = secure.addOwn(other, ["blog.example"], NOT_BEFORE);
    expect(key).not.toBe(pair.key);
    // Not before it is committed.
    expect(pair.get("/")).toContain("hello");
    secure.commit();
    expect(pair.get("/")).toBe("");
    pair.client.secure().trustAlso(key);
    expect(pair.get("/")).toContain("hello");
  });

  test("a chain that an authority issued is shown with the key of its seed, and what is wrong with one is told", () => {
    const pair = new SecurePair();
    const secure = pair.server.secure();
    const spec = leafSpec();
    spec.keyInfo = keyInfo(seedKey(SEED));
    const identifiers = sequence([element(0x80, ascii("key of it"))]);
    spec.extensions = [names([SERVER]), extension(standard(35), false, identifiers)];
    const chain = encodePem("CERTIFICATE", issue(spec)) + encodePem("CERTIFICATE", issue(middleSpec()));
    secure.begin();
    const report = secure.addIssued(SEED, chain, pair.now);
    expect(report).toContain(`\nfrom ${NOW - DAY}\nuntil ${NOW + DAY}\nrenewal ${hexText(ascii("key of it"))} 07\n`);
    expect(report).toContain(`\nname ${SERVER}`);
    secure.commit();
    pair.client.setWallClock(NOW * 1000);
    pair.client.secure().trustAlso(encodePem("CERTIFICATE", issue(rootSpec())));
    expect(pair.get("/")).toContain("hello");

    const other = SEED.slice(0);
    other[5] = 77;
    secure.begin();
    expect(secure.addIssued(other, chain, pair.now)).toContain("error the private key belongs to none");
    expect(secure.addIssued(SEED, "<html>Not found</html>", pair.now)).toContain("error there is no PEM");
    // Not committed: the old one is shown still.
    expect(pair.get("/")).toContain("hello");
  });

  test("a challenge's certificate is for those alone who ask for acme-tls/1", () => {
    const pair = new SecurePair();
    const secure = pair.server.secure();
    secure.begin();
    secure.addOwn(SEED, ["blog.example"], NOT_BEFORE);
    expect(secure.addChallenge(SEED, "blog.example", new Uint8Array(32), pair.now)).toBe(true);
    expect(secure.addChallenge(SEED, "192.0.2.7", new Uint8Array(32), pair.now)).toBe(true);
    expect(secure.commit()).toBe(3);
    pair.client.secure().trustAlso(pair.key);
    expect(pair.get("/", "blog.example")).toContain("hello");
  });

  test("plain HTTP is sent on or served, as was said last; a challenge is always looked at in the clear", () => {
    const pair = new SecurePair();
    const { web } = pair.server;
    const token = "/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA";
    web.ready.put(token, 200, "Content-Type: text/plain\r\n", '"c"', 0, "", ascii("the proof"));
    web.ready.put("/.well-known/acme-challenge/a/b", 200, "Content-Type: text/plain\r\n", '"d"', 0, "", ascii("no"));
    const ask = (path: string): string =>
      text(pair.exchange(ascii(`GET ${path} HTTP/1.1\r\nHost: blog.example\r\nConnection: close\r\n\r\n`)));
    expect(ask("/")).toContain("hello over TLS");
    expect(web.listen({ port: 80, secure: false, redirectTo: 443 })).toBe(true);
    expect(ask("/")).toContain("Location: https://blog.example/\r\n");
    expect(ask(token)).toContain("the proof");
    for (const path of [
      "/.well-known/acme-challenge/",
      "/.well-known/acme-challenge/a/b",
      "/.well-known/acme-challengex",
    ])
      expect(ask(path)).toContain(`Location: https://blog.example${path}\r\n`);
    expect(web.listen({ port: 80, secure: false, redirectTo: 0 })).toBe(true);
    expect(ask("/")).toContain("hello over TLS");
    // Another way of speaking on the same port is refused.
    expect(web.listen({ port: 80, secure: true, redirectTo: 0 })).toBe(false);
  });

  test("a machine that was copied has other numbers than the other copy, takes no old ticket, and ends what was open", () => {
    const copies: string[] = [];
    for (const fresh of [0, 1, 2]) {
      const pair = new SecurePair();
      pair.client.secure().trustAlso(pair.key);
      expect(pair.get("/")).toContain("hello");
      const open = pair.client.connect(SERVER, 443, 65_536, SERVER);
      pair.connected = false;
      expect(pair.run(() => pair.connected, SECOND)).toBe(true);
      // Somebody who passes bytes in the clear is none of that.
      const clear = pair.client.connect(SERVER, 80, 65_536, "");
      pair.connected = false;
      expect(pair.run(() => pair.connected, SECOND)).toBe(true);
      const ticket = new Ticket();
      ticket.suite = AES_256_GCM;
      ticket.issued = pair.now;
      ticket.secret = new Uint8Array(SECRET_ROOM);
      const before = pair.server.secure().tls.core.terms.tickets.seal(ticket, pair.now);
      const copy = new Copy(fresh);
      pair.server.attendant = copy;
      const ended = pair.closed.length;
      pair.run(() => false, SECOND);
      expect(copy.told).toBe(fresh > 0 ? 1 : 0);
      expect(pair.closed.length - ended).toBe(fresh > 0 ? 1 : 0);
      expect(pair.client.flows.has(clear)).toBe(true);
      pair.client.release(open);
      const { random, tickets } = pair.server.secure().tls.core.terms;
      expect(tickets.open(before, new Ticket(), pair.now)).toBe(fresh === 0);
      const next = new Uint8Array(32);
      random.fill(next);
      copies.push(hexText(next));
      expect(pair.get("/")).toContain("hello");
      expect(pair.server.describe()).toContain("tls-handshaking 0\n");
    }
    expect(new Set(copies).size).toBe(3);
  });

  test("figures tell of it", () => {
    const pair = new SecurePair();
    pair.client.secure().trustAlso(pair.key);
    pair.get("/");
    const figures = pair.server.describe();
    expect(figures).toContain("tls-handshakes 1\n");
    pair.run(() => false, 120 * SECOND);
    expect(pair.server.describe()).toContain("tls-connections 0\n");
  });
});
