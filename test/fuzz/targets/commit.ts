import { decodeCommit, type Signature } from "../../../appliance/git/commit.ts";
import { platform } from "../../../image/platform.ts";
import { ascii, check, latin1, same, type Target } from "../target.ts";

const TREE = "a".repeat(40);
const WHO = "A U Thor <a@example.org> 1700000000 +0100";

export const commit: Target = {
  name: "commit",
  limit: 700,
  words: [
    `tree ${TREE}\n`,
    `parent ${TREE}\n`,
    `author ${WHO}\n`,
    `committer ${WHO}\n`,
    "\n\nsubject",
    "<",
    ">",
    " 17",
    " -0030",
    "\n",
    "\xc3\xa4",
    "\xff",
    "gpgsig x\n y\n",
  ],
  seeds: () =>
    [
      `tree ${TREE}\nauthor ${WHO}\ncommitter ${WHO}\n\nA subject\n\nA body.\n`,
      `tree ${TREE}\nparent ${TREE}\nparent ${TREE}\nauthor ${WHO}\ncommitter ${WHO}\nencoding latin1\n\n\n  subj\xe4\n`,
      `tree ${TREE}\nauthor < 5\ncommitter nobody\n`,
      `tree ${TREE}\nauthor \xc3\xa4 <x> -17 -0030\ncommitter > < 1 +9999\n\nx`,
    ].map(ascii),
  run: (bytes) => {
    const found = decodeCommit(bytes, platform);
    if (found === undefined) return;
    const { tree, parents, author, committer, subject } = found;
    check([tree, ...parents].every((name) => name.length === 40) && parents.length <= 256, "names of another length");
    check(subject.length <= 1000 && !subject.includes("\n"), "a subject of several lines");
    for (const { person, time } of [author, committer]) {
      check(Number.isSafeInteger(time.seconds) && Math.abs(time.offsetMinutes) <= 99 * 60 + 99, "a time that is none");
      check(!Object.is(time.offsetMinutes, -0), "an offset of less than nothing");
      check(!person.name.includes("\n") && !person.email.includes("\n"), "a name of several lines");
    }
    // Written again by Git's rules it is the same commit.
    const text = [
      `tree ${tree}`,
      ...parents.map((name) => `parent ${name}`),
      `author ${line(author)}`,
      `committer ${line(committer)}`,
      `\n${utf8(subject)}`,
    ].join("\n");
    if (
      !parents.some(odd) &&
      !odd(tree) &&
      [author, committer].every(({ person }) => tame(person.name) && tame(person.email))
    )
      same(decodeCommit(ascii(text), platform), found, "written and read again");
  },
};

const utf8 = (text: string): string => latin1(nativeUtf8Encode(text));
const odd = (name: string): boolean => /[^0-9a-f]/.test(name);
/** Not a name that could be read in another way. */
const tame = (text: string): boolean => !/[<>\ufffd\x80-\xff]/.test(text) && text === text.trim();

function line({ person, time }: Signature): string {
  const minutes = Math.abs(time.offsetMinutes);
  const zone = String(Math.floor(minutes / 60)).padStart(2, "0") + String(minutes % 60).padStart(2, "0");
  return `${utf8(person.name)} <${utf8(person.email)}> ${time.seconds} ${time.offsetMinutes < 0 ? "-" : "+"}${zone}`;
}
