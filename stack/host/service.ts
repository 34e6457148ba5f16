// What a host offers on its ports: HTTP (web.ts), or whatever another appliance is for. The host steps it and asks when
// it wants to be stepped again; connections reach it through Streams.

import type { Instant } from "../base/result.ts";

export abstract class Service {
  abstract step(now: Instant): void;
  /** When `step` must be called at the latest. */
  abstract nextDeadline(): Instant;
  /** What the wall clock (milliseconds since 1970) shows at `now`. */
  abstract setWallClock(wallMs: number, now: Instant): void;
  /** The host's own address is another. */
  abstract addressChanged(): void;
  /** Bytes that it may still take of the host's budget. */
  abstract spare(): number;
  /** Figures for people and tests, "name value" lines each with its line feed. */
  abstract describe(): string;
}
