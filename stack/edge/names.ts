// Names become addresses: what is asked of the resolver below the seam, and its answers as promises.

import { parseIpv4 } from "../base/address.ts";
import { isLoopback6, isMapped, isMulticast, isUnspecified, parseIpv6 } from "../base/address6.ts";
import type { Result } from "../base/result.ts";
import { Translation } from "../base/translation.ts";
import { TYPE_A, TYPE_AAAA } from "../dns/wire.ts";
import {
  RESOLVE_BAD_NAME,
  RESOLVE_DONE,
  RESOLVE_NO_ADDRESS,
  RESOLVE_NO_ANSWER,
  RESOLVE_NO_RESOLVER,
  RESOLVE_NO_SUCH_NAME,
  RESOLVE_SERVER_FAILED,
  RESOLVE_SERVER_REFUSED,
} from "../host/events.ts";
import type { ResolveError } from "./network.ts";
import type { Seam } from "./seam.ts";

/** It has these addresses of IPv4, and none of IPv6 but where names are translated (RFC 7050 2.2, 8.1). */
const WELL_KNOWN_NAME = "ipv4only.arpa.";
const WELL_KNOWN_ADDRESSES: readonly number[] = [0xc00000aa, 0xc00000ab];

interface Pending {
  readonly name: string;
  done(result: Result<readonly string[], ResolveError>): void;
}

export class EdgeNames {
  readonly #seam: Seam;
  /** By token, as text. */
  readonly #pending = new Map<string, Pending>();

  constructor(seam: Seam) {
    this.#seam = seam;
  }

  /**
   * All addresses of the name that this machine can speak to, at least one: those of IPv6 and of IPv4 by turns (RFC 8305 4),
   * each family in the order of its answer. A family that we have no address of is not asked for.
   */
  async resolve(name: string): Promise<Result<readonly string[], ResolveError>> {
    const literal = literalOf(name);
    if (isIpv6(literal)) return others(name, [literal]);
    const six = this.#seam.address6() !== "";
    // While there is no address at all, one of IPv4 is what was to come first.
    const four = this.#seam.address() !== "" || !six;
    if (four && six) return this.#both(name);
    const found = await this.lookUp(name, six ? TYPE_AAAA : TYPE_A);
    if (found.ok) return others(name, found.value);
    if (found.error.kind !== "no-address") return found;
    const other = await this.lookUp(name, six ? TYPE_A : TYPE_AAAA);
    if (!other.ok) return found;
    return six ? this.#translated(name, other.value) : { ok: false, error: { kind: "only-ipv6", name } };
  }

