// From the first line of TypeScript to a running appliance: what the `virtual` and the `process` target share. The
// target has read its parameters and knows how to bring up its link; here the parts are joined and the loop begins.

import { type Log, makeLog } from "../appliance/log.ts";
import { Edge } from "../stack/edge/edge.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { OBSERVE_LINES, OBSERVE_PCAP } from "../stack/host/observation.ts";
import { cutHints, describeOrigins } from "./boot-config.ts";
import { Capture } from "./capture.ts";
import { DropLog } from "./drops.ts";
import { FOUND_LINK, FOUND_NO_LINK, FOUND_NOTHING } from "./findings.ts";
import { showFrames } from "./frame-lines.ts";
import { cardName } from "./machine-config.ts";
import { allSources, parametersOrEnd } from "./parameter-sources.ts";
import { makePlatform } from "./platform.ts";
import { Serving } from "./serving.ts";
import { nextTimer, runTimers } from "./shims/timers.ts";
import { STATUS_NO_NETWORK, type Target } from "./target.ts";
import { wallClock } from "./wall-clock.ts";

declare const EPIPHYTE_VERSION: string;

/** Of the memory, what the host below the seam may use for buffers. */
const BUFFER_SHARE = 4;
/** How long connections have to end when the machine is asked to. */
const GOODBYE_MS = 5000;
/** And what was said last, to leave. */
const LAST_FRAMES_MS = 200;
/** How often figures are logged at the level debug, and at trace. */
const FIGURES_MS = 10_000;
const TRACED_FIGURES_MS = 1000;
const MEGABYTE = 1024 * 1024;

/** Does not return before the program ends: the loop is C's (nativeRun). */
export function boot(target: Target): void {
  const found = allSources(target);
  const parameters = parametersOrEnd(found);
  const { appliance: config, machine, ignored, origins } = parameters;
  const { seam } = target;
  if (!wallClock.known) wallClock.adopt(target.hardwareClock());
  const platform = makePlatform(() => seam.spare());
  const log = makeLog(config.log, platform, machine.syslog !== undefined);
  const memory = `${Math.round(nativeHeapLimit() / MEGABYTE)} MB`;
  log.info(`Epiphyte ${EPIPHYTE_VERSION}, ${nativeTarget()} on ${nativeHypervisor()}, ${memory} of memory`);
  for (const word of ignored) log.warn(`the boot parameter ${word} means nothing here and was left alone`);
  for (const hint of [...cutHints(found.sources), ...found.warnings]) log.warn(hint);
  for (const line of describeOrigins(origins)) log.debug(line);

  const traced = config.log === "trace";
  const purposes = (traced ? OBSERVE_LINES : 0) | (machine.pcap === undefined ? 0 : OBSERVE_PCAP);
  const linked = target.start(machine, Math.floor(nativeHeapLimit() / BUFFER_SHARE), purposes);
  for (let kind = target.nextFinding(); kind !== FOUND_NOTHING; kind = target.nextFinding()) {
    if (kind === FOUND_NO_LINK) log.fatal(target.findingText());
    else if (kind === FOUND_LINK) log.info(target.findingText());
    else log.warn(target.findingText());
  }
  if (!linked) nativePowerOff(STATUS_NO_NETWORK);

  if (traced) showFrames(seam, log);
  const capture = machine.pcap === undefined ? undefined : new Capture(machine.pcap, seam, log, platform);
  const hostname = machine.hostname ?? cardName(seam.mac());
  const edge: Edge = new Edge(
    seam,
    {
      configured: (address) => {
        log.info(`address ${address}${serversText(seam)}`);
        begin();
      },
      addressLost: (reason) => log.warn(`${reason}; asking for another address`),
      notice: (text) => log.info(text),
      power: (restart, who) => void end(restart, who),
      access: (line) => log.access(line),
    },
    platform.timer,
  );
  seam.setWallClock(wallClock.offset);
  seam.setAccessEvents(config.log === "debug" || config.log === "trace");
  const serving = new Serving(parameters, { target, edge, platform, log, hostname, capture });
  let ending = false;
  /** Answers what is asked, closes what is idle, says good-bye, and ends. */
  const end = async (restart: boolean, who: string): Promise<void> => {
    if (ending) return;
    ending = true;
    serving.end();
    log.warn(`${who}: ${restart ? "beginning anew" : "powering off"} when all is answered`);
    seam.drain();
    const until = nativeNow() + GOODBYE_MS * 1000;
    while (seam.openConnections() > 0 && nativeNow() < until) await platform.sleep(50);
    log.info(`good-bye; ${seam.openConnections()} connections were cut off`);
    seam.logLastWords();
    await platform.sleep(LAST_FRAMES_MS);
    if (restart) target.restart();
    nativePowerOff(0);
  };
  let begun = false;
  const begin = (): void => {
    if (begun) return;
    begun = true;
    void serving.begin();
  };
  if (config.log === "debug" || config.log === "trace") {
    const period = config.log === "trace" ? TRACED_FIGURES_MS : FIGURES_MS;
    const drops = new DropLog();
    setInterval(() => figures(seam, log, drops), period);
  }

  nativeRun(() => {
    const now = nativeNow();
    runTimers(now);
    return Math.min(edge.turn(now), nextTimer());
  });

  const { ipv6 } = machine;
  if (ipv6.kind === "static") seam.configureIpv6(ipv6.address, ipv6.prefix, ipv6.gateway);
  else if (ipv6.kind === "auto") seam.configureIpv6("", 0, "");
  const fixed = machine.ipv4;
  if (fixed === undefined) {
    log.info("asking for an address by DHCP");
    seam.configureDhcp(hostname);
  } else seam.configureStatic(fixed.address, fixed.prefix, fixed.gateway);
}

function serversText(seam: Seam): string {
  const servers: string[] = [];
  for (let i = 0; seam.nameServer(i) !== ""; i++) servers.push(seam.nameServer(i));
  return servers.length === 0 ? ", no name server" : `, name server ${servers.join(", ")}`;
}

function figures(seam: Seam, log: Log, drops: DropLog): void {
  const heap = `${(nativeHeapUsed() / MEGABYTE).toFixed(1)} of ${Math.round(nativeHeapLimit() / MEGABYTE)} MB`;
  const counters = seam.counters();
  log.debug(`figures: heap ${heap}, longest-wait-us ${nativeLongestWait()}, ${counters.replaceAll("\n", ", ")}`);
  const more = drops.changes(counters);
  if (more !== "") log.debug(`thrown away: ${more}`);
}
