/// <reference path="./native.d.ts" />
// Below the seam on the `virtual` target: finds the card and the entropy source, and puts a host on them. Everything
// this file reaches compiles ahead of time.

import { NativeHal } from "../drivers/hal.ts";
import { adviseOnNetwork, describeDevice, type FoundDevice, findDevices } from "../drivers/probe.ts";
import { formatVirtioError } from "../drivers/virtio/error.ts";
import {
  describeFault,
  EVENT_FAULT,
  EVENT_LINK_DOWN,
  EVENT_LINK_UP,
  EVENT_RECOVERED,
  openNet,
  type VirtioNet,
} from "../drivers/virtio/net.ts";
import { openRng, type VirtioRng } from "../drivers/virtio/rng.ts";
import { formatMac, type Mac } from "../stack/base/address.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../stack/base/result.ts";
import { Attendant } from "../stack/host/attendant.ts";
import { attach } from "../stack/host/seam.ts";
import { localMac, readSwitches, secretBytes } from "./below.ts";

/** How long the machine waits for the entropy device at the start. */
const ENTROPY_WAIT = 500 * MILLISECOND;
/** The pool is fed again this often. */
const ENTROPY_INTERVAL = 300 * SECOND;

let notes = "";

/**
 * Brings up the devices. `switches` are SWITCH_ bits of below.ts; `memory` is what the host may use for buffers.
 * Returns "" or why there is no network. What is worth telling is in `startNotes`.
 */
export function start(switches: number, memory: number): string {
  const hal = new NativeHal();
  const devices = findDevices(hal);
  const rng = startEntropy(hal, devices);
  const secret = secretBytes();
  if (secret.weak) {
    notes +=
      "no source of entropy: this processor has no RDRAND and there is no virtio-rng. TLS will be refused, and " +
      "sequence numbers can be guessed; add -device virtio-rng-pci\n";
  }
  const options = readSwitches(switches, localMac(secret.bytes));
  let problem = "";
  for (const device of devices) {
    if (device.kind !== "net") continue;
    const opened = openNet(hal, device.fn, options);
    if (!opened.ok) {
      problem += `${describeDevice(device)}: ${formatVirtioError(opened.error)}. `;
      continue;
    }
    const net = opened.value;
    notes += `network card: ${net.description}, ${formatMac(net.mac as Mac)}\n`;
    attach(net, secret.bytes, memory).attendant = new Devices(net, rng);
    return "";
  }
  return problem === "" ? adviseOnNetwork(devices) : problem;
}

/** What `start` found, a line each. */
export function startNotes(): string {
  return notes;
}

/** The entropy device, after its first bytes; undefined when there is none that works. */
function startEntropy(hal: NativeHal, devices: readonly FoundDevice[]): VirtioRng | undefined {
  for (const device of devices) {
    if (device.kind !== "rng") continue;
    const opened = openRng(hal, device.fn);
    if (!opened.ok) {
      notes += `${describeDevice(device)}: ${formatVirtioError(opened.error)}\n`;
      continue;
    }
    const rng = opened.value;
    rng.request();
    const until = nativeNow() + ENTROPY_WAIT;
    while (rng.poll() === 0 && !rng.failed && nativeNow() < until) nativeFence();
    if (rng.fed > 0) return rng;
    notes += `${describeDevice(device)}: gives no bytes\n`;
  }
  return undefined;
}

class Devices extends Attendant {
  private readonly net: VirtioNet;
  private readonly rng: VirtioRng | undefined;
  private nextEntropy: Instant;

  constructor(net: VirtioNet, rng: VirtioRng | undefined) {
    super();
    this.net = net;
    this.rng = rng;
    this.nextEntropy = rng === undefined ? NEVER : nativeNow() + ENTROPY_INTERVAL;
  }

  override attend(now: Instant): string {
    if (now >= this.nextEntropy) this.feed(now);
    const events = this.net.takeEvents();
    if (events === 0) return "";
    if ((events & EVENT_FAULT) !== 0) {
      return `the network card broke the rules (${describeFault(this.net.lastFault)}) and was reset`;
    }
    if ((events & EVENT_RECOVERED) !== 0) return "the network card works again";
    if ((events & EVENT_LINK_DOWN) !== 0) return "the network card has no carrier";
    return (events & EVENT_LINK_UP) !== 0 ? "the network card has carrier" : "";
  }

  override nextDeadline(): Instant {
    return this.nextEntropy;
  }

  private feed(now: Instant): void {
    const { rng } = this;
    if (rng === undefined || rng.failed) {
      this.nextEntropy = NEVER;
      return;
    }
    rng.poll();
    rng.request();
    this.nextEntropy = now + ENTROPY_INTERVAL;
  }
}
