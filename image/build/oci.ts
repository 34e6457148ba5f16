// The process target as a container image: an archive that podman, skopeo, containerd and docker (25 and later) load. Read first:
// OCI Image Format 1.1 (image-layout.md, manifest.md, config.md, layer.md). One layer with one file: the binary is static and
// brings the authorities of the web along. The same binary gives the same bytes.

import { gzipSync } from "node:zlib";
import { sha256 } from "./ova.ts";
import { tar } from "./tar.ts";

const PROGRAM = "epiphyte";
const EXECUTABLE = 0o755;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** `version` as "0.1.0 (1a2b3c4d)"; `committed` milliseconds since 1970, the time of all that is in it. */
export function ociImage(program: Uint8Array, version: string, committed: number): Uint8Array {
  const seconds = Math.floor(committed / 1000);
  const created = new Date(seconds * 1000).toISOString();
  const [number = version] = version.split(" ");
  const blobs: { path: string; bytes: Uint8Array }[] = [];
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const hash = sha256(bytes);
    blobs.push({ path: `blobs/sha256/${hash}`, bytes });
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const layer = tar([{ path: PROGRAM, bytes: program, mode: EXECUTABLE }], seconds);
  const packed = add("application/vnd.oci.image.layer.v1.tar+gzip", gzipSync(layer, { level: 9 }));
  const labels = {
    "org.opencontainers.image.title": "Epiphyte",
    "org.opencontainers.image.version": version,
  };
  const config = add(
    "application/vnd.oci.image.config.v1+json",
    json({
      created,
      architecture: "amd64",
      os: "linux",
      config: { Entrypoint: [`/${PROGRAM}`], Labels: labels },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created, created_by: "npm run release" }],
    }),
  );
  const manifest = add(
    "application/vnd.oci.image.manifest.v1+json",
    json({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config,
      layers: [packed],
      annotations: labels,
    }),
  );
  // The name that containerd gives it, and the tag that others do.
  const names = {
    "io.containerd.image.name": `localhost/${PROGRAM}:${number}`,
    "org.opencontainers.image.ref.name": number,
  };
  const index = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ ...manifest, annotations: names }],
  });
  const files = [
    { path: "oci-layout", bytes: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", bytes: index },
    ...blobs,
  ];
  return tar(files, seconds);
}

function json(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
