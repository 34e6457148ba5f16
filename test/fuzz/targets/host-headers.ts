import { readHeadersFile } from "../../../appliance/content/host/headers-file.ts";
import { readHostRules } from "../../../appliance/content/host/rules.ts";
import { fakeSnapshot } from "../../support/fake-snapshot.ts";
import { ascii, check, type Target, utf8 } from "../target.ts";

const PATHS = ["/", "/a", "/a/b/", "/news/2024/x", "/%zz"];

/** `_headers`: what it sets for some addresses. */
export const hostHeaders: Target = {
  name: "host-headers",
  limit: 400,
  work: 4_000_000,
  words: [
    "/*\n",
    "/a/:b\n",
    "  X-A: b\n",
    "  ! X-A\n",
    "  Cache-Control: ",
    ":splat",
    ":b",
    "  Connection: close\n",
    "#",
    "  Basic-Auth: a:b\n",
    "https://x.example/*\n",
    "\r\n",
    "%2f",
    "*",
  ],
  seeds: () =>
    [
      "/*\n  X-Frame-Options: DENY\n  Cache-Control: public, max-age=60\n",
      "/news/:year/*\n  X-Year: :year\n  X-Rest: :splat\n# a remark\n/a\n  ! X-Year\n",
      "/a\n  Basic-Auth: user:password\n",
      "  X: y\n/b\n  Content-Length: 5\n",
    ].map(ascii),
  run: (bytes) => {
    const text = utf8(bytes);
    const lines = text.split(/\r\n?|\n/).length;
    const { rules, faults } = readHeadersFile(text);
    for (const { line } of faults) check(line !== undefined && line >= 1 && line <= lines, "a fault on no line");
    check(rules.length <= 100, "too many rules");
    const host = readHostRules(fakeSnapshot({ _headers: text }), { utf8Decode: utf8 }, []);
    for (const path of PATHS) {
      for (const [name, value] of host.headersFor(path)) {
        check(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name), "no name of a field");
        check(value === undefined || /^[\t\x20-\x7e]*$/.test(value), "a value that no field can have");
        check(
          !/^(?:connection|transfer-encoding|content-length|set-cookie)$/i.test(name),
          "a field of the connection's",
        );
      }
      host.closed(path);
    }
  },
};
