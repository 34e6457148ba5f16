// What tests use of the language's library and the compiler has no code for, as functions (rewrite.ts puts them in).
// Compiles ahead of time.

export function replaceFirst(text: string, wanted: string, by: string): string {
  const at = text.indexOf(wanted);
  return at < 0 ? text : text.slice(0, at) + by + text.slice(at + wanted.length);
}
export function replaceAll(text: string, wanted: string, by: string): string {
  return text.split(wanted).join(by);
}

const DIGITS = "0123456789abcdef";
const ANY_DIGITS = "0123456789abcdefABCDEF";

/** `toString(radix)` of integers from 0; in base 10 of any number. */
export function digits(value: number, radix: number = 10): string {
  if (radix === 10) return `${value}`;
  if (value < 0 || value !== Math.floor(value) || radix > 16) throw new Error(`${value} in base ${radix}`);
  let text = "";
  let rest = value;
  do {
    text = DIGITS.charAt(rest % radix) + text;
    rest = Math.floor(rest / radix);
  } while (rest > 0);
  return text;
}

/** `Number.parseInt(text, radix)` of digits and nothing else. */
export function parseNumber(text: string, radix: number): number {
  if (text === "") throw new Error("no digits");
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const at = ANY_DIGITS.indexOf(text.charAt(i));
    const digit = at < 16 ? at : at - 6;
    if (digit < 0 || digit >= radix) throw new Error(`"${text}" in base ${radix}`);
    value = value * radix + digit;
  }
  return value;
}

export interface Count {
  readonly length: number;
}

export function listOf<T>(count: Count, element: (nothing: number, index: number) => T): T[] {
  const list: T[] = [];
  for (let i = 0; i < count.length; i++) list.push(element(0, i));
  return list;
}
export function bytesOf(count: Count, byte: (nothing: number, index: number) => number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = byte(0, i);
  return bytes;
}
export function bytesFrom(list: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(list.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = list[i]!;
  return bytes;
}
export function setBytes(bytes: Uint8Array, list: readonly number[], at: number = 0): void {
  for (let i = 0; i < list.length; i++) bytes[at + i] = list[i]!;
}
export function fillBytes(bytes: Uint8Array, value: number): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i] = value;
  return bytes;
}

/** `Number.NaN`, which the compiler's intermediate form cannot hold as a constant. */
export function notANumber(): number {
  const most = [Number.POSITIVE_INFINITY];
  return most[0]! - most[0]!;
}
