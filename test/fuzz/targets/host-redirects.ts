import { readRedirectsFile } from "../../../appliance/content/host/redirects-file.ts";
import { readHostRules } from "../../../appliance/content/host/rules.ts";
import { fakeSnapshot } from "../../support/fake-snapshot.ts";
import { ascii, check, type Target, utf8 } from "../target.ts";

const PATHS = ["/", "/a", "/a/b/", "/news/2024/x", "/news//evil.example", "/ü"];

/** `_redirects`: where it sends those who ask for some addresses. */
export const hostRedirects: Target = {
  name: "host-redirects",
  limit: 400,
  work: 4_000_000,
  words: [
    "/* ",
    "/a/:b ",
    "/c/:splat ",
    "/:b",
    " 301\n",
    " 302!\n",
    " 404!\n",
    " 200\n",
    "https://x.example/",
    "Role=admin",
    "id=:id ",
    "#",
    "javascript:",
    "//",
    "\r\n",
    "%2f",
    "*",
  ],
  seeds: () =>
    [
      "/a /b\n/old/* /new/:splat 302\n/:year/:slug /posts/:slug-:year 301!\n",
      "# a remark\n/x https://x.example/y?z=1 308 # why\n/gone /x 410\n",
      "/admin/* /login 302 Role=admin\n/store id=:id /s/:id 301\n/hidden/* /404 404!\n",
      "/* /:splat 301\n/a /a\n/b http://:splat\n",
    ].map(ascii),
  run: (bytes) => {
    const text = utf8(bytes);
    const lines = text.split(/\r\n?|\n/).length;
    const { rules, faults } = readRedirectsFile(text);
    for (const { line } of faults) check(line !== undefined && line >= 1 && line <= lines, "a fault on no line");
    check(rules.length <= 2000, "too many rules");
    const host = readHostRules(fakeSnapshot({ _redirects: text }), { utf8Decode: utf8 }, []);
    for (const path of PATHS) {
      const moved = host.redirectFor(path);
      host.closed(path);
      if (moved === undefined || moved.to === "") continue;
      check(
        /^(?:\/(?!\/)|https?:\/\/[^/:?#\s]+)/i.test(moved.to) || /^\/$/.test(moved.to) || moved.status >= 400,
        "sent to a host that a reader names",
      );
    }
  },
};
