// Certificates that come by themselves, the process target before Pebble, Let's Encrypt's own authority for tests. Needs root
// for the namespace and its TAP device, and Go, from which Pebble is built.

import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want, wantPebble } from "../../tools/setup.ts";
import { Authority } from "./support/authority.ts";
import { Blog, PROCESS } from "./support/bed.ts";
import { Pebble, type PebbleOptions } from "./support/pebble.ts";
import { eventually, scratch } from "./support/peers.ts";
import { STRANGE_PORTS } from "./support/strange-ports.ts";

const OCTET = 88;
const GIT_PORT = 8000;
const STORE_PORT = 8001;
const SEED = "--acme-seed=a secret of the tests";
const tools = isRoot() && want("curl", "ip", "git", "openssl", "dnsmasq");
const pebbleProgram = tools ? wantPebble() : undefined;
const why = tools
  ? pebbleProgram === undefined
    ? " (skipped: Pebble needs Go, and there is none, or no module proxy)"
    : ""
  : " (skipped: needs root, curl, git, ip, openssl and dnsmasq)";

describe.skipIf(pebbleProgram === undefined)(`ACME before Pebble${why}`, () => {
  let space: Namespace;
  let folder: string;
  let blog: Blog;
  let authority: Authority;
  let machine: string;
  let pebble: Pebble | undefined;
  let child: ChildProcess | undefined;
  let text = "";

  beforeAll(async () => {
    folder = scratch("acme");
    blog = new Blog(folder);
    authority = new Authority(folder);
    space = new Namespace(`epi-acme-${process.pid}`, OCTET);
    machine = space.address.replace(/1$/, "2");
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
    await eventually("the Git server answers", 20_000, () =>
      space.runAsync(["curl", "-sf", `${plainUrl()}/info/refs?service=git-upload-pack`]).then(
        () => true,
        () => false,
      ),
    );
  });
  beforeEach(() => {
    text = "";
  });
  afterEach(async () => {
    await end();
    await pebble?.stop();
    pebble = undefined;
  });
  afterAll(() => space?.remove());

  const plainUrl = (): string => `http://${space.address}:${GIT_PORT}/blog.git`;

  async function makePebble(options: Partial<PebbleOptions> = {}): Promise<Pebble> {
    const names = { "blog.test": machine, "www.blog.test": machine, "blocked.test": machine };
    const made = new Pebble(space, pebbleProgram!, folder, authority, { names, ...options });
    pebble = made;
    await made.start();
    return made;
  }

  /** Authorities that are wrong, each in its way, before the one that is right. */
  async function startStrange(directory: string): Promise<ChildProcess> {
    const front = join(folder, "front.pem");
    writeFileSync(front, authority.sign([space.address]));
    const script = "test/e2e/support/strange-authority.ts";
    const started = space.start([process.execPath, script, space.address, front, directory, authority.file]);
    await eventually("it answers", 10_000, () =>
      pebble!.curl(strange("html")).then(
        () => true,
        () => false,
      ),
    );
    return started;
  }

  const strange = (way: keyof typeof STRANGE_PORTS): string => `https://${space.address}:${STRANGE_PORTS[way]}/dir`;

  /** Starts the process with these parameters beside those of this network. */
  function start(...lines: readonly string[]): void {
    const file = join(folder, "parameters");
    const trust = `--trust=\n${readFileSync(authority.file, "utf8")}`;
    writeFileSync(file, [`--remote=${plainUrl()}`, ...lines, trust].join("\n"));
    text = "";
    const words = ["env", `EPIPHYTE_PARAMETERS=${file}`, PROCESS, `--tap=${space.tap}`, `--ipv4=${machine}/24`];
    const started = space.start(words, { stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        text += data;
      });
  }

  async function end(): Promise<void> {
    if (child === undefined) return;
    if (child.exitCode === null) child.kill("SIGTERM");
    await eventually("the process ends", 5000, () => child?.exitCode !== null || child?.signalCode !== null);
    child = undefined;
  }

  const says = (pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> =>
    eventually(
      () => `the console says ${pattern}:\n${text}\n${pebble?.log ?? ""}`,
      timeoutMs,
      () => pattern.exec(text) ?? undefined,
    );
  const curl = (...words: readonly string[]): Promise<string> =>
    space.runAsync(["curl", "--silent", "--show-error", "--max-time", "20", ...words]);
  /** As a visitor who believes Pebble. */
  const visit = async (name: string, path = "/"): Promise<string> =>
    curl("--cacert", await pebble!.root(), "--connect-to", `${name}:443:${machine}:443`, `https://${name}${path}`);
  const certificate = async (): Promise<string> => {
    const shown = await space.runAsync([
      "sh",
      "-c",
      `echo Q | timeout 10 openssl s_client -connect ${machine}:443 -servername blog.test 2>/dev/null | openssl x509`,
    ]);
    return shown;
  };

  test("a name, an authority and its terms: a certificate by HTTP-01; plain HTTP is sent on from then on", async () => {
    const { directory } = await makePebble();
    start("--acme=blog.test", `--acme-directory=${directory}`, "--acme-agree", SEED);
    await says(/HTTPS on port 443 for blog\.test, until 20\d\d/);
    await says(/ ready: /);
    expect(await visit("blog.test")).toContain("The first words of the front page.");
    expect(await curl("--include", "--header", "Host: blog.test", `http://${machine}/x`)).toMatch(
      /^HTTP\/1\.1 308 [\s\S]*location: https:\/\/blog\.test\/x/i,
    );
    expect(pebble!.log).toContain("validate w/ HTTP");
    expect(pebble!.issued).toBe(1);
  }, 60_000);

  test("two names, and an address for six days, by TLS-ALPN-01 where there is no plain HTTP; every nonce may be refused", async () => {
    const { directory } = await makePebble({ environment: { PEBBLE_WFE_NONCEREJECT: "15" } });
    start(
      `--acme=blog.test,www.blog.test,${machine}`,
      `--acme-directory=${directory}`,
      "--acme-agree",
      "--http=off",
      SEED,
    );
    await says(/HTTPS on port 443 for .*, until 20\d\d/);
    await says(/ ready: /);
    for (const name of ["blog.test", "www.blog.test"])
      expect(await visit(name), name).toContain("The first words of the front page.");
    expect(await curl("--cacert", await pebble!.root(), `https://${machine}/`)).toContain("The first words");
    await expect(curl(`http://${machine}/`)).rejects.toThrow(/refused|reset|timed out|connect/i);
    expect(pebble!.log).not.toContain("validate w/ HTTP");
    const dates = await space.runAsync([
      "sh",
      "-c",
      `echo '${await certificate()}' | openssl x509 -noout -startdate -enddate`,
    ]);
    const [from = 0, until = 0] = [...dates.matchAll(/=(.*)/g)].map(([, date]) => Date.parse(date ?? ""));
    expect((until - from) / 86_400_000).toBeCloseTo(6, 1);
  }, 60_000);

  test("a machine that starts again and again asks for one certificate", async () => {
    const { directory } = await makePebble();
    const keys = new Set<string>();
    for (let i = 0; i < 10; i++) {
      start("--acme=blog.test", `--acme-directory=${directory}`, "--acme-agree", SEED);
      const [, key = ""] = await says(/HTTPS on port 443 for blog\.test, until 20.*; its key is (\S+)/);
      keys.add(key);
      if (i > 0) expect(text).toContain("still has the certificate from before the start");
      await end();
    }
    expect(pebble!.issued).toBe(1);
    expect(keys.size).toBe(1);
  }, 120_000);

  test("where the authority lists no orders, a copy is kept; without one, a restart waits", async () => {
    const { directory } = await makePebble({ environment: { PEBBLE_AUTHZREUSE: "100" } });
    // Pebble lists orders: this takes the list away, as Let's Encrypt has none.
    const listless = await startStrange(directory);
    const kept = join(folder, "kept.pem");
    const store = space.start([
      process.execPath,
      "test/e2e/support/put-server.ts",
      space.address,
      String(STORE_PORT),
      kept,
    ]);
    const own = strange("without-lists");
    const acme = ["--acme=blog.test", `--acme-directory=${own}`, "--acme-agree", SEED];
    start(...acme);
    await says(/HTTPS on port 443 for blog\.test, until 20/);
    await end();
    expect(pebble!.issued).toBe(1);
    // Proved before, by this key: no second certificate before it has run for an hour.
    for (let i = 0; i < 3; i++) {
      start(...acme);
      await says(
        /ACME: these names were proved by this key on .* does not say where its certificates are.*--acme-store/,
      );
      await end();
    }
    expect(pebble!.issued).toBe(1);
    // Another account, with a store.
    const stored = [
      "--acme=blog.test",
      `--acme-directory=${own}`,
      "--acme-agree",
      "--acme-seed=another secret of the tests",
    ];
    for (let i = 0; i < 3; i++) {
      start(...stored, `--acme-store=http://${space.address}:${STORE_PORT}/blog.pem`);
      await says(/HTTPS on port 443 for blog\.test, until 20/);
      await eventually(
        "it is kept",
        5000,
        () => existsSync(kept) && readFileSync(kept, "utf8").includes("END CERTIFICATE"),
      );
      expect(readFileSync(kept, "utf8")).not.toContain("PRIVATE");
      await end();
    }
    expect(pebble!.issued).toBe(2);
    listless.kill();
    store.kill();
  }, 120_000);

  test("renews when the authority says so, and nobody is cut off", async () => {
    const { directory } = await makePebble();
    start("--acme=blog.test", `--acme-directory=${directory}`, "--acme-agree", SEED);
    await says(/HTTPS on port 443 for blog\.test, until 20/);
    await says(/ ready: /);
    const first = await certificate();
    await end();
    const now = Date.now();
    await pebble!.suggest(first, new Date(now - 120_000), new Date(now - 60_000));
    start("--acme=blog.test", `--acme-directory=${directory}`, "--acme-agree", SEED);
    await says(/ACME: the certificate has been renewed/);
    const second = await certificate();
    expect(second).not.toBe(first);
    expect(pebble!.log).toMatch(/is a replacement of/);
    expect(await visit("blog.test")).toContain("The first words of the front page.");
    expect(pebble!.issued).toBe(2);
  }, 60_000);

  test("an authority that is away at the start: the blog is served meanwhile, and it is asked again", async () => {
    const options = { names: { "blog.test": machine } };
    const later = new Pebble(space, pebbleProgram!, folder, authority, options);
    start("--acme=blog.test", `--acme-directory=${later.directory}`, "--acme-agree", SEED);
    await says(
      /ACME: no certificate for blog\.test yet: .*refused the connection\. Next attempt in (?:1\d|20) s, at 20/,
    );
    await says(
      /ACME: meanwhile the blog is served in the clear, and by HTTPS with a certificate that browsers warn of/,
    );
    await says(/ ready: http:/);
    expect(await curl(`http://${machine}/`)).toContain("The first words of the front page.");
    expect(await curl("--insecure", `https://${machine}/`)).toContain("The first words of the front page.");
    pebble = later;
    await later.start();
    await says(/HTTPS on port 443 for blog\.test, until 20/, 40_000);
    expect(await visit("blog.test")).toContain("The first words of the front page.");
  }, 90_000);

  test("what it refuses is told in its words, with what to do: terms, a blocked name, a profile, an account elsewhere", async () => {
    const { directory } = await makePebble({
      settings: {
        externalAccountBindingRequired: true,
        externalAccountMACKeys: { "kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W" },
      },
    });
    const acme = (...more: readonly string[]): void => start(`--acme-directory=${directory}`, SEED, ...more);
    acme("--acme=blog.test");
    await says(/ACME: no certificate for blog\.test yet: .* has terms, .*; --acme-agree says that you agree to them/);
    await end();
    acme("--acme=blog.test", "--acme-agree");
    await says(/wants to know whose account it is; --acme-eab=ID:KEY names/);
    await end();
    const eab = "--acme-eab=kid-1:zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    acme("--acme=blocked.test", "--acme-agree", eab);
    await says(
      /no order: the authority says ".*blocked\.test.*" \(rejectedIdentifier\); .*this authority gives no certificate/,
    );
    await end();
    acme("--acme=blog.test", "--acme-agree", eab, "--acme-profile=golden");
    await says(/has no profile golden; --acme-profile names one that it has: .*shortlived/);
    await end();
    acme("--acme=blog.test", "--acme-agree", eab, "--acme-profile=shortlived", "--acme-contact=ada@example.org");
    await says(/HTTPS on port 443 for blog\.test, until 20/);
  }, 90_000);

  test("a name that leads elsewhere: what the authority saw, the other way, and the name that is right is served", async () => {
    await makePebble({ names: { "blog.test": space.address } });
    start("--acme=blog.test", `--acme-directory=${pebble!.directory}`, "--acme-agree", SEED);
    await says(
      /blog\.test is not proved by http-01: the authority says ".*" \(connection\); port 80 \(or 443\) of blog\.test must lead here.*Next attempt in (?:1\d|20) s/,
    );
    await says(/blog\.test is not proved by tls-alpn-01: .*Next attempt in (8|9|10) minutes/, 40_000);
    expect(await curl(`http://${machine}/`)).toContain("The first words of the front page.");
  }, 90_000);

  test("an authority that is none: HTML, nothing at all, no end, another name's certificate; nothing is lost", async () => {
    const { directory } = await makePebble();
    const wrong = await startStrange(directory);
    const cases: readonly (readonly [way: keyof typeof STRANGE_PORTS, words: RegExp])[] = [
      ["html", /does not answer as a certificate authority does \(it is not JSON\); --acme-directory is the URL of/],
      ["never", /its directory: .* did not answer in time\. Next attempt/],
      ["endless", /its directory: .* answered with more than the limit allows\. Next attempt/],
      ["html-later", /no account there: .* answered with status 502 and something that is text\/html\. Next attempt/],
      [
        "other-name",
        /gave a certificate that cannot be shown: (it is for other\.test, not for blog\.test|the private key belongs)/,
      ],
    ];
    for (const [way, words] of cases) {
      start("--acme=blog.test", `--acme-directory=${strange(way)}`, "--acme-agree", SEED);
      await says(words, 45_000);
      await says(/ ready: http:/);
      expect(await curl(`http://${machine}/`), way).toContain("The first words of the front page.");
      await end();
    }
    wrong.kill();
  }, 180_000);
});
