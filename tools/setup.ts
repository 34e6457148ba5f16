// What a machine must have, and how it gets it: `need("qemu-system-x86_64", ...)` checks for commands, installs the
// Debian packages that hold the missing ones when it may (root, or sudo without a password), else prints the one line
// that does and stops.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** Command -> Debian packages. */
const PACKAGES = {
  "musl-gcc": "musl-tools",
  // The headers are only recommended by gcc.
  gcc: "gcc libc6-dev",
  cmake: "cmake",
  ninja: "ninja-build",
  cargo: "cargo",
  git: "git",
  "qemu-system-x86_64": "qemu-system-x86",
  dnsmasq: "dnsmasq-base",
  radvd: "radvd",
  chronyd: "chrony",
  named: "bind9",
  openssl: "openssl",
  "gnutls-cli": "gnutls-bin",
  rsyslogd: "rsyslog",
  // The module with which it speaks TLS.
  "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so": "rsyslog-gnutls",
  tinyproxy: "tinyproxy-bin",
  wrk: "wrk",
  slowhttptest: "slowhttptest",
  h2load: "nghttp2-client",
  ab: "apache2-utils",
  readelf: "binutils",
  nginx: "nginx-light",
  curl: "curl",
  ip: "iproute2",
  ping: "iputils-ping",
  chromium: "chromium",
  certutil: "libnss3-tools",
  go: "golang-go",
  valgrind: "valgrind",
  tshark: "tshark",
  tcpdump: "tcpdump",
  traceroute: "traceroute",
  tracepath: "iputils-tracepath",
  mtr: "mtr-tiny",
  busybox: "busybox-static",
  "qemu-img": "qemu-utils",
  mcopy: "mtools",
  "fsck.fat": "dosfstools",
  "grub-mkrescue": "grub-common grub-pc-bin grub-efi-amd64-bin xorriso",
  "virt-xml-validate": "libvirt-clients libxml2-utils",
  libvirtd: "libvirt-daemon-system",
  skopeo: "skopeo",
  umoci: "umoci",
  hugo: "hugo",
  jekyll: "jekyll ruby-rouge ruby-kramdown-parser-gfm",
  // The device model of Xen's guests, which is in nobody's path, and the keys that it wants to know.
  "/usr/libexec/xen-qemu-system-i386": "qemu-system-xen",
  "/usr/share/qemu/keymaps/en-us": "qemu-system-data",
  // Not a command, but the file that the firmware is.
  "/usr/share/OVMF/OVMF_CODE_4M.fd": "ovmf",
} as const;

export type Command = keyof typeof PACKAGES;

/** Debian 12 has a cargo that is new enough under another name. */
const CARGO_OF_DEBIAN_12 = "cargo-web";
/** The oldest cargo that reads our lock file and the sparse index. */
const CARGO_AT_LEAST = [1, 74] as const;

/** The command's path, or undefined. */
export function which(command: string): string | undefined {
  if (command.startsWith("/")) return existsSync(command) ? command : undefined;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  for (const folder of folders) {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return join(folder, command);
    } catch {
      // not here
    }
  }
  return undefined;
}

/** Makes sure that the commands exist; ends the program with a plain message when they cannot be had. */
export function need(...commands: readonly Command[]): void {
  const missing = commands.filter((command) => which(command) === undefined);
  if (missing.length > 0) install(missing);
  if (commands.includes("cargo")) checkCargo();
}

/** Like need, but answers instead of ending: for tests, which are then skipped by name. */
export function want(...commands: readonly Command[]): boolean {
  const missing = commands.filter((command) => which(command) === undefined);
  if (missing.length === 0) return true;
  if (!mayInstall()) return false;
  aptInstall(packagesOf(missing));
  return commands.every((command) => which(command) !== undefined);
}

/** Let's Encrypt's small certificate authority for tests, of this version, from Go's module proxy. */
const PEBBLE = "github.com/letsencrypt/pebble/v2/cmd/pebble";
const PEBBLE_VERSION = "v2.10.3";

