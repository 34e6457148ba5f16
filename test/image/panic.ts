// A program that ends badly in the way that its parameter names; test/e2e/engine.test.ts reads its last words.

import { copyBytes } from "../../stack/base/native.ts";

interface Kept {
  readonly number: number;
}

const keep: Kept[][] = [];
const kind = nativeParameters().trim();

nativeOnPanic((line) => nativeConsole(`told: ${line}\n`));

function fillMemory(): void {
  for (let number = 0; ; number++) keep.push([{ number }]);
}

function recurse(depth: number): number {
  return recurse(depth + 1) + 1;
}

async function reject(): Promise<void> {
  await undefined;
  throw new TypeError("nobody waits for this");
}

let steps = 0;
function step(): number {
  if (kind === "step" && ++steps === 3) throw new Error("the third step");
  if (kind === "end" && ++steps === 3) nativePowerOff(0);
  return nativeNow() + 1000;
}

if (kind === "top") throw new Error("at the top");
if (kind === "native") copyBytes(new Uint8Array(4), 2, new Uint8Array(4), 0, 3);
if (kind === "memory") fillMemory();
if (kind === "recursion") recurse(0);
if (kind === "reject") void reject();
if (kind === "caught") {
  try {
    recurse(0);
  } catch (error) {
    nativeConsole(`caught ${(error as Error).name}\n`);
  }
  const late = Promise.reject(new Error("handled in the same turn"));
  late.catch(() => nativeConsole("handled\n"));
}
if (kind !== "nothing") nativeRun(step);
