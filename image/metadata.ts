// User data of the cloud that the machine runs in, from its metadata service at 169.254.169.254, in the forms that clouds have:
// EC2 (with a token, IMDSv2, and without), which OpenStack, Hetzner, Vultr and Firecracker's MMDS share; Google; DigitalOcean.
// Read: the instance metadata pages of each.
//
// The service is anybody who answers at that address. It is asked in the clear, told nothing, and believed no more than a DHCP
// server: see boot-config.ts.

import type { Result } from "../stack/base/result.ts";
import type { HttpAnswer, HttpClientRequest } from "../stack/edge/http-client.ts";
import type { HttpClientError } from "../stack/edge/http-error.ts";

const SERVICE = "http://169.254.169.254";
const TOKEN_PATH = "/latest/api/token";
/** Bytes of user data that are read: those of a file of parameters, and more than any cloud keeps. */
export const MOST_USER_DATA = 65_536;
/** Milliseconds in which one answer makes progress, and in which all have come. */
export const ANSWER_MS = 2000;
export const ALL_ANSWERS_MS = 10_000;
/** How often the service is called when it refuses the call, and the pause between: some begin after their machines. */
export const CALLS = 3;
export const CALL_PAUSE_MS = 1000;
/** Characters of a token; EC2's have 56. */
const MOST_TOKEN = 256;
/** For how long a token is asked for. */
const TOKEN_SECONDS = "60";
/** How user data begins that is for us: a comment to the reader of parameters. Others are scripts, or cloud-init's. */
const MARK = /^\uFEFF?#epiphyte[ \t]*(?:[\r\n]|$)/;

interface Form {
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The first wants the token where there is one. */
const FORMS: readonly Form[] = [
  { path: "/latest/user-data", headers: [] },
  { path: "/computeMetadata/v1/instance/attributes/user-data", headers: [["Metadata-Flavor", "Google"]] },
  { path: "/metadata/v1/user-data", headers: [] },
];

/** The parameters, as a file has them; "" for none. What was answered, in words: a line for each question, no secret in them. */
export interface Metadata {
  readonly text: string;
  readonly answers: readonly string[];
}

/** What it takes to ask, handed in: this file is loaded by itself, and shall not bring its own HTTP. */
export interface Asking {
  request(request: HttpClientRequest): Promise<Result<HttpAnswer, HttpClientError>>;
  describe(error: HttpClientError): string;
  /** The text of a body. */
  decode(chunks: readonly Uint8Array[]): string;
  /** Microseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Asks in one form after the other until one brings parameters, or nobody is there. Never rejects. */
export async function askMetadata(asking: Asking): Promise<Metadata> {
  const until = asking.now() + ALL_ANSWERS_MS * 1000;
  const ask = (request: HttpClientRequest): Promise<Result<HttpAnswer, HttpClientError>> =>
    asking.request({
      ...request,
      followRedirects: false,
      maxBody: MOST_USER_DATA,
      timeoutMs: ANSWER_MS,
      giveUp: () => asking.now() > until,
    });
  const answers: string[] = [];
  // EC2 and Firecracker; the others do not know this path.
  const wish = ["X-aws-ec2-metadata-token-ttl-seconds", "X-metadata-token-ttl-seconds"];
  const askToken = (): Promise<Result<HttpAnswer, HttpClientError>> =>
    ask({ url: SERVICE + TOKEN_PATH, method: "PUT", headers: wish.map((name) => [name, TOKEN_SECONDS] as const) });
  let asked = await askToken();
  for (let calls = 1; calls < CALLS && isRefused(asked); calls++) {
    await asking.sleep(CALL_PAUSE_MS);
    asked = await askToken();
  }
  if (!asked.ok && asked.error.kind === "connect") return { text: "", answers: [asking.describe(asked.error)] };
  const token = asked.ok ? readToken(asked.value.status, asking.decode(asked.value.chunks)) : "";
  for (const [i, form] of FORMS.entries()) {
    const names = i === 0 && token !== "" ? ["X-aws-ec2-metadata-token", "X-metadata-token"] : [];
    const headers = [...form.headers, ...names.map((name) => [name, token] as const)];
    const answer = await ask({ url: SERVICE + form.path, headers });
    const read = answer.ok
      ? readUserData(answer.value.status, typeOf(answer.value), asking.decode(answer.value.chunks))
      : { ok: false as const, error: asking.describe(answer.error) };
    if (read.ok) return { text: read.value, answers };
    answers.push(`${form.path}: ${read.error}`);
    if (asking.now() > until) break;
  }
  return { text: "", answers };
}

function isRefused(asked: Result<HttpAnswer, HttpClientError>): boolean {
  return !asked.ok && asked.error.kind === "connect" && asked.error.cause.kind === "refused";
}

/** The token in the answer to TOKEN_PATH; "": it is none. */
export function readToken(status: number, body: string): string {
  return status === 200 && body.length <= MOST_TOKEN && /^[\x21-\x7e]+$/.test(body) ? body : "";
}

/** The parameters in an answer, or why it has none, in words that repeat nothing of it. */
export function readUserData(status: number, contentType: string, body: string): Result<string, string> {
  if (status >= 300 && status < 400)
    return { ok: false, error: `it answers ${status}, a redirect, which is not followed` };
  if (status === 404) return { ok: false, error: "it has none (404)" };
  if (status === 401 || status === 403) return { ok: false, error: `it does not give it to this machine (${status})` };
  if (status !== 200) return { ok: false, error: `it answers ${status}` };
  if (MARK.test(body)) return { ok: true, value: body };
  if (/^text\/html\b/i.test(contentType) || /^\s*<(?:!doctype\s|html\b)/i.test(body))
    return { ok: false, error: "a page of HTML: this is no metadata service, but a proxy or a portal in its place" };
  if (body.trim() === "") return { ok: false, error: "it is empty" };
  return { ok: false, error: "its first line is not #epiphyte, so it is not meant for this machine" };
}

function typeOf({ headers }: HttpAnswer): string {
  return headers.find(([name]) => name === "content-type")?.[1] ?? "";
}
