// From the first line of TypeScript to a running appliance: what the `virtual` and the `process` target share. The
// target has read its parameters and knows how to bring up its link; here the parts are joined and the loop begins.

import { Acme } from "../appliance/acme/acme.ts";
import { openWays } from "../appliance/acme/ways.ts";
import { type Appliance, runAppliance } from "../appliance/appliance.ts";
import { openRepository } from "../appliance/git/open.ts";
import { Https } from "../appliance/https.ts";
import { type Log, makeLog } from "../appliance/log.ts";
import type { LogReceiver } from "../appliance/log-receiver.ts";
import type { ParameterError } from "../appliance/parameter-error.ts";
import { type ParameterSource, parameterText } from "../appliance/parameter-words.ts";
import type { Platform } from "../appliance/platform.ts";
import { sendToSyslog } from "../appliance/syslog.ts";
import { streamToSyslog } from "../appliance/syslog-stream.ts";
import type { TlsConfig } from "../appliance/tls-config.ts";
import { keysOf } from "../stack/edge/certificates.ts";
import { Edge } from "../stack/edge/edge.ts";
import { httpRequest } from "../stack/edge/http-client.ts";
import { ProxyConnector } from "../stack/edge/proxy.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { syslogEncoder } from "../stack/edge/syslog.ts";
import { OBSERVE_LINES, OBSERVE_PCAP } from "../stack/host/observation.ts";
import {
  type BootConfig,
  bootUsage,
  cutHints,
  describeMistakes,
  describeOrigins,
  readBootConfig,
} from "./boot-config.ts";
import { Capture } from "./capture.ts";
import { DropLog, dropsOf } from "./drops.ts";
import { FOUND_FW_CFG, FOUND_LINK, FOUND_NO_LINK, FOUND_NOTHING, FOUND_SMBIOS, FOUND_UNREADABLE } from "./findings.ts";
import { leaveOut, showFrames } from "./frame-lines.ts";
import { cardName, type MachineConfig } from "./machine-config.ts";
import { makePlatform } from "./platform.ts";
import { nextTimer, runTimers } from "./shims/timers.ts";
import { Timekeeper } from "./timekeeper.ts";
import { trustAnchors } from "./trust-anchors.ts";
import { wallClock } from "./wall-clock.ts";

declare const EPIPHYTE_VERSION: string;

/** Exit statuses that a hypervisor's log shows. */
const STATUS_BAD_PARAMETERS = 2;
const STATUS_NO_NETWORK = 3;
/** Of the memory, what the host below the seam may use for buffers. */
const BUFFER_SHARE = 4;
/** How long connections have to end when the machine is asked to. */
const GOODBYE_MS = 5000;
/** And what was said last, to leave. */
const LAST_FRAMES_MS = 200;
/** How often figures are logged at the level debug, and at trace. */
const FIGURES_MS = 10_000;
const TRACED_FIGURES_MS = 1000;
/** Asked for the time before an https remote is judged by it, and how long that is waited for. */
const TIME_SERVER = "pool.ntp.org";
const TIME_LIMIT_MS = 4000;
const MEGABYTE = 1024 * 1024;

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

