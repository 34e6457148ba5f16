// Code in colours, by highlight.js. A language is made when it is first asked for, so that a blog without code pays nothing.

import { hljs, LANGUAGES } from "./languages.ts";

/** All that languages.ts has. */
export function languageNames(): readonly string[] {
  return Object.keys(LANGUAGES);
}

/** Other names that authors write. */
const ALIASES: Readonly<Record<string, keyof typeof LANGUAGES>> = {
  ...{ sh: "bash", zsh: "bash", fish: "bash", console: "shell", shellsession: "shell", "shell-session": "shell" },
  ...{ h: "c", "c++": "cpp", cc: "cpp", hpp: "cpp", scss: "css", less: "css", patch: "diff", docker: "dockerfile" },
  ...{ ex: "elixir", exs: "elixir", golang: "go", hs: "haskell", toml: "ini", conf: "ini", properties: "ini" },
  ...{ js: "javascript", mjs: "javascript", jsx: "javascript", jsonc: "json", json5: "json", kt: "kotlin" },
  ...{ make: "makefile", mk: "makefile", md: "markdown", ml: "ocaml", py: "python", py3: "python" },
  ...{ rb: "ruby", rs: "rust", ts: "typescript", tsx: "typescript", html: "xml", svg: "xml", rss: "xml", vue: "xml" },
  ...{ yml: "yaml", postgresql: "sql", mysql: "sql", sqlite: "sql" },
};

/** HTML; undefined: the language is none of these, or it went wrong, and the code stands as it is. */
export function highlight(code: string, name: string): string | undefined {
  const language = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name;
  if (!isKnown(language)) return undefined;
  try {
    // A language may hold others.
    for (const part of PARTS[language] ?? []) register(part);
    register(language);
    return hljs.highlight(code, { language, ignoreIllegals: true }).value;
  } catch {
    return undefined;
  }
}

/** Languages within others, as pages have styles and scripts. */
const PARTS: Readonly<Record<string, readonly (keyof typeof LANGUAGES)[]>> = {
  xml: ["css", "javascript"],
  php: ["xml"],
  markdown: ["xml"],
  javascript: ["xml"],
  typescript: ["xml"],
  shell: ["bash"],
  http: ["json"],
};

function isKnown(name: string): name is keyof typeof LANGUAGES {
  return Object.hasOwn(LANGUAGES, name);
}

function register(name: keyof typeof LANGUAGES): void {
  if (hljs.getLanguage(name) === undefined) hljs.registerLanguage(name, LANGUAGES[name]);
}
