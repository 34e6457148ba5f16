// The tests' own functions are compiled without optimisation, which takes a third less time; what they test is compiled as
// in the image.

/** Every function's line follows one that says where it comes from. */
const FUNCTION = /^(#line \d+ "(?:build\/suites|test\/compiled)\/[^"]*"\n)(static .*\bsc_f_\w+\(.*\) \{)$/gm;

export function withoutOptimisation(c: string): string {
  const marked = c.replaceAll(FUNCTION, '$1__attribute__((optimize("O0"))) $2');
  if (marked === c) throw new Error("no function of the tests is found in the compiler's output");
  return marked;
}
