// One connection: the state variables of RFC 9293 3.3.1 and what the other RFCs add. Data only; what happens to it is in
// input.ts (segments that arrive), output.ts (segments that leave), deadlines.ts (time) and tcp.ts (calls of the user).
//
// The states (RFC 9293 3.3.2), and where each lives here:
//
//   LISTEN        no Connection: a row in the machine's list of ports. A SYN makes a Connection in SYN-RECEIVED, or,
//                 when too many are half open, none at all: a SYN cookie goes out and its ACK makes the Connection.
//   SYN-SENT      connect() made it. A SYN-ACK opens it; a bare SYN (simultaneous open) leads to SYN-RECEIVED.
//   SYN-RECEIVED  waits for the ACK of our SYN. Its user hears nothing of it before ESTABLISHED.
//   ESTABLISHED   both ways open.
//   FIN-WAIT-1    we have ended our side (shutdown or close): data that is queued still leaves, then the FIN.
//   FIN-WAIT-2    our FIN is acknowledged, the peer may go on. With a user this lasts as long as both like; when the
//                 user has let go it ends by finWait2Time.
//   CLOSING       both FINs crossed; ours is not acknowledged yet.
//   TIME-WAIT     all done; stays 2 MSL for the peer's sake, or until more than timeWait of them wait.
//   CLOSE-WAIT    the peer has ended its side, ours goes on.
//   LAST-ACK      both ended, the peer first; ours is not acknowledged yet.
//   CLOSED        over: its slot waits for the next connection, which is another object. Nothing of this one can be left.
//
// Two things beside the state say who still cares. `user` is the index of the user, or NOBODY: an orphan, whose user has
// called close. An orphan always has a deadline (`lingerAt`), so none stays in a closing state because a peer went
// silent, keeps its window shut, takes a byte now and then or never sends its FIN. And a connection whose protocol is over but whose user has not
// read everything yet (`over`) keeps its bytes until they are read, or until the user lets go.

import { NO_PAYLOAD } from "../base/link.ts";
import { type Client, NO_CLIENT, NO_PATH, type Path } from "../base/path.ts";
import { type Instant, NEVER } from "../base/result.ts";
import type { Seq } from "../base/seq.ts";
import type { Handle } from "../base/streams.ts";
import { HEADERS, INITIAL_RTO, NO_THRESHOLD } from "./limits.ts";
import type { SendQueue } from "./send-queue.ts";
import type { Sender } from "./sender.ts";

export const CLOSED = 0;
export const SYN_SENT = 1;
export const SYN_RECEIVED = 2;
export const ESTABLISHED = 3;
export const FIN_WAIT_1 = 4;
export const FIN_WAIT_2 = 5;
export const CLOSING = 6;
export const TIME_WAIT = 7;
export const CLOSE_WAIT = 8;
export const LAST_ACK = 9;

/** The user of an orphan. */
export const NOBODY = -1;

// What the user is to be told when the segment at hand has been worked through.
export const OPENED = 1;
export const SENT = 2;
export const READABLE = 4;

// What `bufferClass` says when it is not a class of the pool.
/** No bytes are kept. */
export const NO_BUFFER = -1;
/** `buffer` is the packet that is just being read: what its user leaves unread is copied before input returns. */
export const LENT = -2;

// What `recovery` says: how a loss is being mended.
export const NO_RECOVERY = 0;
/** RFC 5681 3.2, RFC 6675. */
export const FAST_RECOVERY = 1;
/** After a timeout, or a path MTU that has become smaller. */
export const RTO_RECOVERY = 2;

// What `timer` says will be done at `timerAt` (RFC 8985 8: one timer for all of them).
/** RFC 6298. */
export const TIMER_RETRANSMIT = 0;
/** A probe of a shut window (RFC 9293 3.8.6.1), while nothing is in flight. */
export const TIMER_PERSIST = 1;
/** A tail loss probe (RFC 8985 7). */
export const TIMER_TAIL = 2;
/** The end of the reordering window (RFC 8985 6.2). */
export const TIMER_REORDER = 3;

export class Connection {
  /** Its slot in the machine's table of connections. */
  readonly index: number;
  /** NO_HANDLE when its user has let go, or it is over. */
  handle: Handle;
  state = CLOSED;
  user = NOBODY;
  events = 0;
  /** Made by a peer's SYN: a reset in SYN-RECEIVED returns silently to LISTEN (RFC 9293 3.10.7.4). */
  passive = false;
  /** Counted among the half-open ones. */
  halfOpen = false;
  /** The protocol has ended in order; only unread bytes keep this. */
  over = false;
  /** The user owes the peer an answer that it is still making: see `Streams.hold`. */
  held = false;

  // ---- Progress (room.ts): what it does now (send, receive, nothing) it has done since phaseAt, from these numbers on ----
  phaseAt: Instant = 0;
  phaseUna: Seq = 0 as Seq;
  phaseNxt: Seq = 0 as Seq;

  /** Held while the connection is in use. */
  path: Path = NO_PATH;
  /** Whose share it counts to. */
  client: Client = NO_CLIENT;
  localPort = 0;
  remotePort = 0;

