// In the place of vitest while mutants are tested: keeps the tests of one bundle, and runs some of them again and again in
// one process, each time with another mutant alive.

import { chai, GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from "@vitest/expect";
import * as fc from "fast-check";

type Body = () => unknown;
type Hook = "beforeAll" | "beforeEach" | "afterEach" | "afterAll";

interface Suite {
  readonly parent: Suite | undefined;
  readonly hooks: Record<Hook, Body[]>;
  readonly skipped: boolean;
}

interface Test {
  readonly name: string;
  readonly suite: Suite;
  readonly body: Body;
}

/** What one test may take: more is a mutant that hangs. */
const TEST_LIMIT_MS = 20_000;
/** Rounds of all loops in one test, unless the test needs more without a mutant. */
const ROUNDS = 20_000_000;

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = Object.assign((value: unknown, message?: string) => chai.expect(value, message), chai.expect);
Reflect.set(globalThis, GLOBAL_EXPECT, expect);

const newSuite = (parent: Suite | undefined, skipped: boolean): Suite => ({
  parent,
  skipped: skipped || (parent?.skipped ?? false),
  hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] },
});

const top = newSuite(undefined, false);
let current = top;
const tests: Test[] = [];

function suite(skipped: boolean): (name: string, body: () => void) => void {
  return (_name, body) => {
    const outer = current;
    current = newSuite(outer, skipped);
    body();
    current = outer;
  };
}

export const describe = Object.assign(suite(false), { skipIf: (skipped: boolean) => suite(skipped) });

export const test = Object.assign(
  (name: string, body: Body): void => {
    if (!current.skipped) tests.push({ name, body, suite: current });
  },
  {
    skip: (): void => {},
    each:
      (rows: readonly unknown[]) =>
      (name: string, body: (...values: unknown[]) => unknown): void => {
        for (const row of rows) test(name, () => body(...(Array.isArray(row) ? row : [row])));
      },
  },
);
export const it = test;

const hook =
  (kind: Hook) =>
  (body: Body): void => {
    current.hooks[kind].push(body);
  };
export const beforeAll = hook("beforeAll");
export const beforeEach = hook("beforeEach");
export const afterEach = hook("afterEach");
export const afterAll = hook("afterAll");

/** A mutant of what runs while modules are loaded lives from the beginning, in a process of its own. */
const fromTheBeginning = Number(process.env["MUTANT"] ?? -1);
let living = -1;
/** Before any test: what loading the modules comes by. */
let reached: Set<number> | undefined = new Set();
let rounds = 0;
let limit = Number.POSITIVE_INFINITY;

Reflect.set(globalThis, "mutant", (id: number): boolean => {
  reached?.add(id);
  return id === living || id === fromTheBeginning;
});
Reflect.set(globalThis, "mutantLoop", (): void => {
  if (++rounds > limit) throw new Error("a loop without an end");
});

/** Each test once, without a mutant: its name, what it reached, its milliseconds, or why it fails as it is. */
async function baseline(): Promise<unknown> {
  const rows: unknown[] = [];
  const loading = [...(reached ?? [])];
  for (const one of tests) {
    reached = new Set();
    const began = performance.now();
    const problem = await run(one);
    rows.push({ name: one.name, reached: [...reached], ms: performance.now() - began, problem });
  }
  reached = undefined;
  return { rows, loading };
}

/** The name of the first of these tests that fails while the mutant lives, or undefined. */
async function kill(mutant: number, chosen: readonly number[]): Promise<string | undefined> {
  limit = ROUNDS;
  for (const index of chosen) {
    living = mutant;
    const problem = await run(tests[index]!);
    living = -1;
    if (problem !== undefined) return tests[index]!.name;
  }
  return undefined;
}

const opened = new Set<Suite>();

/** Runs one test with its hooks; why it fails, or undefined. */
async function run(one: Test): Promise<string | undefined> {
  const suites: Suite[] = [];
  for (let at: Suite | undefined = one.suite; at !== undefined; at = at.parent) suites.unshift(at);
  rounds = 0;
  setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect as never);
  try {
    // What is made once stays: beforeAll runs without the mutant, afterAll never.
    const mutant = living;
    living = -1;
    for (const s of suites) {
      if (!opened.has(s)) for (const body of s.hooks.beforeAll) await body();
      opened.add(s);
    }
    living = mutant;
    for (const s of suites) for (const body of s.hooks.beforeEach) await body();
    await within(one.body());
    for (const s of suites.reverse()) for (const body of s.hooks.afterEach) await body();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function within(result: unknown): Promise<void> {
  if (!(result instanceof Promise)) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("too slow")), TEST_LIMIT_MS);
  });
  try {
    await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Speaks with mutate.ts. Does not return. */
export function serve(): void {
  fc.configureGlobal({ seed: 1 });
  process.on("unhandledRejection", () => {});
  process.on("message", (message: { readonly mutant?: number; readonly tests?: readonly number[] }) => {
    const { mutant } = message;
    const work = mutant === undefined ? baseline() : kill(mutant, message.tests ?? []);
    void work.then((result) => process.send?.({ result: result ?? null }));
  });
  process.send?.({ ready: tests.length });
}
