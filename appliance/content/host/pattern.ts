// Addresses as rules write them: "/news/*", "/:year/:slug". A "*" takes any text, also none and across slashes; ":name" takes one
// name between slashes.

/** What a pattern has taken, by name; "splat" for its "*". */
export type Taken = ReadonlyMap<string, string>;

export interface Pattern {
  /** Decoded URL path when it is one address and no more. */
  readonly fixed: string | undefined;
  readonly names: readonly string[];
  /** Undefined: it does not fit. `path` decoded. */
  match(path: string): Taken | undefined;
}

const PLACEHOLDER = /^:([A-Za-z]\w{0,99})$/;
const ANY_PLACEHOLDER = /:([A-Za-z]\w*)/g;

/** The pattern, or why it is none. Begins with "/", percent-encoded or not. */
export function readPattern(written: string): Pattern | string {
  if (/^(?:https?:)?\/\//i.test(written))
    return "is a rule for one host, which is not known here; write the path alone";
  if (!written.startsWith("/")) return "does not begin with /";
  if (/[?#]/.test(written)) return "has a query, which is not known here";
  const decoded = decode(written).replace(/\/{2,}/g, "/");
  const parts = decoded.split("*");
  if (parts.length > 2) return "has more than one *";
  const names: string[] = [];
  const expressionOf = (text: string): string =>
    text
      .split("/")
      .map((name) => {
        const placeholder = PLACEHOLDER.exec(name)?.[1];
        if (placeholder === undefined) return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        names.push(placeholder);
        return "([^/]+)";
      })
      .join("/");
  const before = expressionOf(parts[0]!);
  let expression = before;
  if (parts.length === 2) {
    names.push("splat");
    // "/news/*" means "/news" as well.
    const open = before.endsWith("/") && before !== "/" ? `${before.slice(0, -1)}(?:/(.*))?` : `${before}(.*)`;
    expression = parts[1] === "" ? open : `${before}(.*)${expressionOf(parts[1]!)}`;
  }
  if (new Set(names).size < names.length) return "has one name twice";
  const fixed = names.length === 0 ? decoded : undefined;
  if (fixed !== undefined)
    return { fixed, names, match: (path: string) => (isSame(path, fixed) ? NOTHING : undefined) };
  const pattern = new RegExp(`^${expression.replace(/\/$/, "")}/?$`, "s");
  return {
    fixed,
    names,
    match: (path: string) => {
      const found = pattern.exec(path);
      if (found === null) return undefined;
      return new Map(names.map((name, i) => [name, (found[i + 1] ?? "").replace(/^\/+/, "")]));
    },
  };
}

const NOTHING: Taken = new Map();

/** But for a slash at the end. */
function isSame(a: string, b: string): boolean {
  return a === b || `${a}/` === b || a === `${b}/`;
}

/** The text with what was taken in the places of its names; `encode` is done to each. */
export function fillIn(text: string, taken: Taken, encode: (value: string) => string): string {
  return text.replace(ANY_PLACEHOLDER, (whole, name: string) => {
    const value = taken.get(name);
    return value === undefined ? whole : encode(value);
  });
}

/** Names in a target that the pattern does not have. */
export function unknownNames(text: string, { names }: Pattern): readonly string[] {
  return [...text.matchAll(ANY_PLACEHOLDER)].map(([, name]) => name!).filter((name) => !names.includes(name));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
