// --pcap=HOST:PORT: the frames of the first minute to a collector, a pcap file over TCP: README.md says why so.

import type { Log } from "../appliance/log.ts";
import type { Platform } from "../appliance/platform.ts";
import { describeConnectError } from "../stack/edge/http-error.ts";
import type { Flow, Network } from "../stack/edge/network.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { OBSERVE_PCAP, SNAP_LENGTH } from "../stack/host/observation.ts";
import { encodeFileHeader, FILE_HEADER } from "../stack/links/pcap.ts";
import { dateRecords } from "../stack/links/pcap-writer.ts";
import type { PcapCollector } from "./machine-config.ts";

/** From the start on, frames are kept for so long. */
export const CAPTURE_MS = 60_000;
/** And a collector is waited for no longer than this. */
export const LONGEST_MS = 2 * CAPTURE_MS;
const CONNECT_WITHIN_MS = 5000;
const RETRY_MS = 1000;
/** What has been kept is sent so often. */
const INTERVAL_MS = 100;

type CaptureSeam = Pick<Seam, "observed" | "unobserved" | "leaveUnobserved" | "endObservation">;

export class Capture {
  readonly #to: PcapCollector;
  readonly #place: string;
  readonly #seam: CaptureSeam;
  readonly #log: Pick<Log, "info" | "warn">;
  readonly #platform: Pick<Platform, "sleep" | "timer">;
  #over = false;
  #givenUp = false;

  /** The minute begins. */
  constructor(
    to: PcapCollector,
    seam: CaptureSeam,
    log: Pick<Log, "info" | "warn">,
    platform: Pick<Platform, "sleep" | "timer">,
  ) {
    this.#to = to;
    this.#place = `${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`;
    this.#seam = seam;
    this.#log = log;
    this.#platform = platform;
    log.warn(`capture: frames of a minute go to ${this.#place}, in the clear with all that is in them`);
    platform.timer(CAPTURE_MS, () => {
      this.#over = true;
      seam.endObservation(OBSERVE_PCAP);
    });
    platform.timer(LONGEST_MS, () => {
      this.#givenUp = true;
    });
  }

  /** Once there is an address. `offset`: milliseconds from an Instant to the wall clock, for the whole file. */
  async send(network: Pick<Network, "resolve" | "connect">, offset: number): Promise<void> {
    const flow = await this.#connect(network);
    if (flow === undefined) {
      this.#stop();
      return;
    }
    this.#log.info(`capture: ${this.#place} takes it`);
    // One that takes nothing any more is not waited for.
    const release = this.#platform.timer(LONGEST_MS, () => flow.close());
    const header = new Uint8Array(FILE_HEADER);
    encodeFileHeader(header, SNAP_LENGTH);
    let there = await flow.write(header);
    let frames = 0;
    while (there.ok) {
      const records = this.#seam.observed(OBSERVE_PCAP);
      if (records.length > 0) {
        frames += dateRecords(records, Math.floor(offset * 1000));
        // Waits while the collector is slow. Whether it has anything to say is not looked at: it may have shut its side.
        there = await flow.write(records);
      } else if (this.#over) break;
      else await this.#platform.sleep(INTERVAL_MS);
    }
    release();
    const lost = this.#stop();
    const figures = `${frames} ${frames === 1 ? "frame" : "frames"}${lost === 0 ? "" : `, and ${lost} for which there was no room`}`;
    if (there.ok) this.#log.info(`capture: the minute is over: ${figures}`);
    else this.#log.warn(`capture: the collector ${this.#place} is gone, after ${figures}`);
    flow.close();
  }

  /** Tries until there is no more use. */
  async #connect(network: Pick<Network, "resolve" | "connect">): Promise<Flow | undefined> {
    const { host, port } = this.#to;
    let told = "";
    while (!this.#givenUp) {
      const found = await network.resolve(host);
      if (found.ok) for (const address of found.value) this.#seam.leaveUnobserved(address, port);
      const opened = await network.connect(host, port, { secure: false, timeoutMs: CONNECT_WITHIN_MS, protocols: [] });
      if (opened.ok) return opened.value;
      const why = describeConnectError(opened.error);
      if (why !== told) this.#log.warn(`capture: the collector ${this.#place} ${why}; frames wait for it`);
      told = why;
      await this.#platform.sleep(RETRY_MS);
    }
    this.#log.warn(`capture: given up, nobody takes it at ${this.#place}`);
    return undefined;
  }

  /** Keeps nothing any more, and gives the memory back. How many frames found no room. */
  #stop(): number {
    this.#seam.endObservation(OBSERVE_PCAP);
    while (this.#seam.observed(OBSERVE_PCAP).length > 0);
    return this.#seam.unobserved(OBSERVE_PCAP);
  }
}
