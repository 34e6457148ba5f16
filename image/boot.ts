// From the first line of TypeScript to a running appliance: what the `virtual` and the `process` target share. The
// target has read its parameters and knows how to bring up its link; here the parts are joined and the loop begins.

import type { LogLevel } from "../appliance/config.ts";
import { type Log, makeLog } from "../appliance/log.ts";
import { Edge } from "../stack/edge/edge.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { OBSERVE_LINES, OBSERVE_PCAP } from "../stack/host/observation.ts";
import { type BootConfig, cutHints, describeOrigins } from "./boot-config.ts";
import { Capture } from "./capture.ts";
import { DropLog } from "./drops.ts";
import { FOUND_LINK, FOUND_NO_LINK, FOUND_NOTHING } from "./findings.ts";
import { showFrames } from "./frame-lines.ts";
import { cardName } from "./machine-config.ts";
import { allSources, networkParametersOrEnd, parametersOrEnd } from "./parameter-sources.ts";
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
const COPIED =
  "this machine is a copy of another, or was set back to a snapshot: its host says so. Random numbers, tickets and keys made " +
  "at the start are made anew, connections over TLS were ended, and the time is asked";
/** How often figures are logged at the level debug, and at trace. */
const FIGURES_MS = 10_000;
const TRACED_FIGURES_MS = 1000;
const MEGABYTE = 1024 * 1024;

/** Does not return before the program ends: the loop is C's (nativeRun). */
export function boot(target: Target): void {
  const found = allSources(target);
  const told = parametersOrEnd(found);
  const { machine, ignored, origins } = told.ok ? told.value : told.error;
  const level = told.ok ? told.value.appliance.log : told.error.log;
  const { seam } = target;
  if (!wallClock.known) wallClock.adopt(target.hardwareClock());
  const platform = makePlatform(() => seam.spare());
  // Without a remote the network is asked for more, and may name a collector as well.
  const log = makeLog(level, platform, machine.syslog !== undefined || !told.ok);
  const memory = `${Math.round(nativeHeapLimit() / MEGABYTE)} MB`;
  log.info(`Epiphyte ${EPIPHYTE_VERSION}, ${nativeTarget()} on ${nativeHypervisor()}, ${memory} of memory`);
  for (const word of ignored) log.warn(`the boot parameter ${word} means nothing here and was left alone`);
  for (const hint of [...cutHints(found.sources), ...found.warnings]) log.warn(hint);
  for (const line of describeOrigins(origins)) log.debug(line);

  const traced = level === "trace";
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
        if (seam.address() !== "") addressed();
        begin();
      },
      addressLost: (reason) => log.warn(`${reason}; asking for another address`),
      notice: (text) => log.info(text),
      power: (restart, who) => void end(restart, who),
      access: (line) => log.access(line),
      copied: () => {
        log.warn(COPIED);
        serving?.copied();
      },
    },
    platform.timer,
  );
  seam.setWallClock(wallClock.offset);
  const prepare = (boot: BootConfig): Serving => {
    watch(boot.appliance.log, seam, log);
    return new Serving(boot, { target, edge, platform, log, hostname: boot.machine.hostname ?? hostname, capture });
  };
  let serving = told.ok ? prepare(told.value) : undefined;
  let ending = false;
  /** Answers what is asked, closes what is idle, says good-bye, and ends. */
  const end = async (restart: boolean, who: string): Promise<void> => {
    if (ending) return;
    ending = true;
    serving?.end();
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
    if (begun || serving === undefined) return;
    begun = true;
    void serving.begin();
  };
  let addressed = (): void => {};
  if (!told.ok) {
    log.info("no remote is named where the machine boots: the network is asked for one");
    const hasAddress = new Promise<void>((resolve) => {
      addressed = resolve;
    });
    const way = { edge, seam, platform, leased: machine.ipv4 === undefined, addressed: hasAddress };
    void networkParametersOrEnd(found, way).then((boot) => {
      log.become(boot.appliance.log, boot.machine.syslog !== undefined);
      for (const line of describeOrigins(boot.origins)) log.debug(line);
      serving = prepare(boot);
      begin();
    });
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
    seam.configureDhcp(hostname, !told.ok);
  } else seam.configureStatic(fixed.address, fixed.prefix, fixed.gateway);
}

function serversText(seam: Seam): string {
  const servers: string[] = [];
  for (let i = 0; seam.nameServer(i) !== ""; i++) servers.push(seam.nameServer(i));
  return servers.length === 0 ? ", no name server" : `, name server ${servers.join(", ")}`;
}

/** Shows what a person wants to see who looks closely. */
function watch(level: LogLevel, seam: Seam, log: Log): void {
  const closely = level === "debug" || level === "trace";
  seam.setAccessEvents(closely);
  if (!closely) return;
  const drops = new DropLog();
  setInterval(() => figures(seam, log, drops), level === "trace" ? TRACED_FIGURES_MS : FIGURES_MS);
}

function figures(seam: Seam, log: Log, drops: DropLog): void {
  const heap = `${(nativeHeapUsed() / MEGABYTE).toFixed(1)} of ${Math.round(nativeHeapLimit() / MEGABYTE)} MB`;
  const counters = seam.counters();
  log.debug(`figures: heap ${heap}, longest-wait-us ${nativeLongestWait()}, ${counters.replaceAll("\n", ", ")}`);
  const more = drops.changes(counters);
  if (more !== "") log.debug(`thrown away: ${more}`);
}
