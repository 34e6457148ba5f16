// Reference counts that nobody needs: who uses an object while somebody else is sure to hold it borrows it.
//
// The compiler counts every use. `c.sndUna` retains c, reads the field and releases c; whoever calls gives each argument
// a count, which the callee releases at its end. gcc cancels such a pair where nothing in between might read the count,
// and a call might. So half of the counting stays, in memory. Here it goes by what is known of the whole program:
//
//   1. Arguments are lent, not given: the caller holds them for as long as the call lasts, and releases afterwards what
//      it does not need itself. (Functions that the binding calls are given theirs.)
//   2. A temporary that is taken and released in one straight piece of code needs no count of its own if what it was
//      taken from holds the object there:
//        a parameter that was lent and is not assigned: as long as the function;
//        a local: until it is assigned or released;
//        another temporary: until it is released;
//        a variable of a module that is assigned once, in the module's start: always;
//        a field that only constructors of its object assign: as long as what holds that object.
//   3. A local that is assigned once needs none if what it was taken from holds the object as long as the function.
//
// Objects, records and arrays only. Strings and unions keep their counts: the runtime grows a string in place when it
// has one.

import { type Line, PatchError } from "./lines.ts";

interface CFunction {
  readonly name: string;
  /** Declarations of the parameters that are counted. */
  readonly parameters: readonly Variable[];
  body: Line[];
}

interface Variable {
  readonly type: string;
  readonly name: string;
}

