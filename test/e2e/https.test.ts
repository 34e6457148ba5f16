// HTTPS both ways, the process target among real peers: curl, openssl and GnuTLS as visitors, a forge behind TLS with a
// certificate of a local authority. Needs root for the namespace and its TAP device.

import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { Authority } from "./support/authority.ts";
import { Blog, FILES, megabyte, PROCESS, post } from "./support/bed.ts";
import { eventually, scratch } from "./support/peers.ts";

const OCTET = 87;
const GIT_PORT = 8000;
const FORGE_PORT = 8443;
const PROXY_PORT = 3128;
const tools = isRoot() && want("curl", "ip", "git", "openssl", "gnutls-cli", "tinyproxy");
const why = tools ? "" : " (skipped: needs root, curl, git, ip, openssl, gnutls-cli and tinyproxy)";

describe.skipIf(!tools)(`HTTPS among real peers${why}`, () => {
  let space: Namespace;
  let folder: string;
  let blog: Blog;
  let authority: Authority;
  let machine: string;
  let child: ChildProcess | undefined;
  let text = "";
  const large = megabyte(5);

  beforeAll(async () => {
    folder = scratch("https");
    blog = new Blog(folder, { ...FILES, "static/large.bin": large });
    authority = new Authority(folder);
    space = new Namespace(`epi-https-${process.pid}`, OCTET);
    machine = space.address.replace(/1$/, "2");
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
    const forge = join(folder, "forge.pem");
    writeFileSync(forge, authority.sign([space.address, "git.test"]));
    const front = "test/e2e/support/tls-front.ts";
    space.start([process.execPath, front, space.address, String(FORGE_PORT), forge, String(GIT_PORT)]);
    await eventually("the forge answers", 20_000, async () =>
      space
        .runAsync(["curl", "-sf", "--cacert", authority.file, `${forgeUrl()}/info/refs?service=git-upload-pack`])
        .then(
          () => true,
          () => false,
        ),
    );
  });
  afterEach(async () => {
    if (child?.exitCode === null) child.kill("SIGTERM");
    await eventually("the process ends", 5000, () => child?.exitCode !== null || child?.signalCode !== null);
  });
  afterAll(() => space?.remove());

  const forgeUrl = (): string => `https://${space.address}:${FORGE_PORT}/blog.git`;
  const plainUrl = (): string => `http://${space.address}:${GIT_PORT}/blog.git`;

  /** Starts the process with these parameters, one a line, PEM among them. */
  function start(...lines: readonly string[]): void {
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
  }

  const says = (pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> =>
    eventually(
      () => `the console says ${pattern}:\n${text}`,
      timeoutMs,
      () => pattern.exec(text) ?? undefined,
    );
  const curl = (...words: readonly string[]): Promise<string> =>
    space.runAsync(["curl", "--silent", "--show-error", "--max-time", "20", ...words]);

  test("two parameters make an HTTPS blog; who knows the key need not be warned", async () => {
    start(`--remote=${plainUrl()}`, "--tls");
    const key = (await says(/HTTPS on port 443 .*Its key is (sha256:[0-9a-f]{64})/))[1]!;
    await says(/ ready: /);
    const pin = `sha256//${Buffer.from(key.slice(7), "hex").toString("base64")}`;
    const page = await curl("--insecure", "--pinnedpubkey", pin, `https://${machine}/`);
    expect(page).toContain("The first words of the front page.");
    await expect(curl(`https://${machine}/`)).rejects.toThrow(/self.signed/i);
    // Plain HTTP goes on beside it, and is told what it is on the wrong port.
    expect(await curl(`http://${machine}/`)).toContain("The first words of the front page.");
    expect(await curl("--include", `http://${machine}:443/`)).toMatch(/^HTTP\/1\.1 400 [\s\S]*This port speaks HTTPS/);
  });

  test("the site's own certificate: every group and suite, openssl and GnuTLS, TLS 1.2 refused, plain HTTP sent on", async () => {
    const pem = authority.sign([machine, "blog.test"]);
    start(`--remote=${plainUrl()}`, pem);
    await says(
      new RegExp(`HTTPS on port 443 for .*blog\\.test.*${machine}|HTTPS on port 443 for .*${machine}.*blog\\.test`),
    );
    await says(/ ready: https:/);
    expect(text).not.toMatch(/warning: HTTPS.*(order|not valid|names no host)/);
    const trusted = ["--cacert", authority.file];
    const named = ["--connect-to", `blog.test:443:${machine}:443`];
    expect(await curl(...trusted, ...named, "https://blog.test/")).toContain("The first words of the front page.");
    expect(await curl("--include", `http://${machine}/x?y`)).toMatch(
      /^HTTP\/1\.1 30[18] [\s\S]*location: https:\/\/10\.87\.0\.2\/x\?y/i,
    );

    const s_client = (...words: readonly string[]): Promise<string> =>
      space.runAsync([
        "sh",
        "-c",
        `echo Q | timeout 10 openssl s_client -connect ${machine}:443 -CAfile ${authority.file} ${words.join(" ")} 2>&1 || true`,
      ]);
    for (const group of ["X25519", "P-256", "P-384"])
      expect(await s_client("-groups", group), group).toMatch(/Verify return code: 0 \(ok\)/);
    for (const suite of ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
      expect(await s_client("-ciphersuites", suite), suite).toContain(`Cipher is ${suite}`);
    expect(await s_client("-tls1_2")).toMatch(/alert protocol version/);
    const gnutls = await space.runAsync([
      "sh",
      "-c",
      `echo | timeout 10 gnutls-cli --x509cafile ${authority.file} ${machine} 2>&1 || true`,
    ]);
    expect(gnutls).toContain("The certificate is trusted");
    expect(gnutls).toContain("TLS1.3");

    const bytes = join(folder, "large");
    await curl(...trusted, "--output", bytes, `https://${machine}/static/large.bin`);
    expect(readFileSync(bytes).equals(large)).toBe(true);
  }, 60_000);

  test("a certificate for each name; a key of another certificate ends the start", async () => {
    const one = authority.sign(["one.test"], ["-algorithm", "ED25519"]);
    const two = authority.sign(["two.test"], ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    start("--certificate=", one, "--certificate=", two, `--remote=${plainUrl()}`);
    await says(/ ready: /);
    for (const name of ["one.test", "two.test"]) {
      const named = ["--cacert", authority.file, "--connect-to", `${name}:443:${machine}:443`];
      expect(await curl(...named, `https://${name}/`), name).toContain("The first words of the front page.");
    }
    child?.kill("SIGTERM");
    await eventually("it ends", 5000, () => child?.exitCode !== null || child?.signalCode !== null);
    const mixed =
      one.slice(0, one.indexOf("-----BEGIN CERTIFICATE")) + two.slice(two.indexOf("-----BEGIN CERTIFICATE"));
    start(mixed, `--remote=${plainUrl()}`);
    await says(/HTTPS: certificate 1: the private key belongs to none of the certificates/);
    await eventually("it ends", 5000, () => child?.exitCode === 2);
  }, 60_000);

  test("a forge behind HTTPS, by its authority; a push shows", async () => {
    start(`--remote=${forgeUrl()}`, "--trust=", readFileSync(authority.file, "utf8"));
    await says(/ ready: /);
    expect(await curl(`http://${machine}/`)).toContain("The first words of the front page.");
    blog.push({ "Posts/Third": post("The third post", "Over an encrypted line.") }, "Third");
    expect(await curl("--request", "POST", `http://${machine}/push`)).toContain("updated");
    expect(await curl(`http://${machine}/Posts/Third`)).toContain("Over an encrypted line.");
  }, 60_000);

  test("a clone and a push through a proxy that wants credentials; what a proxy refuses is said, with its name", async () => {
    const configuration = join(folder, "tinyproxy.conf");
    const log = join(folder, "tinyproxy.log");
    writeFileSync(
      configuration,
      `Port ${PROXY_PORT}\nListen ${space.address}\nTimeout 60\nLogLevel Connect\nLogFile "${log}"\nConnectPort ${FORGE_PORT}\n` +
        "MaxClients 20\nBasicAuth ada pa55\n",
    );
    space.start(["tinyproxy", "-d", "-c", configuration], { stdio: "ignore" });
    await eventually("the proxy listens", 10_000, () =>
      space.runAsync(["curl", "-s", "-o", "/dev/null", `http://${space.address}:${PROXY_PORT}/`]).then(
        () => true,
        () => false,
      ),
    );
    const place = `${space.address}:${PROXY_PORT}`;
    const trust = readFileSync(authority.file, "utf8");
    const again = async (...lines: readonly string[]): Promise<void> => {
      if (child?.exitCode === null) child.kill("SIGTERM");
      await eventually(
        "it ends",
        5000,
        () => child === undefined || child.exitCode !== null || child.signalCode !== null,
      );
      start(...lines, `--trust=\n${trust}`);
    };
    await again(`--remote=${forgeUrl()}`, `--https-proxy=http://ada:pa55@${place}`);
    await says(/https goes through the proxy/);
    await says(/ ready: /);
    blog.push({ "Posts/Proxied": post("The proxied post", "By way of a proxy.") }, "Proxied");
    expect(await curl("--request", "POST", `http://${machine}/push`)).toContain("updated");
    expect(await curl(`http://${machine}/Posts/Proxied`)).toContain("By way of a proxy.");
    expect(text).not.toContain("pa55");
    // It has seen whereto, and no more.
    const seen = readFileSync(log, "utf8");
    expect(seen).toContain(`CONNECT ${space.address}:${FORGE_PORT}`);
    expect(seen).not.toMatch(/info\/refs|upload-pack/);

    await again(`--remote=${forgeUrl()}`, `--https-proxy=ada:wrong@${place}`);
    await says(new RegExp(`the proxy ${place} refuses the credentials that it was given \\(status 40[17]\\)`));
    await again(`--remote=${forgeUrl()}`, `--https-proxy=${place}`);
    await says(new RegExp(`the proxy ${place} wants credentials \\(status 407\\)`));
    await again(`--remote=https://${space.address}:9999/blog.git`, `--https-proxy=ada:pa55@${place}`);
    await says(new RegExp(`the proxy ${place} refuses to connect to ${space.address}:9999 \\(status 403\\)`));
    await again(`--remote=${forgeUrl()}`, `--https-proxy=${space.address}:9`);
    await says(new RegExp(`the proxy ${space.address}:9 refused the connection`));
    await again(`--remote=${forgeUrl()}`, `--https-proxy=${space.address}:9`, `--no-proxy=${space.address}`);
    await says(/ ready: /);
  }, 90_000);

  test("a forge that is not believed: why, its key, and what would accept it; that parameter does", async () => {
    start(`--remote=${forgeUrl()}`);
    const [, key] = await says(/is not known here[\s\S]*?--trust=(sha256:[0-9a-f]{64}) accepts it/);
    child?.kill("SIGTERM");
    await eventually("it ends", 5000, () => child?.exitCode !== null || child?.signalCode !== null);
    start(`--remote=${forgeUrl()}`, `--trust=${key}`);
    await says(/ ready: /);
    child?.kill("SIGTERM");
    await eventually("it ends", 5000, () => child?.exitCode !== null || child?.signalCode !== null);
    start(`--remote=${forgeUrl()}`, "--trust=sha256:00");
    await says(/--trust=sha256:00: sha256: is followed by the 32 bytes of a hash/);
  }, 60_000);
});
