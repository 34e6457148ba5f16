// What the repository says about itself in `.config/`: one value a file, as Canopy reads it.

import type { Snapshot } from "../git/snapshot.ts";
import type { Platform } from "../platform.ts";
import type { Problem } from "./problem.ts";
import { isUuid, NAMESPACE_URL, uuid5 } from "./uuid.ts";

export interface Settings {
  readonly name: string;
  /** What is shown at "/": a document's or a directory's path. */
  readonly indexPage: string;
  /** Public base URL without a slash at its end. */
  readonly root: string;
  /** As written: Canopy hashes the text. */
  readonly uuid: string;
  /** One line under the name; "" for none. */
  readonly description: string;
  /** BCP 47 tag of the blog's language. */
  readonly language: string;
  /** Replaces the theme's Content-Security-Policy; undefined: the theme's. */
  readonly contentSecurityPolicy: string | undefined;
}

const MAX_SETTING_LENGTH = 4096;

type Decoding = Pick<Platform, "utf8Decode" | "utf8Encode" | "sha1">;

export function readSettings(snapshot: Snapshot, platform: Decoding, problems: Problem[]): Settings {
  const warn = (name: string, reason: string): void => {
    problems.push({ path: `.config/${name}`, reason, skipped: false });
  };
  const read = (name: string): string | undefined => {
    const entry = snapshot.entries.get(`.config/${name}`);
    if (entry === undefined || (entry.mode !== "file" && entry.mode !== "executable")) return undefined;
    const bytes = snapshot.read(entry.oid);
    if (bytes === undefined) return undefined;
    if (bytes.length > MAX_SETTING_LENGTH) {
      warn(name, `is longer than ${MAX_SETTING_LENGTH} bytes and ignored`);
      return undefined;
    }
    const text = platform
      .utf8Decode(bytes)
      .replace(/^\uFEFF/, "")
      .replace(/[\x00-\x1f\x7f]+/g, " ")
      .trim();
    return text === "" ? undefined : text;
  };

  let root = read("root")?.replace(/\/+$/, "") ?? "http://localhost";
  if (!/^https?:\/\/[^\s/?#"'<>\\]+(\/[^\s?#"'<>\\]*)?$/.test(root)) {
    warn("root", `${JSON.stringify(root)} is not a base URL such as https://blog.example`);
    root = "http://localhost";
  }
  const written = read("uuid");
  const derived = uuid5(platform, NAMESPACE_URL, root);
  if (written === undefined) warn("uuid", `is absent; feeds use ${derived}, made from .config/root`);
  else if (!isUuid(written)) warn("uuid", "is not a UUID; feeds use one made from .config/root");
  const language = read("language") ?? "en";
  const policy = read("content_security_policy");
  return {
    name: read("blog_name") ?? "Canopy",
    indexPage: (read("index_page") ?? "Index").replace(/^\/+|\/+$/g, ""),
    root,
    uuid: written !== undefined && isUuid(written) ? written : derived,
    description: read("description") ?? "",
    language: /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(language) ? language : "en",
    contentSecurityPolicy: policy !== undefined && /^[\x20-\x7e]+$/.test(policy) ? policy : undefined,
  };
}
