// A network card as a target sees it: a link that has news of itself.

import { Link } from "../stack/base/link.ts";
import { MILLISECOND } from "../stack/base/result.ts";

/** What `takeEvents` reports, as bits. */
export const EVENT_LINK_UP = 1;
export const EVENT_LINK_DOWN = 2;
export const EVENT_FAULT = 4;
export const EVENT_RECOVERED = 8;

/** How often a card that wakes nobody is polled. */
export const POLL_INTERVAL = MILLISECOND;
/** Frames handed over in one poll at most, so that what else the loop has to do gets its turn. */
export const RECEIVE_BUDGET = 64;
/** Longest frame put together from several buffers: a jumbo frame. Longer ones are dropped. */
export const MOST_GATHERED = 9216 + 18;
/** An Ethernet header. */
export const LEAST_FRAME = 14;

export abstract class Card extends Link {
  /** "virtio-net at 00:03.0 (csum tso4 …)" */
  abstract describe(): string;
  /** Whether it wakes the machine when a frame has come; else it is polled. */
  abstract wakes(): boolean;
  /**
   * Lets go of the card for good. True: the device uses none of our memory any more; else whoever closes it keeps it, for
   * what it may still write to must not become somebody else's.
   */
  close(): boolean {
    return false;
  }
  /** EVENT_ bits of what has happened since the last call. */
  abstract takeEvents(): number;
  /** What the card did wrong at last, in words. */
  abstract describeFault(): string;
}
