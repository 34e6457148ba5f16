// As much of vitest as the tests below the seam use, compiled ahead of time: tests are registered when their modules
// start, and run one by one by their numbers. Hooks and bodies are synchronous.

import { attempt, lastFault } from "./attempt.ts";

type Body = () => void;

class Suite {
  readonly name: string;
  /** Index into `suites`; -1: a file. */
  readonly parent: number;
  readonly before: Body[] = [];
  readonly after: Body[] = [];
  readonly beforeAll: Body[] = [];
  begun = false;

  constructor(name: string, parent: number) {
    this.name = name;
    this.parent = parent;
  }
}

class Test {
  readonly name: string;
  readonly suite: number;
  readonly body: Body;

  constructor(name: string, suite: number, body: Body) {
    this.name = name;
    this.suite = suite;
    this.body = body;
  }
}

const suites: Suite[] = [];
const tests: Test[] = [];
let current = -1;

function open(name: string, parent: number): void {
  suites.push(new Suite(name, parent));
  current = suites.length - 1;
}

/** Rewriting puts a call before the first statement of each file. */
export function beginFile(name: string): void {
  open(name, -1);
}

export function describe(name: string, body: Body): void {
  const outer = current;
  open(name, outer);
  body();
  current = outer;
}

export function test(name: string, body: Body): void {
  tests.push(new Test(name, current, body));
}
export function it(name: string, body: Body): void {
  test(name, body);
}
export function beforeEach(body: Body): void {
  suites[current]!.before.push(body);
}
export function afterEach(body: Body): void {
  suites[current]!.after.push(body);
}
export function beforeAll(body: Body): void {
  suites[current]!.beforeAll.push(body);
}

/** How many tests there are. */
export function testCount(): number {
  return tests.length;
}

/** FILE > SUITE > ... > TEST. */
export function testName(index: number): string {
  const it = tests[index]!;
  let name = it.name;
  for (let at = it.suite; at >= 0; at = suites[at]!.parent) name = `${suites[at]!.name} > ${name}`;
  return name;
}

/** "" when the test holds, else what was thrown and where. */
export function runTest(index: number): string {
  const it = tests[index]!;
  return attempt(() => {
    // From the outermost suite inwards.
    const path: Suite[] = [];
    for (let at = it.suite; at >= 0; at = suites[at]!.parent) path.unshift(suites[at]!);
    for (const suite of path) {
      if (suite.begun) continue;
      suite.begun = true;
      for (const body of suite.beforeAll) body();
    }
    for (const suite of path) for (const body of suite.before) body();
    it.body();
    for (let i = path.length - 1; i >= 0; i--) for (const body of path[i]!.after) body();
  })
    ? ""
    : lastFault();
}
