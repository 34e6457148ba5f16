// Distinguished names (RFC 5280 4.1.2.4, 7.1): a sequence of sets of attributes.

import {
  DerReader,
  IA5_STRING,
  NOTHING,
  OBJECT_IDENTIFIER,
  PRINTABLE_STRING,
  SEQUENCE,
  SET,
  UTF8_STRING,
} from "./der.ts";
import { same } from "./oids.ts";
import { lower, Range } from "./range.ts";

/**
 * Whether a name begins with all of another (4.2.1.10). Values that cannot be compared are taken to be equal when
 * `excluding`, else to differ: either way what may not be is not let through.
 */
export function directoryWithin(name: Range, tree: Range, excluding: boolean): boolean {
  const a = new DerReader(name.bytes, name.begin, name.length);
  const b = new DerReader(tree.bytes, tree.begin, tree.length);
  a.enter(SEQUENCE);
  b.enter(SEQUENCE);
  while (b.peek() !== NOTHING) {
    // A name that ends earlier lies above the tree.
    if (a.peek() === NOTHING) return a.failed && excluding;
    const aOuter = a.enter(SET);
    const bOuter = b.enter(SET);
    // X.690 11.6: the members of a set are in an order that their bytes give.
    while (a.peek() !== NOTHING && b.peek() !== NOTHING) {
      const equal = compareAttributes(a, b);
      if (equal === DIFFERENT) return false;
      if (equal === UNCLEAR) return excluding;
    }
    a.leave(aOuter);
    b.leave(bOuter);
    // One has more members than the other: another name.
    if (a.failed || b.failed) return excluding;
  }
  return !b.failed || excluding;
}

const EQUAL = 0;
const DIFFERENT = 1;
const UNCLEAR = 2;

/** Takes an attribute of each. */
function compareAttributes(a: DerReader, b: DerReader): number {
  const aOuter = a.enter(SEQUENCE);
  const bOuter = b.enter(SEQUENCE);
  a.next(OBJECT_IDENTIFIER);
  b.next(OBJECT_IDENTIFIER);
  const sameType = sameContent(a, b);
  const aTag = a.peek();
  const bTag = b.peek();
  a.skip();
  b.skip();
  const sameValue = aTag === bTag && sameContent(a, b);
  const aText = new Range(a.bytes, a.content, a.contentEnd);
  const bText = new Range(b.bytes, b.content, b.contentEnd);
  a.leave(aOuter);
  b.leave(bOuter);
  if (a.failed || b.failed) return UNCLEAR;
  if (!sameType) return DIFFERENT;
  if (sameValue) return EQUAL;
  if (!isText(aTag) || !isText(bTag)) return UNCLEAR;
  return sameText(aText, bText) ? EQUAL : DIFFERENT;
}

function sameContent(a: DerReader, b: DerReader): boolean {
  return same(a.bytes, a.content, a.contentEnd, b.bytes, b.content, b.contentEnd);
}

/** Strings of which each byte below 128 is a character of ASCII. */
function isText(tag: number): boolean {
  return tag === UTF8_STRING || tag === PRINTABLE_STRING || tag === IA5_STRING;
}

/** Letters in any case, spaces in any number and none at the ends (7.1); beyond ASCII byte for byte. */
function sameText(a: Range, b: Range): boolean {
  let i = skipSpaces(a, 0);
  let j = skipSpaces(b, 0);
  while (i < a.length && j < b.length) {
    if (lower(a.at(i)) !== lower(b.at(j))) return false;
    const space = a.at(i) === SPACE;
    i = space ? skipSpaces(a, i) : i + 1;
    j = space ? skipSpaces(b, j) : j + 1;
  }
  return skipSpaces(a, i) === a.length && skipSpaces(b, j) === b.length;
}

const SPACE = 0x20;

function skipSpaces(text: Range, from: number): number {
  let i = from;
  while (text.at(i) === SPACE) i++;
  return i;
}
