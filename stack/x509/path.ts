/// <reference path="../base/cryptography.d.ts" />
// From a server's certificate to one that is trusted: path building (RFC 4158) and validation (RFC 5280 6.1), as the web
// does it.
//
// The search goes from the leaf upwards, depth first. A step is taken only when everything holds that can be said of it
// then, the signature included, so that no path grows on what nobody has signed. The certificates may be in any order, of
// no use, or in circles; what that may cost is bounded, so
// that it fits between two packets, and a signature is verified once.

import type { Result } from "../base/result.ts";
import { isSpoken, verificationWork } from "./algorithms.ts";
import { Certificate } from "./certificate.ts";
import { ConstraintCheck } from "./constraints.ts";
import { decodeCertificate } from "./decode.ts";
import type { PathError } from "./errors.ts";
import { isFor, type ReferenceName } from "./names.ts";
import { same } from "./oids.ts";
import { authorityFault, leafFault, scheme, weaknessOf } from "./rules.ts";
import { alternativeNamesText, fingerprint, generalNameText, hexText, nameText } from "./text.ts";
import type { Trust } from "./trust.ts";

/** Certificates in one message; servers send two to five. */
export const CERTIFICATE_COUNT_LIMIT = 64;
/** Authorities between the leaf and one that is trusted; the web has one or two. */
export const INTERMEDIATE_LIMIT = 8;
/** Certificates from which the search goes on, again and again in circles. */
export const STEP_LIMIT = 100;
/** Signatures verified; and what verifying them may cost together, in units of 100,000 instructions (`verificationWork`). */
export const SIGNATURE_LIMIT = 16;
export const WORK_LIMIT = 160;
/** Comparisons of names with name constraints. */
export const COMPARISON_LIMIT = 20_000;

export interface VerifiedPath {
  readonly leaf: Certificate;
  /** Who vouches for it: the name of the trusted one, or that its key was named. */
  readonly anchor: string;
  /** Until when the path is valid: the first end on it; of a key that was named, that of its certificate. */
  readonly notAfter: number;
}

export interface Refusal {
  readonly error: PathError;
  /** The fingerprint of the leaf's key in hexadecimal, "" when the leaf could not be read. */
  readonly key: string;
}

/**
 * Whether a server that shows these certificates, its own first, is the one of this name, at `now` (seconds since 1970).
 * A leaf whose key was named (Trust.pins) is believed whatever else it says. That the server has the private key is for
 * TLS to see. Never throws.
 */
export function verifyServer(
  certificates: readonly Uint8Array[],
  name: ReferenceName,
  now: number,
  trust: Trust,
): Result<VerifiedPath, Refusal> {
  if (certificates.length === 0) return { ok: false, error: { error: { kind: "none" }, key: "" } };
  const leaf = new Certificate();
  const fault = decodeCertificate(certificates[0]!, 0, certificates[0]!.length, leaf);
  if (fault !== 0) return { ok: false, error: { error: { kind: "malformed", certificate: 0, fault }, key: "" } };
  if (trust.isPinned(leaf))
    return { ok: true, value: { leaf, anchor: "a key that --trust names", notAfter: leaf.notAfter } };
  const search = new PathSearch(leaf, certificates, now, trust);
  if (!search.find()) return { ok: false, error: { error: search.error, key: hexText(fingerprint(leaf)) } };
  if (!isFor(leaf, name)) {
    const wanted = name.text;
    const error: PathError = { kind: "wrong name", wanted, names: alternativeNamesText(leaf) };
    return { ok: false, error: { error, key: hexText(fingerprint(leaf)) } };
  }
  return { ok: true, value: { leaf, anchor: search.anchor, notAfter: search.notAfter } };
}

class PathSearch {
  /** What was sent and could be read, the leaf first, and the place of each. */
  readonly #sent: Certificate[] = [];
  readonly #places: number[] = [];
  #unreadable = 0;
  readonly #tooMany: boolean;
  readonly #now: number;
  readonly #trust: Trust;
  /** Places in #sent from the leaf to where the search stands. */
  readonly #path: number[] = [0];
  /** For child * count + issuer: 1 signed, 2 not; 0 not looked at. */
  readonly #signed: Uint8Array;
  readonly #constraints = new ConstraintCheck(COMPARISON_LIMIT);
  #steps = 0;
  #signatures = 0;
  #work = 0;
  #exhausted = false;
  /** Why the longest path so far went no further. */
  error: PathError = { kind: "too much work" };
  #errorAt = 0;
  /** Of the path that was found. */
  anchor = "";
  notAfter = 0;

