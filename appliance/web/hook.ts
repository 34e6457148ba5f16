// The webhook: a forge says that something was pushed. Any method will do, as in Canopy; with a secret the body must be
// signed (signature.ts). Answers when the update is through, with the commit that is served then and what is wrong with
// the repository: as JSON, or in plain lines for a person at a terminal.
//
// Without a secret anybody can call it: then it makes the machine look for news once a second at most, and does not name
// what an author keeps hidden.

import type { HttpRequest, HttpResponse } from "../../stack/edge/network.ts";
import { describeProblem, type Problem } from "../content/problem.ts";
import type { Platform } from "../platform.ts";
import { field } from "./headers.ts";
import { checkSignature, SIGNATURE_HEADERS } from "./signature.ts";

export type UpdateOutcome =
  | ({ readonly kind: "updated"; readonly commit: string } & Shown)
  | ({ readonly kind: "unchanged"; readonly commit: string } & Shown)
  /** `commit` is what is still served; undefined: nothing yet. */
  | { readonly kind: "failed"; readonly reason: string; readonly commit: string | undefined };

interface Shown {
  /** "12 posts, 3 pages" */
  readonly summary: string;
  readonly problems: readonly Problem[];
}

export interface HookOptions {
  readonly secret: string | undefined;
  readonly platform: Pick<Platform, "utf8Encode" | "hmacSha256" | "now" | "sleep">;
  /** Concurrent calls share a run. */
  update(): Promise<UpdateOutcome>;
  /** The commit that is served; undefined: nothing yet. */
  commit(): string | undefined;
  onRefused(request: HttpRequest, reason: string): void;
}

/** Between two looks for news that anybody can ask for, in microseconds. */
export const OPEN_HOOK_INTERVAL = 1_000_000;
/** Problems that an answer names. */
export const MAX_TOLD_PROBLEMS = 50;

/** sourcehut has no secrets of its users: it signs with one key for all, and whoever has an account there has its signature. */
const SOURCEHUT =
  "X-Payload-Signature is sourcehut's, by a key of its own that says nothing of whose hook it is; without --hook-secret, a path that nobody knows (--hook=/push/…) does";

/** An answer in both its forms. */
interface Answer {
  readonly status: number;
  readonly headers: HttpResponse["headers"];
  readonly json: object;
  readonly lines: readonly string[];
}

export class Webhook {
  readonly #options: HookOptions;
  /** When the last call without a signature began to look, and those that wait for the next. */
  #lastOpen = Number.NEGATIVE_INFINITY;
  #openWaiting: Promise<UpdateOutcome> | undefined;

  constructor(options: HookOptions) {
    this.#options = options;
  }

