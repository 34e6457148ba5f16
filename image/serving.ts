// What runs on a network once the parameters are known: the time, certificates, the appliance, the log's way out.

import { Acme } from "../appliance/acme/acme.ts";
import { openWays } from "../appliance/acme/ways.ts";
import { type Appliance, runAppliance } from "../appliance/appliance.ts";
import { openRepository } from "../appliance/git/open.ts";
import { Https } from "../appliance/https.ts";
import type { Log } from "../appliance/log.ts";
import type { Platform } from "../appliance/platform.ts";
import type { TlsConfig } from "../appliance/tls-config.ts";
import { keysOf } from "../stack/edge/certificates.ts";
import type { Edge } from "../stack/edge/edge.ts";
import { httpRequest } from "../stack/edge/http-client.ts";
import type { Connector } from "../stack/edge/network.ts";
import { ProxyConnector } from "../stack/edge/proxy.ts";
import type { Seam } from "../stack/edge/seam.ts";
import { type BootConfig, describeMistakes } from "./boot-config.ts";
import type { Capture } from "./capture.ts";
import { dropsOf } from "./drops.ts";
import { leaveOut } from "./frame-lines.ts";
import { collect } from "./log-collector.ts";
import { STATUS_BAD_PARAMETERS, type Target } from "./target.ts";
import { Timekeeper } from "./timekeeper.ts";
import { trustAnchors } from "./trust-anchors.ts";
import { wallClock } from "./wall-clock.ts";

declare const EPIPHYTE_VERSION: string;

/** Asked for the time before an https remote is judged by it, and how long that is waited for. */
const TIME_SERVER = "pool.ntp.org";
const TIME_LIMIT_MS = 4000;

/** What the machine stands on by now. */
export interface Ground {
  readonly target: Target;
  readonly edge: Edge;
  readonly platform: Platform;
  readonly log: Log;
  readonly hostname: string;
  /** Frames that are sent away, where that was asked for. */
  readonly capture: Capture | undefined;
}

export class Serving {
  readonly #boot: BootConfig;
  readonly #ground: Ground;
  /** What the machine opens itself by https goes through the proxy, where there is one. */
  readonly #outgoing: Connector;
  /** Somebody's certificate is to be judged. */
  readonly #judging: boolean;
  #appliance: Appliance | undefined;
  #https: Https | undefined;
  #keeper: Timekeeper | undefined;

  /** Tells the network what the parameters say of it. Ends the machine when nobody can be believed as they say. */
  constructor(boot: BootConfig, ground: Ground) {
    const { appliance: config, machine } = boot;
    const { edge, platform, log } = ground;
    const { seam } = ground.target;
    this.#boot = boot;
    this.#ground = ground;
    for (const server of machine.dns) seam.addNameServer(server);
    for (const domain of machine.dnsSearch) seam.addSearchDomain(domain);
    this.#judging = config.remote.url.startsWith("https:") || machine.syslog?.transport === "tls";
    if (seam.canSecure() && (this.#judging || config.tls !== undefined)) seam.trustAnchors(trustAnchors());
    believe(config.trust, seam);
    const { proxy } = config;
    this.#outgoing = proxy === undefined ? edge : new ProxyConnector(edge, platform, proxy);
    if (proxy !== undefined) log.info(`https goes through the proxy ${proxy.host}:${proxy.port}`);
  }

  /** There is an address. */
  async begin(): Promise<void> {
    const { appliance: config, machine } = this.#boot;
    const { target, edge, platform, log, hostname, capture } = this.#ground;
    const { seam } = target;
    const outgoing = this.#outgoing;
    // Certificates are judged by the time.
    const wanted = this.#judging || config.tls?.acme !== undefined;
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
    this.#keeper = keeper;
    const set = keeper.start();
    void capture?.send(edge, wallClock.offset);
    void keeper.keep();
    if (this.#judging) await Promise.race([set, platform.sleep(TIME_LIMIT_MS)]);
    const https = config.tls === undefined ? undefined : openHttps(config.tls, hostname, edge, seam, platform, log);
    this.#https = https;
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
            certified: () => this.#appliance?.listen(),
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
    this.#appliance = started.value;
    void set.then(() => acme?.start());
    if (machine.syslog === undefined) return;
    if (config.log === "trace") void leaveOut(machine.syslog, edge, seam);
    collect(machine.syslog, hostname, log, edge, seam, platform);
  }

  /** The machine is a copy of another. */
  copied(): void {
    this.#https?.renew();
    this.#keeper?.copied();
  }

  /** The machine is about to end. */
  end(): void {
    this.#appliance?.end();
  }
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

/** Those of both families that others reach us at. */
function ownAddresses(seam: Seam): readonly string[] {
  return [seam.address(), seam.address6()].filter((address) => address !== "");
}

/** An address as it stands in a URL. */
function hostText(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
