// The target of a request -> a decoded path (RFC 9110 7.1, RFC 3986 2.4 and 5.2.4). Decoded once, never twice.

import type { Result } from "../../stack/base/result.ts";
import type { Platform } from "../platform.ts";

export interface Target {
  /** Decoded, begins with "/", without "." and ".." and without empty names but a last one ("/a/"). */
  readonly path: string;
  /** With its "?", or "". */
  readonly query: string;
}

/** "bad": not a path that anybody writes in good faith. */
export function parseTarget(target: string, platform: Pick<Platform, "utf8Decode">): Result<Target, "bad"> {
  const mark = target.search(/[?#]/);
  const encoded = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark);
  if (!encoded.startsWith("/")) return { ok: false, error: "bad" };
  const names: string[] = [];
  const parts = encoded.slice(1).split("/");
  for (let i = 0; i < parts.length; i++) {
    const name = decodeName(parts[i]!, platform);
    if (name === undefined || name === "." || name === "..") return { ok: false, error: "bad" };
    // "//" means nothing here; at the end an empty name keeps the slash.
    if (name !== "" || i === parts.length - 1) names.push(name);
  }
  return { ok: true, value: { path: `/${names.join("/")}`, query } };
}

/** One name: every "%" followed by two digits; no control characters, no "/" and "\" in disguise. */
function decodeName(text: string, platform: Pick<Platform, "utf8Decode">): string | undefined {
  // A target is one character a byte; a browser sends bytes above 127 encoded, others send them as they are.
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  if (!/[%\x80-\uffff]/.test(text)) return isPlain(text) ? text : undefined;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) return undefined;
    if (code === 37) {
      bytes[length++] = Number.parseInt(text.slice(i + 1, i + 3), 16);
      i += 2;
    } else bytes[length++] = code;
  }
  const name = platform.utf8Decode(bytes.subarray(0, length));
  return isPlain(name) ? name : undefined;
}

function isPlain(name: string): boolean {
  return !/[\x00-\x1f\x7f/\\]/.test(name);
}
