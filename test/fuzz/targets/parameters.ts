import { describeParameterError } from "../../../appliance/parameter-error.ts";
import { commandLine, MAX_WORD_LENGTH, parameterFile, processArguments } from "../../../appliance/parameter-words.ts";
import { describeMistakes, readBootConfig } from "../../../image/boot-config.ts";
import { parseIpv4 } from "../../../stack/base/address.ts";
import { ascii, check, latin1, Script, same, type Target } from "../target.ts";

const REMOTE = "--remote=http://a.example/b.git";

/** The command line, a NUL, the boot module; and the first as arguments, one a line. */
export const parameters: Target = {
  name: "parameters",
  limit: 600,
  words: [
    ...[
      REMOTE,
      "-r ",
      "--port=",
      "--hook=/push",
      "--hook-secret=",
      "--log=debug",
      "--ipv4=10.0.0.2/24",
      "--ipv4-gateway=10.0.0.1",
    ],
    ...[
      "--dns=10.0.0.1,8.8.8.8",
      "--syslog=log.example:514",
      "--hostname=a-b",
      "--tap=tap0",
      "--mac=02:00:00:00:00:01",
    ],
    ...[
      "--no-checksum-offload",
      "--no-merge-rx",
      "--help",
      "-h",
      "console=ttyS0",
      "quiet",
      "'",
      '"',
      "\n",
      "\t",
      " ",
      "\0",
      "#",
      "=",
      "--",
    ],
  ],
  seeds: () =>
    [
      `${REMOTE} --port=8080 console=ttyS0\0`,
      `--port=1 --port=2 "--hook-secret=a b\0# a module\n${REMOTE}\n--log silent\n`,
      `-r http://user:secret@a/b#main --ipv4=10.0.0.2/24 --ipv4-gateway=10.0.0.1 --dns 10.0.0.1,10.0.0.3\0`,
      `${REMOTE} --syslog=log.example:5514 --hostname=a-b.c --mac=02:00:00:00:00:01 --no-merge-rx\0--dns="1.1.1.1"`,
      "--remot=x --mac=01:00:00:00:00:01 --ipv4=10.0.0.0/24 --tap=a/b --no-event-index=1\0",
      "--help\0",
    ].map(ascii),
  run: (bytes) => {
    const script = new Script(bytes);
    const line = latin1(script.upTo(0));
    const module = latin1(script.rest());
    for (const first of [commandLine(line), processArguments(line)]) {
      const sources = [first, parameterFile(module, "a file")];
      const read = readBootConfig(sources);
      same(readBootConfig(sources), read, "read a second time");
      if (!read.ok) {
        if (read.error.kind === "mistakes") mistakes(read.error.errors);
        continue;
      }
      const { appliance, machine } = read.value;
      check(appliance.port >= 1 && appliance.port <= 65_535, "a port that is none");
      check(/^\/[\w./~-]+$/.test(appliance.hook), "a hook that is no path");
      check(/^https?:\/\/[\w.-]+/.test(appliance.remote.url), "a remote that is no URL");
      check(
        machine.dns.every((address) => parseIpv4(address) !== undefined),
        "a resolver that is no address",
      );
      check(machine.hostname === undefined || /^.{1,253}$/.test(machine.hostname), "a name of another length");
      if (machine.ipv4 !== undefined) {
        const { address, prefix, gateway } = machine.ipv4;
        check(parseIpv4(address) !== undefined && prefix >= 1 && prefix <= 32, "an address that is none");
        check(gateway === "" || parseIpv4(gateway) !== undefined, "a router that is no address");
        check(gateway !== address, "a machine that is its own router");
      }
      if (machine.mac !== undefined)
        check(machine.mac > 0 && Math.floor(machine.mac / 2 ** 40) % 2 === 0, "a group's address");
    }
  },
};

function mistakes(errors: Parameters<typeof describeMistakes>[0]): void {
  check(errors.length > 0, "no configuration and no mistake");
  check(describeMistakes(errors).length > 0, "a mistake without words");
  for (const error of errors) {
    const words = describeParameterError(error);
    check(words.length <= MAX_WORD_LENGTH * 8, "a mistake that fills the console");
    check(!/\/\/[^/@\s"*]+:[^/@\s"]+@/.test(words), "a mistake that tells credentials");
  }
}