  constructor(leaf: Certificate, certificates: readonly Uint8Array[], now: number, trust: Trust) {
    this.#now = now;
    this.#trust = trust;
    this.#tooMany = certificates.length > CERTIFICATE_COUNT_LIMIT;
    this.#sent.push(leaf);
    this.#places.push(0);
    const count = this.#tooMany ? 1 : certificates.length;
    for (let i = 1; i < count; i++) {
      const certificate = new Certificate();
      // One that cannot be read may be one that nobody needs.
      if (decodeCertificate(certificates[i]!, 0, certificates[i]!.length, certificate) !== 0) this.#unreadable++;
      else {
        this.#sent.push(certificate);
        this.#places.push(i);
      }
    }
    this.#signed = new Uint8Array(this.#sent.length * this.#sent.length);
  }

  /** False: `error` says why. */
  find(): boolean {
    if (this.#tooMany) return this.#note({ kind: "too many", limit: CERTIFICATE_COUNT_LIMIT });
    const leaf = this.#sent[0]!;
    const given = this.#trust.isGiven(leaf);
    const fault = leafFault(leaf, given, this.#now);
    if (fault !== undefined) return this.#note(fault);
    if (!given) return this.#extend();
    this.anchor = nameText(leaf.bytes, leaf.subjectBegin, leaf.subjectEnd);
    this.notAfter = leaf.notAfter;
    return true;
  }

  /** Goes on from the last certificate of the path. */
  #extend(): boolean {
    if (++this.#steps > STEP_LIMIT) return this.#exhaust();
    const child = this.#sent[this.#path[this.#path.length - 1]!]!;
    let known = false;
    for (const anchor of this.#trust.find(child.bytes, child.issuerBegin, child.issuerEnd)) {
      known = true;
      if (this.#accepts(anchor, -1)) return this.#found(anchor);
    }
    for (let i = 1; i < this.#sent.length && !this.#exhausted; i++) {
      const issuer = this.#sent[i]!;
      if (!sameName(issuer, child) || this.#isOnPath(issuer)) continue;
      known = true;
      if (this.#path.length > INTERMEDIATE_LIMIT) {
        const subject = nameText(issuer.bytes, issuer.subjectBegin, issuer.subjectEnd);
        return this.#note({ kind: "path too long", certificate: this.#places[i]!, subject, most: INTERMEDIATE_LIMIT });
      }
      if (!this.#accepts(issuer, i)) continue;
      if (this.#trust.isPinned(issuer)) return this.#found(issuer);
      this.#path.push(i);
      if (this.#extend()) return true;
      this.#path.pop();
    }
    if (!known) this.#noteUnknown(child);
    return false;
  }

  /** Whether an authority, at `index` of #sent or (-1) a trusted one, may stand above the path. */
  #accepts(issuer: Certificate, index: number): boolean {
    const place = index < 0 ? -1 : this.#places[index]!;
    let below = 0;
    for (let i = 1; i < this.#path.length; i++) if (!isSelfIssued(this.#sent[this.#path[i]!]!)) below++;
    const fault = authorityFault(issuer, place, below, this.#now);
    if (fault !== undefined) return this.#note(fault);
    return this.#isSigned(issuer, index) && this.#areNamesAllowed(issuer, place);
  }

  /** Whether the last of the path is signed by this one. */
  #isSigned(issuer: Certificate, index: number): boolean {
    const at = this.#path[this.#path.length - 1]!;
    const child = this.#sent[at]!;
    const place = this.#places[at]!;
    const slot = index < 0 ? -1 : at * this.#sent.length + index;
    const before = slot < 0 ? 0 : this.#signed[slot]!;
    if (before === 1) return true;
    if (before === 0) {
      const algorithm = scheme(child, issuer);
      if (algorithm === 0 && !isSpoken(child.signed)) return this.#note(weaknessOf(child, place));
      if (++this.#signatures > SIGNATURE_LIMIT) return this.#exhaust();
      const { bytes, tbsBegin, tbsEnd, signatureBegin, signatureEnd } = child;
      const key = issuer.bytes.subarray(issuer.keyBegin, issuer.keyEnd);
      const length = tbsEnd - tbsBegin;
      this.#work += verificationWork(issuer.keyFamily, issuer.bytes, issuer.keyBegin, issuer.keyEnd, length);
      if (this.#work > WORK_LIMIT) return this.#exhaust();
      const good =
        algorithm !== 0 &&
        nativeVerify(algorithm, key, bytes, tbsBegin, length, bytes, signatureBegin, signatureEnd - signatureBegin);
      if (slot >= 0) this.#signed[slot] = good ? 1 : 2;
      if (good) return true;
    }
    return this.#note({
      kind: "wrong signature",
      certificate: place,
      subject: nameText(child.bytes, child.subjectBegin, child.subjectEnd),
      issuer: nameText(child.bytes, child.issuerBegin, child.issuerEnd),
    });
  }

  /** RFC 5280 6.1.3 b, c: the leaf always, others unless they are self-issued. */
  #areNamesAllowed(issuer: Certificate, place: number): boolean {
    for (let i = 0; i < this.#path.length; i++) {
      const below = this.#sent[this.#path[i]!]!;
      if (i > 0 && isSelfIssued(below)) continue;
      if (this.#constraints.allows(issuer, below)) continue;
      if (this.#constraints.exhausted) return this.#exhaust();
      const { form, name: refused } = this.#constraints;
      const name = generalNameText(form, refused.bytes, refused.begin, refused.end);
      const subject = nameText(issuer.bytes, issuer.subjectBegin, issuer.subjectEnd);
      return this.#note({ kind: "name not allowed", certificate: place, subject, name });
    }
    return true;
  }

  /** RFC 4158 2.4.2: the same name with the same key again leads nowhere new. */
  #isOnPath(issuer: Certificate): boolean {
    for (let i = 0; i < this.#path.length; i++) {
      const c = this.#sent[this.#path[i]!]!;
      if (
        same(c.bytes, c.subjectBegin, c.subjectEnd, issuer.bytes, issuer.subjectBegin, issuer.subjectEnd) &&
        same(c.bytes, c.keyInfoBegin, c.keyInfoEnd, issuer.bytes, issuer.keyInfoBegin, issuer.keyInfoEnd)
      )
        return true;
    }
    return false;
  }

  #found(anchor: Certificate): boolean {
    this.anchor = nameText(anchor.bytes, anchor.subjectBegin, anchor.subjectEnd);
    this.notAfter = anchor.notAfter;
    for (let i = 0; i < this.#path.length; i++)
      this.notAfter = Math.min(this.notAfter, this.#sent[this.#path[i]!]!.notAfter);
    return true;
  }

  /** Keeps an error of the longest path; of several the first. */
  #note(error: PathError): boolean {
    if (this.#path.length > this.#errorAt && !this.#exhausted) {
      this.error = error;
      this.#errorAt = this.#path.length;
    }
    return false;
  }

  #noteUnknown(child: Certificate): void {
    this.#note({
      kind: "unknown issuer",
      certificate: this.#places[this.#path[this.#path.length - 1]!]!,
      subject: nameText(child.bytes, child.subjectBegin, child.subjectEnd),
      issuer: nameText(child.bytes, child.issuerBegin, child.issuerEnd),
      selfSigned: isSelfIssued(child),
      unreadable: this.#unreadable,
      known: this.#trust.date,
    });
  }

  #exhaust(): boolean {
    this.#exhausted = true;
    this.error = { kind: "too much work" };
    return false;
  }
}

/** Whether `issuer` has the name that `child` says has signed it, byte for byte, as all do. */
function sameName(issuer: Certificate, child: Certificate): boolean {
  return same(issuer.bytes, issuer.subjectBegin, issuer.subjectEnd, child.bytes, child.issuerBegin, child.issuerEnd);
}

/** RFC 5280 6.1: issuer and subject are the same. */
function isSelfIssued(c: Certificate): boolean {
  return same(c.bytes, c.subjectBegin, c.subjectEnd, c.bytes, c.issuerBegin, c.issuerEnd);
}
