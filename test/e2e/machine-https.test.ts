// HTTPS both ways on the machine in QEMU: a visitor with the authority's certificate, a forge behind TLS, a push between.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeDemo } from "../../tools/demo.ts";
import { startGitServer } from "../../tools/git-server.ts";
import { want } from "../../tools/setup.ts";
import { Authority } from "./support/authority.ts";
import { type Bed, freePort, makeBed, post, Vm } from "./support/bed.ts";
import { eventually } from "./support/peers.ts";

const FORGE = "10.0.2.2";
const tools = want("qemu-system-x86_64", "curl", "git", "openssl");
const why = tools ? "" : " (skipped: needs qemu-system-x86_64, curl, git and openssl)";

describe.skipIf(!tools)(`HTTPS on the machine${why}`, () => {
  let bed: Bed;
  let authority: Authority;
  let front: ChildProcess;
  let forgePort: number;
  let vm: Vm | undefined;

  beforeAll(async () => {
    bed = await makeBed("machine-https");
    authority = new Authority(bed.folder);
    forgePort = await freePort();
    const forge = join(bed.folder, "forge.pem");
    writeFileSync(forge, authority.sign([FORGE]));
    const script = "test/e2e/support/tls-front.ts";
    const plain = new URL(bed.git.url).port;
    front = spawn(process.execPath, [script, "127.0.0.1", String(forgePort), forge, plain], { stdio: "ignore" });
    await eventually("the forge answers", 20_000, () =>
      curl("--insecure", `https://127.0.0.1:${forgePort}/`).then(
        () => true,
        () => false,
      ),
    );
  });
  afterEach(() => vm?.stop());
  afterAll(async () => {
    front?.kill("SIGTERM");
    await bed?.close();
  });

  const curl = async (...words: readonly string[]): Promise<string> =>
    (await promisify(execFile)("curl", ["--silent", "--show-error", "--max-time", "30", ...words])).stdout;

  test.each([64, 32, 16])(
    "a clone over TLS, a page over TLS, a push between, with %i MB",
    async (memory) => {
      const [clear, secure] = [await freePort(), await freePort()];
      const file = join(bed.folder, "parameters");
      const trust = readFileSync(authority.file, "utf8");
      writeFileSync(file, `--trust=\n${trust}--certificate=\n${authority.sign(["blog.test"])}`);
      vm = await Vm.start({
        git: bed.git,
        remote: "",
        parameters: `--remote=https://${FORGE}:${forgePort}/blog.git#main`,
        machine: {
          memory,
          initrd: file,
          netdev: `user,id=n0,hostfwd=tcp:127.0.0.1:${clear}-:80,hostfwd=tcp:127.0.0.1:${secure}-:443`,
        },
      });
      await vm.ready();
      const visitor = ["--cacert", authority.file, "--connect-to", `blog.test:443:127.0.0.1:${secure}`];
      expect(await curl(...visitor, "https://blog.test/")).toContain("The first words of the front page.");
      expect(await curl("--include", `http://127.0.0.1:${clear}/Posts`)).toMatch(/^HTTP\/1\.1 30[18] /);
      const path = `Posts/With${memory}`;
      bed.blog.push({ [path]: post("Another", `Pushed to ${memory} MB.`) }, "Another");
      expect(await curl(...visitor, "--request", "POST", "https://blog.test/push")).toContain("updated");
      expect(await curl(...visitor, `https://blog.test/${path}`)).toContain(`Pushed to ${memory} MB.`);
      expect(vm.machine.console).not.toContain("panic");
    },
    120_000,
  );

  test("the demo over HTTPS with 16 MB: every page that the front page leads to", async () => {
    const demo = makeDemo(join(bed.folder, "demo"), "demo", "http://127.0.0.1/push");
    const git = await startGitServer({ root: demo.root });
    const secure = await freePort();
    const file = join(bed.folder, "demo-parameters");
    writeFileSync(file, `--certificate=\n${authority.sign(["blog.test"])}`);
    try {
      vm = await Vm.start({
        git,
        remote: `${demo.name}#main`,
        machine: { memory: 16, initrd: file, netdev: `user,id=n0,hostfwd=tcp:127.0.0.1:${secure}-:443` },
      });
      await vm.ready();
      const visitor = ["--fail", "--cacert", authority.file, "--connect-to", `blog.test:443:127.0.0.1:${secure}`];
      const front = await curl(...visitor, "https://blog.test/");
      const links = [...new Set([...front.matchAll(/ (?:href|src)="(\/[^"#]*)"/g)].map((match) => match[1]!))];
      expect(links.length).toBeGreaterThan(5);
      for (const link of links)
        expect((await curl(...visitor, "--location", `https://blog.test${link}`)).length, link).toBeGreaterThan(0);
      expect(vm.machine.console).not.toContain("panic");
    } finally {
      await git.close();
    }
  }, 120_000);

  test("without a source of entropy HTTPS is refused, and what would help is said", async () => {
    vm = await Vm.start({
      git: bed.git,
      parameters: "--tls",
      machine: { memory: 32, entropy: false, cpu: "max,-rdrand,-rdseed" },
    });
    await vm.machine.line(/HTTPS.*entropy.*virtio-rng/, 30_000);
    expect(await vm.machine.exit(10_000)).not.toBe(-1);
  });
});
