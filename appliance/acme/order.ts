// One certificate, from the order to the chain. Read first: RFC 8555 7.1.6 (the states), 7.4, 7.5, 8; RFC 8737; RFC 8738;
// RFC 9773 5.
//
//   pending ── all authorizations valid ──> ready ── finalize ──> processing ──> valid
//      └───────────── one invalid ──────────> invalid <── refused ──┘
//
// An order that was begun is gone on with: after a wait that got too long, and after a restart where the authority lists it.

import type { Result } from "../../stack/base/result.ts";
import { encodeBase64url } from "../base64url.ts";
import { type JwsPlatform, keyAuthorization } from "./jws.ts";
import { type Failure, failure, refusal } from "./problem.ts";
import {
  type Authorization,
  type Challenge,
  decodeAuthorization,
  decodeOrder,
  decodeOrders,
  type Identifier,
  type Order,
} from "./resources.ts";
import { CHAIN_LIMIT, type Session } from "./session.ts";
import { type Answer, type ChallengeType, type Proof, show, type Talk, wait } from "./talk.ts";

/** Between two looks at something that is not done: the first wait, the longest, and all of them together, in milliseconds. */
const FIRST_LOOK = 1000;
const LAST_LOOK = 15_000;
const LOOKING_LIMIT = 180_000;
/** An authority that wants to be asked later than this is asked by the next attempt. */
const LONGEST_WAIT = 60_000;
/** Of the account's orders, pages and orders that are looked at. */
const PAGE_LIMIT = 20;
const LOOKED_AT_LIMIT = 12;

export interface OrderOptions {
  readonly names: readonly string[];
  /** Profile of the certificate (draft-ietf-acme-profiles), "" for none. */
  readonly profile: string;
  /** The certificate that this one is to replace (RFC 9773 4.1), "" for none. */
  readonly replaces: string;
  /** The request (PKCS#10) as DER. */
  readonly request: Uint8Array;
  /** Ways of proving that a name is ours, the best first; for a name they may differ. */
  ways(name: string): readonly ChallengeType[];
  /** A name has been proved. */
  passed(): void;
  /** An authorization for the name could not be had in this way. */
  failed(name: string, way: ChallengeType): void;
  /** Asked when nothing has to be proved, since somebody with this key has proved it before: false gives the order up. */
  proved(): boolean;
  readonly platform: JwsPlatform;
}

/** The chain as PEM. */
export type Obtained =
  | { readonly kind: "chain"; readonly chain: string }
  /** `proved` said no. */
  | { readonly kind: "given up"; readonly since: number };

type Outcome<T> = Result<T, Failure>;

interface Placed {
  readonly url: string;
  readonly order: Order;
}

/** What of the account's orders is of use: those that have become certificates, the newest last, and one under way. */
export interface Found {
  readonly certificates: readonly string[];
  readonly open: string;
}

const NOTHING: Found = { certificates: [], open: "" };

/** Looks through the account's orders for these names, where the authority lists them (7.1.2.1). */
export function* findOrders(session: Session, names: readonly string[]): Talk<Outcome<Found>> {
  const account = yield* session.account();
  if (!account.ok) return account;
  const urls: string[] = [];
  const doing = "the list of orders";
  for (let page = account.value, pages = 0; page !== "" && pages < PAGE_LIMIT; pages++) {
    const answer = yield* session.post(page, "", doing);
    if (!answer.ok) {
      // Some authorities name a list that they do not have.
      return answer.error.passing ? answer : { ok: true, value: NOTHING };
    }
    const decoded = decodeOrders(answer.value.body);
    if (!decoded.ok) return { ok: true, value: NOTHING };
    urls.push(...decoded.value);
    page = answer.value.next;
  }
  const certificates: string[] = [];
  let open = "";
  for (const url of endsOf(urls)) {
    const answer = yield* session.post(url, "", "an order of the list");
    const order = answer.ok ? decodeOrder(answer.value.body) : undefined;
    if (order?.ok !== true || !sameNames(order.value.identifiers, names)) continue;
    const { status, certificate } = order.value;
    if (status === "valid") certificates.unshift(certificate);
    else if (status !== "invalid") open ||= url;
  }
  return { ok: true, value: { certificates, open } };
}

/** The list's last ones and its first ones, since it has no order of its own: those that are looked at. */
function endsOf(urls: readonly string[]): readonly string[] {
  if (urls.length <= LOOKED_AT_LIMIT) return [...urls].reverse();
  const half = LOOKED_AT_LIMIT / 2;
  return [...urls.slice(-half).reverse(), ...urls.slice(0, half)];
}

export function* download(session: Session, url: string): Talk<Outcome<string>> {
  const answer = yield* session.post(url, "", "no certificate", "", CHAIN_LIMIT);
  return answer.ok ? { ok: true, value: answer.value.body } : answer;
}

