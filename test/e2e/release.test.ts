// A release: what the builds under test become in it, twice the same, and usable by those who have only its files. That two
// clones build the same bytes is tried by hand; that one program builds to the same bytes twice is in engine.test.ts.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { differences, materialsOf, type ReleaseFile, releaseFiles } from "../../image/build/release.ts";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { type Bed, IMAGE, makeBed, PROCESS, remoteFor, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";
import { eventually } from "./support/peers.ts";

const PARTITION_OFFSET = 32_768;
const OCTET = 98;
/** As the deploy kit has it: nobody in particular. */
const USER = "65532";
const containers = isRoot() && want("skopeo", "umoci", "ip", "curl", "git");
const why = containers ? "" : " (skipped: needs root, skopeo, umoci, ip, curl and git)";

let bed: Bed;
let files: readonly ReleaseFile[];
let folder: string;

beforeAll(async () => {
  bed = await makeBed("release");
  folder = bed.folder;
  files = await releaseFiles(IMAGE, PROCESS);
  for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
});
afterAll(() => bed?.close());

test("packed a second time it is the same bytes", async () => {
  const again = await releaseFiles(IMAGE, PROCESS);
  expect(again.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
  for (const [i, { name, bytes }] of again.entries())
    expect(Buffer.from(bytes).equals(files[i]!.bytes), name).toBe(true);
});

test("its hashes are those of its files, for sha256sum and for --verify", async () => {
  execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: folder, stdio: "pipe" });
  expect(readFileSync(join(folder, "SHA256SUMS"), "utf8").trim().split("\n")).toHaveLength(files.length - 1);
  for (const { name } of files) expect(await differences(join(folder, name), files)).toEqual([]);
});

test("--verify says which file was changed, and from where on", async () => {
  const file = join(folder, "epiphyte.efi");
  const bytes = readFileSync(file);
  bytes[70_000] = bytes[70_000]! ^ 1;
  writeFileSync(file, bytes);
  expect((await differences(file, files)).join("\n")).toContain("epiphyte.efi differs, from byte 70000 on");
  bytes[70_000] = bytes[70_000]! ^ 1;
  writeFileSync(file, bytes);
});

test("its bill of materials names every package whose modules are in the programs", async () => {
  const { bundled } = await materialsOf([IMAGE, PROCESS]);
  expect(bundled.length).toBeGreaterThan(6);
  const text = readFileSync(join(folder, "epiphyte.cdx.json"), "utf8");
  const bill = JSON.parse(text) as { components: { name: string; scope?: string }[] };
  const names = bill.components.map(({ name }) => name);
  expect(bundled.filter((name) => !names.includes(name))).toEqual([]);
  const notice = readFileSync("NOTICE", "utf8");
  expect(bundled.filter((name) => !notice.includes(` ${name} `))).toEqual([]);
  const licences = readFileSync(join(folder, "LICENSES.txt"), "utf8");
  expect(bundled.filter((name) => !licences.includes(`\n${name}\n===`))).toEqual([]);
});

test("the disk of its appliance is the disk that it has packed otherwise", () => {
  execFileSync("gunzip", ["--keep", "epiphyte.img.gz"], { cwd: folder });
  execFileSync("tar", ["-xf", "epiphyte.ova"], { cwd: folder });
  for (const other of ["epiphyte-disk1.vmdk", "epiphyte.vmdk", "epiphyte.qcow2"])
    execFileSync("qemu-img", ["compare", "epiphyte.img", other], { cwd: folder, stdio: "pipe" });
});

test("its disk serves the blog that EPIPHYTE.TXT was made to name", async () => {
  const disk = join(folder, "epiphyte.img");
  const text = join(folder, "my.txt");
  writeFileSync(text, `--remote=${remoteFor(bed.git, "blog.git#main")}\n`);
  execFileSync("mcopy", ["-o", "-i", `${disk}@@${PARTITION_OFFSET}`, text, "::EPIPHYTE.TXT"]);
  const vm = await Vm.start({
    git: bed.git,
    machine: { image: "", memory: 64, extra: ["-drive", `file=${disk},format=raw,if=virtio`] },
  });
  try {
    await vm.ready();
    expect((await get(vm.port, "/Posts/First")).status).toBe(200);
  } finally {
    await vm.stop();
  }
});

test("its deploy kit makes the disk of a host out of the folder that it lies in, without our packages", () => {
  const words = ["proxmox", "--name=kit", "--remote=http://git.example/kit.git", "--out=host"];
  // Neither the working directory nor the environment leads near node_modules.
  const said = execFileSync(process.execPath, ["epiphyte-deploy.mjs", ...words], {
    cwd: folder,
    encoding: "utf8",
    env: { INIT_CWD: folder },
  });
  expect(said).toContain("On the host, with the files in /var/lib/epiphyte:");
  execFileSync("qemu-img", ["convert", "-O", "raw", "host/kit.qcow2", "host/kit.img"], { cwd: folder });
  const text = execFileSync("mtype", ["-i", `host/kit.img@@${PARTITION_OFFSET}`, "::EPIPHYTE.TXT"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(text).toContain("--remote=http://git.example/kit.git");
});

// What a container runtime does, but for its namespaces of users and processes: those that run here want other cgroups.
test.skipIf(!containers)(`its container image, unpacked, serves for a user without any privilege${why}`, async () => {
  const bundle = join(folder, "bundle");
  execFileSync("skopeo", ["copy", "--quiet", "oci-archive:epiphyte-oci.tar", "oci:layout:one"], { cwd: folder });
  execFileSync("umoci", ["unpack", "--image", "layout:one", bundle], { cwd: folder, stdio: "pipe" });
  const config = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as { process: { args: string[] } };
  const rootfs = join(bundle, "rootfs");
  mkdirSync(join(rootfs, "dev/net"), { recursive: true });
  const space = new Namespace(`epiphyte-oci-${process.pid}`, OCTET);
  try {
    const [near, far] = [`10.${OCTET}.1.1`, `10.${OCTET}.1.2`];
    space.run(["ip", "tuntap", "add", "dev", "tap1", "mode", "tap", "user", USER, "vnet_hdr"]);
    space.run(["ip", "addr", "add", `${near}/24`, "dev", "tap1"]);
    space.run(["ip", "link", "set", "tap1", "up"]);
    space.start([process.execPath, "tools/git-server.ts", bed.blog.root, near, "8000"]);
    // As runtimes make it: for everybody.
    execFileSync("mknod", ["--mode=666", join(rootfs, "dev/net/tun"), "c", "10", "200"]);
    const program = [
      ...config.process.args,
      "--tap=tap1",
      `--ipv4=${far}/24`,
      `--remote=http://${near}:8000/blog.git#main`,
    ];
    const child = space.start(["chroot", `--userspec=${USER}:${USER}`, rootfs, ...program], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        text += data;
      });
    await eventually(
      () => `it is ready:\n${text}`,
      20_000,
      () => text.includes("ready: http"),
    );
    const page = await space.runAsync(["curl", "--silent", "--show-error", "--max-time", "20", `http://${far}/`]);
    expect(page).toContain("The first words of the front page.");
  } finally {
    await space.remove();
  }
});
