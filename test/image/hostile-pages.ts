// A program that renders documents on the engine whose cost is not in proportion to their length, each within the share
// of work that the renderer gives a body. A line for each: "NAME: shown|work|memory, UNITS of MOST units".

import { renderMarkdown } from "../../appliance/render/markdown.ts";
import { bodyWork } from "../../appliance/render/renderer.ts";
import { pageShare, Task } from "../../appliance/task.ts";
import { platform } from "../../image/platform.ts";

const refs = (count: number, of: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join("");

const HOSTILE: Readonly<Record<string, string>> = {
  "numbers signs": "#".repeat(200_000),
  headings: "# x\n".repeat(50_000),
  "nested lists": "- ".repeat(20_000),
  "indented lists": refs(700, (i) => `${"  ".repeat(i)}- x\n`),
  "nested quotes": ">".repeat(10_000),
  "reference links": `${refs(10_000, (i) => `[a][b${i}] `)}\n\n${refs(10_000, (i) => `[b${i}]: /c\n`)}`,
  "links without an end": '[a](b "'.repeat(30_000),
  brackets: "[".repeat(100_000),
  emphasis: "*a_ ".repeat(30_000),
  "code without an end": "`a``b```c".repeat(10_000),
  tables: `|a|\n|-|\n${"|`|".repeat(30_000)}\n`,
  tags: "<a ".repeat(50_000),
  backslashes: "\\[".repeat(50_000),
};

const ORDINARY = "# A\n\n[one] and [two][one], *some* **words** `code`\n\n[one]: /x\n\n- a\n- b\n\n> c\n";

function render(text: string): string {
  const most = bodyWork(text.length);
  const before = nativeWorked();
  const task = new Task(platform, pageShare(platform, most));
  const result = task.attempt(() => renderMarkdown(text, { directory: "" }));
  const end = result.ok ? (result.value.ok ? "shown" : result.value.error) : result.error.kind;
  return `${end}, ${nativeWorked() - before} of ${most} units`;
}

function ordinary(): string {
  const result = renderMarkdown(ORDINARY, { directory: "" });
  return result.ok ? result.value : result.error;
}

const first = ordinary();
for (const [name, text] of Object.entries(HOSTILE)) {
  nativeConsole(`${name}: ${render(text)}\n`);
  if (ordinary() !== first) throw new Error(`after ${name} an ordinary document is another`);
}
for (const anchored of [/^b|^(c)/, /^b*\n$/m]) {
  const before = nativeWorked();
  const text = "a".repeat(1_000_000);
  for (let i = 0; i < 10; i++) anchored.test(text);
  nativeConsole(`${anchored}: ${nativeWorked() - before} units\n`);
}
nativeConsole("the end\n");
