// What a host counts: one list of names, one number each. People read them in `Host.describe`, metrics will.
//
//   counters.note(SEGMENTS_IN);
//
// Every reason for which something is thrown away has a counter of its own. What there is at the moment (connections and
// the like) is not counted here: its owner knows it.

export const FRAMES_IN = 0;
/** Shorter than their header, or of a VLAN. */
export const FRAMES_DAMAGED = 1;
export const FRAMES_TO_OTHERS = 2;
/** Neither IP nor ARP. */
export const FRAMES_OF_OTHER_TYPES = 3;
/** The header is damaged, or an address in it that no host has. */
export const PACKETS_DAMAGED = 4;
export const PACKETS_TO_OTHERS = 5;
/** From the broadcast address of our own network. */
export const PACKETS_FROM_BROADCAST = 6;
/** Every path is held. */
export const PACKETS_WITHOUT_PATH = 7;
/** Before we have an address, for anything but DHCP. */
export const PACKETS_TOO_EARLY = 8;
/** No route, too large, or no slot for a fragment. */
export const PACKETS_UNSENT = 9;
export const ERRORS_SUPPRESSED = 10;
export const DATAGRAMS_DAMAGED = 11;
export const DATAGRAMS_TO_CLOSED_PORTS = 12;
/** To a port that is bound for another peer: a forgery. */
export const DATAGRAMS_FROM_OTHERS = 13;
export const SEGMENTS_IN = 14;
export const SEGMENTS_OUT = 15;
export const SEGMENTS_DAMAGED = 16;
/** To a group, or to or from port 0. */
export const SEGMENTS_TO_NOBODY = 17;
/** No receive buffer was left. */
export const SEGMENTS_WITHOUT_MEMORY = 18;
/** Every connection was in use. */
export const SYNS_REFUSED = 19;
export const COOKIES_SENT = 20;
export const CHALLENGE_ACKS = 21;
export const RESETS_IN = 22;
export const RESETS_OUT = 23;
export const RETRANSMITS = 24;
export const TIMEOUTS = 25;
/** Ended to make room for others. */
export const CONNECTIONS_EVICTED = 26;
/** Losses that the window was made smaller for, and those of them that were none. */
export const RECOVERIES = 27;
export const RECOVERIES_UNDONE = 28;
/** RFC 8985 7. */
export const TAIL_PROBES = 29;
/** Messages of neighbour discovery that are not to be believed, or that there was no room for. */
export const ND_REFUSED = 30;
/** IPv6: headers whose sender was told that they are not understood. */
export const HEADERS_REFUSED = 31;
/** Damaged, of another kind than IPv4 over Ethernet, or from what is no card. */
export const ARP_REFUSED = 32;
/** In fragments that overlapped, contradicted each other about congestion, were too many, or did not all come. */
export const DATAGRAMS_UNASSEMBLED = 33;
/** Of both families: the checksum, the length, or a quotation that cannot be read. */
export const ICMP_DAMAGED = 34;
/** Of both families: echoes to a group, errors about what we never sent, and what asks for nothing. */
export const ICMP_IGNORED = 35;
/** Outside the window, too old (PAWS), or without an ACK. Old ones that came twice are among them. */
export const SEGMENTS_UNACCEPTABLE = 36;
export const MLD_REFUSED = 37;
// Answers that are damaged, or to no question of ours.
export const DHCP_REFUSED = 38;
export const DNS_REFUSED = 39;
export const NTP_REFUSED = 40;
export const DHCPV6_REFUSED = 41;
/** Data that routers have marked on its way to us (RFC 3168), and reductions of a window because a peer said the same. */
export const CONGESTION_MARKS = 42;
export const CONGESTION_ECHOES = 43;

/** By counter: its constant's name in lower case. */
export const COUNTER_NAMES: readonly string[] = [
  "frames-in",
  "frames-damaged",
  "frames-to-others",
  "frames-of-other-types",
  "packets-damaged",
  "packets-to-others",
  "packets-from-broadcast",
  "packets-without-path",
  "packets-too-early",
  "packets-unsent",
  "errors-suppressed",
  "datagrams-damaged",
  "datagrams-to-closed-ports",
  "datagrams-from-others",
  "segments-in",
  "segments-out",
  "segments-damaged",
  "segments-to-nobody",
  "segments-without-memory",
  "syns-refused",
  "cookies-sent",
  "challenge-acks",
  "resets-in",
  "resets-out",
  "retransmits",
  "timeouts",
  "connections-evicted",
  "recoveries",
  "recoveries-undone",
  "tail-probes",
  "nd-refused",
  "headers-refused",
  "arp-refused",
  "datagrams-unassembled",
  "icmp-damaged",
  "icmp-ignored",
  "segments-unacceptable",
  "mld-refused",
  "dhcp-refused",
  "dns-refused",
  "ntp-refused",
  "dhcpv6-refused",
  "congestion-marks",
  "congestion-echoes",
];

/** Those that are no reason for which something was thrown away. */
export const OTHER_COUNTERS: readonly string[] = [
  "frames-in",
  "segments-in",
  "segments-out",
  "cookies-sent",
  "challenge-acks",
  "resets-in",
  "resets-out",
  "retransmits",
  "timeouts",
  "recoveries",
  "recoveries-undone",
  "tail-probes",
  "congestion-marks",
  "congestion-echoes",
];

export class Counters {
  /** Exact up to 2^53: 32 bits are over in ten hours of a busy machine. */
  readonly #values: Float64Array = new Float64Array(COUNTER_NAMES.length);

  note(counter: number): void {
    this.#values[counter] = this.#values[counter]! + 1;
  }

  add(counter: number, count: number): void {
    this.#values[counter] = this.#values[counter]! + count;
  }

  value(counter: number): number {
    return this.#values[counter]!;
  }

  /** "name value" lines. */
  describe(): string {
    const lines: string[] = [];
    for (let i = 0; i < COUNTER_NAMES.length; i++) lines.push(`${COUNTER_NAMES[i]!} ${this.#values[i]!}`);
    return lines.join("\n");
  }

  /** Frames and packets that came and were thrown away before a transport saw them. */
  get dropped(): number {
    let sum = 0;
    for (let counter = FRAMES_DAMAGED; counter <= PACKETS_TOO_EARLY; counter++) sum += this.#values[counter]!;
    return sum;
  }
}
