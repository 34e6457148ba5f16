// A certificate authority for tests, as a function of requests: RFC 8555 and RFC 9773 as far as a client sees them, under a
// virtual clock, with the limits that Let's Encrypt has. Its certificates are lines of JSON; signatures are real.

import type { Request } from "../../../appliance/acme/store.ts";
import { decodeBase64url } from "../../../appliance/base64url.ts";
import { toHex } from "../../../appliance/hex.ts";
import type { Result } from "../../../stack/base/result.ts";
import type { HttpAnswer, HttpClientRequest } from "../../../stack/edge/http-client.ts";
import type { HttpClientError } from "../../../stack/edge/http-error.ts";
import type { Keys, Presented } from "../../../stack/edge/network.ts";
import { seedKey, signRaw } from "../../../stack/host/seed-key.ts";
import type { PrivateKey } from "../../../stack/x509/keys.ts";
import { integer, sequence } from "../../../stack/x509/writer.ts";

const ECDSA_P256 = 0x0403;
const DAY = 86_400_000;
const HOUR = 3_600_000;
export const ORIGIN = "https://ca.test";
export const DIRECTORY = `${ORIGIN}/dir`;

interface Head {
  readonly alg?: string;
  readonly jwk?: object;
  readonly kid?: string;
  readonly nonce?: string;
  readonly url?: string;
}

/** What a JWS says when it is signed by the key of the JWK. */
export function verified(text: string, jwk: string): { readonly head: Head; readonly payload: string } | undefined {
  const { protected: head = "", payload = "", signature = "" } = JSON.parse(text) as Record<string, string>;
  const { x = "", y = "" } = JSON.parse(jwk) as Record<string, string>;
  const raw = decodeBase64url(signature) ?? new Uint8Array(0);
  const point = Uint8Array.of(4, ...(decodeBase64url(x) ?? []), ...(decodeBase64url(y) ?? []));
  const input = nativeUtf8Encode(`${head}.${payload}`);
  const der = sequence([whole(raw.slice(0, 32)), whole(raw.slice(32))]);
  if (raw.length !== 64 || !nativeVerify(ECDSA_P256, point, input, 0, input.length, der, 0, der.length))
    return undefined;
  return { head: JSON.parse(decoded(head)) as Head, payload: decoded(payload) };
}

function decoded(text: string): string {
  const bytes = decodeBase64url(text) ?? new Uint8Array(0);
  return nativeUtf8Decode(bytes, 0, bytes.length);
}

function whole(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  const rest = bytes.slice(at);
  return integer(rest[0]! < 0x80 ? rest : Uint8Array.of(0, ...rest));
}

interface FakeCertificate {
  readonly key: string;
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly serial: string;
}

const keys = new Map<string, PrivateKey>();

function keyFor(seed: Uint8Array): PrivateKey {
  const name = toHex(seed);
  const key = keys.get(name) ?? seedKey(seed);
  keys.set(name, key);
  return key;
}

/** Real keys; requests and certificates are JSON. */
export function fakeKeys(): Keys {
  return {
    publicKey: (seed) => keyFor(seed).publicKey,
    sign: (seed, message) => signRaw(keyFor(seed), message),
    request: (seed, names) => nativeUtf8Encode(JSON.stringify({ key: toHex(keyFor(seed).publicKey), names })),
    examine(seed, chain): Presented {
      const nothing = { warnings: [], names: [], notBefore: 0, notAfter: 0, renewal: undefined, fingerprint: "" };
      if (!chain.startsWith("CERTIFICATE {")) return { ...nothing, error: "there is no PEM in it" };
      const { key, names, notBefore, notAfter, serial } = JSON.parse(chain.slice(12)) as FakeCertificate;
      if (key !== toHex(keyFor(seed).publicKey))
        return { ...nothing, error: "the private key belongs to none of the certificates" };
      return { ...nothing, error: "", names, notBefore, notAfter, renewal: { issuer: "0a", serial }, fingerprint: key };
    },
  };
}

