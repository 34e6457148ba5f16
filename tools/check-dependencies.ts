// What we take from others: exact versions with checksums, licences that allow a permissive whole, everything that is
// linked in named in NOTICE, and no known advisory. Each check is one line; the last line counts them.
//
//   npm run check:dependencies

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allowsUse } from "./licences.ts";
import { which } from "./setup.ts";

const root = join(import.meta.dirname, "..");
const CRATES = "image/vendor/vendor";
const PROGRAM_MAP = "build/program/epiphyte.elf.js.map";

/** Crates whose C is linked into the image; the others of Cargo.lock only carry build scripts, which never run. */
export const LINKED_CRATES: readonly string[] = ["aws-lc-sys", "libdeflate-sys", "libquickjs-ng-sys"];
/** What permissive projects may link in. */
const LINKED_LICENCES: readonly string[] = [
  ...["MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BSL-1.0", "Zlib"],
  ...["BlueOak-1.0.0", "Unlicense", "CC0-1.0", "Unicode-3.0"],
];
/** What tools may have besides: they are run, never linked. */
const TOOL_LICENCES: readonly string[] = [
  ...LINKED_LICENCES,
  "MPL-2.0",
  "Apache-2.0 WITH LLVM-exception",
  "Python-2.0",
];
/**
 * Advisories that were looked at and do not touch us, by id, each with the reason. One that is not reported any more is
 * a fault too, so that this list stays short.
 */
export const ACCEPTED_ADVISORIES: Readonly<Record<string, string>> = {};

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly integrity: boolean;
  readonly dev: boolean;
  readonly installed: boolean;
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly license?: string;
        readonly integrity?: string;
        readonly dev?: boolean;
        readonly optional?: boolean;
        readonly inBundle?: boolean;
      }
    >
  >;
}

type Outcome = { readonly faults: readonly string[] } | { readonly skipped: string };

/** The packages of a package-lock.json (version 3). A licence that the lock does not tell is read from `manifest`. */
export function lockedPackages(text: string, manifest: (path: string) => string | undefined): readonly Package[] {
  const { packages } = JSON.parse(text) as Lock;
  return Object.entries(packages)
    .filter(([path]) => path !== "")
    .map(([path, entry]) => ({
      name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
      version: entry.version ?? "",
      licence: entry.license ?? licenceOf(manifest(path)) ?? "",
      integrity: entry.integrity !== undefined || entry.inBundle === true,
      dev: entry.dev === true || entry.optional === true,
      installed: manifest(path) !== undefined,
    }));
}

function licenceOf(manifest: string | undefined): string | undefined {
  if (manifest === undefined) return undefined;
  const { license } = JSON.parse(manifest) as { readonly license?: unknown };
  return typeof license === "string" ? license : undefined;
}

/** Dependencies of a package.json that are not pinned to one version. */
export function unpinned(text: string): readonly string[] {
  const json = JSON.parse(text) as Readonly<Record<string, Readonly<Record<string, string>>>>;
  return ["dependencies", "devDependencies", "optionalDependencies"]
    .flatMap((kind) => Object.entries(json[kind] ?? {}))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:[-+][\w.-]+)?$/.test(version))
    .map(([name, version]) => `${name}: "${version}" is not one version`);
}

/** The npm packages that a source map of the program names. */
export function bundledPackages(map: string): readonly string[] {
  const { sources } = JSON.parse(map) as { readonly sources: readonly string[] };
  const names = sources.flatMap((source) => {
    const at = source.lastIndexOf("node_modules/");
    if (at < 0) return [];
    const [first = "", second = ""] = source.slice(at + "node_modules/".length).split("/");
    return [first.startsWith("@") ? `${first}/${second}` : first];
  });
  return [...new Set(names)].sort();
}

function npmLicences(): Outcome {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  const packages = lockedPackages(lock, (path) => read(join(path, "package.json")));
  const faults = packages.flatMap(({ name, version, licence, dev, integrity, installed }) => {
    const found: string[] = [];
    // Builds for other systems are not installed: npm has no checksum of what it never fetched, nor their licence.
    if (installed && !integrity) found.push(`${name} ${version}: package-lock.json has no checksum for it`);
    if (installed && !allowsUse(licence, dev ? TOOL_LICENCES : LINKED_LICENCES))
      found.push(`${name} ${version}: its licence "${licence}" is not on the list`);
    return found;
  });
  return { faults };
}

