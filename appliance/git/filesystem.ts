// The file system that isomorphic-git sees during one fetch: a Map. It holds a configuration, the ref and the mere
// existence of the commit that we have, and is thrown away afterwards. The pack does not stay here: see PackTaken.

interface Stat {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Thrown out of writeFile for a pack: pack.ts reads packs faster than the library would index this one. */
export class PackTaken extends Error {}

const GITDIR = "/git";
const HAVE = "refs/heads/have";
const CONFIG = `[core]
	repositoryformatversion = 0
	bare = true
[remote "origin"]
	fetch = +refs/heads/*:refs/remotes/origin/*
`;

/** The operations that isomorphic-git asks of a file system, all as Promises. */
export class FetchFileSystem {
  static readonly gitdir = GITDIR;
  /** A ref that names the commit we have, when there is one. */
  static readonly have = HAVE;
  #files = new Map<string, Uint8Array | string>();
  #pack: Uint8Array | undefined;

  /** `have`: the commit that we hold with all its history, in hexadecimal; the server then sends what is new. */
  constructor(have: string | undefined) {
    this.#files.set(`${GITDIR}/config`, CONFIG);
    this.#files.set(`${GITDIR}/HEAD`, `ref: ${HAVE}\n`);
    if (have === undefined) return;
    this.#files.set(`${GITDIR}/${HAVE}`, `${have}\n`);
    // isomorphic-git tells the server only of refs whose object is there; for a loose object it asks stat alone.
    this.#files.set(`${GITDIR}/objects/${have.slice(0, 2)}/${have.slice(2)}`, "");
  }

  /** The pack that the fetch wrote; undefined when there was nothing new. */
  get pack(): Uint8Array | undefined {
    return this.#pack;
  }

  readonly promises = {
    readFile: async (path?: string, options?: string | { encoding?: string }): Promise<Uint8Array | string> => {
      const file = path === undefined ? undefined : this.#files.get(path);
      if (file === undefined) throw missing(path);
      const encoding = typeof options === "string" ? options : options?.encoding;
      if (encoding === undefined) return typeof file === "string" ? nativeUtf8Encode(file) : file;
      return typeof file === "string" ? file : nativeUtf8Decode(file, 0, file.length);
    },
    writeFile: async (path: string, data: Uint8Array | string): Promise<void> => {
      if (path.endsWith(".pack") && typeof data !== "string") {
        this.#pack = data;
        throw new PackTaken();
      }
      this.#files.set(path, data);
    },
    unlink: async (path: string): Promise<void> => {
      if (!this.#files.delete(path)) throw missing(path);
    },
    readdir: async (path: string): Promise<string[]> => {
      const names = new Set<string>();
      for (const file of this.#files.keys())
        if (file.startsWith(`${path}/`)) names.add(file.slice(path.length + 1).split("/", 1)[0]!);
      if (names.size === 0) throw missing(path);
      return [...names];
    },
    mkdir: async (_path: string): Promise<void> => {},
    rmdir: async (_path: string): Promise<void> => {},
    stat: async (path: string): Promise<Stat> => this.#stat(path),
    lstat: async (path: string): Promise<Stat> => this.#stat(path),
    readlink: async (path: string): Promise<string> => {
      throw missing(path);
    },
    symlink: async (_target: string, path: string): Promise<void> => {
      throw missing(path);
    },
  };

  #stat(path: string): Stat {
    const file = this.#files.get(path);
    const directory = file === undefined && [...this.#files.keys()].some((name) => name.startsWith(`${path}/`));
    if (file === undefined && !directory) throw missing(path);
    return {
      size: file?.length ?? 0,
      isFile: () => !directory,
      isDirectory: () => directory,
      isSymbolicLink: () => false,
    };
  }
}

/** The library tells a missing file by the error's code alone. */
function missing(path: string | undefined): Error {
  return Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
}
