import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeConfigError, MAX_SOURCE_LENGTH, MAX_WORD_LENGTH, readConfig } from "../../appliance/config.ts";
import { PARAMETERS, usage } from "../../appliance/parameters.ts";

const REMOTE = "--remote=http://git.example/blog.git";

function line(parameters: string, module = ""): ReturnType<typeof readConfig> {
  return readConfig({ parameters, onePerLine: false, module });
}

function configOf(parameters: string, module = "") {
  const result = line(parameters, module);
  if (!result.ok) throw new Error(result.error.map(describeConfigError).join("; "));
  return result.value;
}

function errorsOf(parameters: string, module = ""): string {
  const result = line(parameters, module);
  return result.ok ? "" : result.error.map(describeConfigError).join("; ");
}

describe("boot parameters", () => {
  it("need nothing but a remote", () => {
    const config = configOf(REMOTE);
    expect(config.remote).toEqual({ url: "http://git.example/blog.git", authorization: undefined, branch: undefined });
    expect(config.ipv4).toBeUndefined();
    expect(config.port).toBe(80);
    expect(config.hook).toBe("/push");
    expect(config.hookSecret).toBeUndefined();
    expect(config.hostname).toBe("epiphyte");
    expect(config.log).toBe("info");
    expect(config.offload).toEqual({ checksum: true, segment: true, mergeReceive: true, eventIndex: true });
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
      `${REMOTE}#main --ipv4=10.9.0.2/24 --ipv4-gateway=10.9.0.1 --dns=10.9.0.1,1.1.1.1 --dns=9.9.9.9 --port=8080 --hook=hooks/push
       --hook-secret="two words" --syslog=logs.example:1514 --hostname=blog --log=debug --tap=tap0
       --no-checksum-offload --no-segment-offload --no-merge-rx --no-event-index`,
    );
    expect(config.ipv4).toEqual({ address: 0x0a090002, prefix: 24, gateway: 0x0a090001 });
    expect(config.dns).toEqual([0x0a090001, 0x01010101, 0x09090909]);
    expect(config.port).toBe(8080);
    expect(config.hook).toBe("/hooks/push");
    expect(config.hookSecret).toBe("two words");
    expect(config.syslog).toEqual({ host: "logs.example", port: 1514 });
    expect(config.hostname).toBe("blog");
    expect(config.log).toBe("debug");
    expect(config.tap).toBe("tap0");
    expect(config.offload).toEqual({ checksum: false, segment: false, mergeReceive: false, eventIndex: false });
  });

  it("come one a line to a process, blanks and all", () => {
    const result = readConfig({ parameters: `${REMOTE}\n--hook-secret=a "b\n`, onePerLine: true, module: "" });
    expect(result.ok && result.value.hookSecret).toBe('a "b');
  });

  it("come from a module, and the command line wins over it", () => {
    const module =
      '# a comment\r\n\r\n  --remote http://h/from-module.git\n--port=8080\n--hook-secret="x y"\n--dns=1.1.1.1\n';
    const config = configOf("--port=81", module);
    expect(config.remote.url).toBe("http://h/from-module.git");
    expect(config.port).toBe(81);
    expect(config.hookSecret).toBe("x y");
    expect(config.dns).toEqual([0x01010101]);
  });

  it("leave alone what hypervisors add for Linux, and tell so", () => {
    expect(
      configOf(`console=ttyS0 reboot=k panic=1 pci=off ${REMOTE} virtio_mmio.device=4K@0xd0000000:5 root=/dev/vda ro`)
        .ignored,
    ).toHaveLength(7);
  });

  const faults: readonly (readonly [parameters: string, words: string])[] = [
    ["", "--remote is missing"],
    ["--remote=", "--remote needs a value"],
    ["--remote --port=80", "--remote needs a value"],
    ["--remote=blog", "not a URL"],
    ["--remote=git://h/b", "git:// is not supported"],
    ["--remote=git@h:b.git", "SSH is not supported"],
    ["--remote=https://h/b.git", "https needs TLS"],
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
    [`${REMOTE} --ipv4-gateway=10.0.0.1`, "--ipv4 is missing"],
    [`${REMOTE} --ipv4=10.0.0.2/24`, "--dns is missing: with --ipv4 nobody else says who resolves git.example"],
    [`${REMOTE} --dns=one.one`, "is not an address"],
    [`${REMOTE} --hook=/`, "not a plain path"],
    [`${REMOTE} --hook=/a/../b`, "not a plain path"],
    [`${REMOTE} --hook=/a?b`, "not a plain path"],
    [`${REMOTE} --syslog=:514`, "is not HOST"],
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

  it("name every error, not just the first", () => {
    const result = line("--port=x --log=y --frobnicate");
    expect(!result.ok && result.error.map(({ kind }) => kind)).toEqual([
      "unknown",
      "missing",
      "malformed",
      "malformed",
    ]);
  });

  it("never repeat credentials in an error", () => {
    const words = errorsOf("--remote=https://user:hunter2@h/b.git --remot=http://user:hunter2@h/");
    expect(words).not.toContain("hunter2");
    expect(words).toContain("//***@h");
  });

  it("answer --help whatever else is wrong", () => {
    const result = line("--help --port=x");
    expect(!result.ok && result.error).toEqual([{ kind: "help" }]);
    for (const name of Object.keys(PARAMETERS)) expect(usage()).toContain(`--${name}`);
  });

  it("never throw", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.boolean(), (parameters, module, onePerLine) => {
        const result = readConfig({ parameters, module, onePerLine });
        if (!result.ok) for (const error of result.error) expect(describeConfigError(error)).not.toBe("");
      }),
      { numRuns: 200 },
    );
    const words = fc.constantFrom(...Object.keys(PARAMETERS)).map((name) => `--${name}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(words, fc.string())), (pairs) => {
        readConfig({
          parameters: pairs.map(([name, value]) => `${name}=${value}`).join("\n"),
          onePerLine: true,
          module: "",
        });
      }),
      { numRuns: 200 },
    );
  });
});
