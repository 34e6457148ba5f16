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

export class Findings {
  /** Of the finding that `next` has made current. */
  text = "";
  private readonly kinds: number[] = [];
  private readonly texts: string[] = [];
  private read = 0;

  add(kind: number, text: string): void {
    this.kinds.push(kind);
    this.texts.push(text);
  }

  /** Makes the next finding current and returns its kind. */
  next(): number {
    if (this.read >= this.kinds.length) return FOUND_NOTHING;
    this.text = this.texts[this.read]!;
    this.read++;
    return this.kinds[this.read - 1]!;
  }
}
