// npm start: a demo blog, a real Git server, and the machine that serves it, from nothing to an address to open.
//
//   npm start [-- --remote=URL#branch] [--port=8080] [--memory=64] [--accel=tcg|kvm] [--log=level]

import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildCommands } from "../image/build/libraries.ts";
import { makeDemo } from "./demo.ts";
import { startGitServer } from "./git-server.ts";
import { bestAccelerator, Machine } from "./qemu.ts";
import { need, stop } from "./setup.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const HOST_AS_SEEN_BY_GUEST = "10.0.2.2";
const READY_WITHIN_MS = 120_000;

const options = readOptions();
need("qemu-system-x86_64", "git", "curl", ...(await buildCommands()));
build();
if (!(await portIsFree(options.port))) {
  stop(`port ${options.port} of this machine is in use. Choose another: npm start -- --port=${options.port + 1}`);
}

const address = `http://127.0.0.1:${options.port}/`;
const demo =
  options.remote === undefined ? makeDemo(join(root, ".demo"), join(root, "demo"), `${address}push`) : undefined;
const gitServer = demo === undefined ? undefined : await startGitServer({ root: demo.root });
const remote = options.remote ?? `http://${HOST_AS_SEEN_BY_GUEST}:${portOf(gitServer?.url ?? "")}/${demo?.name}#main`;

const parameters = [
  `--remote=${remote}`,
  `--hostname=epiphyte`,
  ...(options.log === undefined ? [] : [`--log=${options.log}`]),
];
console.log(
  `starting the machine: ${options.memory} MB, ${options.accel === "kvm" ? "KVM" : "QEMU's own emulation (TCG)"}\n`,
);
const machine = new Machine({
  image: join(root, "build/epiphyte.elf"),
  parameters: parameters.join(" "),
  memory: options.memory,
  accel: options.accel,
  netdev: `user,id=n0,hostfwd=tcp:127.0.0.1:${options.port}-:80`,
  onLine: (line) => console.log(`  ${line}`),
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
let ending = false;
void machine.exit(2 ** 31 - 1).then(() => {
  if (ending) return;
  console.error("\nThe machine has powered off; its last words are above.");
  void end(1);
});

if (await answers(address, READY_WITHIN_MS)) announce();
else if (!ending)
  console.error(`\nNo page yet at ${address}: the lines above say what the machine waits for. It goes on trying.`);

function announce(): void {
  console.log(`\n  Your blog:   ${address}`);
  if (demo !== undefined) {
    const tree = relative(process.cwd(), demo.workTree);
    console.log(`  Edit it in:  ${tree}`);
    console.log(`  Publish:     cd ${tree} && git add -A && git commit -m "A new post" && git push`);
  }
  console.log("  Stop:        Ctrl-C\n");
}

async function end(status: number): Promise<void> {
  ending = true;
  await machine.stop();
  await gitServer?.close();
  process.exit(status);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        remote: { type: "string" },
        port: { type: "string", default: "8080" },
        memory: { type: "string", default: "64" },
        accel: { type: "string" },
        log: { type: "string" },
      },
    });
    const port = Number(values.port);
    const memory = Number(values.memory);
    if (!Number.isInteger(port) || port < 1 || port > 65535) stop(`--port=${values.port} is not a port (1 to 65535)`);
    if (!Number.isInteger(memory) || memory < 24)
      stop(`--memory=${values.memory} is not a number of megabytes (at least 24)`);
    const accel = values.accel ?? bestAccelerator();
    if (accel !== "kvm" && accel !== "tcg") stop(`--accel=${accel}: choose kvm or tcg`);
    return { remote: values.remote, port, memory, accel, log: values.log };
  } catch (error) {
    return stop(
      `${error instanceof Error ? error.message : String(error)}\nusage: npm start -- [--remote=URL#branch] [--port=8080] [--memory=64] [--accel=tcg|kvm] [--log=level]`,
    );
  }
}

function build(): void {
  const run = spawnSync(process.execPath, [join(root, "image/build/image.ts")], { stdio: "inherit", cwd: root });
  if (run.status !== 0) stop("the image could not be built; the reason is above.");
}

function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function portOf(url: string): string {
  return url === "" ? "" : new URL(url).port;
}

/** Asks for the front page until it is a 200, twice a second. */
async function answers(url: string, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (Date.now() < until && machine.exited === undefined) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      await response.arrayBuffer();
      if (response.status === 200) return true;
    } catch {
      // not up yet
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}
