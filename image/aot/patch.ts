// Changes the C that the compiler emits. Everything that is matched is known line by line, and each change counts its
// matches: output of another form fails the build and says what changed. Read image/aot/README.md first.

import { borrow } from "./borrow.ts";
import { applyHotList, countRuns, type HotList } from "./hot.ts";
import { expectCount, type Line, PatchError } from "./lines.ts";

/** What is not the compiler's. */
export interface Own {
  /** image/runtime/below.h, read for what is in it. */
  readonly header: string;
  /** C that follows the header: the natives. */
  readonly glue: string;
  /** C in the place of the compiler's own wrappers: the binding. */
  readonly tail: string;
  /** What runs while pages are served; "counted": the build that finds it out. */
  readonly hot: HotList | "counted";
}

/**
 * The patched C. `source` has #line directives; `name` turns a path in them into what the machine shall call the file.
 * `natives` are those that the profile declares.
 */
export function patch(source: string, name: (path: string) => string, natives: readonly string[], own: Own): string {
  let lines = read(source, name);
  once(lines, '#include "scr_runtime.h"', (line) => {
    line.text += `\n#include "below.h"\n${own.glue}`;
  });
  lines = dropHelpers(lines);
  // The machine starts once, by itself: nothing is given back to start again, and no embedder is told.
  lines = dropFunction(lines, "static void sc_lib_release_globals(void) {");
  lines = dropWrappers(lines);
  for (const call of [
    "sc_lib_release_globals()",
    "scr_library_reset()",
    'scr_library_entry(true, "below_init")',
    "scr_library_check_exc()",
  ])
    once(lines, `  ${call};`, (line) => {
      line.text = "";
    });
  lines = dropExceptionChecks(lines);
  callNatives(lines, natives);
  lines = countReferences(lines);
  lines = dropCollector(lines);
  callFastPaths(lines, own.header);
  foldConstants(lines);
  signBits(lines);
  // Those that are gone would look like the end of a block.
  lines = lines.filter(({ text }) => text !== "");
  expectCount("counts that are not needed", borrow(lines, calledBy(own.tail)), 1000);
  let { tail } = own;
  if (own.hot === "counted") tail += countRuns(lines);
  else expectCount("functions of hot.txt", applyHotList(lines, own.hot), 100);
  return `${write(lines)}\n#line 1 "seam"\n${tail}`;
}

/** Functions of the compiled side that this C calls. */
function calledBy(c: string): ReadonlySet<string> {
  return new Set(c.match(/\bsc_f_\w+/g));
}

