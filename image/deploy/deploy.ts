// npm run deploy -- HOST --remote=URL ...: the files that a host wants, for one's own parameters. Nothing in them is to be
// edited by hand: whoever wants something else calls this again. A release has the same command in one file (kit.ts).

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { diskImage } from "../build/disk.ts";
import { ova } from "../build/ova.ts";
import { qcow2 } from "../build/qcow2.ts";
import { BuildError, command, root } from "../build/run.ts";
import { vmdk } from "../build/vmdk.ts";
import { diskText, HOSTS } from "./hosts.ts";
import { type Deployment, macOf, mistakesIn, type Plan, tapOf } from "./plan.ts";

const NPM = "npm run deploy --";
const usage = (called: string): string => `${called} HOST [options] --remote=URL [the machine's parameters]

  HOST: ${Object.keys(HOSTS).join(", ")}. What each is, and what was run: image/deploy/README.md,
        which a release has as DEPLOY.md
  --out=FOLDER        writes the files there; without it they are printed
  --name=NAME         the machine's name on the host (epiphyte): letters, digits and hyphens, at most 32
  --memory=MB         its memory (64)
  --bridge=NAME       the host's bridge that it is on (br0)
  --folder=PATH       where the files will lie on the host (/var/lib/epiphyte), and epiphyte.elf with them
  --parameters=FILE   more parameters, one a line, with keys and certificates
  --from=FOLDER       a release, or build/, for hosts that want a disk: its epiphyte.img.gz or disk.img, and epiphyte.efi`;

export const OPTIONS = ["out", "name", "memory", "bridge", "folder", "parameters", "from"] as const;
type Options = Partial<Record<(typeof OPTIONS)[number], string>>;

const LEAST_MEMORY = 32;
/** The loader lies before the partition. */
const LOADER_END = 64 * 512;
const SECTOR = 512;

/** The host and the plan that the arguments make; throws a BuildError that says what is wrong with them. */
export async function planOf(
  args: readonly string[],
  called = NPM,
): Promise<{ host: string; plan: Plan; options: Options }> {
  const options: Options = {};
  const words: string[] = [];
  const [host = "", ...rest] = args;
  if (!Object.hasOwn(HOSTS, host))
    throw new BuildError(`${host === "" ? "which host?" : `${host}: no such host`}\n${usage(called)}`);
  for (const word of rest) {
    const [, name, value = ""] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const option = OPTIONS.find((one) => one === name);
    if (option === undefined) words.push(word);
    else if (value === "") throw new BuildError(`--${option} needs a value`);
    else options[option] = value;
  }
  const name = options.name ?? "epiphyte";
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name))
    throw new BuildError(`--name=${name}: small letters, digits and hyphens between them, at most 32`);
  const memory = Number(options.memory ?? 64);
  if (!Number.isInteger(memory) || memory < LEAST_MEMORY || memory > 1_000_000)
    throw new BuildError(`--memory=${options.memory}: a whole number of megabytes, ${LEAST_MEMORY} or more`);
  const bridge = options.bridge ?? "br0";
  if (!/^[\w.-]{1,15}$/.test(bridge)) throw new BuildError(`--bridge=${bridge}: is not the name of an interface`);
  const folder = options.folder ?? "/var/lib/epiphyte";
  if (!/^\/[^\n\r]*$/.test(folder)) throw new BuildError(`--folder=${folder}: begins with a slash, and is one line`);
  const text = options.parameters === undefined ? "" : await readText(options.parameters);
  const mistakes = mistakesIn(words, text);
  if (mistakes.length > 0) throw new BuildError(`${mistakes.join("\n")}\nAll parameters: README.md`);
  const plan = { name, memory, bridge, mac: macOf(name), tap: tapOf(name), image: `${folder}/epiphyte.elf`, folder };
  return { host, plan: { ...plan, words, text }, options };
}

/** The files of a deployment; a disk among them when the host wants one. */
export async function filesOf(
  plan: Plan,
  deployment: Deployment,
  from: string,
): Promise<readonly { name: string; bytes: Uint8Array; mode: number }[]> {
  const files = deployment.files.map(({ name, text, secret, executable }) => ({
    name,
    bytes: new TextEncoder().encode(text) as Uint8Array,
    mode: secret === true ? 0o600 : executable === true ? 0o755 : 0o644,
  }));
  if (deployment.disk === undefined) return files;
  const disk = diskImage(await loaderOf(from), diskText(plan));
  const packed = vmdk(disk, `${plan.name}.vmdk`);
  const made = {
    raw: { name: `${plan.name}.img`, bytes: disk },
    qcow2: { name: `${plan.name}.qcow2`, bytes: qcow2(disk) },
    ova: { name: `${plan.name}.ova`, bytes: ova(packed, disk.length, "", 0) },
  }[deployment.disk];
  return [...files, { ...made, mode: 0o600 }];
}

/** The loader as a disk that is there already has it. */
async function loaderOf(from: string): Promise<{ efi: Uint8Array; mbr: Uint8Array; diskLoader: Uint8Array }> {
  const packed = join(from, "epiphyte.img.gz");
  const raw = join(from, "disk.img");
  if (!existsSync(packed) && !existsSync(raw))
    throw new BuildError(`there is neither ${packed} nor ${raw}: npm run release, or npm run image -- --disk`);
  const disk = existsSync(packed) ? gunzipSync(await readFile(packed)) : await readFile(raw);
  return {
    efi: await readFile(join(from, "epiphyte.efi")),
    mbr: disk.subarray(0, SECTOR),
    diskLoader: disk.subarray(SECTOR, LOADER_END),
  };
}

async function readText(file: string): Promise<string> {
  const path = here(file);
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new BuildError(`--parameters=${file}: ${path} cannot be read`);
  }
}

function here(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? ".", path);
}

/** The command: prints the files, or writes them to --out. `from` is the folder with a release when --from names none. */
export async function deploy(args: readonly string[], called: string, from: string): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  if (args.includes("--help") || args.includes("-h")) return say(usage(called));
  const { host, plan, options } = await planOf(args, called);
  const deployment = HOSTS[host]!(plan);
  if (options.out === undefined) {
    for (const { name, text } of deployment.files) say(`---- ${name}\n${text}`);
    if (deployment.disk !== undefined)
      say(`---- a disk, which --out=FOLDER writes; its EPIPHYTE.TXT:\n${diskText(plan)}`);
  } else {
    const out = here(options.out);
    const files = await filesOf(plan, deployment, options.from === undefined ? from : here(options.from));
    await mkdir(out, { recursive: true });
    for (const { name, bytes, mode } of files) {
      await writeFile(join(out, name), bytes, { mode });
      say(join(out, name));
    }
  }
  say(`\nOn the host, with the files in ${plan.folder}:\n${deployment.steps.map((line) => `  ${line}`).join("\n")}`);
}

if (import.meta.main)
  await command(() => {
    const from = existsSync(join(root, "dist/epiphyte.img.gz")) ? "dist" : "build";
    return deploy(process.argv.slice(2), NPM, join(root, from));
  });
