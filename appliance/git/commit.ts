// Read first: git-commit-tree(1) and the commit object in Documentation/user-manual, "Commit Object".

import type { Platform } from "../platform.ts";
import type { GitPerson, GitTime } from "./snapshot.ts";

export interface Commit {
  /** 40 hexadecimal digits each. */
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly subject: string;
}

export interface Signature {
  readonly person: GitPerson;
  readonly time: GitTime;
}

/** Enough for a commit of many parents and a signature; of the message only the first line is wanted. */
const MAX_HEAD = 64 * 1024;
/** git-merge-octopus makes far fewer. */
const MAX_PARENTS = 256;
const MAX_SUBJECT = 1000;

/** What of the platform text is read with. */
export type TextPlatform = Pick<Platform, "utf8Decode" | "latin1Decode">;

/** Undefined when the object is no commit that Git would read. */
export function decodeCommit(bytes: Uint8Array, platform: TextPlatform): Commit | undefined {
  const text = platform.latin1Decode(bytes, 0, Math.min(bytes.length, MAX_HEAD));
  if (!text.startsWith("tree ") || text[45] !== "\n") return undefined;
  const tree = text.slice(5, 45);
  let at = 46;
  const parents: string[] = [];
  while (text.startsWith("parent ", at)) {
    if (parents.length === MAX_PARENTS || text[at + 47] !== "\n") return undefined;
    parents.push(text.slice(at + 7, at + 47));
    at += 48;
  }
  let end = text.indexOf("\n", at);
  if (!text.startsWith("author ", at) || end < 0) return undefined;
  const author = text.slice(at + 7, end);
  at = end + 1;
  end = text.indexOf("\n", at);
  if (!text.startsWith("committer ", at) || end < 0) return undefined;
  const committer = text.slice(at + 10, end);
  const blank = text.indexOf("\n\n", end);
  const message = blank < 0 ? "" : text.slice(blank + 2, blank + 2 + MAX_SUBJECT * 4);
  const subject = /[^\n]+/.exec(message)?.[0] ?? "";
  return {
    tree,
    parents,
    author: decodeSignature(author, platform),
    committer: decodeSignature(committer, platform),
    subject: fromUtf8(subject, platform).trim().slice(0, MAX_SUBJECT),
  };
}

/** `Name <address> seconds +hhmm`. A damaged date is 0, as git log shows it. */
function decodeSignature(line: string, platform: TextPlatform): Signature {
  const close = line.lastIndexOf(">");
  const open = line.indexOf("<");
  const name = open < 0 ? line : line.slice(0, open).trim();
  const email = open < 0 || close < open ? "" : line.slice(open + 1, close);
  const date = /^ (-?\d{1,15})(?: ([+-])(\d\d)(\d\d))?/.exec(line.slice(close + 1));
  const sign = date?.[2] === "-" ? -1 : 1;
  const minutes = sign * (Number(date?.[3] ?? 0) * 60 + Number(date?.[4] ?? 0));
  return {
    person: { name: fromUtf8(name, platform), email: fromUtf8(email, platform) },
    // "-0" is no offset.
    time: { seconds: Number(date?.[1] ?? 0), offsetMinutes: minutes === 0 ? 0 : minutes },
  };
}

/** Text whose characters are bytes: UTF-8 if it is that, else Latin-1 as it stands. */
function fromUtf8(bytesAsText: string, platform: TextPlatform): string {
  if (!/[\x80-\xff]/.test(bytesAsText)) return bytesAsText;
  const bytes = new Uint8Array(bytesAsText.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = bytesAsText.charCodeAt(i);
  const text = platform.utf8Decode(bytes);
  return text.includes("\ufffd") ? bytesAsText : text;
}
