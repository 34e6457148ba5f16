// The compiler's C as lines, and what is said when it has another form than is known.

/** A line of C, and the line of TypeScript that it came from. */
export interface Line {
  text: string;
  readonly place: string;
}

export class PatchError extends Error {}

export function expectCount(what: string, count: number, least: number, most = Number.POSITIVE_INFINITY): void {
  if (count >= least && count <= most) return;
  const wanted = least === most ? `${least}` : `${least} to ${most}`;
  throw new PatchError(
    `${what}: ${count} matches where ${wanted} were expected; the compiler writes it in another form`,
  );
}
