// Name constraints (RFC 5280 4.2.1.10): what an authority may sign names for. Hosts, addresses, directory names and
// e-mail addresses are compared; a name of another form is refused where that form is constrained at all.

import type { Certificate } from "./certificate.ts";
import { DerReader, NOTHING, OBJECT_IDENTIFIER, SEQUENCE, SET } from "./der.ts";
import { directoryWithin } from "./directory-names.ts";
import { NAME_DIRECTORY, NAME_DNS, NAME_EMAIL, NAME_IP, takeGeneralName, takeSubtreeName } from "./general-names.ts";
import { labels } from "./names.ts";
import { EMAIL_ADDRESS, is } from "./oids.ts";
import { Range } from "./range.ts";

const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;

const DOT = 0x2e;
const STAR = 0x2a;
const AT = 0x40;

/** Checks NameConstraints; the reader stands behind them afterwards, or has failed. */
export function checkConstraints(reader: DerReader): void {
  const outer = reader.enter(SEQUENCE);
  // One of the two at least, with one subtree at least.
  if (reader.peek() === NOTHING) reader.fail();
  if (reader.peek() === PERMITTED) checkSubtrees(reader, PERMITTED);
  if (reader.peek() === EXCLUDED) checkSubtrees(reader, EXCLUDED);
  reader.leave(outer);
}

function checkSubtrees(reader: DerReader, tag: number): void {
  const outer = reader.enter(tag);
  do {
    // minimum and maximum must be left out, and so must a subtree that has nothing else.
    const subtree = reader.enter(SEQUENCE);
    const form = takeSubtreeName(reader);
    const tree = new Range(reader.bytes, reader.content, reader.contentEnd);
    if (!reader.failed && !isSubtree(form, tree)) reader.fail();
    reader.leave(subtree);
  } while (reader.peek() !== NOTHING);
  reader.leave(outer);
}

function isSubtree(form: number, tree: Range): boolean {
  switch (form) {
    case NAME_DNS:
      return isDomain(tree);
    case NAME_IP:
      return isMask(tree.from(tree.length >> 1));
    case NAME_EMAIL: {
      const at = tree.find(AT);
      return at < 0 ? isDomain(tree) : at > 0 && isHost(tree.from(at + 1));
    }
    default:
      return true;
  }
}

/** All names, a name with what is below it, or (a dot in front, which the web writes although 4.2.1.10 does not) below it. */
function isDomain(tree: Range): boolean {
  return tree.length === 0 || isHost(tree.at(0) === DOT ? tree.from(1) : tree);
}

function isHost(name: Range): boolean {
  return labels(name.bytes, name.begin, name.end) > 0;
}

/** Ones, then zeros (RFC 4632 3.1). */
function isMask(mask: Range): boolean {
  let zeros = false;
  for (let i = 0; i < mask.length; i++)
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      const one = (mask.at(i) & bit) !== 0;
      if (one && zeros) return false;
      zeros = !one;
    }
  return true;
}

/** Whether an authority's constraints let a certificate below it have its names, and what that has cost. */
export class ConstraintCheck {
  /** Comparisons made so far, and how many there may be. */
  comparisons = 0;
  readonly limit: number;
  /** The name that was refused, and its form. */
  form = 0;
  name: Range = new Range(NO_BYTES, 0, 0);

  constructor(limit: number) {
    this.limit = limit;
  }

  get exhausted(): boolean {
    return this.comparisons > this.limit;
  }

