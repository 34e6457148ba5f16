// A program that reads and renders, on the engine, documents whose cost is not in proportion to their length, each within
// the share of work that it gets. A line for each: "NAME: shown|read|work|memory, UNITS of MOST units".

import { workToRead } from "../../appliance/content/build.ts";
import { readDocument } from "../../appliance/content/document.ts";
import { PlainLayout } from "../../appliance/content/layouts/plain.ts";
import type { PathDates } from "../../appliance/git/snapshot.ts";
import { bodyWork } from "../../appliance/render/body-work.ts";
import { renderMarkdown } from "../../appliance/render/markdown.ts";
import { pageShare, Task } from "../../appliance/task.ts";
import { platform } from "../../image/platform.ts";
import { DOCUMENTS, HEADERS } from "../support/hostile-documents.ts";
import { markdownIn } from "../support/markdown.ts";

const ORDINARY = "# A\n\n[one] and [two][one], *some* **words** `code`\n\n[one]: /x\n\n- a\n- b\n\n> c\n";

/** The time is for people, to see what a unit is worth. */
function within(most: number, done: string, work: () => unknown): string {
  const [before, began] = [nativeWorked(), nativeNow()];
  const result = new Task(platform, pageShare(platform, most)).attempt(work);
  const units = nativeWorked() - before;
  const took = `${((nativeNow() - began) / 1000).toFixed(0)} ms`;
  return `${result.ok ? done : result.error.kind}, ${units} of ${most} units, ${took}`;
}

const LAYOUT = new PlainLayout();
const MARKDOWN = markdownIn("");
const time = { seconds: 1, offsetMinutes: 0 };
const by = { name: "A", email: "a@example.org" };
const DATES: PathDates = {
  created: time,
  createdBy: by,
  createdCommit: "",
  updated: time,
  updatedBy: by,
  updatedCommit: "",
};

function render(text: string): string {
  return within(bodyWork(text.length), "shown", () => {
    const result = renderMarkdown(text, MARKDOWN);
    if (!result.ok) throw new Error(result.error);
  });
}

function read(text: string): string {
  return within(workToRead(text.length), "read", () =>
    readDocument({ path: "p/a.md", oid: "", length: text.length, text, dates: DATES }, LAYOUT, { kind: "any" }),
  );
}

function ordinary(): string {
  const result = renderMarkdown(ORDINARY, MARKDOWN);
  return result.ok ? result.value : result.error;
}

const first = ordinary();
for (const [name, text] of Object.entries(DOCUMENTS)) {
  nativeConsole(`${name}: ${render(text)}\n`);
  nativeConsole(`reading ${name}: ${read(text)}\n`);
  if (ordinary() !== first) throw new Error(`after ${name} an ordinary document is another`);
}
for (const [name, text] of Object.entries(HEADERS)) nativeConsole(`reading a header, ${name}: ${read(text)}\n`);
for (const anchored of [/^b|^(c)/, /^b*\n$/m]) {
  const before = nativeWorked();
  const text = "a".repeat(1_000_000);
  for (let i = 0; i < 10; i++) anchored.test(text);
  nativeConsole(`${anchored}: ${nativeWorked() - before} units\n`);
}

/** A text of a million characters, which is no constant; in two pieces. */
function long(): string {
  const half = "ab".repeat(250_000 + (nativeNow() > 0 ? 0 : 1));
  return half + half;
}
const [one, other] = [long(), long()];
for (const [name, same] of [
  ["itself", one],
  ["another", other],
] as const) {
  const before = nativeWorked();
  let equal = 0;
  for (let i = 0; i < 20; i++) if (one === same) equal++;
  nativeConsole(`a text and ${name}, ${equal} times: ${nativeWorked() - before} units\n`);
}
nativeConsole("the end\n");
