import type { Ipv4 } from "../../../stack/base/address.ts";
import { LENGTH_LIMIT } from "../../../stack/base/pieces.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { Reassembly } from "../../../stack/ipv4/reassembly.ts";
import { decode, Ipv4Header, LARGEST_HEADER, MORE_FRAGMENTS } from "../../../stack/ipv4/wire.ts";
import { encodeIpv4 } from "../../support/ipv4.ts";
import { check, join, Script, type Target } from "../target.ts";

const HERE = 0x0a000001 as Ipv4;

/** Fragments by a script: time, datagram, offset, length, which is the last. What is put together was all sent. */
export const reassembly: Target = {
  name: "reassembly",
  limit: 400,
  words: [piece(0, 0, 16, true), piece(0, 2, 16, false), piece(1, 0, 64, true), [20, 0, 0, 0, 0, 0]],
  seeds: () => [
    join(piece(0, 0, 16, true), piece(0, 2, 9, false)),
    join(piece(0, 2, 9, false), piece(0, 0, 16, true), piece(0, 0, 16, true)),
    join(piece(1, 0, 64, true), piece(2, 0, 64, true), piece(1, 4, 64, true), piece(2, 8, 5, false)),
    join(piece(0, 0, 8, true), [40, 0, 0, 1, 0, 16], piece(0, 1, 8, false)),
    join(...Array.from({ length: 8 }, (_, i) => piece(i, 0, 8, true)), piece(7, 1, 8, false)),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const machine = new Reassembly();
    const header = new Ipv4Header();
    /** By identification: at each offset of the payload what was sent for it. */
    const sent = new Map<number, Set<number>[]>();
    let now = 0;
    for (let count = 0; !script.ended; count++) {
      now += script.u8() * SECOND;
      const identification = script.u8() & 7;
      const offset = script.u16() & 0x1fff;
      const last = script.u8() % 2 === 0;
      const length = last ? script.u8() : Math.max(8, script.u8() & 0xf8);
      const fragment = new Uint8Array(20 + length);
      for (let i = 0; i < length; i++) fragment[20 + i] = (i * 7 + count * 31) & 255;
      encodeIpv4(fragment, 0, {
        source: (0x0a000002 + (identification & 1)) as Ipv4,
        destination: HERE,
        protocol: 17,
        totalLength: fragment.length,
        identification,
        flags: offset | (last ? 0 : MORE_FRAGMENTS),
      });
      if (decode(fragment, 0, fragment.length, header) !== 0 || !header.isFragment()) continue;
      const places = sent.get(identification) ?? [];
      sent.set(identification, places);
      for (let i = 0; i < length && offset * 8 + i < LENGTH_LIMIT; i++) {
        const place = offset * 8 + i;
        places[place] ??= new Set();
        places[place].add(fragment[20 + i]!);
      }
      const complete = machine.input(header, fragment, now);
      check(machine.nextDeadline() > now, "a deadline that has passed");
      if (complete) whole(machine, places);
      if (script.ended) machine.step(now + 60 * SECOND);
    }
    check(machine.dropped <= 400, "more datagrams given up than there were fragments");
  },
};

function whole(machine: Reassembly, places: readonly Set<number>[]): void {
  const header = new Ipv4Header();
  const error = decode(machine.bytes, machine.offset, machine.length, header);
  check(error === 0, `what was put together is no datagram: error ${error}`);
  check(!header.isFragment() && header.totalLength === machine.length, "and is still a fragment");
  check(machine.length <= LENGTH_LIMIT + LARGEST_HEADER, "and is longer than may be");
  for (let i = 0; i < header.payloadLength; i++)
    check(places[i]?.has(machine.bytes[header.payloadOffset + i]!) === true, `its byte ${i} was never sent`);
}

function piece(identification: number, offset: number, length: number, more: boolean): number[] {
  return [0, identification, offset >> 8, offset & 255, more ? 1 : 0, length];
}