/** Does not return before the program ends: the loop is C's (nativeRun). */
export function boot(target: Target): void {
  const { sources, faults, warnings } = allSources(target);
  const { appliance: config, machine, ignored, origins } = parametersOrEnd(sources, faults);
  const { seam } = target;
  if (!wallClock.known) wallClock.adopt(target.hardwareClock());
  const platform = makePlatform(() => seam.spare());
  const log = makeLog(config.log, platform, machine.syslog !== undefined);
  const memory = `${Math.round(nativeHeapLimit() / MEGABYTE)} MB`;
  log.info(`Epiphyte ${EPIPHYTE_VERSION}, ${nativeTarget()} on ${nativeHypervisor()}, ${memory} of memory`);
  for (const word of ignored) log.warn(`the boot parameter ${word} means nothing here and was left alone`);
  for (const hint of [...cutHints(sources), ...warnings]) log.warn(hint);
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
        void begin();
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
  for (const server of machine.dns) seam.addNameServer(server);
  for (const domain of machine.dnsSearch) seam.addSearchDomain(domain);

  const secureRemote = config.remote.url.startsWith("https:");
  // We call somebody whose certificate is to be judged.
  const judging = secureRemote || machine.syslog?.transport === "tls";
  if (seam.canSecure() && (judging || config.tls !== undefined)) seam.trustAnchors(trustAnchors());
  believe(config.trust, seam);
  const { proxy } = config;
  // Whatever speaks https from here goes through it.
  const outgoing = proxy === undefined ? edge : new ProxyConnector(edge, platform, proxy);
  if (proxy !== undefined) log.info(`https goes through the proxy ${proxy.host}:${proxy.port}`);
  let appliance: Appliance | undefined;
  let ending = false;
  /** Answers what is asked, closes what is idle, says good-bye, and ends. */
  const end = async (restart: boolean, who: string): Promise<void> => {
    if (ending) return;
    ending = true;
    appliance?.end();
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
  const begin = async (): Promise<void> => {
    if (begun) return;
    begun = true;
    // Certificates are judged by the time.
    const wanted = judging || config.tls?.acme !== undefined;
    const keeper = new Timekeeper({
      clock: wallClock,
      source: edge,
      servers: () => timeServers(machine.ntp, seam, wanted || !wallClock.known),
      log,
      sleep: platform.sleep,
      sinceEntry: () => nativeNow() / 1000,
      hardware: () => target.hardwareClock(),
      changed: (offset) => seam.setWallClock(offset),
      stopped: (ms) => seam.stopped(ms * 1000),
    });
    const set = keeper.start();
    void capture?.send(edge, wallClock.offset);
    void keeper.keep();
    if (judging) await Promise.race([set, platform.sleep(TIME_LIMIT_MS)]);
    const https = config.tls === undefined ? undefined : openHttps(config.tls, hostname, edge, seam, platform, log);
    const acme =
      config.tls?.acme === undefined || https === undefined
        ? undefined
        : new Acme({
            config: config.tls.acme,
            ways: openWays(config.tls, config.port),
            keys: keysOf(seam),
            request: (request) => httpRequest(outgoing, platform, request),
            https,
            platform,
            log,
            certified: () => appliance?.listen(),
          });
    const started = runAppliance({
      config,
      origin: config.remote.url,
      network: edge,
      platform,
      log,
      repository: (onProgress) => openRepository(config.remote, outgoing, platform, onProgress),
      address: () => ownAddresses(seam).map(hostText)[0],
      certified: () => https?.certified ?? false,
      machine: () => ({
        version: EPIPHYTE_VERSION,
        addresses: [seam.address()],
        connections: seam.openConnections(),
        dropped: dropsOf(seam.counters()),
      }),
      proof: (token) => acme?.proof(token),
    });
    if (!started.ok) throw new Error(`port ${started.error.port} cannot be served: ${started.error.reason}`);
    appliance = started.value;
    void set.then(() => acme?.start());
    if (traced && machine.syslog !== undefined) void leaveOut(machine.syslog, edge, seam);
    if (machine.syslog !== undefined) collect(machine.syslog, hostname, log, edge, seam, platform);
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

/** Those given, else the lease's; else, where the time matters and nobody else tells it, the world's. */
function timeServers(given: readonly string[] | "off", seam: Seam, wanted: boolean): readonly string[] {
  if (given === "off") return [];
  if (given.length > 0) return given;
  const leased: string[] = [];
  for (let i = 0; seam.timeServer(i) !== ""; i++) leased.push(seam.timeServer(i));
  if (leased.length > 0) return leased;
  return wanted ? [TIME_SERVER] : [];
}

/** Sends the log to its receiver, the last words of the machine as well. */
function collect(to: LogReceiver, hostname: string, log: Log, edge: Edge, seam: Seam, platform: Platform): void {
  const encode = syslogEncoder(hostname, "epiphyte");
  // The machine is dying, perhaps in the middle of a poll: the line is on the console already, and leaves at once.
  const lastWords = (send: (message: Uint8Array) => void): void =>
    nativeOnPanic((line) => {
      const message = encode(2, wallClock.now(), nativeUtf8Encode(line));
      if (message !== undefined) send(message);
    });
  if (to.transport !== "udp") {
    void streamToSyslog(to, hostname, log, edge, platform);
    lastWords((message) => {
      seam.logPut(message);
      seam.logLastWords();
    });
    return;
  }
  let collector = "";
  void sendToSyslog(to, hostname, log, edge, platform, (address) => {
    collector = address;
    seam.setSyslog(address, to.port, hostname);
  });
  lastWords((message) => {
    if (collector === "") return;
    seam.sendDatagram(collector, to.port, message);
    seam.flush();
  });
}

/** Ends the machine when its certificates cannot be shown. */
function openHttps(
  config: TlsConfig,
  hostname: string,
  network: Edge,
  seam: Seam,
  platform: Platform,
  log: Log,
): Https {
  const own = [...ownAddresses(seam), ...(hostname.includes(".") ? [hostname] : [])];
  const names = [...new Set([...own, ...(config.acme?.names ?? [])])];
  const notBefore = Math.floor(wallClock.floor / 1000);
  const https = new Https({ config, names, notBefore, network, platform, log });
  const errors = https.open();
  for (const error of errors) log.fatal(`HTTPS: ${error}`);
  if (errors.length > 0) nativePowerOff(STATUS_BAD_PARAMETERS);
  return https;
}

/** Whom connections of ours believe besides the authorities of the web. */
function believe(trust: readonly string[], seam: Seam): void {
  if (trust.length === 0 || !seam.canSecure()) return;
  const errors = trust.flatMap((text) => {
    const why = seam.trustAdd(text);
    return why === "" ? [] : [{ kind: "malformed", name: "trust", value: text, why } as const];
  });
  if (errors.length === 0) return;
  nativeConsole(describeMistakes(errors));
  nativePowerOff(STATUS_BAD_PARAMETERS);
}

/** Where parameters come from, the weightiest first; what of it cannot be read; and what is to be told. */
interface Sources {
  readonly sources: readonly ParameterSource[];
  readonly faults: readonly ParameterError[];
  readonly warnings: readonly string[];
}

function allSources(target: Target): Sources {
  const sources: ParameterSource[] = [...target.sources];
  const faults: ParameterError[] = [];
  const warnings: string[] = [];
  target.lookForParameters();
  for (let kind = target.nextFinding(); kind !== FOUND_NOTHING; kind = target.nextFinding()) {
    const bytes = target.findingBytes();
    const text = nativeUtf8Decode(bytes, 0, bytes.length);
    if (kind === FOUND_FW_CFG) sources.push(parameterText(text, "fw_cfg"));
    else if (kind === FOUND_SMBIOS) sources.push({ where: "SMBIOS", form: "command line", text });
    else if (kind === FOUND_UNREADABLE) faults.push({ kind: "unreadable", why: target.findingText() });
    else warnings.push(target.findingText());
  }
  return { sources, faults, warnings };
}

function parametersOrEnd(sources: readonly ParameterSource[], faults: readonly ParameterError[]): BootConfig {
  const read = readBootConfig(sources, faults);
  if (read.ok) return read.value;
  if (read.error.kind === "help") {
    const { origins, debug } = read.error;
    nativeConsole(`${bootUsage()}${debug ? `\n${describeOrigins(origins).join("\n")}\n` : ""}`);
    nativePowerOff(0);
  }
  nativeConsole(describeMistakes(read.error.errors, cutHints(sources)));
  nativePowerOff(STATUS_BAD_PARAMETERS);
}

/** Those of both families that others reach us at. */
function ownAddresses(seam: Seam): readonly string[] {
  return [seam.address(), seam.address6()].filter((address) => address !== "");
}

/** An address as it stands in a URL. */
function hostText(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
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
