// When a certificate is to be renewed. Read first: RFC 9773 4.2 and 4.3.

import type { Result } from "../../stack/base/result.ts";
import { encodeBase64url } from "../base64url.ts";
import { fromHex } from "../hex.ts";
import type { Failure } from "./problem.ts";
import { decodeRenewalInfo, type Window } from "./resources.ts";
import { JSON_LIMIT, type Session } from "./session.ts";
import { ask, type Talk } from "./talk.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Certificates that live no longer are renewed in the middle of their life; others when a third of it is left. */
const SHORT_LIFE = 10 * DAY;
/** Of its life, what is left at the least when it is renewed, whatever the authority says. */
const LEAST_LEFT = 0.05;
/** How often the authority is asked when to renew: as it says, but within these. */
const ASKED_EVERY = 6 * HOUR;
const ASKED_LEAST = MINUTE;
const ASKED_MOST = DAY;

export interface Validity {
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** By what the authority knows it (RFC 9773 4.1). `issuer`, `serial`: in hexadecimal. */
export function certificateId(renewal: { readonly issuer: string; readonly serial: string }): string {
  const [issuer, serial] = [fromHex(renewal.issuer), fromHex(renewal.serial)];
  return issuer === undefined || serial === undefined ? "" : `${encodeBase64url(issuer)}.${encodeBase64url(serial)}`;
}

/**
 * When it is renewed, milliseconds since 1970. `window`: what the authority suggests; `chance`, from 0 to 1: where in it, the
 * same for one certificate over restarts.
 */
export function renewalTime({ notBefore, notAfter }: Validity, window: Window | undefined, chance: number): number {
  const life = notAfter - notBefore;
  const latest = notAfter - life * LEAST_LEFT;
  if (window !== undefined) return Math.min(latest, window.start + chance * (window.end - window.start));
  const middle = notBefore + life * (life <= SHORT_LIFE ? 1 / 2 : 2 / 3);
  // Those of one moment are not renewed in one.
  return Math.min(latest, middle - (chance * life) / 20);
}

/** What the authority suggests, undefined where it suggests nothing, and milliseconds until it is asked again. */
export interface Suggestion {
  readonly window: Window | undefined;
  readonly again: number;
}

/** Asks when the certificate is to be renewed. What goes wrong is no reason to worry: there is a time without it. */
export function* askRenewal(session: Session, id: string): Talk<Result<Suggestion, Failure>> {
  const directory = yield* session.directory();
  if (!directory.ok) return directory;
  const { renewalInfo } = directory.value;
  const nothing: Suggestion = { window: undefined, again: ASKED_EVERY };
  if (renewalInfo === "" || id === "") return { ok: true, value: nothing };
  const url = `${renewalInfo.replace(/\/$/, "")}/${id}`;
  const asked = yield* ask({ method: "GET", url, body: undefined, most: JSON_LIMIT });
  if (!asked.ok || asked.value.status !== 200) return { ok: true, value: nothing };
  const decoded = decodeRenewalInfo(asked.value.body);
  const again = Math.min(ASKED_MOST, Math.max(ASKED_LEAST, asked.value.retryAfter ?? ASKED_EVERY));
  return { ok: true, value: { window: decoded.ok ? decoded.value : undefined, again } };
}
