import { prefersGzip } from "../../../stack/http/conditional.ts";
import { anywhere, ascii, latin1, same, type Target } from "../target.ts";

/** Accept-Encoding, read a second time by patterns. */
export const httpAccept: Target = {
  name: "http-accept",
  limit: 80,
  words: [
    "gzip",
    "GZIP",
    "x-gzip",
    "identity",
    "*",
    "br",
    ";q=",
    "; q=0.5",
    ";q=0",
    ";q=1.000",
    ";Q=0.001",
    ",",
    " ",
    "\t",
    "1.001",
  ],
  seeds: () =>
    [
      "gzip, deflate, br",
      "gzip;q=0",
      "identity;q=1, gzip;q=0.5",
      "*",
      "*;q=0.2, identity;q=0.3",
      "x-gzip ; q=0.001",
      "gzip;q=2",
      "gzip;q=0.0001",
      "",
    ].map(ascii),
  run: (bytes) => {
    const found = anywhere(bytes, (array, offset, length) => prefersGzip(array, offset, offset + length));
    same(found, prefers(latin1(bytes)), `Accept-Encoding: ${latin1(bytes)}`);
  },
};

function prefers(text: string): boolean {
  const weights = new Map<string, number>();
  for (const member of text.split(",")) {
    const match = /^[ \t]*([^; \t]+)(.*)$/s.exec(member);
    if (match === null) continue;
    const name = match[1]!.toLowerCase() === "x-gzip" ? "gzip" : match[1]!.toLowerCase();
    weights.set(name, weight(match[2]!));
  }
  const gzip = weights.get("gzip") ?? weights.get("*") ?? 0;
  return gzip > 0 && gzip >= (weights.get("identity") ?? 0);
}

function weight(text: string): number {
  if (/^[ \t]*$/.test(text)) return 1;
  const match = /^[ \t]*;[ \t]*q=([01](?:\.\d{0,3})?)[ \t]*$/i.exec(text);
  const value = match === null ? 0 : Number(match[1]);
  return value <= 1 ? value : 0;
}