interface FakeOrder {
  readonly id: number;
  readonly account: string;
  readonly names: readonly string[];
  readonly authorizations: FakeAuthorization[];
  status: string;
  certificate: string;
  error: object | undefined;
}

interface FakeAuthorization {
  readonly id: number;
  readonly name: string;
  readonly account: string;
  status: string;
  validated: number;
  error: object | undefined;
  /** Which challenge was asked for. */
  type: string;
}

export interface FakeOptions {
  /** Milliseconds since 1970. */
  now(): number;
  /** Whether the name is proved in this way, by the token. */
  isProved(name: string, type: string, token: string): boolean;
  readonly lists?: boolean;
  readonly reuses?: boolean;
  readonly life?: number;
  readonly ari?: boolean;
  readonly terms?: string;
}

export class FakeAuthority {
  /** Refuses, or does something else, before anything is looked at. */
  intercept: (request: HttpClientRequest) => Result<HttpAnswer, HttpClientError> | undefined = () => undefined;
  /** What it says of renewals of this certificate. */
  readonly windows = new Map<string, { start: number; end: number }>();
  readonly issued: { readonly at: number; readonly replaces: boolean; readonly chain: string }[] = [];
  /** "POST /order" and the like. */
  readonly requests: string[] = [];
  refused = 0;
  /** Every so many'th nonce is not taken, 0 none. */
  badNonces = 0;
  readonly #options: FakeOptions;
  readonly #accounts = new Map<string, string>();
  readonly #orders: FakeOrder[] = [];
  readonly #authorizations: FakeAuthorization[] = [];
  readonly #nonces = new Set<string>();
  readonly #replaced = new Set<string>();
  /** Proofs that may fail yet, for a name: five, and one more every twelve minutes. */
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>();
  readonly #chains = new Map<number, string>();
  #count = 0;

  constructor(options: FakeOptions) {
    this.#options = options;
  }

