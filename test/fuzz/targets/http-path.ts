import { parseTarget } from "../../../appliance/web/target.ts";
import { canonicalPath } from "../../../stack/http/path.ts";
import { authorityIsValid, pathIsPlain } from "../../../stack/http1/target.ts";
import { anywhere, ascii, check, latin1, same, type Target } from "../target.ts";

/** The path of a request: what the server takes, the table looks up and the appliance decodes is one and the same. */
export const httpPath: Target = {
  name: "http-path",
  limit: 80,
  words: [
    "/",
    "//",
    ".",
    "..",
    "%2e",
    "%2F",
    "%5c",
    "%00",
    "%25",
    "%c3%a4",
    "%ed%a0%80",
    "%f0%9f%98%80",
    "%c0%af",
    "%",
    "%4",
    "[::1]",
    ":80",
    "?",
  ],
  seeds: () =>
    [
      "/",
      "/a/b.c",
      "/a//b",
      "/../a",
      "/a/%2e%2E/b",
      "/%c3%a4",
      "/%C3%A4/%61",
      "/%ff",
      "/%e2%82",
      "/a%2fb",
      "/...",
      "/%252e",
      "/a/.",
    ].map(ascii),
  run: (bytes) => {
    authority(bytes);
    // What is no path character ends a path before it is looked at.
    const path = ascii(`/${latin1(bytes).replace(/[^!$-;=@-[\]-~]/g, "")}`);
    const plain = anywhere(path, (array, offset, length) => pathIsPlain(array, offset, offset + length));
    const canonical = anywhere(path, (array, offset, length) => canonicalPath(array, offset, offset + length));
    const key = canonical.length === 0 ? path : canonical;
    const twice = canonicalPath(key, 0, key.length);
    check(key.length <= path.length, "a canonical path that is longer");
    if (!plain) return;
    if (twice.length > 0) same(twice, key, "a path made canonical twice");
    const platform = { utf8Decode: nativeUtf8 };
    const target = parseTarget(latin1(path), platform);
    // Of what the server takes the appliance refuses control characters alone.
    if (!target.ok) {
      check(/%(0[1-9a-f]|1[0-9a-f]|7f)/i.test(latin1(path)), "taken by the server, refused by the appliance");
      return;
    }
    same(parseTarget(latin1(key), platform), target, "the canonical path and the path");
    same(
      target.value.path.split("/").some((name) => name === "." || name === ".."),
      false,
      "dots alone in a path",
    );
  },
};

function nativeUtf8(bytes: Uint8Array, offset = 0, length: number = bytes.length - offset): string {
  return nativeUtf8Decode(bytes, offset, length);
}

function authority(bytes: Uint8Array): void {
  const text = latin1(bytes);
  const found = anywhere(bytes, (array, offset, length) => authorityIsValid(array, offset, offset + length));
  const name = /^(?:\[[0-9a-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})+)(?::\d{0,5})?$/i.test(text);
  same(found, name, `the authority ${text}`);
}
