// npm run release: everything that somebody needs who compiles nothing, in dist/, with its hashes. Two releases of one
// commit, in any folder, are the same bytes, as long as gcc and musl are of the same version.

import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { bundledPackages } from "../../tools/check-dependencies.ts";
import { committed, version } from "./bundle.ts";
import { diskImage, EMPTY_PARAMETERS } from "./disk.ts";
import { helped } from "./engine.ts";
import { buildImage } from "./image.ts";
import { deployKit } from "./kit.ts";
import { licences } from "./licences.ts";
import { buildLoader } from "./loader.ts";
import { ociImage } from "./oci.ts";
import { ova, sha256 } from "./ova.ts";
import { buildProcess } from "./process.ts";
import { qcow2 } from "./qcow2.ts";
import { BuildError, command, root, run } from "./run.ts";
import { type Materials, sbom } from "./sbom.ts";
import { vendor } from "./vendor.ts";
import { vmdk } from "./vmdk.ts";

const USAGE = `npm run release -- [--out=FOLDER] [--verify FILE]

  Builds everything and writes it to dist/, or to FOLDER: the image as a kernel, as a UEFI program and as disks, the process
  as a binary and as a container image, the deploy kit, a bill of materials, licences and SHA256SUMS.
  --verify FILE   builds, writes nothing, and says whether FILE, of a release of this commit, is the same; for SHA256SUMS
                  whether all that it names is`;

const IMAGE = "build/epiphyte.elf";
const PROCESS = "build/epiphyte";
const SUMS = "SHA256SUMS";
const HEX_SHA256 = /^([0-9a-f]{64}) [ *](.+)$/;

export interface ReleaseFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly executable?: boolean;
}

/** The files of a release out of the two builds, SHA256SUMS last. Paths are relative to the root. */
export async function releaseFiles(image: string, process: string): Promise<readonly ReleaseFile[]> {
  const materials = await materialsOf([image, process]);
  const elf = await readFile(join(root, image));
  const program = await readFile(join(root, process));
  const loader = await buildLoader(elf);
  const disk = diskImage(loader, EMPTY_PARAMETERS);
  const packed = vmdk(disk, "epiphyte.vmdk");
  const seconds = Math.floor(materials.committed / 1000);
  const text = (name: string, content: string): ReleaseFile => ({ name, bytes: new TextEncoder().encode(content) });
  const files: readonly ReleaseFile[] = [
    { name: "epiphyte.elf", bytes: elf },
    { name: "epiphyte.efi", bytes: loader.efi },
    { name: "epiphyte.img.gz", bytes: gzipSync(disk, { level: 9 }) },
    { name: "epiphyte.qcow2", bytes: qcow2(disk) },
    { name: "epiphyte.vmdk", bytes: packed },
    { name: "epiphyte.ova", bytes: ova(packed, disk.length, materials.version, seconds) },
    { name: "epiphyte-linux-x86_64", bytes: program, executable: true },
    { name: "epiphyte-oci.tar", bytes: ociImage(program, materials.version, materials.committed) },
    { name: "epiphyte-deploy.mjs", bytes: await deployKit(), executable: true },
    { name: "DEPLOY.md", bytes: await readFile(join(root, "image/deploy/README.md")) },
    text("epiphyte.cdx.json", sbom(materials)),
    { name: "NOTICE", bytes: await readFile(join(root, "NOTICE")) },
    text("LICENSES.txt", licences(materials.bundled, await vendor(), materials.gcc)),
  ];
  return [...files, text(SUMS, files.map(({ name, bytes }) => `${sha256(bytes)}  ${name}\n`).join(""))];
}

/** What these builds contain, as it lies on this machine. */
export async function materialsOf(builds: readonly string[]): Promise<Materials> {
  const crates = await vendor();
  const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");
  const of = async (path: string, pattern: RegExp): Promise<string> => {
    const match = pattern.exec(await readFile(join(crates, path), "utf8"));
    if (match === null) throw new BuildError(`${path} does not say its version`);
    return match.slice(1).join(".");
  };
  const maps = readdirSync(join(root, "build/program")).filter((file) =>
    builds.some((build) => file.startsWith(`${basename(build)}.js`) && file.endsWith(".map")),
  );
  if (maps.length === 0) throw new BuildError("there are no maps of the program in build/program");
  const names = new Set<string>();
  for (const map of maps) for (const name of bundledPackages(await read(`build/program/${map}`))) names.add(name);
  return {
    version: await version(),
    committed: committed(),
    npmLock: await read("package-lock.json"),
    cargoLock: await read("image/vendor/Cargo.lock"),
    bundled: [...names].sort(),
    patches: readdirSync(join(root, "image/vendor/patches")).sort(),
    quickjs: await of(
      "libquickjs-ng-sys/embed/quickjs/quickjs.h",
      /QJS_VERSION_MAJOR +(\d+)[\s\S]*?QJS_VERSION_MINOR +(\d+)[\s\S]*?QJS_VERSION_PATCH +(\d+)/,
    ),
    libdeflate: await of("libdeflate-sys/libdeflate/libdeflate.h", /LIBDEFLATE_VERSION_STRING\s+"([^"]+)"/),
    awsLc: await of("aws-lc-sys/aws-lc/include/openssl/base.h", /AWSLC_VERSION_NUMBER_STRING "([^"]+)"/),
    musl: await muslVersion(),
    gcc: (await run("gcc", ["-dumpfullversion"])).trim(),
  };
}

