import { readDocument } from "../../../appliance/content/document.ts";
import { asText, listOf, mapOf, splitDocument, textOf } from "../../../appliance/content/front-matter.ts";
import { PlainLayout } from "../../../appliance/content/layouts/plain.ts";
import { longDate, parseMoment, ptimeRfc3339, rfc3339 } from "../../../appliance/content/time.ts";
import { isVisible, nextChange } from "../../../appliance/content/visibility.ts";
import type { PathDates } from "../../../appliance/git/snapshot.ts";
import { ascii, check, same, type Target, utf8 } from "../target.ts";

const WHO = { name: "A U Thor", email: "a@example.org" };
const WHEN = { seconds: 1_700_000_000, offsetMinutes: 60 };
const DATES: PathDates = {
  created: WHEN,
  createdBy: WHO,
  createdCommit: "a".repeat(40),
  updated: WHEN,
  updatedBy: WHO,
  updatedCommit: "a".repeat(40),
};
const LAYOUT = new PlainLayout();
const NOW = 1_780_000_000;

/** A document: its header in either dialect, and each line of it as a date. What says that it is a draft hides it. */
export const frontMatter: Target = {
  name: "front-matter",
  limit: 600,
  work: 4_000_000,
  words: [
    ...[
      "---\n",
      "---\r\n",
      "...\n",
      "+++\n",
      "title: x\n",
      "draft: true\n",
      "draft: false # no\n",
      "tags: [a, b]\n",
      "tags:\n  - a\n",
    ],
    ...[
      "date: 2026-05-01\n",
      "publishDate: 2030-01-01T00:00:00Z\n",
      "expiryDate: 2020-01-01\n",
      "&a ",
      "*a ",
      "!!",
      "{",
      "}",
      ": ",
      "| ",
      '"',
    ],
    ...[
      "2026-05-01T10:30:00.5Z",
      "2026/5/1 20:46:25 -0500 EST",
      "Tue, 02 Jan 2024 10:00:00 GMT",
      "January 2, 2024",
      "1704153600",
      "am",
      "+14:00",
    ],
  ],
  seeds: () =>
    [
      "---\ntitle: Why: a story\nauthor: A\ntags: a, b\n---\n# Heading\n\nText.\n",
      '---\ntitle: "x"\ndraft: true\ntaxonomies: { tags: [a] }\n...\nText.\n',
      "---\r\ntitle: [\r\ndate: 2026-05-01\r\n---\r\nText.\r\n",
      "+++\ntitle = 1\n+++\n",
      "no header\n\n---\n",
      "---\na: &a [*a]\n---\n",
      "---\nredirect: /there\n---\n",
      "---\ndate: Mon Jan  2 15:04:05 2006\npublishDate: 2099-01-01\nexpiryDate: 2027-01-01\n---\n\nx",
    ].map(ascii),
  run: (bytes) => {
    const text = utf8(bytes);
    const split = splitDocument(text);
    if (split.ok) {
      const { header, bodyStart } = split.value;
      check(bodyStart <= text.length, "a body that begins behind the end");
      same(header === undefined, bodyStart === 0, "a body that begins at the beginning");
      for (const { key, value } of header?.entries ?? []) {
        check(key !== "", "a key without a name");
        value();
      }
      const fields = header?.fields ?? new Map();
      for (const key of fields.keys()) {
        check(key === key.toLowerCase(), "a key in capitals");
        const [found, list] = [textOf(fields, key), listOf(fields, key)];
        check(found === undefined || (found !== "" && found === found.trim()), "a text with blanks around");
        check(
          new Set(list).size === list.length && list.every((item) => asText(item) === item),
          "a list with repetitions",
        );
        mapOf(fields, key);
      }
    } else check(split.error.reason.length < 400, "an error that fills the log");
    document(text, bytes.length);
    for (const line of text.split("\n")) date(line.replace(/^[\w-]+: /, ""));
  },
};

function document(text: string, length: number): void {
  for (const path of ["posts/a.md", "a.txt", "about"]) {
    const source = { path, oid: "a".repeat(40), length, text, dates: DATES };
    const { visibility } = readDocument(source, LAYOUT, { kind: "any" });
    const next = nextChange(visibility, NOW);
    if (next !== undefined) {
      check(next > NOW, "a change that has passed");
      same(isVisible(visibility, next) === isVisible(visibility, next - 1), false, "a moment at which nothing changes");
    }
    const header = /^---\n([\w:. \n-]*?)\n---\n/.exec(text)?.[1];
    if (header !== undefined && /^draft: true$/m.test(header))
      check(!isVisible(visibility, NOW), `a draft is shown in ${path}`);
  }
}

function date(text: string): void {
  const moment = parseMoment(text);
  if (moment === undefined) return;
  check(Math.abs(moment.offsetMinutes) <= 14 * 60, "a zone that is nowhere");
  const written = rfc3339(moment);
  check(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(written), `a date without four digits of a year: ${written}`);
  same(parseMoment(written)?.seconds, Math.floor(moment.seconds), `${text}: ${written} read again`);
  same(ptimeRfc3339(moment).slice(0, 19), written.slice(0, 19), "the same moment in another dress");
  check(/^\d{1,2} [A-Z][a-z]+ \d+$/.test(longDate(moment)), "a long date");
}
