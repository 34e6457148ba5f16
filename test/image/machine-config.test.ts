import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  commandLine,
  MAX_FILE_LENGTH,
  MAX_SOURCE_LENGTH,
  MAX_WORD_LENGTH,
  parameterFile,
  parameterText,
  processArguments,
} from "../../appliance/parameter-words.ts";
import { Parameters, parameter } from "../../appliance/parameters.ts";
import { ALL_OFFLOADS } from "../../drivers/offload.ts";
import {
  bootUsage,
  cutHints,
  describeMistakes,
  describeOrigins,
  PARAMETERS,
  REMOTE_MISSING,
  readBootConfig,
} from "../../image/boot-config.ts";
import { cardName } from "../../image/machine-config.ts";

const REMOTE = "--remote=http://git.example/blog.git";

function line(parameters: string, module = ""): ReturnType<typeof readBootConfig> {
  return readBootConfig([commandLine(parameters), parameterFile(module, "a file")]);
}

function mistakesOf(result: ReturnType<typeof readBootConfig>): string {
  if (result.ok || result.error.kind === "help") return "";
  return describeMistakes(result.error.kind === "no-remote" ? [REMOTE_MISSING] : result.error.errors);
}

function bootOf(parameters: string, module = "") {
  const result = line(parameters, module);
  if (!result.ok) throw new Error(mistakesOf(result));
  return result.value;
}

/** All values in one object, for the tests' sake. */
function configOf(parameters: string, module = "") {
  const { appliance, machine } = bootOf(parameters, module);
  return { ...appliance, ...machine };
}

function errorsOf(parameters: string, module = ""): string {
  return mistakesOf(line(parameters, module));
}

