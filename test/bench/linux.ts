// The machine that ours is compared with: Debian's cloud kernel and Debian's nginx in an initrd, nothing else. Made from
// apt packages when the bench runs, kept in build/bench/linux.
//
// It is set up to be fast: the kernel is the flavour that Debian makes for virtual machines; nginx has one worker,
// sendfile, a cache of open files, no access log, and keeps connections as long as the client likes. Over TLS it has the same
// key (P-256), group (X25519) and cipher (AES-128-GCM) that ours is asked for with.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cache, files, LARGE_PATH, PAGE_PATH } from "./bed.ts";

export interface LinuxPeer {
  readonly kernel: string;
  readonly initrd: string;
  /** Bytes of both. */
  readonly bytes: number;
  /** "Linux 6.1.0-56-cloud-amd64, nginx 1.22.1-9+deb12u11" */
  readonly name: string;
}

const KERNEL = "linux-image-cloud-amd64";
/** In the order in which they are loaded. */
const MODULES = [
  ...["virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci"],
  ...["failover", "net_failover", "virtio_net"],
];
/** A word on the kernel's command line that switches nginx's access log to syslog on. */
export const LINUX_SYSLOG = "bench_syslog";
/** Printed when nginx listens. */
export const LINUX_READY = /^nginx is up$/;
const APT_WITHIN_MS = 120_000;

/** Returns why it cannot be had, in words, when it cannot. */
export function buildLinux(address: string, address6: string, gateway: string): LinuxPeer | string {
  const folder = join(cache, "linux");
  try {
    mkdirSync(join(folder, "deb"), { recursive: true });
    const kernel = depends(KERNEL).find((name) => name.startsWith("linux-image-"));
    if (kernel === undefined) return `${KERNEL} depends on no kernel`;
    const libraries = depends("nginx").filter((name) => /^z?lib/.test(name));
    const packages = [kernel, "busybox-static", "nginx", ...libraries];
    const debs = download(join(folder, "deb"), packages);
    const tree = join(folder, "tree");
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(tree);
    for (const deb of debs) execFileSync("dpkg-deb", ["--extract", deb, tree]);

    const release = kernel.replace("linux-image-", "");
    copyFileSync(join(tree, `boot/vmlinuz-${release}`), join(folder, "vmlinuz"));
    makeInitrd(tree, release, join(folder, "initrd"), [`${address}/24`, `${address6}/64`], gateway);
    const nginx = /^nginx_([^_]+)/.exec(
      debs.map((deb) => deb.slice(deb.lastIndexOf("/") + 1)).find((name) => name.startsWith("nginx_")) ?? "",
    )?.[1];
    return {
      kernel: join(folder, "vmlinuz"),
      initrd: join(folder, "initrd"),
      bytes: statSync(join(folder, "vmlinuz")).size + statSync(join(folder, "initrd")).size,
      name: `Linux ${release}, nginx ${nginx}`,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n").slice(0, 2).join(" ") : String(error);
    return `the Debian packages cannot be had: ${reason}`;
  }
}

/** Direct dependencies. */
function depends(name: string): string[] {
  const text = execFileSync("apt-cache", ["depends", name], { encoding: "utf8" });
  return [...text.matchAll(/^ {1,2}\|?Depends: ([^<\s]\S*)$/gm)].map((match) => match[1]!);
}

/** Paths of the packages; what is there already is not fetched again. */
function download(folder: string, names: readonly string[]): string[] {
  const find = (name: string): string | undefined => readdirSync(folder).find((file) => file.startsWith(`${name}_`));
  const missing = names.filter((name) => find(name) === undefined);
  if (missing.length > 0)
    execFileSync("apt-get", ["download", "-o", "APT::Sandbox::User=root", ...missing], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      timeout: APT_WITHIN_MS,
    });
  return names.map((name) => join(folder, find(name) ?? name));
}

