/// <reference path="./native.d.ts" />
// Below the seam on the `virtual` target: a host on the first card that works. Everything this file reaches compiles
// ahead of time.

import { adviseOnNetwork } from "../drivers/advice.ts";
import { type Card, EVENT_FAULT, EVENT_LINK_DOWN, EVENT_LINK_UP, EVENT_RECOVERED } from "../drivers/card.ts";
import { FwCfg } from "../drivers/fw-cfg.ts";
import { Generation } from "../drivers/generation.ts";
import { type Hal, NativeHal } from "../drivers/hal.ts";
import { BUTTON_NONE, BUTTON_POWER, Buttons, restart as restartMachine } from "../drivers/power.ts";
import {
  ENTROPY_WAIT,
  findDevices,
  findXen,
  type LeftAlone,
  probeCards,
  probeEntropy,
  probeXenCards,
} from "../drivers/probe.ts";
import { readRtc } from "../drivers/rtc.ts";
import { readOemStrings } from "../drivers/smbios/tables.ts";
import type { VirtioRng } from "../drivers/virtio/rng.ts";
import { ASKED_NOTHING, ASKED_REBOOT, type XenBus } from "../drivers/xen/bus.ts";
import { REASON_REBOOT } from "../drivers/xen/hypercalls.ts";
import { formatMac, type Mac } from "../stack/base/address.ts";
import { readU32 } from "../stack/base/bytes.ts";
import { type Instant, NEVER, SECOND } from "../stack/base/result.ts";
import { Attendant, RENEWAL_LENGTH, WISH_POWER_OFF, WISH_RESTART } from "../stack/host/attendant.ts";
import { attach } from "../stack/host/seam.ts";
import { localMac, secretBytes } from "./below.ts";
import { fittest, offeredFirst } from "./card-choice.ts";
import {
  Findings,
  FOUND_FW_CFG,
  FOUND_LINK,
  FOUND_NO_LINK,
  FOUND_PROBLEM,
  FOUND_SMBIOS,
  FOUND_UNREADABLE,
} from "./findings.ts";

/** The pool is fed again this often. */
const ENTROPY_INTERVAL = 300 * SECOND;
/** Cards that are brought up; the host is on one of them. */
const MOST_CARDS = 4;

/** What QEMU's fw_cfg has for us, and how many bytes of it are read. */
const FW_CFG_NAME = "opt/org.epiphyte/parameters";
const MOST_FW_CFG = 65_536;

const NOTHING = new Uint8Array(0);

const findings = new Findings();
const hal: Hal = new NativeHal();
let buses: readonly XenBus[] = [];
let foundFwCfg: FwCfg | undefined;
/** Cards that do not serve and may still use their memory. */
const kept: Card[] = [];

/**
 * Brings up the devices, and of several cards chooses one: that with the address `mac` (0: any), or with `leased` the first
 * that is offered a lease, or the first that has a carrier. `offloads` are the OFFLOAD_ bits to ask the card for; `memory` is what the host may use for
 * buffers; `mmio` the words of the command line that name virtio devices; `purposes` what frames of the card that is chosen are
 * observed for (stack/host/observation.ts). True: there is a link, and a host on it. What was found is in `nextFinding`.
 */
export function start(
  offloads: number,
  memory: number,
  mmio: string,
  mac: number,
  leased: boolean,
  purposes: number,
): boolean {
  const xen = findXen(hal, () => nativeNow());
  buses = xen.buses;
  tell(xen.leftAlone);
  for (const bus of buses) bus.unplugCards();
  const found = findDevices(hal, mmio);
  const entropy = probeEntropy(hal, found, () => nativeNow());
  tell(entropy.leftAlone);
  const secret = secretBytes();
  if (secret.weak) {
    findings.add(
      FOUND_PROBLEM,
      "no source of entropy: this processor has no RDRAND and there is no virtio-rng. TLS will be refused, and " +
        "sequence numbers can be guessed; add -device virtio-rng-pci",
    );
  }
  const front = probeXenCards(xen.buses, offloads, MOST_CARDS);
  const plugged = probeCards(hal, found, localMac(secret.bytes), offloads, MOST_CARDS - front.cards.length);
  const cards = [...front.cards, ...plugged.cards];
  const leftAlone = [...front.leftAlone, ...plugged.leftAlone];
  if (cards.length === 0) {
    findings.add(FOUND_NO_LINK, adviseOnNetwork(leftAlone, found.devices, xen.buses.length > 0));
    return false;
  }
  tell(leftAlone);
  const chosen = choose(cards, mac, leased);
  if (chosen < 0) {
    findings.add(FOUND_NO_LINK, `no network card has the address --mac=${formatMac(mac as Mac)}${listed(cards)}`);
    return false;
  }
  const card = cards[chosen]!;
  findings.add(FOUND_LINK, `network card: ${card.describe()}, ${formatMac(card.mac as Mac)}`);
  const generation = new Generation(hal, fwCfgOf());
  const devices = new Devices(card, entropy.sources, new Buttons(hal), generation);
  attach(card, secret.bytes, memory, purposes).attendant = devices;
  return true;
}