describe("boot parameters", () => {
  it("need nothing but a remote", () => {
    const config = configOf(REMOTE);
    expect(config.remote).toEqual({ url: "http://git.example/blog.git", authorization: undefined, branch: undefined });
    expect(config.ipv4).toBeUndefined();
    expect(config.port).toBe(80);
    expect(config.hook).toBe("/push");
    expect(config.hookSecret).toBeUndefined();
    expect(config.hostname).toBeUndefined();
    expect([cardName(0x525400123456), cardName(0x0200000000ab)]).toEqual(["epiphyte-123456", "epiphyte-0000ab"]);
    expect(config.log).toBe("info");
    expect(config.offloads).toBe(ALL_OFFLOADS);
    expect(config.tap).toBe("tap0");
    expect(config.ntp).toEqual([]);
    expect(config.mac).toBeUndefined();
  });

  it("name the remote in every form that Canopy's users know", () => {
    for (const words of [
      "-r http://h/b.git#dev",
      "--remote http://h/b.git#dev",
      "-r=http://h/b.git#dev",
      "'--remote=http://h/b.git#dev'",
    ])
      expect(configOf(words).remote).toEqual({ url: "http://h/b.git", authorization: undefined, branch: "dev" });
  });

  it("are all understood together", () => {
    const config = configOf(
      `${REMOTE}#main --ipv4=10.9.0.2/24 --ipv4-gateway=10.9.0.1 --dns=10.9.0.1,1.1.1.1 --dns=9.9.9.9 --dns-search=lan,Example.org --port=8080 --hook=hooks/push
       --hook-secret="two words" --syslog=logs.example:1514 --hostname=blog --log=debug --tap=tap7 --mac=02:00:5E:10:00:01
       --no-checksum-offload --no-segment-offload --no-merge-rx --no-event-index`,
    );
    expect(config.ipv4).toEqual({ address: "10.9.0.2", prefix: 24, gateway: "10.9.0.1" });
    expect(config.dns).toEqual(["10.9.0.1", "1.1.1.1", "9.9.9.9"]);
    const ntp = (text: string) => configOf(`${REMOTE} ${text}`).ntp;
    expect(ntp("--ntp=a.test,10.0.0.1 --ntp=b.test")).toEqual(["a.test", "10.0.0.1", "b.test"]);
    expect(ntp("--ntp=off")).toBe("off");
    expect(config.dnsSearch).toEqual(["lan", "Example.org"]);
    expect(config.port).toBe(8080);
    expect(config.hook).toBe("/hooks/push");
    expect(config.hookSecret).toBe("two words");
    expect(config.syslog).toEqual({ transport: "udp", host: "logs.example", port: 1514 });
    const receiver = (text: string) => configOf(`${REMOTE} --syslog=${text}`).syslog;
    expect(receiver("tls://logs")).toEqual({ transport: "tls", host: "logs", port: 6514 });
    expect(receiver("TCP://10.0.0.9/")).toEqual({ transport: "tcp", host: "10.0.0.9", port: 514 });
    expect(receiver("udp://logs:1")).toEqual({ transport: "udp", host: "logs", port: 1 });
    expect(config.hostname).toBe("blog");
    expect(config.log).toBe("debug");
    expect(config.tap).toBe("tap7");
    expect(config.mac).toBe(0x02005e100001);
    expect(config.offloads).toBe(0);
  });

  it("come one a line to a process, blanks and all", () => {
    const result = readBootConfig([processArguments(`${REMOTE}\n--hook-secret=a "b\n`)]);
    expect(result.ok && result.value.appliance.hookSecret).toBe('a "b');
  });

  it("come from a module, and the command line wins over it", () => {
    const module =
      '# a comment\r\n\r\n  --remote http://h/from-module.git\n--port=8080\n--hook-secret="x y"\n--dns=1.1.1.1\n';
    const config = configOf("--port=81", module);
    expect(config.remote.url).toBe("http://h/from-module.git");
    expect(config.port).toBe(81);
    expect(config.hookSecret).toBe("x y");
    expect(config.dns).toEqual(["1.1.1.1"]);
  });

  it("takes IPv6 of routers, by hand, or not at all", () => {
    expect(configOf(REMOTE).ipv6).toEqual({ kind: "auto" });
    expect(configOf(`${REMOTE} --ipv6=off`).ipv6).toEqual({ kind: "off" });
    expect(configOf(`${REMOTE} --ipv6=2001:db8::2/64`).ipv6).toEqual({
      kind: "static",
      address: "2001:db8::2",
      prefix: 64,
      gateway: "",
    });
    // Hosts give each machine an address of its own, and a router that is on the same wire all the same.
    expect(configOf(`${REMOTE} --ipv6=2001:db8::2/128 --ipv6-gateway=fe80::1`).ipv6).toEqual({
      kind: "static",
      address: "2001:db8::2",
      prefix: 128,
      gateway: "fe80::1",
    });
    const config = configOf(
      `${REMOTE} --dns=2001:db8::53,10.0.0.1 --syslog=tcp://[2001:db8::9]:601 --ntp=[2001:db8::7]`,
    );
    expect([config.dns, config.ntp]).toEqual([["2001:db8::53", "10.0.0.1"], ["2001:db8::7"]]);
    expect(config.syslog).toEqual({ transport: "tcp", host: "2001:db8::9", port: 601 });
    expect(config.pcap).toBeUndefined();
    expect(configOf(`${REMOTE} --pcap=[2001:db8::9]:5555`).pcap).toEqual({ host: "2001:db8::9", port: 5555 });
    expect(configOf(`${REMOTE} --pcap=collector:5555`).pcap).toEqual({ host: "collector", port: 5555 });
    // A remote by address needs nobody who resolves it.
    expect(configOf("--remote=http://[2001:db8::8]/b.git --ipv4=10.0.0.2/24").ipv4?.address).toBe("10.0.0.2");
  });

  it("take a router outside the network for an address that has its network for itself", () => {
    expect(configOf(`${REMOTE} --ipv4=203.0.113.7/32 --ipv4-gateway=172.31.1.1 --dns=1.1.1.1`).ipv4).toEqual({
      address: "203.0.113.7",
      prefix: 32,
      gateway: "172.31.1.1",
    });
  });

  it("leave alone what hypervisors add for Linux, and tell so", () => {
    expect(
      bootOf(`console=ttyS0 reboot=k panic=1 pci=off ${REMOTE} virtio_mmio.device=4K@0xd0000000:5 root=/dev/vda ro`)
        .ignored,
    ).toHaveLength(6);
  });

  it("take the words for virtio devices without a bus, which are no mistakes", () => {
    const read = bootOf(
      `virtio_mmio.device=4K@0xd0000000:5 ${REMOTE} 512@0xfeb00e00:12 virtio_mmio.device=x root=/dev/vda`,
    );
    expect(read.machine.virtioMmio).toBe("virtio_mmio.device=4K@0xd0000000:5 512@0xfeb00e00:12");
    expect(read.ignored).toEqual(["virtio_mmio.device=x", "root=/dev/vda"]);
  });

  const faults: readonly (readonly [parameters: string, words: string])[] = [
    ["", "--remote is missing"],
    ["--remote=", "--remote needs a value"],
    ["--remote --port=80", "--remote needs a value"],
    ["--remote=blog", "not a URL"],
    ["--remote=git://h/b", "git:// is not supported"],
    ["--remote=git@h:b.git", "SSH is not supported"],
    ["--remote=http:///b.git", "names no valid host"],
    ["--remote=http://h/b#", "branch after # is empty"],
    ["--remote=http://h/b#a..b", "not a name of a branch"],
    [`${REMOTE} --remote=http://other/`, "--remote is given more than once"],
    [`${REMOTE} --remot=x`, "did you mean --remote?"],
    [`${REMOTE} --prot=80`, "did you mean --port?"],
    [`${REMOTE} remote=x`, 'unknown parameter "remote=x"'],
    [`${REMOTE} quietly`, 'unknown parameter "quietly"'],
    [`${REMOTE} --port=0`, "a port is a number"],
    [`${REMOTE} --port=65536`, "a port is a number"],
    [`${REMOTE} --port=8o`, "a port is a number"],
    [`${REMOTE} --port=80 --port=81`, "--port is given more than once"],
    [`${REMOTE} --ipv4=10.0.0.2 --dns=1.1.1.1`, "lacks the length"],
    [`${REMOTE} --ipv4=10.0.0/24 --dns=1.1.1.1`, "is not an address"],
    [`${REMOTE} --ipv4=10.0.0.2/33 --dns=1.1.1.1`, "from 1 to 32"],
    [`${REMOTE} --ipv4=10.0.0.0/24 --dns=1.1.1.1`, "address of the network"],
    [`${REMOTE} --ipv4=10.0.0.255/24 --dns=1.1.1.1`, "broadcast"],
    [`${REMOTE} --ipv4=127.0.0.1/8 --dns=1.1.1.1`, "not the address of a host"],
    [`${REMOTE} --ipv4=10.0.0.2/24 --ipv4-gateway=10.0.1.1 --dns=1.1.1.1`, "is not in the network"],
    [`${REMOTE} --ipv4=10.0.0.2/31 --ipv4-gateway=10.0.1.1 --dns=1.1.1.1`, "is not in the network"],
    [`${REMOTE} --ipv4=10.0.0.2/24 --ipv4-gateway=10.0.0.2 --dns=1.1.1.1`, "is the machine's own address"],
    [`${REMOTE} --ipv4=10.0.0.2/32 --ipv4-gateway=10.0.0.2 --dns=1.1.1.1`, "is the machine's own address"],
    [`${REMOTE} --ipv4=10.0.0.2/32 --dns=1.1.1.1`, "--ipv4-gateway is missing: nobody else is in the network"],
    [`${REMOTE} --ipv4=10.0.0.2/32 --ipv4-gateway=10.0.0 --dns=1.1.1.1`, "is not an address such as"],
    [`${REMOTE} --tap=a-name-of-an-interface`, "longer than 15"],
    [`${REMOTE} --tap=tap%d`, "is not the name of an interface"],
    [`${REMOTE} --mac=2:0:5e:10:0:1`, "is not an address such as 02:"],
    [`${REMOTE} --mac=03:00:5e:10:00:01`, "is the address of a group"],
    [`${REMOTE} --mac=00:00:00:00:00:00`, "is no address"],
    [`${REMOTE} --ipv4-gateway=10.0.0.1`, "--ipv4 is missing"],
    [`${REMOTE} --ipv6=2001:db8::2`, "lacks the length"],
    [`${REMOTE} --ipv6=2001:db8::2/129`, "from 1 to 128"],
    [`${REMOTE} --ipv6=2001:db8::2/x`, "from 1 to 128"],
    [`${REMOTE} --ipv6=10.0.0.2/24`, "is not an address with the length"],
    [`${REMOTE} --ipv6=no`, "is not an address with the length"],
    [`${REMOTE} --ipv6=ff02::1/64`, "is not the address of a host"],
    [`${REMOTE} --ipv6=::ffff:10.0.0.1/96`, "is not the address of a host"],
    [`${REMOTE} --ipv6=2001:db8::2/64 --ipv6-gateway=2001:db8::2`, "is the machine's own address"],
    [`${REMOTE} --ipv6=2001:db8::2/64 --ipv6-gateway=fe80::1%0`, "is not an address such as"],
    [`${REMOTE} --ipv6=2001:db8::2/64 --ipv6-gateway=::`, "is not the address of a host"],
    [`${REMOTE} --ipv6-gateway=fe80::1`, "--ipv6 is missing"],
    [`${REMOTE} --ipv6=off --ipv6-gateway=fe80::1`, "--ipv6 is missing"],
    [`${REMOTE} --dns=[2001:db8::53]`, "is not an address"],
    [`${REMOTE} --syslog=[2001:db8::g]`, "is not [udp://|tcp://|tls://]HOST[:PORT]"],
    [`--remote=http://[2001:db8::g]/b.git`, "names no valid host"],
    [`--remote=http://[2001:db8::1::]/b.git`, "is not a host"],
    [`${REMOTE} --ipv4=10.0.0.2/24`, "--dns is missing: with --ipv4 nobody else says who resolves git.example"],
    [`${REMOTE} --dns=one.one`, "is not an address"],
    [`${REMOTE} --ntp=a.test,b_c`, "is not a host name"],
    [`${REMOTE} --dns-search=lan,a_b`, '"a_b" is no domain'],
    [`${REMOTE} --hook=/`, "not a plain path"],
    [`${REMOTE} --hook=/a/../b`, "not a plain path"],
    [`${REMOTE} --hook=/a?b`, "not a plain path"],
    [`${REMOTE} --pcap=collector`, "is not HOST:PORT"],
    [`${REMOTE} --pcap=:5555`, "is not HOST:PORT"],
    [`${REMOTE} --pcap=collector:0`, "a port is a number"],
    [
      "--remote=http://10.0.0.1/b.git --ipv4=10.0.0.2/24 --pcap=collector:5555",
      "nobody else says who resolves collector",
    ],
    [`${REMOTE} --syslog=:514`, "is not [udp://|tcp://|tls://]HOST[:PORT]"],
    [`${REMOTE} --syslog=http://h`, "http:// is not spoken to a syslog server"],
    [`${REMOTE} --syslog=h:0`, "a port is a number"],
    [`${REMOTE} --hostname=-x`, "not a host name"],
    [`${REMOTE} --log=loud`, "is none of trace"],
    [`${REMOTE} --no-merge-rx=1`, "takes no value"],
    [`${REMOTE} --hook-secret="open`, "a quote is not closed"],
    [`${REMOTE} --hook-secret=${"x".repeat(MAX_WORD_LENGTH)}`, "at most 2048"],
    [`${REMOTE} ${" ".repeat(MAX_SOURCE_LENGTH)}`, "at most 16384"],
  ];
  for (const [parameters, words] of faults)
    it(`say what is wrong with ${parameters.slice(0, 60)}`, () => {
      expect(errorsOf(parameters)).toContain(words);
    });

  it("say at the end where all of them are listed, and list none beside a mistake", () => {
    expect(errorsOf(`${REMOTE} --prot=80`)).toBe(
      'epiphyte: unknown parameter "--prot=80" (did you mean --port?) (from the command line)\nAll parameters: --help\n',
    );
  });

  it("name every error, not just the first", () => {
    const result = line("--port=x --log=y --frobnicate");
    expect(!result.ok && result.error.kind === "mistakes" && result.error.errors.map(({ kind }) => kind)).toEqual([
      "unknown",
      "malformed",
      "malformed",
      "missing",
    ]);
  });

  it("never repeat credentials in an error", () => {
    const words = errorsOf("--remote=https://user:hunter2@h/b.git --remot=http://user:hunter2@h/");
    expect(words).not.toContain("hunter2");
    expect(words).toContain("//***@h");
  });

  it("answer --help whatever else is wrong", () => {
    const result = line("--help --port=x");
    expect(!result.ok && result.error.kind).toBe("help");
    for (const name of Object.keys(PARAMETERS)) expect(bootUsage()).toContain(`--${name}`);
  });

  it("never throw", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.boolean(), (parameters, module, onePerLine) => {
        const result = readBootConfig([
          onePerLine ? processArguments(parameters) : commandLine(parameters),
          parameterFile(module, "a file"),
        ]);
        if (!result.ok && result.error.kind === "mistakes") expect(result.error.errors).not.toEqual([]);
      }),
      { numRuns: 200 },
    );
    const words = fc.constantFrom(...Object.keys(PARAMETERS)).map((name) => `--${name}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(words, fc.string())), (pairs) => {
        readBootConfig([processArguments(pairs.map(([name, value]) => `${name}=${value}`).join("\n"))]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("several sources", () => {
  const places = ["the command line", "a file", "fw_cfg"];
  const read = (line: string, file: string, device: string) =>
    readBootConfig([commandLine(line), parameterFile(file, "a file"), parameterText(device, "fw_cfg")]);

  it("the first that has a parameter wins, of each parameter by itself", () => {
    const all = read("--port=81", `--port=82\n--dns=1.1.1.1\n`, `${REMOTE} --dns=2.2.2.2 --hook=/x`);
    expect(all.ok && [all.value.appliance.port, all.value.machine.dns, all.value.appliance.hook]).toEqual([
      81,
      ["1.1.1.1"],
      "/x",
    ]);
    expect(all.ok && describeOrigins(all.value.origins)).toEqual([
      `--port is from ${places[0]}`,
      `--port is from ${places[1]}, where it does not count: see above`,
      `--dns is from ${places[1]}`,
      `--remote is from ${places[2]}`,
      `--dns is from ${places[2]}, where it does not count: see above`,
      `--hook is from ${places[2]}`,
    ]);
  });

  it("one string is a command line, several lines are a file", () => {
    const one = read("", "", `${REMOTE} "--hook-secret=a b" --port=81`);
    const lines = read("", "", `# ours\n${REMOTE}\n--hook-secret=a b\n--port=81\n`);
    for (const { value } of [one, lines].filter((result) => result.ok))
      expect([value.appliance.hookSecret, value.appliance.port]).toEqual(["a b", 81]);
    expect([one.ok, lines.ok]).toEqual([true, true]);
  });

  it("a mistake says where it was read", () => {
    const text = mistakesOf(read("--port=0", `${REMOTE}\n--log=loud\n`, "--frobnicate"));
    expect(text).toMatch(/--port=0: .* \(from the command line\)/);
    expect(text).toMatch(/--log=loud: .* \(from a file\)/);
    expect(text).toMatch(/"--frobnicate" \(from fw_cfg\)/);
  });

  it("one that is there and cannot be read is a mistake", () => {
    const read = readBootConfig([commandLine(REMOTE)], [{ kind: "unreadable", why: "fw_cfg x: it has 70000 bytes" }]);
    expect(mistakesOf(read)).toContain("parameters cannot be read: fw_cfg x: it has 70000 bytes");
  });

  const network = (boot: string, words: string) =>
    readBootConfig([commandLine(boot)], [], [parameterText(words, "DHCP option 224")]);

  it("without a repository the boot's words are known, and the network may name one", () => {
    const none = readBootConfig([commandLine("--port=81 --log=debug --ipv4=10.0.0.2/24")]);
    expect(!none.ok && none.error.kind === "no-remote" && [none.error.log, none.error.machine.ipv4?.prefix]).toEqual([
      "debug",
      24,
    ]);
    const wrong = readBootConfig([commandLine("--port=x")]);
    expect(!wrong.ok && wrong.error.kind).toBe("mistakes");
    expect(mistakesOf(wrong)).toContain("--remote is missing");
    const words = `${REMOTE} --port=82 --hostname=told --trust=sha256:x --admin=10.0.0.0/8 --hook-secret=s`;
    const told = network("--port=81", words);
    expect(
      told.ok && [told.value.appliance.remote.url, told.value.appliance.port, told.value.machine.hostname],
    ).toEqual([REMOTE.slice(9), 81, "told"]);
    expect(told.ok && describeOrigins(told.value.origins)).toContain(
      "--port is from DHCP option 224, where it does not count: see above",
    );
    // What the boot says of the remote stands.
    const other = network("--remote=http://ours.example/a.git", REMOTE);
    expect(other.ok && other.value.appliance.remote.url).toBe("http://ours.example/a.git");
  });

  it("what the network says of the way to it comes too late, and cannot be obeyed", () => {
    for (const word of [
      "--ipv4=10.0.0.2/24",
      "--mac=02:00:5e:10:00:01",
      "--pcap=10.0.0.1:5555",
      "--no-merge-rx",
      "--ipv6=off",
      "--panic=reset",
      "--help",
    ])
      expect(mistakesOf(network("", `${REMOTE} --dns=1.1.1.1 ${word}`))).toMatch(
        /--[a-z0-9-]+ comes too late from the network, .* \(from DHCP option 224\)\n/,
      );
    expect(network("--ipv6=off", `${REMOTE} --ipv6=off`).ok).toBe(true);
    expect(mistakesOf(network("", `${REMOTE} --prot=81`))).toMatch(/"--prot=81" .* \(from DHCP option 224\)/);
  });

  it("keys and tokens that the boot gave are not for a remote that the network names", () => {
    const seed = "a secret of some length";
    for (const words of ["--remote-token=sesame", `--tls --cert-seed="${seed}"`, '"--acme-store=http://a:b@c/d"']) {
      const text = mistakesOf(network(words, REMOTE));
      expect(text).toMatch(
        /is not for a remote that the network names \(DHCP option 224\): give both in one place \(from the command line\)/,
      );
      expect(text).not.toMatch(/sesame|secret of|a:b/);
    }
    expect(network("--hook-secret=sesame", REMOTE).ok).toBe(true);
    expect(network("", `${REMOTE} --remote-token=sesame --tls "--cert-seed=${seed}"`).ok).toBe(true);
    expect(network(`${REMOTE} --remote-token=sesame`, "").ok).toBe(true);
  });

  it("no word of theirs commands a console", () => {
    const text = mistakesOf(network("", `${REMOTE} --port=\x1b[2J\u009b1m\u202e --admin=\x07`));
    expect(text).toContain("--port=?[2J?1m?: ");
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  });

  it("a secret that stands behind its name, or behind one that is mistyped, is not repeated", () => {
    for (const words of [
      "--hook-secrett sesame",
      "--hook-secret=sesame --hook-secret sesame",
      '--hook-secret "sesame --port=1',
      '--remote-tokn "sesame',
      "--passwort=sesame",
      '--remote-token="sesame',
    ])
      expect(errorsOf(`${REMOTE} ${words}`)).not.toContain("sesame");
  });

  it("a command line of a length at which hosts cut it is doubted", () => {
    const filled = (length: number) => [commandLine(`${REMOTE} `.padEnd(length, "x"))];
    for (const length of [255, 256, 1023, 1024, 2047, 2048, 4095, 4096])
      expect(cutHints(filled(length)).join()).toMatch(`${length} characters long, where hosts cut it off`);
    for (const length of [100, 254, 257, 2046, 2049, 4097]) expect(cutHints(filled(length))).toEqual([]);
    expect(cutHints([parameterFile("x".repeat(2047), "a file")])).toEqual([]);
  });
});

