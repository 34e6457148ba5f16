// What a network tells the machine and what name servers answer: DHCP of dnsmasq with every option that is asked for, names by
// BIND (EDNS, cookies, answers too long for UDP). Needs root for the namespace.

import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want, which } from "../../tools/setup.ts";
import { PROCESS } from "./support/bed.ts";
import { eventually, scratch, startDnsmasq } from "./support/peers.ts";

const OCTET = 91;
const tools = isRoot() && want("dnsmasq", "named", "ip");
const why = tools ? "" : " (skipped: needs root, dnsmasq, BIND and ip)";

describe.skipIf(!tools)(`what a network tells${why}`, () => {
  let space: Namespace;
  const children: ChildProcess[] = [];

  beforeAll(() => {
    space = new Namespace(`epi-addresses-${process.pid}`, OCTET);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGTERM");
      await eventually("it ends", 5000, () => child.exitCode !== null || child.signalCode !== null);
    }
  });
  afterAll(() => space?.remove());

  function run(child: ChildProcess): ChildProcess {
    children.push(child);
    return child;
  }

  /** Runs the machine until it has said all of these; the whole of what it said. */
  async function says(words: readonly RegExp[], ...parameters: readonly string[]): Promise<string> {
    const child = run(
      space.start([PROCESS, `--tap=${space.tap}`, ...parameters], { stdio: ["ignore", "pipe", "pipe"] }),
    );
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (data: string) => {
      text += data;
    });
    await eventually(
      () => `it says ${words.join(", ")}:\n${text}`,
      20_000,
      () => words.every((word) => word.test(text)),
    );
    return text;
  }

  test("dnsmasq's lease with classless routes alone, a search list and no name: all of it is obeyed", async () => {
    const folder = scratch("addresses");
    const { address } = space;
    const more = [
      ...[`--dhcp-option=121,0.0.0.0/0,${address},10.200.0.0/16,${address}`, "--dhcp-option=3"],
      ...[
        "--dhcp-option=119,one.test,two.test",
        "--dhcp-option=26,1400",
        "--local=/one.test/",
        `--dhcp-option=42,${address}`,
      ],
    ];
    run(startDnsmasq(space, folder, { "git.two.test": address }, 120, more));
    const text = await says(
      [/lease: .* gateway \S+, 1 more routes/, /refused/],
      "--remote=http://git:1/blog.git",
      "--mac=02:00:5e:10:00:09",
    );
    expect(text).toContain(`gateway ${address}`);
    expect(text).toMatch(/the connection was refused/);
  });

  test("a network without a DHCP server is told of, with what to do", async () => {
    const text = await says([/no DHCP server has answered/], "--remote=http://10.0.0.1/blog.git");
    expect(text).toMatch(/has answered the card [0-9a-f:]{17} so far; it is still asked\. .*--ipv4=/);
  });

  test("BIND answers with cookies, and by TCP what is too long; names without an address of use are told", async () => {
    const folder = scratch("bind");
    const { address } = space;
    const machine = address.replace(/1$/, "2");
    const many = Array.from({ length: 90 }, (_, i) => `many A 10.77.${i}.1`);
    const zone = [
      "$TTL 60",
      `@ SOA ns x 1 60 60 60 60`,
      "@ NS ns",
      `ns A ${address}`,
      `git A ${address}`,
      "six AAAA 2001:db8::1",
    ];
    writeFileSync(join(folder, "zone"), `${[...zone, "own A 127.0.0.1", "none TXT x", ...many].join("\n")}\n`);
    const options = `directory "${folder}"; pid-file none; listen-on { ${address}; }; listen-on-v6 { none; }; recursion no; require-server-cookie yes; session-keyfile "${folder}/session.key"; managed-keys-directory "${folder}"; dnssec-validation no;`;
    const file = join(folder, "named.conf");
    writeFileSync(file, `options { ${options} };\nzone "test" { type primary; file "zone"; };\ncontrols { };\n`);
    const named = run(
      space.start([which("named") ?? "named", "-g", "-c", file], { stdio: ["ignore", "ignore", "pipe"] }),
    );
    let said = "";
    named.stderr?.setEncoding("utf8").on("data", (data: string) => {
      said += data;
    });
    await eventually(
      () => `BIND has its zone:\n${said}`,
      20_000,
      () => /all zones loaded[\s\S]*running/.test(said),
    );
    const common = [`--ipv4=${machine}/24`, `--dns=${address}`];
    const cases: readonly (readonly [string, RegExp])[] = [
      ["git.test:1", /the connection was refused/],
      ["six.test", /six\.test has only IPv6 addresses \(AAAA records\)/],
      ["own.test", /own\.test has the address 127\.0\.0\.1, which is no other machine's/],
      ["none.test", /none\.test has no address \(neither A nor AAAA records\)/],
      ["gone.test", /there is no host named gone\.test/],
      // Sixteen of 90 addresses are tried, none of which is there: it was told them.
      ["many.test", /cannot be reached|did not answer/],
    ];
    for (const [host, words] of cases) {
      await says([words], `--remote=http://${host}/blog.git`, ...common);
      const machineProcess = children.pop();
      machineProcess?.kill("SIGTERM");
      await eventually("it ends", 5000, () => machineProcess?.exitCode !== null || machineProcess.signalCode !== null);
    }
  }, 120_000);
});
