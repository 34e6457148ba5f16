import { describe, expect, test } from "vitest";
import { ECDSA_P256, ECDSA_P384, ED25519, P256, P384, X25519, X25519_MLKEM768 } from "../../../stack/tls/codes.ts";
import { NO_SESSION } from "../../../stack/tls/session.ts";
import { Both, clientTerms, serverTerms, testCredential } from "../../support/tls.ts";

const NAME = "blog.example.org";

describe("a handshake among ourselves", () => {
  for (const suite of [0x1301, 0x1302, 0x1303])
    for (const group of [X25519_MLKEM768, X25519, P256, P384])
      for (const scheme of [ECDSA_P256, ECDSA_P384, ED25519])
        test(`suite ${suite}, group ${group}, signature ${scheme}`, () => {
          const terms = clientTerms(NAME, 1);
          terms.suites = [suite];
          terms.groups = [group];
          terms.shared = [group];
          const both = new Both(terms, serverTerms([testCredential([NAME], scheme)], 2));
          both.run(0, 0);
          expect(both.clientEnd.alert).toBe(0);
          expect(both.serverEnd.alert).toBe(0);
          expect(both.complete).toBe(true);
          expect(both.client.suite).toBe(suite);
          expect(both.client.group).toBe(group);
          expect(both.client.protocol).toBe("http/1.1");
          expect(both.client.scheme).toBe(scheme);
          both.serverEnd.receive(both.clientEnd.seal(new Uint8Array([1, 2, 3])), 0);
          both.clientEnd.receive(both.serverEnd.seal(new Uint8Array([4, 5])), 0);
          expect(both.serverEnd.data).toEqual([1, 2, 3]);
          expect(both.clientEnd.data).toEqual([4, 5]);
        });

  test("resumed", () => {
    const ofServer = serverTerms([testCredential([NAME], ECDSA_P256)], 2);
    const ofClient = clientTerms(NAME, 1);
    const first = new Both(ofClient, ofServer);
    first.run(0, 0);
    expect(first.client.sessions.length).toBe(2);
    ofClient.session = first.client.sessions[0]!;
    const second = new Both(ofClient, ofServer);
    second.run(1000, 0);
    expect(second.complete).toBe(true);
    expect(second.client.resumed).toBe(true);
    expect(second.server.resumed).toBe(true);
    expect(second.client.sessions.length).toBe(1);
    expect(ofClient.session === NO_SESSION).toBe(false);
  });

  test("with a HelloRetryRequest", () => {
    const terms = clientTerms(NAME, 1);
    terms.groups = [P256, P384];
    terms.shared = [];
    const both = new Both(terms, serverTerms([testCredential([NAME], ECDSA_P256)], 2));
    both.run(0, 0);
    expect(both.complete).toBe(true);
    expect(both.client.retried).toBe(true);
    expect(both.client.group).toBe(P256);
  });

  test("under load: a cookie first", () => {
    const ofServer = serverTerms([testCredential([NAME], ECDSA_P256)], 2);
    ofServer.loaded = true;
    const both = new Both(clientTerms(NAME, 1), ofServer);
    both.run(0, 0);
    expect(both.complete).toBe(true);
    expect(both.server.retried).toBe(true);
  });

  test("resumed after a HelloRetryRequest", () => {
    const ofServer = serverTerms([testCredential([NAME], ECDSA_P256)], 2);
    const ofClient = clientTerms(NAME, 1);
    const first = new Both(ofClient, ofServer);
    first.run(0, 0);
    ofClient.session = first.client.sessions[0]!;
    ofClient.shared = [];
    const second = new Both(ofClient, ofServer);
    second.run(1000, 0);
    expect(second.clientEnd.alert).toBe(0);
    expect(second.serverEnd.alert).toBe(0);
    expect(second.client.resumed).toBe(true);
    expect(second.client.retried).toBe(true);
  });
});
