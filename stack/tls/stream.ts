// One stream of TlsStreams. What it is doing:
//
//   state       means                                                  leaves by                  to
//   CLEAR       bytes pass as they are: it is not (yet) TLS            secure()                   CONNECTING, SHAKING
//   CONNECTING  ours; TCP's handshake is under way                     connected                  SHAKING
//   SHAKING     the handshake                                          Finished                   OPEN
//                                                                      HTTP in the clear          CLEAR
//                                                                      a fault, its time          DRAINING
//   OPEN        data                                                   a fault                    DRAINING
//                                                                      close() with data queued   ORPHAN
//   ORPHAN      its user has let go; what is queued still leaves       all has left, its time     gone
//   DRAINING    our alert and FIN are out; what comes is dropped       end of stream, its time    gone

import { type Handle, NO_HANDLE } from "../base/streams.ts";
import { Channel } from "./channel.ts";
import type { Client } from "./client.ts";
import { Connection } from "./connection.ts";
import { type Handshake, NO_HANDSHAKE } from "./handshake.ts";
import { Ranges } from "./ranges.ts";

export const CLEAR = 0;
export const CONNECTING = 1;
export const SHAKING = 2;
export const OPEN = 3;
export const ORPHAN = 4;
export const DRAINING = 5;
/** There is none, or it is over. */
export const OVER = 6;

/** The user of a stream that nobody is to be told of. */
export const NOBODY = -1;

export class Stream {
  /** Its slot. */
  readonly index: number;
  readonly handle: Handle;
  state = SHAKING;
  user = NOBODY;
  /** Who takes it when it turns out to speak HTTP in the clear; NOBODY: that is a fault. */
  clearUser = NOBODY;
  /** The port that the peer has connected to; 0: ours. */
  port = 0;
  connection: Connection = NO_CONNECTION;
  handshake: Handshake = NO_HANDSHAKE;
  /** The same when it is a client's. */
  client: Client | undefined = undefined;

  // ---- Reading: in the buffer of the stream below lie, from its start on, `plain` bytes of data, `gap` bytes that are
  // done with, and what has not been opened ----
  plain = 0;
  gap = 0;
  /** The peer's side has ended: by close_notify, or, when `truncated`, without. */
  peerEnded = false;
  truncated = false;
  /** Bytes that it holds of handshake messages. */
  buffered = 0;
  /** It waits for its turn to have a private key used. */
  waiting = false;

  // ---- Writing ----
  readonly ranges: Ranges = new Ranges();
  /** Our side ends after what is queued; and it has. */
  ending = false;
  ended = false;
  /** Listed for transmit. */
  listed = false;
  /** Bytes sealed since the last pause. */
  burst = 0;
  sealedAt = 0;
  /** It waits for memory to seal into, and since when. */
  starving = false;
  starvingAt = 0;
  /** Bytes sealed since its time as an orphan began. */
  orphanBytes = 0;

  /** What its user is to be told: a handshake that is done; more to read; the end of all, and why (-1: no). */
  openedDue = false;
  /** It has been told of the stream at all. */
  told = false;
  readableDue = false;
  closedDue = -1;

  constructor(index: number, handle: Handle) {
    this.index = index;
    this.handle = handle;
  }
}

/** Stands where bytes pass as they are. */
export const NO_CONNECTION: Connection = new Connection(new Channel(), NO_HANDSHAKE);
/** What a handle stands for that is gone. */
export const GONE: Stream = new Stream(-1, NO_HANDLE);
GONE.state = OVER;
