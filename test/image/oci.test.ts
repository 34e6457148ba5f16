// The process target as a container image: its layout, held against the specification and read by skopeo.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { ociImage } from "../../image/build/oci.ts";
import { sha256 } from "../../image/build/ova.ts";
import { tar } from "../../image/build/tar.ts";
import { which } from "../../tools/setup.ts";

const PROGRAM = new TextEncoder().encode("#!/bin/sh\necho a program\n");
const COMMITTED = 1_795_000_000_123;

const folder = mkdtempSync(join(tmpdir(), "epiphyte-oci-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The image unpacked, and a function that reads one of its blobs and looks whether it is the one that is meant. */
function unpacked(): (descriptor: Descriptor) => Buffer {
  const archive = join(folder, "image.tar");
  writeFileSync(archive, ociImage(PROGRAM, "0.1.0 (1a2b3c4d)", COMMITTED));
  execFileSync("tar", ["-xf", archive, "-C", folder]);
  return ({ digest, size }) => {
    const bytes = readFileSync(join(folder, "blobs", digest.replace(":", "/")));
    expect([`sha256:${sha256(bytes)}`, bytes.length]).toEqual([digest, size]);
    return bytes;
  };
}

test("the same program is the same image", () => {
  const make = (): Uint8Array => ociImage(PROGRAM, "0.1.0 (1a2b3c4d)", COMMITTED);
  expect(sha256(make())).toBe(sha256(make()));
});

test("index, manifest, configuration and layer lead to each other (image-layout.md, manifest.md, config.md)", () => {
  const blob = unpacked();
  expect(JSON.parse(readFileSync(join(folder, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as { manifests: Descriptor[] };
  expect(index.manifests).toHaveLength(1);
  const manifest = JSON.parse(blob(index.manifests[0]!).toString()) as { config: Descriptor; layers: Descriptor[] };
  const config = JSON.parse(blob(manifest.config).toString()) as object;
  const layer = gunzipSync(blob(manifest.layers[0]!));
  expect(config).toMatchObject({
    created: "2026-11-18T11:06:40.000Z",
    architecture: "amd64",
    os: "linux",
    config: { Entrypoint: ["/epiphyte"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
  });
  const seconds = Math.floor(COMMITTED / 1000);
  expect(layer.equals(tar([{ path: "epiphyte", bytes: PROGRAM, mode: 0o755 }], seconds))).toBe(true);
});

test.skipIf(which("skopeo") === undefined)("skopeo (needs it) reads it, and copies every blob by its hash", () => {
  unpacked();
  const archive = `oci-archive:${join(folder, "image.tar")}`;
  const said = JSON.parse(execFileSync("skopeo", ["inspect", archive], { encoding: "utf8" })) as object;
  expect(said).toMatchObject({
    Os: "linux",
    Architecture: "amd64",
    Labels: { "org.opencontainers.image.version": "0.1.0 (1a2b3c4d)" },
  });
  execFileSync("skopeo", ["copy", "--quiet", archive, `dir:${join(folder, "copied")}`], { stdio: "pipe" });
});
