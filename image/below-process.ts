/// <reference path="./native.d.ts" />
// Below the seam on the `process` target: a host on a TAP device. Everything this file reaches compiles ahead of time.

import { NativeTap, openTap, TAP_NEW, TAP_UP } from "../drivers/tap/tap-link.ts";
import { formatMac, type Mac } from "../stack/base/address.ts";
import { attach } from "../stack/host/seam.ts";
import { localMac, secretBytes } from "./below.ts";
import { Findings, FOUND_LINK, FOUND_NO_LINK, FOUND_PROBLEM } from "./findings.ts";

/** The largest IP packet that is sent, whatever the TAP device could carry. */
const MOST_MTU = 1500;

const findings = new Findings();

/**
 * Opens the TAP device `name`. `mac` is our address on it, 0: one out of random numbers; `offloads` are the OFFLOAD_ bits
 * to ask the kernel for; `purposes` what frames are observed for (stack/host/observation.ts). True: there is a link, and a host
 * on it. What was found is in `nextFinding`.
 */
export function start(name: string, mac: number, offloads: number, memory: number, purposes: number): boolean {
  const secret = secretBytes();
  const own = mac === 0 ? localMac(secret.bytes) : mac;
  const opened = openTap(new NativeTap(), name, { mac: own, mtu: MOST_MTU, offloads });
  if (!opened.ok) {
    findings.add(FOUND_NO_LINK, `TAP device ${name}: ${describeErrno(opened.errno)}`);
    return false;
  }
  if ((opened.state & TAP_UP) === 0) {
    const what = (opened.state & TAP_NEW) === 0 ? "is down" : "is new and down";
    findings.add(FOUND_PROBLEM, `${name} ${what}: ip link set ${name} up`);
  }
  findings.add(FOUND_LINK, `TAP device ${name}, our address ${formatMac(own as Mac)}`);
  attach(opened.value, secret.bytes, memory, purposes);
  return true;
}

/** Makes the next thing that `start` found current and returns its kind (findings.ts), 0 when there is no more. */
export function nextFinding(): number {
  return findings.next();
}

export function findingText(): string {
  return findings.text;
}

function describeErrno(errno: number): string {
  switch (errno) {
    case 1:
      return "not permitted (root, or CAP_NET_ADMIN, or a device made for this user with `ip tuntap add`)";
    case 2:
      return "there is no /dev/net/tun (modprobe tun)";
    case 13:
      return "access to /dev/net/tun denied";
    case 16:
      return "in use by another program";
    default:
      return `errno ${errno}`;
  }
}
