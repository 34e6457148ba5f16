import { isDeepStrictEqual } from "node:util";
import { parseAnyYaml } from "../../../appliance/content/data.ts";
import { readSimpleYaml } from "../../../appliance/content/simple-yaml.ts";
import { ascii, check, type Target, utf8 } from "../target.ts";

/** What is read without YAML's library is what the library reads. */
export const simpleYaml: Target = {
  name: "simple-yaml",
  limit: 200,
  work: 4_000_000,
  words: [
    "a: ",
    "b:",
    "\n",
    "\n  - ",
    "\n- ",
    "[",
    "]",
    ", ",
    '"',
    "'",
    "#",
    ": ",
    "true",
    "null",
    "2026-01-02",
    "007",
    "&",
    "*",
  ],
  seeds: () =>
    [
      "title: A day\ndate: 2026-11-28 10:00:00 +0100\ntags: [one, 'two']\ndraft: false\n",
      "a:\n  - b\n  - c d\nweight: 10\nempty:\n",
      "one word",
      '"a: b"',
    ].map(ascii),
  run: (bytes) => {
    const text = utf8(bytes);
    const simple = readSimpleYaml(text);
    if (simple === undefined) return;
    const whole = parseAnyYaml(text);
    check(whole.ok && isDeepStrictEqual(whole.value, simple), "not what the library reads");
  },
};