  readonly request: Request = async (request) => {
    const path = request.url.slice(ORIGIN.length);
    this.requests.push(`${request.method} ${path}`);
    return this.intercept(request) ?? { ok: true, value: this.#answer(request, path) };
  };

  #answer(request: HttpClientRequest, path: string): HttpAnswer {
    const nonce = `nonce${this.#count++}`;
    this.#nonces.add(nonce);
    const answer = (status: number, body: unknown, more: Record<string, string> = {}): HttpAnswer => ({
      status,
      reason: "",
      url: request.url,
      headers: Object.entries({
        "content-type": status >= 400 ? "application/problem+json" : "application/json",
        "replay-nonce": nonce,
        ...more,
      }),
      chunks: [nativeUtf8Encode(typeof body === "string" ? body : JSON.stringify(body))],
    });
    const problem = (status: number, type: string, detail: string, more: Record<string, string> = {}): HttpAnswer => {
      this.refused++;
      return answer(status, { type: `urn:ietf:params:acme:error:${type}`, detail }, more);
    };
    const { ari = true, terms = "" } = this.#options;
    if (path === "/dir")
      return answer(200, {
        newNonce: `${ORIGIN}/nonce`,
        newAccount: `${ORIGIN}/account`,
        newOrder: `${ORIGIN}/order`,
        ...(ari ? { renewalInfo: `${ORIGIN}/ari` } : {}),
        meta: { ...(terms === "" ? {} : { termsOfService: terms }), profiles: { classic: "", shortlived: "" } },
      });
    if (path === "/nonce") return answer(200, "");
    if (path.startsWith("/ari/")) return this.#renewalInfo(path.slice(5), answer);
    const body = nativeUtf8Decode(request.body ?? new Uint8Array(0), 0, request.body?.length ?? 0);
    const { protected: head64 = "" } = JSON.parse(body) as Record<string, string>;
    const said = JSON.parse(decoded(head64)) as Head;
    const jwk = said.jwk === undefined ? this.#accounts.get(said.kid ?? "") : JSON.stringify(said.jwk);
    if (jwk === undefined) return problem(400, "accountDoesNotExist", "who are you?");
    const signed = verified(body, jwk);
    if (signed === undefined || signed.head.url !== request.url) return problem(400, "malformed", "signature");
    const fresh = this.#nonces.delete(signed.head.nonce ?? "");
    if (!fresh || (this.badNonces > 0 && this.#count % this.badNonces === 0)) return problem(400, "badNonce", "old");
    const payload = signed.payload === "" ? {} : (JSON.parse(signed.payload) as Record<string, unknown>);
    const account =
      said.kid ??
      `${ORIGIN}/account/${jwk.length}-${[...jwk].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 1e9, 7)}`;
    const [, kind = "", id = ""] = path.split("/");
    switch (kind) {
      case "account": {
        if (terms !== "" && payload["termsOfServiceAgreed"] !== true)
          return problem(403, "userActionRequired", "terms");
        const status = this.#accounts.has(account) ? 200 : 201;
        this.#accounts.set(account, jwk);
        const lists = this.#options.lists === true ? { orders: `${ORIGIN}/orders` } : {};
        return answer(status, { status: "valid", ...lists }, { location: account });
      }
      case "orders": {
        const own = this.#orders.filter((order) => order.account === account);
        return answer(200, { orders: own.map((order) => `${ORIGIN}/order/${order.id}`) });
      }
      case "order": {
        if (id !== "") return this.#show(this.#orders[Number(id)]!, 200, answer);
        const identifiers = payload["identifiers"] as { readonly value: string }[];
        const names = identifiers.map(({ value }) => value);
        return this.#newOrder(account, names, (payload["replaces"] as string | undefined) ?? "", answer, problem);
      }
      case "authorization":
        return answer(200, this.#authorization(this.#authorizations[Number(id)]!));
      case "challenge": {
        const authorization = this.#authorizations[Number(id)]!;
        this.#prove(authorization, path.split("/")[3] ?? "");
        return answer(200, {});
      }
      case "finalize":
        return this.#finalize(this.#orders[Number(id)]!, payload["csr"] as string, answer, problem);
      default:
        return answer(200, this.#chains.get(Number(id)) ?? "", { "content-type": "application/pem-certificate-chain" });
    }
  }

  #newOrder(
    account: string,
    names: readonly string[],
    replaces: string,
    answer: Answering,
    problem: Refusing,
  ): HttpAnswer {
    const { now, reuses = false } = this.#options;
    const same = this.issued.filter(
      ({ at, replaces: renewal, chain }) => !renewal && at > now() - 7 * DAY && sameNames(chain, names),
    );
    if (replaces !== "" && this.#replaced.has(replaces)) return problem(409, "alreadyReplaced", "it has been replaced");
    if (replaces === "" && same.length >= 5) {
      const wait = Math.ceil((same[0]!.at + 7 * DAY - now()) / 1000);
      return problem(429, "rateLimited", "too many certificates already issued", { "retry-after": String(wait) });
    }
    if (names.some((name) => this.#tokens(name) < 1))
      return problem(429, "rateLimited", "too many failed authorizations", { "retry-after": "720" });
    const authorizations = names.map((name): FakeAuthorization => {
      const before = this.#authorizations.find(
        (other) =>
          other.name === name &&
          other.account === account &&
          other.status === "valid" &&
          other.validated > now() - 30 * DAY,
      );
      if (reuses && before !== undefined) return before;
      const id = this.#authorizations.length;
      const made = { id, name, account, status: "pending", validated: 0, error: undefined, type: "" };
      this.#authorizations.push(made);
      return made;
    });
    const order = {
      id: this.#orders.length,
      account,
      names,
      authorizations,
      status: "pending",
      certificate: "",
      error: undefined,
    };
    this.#orders.push(order);
    if (replaces !== "") {
      this.#replaced.add(replaces);
      this.#renewals.add(order.id);
    }
    return this.#show(order, 201, answer);
  }

  readonly #renewals = new Set<number>();

  #show(order: FakeOrder, status: number, answer: Answering): HttpAnswer {
    const { id, names, authorizations } = order;
    if (order.status === "pending" && authorizations.every((each) => each.status === "valid")) order.status = "ready";
    if (order.status === "pending" && authorizations.some((each) => each.status === "invalid"))
      order.status = "invalid";
    return answer(
      status,
      {
        status: order.status,
        identifiers: names.map((value) => ({ type: /^[\d.]+$/.test(value) ? "ip" : "dns", value })),
        authorizations: authorizations.map((each) => `${ORIGIN}/authorization/${each.id}`),
        finalize: `${ORIGIN}/finalize/${id}`,
        ...(order.certificate === "" ? {} : { certificate: order.certificate }),
      },
      { location: `${ORIGIN}/order/${id}` },
    );
  }

  #authorization({ id, name, status, validated, error, type }: FakeAuthorization): object {
    const challenge = (kind: string): object => ({
      type: kind,
      url: `${ORIGIN}/challenge/${id}/${kind}`,
      status: kind === type ? status : "pending",
      token: `token-${id}-${kind}`,
      ...(validated > 0 && kind === type ? { validated: new Date(validated).toISOString() } : {}),
      ...(error === undefined || kind !== type ? {} : { error }),
    });
    return {
      identifier: { type: /^[\d.]+$/.test(name) ? "ip" : "dns", value: name },
      status,
      challenges: [challenge("dns-01"), challenge("http-01"), challenge("tls-alpn-01")],
    };
  }

  #prove(authorization: FakeAuthorization, type: string): void {
    if (authorization.status !== "pending") return;
    authorization.type = type;
    const { id, name } = authorization;
    if (this.#options.isProved(name, type, `token-${id}-${type}`)) {
      authorization.status = "valid";
      authorization.validated = this.#options.now();
      return;
    }
    authorization.status = "invalid";
    authorization.error = { type: "urn:ietf:params:acme:error:connection", detail: "nobody answers" };
    this.#buckets.set(name, { tokens: this.#tokens(name) - 1, at: this.#options.now() });
  }

  #tokens(name: string): number {
    const bucket = this.#buckets.get(name);
    return bucket === undefined ? 5 : Math.min(5, bucket.tokens + (this.#options.now() - bucket.at) / (HOUR / 5));
  }

  #finalize(order: FakeOrder, csr: string, answer: Answering, problem: Refusing): HttpAnswer {
    this.#show(order, 200, answer);
    if (order.status !== "ready") return problem(403, "orderNotReady", order.status);
    const { key, names } = JSON.parse(decoded(csr)) as { readonly key: string; readonly names: readonly string[] };
    if ([...names].sort().join() !== [...order.names].sort().join()) return problem(400, "badCSR", names.join());
    const { now, life = 90 * DAY } = this.#options;
    const notBefore = Math.floor(now() / 1000) - 3600;
    const serial = (this.issued.length + 16).toString(16).padStart(4, "0");
    const chain = `CERTIFICATE ${JSON.stringify({ key, names, notBefore, notAfter: notBefore + life / 1000, serial })}`;
    this.issued.push({ at: now(), replaces: this.#renewals.has(order.id), chain });
    this.#chains.set(order.id, chain);
    order.status = "valid";
    order.certificate = `${ORIGIN}/certificate/${order.id}`;
    return this.#show(order, 200, answer);
  }

  #renewalInfo(id: string, answer: Answering): HttpAnswer {
    const window = this.windows.get(id);
    if (window === undefined) return answer(404, { detail: "it says nothing of this one" });
    const suggestedWindow = { start: new Date(window.start).toISOString(), end: new Date(window.end).toISOString() };
    return answer(200, { suggestedWindow }, { "retry-after": "21600" });
  }
}

type Answering = (status: number, body: unknown, more?: Record<string, string>) => HttpAnswer;
type Refusing = (status: number, type: string, detail: string, more?: Record<string, string>) => HttpAnswer;

function sameNames(chain: string, names: readonly string[]): boolean {
  const { names: others } = JSON.parse(chain.slice(12)) as FakeCertificate;
  return [...names].sort().join() === [...others].sort().join();
}