  /** Addresses of IPv4 by way of a translator, where the network has one. */
  async #translated(name: string, addresses: readonly string[]): Promise<Result<readonly string[], ResolveError>> {
    const usable = others(name, addresses);
    if (!usable.ok) return usable;
    const translation = await this.#translation();
    const found = usable.value.map((address) => translation.toward(parseIpv4(address) ?? 0)).filter((to) => to !== "");
    return found.length > 0 ? { ok: true, value: found } : { ok: false, error: { kind: "only-ipv4", name } };
  }

  /** As routers say (RFC 8781); else as name servers that translate show it (RFC 7050 3). */
  async #translation(): Promise<Translation> {
    const translation = new Translation();
    translation.parse(this.#seam.translation());
    if (translation.length > 0) return translation;
    const told = await this.lookUp(WELL_KNOWN_NAME, TYPE_AAAA);
    const address = new Uint8Array(16);
    for (const text of told.ok ? told.value : [])
      if (parseIpv6(text, address, 0) && translation.find(address, WELL_KNOWN_ADDRESSES)) break;
    return translation;
  }

  async #both(name: string): Promise<Result<readonly string[], ResolveError>> {
    const [sixes, fours] = await Promise.all([this.lookUp(name, TYPE_AAAA), this.lookUp(name, TYPE_A)]);
    if (!sixes.ok) return fours.ok ? others(name, fours.value) : worse(sixes, fours);
    if (!fours.ok) return others(name, sixes.value);
    const addresses: string[] = [];
    for (let i = 0; i < Math.max(sixes.value.length, fours.value.length); i++)
      addresses.push(...sixes.value.slice(i, i + 1), ...fours.value.slice(i, i + 1));
    return others(name, addresses);
  }

  /** The addresses of one family, TYPE_A or TYPE_AAAA; an address resolves to itself. */
  lookUp(name: string, type: number): Promise<Result<readonly string[], ResolveError>> {
    const token = String(this.#seam.resolve(name, type));
    return new Promise((done) => this.#pending.set(token, { name, done }));
  }

  /** EVENT_RESOLVED. */
  resolved(token: number, code: number): void {
    const pending = this.#pending.get(String(token));
    this.#pending.delete(String(token));
    if (pending === undefined) return;
    if (code !== RESOLVE_DONE) {
      pending.done({ ok: false, error: resolveError(code, pending.name) });
      return;
    }
    const addresses: string[] = [];
    for (let i = 0; i < this.#seam.resolvedCount(); i++) addresses.push(this.#seam.resolvedAddress(i));
    pending.done({ ok: true, value: addresses });
  }
}

/** What is wrong with the addresses of a name that exists: goes on after the name. */
export function describeUnusable(
  error: Extract<ResolveError, { readonly kind: "no-address" | "only-ipv6" | "only-ipv4" | "not-a-host" }>,
): string {
  switch (error.kind) {
    case "no-address":
      return "has no address (neither A nor AAAA records)";
    case "only-ipv6":
      return "has only IPv6 addresses (AAAA records), and this machine has none";
    case "only-ipv4":
      return "has only IPv4 addresses (A records), and this machine has none";
    case "not-a-host":
      return `has the address ${error.address}, which is no other machine's`;
  }
}

/** The text between the brackets that a URL has around an IPv6 address (RFC 3986 3.2.2); any other as it is. */
export function literalOf(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

export function isIpv6(address: string): boolean {
  return parseIpv6(address, new Uint8Array(16), 0);
}

/** Of two failures the one that says more: that there is no address of one family is no failure of the name. */
function worse<E extends { readonly ok: false; readonly error: ResolveError }>(a: E, b: E): E {
  return b.error.kind === "no-address" ? a : b;
}

/** Those that can be another machine's. Names are blocked by pointing them at 127.0.0.1 or 0.0.0.0. */
function others(name: string, addresses: readonly string[]): Result<readonly string[], ResolveError> {
  const usable = addresses.filter((address) => isHost(address));
  const [first] = addresses;
  if (usable.length > 0 || first === undefined) return { ok: true, value: usable };
  return { ok: false, error: { kind: "not-a-host", name, address: first } };
}

/** RFC 1122 3.2.1.3: not this network (a), not loopback (g), not a group (RFC 1112 4) or broadcast (c); RFC 4291 2.4. */
function isHost(address: string): boolean {
  const six = new Uint8Array(16);
  if (parseIpv6(address, six, 0))
    return !isUnspecified(six, 0) && !isLoopback6(six, 0) && !isMapped(six, 0) && !isMulticast(six, 0);
  const top = (parseIpv4(address) ?? 0) >>> 24;
  return top !== 0 && top !== 127 && top < 224;
}

function resolveError(code: number, name: string): ResolveError {
  switch (code) {
    case RESOLVE_NO_SUCH_NAME:
      return { kind: "no-such-name", name };
    case RESOLVE_NO_ADDRESS:
      return { kind: "no-address", name };
    case RESOLVE_NO_ANSWER:
      return { kind: "no-answer", name };
    case RESOLVE_SERVER_REFUSED:
      return { kind: "server-refused", name };
    case RESOLVE_SERVER_FAILED:
      return { kind: "server-failed", name };
    case RESOLVE_NO_RESOLVER:
      return { kind: "no-resolver" };
    case RESOLVE_BAD_NAME:
      // RFC 6761 6.3: the resolver does not ask for it.
      return /^(.*\.)?localhost\.?$/i.test(name)
        ? { kind: "not-a-host", name, address: "127.0.0.1" }
        : { kind: "bad-name", name };
    default:
      throw new Error(`unknown resolver code ${code}`);
  }
}
