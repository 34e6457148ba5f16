// Code in colours, by highlight.js (BSD-3-Clause, no dependencies, decades of use): its core and the languages below. A
// language is made when it is first asked for, so that a blog without code pays nothing.

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import elixir from "highlight.js/lib/languages/elixir";
import go from "highlight.js/lib/languages/go";
import haskell from "highlight.js/lib/languages/haskell";
import http from "highlight.js/lib/languages/http";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import lua from "highlight.js/lib/languages/lua";
import makefile from "highlight.js/lib/languages/makefile";
import markdown from "highlight.js/lib/languages/markdown";
import nginx from "highlight.js/lib/languages/nginx";
import ocaml from "highlight.js/lib/languages/ocaml";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import scala from "highlight.js/lib/languages/scala";
import shell from "highlight.js/lib/languages/shell";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const LANGUAGES = {
  ...{ bash, c, cpp, css, diff, dockerfile, elixir, go, haskell, http, ini, java, javascript, json, kotlin, lua },
  ...{ makefile, markdown, nginx, ocaml, php, python, ruby, rust, scala, shell, sql, typescript, xml, yaml },
};

export const LANGUAGE_NAMES: readonly string[] = Object.keys(LANGUAGES);

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