describe("HTTPS", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const seed = "a secret of some length";

  it("is not served unless it is asked for", () => {
    expect(configOf(REMOTE).tls).toBeUndefined();
    expect(configOf("--remote=https://git.example/blog.git").remote.url).toBe("https://git.example/blog.git");
  });

  it("is asked for by --tls, by a certificate or by a seed", () => {
    const self = { port: 443, plain: "serve", certificates: [], seed: undefined, acme: undefined };
    expect(configOf(`${REMOTE} --tls`).tls).toEqual(self);
    expect(configOf(`${REMOTE} --tls=8443`).tls).toEqual({ ...self, port: 8443 });
    expect(configOf(`${REMOTE} --cert-seed="${seed}"`).tls).toEqual({ ...self, seed });
    expect(configOf(REMOTE, pem).tls).toEqual({ ...self, plain: "redirect", certificates: [pem] });
    expect(configOf(`${REMOTE} --http=off`, pem).tls?.plain).toBe("off");
    expect(configOf(`${REMOTE} --tls --http=redirect`).tls?.plain).toBe("redirect");
  });

  it("says what is wrong, and never the seed", () => {
    expect(errorsOf(`${REMOTE} --tls=x`)).toContain("a port is a number");
    expect(configOf(`${REMOTE} --acme=a.test --hsts`).tls?.strictFor).toBe(365 * 86_400);
    expect(configOf(`${REMOTE} --acme=a.test --hsts=30 --http=off`).tls?.strictFor).toBe(30 * 86_400);
    expect(configOf(`${REMOTE} --acme=a.test --hsts=0`).tls?.strictFor).toBe(0);
    for (const days of ["731", "-1", "x", "1e2", ""])
      expect(errorsOf(`${REMOTE} --acme=a.test --hsts=${days}`)).toContain("--hsts");
    for (const words of ["", "--tls", `--cert-seed=${"s".repeat(16)}`])
      expect(errorsOf(`${REMOTE} ${words} --hsts`)).toContain("--hsts wants a certificate of an authority");
    expect(errorsOf(`${REMOTE} --acme=a.test --hsts --http=serve`)).toContain("--http=serve says that they need not");
    expect(errorsOf(`${REMOTE} --acme=a.test --hsts --tls=8443`)).toContain("HTTPS has another (--tls)");
    expect(errorsOf(`${REMOTE} --tls=80`)).toContain("plain HTTP has this port");
    expect(errorsOf(`${REMOTE} --http=off`)).toContain("--tls is missing");
    expect(errorsOf(`${REMOTE} --tls --http=maybe`)).toContain("is none of serve, redirect, off");
    expect(errorsOf(`${REMOTE} --certificate=cert.pem`)).toContain("PEM is wanted, in a file");
    const short = errorsOf(`${REMOTE} --cert-seed=geheim`);
    expect(short).toContain("at least 16 characters");
    expect(short).not.toContain("geheim");
  });
});

