// Boots a small C main() on the bare machine under QEMU TCG, over memory sizes, machines and processors, and then once for
// each fault that the page tables and traps must catch. Run: node test/image/metal.e2e.ts [a word of the case's name]
// Prints one line a case and at last `N passed, N failed, N skipped`; the exit status is 1 when a case failed.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { trapCrashes } from "../../image/build/crashes.ts";
import {
  commonFlags,
  heapFlags,
  heapSource,
  ownFlags,
  virtualCFlags,
  virtualLinkFlags,
  virtualSources,
} from "../../image/build/sources.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(root, "build/test-metal");
const BOOT_LIMIT_MS = 30_000;
const IDLE_MS = 5_000;
/** CPU that QEMU may use while the guest idles, of IDLE_MS. */
const IDLE_CPU_MS = 250;

interface Boot {
  readonly name: string;
  readonly machine?: string;
  readonly memory?: string;
  readonly cpu?: string;
  readonly extra?: readonly string[];
  readonly line: string;
  /** It halts, and QEMU is ended as soon as it has said what is expected. */
  readonly halts?: boolean;
  /** Every one must be found in what the console said. */
  readonly expect: readonly RegExp[];
}

function run(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}\n${done.stderr}`);
}

async function build(name: string): Promise<string> {
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const compile = (source: string, flags: readonly string[]): string => {
    const object = join(folder, `${source.replaceAll("/", "_")}.o`);
    run("musl-gcc", [...commonFlags(root), ...ownFlags, ...flags, "-c", source, "-o", object]);
    return object;
  };
  const objects = virtualSources.map((source) => compile(source, virtualCFlags));
  objects.push(
    compile(heapSource, heapFlags),
    compile("test/image/metal.c", ["-fno-builtin", "-Wno-infinite-recursion", "-Wno-array-bounds"]),
  );
  const elf = join(folder, "metal.elf");
  run("musl-gcc", [...virtualLinkFlags(root), ...objects, "-o", elf]);
  await trapCrashes(elf);
  return elf;
}

function qemu(elf: string, boot: Boot): ChildProcess {
  return spawn("qemu-system-x86_64", [
    ...["-accel", "tcg", "-M", boot.machine ?? "q35", "-cpu", boot.cpu ?? "max", "-m", boot.memory ?? "64"],
    ...["-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", elf, "-append", boot.line],
    ...(boot.extra ?? []),
  ]);
}

/** What the console said until the machine ended, or undefined when it did not end by itself in time. */
function console(elf: string, boot: Boot): Promise<{ readonly text: string; readonly ended: boolean }> {
  return new Promise((resolve) => {
    const child = qemu(elf, boot);
    let text = "";
    let ended = true;
    const timer = setTimeout(() => {
      ended = false;
      child.kill("SIGKILL");
    }, BOOT_LIMIT_MS);
    child.stdout?.on("data", (data: Buffer) => {
      text += data.toString("latin1");
      if (boot.halts && boot.expect.every((pattern) => pattern.test(text))) child.kill("SIGKILL");
    });
    child.stderr?.on("data", (data: Buffer) => {
      text += data.toString("latin1");
    });
    child.on("close", () => {
      clearTimeout(timer);
      resolve({ text, ended });
    });
  });
}

/** Milliseconds of CPU (user and system) that the process has used, from /proc. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function idleCpu(elf: string): Promise<number> {
  const child = qemu(elf, { name: "", line: "idle", expect: [] });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const before = cpuMs(child.pid ?? 0);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const used = cpuMs(child.pid ?? 0) - before;
  child.kill("SIGKILL");
  return used;
}

const GOOD = [
  /main 1 epiphyte/,
  /target virtual on tcg/,
  /parameters report/,
  /tls 77, vector 1\.414, xcr0 [37]\r/,
  /credited 1/,
  /messages to (fee00000|0)\r/,
  /map memory 0, map null 0, map high 1/,
  /heap works, memory works/,
  /woken 1/,
  /slept [1-4]\d{6} us, wall [1-4]\d{3} ms/,
  /\nend\r?\n$/,
];
const DYING = [/described/, /epiphyte: power off, status 1\r?\n$/];

function good(name: string, boot: Omit<Boot, "name" | "line" | "expect">, ...more: readonly RegExp[]): Boot {
  return { name, ...boot, line: "report", expect: [...GOOD, ...more] };
}

function fault(line: string, ...expect: readonly RegExp[]): Boot {
  return { name: `fault ${line}`, line, expect: [...DYING, ...expect] };
}

const initrd = join(out, "module.txt");
const WX = /write to read-only memory \(W\^X\)/;
const NX = /execution of data \(W\^X\)/;

const boots: readonly Boot[] = [
  good("q35, 24 MB", { memory: "24" }, /stack 1\d\d\d KB/, /random 1 differ 1 getentropy 0/),
  good("q35, 12 MB", { memory: "12" }),
  good("q35, 256 MB", { memory: "256" }),
  good("q35, 5120 MB", { memory: "5120" }, /megabytes (49|5[01])\d\d/, /stack 8192 KB/),
  good("pc, 24 MB", { machine: "pc", memory: "24" }),
  good("pc, 5120 MB", { machine: "pc", memory: "5120" }, /megabytes (49|5[01])\d\d/),
  good("qemu64", { cpu: "qemu64" }, /random 0 differ 0 getentropy -1/),
  good("no local APIC", { cpu: "qemu64,-apic" }, /messages to 0\r/),
  good("no local APIC on pc", { cpu: "max,-apic", machine: "pc", memory: "24" }, /messages to 0\r/),
  good("no local APIC, no PCI", { cpu: "qemu64,-apic", machine: "microvm,rtc=on" }, /messages to 0\r/),
  good("Nehalem", { cpu: "Nehalem" }, /random 0/),
  good("Nehalem on pc", { cpu: "Nehalem", machine: "pc" }),
  good("four processors", { extra: ["-smp", "4"] }),
  good("a module", { extra: ["-initrd", initrd] }, /module 3893 <line 0/),
  good("unknown devices", {
    extra: ["-device", "virtio-balloon-pci", "-device", "nec-usb-xhci"],
  }),
  good("counted instructions", { extra: ["-icount", "shift=0,sleep=off"] }, /slept 10000\d\d us|slept 10001\d\d us/),
  ...["max,-nx", "qemu64,-lm"].map((cpu) => ({
    name: `-cpu ${cpu}`,
    cpu,
    line: "report",
    halts: true,
    expect: [/^panic: this processor has no 64-bit mode, or no NX: .*\r\n/],
  })),
  good("AVX", {}, /xcr0 7/),
  good("no ACPI timer, no PCI", { machine: "microvm,rtc=on" }),
  { name: "instructions that end in the byte of hlt", line: "jumps", expect: [/\nend\r?\n$/] },
  { name: "status of main", line: "status", expect: [/epiphyte: power off, status 3\r?\n$/] },
  fault("text-write", WX, /stack: /),
  fault("rodata-write", WX),
  fault("rodata-run", NX),
  fault("data-run", NX),
  fault("heap-run", NX),
  fault("null-read", /read of 10: null pointer/),
  fault("null-call", /execution of 0: null pointer/),
  fault("wild-read", /read of 500000000000: nothing is mapped there/),
  fault("overflow", /stack overflow/),
  fault("divide", /trap 0 \(divide error\)/),
  fault("system-call", /panic: system call 57 /),
  fault("abort", /the C library aborted/),
  fault("crash", /panic: trap 3 \(breakpoint\)/),
  fault("double-free", /panic: heap: bad free/),
  { name: "a trap in a panic", line: "null-read twice", expect: [/described/, /status 1\r?\n$/] },
];

let passed = 0;
let failed = 0;

function tell(name: string, wrong: string): void {
  if (wrong === "") passed++;
  else failed++;
  process.stdout.write(`${wrong === "" ? "ok  " : "FAIL"} ${name}${wrong === "" ? "" : `\n${wrong}`}\n`);
}

const word = process.argv[2] ?? "";
const wanted = (name: string): boolean => name.includes(word);
const elf = await build("a");
writeFileSync(
  initrd,
  Array.from({ length: 490 }, (_, i) => `line ${i}`)
    .join("\n")
    .slice(0, 3893),
);

for (const boot of boots) {
  if (!wanted(boot.name)) continue;
  const { text, ended } = await console(elf, boot);
  const missing = boot.expect.filter((pattern) => !pattern.test(text)).map(String);
  if (!ended) missing.push(`did not end in ${BOOT_LIMIT_MS} ms`);
  tell(boot.name, missing.length === 0 ? "" : `missing: ${missing.join(" ")}\n${text}`);
}
if (wanted("idle")) {
  const used = await idleCpu(elf);
  tell("idle sleeps", used <= IDLE_CPU_MS ? "" : `${used} ms of CPU in ${IDLE_MS} ms`);
}
if (wanted("same bytes")) {
  tell("two builds give the same bytes", readFileSync(elf).equals(readFileSync(await build("b"))) ? "" : "they differ");
}
process.stdout.write(`${passed} passed, ${failed} failed, 0 skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