/** Where Debian has musl's library, and where others have it. */
const MUSL = ["/usr/lib/x86_64-linux-musl/libc.so", "/usr/local/musl/lib/libc.so", "/lib/ld-musl-x86_64.so.1"];

/** As its own library says; started as a program, it says so and fails. */
async function muslVersion(): Promise<string> {
  const library = MUSL.find((path) => existsSync(path));
  const said = library === undefined ? "" : await run("sh", ["-c", '"$0" 2>&1 || true', library]);
  const found = /^Version (\S+)$/m.exec(said)?.[1];
  if (found === undefined) throw new BuildError(`the version of musl cannot be told: none of ${MUSL.join(", ")}`);
  return found;
}

/** What is wrong with `path`, compared with these files: a line each. */
export async function differences(path: string, files: readonly ReleaseFile[]): Promise<readonly string[]> {
  const name = basename(path);
  const given = await readFile(path).catch(() => undefined);
  if (given === undefined) return [`${path} cannot be read`];
  if (name === SUMS) return sumsDiffer(given.toString("latin1"), files);
  const made = files.find((file) => file.name === name)?.bytes;
  if (made === undefined) return [`${name} is no file of a release: ${files.map((file) => file.name).join(", ")}`];
  if (given.equals(made)) return [];
  // Packed files differ everywhere behind the first byte that does.
  const [a, b] = name.endsWith(".gz") ? [unpacked(given), gunzipSync(made)] : [given, made];
  const at = a === undefined ? -1 : a.findIndex((byte, i) => byte !== b[i]);
  const where = at < 0 ? "" : `, from byte ${at} on`;
  return [
    `${name} differs${where}: ${given.length} bytes, sha256 ${sha256(given)}; built: ${made.length}, ${sha256(made)}`,
  ];
}

function unpacked(bytes: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}

function sumsDiffer(text: string, files: readonly ReleaseFile[]): readonly string[] {
  const lines = text.split("\n").filter((line) => line !== "");
  if (lines.length === 0) return [`${SUMS} is empty`];
  return lines.flatMap((line) => {
    const [, sum, name] = HEX_SHA256.exec(line) ?? [];
    if (sum === undefined || name === undefined) return [`${SUMS}: what is this? ${JSON.stringify(line.slice(0, 80))}`];
    const made = files.find((file) => file.name === name);
    if (made === undefined) return [`${name} is no file of a release`];
    return sha256(made.bytes) === sum ? [] : [`${name} differs: sha256 ${sum}; built: ${sha256(made.bytes)}`];
  });
}

interface Wanted {
  readonly out: string;
  /** "" for none. */
  readonly verify: string;
}

function wanted(args: readonly string[]): Wanted {
  const here = (path: string): string => resolve(process.env["INIT_CWD"] ?? ".", path);
  let [out, verify] = [join(root, "dist"), ""];
  const words = args.flatMap((word) => (/^--\w+=/.test(word) ? word.split(/=(.*)/s).slice(0, 2) : [word]));
  for (let i = 0; i < words.length; i += 2) {
    const [name, value = ""] = words.slice(i, i + 2);
    if (value === "" || (name !== "--out" && name !== "--verify"))
      throw new BuildError(`${name}: unknown, or without a value\n${USAGE}`);
    if (name === "--out") out = here(value);
    else verify = here(value);
  }
  return { out, verify };
}

if (import.meta.main)
  await command(async () => {
    const args = process.argv.slice(2);
    if (args.includes("--help") || args.includes("-h")) return void helped(args, USAGE);
    const { out, verify } = wanted(args);
    await buildImage("image/target-virtual.ts", IMAGE, { below: "image/below-virtual.ts" });
    await buildProcess("image/target-process.ts", PROCESS, { below: "image/below-process.ts" });
    const files = await releaseFiles(IMAGE, PROCESS);
    if (verify !== "") {
      const found = await differences(verify, files);
      if (found.length > 0) throw new BuildError(found.join("\n"));
      process.stdout.write(`${basename(verify)}: the same bytes\n`);
      return;
    }
    await mkdir(out, { recursive: true });
    for (const { name, bytes, executable } of files) {
      await writeFile(join(out, name), bytes, { mode: executable === true ? 0o755 : 0o644 });
      process.stdout.write(`${name}: ${(bytes.length / 1e6).toFixed(2)} MB\n`);
    }
    process.stdout.write(`${out}: version ${await version()}\n`);
  });
