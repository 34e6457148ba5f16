// A copy of the certificate somewhere that outlives the machine, over HTTP: GET and PUT of one file. It is public; only who
// has the seed has its key.

import type { Result } from "../../stack/base/result.ts";
import type { HttpAnswer, HttpClientRequest } from "../../stack/edge/http-client.ts";
import { joinChunks } from "../../stack/edge/http-client.ts";
import type { HttpClientError } from "../../stack/edge/http-error.ts";
import { describeHttpError } from "../../stack/edge/http-error.ts";
import type { Log } from "../log.ts";
import type { Platform } from "../platform.ts";
import { CHAIN_LIMIT } from "./session.ts";
import { inWords } from "./words.ts";

export type Request = (request: HttpClientRequest) => Promise<Result<HttpAnswer, HttpClientError>>;

type KeepingPlatform = Pick<Platform, "utf8Encode" | "utf8Decode" | "sleep">;

const SECOND = 1000;
const TIMEOUT_MS = 10 * SECOND;
/** One that does not answer at the start is asked again after these, since it may be starting as well. */
const READ_WAITS = [2 * SECOND, 10 * SECOND, 30 * SECOND];
const FIRST_RETRY = 30 * SECOND;
const LAST_RETRY = 3600 * SECOND;
const TYPE = "application/pem-certificate-chain";

class Store {
  readonly #url: string;
  readonly #request: Request;
  readonly #platform: Pick<Platform, "utf8Encode" | "utf8Decode">;

  constructor(url: string, request: Request, platform: Pick<Platform, "utf8Encode" | "utf8Decode">) {
    this.#url = url;
    this.#request = request;
    this.#platform = platform;
  }

  /** The chain as PEM, "" when there is none yet; the error is a clause. */
  async read(): Promise<Result<string, string>> {
    const answer = await this.#request({ url: this.#url, maxBody: CHAIN_LIMIT, timeoutMs: TIMEOUT_MS });
    if (!answer.ok) return { ok: false, error: describeHttpError(answer.error) };
    const { status, chunks } = answer.value;
    if (status === 404 || status === 410) return { ok: true, value: "" };
    if (status !== 200) return { ok: false, error: `it answered GET with status ${status}` };
    const bytes = joinChunks(chunks);
    return { ok: true, value: this.#platform.utf8Decode(bytes, 0, bytes.length) };
  }

  /** "", or what went wrong. */
  async write(chain: string): Promise<string> {
    const answer = await this.#request({
      url: this.#url,
      method: "PUT",
      headers: [["Content-Type", TYPE]],
      body: this.#platform.utf8Encode(chain),
      maxBody: CHAIN_LIMIT,
      timeoutMs: TIMEOUT_MS,
    });
    if (!answer.ok) return describeHttpError(answer.error);
    const { status } = answer.value;
    return status >= 200 && status <= 299 ? "" : `it answered PUT with status ${status}`;
  }
}

/** The same with the patience that it takes, and words for the console. */
export class Keeping {
  readonly #store: Store;
  readonly #platform: KeepingPlatform;
  readonly #log: Pick<Log, "warn">;
  /** What is to be kept. */
  #chain = "";

  constructor(url: string, request: Request, platform: KeepingPlatform, log: Pick<Log, "warn">) {
    this.#store = new Store(url, request, platform);
    this.#platform = platform;
    this.#log = log;
  }

  /** What was kept, "" when there is nothing, or it cannot be had. */
  async read(): Promise<string> {
    for (let i = 0; ; i++) {
      const kept = await this.#store.read();
      if (kept.ok) return kept.value;
      const wait = READ_WAITS[i];
      const then = wait === undefined ? "the authority is asked instead" : `next attempt in ${inWords(wait)}`;
      this.#log.warn(`ACME: the certificate that was kept (--acme-store) cannot be read: ${kept.error}; ${then}`);
      if (wait === undefined) return "";
      await this.#platform.sleep(wait);
    }
  }

  /** Keeps it, and goes on trying when that fails, until there is another. Resolves after the first attempt. */
  async write(chain: string): Promise<void> {
    this.#chain = chain;
    const why = await this.#store.write(chain);
    if (why !== "") void this.#writeLater(chain, why);
  }

  async #writeLater(chain: string, first: string): Promise<void> {
    let why = first;
    for (let wait = FIRST_RETRY; ; wait = Math.min(LAST_RETRY, wait * 2)) {
      this.#log.warn(`ACME: the certificate cannot be kept (--acme-store): ${why}; next attempt in ${inWords(wait)}`);
      await this.#platform.sleep(wait);
      if (this.#chain !== chain) return;
      why = await this.#store.write(chain);
      if (why === "") return;
    }
  }
}
