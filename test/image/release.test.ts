// The parts of a release that need no build: archives, the appliance for VirtualBox, the bill of materials.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { ova, sha256 } from "../../image/build/ova.ts";
import { differences } from "../../image/build/release.ts";
import { type Materials, sbom } from "../../image/build/sbom.ts";
import { tar } from "../../image/build/tar.ts";

const SCHEMAS = "node_modules/@cyclonedx/cyclonedx-library/res/schema";

/** Names of the left column of NOTICE, without what stands in brackets. */
function noticed(): string[] {
  const lines = readFileSync("NOTICE", "utf8").split("\n");
  return lines.flatMap((line) => /^ {2}(\S.*?)(?: \(.*?\))? {2,}\S/.exec(line)?.[1] ?? []);
}

function materials(): Materials {
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
  return {
    version: "0.1.0 (1a2b3c4d)",
    committed: 1_795_000_000_000,
    npmLock: readFileSync("package-lock.json", "utf8"),
    cargoLock: readFileSync("image/vendor/Cargo.lock", "utf8"),
    // What the others bring along.
    bundled: [...Object.keys(manifest.dependencies), "@pinojs/redact", "quick-format-unescaped"],
    patches: readdirSync("image/vendor/patches"),
    ...{ quickjs: "0.18.0", libdeflate: "1.26", awsLc: "5.12.0", musl: "1.2.3", gcc: "12.2.0" },
  };
}

interface Bill {
  readonly components: readonly { readonly name: string; readonly scope: string; readonly version?: string }[];
}

describe("the bill of materials", () => {
  const text = sbom(materials());
  const bill = JSON.parse(text) as Bill;

  test("is what CycloneDX's schema says", () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats.default(ajv);
    // Two that ajv-formats lacks, as far as they can be wrong here.
    ajv.addFormat("idn-email", /^\S+@\S+$/);
    ajv.addFormat("iri-reference", /^\S*$/);
    const read = (name: string): object => JSON.parse(readFileSync(join(SCHEMAS, name), "utf8")) as object;
    for (const name of ["spdx", "jsf-0.82"]) {
      const file = `${name}.SNAPSHOT.schema.json`;
      ajv.addSchema(read(file), `http://cyclonedx.org/schema/${file}`);
    }
    const validate = ajv.compile(read("bom-1.6.SNAPSHOT.schema.json"));
    validate(bill);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...bill, specVersion: 7 })).toBe(false);
    expect(validate({ ...bill, components: [{ type: "library" }] })).toBe(false);
  });

  test("names every part that NOTICE names, and no part that NOTICE does not", () => {
    const names = bill.components.map(({ name }) => name);
    expect(noticed().length).toBeGreaterThan(15);
    expect(noticed().filter((name) => !names.includes(name))).toEqual([]);
    const notice = readFileSync("NOTICE", "utf8");
    const linked = bill.components.filter(({ name, scope }) => scope === "required" && !name.startsWith("generated:"));
    expect(linked.filter(({ name }) => !notice.includes(name))).toEqual([]);
  });

  test("names each crate, and says which are linked in", () => {
    const crates = readFileSync("image/vendor/Cargo.lock", "utf8").match(/^checksum = /gm)?.length;
    const found = bill.components.filter((one) => "purl" in one && String(one.purl).startsWith("pkg:cargo/"));
    expect(found.length).toBe(crates);
    expect(found.filter(({ scope }) => scope === "required").map(({ name }) => name)).toEqual([
      "aws-lc-sys",
      "libdeflate-sys",
      "libquickjs-ng-sys",
    ]);
  });

  test("is the same each time, and another for another version", () => {
    expect(sbom(materials())).toBe(text);
    expect(sbom({ ...materials(), musl: "1.2.4" })).not.toBe(text);
  });

  test("a package that is not locked is an error", () => {
    expect(() => sbom({ ...materials(), bundled: ["nowhere"] })).toThrow("package-lock.json does not have nowhere");
  });
});

describe("an archive", () => {
  test("is read by tar, whole and with its times", () => {
    const bytes = tar(
      [
        { path: "a.txt", bytes: new TextEncoder().encode("first\n") },
        { path: "folder/b", bytes: new Uint8Array(1500).fill(7), mode: 0o755 },
      ],
      86_400,
    );
    const env = { ...process.env, TZ: "UTC", LC_ALL: "C" };
    const list = execFileSync("tar", ["-tvf", "-"], { input: bytes, encoding: "utf8", env });
    expect(list.replaceAll(/ +/g, " ")).toBe(
      "-rw-r--r-- 0/0 6 1970-01-02 00:00 a.txt\n-rwxr-xr-x 0/0 1500 1970-01-02 00:00 folder/b\n",
    );
    expect(execFileSync("tar", ["-xOf", "-", "a.txt"], { input: bytes, encoding: "utf8" })).toBe("first\n");
  });

  test("refuses a name that does not fit", () => {
    expect(() => tar([{ path: "x".repeat(101), bytes: new Uint8Array(0) }], 0)).toThrow("no name for an archive");
  });
});

test("the appliance for VirtualBox: description first, and hashes of what is in it", () => {
  const disk = new Uint8Array(700).fill(3);
  const bytes = ova(disk, 6_291_456, "0.1.0 (1a2b3c4d)", 0);
  const out = (...words: string[]): Buffer => execFileSync("tar", words, { input: bytes });
  expect(out("-tf", "-").toString().trim().split("\n")).toEqual(["epiphyte.ovf", "epiphyte.mf", "epiphyte-disk1.vmdk"]);
  const description = out("-xOf", "-", "epiphyte.ovf");
  expect(out("-xOf", "-", "epiphyte.mf").toString()).toBe(
    `SHA256(epiphyte.ovf)= ${sha256(description)}\nSHA256(epiphyte-disk1.vmdk)= ${sha256(disk)}\n`,
  );
  expect(description.toString()).toContain('ovf:size="700"');
  expect(description.toString()).toContain('ovf:capacity="6291456"');
});

describe("what is compared", () => {
  const files = [{ name: "NOTICE", bytes: readFileSync("NOTICE") }];

  test("a file of the release, and another's", async () => {
    expect(await differences("NOTICE", files)).toEqual([]);
    expect((await differences("NOTICE", [{ name: "NOTICE", bytes: Uint8Array.of(1) }]))[0]).toMatch(
      /^NOTICE differs, from byte 0 on: /,
    );
    expect(await differences("LICENSE", files)).toEqual(["LICENSE is no file of a release: NOTICE"]);
    expect(await differences("nowhere/NOTICE", files)).toEqual(["nowhere/NOTICE cannot be read"]);
  });
});
