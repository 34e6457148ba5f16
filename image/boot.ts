// From the first line of TypeScript to a running appliance: what the `virtual` and the `process` target share. The
// target has read its parameters and knows how to bring up its link; here the parts are joined and the loop begins.

import { runAppliance } from "../appliance/appliance.ts";
import { type Config, describeConfigError, type ParameterSource, readConfig } from "../appliance/config.ts";
import { openRepository } from "../appliance/git/open.ts";
import { type Log, makeLog, printable } from "../appliance/log.ts";
import { usage } from "../appliance/parameters.ts";
import { sendToSyslog } from "../appliance/syslog.ts";
import { formatIpv4 } from "../stack/base/address.ts";
import { Edge } from "../stack/edge/edge.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { syslogEncoder } from "../stack/edge/syslog.ts";
import { SWITCH_NO_CHECKSUM, SWITCH_NO_EVENT_INDEX, SWITCH_NO_MERGE, SWITCH_NO_SEGMENTATION } from "./below.ts";
import { platform } from "./platform.ts";
import { nextTimer, runTimers } from "./shims/timers.ts";

declare const EPIPHYTE_VERSION: string;

/** Exit statuses that a hypervisor's log shows. */
const STATUS_BAD_PARAMETERS = 2;
const STATUS_NO_NETWORK = 3;
/** Of the memory, what the host below the seam may use for buffers. */
const BUFFER_SHARE = 4;
/** How often figures are logged at the level debug. */
const FIGURES_MS = 10_000;
const MEGABYTE = 1024 * 1024;

export interface Target {
  /** How parameters arrive. */
  readonly source: ParameterSource;
  readonly seam: Seam;
  /** Brings up the link; "" or why there is no network. */
  start(config: Config, switches: number, memory: number): string;
  /** What was found, a line each. */
  notes(): string;
}

/** Does not return before the program ends: the loop is C's (nativeRun). */
export function boot(target: Target): void {
  const config = parametersOrEnd(target.source);
  const log = makeLog(config.log, platform, config.syslog !== undefined);
  const memory = `${Math.round(nativeHeapLimit() / MEGABYTE)} MB`;
  log.info(`Epiphyte ${EPIPHYTE_VERSION}, ${nativeTarget()} on ${nativeHypervisor()}, ${memory} of memory`);
  for (const word of config.ignored) log.warn(`the boot parameter ${word} means nothing here and was left alone`);

  const problem = target.start(config, switchesOf(config), Math.floor(nativeHeapLimit() / BUFFER_SHARE));
  for (const line of target.notes().split("\n")) if (line !== "") log.info(line);
  if (problem !== "") {
    log.fatal(problem);
    nativePowerOff(STATUS_NO_NETWORK);
  }

  const { seam } = target;
  const edge: Edge = new Edge(
    seam,
    {
      configured: (address) => {
        log.info(`address ${address}${serversText(seam)}`);
        begin();
      },
      addressLost: (reason) => log.warn(`${reason}; asking for another address`),
      notice: (text) => log.info(text),
      access: (line) => platform.console(`${printable(line)}\n`),
    },
    platform.timer,
  );
  seam.setWallClock(nativeWallClock() - nativeNow() / 1000);
  seam.setAccessEvents(config.log === "debug" || config.log === "trace");
  for (const server of config.dns) seam.addNameServer(formatIpv4(server));

  let begun = false;
  const begin = (): void => {
    if (begun) return;
    begun = true;
    const started = runAppliance({
      config,
      network: edge,
      platform,
      log,
      repository: (onProgress) => openRepository(config.remote, edge, platform, onProgress),
      address: () => (seam.address() === "" ? undefined : seam.address()),
    });
    if (!started.ok) throw new Error(`port ${config.port} is in use`);
    const { syslog, hostname } = config;
    if (syslog === undefined) return;
    const encode = syslogEncoder(hostname, "epiphyte");
    let collector = "";
    void sendToSyslog(syslog, hostname, log, edge, platform, (to) => {
      collector = to;
      seam.setSyslog(to, syslog.port, hostname);
    });
    // The engine is dying: the line is on the console already, and leaves with one last poll.
    nativeOnPanic((line) => {
      const datagram = encode(2, nativeWallClock(), nativeUtf8Encode(line));
      if (collector === "" || datagram === undefined) return;
      seam.sendDatagram(collector, syslog.port, datagram);
      seam.poll(nativeNow());
    });
  };
  if (config.log === "debug" || config.log === "trace") setInterval(() => figures(seam, log), FIGURES_MS);

  nativeRun(() => {
    const now = nativeNow();
    runTimers(now);
    return Math.min(edge.turn(now), nextTimer());
  });

  const fixed = config.ipv4;
  if (fixed === undefined) {
    log.info("asking for an address by DHCP");
    seam.configureDhcp(config.hostname);
  } else {
    const gateway = fixed.gateway === undefined ? "" : formatIpv4(fixed.gateway);
    seam.configureStatic(formatIpv4(fixed.address), fixed.prefix, gateway);
  }
}

function parametersOrEnd(source: ParameterSource): Config {
  const read = readConfig(source);
  if (read.ok) return read.value;
  const help = read.error.some((error) => error.kind === "help");
  if (help) {
    nativeConsole(usage());
    nativePowerOff(0);
  }
  for (const error of read.error) nativeConsole(`epiphyte: ${describeConfigError(error)}\n`);
  nativeConsole(`\n${usage()}`);
  nativePowerOff(STATUS_BAD_PARAMETERS);
}

function switchesOf({ offload }: Config): number {
  return (
    (offload.checksum ? 0 : SWITCH_NO_CHECKSUM) |
    (offload.segment ? 0 : SWITCH_NO_SEGMENTATION) |
    (offload.mergeReceive ? 0 : SWITCH_NO_MERGE) |
    (offload.eventIndex ? 0 : SWITCH_NO_EVENT_INDEX)
  );
}

function serversText(seam: Seam): string {
  const servers: string[] = [];
  for (let i = 0; seam.nameServer(i) !== ""; i++) servers.push(seam.nameServer(i));
  return servers.length === 0 ? ", no name server" : `, name server ${servers.join(", ")}`;
}

function figures(seam: Seam, log: Log): void {
  const heap = `${(nativeHeapUsed() / MEGABYTE).toFixed(1)} of ${Math.round(nativeHeapLimit() / MEGABYTE)} MB`;
  const counters = seam.counters().replaceAll("\n", ", ");
  log.debug(`figures: heap ${heap}, longest-wait-us ${nativeLongestWait()}, ${counters}`);
}
