// npm start: a demo blog, a real Git server, and the machine that serves it, from nothing to an address to open.
//
//   npm start [-- --remote=URL#branch] [--port=8080] [--memory=64] [--accel=tcg|kvm] [--log=level]

import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { APPLIANCE_PARAMETERS, parsePort } from "../appliance/config.ts";
import { describeParameterError } from "../appliance/parameter-error.ts";
import { processArguments } from "../appliance/parameter-words.ts";
import { Parameters, type ParameterTable, parameter, usage } from "../appliance/parameters.ts";
import { readBootConfig } from "../image/boot-config.ts";
import { buildCommands } from "../image/build/libraries.ts";
import { makeDemo } from "./demo.ts";
import { startGitServer } from "./git-server.ts";
import { bestAccelerator, Machine } from "./qemu.ts";
import { need, stop } from "./setup.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const HOST_AS_SEEN_BY_GUEST = "10.0.2.2";
const READY_WITHIN_MS = 120_000;

const LEAST_MEMORY = 24;
const PARAMETERS: ParameterTable = {
  remote: parameter("URL[#BRANCH]", "the repository to serve; without it a demo that you can push to", { letter: "r" }),
  port: parameter("PORT", "port of this machine that leads to the blog (8080)"),
  memory: parameter("MEGABYTES", "memory of the machine (64)"),
  accel: parameter("tcg|kvm", "how the machine runs (KVM where it can be had)"),
  log: APPLIANCE_PARAMETERS.log,
  help: parameter("", "print this and stop", { letter: "h" }),
};
const EXAMPLE = "npm start -- --remote=http://git.example/blog.git#main --port=8081";

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

/** What is wrong ends us before anything is installed or built: also what the machine would say of its own parameters. */
function readOptions() {
  const given = new Parameters([processArguments(process.argv.slice(2).join("\n"))], PARAMETERS);
  if (given.has("help")) {
    console.log(
      usage(
        PARAMETERS,
        "npm start: a demo blog, or yours, on a machine of its own.\n\nnpm start -- [parameters]",
        EXAMPLE,
      ),
    );
    process.exit(0);
  }
  const port = given.one("port", parsePort) ?? 8080;
  const memory = given.one("memory", parseMemory) ?? 64;
  const accel = given.one("accel", parseAccelerator)?.name ?? bestAccelerator();
  const [remote] = given.list("remote");
  const [log] = given.list("log");
  const words = [`--remote=${remote ?? "http://git.example/"}`, ...(log === undefined ? [] : [`--log=${log}`])];
  const machine = readBootConfig([processArguments(words.join("\n"))]);
  const mistakes = [...given.errors];
  if (!machine.ok && machine.error.kind === "mistakes") mistakes.push(...machine.error.errors);
  if (mistakes.length > 0)
    stop(`${mistakes.map(describeParameterError).join("\n")}\nAll parameters: npm start -- --help`);
  return { remote, port, memory, accel, log };
}

function parseMemory(text: string): number | string {
  const memory = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return memory >= LEAST_MEMORY ? memory : `is not a number of megabytes (at least ${LEAST_MEMORY})`;
}

function parseAccelerator(text: string): { name: "kvm" | "tcg" } | string {
  return text === "kvm" || text === "tcg" ? { name: text } : "choose kvm or tcg";
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
