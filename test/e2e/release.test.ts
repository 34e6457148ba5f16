// A release: what the builds under test become in it, twice the same, and usable by those who have only its files. That two
// clones build the same bytes is tried by hand; that one program builds to the same bytes twice is in engine.test.ts.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { differences, materialsOf, type ReleaseFile, releaseFiles } from "../../image/build/release.ts";
import { type Bed, IMAGE, makeBed, PROCESS, remoteFor, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";

const PARTITION_OFFSET = 32_768;

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
