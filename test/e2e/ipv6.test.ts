// Both targets on a link with IPv6, among real peers: radvd tells of the network, dnsmasq of names, `git
// http-backend` has the blog, curl reads it. Needs root for the namespace and its TAP device.

import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { Machine } from "../../tools/qemu.ts";
import { isRoot, want, which } from "../../tools/setup.ts";
import { Blog, FILES, IMAGE, MEGABYTE_FILE, megabyte, PROCESS } from "./support/bed.ts";
import { eventually, scratch, startDnsmasq } from "./support/peers.ts";

const OCTET = 96;
const GIT_PORT = 8000;
const PREFIX = "2001:db8:96:";
/** The namespace's own end of the link. */
const PEER = `${PREFIX}:1`;
const tools = isRoot() && want("dnsmasq", "radvd", "curl", "ip", "git", "ping");
/** "process" and, where it can be, "VM". */
const targets = want("qemu-system-x86_64") ? ["process", "VM"] : ["process"];
const why = tools ? "" : " (skipped: needs root, dnsmasq, radvd, curl, ip and ping)";

class Link {
  readonly space: Namespace;
  readonly folder: string;
  readonly blog: Blog;
  readonly target: string;
  text = "";
  #program: ChildProcess | undefined;
  #machine: Machine | undefined;

  constructor(name: string, target = "process") {
    this.target = target;
    this.folder = scratch(name);
    this.blog = new Blog(this.folder, { ...FILES, [MEGABYTE_FILE]: megabyte(7) });
    this.space = new Namespace(`epiphyte-${name}-${process.pid}`, OCTET);
    this.space.run(["sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=0", "net.ipv6.conf.all.forwarding=1"]);
    this.space.run(["ip", "addr", "add", `${PEER}/64`, "dev", this.space.tap, "nodad"]);
  }

  /** The namespace has no IPv4 address any more. */
  withoutIpv4(): void {
    this.space.run(["ip", "addr", "del", `${this.space.address}/24`, "dev", this.space.tap]);
  }

  router(lines: string): void {
    const file = join(this.folder, "radvd.conf");
    const prefix = `prefix ${PREFIX}:/64 { AdvOnLink on; AdvAutonomous on; };`;
    const head = "AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 600;";
    writeFileSync(file, `interface ${this.space.tap} { ${head} ${prefix} ${lines} };\n`);
    this.space.start([which("radvd") ?? "radvd", "-n", "-C", file, "-p", join(this.folder, "radvd.pid"), "-m", "none"]);
  }

  /** dnsmasq as router, as server of DHCPv6 in this mode, and of names. */
  dhcpv6(range: string, names: Readonly<Record<string, string>>): void {
    const hosts = Object.entries(names).map(([name, address]) => `--host-record=${name},${address}`);
    const told = [`dns-server,[${PEER}]`, "domain-search,six.test", `ntp-server,[${PEER}]`];
    this.space.start([
      which("dnsmasq") ?? "dnsmasq",
      ...["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--bind-interfaces"],
      ...[`--interface=${this.space.tap}`, "--except-interface=lo", `--pid-file=${this.folder}/dnsmasq.pid`],
      ...[`--dhcp-leasefile=${this.folder}/leases`, "--enable-ra", "--log-dhcp", `--dhcp-range=${range}`],
      ...[`--ra-param=${this.space.tap},4,600`, ...told.map((option) => `--dhcp-option=option6:${option}`), ...hosts],
    ]);
  }

  /** Names over IPv6 alone, without a lease for anybody. */
  names(names: Readonly<Record<string, readonly string[]>>): void {
    const hosts = Object.entries(names).flatMap(([name, all]) =>
      all.map((address) => `--host-record=${name},${address}`),
    );
    this.space.start([
      which("dnsmasq") ?? "dnsmasq",
      ...["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--bind-interfaces"],
      ...[`--listen-address=${PEER}`, `--pid-file=${this.folder}/names.pid`, ...hosts],
    ]);
  }

  git(address: string): void {
    this.space.start([process.execPath, "tools/git-server.ts", this.blog.root, address, String(GIT_PORT)]);
  }

