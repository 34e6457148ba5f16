// The Ethernet address of a process on a TAP: the same at each start, so that a DHCP server knows it again, and another one
// on each host and each TAP.

import type { Mac } from "../stack/base/address.ts";

/** Bytes of the address that are ours to choose: the first says that it is locally administered (IEEE 802-2014 8.4). */
const OWN_BYTES = 5;
const LOCALLY_ADMINISTERED = 0x02;

/** `machineId` as machine-id(5) has it: it is not to be shown around, so a hash of it is. Undefined when there is none. */
export function tapMac(machineId: string, tap: string): Mac | undefined {
  if (machineId === "") return undefined;
  const hash = nativeSha256(nativeUtf8Encode(`Epiphyte on the TAP ${tap} of ${machineId}`));
  let mac = LOCALLY_ADMINISTERED;
  for (const byte of hash.subarray(0, OWN_BYTES)) mac = mac * 256 + byte;
  return mac as Mac;
}
