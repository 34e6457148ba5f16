// Starts the image in QEMU and watches its console. Used by `npm start`, the end-to-end tests and the benches.

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";

export interface MachineOptions {
  /** What -kernel gets; "" when `extra` says from what it boots. */
  readonly image: string;
  /** The kernel command line. */
  readonly parameters: string;
  /** Memory in megabytes. */
  readonly memory?: number;
  /** "tcg" or "kvm". */
  readonly accel?: string;
  /** "q35" or "pc". */
  readonly machine?: string;
  readonly cpu?: string;
  /** What follows -netdev, with id=n0; undefined: no network card at all. */
  readonly netdev?: string;
  /** What follows -device for the card. */
  readonly card?: string;
  /** False: no virtio-rng. */
  readonly entropy?: boolean;
  /** A file given with -initrd. */
  readonly initrd?: string;
  /** More words for QEMU. */
  readonly extra?: readonly string[];
  /** Words before qemu-system-x86_64, such as ["ip", "netns", "exec", "name"]. */
  readonly prefix?: readonly string[];
  /** Hears each console line. */
  readonly onLine?: (line: string) => void;
}

export class Machine {
  readonly process: ChildProcess;
  readonly lines: string[] = [];
  #partial = "";
  #errors = "";
  #exited: number | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(options: MachineOptions) {
    const [command = "", ...words] = commandLine(options);
    this.process = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => this.#take(text, options.onLine));
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.process.on("error", (error) => {
      this.#errors += error.message;
      this.#exited = -1;
      this.#wake();
    });
    this.process.on("exit", (code) => {
      this.#exited = code ?? -1;
      this.#wake();
    });
  }

  /** The whole console so far, and what QEMU itself had to say. */
  get console(): string {
    return `${this.lines.join("\n")}\n${this.#partial}${this.#errors === "" ? "" : `\n[qemu] ${this.#errors}`}`;
  }

  get exited(): number | undefined {
    return this.#exited;
  }

  /** Resolves with the first console line that matches, also an earlier one; rejects when time is up or QEMU ends. */
  async line(pattern: RegExp, timeoutMs: number, from = 0): Promise<string> {
    const found = (): string | undefined => this.lines.slice(from).find((line) => pattern.test(line));
    await this.#until(() => found() !== undefined || this.#exited !== undefined, timeoutMs);
    const line = found();
    if (line === undefined)
      throw new Error(`no line ${pattern} on the console within ${timeoutMs} ms:\n${this.console}`);
    return line;
  }

  /** Resolves with QEMU's exit status. */
  async exit(timeoutMs: number): Promise<number> {
    await this.#until(() => this.#exited !== undefined, timeoutMs);
    if (this.#exited === undefined)
      throw new Error(`the machine did not power off within ${timeoutMs} ms:\n${this.console}`);
    return this.#exited;
  }

  /** CPU time that QEMU has used, in milliseconds (Linux: /proc/PID/schedstat of all its threads). */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.process.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async stop(): Promise<void> {
    if (this.#exited !== undefined) return;
    this.process.kill("SIGTERM");
    await this.#until(() => this.#exited !== undefined, 3000);
    if (this.#exited === undefined) this.process.kill("SIGKILL");
  }

  #take(text: string, onLine: ((line: string) => void) | undefined): void {
    const parts = (this.#partial + text).split("\n");
    this.#partial = parts.pop() ?? "";
    for (const part of parts) {
      const line = part.replace(/\r$/, "");
      this.lines.push(line);
      onLine?.(line);
    }
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
  }

  #until(done: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        resolve();
      };
      const check = (): void => {
        if (done()) finish();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiters.add(check);
      check();
    });
  }
}

export function commandLine(o: MachineOptions): string[] {
  const cpu = o.cpu ?? (o.accel === "kvm" ? "host" : "max");
  return [
    ...(o.prefix ?? []),
    "qemu-system-x86_64",
    ...["-accel", o.accel ?? "tcg", "-M", o.machine ?? "q35", "-cpu", cpu, "-m", String(o.memory ?? 64)],
    ...["-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio"],
    ...(o.image === "" ? [] : ["-kernel", o.image, "-append", o.parameters]),
    ...(o.initrd === undefined ? [] : ["-initrd", o.initrd]),
    ...(o.netdev === undefined ? [] : ["-netdev", o.netdev, "-device", o.card ?? "virtio-net-pci,netdev=n0"]),
    ...(o.entropy === false ? [] : ["-device", "virtio-rng-pci"]),
    ...(o.extra ?? []),
  ];
}

/**
 * KVM when the processor has vmx or svm and /dev/kvm may be opened; a /dev/kvm on a processor without them interprets
 * its guests and is slower than TCG.
 */
export function bestAccelerator(): "kvm" | "tcg" {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
    if (!/ (vmx|svm)( |$)/.test(flags)) return "tcg";
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return "kvm";
  } catch {
    return "tcg";
  }
}
