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
  /** Given the body of an answer of status 200 piece by piece, the pieces its own. False: no more is wanted. */
  readonly onData: (bytes: Uint8Array) => boolean;
  /** Asked once a second at least, and after each piece that came. True: it is not waited for any longer. */
  readonly giveUp: () => boolean;
}

export interface GitResponse {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
}

export interface GitTransport {
  /** Follows redirects of GET. Never rejects. A body that ends too early is "broken". */
  request(request: GitRequest): Promise<Result<GitResponse, GitTransportError>>;
}
