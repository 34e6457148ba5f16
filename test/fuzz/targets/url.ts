import { parseRemote } from "../../../appliance/git/remote.ts";
import { formatUrl, hostOf, MAX_URL, originOf, parseUrl, resolveReference } from "../../../stack/edge/url.ts";
import { ascii, check, latin1, Script, same, type Target, utf8 } from "../target.ts";

const BASE = parseUrl("http://user:password@a.example:8080/b/c/d;p?q");

/** A line: a URL; then a redirect that leads away from it. And the first as the remote that an operator writes. */
export const url: Target = {
  name: "url",
  limit: 300,
  words: [
    "http://",
    "https://",
    "HTTP://",
    "//",
    "/",
    "..",
    ".",
    "?",
    "#",
    "@",
    ":",
    "user:pass@",
    ":8080",
    ":0",
    "%20",
    "%",
    "\xc3\xa4",
    " ",
    "refs/heads/",
    "\n",
  ],
  seeds: () =>
    [
      "http://a.example/b\n../c?d#e",
      "https://u%40v:p%3a@a.example:8443/b?c\n//other.example/x",
      "http://A:80\nhttp://b/",
      "ftp://a/\n?x",
      "git@a.example:b.git\n/./a/../b/.",
      "http://a.example/b.git#refs/heads/main\n\xc3\xa4",
    ].map(ascii),
  run: (bytes) => {
    const script = new Script(bytes);
    const first = utf8(script.upTo(10));
    const second = utf8(script.rest());
    const parsed = parseUrl(first);
    if (parsed.ok) {
      const { host, port, target } = parsed.value;
      check(port >= 1 && port <= 65_535 && host !== "" && host === host.toLowerCase(), "a host or a port that is none");
      check(/^\/[\x21-\x7e]*$/.test(target), `a target that cannot be sent: ${target}`);
      const again = parseUrl(formatUrl(parsed.value));
      same(again, { ok: true, value: { ...parsed.value, userinfo: "" } }, "written and read again");
      check(originOf(parsed.value).endsWith(hostOf(parsed.value)), "an origin of another host");
      redirect(parsed.value, second);
    }
    if (BASE.ok) redirect(BASE.value, second);
    remote(first);
    remote(latin1(bytes));
  },
};

function redirect(base: Parameters<typeof resolveReference>[0], reference: string): void {
  const led = resolveReference(base, reference);
  if (!led.ok) return;
  check(led.value.userinfo === "", "credentials of a redirect");
  check(
    /^\/[\x21-\x7e]*$/.test(led.value.target) && led.value.target.length <= MAX_URL,
    "a target that cannot be sent",
  );
  const path = led.value.target.replace(/\?.*$/, "");
  const mine = !/^(?:[A-Za-z][\w+.-]*:|\/\/)/.test(reference);
  if (mine) {
    check(!/\/\.{1,2}(\/|$)/.test(path), `dots are left in ${path}`);
    same(originOf(led.value), originOf(base), "the origin of a reference without a host");
  }
}

function remote(text: string): void {
  const found = parseRemote(text);
  const secret = /\/\/([^/@]{6,})@/.exec(text)?.[1];
  if (!found.ok) {
    if (secret !== undefined) check(!found.error.includes(secret), "an error that repeats credentials");
    return;
  }
  check(parseUrl(found.value.url).ok, `a remote that is no URL: ${found.value.url}`);
  check(
    !found.value.url.includes("@") || found.value.url.indexOf("@") > found.value.url.indexOf("/", 8),
    "credentials in a remote",
  );
  check(found.value.branch !== "", "a branch without a name");
}
