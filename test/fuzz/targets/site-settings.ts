import { PALETTES, readLook } from "../../../appliance/content/look.ts";
import type { Problem } from "../../../appliance/content/problem.ts";
import { direction, fill, readStrings } from "../../../appliance/content/strings.ts";
import { readTemplates, renderTemplate } from "../../../appliance/content/templates.ts";
import { ENGLISH } from "../../../appliance/content/words.ts";
import { fakeSnapshot } from "../../support/fake-snapshot.ts";
import { ascii, check, same, type Target, utf8 } from "../target.ts";

const PATH = ".config/templates/footer.mustache";
const VIEW = { title: "A title", items: [{ name: "one" }, { name: "two" }], none: [] };

/** `.config/theme`, `.config/strings` and a template of `.config/templates`, each of the same text. */
export const siteSettings: Target = {
  name: "site-settings",
  limit: 300,
  work: 4_000_000,
  words: [
    ...[
      "leaf",
      "ocean",
      "dark",
      "light",
      "auto",
      " ",
      ",",
      "home: Start\n",
      "months: ",
      "archive: {n}\n",
      "- ",
      "---\n",
    ],
    ...[
      "{{title}}",
      "{{{title}}}",
      "{{#items}}",
      "{{/items}}",
      "{{^none}}",
      "{{> part}}",
      "{{=<% %>=}}",
      "{{! x }}",
      "{{&",
    ],
  ],
  seeds: () =>
    [
      "plum dark",
      "home: Startseite\narchive: Archiv\n",
      "months: Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez\nnobody: x\n",
      "<p>{{title}}{{#items}}<b>{{name}}</b>{{/items}}{{^none}}-{{/none}}</p>",
      "{{#items}}{{/title}}",
      "{{> head}}",
    ].map(ascii),
  run: (bytes) => {
    const text = utf8(bytes);
    const told: string[] = [];
    const look = readLook(text, (reason) => told.push(reason));
    check(PALETTES.includes(look.palette), "no palette");
    const problems: Problem[] = [];
    const strings = readStrings("en", text, ".config/strings", problems);
    same(Object.keys(strings).sort(), Object.keys(ENGLISH).sort(), "the names of the texts");
    for (const value of Object.values(strings)) check(typeof value === "string", "a text is none");
    check(["ltr", "rtl"].includes(direction(text)), "no direction");
    check(fill(text, {}) === text, "something was filled in");
    const templates = readTemplates(fakeSnapshot({ [PATH]: text }), { utf8Decode: utf8 }, problems, false);
    const template = templates.get("footer");
    check(
      (template === undefined) === problems.some(({ path }) => path === PATH),
      "left out without a word, or told in vain",
    );
    if (template === undefined) return;
    const rendered = renderTemplate(template, VIEW);
    check(rendered.ok || rendered.error !== "", "no reason");
  },
};
