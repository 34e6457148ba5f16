// The one script of the pages, a file of its own so that the Content-Security-Policy stays strict. Nothing needs it: without
// it the choice of colours holds for a page, and the search asks the machine.

import { SEARCH_INDEX } from "../content/generated.ts";

/** Results that are shown while somebody types, and characters from which on. */
const MOST_FOUND = 30;
const LEAST_TYPED = 2;

export const SCRIPT = `"use strict";
// The choice of colours outlives the page; it counts before the page is shown.
const root = document.documentElement;
const kept = () => { try { return localStorage.getItem("epiphyte-scheme"); } catch { return null; } };
if (!root.dataset.theme && /^(light|dark)$/.test(kept() ?? "")) root.dataset.theme = kept();
addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll("input[name=scheme]")) {
    input.checked = input.value === (root.dataset.theme ?? "auto");
    input.addEventListener("change", () => {
      if (input.value === "auto") delete root.dataset.theme;
      else root.dataset.theme = input.value;
      try { localStorage.setItem("epiphyte-scheme", input.value); } catch { /* Storage is off: for this page alone. */ }
    });
  }
  const form = document.querySelector("form.find[data-live]");
  if (form === null) return;
  const input = form.querySelector("input");
  const place = document.getElementById("found");
  let index;
  const load = () => (index ??= fetch(${JSON.stringify(SEARCH_INDEX)}).then((answer) => answer.json()).then((all) =>
    all.map((item) => ({ ...item, words: [item.title, item.tags, item.description, item.text].join(" ").toLowerCase() }))));
  const show = async () => {
    const query = input.value.trim();
    if (query.length < ${LEAST_TYPED}) return place.replaceChildren();
    const terms = query.toLowerCase().split(/\\s+/);
    const score = (item) => {
      let sum = 0;
      for (const term of terms) {
        if (!item.words.includes(term)) return 0;
        sum += item.title.toLowerCase().includes(term) ? 8 : item.tags.toLowerCase().includes(term) ? 4 : 1;
      }
      return sum;
    };
    let all;
    try { all = await load(); } catch { index = undefined; return; }
    if (input.value.trim() !== query) return;
    const found = all.map((item) => [score(item), item]).filter(([points]) => points > 0).sort((a, b) => b[0] - a[0]);
    const text = (found.length === 0 ? form.dataset.none : form.dataset.found)
      .replace("{n}", found.length).replace("{query}", query);
    const says = Object.assign(document.createElement("p"), { className: "lead", textContent: text });
    const list = Object.assign(document.createElement("ol"), { className: "cards" });
    for (const [, item] of found.slice(0, ${MOST_FOUND})) {
      const entry = list.appendChild(document.createElement("li"));
      const link = Object.assign(document.createElement("a"), { href: item.url, textContent: item.title });
      entry.appendChild(document.createElement("h2")).append(link);
      if (item.description) entry.appendChild(document.createElement("p")).textContent = item.description;
      if (item.date) Object.assign(entry.appendChild(document.createElement("p")), { className: "byline", textContent: item.date });
    }
    place.replaceChildren(says, list);
  };
  input.addEventListener("focus", load, { once: true });
  input.addEventListener("input", show);
});
`;
