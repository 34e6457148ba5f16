// The first step of every command: runs with whatever Node a fresh machine has, brings node_modules in line with
// package-lock.json, then hands over to the pinned Node, which runs TypeScript as it stands.
//
//   node tools/run.mjs FILE.ts [arguments]

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const pinnedNode = join(root, "node_modules/node/bin/node");
const stamp = join(root, "node_modules/.epiphyte-lock");

if (Number(process.versions.node.split(".")[0]) < 20) {
  console.error(`epiphyte: Node 20 or newer is needed; this is ${process.version}.`);
  process.exit(1);
}

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock || !existsSync(pinnedNode)) {
  console.error("epiphyte: installing the packages that package-lock.json names (npm ci) ...");
  // Without a network npm tries for minutes and then says so in its own way.
  const words = [
    "ci",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=2000",
  ];
  const npm = spawnSync("npm", words, { cwd: root, stdio: ["ignore", 2, "pipe"], encoding: "utf8" });
  const unreachable = /EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT/.test(
    npm.stderr ?? "",
  );
  if (npm.status !== 0 && unreachable) {
    console.error(
      "epiphyte: npm does not reach its registry, from which the packages come once: is there a network, a proxy?",
    );
    process.exit(1);
  }
  if (npm.stderr) process.stderr.write(npm.stderr);
  if (npm.status !== 0) {
    console.error("epiphyte: npm ci failed; its message is above.");
    process.exit(1);
  }
  // The package `node` fetches its binary in an install script; an npm that is told to skip those leaves a hole.
  if (!existsSync(pinnedNode)) {
    spawnSync(process.execPath, ["installArchSpecificPackage"], {
      cwd: join(root, "node_modules/node"),
      stdio: [0, 2, 2],
    });
  }
  if (!existsSync(pinnedNode)) {
    console.error(
      "epiphyte: node_modules/node has no binary: allow its install script (npm ci --ignore-scripts=false).",
    );
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

// Who became root by `su` has no sbin in the path, and dpkg and the tests' peers need it.
const path = [join(root, "node_modules/.bin"), process.env["PATH"] ?? "/usr/bin", "/usr/sbin", "/sbin"].join(":");
const child = spawn(pinnedNode, ["--disable-warning=ExperimentalWarning", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  // npm says where it was called; without npm we do.
  env: { INIT_CWD: process.cwd(), ...process.env, PATH: path },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
