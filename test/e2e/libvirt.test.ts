// The domain that `npm run deploy -- libvirt` writes, run by a libvirtd of its own: created, rebooted and shut down by virsh
// as people do. In namespaces of its own for network and mounts, emulated: no KVM, no cgroups, no login service.

import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { planOf } from "../../image/deploy/deploy.ts";
import { HOSTS } from "../../image/deploy/hosts.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { IMAGE } from "./support/bed.ts";
import { scratch } from "./support/peers.ts";

const runs = isRoot() && want("libvirtd", "virt-xml-validate");
const LIMIT_MS = 100_000;

/** What libvirtd can do without, in a place where there is neither systemd nor a second user. */
const QEMU_CONF = `stdio_handler = "file"
cgroup_controllers = []
namespaces = []
security_driver = "none"
user = "root"
group = "root"
`;

/** Waits for a line of the console, or until it has asked often enough. */
const SCRIPT = `
until_line() { for _ in $(seq 200); do [ "$(grep -ac "$1" console.log 2>/dev/null)" -ge "$2" ] && return; sleep 0.2; done; }
ip link set lo up; ip link add br0 type bridge; ip link set br0 up
mount --bind qemu.conf /etc/libvirt/qemu.conf
libvirtd -f libvirtd.conf -p "$PWD/libvirtd.pid" 2>libvirtd.log & daemon=$!
for _ in $(seq 100); do [ -S libvirt-sock ] && break; sleep 0.2; done
[ -S libvirt-sock ] || { cat libvirtd.log; echo "no daemon"; kill $daemon; exit; }
virsh="timeout 30 virsh -c qemu+unix:///system?socket=$PWD/libvirt-sock"
$virsh create blog.xml; until_line "asking for an address" 1
$virsh reboot blog; until_line "asking for an address" 2
$virsh list --name
$virsh shutdown blog
for _ in $(seq 100); do [ -z "$($virsh list --name | tr -d '[:space:]')" ] && break; sleep 0.2; done
echo "left: $($virsh list --name | tr -d '[:space:]')"
$virsh destroy blog 2>/dev/null
kill $daemon; wait $daemon
`;

describe.skipIf(!runs)("a domain of libvirt (needs root, libvirtd and virsh)", () => {
  let folder: string;
  let said = "";
  let unavailable = "";
  let lines: readonly string[] = [];

  beforeAll(async () => {
    folder = scratch("libvirt");
    const { plan } = await planOf([
      "libvirt",
      "--remote=http://10.0.0.1/blog.git",
      "--name=blog",
      `--folder=${folder}`,
    ]);
    const text = HOSTS["libvirt"]!(plan).files[0]!.text;
    // Emulated, and the console in a file.
    const console = `<serial type="file"><source path="${folder}/console.log"/></serial>`;
    const emulated = text
      .replace('type="kvm"', 'type="qemu"')
      .replace("host-passthrough", "maximum")
      .replace('<serial type="pty"/>', console)
      .replace('<console type="pty"/>', "");
    copyFileSync(resolve(IMAGE), join(folder, "epiphyte.elf"));
    writeFileSync(join(folder, "blog.xml"), emulated);
    writeFileSync(join(folder, "qemu.conf"), QEMU_CONF);
    writeFileSync(join(folder, "libvirtd.conf"), `unix_sock_dir = "${folder}"\nauth_unix_rw = "none"\n`);
    const run = spawnSync("unshare", ["-n", "-m", "sh", "-c", SCRIPT], {
      cwd: folder,
      encoding: "utf8",
      timeout: LIMIT_MS,
    });
    said = `${run.stdout}${run.stderr}`;
    // Not everywhere may a daemon of one's own be run: that says nothing of the domain.
    if (said.includes("no daemon")) unavailable = `libvirtd does not run here: ${said.slice(-400)}`;
    else lines = readFileSync(join(folder, "console.log"), "latin1").split("\n");
  });
  beforeEach((context) => {
    if (unavailable !== "") context.skip(unavailable);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is created, and starts anew when virsh asks for it", () => {
    expect(said).toContain("Domain 'blog' created");
    expect(said).toContain("Domain 'blog' is being rebooted");
    expect(lines.filter((line) => line.includes("asking for an address by DHCP"))).toHaveLength(2);
  });

  test("powers off when virsh asks for it, with its last words", () => {
    expect(lines.some((line) => line.includes("the power button was pressed: powering off"))).toBe(true);
    expect(lines.some((line) => line.includes("good-bye"))).toBe(true);
    expect(said).toContain("left: \n");
  });
});
