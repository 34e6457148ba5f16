// As much of vitest as tests under test/stack and test/drivers use, for running them on quickjs-ng: the bundler puts this
// module in vitest's place (image/build/run-on-engine.ts). Each test prints one line; the last line has the counts.

import { nextTimer, runTimers } from "../../image/shims/timers.ts";

type Body = () => unknown;
type Hook = "beforeAll" | "beforeEach" | "afterEach" | "afterAll";

interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  readonly hooks: Record<Hook, Body[]>;
  readonly items: (Suite | { readonly name: string; readonly body: Body | undefined })[];
}

const newSuite = (name: string, parent: Suite | undefined): Suite => ({
  name,
  parent,
  hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] },
  items: [],
});

/** The most characters of a value in a failure's text. */
const SHOWN = 1000;

const root = newSuite("", undefined);
let current = root;
let passed = 0;
let failed = 0;
let skipped = 0;

/** Called by the generated entry before each file's module. */
export function beginFile(name: string): void {
  current = newSuite(name, root);
  root.items.push(current);
}

export function describe(name: string, body: () => void): void {
  const suite = newSuite(name, current);
  current.items.push(suite);
  current = suite;
  body();
  current = suite.parent ?? root;
}

// vitest's third argument, a time limit, is left out: the whole run has one.
export const it = Object.assign(
  (name: string, body: Body): void => {
    current.items.push({ name, body });
  },
  {
    skip: (name: string): void => {
      current.items.push({ name, body: undefined });
    },
  },
);
export const test = it;

const hook =
  (kind: Hook) =>
  (body: Body): void => {
    current.hooks[kind].push(body);
  };
export const beforeAll = hook("beforeAll");
export const beforeEach = hook("beforeEach");
export const afterEach = hook("afterEach");
export const afterAll = hook("afterAll");

