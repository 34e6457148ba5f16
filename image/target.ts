// What a target brings along to boot.ts.

import type { ParameterSource } from "../appliance/parameter-words.ts";
import type { Seam } from "../stack/edge/seam.ts";
import type { MachineConfig } from "./machine-config.ts";

/** Exit statuses that a hypervisor's log shows. */
export const STATUS_BAD_PARAMETERS = 2;
export const STATUS_NO_NETWORK = 3;

export interface Target {
  /** What the boot gives of parameters, the weightiest first. */
  readonly sources: readonly ParameterSource[];
  /** Looks for what the host gives besides, which then is found. */
  lookForParameters(): void;
  readonly seam: Seam;
  /**
   * Brings up the link, with `memory` bytes for its host's buffers, and frames observed for these `purposes` (OBSERVE_ bits of
   * stack/host/observation.ts); false: there is none.
   */
  start(config: MachineConfig, memory: number, purposes: number): boolean;
  /** Begins the machine anew; returns where it cannot. */
  restart(): void;
  /** Milliseconds since 1970 by a clock that goes on while the machine is stopped; 0: there is none but the wall clock. */
  hardwareClock(): number;
  /** What `start` and `lookForParameters` found, one after the other: FOUND_ of findings.ts, and the words or bytes. */
  nextFinding(): number;
  findingText(): string;
  findingBytes(): Uint8Array;
}
