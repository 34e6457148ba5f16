// The table of boot parameters: names, and what the usage says of each. config.ts gives them their meaning.

export interface ParameterDescription {
  /** What stands for the value in the usage; "" for a switch. */
  readonly value: string;
  readonly repeatable: boolean;
  readonly help: string;
}

const entry = (value: string, help: string, repeatable = false): ParameterDescription => ({ value, help, repeatable });

export const PARAMETERS = {
  remote: entry("URL[#BRANCH]", "the Git repository to serve (also -r); required"),
  ipv4: entry("A.B.C.D/N", "static address; without it DHCP is asked"),
  "ipv4-gateway": entry("A.B.C.D", "router of the static address"),
  dns: entry("A.B.C.D[,...]", "resolvers, asked before those that DHCP names; may be repeated", true),
  port: entry("PORT", "HTTP port (80)"),
  hook: entry("PATH", "path of the webhook that makes it fetch (/push)"),
  "hook-secret": entry("TEXT", "webhooks must be signed with this key (HMAC-SHA-256)"),
  syslog: entry("HOST[:PORT]", "send the log there as well (RFC 5424 over UDP; port 514)"),
  hostname: entry("NAME", "its name in the log and for DHCP (epiphyte)"),
  log: entry("LEVEL", "trace, debug, info, warn, error, fatal or silent (info)"),
  tap: entry("NAME", "process target: the TAP device to use"),
  "no-checksum-offload": entry("", "compute checksums ourselves"),
  "no-segment-offload": entry("", "cut TCP segments ourselves"),
  "no-merge-rx": entry("", "one receive buffer a frame"),
  "no-event-index": entry("", "plain virtqueue notifications"),
  help: entry("", "print this and stop"),
} as const satisfies Record<string, ParameterDescription>;

export type ParameterName = keyof typeof PARAMETERS;

export function isParameter(name: string): name is ParameterName {
  return Object.hasOwn(PARAMETERS, name);
}

/** The text of `--help`, also printed under a configuration error. */
export function usage(): string {
  const lines = Object.entries(PARAMETERS).map(([name, { value, help }]) => {
    const left = `  --${name}${value === "" ? "" : `=${value}`}`;
    return `${left.padEnd(30)} ${help}`;
  });
  return [
    "Epiphyte serves a blog from a Git repository. Parameters, on the kernel command line (quotes keep blanks",
    "together) or one a line in a boot module:",
    "",
    ...lines,
    "",
    "Example: --remote=http://git.example/blog.git#main --syslog=10.0.0.9",
    "",
  ].join("\n");
}

/** A parameter whose name is at most two edits away, for "did you mean". */
export function nearestParameter(word: string): string | undefined {
  const given = word.replace(/^-+/, "").toLowerCase().slice(0, 40);
  let best: string | undefined;
  let least = 3;
  for (const name of Object.keys(PARAMETERS)) {
    const distance = editDistance(given, name);
    if (distance < least && distance < name.length - 1) {
      best = name;
      least = distance;
    }
  }
  return best;
}

/**
 * What Firecracker, QEMU's microvm, boot loaders and cloud images put on a command line meant for Linux. These words are
 * left alone; any other word that is not ours is an error, because a typing mistake should not pass unseen.
 */
const LINUX = new Set(
  `console root ro rw rootfstype rootflags init quiet reboot panic pci acpi noapic nomodules nomodule loglevel splash
   earlyprintk earlycon virtio_mmio.device 8250.nr_uarts random.trust_cpu random.trust_bootloader tsc swiotlb
   noreplace-smp no_timer_check BOOT_IMAGE net.ifnames biosdevname`.split(/\s+/),
);

export function isIgnoredKernelParameter(name: string): boolean {
  return LINUX.has(name) || name.startsWith("i8042.") || name.startsWith("virtio_mmio.");
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1;
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + change));
    }
    previous = row;
  }
  return previous[b.length]!;
}
