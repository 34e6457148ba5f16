// Every number that bounds TCP. A machine takes one TcpLimits at its construction; all times are microseconds.

import { MILLISECOND, SECOND } from "../base/result.ts";

/** What a machine may use and how long it waits. Set fields before handing it to Tcp. */
export class TcpLimits {
  /** Connections in any state, TIME-WAIT included; at most MAX_CONNECTIONS. */
  connections = 1024;
  /** Of those, in SYN-RECEIVED by a peer's SYN; beyond it SYN cookies answer (RFC 4987 3.6). */
  halfOpen = 128;
  /** Of those, in TIME-WAIT; beyond it the oldest goes. */
  timeWait = 256;
  /** Of those, kept for our own opens: peers that connect never get the last ones. */
  reserved = 0;
  /** Bytes of all receive buffers. */
  memoryTotal = 4 * 1024 * 1024;
  /** Bytes of large answers that only queues to be sent hold, over all connections: what is shared counts once, the table's not. */
  sendTotal = Number.MAX_SAFE_INTEGER;
  /** The same of small ones (SMALL_ANSWER). */
  smallTotal = Number.MAX_SAFE_INTEGER;
  /** Ranges that one connection may have queued to send. */
  sendRanges = 64;

  /** 2 MSL (RFC 9293 3.4.2 says 4 minutes; everybody takes one). */
  timeWaitTime = 60 * SECOND;
  /** FIN-WAIT-2 of a connection that its user has let go of. */
  finWait2Time = 30 * SECOND;
  /** Data without an acknowledgment: R2 of RFC 9293 3.8.3, at least 100 s. */
  userTimeout = 120 * SECOND;
  /** How far a connection that its user has let go of may fall behind ORPHAN_RATE, in any state but TIME-WAIT. */
  orphanTime = 60 * SECOND;
  /** An active open: R2 for SYN, at least 3 minutes (RFC 9293 3.8.3 MUST-23). */
  connectTimeout = 180 * SECOND;
  /** SYN-ACKs sent again before a half-open connection is dropped. */
  synAckRetries = 4;
  /** Idle time before the first keep-alive probe (RFC 9293 3.8.4); 0: none, which is the default there as well. */
  keepAlive = 0;
  /** Explicit congestion notification is asked for, and agreed to (RFC 3168). */
  ecn = true;
}

/** What a connection that holds no receive memory may send whatever there is: a request, which then makes its room. */
export const LEAST_WINDOW = 4096;

/**
 * Who falls behind this rate (bytes a second, sent and acknowledged or received) is stalled, and makes room for others
 * when there is none: less than the slowest networks that people still use, more than one pays for holding us up.
 */
export const LEAST_RATE = 4096;
/** The same for an orphan that is in nobody's way. */
export const ORPHAN_RATE = 1024;
/** Behind by less than this nobody is stalled: a round trip by satellite, with time to think. */
export const STALL_GRACE = SECOND;
/** One address has more than its part when it holds more than one in this many of what is short. */
export const ADDRESS_PART = 4;
/** How much sooner those give way whose address has more than its part. */
export const OVER_PART_WEIGHT = 4;
/** When nobody could give way, nobody is looked for again so soon. */
export const ROOM_PAUSE = 50 * MILLISECOND;

/** A handle has 16 bits for the index; one is left over so that NO_HANDLE finds nothing. */
export const MAX_CONNECTIONS = 0xfff0;

/** Duplicate ACKs that mean a loss (RFC 5681 3.2). */
export const DUP_ACK_THRESHOLD = 3;
/** The slow start threshold before anything was lost: beyond all windows. */
export const NO_THRESHOLD = 0x7fffffff;
/** RFC 6298 2.1. */
export const INITIAL_RTO = SECOND;
/** RFC 6298 5.7: after a SYN was lost. */
export const INITIAL_RTO_AFTER_LOSS = 3 * SECOND;
/** Below the 1 s of RFC 6298 2.4, as Linux, BSD and Windows have it: today's clocks tell milliseconds. */
export const MIN_RTO = 200 * MILLISECOND;
/**
 * A tail loss probe leaves after two round trips (RFC 8985 7.2) and no sooner than this: a peer may hold its ACK back for
 * 40 ms, and a probe for nothing costs more than it brings on a fast path.
 */
export const LEAST_PROBE_TIME = 50 * MILLISECOND;
/** How much later when one segment alone is in flight: its ACK waits for company (RFC 8985 7.2). */
export const WORST_ACK_DELAY = 200 * MILLISECOND;
/** Timeouts in a row after which large segments are taken for what does not get through (RFC 4821 7.7, RFC 2923 2.1). */
export const BLACK_HOLE_RETRIES = 3;
/** What then leaves, as path MTU: IPv6's least, which tunnels and mobile networks carry. */
export const BLACK_HOLE_MTU = 1280;
/** RFC 6298 2.5. */
export const MAX_RTO = 60 * SECOND;
/** RFC 9293 3.8.6.3: less than 0.5 s. */
export const DELAYED_ACK = 40 * MILLISECOND;
/** RFC 5961 7: ten a second, counted for each connection so that no counter is shared (RFC 5961 10, CVE-2016-5696). */
export const CHALLENGE_INTERVAL = 100 * MILLISECOND;
/** RFC 9293 3.8.4. */
export const KEEP_ALIVE_INTERVAL = 75 * SECOND;
export const KEEP_ALIVE_PROBES = 8;

/** RFC 9293 3.7.1: assumed when a SYN names none. */
export const DEFAULT_MSS = 536;
/** Smallest MSS that a peer may talk us into: a smaller one would cost more header than data. */
export const MIN_MSS = 88;
/** Smallest path MTU believed (RFC 1191 3 allows 68, RFC 5927 7 warns of it); below it, packets may be fragmented. */
export const MIN_PATH_MTU = 552;
/** RFC 791 3.2: what every link carries; an ICMP message that names less is nonsense. */
export const LEAST_IPV4_MTU = 68;
/** IPv4 and TCP headers without options. */
export const HEADERS = 40;
/** The same of IPv6. */
export const HEADERS6 = 60;
/** RFC 8200 5, RFC 8201 4: what every IPv6 link carries; less is not believed. */
export const LEAST_IPV6_MTU = 1280;
/** Payload of one packet with segmentation offload. */
export const MAX_OFFLOAD = 65_000;
/**
 * Ranges up to this are copied behind the header; longer ones leave from where they lie. The head of a response must fit
 * (ours has 570 bytes): otherwise it leaves in a packet of its own, which costs as much again as the page behind it.
 */
export const COPY_LIMIT = 1024;
/** ACKs for segments out of order that one step sends (RFC 5681 4.2: one for each; a step takes in a bounded number). */
export const MAX_DUPLICATE_ACKS = 64;
/** Timeouts in a row after which the next hop is asked whether it is still there. */
export const DOUBT_RETRIES = 2;
/** Out-of-order intervals kept for a connection. */
export const MAX_INTERVALS = 32;
/** RFC 7323 2.3. */
export const MAX_WINDOW_SCALE = 14;
/** RFC 7323 5.5: after 24 days the last timestamp says nothing any more. */
export const TIMESTAMP_EXPIRY = 24 * 86_400 * SECOND;
/** RFC 6335 6. */
export const FIRST_EPHEMERAL = 49_152;
export const LAST_EPHEMERAL = 65_535;
