// The vendored C libraries as archives: quickjs-ng, libdeflate, AWS-LC, built with musl-gcc for both targets, and the
// bytecode compiler, built with gcc for this machine. Each is cached by the hash of its pinned sources and its flags.

import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Command, need } from "../../tools/setup.ts";
import { cached, hashOf } from "./cache.ts";
import { applyPatches, patchesOf, readPatch } from "./patches.ts";
import { BuildError, progress, root, run } from "./run.ts";
import { commonFlags } from "./sources.ts";
import { isFetched, vendor } from "./vendor.ts";

export interface Libraries {
  /** Arguments of the compiler that find the headers. */
  readonly include: readonly string[];
  /** Paths of the archives in link order. */
  readonly archives: readonly string[];
}

/** What every build calls: asked for all at once, so that one line installs what is missing. */
export async function buildCommands(): Promise<readonly Command[]> {
  return ["musl-gcc", "gcc", "cmake", "ninja", ...((await isFetched()) ? [] : (["cargo"] as const))];
}

export async function libraries(): Promise<Libraries> {
  need(...(await buildCommands()));
  const sources = await vendor();
  const compiler = await run("musl-gcc", ["--version"]);
  const [quickjs, libdeflate, awsLc] = [
    await buildQuickjs(sources, compiler),
    await buildLibdeflate(sources, compiler),
    await buildAwsLc(sources, compiler),
  ];
  return {
    include: [quickjs, libdeflate, awsLc].map((folder) => `-I${join(folder, "include")}`),
    archives: [quickjs, libdeflate, awsLc].map((folder) => join(folder, "library.a")),
  };
}

/** The same in every tree: paths are mapped away below, tree by tree. */
const libraryFlags = commonFlags("").filter((flag) => !flag.startsWith("-ffile-prefix-map"));

const QUICKJS = "libquickjs-ng-sys/embed/quickjs";
const QUICKJS_FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-DNDEBUG", "-funsigned-char", "-fwrapv", "-w"];

async function buildQuickjs(sources: string, compiler: string): Promise<string> {
  const flags = [...libraryFlags, ...QUICKJS_FLAGS];
  const patches = patchesOf.engine;
  const hash = hashOf([await pinned("libquickjs-ng-sys"), compiler, ...flags, ...(await texts(patches))]);
  return cached("quickjs", hash, async (folder) =>
    archive(folder, await patchedTree(join(sources, QUICKJS), folder, patches), flags, "quickjs-ng", {
      sources: ["quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c"],
      headers: ["quickjs.h"],
    }),
  );
}

const LIBDEFLATE = "libdeflate-sys/libdeflate";
const LIBDEFLATE_SOURCES = [
  ...["adler32", "crc32", "deflate_compress", "deflate_decompress", "gzip_compress", "utils"],
  ...["zlib_compress", "zlib_decompress", "x86/cpu_features"],
].map((name) => `lib/${name}.c`);

async function buildLibdeflate(sources: string, compiler: string): Promise<string> {
  const flags = [...libraryFlags, "-DNDEBUG", "-w"];
  const patches = patchesOf.libdeflate;
  const hash = hashOf([await pinned("libdeflate-sys"), compiler, ...flags, ...(await texts(patches))]);
  return cached("libdeflate", hash, async (folder) =>
    archive(folder, await patchedTree(join(sources, LIBDEFLATE), folder, patches), flags, "libdeflate", {
      sources: LIBDEFLATE_SOURCES,
      headers: ["libdeflate.h"],
    }),
  );
}

/** No threads, no files, no sockets: none of them exists below this program. Entropy comes from getentropy alone. */
const AWS_LC_DEFINES = [
  "-DOPENSSL_NO_THREADS_CORRUPT_MEMORY_AND_LEAK_SECRETS_IF_THREADED",
  "-DOPENSSL_NO_FILESYSTEM",
  "-DOPENSSL_NO_TTY",
  "-DOPENSSL_NO_SOCK",
  "-DOPENSSL_NO_POSIX_IO",
];

/**
 * gcc 14 stores neighbouring pointers two at a time, out of one table for the whole file: whoever uses one of the table
 * keeps all that it names, and SHA-256 would bring the elliptic curves along (1.3 MB).
 */
const AWS_LC_FLAGS = ["-fno-tree-slp-vectorize"];

