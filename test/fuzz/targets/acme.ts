import { describeProblem, refusal } from "../../../appliance/acme/problem.ts";
import {
  type Authorization,
  decodeAccount,
  decodeAuthorization,
  decodeDirectory,
  decodeOrder,
  decodeOrders,
  decodeProblem,
  decodeRenewalInfo,
  LIST_LIMIT,
  type Order,
  TEXT_LIMIT,
} from "../../../appliance/acme/resources.ts";
import { decodeBase64url, encodeBase64url } from "../../../appliance/base64url.ts";
import { ascii, check, latin1, type Target } from "../target.ts";

const URL = "https://ca.test/1";
const DIRECTORY = {
  newNonce: URL,
  newAccount: URL,
  newOrder: URL,
  renewalInfo: URL,
  meta: { termsOfService: URL, profiles: { a: "" } },
};
const ORDER = {
  status: "valid",
  identifiers: [{ type: "dns", value: "a" }],
  authorizations: [URL],
  finalize: URL,
  certificate: URL,
};
const PROBLEM = {
  type: "urn:ietf:params:acme:error:compound",
  detail: "no",
  subproblems: [{ type: "caa", detail: "b", identifier: { value: "a" } }],
};
const CHALLENGE = {
  type: "http-01",
  url: URL,
  status: "valid",
  token: "a-_9",
  validated: "2026-01-02T03:04:05Z",
  error: PROBLEM,
};

/** An answer of a certificate authority, as each thing that it could be; and the bytes as base64url. */
export const acme: Target = {
  name: "acme",
  limit: 900,
  words: [
    ...[...Object.keys(DIRECTORY), ...Object.keys(ORDER), ...Object.keys(PROBLEM), ...Object.keys(CHALLENGE)].map(
      (name) => `"${name}":`,
    ),
    ...['"orders":', '"suggestedWindow":', '"start":', '"end":', '"challenges":', '"externalAccountRequired":true'],
    ...[
      '"https://a"',
      '"http://a"',
      '"pending"',
      '"ready"',
      '"processing"',
      '"valid"',
      '"invalid"',
      "{",
      "}",
      "[",
      "]",
      ",",
      "null",
    ],
    ...['"2026-01-02T03:04:05.678+09:00"', "\\u001b[31m", "\\ud800", "1e999", "__proto__"],
  ],
  seeds: () =>
    [
      DIRECTORY,
      ORDER,
      PROBLEM,
      { status: "valid", orders: URL },
      { orders: [URL, URL] },
      { status: "pending", identifier: { type: "dns", value: "a" }, challenges: [CHALLENGE] },
      { suggestedWindow: { start: "2026-01-02T03:04:05Z", end: "2026-01-03T03:04:05Z" }, explanationURL: URL },
    ].map((value) => ascii(JSON.stringify(value))),
  run: (bytes) => {
    const text = latin1(bytes);
    const directory = decodeDirectory(text);
    if (directory.ok) {
      const { newNonce, newAccount, newOrder, renewalInfo, termsOfService, profiles } = directory.value;
      for (const url of [newNonce, newAccount, newOrder]) address(url, false);
      address(renewalInfo, true);
      check(termsOfService.length <= TEXT_LIMIT && profiles.length <= LIST_LIMIT, "more than is taken");
    }
    const account = decodeAccount(text);
    if (account.ok) address(account.value.orders, true);
    const orders = decodeOrders(text);
    if (orders.ok) for (const url of orders.value) address(url, false);
    const order = decodeOrder(text);
    if (order.ok) lookAtOrder(order.value);
    const authorization = decodeAuthorization(text);
    if (authorization.ok) lookAtAuthorization(authorization.value);
    const renewal = decodeRenewalInfo(text);
    if (renewal.ok) check(renewal.value.start > 0 && renewal.value.end > renewal.value.start, "a window that is none");
    const problem = decodeProblem(text);
    const words = `${describeProblem(problem)}${refusal("a", "b", problem, undefined).what}`;
    check(words.length < 6000 && !/[\x00-\x1f\x7f-\x9f]/.test(words), "words that are too long, or not for a console");
    const plain = decodeBase64url(text);
    if (plain !== undefined)
      check(encodeBase64url(plain).length === text.replace(/=+$/, "").length, "base64url of another length");
    check(
      latin1(decodeBase64url(encodeBase64url(bytes)) ?? new Uint8Array(0)) === text,
      "base64url that does not come back",
    );
  },
};

function address(url: string, mayBeNone: boolean): void {
  check((mayBeNone && url === "") || (url.startsWith("https://") && url.length < TEXT_LIMIT), `a URL ${url}`);
}

function lookAtOrder({ authorizations, finalize, certificate, status }: Order): void {
  check(authorizations.length <= LIST_LIMIT, "too many authorizations");
  for (const url of [...authorizations, finalize]) address(url, false);
  address(certificate, status !== "valid");
}

function lookAtAuthorization({ challenges, status }: Authorization): void {
  check(challenges.length <= LIST_LIMIT && status !== "", "an authorization that is none");
  for (const { url, token, validated } of challenges) {
    address(url, true);
    check(/^[A-Za-z0-9_-]*$/.test(token), `a token ${token}`);
    check(Number.isFinite(validated) && validated >= 0, "a time that is none");
  }
}
