// What can be wrong with a parameter, and the words for the person who gave it. No secret is among them.

/** Where a parameter was read, in words: "the command line"; "" where there is no doubt. */
export type Place = string;

export type ParameterError = Fault & { readonly where?: Place };

type Fault =
  | { readonly kind: "unknown"; readonly word: string; readonly suggestion: string | undefined }
  | { readonly kind: "malformed"; readonly name: string; readonly value: string; readonly why: string }
  | { readonly kind: "no-value"; readonly name: string }
  | { readonly kind: "unwanted-value"; readonly name: string; readonly value: string }
  | { readonly kind: "duplicate"; readonly name: string }
  | { readonly kind: "missing"; readonly name: string; readonly why: string }
  /** Given where it cannot serve: why, and what to do. */
  | { readonly kind: "misplaced"; readonly name: string; readonly why: string }
  /** A source that has something and cannot be read. */
  | { readonly kind: "unreadable"; readonly why: string }
  | { readonly kind: "open-quote"; readonly rest: string }
  | { readonly kind: "too-long"; readonly what: string; readonly length: number; readonly limit: number };

/** Parameters whose value is never printed. */
const SECRETS: ReadonlySet<string> = new Set([
  "hook-secret",
  "cert-seed",
  "remote-token",
  "https-proxy",
  "acme-seed",
  "acme-eab",
  "acme-store",
]);
/** Of a word that is no parameter: it may be meant for one of those. */
const SECRET_WORD = /secret|seed|token|proxy|pass|user|key/i;

/** Whether the value of this parameter is never to be shown. */
export function isSecretParameter(name: string): boolean {
  return SECRETS.has(name);
}

/** What a console may obey, or not show: words may come from the network. */
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** One line for the console, without the credentials that a URL may hold, and without keys. */
export function describeParameterError(error: ParameterError): string {
  const where = error.where === undefined || error.where === "" ? "" : ` (from ${error.where})`;
  return `${describe(error)}${where}`
    .replace(/-----BEGIN [\s\S]*-----END [A-Z0-9 ]*-----/g, "(PEM)")
    .replace(/\/\/[^/@\s"]*@/g, "//***@")
    .replace(CONTROLS, "?");
}

function describe(error: ParameterError): string {
  switch (error.kind) {
    case "unknown":
      return `unknown parameter ${JSON.stringify(shownWord(error.word, error.suggestion))}${error.suggestion === undefined ? "" : ` (did you mean --${error.suggestion}?)`}`;
    case "malformed":
      return `--${error.name}=${SECRETS.has(error.name) ? "…" : error.value}: ${error.why}`;
    case "no-value":
      return `--${error.name} needs a value`;
    case "unwanted-value":
      return `--${error.name} takes no value, but was given ${JSON.stringify(error.value)}`;
    case "duplicate":
      return `--${error.name} is given more than once`;
    case "missing":
      return `--${error.name} is missing: ${error.why}`;
    case "misplaced":
      return `--${error.name} ${error.why}`;
    case "unreadable":
      return `parameters cannot be read: ${error.why}`;
    case "open-quote":
      return `a quote is not closed: ${error.rest}`;
    case "too-long":
      return `${error.what} is ${error.length} characters long; at most ${error.limit} are read`;
  }
}

/** The word without the value of a secret, or of what may be meant to be one. */
export function shownWord(word: string, suggestion = ""): string {
  const equals = word.indexOf("=");
  return equals >= 0 && isSecretWord(word, suggestion) ? `${word.slice(0, equals)}=…` : word;
}

/** Whether the word names a secret, or may be meant to: `suggestion` is the parameter that it resembles. */
export function isSecretWord(word: string, suggestion = ""): boolean {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word : word.slice(0, equals);
  return SECRETS.has(suggestion) || SECRETS.has(name.replace(/^--/, "")) || SECRET_WORD.test(name);
}
