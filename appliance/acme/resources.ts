// What an authority answers (RFC 8555 7.1, RFC 9773 4.2), read from JSON. Nothing of it is believed further than its type
// and length; what is not known is passed over. Never throws.

import type { Result } from "../../stack/base/result.ts";

/** Characters of a text, members of a list, that are looked at. */
export const TEXT_LIMIT = 2000;
export const LIST_LIMIT = 100;

export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** RFC 9773; "": it does not say when to renew. */
  readonly renewalInfo: string;
  /** Of the terms that are to be agreed to, "" for none. */
  readonly termsOfService: string;
  readonly externalAccountRequired: boolean;
  /** Names of profiles; empty: it has none. */
  readonly profiles: readonly string[];
}

export interface Account {
  /** "valid", "deactivated" or "revoked". */
  readonly status: string;
  /** Where its orders are listed, "" nowhere. */
  readonly orders: string;
}

export interface Identifier {
  readonly type: string;
  readonly value: string;
}

export type OrderStatus = "pending" | "ready" | "processing" | "valid" | "invalid";

export interface Order {
  readonly status: OrderStatus;
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly string[];
  readonly finalize: string;
  /** "" before it is valid. */
  readonly certificate: string;
  readonly error: Problem | undefined;
}

export interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly status: string;
  readonly token: string;
  /** When it was looked at, milliseconds since 1970; 0: not yet. */
  readonly validated: number;
  readonly error: Problem | undefined;
}

export interface Authorization {
  readonly identifier: Identifier;
  readonly status: string;
  readonly challenges: readonly Challenge[];
}

/** RFC 7807, RFC 8555 6.7. */
export interface Problem {
  /** Without "urn:ietf:params:acme:error:". */
  readonly type: string;
  readonly detail: string;
  readonly subproblems: readonly { readonly type: string; readonly detail: string; readonly name: string }[];
}

/** From when to when a certificate is to be renewed, milliseconds since 1970. */
export interface Window {
  readonly start: number;
  readonly end: number;
  /** Where it is said why, "" nowhere. */
  readonly explanation: string;
}

/** Why it could not be read. */
type Decoded<T> = Result<T, string>;
type Members = Readonly<Record<string, unknown>>;

const ERROR_PREFIX = "urn:ietf:params:acme:error:";
const STATUSES: readonly OrderStatus[] = ["pending", "ready", "processing", "valid", "invalid"];
/** RFC 8555 8.1: base64url; 8.3 puts it into a path. */
const TOKEN = /^[A-Za-z0-9_-]{1,500}$/;

export function decodeDirectory(text: string): Decoded<Directory> {
  const members = parse(text);
  if (members === undefined) return fault("it is not JSON");
  const meta = object(members["meta"]);
  const directory = {
    newNonce: address(members["newNonce"]),
    newAccount: address(members["newAccount"]),
    newOrder: address(members["newOrder"]),
    renewalInfo: address(members["renewalInfo"]),
    termsOfService: string(meta["termsOfService"]),
    externalAccountRequired: meta["externalAccountRequired"] === true,
    profiles: Object.keys(object(meta["profiles"])).slice(0, LIST_LIMIT),
  };
  const missing = (["newNonce", "newAccount", "newOrder"] as const).find((name) => directory[name] === "");
  return missing === undefined ? { ok: true, value: directory } : fault(`${missing} is not a URL of https`);
}

export function decodeAccount(text: string): Decoded<Account> {
  const members = parse(text);
  if (members === undefined) return fault("it is not JSON");
  return { ok: true, value: { status: string(members["status"]), orders: address(members["orders"]) } };
}

