/** Something in the repository that is not served as its author meant. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
  /** True: the path is left out; false: it is served, but not wholly as written. */
  readonly skipped: boolean;
  /** True: its author may have meant to hide the path; it is named in the log and to whom knows the secret of the hook. */
  readonly hides?: boolean;
}
