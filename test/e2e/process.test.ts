// The process target in a network namespace, against the peers it will meet: dnsmasq, `git http-backend`, rsyslog, curl,
// wrk, ping. Needs root for the namespace and its TAP device.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { parseXml } from "../support/xml.ts";
import { Blog, FILES, megabyte, post } from "./support/bed.ts";
import { eventually, scratch, startDnsmasq, startRsyslog } from "./support/peers.ts";
import { Program } from "./support/program.ts";

const OCTET = 91;
const GIT_PORT = 8000;
/** dnsmasq gives no shorter lease. */
const LEASE_SECONDS = 120;
const tools = isRoot() && want("dnsmasq", "rsyslogd", "curl", "wrk", "ip", "ping", "git");
const why = tools ? "" : " (skipped: needs root, dnsmasq, rsyslogd, curl, wrk, ip and ping)";

/** curl's answer: head and body apart. */
function curl(space: Namespace, ...words: readonly string[]): { status: number; head: string; body: string } {
  const out = space.run(["curl", "--silent", "--show-error", "--include", "--max-time", "20", ...words]);
  const end = out.indexOf("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(out)?.[1]), head: out.slice(0, end), body: out.slice(end + 4) };
}

describe.skipIf(!tools)(`the process target among real peers${why}`, () => {
  let space: Namespace;
  let folder: string;
  let blog: Blog;
  let syslog: () => string;
  let program: Program;
  let site: string;
  const large = megabyte(11);

  beforeAll(async () => {
    folder = scratch("process");
    blog = new Blog(folder, { ...FILES, "static/large.bin": large });
    space = new Namespace(`epiphyte-process-${process.pid}`, OCTET);
    startDnsmasq(space, folder, { "git.test": space.address, "log.test": space.address }, LEASE_SECONDS);
    syslog = startRsyslog(space, folder);
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
    program = new Program(
      space,
      `--remote=http://git.test:${GIT_PORT}/blog.git#main`,
      "--syslog=log.test",
      "--hostname=epiphyte-test",
    );
    await program.says(/ready: http:\/\/10\.91\.0\.5\d\//);
    site = `http://${/ready: http:\/\/([\d.]+)\//.exec(program.text)?.[1]}`;
  });

  afterEach(() => {
    expect(program.text).not.toContain("panic");
  });

  afterAll(async () => {
    await program?.stop().catch(() => undefined);
    await space?.remove();
  });

  test("a lease from dnsmasq, under its own name", () => {
    expect(program.text).toMatch(/lease: 10\.91\.0\.5\d\/24 for 120 s from 10\.91\.0\.1, gateway 10\.91\.0\.1/);
    expect(readFileSync(join(folder, "leases"), "utf8")).toContain(" epiphyte-test ");
  });

  test("curl gets pages, feeds, files; 404, redirect, 304, HEAD, range, gzip", () => {
    const front = curl(space, `${site}/`);
    expect(front.status).toBe(200);
    expect(front.body).toContain("The first words of the front page.");
    for (const path of ["/atom", "/rss"])
      expect(parseXml(curl(space, site + path).body).children.length).toBeGreaterThan(0);
    expect(JSON.parse(curl(space, `${site}/feed.json`).body)).toMatchObject({ items: [{}, {}] });
    expect(curl(space, `${site}/nothing`).status).toBe(404);
    expect(curl(space, `${site}/.config/uuid`).status).toBe(404);
    const moved = curl(space, `${site}/old`);
    expect([moved.status, /^location: (.*)$/im.exec(moved.head)?.[1]]).toEqual([301, "/Posts/First"]);
    const etag = /^etag: (.*)$/im.exec(front.head)?.[1] ?? "";
    const modified = /^last-modified: (.*)$/im.exec(front.head)?.[1] ?? "";
    expect(curl(space, "-H", `If-None-Match: ${etag}`, `${site}/`).status).toBe(304);
    expect(curl(space, "-H", `If-Modified-Since: ${modified}`, `${site}/`).status).toBe(304);
    const head = curl(space, "--head", `${site}/`);
    expect([head.status, head.body]).toEqual([200, ""]);
    // The first answer makes the file ready; ranges are of ready answers.
    expect(curl(space, `${site}/static/hello.txt`).body).toBe("hello from a file\n");
    const part = curl(space, "--range", "0-9", `${site}/static/hello.txt`);
    expect([part.status, part.body]).toEqual([206, "hello from"]);
    const zipped = curl(space, "--compressed", `${site}/Posts/First`);
    expect(zipped.head).toMatch(/^content-encoding: gzip/im);
    expect(zipped.body).toContain("Text of the first post.");
  });

  test("a megabyte arrives whole", () => {
    const file = join(folder, "large.bin");
    space.run(["curl", "--silent", "--max-time", "20", "-o", file, `${site}/static/large.bin`]);
    expect(readFileSync(file).equals(large)).toBe(true);
  });

  test("a push and its hook: a new page", () => {
    const commit = blog.push({ "Posts/Pushed": post("Pushed", "From a push.") }, "Pushed");
    const hook = curl(space, "--header", "Accept: application/json", "--request", "POST", `${site}/push`);
    expect([hook.status, JSON.parse(hook.body)]).toMatchObject([200, { commit, updated: true }]);
    expect(curl(space, `${site}/Posts/Pushed`).body).toContain("From a push.");
  });

  test("rsyslog parses every line, and has one for each request", async () => {
    const mark = `/mark-${process.pid}`;
    for (let i = 0; i < 20; i++) curl(space, "-A", "mark/1.0", `${site}${mark}-${i}`);
    const lines = await eventually("20 access lines", 10_000, () => {
      const found = syslog()
        .split("\n")
        .filter((line) => line.includes(mark));
      return found.length >= 20 ? found : undefined;
    });
    expect(lines).toHaveLength(20);
    // pri|version|timestamp|hostname|app|procid|msgid|structured data|message
    for (const line of lines)
      expect(line).toMatch(
        /^30\|1\|[^|]+\|epiphyte-test\|epiphyte\|-\|access\|-\|\ufeff?10\.91\.0\.1 GET \/mark-\d+-\d+ 404 \d+ .*mark\/1\.0/,
      );
    expect(syslog()).toMatch(/\|epiphyte-test\|epiphyte\|[^|]*\|[^|]*\|-\|\ufeff?ready: http/);
  });

  for (const [connections, threads] of [
    [64, 1],
    [1000, 1],
  ] as const)
    test(`wrk with ${connections} connections: no socket errors`, () => {
      const out = space.run(
        [
          "wrk",
          "-t",
          String(threads),
          "-c",
          String(connections),
          "-d",
          "5s",
          "--timeout",
          "10s",
          `${site}/Posts/First`,
        ],
        40_000,
      );
      expect(out).not.toContain("Socket errors");
      expect(out).not.toContain("Non-2xx");
      expect(Number(/(\d+) requests in/.exec(out)?.[1])).toBeGreaterThan(1000);
      expect(curl(space, `${site}/`).status).toBe(200);
    }, 60_000);

  test("more connections than there is room for: new requests are answered all the same", () => {
    const host = site.slice("http://".length);
    const script = `const net = require("node:net"); let open = 0; const all = [];
      for (let i = 0; i < 1500; i++) all.push(net.connect(80, "${host}").on("connect", () => open++).on("error", () => {}));
      setTimeout(() => require("node:http").get("${site}/", (r) => { console.log(r.statusCode, open > 1000); process.exit(); }), 2000);`;
    expect(space.run([process.execPath, "-e", script])).toBe("200 true\n");
    expect(curl(space, `${site}/`).status).toBe(200);
  });

  test("ping: small, large, in fragments", () => {
    const host = site.slice("http://".length);
    const ping = (size: number): string => `ping -q -c 3 -i 0.1 -W 1 -s ${size} ${host}`;
    for (const size of [56, 1472, 4000, 16_000])
      expect(space.run(ping(size).split(" "))).toMatch(/3 received, 0% packet loss/);
    // More than reassembly holds (stack/ipv4/reassembly.ts): no answer, and no harm.
    expect(() => space.run(ping(20_000).split(" "))).toThrow(/ping/);
    expect(space.run(ping(56).split(" "))).toMatch(/3 received/);
  });

  test("a closed TCP port refuses, a closed UDP port is unreachable", () => {
    let status: unknown;
    try {
      space.run(["curl", "--silent", "--max-time", "5", `${site}:81/`]);
    } catch (error) {
      status = (error as { status: unknown }).status;
    }
    // curl(1): 7 is "failed to connect", 28 would be a timeout.
    expect(status).toBe(7);
    const host = site.slice("http://".length);
    const script = `const s = require("node:dgram").createSocket("udp4"); s.connect(9, "${host}", () => { s.on("error", (e) => { console.log(e.code); process.exit(); }); s.send("x"); setTimeout(() => process.exit(), 3000); });`;
    expect(space.run([process.execPath, "-e", script])).toBe("ECONNREFUSED\n");
  });

  test("SIGTERM ends it in order", async () => {
    expect(await program.stop()).toBe(0);
  });
});

describe.skipIf(!tools)(`the process target's network${why}`, () => {
  let space: Namespace;
  let folder: string;
  let program: Program | undefined;

  beforeAll(() => {
    folder = scratch("process-network");
    const blog = new Blog(folder);
    space = new Namespace(`epiphyte-network-${process.pid}`, OCTET + 1);
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
  });

  afterEach(async () => {
    await program?.stop();
  });

  afterAll(async () => {
    await space?.remove();
  });

  test("a static address, no DHCP server, no name server", async () => {
    program = new Program(
      space,
      `--remote=http://${space.address}:${GIT_PORT}/blog.git`,
      "--ipv4=10.92.0.9/24",
      `--ipv4-gateway=${space.address}`,
      "--port=8080",
    );
    await program.says(/ready: http:\/\/10\.92\.0\.9:8080\//);
    expect(curl(space, "http://10.92.0.9:8080/").status).toBe(200);
  });

  test("no DHCP server at first; a long chain of names (over TCP); a short lease is renewed before its end", async () => {
    // Six names of 120 bytes do not fit into the 512 of a datagram (RFC 1035 4.2.1).
    const names = ["a", "b", "c", "d", "e", "f"].map((c) => `${c.repeat(60)}.${c.repeat(55)}.test`);
    const [alias = ""] = names;
    program = new Program(space, `--remote=http://${alias}:${GIT_PORT}/blog.git`, "--log=debug");
    await program.says(/asking for an address by DHCP/);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const dnsmasq = startDnsmasq(space, folder, { "real.test": space.address }, LEASE_SECONDS, [
      ...names.map((name, i) => `--cname=${name},${names[i + 1] ?? "real.test"}`),
      "--host-record=real.test,10.92.0.1",
      // Renew after 4 s (option 58), rebind after 60 s (option 59).
      "--dhcp-option-force=58,4",
      "--dhcp-option-force=59,60",
      "--log-dhcp",
      `--log-facility=${folder}/dnsmasq.log`,
    ]);
    await program.says(/ready: http/, 30_000);
    const requests = await eventually("three DHCPREQUESTs", 20_000, () => {
      const found = readFileSync(`${folder}/dnsmasq.log`, "utf8").match(/DHCPREQUEST\(/g)?.length ?? 0;
      return found >= 3 ? found : undefined;
    });
    expect(requests).toBeGreaterThanOrEqual(3);
    expect(program.text).not.toContain("addressLost");
    expect(dnsmasq.exitCode).toBeNull();
  });

  test("a repository that does not fit into the memory: refused in the log and at the syslog receiver, and it goes on", async () => {
    const posts = Array.from({ length: 3000 }, (_, i) => [`Posts/${i}`, post(`Post ${i}`, "text ".repeat(60))]);
    const large = new Blog(scratch("process-large"), { ...FILES, ...Object.fromEntries(posts) });
    const syslog = startRsyslog(space, folder);
    space.start([process.execPath, "tools/git-server.ts", large.root, space.address, String(GIT_PORT + 1)]);
    program = new Program(
      space,
      "EPIPHYTE_MEMORY=9",
      `--remote=http://${space.address}:${GIT_PORT + 1}/blog.git`,
      "--ipv4=10.92.0.9/24",
      `--syslog=${space.address}`,
      "--hostname=too-small",
    );
    await program.says(/next attempt in/);
    expect(program.text).toMatch(/memory/);
    // Facility daemon, severity warning.
    await eventually("the reason at the receiver", 5000, () => /^28\|1\|.*\|too-small\|.*memory/m.test(syslog()));
    expect(program.exited).toBeUndefined();
    expect(program.text).not.toContain("panic");
  }, 90_000);

  test("a TAP that is new and down is told with the command that helps; its address is the same at each start", async () => {
    const address = async (tap: string, ...more: readonly string[]): Promise<string> => {
      const own = new Program(space, `--remote=http://git.test:${GIT_PORT}/blog.git`, `--tap=${tap}`, ...more);
      await own.says(new RegExp(`${tap} is new and down: ip link set ${tap} up`));
      const [, mac = ""] = await own.says(new RegExp(`TAP device ${tap}, our address ([0-9a-f:]{17})`));
      await own.stop();
      return mac;
    };
    const first = await address("new9");
    expect(await address("new9")).toBe(first);
    expect(await address("new8")).not.toBe(first);
    expect(await address("new9", "--mac=02:00:5e:10:00:01")).toBe("02:00:5e:10:00:01");
  });

  test("without its TAP device it says why and ends", async () => {
    program = new Program(space, "--tap=a-name-that-is-too-long", `--remote=http://${space.address}/x.git`);
    await eventually("an end", 5000, () => program?.exited !== undefined);
    expect(program.exited).not.toBe(0);
    expect(program.text).toMatch(/--tap=a-name-that-is-too-long: is longer than 15 characters/);
  });
});
