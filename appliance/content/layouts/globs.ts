// Patterns of paths, as .gitignore and settings have them.

const MAX_GLOB = 200;

/** "*" within a name, "**" across names, "{a,b}"; undefined: it is too long to be read. */
export function globPattern(glob: string): RegExp | undefined {
  if (glob.length > MAX_GLOB) return undefined;
  const pattern = glob
    .replace(/[.+^$()|[\]\\]/g, "\\$&")
    .replace(/\{([^{}]*)\}/g, (_, choices: string) => `(?:${choices.replaceAll(",", "|")})`)
    .replace(/\*\*\/|\*+|\?/g, (mark) =>
      mark === "**/" ? "(?:.*/)?" : mark === "?" ? "[^/]" : mark === "*" ? "[^/]*" : ".*",
    );
  return new RegExp(`^${pattern}(?:/.*)?$`);
}

/** Lines as .gitignore has them: a name without a slash means one at any depth. "!" takes a path in again. */
export function ignored(lines: readonly string[]): (path: string) => boolean {
  const rules = lines.flatMap((line) => {
    const written = line.trim();
    if (written === "" || written.startsWith("#")) return [];
    const bare = written.replace(/^!/, "").replace(/^\.\//, "").replace(/\/+$/, "");
    const anchored = bare.replace(/^\//, "");
    const pattern = globPattern(bare.includes("/") ? anchored : `**/${anchored}`);
    return pattern === undefined ? [] : [{ pattern, taken: written.startsWith("!") }];
  });
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.taken === false;
}
