// What Git needs of HTTP. http-transport.ts makes it from our HTTP client; tests make theirs from Node's.

import type { Result } from "../../stack/base/result.ts";
import type { GitTransportError } from "./error.ts";

export interface GitRequest {
  readonly method: "GET" | "POST";
  /** Absolute, http or https, without credentials. */
  readonly url: string;
  /** Authorization among them goes to the origin of `url` only, whatever redirects follow. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: Uint8Array;
  /** Bytes of the answer's body at the most; a longer one is "body-too-large". */
  readonly limit: number;
  /** Told of the bytes of the answer's body so far, now and then. */
  readonly onReceived: (bytes: number) => void;
}

export interface GitResponse {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** The whole body, as it arrived; the caller's own. */
  readonly chunks: Uint8Array[];
}

export interface GitTransport {
  /** Follows redirects of GET. Never rejects. A body that ends too early is "broken". */
  request(request: GitRequest): Promise<Result<GitResponse, GitTransportError>>;
}
