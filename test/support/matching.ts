// `toMatchObject` for tests that also run on the engine, where it does not exist.

import { expect } from "vitest";

/** The value has at least these properties, objects within objects likewise; lists are compared whole. */
export function expectPart(actual: unknown, expected: object): void {
  expect(part(actual, expected)).toEqual(expected);
}

function part(actual: unknown, expected: unknown): unknown {
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) return actual;
  if (typeof actual !== "object" || actual === null) return actual;
  const values = new Map(Object.entries(actual));
  const parts: [string, unknown][] = [];
  for (const [key, value] of Object.entries(expected))
    if (key in actual) parts.push([key, part(values.get(key) ?? Reflect.get(actual, key), value)]);
  return Object.fromEntries(parts);
}