  /** False: a name is refused, or too much has been compared. */
  allows(authority: Certificate, subject: Certificate): boolean {
    if (authority.constraintsEnd === authority.constraintsBegin) return true;
    const { bytes, subjectBegin, subjectEnd, namesBegin, namesEnd } = subject;
    const names = new DerReader(bytes, namesBegin, namesEnd - namesBegin);
    while (names.peek() !== NOTHING) {
      const form = takeGeneralName(names);
      if (!this.#allowsName(authority, form, new Range(bytes, names.content, names.contentEnd))) return false;
    }
    // The subject, when there is one; two bytes are an empty one.
    if (subjectEnd - subjectBegin <= 2) return true;
    const name = new Range(bytes, subjectBegin, subjectEnd);
    return this.#allowsName(authority, NAME_DIRECTORY, name) && this.#allowsEmail(authority, name);
  }

  /** E-mail addresses stood in the subject once, and are constrained there too. */
  #allowsEmail(authority: Certificate, name: Range): boolean {
    const reader = new DerReader(name.bytes, name.begin, name.length);
    reader.enter(SEQUENCE);
    while (reader.peek() !== NOTHING) {
      const set = reader.enter(SET);
      while (reader.peek() !== NOTHING) {
        const attribute = reader.enter(SEQUENCE);
        reader.next(OBJECT_IDENTIFIER);
        const isEmail = is(name.bytes, reader.content, reader.contentEnd, EMAIL_ADDRESS);
        reader.skip();
        const email = new Range(name.bytes, reader.content, reader.contentEnd);
        reader.leave(attribute);
        if (isEmail && !reader.failed && !this.#allowsName(authority, NAME_EMAIL, email)) return false;
      }
      reader.leave(set);
    }
    // What cannot be read may hide one.
    return !reader.failed;
  }

  #allowsName(authority: Certificate, form: number, name: Range): boolean {
    this.form = form;
    this.name = name;
    const { bytes, constraintsBegin, constraintsEnd } = authority;
    const reader = new DerReader(bytes, constraintsBegin, constraintsEnd - constraintsBegin);
    reader.enter(SEQUENCE);
    while (reader.peek() !== NOTHING) {
      const excluding = reader.peek() === EXCLUDED;
      const outer = reader.enter(reader.peek());
      let constrained = false;
      let within = false;
      while (reader.peek() !== NOTHING) {
        const subtree = reader.enter(SEQUENCE);
        const treeForm = takeSubtreeName(reader);
        const tree = new Range(bytes, reader.content, reader.contentEnd);
        reader.leave(subtree);
        if (++this.comparisons > this.limit) return false;
        if (treeForm !== form) continue;
        constrained = true;
        if (!isComparable(form, name)) return false;
        if (isWithin(form, name, tree, excluding)) within = true;
      }
      reader.leave(outer);
      if (constrained && within === excluding) return false;
    }
    return !reader.failed;
  }
}

const NO_BYTES = new Uint8Array(0);

/** What cannot be compared with a subtree of its form is not within what is permitted, and may be what is excluded. */
function isComparable(form: number, name: Range): boolean {
  switch (form) {
    case NAME_DNS:
      return isHost(name.at(0) === STAR && name.at(1) === DOT ? name.from(2) : name);
    case NAME_EMAIL: {
      const at = name.find(AT);
      return at > 0 && isHost(name.from(at + 1));
    }
    case NAME_IP:
    case NAME_DIRECTORY:
      return true;
    default:
      return false;
  }
}

function isWithin(form: number, name: Range, tree: Range, excluding: boolean): boolean {
  switch (form) {
    case NAME_DNS:
      return isBelow(name, tree) || (excluding && wildcardReaches(name, tree));
    case NAME_IP:
      return addressWithin(name, tree);
    case NAME_EMAIL:
      return emailWithin(name, tree);
    default:
      return directoryWithin(name, tree, excluding);
  }
}

/** Whether a host is the domain or below it; of a domain with a dot in front, only below it. */
function isBelow(host: Range, domain: Range): boolean {
  if (domain.length === 0) return true;
  const from = host.length - domain.length;
  if (from < 0 || !host.from(from).equalsFolded(domain)) return false;
  const dotted = domain.at(0) === DOT;
  return from === 0 ? !dotted : dotted || host.at(from - 1) === DOT;
}

/** Whether "*.example.org" can be used as a host of a domain "one.example.org". */
function wildcardReaches(host: Range, domain: Range): boolean {
  const dot = domain.find(DOT);
  return host.at(0) === STAR && dot > 0 && host.from(1).equalsFolded(domain.from(dot));
}

/** The network is an address and its mask. */
function addressWithin(address: Range, network: Range): boolean {
  const { length } = address;
  if (network.length !== length * 2) return false;
  for (let i = 0; i < length; i++) if (((address.at(i) ^ network.at(i)) & network.at(length + i)) !== 0) return false;
  return true;
}

/** A mailbox, the mailboxes of a host, or (a dot in front) those of all hosts of a domain. */
function emailWithin(mailbox: Range, tree: Range): boolean {
  const at = mailbox.find(AT);
  const host = mailbox.from(at + 1);
  const treeAt = tree.find(AT);
  if (treeAt < 0) return tree.length === 0 || tree.at(0) === DOT ? isBelow(host, tree) : host.equalsFolded(tree);
  // RFC 5321 2.4: only the host's letters have no case.
  if (treeAt !== at || !host.equalsFolded(tree.from(treeAt + 1))) return false;
  for (let i = 0; i < at; i++) if (mailbox.at(i) !== tree.at(i)) return false;
  return true;
}
