// What the machine is told: its network, its name, who receives its log.

import { parsePort } from "../appliance/config.ts";
import { type LogReceiver, parseLogReceiver } from "../appliance/log-receiver.ts";
import type { ParameterError } from "../appliance/parameter-error.ts";
import { type Parameters, type ParameterTable, parameter, VIRTIO_MMIO } from "../appliance/parameters.ts";
import {
  ALL_OFFLOADS,
  OFFLOAD_EVENT_INDEX,
  OFFLOAD_MERGEABLE,
  OFFLOAD_RECEIVE_CHECKSUM,
  OFFLOAD_SEGMENTATION,
  OFFLOAD_SEND_CHECKSUM,
} from "../drivers/offload.ts";
import { type Mac, type Port, parseIpv4 } from "../stack/base/address.ts";
import { isLoopback6, isMapped, isMulticast, isUnspecified, parseIpv6 } from "../stack/base/address6.ts";
import { isIpv6, literalOf } from "../stack/edge/names.ts";

export interface StaticIpv4 {
  readonly address: string;
  readonly prefix: number;
  /** "" for none. */
  readonly gateway: string;
}

/** "auto": of what routers tell. */
export type Ipv6Config =
  | { readonly kind: "off" | "auto" }
  | { readonly kind: "static"; readonly address: string; readonly prefix: number; readonly gateway: string };

/** Takes a pcap file over TCP. */
export interface PcapCollector {
  readonly host: string;
  readonly port: Port;
}

export interface MachineConfig {
  /** Undefined: by DHCP. */
  readonly ipv4: StaticIpv4 | undefined;
  readonly ipv6: Ipv6Config;
  /** Resolvers, before those that DHCP names. */
  readonly dns: readonly string[];
  /** Where names without a dot are looked for, before the domains that DHCP names. */
  readonly dnsSearch: readonly string[];
  readonly syslog: LogReceiver | undefined;
  /** Who gets the frames of the first minute. */
  readonly pcap: PcapCollector | undefined;
  /** Undefined: made of the card's address (`cardName`). */
  readonly hostname: string | undefined;
  /** Time servers to keep the clock by, instead of those that DHCP names; "off": the machine's own clock is all there is. */
  readonly ntp: readonly string[] | "off";
  /** What the network card may do for us: OFFLOAD_ bits. */
  readonly offloads: number;
  /** `virtual` only: a fault begins the machine anew instead of ending it. */
  readonly restartOnPanic: boolean;
  /** `virtual` only: the words by which the host names virtio devices without a bus, with blanks between them. */
  readonly virtioMmio: string;
  /** `process` only: the TAP device. */
  readonly tap: string;
  /** `virtual`: the card to use; `process`: our address on the TAP, undefined: one that belongs to this host and this TAP. */
  readonly mac: Mac | undefined;
}

export const MACHINE_PARAMETERS = {
  ipv4: parameter("A.B.C.D/N", "static address; without it DHCP is asked"),
  "ipv4-gateway": parameter("A.B.C.D", "router of the static address"),
  ipv6: parameter("ADDRESS/N|off", "static IPv6 address, or none; without it what routers tell makes one"),
  "ipv6-gateway": parameter("ADDRESS", "router of the static IPv6 address; without it those that tell of themselves"),
  dns: parameter("ADDRESS[,...]", "resolvers, asked before those that DHCP names; may be repeated", {
    repeatable: true,
  }),
  "dns-search": parameter("DOMAIN[,...]", "names without a dot are looked for in these, before the lease's", {
    repeatable: true,
  }),
  syslog: parameter(
    "[udp://|tcp://|tls://]HOST[:PORT]",
    "send the log there as well (RFC 5424 over UDP, TCP or TLS; port 514, for TLS 6514)",
  ),
  pcap: parameter(
    "HOST:PORT",
    "send the frames of the first minute there, a pcap file over TCP in the clear, with all that is in them",
  ),
  ntp: parameter(
    "HOST[,...]|off",
    "time servers to keep the clock by, instead of those that DHCP names; may be repeated",
    {
      repeatable: true,
    },
  ),
  hostname: parameter("NAME", "its name in the log and for DHCP (epiphyte- and the end of its card's address)"),
  tap: parameter("NAME", "process target: the TAP device to use (tap0)"),
  mac: parameter("XX:XX:XX:XX:XX:XX", "of several cards the one to use; process target: our address on the TAP"),
  "no-checksum-offload": parameter("", "compute checksums ourselves"),
  "no-segment-offload": parameter("", "cut TCP segments ourselves"),
  "no-merge-rx": parameter("", "one receive buffer a frame"),
  "no-event-index": parameter("", "plain virtqueue notifications"),
  panic: parameter("poweroff|reset", "virtual target: what follows a fault of ours (poweroff)"),
  help: parameter("", "print this and stop", { letter: "h" }),
} as const satisfies ParameterTable;

