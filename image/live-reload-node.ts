// Live reload: a browser that shows a page asks for the version of the site, and is answered when another is there. What is
// wrong with the repository stands on a bar over the page. Only on Node, only while writing. The script is a file of its own, so the site's Content-Security-Policy stays what it is.

import { type Html, raw } from "../appliance/render/html.ts";
import type { HttpRequest, HttpResponse } from "../stack/edge/network.ts";

// Names that begin with "_" are never a page of a blog.
const SCRIPT_PATH = "/_live/reload.js";
const VERSION_PATH = "/_live/version";
const PROBLEMS_PATH = "/_live/problems";
/** Lines on the bar. */
const MAX_SHOWN = 200;
/** A question is answered after this long at the latest: before the server's answerTimeout. */
const PATIENCE_MS = 50_000;

const SCRIPT = `
const told = async () => {
  const lines = await (await fetch(${JSON.stringify(PROBLEMS_PATH)}, { cache: "no-store" })).json();
  if (lines.length === 0) return;
  const bar = document.createElement("details");
  bar.id = "epiphyte-problems";
  bar.style.cssText = "position:fixed;inset:auto 0 0 0;z-index:9;max-height:50vh;overflow:auto;padding:.5rem 1rem;background:#5c1a00;color:#fff;font:1rem/1.4 monospace";
  const summary = document.createElement("summary");
  summary.textContent = lines.length === 1 ? "1 problem" : lines.length + " problems";
  const list = document.createElement("ul");
  for (const line of lines) list.appendChild(document.createElement("li")).textContent = line;
  bar.append(summary, list);
  document.body.append(bar);
};
told().catch(() => {});
let seen = "";
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (;;) {
  try {
    const answer = await fetch(${JSON.stringify(`${VERSION_PATH}?`)} + seen, { cache: "no-store" });
    const version = await answer.text();
    if (!answer.ok) await pause(500);
    else if (seen !== "" && version !== seen) break;
    else seen = version;
  } catch {
    await pause(500);
  }
}
location.reload();
`;

export class LiveReload {
  readonly tail: Html = raw(`<script type="module" src="${SCRIPT_PATH}"></script>\n`);
  readonly #waiting = new Set<() => void>();
  readonly #started = Date.now().toString(36);
  #version = 0;
  /** What is wrong with the site that is shown, a line each. */
  problems: () => readonly string[] = () => [];

  /** Takes the requests that are its own. */
  intercept(request: HttpRequest): Promise<HttpResponse> | undefined {
    const [path, seen = ""] = request.target.split("?");
    if (path === SCRIPT_PATH) return Promise.resolve(answer("text/javascript; charset=utf-8", SCRIPT));
    if (path === PROBLEMS_PATH)
      return Promise.resolve(answer("application/json", JSON.stringify(this.problems().slice(0, MAX_SHOWN))));
    return path === VERSION_PATH ? this.#tell(seen) : undefined;
  }

  /** A new site is shown. */
  changed(): void {
    this.#version++;
    for (const wake of this.#waiting) wake();
  }

  /** The version; not before it is another than the browser has seen, or its patience is over. */
  async #tell(seen: string): Promise<HttpResponse> {
    if (seen === this.#current()) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, PATIENCE_MS).unref();
        this.#waiting.add(wake);
      });
    }
    return answer("text/plain", this.#current());
  }

  #current(): string {
    return `${this.#started}-${this.#version}`;
  }
}

function answer(type: string, text: string): HttpResponse {
  const headers = [
    ["Content-Type", type],
    ["Cache-Control", "no-store"],
  ] as const;
  return { status: 200, headers, body: new TextEncoder().encode(text) };
}
