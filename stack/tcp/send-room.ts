// Memory for answers in flight: small ones and large ones have a share each, so that neither shuts out the other.

import { CONNECTION_COST } from "../base/budget.ts";
import type { Client } from "../base/path.ts";
import { type SharedMemory, SMALL_ANSWER } from "../base/shared.ts";
import type { Connection } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { endLargestHolder, makeRoom, ROOM_SEND, ROOM_SMALL } from "./room.ts";

/**
 * True when not too much is in flight, others have given way, or the connection is our own. Small answers, while nobody
 * is behind, may go beyond their share, as far again; then who holds most gives way to who holds less.
 */
export function hasSendRoom(core: TcpCore, c: Connection, length: number): boolean {
  const { memory, limits } = core;
  if (length <= SMALL_ANSWER) {
    const small = memory.smallInFlight;
    if (small <= limits.smallTotal || makeRoom(core, ROOM_SMALL, c.client, c.index, core.now)) return true;
    return !c.passive || small <= 2 * limits.smallTotal || endLargestHolder(core, c, length);
  }
  if (largeInFlight(memory) <= limits.sendTotal) return true;
  return makeRoom(core, ROOM_SEND, c.client, c.index, core.now) || !c.passive;
}

/** See Tcp.freeSendMemory. The users of what was ended are in `core.endedUsers`. */
export function freeLargeAnswers(core: TcpCore, bytes: number, client: Client): number {
  const { memory } = core;
  const wanted = Math.max(0, largeInFlight(memory) - bytes);
  let more = true;
  while (more && largeInFlight(memory) > wanted) more = makeRoom(core, ROOM_SEND, client, -1, core.now);
  return largeInFlight(memory);
}

/** Bytes that connections may still take of what they have been given. What they took once they keep for the next. */
export function spareMemory(core: TcpCore): number {
  const { limits, memory } = core;
  return (
    (core.capacity - core.connections.length) * CONNECTION_COST +
    (limits.memoryTotal - core.pool.allocated) +
    Math.max(0, limits.sendTotal - largeInFlight(memory)) +
    Math.max(0, limits.smallTotal - memory.smallInFlight)
  );
}

function largeInFlight(memory: SharedMemory): number {
  return memory.inFlight - memory.smallInFlight;
}