/** The path of pebble, which is built when Go is there; undefined: it is not, or pebble cannot be had. */
export function wantPebble(): string | undefined {
  return wantBuilt(`pebble-${PEBBLE_VERSION}`, "pebble", (folder) => {
    const env = { ...process.env, GOBIN: folder, GOFLAGS: "-buildvcs=false" };
    return { command: go(), words: ["install", `${PEBBLE}@${PEBBLE_VERSION}`], env };
  });
}

/** The program of `test/e2e/peers/go`: Go's own TLS. Undefined: Go cannot be had. */
export function wantGoPeer(): string | undefined {
  if (go() === undefined && !want("go")) return undefined;
  const source = resolve("test/e2e/peers/go");
  return wantBuilt(`peer-go-${hashOf(source, "go.mod", "main.go")}`, "peer", (folder) => {
    const env = { ...process.env, GOFLAGS: "-buildvcs=false" };
    return { command: go(), words: ["build", "-C", source, "-o", join(folder, "peer"), "."], env };
  });
}

/** The program of `test/e2e/peers/rust`: rustls, a minute and a half to build. Undefined: cargo or a crate cannot be had. */
export function wantRustPeer(): string | undefined {
  if (!want("cargo")) return undefined;
  const source = resolve("test/e2e/peers/rust");
  const name = `peer-rust-${hashOf(source, "Cargo.toml", "Cargo.lock", "src/main.rs")}`;
  return wantBuilt(name, "bin/rustls-peer", (folder) => {
    const words = ["install", "--locked", "--path", source, "--root", folder, "--no-track"];
    return { command: which("cargo"), words: [...words, "--target-dir", join(folder, PARTS)], env: process.env };
  });
}

function go(): string | undefined {
  return which("go") ?? which("/usr/local/go/bin/go");
}

function hashOf(folder: string, ...files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(folder, file)));
  return hash.digest("hex").slice(0, 16);
}

