// What a target finds when it starts, each with its kind: told below the seam, before there is a host whose events could
// carry it, and read from above through two functions, as events are.

/** There is no more. */
export const FOUND_NOTHING = 0;
/** The link that the host is on. */
export const FOUND_LINK = 1;
/** A device that is left alone, and why; or one that needs a hand. */
export const FOUND_PROBLEM = 2;
/** No link, and what would help: there is no host. */
export const FOUND_NO_LINK = 3;

/** Parameters that the host has for us, in bytes of UTF-8: of QEMU's fw_cfg, of SMBIOS. */
export const FOUND_FW_CFG = 4;
export const FOUND_SMBIOS = 5;
/** Parameters that the host has for us and that cannot be read: why. */
export const FOUND_UNREADABLE = 6;

const NOTHING = new Uint8Array(0);

export class Findings {
  /** Of the finding that `next` has made current. */
  text = "";
  bytes: Uint8Array = new Uint8Array(0);
  private readonly kinds: number[] = [];
  private readonly texts: string[] = [];
  private readonly contents: Uint8Array[] = [];
  private read = 0;

  add(kind: number, text: string): void {
    this.kinds.push(kind);
    this.texts.push(text);
    this.contents.push(NOTHING);
  }

  addBytes(kind: number, bytes: Uint8Array): void {
    this.kinds.push(kind);
    this.texts.push("");
    this.contents.push(bytes);
  }

  /** Makes the next finding current and returns its kind. */
  next(): number {
    if (this.read >= this.kinds.length) return FOUND_NOTHING;
    this.text = this.texts[this.read]!;
    this.bytes = this.contents[this.read]!;
    this.read++;
    return this.kinds[this.read - 1]!;
  }
}