  /** Never rejects, unless `update` does. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    const { status, headers, json, lines } = await this.#answer(request);
    const plain = wantsPlainText(request);
    const text = plain ? lines.join("\n") : JSON.stringify(json);
    return {
      status,
      headers: [
        ["Content-Type", plain ? "text/plain; charset=utf-8" : "application/json"],
        ["Cache-Control", "no-store"],
        ["X-Content-Type-Options", "nosniff"],
        ...headers,
      ],
      body: this.#options.platform.utf8Encode(`${text}\n`),
    };
  }

  async #answer(request: HttpRequest): Promise<Answer> {
    const { secret, platform } = this.#options;
    if (secret !== undefined) {
      const signature = await checkSignature(request, secret, platform);
      if (signature.kind === "gone") return failure(400, "the body of this hook did not come to its end");
      if (signature.kind !== "good") {
        const reason =
          signature.kind === "wrong"
            ? `${signature.header} does not fit the secret (--hook-secret) and the body`
            : field(request, "x-payload-signature") !== undefined
              ? SOURCEHUT
              : `it has no signature: none of ${SIGNATURE_HEADERS.join(", ")}`;
        this.#options.onRefused(request, reason);
        return failure(403, `this hook was refused: ${reason}`);
      }
    }
    const commit = this.#options.commit();
    if (isPing(request))
      return {
        status: 200,
        headers: commit === undefined ? [] : [["X-Commit", commit]],
        json: { ping: true, commit: commit ?? null },
        lines: [`the webhook works; ${commit === undefined ? "nothing is shown yet" : `commit ${commit} is shown`}`],
      };
    return describe(await (secret === undefined ? this.#openUpdate() : this.#options.update()), secret !== undefined);
  }

  /** Whoever comes before the second is over waits for its end, together with all others. */
  #openUpdate(): Promise<UpdateOutcome> {
    this.#openWaiting ??= this.#nextOpenUpdate();
    return this.#openWaiting;
  }

  async #nextOpenUpdate(): Promise<UpdateOutcome> {
    const { platform } = this.#options;
    // Also when nothing is to be waited for: whoever called must have noted that this runs.
    await platform.sleep(Math.max(0, Math.ceil((this.#lastOpen + OPEN_HOOK_INTERVAL - platform.now()) / 1000)));
    this.#lastOpen = platform.now();
    this.#openWaiting = undefined;
    return this.#options.update();
  }
}

function failure(status: number, reason: string): Answer {
  return { status, headers: [], json: { error: reason }, lines: [reason] };
}

/** `trusted`: the caller may know what is hidden. */
function describe(outcome: UpdateOutcome, trusted: boolean): Answer {
  if (outcome.kind === "failed") {
    const { reason, commit } = outcome;
    const still = commit === undefined ? "nothing is shown yet" : `commit ${commit} is still shown`;
    return {
      status: 502,
      headers: [["Retry-After", "10"]],
      json: { error: reason, commit: commit ?? null },
      lines: [reason, `${still}; the machine goes on trying`],
    };
  }
  const { commit, summary, problems } = outcome;
  const updated = outcome.kind === "updated";
  const named = problems.filter(({ hides }) => trusted || hides !== true);
  const told = named.slice(0, MAX_TOLD_PROBLEMS);
  const more = named.length - told.length;
  const kept = problems.length - named.length;
  return {
    status: 200,
    headers: [["X-Commit", commit]],
    json: {
      commit,
      updated,
      site: summary,
      problems: told.map(({ path, line, reason, skipped }) => ({
        path,
        ...(line === undefined ? {} : { line }),
        reason,
        leftOut: skipped,
      })),
      ...(more > 0 ? { moreProblems: more } : {}),
      ...(kept > 0 ? { hiddenProblems: kept } : {}),
    },
    lines: [
      `${updated ? "updated" : "nothing new"}: ${summary}, commit ${commit.slice(0, 8)}`,
      ...told.map(describeProblem),
      ...(more > 0 ? [`and ${more} more like these`] : []),
      ...(kept > 0 ? [`${kept} left out by their headers: the log names them, and so does a signed hook`] : []),
    ],
  };
}

/** A forge that tries the hook out: GitHub, Bitbucket Data Center. */
function isPing(request: HttpRequest): boolean {
  return field(request, "x-github-event") === "ping" || field(request, "x-event-key") === "diagnostics:ping";
}

/** Asked for, or a terminal's client that takes anything. */
export function wantsPlainText(request: HttpRequest): boolean {
  const accept = field(request, "accept") ?? "*/*";
  if (/application\/json/i.test(accept)) return false;
  if (/text\/plain/i.test(accept)) return true;
  return accept.trim() === "*/*" && /^(?:curl|Wget)\//i.test(field(request, "user-agent") ?? "");
}

/** Headers by which a request shows that it is a forge's webhook. */
const FORGE_HEADER =
  /^x-(?:github|gitea|forgejo|gogs|gitlab|webhook)-event$|^x-event-key$|^webhook-id$|^x-hub-signature|^x-payload-signature$/;

export function isFromForge(request: HttpRequest): boolean {
  return request.headers.some(([name]) => FORGE_HEADER.test(name));
}
