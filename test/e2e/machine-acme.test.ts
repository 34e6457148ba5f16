// A certificate that comes by itself, on the machine in QEMU: Pebble looks at it through the forwarded ports.

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { want, wantPebble } from "../../tools/setup.ts";
import { Authority } from "./support/authority.ts";
import { type Bed, freePort, HOST_AS_SEEN_BY_GUEST, makeBed, Vm } from "./support/bed.ts";
import { HERE, Pebble } from "./support/pebble.ts";

const tools = want("qemu-system-x86_64", "curl", "git", "openssl", "dnsmasq");
const program = tools ? wantPebble() : undefined;
const why = tools
  ? program === undefined
    ? " (skipped: Pebble needs Go, and there is none, or no module proxy)"
    : ""
  : " (skipped: needs qemu-system-x86_64, curl, git, openssl and dnsmasq)";

describe.skipIf(program === undefined)(`ACME on the machine${why}`, () => {
  let bed: Bed;
  let pebble: Pebble | undefined;
  let vm: Vm | undefined;

  beforeAll(async () => {
    bed = await makeBed("machine-acme");
  });
  afterEach(async () => {
    await vm?.stop();
    await pebble?.stop();
  });
  afterAll(() => bed?.close());

  const curl = async (...words: readonly string[]): Promise<string> =>
    (await promisify(execFile)("curl", ["--silent", "--show-error", "--max-time", "30", ...words])).stdout;

  test("is issued with 32 MB, and another machine with its seed has it again", async () => {
    const authority = new Authority(bed.folder);
    const [clear, secure] = [await freePort(), await freePort()];
    const ports = { acme: await freePort(), management: await freePort(), dns: await freePort() };
    pebble = new Pebble(HERE, program!, bed.folder, authority, {
      ports,
      calledAs: HOST_AS_SEEN_BY_GUEST,
      names: { "blog.test": "127.0.0.1" },
      settings: { httpPort: clear, tlsPort: secure },
    });
    await pebble.start();
    const file = join(bed.folder, "parameters");
    const parameters = [
      `--acme-directory=${pebble.directory}`,
      "--acme-agree",
      "--acme=blog.test",
      "--acme-seed=a secret of the tests",
    ];
    writeFileSync(file, [...parameters, "--trust=", readFileSync(authority.file, "utf8")].join("\n"));
    const netdev = `user,id=n0,hostfwd=tcp:127.0.0.1:${clear}-:80,hostfwd=tcp:127.0.0.1:${secure}-:443`;
    for (const memory of [32, 16]) {
      vm = await Vm.start({ git: bed.git, machine: { memory, initrd: file, netdev } });
      await vm.machine.line(/HTTPS on port 443 for blog\.test, until 20/, 60_000);
      await vm.ready();
      const visitor = ["--cacert", await pebble.root(), "--connect-to", `blog.test:443:127.0.0.1:${secure}`];
      expect(await curl(...visitor, "https://blog.test/")).toContain("The first words of the front page.");
      expect(await curl("--include", "--header", "Host: blog.test", `http://127.0.0.1:${clear}/`)).toMatch(
        /^HTTP\/1\.1 308 /,
      );
      expect(vm.machine.console).not.toContain("panic");
      await vm.stop();
    }
    expect(pebble.issued).toBe(1);
  }, 180_000);
});
