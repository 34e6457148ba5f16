// Programs that show the compiled side at work. One serves a ready page, /page, and tells at /allocations how often the
// heap was asked. The other lets the engine work for long and tells how long packets had to wait for it.

import { gzip } from "../../image/gzip.ts";
import { EVENT_NONE, EVENT_REQUEST } from "../../stack/host/events.ts";
import * as seam from "../../stack/host/seam.ts";

const PAGE_BYTES = 8192;
const MEGABYTE = 1024 * 1024;
const HEADERS = "Content-Type: text/html; charset=utf-8\r\nCache-Control: public, no-cache\r\n";

/** The address comes after `start`, which brings up the link and says whether there is one. */
export function serveReady(start: (memory: number) => boolean, address: string): void {
  begin(start, address);
  const page = new Uint8Array(PAGE_BYTES).fill(120);
  seam.tablePut("/page", 200, HEADERS, '"one"', 1_700_000_000, "", page);
  seam.tablePut("/page", 200, HEADERS, '"two"', 1_700_000_000, "gzip", page.subarray(0, 2000));
  seam.serve(80, false, 0, -1);
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
}

function answer(exchange: number): void {
  const target = seam.requestTarget(exchange);
  const text = target === "/allocations" ? String(nativeHeapAllocations()) : "?";
  seam.respond(exchange, 200, "Content-Type: text/plain\r\n", nativeUtf8Encode(text));
}

/** Works once, prints the longest wait of each piece of work, and ends. */
export function workAndTell(start: (memory: number) => boolean, address: string): void {
  begin(start, address);
  nativeRun(() => {
    nativeConsole(`${work()}\n`);
    nativePowerOff(0);
  });
}

function begin(start: (memory: number) => boolean, address: string): void {
  if (!start(16 * MEGABYTE)) throw new Error("no link");
  seam.configureStatic(address, 24, "");
}

/**
 * What an appliance does when it clones, builds and renders: a pack of 19 MB, an object of 4 MB, a document of half a
 * megabyte. Answers the longest wait of each step, in microseconds of processor time, a line "wait NAME US" each.
 */
function work(): string {
  const lines: string[] = [];
  const step = <T>(name: string, run: () => T): T => {
    nativeLongestWait();
    const result = run();
    lines.push(`wait ${name} ${nativeLongestWait()}`);
    return result;
  };
  const pack = step("allocate", () => new Uint8Array(19 * MEGABYTE));
  step("write", () => {
    for (let i = 0; i < pack.length; i += 7) pack[i] = i;
  });
  step("sha1", () => nativeSha1(pack));
  step("crc32", () => nativeCrc32(pack, 0));
  const largest = pack.subarray(0, 4 * MEGABYTE);
  const packed = step("deflate", () => nativeDeflate(largest, 6));
  step("inflate", () => nativeInflate(packed, 0, largest.length));
  const text = "Lorem ipsum *dolor* sit <b>amet</b>. ".repeat(15_000);
  const bytes = step("encode", () => nativeUtf8Encode(text));
  step("decode", () => nativeUtf8Decode(bytes, 0, bytes.length));
  step("gzip", () => gzip(bytes, 9));
  step("match", () => {
    for (const match of text.matchAll(/\*([a-z]+)\*|<(\w+)>/g)) if (match[0] === "") throw new Error("nothing matched");
  });
  step("replace", () => text.replace(/(\w+) (\w+)/g, "$2 $1"));
  const objects: unknown[] = [];
  step("objects", () => {
    for (let i = 0; i < 100_000; i++) objects.push({ at: i, name: `object ${i}`, next: objects[i - 1] });
  });
  step("collect", () => nativeCollect());
  return lines.join("\n");
}