describe("a certificate authority", () => {
  const seed = "a secret of some length";
  const acmeOf = (parameters: string) => configOf(`${REMOTE} ${parameters}`).tls?.acme;

  it("is Let's Encrypt, asked for names, and HTTPS goes with it", () => {
    expect(configOf(`${REMOTE} --acme=Blog.Example,www.blog.example. --acme=192.0.2.7`).tls).toEqual({
      port: 443,
      plain: "redirect",
      certificates: [],
      seed: undefined,
      acme: {
        names: ["blog.example", "www.blog.example", "192.0.2.7"],
        directory: "https://acme-v02.api.letsencrypt.org/directory",
        agreed: false,
        seed: undefined,
        contact: [],
        profile: "",
        external: undefined,
        store: "",
      },
    });
  });

  it("is another, with all that one can tell it", () => {
    expect(
      acmeOf(
        `--acme=a.test --acme-agree --acme-seed="${seed}" --acme-directory=https://ca.test:14000/dir --acme-profile=shortlived ` +
          "--acme-contact=ada@example.org --acme-eab=kid:AAECAwQFBgcICQoLDA0ODw --acme-store=http://u:p@host/a.pem",
      ),
    ).toEqual({
      names: ["a.test"],
      directory: "https://ca.test:14000/dir",
      agreed: true,
      seed,
      contact: ["mailto:ada@example.org"],
      profile: "shortlived",
      external: { id: "kid", key: Uint8Array.from({ length: 16 }, (_, i) => i) },
      store: "http://u:p@host/a.pem",
    });
  });

  it("has the other secret when there is one, and its name must be resolved", () => {
    expect(acmeOf(`--acme=a.test --cert-seed="${seed}"`)?.seed).toBe(seed);
    expect(configOf(`${REMOTE} --acme=a.test --acme-seed="${seed}"`).tls?.seed).toBe(seed);
    expect(errorsOf("--remote=http://10.0.0.1/b.git --ipv4=10.0.0.2/24 --acme=a.test")).toContain(
      "nobody else says who resolves acme-v02.api.letsencrypt.org",
    );
  });

  it("says what is wrong, and no secret", () => {
    const wrong = (parameters: string): string => errorsOf(`${REMOTE} ${parameters}`);
    expect(wrong("--acme=*.blog.example")).toContain("is a wildcard: that takes a proof by DNS");
    expect(wrong("--acme=https://blog.example")).toContain("is no host name");
    expect(wrong("--acme=bücher.example")).toContain("xn-- form");
    expect(wrong("--acme=300.1.1.1")).toContain("is no address");
    for (const name of ["a..b", "-a.test", "a_b.test", "10.0.0.1.", "1.2.3", `${"a".repeat(64)}.test`])
      if (name !== "10.0.0.1.") expect(wrong(`--acme=${name}`), name).toContain("--acme=");
    const many = Array.from({ length: 101 }, (_, i) => `a${i}.test`).join(",");
    expect(wrong(`--acme=${many}`)).toContain("100 names at most");
    expect(wrong("--acme-agree")).toContain("--acme is missing: --acme-agree means nothing without it");
    expect(wrong("--acme=a.test --acme-directory=http://ca.test/dir")).toContain("begins with https://");
    expect(wrong("--acme=a.test --acme-profile=a/b")).toContain("is no name of a profile");
    expect(wrong("--acme=a.test --acme-contact=ada")).toContain("is no e-mail address");
    const secrets = wrong("--acme=a.test --acme-seed=geheim --acme-eab=kid:geheim --acme-store=geheim");
    expect(secrets).toContain("--acme-eab=…: is not ID:KEY");
    expect(secrets).toContain("--acme-store=…: is the URL of a file");
    expect(secrets).not.toContain("geheim");
  });
});

