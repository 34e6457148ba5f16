// A network card as a target sees it: a link that has news of itself.

import { Link } from "../stack/base/link.ts";

/** What `takeEvents` reports, as bits. */
export const EVENT_LINK_UP = 1;
export const EVENT_LINK_DOWN = 2;
export const EVENT_FAULT = 4;
export const EVENT_RECOVERED = 8;

export abstract class Card extends Link {
  /** "virtio-net at 00:03.0 (csum tso4 …)" */
  abstract describe(): string;
  /** EVENT_ bits of what has happened since the last call. */
  abstract takeEvents(): number;
  /** What the card did wrong at last, in words. */
  abstract describeFault(): string;
}
