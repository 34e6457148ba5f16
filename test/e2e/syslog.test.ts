// The log over TCP and over TLS to the real rsyslog: it comes whole, whether the collector is there or not, and what was too
// much to wait is said. Needs root for the namespace and its TAP device.

import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { Authority } from "./support/authority.ts";
import { Blog, FILES, PROCESS } from "./support/bed.ts";
import { eventually, scratch, startCollector } from "./support/peers.ts";

const GIT_PORT = 8000;
const tools =
  isRoot() && want("curl", "ip", "git", "openssl", "rsyslogd", "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so");
const why = tools ? "" : " (skipped: needs root, curl, git, ip, openssl, rsyslogd and its module for TLS)";

describe.skipIf(!tools).each(["tcp", "tls"] as const)(`the log over %s${why}`, (transport) => {
  const port = transport === "tls" ? 6514 : 514;
  let space: Namespace;
  let folder: string;
  let authority: Authority;
  let machine: string;
  let program: ChildProcess;
  let collector: ChildProcess;
  let inputs: string[];
  let text = "";

  beforeAll(async () => {
    folder = scratch(`syslog-${transport}`);
    const blog = new Blog(folder, FILES);
    authority = new Authority(folder);
    space = new Namespace(`epi-log${transport}-${process.pid}`, transport === "tls" ? 96 : 95);
    machine = space.address.replace(/1$/, "2");
    writeFileSync(join(folder, "syslog.txt"), "");
    const pem = authority.sign([space.address]);
    const [key, certificate] = [join(folder, "collector.key"), join(folder, "collector.crt")];
    writeFileSync(key, pem.slice(0, pem.indexOf("-----BEGIN CERTIFICATE")));
    writeFileSync(certificate, pem.slice(pem.indexOf("-----BEGIN CERTIFICATE")));
    const driver =
      `global(defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="${authority.file}" ` +
      `defaultNetstreamDriverCertFile="${certificate}" defaultNetstreamDriverKeyFile="${key}")`;
    // Where clients need no certificate it leaves TLS 1.3 out, unless it is told what to speak.
    const mode =
      transport === "tls"
        ? ' streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon" gnutlsPriorityString="NORMAL"'
        : "";
    inputs = [
      ...(transport === "tls" ? [driver] : []),
      `module(load="imtcp"${mode})`,
      `input(type="imtcp" port="${port}" address="${space.address}")`,
    ];
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
    await eventually("the forge answers", 20_000, () =>
      curl(`http://${space.address}:${GIT_PORT}/blog.git/info/refs?service=git-upload-pack`).then(
        () => true,
        () => false,
      ),
    );
  });
  afterAll(() => space?.remove());

  const curl = (...words: readonly string[]): Promise<string> =>
    space.runAsync(["curl", "--silent", "--show-error", "--fail", "--max-time", "20", ...words]);
  const arrived = (): string => readFileSync(join(folder, "syslog.txt"), "utf8");
  const arrives = (pattern: RegExp): Promise<true> =>
    eventually(
      () => `the collector has ${pattern}:\n${arrived().slice(-2000)}\n${text.slice(-2000)}`,
      30_000,
      () => pattern.test(arrived()),
    ) as Promise<true>;
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    eventually(
      () => `the console says ${pattern}:\n${text.slice(-3000)}`,
      30_000,
      () => pattern.exec(text) ?? undefined,
    );
  /** Requests for so many pages that are not there, each with a mark, and how many of them have arrived. */
  const ask = (mark: string, count: number, more: readonly string[] = []): Promise<string> =>
    space.runAsync(["curl", "-s", "-o", "/dev/null", ...more, `http://${machine}/${mark}-[1-${count}]`], 60_000);
  const marks = (mark: string): number => new Set(arrived().match(new RegExp(`GET /${mark}-\\d+ 404`, "g"))).size;

  function start(...lines: readonly string[]): void {
    const file = join(folder, "parameters");
    const remote = `--remote=http://${space.address}:${GIT_PORT}/blog.git`;
    writeFileSync(file, [remote, `--syslog=${transport}://${space.address}`, "--hostname=logger", ...lines].join("\n"));
    text = "";
    const words = ["env", `EPIPHYTE_PARAMETERS=${file}`, PROCESS, `--tap=${space.tap}`, `--ipv4=${machine}/24`];
    program = space.start(words, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [program.stdout, program.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        text += data;
      });
  }

  async function end(child: ChildProcess): Promise<void> {
    child.kill("SIGTERM");
    await eventually("it ends", 10_000, () => child.exitCode !== null || child.signalCode !== null);
  }

  test("waits for the collector, has every line from the first on, and an access line for each request", async () => {
    start(...(transport === "tls" ? ["--trust=", readFileSync(authority.file, "utf8")] : []));
    await says(new RegExp(`the syslog server ${space.address}:${port} refused the connection; lines wait for it`));
    await says(/ ready: /);
    await ask("early", 20);
    collector = startCollector(space, folder, inputs);
    await arrives(/\|logger\|epiphyte\|-\|-\|-\|\ufeff?ready: http/);
    await ask("now", 20);
    await eventually(
      () => `the lines of all requests: ${arrived()}`,
      20_000,
      () => marks("early") === 20 && marks("now") === 20,
    );
    expect(arrived()).toMatch(
      /^30\|1\|[^|]+\|logger\|epiphyte\|-\|access\|-\|\ufeff?[\d.]+ GET \/now-\d+ 404 \d+ .*curl/m,
    );
    expect(arrived()).toMatch(/is there again/);
    // None in two pieces, none run together with another.
    for (const line of arrived().trimEnd().split("\n")) expect(line).toMatch(/^\d+\|1\|[^|]+\|logger\|epiphyte\|-\|/);
  }, 60_000);

  test("keeps lines while the collector is away", async () => {
    await end(collector);
    await says(/lines wait for it[\s\S]*(has closed the connection|is gone)/);
    await ask("away", 50);
    collector = startCollector(space, folder, inputs);
    await eventually("the lines of the absence", 40_000, () => marks("away") === 50);
  }, 90_000);

  test("drops what is too much to keep, and says how much; the machine's own lines come all the same", async () => {
    await end(collector);
    await eventually(
      "the end is noticed",
      20_000,
      () => (text.match(/has closed the connection|is gone:/g) ?? []).length >= 2,
    );
    await ask("flood", 800, ["-A", "x".repeat(300)]);
    await space.runAsync(["curl", "-s", "-X", "POST", `http://${machine}/push`]);
    collector = startCollector(space, folder, inputs);
    await arrives(/\d+ lines of the log were lost/);
    const lost = Number(/(\d+) lines of the log were lost/.exec(arrived())?.[1]);
    await eventually("what was kept", 20_000, () => marks("flood") + lost >= 800);
    expect(marks("flood")).toBeLessThan(800);
    expect(arrived()).toMatch(/POST \/push 200|GET \/flood-1 /);
    await ask("after", 10);
    await eventually("the lines after it", 20_000, () => marks("after") === 10);
    expect(text).not.toContain("panic");
  }, 120_000);

  test.runIf(transport === "tls")(
    "a collector that is not known is not told anything",
    async () => {
      await end(program);
      const before = arrived().length;
      start();
      await says(/the syslog server [\d.:]+ is not believed: .*--trust=sha256:[0-9a-f]{64} accepts it/);
      await says(/ ready: /);
      expect(arrived().slice(before)).not.toContain("ready:");
    },
    60_000,
  );
});
