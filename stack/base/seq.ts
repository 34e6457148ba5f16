// TCP sequence numbers: arithmetic modulo 2^32 (RFC 9293 3.4).

/** An unsigned 32-bit sequence number. */
export type Seq = number & { readonly brand: "Seq" };

export function seqAdd(a: Seq, n: number): Seq {
  return ((a + n) >>> 0) as Seq;
}

/** a - b as a signed distance: negative when a comes before b. */
export function seqDiff(a: Seq, b: Seq): number {
  return (a - b) | 0;
}

export function seqLt(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) < 0;
}

export function seqLe(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) <= 0;
}
