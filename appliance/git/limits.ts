// How much of a remote's repository this machine is willing to hold. A repository is input like any other.

export interface GitLimits {
  /** Bytes of one pack as received. */
  readonly packBytes: number;
  /** Bytes of all packs held. */
  readonly heldBytes: number;
  /** Objects in one pack, and in all packs held. */
  readonly objects: number;
  /** Bytes of one object, inflated. */
  readonly objectBytes: number;
  /** Leaves and directories in the tree of the head commit, and names in one directory. */
  readonly files: number;
  /** Bytes of the server's list of branches and tags. */
  readonly advertisementBytes: number;
  /** Bytes of inflated objects kept between reads. */
  readonly cacheBytes: number;
}

const MEGABYTE = 1024 * 1024;

export const DEFAULT_LIMITS: GitLimits = {
  packBytes: 256 * MEGABYTE,
  heldBytes: 256 * MEGABYTE,
  objects: 2_000_000,
  objectBytes: 64 * MEGABYTE,
  files: 200_000,
  advertisementBytes: 8 * MEGABYTE,
  cacheBytes: 16 * MEGABYTE,
};

/**
 * Of the heap, for each object and file allowed: several times what it takes in the tables (about 60 and 700 bytes), for
 * the old site stays beside the new one. The share of the update (task.ts) bounds what these do not foresee.
 */
const BYTES_PER_OBJECT = 256;
const BYTES_PER_FILE = 1024;

/**
 * Limits that leave room for the rest of the appliance on a machine with this many bytes of memory to give, of which
 * these are free, and these in one piece. What no longer fits is refused: the site that is up must not fall for the next.
 */
export function limitsFor(heapBytes: number, freeBytes: number, largestBytes: number): GitLimits {
  const cacheBytes = Math.min(DEFAULT_LIMITS.cacheBytes, Math.floor(heapBytes / 8));
  const room = Math.max(0, freeBytes - cacheBytes);
  return {
    ...DEFAULT_LIMITS,
    // While a pack arrives it exists about three times: as received (in small pieces), as collected, and as kept.
    packBytes: Math.min(DEFAULT_LIMITS.packBytes, Math.floor(0.3 * freeBytes), Math.floor(largestBytes / 3)),
    heldBytes: Math.min(DEFAULT_LIMITS.heldBytes, Math.floor(heapBytes / 4)),
    // An object exists up to four times: its base, the delta, what the two make, and that with its head for the hash.
    objectBytes: Math.min(DEFAULT_LIMITS.objectBytes, Math.floor(room / 6), Math.floor(largestBytes / 5)),
    objects: Math.min(DEFAULT_LIMITS.objects, Math.floor(heapBytes / BYTES_PER_OBJECT)),
    files: Math.min(DEFAULT_LIMITS.files, Math.floor(heapBytes / BYTES_PER_FILE)),
    advertisementBytes: Math.min(DEFAULT_LIMITS.advertisementBytes, Math.floor(heapBytes / 16)),
    cacheBytes,
  };
}

/** For each file allowed: paths that there ever were, and changes of them over the whole history. */
export const PATHS_PER_FILE = 2;
export const CHANGES_PER_FILE = 10;

/** git-pack-objects refuses a deeper chain (builtin/pack-objects.c: OE_DEPTH_BITS 12). */
export const MAX_DELTA_DEPTH = 4095;
/** Characters of a path: as many as a file system takes. */
export const MAX_PATH_LENGTH = 4096;
/** Directories within directories. */
export const MAX_TREE_DEPTH = 128;
