// What of a host's budget TCP has.

import type { Budget } from "../base/budget.ts";
import { FAILED_LIMIT, WAITING_LIMIT } from "../ethernet/waiting.ts";
import { TcpLimits } from "../tcp/limits.ts";
import { BINDING_LIMIT } from "../udp/machine.ts";

/** Connections that only the machine itself can open: to the Git server, to name servers. */
const OWN_CONNECTIONS = 64;
/** Paths held by others than connections: bound ports, packets that wait for a neighbour, the receiver of access lines. */
export const OWN_PATHS = BINDING_LIMIT + WAITING_LIMIT + FAILED_LIMIT + 1;
/** Connections in TIME-WAIT, one in this many. They make room at once when there is none. */
const TIME_WAIT_PART = 4;

export function tcpLimits(budget: Budget): TcpLimits {
  const limits = new TcpLimits();
  limits.connections = budget.connections;
  limits.reserved = OWN_CONNECTIONS;
  limits.timeWait = Math.floor(budget.connections / TIME_WAIT_PART);
  limits.memoryTotal = budget.receive;
  limits.sendTotal = budget.send;
  limits.smallTotal = budget.small;
  return limits;
}