  start(...parameters: readonly string[]): void {
    if (this.target === "VM") {
      const netdev = `tap,id=n0,ifname=${this.space.tap},script=no,downscript=no,vhost=off`;
      this.#machine = new Machine({
        ...{ image: IMAGE, parameters: parameters.join(" "), memory: 32, netdev, prefix: this.space.prefix },
        onLine: (line) => {
          this.text += `${line}\n`;
        },
      });
      return;
    }
    const words = [PROCESS, `--tap=${this.space.tap}`, ...parameters];
    this.#program = this.space.start(words, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#program.stdout, this.#program.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        this.text += data;
      });
  }

  says(pattern: RegExp, timeoutMs = 60_000): Promise<RegExpExecArray> {
    return eventually(
      () => `the console says ${pattern}:\n${this.text}`,
      timeoutMs,
      () => pattern.exec(this.text) ?? undefined,
    );
  }

  /** While this program goes on: it reads what the machine says. */
  async curl(...words: readonly string[]): Promise<string> {
    try {
      return await this.space.runAsync(
        ["curl", "--silent", "--show-error", "--max-time", "30", "--globoff", ...words],
        70_000,
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${this.text}`);
    }
  }

  async remove(): Promise<void> {
    this.#program?.kill("SIGTERM");
    await this.#machine?.stop();
    await this.space.remove();
  }
}

describe.skipIf(!tools)(`IPv6 among real peers${why}`, () => {
  let link: Link | undefined;

  afterEach(async () => {
    const text = link?.text ?? "";
    await link?.remove();
    link = undefined;
    expect(text).not.toContain("panic");
  });

  test.each(targets)(
    "a %s on a network without IPv4 finds its address and its name server, clones and serves",
    async (target) => {
      link = new Link("six", target);
      link.withoutIpv4();
      link.router(`RDNSS ${PEER} { }; DNSSL six.test { };`);
      link.names({ "git.six.test": [PEER] });
      link.git(PEER);
      link.start(`--remote=http://git:${GIT_PORT}/blog.git#main`);
      const [, address = ""] = await link.says(/ready: http:\/\/\[([0-9a-f:]+)\]\//);
      expect(address.startsWith(PREFIX)).toBe(true);
      expect(link.text).toContain(`name server ${PEER}`);
      await link.says(
        /no DHCP server has answered so far: this network seems to speak IPv6 alone, and the machine has 2001:/,
      );
      expect(await link.curl(`http://[${address}]/`)).toContain("The first words of the front page.");
      const text = await link.curl("--include", `http://[${address}]/Posts/First`);
      expect(text).toContain("It goes on and on.");
      // Segments that the card or the kernel cuts.
      expect(link.text).toMatch(target === "VM" ? /csum guest-csum tso4 tso6/ : /TAP device/);
      await link.curl("--output", join(link.folder, "large"), `http://[${address}]/${MEGABYTE_FILE}`);
      expect(readFileSync(join(link.folder, "large")).equals(megabyte(7))).toBe(true);
      // What does not fit one packet comes in fragments, both ways.
      expect(link.space.run(["ping", "-6", "-c", "2", "-s", "3000", "-W", "5", address])).toContain("2 received");
      const commit = link.blog.push({ "static/hello.txt": "another hello\n" }, "Change");
      expect(await link.curl("--request", "POST", `http://[${address}]/push`)).toContain(commit.slice(0, 7));
      expect(await link.curl(`http://[${address}]/static/hello.txt`)).toBe("another hello\n");
    },
    120_000,
  );

  test.each(targets)(
    "a %s has an address lent by DHCPv6, with name and time servers, has it prolonged, and serves over it",
    async (target) => {
      link = new Link("lent", target);
      link.withoutIpv4();
      link.dhcpv6(`${PREFIX}:50,${PREFIX}:59,64,120`, { "git.six.test": PEER });
      link.git(PEER);
      link.start(`--remote=http://git:${GIT_PORT}/blog.git#main`);
      const [, address = ""] = await link.says(/DHCPv6 lease: (2001:db8:96::5\d) for 120 s/);
      await link.says(/ready: http:\/\/\[2001:db8:96::5\d\]\//);
      expect(link.text).toContain(`address ${address}, name server ${PEER}`);
      expect(await link.curl(`http://[${address}]/`)).toContain("The first words of the front page.");
      if (target === "VM") return;
      // After a minute, half of its lifetime.
      const begun = readFileSync(join(link.folder, "leases"), "utf8");
      await eventually("the lease is prolonged", 90_000, () => {
        const leases = link === undefined ? begun : readFileSync(join(link.folder, "leases"), "utf8");
        return leases !== begun;
      });
      expect(await link.curl(`http://[${address}]/`)).toContain("The first words of the front page.");
    },
    200_000,
  );

  test("what DHCPv6 tells beside addresses is asked for where a router says so", async () => {
    link = new Link("told");
    link.withoutIpv4();
    link.dhcpv6(`${PREFIX}:,ra-stateless,64,600`, { "git.six.test": PEER });
    link.git(PEER);
    link.start(`--remote=http://git:${GIT_PORT}/blog.git#main`);
    await link.says(/ready: http:\/\/\[2001:db8:96:/);
    expect(link.text).toContain(`name server ${PEER}`);
    expect(link.text).not.toContain("DHCPv6 lease");
  }, 120_000);

  test("where name servers show a translator, a remote of IPv4 is reached through it (RFC 7050, 6052)", async () => {
    link = new Link("translated");
    link.withoutIpv4();
    link.router(`RDNSS ${PEER} { };`);
    // What stands for 192.0.2.1 behind 2001:db8:64::/96 is the namespace itself.
    link.space.run(["ip", "addr", "add", "2001:db8:64::c000:201/128", "dev", link.space.tap, "nodad"]);
    link.names({ "ipv4only.arpa": ["192.0.0.170", "2001:db8:64::c000:aa"] });
    link.git("2001:db8:64::c000:201");
    link.start(`--remote=http://192.0.2.1:${GIT_PORT}/blog.git#main`);
    const [, address = ""] = await link.says(/ready: http:\/\/\[([0-9a-f:]+)\]\//);
    expect(await link.curl(`http://[${address}]/`)).toContain("The first words of the front page.");
  }, 120_000);

  test.each(targets)(
    "a %s with both families serves over both, and clones over the one that answers",
    async (target) => {
      link = new Link("both", target);
      link.router("");
      // The name has an address of IPv6 at which nobody listens.
      startDnsmasq(link.space, link.folder, {}, 120, [`--host-record=git.test,${link.space.address},${PREFIX}:99`]);
      link.git(link.space.address);
      link.start(`--remote=http://git.test:${GIT_PORT}/blog.git#main`);
      await link.says(/ready: http:\/\/10\.96\.0\.5\d\//);
      const [, four = ""] = await link.says(/address (10\.96\.0\.5\d)/);
      const [, six = ""] = await link.says(/address (2001:db8:96:[0-9a-f:]+)/);
      for (const host of [four, `[${six}]`])
        expect(await link.curl(`http://${host}/`)).toContain("The first words of the front page.");
      // Pushed when it has both: the clone goes to the address of IPv6 first.
      const commit = link.blog.push({ "static/hello.txt": "over IPv4\n" }, "Change");
      expect(await link.curl("--request", "POST", `http://[${six}]/push`)).toContain(commit.slice(0, 7));
    },
    120_000,
  );

  test("an address by hand needs no router that tells of itself, and a remote may be an address", async () => {
    link = new Link("hand");
    link.withoutIpv4();
    link.git(PEER);
    link.start(
      `--remote=http://[${PEER}]:${GIT_PORT}/blog.git#main`,
      `--ipv6=${PREFIX}:2/64`,
      `--ipv6-gateway=${PEER}`,
    );
    await link.says(/ready: http:\/\/\[2001:db8:96::2\]\//);
    expect(await link.curl(`http://[${PREFIX}:2]/`)).toContain("The first words of the front page.");
  }, 120_000);

  test("a family that dies while the machine runs is done without, in both directions", async () => {
    link = new Link("dead");
    link.router(`RDNSS ${PEER} { };`);
    startDnsmasq(link.space, link.folder, {}, 120, [`--host-record=git.test,${link.space.address},${PEER}`]);
    link.git("::");
    link.start(`--remote=http://git.test:${GIT_PORT}/blog.git#main`);
    const [, four = ""] = await link.says(/address (10\.96\.0\.5\d)/);
    const [, six = ""] = await link.says(/address (2001:db8:96:[0-9a-f:]+)/);
    await link.says(/ready: http/);
    // Nobody answers at the server's address of one family, then at that of the other (names are known by then).
    for (const [address, alive] of [
      [`${PEER}/64`, `http://${four}`],
      [`${link.space.address}/24`, `http://[${six}]`],
    ] as const) {
      // The connection that is kept to the server leads to this address, or ends meanwhile.
      link.space.run(["ip", "addr", "del", address, "dev", link.space.tap]);
      const commit = link.blog.push({ "static/hello.txt": `without ${address}\n` }, `Without ${address}`);
      expect(await link.curl("--request", "POST", `${alive}/push`)).toContain(commit.slice(0, 7));
      expect(await link.curl(`${alive}/static/hello.txt`)).toBe(`without ${address}\n`);
      link.space.run([
        "ip",
        "addr",
        "add",
        address,
        "dev",
        link.space.tap,
        ...(address === `${PEER}/64` ? ["nodad"] : []),
      ]);
    }
  }, 120_000);
});