function makeInitrd(tree: string, release: string, out: string, addresses: readonly string[], gateway: string): void {
  const image = `${tree}-initrd`;
  rmSync(image, { recursive: true, force: true });
  for (const name of [
    "bin",
    "dev",
    "proc",
    "sys",
    "tmp",
    "run",
    "etc/nginx",
    "var/log/nginx",
    "var/lib/nginx",
    "www/static",
  ])
    mkdirSync(join(image, name), { recursive: true });
  copyFileSync(join(tree, "bin/busybox"), join(image, "bin/busybox"));

  const modules = MODULES.map((name) => findModule(join(tree, "lib/modules", release), name)).filter(
    (path) => path !== undefined,
  );
  for (const path of modules) copyFileSync(path, join(image, "bin", path.slice(path.lastIndexOf("/") + 1)));

  // nginx and what its dynamic linker asks for, at the paths where it looks.
  const nginx = join(tree, "usr/sbin/nginx");
  const libraries = [join(tree, "lib/x86_64-linux-gnu"), join(tree, "usr/lib/x86_64-linux-gnu")].filter(existsSync);
  for (const name of neededBy(nginx, libraries)) {
    const folder = libraries.find((path) => existsSync(join(path, name)));
    if (folder === undefined) throw new Error(`no package holds ${name}`);
    const into = join(image, name.startsWith("ld-linux") ? "lib64" : "lib/x86_64-linux-gnu");
    mkdirSync(into, { recursive: true });
    copyFileSync(join(folder, name), join(into, name));
  }
  copyFileSync(nginx, join(image, "bin/nginx"));

  const { page, large } = files();
  for (const [path, content] of [
    ["/index.html", page],
    [PAGE_PATH, page],
    [LARGE_PATH, large],
  ] as const) {
    mkdirSync(dirname(join(image, "www", path)), { recursive: true });
    writeFileSync(join(image, "www", path), content);
  }
  writeFileSync(join(image, "etc/passwd"), "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n");
  writeFileSync(join(image, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  makeKey(join(image, "etc/nginx"));
  writeFileSync(join(image, "etc/nginx/nginx.conf"), nginxConf("off"));
  writeFileSync(join(image, "etc/nginx/syslog.conf"), nginxConf(`syslog:server=${gateway}:514`));
  writeFileSync(
    join(image, "init"),
    init(
      modules.map((path) => path.slice(path.lastIndexOf("/") + 1)),
      addresses,
    ),
  );
  for (const name of ["init", "bin/busybox", "bin/nginx"]) chmodSync(join(image, name), 0o755);
  // busybox brings the cpio.
  const archive = `find . | LC_ALL=C sort | "$1" cpio -o -H newc -R 0:0 > "$2.cpio" && gzip -9n < "$2.cpio" > "$2"`;
  const stdio = ["ignore", "ignore", "pipe"] as const;
  execFileSync("sh", ["-c", archive, "sh", join(tree, "bin/busybox"), out], { cwd: image, stdio: [...stdio] });
}

/** A key on P-256 and a certificate that it signs itself. */
function makeKey(folder: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(folder, "key.pem")];
  const words = ["req", "-x509", ...key, "-subj", "/CN=bench", "-days", "3650", "-out", join(folder, "cert.pem")];
  execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"] });
}

/** undefined: built into the kernel, or not known to it. */
function findModule(folder: string, name: string): string | undefined {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) => path.endsWith(`/${name}.ko`));
  return found === undefined ? undefined : join(folder, found);
}

/** The libraries that a program needs, and those that they need (DT_NEEDED). */
function neededBy(program: string, folders: readonly string[]): Set<string> {
  const names = new Set<string>();
  const visit = (path: string): void => {
    const text = execFileSync("readelf", ["-d", path], { encoding: "utf8" });
    for (const [, name] of text.matchAll(/\(NEEDED\).*\[(.+)\]/g)) {
      if (name === undefined || names.has(name)) continue;
      names.add(name);
      const folder = folders.find((candidate) => existsSync(join(candidate, name)));
      if (folder !== undefined) visit(join(folder, name));
    }
  };
  visit(program);
  return names.add("ld-linux-x86-64.so.2");
}

function nginxConf(accessLog: string): string {
  return `user root;
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/ttyS0 error;
events { worker_connections 4096; }
http {
  types { text/html html; }
  default_type application/octet-stream;
  access_log ${accessLog};
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  ssl_certificate /etc/nginx/cert.pem;
  ssl_certificate_key /etc/nginx/key.pem;
  ssl_protocols TLSv1.3;
  ssl_ecdh_curve X25519;
  ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
  ssl_session_cache shared:tls:10m;
  server { listen 80 backlog=4096; listen [::]:80 backlog=4096; listen 443 ssl backlog=4096; root /www; }
}
`;
}

function init(modules: readonly string[], addresses: readonly string[]): string {
  return `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
${modules.map((name) => `$b insmod /bin/${name}`).join("\n")}
$b ip link set lo up
echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad
${addresses.map((address) => `$b ip addr add ${address} dev eth0`).join("\n")}
$b ip link set eth0 up
conf=nginx
$b grep -q ${LINUX_SYSLOG} /proc/cmdline && conf=syslog
/bin/nginx -c /etc/nginx/$conf.conf && echo nginx is up
exec $b sleep 1000000
`;
}
