// The bill of materials of a release: everything that the image and the process binary contain, as CycloneDX 1.6 (JSON;
// ECMA-424). Nothing of the time or place of the build is in it: the same tree gives the same bytes.

import { createHash } from "node:crypto";

export interface Materials {
  /** "0.1.0 (1a2b3c4d)" */
  readonly version: string;
  /** When the commit was made, in milliseconds since 1970; 0: not known. */
  readonly committed: number;
  /** package-lock.json and image/vendor/Cargo.lock. */
  readonly npmLock: string;
  readonly cargoLock: string;
  /** The npm packages whose modules are in the program. */
  readonly bundled: readonly string[];
  /** File names in image/vendor/patches. */
  readonly patches: readonly string[];
  /** Versions of what the crates carry, and of what this machine linked in. */
  readonly quickjs: string;
  readonly libdeflate: string;
  readonly awsLc: string;
  readonly musl: string;
  readonly gcc: string;
}

interface Component {
  readonly type: "application" | "library" | "data";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly scope?: "required" | "excluded";
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly ({ readonly expression: string } | { readonly license: { readonly name: string } })[];
  readonly purl?: string;
  readonly pedigree?: { readonly notes: string };
}

interface NpmEntry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
}

interface Crate {
  readonly name: string;
  readonly version: string;
  readonly checksum: string;
}

/** Crates that carry C which is linked in, and the library in each. */
const LINKED = {
  "libquickjs-ng-sys": { name: "quickjs-ng", licence: "MIT", patches: /^quickjs-/ },
  "libdeflate-sys": { name: "libdeflate", licence: "MIT", patches: /^libdeflate-/ },
  "aws-lc-sys": { name: "AWS-LC", licence: "Apache-2.0 AND ISC", patches: /^aws-lc-/ },
} as const;

type LinkedCrate = keyof typeof LINKED;

/** The document's text. Throws when a part is not in the lock files. */
export function sbom(of: Materials): string {
  const packages = (JSON.parse(of.npmLock) as { readonly packages: Readonly<Record<string, NpmEntry>> }).packages;
  const npm = (name: string, more: Partial<Component> = {}): Component => npmComponent(name, packages, more);
  const crates = readCrates(of.cargoLock);
  const compiled = { pedigree: { notes: "what the compiler emits is changed by image/aot/patch.ts" } };
  const components: readonly Component[] = [
    ...of.bundled.map((name) => npm(name)),
    npm("@scriptc/runtime", compiled),
    {
      ...part("Ryu", "Apache-2.0 OR BSL-1.0"),
      description: "prints numbers; in @scriptc/runtime, vendor/ryu",
    },
    ...libraries(of),
    { ...part("musl", "MIT", of.musl), description: "the C library, Debian's musl-tools" },
    { ...part("libgcc", "GPL-3.0-or-later WITH GCC-exception-3.1", of.gcc), description: "the compiler's runtime" },
    ...generated(),
    ...crates.map((crate) => crateComponent(crate)),
    {
      ...part("test vectors of C2SP Wycheproof", "Apache-2.0", undefined, "data"),
      scope: "excluded",
      description: "in the repository for its tests, in no file of the release",
    },
  ];
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      ...(of.committed === 0 ? {} : { timestamp: new Date(of.committed).toISOString() }),
      component: {
        type: "application",
        "bom-ref": "epiphyte",
        name: "epiphyte",
        version: of.version,
        licenses: [{ license: { id: "MIT" } }],
      },
      tools: { components: ["scriptc", "@scriptc/compiler", "esbuild", "typescript"].map((name) => tool(name, npm)) },
    },
    components,
    dependencies: [
      {
        ref: "epiphyte",
        dependsOn: components.filter(({ scope }) => scope !== "excluded").map((one) => one["bom-ref"]),
      },
    ],
  };
  const digest = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  const serialNumber = `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  return `${JSON.stringify({ ...document, serialNumber }, undefined, 2)}\n`;
}

function tool(name: string, npm: (name: string) => Component): Component {
  const { scope: _, ...component } = npm(name);
  return { ...component, "bom-ref": `tool:${name}`, type: "application" };
}

function npmComponent(name: string, packages: Readonly<Record<string, NpmEntry>>, more: Partial<Component>): Component {
  const entry = packages[`node_modules/${name}`];
  if (entry?.version === undefined) throw new Error(`package-lock.json does not have ${name}`);
  const { version, license, integrity = "" } = entry;
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const digest = /^sha512-(.+)$/.exec(integrity)?.[1];
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    scope: "required",
    ...(digest === undefined
      ? {}
      : { hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }] }),
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    purl,
    ...more,
  };
}

/** What the linked crates carry. */
function libraries(of: Materials): readonly Component[] {
  const versions = { "libquickjs-ng-sys": of.quickjs, "libdeflate-sys": of.libdeflate, "aws-lc-sys": of.awsLc };
  return (Object.keys(LINKED) as LinkedCrate[]).map((crate) => {
    const { name, licence, patches } = LINKED[crate];
    const applied = of.patches.filter((file) => patches.test(file));
    return {
      ...part(name, licence, versions[crate]),
      description: `C, as the crate ${crate} carries it`,
      pedigree: { notes: `with changes: ${applied.map((file) => `image/vendor/patches/${file}`).join(", ")}` },
    };
  });
}

/** Code that stands in no file of the repository. */
function generated(): readonly Component[] {
  return [
    {
      ...part("generated: the compiled side", "MIT"),
      description: "C that scriptc emits of stack/, drivers/ and image/below-*.ts, changed by image/aot/patch.ts",
    },
    {
      ...part("generated: the natives' glue", "MIT"),
      description: "C that image/build/glue.ts makes of the pages of declarations",
    },
    {
      ...part("generated: trust anchors", "MPL-2.0", undefined, "data"),
      description: "Mozilla's list of authorities, as the pinned Node has it, packed by image/trust-anchors-node.ts",
    },
  ];
}

function part(name: string, licence: string, version?: string, type: Component["type"] = "library"): Component {
  return {
    type,
    "bom-ref": `part:${name.replaceAll(/[^\w.-]+/g, "-")}`,
    name,
    ...(version === undefined ? {} : { version }),
    scope: "required",
    licenses: [{ expression: licence }],
  };
}

function crateComponent({ name, version, checksum }: Crate): Component {
  const purl = `pkg:cargo/${name}@${version}`;
  const linked = Object.hasOwn(LINKED, name);
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    scope: linked ? "required" : "excluded",
    description: linked ? "carries C that is linked in; no Rust of it is compiled" : "fetched, and never compiled",
    hashes: [{ alg: "SHA-256", content: checksum }],
    purl,
  };
}

/** The crates of a Cargo.lock that came from a registry. */
function readCrates(text: string): readonly Crate[] {
  return text.split("[[package]]\n").flatMap((block) => {
    const value = (key: string): string => new RegExp(`^${key} = "(.*)"$`, "m").exec(block)?.[1] ?? "";
    const checksum = value("checksum");
    return checksum === "" ? [] : [{ name: value("name"), version: value("version"), checksum }];
  });
}
