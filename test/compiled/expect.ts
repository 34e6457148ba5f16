// What expect() becomes (rewrite.ts): comparisons of known types. Compiles ahead of time. The first argument is the place
// of the assertion. A failure is thrown; attempt() in vitest.ts says how a throw is survived.

import { attempt, lastFault } from "./attempt.ts";

function failed(at: string, what: string): never {
  throw new Error(`${at}: ${what}`);
}

export function sameNumber(at: string, actual: number, expected: number): void {
  if (!Object.is(actual, expected)) failed(at, `expected ${expected}, got ${actual}`);
}
export function sameString(at: string, actual: string, expected: string): void {
  if (actual !== expected) failed(at, `expected ${expected}\n  got ${actual}`);
}
export function sameBoolean(at: string, actual: boolean, expected: boolean): void {
  if (actual !== expected) failed(at, `expected ${expected}`);
}
/** Both as text (show.ts). */
export function same(at: string, actual: string, expected: string): void {
  if (actual !== expected) failed(at, `expected ${expected}\n  got ${actual}`);
}
export function different(at: string, actual: string, expected: string): void {
  if (actual === expected) failed(at, `expected anything but ${expected}`);
}
export function expectTrue(at: string, held: boolean): void {
  if (!held) failed(at, "does not hold");
}
export function expectFalse(at: string, held: boolean): void {
  if (held) failed(at, "holds, and must not");
}
export function ordered(at: string, operator: string, actual: number, expected: number): void {
  const held =
    operator === ">"
      ? actual > expected
      : operator === ">="
        ? actual >= expected
        : operator === "<"
          ? actual < expected
          : actual <= expected;
  if (!held) failed(at, `expected ${operator} ${expected}, got ${actual}`);
}
export function expectThrow(at: string, body: () => void): void {
  if (attempt(body)) failed(at, "expected a throw");
}
export function expectNoThrow(at: string, body: () => void): void {
  if (!attempt(body)) failed(at, `expected no throw, got ${lastFault()}`);
}

export function showNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : `${value}`;
}
export function showString(value: string): string {
  return JSON.stringify(value);
}
export function showBoolean(value: boolean): string {
  return value ? "true" : "false";
}
export function showUndefined(_value: undefined): string {
  return "undefined";
}
export function showBytes(value: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < value.length; i++) parts.push(`${value[i]!}`);
  return `Uint8Array[${parts.join(",")}]`;
}

let opaques = 0;
/** What cannot be compared: a text that occurs once. */
export function opaque(what: string): string {
  return `<${what}, number ${++opaques}>`;
}
