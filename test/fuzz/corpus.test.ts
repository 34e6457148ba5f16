// What was found once stays found: every input that is kept, through its target.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { corpusNames, corpusOf } from "./corpus.ts";
import { TARGETS } from "./targets.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Decoders without a target of their own, by file: what covers them, or why none is needed. */
const COVERED: Readonly<Record<string, string>> = {
  "stack/base/bytes.ts": "fields of a length that the caller has checked",
  "stack/base/address.ts": "parameters",
  "stack/host/identity.ts": "pem: readIdentity, which it makes a credential of",
  "stack/host/seam.ts": "no decoder: what a connection has read",
  "stack/x509/algorithms.ts": "certificate",
  "stack/x509/extensions.ts": "certificate",
  "stack/ipv6/print.ts": "frame-print",
  "stack/http1/ready-writer.ts": "no decoder: writes a head",
  "appliance/content/settings.ts": "front-matter: a header's fields by name",
  "appliance/config.ts": "parameters",
  "appliance/content/host/pattern.ts": "host-headers and host-redirects",
  "appliance/acme/config.ts": "parameters: a part of its table",
  "appliance/tls-config.ts": "parameters: a part of its table",
  "appliance/log-receiver.ts": "parameters: a part of its table",
  "appliance/proxy-config.ts": "parameters: a part of its table",
  "drivers/rtc.ts": "seven registers, each value of which is in test/drivers/rtc.test.ts",
  "image/build/places.ts": "our own compiler's output",
  "image/build/patches.ts": "our own patches, in test/image/patches.test.ts",
  "image/machine-config.ts": "parameters: a part of its table",
  "image/aot/hot.ts": "reads a file of this tree when the image is built, and nothing of strangers",
  "image/dev-config-node.ts": "parameters: the same reader with another table",
};

describe("every kept input", () => {
  for (const target of TARGETS)
    test(`of ${target.name} keeps what must hold`, () => {
      const inputs = corpusOf(target.name);
      expect(inputs.length).toBeGreaterThan(0);
      for (const { file, bytes } of inputs) {
        expect(bytes.length).toBeLessThanOrEqual(4096);
        try {
          target.run(bytes);
        } catch (error) {
          throw new Error(`corpus/${target.name}/${file}: ${String(error)}`);
        }
      }
      for (const bytes of target.seeds()) target.run(bytes);
    });

  test("is of a target", () => {
    expect(corpusNames()).toEqual(TARGETS.map((target) => target.name).sort());
  });
});

test("every decoder has a target", () => {
  const text = readdirSync(join(import.meta.dirname, "targets"))
    .map((file) => readFileSync(join(import.meta.dirname, "targets", file), "utf8"))
    .join("\n");
  const missing: string[] = [];
  for (const folder of ["stack", "drivers", "appliance", "image"])
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
      const path = `${folder}/${file}`;
      if (!file.endsWith(".ts") || file.endsWith(".d.ts") || path.startsWith("image/vendor/") || path in COVERED)
        continue;
      const source = readFileSync(join(ROOT, path), "utf8");
      if (/^export (?:async )?function\*? (?:decode|parse|read)[A-Z(]/m.test(source) && !text.includes(`/${path}"`))
        missing.push(path);
    }
  expect(missing).toEqual([]);
});
