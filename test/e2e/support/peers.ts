// Real peers inside a namespace: dnsmasq (DHCP and DNS), rsyslog, the Git server. Each ends with the namespace.

import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Namespace } from "../../../tools/namespace.ts";
import { which } from "../../../tools/setup.ts";

/** A folder that goes with the test. */
export function scratch(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `epiphyte-${name}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** DHCP for .50 to .59, names as given ("git.test" -> address); the lease's router and resolver are the namespace. */
export function startDnsmasq(
  ns: Namespace,
  folder: string,
  names: Readonly<Record<string, string>>,
  leaseSeconds = 120,
  more: readonly string[] = [],
): ChildProcess {
  const net = ns.address.slice(0, -1);
  const hosts = Object.entries(names).map(([name, address]) => `--address=/${name}/${address}`);
  return ns.start([
    which("dnsmasq") ?? "dnsmasq",
    ...["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--bind-interfaces"],
    ...[`--interface=${ns.tap}`, "--except-interface=lo", `--dhcp-range=${net}50,${net}59,${leaseSeconds}`],
    ...[`--dhcp-option=3,${ns.address}`, `--dhcp-option=6,${ns.address}`, `--dhcp-leasefile=${folder}/leases`],
    ...["--dhcp-authoritative", "--no-ping", `--pid-file=${folder}/dnsmasq.pid`, ...hosts, ...more],
  ]);
}

/** rsyslog on UDP 514 of the namespace; returns a function that reads what has arrived so far. */
export function startRsyslog(ns: Namespace, folder: string): () => string {
  writeFileSync(join(folder, "syslog.txt"), "");
  startCollector(ns, folder, ['module(load="imudp")', `input(type="imudp" port="514" address="${ns.address}")`]);
  return () => readFileSync(join(folder, "syslog.txt"), "utf8");
}

/** rsyslog with these inputs; what arrives is added to syslog.txt. */
export function startCollector(ns: Namespace, folder: string, inputs: readonly string[]): ChildProcess {
  const configuration = join(folder, "rsyslog.conf");
  mkdirSync(join(folder, "rsyslog"), { recursive: true });
  writeFileSync(
    configuration,
    [
      `global(workDirectory="${folder}/rsyslog")`,
      ...inputs,
      'template(name="all" type="string" string="%pri%|%protocol-version%|%timestamp%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n")',
      `action(type="omfile" file="${join(folder, "syslog.txt")}" template="all" asyncWriting="off" flushOnTXEnd="on")`,
      "",
    ].join("\n"),
  );
  return ns.start([which("rsyslogd") ?? "rsyslogd", "-n", "-f", configuration, "-i", `${folder}/rsyslog.pid`]);
}

/** Waits until the condition holds; throws with the words, made then, when it does not within the time. */
export async function eventually<T>(
  what: string | (() => string),
  timeoutMs: number,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > until) throw new Error(`not within ${timeoutMs} ms: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
