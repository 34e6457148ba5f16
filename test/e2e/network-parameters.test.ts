// A machine to which nobody names a remote where it boots takes one from the network: DHCP option 224 of dnsmasq, or the
// metadata service at 169.254.169.254. Needs root for the namespace.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { Machine } from "../../tools/qemu.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { Blog, IMAGE } from "./support/bed.ts";
import { eventually, scratch, startDnsmasq } from "./support/peers.ts";
import { Program } from "./support/program.ts";

const OCTET = 97;
const GIT_PORT = 8000;
const METADATA = "169.254.169.254";
const SECRET = "a secret of some length";
const tools = isRoot() && want("dnsmasq", "curl", "ip", "git");
const why = tools ? "" : " (skipped: needs root, dnsmasq, curl, ip and git)";

describe.skipIf(!tools)(`parameters of the network${why}`, () => {
  let space: Namespace;
  let folder: string;
  let blog: Blog;
  let remote: string;
  let program: Program | undefined;
  let vm: Machine | undefined;

  beforeAll(() => {
    folder = scratch("network-parameters");
    blog = new Blog(folder);
  });
  beforeEach(() => {
    space = new Namespace(`epi-net-param-${process.pid}`, OCTET);
    remote = `--remote=http://${space.address}:${GIT_PORT}/blog.git#main`;
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
  });
  afterEach(async () => {
    await program?.stop().catch(() => undefined);
    await vm?.stop();
    program = undefined;
    vm = undefined;
    await space.remove();
  });

  function serveDhcp(...more: readonly string[]): void {
    startDnsmasq(space, folder, {}, 120, more);
  }

  /** The service, and its user data. */
  async function serveMetadata(kind: string, text = ""): Promise<void> {
    space.run(["ip", "addr", "add", `${METADATA}/32`, "dev", space.tap]);
    const file = join(folder, "user-data");
    writeFileSync(file, text);
    space.start([process.execPath, "test/e2e/support/metadata-server.ts", METADATA, kind, file]);
    const call = ["curl", "--silent", "--output", "/dev/null", "--max-time", "5", `http://${METADATA}/`];
    await eventually("the metadata service answers", 20_000, () =>
      space.runAsync(call).then(
        () => true,
        () => false,
      ),
    );
  }

  /** The front page, from the place that `text` says is ready. */
  async function served(text: string): Promise<string> {
    const site = /ready: (http:\/\/[\d.:]+\/)/.exec(text)?.[1] ?? "";
    return space.runAsync(["curl", "--silent", "--show-error", "--max-time", "20", site]);
  }

  test("DHCP option 224 of dnsmasq, for a process and a VM; the boot's words weigh more", async () => {
    serveDhcp(`--dhcp-option=224,${remote} --port=81 --hook=/told --hostname=told`);
    program = new Program(space, "--log=debug", "--hook=/ours");
    await program.says(/ready: http:\/\/10\.97\.0\.5\d:81\//);
    expect(await served(program.text)).toContain("The first words of the front page.");
    for (const line of [
      "no remote is named where the machine boots: the network is asked for one",
      "--hook is from the arguments",
      "--remote is from DHCP option 224",
      "--hook is from DHCP option 224, where it does not count: see above",
    ])
      expect(program.text).toContain(line);
    await program.stop();
    program = undefined;
    const netdev = `tap,id=n0,ifname=${space.tap},script=no,downscript=no,vhost=off`;
    vm = new Machine({ image: IMAGE, parameters: "", memory: 32, netdev, prefix: space.prefix });
    await vm.line(/ ready: http:\/\/10\.97\.0\.5\d:81\//, 60_000);
    expect(await served(vm.console)).toContain("The first words of the front page.");
  }, 120_000);

  test("EC2's user data, with a token; no secret of it is shown", async () => {
    serveDhcp("--dhcp-option=224,--port=82");
    await serveMetadata(
      "ec2",
      `#epiphyte\n# of the cloud\n${remote}\n--hook-secret=${SECRET}\n--log=debug\n--port=81\n`,
    );
    program = new Program(space);
    await program.says(/ready: http:\/\/10\.97\.0\.5\d:82\//);
    expect(await served(program.text)).toContain("The first words of the front page.");
    expect(program.text).toContain("--remote is from metadata at 169.254.169.254");
    expect(program.text).toContain("--port is from metadata at 169.254.169.254, where it does not count: see above");
    expect(program.text).not.toContain(SECRET);
  }, 60_000);

  test("Google's, to a machine with a fixed address; a mistake in it is named with its place", async () => {
    await serveMetadata("google", `#epiphyte\n${remote}\n--prot=81\n`);
    program = new Program(space, "--ipv4=10.97.0.9/24");
    await eventually("it ends", 20_000, () => program?.exited !== undefined);
    expect(program.exited).toBe(2);
    expect(program.text).toMatch(
      /unknown parameter "--prot=81" \(did you mean --port\?\) \(from metadata at 169\.254\.169\.254\)/,
    );
  }, 60_000);

  test("no remote anywhere: who was asked, and what each said; status 2", async () => {
    serveDhcp();
    await serveMetadata("portal");
    program = new Program(space, "--port=81");
    await eventually("it ends", 30_000, () => program?.exited !== undefined);
    expect(program.exited).toBe(2);
    for (const line of [
      "--remote is missing: which Git repository is the blog?",
      "the arguments: no --remote",
      "the file of EPIPHYTE_PARAMETERS: nothing",
      "DHCP option 224: the server has none",
      "metadata at 169.254.169.254: /latest/user-data: a page of HTML: this is no metadata service, but a proxy or a portal in its place",
      "All parameters: --help",
    ])
      expect(program.text).toContain(line);
    program = undefined;
  }, 60_000);

  test("a token of the boot is not shown to a remote that the network names", async () => {
    serveDhcp(`--dhcp-option=224,${remote}`);
    program = new Program(space, `--remote-token=${SECRET}`);
    await eventually("it ends", 20_000, () => program?.exited !== undefined);
    expect(program.exited).toBe(2);
    expect(program.text).toMatch(/--remote-token is not for a remote that the network names \(DHCP option 224\)/);
    expect(program.text).not.toContain(SECRET);
  }, 60_000);
});
