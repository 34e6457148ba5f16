// What a network engineer does to a machine that does not answer: ping it, trace the way to it, have its frames shown on the
// console (--log=trace) and captured (--pcap), and read the capture with tshark and tcpdump. Needs root for the namespace.

import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FILE_HEADER, PcapRecord, RECORD_HEADER, recordAt } from "../../stack/links/pcap.ts";
import { printFrame } from "../../stack/links/print.ts";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want, which } from "../../tools/setup.ts";
import { type Bed, Blog, FILES, HOST_AS_SEEN_BY_GUEST, makeBed, Vm } from "./support/bed.ts";
import { eventually, scratch, startDnsmasq, startRsyslog } from "./support/peers.ts";
import { Program } from "./support/program.ts";

const OCTET = 87;
const GIT_PORT = 8000;
const PCAP_PORT = 5555;
const PREFIX = "2001:db8:87:";
const commands = ["dnsmasq", "rsyslogd", "busybox", "curl", "ip", "ping", "git", "tshark", "tcpdump"] as const;
const tools = isRoot() && want(...commands, "traceroute", "tracepath", "mtr");
const why = tools
  ? ""
  : " (skipped: needs root, dnsmasq, rsyslogd, busybox, tshark, tcpdump, traceroute, tracepath, mtr)";

describe.skipIf(!tools)(`a machine whose frames are looked at${why}`, () => {
  let space: Namespace;
  let folder: string;
  let program: Program;
  let host: string;
  const host6 = `${PREFIX}:2`;
  let syslog: () => string;

  beforeAll(async () => {
    folder = scratch("observe");
    const blog = new Blog(folder, FILES);
    space = new Namespace(`epiphyte-observe-${process.pid}`, OCTET);
    space.run(["sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=0"]);
    space.run(["ip", "addr", "add", `${PREFIX}:1/64`, "dev", space.tap, "nodad"]);
    startDnsmasq(space, folder, { "git.test": space.address, "log.test": space.address });
    syslog = startRsyslog(space, folder);
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
    space.start(["sh", "-c", `${which("busybox")} nc -l -p ${PCAP_PORT} > ${folder}/frames.pcap`]);
    program = new Program(
      space,
      ...[`--remote=http://git.test:${GIT_PORT}/blog.git#main`, `--ipv6=${host6}/64`, "--syslog=log.test"],
      ...["--log=trace", `--pcap=${space.address}:${PCAP_PORT}`],
    );
    await program.says(/ready: http:\/\/10\.87\.0\.5\d\//);
    host = /ready: http:\/\/([\d.]+)\//.exec(program.text)?.[1] ?? "";
  });
  afterEach(() => {
    expect(program.text).not.toContain("panic");
  });
  afterAll(async () => {
    await program?.stop().catch(() => undefined);
    await space?.remove();
  });

  test("the console shows a page request frame by frame", async () => {
    // The measure of lines was used up by the clone.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = program.text.length;
    expect(await space.runAsync(["curl", "--silent", "--max-time", "20", `http://${host}/?token=hidden`])).toContain(
      "The first words of the front page.",
    );
    await program.says(/Out IP [\d.]+\.80 > [^\n]*Flags \[F/);
    const lines = program.text
      .slice(before)
      .split("\n")
      .filter((line) => /^\d+\.\d{6} (In |Out) /.test(line) && line.includes(`${host}.80`));
    const shape = lines.map((line) => line.replace(/^[\d.]+ (\S+) .*Flags (\[[^\]]*\]).*?(HTTP: \w+)?$/, "$1 $2 $3"));
    expect(shape.slice(0, 4)).toEqual(["In [S] ", "Out [S.] ", "In [.] ", "In [P.] HTTP: GET"]);
    expect(shape).toContain("Out [P.] HTTP: 200");
    expect(shape.join()).toMatch(/In \[F\.\]/);
    expect(lines.join()).not.toContain("hidden");
  });

  test("what came before is shown as well: a lease, names, the clone", () => {
    expect(program.text).toMatch(/Out IP 0\.0\.0\.0\.68 > 255\.255\.255\.255\.67: BOOTP\/DHCP, Discover/);
    expect(program.text).toMatch(/In {2}IP 10\.87\.0\.1\.67 > [\d.]+\.68: BOOTP\/DHCP, Offer/);
    expect(program.text).toMatch(/ARP, (Request|Announcement|Reply)/);
    expect(program.text).toMatch(/Out IP [\d.]+ > 10\.87\.0\.1\.53: \d+\+ \[1au\] A\? git\.test\. /);
  });

  test("neither the log's frames nor the capture's are shown, and no frame goes to the log", async () => {
    await eventually("the log has arrived", 5000, () => syslog().includes("ready: http"));
    const lines = program.text.split("\n").filter((line) => /^\d+\.\d{6} (In |Out) /.test(line));
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => line.includes("SYSLOG") || line.includes(`10.87.0.1.${PCAP_PORT}`))).toEqual([]);
    expect(syslog()).not.toMatch(/Flags \[/);
  });

  test("tshark and tcpdump read the capture", async () => {
    const file = join(folder, "frames.pcap");
    const tshark = (filter: string): string =>
      space.run(["tshark", "-n", "-r", file, "-Y", filter, "-T", "fields", "-e", "frame.number"]);
    await eventually("the capture has come", 10_000, () => existsSync(file) && readFileSync(file).length > 5000);
    await eventually(
      "the page is in it",
      10_000,
      () => tshark(`http.response.code == 200 && ip.src == ${host}`) !== "",
    );
    for (const filter of ["dhcp.option.dhcp == 1", "dhcp.option.dhcp == 5", "arp", "dns.qry.name", "icmpv6"])
      expect([filter, tshark(filter) !== ""]).toEqual([filter, true]);
    expect(tshark(`http.request.method == GET && ip.dst == ${host}`)).not.toBe("");
    expect(tshark(`tcp.flags.syn == 1 && tcp.dstport == ${GIT_PORT}`)).not.toBe("");
    expect(tshark(`tcp.port == ${PCAP_PORT}`)).toBe("");
    expect(tshark("_ws.malformed")).toBe("");
    // The wall clock, not that of the machine's start.
    const times = space.run(["tcpdump", "-nn", "-tttt", "-c", "1", "-r", file]);
    expect(Math.abs(Date.parse(`${times.slice(0, 19)}Z`) - Date.now())).toBeLessThan(48 * 3600 * 1000);
    expect(times).toMatch(/BOOTP\/DHCP, Request|IP6|ARP/);
  });

  test("ping: both families", () => {
    for (const to of [
      ["-4", host],
      ["-6", host6],
    ])
      expect(space.run(["ping", "-c", "2", "-i", "0.2", "-W", "2", ...to])).toMatch(/2 received, 0% packet loss/);
  });

  test("traceroute by UDP, ICMP and TCP: both families, one hop", () => {
    for (const to of [host, host6])
      for (const way of [[], ["-I"], ["-T", "-p", "80"], ["-T", "-p", "81"], ["-U", "-p", "9"]]) {
        const text = space.run(["traceroute", "-n", "-q", "1", "-w", "2", "-m", "3", ...way, to]);
        const hops = text.trim().split("\n").slice(1);
        expect([way.join(" "), hops.length, hops[0]?.includes(to)]).toEqual([way.join(" "), 1, true]);
        expect(hops[0]).not.toContain("*");
      }
  });

  test("tracepath and mtr come to the end", () => {
    for (const to of [host, host6]) {
      expect(space.run(["tracepath", "-n", "-m", "3", to])).toMatch(/pmtu 1500 hops 1/);
      expect(space.run(["mtr", "-n", "-r", "-c", "2", "-i", "0.3", to])).toMatch(/ 0\.0% /);
    }
  });
});