/** What is taken up before the network is in use: of no use when it is the network that says it. */
export const EARLY_PARAMETERS: readonly (keyof typeof MACHINE_PARAMETERS)[] = [
  "ipv4",
  "ipv4-gateway",
  "ipv6",
  "ipv6-gateway",
  "pcap",
  "tap",
  "mac",
  "no-checksum-offload",
  "no-segment-offload",
  "no-merge-rx",
  "no-event-index",
  "panic",
];

/** What each switch takes out of the set. */
const WITHOUT: readonly (readonly [name: keyof typeof MACHINE_PARAMETERS, offloads: number])[] = [
  ["no-checksum-offload", OFFLOAD_SEND_CHECKSUM | OFFLOAD_RECEIVE_CHECKSUM],
  ["no-segment-offload", OFFLOAD_SEGMENTATION],
  ["no-merge-rx", OFFLOAD_MERGEABLE],
  ["no-event-index", OFFLOAD_EVENT_INDEX],
];

/** Adds to the errors of `given`. `hosts`: those whose names must be resolved, "" for none. */
export function readMachineConfig(given: Parameters, hosts: readonly string[]): MachineConfig {
  const { errors } = given;
  const ipv4 = readIpv4(given);
  const ipv6 = readIpv6(given);
  const dns = parseDns(given.list("dns"), errors);
  const dnsSearch = parseSearch(given.list("dns-search"), errors);
  const syslog = given.one("syslog", (text) => parseLogReceiver(text, parseHost, parsePort));
  const pcap = given.one("pcap", parsePcapCollector);
  const ntp = parseNtp(given.list("ntp"), errors);
  if (given.has("ipv4") && dns.length === 0 && !given.has("dns")) {
    const name = [...hosts, syslog?.host ?? "", pcap?.host ?? "", ...(ntp === "off" ? [] : ntp)].find(
      (host) => host !== "" && !isAddress(host),
    );
    if (name !== undefined)
      errors.push({ kind: "missing", name: "dns", why: `with --ipv4 nobody else says who resolves ${name}` });
  }
  let offloads = ALL_OFFLOADS;
  for (const [name, without] of WITHOUT) if (given.has(name)) offloads &= ~without;
  return {
    ipv4,
    ipv6,
    dns,
    dnsSearch,
    syslog,
    pcap,
    ntp,
    hostname: given.one("hostname", parseHostname)?.name,
    offloads,
    virtioMmio: given.ignored.filter((word) => VIRTIO_MMIO.test(word)).join(" "),
    restartOnPanic: given.one("panic", parsePanic)?.restart ?? false,
    tap: given.one("tap", parseTap)?.name ?? "tap0",
    mac: given.one("mac", parseMac),
  };
}

/** The port has to be said: nobody is known to wait for captures. */
function parsePcapCollector(text: string): PcapCollector | string {
  const wanted = "is not HOST:PORT";
  const colon = text.lastIndexOf(":");
  const host = parseHost(text.slice(0, Math.max(0, colon)));
  const port = parsePort(text.slice(colon + 1));
  if (colon < 0 || typeof host === "string") return wanted;
  return typeof port === "string" ? port : { host: host.name, port };
}

