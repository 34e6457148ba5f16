// The log to a collector over TCP or TLS. What is to be sent waits below the seam, within a bound (stack/syslog/queue.ts), and
// survives a connection; here the connection is opened, and again, with longer waits, when it has ended.

import { describeConnectError } from "../stack/edge/http-error.ts";
import type { Flow, LogNetwork, Network } from "../stack/edge/network.ts";
import { syslogEncoder } from "../stack/edge/syslog.ts";
import type { Log } from "./log.ts";
import type { LogReceiver } from "./log-receiver.ts";
import type { Platform } from "./platform.ts";

export const FIRST_WAIT = 1000;
export const LAST_WAIT = 60_000;
const CONNECT_WITHIN_MS = 10_000;
/** A connection that has lasted so long, in microseconds, was a good one: the next is tried soon. */
const GOOD = 10_000_000;

/** Never returns; `network` must have its address before names can be found. */
export async function streamToSyslog(
  to: LogReceiver,
  hostname: string,
  log: Pick<Log, "info" | "warn" | "attach">,
  network: Pick<Network, "connect"> & LogNetwork,
  platform: Pick<Platform, "sleep" | "utf8Encode" | "now">,
): Promise<never> {
  const place = `${to.host}:${to.port}`;
  const encode = syslogEncoder(hostname, "epiphyte");
  network.beginLog(hostname);
  log.attach((severity, ms, text) => {
    const message = encode(severity, ms, platform.utf8Encode(text));
    return message !== undefined && network.putLog(message);
  });
  let told = "";
  for (let wait = FIRST_WAIT; ; wait = Math.min(LAST_WAIT, wait * 2)) {
    const since = platform.now();
    const options = { secure: to.transport === "tls", timeoutMs: CONNECT_WITHIN_MS, protocols: [] };
    const opened = await network.connect(to.host, to.port, options);
    let why = "";
    if (opened.ok) {
      network.attachLog(opened.value);
      const lost = network.takeDroppedLog();
      if (told !== "") log.info(`the syslog server ${place} is there again`);
      if (lost > 0)
        log.warn(`${lost} lines of the log were lost, for which there was no room until the syslog server came`);
      told = "";
      why = await untilItEnds(opened.value);
      if (platform.now() - since > GOOD) wait = FIRST_WAIT / 2;
    } else why = describeConnectError(opened.error);
    if (why !== told) log.warn(`the syslog server ${place} ${why}; lines wait for it`);
    told = why;
    await platform.sleep(wait);
  }
}

/** A collector says nothing; what it says all the same is dropped. */
async function untilItEnds(flow: Flow): Promise<string> {
  for (;;) {
    const read = await flow.read();
    if (read.ok && read.value !== undefined) continue;
    flow.close();
    return read.ok ? "has closed the connection" : "is gone: the connection broke";
  }
}
