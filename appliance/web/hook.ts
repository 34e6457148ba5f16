// The webhook: a forge says that something was pushed. Any method will do, as in Canopy; with a secret the body must be
// signed. Answers when the update is through, with the commit that is served then.

import type { HttpRequest, HttpResponse } from "../../stack/edge/network.ts";
import type { Platform } from "../platform.ts";
import { field } from "./headers.ts";

export type UpdateOutcome =
  | { readonly kind: "updated"; readonly commit: string; readonly summary: string }
  | { readonly kind: "unchanged"; readonly commit: string }
  /** `commit` is what is still served; undefined: nothing yet. */
  | { readonly kind: "failed"; readonly reason: string; readonly commit: string | undefined };

export interface HookOptions {
  readonly secret: string | undefined;
  readonly platform: Pick<Platform, "utf8Encode" | "hmacSha256">;
  update(): Promise<UpdateOutcome>;
  onRefused(request: HttpRequest): void;
}

export function makeHook(options: HookOptions): (request: HttpRequest) => Promise<HttpResponse> {
  const update = coalesce(options.update);
  const answer = (status: number, headers: HttpResponse["headers"], value: object): HttpResponse => ({
    status,
    headers: [
      ["Content-Type", "application/json"],
      ["Cache-Control", "no-store"],
      ["X-Content-Type-Options", "nosniff"],
      ...headers,
    ],
    body: options.platform.utf8Encode(`${JSON.stringify(value)}\n`),
  });
  return async (request) => {
    if (options.secret !== undefined && !(await isSigned(request, options.secret, options.platform))) {
      options.onRefused(request);
      return answer(403, [], { error: "the signature of this hook is missing or wrong" });
    }
    const outcome = await update();
    switch (outcome.kind) {
      case "updated":
        return answer(200, [["X-Commit", outcome.commit]], {
          commit: outcome.commit,
          updated: true,
          site: outcome.summary,
        });
      case "unchanged":
        return answer(200, [["X-Commit", outcome.commit]], { commit: outcome.commit, updated: false });
      case "failed":
        return answer(502, [["Retry-After", "10"]], { error: outcome.reason, commit: outcome.commit ?? null });
    }
  };
}

/**
 * At most one run at a time and one waiting: whoever comes during a run shares the next one, because the run may have
 * asked the server before the push that this hook is about.
 */
export function coalesce<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let queued: Promise<T> | undefined;
  const start = (): Promise<T> => {
    const current = run();
    running = current;
    const done = (): void => {
      if (running === current) running = undefined;
    };
    current.then(done, done);
    return current;
  };
  return () => {
    if (running === undefined) return start();
    queued ??= running.then(
      () => next(),
      () => next(),
    );
    return queued;
  };
  function next(): Promise<T> {
    queued = undefined;
    return start();
  }
}

/** GitHub, Gitea, Forgejo: hex HMAC-SHA-256 of the body. GitLab sends the secret itself. */
async function isSigned(request: HttpRequest, secret: string, platform: HookOptions["platform"]): Promise<boolean> {
  const key = platform.utf8Encode(secret);
  const token = field(request, "x-gitlab-token");
  if (token !== undefined) return sameText(hexOf(hmacOf(token, key, platform)), hexOf(hmacOf(secret, key, platform)));
  const sent = field(request, "x-hub-signature-256")?.replace(/^sha256=/, "") ?? field(request, "x-gitea-signature");
  if (sent === undefined) return false;
  // The body is hashed as it comes and kept nowhere.
  const hmac = platform.hmacSha256(key);
  for (;;) {
    const piece = await request.read();
    if (!piece.ok) return false;
    if (piece.value === undefined) return sameText(sent.toLowerCase(), hexOf(hmac.digest()));
    hmac.update(piece.value);
  }
}

function hmacOf(text: string, key: Uint8Array, platform: HookOptions["platform"]): Uint8Array {
  const hmac = platform.hmacSha256(key);
  hmac.update(platform.utf8Encode(text));
  return hmac.digest();
}

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

/** Takes as long for texts of one length, wherever they differ. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
