// URL and URLSearchParams after the WHATWG URL standard (url.spec.whatwg.org), for what packages and the appliance read:
// parsing, resolving against a base, the components. URLs cannot be changed once made; only the schemes http, https,
// ws, wss, ftp are "special"; names must be ASCII (no IDNA: write the punycode), and IPv4 addresses in dotted form.

const SPECIAL: Readonly<Record<string, string>> = { http: "80", https: "443", ws: "80", wss: "443", ftp: "21" };

// The percent-encode sets of section 1.3, as what they leave alone beyond C0 controls and non-ASCII.
const FRAGMENT = /[^!#-;=?-_a-~]/gu;
const QUERY = /[^!$-;=?-~]/gu;
const SPECIAL_QUERY = /[^!$-&(-;=?-~]/gu;
const PATH = /[^!$-;=@-\]_a-z|~]/gu;
const USERINFO = /[^!$-.0-9A-Z_a-z~%&'()*+,]/gu;
// Forbidden in a domain (section 3.2), once it has been percent-decoded.
const BAD_HOST = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]|[^\0-\x7f]/;

interface Parts {
  scheme: string;
  username: string;
  password: string;
  /** undefined: no authority. */
  host: string | undefined;
  port: string;
  path: string;
  query: string | undefined;
  fragment: string | undefined;
}

export class URL {
  readonly #parts: Parts;
  #params: URLSearchParams | undefined;

  constructor(url: string | URL, base?: string | URL) {
    const parts = parse(String(url), base === undefined ? undefined : new URL(base).#parts);
    if (parts === undefined) throw new TypeError(`Invalid URL: ${String(url)}`);
    this.#parts = parts;
  }

  static canParse(url: string | URL, base?: string | URL): boolean {
    try {
      return new URL(url, base) instanceof URL;
    } catch {
      return false;
    }
  }

  get href(): string {
    const { scheme, username, password, host, path, query, fragment } = this.#parts;
    const user = username !== "" || password !== "" ? `${username}${password === "" ? "" : `:${password}`}@` : "";
    // Section 4.5: a path that begins with "//" and has no authority before it would read as one.
    const authority = host === undefined ? (path.startsWith("//") ? "/." : "") : `//${user}${this.host}`;
    const rest = `${query === undefined ? "" : `?${query}`}${fragment === undefined ? "" : `#${fragment}`}`;
    return `${scheme}:${authority}${path}${rest}`;
  }
  get protocol(): string {
    return `${this.#parts.scheme}:`;
  }
  get username(): string {
    return this.#parts.username;
  }
  get password(): string {
    return this.#parts.password;
  }
  get hostname(): string {
    return this.#parts.host ?? "";
  }
  get port(): string {
    return this.#parts.port;
  }
  get host(): string {
    return this.port === "" ? this.hostname : `${this.hostname}:${this.port}`;
  }
  get origin(): string {
    return this.#parts.scheme in SPECIAL ? `${this.protocol}//${this.host}` : "null";
  }
  get pathname(): string {
    return this.#parts.path;
  }
  get search(): string {
    return this.#parts.query ? `?${this.#parts.query}` : "";
  }
  get hash(): string {
    return this.#parts.fragment ? `#${this.#parts.fragment}` : "";
  }
  /** Of the query as it is; changing it does not change the URL. */
  get searchParams(): URLSearchParams {
    this.#params ??= new URLSearchParams(this.#parts.query ?? "");
    return this.#params;
  }
  toString(): string {
    return this.href;
  }
  toJSON(): string {
    return this.href;
  }
}

/** The basic URL parser of section 4.4, by splitting instead of its state machine. */
function parse(input: string, base: Parts | undefined): Parts | undefined {
  const text = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
  const [beforeHash, fragment] = cut(text, "#");
  const own = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(beforeHash);
  const scheme = own?.[1]?.toLowerCase() ?? base?.scheme;
  if (scheme === undefined) return undefined;
  const special = scheme in SPECIAL;
  // "http:path" with an http base is relative, as section 4.4 "special relative or authority state" keeps it.
  const relativeAnyway = special && own !== null && base?.scheme === scheme && !/^[a-z]+:[/\\]{2}/i.test(beforeHash);
  const rest = own === null ? beforeHash : beforeHash.slice(own[0].length);
  const [hierarchical, query] = cut(rest, "?");
  const slashed = special ? hierarchical.replaceAll("\\", "/") : hierarchical;
  const parts: Parts = {
    scheme,
    username: "",
    password: "",
    host: undefined,
    port: "",
    path: "",
    query: query === undefined ? undefined : encode(query, special ? SPECIAL_QUERY : QUERY),
    fragment: fragment === undefined ? undefined : encode(fragment, FRAGMENT),
  };
  const absolute = own !== null && !relativeAnyway;
  if (absolute && special) return withAuthority(parts, slashed.replace(/^\/*/, ""), special);
  if (slashed.startsWith("//")) return withAuthority(parts, slashed.slice(2), special);
  if (absolute) {
    // An opaque path (mailto:, urn:) stays as it is; one that begins with "/" has its dots resolved.
    parts.path = slashed.startsWith("/") ? resolveDots(encode(slashed, PATH), special) : encode(slashed, /[^\x20-~]/gu);
    return parts;
  }
  if (base === undefined || (base.host === undefined && !base.path.startsWith("/"))) {
    // Only a fragment can be resolved against an opaque path.
    return base !== undefined && rest === "" ? { ...base, fragment: parts.fragment } : undefined;
  }
  const inherited: Parts = { ...base, query: parts.query, fragment: parts.fragment };
  if (slashed === "") {
    if (query === undefined) inherited.query = base.query;
    return inherited;
  }
  const folder = slashed.startsWith("/") ? "" : base.path.slice(0, base.path.lastIndexOf("/") + 1);
  inherited.path = resolveDots(folder + encode(slashed, PATH), special);
  return inherited;
}

function withAuthority(parts: Parts, text: string, special: boolean): Parts | undefined {
  const slash = text.indexOf("/");
  const authority = slash < 0 ? text : text.slice(0, slash);
  const at = authority.lastIndexOf("@");
  if (at >= 0) {
    const [username, password] = cut(authority.slice(0, at), ":");
    parts.username = encode(username, USERINFO);
    parts.password = encode(password ?? "", USERINFO);
  }
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1));
  if (match === null) return undefined;
  const host = parseHost(match[1] ?? "", special);
  const port = (match[2] ?? "").replace(/^0+(?=\d)/, "");
  if (host === undefined || Number(port) > 65535 || (host === "" && (special || at >= 0 || port !== ""))) {
    return undefined;
  }
  parts.host = host;
  parts.port = port === SPECIAL[parts.scheme] ? "" : port;
  const path = slash < 0 ? "" : text.slice(slash);
  parts.path = path === "" ? (special ? "/" : "") : resolveDots(encode(path, PATH), special);
  return parts;
}

function parseHost(text: string, special: boolean): string | undefined {
  if (text.startsWith("[")) return /^\[[0-9a-fA-F:.]{2,}\]$/.test(text) ? text.toLowerCase() : undefined;
  if (!special) return /[\0\t\n\r #/:<>?@[\\\]^|]/.test(text) ? undefined : encode(text, /[^\x20-~]/gu);
  const host = percentDecode(text).toLowerCase();
  if (BAD_HOST.test(host)) return undefined;
  // Section 3.5: a name whose last label is a number is an IPv4 address, or nothing.
  if (!/(^|\.)(\d+|0x[0-9a-f]*)\.?$/.test(host)) return host;
  const octets = host.replace(/\.$/, "").split(".");
  const valid = octets.length === 4 && octets.every((o) => /^(0|[1-9]\d{0,2})$/.test(o) && Number(o) <= 255);
  return valid ? octets.join(".") : undefined;
}

/** Takes "." and ".." segments out of a path that begins with "/". */
function resolveDots(path: string, special: boolean): string {
  const segments = (special ? path.replaceAll("\\", "/") : path).split("/").slice(1);
  const kept: string[] = [];
  for (const [i, segment] of segments.entries()) {
    const dots = segment.replace(/%2e/gi, ".");
    const last = i === segments.length - 1;
    if (dots === "..") kept.pop();
    if (dots === "." || dots === "..") {
      if (last) kept.push("");
    } else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

function cut(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The sets match whole code points, so that a surrogate pair is encoded as one. */
function encode(text: string, set: RegExp): string {
  return text.replace(set, percentEncode);
}

function percentEncode(text: string): string {
  let encoded = "";
  for (const byte of nativeUtf8Encode(text)) encoded += `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
  return encoded;
}

function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  const from = nativeUtf8Encode(text);
  const bytes = new Uint8Array(from.length);
  let length = 0;
  for (let i = 0; i < from.length; i++) {
    const hex = from[i] === 0x25 ? nativeLatin1Decode(from, i + 1, Math.min(2, from.length - i - 1)) : "";
    const escaped = /^[0-9a-fA-F]{2}$/.test(hex);
    bytes[length++] = escaped ? Number.parseInt(hex, 16) : from[i]!;
    if (escaped) i += 2;
  }
  return nativeUtf8Decode(bytes, 0, length);
}

/** A list of pairs (section 6): from a query, a record or pairs. */
export class URLSearchParams {
  readonly #pairs: [string, string][] = [];

  constructor(init: string | Readonly<Record<string, string>> | Iterable<readonly [string, string]> = "") {
    if (typeof init !== "string") {
      const pairs = Symbol.iterator in init ? (init as Iterable<readonly [string, string]>) : Object.entries(init);
      for (const [name, value] of pairs) this.append(name, value);
      return;
    }
    for (const pair of init.replace(/^\?/, "").split("&")) {
      if (pair === "") continue;
      const [name, value] = cut(pair.replaceAll("+", " "), "=");
      this.#pairs.push([percentDecode(name), percentDecode(value ?? "")]);
    }
  }

  append(name: string, value: string): void {
    this.#pairs.push([String(name), String(value)]);
  }
  delete(name: string): void {
    for (let i = this.#pairs.length - 1; i >= 0; i--) if (this.#pairs[i]![0] === name) this.#pairs.splice(i, 1);
  }
  get(name: string): string | null {
    return this.#pairs.find((pair) => pair[0] === name)?.[1] ?? null;
  }
  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }
  has(name: string): boolean {
    return this.#pairs.some((pair) => pair[0] === name);
  }
  set(name: string, value: string): void {
    const first = this.#pairs.findIndex((pair) => pair[0] === name);
    if (first < 0) {
      this.append(name, value);
      return;
    }
    this.#pairs[first]![1] = String(value);
    for (let i = this.#pairs.length - 1; i > first; i--) if (this.#pairs[i]![0] === name) this.#pairs.splice(i, 1);
  }
  forEach(callback: (value: string, name: string) => void): void {
    for (const [name, value] of this.#pairs) callback(value, name);
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#pairs.map(([name, value]): [string, string] => [name, value])[Symbol.iterator]();
  }
  /** application/x-www-form-urlencoded (section 5.2). */
  toString(): string {
    const form = (text: string): string => encode(text, /[^*\-.0-9A-Z_a-z ]/gu).replaceAll(" ", "+");
    return this.#pairs.map(([name, value]) => `${form(name)}=${form(value)}`).join("&");
  }
}
