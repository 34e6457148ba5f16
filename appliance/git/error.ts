// Everything that can go wrong between a remote and a Snapshot, and what to tell the operator about it.

/** What the transport (HTTP over TCP) may report; `where` is the URL without credentials. */
export type GitTransportError =
  | { readonly kind: "no-such-host"; readonly where: string; readonly host: string }
  | { readonly kind: "no-name-server"; readonly where: string; readonly host: string }
  | { readonly kind: "refused"; readonly where: string }
  | { readonly kind: "unreachable"; readonly where: string }
  | { readonly kind: "timed-out"; readonly where: string }
  /** The connection broke, or the peer does not speak HTTP; `reason` in plain words. */
  | { readonly kind: "broken"; readonly where: string; readonly reason: string }
  | { readonly kind: "redirects"; readonly where: string; readonly reason: string }
  | { readonly kind: "unsupported-url"; readonly where: string; readonly reason: string };

export type GitError =
  | GitTransportError
  /** 401 or 403. `given` tells whether the remote's URL held credentials. */
  | { readonly kind: "unauthorized"; readonly where: string; readonly status: number; readonly given: boolean }
  /** 404 or 410. */
  | { readonly kind: "not-found"; readonly where: string; readonly status: number }
  /** Any other status than 200. */
  | { readonly kind: "http-status"; readonly where: string; readonly status: number }
  /** It answers, but not with Git's smart protocol. */
  | { readonly kind: "not-git"; readonly where: string; readonly reason: string }
  | { readonly kind: "empty-repository"; readonly where: string }
  | {
      readonly kind: "unknown-branch";
      readonly where: string;
      readonly branch: string;
      readonly branches: readonly string[];
    }
  /** The server ended with a message of its own. */
  | { readonly kind: "remote-error"; readonly where: string; readonly message: string }
  | { readonly kind: "pack-cut-short"; readonly where: string; readonly received: number }
  | { readonly kind: "pack-corrupt"; readonly where: string; readonly reason: string }
  /** An object that the history needs did not come. */
  | { readonly kind: "object-missing"; readonly where: string; readonly oid: string }
  | {
      readonly kind: "too-large";
      readonly where: string;
      readonly what: "pack bytes" | "objects" | "object bytes" | "commits" | "files" | "advertisement bytes";
      readonly limit: number;
    };