describe("the token of a forge", () => {
  const authorization = (parameters: string): string =>
    atob((configOf(parameters).remote.authorization ?? "").replace(/^Basic /, ""));

  it("goes with a name that the forge takes, or with the one given", () => {
    const given = "--remote-token=t0ken";
    for (const host of ["github.com", "gitlab.com", "codeberg.org", "git.sr.ht", "gitea.example:3000"])
      expect(authorization(`--remote=https://${host}/a/b.git ${given}`)).toBe("oauth2:t0ken");
    expect(authorization(`--remote=https://bitbucket.org/a/b.git ${given}`)).toBe("x-token-auth:t0ken");
    expect(authorization(`--remote=https://bitbucket.org/a/b.git ${given} --remote-user=ada`)).toBe("ada:t0ken");
    expect(configOf(`--remote=https://h/b.git#dev ${given}`).remote).toMatchObject({
      url: "https://h/b.git",
      branch: "dev",
    });
  });

  it("is asked for once", () => {
    expect(errorsOf(`${REMOTE} --remote-user=ada`)).toContain(
      "--remote-token is missing: --remote-user says whose it is",
    );
    expect(errorsOf("--remote=https://u:p@h/b --remote-token=t0ken")).toContain(
      "the remote's URL holds credentials as well",
    );
    expect(errorsOf(`${REMOTE} --remote-token=t --remote-user=a:b`)).toContain("is no user name");
  });

  it("is never printed, however wrong it is written", () => {
    for (const word of [
      "--remote-token=t0ken --remote-token=t0ken",
      "--remote-tokn=t0ken",
      "--remtoken=t0ken",
      "--token=t0ken",
      "--secret=t0ken",
      "--Remote-Token=t0ken",
      '--remote-token="t0ken',
      '--remote-token=t0k"en',
      `--remote-token=t0ken${"x".repeat(MAX_WORD_LENGTH)}`,
      `--remote-tokn=t0ken${"x".repeat(MAX_WORD_LENGTH)}`,
      "--cert-sed=t0ken",
      "--https-prxy=t0ken@proxy:3128",
      "--https-proxy=u:t0ken@proxy",
      "--https-proxy=socks5://u:t0ken@proxy:1080",
      "--https-proxy=u:t0ken%zz@proxy:3128",
    ]) {
      const said = errorsOf(`--remote=https://u:p@h/b ${word}`);
      expect(said).not.toBe("");
      expect(said).not.toMatch(/t0k|u:p/);
    }
  });
});

