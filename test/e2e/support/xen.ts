// A host of Xen in the emulator: Xen itself, Debian's kernel as its dom0 with a small root of its own, a bridge that
// QEMU's user network is on. The image under test is a guest of it, with one network card.
//
// Flags that matter on QEMU: SMAP kills the dom0 of Debian 12, MWAIT panics Xen. The guest has tsc_mode="native": else
// each look at the clock is an exit, two deep.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { want, wantXen } from "../../../tools/setup.ts";
import { eventually } from "./peers.ts";

const BUILT_IN_MEMORY_MB = 768;
const DOM0_MEMORY_MB = 384;
/** What a device model wants besides, and how much of it dom0. */
const MODEL_MEMORY_MB = 512;
const MODEL_DOM0_MEMORY_MB = 416;
const BOOT_LIMIT_MS = 120_000;
const MODULES = [
  ...["drivers/xen/xen-evtchn", "drivers/xen/xen-privcmd", "drivers/xen/xen-gntdev", "drivers/xen/xen-gntalloc"],
  ...["drivers/xen/xenfs/xenfs", "net/llc/llc", "net/802/stp", "net/bridge/bridge"],
  ...["drivers/net/xen-netback/xen-netback", "drivers/net/ethernet/intel/e1000/e1000", "drivers/net/tun"],
];
const TOOLS = ["xl", "xenstored", "xenconsoled", "xen-init-dom0", "libxl-save-helper"];

/** Undefined: Xen's packages or the programs that pack them cannot be had. */
export function wantXenHost(): string | undefined {
  return want("qemu-system-x86_64", "busybox") ? wantXen() : undefined;
}

/** Of a guest with emulated devices. */
const DEVICE_MODEL = "/usr/libexec/xen-qemu-system-i386";
const KEYS = "/usr/share/qemu/keymaps/en-us";
const BIOS = "/usr/share/seabios/bios-256k.bin";
/** What an emulated card has besides. */
const CARD_ROM = "/usr/lib/ipxe/qemu/efi-e1000.rom";

/** Whether guests with emulated devices can be had as well. */
export function wantDeviceModel(): boolean {
  return want(DEVICE_MODEL, KEYS) && existsSync(BIOS) && existsSync(CARD_ROM);
}

export interface XenHostOptions {
  /** What wantXenHost has found. */
  readonly packages: string;
  /** Where what is made for this host goes. */
  readonly folder: string;
  /** A port of this host's loopback that leads to port 80 of the first guest that asks for an address. */
  readonly port: number;
  /** The guests: /g/NAME.cfg, and the image as /g/image.elf. */
  readonly image: string;
  readonly guests: Readonly<Record<string, string>>;
  /** A disk of theirs, /g/disk.img: then they may have emulated devices. */
  readonly disk?: string;
}

/** A guest's configuration. */
export function guestConfig(name: string, parameters: string, more = ""): string {
  return [
    `name="${name}"`,
    'type="pvh"',
    'kernel="/g/image.elf"',
    `extra="${parameters}"`,
    "memory=32",
    "vcpus=1",
    'tsc_mode="native"',
    'vif=["mac=00:16:3e:00:00:03,bridge=xenbr0,script=vif-test"]',
    'on_crash="destroy"',
    more,
    "",
  ].join("\n");
}

/** Of a guest with emulated devices, but for its card, which boots from its disk. */
export function emulatedGuestConfig(name: string): string {
  return [
    `name="${name}"`,
    'type="hvm"',
    `device_model_override="${DEVICE_MODEL}"`,
    'bios="seabios"',
    `bios_path_override="${BIOS}"`,
    'disk=["format=raw,backendtype=qdisk,vdev=hda,access=rw,target=/g/disk.img"]',
    "memory=64",
    "vcpus=1",
    'tsc_mode="native"',
    'vif=["type=vif,mac=00:16:3e:00:00:03,bridge=xenbr0,script=vif-test"]',
    'serial="file:/var/log/xen/guest-g.log"',
    'vga="none"',
    "vnc=0",
    "usb=0",
    'on_crash="destroy"',
    "",
  ].join("\n");
}

export class XenHost {
  readonly process: ChildProcess;
  text = "";
  #exited = false;
  #asked = 0;