const RETAINS = "sc_r?retain_\\w+|fast_(?:bytes|arr)_retain";
const RELEASE = /^ *(?:sc_r?release_\w+|fast_(?:bytes|arr)_release)\((sc_\w+)\);$/;
const COUNTED = /^(sc_o_\w+|sc_rs_\w+|ScrBytes|ScrArr) \*(sc_\w+)$/;
const FUNCTION = /^static \w+ (?:\* )?(sc_f_\w+)\((.*)\) \{$/;
const DECLARED = /^ *(\w+ \*sc_t\d+)(?: = |;)/;
const ADDRESS = /&(sc_f_\w+)/;
const CALLS = /\bsc_(?:f|vs)_\w+\(/;
const CALL = /^( *)(?:\w+ \*?\w+ = )?(?:(sc_f_\w+)|\(\(const \w+ \*\)sc_t\d+->vt\)->sc_vs_\w+)\((.*)\);$/;
/** A temporary that takes a count: of what a variable holds, or of a field of that. */
const TAKEN = new RegExp(`^ *\\w+ \\*(sc_t\\d+) = (?:${RETAINS})\\((sc_\\w+)(?:->(sc_fld_\\w+))?\\);$`);
const TAKING = new RegExp(`= (?:${RETAINS})\\(([^)]*)\\);`);
const RETAINED_ARGUMENT = new RegExp(`\\((?:${RETAINS})\\((sc_t\\d+)\\)`);
/** How a local is used: a count is taken of it, or the compiler itself borrows it. */
const USED = new RegExp(
  `^ *\\w+ \\*sc_t\\d+ = (?:(?:${RETAINS})\\(sc_l_\\w+\\)|sc_l_\\w+);$|^ *\\w+ \\*sc_l_\\w+ = NULL;$`,
);
const CAST = /^ *\w+ \*(sc_t\d+) = \(\w+ \*\)(sc_t\d+);$/;
const VARIABLE_ASSIGNED = /^ *(sc_[lg]_\w+) = (.*);$/;
const FIELD_ASSIGNED = /^ *(sc_\w+)->(sc_fld_\w+) = /;
/** Where straight code ends. */
const TURN = /\b(?:return|goto|break|continue)\b|^ *\w+:;$/;

/**
 * Changes the lines in place, and returns how many counts are no longer taken. `called`: functions that C calls, which
 * are given their arguments.
 */
export function borrow(lines: Line[], called: ReadonlySet<string>): number {
  // So are those that are called through a pointer: closures.
  const given = new Set([...called, ...lines.flatMap(({ text }) => ADDRESS.exec(text)?.[1] ?? [])]);
  const program: (Line | CFunction)[] = [];
  for (let i = 0; i < lines.length; i++) {
    const head = FUNCTION.exec(lines[i]!.text);
    program.push(lines[i]!);
    if (head === null) continue;
    const end = lines.findIndex((line, at) => at > i && line.text === "}");
    const parameters = head[2]!.split(", ").flatMap(countedVariable);
    program.push({ name: head[1]!, parameters, body: lines.slice(i + 1, end) });
    i = end - 1;
  }
  const functions = program.filter((part) => "body" in part);
  const lasting = findLasting(functions);
  let dropped = 0;
  for (const f of functions) {
    const lent = lend(f, given);
    dropped += new Uses(f, lent, lasting).drop();
  }
  lines.length = 0;
  for (const part of program) for (const line of "body" in part ? part.body : [part]) lines.push(line);
  return dropped;
}

/** Names of module variables that only the module's start assigns, once, and of fields that only constructors assign. */
function findLasting(functions: readonly CFunction[]): ReadonlySet<string> {
  const lasting = new Set<string>();
  const changed = new Set<string>();
  for (const { name, body } of functions) {
    const itself = new Set<string | undefined>();
    for (const { text } of body) {
      const [, taken, from, of] = TAKEN.exec(text) ?? [];
      if (from === "sc_l_this_0" && of === undefined) itself.add(taken);
      const [, object = "", field] = FIELD_ASSIGNED.exec(text) ?? [];
      const variable = VARIABLE_ASSIGNED.exec(text)?.[1];
      if (field !== undefined) {
        if (name.endsWith("_constructor") && itself.has(object)) lasting.add(field);
        else changed.add(field);
      } else if (variable?.startsWith("sc_g_")) {
        if (name.startsWith("sc_f__x25_init_") && !lasting.has(variable)) lasting.add(variable);
        else changed.add(variable);
      }
    }
  }
  return new Set([...lasting].filter((name) => !changed.has(name)));
}

/** The variable that is declared here if what it holds is counted. */
function countedVariable(declaration: string): Variable[] {
  const [, type = "", name = ""] = COUNTED.exec(declaration) ?? [];
  return name === "" ? [] : [{ type, name }];
}

function counting(way: "retain" | "release", { type, name }: Variable): string {
  if (type === "ScrBytes") return `fast_bytes_${way}(${name});`;
  if (type === "ScrArr") return `fast_arr_${way}(${name});`;
  return `${type.replace(/^sc_o_/, `sc_${way}_`).replace(/^sc_rs_/, `sc_r${way}_`)}(${name});`;
}

/** Rule 1. Returns the parameters that the function borrows. */
function lend(f: CFunction, given: ReadonlySet<string>): Set<string> {
  const lent = new Set<string>();
  const body: Line[] = [];
  if (!given.has(f.name))
    // One that is assigned, or moved into a closure's box, is the function's own from the beginning.
    for (const parameter of f.parameters)
      if (f.body.every(({ text }) => onlyUses(text, parameter.name))) lent.add(parameter.name);
      else body.push({ ...f.body[0]!, text: `  ${counting("retain", parameter)}` });
  const temporaries = new Map(
    f.body.flatMap(({ text }) => countedVariable(DECLARED.exec(text)?.[1] ?? "")).map((t) => [t.name, t]),
  );
  for (const line of f.body) {
    if (lent.has(RELEASE.exec(line.text)?.[1] ?? "")) continue;
    body.push(line);
    const call = CALL.exec(line.text);
    if (call === null && CALLS.test(line.text)) throw new PatchError(`call: ${line.text}`);
    if (call === null || given.has(call[2] ?? "")) continue;
    // A constructor is called with a count of its own.
    line.text = line.text.replace(RETAINED_ARGUMENT, "($1");
    for (const argument of call[3]!.split(", ")) {
      const temporary = temporaries.get(argument);
      if (temporary !== undefined) body.push({ ...line, text: `${call[1]}${counting("release", temporary)}` });
    }
  }
  f.body = body;
  return lent;
}

/** True for a line that leaves the variable what it is. */
function onlyUses(text: string, name: string): boolean {
  return !text.includes(name) || RELEASE.exec(text)?.[1] === name || USED.test(text);
}

/** What a temporary that took no count was taken from, in the end. */
type Root = string;

/** Rules 2 and 3 for one function. */
class Uses {
  readonly #f: CFunction;
  readonly #lasting: ReadonlySet<string>;
  /** What is held as long as the function lasts, whatever happens. */
  readonly #held: Set<string>;
  /** Lines on which each variable occurs, ascending. */
  readonly #places = new Map<string, number[]>();
  readonly #roots = new Map<string, Root>();
  readonly #gone = new Set<number>();

  constructor(f: CFunction, lent: Set<string>, lasting: ReadonlySet<string>) {
    this.#f = f;
    this.#held = lent;
    this.#lasting = lasting;
    for (const [at, { text }] of f.body.entries())
      for (const name of new Set(text.match(/\bsc_[tl](?:_\w+|\d+)/g))) {
        const places = this.#places.get(name);
        if (places === undefined) this.#places.set(name, [at]);
        else places.push(at);
      }
  }

  /** Drops counts; returns how many are no longer taken. */
  drop(): number {
    let dropped = 0;
    for (const [at, { text }] of this.#f.body.entries()) {
      const [, name, from, field] = TAKEN.exec(text) ?? [];
      if (name === undefined || from === undefined) continue;
      const root = this.#root(from, field);
      if (root === undefined || !this.#frees(at, name, root)) continue;
      const line = this.#f.body[at]!;
      line.text = text.replace(TAKING, "= $1;");
      dropped++;
    }
    this.#f.body = this.#f.body.filter((_, at) => !this.#gone.has(at));
    return dropped;
  }

  /** What holds the object that is taken from this variable, or its field; undefined: nothing is sure to. */
  #root(from: string, field: string | undefined): Root | undefined {
    // Constructors assign the fields that are lasting otherwise.
    if (field !== undefined && (this.#f.name.endsWith("_constructor") || !this.#lasting.has(field))) return undefined;
    if (from.startsWith("sc_g_")) return this.#lasting.has(from) ? LASTING : undefined;
    return this.#held.has(from) ? LASTING : (this.#roots.get(from) ?? from);
  }

  /** True when the temporary taken on line `at` needs no count; then nothing releases it any more. */
  #frees(at: number, name: string, root: Root): boolean {
    const places = this.#places.get(name)!;
    const [first = 0, second = 0] = places;
    if (first !== at) return false;
    if (places.length === 2) {
      // The same under another type.
      const cast = CAST.exec(this.#text(second));
      if (cast !== null) return cast[2] === name && this.#frees(second, cast[1]!, root);
      const [, local, value] = VARIABLE_ASSIGNED.exec(this.#text(second)) ?? [];
      if (local !== undefined) return value === name && root === LASTING && this.#freesLocal(local, second);
    }
    const releases = places.filter((place) => RELEASE.exec(this.#text(place))?.[1] === name);
    const [release = 0] = releases;
    if (releases.length !== 1 || release !== places.at(-1) || !this.#straight(at, release)) return false;
    // Released at once, or behind others that are released: what counts is where it is used.
    if (!this.#holds(root, at, places.at(-2)!)) return false;
    this.#gone.add(release);
    if (root === LASTING) this.#held.add(name);
    else this.#roots.set(name, root);
    return true;
  }

  /** Rule 3. */
  #freesLocal(local: string, assignment: number): boolean {
    const places = this.#places.get(local)!;
    const releases: number[] = [];
    for (const place of places) {
      const text = this.#text(place);
      const [, assigned, value] = VARIABLE_ASSIGNED.exec(text) ?? [];
      if (RELEASE.test(text)) releases.push(place);
      else if (assigned === local ? place !== assignment && value !== "NULL" : !USED.test(text)) return false;
    }
    for (const release of releases) this.#gone.add(release);
    this.#held.add(local);
    return true;
  }

  /** Both lines lie in one block, and whoever comes to the first comes to the second. */
  #straight(from: number, to: number): boolean {
    const depth = depthOf(this.#text(from));
    if (depthOf(this.#text(to)) !== depth) return false;
    for (let at = from + 1; at < to; at++)
      if (depthOf(this.#text(at)) < depth || TURN.test(this.#text(at))) return false;
    return true;
  }

  /** Whether the root holds its object from one line to the other, which are straight. */
  #holds(root: Root, from: number, to: number): boolean {
    if (root === LASTING) return true;
    const places = this.#places.get(root)!;
    if (root.startsWith("sc_t")) {
      const [first = 0] = places;
      const releases = places.filter((place) => RELEASE.exec(this.#text(place))?.[1] === root);
      const [release = 0] = releases;
      return releases.length === 1 && release > to && this.#straight(first, release);
    }
    return !places.some((place) => {
      const text = this.#text(place);
      return (
        place >= from && place <= to && (RELEASE.exec(text)?.[1] === root || VARIABLE_ASSIGNED.exec(text)?.[1] === root)
      );
    });
  }

  #text(at: number): string {
    return this.#f.body[at]!.text;
  }
}

/** The root of what is held longer than the function lasts. */
const LASTING: Root = "";

function depthOf(text: string): number {
  return text.search(/[^ ]/);
}