/** Runs what was registered, prints, and ends the process: 0 when nothing failed. */
export function runAll(): void {
  run(root, []).then(
    () => {
      nativeConsole(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
      nativePowerOff(failed > 0 ? 1 : 0);
    },
    (error: unknown) => {
      throw error;
    },
  );
  nativeRun(() => {
    runTimers(nativeNow());
    return nextTimer();
  });
}

async function run(suite: Suite, path: readonly string[]): Promise<void> {
  for (const before of suite.hooks.beforeAll) await before();
  for (const item of suite.items) {
    const names = [...path, item.name];
    if ("items" in item) await run(item, names);
    else await runTest(names.join(" > "), item.body, suite);
  }
  for (const after of suite.hooks.afterAll) await after();
}

async function runTest(name: string, body: Body | undefined, suite: Suite): Promise<void> {
  if (body === undefined) {
    skipped++;
    nativeConsole(`skipped: ${name}\n`);
    return;
  }
  const suites: Suite[] = [];
  for (let s: Suite | undefined = suite; s !== undefined; s = s.parent) suites.unshift(s);
  const began = nativeNow();
  try {
    for (const { hooks } of suites) for (const before of hooks.beforeEach) await before();
    await body();
    for (const { hooks } of suites.reverse()) for (const after of hooks.afterEach) await after();
    passed++;
    nativeConsole(`ok ${name} (${Math.round((nativeNow() - began) / 1000)} ms)\n`);
  } catch (error) {
    failed++;
    const stack = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : show(error);
    nativeConsole(`not ok ${name}\n  ${stack.trimEnd().replaceAll("\n", "\n  ")}\n`);
  }
}

class Expectation {
  readonly #actual: unknown;
  readonly #negated: boolean;

  constructor(actual: unknown, negated: boolean) {
    this.#actual = actual;
    this.#negated = negated;
  }

  get not(): Expectation {
    return new Expectation(this.#actual, !this.#negated);
  }

  toBe(expected: unknown): void {
    this.#check(Object.is(this.#actual, expected), "to be", expected);
  }
  toEqual(expected: unknown): void {
    this.#check(equal(this.#actual, expected, false), "to equal", expected);
  }
  toStrictEqual(expected: unknown): void {
    this.#check(equal(this.#actual, expected, true), "to equal strictly", expected);
  }
  toBeDefined(): void {
    this.#check(this.#actual !== undefined, "to be defined");
  }
  toBeUndefined(): void {
    this.#check(this.#actual === undefined, "to be undefined");
  }
  toBeNull(): void {
    this.#check(this.#actual === null, "to be null");
  }
  toBeTruthy(): void {
    this.#check(Boolean(this.#actual), "to be truthy");
  }
  toBeFalsy(): void {
    this.#check(!this.#actual, "to be falsy");
  }
  toBeInstanceOf(expected: new (...values: never[]) => unknown): void {
    this.#check(this.#actual instanceof expected, "to be an instance of", expected.name);
  }
  toBeGreaterThan(expected: number): void {
    this.#check((this.#actual as number) > expected, "to be greater than", expected);
  }
  toBeGreaterThanOrEqual(expected: number): void {
    this.#check((this.#actual as number) >= expected, "to be at least", expected);
  }
  toBeLessThan(expected: number): void {
    this.#check((this.#actual as number) < expected, "to be less than", expected);
  }
  toBeLessThanOrEqual(expected: number): void {
    this.#check((this.#actual as number) <= expected, "to be at most", expected);
  }
  toBeCloseTo(expected: number, digits = 2): void {
    this.#check(Math.abs((this.#actual as number) - expected) < 10 ** -digits / 2, "to be close to", expected);
  }
  toContain(expected: unknown): void {
    const actual = this.#actual;
    const found =
      typeof actual === "string"
        ? actual.includes(String(expected))
        : [...(actual as Iterable<unknown>)].includes(expected);
    this.#check(found, "to contain", expected);
  }
  toHaveLength(expected: number): void {
    this.#check((this.#actual as { length: number }).length === expected, "to have length", expected);
  }
  toMatch(expected: string | RegExp): void {
    const actual = String(this.#actual);
    this.#check(typeof expected === "string" ? actual.includes(expected) : expected.test(actual), "to match", expected);
  }
  toThrow(expected?: string | RegExp | (new (...values: never[]) => Error)): void {
    let thrown: unknown;
    let threw = false;
    try {
      (this.#actual as Body)();
    } catch (error) {
      threw = true;
      thrown = error;
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const as =
      expected === undefined ||
      (typeof expected === "string"
        ? message.includes(expected)
        : expected instanceof RegExp
          ? expected.test(message)
          : thrown instanceof expected);
    this.#check(threw && as, threw ? `to throw, but it threw ${message};` : "to throw", expected);
  }

  #check(held: boolean, what: string, ...expected: unknown[]): void {
    if (held === this.#negated)
      throw new Error(
        `expected ${show(this.#actual)} ${this.#negated ? "not " : ""}${what} ${expected.map(show).join()}`,
      );
  }
}

export const expect = (actual: unknown): Expectation => new Expectation(actual, false);

/** Equality by structure. Not strict: properties that are undefined may as well be absent, and classes do not count. */
function equal(a: unknown, b: unknown, strict: boolean): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) !== ArrayBuffer.isView(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Error && b instanceof Error) return a.name === b.name && a.message === b.message;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof Map || a instanceof Set) {
    const others = b instanceof Map || b instanceof Set ? [...b] : undefined;
    return (
      others !== undefined &&
      a.constructor === b.constructor &&
      a.size === others.length &&
      equal([...a], others, strict)
    );
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  if ((Array.isArray(a) || ArrayBuffer.isView(a)) && left["length"] !== right["length"]) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const key of keys) {
    if (strict && Object.hasOwn(left, key) !== Object.hasOwn(right, key)) return false;
    if (!equal(left[key], right[key], strict)) return false;
  }
  return true;
}

/** As text, of a length that can be read. */
function show(value: unknown): string {
  const text = showWhole(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)} ...` : text;
}

function showWhole(value: unknown): string {
  if (value instanceof Uint8Array)
    return `bytes [${[...value.subarray(0, 64)].join(" ")}${value.length > 64 ? " ..." : ""}]`;
  if (typeof value === "function") return `function ${value.name}`;
  if (value instanceof RegExp || typeof value === "bigint" || typeof value === "symbol") return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
