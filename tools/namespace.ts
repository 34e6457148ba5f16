// A network namespace of our own with one TAP device: the network that the process target and the VM are tested in.
// Needs root. Everything in it goes when it is removed.

import { type ChildProcess, execFile, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { promisify } from "node:util";

export class Namespace {
  readonly name: string;
  readonly tap = "tap0";
  /** The namespace's own end: gateway, name server, Git server, syslog receiver. */
  readonly address: string;
  readonly #children: ChildProcess[] = [];

  /** `octet` makes 10.N.0.1/24: several at once must differ. With `vnetHeader` the TAP is left to its opener to set up. */
  constructor(name: string, octet: number) {
    this.name = name;
    this.address = `10.${octet}.0.1`;
    ip("netns", "add", name);
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "tuntap", "add", "dev", this.tap, "mode", "tap", "vnet_hdr");
    ip("-n", name, "addr", "add", `${this.address}/24`, "dev", this.tap);
    ip("-n", name, "link", "set", this.tap, "up");
  }

  /** A second TAP, tap1, on one bridge with the first; the bridge has the address then. */
  bridgeSecondTap(): void {
    for (const line of [
      "link add br0 type bridge",
      `addr flush dev ${this.tap}`,
      `link set ${this.tap} master br0`,
      "tuntap add dev tap1 mode tap",
      "link set tap1 master br0 up",
      `addr add ${this.address}/24 dev br0`,
      "link set br0 up",
    ])
      ip("-n", this.name, ...line.split(" "));
  }

  /** Words to put before a command so that it runs in here. */
  get prefix(): readonly string[] {
    return ["ip", "netns", "exec", this.name];
  }

  /** Starts a command in here; it ends with the namespace at the latest. */
  start(words: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [command = "", ...rest] = [...this.prefix, ...words];
    const child = spawn(command, rest, { stdio: "ignore", ...options });
    child.on("error", () => undefined);
    this.#children.push(child);
    return child;
  }

  /** Runs a command to its end and returns what it printed; throws with its error text when it fails. */
  run(words: readonly string[], timeoutMs = 30_000): string {
    const [command = "", ...rest] = [...this.prefix, ...words];
    return execFileSync(command, rest, { encoding: "utf8", timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 });
  }

  /** The same while this program goes on, as it must when it is part of the network. */
  async runAsync(words: readonly string[], timeoutMs = 30_000): Promise<string> {
    const [command = "", ...rest] = [...this.prefix, ...words];
    const options = { encoding: "utf8", timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 } as const;
    return (await promisify(execFile)(command, rest, options)).stdout;
  }

  async remove(): Promise<void> {
    for (const child of this.#children) child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const child of this.#children) if (child.exitCode === null) child.kill("SIGKILL");
    ip("netns", "del", this.name);
  }
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}