describe("a machine in QEMU", () => {
  let bed: Bed;
  let vm: Vm | undefined;
  let collector: Server;
  let taken = Buffer.alloc(0);

  beforeAll(async () => {
    bed = await makeBed("observe-vm");
    collector = createServer((socket) => socket.on("data", (data) => (taken = Buffer.concat([taken, data]))));
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    await vm?.stop();
    collector.close();
    await bed.close();
  });

  test("shows its frames and sends them, with its lease and its clone", async () => {
    const { port } = collector.address() as AddressInfo;
    vm = await Vm.start({ git: bed.git, parameters: `--log=trace --pcap=${HOST_AS_SEEN_BY_GUEST}:${port}` });
    await vm.ready();
    await vm.machine.line(
      /Out IP 0\.0\.0\.0\.68 > 255\.255\.255\.255\.67: BOOTP\/DHCP, Discover from 52:54:00/,
      10_000,
    );
    const gitPort = new URL(bed.git.url).port;
    await eventually("the capture has the clone", 10_000, () =>
      linesOf(taken).some((line) => line.includes(`> ${HOST_AS_SEEN_BY_GUEST}.${gitPort}: Flags [SEW]`)),
    );
    const lines = linesOf(taken).join("\n");
    expect(lines).toMatch(/BOOTP\/DHCP, ACK to 52:54:00/);
    expect(lines).not.toContain(`${HOST_AS_SEEN_BY_GUEST}.${port}:`);
  });
});

/** The frames of a pcap file, as far as it has come, as lines. */
function linesOf(file: Uint8Array): string[] {
  const record = new PcapRecord();
  const lines: string[] = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= file.length; at += RECORD_HEADER + record.captured) {
    recordAt(file, at, record);
    if (at + RECORD_HEADER + record.captured > file.length) break;
    lines.push(printFrame(file, at + RECORD_HEADER, record.captured, record.length));
  }
  return lines;
}
