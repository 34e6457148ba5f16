// With one authority under one account: its directory, its nonces, signed requests, registration. Read first: RFC 8555 6.2
// to 6.7, 7.1 to 7.3.

import type { Result } from "../../stack/base/result.ts";
import type { Keys } from "../../stack/edge/network.ts";
import { binding, type ExternalAccount, type JwsPlatform, jwkOf, type Signer, signedRequest } from "./jws.ts";
import { bounded, type Failure, failure, refusal } from "./problem.ts";
import { type Account, type Directory, decodeAccount, decodeDirectory, decodeProblem } from "./resources.ts";
import { type Answer, type Ask, ask, type Talk } from "./talk.ts";

/** Bytes of an answer in JSON, and of a chain of certificates. */
export const JSON_LIMIT = 65_536;
export const CHAIN_LIMIT = 131_072;
/** A request is signed anew so often when its nonce is not taken (6.5). */
const NONCE_ATTEMPTS = 6;

export interface SessionOptions {
  /** The URL of its directory. */
  readonly directory: string;
  /** What the account's key follows from. */
  readonly seed: Uint8Array;
  /** URLs (mailto:) by which its people may reach ours. */
  readonly contact: readonly string[];
  /** Its terms are agreed to. */
  readonly agreed: boolean;
  readonly external: ExternalAccount | undefined;
  readonly keys: Pick<Keys, "publicKey" | "sign">;
  readonly platform: JwsPlatform;
}

type Outcome<T> = Result<T, Failure>;

export class Session {
  readonly jwk: string;
  /** Whom one is speaking with, for people. */
  readonly host: string;
  readonly #options: SessionOptions;
  #directory: Directory | undefined;
  #account: { readonly url: string; readonly orders: string } | undefined;
  #nonce = "";

  constructor(options: SessionOptions) {
    this.#options = options;
    this.jwk = jwkOf(options.keys.publicKey(options.seed));
    this.host = /^https:\/\/([^/]*)/.exec(options.directory)?.[1] ?? options.directory;
  }

  /** Forgets what the authority said of itself: it is asked anew. */
  reset(): void {
    this.#directory = undefined;
    this.#account = undefined;
    this.#nonce = "";
  }

  *directory(): Talk<Outcome<Directory>> {
    if (this.#directory !== undefined) return { ok: true, value: this.#directory };
    const url = this.#options.directory;
    const answer = yield* this.#fetch({ method: "GET", url, body: undefined, most: JSON_LIMIT }, "its directory");
    if (!answer.ok) return answer;
    const decoded = decodeDirectory(answer.value.body);
    if (!decoded.ok) return this.#strange("its directory", decoded.error);
    this.#directory = decoded.value;
    return decoded;
  }

  /** Where the account's orders are listed, "" nowhere; registers it when it has not been (7.3). */
  *account(): Talk<Outcome<string>> {
    if (this.#account !== undefined) return { ok: true, value: this.#account.orders };
    const directory = yield* this.directory();
    if (!directory.ok) return directory;
    const { newAccount, termsOfService, externalAccountRequired } = directory.value;
    const { agreed, contact, external, platform } = this.#options;
    if (termsOfService !== "" && !agreed)
      return this.#mend(
        `${this.host} has terms, ${bounded(termsOfService)}`,
        "--acme-agree says that you agree to them",
      );
    if (externalAccountRequired && external === undefined)
      return this.#mend(
        `${this.host} wants to know whose account it is`,
        "--acme-eab=ID:KEY names the one that you have there",
      );
    const payload = JSON.stringify({
      ...(termsOfService === "" ? {} : { termsOfServiceAgreed: true }),
      ...(contact.length === 0 ? {} : { contact }),
      ...(external === undefined
        ? {}
        : { externalAccountBinding: JSON.parse(binding(external, newAccount, this.jwk, platform)) as unknown }),
    });
    const doing = "no account there";
    const answer = yield* this.#post(newAccount, payload, { kind: "jwk", jwk: this.jwk }, doing, "");
    if (!answer.ok) return answer;
    const decoded = decodeAccount(answer.value.body);
    if (!decoded.ok) return this.#strange(doing, decoded.error);
    const closed = isClosed(decoded.value);
    if (closed !== "")
      return this.#mend(`the account at ${this.host} is ${closed}`, "another --acme-seed makes another account");
    if (!answer.value.location.startsWith("https://"))
      return this.#strange(doing, "it does not say where the account is");
    this.#account = { url: answer.value.location, orders: decoded.value.orders };
    return { ok: true, value: this.#account.orders };
  }

  /**
   * A signed request of the account; `payload` "" reads (6.3). `doing` says what is not the case when it fails, `name` whom
   * it is about.
   */
  *post(url: string, payload: string, doing: string, name = "", most = JSON_LIMIT): Talk<Outcome<Answer>> {
    for (let again = false; ; again = true) {
      const account = yield* this.account();
      if (!account.ok) return account;
      const signer: Signer = { kind: "kid", url: this.#account!.url };
      const answer = yield* this.#post(url, payload, signer, doing, name, most);
      // It has forgotten us (7.3): a new account, once.
      if (answer.ok || again || answer.error.type !== "accountDoesNotExist") return answer;
      this.#account = undefined;
    }
  }

  *#post(
    url: string,
    payload: string,
    signer: Signer,
    doing: string,
    name: string,
    most = JSON_LIMIT,
  ): Talk<Outcome<Answer>> {
    const { seed, keys, platform } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const nonce = yield* this.#takeNonce();
      if (!nonce.ok) return nonce;
      const body = signedRequest({ url, nonce: nonce.value, signer, payload }, seed, keys, platform);
      if (body === undefined)
        return { ok: false, error: failure("there is no entropy to sign with", { passing: true }) };
      const answer = yield* this.#fetch({ method: "POST", url, body, most }, doing, name);
      // 6.5: what was refused for its nonce comes with a new one.
      if (answer.ok || answer.error.type !== "badNonce" || attempt === NONCE_ATTEMPTS) return answer;
    }
  }

