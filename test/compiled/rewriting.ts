// What the parts of a rewriting (expectations.ts, generators.ts, language.ts) work with.

import type ts from "typescript";
import type { Edits } from "./edits.ts";
import type { Shows } from "./show.ts";

export interface Rewriting {
  readonly checker: ts.TypeChecker;
  readonly edits: Edits;
  readonly shows: Shows;
}
