/// <reference path="./native.d.ts" />
// Below the seam on the `process` target: a host on a TAP device. Everything this file reaches compiles ahead of time.

import { NativeTap, openTap } from "../drivers/tap/tap-link.ts";
import { formatMac, type Mac } from "../stack/base/address.ts";
import { attach } from "../stack/host/seam.ts";
import { localMac, readSwitches, secretBytes } from "./below.ts";

/** IP packet size of a TAP device, unless somebody changed it. */
const TAP_MTU = 1500;

let notes = "";

/** Opens the TAP device. `switches` are SWITCH_ bits of below.ts. Returns "" or why there is no network. */
export function start(name: string, switches: number, memory: number): string {
  const secret = secretBytes();
  const options = readSwitches(switches, localMac(secret.bytes));
  const opened = openTap(new NativeTap(), name, {
    mac: options.mac,
    mtu: TAP_MTU,
    checksum: options.checksum,
    guestChecksum: options.guestChecksum,
    segmentation: options.segmentation,
  });
  if (!opened.ok) return `TAP device ${name}: ${describeErrno(opened.errno)}`;
  notes = `TAP device ${name}, our address ${formatMac(options.mac as Mac)}\n`;
  attach(opened.value, secret.bytes, memory);
  return "";
}

/** What `start` found, a line each. */
export function startNotes(): string {
  return notes;
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
