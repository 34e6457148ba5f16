// A program that serves one ready page, /page, and answers questions about itself: /allocations, and /wait, for which the
// engine first works for long and then says how long packets had to wait for it.

import { start } from "../../image/below-process.ts";
import { EVENT_NONE, EVENT_REQUEST } from "../../stack/host/events.ts";
import * as seam from "../../stack/host/seam.ts";

const PAGE_BYTES = 8192;
const MEGABYTE = 1024 * 1024;
const HEADERS = "Content-Type: text/html; charset=utf-8\r\nCache-Control: public, no-cache\r\n";

const problem = start("tap0", 0, 16 * MEGABYTE);
if (problem !== "") {
  nativeConsole(`${problem}\n`);
  nativePowerOff(1);
}
seam.configureStatic(0x0a_5d_00_02, 24, 0);
const page = new Uint8Array(PAGE_BYTES).fill(120);
seam.tableBegin();
seam.tableAdd("/page", 200, HEADERS, '"one"', 1_700_000_000, "", page);
seam.tableAdd("/page", 200, HEADERS, '"two"', 1_700_000_000, "gzip", page.subarray(0, 2000));
seam.tableCommit();
seam.serve(80);
nativeConsole("ready\n");

nativeRun(() => {
  let deadline = seam.poll(nativeNow());
  for (;;) {
    const kind = seam.nextEvent();
    if (kind === EVENT_NONE) break;
    if (kind === EVENT_REQUEST) answer(seam.eventHandle());
    deadline = seam.poll(nativeNow());
  }
  return deadline;
});

function answer(exchange: number): void {
  const target = seam.requestTarget(exchange);
  const text = target === "/allocations" ? String(nativeHeapAllocations()) : target === "/wait" ? work() : "?";
  seam.respond(exchange, 200, "Content-Type: text/plain\r\n", nativeUtf8Encode(text));
}

/** What an appliance does when it clones, builds and renders: a pack of 19 MB, a document of half a megabyte. */
function work(): string {
  nativeLongestWait();
  const pack = new Uint8Array(19 * MEGABYTE);
  for (let i = 0; i < pack.length; i += 7) pack[i] = i;
  nativeSha1(pack);
  nativeCrc32(pack, 0);
  const text = "Lorem ipsum *dolor* sit <b>amet</b>. ".repeat(15_000);
  const bytes = nativeUtf8Encode(text);
  nativeInflate(nativeDeflate(pack, 6), 0, pack.length);
  nativeGzip(bytes, 9);
  let found = 0;
  for (const match of text.matchAll(/\*([a-z]+)\*|<(\w+)>/g)) found += match[0].length;
  const objects: unknown[] = [];
  for (let i = 0; i < 100_000; i++) objects.push({ at: i, name: `object ${i}`, next: objects[i - 1] });
  nativeCollect();
  return `${nativeLongestWait()} ${found}`;
}
