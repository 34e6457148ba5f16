// Everything that can go wrong between a remote and a Snapshot, and what to tell the operator about it.

import { printable } from "../log.ts";
import { describeTaskFault, type TaskFault } from "../task.ts";

/** What the transport (HTTP over TCP) may report; `where` is the URL without credentials. */
export type GitTransportError =
  | { readonly kind: "no-such-host"; readonly where: string; readonly host: string }
  /** The name exists and leads to nobody that can be called: `reason` goes on after the name. */
  | { readonly kind: "no-address"; readonly where: string; readonly host: string; readonly reason: string }
  | { readonly kind: "no-name-server"; readonly where: string; readonly host: string }
  /** A name server answered, and would not or could not look the name up. */
  | { readonly kind: "server-refused" | "server-failed"; readonly where: string; readonly host: string }
  | { readonly kind: "refused"; readonly where: string }
  | { readonly kind: "unreachable"; readonly where: string }
  | { readonly kind: "timed-out"; readonly where: string }
  /** The connection broke, or the peer does not speak HTTP; `reason` in plain words. */
  | { readonly kind: "broken"; readonly where: string; readonly reason: string }
  | { readonly kind: "body-too-large"; readonly where: string; readonly limit: number }
  /** `onData` wanted no more. */
  | { readonly kind: "stopped"; readonly where: string }
  /** Over https, and the server is not the one that was meant, or speaks no TLS that is spoken here: why, in words. */
  | { readonly kind: "insecure"; readonly where: string; readonly reason: string }
  /** A proxy did not let the connection through, or could not be reached. */
  | { readonly kind: "proxy"; readonly where: string; readonly proxy: string; readonly reason: string }
  /** Over https, and this machine has no entropy for keys. */
  | { readonly kind: "no-entropy"; readonly where: string }
  | { readonly kind: "redirects"; readonly where: string; readonly reason: string }
  | { readonly kind: "unsupported-url"; readonly where: string; readonly reason: string };

export type GitError =
  | Exclude<GitTransportError, { readonly kind: "body-too-large" | "stopped" }>
  /** 401 or 403. `given` tells whether the machine was given credentials. */
  | { readonly kind: "unauthorized"; readonly where: string; readonly status: number; readonly given: boolean }
  /** 401 or 403 of an origin to which the server redirected, and which does not get the remote's credentials. */
  | {
      readonly kind: "unauthorized-elsewhere";
      readonly where: string;
      readonly status: number;
      readonly origin: string;
    }
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
      /** It seems to be the beginning of a commit's name. */
      readonly short?: true;
    }
  /** What was asked for by name is a file, a directory, or a tag's own object. */
  | { readonly kind: "no-commit"; readonly where: string; readonly name: string }
  /** It answers as a port does that speaks TLS. */
  | { readonly kind: "speaks-tls"; readonly where: string }
  | { readonly kind: "sha256-objects"; readonly where: string }
  /** The server ended with a message of its own. */
  | { readonly kind: "remote-error"; readonly where: string; readonly message: string }
  | { readonly kind: "pack-cut-short"; readonly where: string; readonly received: number }
  | { readonly kind: "pack-corrupt"; readonly where: string; readonly reason: string }
  /** An object that the history needs did not come. */
  | { readonly kind: "object-missing"; readonly where: string; readonly oid: string }
  /** `path`: in which directory, where it is known. */
  | {
      readonly kind: "too-large";
      readonly where: string;
      readonly what: TooLarge;
      readonly limit: number;
      readonly path?: string;
    }
  /** It needs more memory or work than an update may take. */
  | { readonly kind: "out-of-share"; readonly where: string; readonly fault: TaskFault };

export type TooLarge =
  | "pack bytes"
  | "objects"
  | "object bytes"
  | "files"
  | "names in a directory"
  | "paths in the history"
  | "changes of files"
  | "directories in the history"
  | "characters in a path"
  | "advertisement bytes";