  constructor(options: XenHostOptions) {
    const { folder, packages } = options;
    const [more, moreOfDom0] = options.disk === undefined ? [0, 0] : [MODEL_MEMORY_MB, MODEL_DOM0_MEMORY_MB];
    const dom0 = DOM0_MEMORY_MB + moreOfDom0;
    const kernel = kernelOf(packages);
    const initrd = join(folder, "dom0.cpio");
    makeInitrd(packages, join(folder, "root"), initrd, options);
    const words = [
      ...["-accel", "tcg", "-M", "pc", "-cpu", "EPYC,+svm,+npt,-smap,-monitor", "-smp", "1"],
      ...["-m", `${BUILT_IN_MEMORY_MB + more}`, "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio"],
      ...["-netdev", `user,id=n0,hostfwd=tcp:127.0.0.1:${options.port}-10.0.2.15:80`, "-device", "e1000,netdev=n0"],
      ...["-kernel", hypervisorOf(packages, folder)],
      "-append",
      `console=com1 com1=115200,8n1 dom0_mem=${dom0}M,max:${dom0}M dom0_max_vcpus=1 guest_loglvl=all`,
      ...["-initrd", `${kernel} console=hvc0 quiet,${initrd}`],
    ];
    this.process = spawn("qemu-system-x86_64", words, { stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding("latin1").on("data", (data: string) => {
        this.text += data.replaceAll("\r", "");
      });
    this.process.on("exit", () => {
      this.#exited = true;
    });
  }

  /** Waits for a line of the console, from `from` of the text on. */
  async line(pattern: RegExp, timeoutMs: number, from = 0): Promise<RegExpExecArray> {
    return eventually(
      () => `${pattern} on Xen's console:\n${this.text.slice(-4000)}`,
      timeoutMs,
      () => {
        const found = pattern.exec(this.text.slice(from));
        if (found === null && this.#exited) throw new Error(`Xen has ended:\n${this.text.slice(-4000)}`);
        return found ?? undefined;
      },
    );
  }

  ready(): Promise<RegExpExecArray> {
    return this.line(/^@ready$/m, BOOT_LIMIT_MS);
  }

  /** Runs a line in dom0's shell: its status and what it printed. */
  async run(command: string, timeoutMs = 30_000): Promise<{ readonly status: number; readonly text: string }> {
    const from = this.text.length;
    this.#asked++;
    this.process.stdin?.write(`${command}; echo "@done ${this.#asked} $?"\n`);
    const done = await this.line(new RegExp(`^@done ${this.#asked} (\\d+)$`, "m"), timeoutMs, from);
    return { status: Number(done[1]), text: this.text.slice(from, from + done.index) };
  }

  async stop(): Promise<void> {
    if (this.#exited) return;
    this.process.kill("SIGKILL");
    await eventually("QEMU ends", 5000, () => this.#exited);
  }
}

function kernelOf(packages: string): string {
  const boot = join(packages, "boot");
  const packed = readdirSync(boot).find((name) => name.startsWith("vmlinuz-"))!;
  const plain = join(boot, packed.replace("vmlinuz", "vmlinux"));
  if (existsSync(plain)) return plain;
  // Linux boot protocol: what is packed lies behind the set-up code. Unpacking it here saves it from the emulator.
  const image = readFileSync(join(boot, packed));
  const begin = ((image[0x1f1]! || 4) + 1) * 512 + image.readUInt32LE(0x248);
  const input = image.subarray(begin, begin + image.readUInt32LE(0x24c));
  const unpacked = spawnSync("xz", ["--decompress", "--single-stream", "--stdout"], { input, maxBuffer: 2 ** 28 });
  if (unpacked.status !== 0 || unpacked.stdout.length === 0) return join(boot, packed);
  writeFileSync(plain, unpacked.stdout);
  return plain;
}

function hypervisorOf(packages: string, folder: string): string {
  const boot = join(packages, "boot");
  const packed = readdirSync(boot).find((name) => /^xen-[\d.]+-amd64\.gz$/.test(name))!;
  const plain = join(folder, "xen");
  writeFileSync(plain, execFileSync("gunzip", ["--stdout", join(boot, packed)], { maxBuffer: 2 ** 28 }));
  return plain;
}

/** dom0's root: Xen's tools with their libraries, busybox, modules, and /init. */
function makeInitrd(packages: string, root: string, archive: string, options: XenHostOptions): void {
  const place = (from: string, to: string): void => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(realpathSync(from), join(root, to));
  };
  for (const folder of ["bin", "dev", "proc", "sys", "run/lock", "run/xen", "tmp", "var/log/xen", "var/lib/xen", "g"])
    mkdirSync(join(root, folder), { recursive: true });
  mkdirSync(join(root, "var/lib/xenstored"), { recursive: true });
  symlinkSync("/run", join(root, "var/run"));
  symlinkSync("/run/lock", join(root, "var/lock"));
  place("/bin/busybox", "bin/busybox");
  const lib = join(packages, "usr/lib");
  const own = readdirSync(lib).find((name) => name.startsWith("xen-"))!;
  for (const tool of TOOLS) place(join(lib, own, "bin", tool), `usr/lib/${own}/bin/${tool}`);
  for (const tool of ["xenstore-read", "xenstore-write", "xenstore-ls"])
    place(join(packages, "usr/bin", tool), `usr/bin/${tool}`);
  place(join(packages, "lib64/ld-linux-x86-64.so.2"), "lib64/ld-linux-x86-64.so.2");
  for (const folder of ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"])
    for (const name of readdirSync(join(packages, folder)))
      if (/\.so(\.[\d.]+)?$/.test(name)) place(join(packages, folder, name), `lib/x86_64-linux-gnu/${name}`);
  const modules = join(packages, "lib/modules");
  for (const module of MODULES)
    place(join(modules, readdirSync(modules)[0]!, "kernel", `${module}.ko`), `mod/${basename(module)}.ko`);
  place(options.image, "g/image.elf");
  if (options.disk !== undefined) {
    place(options.disk, "g/disk.img");
    for (const file of [DEVICE_MODEL, KEYS, BIOS]) place(file, file);
    place(CARD_ROM, `usr/share/qemu/${basename(CARD_ROM)}`);
    place(join(lib, own, "boot/hvmloader"), `usr/lib/${own}/boot/hvmloader`);
    for (const [, file] of execFileSync("ldd", [DEVICE_MODEL], { encoding: "utf8" }).matchAll(/=> (\/\S+)/g))
      place(file!, `lib/x86_64-linux-gnu/${basename(file!)}`);
  }
  for (const [name, text] of Object.entries(options.guests)) writeFileSync(join(root, `g/${name}.cfg`), text);
  mkdirSync(join(root, "etc/xen/scripts"), { recursive: true });
  writeFileSync(
    join(root, "etc/xen/scripts/vif-test"),
    '#!/bin/sh\n[ "$1" = online ] || exit 0\nip link set $vif up; brctl addif xenbr0 $vif\n' +
      "xenstore-write $XENBUS_PATH/hotplug-status connected\n",
  );
  writeFileSync(join(root, "init"), init(`/usr/lib/${own}/bin`));
  for (const file of ["init", "etc/xen/scripts/vif-test"]) chmodSync(join(root, file), 0o755);
  const names = execFileSync("find", ["."], { cwd: root });
  const packed = spawnSync("busybox", ["cpio", "-o", "-H", "newc"], { cwd: root, input: names, maxBuffer: 2 ** 28 });
  writeFileSync(archive, packed.stdout);
}

/** Begins Xen's services, then runs what comes on the console, line by line. */
function init(tools: string): string {
  return `#!/bin/busybox sh
export PATH=/bin:/usr/bin:${tools} LD_LIBRARY_PATH=/lib/x86_64-linux-gnu; /bin/busybox --install -s /bin
mount -t devtmpfs n /dev; mount -t proc n /proc; mount -t sysfs n /sys; mkdir -p /dev/pts; mount -t devpts n /dev/pts
exec >/dev/hvc0 2>&1 </dev/hvc0
stty -echo
for m in ${MODULES.map((module) => basename(module)).join(" ")}; do insmod /mod/$m.ko; done
mount -t xenfs n /proc/xen
ip link set lo up; brctl addbr xenbr0; ip link set eth0 up; brctl addif xenbr0 eth0
ip addr add 10.0.2.99/24 dev xenbr0; ip link set xenbr0 up
xenstored --pid-file /run/xen/xenstored.pid; xen-init-dom0
xenconsoled --log=guest --log-dir=/var/log/xen --pid-file=/run/xen/xenconsoled.pid
touch /var/log/xen/guest-g.log; tail -f /var/log/xen/guest-g.log | while read -r l; do echo "guest: $l"; done &
echo @ready
while read -r line; do eval "$line"; done
poweroff -f
`;
}
