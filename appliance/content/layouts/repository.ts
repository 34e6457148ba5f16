// What a recogniser may look at: names of the tree, and small files of settings.

import type { Snapshot } from "../../git/snapshot.ts";
import type { Platform } from "../../platform.ts";
import { type DataFormat, parseData } from "../data.ts";
import type { Fault } from "../problem.ts";

/** Longer settings are not read. */
export const MAX_SETTINGS_LENGTH = 256 * 1024;
/** Characters of all settings and headers that are read before the documents. */
const MAX_READ_LENGTH = 4 * 1024 * 1024;

/** Settings with keys in lower case, at every depth. */
export type Settings = ReadonlyMap<string, unknown>;

export class RepositoryView {
  readonly #snapshot: Snapshot;
  readonly #platform: Pick<Platform, "utf8Decode">;
  /** What all paths begin with, which nobody sees: "", or a folder with its slash. */
  readonly #folder: string;
  /** Directories at the top and below it. */
  readonly #directories = new Set<string>();
  readonly faults: { readonly path: string; readonly fault: Fault }[] = [];
  #read = 0;

  constructor(snapshot: Snapshot, platform: Pick<Platform, "utf8Decode">, folder = "") {
    this.#snapshot = snapshot;
    this.#platform = platform;
    this.#folder = folder;
    for (const path of snapshot.directories.keys()) {
      if (!path.startsWith(folder)) continue;
      const within = path.slice(folder.length);
      if (within !== "" && within.split("/", 3).length <= 2) this.#directories.add(within);
    }
  }

  has(path: string): boolean {
    return this.#snapshot.entries.has(this.#folder + path);
  }

  /** The same of a folder, which is given with its slash, as if there was nothing else. */
  below(folder: string): RepositoryView {
    return new RepositoryView(this.#snapshot, this.#platform, this.#folder + folder);
  }

  /** Of at most two names. */
  hasDirectory(path: string): boolean {
    return this.#directories.has(path);
  }

  paths(): Iterable<string> {
    return this.#folder === "" ? this.#snapshot.entries.keys() : pathsBelow(this.#snapshot, this.#folder);
  }

  /** Names of the folders at the top. */
  folders(): readonly string[] {
    return [...this.#directories].filter((name) => !name.includes("/"));
  }

  /** The first of the paths that is a file. */
  first(...paths: readonly string[]): string | undefined {
    return paths.find((path) => this.has(path));
  }

  /** Undefined when there is no such file, or it is too long. */
  text(path: string): string | undefined {
    const entry = this.#snapshot.entries.get(this.#folder + path);
    if (entry === undefined || (entry.mode !== "file" && entry.mode !== "executable")) return undefined;
    const bytes = this.#snapshot.read(entry.oid);
    if (bytes === undefined || bytes.length > MAX_SETTINGS_LENGTH) return undefined;
    this.#read += bytes.length;
    return this.#read > MAX_READ_LENGTH ? undefined : this.#platform.utf8Decode(bytes).replace(/^\uFEFF/, "");
  }

  /** The settings in a file by its extension; empty when it cannot be read, which is noted. */
  settings(path: string): Settings {
    const text = this.text(path);
    if (text === undefined) return new Map();
    const data = parseData(formatOf(path), text);
    if (!data.ok) {
      this.faults.push({ path, fault: { ...data.error, reason: `cannot be read: ${data.error.reason}` } });
      return new Map();
    }
    return settingsOf(data.value);
  }
}

function* pathsBelow({ entries }: Snapshot, folder: string): Generator<string, void, undefined> {
  for (const path of entries.keys()) if (path.startsWith(folder)) yield path.slice(folder.length);
}

function formatOf(path: string): DataFormat {
  return path.endsWith(".toml") ? "toml" : path.endsWith(".json") ? "json" : "yaml";
}

/** A map with its keys in lower case; empty for anything else. */
export function settingsOf(value: unknown): Settings {
  if (value instanceof Map) return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item]));
}

/** What stands at a way of keys; undefined: nothing. */
export function settingAt(settings: Settings, ...keys: readonly string[]): unknown {
  let at: unknown = settings;
  for (const key of keys) at = settingsOf(at).get(key);
  return at;
}

/** The text at a way of keys, trimmed; undefined when there is none, or it is empty. */
export function textAt(settings: Settings, ...keys: readonly string[]): string | undefined {
  const value = settingAt(settings, ...keys);
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).trim();
  return text === "" ? undefined : text;
}

/** Texts at a way of keys: a list, or one. */
export function textsAt(settings: Settings, ...keys: readonly string[]): readonly string[] {
  const value = settingAt(settings, ...keys);
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.filter((item) => typeof item === "string");
}

/** The path of a base URL without a slash at its end: "/blog" of "https://x.example/blog/"; "" for none. */
export function pathOfUrl(url: string | undefined): string {
  return /^(?:https?:)?\/\/[^/]+(\/[^?#]*)/.exec(url ?? "")?.[1]?.replace(/\/+$/, "") ?? "";
}
