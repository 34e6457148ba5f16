// Carries a conversation (talk.ts) out: over HTTP, in time, and with the proofs where they are looked for.

import type { HttpAnswer } from "../../stack/edge/http-client.ts";
import { joinChunks } from "../../stack/edge/http-client.ts";
import { describeHttpError } from "../../stack/edge/http-error.ts";
import { formatUrl, parseUrl } from "../../stack/edge/url.ts";
import type { Platform } from "../platform.ts";
import type { Request } from "./store.ts";
import type { Answer, Ask, Asked, Proof, Talk } from "./talk.ts";

type CarryPlatform = Pick<Platform, "now" | "wallClock" | "sleep" | "utf8Encode" | "utf8Decode">;

/** Milliseconds without progress, and for all of one request. */
const TIMEOUT_MS = 20_000;
const REQUEST_LIMIT_MS = 60_000;
/** What Retry-After may say, in milliseconds. */
const MOST_RETRY_AFTER = 365 * 86_400_000;

export async function carryOut<T>(
  talk: Talk<T>,
  request: Request,
  show: (proofs: readonly Proof[]) => void,
  platform: CarryPlatform,
): Promise<T> {
  let asked: Asked | undefined;
  for (;;) {
    const step = talk.next(asked);
    asked = undefined;
    if (step.done === true) return step.value;
    switch (step.value.kind) {
      case "ask":
        asked = await askOverHttp(step.value.ask, request, platform);
        break;
      case "wait":
        await platform.sleep(step.value.ms);
        break;
      case "show":
        show(step.value.proofs);
        break;
    }
  }
}

async function askOverHttp(ask: Ask, request: Request, platform: CarryPlatform): Promise<Asked> {
  const { method, url, body, most } = ask;
  const end = platform.now() + REQUEST_LIMIT_MS * 1000;
  const answer = await request({
    url,
    method,
    headers: [
      ["Accept-Language", "en"],
      ...(body === undefined ? [] : [["Content-Type", "application/jose+json"] as const]),
    ],
    ...(body === undefined ? {} : { body: platform.utf8Encode(body) }),
    maxBody: most,
    timeoutMs: TIMEOUT_MS,
    giveUp: () => platform.now() > end,
  });
  if (!answer.ok) return { ok: false, error: describeHttpError(answer.error) };
  // What was signed for one URL is of no use at another, and nobody else is to be asked.
  const asked = parseUrl(url);
  if (!asked.ok || answer.value.url !== formatUrl(asked.value))
    return { ok: false, error: `${url} redirects to ${answer.value.url}` };
  return { ok: true, value: answerOf(answer.value, platform) };
}

function answerOf(answer: HttpAnswer, platform: CarryPlatform): Answer {
  const all = (name: string): readonly string[] =>
    answer.headers.filter(([each]) => each === name).map(([, value]) => value);
  const field = (name: string): string => all(name)[0] ?? "";
  const bytes = joinChunks(answer.chunks);
  return {
    status: answer.status,
    body: platform.utf8Decode(bytes, 0, bytes.length),
    type: field("content-type")
      .replace(/;[\s\S]*$/, "")
      .trim()
      .toLowerCase(),
    nonce: field("replay-nonce"),
    location: field("location"),
    next: nextOf(all("link")),
    retryAfter: retryAfter(field("retry-after"), platform.wallClock()),
  }; // prettier-ignore
}

/** RFC 8288 3, as far as authorities use it. */
function nextOf(links: readonly string[]): string {
  for (const link of links) {
    const match = /<(https:\/\/[^<>\s]{1,1900})>\s*;[^,<]*\brel="?next"?(?=[\s;,]|$)/i.exec(link);
    if (match !== null) return match[1] ?? "";
  }
  return "";
}

/** Seconds or a date (RFC 9110 10.2.3), as milliseconds from `wallClock`; undefined: neither. */
export function retryAfter(text: string, wallClock: number): number | undefined {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  const date = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  const ms = Number.isNaN(seconds) ? date - wallClock : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.min(MOST_RETRY_AFTER, Math.max(0, ms));
}