function parsePanic(text: string): { restart: boolean } | string {
  return text === "poweroff" || text === "reset" ? { restart: text === "reset" } : "is neither poweroff nor reset";
}

function readIpv4(given: Parameters): StaticIpv4 | undefined {
  const subnet = given.one("ipv4", parseSubnet);
  const gateway = given.one("ipv4-gateway", parseAddress)?.text ?? "";
  if (given.has("ipv4-gateway") && !given.has("ipv4"))
    given.errors.push({ kind: "missing", name: "ipv4", why: "--ipv4-gateway means nothing without it" });
  if (subnet === undefined) return undefined;
  const { address, prefix } = subnet;
  const network = `the network of --ipv4=${address}/${prefix}`;
  if (gateway === "") {
    // Some hosts give each machine a network of its own, and a router that is on the same wire all the same.
    if (prefix === 32 && !given.has("ipv4-gateway"))
      given.errors.push({ kind: "missing", name: "ipv4-gateway", why: `nobody else is in ${network}` });
  } else if (gateway === address || (prefix < 32 && !sameSubnet(address, gateway, prefix))) {
    const why = gateway === address ? "is the machine's own address" : `is not in ${network}`;
    given.errors.push({ kind: "malformed", name: "ipv4-gateway", value: gateway, why });
  }
  return { address, prefix, gateway };
}

/** The name of a machine that was given none: "epiphyte-123456" of the card 52:54:00:12:34:56. */
export function cardName(mac: number): string {
  return `epiphyte-${(mac % 0x1000000).toString(16).padStart(6, "0")}`;
}

function readIpv6(given: Parameters): Ipv6Config {
  const read = given.one("ipv6", parseIpv6Config);
  const gateway = given.one("ipv6-gateway", parseAddress6)?.text ?? "";
  if (given.has("ipv6-gateway") && read?.kind !== "static" && !given.faulty("ipv6"))
    given.errors.push({
      kind: "missing",
      name: "ipv6",
      why: "--ipv6-gateway goes with a static address, --ipv6=ADDRESS/N",
    });
  if (read === undefined) return { kind: "auto" };
  if (read.kind !== "static") return read;
  if (gateway === read.address) {
    const why = "is the machine's own address";
    given.errors.push({ kind: "malformed", name: "ipv6-gateway", value: gateway, why });
  }
  return { ...read, gateway };
}

function parseIpv6Config(text: string): Ipv6Config | string {
  if (text === "off" || text === "auto") return { kind: text };
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const read = parseAddress6(address);
  if (typeof read === "string")
    return read === NO_HOST ? read : "is not an address with the length of its network, as in 2001:db8::2/64, nor off";
  if (slash < 0) return "lacks the length of its network, as in 2001:db8::2/64";
  const prefix = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : 0;
  if (prefix < 1 || prefix > 128) return "the length of a network is a number from 1 to 128";
  return { kind: "static", address, prefix, gateway: "" };
}

const NO_HOST = "is not the address of a host";

/** The address as it stands. */
function parseAddress6(text: string): { text: string } | string {
  const bytes = new Uint8Array(16);
  if (!parseIpv6(text, bytes, 0)) return "is not an address such as fe80::1";
  const none = isUnspecified(bytes, 0) || isLoopback6(bytes, 0) || isMapped(bytes, 0) || isMulticast(bytes, 0);
  return none ? NO_HOST : { text };
}

/** An IPv4 or IPv6 address, the latter with or without brackets. */
function isAddress(text: string): boolean {
  return parseIpv4(text) !== undefined || isIpv6(literalOf(text));
}

