// Live reload: a browser that shows a page is told by server-sent events when a new one is there. Only on Node, only
// while writing. The script is a file of its own, so the site's Content-Security-Policy stays what it is.

import type { IncomingMessage, ServerResponse } from "node:http";
import { type Html, raw } from "../appliance/render/html.ts";

// Names that begin with "_" are never a page of a blog.
const SCRIPT_PATH = "/_live/reload.js";
const EVENTS_PATH = "/_live/events";

const SCRIPT = `
let seen;
const events = new EventSource(${JSON.stringify(EVENTS_PATH)});
events.onmessage = (event) => {
  if (seen !== undefined && seen !== event.data) location.reload();
  seen = event.data;
};
`;

export class LiveReload {
  readonly tail: Html = raw(`<script src="${SCRIPT_PATH}" defer></script>\n`);
  readonly #listeners = new Set<ServerResponse>();
  readonly #started = Date.now().toString(36);
  #version = 0;

  /** Takes the requests that are its own. */
  intercept(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.url === SCRIPT_PATH) {
      response.writeHead(200, { "Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-store" });
      response.end(SCRIPT);
      return true;
    }
    if (request.url !== EVENTS_PATH) return false;
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(this.#event());
    this.#listeners.add(response);
    response.on("close", () => this.#listeners.delete(response));
    return true;
  }

  /** A new site is shown. */
  changed(): void {
    this.#version++;
    for (const listener of this.#listeners) listener.write(this.#event());
  }

  #event(): string {
    return `retry: 500\ndata: ${this.#started}-${this.#version}\n\n`;
  }
}