/** The place of the card that serves; -1: none has the address that is asked for. Of the others it is told. */
function choose(cards: readonly Card[], mac: number, leased: boolean): number {
  if (cards.length === 1 && mac === 0) return 0;
  let chosen = -1;
  let reason = "--mac names another";
  if (mac === 0 && leased) {
    const transaction = new Uint8Array(4);
    nativeRandom(transaction, 0, 4);
    chosen = offeredFirst(cards, readU32(transaction, 0), () => nativeNow());
    reason = "another was offered an address first";
    if (chosen < 0) findings.add(FOUND_PROBLEM, `no DHCP server answers on any card${listed(cards)}`);
  }
  if (chosen < 0) {
    chosen = fittest(cards, mac);
    if (mac === 0) reason = "another comes first";
  }
  for (let i = 0; i < cards.length; i++) {
    if (chosen < 0 || i === chosen) continue;
    const other = cards[i]!;
    if (!other.close()) kept.push(other);
    const address = formatMac(other.mac as Mac);
    findings.add(FOUND_PROBLEM, `${other.describe()}, ${address}, is left alone: ${reason}; --mac=${address} uses it`);
  }
  return chosen;
}

function listed(cards: readonly Card[]): string {
  let text = "";
  for (const card of cards) text += `${text === "" ? ": " : ", "}${card.describe()}, ${formatMac(card.mac as Mac)}`;
  return text;
}

/** Looks for the parameters that the host has for us besides those of the boot; what it found is in `nextFinding`. */
export function lookForParameters(): void {
  const fwCfg = fwCfgOf();
  for (const file of fwCfg.named(FW_CFG_NAME)) {
    const size = `it has ${file.size} bytes; at most ${MOST_FW_CFG} are read`;
    if (file.size > MOST_FW_CFG) findings.add(FOUND_UNREADABLE, `fw_cfg ${FW_CFG_NAME}: ${size}`);
    else findings.addBytes(FOUND_FW_CFG, fwCfg.read(file, file.size));
  }
  const { text, fault } = readOemStrings(hal, fwCfg);
  if (text.length > 0) findings.addBytes(FOUND_SMBIOS, text);
  if (fault !== "") findings.add(FOUND_PROBLEM, `the SMBIOS tables of this machine are damaged: ${fault}`);
}

/** Its directory is read once. */
function fwCfgOf(): FwCfg {
  const known = foundFwCfg ?? new FwCfg(hal);
  foundFwCfg = known;
  return known;
}

/** Makes the next thing that `start` or `lookForParameters` found current and returns its kind (findings.ts), 0 when there is no more. */
export function nextFinding(): number {
  return findings.next();
}

export function findingText(): string {
  return findings.text;
}

export function findingBytes(): Uint8Array {
  return findings.bytes;
}

/** Milliseconds since 1970 by the clock that goes on while the machine is stopped; 0: there is none. */
export function hardwareClock(): number {
  return readRtc(hal) * 1000;
}

/** Begins the machine anew. Returns where it cannot be done. */
export function restart(): void {
  for (const bus of buses) bus.calls.shutdown(REASON_REBOOT);
  restartMachine(hal);
}

function tell(leftAlone: readonly LeftAlone[]): void {
  for (const { name, reason } of leftAlone) findings.add(FOUND_PROBLEM, `${name} is left alone: ${reason}`);
}

class Devices extends Attendant {
  private readonly card: Card;
  private readonly entropy: readonly VirtioRng[];
  private readonly buttons: Buttons;
  private readonly generation: Generation;
  private nextEntropy: Instant;

  constructor(card: Card, entropy: readonly VirtioRng[], buttons: Buttons, generation: Generation) {
    super();
    this.generation = generation;
    this.buttons = buttons;
    this.card = card;
    this.entropy = entropy;
    this.nextEntropy = entropy.length === 0 ? NEVER : nativeNow() + ENTROPY_INTERVAL;
  }

  override attend(now: Instant): string {
    if (now >= this.nextEntropy) this.feed(now);
    const button = this.buttons.look(now);
    if (button !== BUTTON_NONE) {
      this.wish = WISH_POWER_OFF;
      return button === BUTTON_POWER ? "the power button was pressed" : "Ctrl-Alt-Del was pressed";
    }
    for (let i = 0; i < buses.length; i++) {
      const word = this.ask(buses[i]!, now);
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

  /** The pool takes the generation, and what entropy sources give now, before it gives anything out. */
  override renewal(): Uint8Array {
    if (!this.generation.changed()) return NOTHING;
    nativeAddEntropy(this.generation.bytes, false);
    for (const rng of this.entropy) {
      // What came before was asked for before the copy was made.
      rng.poll();
      rng.request();
      const until = nativeNow() + ENTROPY_WAIT;
      while (rng.poll() === 0 && !rng.failed && nativeNow() < until) hal.fence();
    }
    const fresh = new Uint8Array(RENEWAL_LENGTH);
    // Without a source of entropy the generation alone tells copies apart.
    if (!nativeRandom(fresh, 0, RENEWAL_LENGTH)) fresh.set(this.generation.bytes);
    return fresh;
  }

  override nextDeadline(): Instant {
    let deadline = Math.min(this.nextEntropy, this.buttons.nextDeadline());
    for (let i = 0; i < buses.length; i++) deadline = Math.min(deadline, buses[i]!.nextDeadline());
    return deadline;
  }

  /** What Xen has to say, and wants. */
  private ask(bus: XenBus, now: Instant): string {
    const word = bus.attend(now);
    if (bus.asked !== ASKED_NOTHING) this.wish = bus.asked === ASKED_REBOOT ? WISH_RESTART : WISH_POWER_OFF;
    bus.asked = ASKED_NOTHING;
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
