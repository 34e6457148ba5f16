// Our TLS among other people's, in both roles and with everything that both speak: Go, rustls, Node, OpenSSL, curl, GnuTLS,
// Chromium, each with each suite, group and kind of certificate of its own. The process target, since it is the
// same machine code as the machine's. Needs root for the namespace and its TAP device.

import type { ChildProcess } from "node:child_process";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want, wantGoPeer, wantRustPeer, which } from "../../tools/setup.ts";
import { Authority } from "./support/authority.ts";
import { Blog, PROCESS } from "./support/bed.ts";
import { eventually, scratch } from "./support/peers.ts";

const OCTET = 93;
const GIT_PORT = 8000;
const FORGE_PORT = 8443;
const SECRET = "between the forge and us";
const tools = isRoot() && want("curl", "ip", "git", "openssl");
const why = tools ? "" : " (skipped: needs root, curl, git, ip and openssl)";

const AES_128 = "TLS_AES_128_GCM_SHA256";
const AES_256 = "TLS_AES_256_GCM_SHA384";
const CHACHA = "TLS_CHACHA20_POLY1305_SHA256";
const SUITES = [AES_128, AES_256, CHACHA];
const HYBRID = "X25519MLKEM768";
/** What older peers have. */
const CLASSICAL = ["X25519", "secp256r1", "secp384r1"];
const GROUPS = [HYBRID, ...CLASSICAL];
/** Each has a certificate with its own kind of key. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "p256.test": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "p384.test": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "ed25519.test": ["-algorithm", "ED25519"],
  "rsa.test": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
};
const HOSTS = Object.keys(NAMES);

const NODE = [process.execPath, "test/e2e/peers/node.ts"];
/** What must be built first may take its time. */
const BUILD_MS = 600_000;
const READY = / ready: /;
const NO_FORGE = /is not a Git repository|no Git repository/;
/** It chooses by what the processor has, and can be told that it has not; the hybrid is named in case it is old. */
const GO_SUITES = [
  [AES_128, "GODEBUG=tlsmlkem=1"],
  [CHACHA, "GODEBUG=tlsmlkem=1,cpu.aes=off"],
] as const;

interface Case {
  readonly host: string;
  readonly suite: string;
  readonly group: string;
}

const every = (suites: readonly string[], groups: readonly string[], hosts: readonly string[] = HOSTS): Case[] =>
  suites.flatMap((suite) => groups.flatMap((group) => hosts.map((host) => ({ host, suite, group }))));

