/** What is wrong somewhere in a file, and where. */
export interface Fault {
  readonly reason: string;
  /** 1 is the first; undefined: it is not known, or the whole file is meant. */
  readonly line: number | undefined;
}

/** Something in the repository that is not served as its author meant. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
  /** Of the file; left out where it is not known. */
  readonly line?: number | undefined;
  /** True: the path is left out; false: it is served, but not wholly as written. */
  readonly skipped: boolean;
  /** True: its author may have meant to hide the path; it is named in the log and to whom knows the secret of the hook. */
  readonly hides?: boolean;
}

/** "posts/a.md:12: there is no page here for ../b.md (left out)", as compilers write it. */
export function describeProblem({ path, line, reason, skipped }: Problem): string {
  return `${path}${line === undefined ? "" : `:${line}`}: ${reason}${skipped ? " (left out)" : ""}`;
}