function parseSubnet(text: string): { address: string; prefix: number } | string {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const value = parseIpv4(address);
  if (value === undefined) return "is not an address with the length of its network, as in 10.0.0.2/24";
  if (slash < 0) return "lacks the length of its network, as in 10.0.0.2/24";
  const prefix = /^\d{1,2}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : 99;
  if (prefix < 1 || prefix > 32) return "the length of a network is a number from 1 to 32";
  if (value >= 0xe0000000 || value < 0x01000000 || value >>> 24 === 127) return "is not the address of a host";
  const hosts = 2 ** (32 - prefix);
  if (prefix < 31 && (value % hosts === 0 || value % hosts === hosts - 1))
    return "is the address of the network or its broadcast address, not one of a host";
  return { address, prefix };
}

function sameSubnet(a: string, b: string, prefix: number): boolean {
  const network = (address: string): number => Math.floor((parseIpv4(address) ?? 0) / 2 ** (32 - prefix));
  return network(a) === network(b);
}

/** The address as it stands: parseIpv4 takes one form only. */
function parseAddress(text: string): { text: string } | string {
  return parseIpv4(text) === undefined ? "is not an address such as 10.0.0.1" : { text };
}

function parseDns(texts: readonly string[], errors: ParameterError[]): readonly string[] {
  const addresses: string[] = [];
  for (const text of texts)
    for (const part of text.split(",")) {
      const address = part.trim();
      if (!isAddress(address) || address.startsWith("["))
        errors.push({ kind: "malformed", name: "dns", value: text, why: `${JSON.stringify(part)} is not an address` });
      else if (!addresses.includes(address)) addresses.push(address);
    }
  return addresses;
}

function parseNtp(texts: readonly string[], errors: ParameterError[]): readonly string[] | "off" {
  if (texts.length === 1 && texts[0] === "off") return "off";
  const hosts = texts.flatMap((text) => text.split(",").map((part) => ({ text, host: part.trim() })));
  const names: string[] = [];
  for (const { text, host } of hosts) {
    const read = parseHost(host);
    if (typeof read === "string") errors.push({ kind: "malformed", name: "ntp", value: text, why: read });
    else names.push(read.name);
  }
  return names;
}

function parseSearch(texts: readonly string[], errors: ParameterError[]): readonly string[] {
  const domains = texts.flatMap((text) => text.split(",").map((part) => ({ text, domain: part.trim() })));
  for (const { text, domain } of domains)
    if (typeof parseHostname(domain) === "string")
      errors.push({
        kind: "malformed",
        name: "dns-search",
        value: text,
        why: `${JSON.stringify(domain)} is no domain`,
      });
  return domains.map(({ domain }) => domain);
}

/** The name of a host, or an address: one of IPv6 stands in brackets. */
function parseHost(text: string): { name: string } | string {
  return isIpv6(literalOf(text)) ? { name: literalOf(text) } : parseHostname(text);
}

function parseHostname(text: string): { name: string } | string {
  // RFC 1123 2.1
  const ok =
    text.length <= 253 && text.split(".").every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
  return ok ? { name: text } : "is not a host name: letters, digits, hyphens and dots";
}

/** IFNAMSIZ of Linux, less the byte that ends the name. */
const MOST_TAP_NAME = 15;

function parseTap(text: string): { name: string } | string {
  if (text.length > MOST_TAP_NAME) return `is longer than ${MOST_TAP_NAME} characters, which no interface's name is`;
  // Linux, dev_valid_name: neither blanks nor a slash nor a colon; % would ask for a number of its own.
  return /^[^\s/:%]+$/.test(text) && text !== "." && text !== ".." ? { name: text } : "is not the name of an interface";
}

function parseMac(text: string): Mac | string {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return "is not an address such as 02:00:5e:10:00:01";
  const value = Number.parseInt(text.replaceAll(/[:-]/g, ""), 16);
  // IEEE 802-2014 8.2.2: the lowest bit of the first byte is set in the address of a group.
  if (Math.floor(value / 2 ** 40) % 2 === 1) return "is the address of a group, not of a card";
  return value === 0 ? "is no address" : (value as Mac);
}
