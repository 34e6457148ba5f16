// The compiled tests as a program: runs those of one file, a line each, "ok NAME" or "not ok NAME" with what was thrown
// on the lines that follow. Arguments: the file, and the seed of the properties.

/** What build/suites/below-suites.ts exports. */
export interface Suites {
  testCount(): number;
  /** FILE > SUITE > ... > TEST. */
  testName(index: number): string;
  /** "" when the test holds. */
  runTest(index: number): string;
  setSeed(seed: number): void;
}

/** Does not return. */
export function run(suites: Suites): void {
  const [file = "", seed = "1"] = nativeParameters().split("\n");
  suites.setSeed(Number(seed));
  const count = suites.testCount();
  for (let i = 0; i < count; i++) {
    const name = suites.testName(i);
    if (!name.startsWith(`${file} > `)) continue;
    // The assertion's own place is what matters, not that of the stand-in which threw.
    const fault = suites.runTest(i).replaceAll(/, at test\/compiled\/\w+\.ts:\d+/g, "");
    nativeConsole(fault === "" ? `ok ${name}\n` : `not ok ${name}\n  ${fault.replaceAll("\n", "\n  ")}\n`);
  }
  nativeConsole("end\n");
  nativePowerOff(0);
}
