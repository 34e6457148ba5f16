// What Git needs of HTTP. http-transport.ts makes it from our HTTP client, tools/node-transport.ts from Node's.

import type { Result } from "../../stack/base/result.ts";
import type { GitTransportError } from "./error.ts";

export interface GitRequest {
  readonly method: "GET" | "POST";
  /** Absolute, http or https, without credentials. */
  readonly url: string;
  /** Authorization among them goes to the origin of `url` only, whatever redirects follow. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: Uint8Array;
}

export interface GitResponse {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** The next bytes of the body; undefined is its end as announced. A body cut short is "broken". */
  read(): Promise<Result<Uint8Array | undefined, GitTransportError>>;
  /** Lets go of the connection before the end. */
  close(): void;
}

export interface GitTransport {
  /** Resolves with the response's head; follows redirects of GET. Never rejects. */
  request(request: GitRequest): Promise<Result<GitResponse, GitTransportError>>;
}