describe("a proxy", () => {
  const proxyOf = (parameters: string) => configOf(`${REMOTE} ${parameters}`).proxy;

  it("is written as the variable https_proxy is", () => {
    const plain = { host: "proxy.example", port: 3128, authorization: undefined, exempt: [] };
    expect(proxyOf("")).toBeUndefined();
    for (const text of ["proxy.example:3128", "http://proxy.example:3128", "HTTP://Proxy.Example:3128/"])
      expect(proxyOf(`--https-proxy=${text}`)).toEqual(plain);
    expect(proxyOf("--https-proxy=http://ada:p%40ss:w@10.0.0.1:8080")).toEqual({
      host: "10.0.0.1",
      port: 8080,
      authorization: `Basic ${btoa("ada:p@ss:w")}`,
      exempt: [],
    });
    expect(proxyOf("--https-proxy=p:1 --no-proxy=.Lan,*.example,10.0.0.7 --no-proxy=git")?.exempt).toEqual([
      "lan",
      "example",
      "10.0.0.7",
      "git",
    ]);
  });

  it("says what is wrong", () => {
    expect(errorsOf(`${REMOTE} --https-proxy=proxy`)).toContain("a port is wanted, as in proxy:3128");
    expect(errorsOf(`${REMOTE} --https-proxy=proxy:0`)).toContain("a port is a number");
    expect(errorsOf(`${REMOTE} --https-proxy=https://proxy:1`)).toContain("spoken to by http, not by https");
    expect(errorsOf(`${REMOTE} --https-proxy=a/b`)).toContain("[USER:PASSWORD@]HOST:PORT is wanted");
    expect(errorsOf(`${REMOTE} --no-proxy=lan`)).toContain("--https-proxy is missing");
  });

  it("looks up the remote's name itself, so nobody else need", () => {
    const fixed = "--remote=https://git.example/b --ipv4=10.0.0.2/24";
    expect(errorsOf(fixed)).toContain("who resolves git.example");
    expect(errorsOf(`${fixed} --https-proxy=10.0.0.1:3128`)).toBe("");
    expect(errorsOf(`${fixed} --https-proxy=proxy.lan:3128`)).toContain("who resolves proxy.lan");
    expect(errorsOf(`${fixed} --https-proxy=10.0.0.1:3128 --no-proxy=example`)).toContain("who resolves git.example");
  });
});