/** What happened, where, and what to do: for the console, the log and the 503 page. Holds no credentials. */
export function describeGitError(error: GitError): string {
  const at = `${error.where}:`;
  switch (error.kind) {
    case "no-such-host":
      return `${at} there is no host named ${error.host}. Check the remote's URL and the name server (--dns).`;
    case "no-address":
      return `${at} ${error.host} ${error.reason}. Check the name's records and the name server (--dns).`;
    case "no-name-server":
      return `${at} no name server answered for ${error.host}. Check the network and --dns.`;
    case "server-refused":
      return `${at} the name server refused to look up ${error.host}. It does not serve this machine: check --dns.`;
    case "server-failed":
      return `${at} the name server failed to look up ${error.host}. Check the name server (--dns) and what it asks.`;
    case "refused":
      return `${at} the connection was refused. Check that the server runs and the port is right.`;
    case "unreachable":
      return `${at} the server cannot be reached. Check the network, the gateway and the server.`;
    case "timed-out":
      return `${at} the server did not answer in time, or too slowly.`;
    case "broken":
      return `${at} the connection broke: ${error.reason}.`;
    case "insecure":
      return `${at} there is no secure connection to it: ${error.reason}`;
    case "proxy":
      return `${at} the proxy ${error.proxy} ${error.reason}.`;
    case "no-entropy":
      return `${at} this machine has no source of entropy for the keys of https; add -device virtio-rng-pci.`;
    case "redirects":
      return `${at} the redirects of the server lead nowhere: ${error.reason}.`;
    case "unsupported-url":
      return `${at} ${error.reason}.`;
    case "unauthorized":
      return error.given
        ? `${at} the server refuses the credentials (status ${error.status}): those of the remote's URL, or of --remote-user and --remote-token.`
        : `${at} the server wants credentials (status ${error.status}). Give --remote-token, or put them into the remote's URL: https://USER:TOKEN@HOST/…`;
    case "unauthorized-elsewhere":
      return `${at} it redirects to ${error.origin}, which wants credentials (status ${error.status}); those of the remote are for its own server only. Put the new place into the remote's URL.`;
    case "not-found":
      return `${at} there is no such repository (status ${error.status}). Check the path; a private one may need credentials.`;
    case "http-status":
      return `${at} the server answered with status ${error.status}.${error.status === 400 ? " A port that speaks TLS answers so to http." : ""}`;
    case "not-git":
      return `${at} this is not a Git repository over smart HTTP: ${error.reason}.`;
    case "empty-repository":
      return `${at} the repository has no commit yet. Push one.`;
    case "unknown-branch":
      return error.short === true
        ? `${at} there is no branch and no tag ${error.branch}. If it is a commit, write all its 40 digits.`
        : `${at} there is no branch and no tag ${error.branch}. There is: ${listBranches(error.branches)}.`;
    case "no-commit":
      return `${at} ${error.name} is no commit. Name a branch, a tag or a commit.`;
    case "speaks-tls":
      return `${at} it seems to speak TLS there, and the remote's URL says http. Give the port that speaks HTTP.`;
    case "sha256-objects":
      return `${at} the repository names its objects by SHA-256; this version reads those of SHA-1 (git init --object-format=sha1).`;
    case "remote-error":
      return `${at} the server says: ${error.message}`;
    case "pack-cut-short":
      return `${at} the pack ended early, after ${error.received} bytes.`;
    case "pack-corrupt":
      return `${at} the pack is damaged: ${error.reason}.`;
    case "object-missing":
      return `${at} the repository lacks object ${error.oid}. Check it with git fsck.`;
    case "too-large":
      return `${at} the repository is too large for this machine: more than ${error.limit} ${error.what}${error.path === undefined || error.path === "" ? "" : ` (at ${pathText(error.path)})`}. Give it more memory or a smaller repository.`;
    case "out-of-share":
      return `${at} the repository ${describeTaskFault({ ...error.fault, at: pathText(error.fault.at) })}.`;
  }
}

const BRANCHES_TOLD = 10;
const PATH_TOLD = 200;

function pathText(path: string): string {
  return printable(path.length > PATH_TOLD ? `${path.slice(0, PATH_TOLD)}…` : path);
}

function listBranches(branches: readonly string[]): string {
  if (branches.length === 0) return "none";
  const told = branches.slice(0, BRANCHES_TOLD).join(", ");
  return branches.length > BRANCHES_TOLD ? `${told} and ${branches.length - BRANCHES_TOLD} more` : told;
}