  *#takeNonce(): Talk<Outcome<string>> {
    if (this.#nonce === "") {
      const directory = yield* this.directory();
      if (!directory.ok) return directory;
      const url = directory.value.newNonce;
      const answer = yield* this.#fetch({ method: "HEAD", url, body: undefined, most: JSON_LIMIT }, "no nonce");
      if (!answer.ok) return answer;
      if (this.#nonce === "") return this.#strange("no nonce", "its answer has none");
    }
    const nonce = this.#nonce;
    this.#nonce = "";
    return { ok: true, value: nonce };
  }

  /** One exchange; an answer of another status than 2xx is a failure. */
  *#fetch(request: Ask, doing: string, name = ""): Talk<Outcome<Answer>> {
    const asked = yield* ask(request);
    if (!asked.ok) {
      // The connection may have been a lie: what it said of itself is asked anew.
      return { ok: false, error: failure(`${doing}: ${bounded(asked.error)}`, { passing: true }) };
    }
    const answer = asked.value;
    if (/^[A-Za-z0-9_-]{1,500}$/.test(answer.nonce)) this.#nonce = answer.nonce;
    if (answer.status >= 200 && answer.status <= 299) return { ok: true, value: answer };
    if (answer.type === "application/problem+json")
      return { ok: false, error: refusal(doing, name, decodeProblem(answer.body), answer.retryAfter) };
    const { retryAfter } = answer;
    const what = `${doing}: ${this.host} answered with status ${answer.status} and ${kindOf(answer)}`;
    return { ok: false, error: failure(what, { passing: true, retryAfter }) };
  }

  /** It answers, but not as RFC 8555 has it. */
  #strange(doing: string, why: string): { readonly ok: false; readonly error: Failure } {
    this.reset();
    const what = `${doing}: ${this.host} does not answer as a certificate authority does (${why})`;
    const advice = "--acme-directory is the URL of an ACME directory";
    return { ok: false, error: failure(what, { advice, passing: true }) };
  }

  #mend(what: string, advice: string): { readonly ok: false; readonly error: Failure } {
    return { ok: false, error: failure(what, { advice }) };
  }
}

function isClosed({ status }: Account): string {
  return status === "deactivated" || status === "revoked" ? status : "";
}

function kindOf({ type, body }: Answer): string {
  if (type === "") return body === "" ? "nothing else" : "something without a type";
  return `something that is ${bounded(type)}`;
}
