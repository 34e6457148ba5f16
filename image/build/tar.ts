// Files as one archive. Read first: POSIX.1-2017, pax, "ustar Interchange Format". The same files give the same bytes: all
// belong to user 0 and are of one time.

export interface TarFile {
  /** At most 100 bytes of ASCII. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** 0o644 when left out. */
  readonly mode?: number;
}

const BLOCK = 512;
const NAME_LENGTH = 100;
/** Two blocks of zeros end an archive. */
const END = 2 * BLOCK;

/** `seconds`: when the files were changed last, since 1970. */
export function tar(files: readonly TarFile[], seconds: number): Uint8Array {
  const pieces = files.flatMap(({ path, bytes, mode }) => [
    header(path, bytes.length, mode ?? 0o644, seconds),
    bytes,
    new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...pieces, new Uint8Array(END)]);
}

function header(path: string, size: number, mode: number, seconds: number): Uint8Array {
  if (!/^[\x20-\x7e]+$/.test(path) || path.length > NAME_LENGTH)
    throw new RangeError(`${path}: no name for an archive`);
  const block = new Uint8Array(BLOCK);
  const text = (at: number, value: string): void => block.set(new TextEncoder().encode(value), at);
  const octal = (at: number, digits: number, value: number): void => text(at, value.toString(8).padStart(digits, "0"));
  text(0, path);
  octal(100, 7, mode);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, size);
  octal(136, 11, seconds);
  text(148, " ".repeat(8));
  text(156, "0");
  text(257, "ustar\x0000");
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}
