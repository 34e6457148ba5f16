// A remote as the operator writes it: URL#branch, URL#tag, URL#commit or URL#refs/…, credentials in the URL (RFC 3986 3.2.1) if need be.

import type { Result } from "../../stack/base/result.ts";
import { basicAuthorization } from "../../stack/edge/basic.ts";
import { parseUrl } from "../../stack/edge/url.ts";

export interface Remote {
  /** http or https, without credentials and fragment, without a slash at the end. */
  readonly url: string;
  /** Value of the Authorization header (RFC 7617), when there are credentials: in the URL, or a token. */
  readonly authorization: string | undefined;
  /** A branch, a tag, a whole name of a ref, or of a commit; undefined: the branch that the server's HEAD points to. */
  readonly branch: string | undefined;
}

const MAX_URL_LENGTH = 2048;

/** Reads `URL[#what]`. The error says in words what is wrong; it never repeats credentials. */
export function parseRemote(text: string): Result<Remote, string> {
  if (text.length > MAX_URL_LENGTH) return { ok: false, error: `longer than ${MAX_URL_LENGTH} characters` };
  const hash = text.indexOf("#");
  const address = hash < 0 ? text : text.slice(0, hash);
  // Some write the branch as Git's own files do.
  const branch = hash < 0 ? undefined : text.slice(hash + 1).replace(/^refs\/heads\//, "");
  if (branch !== undefined) {
    const fault = branchFault(branch);
    if (fault !== undefined) return { ok: false, error: fault };
  }

  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    // git-clone(1), "GIT URLS": the scp-like form and plain paths.
    if (/^[^/]+:/.test(address)) return { ok: false, error: "Git over SSH is not supported; use an http:// URL" };
    return { ok: false, error: "not a URL; expected http://host/path" };
  }
  if (scheme !== "http" && scheme !== "https")
    return { ok: false, error: `${scheme}:// is not supported; use http://` };

  const rest = address.slice(scheme.length + 3);
  const slash = rest.search(/[/?]/);
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? "" : rest.slice(slash).replace(/\/+$/, "");
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  if (!/^([a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?$/.test(host))
    return { ok: false, error: "the URL names no valid host" };
  if (/[^\x21-\x7e]/.test(path)) return { ok: false, error: "the URL holds a character that must be percent-encoded" };
  if (path.includes("?")) return { ok: false, error: "the URL of a repository has no query" };

  let authorization: string | undefined;
  if (at >= 0) {
    const credentials = authority.slice(0, at);
    const colon = credentials.indexOf(":");
    const user = percentDecode(colon < 0 ? credentials : credentials.slice(0, colon));
    const password = percentDecode(colon < 0 ? "" : credentials.slice(colon + 1));
    if (user === undefined || password === undefined)
      return { ok: false, error: "the credentials in the URL are not percent-encoded correctly" };
    authorization = basicAuthorization(user, password);
  }
  const url = `${scheme}://${host}${path}`;
  // By the rules of whoever will ask for it.
  const parsed = parseUrl(url);
  return parsed.ok ? { ok: true, value: { url, authorization, branch } } : parsed;
}

/**
 * The remote with a token of a forge. Who it belongs to is not asked by most: GitHub, Gitea, Forgejo and Codeberg take any
 * name, GitLab this one for every kind of token of a person; Bitbucket has its own. Where a name is needed (deploy tokens of
 * GitLab, passwords), it is given.
 */
export function withToken(remote: Remote, token: string, user = usualUser(remote.url)): Remote {
  return { ...remote, authorization: basicAuthorization(user, token) };
}

function usualUser(url: string): string {
  const parsed = parseUrl(url);
  return parsed.ok && parsed.value.host === "bitbucket.org" ? "x-token-auth" : "oauth2";
}

/** The rules of git-check-ref-format(1) that matter for a name that we only look up. */
function branchFault(branch: string): string | undefined {
  if (branch === "") return "the branch after # is empty";
  if (/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$/.test(branch))
    // Not repeated: after a "#" that was not encoded stands the rest of a password.
    return "what follows # is not a name of a branch, a tag or a commit; a # in credentials is written %23";
  return undefined;
}

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