function crateLicences(): Outcome {
  if (!existsSync(join(root, CRATES))) return { skipped: "the crates are not fetched yet: npm run image" };
  const faults: string[] = [];
  for (const folder of readdirSync(join(root, CRATES))) {
    const manifest = read(join(CRATES, folder, "Cargo.toml"));
    if (manifest === undefined) continue;
    const licence = /^license = "([^"]*)"/m.exec(manifest)?.[1] ?? "";
    const allowed = LINKED_CRATES.includes(folder) ? LINKED_LICENCES : TOOL_LICENCES;
    if (!allowsUse(licence, allowed)) faults.push(`${folder}: its licence "${licence}" is not on the list`);
  }
  for (const name of LINKED_CRATES)
    if (!existsSync(join(root, CRATES, name))) faults.push(`${name} is not among the fetched crates`);
  return { faults };
}

function notice(): Outcome {
  const map = read(PROGRAM_MAP);
  if (map === undefined) return { skipped: "there is no program yet: npm run image" };
  const text = read("NOTICE") ?? "";
  const missing = [...bundledPackages(map), ...LINKED_CRATES].filter(
    (name) => !new RegExp(`(?:^|[\\s(])${name.replace(/[.*+?^$\\{}()|[\]]/g, "\\$&")}(?:[\\s)]|$)`, "m").test(text),
  );
  return { faults: missing.map((name) => `NOTICE does not name ${name}, which is linked in`) };
}

function npmAdvisories(): Outcome {
  const run = spawnSync("npm", ["audit", "--json"], { cwd: root, encoding: "utf8", timeout: 60_000 });
  const report = parseAudit(run.stdout ?? "");
  if (typeof report === "string") return { skipped: report };
  const unknown = report.filter(({ id }) => ACCEPTED_ADVISORIES[id] === undefined);
  const gone = Object.keys(ACCEPTED_ADVISORIES).filter((id) => !report.some((advisory) => advisory.id === id));
  return {
    faults: [
      ...unknown.map(({ id, name, severity, title }) => `${name}: ${severity}, ${title} (${id})`),
      ...gone.map((id) => `${id} is accepted in tools/check-dependencies.ts, but no longer reported`),
    ],
  };
}

export interface Advisory {
  readonly id: string;
  readonly name: string;
  readonly severity: string;
  readonly title: string;
}

/** What `npm audit --json` says: advisories, each once, or why there is no answer. */
export function parseAudit(text: string): readonly Advisory[] | string {
  type Via = { readonly url?: string; readonly severity?: string; readonly title?: string };
  type Report = {
    readonly vulnerabilities?: Readonly<Record<string, { readonly via: readonly (string | Via)[] }>>;
    readonly statusCode?: number;
    readonly message?: string;
  };
  let report: Report;
  try {
    report = JSON.parse(text) as Report;
  } catch {
    return "npm audit gave no answer";
  }
  if (report.vulnerabilities === undefined)
    return `the npm registry did not answer (${report.statusCode ?? "no network"})`;
  const found = new Map<string, Advisory>();
  for (const [name, { via }] of Object.entries(report.vulnerabilities)) {
    for (const cause of via) {
      if (typeof cause === "string") continue;
      const id = (cause.url ?? "").split("/").at(-1) ?? "";
      found.set(`${id} ${name}`, { id, name, severity: cause.severity ?? "", title: cause.title ?? "" });
    }
  }
  return [...found.values()];
}

function crateAdvisories(): Outcome {
  if (which("cargo-audit") === undefined)
    return { skipped: "cargo-audit is not installed (cargo install cargo-audit)" };
  const words = ["audit", "--file", "image/vendor/Cargo.lock", "--quiet"];
  const run = spawnSync("cargo", words, { cwd: root, encoding: "utf8", timeout: 120_000 });
  if (run.status === 0) return { faults: [] };
  const said = `${run.stdout}${run.stderr}`.trim();
  return /couldn't fetch advisory database|error: IO error|failed to load/i.test(said)
    ? { skipped: "cargo-audit has no advisory database here" }
    : { faults: said.split("\n") };
}

/** A file below the root, or undefined. */
function read(path: string): string | undefined {
  const full = join(root, path);
  return existsSync(full) ? readFileSync(full, "utf8") : undefined;
}

const CHECKS: ReadonlyArray<readonly [name: string, check: () => Outcome]> = [
  ["direct dependencies are pinned", () => ({ faults: unpinned(read("package.json") ?? "{}") })],
  ["npm: checksums and licences", npmLicences],
  ["crates: licences", crateLicences],
  ["what is linked in is named in NOTICE", notice],
  ["npm: advisories", npmAdvisories],
  ["crates: advisories", crateAdvisories],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let [passed, failed, skipped] = [0, 0, 0];
  for (const [name, check] of CHECKS) {
    const outcome = check();
    if ("skipped" in outcome) {
      skipped++;
      console.log(`skipped: ${name}: ${outcome.skipped}`);
    } else if (outcome.faults.length === 0) {
      passed++;
      console.log(`✓ ${name}`);
    } else {
      failed++;
      console.log(`✗ ${name}\n${outcome.faults.map((fault) => `  ${fault}`).join("\n")}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}
