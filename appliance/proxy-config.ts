// What the appliance is told about a proxy on its way out. What a proxy is for is in stack/edge/proxy.ts.

import type { Port } from "../stack/base/address.ts";
import { basicAuthorization } from "../stack/edge/basic.ts";
import type { HttpProxy } from "../stack/edge/proxy.ts";
import { type Parameters, type ParameterTable, parameter } from "./parameters.ts";

export const PROXY_PARAMETERS = {
  "https-proxy": parameter(
    "[USER:PASSWORD@]HOST:PORT",
    "proxy for every https connection that the machine opens (CONNECT)",
  ),
  "no-proxy": parameter("HOST[,...]", "hosts that are called without it, with all names below them; may be repeated", {
    repeatable: true,
  }),
} as const satisfies ParameterTable;

const EXAMPLE = "[USER:PASSWORD@]HOST:PORT is wanted";

/** Undefined: none is asked for, or something is wrong, which then is among the errors of `given`. */
export function readProxy(given: Parameters, parsePort: (text: string) => Port | string): HttpProxy | undefined {
  const proxy = given.one("https-proxy", (text) => parseProxy(text, parsePort));
  const exempt = given.list("no-proxy").flatMap((text) => text.split(","));
  if (proxy === undefined && given.has("no-proxy") && !given.has("https-proxy"))
    given.errors.push({ kind: "missing", name: "https-proxy", why: "--no-proxy says whom it is not for" });
  // As in the variable no_proxy: ".example" and "*.example" are what "example" is.
  const names = exempt.map((name) =>
    name
      .trim()
      .toLowerCase()
      .replace(/^\*?\./, ""),
  );
  return proxy === undefined ? undefined : { ...proxy, exempt: names.filter((name) => name !== "") };
}

/** As the variable https_proxy has it; the error does not repeat a password. */
function parseProxy(text: string, parsePort: (text: string) => Port | string): Omit<HttpProxy, "exempt"> | string {
  const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(?:(.*)@)?([A-Za-z0-9._-]+)(?::([^:/@]*))?\/?$/.exec(text);
  if (parts === null) return EXAMPLE;
  const [, scheme = "http", userinfo, host = "", digits] = parts;
  if (scheme.toLowerCase() !== "http") return `a proxy is spoken to by http, not by ${scheme}; ${EXAMPLE}`;
  if (digits === undefined) return `a port is wanted, as in ${host}:3128`;
  const port = parsePort(digits);
  if (typeof port === "string") return port;
  if (userinfo === undefined) return { host: host.toLowerCase(), port, authorization: undefined };
  const colon = userinfo.indexOf(":");
  const user = percentDecode(colon < 0 ? userinfo : userinfo.slice(0, colon));
  const password = percentDecode(colon < 0 ? "" : userinfo.slice(colon + 1));
  if (user === undefined || password === undefined) return "its credentials are not percent-encoded correctly";
  return { host: host.toLowerCase(), port, authorization: basicAuthorization(user, password) };
}

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
