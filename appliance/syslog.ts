// The log to a collector by datagrams: finds its address, then attaches to the log. A collector that cannot be found is looked for
// again; lines wait meanwhile (log.ts bounds them). Its address is looked up anew now and then, for it may move.

import { describeUnusable } from "../stack/edge/names.ts";
import type { Network, ResolveError } from "../stack/edge/network.ts";
import { syslogEncoder } from "../stack/edge/syslog.ts";
import type { Log } from "./log.ts";
import type { LogReceiver } from "./log-receiver.ts";
import type { Platform } from "./platform.ts";

const FIRST_WAIT = 2000;
const LAST_WAIT = 300_000;
/** How long an address is used before the name is asked again. */
const REFRESH = 600_000;

/**
 * Never returns; `network` must have its address before names can be found. `onAddress` hears of the collector's address,
 * each time it is looked up: access lines are written below the seam.
 */
export async function sendToSyslog(
  to: Pick<LogReceiver, "host" | "port">,
  hostname: string,
  log: Log,
  network: Pick<Network, "resolve" | "sendDatagram">,
  platform: Pick<Platform, "sleep" | "utf8Encode">,
  onAddress: (address: string) => void = () => {},
): Promise<never> {
  const encode = syslogEncoder(hostname, "epiphyte");
  let address: string | undefined;
  let attached = false;
  for (let wait = FIRST_WAIT; ; ) {
    const found = await network.resolve(to.host);
    const first = found.ok ? found.value[0] : undefined;
    if (first !== undefined) {
      address = first;
      onAddress(first);
      wait = FIRST_WAIT;
      if (!attached)
        log.attach((severity, ms, text) => {
          const datagram = encode(severity, ms, platform.utf8Encode(text));
          return address !== undefined && datagram !== undefined && network.sendDatagram(address, to.port, datagram);
        });
      attached = true;
      await platform.sleep(REFRESH);
      continue;
    }
    if (!attached)
      log.warn(`the syslog server ${to.host} cannot be found: ${found.ok ? "no address" : word(found.error)}`);
    await platform.sleep(wait);
    wait = Math.min(LAST_WAIT, wait * 2);
  }
}

function word(error: ResolveError): string {
  switch (error.kind) {
    case "no-such-name":
      return "there is no such name";
    case "no-address":
    case "only-ipv6":
    case "only-ipv4":
    case "not-a-host":
      return `it ${describeUnusable(error)}`;
    case "no-answer":
      return "no name server answers";
    case "server-refused":
      return "the name server refused to look it up";
    case "server-failed":
      return "the name server failed to look it up";
    case "no-resolver":
      return "no name server is known";
    case "bad-name":
      return "that is not a name";
  }
}
