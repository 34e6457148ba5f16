// A conversation with an authority as a generator: it says what it wants done, one thing after the other, and is given what
// came of it. It reads no clock, opens no connection and waits for nothing by itself, so that a test, a simulation and the
// machine (acme.ts) all carry it out in their own way.

/** A request; it follows no redirect. */
export interface Ask {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  /** JSON of a JWS; undefined for GET and HEAD. */
  readonly body: string | undefined;
  /** Bytes of the answer at most. */
  readonly most: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Media type in lower case, without parameters. */
  readonly type: string;
  /** "" where there is none. */
  readonly nonce: string;
  readonly location: string;
  /** The URL of the next page (RFC 8288). */
  readonly next: string;
  /** Milliseconds to wait; undefined: not said. */
  readonly retryAfter: number | undefined;
}

/** What came of a request: an answer, or why there is none. */
export type Asked = { readonly ok: true; readonly value: Answer } | { readonly ok: false; readonly error: string };

/** What is to be seen of this machine while an authority looks: for HTTP-01 and for TLS-ALPN-01. */
export interface Proof {
  readonly name: string;
  readonly type: ChallengeType;
  readonly token: string;
  readonly keyAuthorization: string;
}

export type ChallengeType = "http-01" | "tls-alpn-01";

export type Effect =
  | { readonly kind: "ask"; readonly ask: Ask }
  | { readonly kind: "wait"; readonly ms: number }
  /** These are shown from now on, and no others. */
  | { readonly kind: "show"; readonly proofs: readonly Proof[] };

/** Given `Asked` after "ask" and `undefined` after all else. */
export type Talk<T> = Generator<Effect, T, Asked | undefined>;

export function* ask(request: Ask): Talk<Asked> {
  const asked = yield { kind: "ask", ask: request };
  if (asked === undefined) throw new Error("a request was not carried out");
  return asked;
}

export function* wait(ms: number): Talk<void> {
  yield { kind: "wait", ms };
}

export function* show(proofs: readonly Proof[]): Talk<void> {
  yield { kind: "show", proofs };
}
