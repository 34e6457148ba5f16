/// <reference path="./native.d.ts" />
// Below the seam on the `virtual` target: a host on the first card that works. Everything this file reaches compiles
// ahead of time.

import { type Card, EVENT_FAULT, EVENT_LINK_DOWN, EVENT_LINK_UP, EVENT_RECOVERED } from "../drivers/card.ts";
import { NativeHal } from "../drivers/hal.ts";
import {
  adviseOnNetwork,
  findDevices,
  findXen,
  type LeftAlone,
  probeCards,
  probeEntropy,
  probeXenCards,
} from "../drivers/probe.ts";
import type { VirtioRng } from "../drivers/virtio/rng.ts";
import { ASKED_NOTHING, ASKED_REBOOT, type XenBus } from "../drivers/xen/bus.ts";
import { REASON_POWER_OFF, REASON_REBOOT } from "../drivers/xen/hypercalls.ts";
import { formatMac, type Mac } from "../stack/base/address.ts";
import { type Instant, NEVER, SECOND } from "../stack/base/result.ts";
import { Attendant } from "../stack/host/attendant.ts";
import { attach } from "../stack/host/seam.ts";
import { localMac, secretBytes } from "./below.ts";
import { Findings, FOUND_LINK, FOUND_NO_LINK, FOUND_PROBLEM } from "./findings.ts";

/** The pool is fed again this often. */
const ENTROPY_INTERVAL = 300 * SECOND;
/** The host is on one link. */
const LINKS = 1;

const findings = new Findings();

/**
 * Brings up the devices. `offloads` are the OFFLOAD_ bits to ask the card for; `memory` is what the host may use for
 * buffers. True: there is a link, and a host on it. What was found is in `nextFinding`.
 */
export function start(offloads: number, memory: number): boolean {
  const hal = new NativeHal();
  const devices = findDevices(hal);
  const entropy = probeEntropy(hal, devices, () => nativeNow());
  tell(entropy.leftAlone);
  const secret = secretBytes();
  if (secret.weak) {
    findings.add(
      FOUND_PROBLEM,
      "no source of entropy: this processor has no RDRAND and there is no virtio-rng. TLS will be refused, and " +
        "sequence numbers can be guessed; add -device virtio-rng-pci",
    );
  }
  const xen = findXen(hal, () => nativeNow());
  tell(xen.leftAlone);
  const front = probeXenCards(xen.buses, offloads, LINKS);
  const plugged = probeCards(hal, devices, localMac(secret.bytes), offloads, LINKS - front.cards.length);
  const cards = [...front.cards, ...plugged.cards];
  const leftAlone = [...front.leftAlone, ...plugged.leftAlone];
  if (cards.length === 0) {
    findings.add(FOUND_NO_LINK, adviseOnNetwork(leftAlone, xen.buses.length > 0));
    return false;
  }
  tell(leftAlone);
  const card = cards[0]!;
  findings.add(FOUND_LINK, `network card: ${card.describe()}, ${formatMac(card.mac as Mac)}`);
  attach(card, secret.bytes, memory).attendant = new Devices(card, entropy.sources, xen.buses);
  return true;
}

/** Makes the next thing that `start` found current and returns its kind (findings.ts), 0 when there is no more. */
export function nextFinding(): number {
  return findings.next();
}

export function findingText(): string {
  return findings.text;
}

function tell(leftAlone: readonly LeftAlone[]): void {
  for (const { name, reason } of leftAlone) findings.add(FOUND_PROBLEM, `${name} is left alone: ${reason}`);
}

class Devices extends Attendant {
  private readonly card: Card;
  private readonly entropy: readonly VirtioRng[];
  private readonly buses: readonly XenBus[];
  private nextEntropy: Instant;

  constructor(card: Card, entropy: readonly VirtioRng[], buses: readonly XenBus[]) {
    super();
    this.buses = buses;
    this.card = card;
    this.entropy = entropy;
    this.nextEntropy = entropy.length === 0 ? NEVER : nativeNow() + ENTROPY_INTERVAL;
  }

  override attend(now: Instant): string {
    if (now >= this.nextEntropy) this.feed(now);
    for (let i = 0; i < this.buses.length; i++) {
      const word = this.ask(this.buses[i]!, now);
      if (word !== "") return word;
    }
    const events = this.card.takeEvents();
    if (events === 0) return "";
    if ((events & EVENT_FAULT) !== 0) {
      return `the network card broke the rules (${this.card.describeFault()}) and was reset`;
    }
    if ((events & EVENT_RECOVERED) !== 0) return "the network card works again";
    if ((events & EVENT_LINK_DOWN) !== 0) return "the network card has no carrier";
    return (events & EVENT_LINK_UP) !== 0 ? "the network card has carrier" : "";
  }

  override nextDeadline(): Instant {
    let deadline = this.nextEntropy;
    for (let i = 0; i < this.buses.length; i++) deadline = Math.min(deadline, this.buses[i]!.nextDeadline());
    return deadline;
  }

  /** What Xen has to say, and wants. */
  private ask(bus: XenBus, now: Instant): string {
    const word = bus.attend(now);
    if (bus.asked === ASKED_NOTHING) return word;
    nativeConsole(`epiphyte: ${word}\n`);
    bus.calls.shutdown(bus.asked === ASKED_REBOOT ? REASON_REBOOT : REASON_POWER_OFF);
    return word;
  }

  private feed(now: Instant): void {
    this.nextEntropy = NEVER;
    for (const rng of this.entropy) {
      if (rng.failed) continue;
      rng.poll();
      rng.request();
      this.nextEntropy = now + ENTROPY_INTERVAL;
    }
  }
}