/** Directives become a property of the line; comments that name places go. */
function read(source: string, name: (path: string) => string): Line[] {
  const lines: Line[] = [];
  let place = "";
  for (const text of source.split("\n")) {
    const directive = /^#line (\d+) "([^"]*)"$/.exec(text);
    if (directive !== null) place = directive[2] === "<scriptc>" ? "" : `${directive[1]} "${name(directive[2]!)}"`;
    else if (text !== "") lines.push({ text: text.replace(/ ?\/\* .*? \*\//g, ""), place });
  }
  return lines;
}

/** A directive where the place is not simply the next line. */
function write(lines: readonly Line[]): string {
  const out: string[] = [];
  let current = "";
  for (const { text, place } of lines) {
    const wanted = place === "" ? '1 "generated"' : place;
    // Each directive holds for one line: the next would be counted on.
    if (wanted !== current || place !== "") out.push(`#line ${wanted}`);
    current = wanted;
    out.push(text);
  }
  return out.join("\n");
}

function once(lines: readonly Line[], text: string, change: (line: Line) => void): void {
  const found = lines.filter((line) => line.text === text);
  expectCount(`"${text}"`, found.length, 1, 1);
  change(found[0]!);
}

/** The index and coercion helpers have better ones in below.h. Of these the compiler writes those that are called. */
function dropHelpers(lines: readonly Line[]): Line[] {
  const heads = [
    "static inline size_t sc_bytes_index_checked(const ScrBytes *b, double i) {",
    "static inline uint32_t sc_bytes_coerce_u32(double v) {",
  ].filter((head) => lines.some((line) => line.text === head));
  expectCount("index and coercion helpers", heads.length, 1, 2);
  return heads.reduce<Line[]>(dropFunction, [...lines]);
}

function dropFunction(lines: readonly Line[], head: string): Line[] {
  const at = lines.findIndex((line) => line.text === head);
  expectCount(`"${head}"`, lines.filter((line) => line.text === head).length, 1, 1);
  const end = lines.findIndex((line, i) => i > at && line.text === "}");
  return [...lines.slice(0, at), ...lines.slice(end + 1)];
}

/** After the start come the compiler's wrappers for an embedder: the binding takes their place. */
function dropWrappers(lines: readonly Line[]): Line[] {
  const at = lines.findIndex((line) => line.text.startsWith("void below_set_panic_sink("));
  expectCount("below_set_panic_sink", at < 0 ? 0 : 1, 1);
  const dropped = lines.slice(at);
  const wrappers = dropped.filter((line) => /^\S.* \**below_\w+\(.*\) \{$/.test(line.text));
  expectCount("wrappers of exports", wrappers.length, 40);
  const init = lines.slice(0, at).filter((line) => line.text === "void below_init(void) {");
  expectCount("below_init before the wrappers", init.length, 1, 1);
  return lines.slice(0, at);
}

/** Nothing below the seam catches: a throw ends the machine, so nobody need ask after each call. */
function dropExceptionChecks(lines: readonly Line[]): Line[] {
  expectCount("scr_exc_take (a catch)", lines.filter((line) => /\bscr_exc_take\b/.test(line.text)).length, 0, 0);
  const kept: Line[] = [];
  let dropped = 0;
  for (let i = 0; i < lines.length; i++) {
    const match = /^( *)if \(scr_exc_pending\(\)\) \{$/.exec(lines[i]!.text);
    if (match === null) {
      kept.push(lines[i]!);
      continue;
    }
    const end = lines.findIndex((line, at) => at > i && line.text === `${match[1]}}`);
    const last = lines[end - 1]!.text;
    if (!/^ *(return.*|goto .*|break|continue);$/.test(last)) throw new PatchError(`after an exception: ${last}`);
    dropped++;
    i = end;
  }
  expectCount("checks for an exception", dropped, 100);
  return kept;
}

/** Five lines that go through a table of callbacks become one direct call. */
function callNatives(lines: Line[], natives: readonly string[]): void {
  const called = new Set<string>();
  for (const [i, line] of lines.entries()) {
    if (!line.text.includes("scr_library_cb_require(")) continue;
    const pointer = /^ *(?:void|double|uint8_t|bool) \(\*(sc_t\d+)\)\(/.exec(line.text)?.[1];
    const native = /library callback '(\w+)' invoked/.exec(line.text)?.[1];
    const context = /^ *void \*(sc_t\d+) = scr_library_cb_ctx\(\d+\);$/.exec(lines[i + 1]!.text)?.[1];
    if (pointer === undefined || native === undefined || context === undefined)
      throw new PatchError(`call: ${line.text}`);
    const call = lines[i + 3]!.text;
    const bare = call.replace(`${pointer}(${context}, `, `${native}(`).replace(`${pointer}(${context})`, `${native}()`);
    const begin = lines[i + 2]!.text.trim() === "scr_library_callback_begin();";
    const end = lines[i + 4]!.text.trim() === "scr_library_callback_end();";
    if (bare === call || !begin || !end) throw new PatchError(`call of ${native}: ${call}`);
    for (const at of [i, i + 1, i + 2, i + 4]) lines[at]!.text = "";
    lines[i + 3]!.text = bare;
    called.add(native);
  }
  // One that the compiler found unreachable is not called at all.
  expectCount("natives that are called", called.size, 1, natives.length);
}

/**
 * Counting, where it is declared, becomes inline code that tells gcc what a count never is, so that it cancels pairs; the
 * end of an object, which is what the compiler's function is kept for, moves out of the way.
 */
function countReferences(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  const count = { retains: 0, releases: 0, ends: 0, dropped: 0 };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const retain = /^static (\w+) \*sc_retain_(\w+)\(\w+ \*o\)(;| \{)$/.exec(line.text);
    const release = /^static void sc_release_(\w+)\((\w+) \*o\)(;| \{)$/.exec(line.text);
    if (retain?.[3] === ";") {
      line.text = `INLINE ${retain[1]} *sc_retain_${retain[2]}(${retain[1]} *o) { if (o) { COUNTED(o); o->rc++; } return o; }`;
      count.retains++;
    } else if (retain !== null) {
      const end = lines.findIndex((other, at) => at > i && other.text === "}");
      const body = lines.slice(i + 1, end).map((other) => other.text.trim());
      const known = body.join(" ").replace(" { o->rc++; scr_cyc_mark_live(o); }", " o->rc++;");
      if (known !== "if (o && o->rc != SIZE_MAX) o->rc++; return o;") throw new PatchError(`${line.text} ${known}`);
      count.dropped++;
      i = end;
      continue;
    } else if (release?.[3] === ";") {
      line.text =
        `static COLD void sc_end_${release[1]}(${release[2]} *o);\n` +
        `INLINE void sc_release_${release[1]}(${release[2]} *o) { if (!o) return; COUNTED(o); ` +
        `if (LIKELY(o->rc > 1)) o->rc--; else sc_end_${release[1]}(o); }\n` +
        `static COLD void sc_drop_${release[1]}(${release[2]} *o) { sc_release_${release[1]}(o); }`;
      count.releases++;
    } else if (release !== null) {
      if (lines[i + 1]!.text !== "  if (!o || o->rc == SIZE_MAX) return;")
        throw new PatchError(`${line.text} ${lines[i + 1]!.text}`);
      line.text = `static COLD void sc_end_${release[1]}(${release[2]} *o) {`;
      count.ends++;
    }
    kept.push(line);
  }
  expectCount("classes", count.retains, 50);
  for (const [what, n] of Object.entries(count)) expectCount(what, n, count.retains, count.retains);
  return kept;
}

/** No cycle collector runs, and nobody counts objects. */
function dropCollector(lines: readonly Line[]): Line[] {
  const kept = lines.filter(
    ({ text }) => !/^ *scr_(cyc_mark_live\(o\)|cyc_on_(release|dead)\(o\)|obj_(alloc|free)_note\(\));$/.test(text),
  );
  expectCount("calls of the collector", lines.length - kept.length, 100);
  return kept;
}

/** Calls of the runtime go to the inline functions of below.h where it has them. */
function callFastPaths(lines: readonly Line[], header: string): void {
  const names = Array.from(
    header.matchAll(/^(?:INLINE|static COLD|#define) .*?\bfast_(\w+)\(/gm),
    (match) => match[1]!,
  );
  for (const [, type] of header.matchAll(/^COUNTING\(\w+, (\w+)\)$/gm)) names.push(`${type}_retain`, `${type}_release`);
  const pattern = new RegExp(`\\b(?:scr_(${names.join("|")})|(floor|fmod))\\(`, "g");
  let called = 0;
  for (const line of lines) {
    line.text = line.text.replace(pattern, (_, runtime: string | undefined, plain: string) => {
      called++;
      return `fast_${runtime ?? plain}(`;
    });
  }
  expectCount("calls that below.h has a fast path for", called, 1000);
}

/** What the compiler takes for bits of its own accord becomes a number again by a conversion, not by a subtraction. */
function signBits(lines: readonly Line[]): void {
  let changed = 0;
  for (const line of lines)
    line.text = line.text.replace(SIGNED_BITS, (_, bits: string) => {
      changed++;
      return `(double)(int32_t)${bits}`;
    });
  expectCount("bits that become numbers", changed, 10);
}

const SIGNED_BITS = /\(double\)(sc_bits_\d+) - \(\(\1 & 0x80000000u\) \? 4294967296\.0 : 0\.0\)/g;

/** Module constants become constants of C where their value is a literal or follows from such. */
function foldConstants(lines: Line[]): void {
  const assigned = new Map<string, number>();
  for (const { text } of lines) {
    const name = /^ *(sc_g_\w+) = /.exec(text)?.[1];
    if (name !== undefined) assigned.set(name, (assigned.get(name) ?? 0) + 1);
  }
  const values = new Map<string, string>();
  let temps = new Map<string, string>();
  for (const line of lines) {
    if (/^static void sc_f__x25_init_\d+\(void\) \{$/.test(line.text)) temps = new Map();
    else if (/^static .* \{$/.test(line.text)) temps = new Map([["outside", ""]]);
    if (temps.has("outside")) continue;
    const temp = /^ {2}(?:double|bool) (sc_t\d+) = (.*);$/.exec(line.text);
    if (temp !== null) {
      const value = evaluate(temp[2]!, temps, values);
      if (value !== undefined) temps.set(temp[1]!, value);
      continue;
    }
    const store = /^ {2}(sc_g_\w+) = (sc_t\d+);$/.exec(line.text);
    const value = store === null ? undefined : temps.get(store[2]!);
    if (store === null || value === undefined || assigned.get(store[1]!) !== 1) continue;
    if (store[1]!.endsWith("__x25_loaded")) continue;
    values.set(store[1]!, value);
    line.text = "";
  }
  for (const line of lines) {
    const declared = /^static (double|bool) (sc_g_\w+);$/.exec(line.text);
    const value = declared === null ? undefined : values.get(declared[2]!);
    if (value !== undefined) line.text = `static const ${declared![1]} ${declared![2]} = ${value};`;
  }
  expectCount("constants", values.size, 100);
}

function evaluate(
  text: string,
  temps: ReadonlyMap<string, string>,
  globals: ReadonlyMap<string, string>,
): string | undefined {
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) || text === "true" || text === "false") return text;
  const one = temps.get(text) ?? globals.get(text);
  if (one !== undefined) return one;
  const [left, operator, right] = text.split(" ");
  const a = Number(temps.get(left ?? ""));
  const b = Number(temps.get(right ?? ""));
  if (Number.isNaN(a) || Number.isNaN(b)) return undefined;
  const result = operator === "+" ? a + b : operator === "-" ? a - b : operator === "*" ? a * b : Number.NaN;
  return Number.isSafeInteger(result) ? `${result}.0` : undefined;
}
