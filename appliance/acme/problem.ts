// What went wrong between this machine and an authority, and the words for the person who has to mend it.

import { printable } from "../log.ts";
import type { Problem } from "./resources.ts";

/** Characters of what an authority says that are shown. */
const SHOWN_DETAIL = 300;
const SHOWN_PARTS = 5;

export interface Failure {
  /** A clause: what happened, where. */
  readonly what: string;
  /** A clause: what to do about it; "" when time will tell. */
  readonly advice: string;
  /** The authority's type of problem; "" for none. */
  readonly type: string;
  /** Nothing has been refused: the authority was not there, or was not itself. */
  readonly passing: boolean;
  /** Milliseconds after which it wants to be asked again, if it said so. */
  readonly retryAfter: number | undefined;
}

export function failure(what: string, more: Partial<Omit<Failure, "what">> = {}): Failure {
  return { advice: "", type: "", passing: false, retryAfter: undefined, ...more, what };
}

/** The authority's refusal of what was being done. `name`: whom it was about, "" all of it. */
export function refusal(doing: string, name: string, problem: Problem, retryAfter: number | undefined): Failure {
  const said = describeProblem(problem);
  const { type, subproblems } = problem;
  const [part] = subproblems;
  const about = name !== "" ? name : part === undefined || part.name === "" ? "the name" : printable(part.name);
  return failure(`${doing}: the authority says ${said}`, {
    advice: adviceFor(type === "compound" && part !== undefined ? part.type : type, about),
    type,
    passing: type === "serverInternal" || type === "",
    retryAfter,
  });
}

export function describeProblem({ type, detail, subproblems }: Problem): string {
  const parts = subproblems.slice(0, SHOWN_PARTS).map((part) => `; ${bounded(`${part.name}: ${part.detail}`)}`);
  const words = detail === "" ? "nothing more" : `"${bounded(detail)}"`;
  return `${words}${type === "" ? "" : ` (${bounded(type)})`}${parts.join("")}`;
}

/** One line, cut where it is too long: a stranger wrote it. */
export function bounded(text: string): string {
  const line = printable(text);
  return line.length > SHOWN_DETAIL ? `${line.slice(0, SHOWN_DETAIL)}…` : line;
}

/** RFC 8555 6.7, RFC 8737, RFC 9773, and what authorities mean by it. */
function adviceFor(type: string, name: string): string {
  switch (type) {
    case "connection":
      return `port 80 (or 443) of ${name} must lead here from everywhere`;
    case "dns":
      return `${name} must have an address that leads here`;
    case "unauthorized":
    case "incorrectResponse":
    case "tls":
      return `whatever answers at ${name} is not this machine: where does its address lead?`;
    case "caa":
      return `a CAA record in the DNS of ${name} names other authorities`;
    case "rateLimited":
      return "its limits are by name, account and week; --acme-seed and --acme-store keep what there is over restarts";
    case "externalAccountRequired":
      return "--acme-eab=ID:KEY names the account that you have there";
    case "userActionRequired":
      return "its terms have changed: read them there, and start again with --acme-agree";
    case "rejectedIdentifier":
    case "unsupportedIdentifier":
      return "this authority gives no certificate for such a name; --acme names others, --acme-directory another authority";
    case "invalidProfile":
      return "--acme-profile names one that it has";
    case "invalidContact":
    case "unsupportedContact":
      return "--acme-contact is not to its taste";
    default:
      return "";
  }
}