/** Orders a certificate, or goes on with the order at `begun`, "" for none. */
export function* obtain(
  session: Session,
  options: OrderOptions,
  begun: string,
  onOrder: (url: string) => void,
): Talk<Outcome<Obtained>> {
  const placed = yield* place(session, options, begun);
  if (!placed.ok) return placed;
  onOrder(placed.value.url);
  const { url } = placed.value;
  let { order } = placed.value;
  // One that was begun and is ready has been through this.
  if (order.status === "pending" || (order.status === "ready" && begun === "")) {
    const authorized = yield* authorize(session, options, order);
    if (!authorized.ok) {
      yield* show([]);
      return authorized;
    }
    if (begun === "" && authorized.value > 0 && !options.proved())
      return { ok: true, value: { kind: "given up", since: authorized.value } };
    if (order.status === "pending") {
      const ready = yield* settled(session, url, order, ["pending"]);
      yield* show([]);
      if (!ready.ok) return ready;
      order = ready.value;
    }
  }
  if (order.status === "ready") {
    const payload = JSON.stringify({ csr: encodeBase64url(options.request) });
    const answer = yield* session.post(order.finalize, payload, "the order is not finalized");
    if (!answer.ok && answer.error.type !== "orderNotReady") return answer;
    // Its answer is the order (7.4), but some answer with less: it is looked at again.
    const decoded = answer.ok ? decodeOrder(answer.value.body) : undefined;
    if (decoded?.ok === true) order = decoded.value;
  }
  if (order.status !== "valid" && order.status !== "invalid") {
    const done = yield* settled(session, url, order, ["pending", "ready", "processing"]);
    if (!done.ok) return done;
    order = done.value;
  }
  if (order.status !== "valid") {
    const problem = order.error ?? { type: "", detail: "the order is invalid", subproblems: [] };
    return { ok: false, error: { ...refusal("no certificate", "", problem, undefined), passing: false } };
  }
  const chain = yield* download(session, order.certificate);
  return chain.ok ? { ok: true, value: { kind: "chain", chain: chain.value } } : chain;
}

/** The order that was begun, if it is still of use, or a new one. */
function* place(session: Session, options: OrderOptions, begun: string): Talk<Outcome<Placed>> {
  if (begun !== "") {
    const answer = yield* session.post(begun, "", "the order that was begun");
    if (!answer.ok && answer.error.passing) return answer;
    const decoded = answer.ok ? decodeOrder(answer.value.body) : undefined;
    if (decoded?.ok === true && decoded.value.status !== "invalid")
      return { ok: true, value: { url: begun, order: decoded.value } };
  }
  const directory = yield* session.directory();
  if (!directory.ok) return directory;
  const { profiles, newOrder } = directory.value;
  const profile = profileFor(options, profiles);
  if (options.profile !== "" && profiles.length > 0 && !profiles.includes(options.profile))
    return {
      ok: false,
      error: failure(`${session.host} has no profile ${options.profile}`, {
        advice: `--acme-profile names one that it has: ${profiles.join(", ")}`,
      }),
    };
  const payload = JSON.stringify({
    identifiers: options.names.map(identifierOf),
    ...(profile === "" ? {} : { profile }),
    ...(options.replaces === "" ? {} : { replaces: options.replaces }),
  });
  const answer = yield* session.post(newOrder, payload, "no order", options.names[0]);
  if (!answer.ok) return answer;
  const order = decodeOrder(answer.value.body);
  const url = answer.value.location;
  if (!order.ok || !url.startsWith("https://")) {
    const why = order.ok ? "it does not say where the order is" : order.error;
    return { ok: false, error: strange(session, "no order", why) };
  }
  if (!sameNames(order.value.identifiers, options.names))
    return { ok: false, error: failure(`no order: ${session.host} answered with one for other names`) };
  return { ok: true, value: { url, order: order.value } };
}

/** Let's Encrypt certifies addresses for six days only, and wants that said. */
function profileFor({ names, profile }: OrderOptions, offered: readonly string[]): string {
  if (profile !== "") return profile;
  return names.some(isAddress) && offered.includes(SHORT_LIVED) ? SHORT_LIVED : "";
}

const SHORT_LIVED = "shortlived";