export function decodeOrder(text: string): Decoded<Order> {
  const members = parse(text);
  if (members === undefined) return fault("it is not JSON");
  const status = STATUSES.find((name) => name === members["status"]);
  const finalize = address(members["finalize"]);
  const authorizations = list(members["authorizations"]).map(address);
  const certificate = address(members["certificate"]);
  if (status === undefined) return fault("its status is none of those of an order");
  if (finalize === "") return fault("finalize is not a URL of https");
  if (authorizations.includes("")) return fault("an authorization is not a URL of https");
  if (status === "valid" && certificate === "") return fault("certificate is not a URL of https");
  const identifiers = list(members["identifiers"]).map(identifier);
  const error = problem(members["error"]);
  return { ok: true, value: { status, identifiers, authorizations, finalize, certificate, error } };
}

/** URLs of orders. */
export function decodeOrders(text: string): Decoded<readonly string[]> {
  const members = parse(text);
  if (members === undefined || !Array.isArray(members["orders"])) return fault("it is not a list of orders");
  return {
    ok: true,
    value: list(members["orders"])
      .map(address)
      .filter((url) => url !== ""),
  }; // prettier-ignore
}

export function decodeAuthorization(text: string): Decoded<Authorization> {
  const members = parse(text);
  if (members === undefined) return fault("it is not JSON");
  const challenges = list(members["challenges"]).map(object).map(challenge);
  const status = string(members["status"]);
  if (status === "") return fault("it has no status");
  return { ok: true, value: { identifier: identifier(members["identifier"]), status, challenges } };
}

/** What is no problem document is one without a type and words. */
export function decodeProblem(text: string): Problem {
  return problem(parse(text)) ?? { type: "", detail: "", subproblems: [] };
}

export function decodeRenewalInfo(text: string): Decoded<Window> {
  const members = parse(text);
  if (members === undefined) return fault("it is not JSON");
  const window = object(members["suggestedWindow"]);
  const [start, end] = [instant(window["start"]), instant(window["end"])];
  // RFC 9773 4.2: an end that is not behind the start is no window.
  if (start === 0 || end <= start) return fault("its window has no proper start and end");
  return { ok: true, value: { start, end, explanation: address(members["explanationURL"]) } };
}

function challenge(members: Members): Challenge {
  const token = string(members["token"]);
  return {
    type: string(members["type"]),
    url: address(members["url"]),
    status: string(members["status"]),
    token: TOKEN.test(token) ? token : "",
    validated: instant(members["validated"]),
    error: problem(members["error"]),
  };
}

function identifier(value: unknown): Identifier {
  const members = object(value);
  return { type: string(members["type"]), value: string(members["value"]) };
}

function problem(value: unknown): Problem | undefined {
  const members = object(value);
  const type = errorType(members["type"]);
  const detail = string(members["detail"]);
  if (type === "" && detail === "") return undefined;
  const subproblems = list(members["subproblems"]).map(object);
  return {
    type,
    detail,
    subproblems: subproblems.map((each) => ({
      type: errorType(each["type"]),
      detail: string(each["detail"]),
      name: identifier(each["identifier"]).value,
    })),
  };
}

function errorType(value: unknown): string {
  const type = string(value);
  return type.startsWith(ERROR_PREFIX) ? type.slice(ERROR_PREFIX.length) : type;
}

function fault(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error };
}

/** Undefined when it is not JSON, or no object. */
function parse(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function object(value: unknown): Members {
  return isObject(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, LIST_LIMIT) : [];
}

function string(value: unknown): string {
  return typeof value === "string" ? value.slice(0, TEXT_LIMIT) : "";
}

/** RFC 8555 6.1: everything is https. What else a URL has to be is looked at when it is fetched. */
function address(value: unknown): string {
  const url = string(value);
  return url.length < TEXT_LIMIT && /^https:\/\/[\x21-\x7e]+$/.test(url) ? url : "";
}

/** RFC 3339 with a zone; milliseconds since 1970, 0: none. */
function instant(value: unknown): number {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(string(value));
  if (match === null) return 0;
  const [, seconds = "", fraction = "0", zone = ""] = match;
  const ms = Date.parse(`${seconds}.${fraction.padEnd(3, "0")}${zone}`);
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}
