// What a site is called and where it lives: by `.config/` (one value a file, as Canopy reads it), by the settings of its
// generator, by the machine's parameters, by the repository's own address.

import type { Snapshot } from "../git/snapshot.ts";
import type { Platform } from "../platform.ts";
import type { SiteFacts } from "./layouts/layout.ts";
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
  /** What the author may want to set, a sentence each: for the log. */
  readonly notes: readonly string[];
  /** Replaces the theme's Content-Security-Policy; undefined: the theme's. */
  readonly contentSecurityPolicy: string | undefined;
}

const MAX_SETTING_LENGTH = 4096;
const MAX_NAME_LENGTH = 200;

type Decoding = Pick<Platform, "utf8Decode" | "utf8Encode" | "sha1">;

/** What is known of a site besides its repository's content. */
export interface Surroundings {
  /** Where the repository is: a URL without credentials, or a directory. */
  readonly repository?: string | undefined;
  /** `--root`: public base URL without a slash at its end. */
  readonly root?: string | undefined;
  /** The address that the machine has, as a base URL. */
  here?(): string;
}

const NOBODYS_HOST =
  /^(?:www\.)?(?:example\.(?:com|org|net)|localhost|127\.0\.0\.1|yoursite|your-?(?:site|domain)\.\w+|replace-this-with-your-hugo-site\.com)(?::\d+)?$/i;

export function readSettings(
  snapshot: Snapshot,
  platform: Decoding,
  problems: Problem[],
  facts: SiteFacts,
  surroundings: Surroundings,
): Settings {
  const notes: string[] = [];
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

  const written = read("root");
  const own = written === undefined ? undefined : baseUrl(written);
  if (written !== undefined && own === undefined)
    warn("root", `${JSON.stringify(written)} is not a base URL such as https://blog.example`);
  if (own !== undefined && own.path !== "")
    warn("root", `pages live at / of a host: the path ${own.path} is left out of every address`);
  const generators = facts.root === undefined ? undefined : baseUrl(facts.root);
  const isTheirs = generators !== undefined && generators.path === "" && !NOBODYS_HOST.test(generators.host);
  const found = surroundings.root ?? own?.origin ?? (isTheirs ? generators.origin : undefined);
  const root = found ?? surroundings.here?.() ?? "http://localhost";
  if (found === undefined)
    notes.push(
      `feeds and canonical links say ${root}, the address of this machine; --root=https://… or .config/root says which one readers use`,
    );
  const uuid = read("uuid");
  const repository = surroundings.repository;
  const derived = uuid5(platform, NAMESPACE_URL, own === undefined && repository !== undefined ? repository : root);
  if (uuid === undefined)
    notes.push(
      `feeds have the id ${derived}, made from ${own === undefined && repository !== undefined ? "the repository's address" : "the root"}; the same in .config/uuid keeps it if that changes`,
    );
  else if (!isUuid(uuid)) warn("uuid", "is not a UUID; feeds use one that is made");
  const language = read("language") ?? facts.language ?? "en";
  const policy = read("content_security_policy");
  return {
    name: read("blog_name") ?? oneLine(facts.name) ?? nameOf(surroundings.repository) ?? "Blog",
    indexPage: (read("index_page") ?? "Index").replace(/^\/+|\/+$/g, ""),
    root,
    uuid: uuid !== undefined && isUuid(uuid) ? uuid : derived,
    description: read("description") ?? oneLine(facts.description) ?? "",
    language: /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(language) ? language : "en",
    notes,
    contentSecurityPolicy: policy !== undefined && /^[\x20-\x7e]+$/.test(policy) ? policy : undefined,
  };
}

interface BaseUrl {
  readonly origin: string;
  readonly host: string;
  /** Without a slash at its end. */
  readonly path: string;
}

/** Undefined when the text is no base URL. */
export function baseUrl(text: string): BaseUrl | undefined {
  const match = /^(https?:\/\/([^\s/?#"'<>\\@]+))(\/[^\s?#"'<>\\]*)?$/.exec(text);
  if (match === null) return undefined;
  return { origin: match[1]!, host: match[2]!, path: (match[3] ?? "").replace(/\/+$/, "") };
}

/** "my-blog" of "https://git.example/ann/my-blog.git"; a forge's ".wiki" and the like stay. */
function nameOf(repository: string | undefined): string | undefined {
  const name = repository
    ?.replace(/\/+$/, "")
    .replace(/^.*\//s, "")
    .replace(/\.git$/, "");
  return name === undefined || name === "" ? undefined : decoded(name).slice(0, MAX_NAME_LENGTH);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function oneLine(text: string | undefined): string | undefined {
  const line = text
    ?.replace(/[\x00-\x1f\x7f]+/g, " ")
    .trim()
    .slice(0, MAX_SETTING_LENGTH);
  return line === "" ? undefined : line;
}
