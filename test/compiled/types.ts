// Questions about types that rewriting asks.

import ts from "typescript";

const PRIMITIVE =
  ts.TypeFlags.NumberLike |
  ts.TypeFlags.StringLike |
  ts.TypeFlags.BooleanLike |
  ts.TypeFlags.Undefined |
  ts.TypeFlags.Null;

/** All forms of the type are of this kind; a brand (number & { ... }) is its number. */
export function isKind(type: ts.Type, kind: ts.TypeFlags): boolean {
  if (type.isUnion()) return type.types.every((t) => isKind(t, kind));
  if (type.isIntersection()) return type.types.some((t) => isKind(t, kind));
  return (type.flags & kind) !== 0;
}

/** No object in any form. */
export function isPrimitive(type: ts.Type): boolean {
  return isKind(type, PRIMITIVE);
}