describe("PEM in a boot module", () => {
  const table = {
    remote: parameter("URL", ""),
    trust: parameter("CA", "", { repeatable: true, pem: true }),
    certificate: parameter("PEM", "", { repeatable: true, pem: true }),
    tls: parameter("PORT", "", { otherwise: "443" }),
  };
  const pem = (kind: string, text = "AAAA"): string => `-----BEGIN ${kind}-----\n${text}\n-----END ${kind}-----\n`;
  const read = (module: string, parameters = ""): Parameters =>
    new Parameters([commandLine(parameters), parameterFile(module, "a file")], table);

  it("is the site's own when nothing is said, key and chain together", () => {
    const given = read(`${pem("PRIVATE KEY")}# the chain\n${pem("CERTIFICATE")}\n--remote=x\n`);
    expect(given.errors).toEqual([]);
    expect(given.list("certificate")).toEqual([pem("PRIVATE KEY") + pem("CERTIFICATE")]);
    expect(given.list("remote")).toEqual(["x"]);
  });

  it("belongs to the line before it when that waits for a value", () => {
    const given = read(
      `--trust=\n${pem("CERTIFICATE", "CCCC")}--trust\n${pem("CERTIFICATE")}--trust=sha256:00\n${pem("EC PRIVATE KEY")}`,
    );
    expect(given.errors).toEqual([]);
    expect(given.list("trust")).toEqual([pem("CERTIFICATE", "CCCC"), pem("CERTIFICATE"), "sha256:00"]);
    expect(given.list("certificate")).toEqual([pem("EC PRIVATE KEY")]);
  });

  it("may be written with blanks and the line ends of Windows, and have lost its end", () => {
    const given = read(
      `  -----BEGIN CERTIFICATE-----\r\n  AAAA  \r\n-----END CERTIFICATE-----\r\n--tls\r\n-----BEGIN CERTIFICATE-----\r\nBB`,
    );
    expect(given.errors).toEqual([]);
    expect(given.list("tls")).toEqual(["443"]);
    expect(given.list("certificate")).toEqual([pem("CERTIFICATE"), "-----BEGIN CERTIFICATE-----\nBB\n"]);
  });

  it("is never printed, and bounded with the module", () => {
    expect(errorsOf("", `--remote=\n${pem("PRIVATE KEY", "SECRET")}`)).not.toContain("SECRET");
    expect(errorsOf(REMOTE, "x".repeat(MAX_FILE_LENGTH + 1))).toContain("at most 65536");
  });
});