async function buildAwsLc(sources: string, compiler: string): Promise<string> {
  const patches = patchesOf.awsLc;
  // Its own optimisation and standard; and its probes of the machine link without -no-pie.
  const flags = [...libraryFlags.filter((flag) => !/^-(O|fno-pie)/.test(flag)), ...AWS_LC_FLAGS, ...AWS_LC_DEFINES];
  const options = [
    ...["CMAKE_C_COMPILER=musl-gcc", "CMAKE_ASM_COMPILER=musl-gcc", "CMAKE_BUILD_TYPE=Release"],
    ...["BUILD_SHARED_LIBS=OFF", "BUILD_TESTING=OFF", "BUILD_LIBSSL=OFF", "BUILD_TOOL=OFF"],
    ...["DISABLE_GO=ON", "DISABLE_PERL=ON", "DISABLE_CPU_JITTER_ENTROPY=ON"],
    // AES-GCM for AVX-512 is 0.7 MB, and the machine leaves AVX-512 off (runtime/virtual/start.c).
    "MY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX=ON",
  ].map((option) => `-D${option}`);
  const hash = hashOf([await pinned("aws-lc-sys"), compiler, ...flags, ...options, ...(await texts(patches))]);
  return cached("aws-lc", hash, async (folder) => {
    const tree = await patchedTree(join(sources, "aws-lc-sys/aws-lc"), folder, patches);
    const work = join(folder, "work");
    const env = { CFLAGS: [...flags, prefixMap(tree), prefixMap(work)].join(" "), ASMFLAGS: prefixMap(tree) };
    await mkdir(work);
    const label = "configuring AWS-LC";
    await run("cmake", ["-G", "Ninja", tree, ...options], { cwd: work, env, label });
    await run("ninja", ["crypto"], { cwd: work, label: "compiling AWS-LC (about a minute of processor time)" });
    await cp(join(work, "crypto/libcrypto.a"), join(folder, "library.a"));
    await cp(join(tree, "include"), join(folder, "include"), { recursive: true });
    // It is exported, and its header kept back.
    await cp(join(tree, "crypto/fipsmodule/ml_kem/ml_kem.h"), join(folder, "include/openssl/ml_kem.h"));
    await run("rm", ["-rf", work, tree]);
  });
}

/** The compiler of modules into bytecode, for the machine that builds. Resolves to the program's path. */
export async function bytecodeCompiler(): Promise<string> {
  const sources = join(await vendor(), QUICKJS);
  const program = join(root, "image/build/bytecode.c");
  const flags = ["-O1", "-std=gnu11", "-D_GNU_SOURCE", "-funsigned-char", "-fwrapv", "-w"];
  const patches = patchesOf.bytecodeCompiler;
  const pin = await pinned("libquickjs-ng-sys");
  const hash = hashOf([pin, await readFile(program, "utf8"), ...(await texts(patches)), ...flags]);
  const folder = await cached("bytecode", hash, async (into) => {
    const tree = await patchedTree(sources, into, patches);
    const files = ["libregexp.c", "libunicode.c", "dtoa.c"].map((name) => join(tree, name));
    const args = [...flags, `-I${tree}`, "-o", join(into, "bytecode"), program, ...files, "-lm", "-lpthread"];
    await run("gcc", args, { label: "compiling the bytecode compiler" });
  });
  return join(folder, "bytecode");
}

/** What packs the program, for the machine that builds: image/build/deflate.c. Resolves to the program's path. */
export async function deflater(): Promise<string> {
  const tree = join(await vendor(), LIBDEFLATE);
  const program = join(root, "image/build/deflate.c");
  const flags = ["-O2", "-w"];
  const hash = hashOf([await pinned("libdeflate-sys"), await readFile(program, "utf8"), ...flags]);
  const folder = await cached("deflater", hash, async (into) => {
    const files = LIBDEFLATE_SOURCES.map((name) => join(tree, name));
    await run("gcc", [...flags, `-I${tree}`, "-o", join(into, "deflate"), program, ...files]);
  });
  return join(folder, "deflate");
}

function texts(patches: readonly string[]): Promise<string[]> {
  return Promise.all(patches.map(readPatch));
}

/** A copy of the library's sources with these patches applied. */
async function patchedTree(tree: string, folder: string, patches: readonly string[]): Promise<string> {
  const copy = join(folder, "tree");
  await cp(tree, copy, { recursive: true });
  await applyPatches(copy, patches);
  return copy;
}

async function archive(
  folder: string,
  tree: string,
  flags: readonly string[],
  label: string,
  parts: { readonly sources: readonly string[]; readonly headers: readonly string[] },
): Promise<void> {
  await mkdir(join(folder, "include"));
  for (const header of parts.headers) await cp(join(tree, header), join(folder, "include", header));
  const objects = parts.sources.map((source) => join(folder, `${source.replaceAll("/", "-")}.o`));
  const jobs = parts.sources.map(
    (source, i) => () => run("musl-gcc", [...flags, prefixMap(tree), "-c", join(tree, source), "-o", objects[i]!]),
  );
  const workers = Array.from({ length: Math.min(availableParallelism(), jobs.length) }, async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job();
  });
  await progress(`compiling ${label}`, Promise.all(workers));
  // D: no times and no users in the archive.
  await run("ar", ["rcsD", join(folder, "library.a"), ...objects]);
  await rm(join(folder, "tree"), { recursive: true, force: true });
}

/** Names of source files reach the machine code (__FILE__): they must not tell where it was built. */
function prefixMap(tree: string): string {
  return `-ffile-prefix-map=${tree}=.`;
}

/** The crate's entry in the lock file, version and checksum. */
async function pinned(crate: string): Promise<string> {
  const lock = await readFile(join(root, "image/vendor/Cargo.lock"), "utf8");
  const entry = lock.split("[[package]]").find((text) => text.includes(`name = "${crate}"\n`));
  if (entry === undefined) throw new BuildError(`image/vendor/Cargo.lock does not have ${crate}`);
  return entry;
}