describe.skipIf(!tools)(`TLS among others${why}`, () => {
  let space: Namespace;
  let folder: string;
  let blog: Blog;
  let authority: Authority;
  let machine: string;
  let child: ChildProcess | undefined;
  let forge: ChildProcess | undefined;
  let text = "";

  beforeAll(() => {
    wantRustPeer();
    wantGoPeer();
  }, BUILD_MS);
  beforeAll(async () => {
    folder = scratch("tls-peers");
    blog = new Blog(folder);
    authority = new Authority(folder);
    space = new Namespace(`epi-peers-${process.pid}`, OCTET);
    machine = space.address.replace(/1$/, "2");
    // A request a connection, so that there is a handshake for each.
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT), "1"]);
    for (const [name, algorithm] of Object.entries(NAMES))
      writeFileSync(join(folder, `${name}.pem`), authority.sign([name, space.address], algorithm));
    await eventually("the Git server answers", 20_000, () =>
      space.runAsync(["curl", "-s", "-o", "/dev/null", `http://${space.address}:${GIT_PORT}/`]).then(
        () => true,
        () => false,
      ),
    );
  });
  afterAll(async () => {
    await end(child);
    await end(forge);
    await space?.remove();
  });

  async function end(program: ChildProcess | undefined): Promise<void> {
    const ended = (): boolean => program === undefined || program.exitCode !== null || program.signalCode !== null;
    if (!ended()) program?.kill("SIGTERM");
    await eventually("it ends", 5000, ended);
  }

  /** Starts the process with these parameters, one a line, PEM among them, and waits until it says something of the kind. */
  async function start(ready: RegExp, ...lines: readonly string[]): Promise<void> {
    await end(child);
    const file = join(folder, "parameters");
    writeFileSync(file, lines.join("\n"));
    text = "";
    const words = ["env", `EPIPHYTE_PARAMETERS=${file}`, PROCESS, `--tap=${space.tap}`, `--ipv4=${machine}/24`];
    const started = space.start(words, { stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        text += data;
      });
    await eventually(
      () => `it says ${ready}:\n${text}`,
      20_000,
      () => ready.test(text),
    );
  }

  describe("as visitors", () => {
    beforeAll(() =>
      start(
        READY,
        `--remote=http://${space.address}:${GIT_PORT}/blog.git`,
        ...HOSTS.flatMap((name) => ["--certificate=", readFileSync(join(folder, `${name}.pem`), "utf8")]),
      ),
    );

    /** What a peer of ./peers says of each case. */
    async function visit(peer: readonly string[], cases: readonly Case[]): Promise<string[]> {
      const words = cases.map(({ host, suite, group }) => `${host},${suite},${group}`);
      const said = await space.runAsync([...peer, "client", `${machine}:443`, authority.file, ...words], 60_000);
      return said.trimEnd().split("\n");
    }
    /** What it should say: a whole handshake for each, then one with a ticket, each with a page. */
    function visited(cases: readonly Case[], kinds: readonly string[], groups = false): string[] {
      return kinds.flatMap((kind) =>
        cases.map(
          ({ host, suite, group }) => `${host},${suite},${group} ok ${suite} ${groups ? group : "-"} ${kind} 200`,
        ),
      );
    }

    test("rustls", async ({ skip }) => {
      const rust = wantRustPeer();
      if (rust === undefined) return skip("needs cargo and the crates of rustls");
      const cases = every(SUITES, GROUPS);
      expect(await visit([rust], [...cases, ...cases])).toEqual(visited(cases, ["full", "resumed"], true));
    });

    test("Go, which chooses its suites itself", async ({ skip }) => {
      const go = wantGoPeer();
      if (go === undefined) return skip("needs Go");
      for (const [suite, debug] of GO_SUITES) {
        const cases = every([suite], goGroups());
        const said = await visit(["env", debug, go], [...cases, ...cases]);
        expect(said).toEqual(visited(cases, ["full", "resumed"]));
      }
    });

    test("Node", async () => {
      const cases = every(SUITES, GROUPS);
      expect(await visit(NODE, [...cases, ...cases])).toEqual(visited(cases, ["full", "resumed"]));
    });

    /** Runs these lines of a shell, all of them, in one go. */
    async function each(cases: readonly Case[], line: (it: Case) => string): Promise<string[]> {
      const script = cases.map((it) => `{ ${line(it)}; } 2>&1 | tr '\\n' ' '; echo`).join("\n");
      return (await space.runAsync(["sh", "-c", script], 90_000)).trimEnd().split("\n");
    }

    test("OpenSSL, also after a HelloRetryRequest", async () => {
      const client = `timeout 10 openssl s_client -connect ${machine}:443 -CAfile ${authority.file} -verify_return_error`;
      const cases = every(SUITES, CLASSICAL);
      const said = await each(
        cases,
        ({ host, suite, group }) =>
          `echo Q | ${client} -servername ${host} -verify_hostname ${host} -ciphersuites ${suite} -groups ${group}`,
      );
      cases.forEach(({ host, suite, group }, i) => {
        expect(said[i], `${host} ${group}`).toContain(`Cipher is ${suite}`);
        expect(said[i]).toContain(`subject=CN = ${host} `);
        expect(said[i]).toMatch(
          { X25519: /X25519, 253/, secp256r1: /ECDH, prime256v1/, secp384r1: /ECDH, secp384r1/ }[group]!,
        );
        expect(said[i]).toContain("Verify return code: 0 (ok)");
      });
      // Its first share is of a group that we have not.
      const again = every([AES_128], CLASSICAL, ["p256.test"]);
      const retried = await each(
        again,
        ({ host, group }) => `echo Q | ${client} -servername ${host} -groups P-521:${group} -msg`,
      );
      for (const line of retried) {
        expect(line.match(/ClientHello/g)?.length).toBe(2);
        expect(line).toContain("Verify return code: 0 (ok)");
      }
    });

    test("curl", async () => {
      const cases = every(SUITES, CLASSICAL);
      const said = await each(cases, ({ host, suite, group }) => {
        const trusted = `--cacert ${authority.file} --connect-to ${host}:443:${machine}:443`;
        return `curl -sSv --max-time 10 ${trusted} --tls13-ciphers ${suite} --curves ${group} https://${host}/`;
      });
      cases.forEach(({ host, suite, group }, i) => {
        expect(said[i], `${host} ${group}`).toContain(`SSL connection using TLSv1.3 / ${suite}`);
        expect(said[i]).toContain("SSL certificate verify ok");
        expect(said[i]).toContain("ALPN: server accepted http/1.1");
        expect(said[i]).toContain("The first words of the front page.");
      });
    });

    test("GnuTLS", async ({ skip }) => {
      if (!want("gnutls-cli")) return skip("needs gnutls-cli");
      const cases = every(SUITES, CLASSICAL);
      const said = await each(
        cases,
        ({ host, suite, group }) =>
          `echo | timeout 10 gnutls-cli --x509cafile ${authority.file} --sni-hostname ${host} --verify-hostname ${host} ` +
          `--priority ${gnutlsPriority(suite, group)} --no-ocsp ${machine}`,
      );
      cases.forEach(({ host, suite, group }, i) => {
        const { cipher } = GNUTLS_SUITES[suite]!;
        expect(said[i], `${host} ${group}`).toMatch(/- Description: \(TLS1\.3/);
        expect(said[i]).toContain(`-(${cipher})`);
        expect(said[i]).toContain(`ECDHE-${gnutlsGroup(group)}`);
        expect(said[i]).toContain("The certificate is trusted");
      });
    });

    test("a browser, which knows the authority: the page, without an error", async ({ skip }) => {
      if (!want("chromium", "certutil")) return skip("needs chromium and certutil");
      const home = join(folder, "home");
      const store = join(home, ".pki/nssdb");
      mkdirSync(store, { recursive: true });
      execFileSync("certutil", ["-N", "--empty-password", "-d", `sql:${store}`]);
      execFileSync("certutil", ["-A", "-d", `sql:${store}`, "-n", "ours", "-t", "C,,", "-i", authority.file]);
      const executablePath = join(folder, "chromium-in-here");
      writeFileSync(executablePath, `#!/bin/sh\nexec ${space.prefix.join(" ")} ${which("chromium")} "$@"\n`, {
        mode: 0o755,
      });
      const browser = await chromium.launch({
        executablePath,
        env: { ...process.env, HOME: home },
        args: ["--no-sandbox", `--host-resolver-rules=MAP *.test ${machine}`],
      });
      try {
        // It has no Ed25519.
        for (const host of HOSTS.filter((name) => name !== "ed25519.test")) {
          const page = await browser.newPage();
          const errors: string[] = [];
          page.on("pageerror", (error) => errors.push(error.message));
          page.on("requestfailed", (request) => errors.push(request.url()));
          const answer = await page.goto(`https://${host}/`, { timeout: 30_000 });
          expect(await page.content()).toContain("The first words of the front page.");
          expect(await answer?.securityDetails()).toMatchObject({ protocol: "TLS 1.3", subjectName: host });
          expect(errors).toEqual([]);
          await page.close();
        }
      } finally {
        await browser.close();
      }
    });
  });

  describe("as forges", () => {
    const forgeUrl = (): string => `https://${space.address}:${FORGE_PORT}/blog.git`;

    /** Starts a program and waits until it says this. */
    async function run(words: readonly string[], ready: RegExp): Promise<() => string> {
      await end(forge);
      let said = "";
      const started = space.start(words, { stdio: ["pipe", "pipe", "pipe"] });
      forge = started;
      for (const stream of [started.stdout, started.stderr])
        stream?.setEncoding("utf8").on("data", (data: string) => {
          said += data;
        });
      await eventually(
        () => `${words[0]} says ${ready}:\n${said}`,
        10_000,
        () => ready.test(said),
      );
      return () => said;
    }

    /** A push: the machine asks the forge, by a handshake of its own. */
    const push = (): Promise<string> =>
      space.runAsync([
        ...["curl", "-sS", "--max-time", "20", "--data-binary", "{}"],
        ...["--header", `X-Hub-Signature-256: sha256=${createHmac("sha256", SECRET).update("{}").digest("hex")}`],
        `http://${machine}/push`,
      ]);

    /** A forge behind a peer of ./peers, which takes the cases in turn, a connection each. */
    async function behind(peer: readonly string[], cases: readonly Case[]): Promise<readonly string[]> {
      const words = cases.map(({ host, suite, group }) => `${join(folder, `${host}.pem`)},${suite},${group}`);
      const target = `${space.address}:${GIT_PORT}`;
      const listen = `${space.address}:${FORGE_PORT}`;
      const said = await run([...peer, "server", listen, target, ...words], /^listening$/m);
      const trust = readFileSync(authority.file, "utf8");
      await start(READY, `--remote=${forgeUrl()}`, `--hook-secret=${SECRET}`, "--trust=", trust);
      const lines = (): string[] => said().trimEnd().split("\n").slice(1);
      for (let i = 0; lines().length < cases.length && i < cases.length; i++)
        expect(await push()).toContain("nothing new");
      return lines()
        .slice(0, cases.length)
        .map((line) => line.slice(folder.length + 1))
        .sort();
    }
    const told = (cases: readonly Case[], group: (it: string) => string, kind: (it: string) => string): string[] =>
      cases
        .map((it) => `${it.host}.pem,${it.suite},${it.group} ok ${it.suite} ${group(it.group)} ${kind(it.group)}`)
        .sort();

    test("rustls; groups that we send no share of are asked for by a HelloRetryRequest", async ({ skip }) => {
      const rust = wantRustPeer();
      if (rust === undefined) return skip("needs cargo and the crates of rustls");
      const cases = every(SUITES, GROUPS);
      const retried = (group: string): string => (group.startsWith("secp") ? "retry" : "full");
      expect(await behind([rust], cases)).toEqual(told(cases, (group) => group, retried));
    });

    test("Go, which wants a certificate of ours as well", async ({ skip }) => {
      const go = wantGoPeer();
      if (go === undefined) return skip("needs Go");
      for (const [suite, debug] of GO_SUITES) {
        const cases = every([suite], goGroups());
        const said = await behind(["env", debug, go], cases);
        expect(said).toEqual(
          told(
            cases,
            () => "-",
            () => "full",
          ),
        );
      }
    });

    test("Node", async () => {
      const cases = every(SUITES, GROUPS);
      expect(await behind(NODE, cases)).toEqual(
        told(
          cases,
          () => "-",
          () => "full",
        ),
      );
    });

    /** Servers that are no forge: what the machine says of their answers shows that it could read them. */
    async function strangers(words: (it: Case) => readonly string[], ready: RegExp): Promise<void> {
      const trust = readFileSync(authority.file, "utf8");
      const cases = every(SUITES, CLASSICAL);
      await run(words(cases[0]!), ready);
      await start(NO_FORGE, `--remote=${forgeUrl()}`, `--hook-secret=${SECRET}`, "--trust=", trust);
      for (const it of cases) {
        await run(words(it), ready);
        expect(await push(), `${it.host} ${it.suite} ${it.group}`).toMatch(NO_FORGE);
      }
    }

    test("OpenSSL", async () => {
      const words = ({ host, suite, group }: Case): readonly string[] => [
        ...["openssl", "s_server", "-accept", `${space.address}:${FORGE_PORT}`, "-tls1_3", "-www"],
        ...["-cert", join(folder, `${host}.pem`), "-ciphersuites", suite, "-groups", group],
      ];
      await strangers(words, /ACCEPT/);
    });

    test("GnuTLS", async ({ skip }) => {
      if (!want("gnutls-cli")) return skip("needs gnutls-bin");
      const words = ({ host, suite, group }: Case): readonly string[] => [
        ...["gnutls-serv", "--http", "--port", String(FORGE_PORT), "--priority", gnutlsPriority(suite, group)],
        ...["--x509certfile", join(folder, `${host}.pem`), "--x509keyfile", join(folder, `${host}.pem`)],
      ];
      await strangers(words, /listening on IPv4/);
    });
  });

  function goGroups(): readonly string[] {
    const version = /go1\.(\d+)/.exec(
      execFileSync(which("go") ?? "/usr/local/go/bin/go", ["version"], { encoding: "utf8" }),
    );
    return Number(version?.[1]) >= 24 ? GROUPS : CLASSICAL;
  }
});

const GNUTLS_SUITES: Readonly<Record<string, { readonly cipher: string; readonly hash: string }>> = {
  [AES_128]: { cipher: "AES-128-GCM", hash: "SHA256" },
  [AES_256]: { cipher: "AES-256-GCM", hash: "SHA384" },
  [CHACHA]: { cipher: "CHACHA20-POLY1305", hash: "SHA256" },
};

function gnutlsGroup(group: string): string {
  return group.toUpperCase();
}

function gnutlsPriority(suite: string, group: string): string {
  const { cipher } = GNUTLS_SUITES[suite]!;
  return `NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-${gnutlsGroup(group)}:-CIPHER-ALL:+${cipher}`;
}
