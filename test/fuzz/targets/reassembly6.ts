import { LENGTH_LIMIT } from "../../../stack/base/pieces.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { Reassembly } from "../../../stack/ipv6/reassembly.ts";
import {
  decode,
  ECN_UNIT,
  EXTENSION_BYTES,
  encodeFragment,
  encodeStart,
  HEADER_LENGTH,
  Ipv6Header,
} from "../../../stack/ipv6/wire.ts";
import { check, join, Script, type Target } from "../target.ts";

/** Fragments by a script: time, packet, offset, length, which is the last. What is put together was all sent. */
export const reassembly6: Target = {
  name: "reassembly6",
  limit: 400,
  words: [piece(0, 0, 16, true), piece(0, 2, 16, false), piece(1, 0, 64, true), [20, 0, 0, 0, 0, 0]],
  seeds: () => [
    join(piece(0, 0, 16, true), piece(0, 2, 9, false)),
    join(piece(0, 2, 9, false), piece(0, 0, 16, true), piece(0, 0, 16, true)),
    join(piece(1, 0, 64, true), piece(2, 0, 64, true), piece(1, 4, 64, true), piece(1, 8, 5, false)),
    join(piece(0, 0, 8, true), [40, 0, 0, 1, 0, 16], piece(0, 1, 8, false)),
    join(...Array.from({ length: 8 }, (_, i) => piece(i, 0, 8, true)), piece(7, 1, 8, false)),
  ],
  run: (bytes) => {
    const script = new Script(bytes);
    const machine = new Reassembly();
    const header = new Ipv6Header();
    /** By identification: at each offset of the payload what was sent for it. */
    const sent = new Map<number, Set<number>[]>();
    let now = 0;
    for (let count = 0; !script.ended; count++) {
      now += script.u8() * SECOND;
      const identification = script.u8() & 7;
      const offset = (script.u16() & 0x1fff) * 8;
      const last = script.u8() % 2 === 0;
      const length = last ? script.u8() : Math.max(8, script.u8() & 0xf8);
      const fragment = new Uint8Array(HEADER_LENGTH + 8 + length);
      encodeStart(fragment, 0, (count & 3) * ECN_UNIT, 8 + length, 44, 64);
      for (const at of [8, 24]) {
        fragment[at] = 0x20;
        fragment[at + 15] = identification & 1;
      }
      encodeFragment(fragment, HEADER_LENGTH, 17, offset, !last, identification);
      for (let i = 0; i < length; i++) fragment[HEADER_LENGTH + 8 + i] = (i * 7 + count * 31) & 255;
      if (decode(fragment, 0, fragment.length, header) !== 0 || !header.isFragment()) continue;
      const places = sent.get(identification) ?? [];
      sent.set(identification, places);
      for (let i = 0; i < length && offset + i < LENGTH_LIMIT; i++) {
        const place = offset + i;
        places[place] ??= new Set();
        places[place].add(fragment[HEADER_LENGTH + 8 + i]!);
      }
      const complete = machine.input(header, fragment, now);
      check(machine.nextDeadline() > now, "a deadline that has passed");
      if (complete) whole(machine, places);
      if (script.ended) machine.step(now + 60 * SECOND);
    }
    check(machine.dropped <= 400, "more packets given up than there were fragments");
  },
};

function whole(machine: Reassembly, places: readonly Set<number>[]): void {
  const header = new Ipv6Header();
  const error = decode(machine.bytes, machine.offset, machine.length, header);
  check(error === 0, `what was put together is no packet: error ${error}`);
  check(!header.fragmented && header.protocol === 17, "and is still a fragment");
  check(machine.length <= LENGTH_LIMIT + HEADER_LENGTH + EXTENSION_BYTES, "and is longer than may be");
  for (let i = 0; i < header.payloadLength; i++)
    check(places[i]?.has(machine.bytes[header.payloadOffset + i]!) === true, `its byte ${i} was never sent`);
}

function piece(identification: number, offset: number, length: number, more: boolean): number[] {
  return [0, identification, offset >> 8, offset & 255, more ? 1 : 0, length];
}
