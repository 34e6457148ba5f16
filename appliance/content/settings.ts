// What a site is called and where it lives: by `.config/` (one value a file, as Canopy reads it), by the settings of its
// generator, by the machine's parameters, by the repository's own address.

import type { Snapshot } from "../git/snapshot.ts";
import type { Platform } from "../platform.ts";
import type { SiteFacts } from "./layouts/layout.ts";
import { type Look, readLook } from "./look.ts";
import type { Problem } from "./problem.ts";
import { readStrings } from "./strings.ts";
import { isUuid, NAMESPACE_URL, uuid5 } from "./uuid.ts";
import type { Strings } from "./words.ts";

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
  /** The words of the pages. */
  readonly strings: Strings;
  readonly look: Look;
  /** WebSub hub that is told of what is new; undefined: none. */
  readonly hub: string | undefined;
  /** True: raw HTML is sanitised, for not everybody who writes is to be trusted. */
  readonly untrusted: boolean;
  /** True: quotes, dashes and dots as printers set them. */
  readonly typographic: boolean;
  /** What the author may want to set, a sentence each: for the log. */
  readonly notes: readonly string[];
  /** Replaces the theme's Content-Security-Policy; undefined: the theme's. */
  readonly contentSecurityPolicy: string | undefined;
}

const MAX_SETTING_LENGTH = 4096;
const MAX_STRINGS_LENGTH = 16_384;
const LANGUAGE_TAG = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;
const MAX_NAME_LENGTH = 200;
const PRINTABLE = /^[\x20-\x7e]+$/;

type Decoding = Pick<Platform, "utf8Decode" | "utf8Encode" | "sha1">;

/** What is known of a site besides its repository's content. */
export interface Surroundings {
  /** Where the repository is: a URL without credentials, or a directory. */
  readonly repository?: string | undefined;
  /** `--root`: public base URL without a slash at its end. */
  readonly root?: string | undefined;
  /** `--untrusted`: raw HTML is sanitised, whatever the repository says. */
  readonly untrusted?: boolean | undefined;
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
  const readLines = (name: string, most = MAX_SETTING_LENGTH): string | undefined => {
    const entry = snapshot.entries.get(`.config/${name}`);
    if (entry === undefined || (entry.mode !== "file" && entry.mode !== "executable")) return undefined;
    const bytes = snapshot.read(entry.oid);
    if (bytes === undefined) return undefined;
    if (bytes.length > most) {
      warn(name, `is longer than ${most} bytes and ignored`);
      return undefined;
    }
    return platform.utf8Decode(bytes).replace(/^\uFEFF/, "");
  };
  const read = (name: string): string | undefined => {
    const text = readLines(name)
      ?.replace(/[\x00-\x1f\x7f]+/g, " ")
      .trim();
    return text === "" ? undefined : text;
  };
  const isOn = (name: string): boolean => {
    if (!snapshot.entries.has(`.config/${name}`)) return false;
    const text = read(name);
    // The file alone says it, as an empty one does.
    if (text === undefined || /^(?:true|yes|on|1)$/i.test(text)) return true;
    if (!/^(?:false|no|off|0)$/i.test(text)) {
      warn(name, `${JSON.stringify(text.slice(0, 100))} is neither yes nor no; it is taken for yes`);
      return true;
    }
    return false;
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
  const tag = read("language");
  if (tag !== undefined && !LANGUAGE_TAG.test(tag))
    warn("language", `${JSON.stringify(tag)} is no language tag such as en or pt-BR`);
  const named = tag ?? facts.language ?? "en";
  const language = LANGUAGE_TAG.test(named) ? named : "en";
  const policy = read("content_security_policy");
  const untrusted = surroundings.untrusted === true || isOn("untrusted");
  if (policy !== undefined && untrusted) warn("content_security_policy", "is not used where authors are not trusted");
  else if (policy !== undefined && !PRINTABLE.test(policy))
    warn("content_security_policy", "has characters that a header field cannot have, and is ignored");
  const hub = read("hub");
  const isHub = hub !== undefined && /^https?:\/\/[^\s"'<>\\]+$/.test(hub);
  if (hub !== undefined && !isHub) warn("hub", `${JSON.stringify(hub)} is not the URL of a WebSub hub`);
  return {
    name: read("blog_name") ?? oneLine(facts.name) ?? nameOf(surroundings.repository) ?? "Blog",
    indexPage: (read("index_page") ?? "Index").replace(/^\/+|\/+$/g, ""),
    root,
    uuid: uuid !== undefined && isUuid(uuid) ? uuid : derived,
    description: read("description") ?? oneLine(facts.description) ?? "",
    language,
    strings: readStrings(language, readLines("strings", MAX_STRINGS_LENGTH), ".config/strings", problems),
    look: readLook(read("theme"), (reason) => warn("theme", reason)),
    hub: isHub ? hub : undefined,
    untrusted,
    typographic: isOn("typographic"),
    notes,
    contentSecurityPolicy: untrusted || policy === undefined || !PRINTABLE.test(policy) ? undefined : policy,
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
