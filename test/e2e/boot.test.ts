// One file, every way in: PVH, the Linux boot protocol, UEFI, a disk by BIOS and by UEFI. Each boots and serves; what is
// wrong with a disk is said.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { diskImage } from "../../image/build/disk.ts";
import { buildLoader } from "../../image/build/loader.ts";
import { qcow2 } from "../../image/build/qcow2.ts";
import { root } from "../../image/build/run.ts";
import { vmdk } from "../../image/build/vmdk.ts";
import { Machine, type MachineOptions } from "../../tools/qemu.ts";
import { type Bed, freePort, IMAGE, makeBed, remoteFor, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";

const FIRMWARE = "/usr/share/OVMF";
const PARTITION_OFFSET = 32_768;

/** With less, OVMF itself lies where the image has to: 68 MB were seen to do. */
const UEFI_MEMORY = 72;

let bed: Bed;
let efi: string;
let disk: string;
let remote: string;
let vm: Vm | undefined;

beforeAll(async () => {
  bed = await makeBed("boot");
  remote = `--remote=${remoteFor(bed.git, "blog.git#main")}`;
  const loader = await buildLoader(readFileSync(join(root, IMAGE)));
  efi = join(bed.folder, "epiphyte.efi");
  disk = join(bed.folder, "disk.img");
  writeFileSync(efi, loader.efi);
  writeFileSync(disk, diskImage(loader, `# a comment\r\n${remote}\r\n`));
});
afterEach(() => vm?.stop());
afterAll(() => bed?.close());

async function serves(machine: Partial<MachineOptions>): Promise<string> {
  vm = await Vm.start({ git: bed.git, machine: { memory: 64, ...machine } });
  await vm.ready();
  const answer = await get(vm.port, "/Posts/First");
  expect(answer.status).toBe(200);
  expect(answer.text).toContain("Text of the first post.");
  return vm.machine.console;
}

/** Words for UEFI firmware with variables of its own. */
function uefi(): string[] {
  const variables = join(bed.folder, "variables.fd");
  copyFileSync(`${FIRMWARE}/OVMF_VARS_4M.fd`, variables);
  return [
    ...["-drive", `if=pflash,format=raw,readonly=on,file=${FIRMWARE}/OVMF_CODE_4M.fd`],
    ...["-drive", `if=pflash,format=raw,file=${variables}`],
  ];
}

const DRIVES = {
  "virtio-blk": (file: string) => ["-drive", `file=${file},format=raw,if=virtio`],
  IDE: (file: string) => ["-drive", `file=${file},format=raw,if=ide`],
  AHCI: (file: string) => [
    ...["-drive", `file=${file},format=raw,if=none,id=d0`, "-device", "ahci,id=a0"],
    ...["-device", "ide-hd,drive=d0,bus=a0.0"],
  ],
  NVMe: (file: string) => ["-drive", `file=${file},format=raw,if=none,id=d0`, "-device", "nvme,drive=d0,serial=1"],
} as const;

describe("without a disk", () => {
  test("the Linux boot protocol, with 14 MB", async () => {
    await serves({ image: efi, machine: "pc", memory: 14 });
  });

  test("the Linux boot protocol, with parameters in an initrd", async () => {
    const initrd = join(bed.folder, "parameters.txt");
    writeFileSync(initrd, `${remote}\n`);
    vm = await Vm.start({ git: bed.git, remote: "", machine: { image: efi, initrd } });
    await vm.ready();
  });

  test("UEFI, with its load options", async () => {
    await serves({ image: efi, memory: 128, extra: uefi() });
  });

  test.each(["BIOS", "UEFI"])("GRUB on %s", async (firmware) => {
    const folder = join(bed.folder, "iso");
    const iso = join(bed.folder, "grub.iso");
    mkdirSync(join(folder, "boot/grub"), { recursive: true });
    copyFileSync(efi, join(folder, "boot/epiphyte.efi"));
    writeFileSync(
      join(folder, "boot/grub/grub.cfg"),
      `set timeout=0\nmenuentry epiphyte {\n linux /boot/epiphyte.efi '${remote}'\n}\n`,
    );
    if (!existsSync(iso)) execFileSync("grub-mkrescue", ["-o", iso, folder], { stdio: "ignore" });
    const extra = [...(firmware === "UEFI" ? uefi() : []), "-cdrom", iso];
    await serves({ image: "", memory: 128, extra });
  });
});

describe("a disk", () => {
  test.each(["virtio-blk", "IDE", "AHCI", "NVMe"] as const)("BIOS, %s", async (drive) => {
    await serves({ image: "", machine: drive === "IDE" ? "pc" : "q35", extra: DRIVES[drive](disk) });
  });

  test("BIOS, without a local APIC, ACPI and MSI-X, as OpenBSD's vmm has it", async () => {
    const text = await serves({
      ...{ image: "", parameters: "", machine: "pc,acpi=off", cpu: "qemu64,-apic" },
      ...{ card: "virtio-net-pci,netdev=n0,vectors=0", extra: DRIVES["virtio-blk"](disk) },
    });
    expect(text).toContain("network card: virtio-net at ");
  });

  test("BIOS, 5 GB of memory", async () => {
    expect(await serves({ image: "", memory: 5120, extra: DRIVES["virtio-blk"](disk) })).toMatch(
      / 51\d\d MB of memory/,
    );
  });

  test.each(["virtio-blk", "NVMe"] as const)("UEFI, %s", async (drive) => {
    await serves({ image: "", memory: UEFI_MEMORY, extra: [...uefi(), ...DRIVES[drive](disk)] });
  });

  test("UEFI, 5 GB of memory", async () => {
    await serves({ image: "", memory: 5120, extra: [...uefi(), ...DRIVES["virtio-blk"](disk)] });
  });

  test("its file system is one, and so are its other forms", () => {
    const partition = join(bed.folder, "partition.img");
    const raw = readFileSync(disk);
    writeFileSync(partition, raw.subarray(PARTITION_OFFSET));
    execFileSync("fsck.fat", ["-n", partition], { stdio: "ignore" });
    for (const [name, bytes] of [
      ["disk.qcow2", qcow2(raw)],
      ["disk.vmdk", vmdk(raw, "disk.vmdk")],
    ] as const) {
      const file = join(bed.folder, name);
      writeFileSync(file, bytes);
      // Says "Images are identical" and exits 0, or tells where they are not.
      execFileSync("qemu-img", ["compare", disk, file], { stdio: "pipe" });
    }
    execFileSync("qemu-img", ["check", join(bed.folder, "disk.qcow2")], { stdio: "pipe" });
  });

  test("as qcow2, with an EPIPHYTE.TXT that was changed by other tools", async () => {
    const changed = join(bed.folder, "changed.img");
    const text = join(bed.folder, "new.txt");
    copyFileSync(disk, changed);
    // Longer than before: the file moves.
    writeFileSync(text, `${"# nothing\n".repeat(500)}${remote}\n--hostname=moved\n`);
    execFileSync("mcopy", ["-o", "-i", `${changed}@@${PARTITION_OFFSET}`, text, "::EPIPHYTE.TXT"]);
    const file = join(bed.folder, "changed.qcow2");
    writeFileSync(file, qcow2(readFileSync(changed)));
    await serves({ image: "", extra: ["-drive", `file=${file},format=qcow2,if=virtio`] });
  });
});

describe("a disk that is damaged is reported, on BIOS", () => {
  async function boots(damage: (disk: Uint8Array, view: DataView) => void): Promise<string> {
    const bytes = readFileSync(disk);
    damage(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
    const file = join(bed.folder, "damaged.img");
    writeFileSync(file, bytes);
    const port = await freePort();
    const machine = new Machine({
      image: "",
      parameters: "",
      memory: 64,
      netdev: `user,id=n0,hostfwd=tcp:127.0.0.1:${port}-:80`,
      extra: DRIVES["virtio-blk"](file),
    });
    try {
      return await machine.line(/Epiphyte: .*/, 20_000);
    } finally {
      await machine.stop();
    }
  }
  const root16 = (view: DataView): number =>
    PARTITION_OFFSET +
    (view.getUint16(PARTITION_OFFSET + 14, true) + 2 * view.getUint16(PARTITION_OFFSET + 22, true)) * 512;

  test("no file system", async () => {
    expect(await boots((bytes) => bytes.fill(0, PARTITION_OFFSET, PARTITION_OFFSET + 512))).toMatch(
      /no FAT16 file system/,
    );
  });

  test("no image", async () => {
    expect(await boots((bytes, view) => bytes.fill(0x41, root16(view) + 64, root16(view) + 70))).toMatch(
      /BOOTX64.EFI.*missing/,
    );
  });

  test("a chain of clusters that leads outside", async () => {
    // The cluster after the first of EPIPHYTE.TXT, the directories and the image.
    expect(await boots((_, view) => view.setUint16(PARTITION_OFFSET + 512 + 40, 0xfff0, true))).toMatch(/damaged/);
  });

  test("a parameters file that says it is a megabyte long", async () => {
    expect(await boots((_, view) => view.setUint32(root16(view) + 32 + 28, 1 << 20, true))).toMatch(
      /longer than 64 KB/,
    );
  });
});

test("a UEFI machine whose disk has no parameters says what is missing", async () => {
  const file = join(bed.folder, "empty.img");
  const loader = await buildLoader(readFileSync(join(root, IMAGE)));
  writeFileSync(file, diskImage(loader, "# nothing yet\r\n"));
  const machine = new Machine({
    image: "",
    parameters: "",
    memory: UEFI_MEMORY,
    // The network could name a remote as well, so it is asked first.
    netdev: "user,id=n0,restrict=on",
    extra: [...uefi(), ...DRIVES["virtio-blk"](file)],
  });
  await machine.line(/remote/, 60_000);
  await machine.stop();
});
