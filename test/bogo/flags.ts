// The words of a shim's command line that we know. Whatever else is asked for is answered by the exit status 89: the
// runner counts it apart.

/** With a value. */
const VALUES = new Set([
  "port",
  "shim-id",
  "cert-file",
  "key-file",
  "trust-cert",
  "resume-count",
  "curves",
  "key-shares",
  "min-version",
  "max-version",
  "expect-version",
  "expect-peer-signature-algorithm",
  "verify-prefs",
  "signing-prefs",
  "expect-curve-id",
  "advertise-alpn",
  "select-alpn",
  "expect-alpn",
  "expect-advertised-alpn",
  "host-name",
  "expect-server-name",
  "export-keying-material",
  "export-label",
  "export-context",
  "read-size",
  "max-send-fragment",
  "ticket-key",
  "resumption-delay",
  "expect-ticket-age-skew",
  "expect-verify-result",
  "expect-total-renegotiations",
  "expect-cipher-aes",
  "expect-cipher-no-aes",
  "expect-peer-verify-pref",
]);

/** Without. */
const WORDS = new Set([
  "server",
  "server-preference",
  "no-server-name-ack",
  "send-alert",
  "ipv6",
  "no-tls1",
  "no-tls11",
  "no-tls12",
  "no-ssl3",
  "verify-peer",
  "verify-fail",
  "use-custom-verify-callback",
  "reverify-on-resume",
  "expect-hrr",
  "expect-no-hrr",
  "expect-session-miss",
  "expect-no-session",
  "expect-no-session-id",
  "expect-session-id",
  "check-close-notify",
  "shim-shuts-down",
  "shim-writes-first",
  "decline-alpn",
  "reject-alpn",
  "select-empty-alpn",
  "use-export-context",
  "key-update",
  "no-ticket",
  "peek-then-read",
  "expect-extended-master-secret",
  "expect-no-secure-renegotiation",
  "expect-secure-renegotiation",
  "enable-all-curves",
  "decrypt-key-twice",
  "no-check-client-certificate-type",
  "no-check-ecdsa-curve",
  "no-key-shares",
  "new-x509-credential",
  "enable-grease",
]);

export class Flags {
  readonly #values = new Map<string, string[]>();

  has(name: string): boolean {
    return this.#values.has(name);
  }
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }
  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }
  numbers(name: string): number[] {
    return (this.#values.get(name) ?? []).map(Number);
  }
  add(name: string, value: string): void {
    this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
  }
}

/** The flags of one connection, the first being number 0; undefined: there is one that we do not know. */
export function flagsOf(words: readonly string[], connection: number): Flags | undefined {
  const flags = new Flags();
  for (let i = 0; i < words.length; i++) {
    let name = words[i]!.replace(/^-/, "");
    const when = /^on-(initial|resume|retry|shim|handshaker)-/.exec(name);
    name = name.slice(when?.[0].length ?? 0);
    const known = WORDS.has(name) || VALUES.has(name);
    if (!known) return undefined;
    const value = VALUES.has(name) ? words[++i]! : "";
    if (when?.[1] === "initial" && connection > 0) continue;
    if (when?.[1] === "resume" && connection === 0) continue;
    // There is no second process that would do the handshake for this one.
    if (when?.[1] === "retry" || when?.[1] === "handshaker") continue;
    flags.add(name, value);
  }
  return flags;
}