/** Proves every name that is not proved. When all of them were: since when, in milliseconds since 1970; else 0. */
function* authorize(session: Session, options: OrderOptions, order: Order): Talk<Outcome<number>> {
  const open: {
    readonly url: string;
    readonly challenge: Challenge;
    readonly name: string;
    readonly way: ChallengeType;
  }[] = []; // prettier-ignore
  let since = Number.POSITIVE_INFINITY;
  for (const url of order.authorizations) {
    const looked = yield* look(session, url);
    if (!looked.ok) return looked;
    const { status, identifier, challenges } = looked.value.authorization;
    if (status === "valid") {
      since = Math.min(since, ...challenges.filter((each) => each.validated > 0).map((each) => each.validated));
      continue;
    }
    const name = identifier.value;
    if (!options.names.some((own) => isName(identifier, own)))
      return { ok: false, error: failure(`${session.host} wants a proof for ${name}, which was not asked for`) };
    if (status !== "pending") return { ok: false, error: unproved(looked.value.authorization, undefined) };
    const ways = options.ways(name);
    const way = ways.find((type) =>
      challenges.some((each) => each.type === type && each.token !== "" && each.url !== ""),
    );
    if (way === undefined) {
      const offered = challenges.map(({ type }) => type).join(", ");
      const what = `${session.host} wants ${name} proved by ${offered === "" ? "nothing" : offered}, which cannot be done here`;
      return { ok: false, error: failure(what, { advice: `${ways.join(" and ")} can` }) };
    }
    open.push({ url, challenge: challenges.find(({ type }) => type === way)!, name, way });
  }
  if (open.length === 0) return { ok: true, value: Number.isFinite(since) ? since : 0 };
  yield* show(
    open.map(({ challenge, name, way }): Proof => {
      const { token } = challenge;
      return { name, type: way, token, keyAuthorization: keyAuthorization(token, session.jwk, options.platform) };
    }),
  ); // prettier-ignore
  for (const { challenge, name } of open) {
    // 7.5.1: one that is under way or over is only looked at.
    if (challenge.status !== "pending") continue;
    const answer = yield* session.post(challenge.url, "{}", `${name} cannot be proved`, name);
    if (!answer.ok) return answer;
  }
  for (const { url, name, way } of open) {
    const pace = new Pace();
    for (;;) {
      const looked = yield* look(session, url);
      if (!looked.ok) return looked;
      const { authorization, answer } = looked.value;
      if (authorization.status === "valid") {
        options.passed();
        break;
      }
      if (authorization.status !== "pending") {
        options.failed(name, way);
        return { ok: false, error: unproved(authorization, way) };
      }
      const tooLong = yield* pace.next(answer.retryAfter);
      if (tooLong) return { ok: false, error: stillWaiting(session, `the proof of ${name}`, answer.retryAfter) };
    }
  }
  return { ok: true, value: 0 };
}

function* look(
  session: Session,
  url: string,
): Talk<Outcome<{ readonly authorization: Authorization; readonly answer: Answer }>> {
  const answer = yield* session.post(url, "", "no authorization");
  if (!answer.ok) return answer;
  const decoded = decodeAuthorization(answer.value.body);
  if (!decoded.ok) return { ok: false, error: strange(session, "no authorization", decoded.error) };
  return { ok: true, value: { authorization: decoded.value, answer: answer.value } };
}

/** Looks at the order until its status is none of these. */
function* settled(
  session: Session,
  url: string,
  first: Order,
  unsettled: readonly Order["status"][],
): Talk<Outcome<Order>> {
  const pace = new Pace();
  let order = first;
  for (let looks = 0; ; looks++) {
    // What was known before the proofs is old.
    if (looks > 0 && !unsettled.includes(order.status)) return { ok: true, value: order };
    const answer = yield* session.post(url, "", "the order");
    if (!answer.ok) return answer;
    const decoded = decodeOrder(answer.value.body);
    if (!decoded.ok) return { ok: false, error: strange(session, "the order", decoded.error) };
    order = decoded.value;
    if (!unsettled.includes(order.status)) continue;
    const tooLong = yield* pace.next(answer.value.retryAfter);
    if (tooLong) return { ok: false, error: stillWaiting(session, "the order", answer.value.retryAfter) };
  }
}

/** Waits between looks, each longer than the last or as long as the authority says. */
class Pace {
  #ms = FIRST_LOOK;
  #sum = 0;

  /** True, and nothing was waited: it takes too long. */
  *next(retryAfter: number | undefined): Talk<boolean> {
    const ms = Math.max(FIRST_LOOK, retryAfter ?? this.#ms);
    if (ms > LONGEST_WAIT || this.#sum + ms > LOOKING_LIMIT) return true;
    this.#sum += ms;
    this.#ms = Math.min(LAST_LOOK, this.#ms * 1.6);
    yield* wait(ms);
    return false;
  }
}

function stillWaiting(session: Session, what: string, retryAfter: number | undefined): Failure {
  return failure(`${session.host} is not done with ${what}`, { passing: true, retryAfter });
}

/** It answers, but not with what it was asked for: as a rule somebody before it does. */
function strange(session: Session, doing: string, why: string): Failure {
  return failure(`${doing}: ${session.host} answered with something else (${why})`, { passing: true });
}

function unproved({ identifier, status, challenges }: Authorization, way: ChallengeType | undefined): Failure {
  const name = identifier.value;
  const failed = challenges.find(({ type, error }) => error !== undefined && (way === undefined || type === way));
  const problem = failed?.error ?? { type: "", detail: `its authorization is ${status}`, subproblems: [] };
  const by = way === undefined ? "" : ` by ${way}`;
  return { ...refusal(`${name} is not proved${by}`, name, problem, undefined), passing: false };
}

function identifierOf(name: string): Identifier {
  return { type: isAddress(name) ? "ip" : "dns", value: name };
}

export function isAddress(name: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

function isName(identifier: Identifier, name: string): boolean {
  return identifier.type === (isAddress(name) ? "ip" : "dns") && identifier.value.toLowerCase() === name;
}

function sameNames(identifiers: readonly Identifier[], names: readonly string[]): boolean {
  return (
    identifiers.length === names.length &&
    names.every((name) => identifiers.some((identifier) => isName(identifier, name)))
  );
}
