/// <reference path="../base/native.d.ts" />
// Which groups we listen to (RFC 3810 as a host, 8.2.1 for queriers of version 1): a switch that snoops sends us their
// frames only when it knows. Our groups are the solicited-node ones of our addresses.

import type { Mac } from "../base/address.ts";
import { ADDRESS6_LENGTH, copy6, equal6, isLinkLocal } from "../base/address6.ts";
import { ControlMessage, type ControlSink } from "../base/control.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../base/result.ts";
import {
  decode,
  encodeRecord,
  encodeReport,
  encodeReport1,
  IS_EXCLUDE,
  MldQuery,
  TO_EXCLUDE,
  TO_INCLUDE,
  TYPE_DONE_1,
  TYPE_REPORT_1,
} from "./wire.ts";

/** Groups that we may be in: one for each address that we may have, and those that we leave. */
export const GROUP_LIMIT = 16;
/** RFC 3810 9.1: how often a change is told, and 9.11: within what time again. */
export const ROBUSTNESS = 2;
export const UNSOLICITED_INTERVAL = SECOND;
/** RFC 3810 9.12: how long after its query a querier of version 1 is answered in its own words. */
export const OLDER_QUERIER_TIME = 260 * SECOND;
/** When the link had no room. */
const RETRY_INTERVAL = 10_000;

/** `input`: the query is not from the link (RFC 3810 5.1.14, 6.2). Beside the errors of wire.ts. */
export const MLD_SOURCE = 16;

const UNUSED = 0;
const MEMBER = 1;
const LEAVING = 2;

export class Mld {
  private readonly groups = new Uint8Array(GROUP_LIMIT * ADDRESS6_LENGTH);
  private readonly states: number[] = [];
  /** Reports of the change that are still to be sent. */
  private readonly changes: number[] = [];
  private readonly wanted: boolean[] = [];
  private changeAt: Instant = NEVER;
  private answerAt: Instant = NEVER;
  private olderUntil: Instant = 0;
  private readonly query = new MldQuery();
  private readonly message = new ControlMessage();

  constructor() {
    for (let i = 0; i < GROUP_LIMIT; i++) {
      this.states.push(UNUSED);
      this.changes.push(0);
      this.wanted.push(false);
    }
  }

  /** Begins to say which groups we want; then `want` for each, then `end`. */
  begin(): void {
    for (let i = 0; i < GROUP_LIMIT; i++) this.wanted[i] = false;
  }

  want(group: Uint8Array, offset: number): void {
    let free = -1;
    for (let i = 0; i < GROUP_LIMIT; i++) {
      if (this.states[i] === UNUSED) free = i;
      else if (equal6(this.groups, i * ADDRESS6_LENGTH, group, offset)) {
        this.wanted[i] = true;
        if (this.states[i] === LEAVING) this.change(i, MEMBER);
        return;
      }
    }
    if (free < 0) return;
    copy6(this.groups, free * ADDRESS6_LENGTH, group, offset);
    this.wanted[free] = true;
    this.change(free, MEMBER);
  }

  end(now: Instant): void {
    let changed = false;
    for (let i = 0; i < GROUP_LIMIT; i++) {
      if (this.states[i] === MEMBER && !this.wanted[i]!) this.change(i, LEAVING);
      if (this.changes[i] === ROBUSTNESS) changed = true;
    }
    if (changed) this.changeAt = now;
  }

  /** A query from the address at `source` has come, with that hop limit. Returns 0 or an error. */
  input(bytes: Uint8Array, offset: number, length: number, source: number, now: Instant, sink: ControlSink): number {
    const { query } = this;
    // The hop limit lies right before the source.
    if (bytes[source - 1]! !== 1 || !isLinkLocal(bytes, source)) return MLD_SOURCE;
    const error = decode(bytes, offset, length, query);
    if (error !== 0) return error;
    if (query.version === 1) this.olderUntil = now + OLDER_QUERIER_TIME;
    if (query.group >= 0 && !this.isMember(bytes, query.group)) return 0;
    // One answer names all groups; asked twice, we answer once, at the sooner of both (RFC 3810 6.2).
    const delay = Math.floor((sink.random() / 0x100000000) * query.responseTime) * MILLISECOND;
    this.answerAt = Math.min(this.answerAt, now + delay);
    return 0;
  }

