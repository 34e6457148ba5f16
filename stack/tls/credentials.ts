// What a server proves itself with: certificates and their private keys, chosen by the name that a client asks for.

import { encodeCertificate } from "./wire/server-messages.ts";
import { Writer } from "./wire/writer.ts";

/** A certificate's chain and its private key. Whether they go together is looked at by who makes them. */
export class Credential {
  /** Names that it is for, in lower case, "*.example.org" among them; addresses as text. */
  readonly names: readonly string[];
  /** As nativeSign takes it: an EC scalar, an Ed25519 seed, or an RSAPrivateKey as DER. */
  readonly key: Uint8Array;
  /** The schemes that the key can sign by (RFC 8446 4.2.3), the best first. */
  readonly schemes: readonly number[];
  /** Only for those who ask for this protocol alone, as "acme-tls/1" (RFC 8737); "": for all others. */
  readonly protocol: string;
  /** The Certificate message, made once. */
  readonly message: Uint8Array;

  /** `chain`: DER, the server's own certificate first. */
  constructor(
    names: readonly string[],
    chain: readonly Uint8Array[],
    key: Uint8Array,
    schemes: readonly number[],
    protocol: string,
  ) {
    this.names = names;
    this.key = key;
    this.schemes = schemes;
    this.protocol = protocol;
    const out = new Writer(0);
    encodeCertificate(out, chain);
    this.message = out.copy();
  }

  isFor(name: string): boolean {
    for (let i = 0; i < this.names.length; i++) if (covers(this.names[i]!, name)) return true;
    return false;
  }
}

/** What a list of certificates has for a hello. */
export class Choice {
  /** Its place in the list; -1: none that the client could verify. */
  index = -1;
  scheme = 0;
  /** It is for the name that was asked for. */
  named = false;
}

export class Credentials {
  #list: readonly Credential[] = [];

  get size(): number {
    return this.#list.length;
  }

  at(index: number): Credential {
    return this.#list[index]!;
  }

  /** From now on these; connections that are open keep what they have. The first is for who names none of them. */
  replace(list: readonly Credential[]): void {
    this.#list = list;
  }

  /** True: there is one for those who ask for this protocol alone. */
  hasProtocol(protocol: string, name: string): boolean {
    for (const credential of this.#list) if (credential.protocol === protocol && credential.isFor(name)) return true;
    return false;
  }

  /**
   * The one for the name, or the first one: an unknown name, or none, is no error (RFC 6066 3 lets us). Among those for a
   * name the first whose schemes the client knows.
   */
  choose(name: string, protocol: string, schemes: readonly number[], choice: Choice): void {
    choice.index = -1;
    choice.named = false;
    for (let i = 0; i < this.#list.length; i++) {
      const credential = this.#list[i]!;
      if (credential.protocol !== protocol) continue;
      const named = name !== "" && credential.isFor(name);
      if (choice.index >= 0 && (choice.named || !named)) continue;
      const scheme = common(credential.schemes, schemes);
      if (scheme === 0) continue;
      choice.index = i;
      choice.scheme = scheme;
      choice.named = named;
    }
  }
}

/** The first of ours that is among theirs; 0: none. */
function common(ours: readonly number[], theirs: readonly number[]): number {
  for (let i = 0; i < ours.length; i++)
    for (let k = 0; k < theirs.length; k++) if (theirs[k]! === ours[i]!) return ours[i]!;
  return 0;
}

/** RFC 9525 6.3: a wildcard stands for the leftmost label, whole. */
function covers(pattern: string, name: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === name;
  const dot = name.indexOf(".");
  return dot > 0 && pattern.slice(2) === name.slice(dot + 1);
}