interface Building {
  readonly command: string | undefined;
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Below a building's folder: what need not be kept. */
const PARTS = "parts";

/** The path of a program that is kept in build/cache under this name; built first, into the folder that it is given. */
function wantBuilt(name: string, file: string, how: (folder: string) => Building): string | undefined {
  const folder = resolve("build/cache", name);
  const program = join(folder, file);
  if (existsSync(program)) return program;
  // One program at a time writes it, and whole: several suites may want it at once.
  const apart = `${folder}.${process.pid}`;
  const { command, words, env } = how(apart);
  if (command === undefined) return undefined;
  console.error(`epiphyte: building ${name} ...`);
  const built = spawnSync(command, words, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8", env });
  if (built.status !== 0) {
    console.error(`epiphyte: ${name} cannot be built: ${built.stderr.trim().split("\n").at(-1) ?? ""}`);
    return undefined;
  }
  rmSync(join(apart, PARTS), { recursive: true, force: true });
  if (!existsSync(program)) renameSync(apart, folder);
  return program;
}

/** Xen's release in Debian -> 4.17; undefined: none, or this is no Debian. */
function xenRelease(): string | undefined {
  const found = spawnSync("apt-cache", ["search", "--names-only", "^xen-hypervisor-[0-9.]+-amd64$"], {
    encoding: "utf8",
  });
  return /^xen-hypervisor-([\d.]+)-amd64 /m.exec(found.stdout ?? "")?.[1];
}

function dependsOf(...packages: readonly string[]): string[] {
  const found = spawnSync("apt-cache", ["depends", ...packages], { encoding: "utf8" });
  return Array.from(found.stdout.matchAll(/Depends: ([a-z0-9.+-]+)$/gm), (match) => match[1]!);
}

/**
 * A folder with the files of Xen, its tools and a kernel for its dom0, unpacked and not installed: none of it runs on this
 * machine but in an emulator. Undefined: they cannot be had.
 */
export function wantXen(): string | undefined {
  const release = which("apt-get") === undefined ? undefined : xenRelease();
  const kernel = dependsOf("linux-image-amd64").find((name) => name.startsWith("linux-image-"));
  if (release === undefined || kernel === undefined) return undefined;
  const folder = resolve("build/cache", `${kernel}-xen-${release}`);
  if (existsSync(folder)) return folder;
  console.error(`epiphyte: fetching Xen ${release} and ${kernel} ...`);
  const tools = [`xen-utils-${release}`, `libxenmisc${release}`, "xenstore-utils"];
  const libraries = (of: readonly string[]): string[] => dependsOf(...of).filter((name) => /^(lib|zlib)/.test(name));
  const first = libraries(tools);
  const packages = new Set([kernel, `xen-hypervisor-${release}-amd64`, ...tools, ...first, ...libraries(first)]);
  const apart = `${folder}.${process.pid}`;
  mkdirSync(apart, { recursive: true });
  const got = spawnSync("apt-get", ["download", "-qq", ...packages], { cwd: apart, encoding: "utf8" });
  const archives = readdirSync(apart).filter((name) => name.endsWith(".deb"));
  const unpacked = archives.every((name) => {
    const done = spawnSync("dpkg", ["-x", name, "."], { cwd: apart }).status === 0;
    rmSync(join(apart, name));
    return done;
  });
  if (got.status !== 0 || !unpacked) {
    console.error(`epiphyte: they cannot be had: ${got.stderr.trim().split("\n").at(-1) ?? ""}`);
    rmSync(apart, { recursive: true, force: true });
    return undefined;
  }
  if (!existsSync(folder)) renameSync(apart, folder);
  return folder;
}

/** True when this user may make network namespaces and TAP devices. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function install(missing: readonly Command[]): void {
  const packages = packagesOf(missing);
  const line = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (!mayInstall()) stop(`these commands are missing: ${missing.join(", ")}. As root:\n\n    ${line}\n`);
  console.error(`epiphyte: installing ${packages.join(", ")} ...`);
  aptInstall(packages);
  const still = missing.filter((command) => which(command) === undefined);
  if (still.length > 0) stop(`${still.join(", ")} still missing after: ${line}`);
}

function packagesOf(commands: readonly Command[]): string[] {
  return [...new Set(commands.flatMap((command) => packageOf(command).split(" ")))];
}

function packageOf(command: Command): string {
  return command === "cargo" && isDebian12() ? CARGO_OF_DEBIAN_12 : PACKAGES[command];
}

function isDebian12(): boolean {
  try {
    const release = readFileSync("/etc/os-release", "utf8");
    return /^ID=debian$/m.test(release) && /^VERSION_ID="12"$/m.test(release);
  } catch {
    return false;
  }
}

function mayInstall(): boolean {
  if (which("apt-get") === undefined) return false;
  return isRoot() || spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0;
}

function aptInstall(packages: readonly string[]): void {
  const sudo = isRoot() ? [] : ["sudo", "-n"];
  const environment = ["env", "DEBIAN_FRONTEND=noninteractive"];
  const run = (...words: string[]): number | null => {
    const [command = "", ...rest] = [...sudo, ...environment, ...words];
    return spawnSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] }).status;
  };
  const words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages];
  // A fresh machine has no package lists yet: a failed install asks for them and tries again.
  if (run(...words) !== 0 && run("apt-get", "update", "-qq") === 0) run(...words);
}

function checkCargo(): void {
  const text = spawnSync("cargo", ["--version"], { encoding: "utf8" }).stdout;
  const match = /^cargo (\d+)\.(\d+)/.exec(text);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (major > CARGO_AT_LEAST[0] || (major === CARGO_AT_LEAST[0] && minor >= CARGO_AT_LEAST[1])) return;
  stop(
    `cargo ${CARGO_AT_LEAST.join(".")} or newer is needed to fetch the C sources; this is ${text.trim() || "none"}.\n` +
      `Debian 13 has one (apt-get install cargo), Debian 12 too (apt-get install ${CARGO_OF_DEBIAN_12}).`,
  );
}

/** Ends the program: what happened, and what to do. */
export function stop(message: string): never {
  console.error(`epiphyte: ${message}`);
  process.exit(1);
}
