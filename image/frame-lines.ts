// --log=trace: a line on the console for each frame that comes and goes, as tcpdump writes it (stack/links/print.ts), so many a
// second. Frames that carry the log to its collector are left out.

import type { Log } from "../appliance/log.ts";
import type { LogReceiver } from "../appliance/log-receiver.ts";
import type { Network } from "../stack/edge/network.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { OBSERVE_LINES } from "../stack/host/observation.ts";
import { PcapRecord, RECORD_HEADER, recordAt } from "../stack/links/pcap.ts";
import { SENT } from "../stack/links/pcap-writer.ts";
import { traceLine } from "../stack/links/print.ts";

/** Lines a second on average, and as many at once: what a console can show and a person can look through. */
export const LINES_A_SECOND = 100;
const INTERVAL_MS = 50;
const SECOND = 1_000_000;

/** From now on, until the machine ends. */
export function showFrames(seam: Pick<Seam, "observed" | "unobserved">, log: Pick<Log, "frame">): void {
  const lines = new FrameLines((line) => log.frame(line));
  setInterval(() => {
    const now = nativeNow();
    for (let some = seam.observed(OBSERVE_LINES); some.length > 0; some = seam.observed(OBSERVE_LINES))
      lines.show(some, now);
    lines.pass(seam.unobserved(OBSERVE_LINES), now);
  }, INTERVAL_MS);
}

/** Leaves out what goes to the collector of the log. */
export async function leaveOut(to: LogReceiver, network: Pick<Network, "resolve">, seam: Seam): Promise<void> {
  const found = await network.resolve(to.host);
  if (found.ok) for (const address of found.value) seam.leaveUnobserved(address, to.port);
}

/** Shows records within the measure, and says how many frames were too many. */
export class FrameLines {
  readonly #write: (line: string) => void;
  readonly #record = new PcapRecord();
  #unshown = 0;
  /** The instant up to which the measure is used up: a second ahead at most. */
  #spentUntil = 0;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** `now`: an Instant. */
  show(records: Uint8Array, now: number): void {
    const record = this.#record;
    for (let at = 0; at < records.length; at += RECORD_HEADER + record.captured) {
      recordAt(records, at, record);
      const from = Math.max(this.#spentUntil, now);
      if (from - now > SECOND - SECOND / LINES_A_SECOND) {
        this.#unshown++;
        continue;
      }
      this.pass(0, now);
      this.#spentUntil = from + SECOND / LINES_A_SECOND;
      const sent = record.time >= SENT;
      const time = (sent ? record.time - SENT : record.time) / SECOND;
      const line = traceLine(sent, records, at + RECORD_HEADER, record.captured, record.length);
      this.#write(`${time.toFixed(6)} ${line}`);
    }
  }

  /** `unseen`: frames that were not even kept. Says how many were not shown, once there is room for lines again. */
  pass(unseen: number, now: number): void {
    this.#unshown += unseen;
    if (this.#unshown === 0 || this.#spentUntil - now > SECOND - SECOND / LINES_A_SECOND) return;
    this.#write(`${this.#unshown} frames more: ${LINES_A_SECOND} lines a second are shown`);
    this.#unshown = 0;
  }
}