  /** Sends what is due, from the link-local address at `offset`, or from :: while we have none (RFC 3590). */
  step(now: Instant, source: Uint8Array, offset: number, sink: ControlSink): void {
    if (now < this.nextDeadline()) return;
    copy6(this.message.source, 0, source, offset);
    const older = now < this.olderUntil;
    if (this.changeAt <= now) {
      if (!(older ? this.reportEach(true, sink) : this.report(true, sink))) this.changeAt = now + RETRY_INTERVAL;
      else this.told(now, sink);
    }
    if (this.answerAt > now) return;
    const sent = older ? this.reportEach(false, sink) : this.report(false, sink);
    this.answerAt = sent ? NEVER : now + RETRY_INTERVAL;
  }

  nextDeadline(): Instant {
    return Math.min(this.changeAt, this.answerAt);
  }

  private change(index: number, state: number): void {
    this.states[index] = state;
    this.changes[index] = ROBUSTNESS;
  }

  /** Changes have been told once more. */
  private told(now: Instant, sink: ControlSink): void {
    let left = false;
    for (let i = 0; i < GROUP_LIMIT; i++) {
      if (this.changes[i]! === 0) continue;
      this.changes[i] = this.changes[i]! - 1;
      if (this.changes[i]! > 0) left = true;
      else if (this.states[i] === LEAVING) this.states[i] = UNUSED;
    }
    const wait = Math.floor((sink.random() / 0x100000000) * UNSOLICITED_INTERVAL);
    this.changeAt = left ? now + wait : NEVER;
  }

  private isMember(group: Uint8Array, offset: number): boolean {
    for (let i = 0; i < GROUP_LIMIT; i++)
      if (this.states[i] === MEMBER && equal6(this.groups, i * ADDRESS6_LENGTH, group, offset)) return true;
    return false;
  }

  /** One report of all that has changed, or of all that we are in. */
  private report(changes: boolean, sink: ControlSink): boolean {
    let records = 0;
    for (let i = 0; i < GROUP_LIMIT; i++) if (this.concerns(i, changes)) records++;
    if (records === 0) return true;
    const { message } = this;
    let at = encodeReport(message.bytes, records);
    for (let i = 0; i < GROUP_LIMIT; i++) {
      if (!this.concerns(i, changes)) continue;
      const type = !changes ? IS_EXCLUDE : this.states[i] === LEAVING ? TO_INCLUDE : TO_EXCLUDE;
      at = encodeRecord(message.bytes, at, type, this.groups, i * ADDRESS6_LENGTH);
    }
    // RFC 3810 5.2.14: ff02::16.
    return this.send(ALL_ROUTERS, 0, at, sink);
  }

  /** For a querier of version 1 a report for each (RFC 2710 4). */
  private reportEach(changes: boolean, sink: ControlSink): boolean {
    for (let i = 0; i < GROUP_LIMIT; i++) {
      if (!this.concerns(i, changes)) continue;
      const leaving = this.states[i] === LEAVING;
      const at = i * ADDRESS6_LENGTH;
      const type = leaving ? TYPE_DONE_1 : TYPE_REPORT_1;
      const length = encodeReport1(this.message.bytes, type, this.groups, at);
      // Ends go to all routers (ff02::2), reports to the group.
      if (!this.send(leaving ? LINK_ROUTERS : this.groups, leaving ? 0 : at, length, sink)) return false;
    }
    return true;
  }

  private concerns(index: number, changes: boolean): boolean {
    return changes ? this.changes[index]! > 0 : this.states[index] === MEMBER;
  }

  private send(to: Uint8Array, offset: number, length: number, sink: ControlSink): boolean {
    const { message } = this;
    copy6(message.destination, 0, to, offset);
    message.destinationMac = (0x333300000000 + nativeLoad32(to, offset + 12)) as Mac;
    // RFC 3810 5: they stay on the link.
    message.hopLimit = 1;
    message.routerAlert = true;
    message.length = length;
    return sink.transmit(message);
  }
}

function linkGroup(low: number): Uint8Array {
  const group = new Uint8Array(ADDRESS6_LENGTH);
  nativeStore32(group, 0, 0xff020000);
  nativeStore32(group, 12, low);
  return group;
}

const ALL_ROUTERS = linkGroup(0x16);
const LINK_ROUTERS = linkGroup(2);