  // ---- Sending (RFC 9293 3.3.1: SND) ----
  iss: Seq = 0 as Seq;
  sndUna: Seq = 0 as Seq;
  sndNxt: Seq = 0 as Seq;
  /** The highest snd.nxt ever; after a timeout snd.nxt goes back. */
  sndMax: Seq = 0 as Seq;
  /** Scaled to bytes. */
  sndWnd = 0;
  sndWl1: Seq = 0 as Seq;
  sndWl2: Seq = 0 as Seq;
  maxSndWnd = 0;
  sndScale = 0;
  /** Both SYNs carry a window scale (RFC 7323 2.2). */
  scaling = false;
  /** Effective: payload bytes of a full segment, options taken off. */
  mss = 0;
  /** As the peer's SYN had it. */
  peerMss = 0;
  /** Bytes of the IP and TCP headers without options, and whether the card cuts this family's segments. */
  headers = HEADERS;
  segmentOffload = false;
  /** Path MTU; the link's until an ICMP message says less. */
  pathMtu = 0;
  /** When it was lowered last and a segment sent again for it. */
  mtuLoweredAt: Instant = -NEVER;
  dontFragment = true;
  readonly queue: SendQueue;
  readonly sender: Sender;
  /** The user has ended our side: a FIN follows the queue. */
  finQueued = false;
  /** A SYN or SYN-ACK is to be sent. */
  synDue = false;
  /** The first of what is lost is to be sent again, whatever the congestion window says. */
  retransmitDue = false;
  /** One more segment is to be sent, so that its ACK shows what is missing (RFC 8985 7.3). */
  tailProbeDue = false;
  /** Both SYNs have permitted SACK (RFC 2018 2). */
  sackPermitted = false;
  /** All SYNs of both sides had ECN so far (ecn.ts). */
  ecn = false;
  /** The next new data tells that the window is smaller (CWR). */
  cwrDue = false;
  /** One octet may leave in spite of the window (RFC 9293 3.8.6.1), or a short segment in spite of SWS avoidance. */
  probeDue = false;
  /** A keep-alive probe is to be sent. */
  keepAliveDue = false;

  // ---- Receiving (RCV) ----
  irs: Seq = 0 as Seq;
  rcvNxt: Seq = 0 as Seq;
  /** Right edge of the window that the peer has been told of; never goes back (RFC 9293 3.8.6 SHLD-14). */
  rcvAdv: Seq = 0 as Seq;
  rcvScale = 0;
  receiveLimit = 0;
  /** The peer's FIN has been seen, at finSeq; taken in when rcv.nxt comes there. */
  finSeen = false;
  finSeq: Seq = 0 as Seq;
  /** rcv.nxt has passed the FIN. */
  finReceived = false;

  /** Unread bytes: buffer[start .. start + unread); bytes out of order lie behind, at their places. */
  buffer: Uint8Array = NO_PAYLOAD;
  bufferClass = NO_BUFFER;
  start = 0;
  unread = 0;
  /** Intervals out of order, ascending, apart from each other. */
  intervals = 0;
  readonly intervalStart: Seq[] = [];
  readonly intervalEnd: Seq[] = [];
  /** When something was last added to it, as counted by `intervalClock`. */
  readonly intervalStamp: number[] = [];
  intervalClock = 0;
  /** What has come twice and is to be reported (RFC 2883); nothing when both are equal. */
  duplicateStart: Seq = 0 as Seq;
  duplicateEnd: Seq = 0 as Seq;

  // ---- Acknowledging ----
  /** A router has marked what came: each segment says so (ECE) until the peer answers by CWR. */
  echoDue = false;
  ackNow = false;
  /** ACKs due for segments out of order: one each (RFC 5681 4.2). */
  duplicateAcks = 0;
  /** Full-sized segments that have come since an ACK went out. */
  unacknowledged = 0;
  challengeAt: Instant = 0;

  // ---- Timestamps (RFC 7323) ----
  timestamps = false;
  tsOffset = 0;
  tsRecent = 0;
  tsRecentAt: Instant = 0;
  lastAckSent: Seq = 0 as Seq;

  // ---- Round-trip time (RFC 6298), µs ----
  srtt = 0;
  rttvar = 0;
  rto = INITIAL_RTO;
  /** Timeouts in a row. */
  retries = 0;
  /** When our SYN left, which is not in the scoreboard; NEVER: it has left twice, for whatever reason. */
  synSentAt: Instant = NEVER;

  // ---- Congestion (RFC 5681; the rest is in sender.ts), bytes ----
  cwnd = 0;
  /** Beyond all windows until something is lost. */
  ssthresh = NO_THRESHOLD;
  dupAcks = 0;
  recovery = NO_RECOVERY;
  /** Recovery ends when this is acknowledged. */
  recover: Seq = 0 as Seq;
  sentAt: Instant = 0;

  // ---- Deadlines ----
  timerAt: Instant = NEVER;
  timer = TIMER_RETRANSMIT;
  persistCount = 0;
  ackAt: Instant = NEVER;
  /** End of TIME-WAIT, of an orphan, of a handshake. */
  lingerAt: Instant = NEVER;
  keepAliveAt: Instant = NEVER;
  keepAliveProbes = 0;
  /** Since when something is in flight without progress. */
  unackedSince: Instant = 0;

  // TIME-WAIT connections in the order of their end: indices, -1 for none.
  olderTimeWait = -1;
  newerTimeWait = -1;

  /** `queue` is empty; it and `sender` go back to the slot when the connection is over. */
  constructor(index: number, handle: Handle, queue: SendQueue, sender: Sender) {
    this.index = index;
    this.handle = handle;
    this.queue = queue;
    this.sender = sender;
  }

  /** The peer's window is shut, and asked for from time to time. */
  get persisting(): boolean {
    return this.timer === TIMER_PERSIST;
  }

  /** The earliest of its deadlines. */
  get deadline(): Instant {
    let at = this.timerAt;
    if (this.ackAt < at) at = this.ackAt;
    if (this.lingerAt < at) at = this.lingerAt;
    return Math.min(this.keepAliveAt, at);
  }

  /** What it does now begins: progress is measured from here. */
  beginPhase(now: Instant): void {
    this.phaseAt = now;
    this.phaseUna = this.sndUna;
    this.phaseNxt = this.rcvNxt;
  }
}
